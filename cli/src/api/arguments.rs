//! The flags for the HTTP API of the game's server. In a settings file, they are the table
//! `[api]`.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use clap::builder::{NonEmptyStringValueParser, TypedValueParser as _};
use clap::{Args, ValueHint};

use crate::switch::Switch;

/// The address that the API listens on, and the keys of those who may use it.
#[derive(Debug, Args)]
pub struct ApiArguments {
    /// The address and the port of the HTTP API for the game's own server, such as
    /// 127.0.0.1:8081, which also has /metrics, /livez and /readyz. Without it there is
    /// no API; with it, a key is needed
    #[arg(long, env = "GUILDHALL_API_LISTEN", value_name = "ADDRESS:PORT")]
    pub api_listen: Option<ApiAddress>,

    /// A file with a key of the API, of 32 bytes at least; may be given more than
    /// once, so that a key can be replaced while another is in use
    #[arg(
        long,
        env = "GUILDHALL_API_KEY_FILE",
        value_name = "FILE",
        value_delimiter = ',',
        value_hint = ValueHint::FilePath,
        value_parser = NonEmptyStringValueParser::new().map(PathBuf::from)
    )]
    pub api_key_file: Vec<PathBuf>,

    /// A key of the API; may be given more than once. Others on this machine see
    /// flags: a file or the variable is better
    #[arg(
        long,
        env = "GUILDHALL_API_KEY",
        hide_env_values = true,
        value_name = "KEY",
        value_delimiter = ',',
        value_parser = NonEmptyStringValueParser::new().map(ApiSecret::new)
    )]
    pub api_key: Vec<ApiSecret>,

    /// A file with a key that is good for reading /metrics alone, of 32 bytes at
    /// least; may be given more than once
    #[arg(
        long,
        env = "GUILDHALL_API_METRICS_KEY_FILE",
        value_name = "FILE",
        value_delimiter = ',',
        value_hint = ValueHint::FilePath,
        value_parser = NonEmptyStringValueParser::new().map(PathBuf::from)
    )]
    pub api_metrics_key_file: Vec<PathBuf>,

    /// Such a key itself; may be given more than once. Others on this machine see
    /// flags: a file or the variable is better
    #[arg(
        long,
        env = "GUILDHALL_API_METRICS_KEY",
        hide_env_values = true,
        value_name = "KEY",
        value_delimiter = ',',
        value_parser = NonEmptyStringValueParser::new().map(ApiSecret::new)
    )]
    pub api_metrics_key: Vec<ApiSecret>,

    /// Whether callers of this machine may read /metrics without a key: on or off
    #[arg(
        long,
        env = "GUILDHALL_API_OPEN_METRICS",
        hide_possible_values = true,
        value_enum,
        default_value_t
    )]
    pub api_open_metrics: Switch,
}

/// An address and a port to listen on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiAddress {
    /// A name, or an address without brackets.
    pub host: String,
    /// The port; 0 for any free one.
    pub port: u16,
}

/// Why a text is no address to listen on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an address and a port are needed, such as 127.0.0.1:8081 or [::1]:8081")]
pub struct InvalidAddress;

impl FromStr for ApiAddress {
    type Err = InvalidAddress;

    fn from_str(text: &str) -> Result<Self, InvalidAddress> {
        let (host, port) = text.rsplit_once(':').ok_or(InvalidAddress)?;
        let is_bracketed = host.starts_with('[') && host.ends_with(']');
        if host.is_empty() || (host.contains(':') && !is_bracketed) {
            return Err(InvalidAddress);
        }
        Ok(Self {
            host: host.trim_matches(['[', ']']).to_owned(),
            port: port.parse().map_err(|_| InvalidAddress)?,
        })
    }
}

impl fmt::Display for ApiAddress {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { host, port } = self;
        if host.contains(':') {
            write!(formatter, "[{host}]:{port}")
        } else {
            write!(formatter, "{host}:{port}")
        }
    }
}

/// A key of the API, which is never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct ApiSecret(pub String);

impl fmt::Debug for ApiSecret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("ApiSecret")
    }
}

impl ApiSecret {
    /// Takes any text: an error of the parser would print it.
    fn new(text: String) -> Self {
        Self(text.trim().to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_a_host_and_a_port() {
        let check = |text: &str, expected: Option<(&str, u16)>| {
            let address = text.parse::<ApiAddress>().ok();
            let parts = address.as_ref().map(|it| (it.host.as_str(), it.port));
            assert_eq!(parts, expected, "{text}");
            if let Some(address) = address {
                assert_eq!(address.to_string(), text);
            }
        };
        check("127.0.0.1:8081", Some(("127.0.0.1", 8081)));
        check("localhost:0", Some(("localhost", 0)));
        check("[::1]:8081", Some(("::1", 8081)));
        for wrong in [
            "",
            "8081",
            ":8081",
            "127.0.0.1",
            "::1:8081",
            "a:b",
            "a:65536",
            "a:-1",
        ] {
            check(wrong, None);
        }
    }

    #[test]
    fn a_key_is_not_printed() {
        assert!(!format!("{:?}", ApiSecret("hunter2".into())).contains("hunter2"));
    }
}
