//! One GET over HTTP/1.1, with TLS or without, over a connection of its own. No redirect is
//! followed.

use std::net::SocketAddr;

use anyhow::{Context as _, anyhow};
use bytes::Bytes;
use http::header::{ACCEPT, HOST, USER_AGENT};
use http::{Request, StatusCode, Uri};
use http_body_util::{BodyExt as _, Empty, Limited};
use hyper::client::conn::http1;
use smol::future;
use smol::io::{AsyncRead, AsyncWrite, AsyncWriteExt as _};
use smol::net::TcpStream;
use smol_hyper::rt::FuturesIo;

use crate::tls::Trust;

/// Gets what is at the address: the status, and the body, which has `most` bytes at most. With
/// `trust`, over TLS.
///
/// # Errors
///
/// A sentence, without the address.
pub(crate) async fn get(
    uri: &Uri,
    trust: Option<&Trust>,
    accept: &str,
    most: usize,
) -> anyhow::Result<(StatusCode, Bytes)> {
    get_behind(|_| "", uri, trust, accept, most).await
}

/// The same. Before all else, sends what `header` says, which is given this end's own address.
///
/// # Errors
///
/// A sentence, without the address.
pub(crate) async fn get_behind(
    header: impl Fn(SocketAddr) -> &'static str,
    uri: &Uri,
    trust: Option<&Trust>,
    accept: &str,
    most: usize,
) -> anyhow::Result<(StatusCode, Bytes)> {
    let host = uri.host().unwrap_or_default().trim_matches(['[', ']']);
    let usual_port = if trust.is_some() { 443 } else { 80 };
    let port = uri.port_u16().unwrap_or(usual_port);
    let mut stream = TcpStream::connect((host, port)).await?;
    let header = header(stream.local_addr()?);
    stream.write_all(header.as_bytes()).await?;
    match trust {
        Some(trust) => {
            let stream = trust.secure(host, stream).await?;
            exchange(stream, uri, host, accept, most).await
        }
        None => exchange(stream, uri, host, accept, most).await,
    }
}

async fn exchange(
    stream: impl AsyncRead + AsyncWrite + Unpin,
    uri: &Uri,
    host: &str,
    accept: &str,
    most: usize,
) -> anyhow::Result<(StatusCode, Bytes)> {
    let (mut sender, connection) = http1::handshake(FuturesIo::new(stream)).await?;
    let path = uri.path_and_query().map_or("/", |path| path.as_str());
    let request = Request::get(path)
        .header(HOST, uri.authority().map_or(host, |it| it.as_str()))
        .header(ACCEPT, accept)
        .header(USER_AGENT, concat!("guildhall/", env!("CARGO_PKG_VERSION")))
        .body(Empty::<Bytes>::new())?;
    let answer = async {
        let answer = sender.send_request(request).await?;
        let status = answer.status();
        let body = Limited::new(answer.into_body(), most).collect();
        let body = body.await.map_err(|error| anyhow!(error));
        Ok((status, body.context("the answer's body")?.to_bytes()))
    };
    // The connection does the work. What goes wrong there shows in the answer, unless that is
    // there already: many servers hang up behind it without the goodbye of TLS.
    let drive = async {
        let _ = connection.await;
        future::pending().await
    };
    future::or(answer, drive).await
}
