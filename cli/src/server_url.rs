//! The address of a server, for the two clients of this program: the load tool
//! and the chat.

use std::net::{SocketAddr, ToSocketAddrs as _};

use http::Uri;

/// A WebSocket server: `ws://HOST[:PORT]/PATH`, or `wss://` with TLS.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerUrl {
    /// Where to connect to; the first that answers is taken.
    pub addresses: Vec<SocketAddr>,
    /// The `Host` header.
    pub host: String,
    /// The request's path and query.
    pub path: String,
    /// For `wss://`: the name, or the IP address, that the server's certificate
    /// has to be for.
    pub secure: Option<String>,
}

/// Why a text is no address of a server.
#[derive(Debug, thiserror::Error)]
pub enum ServerUrlError {
    /// Neither `ws://HOST[:PORT]/PATH` nor `wss://`.
    #[error("'{0}' is no server's address: it looks like ws://localhost:8080/ws")]
    NotAnAddress(String),
    /// `wss://`, where that is not spoken.
    #[error("'{0}' asks for TLS, which is not spoken here: name a ws:// address")]
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

impl ServerUrl {
    /// Takes a `ws://` address apart and looks its host up.
    ///
    /// # Errors
    ///
    /// [`ServerUrlError`].
    pub fn parse(address: &str) -> Result<Self, ServerUrlError> {
        let uri: Uri = address.parse().map_err(|_| not_an_address(address))?;
        if uri.scheme_str() == Some("wss") {
            return Err(ServerUrlError::Tls(address.to_owned()));
        }
        Self::of_either_kind(address)
    }

    /// The same for an address that may also be `wss://`.
    ///
    /// # Errors
    ///
    /// [`ServerUrlError`].
    pub fn of_either_kind(address: &str) -> Result<Self, ServerUrlError> {
        let uri: Uri = address.parse().map_err(|_| not_an_address(address))?;
        let (secure, usual_port) = match uri.scheme_str() {
            Some("ws") => (false, 80),
            Some("wss") => (true, 443),
            _ => return Err(not_an_address(address)),
        };
        let authority = uri.authority().ok_or_else(|| not_an_address(address))?;
        let name = authority.host().trim_matches(['[', ']']);
        let port = authority.port_u16().unwrap_or(usual_port);
        let addresses =
            (name, port)
                .to_socket_addrs()
                .map_err(|source| ServerUrlError::UnknownHost {
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
            secure: secure.then(|| name.to_owned()),
        })
    }

    /// The `/ws` of a server at this address.
    #[must_use]
    pub fn at(address: SocketAddr) -> Self {
        Self {
            addresses: vec![address],
            host: address.to_string(),
            path: "/ws".to_owned(),
            secure: None,
        }
    }

    /// Whether it is on this machine, whatever its name resolves to.
    #[must_use]
    pub fn is_loopback(&self) -> bool {
        let mut ips = self.addresses.iter().map(SocketAddr::ip);
        ips.all(|ip| ip.to_canonical().is_loopback())
    }
}

fn not_an_address(address: &str) -> ServerUrlError {
    ServerUrlError::NotAnAddress(address.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_its_parts() {
        let url = ServerUrl::parse("ws://127.0.0.1:9000/ws?a=b").unwrap();
        assert_eq!(url.addresses, ["127.0.0.1:9000".parse().unwrap()]);
        assert_eq!(url.host, "127.0.0.1:9000");
        assert_eq!(url.path, "/ws?a=b");
        let url = ServerUrl::parse("ws://[::1]").unwrap();
        assert_eq!(url.addresses, ["[::1]:80".parse().unwrap()]);
        assert_eq!(url.path, "/");
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
            assert_eq!(ServerUrl::parse(address).unwrap().is_loopback(), loopback);
        }
    }

    #[test]
    fn anything_else_is_refused_in_words() {
        for address in ["localhost:8080", "http://localhost/ws", "ws://", "", "ws:x"] {
            let error = ServerUrl::parse(address).unwrap_err();
            assert!(matches!(error, ServerUrlError::NotAnAddress(_)), "{error}");
        }
        for address in ["wss://localhost/ws", "wss://no.such.host.invalid"] {
            let error = ServerUrl::parse(address).unwrap_err();
            assert!(matches!(error, ServerUrlError::Tls(_)), "{error}");
        }
    }

    #[test]
    fn a_certificate_has_to_be_for_the_host() {
        let either = |address| ServerUrl::of_either_kind(address).unwrap();
        let url = either("wss://127.0.0.1/ws");
        assert_eq!(url.addresses, ["127.0.0.1:443".parse().unwrap()]);
        assert_eq!(url.secure.as_deref(), Some("127.0.0.1"));
        let url = either("wss://[::1]:9000");
        assert_eq!(url.addresses, ["[::1]:9000".parse().unwrap()]);
        assert_eq!(url.secure.as_deref(), Some("::1"));
        let url = either("ws://127.0.0.1/ws");
        assert_eq!(url.addresses, ["127.0.0.1:80".parse().unwrap()]);
        assert_eq!(url.secure, None);
    }
}
