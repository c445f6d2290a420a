//! The keys of the HTTP API. Whoever has one of them is the game's own server.

use std::fmt;

use ring::hmac;
use ring::rand::SystemRandom;

/// The fewest bytes of a key.
pub const MIN_API_KEY_BYTES: usize = 32;

/// The most bytes of a key.
pub const MAX_API_KEY_BYTES: usize = 512;

/// The most keys at a time: the one in use, and those that are on their way in or out.
pub const MAX_API_KEYS: usize = 8;

/// The keys of the HTTP API. They are not in memory as they are: a key that somebody shows is
/// compared with each of them in a time that says nothing about it.
#[derive(Clone)]
pub struct ApiKeys {
    /// A random key of this process, by which all others are made into tags.
    compare: hmac::Key,
    tags: Vec<hmac::Tag>,
}

/// Why a text is no key of the API.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ApiKeyError {
    /// It can be guessed.
    #[error(
        "a key of the API has at least {MIN_API_KEY_BYTES} bytes, and this one has {0}: make one \
         with `openssl rand -hex 32`"
    )]
    TooShort(usize),
    /// It is longer than a header should be.
    #[error("a key of the API has at most {MAX_API_KEY_BYTES} bytes, and this one has {0}")]
    TooLong(usize),
    /// No header can have it.
    #[error("a key of the API has visible ASCII characters alone, without spaces and commas")]
    Characters,
    /// There are more than [`MAX_API_KEYS`].
    #[error("the API has at most {MAX_API_KEYS} keys at a time")]
    TooMany,
}

impl ApiKeys {
    /// These keys, each of which counts.
    ///
    /// # Errors
    ///
    /// The first [`ApiKeyError`].
    ///
    /// # Panics
    ///
    /// If the system has no random numbers.
    pub fn new<T: AsRef<str>>(keys: &[T]) -> Result<Self, ApiKeyError> {
        if keys.len() > MAX_API_KEYS {
            return Err(ApiKeyError::TooMany);
        }
        let compare = hmac::Key::generate(hmac::HMAC_SHA256, &SystemRandom::new());
        let compare = compare.expect("the system has random numbers");
        let tags = keys.iter().map(|key| {
            let key = key.as_ref();
            check_api_key(key)?;
            Ok(hmac::sign(&compare, key.as_bytes()))
        });
        let tags = tags.collect::<Result<_, _>>()?;
        Ok(Self { compare, tags })
    }

    /// Whether there is none, so that nobody can use the API.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.tags.is_empty()
    }

    /// Whether `given` is one of the keys. It takes as long for each text of its length.
    pub(crate) fn have(&self, given: &[u8]) -> bool {
        self.tags.iter().fold(false, |found, tag| {
            found | hmac::verify(&self.compare, given, tag.as_ref()).is_ok()
        })
    }
}

/// Whether a text can be a key of the API.
///
/// # Errors
///
/// [`ApiKeyError`].
pub fn check_api_key(key: &str) -> Result<(), ApiKeyError> {
    let is_visible = |byte: u8| byte.is_ascii_graphic() && byte != b',';
    match key.len() {
        length @ ..MIN_API_KEY_BYTES => Err(ApiKeyError::TooShort(length)),
        length if length > MAX_API_KEY_BYTES => Err(ApiKeyError::TooLong(length)),
        _ if !key.bytes().all(is_visible) => Err(ApiKeyError::Characters),
        _ => Ok(()),
    }
}

impl Default for ApiKeys {
    /// No keys.
    fn default() -> Self {
        Self::new::<&str>(&[]).expect("no key is wrong if there is none")
    }
}

/// Without the keys.
impl fmt::Debug for ApiKeys {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = self.tags.len();
        formatter
            .debug_struct("ApiKeys")
            .field("count", &count)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "0123456789abcdef0123456789abcdef";

    #[test]
    fn each_key_counts_and_nothing_else_does() {
        let other = KEY.to_uppercase();
        let keys = ApiKeys::new(&[KEY, &other]).unwrap();
        assert!(keys.have(KEY.as_bytes()));
        assert!(keys.have(other.as_bytes()));
        for wrong in ["", &KEY[1..], &format!("{KEY}0"), &KEY.replace('f', "e")] {
            assert!(!keys.have(wrong.as_bytes()), "{wrong}");
        }
        assert!(!ApiKeys::default().have(b""));
    }

    #[test]
    fn a_key_that_can_be_guessed_or_that_no_header_can_have_is_refused() {
        let check = |key: &str, expected| assert_eq!(check_api_key(key), expected, "{key}");
        check(KEY, Ok(()));
        check(&KEY[1..], Err(ApiKeyError::TooShort(31)));
        check("", Err(ApiKeyError::TooShort(0)));
        check(&"x".repeat(512), Ok(()));
        check(&"x".repeat(513), Err(ApiKeyError::TooLong(513)));
        for character in [' ', ',', '\n', 'é', '\0'] {
            check(&format!("{KEY}{character}"), Err(ApiKeyError::Characters));
        }
        let many = [KEY; MAX_API_KEYS + 1];
        assert_eq!(ApiKeys::new(&many).unwrap_err(), ApiKeyError::TooMany);
    }

    #[test]
    fn keys_are_not_printed() {
        let printed = format!("{:?}", ApiKeys::new(&[KEY]).unwrap());
        assert!(!printed.contains(&KEY[..8]), "{printed}");
    }
}
