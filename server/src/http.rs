//! The HTTP part of a connection: the page, `/healthz`, and the handshake that upgrades
//! the connection to a WebSocket (RFC 6455 section 4.2). `server` calls it for every
//! accepted connection. It reads no WebSocket frames.

mod assets;

use std::cell::{Cell, RefCell};
use std::convert::Infallible;
use std::time::Duration;

use async_tungstenite::tungstenite::handshake::server::create_response_with_body;
use bytes::Bytes;
use guildhall_protocol::{Protocol, SUBPROTOCOL};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::header::{
    ALLOW, CONNECTION, CONTENT_TYPE, HeaderMap, HeaderValue, RETRY_AFTER, SEC_WEBSOCKET_PROTOCOL,
    UPGRADE,
};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use smol::Timer;
use smol::future::FutureExt as _;
use smol_hyper::rt::{FuturesIo, SmolTimer};

use crate::net::gate::{ConnectionPermit, Refusal};
use crate::net::origin;
use crate::net::socket::HttpStream;
use crate::net::upgraded::Upgraded;
use crate::threads::Threads;

/// How long a client may take to send the headers of a request.
const HEADERS_WITHIN: Duration = Duration::from_secs(5);

/// How long a connection may live without becoming a WebSocket.
const HTTP_WITHIN: Duration = Duration::from_mins(1);

/// The most bytes of headers in a request.
const MAX_HEADERS: usize = 16 * 1024;

/// Serves HTTP on a connection. Returns the connection when it has become a WebSocket,
/// and `None` when it has ended without becoming one.
pub(crate) async fn serve(
    threads: &Threads,
    stream: HttpStream,
    permit: ConnectionPermit,
) -> Option<Upgraded> {
    let permit = RefCell::new(permit);
    let upgraded = Cell::new(None);
    let service = service_fn(|request| {
        let response = respond(threads, &request, &permit, &upgraded);
        async { Ok::<_, Infallible>(response) }
    });
    let connection = http1::Builder::new()
        .timer(SmolTimer::new())
        .header_read_timeout(HEADERS_WITHIN)
        .max_buf_size(MAX_HEADERS)
        .serve_connection(FuturesIo::new(stream), service)
        .without_shutdown();
    let connection = async { connection.await.ok() };
    let deadline = async {
        Timer::after(HTTP_WITHIN).await;
        None
    };
    let parts = connection.or(deadline).await?;
    let stream = parts.io.into_inner();
    // Usually empty. A copy, because a slice would keep hyper's whole buffer alive.
    let read_ahead = parts.read_buf.to_vec();
    Some(Upgraded {
        stream,
        read_ahead,
        permit: permit.into_inner(),
        protocol: upgraded.get()?,
    })
}

fn respond(
    threads: &Threads,
    request: &Request<Incoming>,
    permit: &RefCell<ConnectionPermit>,
    upgraded: &Cell<Option<Protocol>>,
) -> Response<Full<Bytes>> {
    if request.method() != Method::GET && request.method() != Method::HEAD {
        let mut response = text(StatusCode::METHOD_NOT_ALLOWED, "only GET and HEAD");
        let allowed = HeaderValue::from_static("GET, HEAD");
        response.headers_mut().insert(ALLOW, allowed);
        return response;
    }
    match request.uri().path() {
        "/ws" => {
            let protocol = negotiate(request.headers());
            let response = handshake(threads, request, protocol, permit);
            let is_upgraded = response.status() == StatusCode::SWITCHING_PROTOCOLS;
            upgraded.set(is_upgraded.then_some(protocol));
            response
        }
        "/healthz" if threads.is_stopping() => {
            text(StatusCode::SERVICE_UNAVAILABLE, "shutting down")
        }
        "/healthz" => text(StatusCode::OK, "ok"),
        "/" if !assets::are_built_in() => text(
            StatusCode::NOT_FOUND,
            "This server was built without the web client: build it with `cargo xtask serve`.",
        ),
        path => assets::get(path, request.headers()).map_or_else(
            || text(StatusCode::NOT_FOUND, "there is nothing here"),
            |response| response.map(Full::new),
        ),
    }
}

/// Answers a request for a WebSocket.
fn handshake(
    threads: &Threads,
    request: &Request<Incoming>,
    protocol: Protocol,
    permit: &RefCell<ConnectionPermit>,
) -> Response<Full<Bytes>> {
    let Ok(mut response) = create_response_with_body(request, || Full::new(Bytes::new())) else {
        let mut response = text(
            StatusCode::UPGRADE_REQUIRED,
            "this is a WebSocket's address: connect with ws:// or wss://",
        );
        let headers = response.headers_mut();
        headers.insert(CONNECTION, HeaderValue::from_static("upgrade"));
        headers.insert(UPGRADE, HeaderValue::from_static("websocket"));
        headers.insert("sec-websocket-version", HeaderValue::from_static("13"));
        return response;
    };
    if !origin::is_allowed(request.headers(), &threads.config.allowed_origins) {
        return text(
            StatusCode::FORBIDDEN,
            "pages of this origin may not connect: the server's operator can allow it with --allow-origin",
        );
    }
    if threads.is_stopping() {
        return text(StatusCode::SERVICE_UNAVAILABLE, "shutting down");
    }
    match permit.borrow_mut().admit() {
        Ok(()) => {
            if protocol == Protocol::V1 {
                let chosen = HeaderValue::from_static(SUBPROTOCOL);
                response
                    .headers_mut()
                    .insert(SEC_WEBSOCKET_PROTOCOL, chosen);
            }
            response
        }
        Err(refusal) => {
            let status = match refusal {
                Refusal::Full => StatusCode::SERVICE_UNAVAILABLE,
                Refusal::AddressFull => StatusCode::TOO_MANY_REQUESTS,
            };
            let mut response = text(status, &refusal.to_string());
            let seconds = HeaderValue::from_static("10");
            response.headers_mut().insert(RETRY_AFTER, seconds);
            response
        }
    }
}

/// The protocol that the server chooses from those that the client offers (RFC 6455
/// section 4.2.2).
fn negotiate(headers: &HeaderMap) -> Protocol {
    let offers = headers.get_all(SEC_WEBSOCKET_PROTOCOL).iter();
    Protocol::negotiate(offers.filter_map(|offer| offer.to_str().ok()))
}

fn text(status: StatusCode, line: &str) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(Bytes::from(format!("{line}\n"))));
    *response.status_mut() = status;
    let plain = HeaderValue::from_static("text/plain; charset=utf-8");
    response.headers_mut().insert(CONTENT_TYPE, plain);
    response
}
