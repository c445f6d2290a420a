//! A key that a token can be signed with: a shared secret, a public key as PEM, or the keys
//! of a set (JWKS, RFC 7517). Each is for one algorithm, which the operator or the set
//! names: a token never chooses how it is checked.

use std::fmt;

use jsonwebtoken::errors::{ErrorKind, new_error};
use jsonwebtoken::jwk::{AlgorithmParameters, EllipticCurve, Jwk, PublicKeyUse};
use jsonwebtoken::{Algorithm, AlgorithmFamily, DecodingKey};
use serde::Deserialize;

use super::crypto;

/// The shortest secret, in bytes: as long as the shortest hash (RFC 7518 section 3.2).
const MIN_SECRET_BYTES: usize = 32;

/// A key that a token can be signed with.
#[derive(Clone)]
pub struct Key {
    id: Option<String>,
    algorithm: Algorithm,
    verifying: DecodingKey,
}

/// Why a key cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
    /// The secret is too short.
    #[error(
        "a secret has {MIN_SECRET_BYTES} bytes at least, and this one has {0}: make one with \
         `openssl rand -hex 32`"
    )]
    ShortSecret(usize),
    /// The algorithm does not exist, or is not for such a key.
    #[error("`{0}` is not an algorithm for such a key")]
    Algorithm(String),
    /// The PEM file has no public key for the algorithm.
    #[error("this is no public key in PEM for {algorithm}: {problem}")]
    Pem {
        /// The algorithm.
        algorithm: String,
        /// The problem with the file.
        problem: String,
    },
    /// The PEM file has the other half of the key.
    #[error(
        "this is a private key, which only the game's backend should have: this server needs the \
         public one, which `openssl pkey -in KEY -pubout` prints"
    )]
    PrivateKey,
    /// The PEM file has no private key for the algorithm.
    #[error("this is no private key in PEM for {algorithm}: {problem}")]
    PrivatePem {
        /// The algorithm.
        algorithm: String,
        /// The problem with the file.
        problem: String,
    },
    /// The text is not a set of keys.
    #[error("this is not a set of keys (JWKS): {0}")]
    Jwks(String),
    /// The set has no key that this server can use.
    #[error(
        "the set has no key for signatures of a kind that this server knows (RSA, EC P-256 and \
         P-384, Ed25519)"
    )]
    NoKey,
}

impl Key {
    /// A secret that the game's backend and the server share, for `HS256`, `HS384` or
    /// `HS512`.
    ///
    /// # Errors
    ///
    /// [`KeyError::ShortSecret`], [`KeyError::Algorithm`].
    pub fn secret(algorithm: &str, id: Option<String>, secret: &[u8]) -> Result<Self, KeyError> {
        let algorithm = secret_algorithm(algorithm, secret)?;
        Ok(Self::new(id, algorithm, DecodingKey::from_secret(secret)))
    }

    /// The public key of the game's backend, as PEM: for an algorithm that begins with `RS`
    /// or `PS`, for `ES256`, `ES384` or `EdDSA`.
    ///
    /// # Errors
    ///
    /// [`KeyError::Algorithm`], [`KeyError::Pem`], [`KeyError::PrivateKey`].
    pub fn pem(algorithm: &str, id: Option<String>, pem: &[u8]) -> Result<Self, KeyError> {
        let algorithm = parse(algorithm)?;
        if is_private(pem) {
            return Err(KeyError::PrivateKey);
        }
        let key = match algorithm.family() {
            AlgorithmFamily::Hmac => return Err(wrong_kind(algorithm)),
            AlgorithmFamily::Ec => {
                let coordinate = if algorithm == Algorithm::ES256 {
                    32
                } else {
                    48
                };
                DecodingKey::from_ec_pem(pem).and_then(|key| point(key, coordinate))
            }
            AlgorithmFamily::Ed => DecodingKey::from_ed_pem(pem),
            AlgorithmFamily::Rsa => DecodingKey::from_rsa_pem(pem),
        };
        let key = key.map_err(|error| KeyError::Pem {
            algorithm: format!("{algorithm:?}"),
            problem: error.to_string(),
        })?;
        Ok(Self::new(id, algorithm, key))
    }

    /// The keys of a set (JWKS) that are for signatures and of a kind that this server
    /// knows. Secrets in it are left out: a set is public. So is a key without an algorithm
    /// if its kind allows several.
    ///
    /// # Errors
    ///
    /// [`KeyError::Jwks`], [`KeyError::NoKey`].
    pub fn jwks(json: &[u8]) -> Result<Vec<Self>, KeyError> {
        // RFC 7517 section 5: keys of kinds that one does not know are nobody's fault.
        #[derive(Deserialize)]
        struct Set {
            keys: Vec<serde_json::Value>,
        }
        let set: Set =
            serde_json::from_slice(json).map_err(|error| KeyError::Jwks(error.to_string()))?;
        let known = set.keys.into_iter().map(serde_json::from_value::<Jwk>);
        let keys: Vec<_> = known
            .flatten()
            .filter_map(|key| Self::from_jwk(&key))
            .collect();
        if keys.is_empty() {
            return Err(KeyError::NoKey);
        }
        Ok(keys)
    }

    fn from_jwk(jwk: &Jwk) -> Option<Self> {
        let common = &jwk.common;
        if !matches!(common.public_key_use, None | Some(PublicKeyUse::Signature)) {
            return None;
        }
        let stated = common.key_algorithm.map(|algorithm| algorithm.to_string());
        let algorithm = match (&jwk.algorithm, stated) {
            (AlgorithmParameters::OctetKey(_), _) => return None,
            (AlgorithmParameters::RSA(_), None) => Algorithm::RS256,
            (AlgorithmParameters::EllipticCurve(key), _) => match key.curve {
                EllipticCurve::P256 => Algorithm::ES256,
                EllipticCurve::P384 => Algorithm::ES384,
                _ => return None,
            },
            (AlgorithmParameters::OctetKeyPair(key), _) => match key.curve {
                EllipticCurve::Ed25519 => Algorithm::EdDSA,
                _ => return None,
            },
            (_, Some(stated)) => stated.parse().ok()?,
            _ => return None,
        };
        let key = DecodingKey::from_jwk(jwk).ok()?;
        if key.family() != algorithm.family() {
            return None;
        }
        Some(Self::new(common.key_id.clone(), algorithm, key))
    }

    fn new(id: Option<String>, algorithm: Algorithm, verifying: DecodingKey) -> Self {
        crypto::install();
        Self {
            id,
            algorithm,
            verifying,
        }
    }

    /// The key's ID, `kid`.
    #[must_use]
    pub fn id(&self) -> Option<&str> {
        self.id.as_deref()
    }

    pub(super) fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    pub(super) fn verifying(&self) -> &DecodingKey {
        &self.verifying
    }

    /// Whether this key can be the one that a token's header names. A key without an ID may
    /// have signed any token, and any key a token without one.
    pub(super) fn may_have_signed(&self, id: Option<&str>) -> bool {
        match (&self.id, id) {
            (Some(mine), Some(id)) => mine == id,
            _ => true,
        }
    }
}

/// Without the secret.
impl fmt::Debug for Key {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Key")
            .field("id", &self.id)
            .field("algorithm", &self.algorithm)
            .finish_non_exhaustive()
    }
}

/// Returns the key if its point is on a curve whose coordinates have this many bytes.
fn point(key: DecodingKey, coordinate: usize) -> jsonwebtoken::errors::Result<DecodingKey> {
    if key.try_get_as_bytes()?.len() == 1 + 2 * coordinate {
        Ok(key)
    } else {
        Err(new_error(ErrorKind::InvalidEcdsaKey))
    }
}

/// Whether a PEM text has a private key, of any kind.
fn is_private(pem: &[u8]) -> bool {
    const LABEL: &[u8] = b"PRIVATE KEY-----";
    pem.windows(LABEL.len()).any(|window| window == LABEL)
}

/// Returns the algorithm with this name, if it takes a secret and this one is long enough.
pub(super) fn secret_algorithm(algorithm: &str, secret: &[u8]) -> Result<Algorithm, KeyError> {
    let algorithm = parse(algorithm)?;
    if algorithm.family() != AlgorithmFamily::Hmac {
        return Err(wrong_kind(algorithm));
    }
    if secret.len() < MIN_SECRET_BYTES {
        return Err(KeyError::ShortSecret(secret.len()));
    }
    Ok(algorithm)
}

/// The algorithm is not for a key of this kind.
pub(super) fn wrong_kind(algorithm: Algorithm) -> KeyError {
    KeyError::Algorithm(format!("{algorithm:?}"))
}

pub(super) fn parse(algorithm: &str) -> Result<Algorithm, KeyError> {
    algorithm
        .parse()
        .map_err(|_| KeyError::Algorithm(algorithm.into()))
}
