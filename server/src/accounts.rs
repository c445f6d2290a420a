//! Accounts: a token of the game's own backend, a JWT (RFC 7519), names the user and its
//! rights. [`Accounts`] has the keys and decides whether a token holds.
//!
//! No I/O and no clock: what reads the keys' files and the time passes them in.

mod api_keys;
mod claims;
pub(crate) mod config;
mod crypto;
mod key;
mod key_set;
mod signing;

pub use api_keys::{
    ApiKeyError, ApiKeys, MAX_API_KEY_BYTES, MAX_API_KEYS, MIN_API_KEY_BYTES, check_api_key,
};
pub use claims::{Cap, Claims, MAX_INFO_BYTES, MAX_TOKEN_ROOMS, MAX_USER_BYTES, Right};
pub use config::{AccountsConfig, Guests, Revocation};
pub use key::{Key, KeyError};
pub use key_set::KeySet;
pub use signing::{NewToken, SigningKey};

use std::sync::Arc;

use jsonwebtoken::errors::ErrorKind;
use jsonwebtoken::{Header, Validation, decode, decode_header};

use claims::Registered;

/// The longest token, in bytes: a hello has room for it, and for all else that it says.
pub const MAX_TOKEN_BYTES: usize = 8 * 1024;

/// How far the clocks of the game's backend and the server may be apart, in seconds.
pub const LEEWAY_SECONDS: u64 = 10;

/// The keys of the game's backend, and what its tokens have to say.
#[derive(Debug, Clone, Default)]
pub struct Accounts {
    /// The keys. A token holds if one of them has signed it.
    pub keys: Vec<Key>,
    /// Sets of further keys, which may change.
    pub sets: Vec<Arc<dyn KeySet>>,
    /// The only issuer whose tokens hold (the claim `iss`); `None`: any.
    pub issuer: Option<String>,
    /// The audiences of which a token has to name one (the claim `aud`); empty: any.
    pub audiences: Vec<String>,
}

/// Why a token does not hold.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TokenError {
    /// It is longer than [`MAX_TOKEN_BYTES`].
    #[error("a token has at most {MAX_TOKEN_BYTES} bytes")]
    TooLong,
    /// It is not a signed JWT with the claims that a token has to have.
    #[error("this is not a token: {0}")]
    Malformed(String),
    /// No key is for the algorithm in its header.
    #[error("no key of this server is for the token's algorithm, {0}")]
    Algorithm(String),
    /// No key has the ID in its header. A set of keys may have a new one.
    #[error("no key of this server has the token's key ID, `{0}`")]
    UnknownKey(String),
    /// No key has signed it that is known now, but others may come: a set of keys is being
    /// fetched.
    #[error("the key that signed the token is not known yet")]
    KeyMayCome,
    /// No key of this server has signed it.
    #[error("no key of this server has signed the token")]
    Signature,
    /// It is over.
    #[error("the token has expired")]
    Expired,
    /// It does not hold yet.
    #[error("the token does not hold yet: look at the clocks")]
    NotYet,
    /// It is another issuer's.
    #[error("the token is of another issuer (iss)")]
    Issuer,
    /// It is for others.
    #[error("the token is for another audience (aud)")]
    Audience,
    /// A claim is not what it has to be.
    #[error("the token's claim `{claim}`: {problem}")]
    Claim {
        /// The claim.
        claim: &'static str,
        /// The problem with it.
        problem: String,
    },
}

impl Accounts {
    /// Returns what a token says that holds at this time, in seconds since 1970.
    ///
    /// # Errors
    ///
    /// [`TokenError`].
    pub fn verify(&self, token: &str, unix_seconds: u64) -> Result<Claims, TokenError> {
        if token.len() > MAX_TOKEN_BYTES {
            return Err(TokenError::TooLong);
        }
        let header = decode_header(token).map_err(|error| malformed(&error))?;
        // RFC 7515 section 4.1.11: who does not know an extension must not accept the token,
        // and this server knows none.
        if header.crit.is_some() {
            let problem = "its header has `crit`, and this server knows no extension";
            return Err(TokenError::Malformed(problem.into()));
        }
        let registered = self.signed(token, &header)?;
        self.check(&registered, unix_seconds)?;
        registered.try_into()
    }

    /// Returns the claims, if one of the keys has signed them.
    fn signed(&self, token: &str, header: &Header) -> Result<Registered, TokenError> {
        let sets: Vec<_> = self.sets.iter().map(|set| set.keys()).collect();
        let keys = self.keys.iter().chain(sets.iter().flat_map(|set| &**set));
        signed_by(keys, token, header).map_err(|error| {
            let is_unknown = matches!(error, TokenError::UnknownKey(_));
            // Each set that lacks the key is asked, so no short circuit.
            let mut may_come = false;
            for (set, keys) in self.sets.iter().zip(&sets) {
                if keys.is_empty() || is_unknown {
                    may_come |= set.is_renewed();
                }
            }
            if may_come {
                TokenError::KeyMayCome
            } else {
                error
            }
        })
    }

    /// Checks the claims of RFC 7519 section 4.1.
    fn check(&self, claims: &Registered, now: u64) -> Result<(), TokenError> {
        #[allow(
            clippy::cast_precision_loss,
            reason = "a time in seconds, far below 2^53; a NumericDate may have a fraction"
        )]
        let (now, leeway) = (now as f64, LEEWAY_SECONDS as f64);
        if claims.exp.is_nan() || claims.exp + leeway <= now {
            return Err(TokenError::Expired);
        }
        if claims.nbf.is_some_and(|nbf| nbf - leeway > now) {
            return Err(TokenError::NotYet);
        }
        if self.issuer.is_some() && claims.iss != self.issuer {
            return Err(TokenError::Issuer);
        }
        let is_meant = |meant: &String| claims.aud.contains(meant);
        if !self.audiences.is_empty() && !self.audiences.iter().any(is_meant) {
            return Err(TokenError::Audience);
        }
        Ok(())
    }
}

/// Returns the claims, if one of these keys has signed them.
fn signed_by<'a>(
    keys: impl Iterator<Item = &'a Key>,
    token: &str,
    header: &Header,
) -> Result<Registered, TokenError> {
    let mut of_algorithm = keys.filter(|key| key.algorithm() == header.alg).peekable();
    if of_algorithm.peek().is_none() {
        return Err(TokenError::Algorithm(format!("{:?}", header.alg)));
    }
    let mut tried = 0;
    for key in of_algorithm.filter(|key| key.may_have_signed(header.kid.as_deref())) {
        tried += 1;
        match decode(token, key.verifying(), &validation(header)) {
            Ok(token) => return Ok(token.claims),
            Err(error) if *error.kind() == ErrorKind::InvalidSignature => {}
            Err(error) => return Err(malformed(&error)),
        }
    }
    match &header.kid {
        Some(id) if tried == 0 => Err(TokenError::UnknownKey(id.clone())),
        _ => Err(TokenError::Signature),
    }
}

impl TokenError {
    /// Whether a new token may hold, so that the client should ask for one and come back.
    #[must_use]
    pub fn is_over(&self) -> bool {
        matches!(self, Self::Expired | Self::KeyMayCome)
    }
}

/// The library checks the signature alone. It would read the clock for the rest.
fn validation(header: &Header) -> Validation {
    let mut validation = Validation::new(header.alg);
    validation.required_spec_claims.clear();
    validation.validate_exp = false;
    validation.validate_nbf = false;
    validation.validate_aud = false;
    validation
}

fn malformed(error: &jsonwebtoken::errors::Error) -> TokenError {
    TokenError::Malformed(error.to_string())
}

#[cfg(test)]
mod tests;
