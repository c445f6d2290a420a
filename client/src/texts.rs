//! The texts that clients show to their users: the catalogues of `proto/words` as
//! Rust, and which of them tells an event, a state or an error. Plain text; names
//! and texts of other users may be in it, so show it as text alone.
//!
//! There is a function for each message with arguments, and a [`Text`] for each
//! without: what a client does not use is not in its program.

mod command;
mod connection;
mod error;
mod event;
mod room;
mod sanction;

pub use command::{command_error, command_help, moderators_help};
pub use connection::{close_code, state};
pub use error::{error, fail_reason, send_error};
pub use event::event;
pub use room::{room_rules, room_settings};
pub use sanction::{ends_in, imposed, reason, sanction, sanction_kind, sanction_reasons};

#[allow(
    clippy::pedantic,
    reason = "generated from proto/words by `cargo xtask texts`"
)]
#[rustfmt::skip]
mod catalogue;

pub use catalogue::*;

#[cfg(test)]
mod tests {
    use super::catalogue::fill;
    use super::*;
    use alloc::string::String;
    use guildhall_protocol::RequestError;

    pub(super) fn refusal(code: i32, arguments: &[&str]) -> RequestError {
        RequestError {
            code,
            arguments: arguments.iter().map(|&it| it.into()).collect(),
            ..RequestError::default()
        }
    }

    /// A text in every language, without a pattern's braces, and another one in
    /// German than in English.
    #[track_caller]
    pub(super) fn check(text: impl Fn(Language) -> String) {
        for text in Language::ALL.map(&text) {
            assert!(!text.is_empty() && !text.contains(['{', '}']), "{text}");
        }
        assert_ne!(text(Language::En), text(Language::De));
    }

    #[test]
    fn braces_in_an_argument_are_no_pattern() {
        let error = super::error(Language::En, &refusal(6, &["{1}{0}", "no"]));
        assert_eq!(
            error,
            "The name “{1}{0}” is taken, or too much like one that is."
        );
        assert_eq!(fill("{", &["x"]), "");
        assert_eq!(fill("{7} {0}", &["x"]), " x");
    }

    #[test]
    fn tags_of_browsers_and_of_environments_are_understood() {
        for tag in ["de", "de-AT", "de_DE.UTF-8", "DE"] {
            assert_eq!(Language::from_tag(tag), Language::De, "{tag}");
        }
        for tag in ["", "C", "en-GB", "den", "fr", "\u{e4}"] {
            assert_eq!(Language::from_tag(tag), Language::En, "{tag}");
        }
    }

    #[test]
    fn a_language_has_a_name_and_a_tag() {
        assert_eq!(Language::default(), Language::En);
        assert_eq!(Language::De.name(), "Deutsch");
        for language in Language::ALL {
            assert_eq!(Language::from_tag(language.tag()), language);
        }
    }

    #[test]
    fn a_number_chooses_the_plural_form() {
        let lines = |count| older_lines(Language::En, count);
        assert_eq!(lines(1), "1 older line:");
        assert_eq!(lines(0), "0 older lines:");
        assert_eq!(lines(21), "21 older lines:");
        assert_eq!(older_lines(Language::De, 1), "1 ältere Zeile:");
    }
}
