//! HTTP, and the handshake that makes a WebSocket of it. Proxies on the way often understand the
//! first and break the second, each in its own way.

use async_tungstenite::WebSocketStream;
use async_tungstenite::tungstenite::protocol::{Role, WebSocketConfig};
use guildhall_protocol::SUBPROTOCOL;
use guildhall_protocol::limits::MAX_SERVER_PACKET_BYTES;
use smol::io::{AsyncReadExt as _, AsyncWriteExt as _};

use super::report::Finding;
use super::secure::connect;
use super::{Patient, Socket, Taken};
use crate::handshake::{Handshake, Refusal, StatusAnswer};

/// As much of an answer as is read.
const MAX_ANSWER: usize = 64 * 1024;

/// The advice if a proxy takes headers away.
const HEADERS_EATEN: &str = "a proxy on the way takes the headers Upgrade and Connection away, \
    or speaks HTTP/1.0 to the server: docs/operations.md has the lines for nginx, Caddy, HAProxy \
    and Traefik. Company networks do this to ws:// as well: wss:// gets through most of them";

/// Asks whether the server is well, over plain HTTP.
pub(super) async fn ask_for_health(patient: &Patient) -> Taken<()> {
    let mut stream = connect(patient).await?;
    let host = &patient.server.host;
    let request = format!("GET /healthz HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
    // If the server has hung up, its answer says more than this error.
    let _ = stream.write_all(request.as_bytes()).await;
    let _ = stream.flush().await;
    let mut bytes = Vec::new();
    // An end without goodbye is usual: what has come by then counts.
    let _ = (&mut stream)
        .take(MAX_ANSWER as u64)
        .read_to_end(&mut bytes)
        .await;
    let mut headers = [httparse::EMPTY_HEADER; 128];
    let mut answer = httparse::Response::new(&mut headers);
    let Ok(httparse::Status::Complete(length)) = answer.parse(&bytes) else {
        let advice = if patient.trust.is_some() {
            "another program has this port: look at the address"
        } else {
            "perhaps there is TLS at this port: try the wss:// address"
        };
        return Err(Finding::failed("what answers is no web server", advice));
    };
    let status = answer.code.unwrap_or_default();
    let body = String::from_utf8_lossy(&bytes[length..]);
    let finding = match status {
        200 if body.contains("ok") => Finding::good("the server answers, and is well"),
        200 => Finding::warning(
            "a web server answers at this name, and it is not the chat's",
            "that is fine if the chat has only a path of it. Otherwise look at the address",
        ),
        502..=504 => {
            let advice = "what answers is a proxy that does not reach the chat, or the chat is just \
                stopping: is the chat running, and does the proxy know its port?";
            return Err(Finding::failed(format!("the answer is {status}"), advice));
        }
        421 => return Err(other_name(patient)),
        status => Finding::warning(
            format!("a web server answers with {status}"),
            "that is fine if a proxy passes only the chat's path on. Otherwise look at the address",
        ),
    };
    Ok(((), finding))
}

/// Opens a WebSocket, as the page would, if its origin is known.
pub(super) async fn open(patient: &Patient) -> Taken<WebSocketStream<Socket>> {
    let origin = patient.arguments.origin.as_deref();
    let mut stream = connect(patient).await?;
    let handshake = Handshake::of_page(&patient.server, Some(SUBPROTOCOL), origin);
    let _ = stream.write_all(handshake.request().as_bytes()).await;
    let _ = stream.flush().await;
    let mut bytes = Vec::with_capacity(1024);
    let mut buffer = [0; 1024];
    let behind = loop {
        match stream.read(&mut buffer).await {
            Ok(0) => {
                let found = "the connection was ended without an answer";
                return Err(Finding::failed(found, HEADERS_EATEN));
            }
            Ok(read) => bytes.extend_from_slice(&buffer[..read]),
            Err(error) => return Err(Finding::failed(error.to_string(), HEADERS_EATEN)),
        }
        let checked = handshake.check(&bytes);
        if let Some(length) = checked.map_err(|refusal| explain(refusal, patient))? {
            break bytes.split_off(length);
        }
    };
    let config = WebSocketConfig::default()
        .max_message_size(Some(MAX_SERVER_PACKET_BYTES))
        .max_frame_size(Some(MAX_SERVER_PACKET_BYTES));
    let web_socket =
        WebSocketStream::from_partially_read(stream, behind, Role::Client, Some(config)).await;
    let found = match origin {
        Some(origin) => format!("it opens for pages of {origin}, and speaks {SUBPROTOCOL}"),
        None => format!("it opens, and speaks {SUBPROTOCOL}"),
    };
    Ok((web_socket, Finding::good(found)))
}

/// Why the handshake failed.
fn explain(refusal: Refusal, patient: &Patient) -> Finding {
    match refusal {
        Refusal::Status(answer) => explain_status(&answer, patient),
        Refusal::OtherProtocol(name) => Finding::failed(
            format!("a WebSocket opens, but does not speak {name}"),
            "a proxy on the way takes the header Sec-WebSocket-Protocol away: let it pass all \
             headers of the request on. Or this is another server than Guildhall",
        ),
        Refusal::NotAWebSocket(header) => Finding::failed(
            format!("the answer is 101, and its {header} is wrong"),
            "a proxy on the way changes the answer, or keeps parts of an older one: it has to pass \
             WebSockets through and cache nothing",
        ),
        Refusal::NotHttp => Finding::failed(
            "what answers is no web server",
            "another program has this port, or there is TLS: try the wss:// address",
        ),
    }
}

fn explain_status(answer: &StatusAnswer, patient: &Patient) -> Finding {
    let code = answer.code;
    let reason = answer.body.lines().next().unwrap_or_default().trim();
    let is_short = !reason.is_empty() && !reason.starts_with('<') && reason.len() <= 300;
    let found = if is_short {
        format!("the answer is {code}: {reason}")
    } else {
        format!("the answer is {code}")
    };
    let advice = match code {
        421 => return other_name(patient),
        400 | 426 => HEADERS_EATEN.to_owned(),
        403 => match patient.arguments.origin.as_deref() {
            Some(origin) => format!(
                "the server's owner has to allow the page: --allow-origin {origin}. If the page is \
                 the server's own, a proxy changes the Host header: let it pass that on"
            ),
            None => "something on the way allows no WebSockets here: a firewall, or a proxy that \
                 wants to know who you are"
                .to_owned(),
        },
        401 | 407 => {
            "something on the way wants a password: the chat cannot give it one".to_owned()
        }
        404 => "the path is wrong: the chat is at /ws, unless a proxy puts it elsewhere".to_owned(),
        429 => {
            "too many connections come from your address: wait a minute. If that is no mistake, \
             many players share an address: --max-connections-per-address, or trusted_proxies if \
             they come through a proxy"
                .to_owned()
        }
        503 => "the server is full or about to stop: try again in a minute".to_owned(),
        200 => {
            "a web page is at this address, and not the chat, which is at /ws; or a proxy on the \
             way does not know WebSockets"
                .to_owned()
        }
        300..=399 => match &answer.location {
            Some(location) => format!("the chat is elsewhere: use {location}, with ws for http"),
            None => "the chat is elsewhere: ask the server's owner".to_owned(),
        },
        502 | 504 => "the proxy in front of the chat does not reach it: is it running?".to_owned(),
        _ => "the server's log has a line with the reason".to_owned(),
    };
    Finding::failed(found, advice)
}

/// The server does not want to be called so.
fn other_name(patient: &Patient) -> Finding {
    let host = &patient.server.host;
    Finding::failed(
        format!("the server does not answer to the name {host} (421)"),
        format!("the server's owner has to allow it: --allow-host {host}"),
    )
}
