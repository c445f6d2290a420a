//! The list of pages that may connect: what its entries match, and which texts are none. An
//! entry that no page could ever match is an error, because nobody would notice it otherwise.

use std::str::FromStr;

use super::page::{Fault, PageOrigin};

/// An origin, or a set of origins, whose pages may connect besides the server's own.
///
/// ```
/// use guildhall_server::AllowedOrigin;
///
/// let game: AllowedOrigin = "https://game.example".parse()?;
/// assert_eq!(game, "https://GAME.example:443".parse()?);
/// // All hosts below game.example, but not game.example itself.
/// let _all: AllowedOrigin = "https://*.game.example".parse()?;
/// // A game that a shell shows.
/// let _app: AllowedOrigin = "capacitor://localhost".parse()?;
/// assert!("https://game.example/play".parse::<AllowedOrigin>().is_err());
/// # Ok::<(), guildhall_server::InvalidOrigin>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AllowedOrigin(Entry);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Entry {
    /// Every origin: `*`.
    Any,
    /// `null`, which pages without an origin of their own send.
    Null,
    /// One origin.
    One(PageOrigin),
    /// The origins of all hosts below this one's host.
    Below(PageOrigin),
}

/// Why a text cannot be in the list of pages that may connect.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidOrigin {
    /// The text is not an origin.
    #[error("not an origin: expected something like https://game.example, or *")]
    NotAnOrigin,
    /// There is more than an origin has.
    #[error("an origin has no user and no path: expected something like https://game.example")]
    MoreThanAnOrigin,
    /// The host is not one.
    #[error(
        "not the host of a page, as browsers write it: only letters, digits, - and . (xn--… for others)"
    )]
    InvalidHost,
    /// The host is an address in a form that no browser sends.
    #[error("no browser writes an address like this: expected something like http://192.0.2.1")]
    UnusualAddress,
    /// The port is not one.
    #[error("not a port of a page: expected a number from 1 to 65535")]
    InvalidPort,
    /// A wildcard that is not in the place of the first names of a host.
    #[error("a * stands alone, or for the first names of a host, as in https://*.game.example")]
    Wildcard,
    /// The address of a server.
    #[error("that is a server's address, and a page's begins with http:// or https://")]
    ServersAddress,
    /// The pages of this scheme have no origin of their own.
    #[error("browsers send null as the origin of such pages")]
    SentAsNull,
    /// The ID of an extension is not one.
    #[error("not the ID of an extension: expected 32 letters from a to p")]
    ExtensionId,
}

impl AllowedOrigin {
    /// Whether it stands for every page, also for one whose origin is not valid.
    pub(crate) fn is_any(&self) -> bool {
        self.0 == Entry::Any
    }

    /// Whether pages that have no origin of their own may connect.
    pub(crate) fn allows_null(&self) -> bool {
        matches!(self.0, Entry::Any | Entry::Null)
    }

    /// Whether pages of this origin may connect.
    pub(crate) fn allows(&self, page: &PageOrigin) -> bool {
        match &self.0 {
            Entry::Any => true,
            Entry::Null => false,
            Entry::One(origin) => origin == page,
            Entry::Below(origin) => {
                let names = page.host.strip_suffix(&origin.host);
                names.is_some_and(|names| names.len() > 1 && names.ends_with('.'))
                    && (page.scheme == origin.scheme && page.port() == origin.port())
            }
        }
    }
}

impl FromStr for AllowedOrigin {
    type Err = InvalidOrigin;

    fn from_str(text: &str) -> Result<Self, InvalidOrigin> {
        match text {
            "*" => return Ok(Self(Entry::Any)),
            "null" => return Ok(Self(Entry::Null)),
            _ => {}
        }
        let has_wildcard = text.contains("://*.");
        let origin: PageOrigin = text.replacen("://*.", "://", 1).parse().map_err(|fault| {
            if text.contains('*') && !has_wildcard || text.matches('*').count() > 1 {
                InvalidOrigin::Wildcard
            } else {
                InvalidOrigin::from(fault)
            }
        })?;
        can_be_sent(&origin)?;
        if !has_wildcard {
            return Ok(Self(Entry::One(origin)));
        }
        // Other schemes have no hosts below others, and an address has none below it.
        if origin.is_of_a_named_host() {
            Ok(Self(Entry::Below(origin)))
        } else {
            Err(InvalidOrigin::Wildcard)
        }
    }
}

/// Checks that a browser, or a shell with one, can send this origin.
fn can_be_sent(origin: &PageOrigin) -> Result<(), InvalidOrigin> {
    let is_id = |host: &str| host.len() == 32 && host.bytes().all(|it| matches!(it, b'a'..=b'p'));
    match origin.scheme.as_str() {
        "ws" | "wss" => Err(InvalidOrigin::ServersAddress),
        "about" | "blob" | "data" | "ftp" | "javascript" => Err(InvalidOrigin::SentAsNull),
        "chrome-extension" if !is_id(&origin.host) => Err(InvalidOrigin::ExtensionId),
        "file" if !origin.host.is_empty() => Err(InvalidOrigin::MoreThanAnOrigin),
        _ => Ok(()),
    }
}

impl From<Fault> for InvalidOrigin {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::NoScheme => Self::NotAnOrigin,
            Fault::MoreThanAnOrigin => Self::MoreThanAnOrigin,
            Fault::InvalidHost => Self::InvalidHost,
            Fault::UnusualAddress => Self::UnusualAddress,
            Fault::InvalidPort => Self::InvalidPort,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(entry: &str, allowed: &[&str], others: &[&str]) {
        let entry: AllowedOrigin = entry.parse().unwrap();
        for (pages, expected) in [(allowed, true), (others, false)] {
            for page in pages {
                let origin = page.parse().unwrap();
                assert_eq!(entry.allows(&origin), expected, "{page}");
            }
        }
    }

    #[test]
    fn an_entry_allows_its_origin_and_no_similar_one() {
        check(
            "https://game.example",
            &["https://game.example", "https://GAME.example:443"],
            &[
                "http://game.example",
                "https://game.example:8443",
                "https://www.game.example",
                "https://game.example.",
                "https://game.example.evil.example",
            ],
        );
        check(
            "http://[0:0:0:0:0:0:0:1]:8080",
            &["http://[::1]:8080"],
            &["http://[::1]", "http://[::2]:8080"],
        );
        check("*", &["https://any.example", "app://x", "file://"], &[]);
        check("null", &[], &["https://game.example", "file://"]);
    }

    #[test]
    fn games_in_a_shell_can_be_listed() {
        let extension = "chrome-extension://abcdefghijklmnopabcdefghijklmnop";
        for entry in [
            "capacitor://localhost",
            "ionic://localhost",
            "tauri://localhost",
            "http://tauri.localhost",
            extension,
            "moz-extension://0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0",
            "app://.",
            "file://",
        ] {
            check(entry, &[entry], &["https://localhost", "app://localhost"]);
        }
        check("tauri://localhost", &[], &["capacitor://localhost"]);
    }

    #[test]
    fn a_wildcard_stands_for_one_name_or_more() {
        check(
            "https://*.game.example",
            &[
                "https://www.game.example",
                "https://a.b.game.example",
                "https://A.GAME.example:443",
            ],
            &[
                "https://game.example",
                "https://evilgame.example",
                "https://www.game.example.evil.example",
                "https://www.game.example:8443",
                "http://www.game.example",
                "app://www.game.example",
            ],
        );
        check(
            "http://*.localhost:8080",
            &["http://game.localhost:8080"],
            &["http://game.localhost", "http://localhost:8080"],
        );
    }

    #[test]
    fn an_entry_that_no_page_can_match_is_refused() {
        use InvalidOrigin as Invalid;
        for (text, expected) in [
            ("", Invalid::NotAnOrigin),
            ("NULL", Invalid::NotAnOrigin),
            ("game.example", Invalid::NotAnOrigin),
            ("*.game.example", Invalid::Wildcard),
            ("**", Invalid::Wildcard),
            ("*://game.example", Invalid::Wildcard),
            ("https://*", Invalid::Wildcard),
            ("https://*game.example", Invalid::Wildcard),
            ("https://game.*", Invalid::Wildcard),
            ("https://a.*.example", Invalid::Wildcard),
            ("https://*.*.example", Invalid::Wildcard),
            ("https://*.game.example:*", Invalid::Wildcard),
            ("https://*.0.0.1", Invalid::UnusualAddress),
            ("https://*.127.0.0.1", Invalid::Wildcard),
            ("https://*.[::1]", Invalid::Wildcard),
            ("app://*.game", Invalid::Wildcard),
            ("file://*.", Invalid::Wildcard),
            ("https://*.", Invalid::InvalidHost),
            ("https://game.example/play", Invalid::MoreThanAnOrigin),
            ("https://game.example:80800", Invalid::InvalidPort),
            ("https://bücher.example", Invalid::InvalidHost),
            ("http://127.1", Invalid::UnusualAddress),
            ("wss://chat.example", Invalid::ServersAddress),
            ("ftp://game.example", Invalid::SentAsNull),
            ("file://localhost", Invalid::MoreThanAnOrigin),
            ("file:///game.html", Invalid::MoreThanAnOrigin),
            ("chrome-extension://ID", Invalid::ExtensionId),
        ] {
            assert_eq!(text.parse::<AllowedOrigin>(), Err(expected), "{text}");
        }
    }
}
