//! Why something was not done: the server's errors, and the session's own.

use alloc::string::{String, ToString as _};

use super::{self as texts, Language, sanction};
use crate::session::{FailReason, SendError};
use guildhall_protocol::{ErrorCode, NameRule, RequestError, SanctionKind};

/// Why the server refused a request.
#[must_use]
pub fn error(language: Language, error: &RequestError) -> String {
    let mut text = without_retry(language, error);
    if error.temporary && error.retry_after > 0 {
        let seconds = error.retry_after.div_ceil(1000);
        text.push(' ');
        text += &texts::try_again_later(language, seconds.into());
    }
    text
}

pub(super) fn without_retry(language: Language, error: &RequestError) -> String {
    let argument = |index: usize| error.arguments.get(index).map_or("?", String::as_str);
    let (first, second) = (argument(0), argument(1));
    let text = match error.code() {
        ErrorCode::Unspecified => texts::ERROR_UNKNOWN,
        ErrorCode::BadRequest => return texts::error_bad_request(language, first),
        ErrorCode::HelloFirst | ErrorCode::HelloTwice => texts::ERROR_HELLO,
        ErrorCode::UnsupportedVersion => return texts::error_version(language, first),
        ErrorCode::BadName => {
            let rule = name_rule(language, argument(2), second, argument(3));
            return texts::error_bad_name(language, first) + &rule;
        }
        ErrorCode::NameTaken => {
            let rule = name_rule(language, second, "", "");
            return if rule.is_empty() {
                texts::error_name_taken(language, first)
            } else {
                texts::error_bad_name(language, first) + &rule
            };
        }
        ErrorCode::BadRoomName => {
            let rule = name_rule(language, argument(2), second, argument(3));
            return texts::error_bad_room_name(language, first) + &rule;
        }
        ErrorCode::TooManyRooms => return texts::error_too_many_rooms(language, first),
        ErrorCode::ServerRoomsFull => return texts::error_rooms_full(language, first),
        ErrorCode::NotInRoom => return texts::error_not_in_room(language, first),
        ErrorCode::EmptyText => texts::ERROR_EMPTY,
        ErrorCode::TextTooLong => return texts::error_too_long(language, first, second),
        ErrorCode::NoSuchClient => return texts::error_no_such_client(language, first),
        ErrorCode::CannotWhisper => return texts::error_cannot_whisper(language, first),
        ErrorCode::TooManyRequests => texts::ERROR_TOO_MANY_REQUESTS,
        ErrorCode::AddressRoomsFull => return texts::error_address_rooms_full(language, first),
        ErrorCode::RateLimited => texts::ERROR_RATE_LIMITED,
        ErrorCode::ReceiverBehind => return texts::error_receiver_behind(language, first),
        ErrorCode::BadToken => return texts::error_bad_token(language, first),
        ErrorCode::Forbidden => return forbidden(language, first, second),
        ErrorCode::RoomFull => return texts::error_room_full(language, first, second),
        ErrorCode::SlowMode => return texts::error_slow_mode(language, first),
        ErrorCode::NameFixed => texts::ERROR_NAME_FIXED,
        ErrorCode::Unavailable => texts::ERROR_UNAVAILABLE,
        ErrorCode::NoSuchLine => texts::ERROR_NO_SUCH_LINE,
        ErrorCode::TooLate => texts::ERROR_TOO_LATE,
        ErrorCode::TooManyReactions => return texts::error_too_many_reactions(language, first),
        ErrorCode::Muted => return sanction::refused(language, error, SanctionKind::Mute),
        ErrorCode::Banned => return sanction::refused(language, error, SanctionKind::Ban),
        ErrorCode::RefusedText => return refused_text(language, error),
        ErrorCode::NoSuchUser => return texts::error_no_such_user(language, first),
        ErrorCode::AlreadyReported => texts::ERROR_ALREADY_REPORTED,
        ErrorCode::TooManyBlocks => return texts::error_too_many_blocks(language, first),
        ErrorCode::NoSuchSanction => return texts::error_no_such_sanction(language, first),
        ErrorCode::IsModerator => return texts::error_is_moderator(language, first),
    };
    language.get(text).into()
}

/// The rule of the game that a text breaks, and the game's words.
fn refused_text(language: Language, error: &RequestError) -> String {
    let argument = |index: usize| error.arguments.get(index).map_or("", String::as_str);
    let mut text = String::from(language.get(texts::ERROR_REFUSED_TEXT));
    let rule = match argument(0) {
        "words" => texts::REFUSED_WORDS,
        "links" => texts::REFUSED_LINKS,
        "repeats" => texts::REFUSED_REPEATS,
        "capitals" => texts::REFUSED_CAPITALS,
        "mentions" => texts::REFUSED_MENTIONS,
        _ => {
            sanction::add(&mut text, argument(1));
            return text;
        }
    };
    sanction::add(&mut text, language.get(rule));
    sanction::add(&mut text, argument(1));
    text
}

/// The sentence about what the client may not do in a room, or without a room everywhere. The
/// second argument names it.
fn forbidden(language: Language, room: &str, action: &str) -> String {
    match action {
        "say" if room.is_empty() => language.get(texts::ERROR_MAY_NOT_WHISPER).into(),
        "moderate" if room.is_empty() => language
            .get(texts::ERROR_MAY_NOT_MODERATE_EVERYWHERE)
            .into(),
        "say" => texts::error_may_not_say(language, room),
        "history" => texts::error_may_not_read_history(language, room),
        "members" => texts::error_may_not_see_members(language, room),
        "change" => texts::error_may_not_change(language, room),
        "moderate" => texts::error_may_not_moderate(language, room),
        _ => texts::error_may_not_join(language, room),
    }
}

/// The sentence about the rule that a name breaks, with a space before it. Empty if the
/// server names none, or one that is newer than this client.
fn name_rule(language: Language, word: &str, most: &str, character: &str) -> String {
    let text = match NameRule::from_word(word) {
        None => return String::new(),
        Some(NameRule::Blank) => texts::BAD_NAME_BLANK,
        Some(NameRule::TooLong) => {
            return [" ", &texts::bad_name_too_long(language, most)].concat();
        }
        Some(NameRule::Character) => {
            return [" ", &texts::bad_name_character(language, character)].concat();
        }
        Some(NameRule::Place) => {
            return [" ", &texts::bad_name_place(language, character)].concat();
        }
        Some(NameRule::Marks) => texts::BAD_NAME_MARKS,
        Some(NameRule::Space) => texts::BAD_NAME_SPACE,
        Some(NameRule::Guest) => texts::BAD_NAME_GUEST,
        Some(NameRule::Reserved) => texts::BAD_NAME_RESERVED,
    };
    [" ", language.get(text)].concat()
}

/// Why something was not done.
#[must_use]
pub fn fail_reason(language: Language, reason: &FailReason) -> String {
    let text = match reason {
        FailReason::Refused(refused) => return error(language, refused),
        FailReason::Disconnected => texts::CONNECTION_LOST,
        FailReason::Uncertain => texts::UNCERTAIN,
        FailReason::NotInRoom => texts::NOT_IN_THIS_ROOM,
        FailReason::Rejected(words) => {
            let mut text = String::from(language.get(texts::MESSAGE_REJECTED));
            sanction::add(&mut text, words);
            return text;
        }
    };
    language.get(text).into()
}

/// Why nothing was sent.
#[must_use]
pub fn send_error(language: Language, error: &SendError) -> String {
    let text = match error {
        SendError::Empty => texts::ERROR_EMPTY,
        SendError::TooLong { bytes, limit } => {
            return texts::error_too_long(language, &bytes.to_string(), &limit.to_string());
        }
        SendError::TooManyPending => texts::TOO_MANY_PENDING,
        SendError::NotInRoom => texts::NOT_IN_THIS_ROOM,
        SendError::ReadOnly => texts::ROOM_READ_ONLY,
        SendError::Muted => texts::ERROR_MUTED,
        SendError::NotOnline => texts::NOT_ONLINE,
        SendError::NoSuchMessage => texts::NO_SUCH_MESSAGE,
        SendError::NoSuchLine => texts::ERROR_NO_SUCH_LINE,
    };
    language.get(text).into()
}

#[cfg(test)]
mod tests {
    use super::super::tests::{check, refusal};
    use super::*;
    use alloc::vec::Vec;

    #[test]
    fn every_error_has_a_text_with_its_arguments() {
        let mut all = Vec::new();
        let codes = (0..100).filter(|code| ErrorCode::try_from(*code).is_ok());
        for code in codes.chain([i32::MAX]) {
            let refused = refusal(code, &["ONE", "TWO", NameRule::TooLong.word()]);
            check(|language| error(language, &refused));
            check(|language| error(language, &refusal(code, &[])));
            all.push(error(Language::En, &refused));
        }
        // An unknown code has the text of no code; both Hello errors are alike.
        assert_eq!(all.pop().as_ref(), all.first());
        assert_eq!(all.len(), 36);
        for (code, count) in [
            (1, 1),
            (4, 1),
            (5, 2),
            (6, 1),
            (7, 2),
            (8, 1),
            (9, 1),
            (10, 1),
        ]
        .into_iter()
        .chain([
            (12, 2),
            (13, 1),
            (14, 1),
            (16, 1),
            (19, 1),
            (20, 1),
            (21, 2),
            (22, 1),
            (27, 1),
            (28, 1),
            (29, 1),
            (31, 1),
            (33, 1),
            (34, 1),
            (35, 1),
        ]) {
            assert!(all[code].contains("ONE"), "{}", all[code]);
            assert_eq!(all[code].contains("TWO"), count == 2, "{}", all[code]);
        }
    }

    #[test]
    fn every_rule_of_names_has_a_sentence_of_its_own() {
        for code in [5, 7] {
            let general = error(Language::En, &refusal(code, &["NAME", "24"]));
            let unknown = refusal(code, &["NAME", "24", "later", "X"]);
            assert_eq!(
                error(Language::En, &unknown),
                general,
                "a rule of a later server"
            );
            let mut all = Vec::from([general]);
            for rule in NameRule::ALL {
                let refused = refusal(code, &["NAME", "24", rule.word(), "U+202E"]);
                check(|language| error(language, &refused));
                let text = error(Language::En, &refused);
                let names_it = matches!(rule, NameRule::Character | NameRule::Place);
                assert_eq!(text.contains("U+202E"), names_it, "{text}");
                assert_eq!(text.contains("24"), rule == NameRule::TooLong, "{text}");
                assert!(!all.contains(&text), "{text}");
                all.push(text);
            }
        }
        assert_eq!(
            error(
                Language::En,
                &refusal(5, &["a\u{fffd}b", "24", "character", "U+202E"])
            ),
            "“a\u{fffd}b” cannot be a name. The character U+202E is not allowed in it."
        );
        assert_eq!(
            error(Language::En, &refusal(6, &["You", "reserved"])),
            "“You” cannot be a name. It is reserved, because others would misunderstand it."
        );
    }

    #[test]
    fn a_refused_text_says_which_rule_it_breaks() {
        let text = |arguments: &[&str]| error(Language::En, &refusal(30, arguments));
        let general = "This breaks a rule of the game.";
        for rule in ["words", "links", "repeats", "capitals", "mentions"] {
            check(|language| error(language, &refusal(30, &[rule, ""])));
            assert!(text(&[rule]).len() > general.len(), "{rule}");
        }
        assert_eq!(
            text(&["game", "No trade here."]),
            [general, " No trade here."].concat()
        );
        assert_eq!(text(&["later", ""]), general);
        assert!(text(&["links", "Only ours."]).ends_with("allowed here. Only ours."));
    }

    #[test]
    fn what_is_forbidden_without_a_room_names_none() {
        for action in ["say", "moderate"] {
            check(|language| error(language, &refusal(20, &["", action])));
            let text = error(Language::En, &refusal(20, &["", action]));
            assert!(!text.contains('“'), "{text}");
            let text = error(Language::En, &refusal(20, &["hall", action]));
            assert!(text.contains("“hall”"), "{text}");
        }
    }

    #[test]
    fn a_temporary_error_says_when_to_try_again() {
        let full = RequestError {
            temporary: true,
            retry_after: 1_001,
            ..refusal(9, &["100"])
        };
        assert_eq!(
            error(Language::En, &full),
            "The server has 100 rooms and makes no more. Try again in 2 s."
        );
    }

    #[test]
    fn every_reason_and_error_of_a_call_has_a_text() {
        let reasons = [
            FailReason::Disconnected,
            FailReason::Uncertain,
            FailReason::NotInRoom,
            FailReason::Rejected("no".into()),
            FailReason::Refused(refusal(3, &[])),
        ];
        for reason in &reasons {
            check(|language| fail_reason(language, reason));
        }
        let errors = [
            SendError::Empty,
            SendError::TooLong { bytes: 9, limit: 8 },
            SendError::TooManyPending,
            SendError::NotInRoom,
            SendError::NotOnline,
            SendError::ReadOnly,
            SendError::Muted,
            SendError::NoSuchMessage,
            SendError::NoSuchLine,
        ];
        for error in &errors {
            check(|language| send_error(language, error));
        }
    }
}
