//! The address of a server, for the two clients of this program: the load tool
//! and the chat.

use std::net::{SocketAddr, ToSocketAddrs as _};

use http::Uri;
use http::uri::Authority;

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
    /// The port is no number from 0 to 65535.
    #[error("'{address}' names the port '{port}': a port is a number up to 65535")]
    InvalidPort {
        /// The port as it was given.
        port: String,
        /// The whole address.
        address: String,
    },
    /// No such host.
    #[error("cannot find the host {host}: {error}")]
    UnknownHost {
        /// The name.
        host: String,
        /// Why. Not a source, because the text has it already.
        error: std::io::Error,
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
        let scheme = uri.scheme_str().unwrap_or_default();
        if scheme.eq_ignore_ascii_case("wss") {
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
        // A scheme may be in capitals (RFC 3986 section 3.1).
        let scheme = uri.scheme_str().unwrap_or_default().to_ascii_lowercase();
        let (secure, usual_port) = match scheme.as_str() {
            "ws" => (false, 80),
            "wss" => (true, 443),
            _ => return Err(not_an_address(address)),
        };
        let authority = uri.authority().ok_or_else(|| not_an_address(address))?;
        let name = authority.host().trim_matches(['[', ']']);
        let port = port(authority, address)?.unwrap_or(usual_port);
        let addresses =
            (name, port)
                .to_socket_addrs()
                .map_err(|error| ServerUrlError::UnknownHost {
                    host: name.to_owned(),
                    error,
                })?;
        Ok(Self {
            addresses: addresses.collect(),
            host: without_user(authority.as_str()).to_owned(),
            path: path(&uri, address),
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

/// The port that an address names. `None` if it names none.
fn port(authority: &Authority, address: &str) -> Result<Option<u16>, ServerUrlError> {
    let text = authority.as_str();
    let host = authority.host();
    // Behind the host, which is behind a user's name, if there is one.
    let behind = text.rfind(host).map_or("", |at| &text[at + host.len()..]);
    match behind.strip_prefix(':') {
        None | Some("") => Ok(None),
        // Not the library's own reading, which takes a port that is none for no port.
        Some(port) if port.bytes().all(|byte| byte.is_ascii_digit()) => {
            let port = port.parse().map_err(|_| invalid_port(port, address))?;
            Ok(Some(port))
        }
        Some(port) => Err(invalid_port(port, address)),
    }
}

fn invalid_port(port: &str, address: &str) -> ServerUrlError {
    ServerUrlError::InvalidPort {
        port: port.to_owned(),
        address: address.to_owned(),
    }
}

/// Without a user's name and password: they are nobody's business but the user's.
fn without_user(authority: &str) -> &str {
    authority
        .rsplit_once('@')
        .map_or(authority, |(_, host)| host)
}

/// The path and the query; `/ws` if the address has neither.
fn path(uri: &Uri, address: &str) -> String {
    let behind_scheme = address.split_once("://").map_or("", |(_, rest)| rest);
    match uri.path_and_query() {
        Some(path) if behind_scheme.contains(['/', '?']) => {
            let root = if path.as_str().starts_with('?') {
                "/"
            } else {
                ""
            };
            format!("{root}{}", path.as_str())
        }
        _ => "/ws".to_owned(),
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
        assert_eq!(url.path, "/ws");
        let url = ServerUrl::parse("WS://127.0.0.1:/").unwrap();
        assert_eq!(url.addresses, ["127.0.0.1:80".parse().unwrap()]);
        assert_eq!(url.path, "/");
        let url = ServerUrl::parse("ws://me:secret@127.0.0.1:9/ws").unwrap();
        assert_eq!(url.host, "127.0.0.1:9");
        let url = ServerUrl::of_either_kind("WSS://127.0.0.1:9?a").unwrap();
        assert_eq!(url.secure.as_deref(), Some("127.0.0.1"));
        assert_eq!(url.path, "/?a");
    }

    #[test]
    fn a_wrong_port_is_not_another_one() {
        for port in ["80800", "+80", "8080x", "-1", "0x50", "65536"] {
            let error = ServerUrl::parse(&format!("ws://127.0.0.1:{port}/ws")).unwrap_err();
            let is_refused = matches!(
                error,
                ServerUrlError::InvalidPort { .. } | ServerUrlError::NotAnAddress(_)
            );
            assert!(is_refused, "{port}: {error}");
        }
        let url = ServerUrl::parse("ws://127.0.0.1:65535").unwrap();
        assert_eq!(url.addresses[0].port(), 65_535);
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
