//! The address of a server, for the two clients of this program: the load tool
//! and the chat.

use std::net::{SocketAddr, ToSocketAddrs as _};

use hyper::Uri;

/// A WebSocket server: `ws://HOST[:PORT]/PATH`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// Where to connect to; the first that answers is taken.
    pub addresses: Vec<SocketAddr>,
    /// The `Host` header.
    pub host: String,
    /// The request's path and query.
    pub path: String,
}

/// Why an address is no target.
#[derive(Debug, thiserror::Error)]
pub enum TargetError {
    /// Not `ws://HOST[:PORT]/PATH`.
    #[error("'{0}' is no server's address: it looks like ws://localhost:8080/ws")]
    NotAnAddress(String),
    /// `wss://`.
    #[error("'{0}' asks for TLS, which this program does not speak: name a ws:// address")]
    Tls(String),
    /// No such host.
    #[error("cannot find the host {host}: {source}")]
    UnknownHost {
        /// The name.
        host: String,
        /// Why.
        source: std::io::Error,
    },
}

impl Target {
    /// Takes an address apart and looks its host up.
    ///
    /// # Errors
    ///
    /// [`TargetError`].
    pub fn parse(address: &str) -> Result<Self, TargetError> {
        let not_an_address = || TargetError::NotAnAddress(address.to_owned());
        let uri: Uri = address.parse().map_err(|_| not_an_address())?;
        match uri.scheme_str() {
            Some("ws") => {}
            Some("wss") => return Err(TargetError::Tls(address.to_owned())),
            _ => return Err(not_an_address()),
        }
        let authority = uri.authority().ok_or_else(not_an_address)?;
        let name = authority.host().trim_matches(['[', ']']);
        let port = authority.port_u16().unwrap_or(80);
        let addresses =
            (name, port)
                .to_socket_addrs()
                .map_err(|source| TargetError::UnknownHost {
                    host: name.to_owned(),
                    source,
                })?;
        Ok(Self {
            addresses: addresses.collect(),
            host: authority.as_str().to_owned(),
            path: uri
                .path_and_query()
                .map_or("/", |path| path.as_str())
                .to_owned(),
        })
    }

    /// The `/ws` of a server at this address.
    #[must_use]
    pub fn at(address: SocketAddr) -> Self {
        Self {
            addresses: vec![address],
            host: address.to_string(),
            path: "/ws".to_owned(),
        }
    }

    /// Whether it is on this machine, whatever its name resolves to.
    #[must_use]
    pub fn is_loopback(&self) -> bool {
        let mut ips = self.addresses.iter().map(SocketAddr::ip);
        ips.all(|ip| ip.to_canonical().is_loopback())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_its_parts() {
        let target = Target::parse("ws://127.0.0.1:9000/ws?a=b").unwrap();
        assert_eq!(target.addresses, ["127.0.0.1:9000".parse().unwrap()]);
        assert_eq!(target.host, "127.0.0.1:9000");
        assert_eq!(target.path, "/ws?a=b");
        let target = Target::parse("ws://[::1]").unwrap();
        assert_eq!(target.addresses, ["[::1]:80".parse().unwrap()]);
        assert_eq!(target.path, "/");
    }

    #[test]
    fn loopback_is_what_the_name_resolves_to() {
        for (address, loopback) in [
            ("ws://localhost:1/ws", true),
            ("ws://127.0.0.2:1/ws", true),
            ("ws://[::1]:1/ws", true),
            ("ws://[::ffff:127.0.0.1]:1/ws", true),
            ("ws://192.0.2.1/ws", false),
            ("ws://0.0.0.0:1/ws", false),
        ] {
            assert_eq!(Target::parse(address).unwrap().is_loopback(), loopback);
        }
    }

    #[test]
    fn anything_else_is_refused_in_words() {
        for address in ["localhost:8080", "http://localhost/ws", "ws://", "", "ws:x"] {
            let error = Target::parse(address).unwrap_err();
            assert!(matches!(error, TargetError::NotAnAddress(_)), "{error}");
        }
        let error = Target::parse("wss://localhost/ws").unwrap_err();
        assert!(matches!(error, TargetError::Tls(_)));
    }
}
