//! Links in a text, and those of them that are allowed. Whatever a client could make a link of is
//! one: an address with a scheme, one that begins with `www.`, and the name of a host with an
//! ending that is common and no word.

use std::ops::Range;

use unicode_normalization::UnicodeNormalization as _;

/// Endings of host names that make a link of a word alone. Those that are words of a language,
/// such as `so` and `me`, need a scheme, a `www.` or a path.
const ENDINGS: [&str; 56] = [
    "app", "biz", "br", "cc", "cf", "click", "club", "cn", "co", "com", "cz", "de", "dev", "edu",
    "eu", "fr", "ga", "gg", "gl", "gov", "gq", "icu", "info", "io", "jp", "kr", "link", "live",
    "ly", "mobi", "net", "nl", "online", "org", "pl", "pro", "pw", "ru", "shop", "site", "space",
    "store", "su", "tech", "tk", "top", "tv", "tw", "ua", "uk", "vip", "website", "ws", "wtf",
    "xxx", "xyz",
];

/// Hosts whose links are allowed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AllowedLinks(Vec<Host>);

#[derive(Debug, Clone, PartialEq, Eq)]
struct Host {
    name: Box<str>,
    /// Whether all hosts below it are meant, and not itself.
    is_below: bool,
}

/// A text is not the name of a host.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no host: expected a name such as \"game.example\" or \"*.game.example\"")]
pub struct InvalidLinkHost(String);

impl AllowedLinks {
    /// These hosts: `game.example`, or `*.game.example` for all that are below it.
    ///
    /// # Errors
    ///
    /// The first one that is no host.
    pub fn new<'a>(hosts: impl IntoIterator<Item = &'a str>) -> Result<Self, InvalidLinkHost> {
        let host = |text: &'a str| {
            let (is_below, name) = match text.strip_prefix("*.") {
                Some(name) => (true, name),
                None => (false, text),
            };
            let is_name = !name.is_empty()
                && name.split('.').all(|label| !label.is_empty())
                && name.chars().all(is_of_host);
            let name = name.to_lowercase().into();
            let host = Host { name, is_below };
            is_name
                .then_some(host)
                .ok_or_else(|| InvalidLinkHost(text.chars().take(64).collect()))
        };
        hosts
            .into_iter()
            .map(host)
            .collect::<Result<_, _>>()
            .map(Self)
    }

    fn allow(&self, host: &str) -> bool {
        let is_it = |one: &Host| match host.strip_suffix(&*one.name) {
            Some(before) if one.is_below => before.len() > 1 && before.ends_with('.'),
            Some(before) => before.is_empty(),
            None => false,
        };
        self.0.iter().any(is_it)
    }
}

/// The bytes of the links in a text that are not allowed.
pub(super) fn find(text: &str, allowed: &AllowedLinks) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    for range in words(text) {
        if is_refused(&text[range.clone()], allowed) {
            found.push(range);
        }
    }
    found
}

/// The parts of a text that no space parts, without the signs around them.
fn words(text: &str) -> impl Iterator<Item = Range<usize>> {
    let start_of = |part: &str| part.as_ptr().addr() - text.as_ptr().addr();
    let is_around = |character: char| {
        matches!(
            character,
            '(' | ')'
                | '<'
                | '>'
                | '{'
                | '}'
                | '"'
                | '\''
                | ','
                | ';'
                | '*'
                | '_'
                | '`'
                | '«'
                | '»'
                | '“'
                | '”'
                | '„'
                | '‘'
                | '’'
        )
    };
    let parts = text.split(move |c: char| c.is_whitespace() || is_around(c) || is_unseen(c));
    parts.filter(|part| !part.is_empty()).map(move |part| {
        let start = start_of(part);
        start..start + part.len()
    })
}

/// Whether it shows nothing and parts an address for whoever reads it, though not for this.
fn is_unseen(character: char) -> bool {
    matches!(character, '\u{2800}' | '\u{3164}')
}

/// Whether a word is a link that is not allowed.
fn is_refused(word: &str, allowed: &AllowedLinks) -> bool {
    if !word.contains(['.', '．', '。', '｡', ':', '：']) {
        return false;
    }
    // As browsers read it: full width, other dots, and signs that are not shown.
    let seen = word.nfkc().filter(|&c| !guildhall_protocol::is_unseen(c));
    let seen: String = seen.map(|c| if c == '。' { '.' } else { c }).collect();
    let seen = seen.to_lowercase();
    let (has_scheme, rest) = match seen.find("://") {
        Some(at) => {
            let scheme = seen[..at].rsplit(|c: char| !is_of_scheme(c)).next();
            let is_scheme = scheme.is_some_and(|scheme| scheme.starts_with(char::is_alphabetic));
            (is_scheme, &seen[at + 3..])
        }
        None => (false, seen.as_str()),
    };
    if !has_scheme
        && seen
            .strip_prefix("javascript:")
            .is_some_and(|code| !code.is_empty())
    {
        return true;
    }
    let end = rest.find(['/', '?', '#', '\\']).unwrap_or(rest.len());
    let (authority, has_path) = (&rest[..end], end < rest.len());
    let host = authority.rsplit('@').next().unwrap_or_default();
    let host = if host.starts_with('[') {
        host
    } else {
        host.split(':').next().unwrap_or_default()
    };
    let host = host.trim_matches(|c: char| !is_of_host(c) || c == '.');
    let is_link = has_scheme || host.starts_with("www.") || is_bare(host, has_path);
    is_link && !allowed.allow(host)
}

/// Whether a word without a scheme is a link.
fn is_bare(host: &str, has_path: bool) -> bool {
    let mut labels = host.rsplit('.');
    let ending = labels.next().unwrap_or_default();
    let has_name = labels.next().is_some_and(|label| !label.is_empty());
    let is_ending = |ending: &str| ending.len() > 1 && ending.chars().all(char::is_alphabetic);
    has_name && is_ending(ending) && (has_path || ENDINGS.binary_search(&ending).is_ok())
}

fn is_of_host(character: char) -> bool {
    character.is_alphanumeric() || matches!(character, '-' | '.' | '_')
}

fn is_of_scheme(character: char) -> bool {
    character.is_ascii_alphanumeric() || matches!(character, '+' | '-' | '.')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &[&str]) {
        let allowed = AllowedLinks::new(["game.example", "*.game.example", "wiki.org"]).unwrap();
        let found: Vec<_> = find(text, &allowed)
            .into_iter()
            .map(|range| &text[range])
            .collect();
        assert_eq!(found, expected, "{text:?}");
    }

    #[test]
    fn the_endings_are_in_order() {
        assert!(ENDINGS.is_sorted());
    }

    #[test]
    fn links_are_found_in_all_their_shapes() {
        for link in [
            "http://evil.example",
            "https://evil.example/path?x=1#y",
            "HTTPS://EVIL.EXAMPLE",
            "www.evil.example",
            "evil.com",
            "evil.com/path",
            "discord.gg/abc",
            "bit.ly/x",
            "evil.me/x",
            "steam://run/1",
            "ftp://evil.example",
            "https://evil.example:8080",
            "ｅｖｉｌ．ｃｏｍ",
            "evil。com",
            "evil.com.",
            "javascript:alert",
            "http://10.0.0.1",
            "http://[::1]/",
            "a@evil.com",
            "http://evil",
        ] {
            check(&format!("look at {link} now"), &[link]);
        }
        check("(see evil.com)", &["evil.com"]);
        check("<https://evil.com/a>, ok", &["https://evil.com/a"]);
    }

    #[test]
    fn what_is_no_link_is_spared() {
        for text in [
            "ok.so what",
            "wait...what",
            "3.14",
            "v1.2.3",
            "e.g. this",
            "hello.world",
            "tell.me",
            "a:b",
            "12:30",
            "C:\\games",
            "example",
            "...",
            ".com",
            "f.u.c.k",
            "10.0.0.1",
            "javascript: yes",
        ] {
            check(text, &[]);
        }
    }

    #[test]
    fn allowed_hosts_are_read_as_browsers_read_them() {
        for link in [
            "https://game.example/x",
            "GAME.EXAMPLE/x",
            "https://forum.game.example",
            "wiki.org",
            "www.game.example",
            "https://wiki.org:443/a",
            "https://me@wiki.org/",
            "wiki.org.",
        ] {
            check(link, &[]);
        }
        for link in [
            "https://notgame.example",
            "https://game.example.evil.com",
            "https://wiki.org@evil.com",
            "https://evil.com\\@wiki.org",
            "https://evil.com/wiki.org",
            "https://x.wiki.org",
            "https://evil.com#wiki.org",
            "https://evil.com?wiki.org",
            "http://.game.example.evil.com",
        ] {
            check(link, &[link]);
        }
    }

    #[test]
    fn an_allowed_host_is_the_name_of_a_host() {
        for bad in [
            "",
            "*.",
            "https://a.example",
            "a b",
            "a..b",
            "*",
            "a/b",
            "*.*",
        ] {
            assert!(AllowedLinks::new([bad]).is_err(), "{bad:?}");
        }
    }
}
