//! Signatures by the specification Standard Webhooks: HMAC with SHA-256 over the ID, the time and
//! the body.

use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::hmac;

/// How a secret begins.
const PREFIX: &str = "whsec_";

/// The least and the most bytes of a secret.
const LENGTHS: std::ops::RangeInclusive<usize> = 24..=64;

/// A secret: `whsec_` and 24 to 64 bytes in base64.
#[derive(Clone)]
pub struct Secret(hmac::Key);

/// A text is not a secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a secret is `whsec_` and 24 to 64 random bytes in base64")]
pub struct InvalidSecret;

impl FromStr for Secret {
    type Err = InvalidSecret;

    fn from_str(text: &str) -> Result<Self, InvalidSecret> {
        let bytes = text.trim().strip_prefix(PREFIX).ok_or(InvalidSecret)?;
        let bytes = STANDARD.decode(bytes).map_err(|_| InvalidSecret)?;
        let is_long = LENGTHS.contains(&bytes.len());
        let key = || Self(hmac::Key::new(hmac::HMAC_SHA256, &bytes));
        is_long.then(key).ok_or(InvalidSecret)
    }
}

impl Secret {
    /// The signature of a body that is sent with this ID at this time, in seconds since 1970.
    #[must_use]
    pub fn sign(&self, id: &str, timestamp: u64, body: &[u8]) -> String {
        let mut context = hmac::Context::with_key(&self.0);
        context.update(format!("{id}.{timestamp}.").as_bytes());
        context.update(body);
        format!("v1,{}", STANDARD.encode(context.sign()))
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_is_that_of_the_specification() {
        // The example of its reference libraries.
        let secret: Secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw".parse().unwrap();
        let signature = secret.sign(
            "msg_p5jXN8AQM9LWM0D4loKWxJek",
            1_614_265_330,
            b"{\"test\": 2432232314}",
        );
        assert_eq!(signature, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }

    #[test]
    fn a_secret_is_long_enough_and_never_shown() {
        let of = |bytes: usize| format!("whsec_{}", STANDARD.encode(vec![7; bytes]));
        assert!(of(24).parse::<Secret>().is_ok() && of(64).parse::<Secret>().is_ok());
        let bad = [
            of(23),
            of(65),
            String::new(),
            "whsec_".into(),
            "secret".into(),
        ];
        for bad in bad.iter().chain([&of(24).replace("whsec_", "")]) {
            assert_eq!(bad.parse::<Secret>().err(), Some(InvalidSecret), "{bad:?}");
        }
        assert_eq!(format!("{:?}", of(24).parse::<Secret>().unwrap()), "Secret");
    }
}
