//! A client's handshake (RFC 6455 section 4.1) without I/O, for the two clients of this
//! program: the load tool and the chat. The request, and what has to be in the answer.

use async_tungstenite::tungstenite::handshake::client::generate_key;
use async_tungstenite::tungstenite::handshake::derive_accept_key;

use crate::server_url::ServerUrl;

/// The longest answer, without a page behind it.
const MAX_ANSWER: usize = 16 * 1024;

/// How many headers an answer may have. Proxies add some.
const MAX_HEADERS: usize = 128;

/// A handshake whose request goes to a server.
#[derive(Debug)]
pub struct Handshake {
    request: String,
    key: String,
    subprotocol: Option<&'static str>,
}

/// Why an answer does not open a WebSocket.
#[derive(Debug, PartialEq, Eq)]
pub enum Refusal {
    /// Another status than 101.
    Status(StatusAnswer),
    /// The answer is not HTTP.
    NotHttp,
    /// The status is 101, but this is not as RFC 6455 asks for: a header, or the version.
    NotAWebSocket(&'static str),
    /// The server did not choose the subprotocol.
    OtherProtocol(&'static str),
}

/// An answer with another status than 101.
#[derive(Debug, PartialEq, Eq)]
pub struct StatusAnswer {
    /// The status.
    pub code: u16,
    /// The page that it points to.
    pub location: Option<String>,
    /// As much of the page behind it as has come.
    pub body: String,
}

impl Handshake {
    /// A handshake with this server.
    #[must_use]
    pub fn new(server: &ServerUrl, subprotocol: Option<&'static str>) -> Self {
        Self::of_page(server, subprotocol, None)
    }

    /// The same as a browser does it for a page of this origin.
    #[must_use]
    pub fn of_page(
        server: &ServerUrl,
        subprotocol: Option<&'static str>,
        origin: Option<&str>,
    ) -> Self {
        let origin = origin.map_or_else(String::new, |origin| format!("Origin: {origin}\r\n"));
        let key = generate_key();
        let protocol = subprotocol.map_or_else(String::new, |name| {
            format!("Sec-WebSocket-Protocol: {name}\r\n")
        });
        let request = format!(
            "GET {} HTTP/1.1\r\nHost: {}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
             Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n{origin}{protocol}\r\n",
            server.path, server.host
        );
        Self {
            request,
            key,
            subprotocol,
        }
    }

    /// What is sent.
    #[must_use]
    pub fn request(&self) -> &str {
        &self.request
    }

    /// Reads the answer that `bytes` begins with, and returns its length: the server's
    /// first frames follow. `None` if it is not whole.
    ///
    /// # Errors
    ///
    /// [`Refusal`]: this connection will not be a WebSocket.
    pub fn check(&self, bytes: &[u8]) -> Result<Option<usize>, Refusal> {
        let mut headers = [httparse::EMPTY_HEADER; MAX_HEADERS];
        let mut answer = httparse::Response::new(&mut headers);
        let length = match answer.parse(bytes) {
            Ok(httparse::Status::Complete(length)) => length,
            Ok(httparse::Status::Partial) if bytes.len() <= MAX_ANSWER => return Ok(None),
            Ok(httparse::Status::Partial) | Err(_) => return Err(Refusal::NotHttp),
        };
        let headers = Headers(answer.headers);
        match answer.code {
            Some(101) => {}
            Some(code) => {
                let location = headers.values("location").next();
                return Err(Refusal::Status(StatusAnswer {
                    code,
                    location: location.map(|it| String::from_utf8_lossy(it).into_owned()),
                    body: String::from_utf8_lossy(&bytes[length..]).into_owned(),
                }));
            }
            None => return Err(Refusal::NotHttp),
        }
        if answer.version != Some(1) {
            return Err(Refusal::NotAWebSocket("HTTP/1.1"));
        }
        self.check_headers(&headers)?;
        Ok(Some(length))
    }

    /// The list at the end of section 4.1, in its order.
    fn check_headers(&self, headers: &Headers<'_>) -> Result<(), Refusal> {
        let is_web_socket = |value: &[u8]| value.eq_ignore_ascii_case(b"websocket");
        if !headers.only("upgrade").is_some_and(is_web_socket) {
            return Err(Refusal::NotAWebSocket("Upgrade"));
        }
        if !headers.has_token("connection", "upgrade") {
            return Err(Refusal::NotAWebSocket("Connection"));
        }
        let accept = derive_accept_key(self.key.as_bytes());
        if headers.only("sec-websocket-accept") != Some(accept.as_bytes()) {
            return Err(Refusal::NotAWebSocket("Sec-WebSocket-Accept"));
        }
        // None was offered, so none can be in use.
        if headers.values("sec-websocket-extensions").next().is_some() {
            return Err(Refusal::NotAWebSocket("Sec-WebSocket-Extensions"));
        }
        let chosen = headers.only("sec-websocket-protocol");
        match self.subprotocol {
            Some(name) if chosen != Some(name.as_bytes()) => Err(Refusal::OtherProtocol(name)),
            None if headers.values("sec-websocket-protocol").next().is_some() => {
                Err(Refusal::NotAWebSocket("Sec-WebSocket-Protocol"))
            }
            _ => Ok(()),
        }
    }
}

/// The headers of an answer.
struct Headers<'a>(&'a [httparse::Header<'a>]);

impl<'a> Headers<'a> {
    /// The values of all headers of this name.
    fn values(&self, name: &str) -> impl Iterator<Item = &'a [u8]> {
        let of_name = move |header: &&httparse::Header<'_>| header.name.eq_ignore_ascii_case(name);
        self.0
            .iter()
            .filter(of_name)
            .map(|header| header.value.trim_ascii())
    }

    /// The value of the only header of this name.
    fn only(&self, name: &str) -> Option<&'a [u8]> {
        let mut values = self.values(name);
        values.next().filter(|_| values.next().is_none())
    }

    /// Whether the list of this name has this token. All its lines are one list (RFC 9110
    /// section 5.3): a proxy may add a line, or a token of its own.
    fn has_token(&self, name: &str, token: &str) -> bool {
        let mut tokens = self
            .values(name)
            .flat_map(|value| value.split(|&byte| byte == b','));
        tokens.any(|it| it.trim_ascii().eq_ignore_ascii_case(token.as_bytes()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // The example of RFC 6455 section 1.3.
    const KEY: &str = "dGhlIHNhbXBsZSBub25jZQ==";
    const ACCEPTED: &str = "HTTP/1.1 101 Switching Protocols\r\nupgrade: WebSocket\r\n\
        Connection: Upgrade\r\n\
        Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";

    fn check(bytes: &[u8], subprotocol: Option<&'static str>) -> Result<Option<usize>, Refusal> {
        let handshake = Handshake {
            request: String::new(),
            key: KEY.to_owned(),
            subprotocol,
        };
        handshake.check(bytes)
    }

    /// What becomes of an answer with `header` in place of its `Connection` header.
    fn with_connection(header: &str) -> Result<Option<usize>, Refusal> {
        let answer = ACCEPTED.replace("Connection: Upgrade", header);
        let accepted = check(answer.as_bytes(), None)?;
        assert_eq!(accepted, Some(answer.len()));
        Ok(accepted)
    }

    #[test]
    fn an_answer_is_read_when_it_is_whole() {
        let with_frame = format!("{ACCEPTED}\u{2}rest");
        let check = |bytes| check(bytes, None).unwrap();
        assert_eq!(check(with_frame.as_bytes()), Some(ACCEPTED.len()));
        for length in 0..ACCEPTED.len() {
            assert_eq!(check(&ACCEPTED.as_bytes()[..length]), None);
        }
    }

    #[test]
    fn a_connection_header_is_a_list() {
        for header in [
            "Connection: upgrade, keep-alive",
            "Connection: keep-alive,\tUpgrade",
            "Connection: keep-alive ,UPGRADE , x",
            "Connection: keep-alive\r\nConnection: Upgrade",
            "Connection: Upgrade\r\nX-Proxy: a\r\nconnection: keep-alive",
            "Connection: , ,upgrade",
        ] {
            with_connection(header).expect(header);
        }
        for header in [
            "Connection: keep-alive",
            "Connection: upgraded",
            "Connection: no upgrade",
            "Connection:",
            "X: upgrade",
        ] {
            let refused = with_connection(header).expect_err(header);
            assert_eq!(refused, Refusal::NotAWebSocket("Connection"), "{header}");
        }
    }

    #[track_caller]
    fn check_refused(answer: &str, missing: &'static str) {
        assert_eq!(
            check(answer.as_bytes(), None),
            Err(Refusal::NotAWebSocket(missing)),
            "{answer}"
        );
    }

    #[test]
    fn an_answer_has_all_that_the_standard_asks_for() {
        let accept = "Sec-WebSocket-Accept";
        check_refused(&ACCEPTED.replace("s3p", "xxx"), accept);
        check_refused(&ACCEPTED.replace(accept, "X-Other"), accept);
        let twice = format!("{accept}: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n{accept}");
        check_refused(&ACCEPTED.replace(accept, &twice), accept);
        check_refused(&ACCEPTED.replace("WebSocket\r", "h2c\r"), "Upgrade");
        check_refused(
            &ACCEPTED.replace("WebSocket\r", "websocket, h2c\r"),
            "Upgrade",
        );
        check_refused(&ACCEPTED.replace("HTTP/1.1", "HTTP/1.0"), "HTTP/1.1");
        check_refused(&ACCEPTED.replace("upgrade: WebSocket", "a: b"), "Upgrade");
        for (header, value) in [
            ("Sec-WebSocket-Extensions", "permessage-deflate"),
            ("Sec-WebSocket-Protocol", "chat"),
        ] {
            let added = format!("{header}: {value}\r\nConnection: ");
            check_refused(&ACCEPTED.replace("Connection: ", &added), header);
        }
    }

    #[test]
    fn an_answer_without_the_subprotocol_is_refused() {
        let protocol = Some("guildhall.v1");
        let other = Err(Refusal::OtherProtocol("guildhall.v1"));
        assert_eq!(check(ACCEPTED.as_bytes(), protocol), other);
        let chosen = |name: &str| {
            let header = format!("Sec-WebSocket-Protocol: {name}\r\nConnection: ");
            let answer = ACCEPTED.replace("Connection: ", &header);
            check(answer.as_bytes(), protocol).map(|length| length == Some(answer.len()))
        };
        assert_eq!(chosen(" guildhall.v1 "), Ok(true));
        for name in ["guildhall.v2", "guildhall.v1, chat", "GUILDHALL.V1", ""] {
            let other = Err(Refusal::OtherProtocol("guildhall.v1"));
            assert_eq!(chosen(name), other, "{name}");
        }
    }

    #[test]
    fn a_refusal_says_where_to_look() {
        let answer = "HTTP/1.1 308 Permanent Redirect\r\nLocation: https://a.example/ws\r\n\r\n<p>";
        let refusal = Refusal::Status(StatusAnswer {
            code: 308,
            location: Some("https://a.example/ws".to_owned()),
            body: "<p>".to_owned(),
        });
        assert_eq!(check(answer.as_bytes(), None), Err(refusal));
    }

    #[test]
    fn what_is_not_http_is_refused() {
        let endless = format!("HTTP/1.1 101 Yes\r\nX: {}", "x".repeat(MAX_ANSWER));
        for bytes in ["SSH-2.0-OpenSSH\r\n\r\n", "\u{15}\u{3}\u{1}", &endless] {
            assert_eq!(check(bytes.as_bytes(), None), Err(Refusal::NotHttp));
        }
    }
}
