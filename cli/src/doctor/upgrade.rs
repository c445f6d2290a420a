//! HTTP, and the handshake that makes a WebSocket of it. Proxies on the way often understand the
//! first and break the second, each in its own way.

use std::net::IpAddr;

use async_tungstenite::WebSocketStream;
use async_tungstenite::tungstenite::protocol::{Role, WebSocketConfig};
use guildhall_protocol::SUBPROTOCOL;
use guildhall_protocol::limits::MAX_SERVER_PACKET_BYTES;
use http::uri::Authority;
use smol::io::AsyncWriteExt as _;

use super::answer::{self, NoAnswer, read_more};
use super::redirect::{Redirect, SIGN_IN};
use super::report::Finding;
use super::secure::connect;
use super::{Patient, Socket, Taken, in_time};
use crate::handshake::{Handshake, Refusal, StatusAnswer};

/// The advice if a proxy takes headers away.
const HEADERS_EATEN: &str = "the chat needs a connection that stays open (a WebSocket), and something on \
    the way makes an ordinary request of it: a proxy takes the headers Upgrade and Connection away, or \
    speaks HTTP/1.0 to the server. docs/operations.md has the lines for nginx, Caddy, HAProxy and \
    Traefik. Company networks do this to ws:// as well: wss:// gets through most of them";

/// The kind and the version in front of a record of TLS that tells of an error (RFC 8446 section
/// 5.1).
const TLS_ALERT: [u8; 2] = [21, 3];

/// The words of servers to HTTP at a port with TLS: Guildhall, nginx, those in Go such as Caddy, and
/// Apache.
const SPEAKS_TLS: [&str; 4] = [
    "this port speaks TLS",
    "sent to HTTPS port",
    "to an HTTPS server",
    "to an SSL-enabled server",
];

/// Asks whether the server is well, over plain HTTP.
pub(super) async fn ask_for_health(patient: &Patient) -> Taken<()> {
    let mut stream = connect(patient).await?;
    let host = &patient.server.host;
    let path = patient.health();
    let request = format!("GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
    send(&mut stream, &request, patient).await;
    let answer = answer::read(&mut stream, patient.patience).await;
    let answer = answer.map_err(|no_answer| explain_none(no_answer, patient))?;
    let status = answer.status;
    let finding = match status {
        200 if answer.body.trim() == "ok" => Finding::good("the server answers, and is well"),
        200 => Finding::warning(
            "a web server answers at this name, and it is not the chat's",
            "that is fine if the chat has only a path of it. Otherwise look at the address; or open any \
             website in a browser: this network may want you to sign in first",
        ),
        400 | 497 if speaks_tls(&answer.body) => return Err(wants_tls(patient)),
        421 | 502..=504 if patient.has_only_a_path() => Finding::warning(
            format!("the answer beside the chat is {status}"),
            "that is fine if another server has that path, and the chat only its own: the next step tells",
        ),
        502..=504 => {
            let advice = "what answers is a proxy that does not reach the chat, or the chat is just \
                stopping: is the chat running, and does the proxy know its port?";
            return Err(Finding::failed(format!("the answer is {status}"), advice));
        }
        421 => return Err(other_name(patient)),
        511 => return Err(Finding::failed("the answer is 511", SIGN_IN)),
        300..=399 if let Some(location) = &answer.location => {
            let (found, advice) = explain_redirect(status, location, patient);
            Finding::warning(found, advice)
        }
        status => Finding::warning(
            format!("a web server answers with {status}"),
            "that is fine if a proxy passes only the chat's path on. Otherwise look at the address",
        ),
    };
    Ok(((), finding))
}

/// Sends a request. If the server has hung up, its answer says more than the error.
async fn send(stream: &mut Socket, request: &str, patient: &Patient) {
    let sent = async {
        let _ = stream.write_all(request.as_bytes()).await;
        let _ = stream.flush().await;
    };
    in_time(patient.patience, sent).await;
}

/// Opens a WebSocket, as the page would, if its origin is known.
pub(super) async fn open(patient: &Patient) -> Taken<WebSocketStream<Socket>> {
    let origin = patient.origin.as_deref();
    let mut stream = connect(patient).await?;
    let handshake = Handshake::of_page(&patient.server, Some(SUBPROTOCOL), origin);
    send(&mut stream, handshake.request(), patient).await;
    let mut bytes = Vec::with_capacity(1024);
    let opened = in_time(patient.patience, async {
        loop {
            if let Some(length) = handshake.check(&bytes).map_err(Unopened::Refused)? {
                return Ok(length);
            }
            let read = read_more(&mut stream, &mut bytes).await;
            read.map_err(Unopened::NoAnswer)?;
        }
    });
    let opened = opened.await.unwrap_or(Err(Unopened::Silent));
    let length = opened.map_err(|unopened| match unopened {
        Unopened::Refused(Refusal::NotHttp) => {
            explain_none(NoAnswer::NotHttp(bytes.clone()), patient)
        }
        Unopened::Refused(refusal) => explain(refusal, patient),
        Unopened::NoAnswer(NoAnswer::Closed) => {
            Finding::failed("the connection was closed without an answer", HEADERS_EATEN)
        }
        Unopened::NoAnswer(NoAnswer::Broken(error)) => Finding::failed(error, HEADERS_EATEN),
        Unopened::NoAnswer(no_answer) => explain_none(no_answer, patient),
        Unopened::Silent => Finding::failed(
            format!(
                "nothing answers the WebSocket's handshake within {} seconds, and HTTP is answered",
                patient.patience.as_secs()
            ),
            "something on the way swallows WebSockets, such as a company's proxy or a virus scanner: \
             try wss:// or another network. If it is so for everybody, the proxy in front of the chat \
             does not know WebSockets: docs/operations.md has the lines for it",
        ),
    })?;
    let behind = bytes.split_off(length);
    let config = WebSocketConfig::default()
        .max_message_size(Some(MAX_SERVER_PACKET_BYTES))
        .max_frame_size(Some(MAX_SERVER_PACKET_BYTES));
    let web_socket =
        WebSocketStream::from_partially_read(stream, behind, Role::Client, Some(config)).await;
    let found = match origin {
        Some(origin) => format!(
            "a connection that stays open (a WebSocket) is made for pages of {origin}, and speaks \
             {SUBPROTOCOL}"
        ),
        None => {
            format!("a connection that stays open (a WebSocket) is made, and speaks {SUBPROTOCOL}")
        }
    };
    Ok((web_socket, Finding::good(found)))
}

/// Why no WebSocket has opened.
enum Unopened {
    Refused(Refusal),
    NoAnswer(NoAnswer),
    Silent,
}

/// Why there is no answer over HTTP.
fn explain_none(no_answer: NoAnswer, patient: &Patient) -> Finding {
    let is_plain = patient.trust.is_none();
    let perhaps = if is_plain {
        format!(
            "perhaps this port speaks TLS: then use {}. ",
            patient.address("wss")
        )
    } else {
        String::new()
    };
    match no_answer {
        NoAnswer::NotHttp(bytes) if is_plain && bytes.starts_with(&TLS_ALERT) => wants_tls(patient),
        NoAnswer::NotHttp(bytes) => {
            let text = String::from_utf8_lossy(&bytes);
            let line = text.lines().next().unwrap_or_default();
            let is_text = !line.is_empty() && !line.contains(['\0', '\u{fffd}']);
            let begins = if is_text {
                format!(
                    ": it begins with “{}”",
                    line.chars().take(60).collect::<String>()
                )
            } else {
                String::new()
            };
            Finding::failed(
                format!("something answers that is no web server{begins}"),
                "another program has this port: look at the address",
            )
        }
        NoAnswer::Silent(limit) => Finding::failed(
            format!(
                "the connection opened, and nothing came within {} seconds",
                limit.as_secs()
            ),
            format!(
                "{perhaps}Something on the way may swallow what is sent, such as a firewall, or the \
                 server hangs: try another network, or a longer --timeout"
            ),
        ),
        NoAnswer::Closed => Finding::failed(
            "the connection was closed at once, without an answer",
            format!(
                "{perhaps}Otherwise another program has this port, or a firewall on the way ends the \
                 connection: look at the address, and try another network"
            ),
        ),
        NoAnswer::Cut => Finding::failed(
            "an answer began, and broke off in the middle",
            "something on the way cuts it, such as a firewall or a proxy: try another network. If it \
             is so for everybody, look into the log of the proxy in front of the chat",
        ),
        NoAnswer::Broken(error) => Finding::failed(
            format!("the connection broke: {error}"),
            format!(
                "{perhaps}Otherwise a firewall on the way ends the connection: try another network"
            ),
        ),
    }
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
        Refusal::NotHttp => explain_none(NoAnswer::NotHttp(Vec::new()), patient),
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
        400 | 497 if speaks_tls(&answer.body) => return wants_tls(patient),
        400 | 426 => HEADERS_EATEN.to_owned(),
        403 => match patient.origin.as_deref() {
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
        511 => SIGN_IN.to_owned(),
        200 => "a web page is at this address, and not the chat, which is at /ws. Or this network \
                wants you to sign in first: open any website in a browser. Or a proxy on the way does \
                not know WebSockets"
            .to_owned(),
        300..=399 if let Some(location) = &answer.location => {
            let (found, advice) = explain_redirect(code, location, patient);
            return Finding::failed(found, advice);
        }
        300..=399 => "the chat is elsewhere: ask the server's owner".to_owned(),
        502 | 504 => "the proxy in front of the chat does not reach it: is it running?".to_owned(),
        _ => "the server's log has a line with the reason".to_owned(),
    };
    Finding::failed(found, advice)
}

/// An answer that sends on to elsewhere: what was found, and the advice.
fn explain_redirect(status: u16, location: &str, patient: &Patient) -> (String, String) {
    match Redirect::of(location, patient) {
        Redirect::Moved(address) => (
            format!("the answer is {status}: the chat is elsewhere"),
            format!("use {address}"),
        ),
        Redirect::OtherPage(page) => (
            format!("the answer is {status}, and leads to another page of this host: {page}"),
            "if that is a page to sign in, do that in a browser, or ask the server's owner to let the \
             chat's path pass without it. Otherwise look at the address"
                .to_owned(),
        ),
        Redirect::OtherHost(page) => {
            let found = format!("the answer is {status}, and leads to another host: {page}");
            // With TLS nobody on the way can answer in the server's place.
            let advice = if patient.trust.is_some() {
                "if that is a page to sign in, the server's owner has to let the chat's path pass \
                 without it. Otherwise look at the address"
            } else {
                SIGN_IN
            };
            (found, advice.to_owned())
        }
    }
}

/// Whether a server says that it wants TLS.
fn speaks_tls(body: &str) -> bool {
    SPEAKS_TLS.iter().any(|words| body.contains(words))
}

/// The address is for a port without TLS, and this one has it.
fn wants_tls(patient: &Patient) -> Finding {
    Finding::failed(
        "this port speaks TLS, and the address asks for none",
        format!("use {}", patient.address("wss")),
    )
}

/// The server does not want to be called so.
fn other_name(patient: &Patient) -> Finding {
    let host = &patient.server.host;
    let authority: Option<Authority> = host.parse().ok();
    // The setting takes no port.
    let name = authority.as_ref().map_or(&host[..], Authority::host);
    let is_address = name.starts_with('[') || name.parse::<IpAddr>().is_ok();
    let advice = if is_address {
        "the chat answers to every IP address: a proxy in front of it changes the Host header. Let it \
         pass that on, or let the server's owner allow the name that it gives: --allow-host NAME"
            .to_owned()
    } else {
        format!("the server's owner has to allow it: --allow-host {name}")
    };
    Finding::failed(
        format!("the server does not answer to the name {name} (421)"),
        advice,
    )
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::server_url::ServerUrl;

    #[track_caller]
    fn check(host: &str, expected: &str) {
        let patient = Patient {
            server: ServerUrl {
                addresses: Vec::new(),
                host: host.to_owned(),
                path: "/ws".to_owned(),
                secure: None,
            },
            trust: None,
            origin: None,
            patience: Duration::ZERO,
        };
        let step = other_name(&patient).step("http", Duration::ZERO);
        let advice = step.advice.unwrap_or_default();
        assert!(advice.ends_with(expected), "{host}: {advice}");
    }

    #[test]
    fn the_advice_for_another_name_is_what_the_setting_takes() {
        for host in ["chat.example", "chat.example:8443"] {
            check(host, "--allow-host chat.example");
        }
        // Those need no setting.
        for host in ["[2001:db8::1]:8443", "[::1]", "192.0.2.7:80"] {
            check(host, "--allow-host NAME");
        }
    }
}
