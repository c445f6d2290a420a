//! Makes tokens, as a game's backend does: for trying a server, and for its tests.

use std::fmt;

use jsonwebtoken::{Algorithm, AlgorithmFamily, EncodingKey, Header, encode};
use serde::Serialize;
use serde_json::value::RawValue;

use super::claims::Registered;
use super::key::{parse, secret_algorithm, wrong_kind};
use super::{Cap, Claims, KeyError, TokenError, crypto};

/// A key that makes tokens: a secret, or a private key.
pub struct SigningKey {
    id: Option<String>,
    algorithm: Algorithm,
    key: EncodingKey,
}

/// The claims of a new token.
#[derive(Debug, Clone, Default, Serialize)]
pub struct NewToken {
    /// The user's ID with the game.
    #[serde(rename = "sub")]
    pub user: String,
    /// The name that the others see.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The game's facts about the user, which the others see beside the name: a JSON object.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub info: Option<Box<RawValue>>,
    /// The rooms that the user joins at once.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub rooms: Vec<String>,
    /// The rights of the user that not everybody has.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub caps: Vec<Cap>,
    /// The issuer of the token.
    #[serde(rename = "iss", skip_serializing_if = "Option::is_none")]
    pub issuer: Option<String>,
    /// The audience of the token.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub aud: Option<String>,
    /// When it was made, in seconds since 1970.
    #[serde(rename = "iat")]
    pub issued: u64,
    /// When it is over, in seconds since 1970.
    #[serde(rename = "exp")]
    pub expires: u64,
}

impl NewToken {
    /// Returns the claims that a server reads in such a token, if it holds.
    ///
    /// # Errors
    ///
    /// The claim that a server would refuse.
    pub fn claims(&self) -> Result<Claims, TokenError> {
        let malformed = |error: serde_json::Error| TokenError::Malformed(error.to_string());
        let json = serde_json::to_string(self).map_err(malformed)?;
        let registered: Registered = serde_json::from_str(&json).map_err(malformed)?;
        registered.try_into()
    }
}

impl SigningKey {
    /// A secret that the server has as well, for `HS256`, `HS384` or `HS512`.
    ///
    /// # Errors
    ///
    /// [`KeyError::ShortSecret`], [`KeyError::Algorithm`].
    pub fn secret(algorithm: &str, id: Option<String>, secret: &[u8]) -> Result<Self, KeyError> {
        let algorithm = secret_algorithm(algorithm, secret)?;
        Ok(Self::new(id, algorithm, EncodingKey::from_secret(secret)))
    }

    /// A private key as PEM: for an algorithm that begins with `RS` or `PS`, for `ES256`,
    /// `ES384` or `EdDSA`.
    ///
    /// # Errors
    ///
    /// [`KeyError::Algorithm`], [`KeyError::PrivatePem`].
    pub fn pem(algorithm: &str, id: Option<String>, pem: &[u8]) -> Result<Self, KeyError> {
        let algorithm = parse(algorithm)?;
        let key = match algorithm.family() {
            AlgorithmFamily::Hmac => return Err(wrong_kind(algorithm)),
            AlgorithmFamily::Ec => EncodingKey::from_ec_pem(pem),
            AlgorithmFamily::Ed => EncodingKey::from_ed_pem(pem),
            AlgorithmFamily::Rsa => EncodingKey::from_rsa_pem(pem),
        };
        let wrong = |problem: String| KeyError::PrivatePem {
            algorithm: format!("{algorithm:?}"),
            problem,
        };
        let key = key.map_err(|error| wrong(error.to_string()))?;
        let key = Self::new(id, algorithm, key);
        // A key of another curve shows only when it is used.
        key.sign(&NewToken::default())
            .map_err(|error| wrong(error.to_string()))?;
        Ok(key)
    }

    fn new(id: Option<String>, algorithm: Algorithm, key: EncodingKey) -> Self {
        crypto::install();
        Self { id, algorithm, key }
    }

    /// Returns a token that says this.
    ///
    /// # Errors
    ///
    /// [`TokenError::Malformed`], if it cannot be signed.
    pub fn sign(&self, token: &NewToken) -> Result<String, TokenError> {
        let header = Header {
            kid: self.id.clone(),
            ..Header::new(self.algorithm)
        };
        encode(&header, token, &self.key).map_err(|error| TokenError::Malformed(error.to_string()))
    }
}

/// Without the key.
impl fmt::Debug for SigningKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("SigningKey")
            .field("id", &self.id)
            .field("algorithm", &self.algorithm)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::accounts::{Accounts, Key};

    macro_rules! pem {
        ($name:literal) => {
            include_bytes!(concat!("testdata/", $name, ".pem"))
        };
    }

    #[test]
    fn a_signed_token_holds_for_the_other_half_of_the_key() {
        let secret: &[u8] = b"a secret of at least 32 bytes, as it has to be";
        let kinds: [(&str, &[u8], &[u8]); 5] = [
            ("HS512", secret, secret),
            ("RS256", pem!("rsa"), pem!("rsa.pub")),
            ("ES256", pem!("p256"), pem!("p256.pub")),
            ("ES384", pem!("p384"), pem!("p384.pub")),
            ("EdDSA", pem!("ed25519"), pem!("ed25519.pub")),
        ];
        for (algorithm, signing, verifying) in kinds {
            let id = Some("a".to_owned());
            let (signing, verifying) = if algorithm.starts_with("HS") {
                (
                    SigningKey::secret(algorithm, id.clone(), signing),
                    Key::secret(algorithm, id, verifying),
                )
            } else {
                (
                    SigningKey::pem(algorithm, id.clone(), signing),
                    Key::pem(algorithm, id, verifying),
                )
            };
            let token = NewToken {
                user: "42".into(),
                name: Some("Mira".into()),
                info: Some(RawValue::from_string("{\"color\":\"#fc0\"}".into()).unwrap()),
                rooms: vec!["guild-42".into()],
                issuer: Some("game".into()),
                aud: Some("chat".into()),
                issued: 10,
                expires: 20,
                ..NewToken::default()
            };
            let accounts = Accounts {
                keys: vec![verifying.unwrap()],
                issuer: Some("game".into()),
                audiences: vec!["chat".into()],
                ..Accounts::default()
            };
            let signed = signing.unwrap().sign(&token).unwrap();
            let claims = accounts.verify(&signed, 15).unwrap();
            assert_eq!(claims, token.claims().unwrap(), "{algorithm}");
            assert_eq!(claims.info.as_deref(), Some("{\"color\":\"#fc0\"}"));
        }
    }

    #[test]
    fn a_key_that_cannot_sign_is_refused() {
        let pem = |algorithm: &str, pem: &[u8]| {
            let error = SigningKey::pem(algorithm, None, pem).unwrap_err();
            error.to_string()
        };
        for (algorithm, file) in [
            ("RS256", &pem!("rsa.pub")[..]),
            ("RS256", &pem!("p256")[..]),
            ("ES256", &pem!("p384")[..]),
            ("EdDSA", &b"nothing"[..]),
        ] {
            let text = pem(algorithm, file);
            assert!(text.contains("no private key"), "{algorithm}: {text}");
        }
        assert!(pem("HS256", pem!("rsa")).contains("`HS256`"));
        let short = SigningKey::secret("HS256", None, b"short").unwrap_err();
        assert_eq!(short, KeyError::ShortSecret(5));
        let wrong = SigningKey::secret("RS256", None, &[1; 32]).unwrap_err();
        assert_eq!(wrong, KeyError::Algorithm("RS256".into()));
    }

    #[test]
    fn a_claim_that_a_server_would_refuse_is_told() {
        let token = NewToken {
            user: "x".repeat(129),
            ..NewToken::default()
        };
        let error = token.claims().unwrap_err();
        assert!(matches!(error, TokenError::Claim { claim: "sub", .. }));
    }
}
