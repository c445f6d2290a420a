//! The ID of a request, by which the game's log and ours can be put together.

use std::fmt::Write as _;

use hyper::HeaderMap;

/// The header, in requests and responses.
pub(crate) const HEADER: &str = "x-request-id";

/// The longest ID that a caller may give.
const MAX_BYTES: usize = 128;

/// The ID that the caller has given the request, or a new one.
pub(crate) fn of(headers: &HeaderMap) -> String {
    let given = headers.get(HEADER).and_then(|value| value.to_str().ok());
    let is_good = |id: &&str| {
        (1..=MAX_BYTES).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_graphic())
    };
    given.filter(is_good).map_or_else(random, str::to_owned)
}

fn random() -> String {
    let mut id = String::with_capacity(32);
    // Writing to a string cannot fail. It is no secret, so no strong numbers are needed.
    let _ = write!(id, "{:032x}", fastrand::u128(..));
    id
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_callers_id_is_kept_if_a_log_can_have_it() {
        let id = |given: &[u8]| {
            let mut headers = HeaderMap::new();
            headers.insert(HEADER, given.try_into().unwrap());
            of(&headers)
        };
        assert_eq!(id(b"req-1/2"), "req-1/2");
        let longest = "x".repeat(MAX_BYTES);
        assert_eq!(id(longest.as_bytes()), longest);
        for bad in [
            &b""[..],
            b"a b",
            "\u{e9}".as_bytes(),
            &[b'x'; MAX_BYTES + 1],
        ] {
            let made = id(bad);
            assert_eq!(made.len(), 32, "{made}");
            assert_ne!(made, id(bad), "each is another one");
        }
    }
}
