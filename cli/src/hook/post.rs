//! POST requests over connections that stay open: to an address of the operator's. A redirect is
//! not followed.

use std::cell::RefCell;
use std::fmt;
use std::net::IpAddr;
use std::rc::Rc;
use std::str::FromStr;

use anyhow::{Context as _, anyhow, ensure};
use bytes::Bytes;
use http::header::{ACCEPT, CONTENT_TYPE, HOST, USER_AGENT};
use http::response::Parts;
use http::{Request, StatusCode, Uri};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::client::conn::http1::{self, SendRequest};
use smol::LocalExecutor;
use smol::net::TcpStream;
use smol_hyper::rt::FuturesIo;

use crate::tls::Trust;

/// The most bytes of an answer.
const MAX_BYTES: usize = 64 * 1024;

/// An address that begins with `http://` or `https://`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HttpUrl(Uri);

impl FromStr for HttpUrl {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let uri: Uri = text.parse().map_err(|_| {
            format!("'{text}' is no address: it looks like https://game.example/chat")
        })?;
        let is_http = matches!(uri.scheme_str(), Some("http" | "https"));
        let authority = uri.authority().filter(|_| is_http);
        let Some(authority) = authority.filter(|it| !it.host().is_empty()) else {
            return Err(format!("'{text}' has to begin with https:// or http://"));
        };
        if authority.as_str().contains('@') {
            return Err("a user and a password in an address are not sent: remove them".into());
        }
        Ok(Self(uri))
    }
}

impl HttpUrl {
    /// Whether others than this machine could read on the way what is sent there.
    #[must_use]
    pub fn is_readable(&self) -> bool {
        let host = self.host();
        let is_loopback = host
            .parse()
            .is_ok_and(|address: IpAddr| address.is_loopback());
        !self.is_https() && !is_loopback && host != "localhost"
    }

    /// Whether it begins with `https://`.
    pub(crate) fn is_https(&self) -> bool {
        self.0.scheme_str() == Some("https")
    }

    fn host(&self) -> &str {
        self.0.host().unwrap_or_default().trim_matches(['[', ']'])
    }

    fn port(&self) -> u16 {
        let default = if self.is_https() { 443 } else { 80 };
        self.0.port_u16().unwrap_or(default)
    }
}

impl fmt::Display for HttpUrl {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

/// A header and its value.
pub(crate) type Header = (&'static str, String);

/// An address, and the connections to it that are open and idle.
pub(crate) struct Poster {
    url: HttpUrl,
    /// `None` for an address without TLS.
    trust: Option<Trust>,
    executor: Rc<LocalExecutor<'static>>,
    idle: RefCell<Vec<SendRequest<Full<Bytes>>>>,
}

impl Poster {
    /// No connection yet. What a connection does is done on `executor`.
    pub(crate) fn new(
        url: HttpUrl,
        trust: Option<Trust>,
        executor: Rc<LocalExecutor<'static>>,
    ) -> Self {
        Self {
            url,
            trust,
            executor,
            idle: RefCell::default(),
        }
    }

    /// Sends JSON with these headers. Returns the status and the body of the answer.
    ///
    /// # Errors
    ///
    /// A sentence.
    pub(super) async fn post(
        &self,
        headers: &[Header],
        body: &Bytes,
    ) -> anyhow::Result<(StatusCode, Bytes)> {
        let (head, body) = self.exchange(headers, body).await?;
        Ok((head.status, body))
    }

    /// The same, and returns all of the answer's head.
    pub(crate) async fn exchange(
        &self,
        headers: &[Header],
        body: &Bytes,
    ) -> anyhow::Result<(Parts, Bytes)> {
        // A server may close a connection that it has kept open just when it is used again.
        if let Some(sender) = self.take_idle()
            && let Ok(answer) = self.send(sender, headers, body).await
        {
            return Ok(answer);
        }
        let sender = self.connect().await?;
        self.send(sender, headers, body).await
    }

    /// The connection that was used last, so that those that are not needed any more are closed by
    /// the server.
    fn take_idle(&self) -> Option<SendRequest<Full<Bytes>>> {
        let mut idle = self.idle.borrow_mut();
        idle.retain(|sender| !sender.is_closed());
        idle.pop()
    }

    async fn send(
        &self,
        mut sender: SendRequest<Full<Bytes>>,
        headers: &[Header],
        body: &Bytes,
    ) -> anyhow::Result<(Parts, Bytes)> {
        let path = self
            .url
            .0
            .path_and_query()
            .map_or("/", |path| path.as_str());
        let authority = self.url.0.authority().map_or("", |it| it.as_str());
        let mut request = Request::post(path)
            .header(HOST, authority)
            .header(ACCEPT, "application/json")
            .header(CONTENT_TYPE, "application/json")
            .header(USER_AGENT, concat!("guildhall/", env!("CARGO_PKG_VERSION")));
        for (name, value) in headers {
            request = request.header(*name, value);
        }
        let answer = sender
            .send_request(request.body(Full::new(body.clone()))?)
            .await?;
        let (head, body) = answer.into_parts();
        let body = Limited::new(body, MAX_BYTES).collect().await;
        let body = body
            .map_err(|error| anyhow!(error))
            .context("the answer's body")?;
        if sender.ready().await.is_ok() {
            self.idle.borrow_mut().push(sender);
        }
        Ok((head, body.to_bytes()))
    }

    async fn connect(&self) -> anyhow::Result<SendRequest<Full<Bytes>>> {
        let (host, port) = (self.url.host(), self.url.port());
        let stream = TcpStream::connect((host, port)).await?;
        // A question is one small packet.
        stream.set_nodelay(true)?;
        let Some(trust) = &self.trust else {
            ensure!(!self.url.is_https(), "there are no certificates to trust");
            return self.handshake(stream).await;
        };
        self.handshake(trust.secure(host, stream).await?).await
    }

    async fn handshake(
        &self,
        stream: impl smol::io::AsyncRead + smol::io::AsyncWrite + Unpin + 'static,
    ) -> anyhow::Result<SendRequest<Full<Bytes>>> {
        let (sender, connection) = http1::handshake(FuturesIo::new(stream)).await?;
        // An error there shows in the answer. It ends with the sender.
        let drive = async {
            let _ = connection.await;
        };
        self.executor.spawn(drive).detach();
        Ok(sender)
    }
}
