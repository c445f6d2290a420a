//! The table `[accounts]` of the settings file, as it is there. The settings' reader fills it.

use std::fmt;
use std::path::PathBuf;

use jiff::Timestamp;
use serde::de::value::{MapAccessDeserializer, SeqAccessDeserializer};
use serde::de::{Error, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use toml::Spanned;
use toml::value::Datetime;

/// The table `[accounts]`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default, expecting = "a table")]
pub struct AccountsTable {
    /// The keys that may sign a token.
    pub keys: Vec<Spanned<KeyTable>>,
    /// The issuer that a token has to have, `iss`.
    pub issuer: Option<String>,
    /// The audiences, one of which a token has to name, `aud`.
    pub audience: OneOrMany,
    /// The rights of clients without a token.
    pub guests: Option<GuestsSetting>,
    /// Whether a user may have another name than that of its token.
    pub may_rename: bool,
    /// Tokens that hold no more.
    pub revoked: Vec<RevokedTable>,
}

/// A key, or a set of them: exactly one of its sources.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default, expecting = "a table")]
pub struct KeyTable {
    /// A file with a secret.
    pub secret_file: Option<Spanned<PathBuf>>,
    /// The name of a variable with a secret.
    pub secret_env: Option<Spanned<String>>,
    /// A file with a public key.
    pub pem_file: Option<Spanned<PathBuf>>,
    /// A file with a set of public keys.
    pub jwks_file: Option<Spanned<PathBuf>>,
    /// The address of a set of public keys.
    pub jwks_url: Option<Spanned<String>>,
    /// The algorithm of its signatures.
    pub algorithm: Option<Spanned<String>>,
    /// The ID of the key.
    pub kid: Option<Spanned<String>>,
}

/// The setting `guests`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum GuestsSetting {
    /// They may chat.
    Allow,
    /// They may read.
    ReadOnly,
    /// They may not connect.
    Deny,
}

/// An entry of `[[accounts.revoked]]`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, expecting = "a table")]
pub struct RevokedTable {
    /// The user.
    pub user: String,
    /// The time before which its tokens were issued.
    pub before: Time,
}

/// One text, or a list of them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OneOrMany(pub Vec<String>);

impl<'de> Deserialize<'de> for OneOrMany {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Texts;

        impl<'de> Visitor<'de> for Texts {
            type Value = OneOrMany;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("a text or a list of texts")
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<OneOrMany, E> {
                Ok(OneOrMany(vec![text.to_owned()]))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<OneOrMany, A::Error> {
                Deserialize::deserialize(SeqAccessDeserializer::new(list)).map(OneOrMany)
            }
        }

        deserializer.deserialize_any(Texts)
    }
}

/// A time, in seconds since 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Time(pub u64);

impl<'de> Deserialize<'de> for Time {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Times;

        impl<'de> Visitor<'de> for Times {
            type Value = Time;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("a time such as 2026-11-30T18:00:00Z, or seconds since 1970")
            }

            fn visit_i64<E: Error>(self, seconds: i64) -> Result<Time, E> {
                let seconds = u64::try_from(seconds).map_err(E::custom)?;
                Ok(Time(seconds))
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Time, E> {
                let time: Timestamp = text.parse().map_err(|_| {
                    E::custom("this is no time with an offset, such as 2026-11-30T18:00:00Z")
                })?;
                self.visit_i64(time.as_second())
            }

            // A date and time of TOML.
            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Time, A::Error> {
                let time = Datetime::deserialize(MapAccessDeserializer::new(map))?;
                self.visit_str(&time.to_string())
            }
        }

        deserializer.deserialize_any(Times)
    }
}
