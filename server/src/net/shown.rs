//! The log's view of a request's headers, which a stranger has written: not all of a long one.
//! `http` and the API log it.

use hyper::header::{HeaderMap, HeaderName, HeaderValue};

/// How many characters of a header the log shows at most.
const LOGGED_CHARACTERS: usize = 128;

/// A header with this name, for the log.
pub(crate) fn header(headers: &HeaderMap, name: HeaderName) -> Option<String> {
    headers.get(name).map(value)
}

/// The last line of a header, for the log.
pub(crate) fn last(headers: &HeaderMap, name: &str) -> Option<String> {
    headers.get_all(name).iter().next_back().map(value)
}

/// A header's value, for the log.
pub(crate) fn value(value: &HeaderValue) -> String {
    let text = String::from_utf8_lossy(value.as_bytes());
    cut(&text, LOGGED_CHARACTERS)
}

/// At most this many characters of a text.
pub(crate) fn cut(text: &str, characters: usize) -> String {
    text.chars().take(characters).collect()
}
