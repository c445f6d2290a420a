//! The HTTP part of a connection: the page, `/healthz`, and the handshake that upgrades
//! the connection to a WebSocket (RFC 6455 section 4.2). `server` calls it for every
//! accepted connection. It reads no WebSocket frames.

mod assets;
mod headers;
mod upgrade;

use std::cell::{Cell, RefCell};
use std::convert::Infallible;
use std::time::{Duration, Instant};

use bytes::Bytes;
use guildhall_protocol::{Protocol, SUBPROTOCOL};
use http_body_util::Full;
use hyper::body::{Body as _, Incoming};
use hyper::header::{
    ALLOW, CACHE_CONTROL, CONNECTION, CONTENT_SECURITY_POLICY, CONTENT_TYPE, FORWARDED, HOST,
    HeaderMap, HeaderName, HeaderValue, ORIGIN, RETRY_AFTER, SEC_WEBSOCKET_PROTOCOL, UPGRADE,
};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use smol::Timer;
use smol::future::{FutureExt as _, pending};
use smol_hyper::rt::{FuturesIo, SmolTimer};

use crate::log_limit::LogKind;
use crate::net::access::Access;
use crate::net::gate::{ConnectionPermit, Refusal, TOO_MANY};
use crate::net::host::Target;
use crate::net::origin::{self, ForeignPage, Scheme};
use crate::net::proxies::forwarded::{self, Doubt};
use crate::net::proxies::{ClientAddress, Sender, protocol};
use crate::net::reactor::Reactor;
use crate::net::socket::HttpStream;
use crate::net::upgraded::Upgraded;
use crate::threads::Threads;

/// How long a client may take to send the headers of a request.
const HEADERS_WITHIN: Duration = Duration::from_secs(5);

/// How long a connection may live without becoming a WebSocket.
const HTTP_WITHIN: Duration = Duration::from_mins(1);

/// The most bytes of headers in a request.
const MAX_HEADERS: usize = 16 * 1024;

/// How many requests a connection may have. A browser needs a dozen for the page.
const MAX_REQUESTS: u32 = 100;

/// After how many seconds a client may try again if there are too many.
const RETRY_SECONDS: u64 = 10;

/// How many characters of a header the log shows at most.
const LOGGED_CHARACTERS: usize = 128;

/// The same for a reason, which may have a host and an origin in it.
const LOGGED_REASON: usize = 768;

/// Why a connection is dropped that has a permit.
const MADE_ROOM: &str = "it had to make room: its address has most connections without a client";

/// One connection while HTTP is spoken over it.
struct Http<'a> {
    threads: &'a Threads,
    /// The thread's sockets, and so its turns.
    reactor: &'a Reactor,
    /// The other end of the connection; or, if a proxy begins it with a header, the client.
    peer: Cell<ClientAddress>,
    /// The client that has sent the last request.
    client: Cell<ClientAddress>,
    permit: RefCell<ConnectionPermit>,
    /// The number of requests so far.
    requests: Cell<u32>,
    /// What the connection speaks when it has become a WebSocket.
    upgraded: Cell<Option<Protocol>>,
}

/// Serves HTTP on a connection. Returns the connection when it has become a WebSocket,
/// and `None` when it has ended without becoming one.
pub(crate) async fn serve(
    threads: &Threads,
    reactor: &Reactor,
    stream: HttpStream,
    permit: ConnectionPermit,
) -> Option<Upgraded> {
    let eviction = permit.eviction();
    let peer = ClientAddress::of(stream.peer_address());
    let http = Http {
        threads,
        reactor,
        peer: Cell::new(peer),
        client: Cell::new(peer),
        permit: RefCell::new(permit),
        requests: Cell::new(0),
        upgraded: Cell::new(None),
    };
    let service = service_fn(|request| http.respond(request));
    let connection = async {
        let stream = http.read_proxy_header(stream).await?;
        let connection = http1::Builder::new()
            .timer(SmolTimer::new())
            .header_read_timeout(HEADERS_WITHIN)
            .max_buf_size(MAX_HEADERS)
            // So that the page's bytes are written from where they are. Otherwise hyper copies
            // every response first.
            .writev(true)
            .serve_connection(FuturesIo::new(stream), service)
            .without_shutdown();
        connection.await.ok()
    };
    let deadline = async {
        Timer::after(HTTP_WITHIN).await;
        None
    };
    let evicted = async {
        match eviction {
            Some(eviction) => eviction.evicted().await,
            None => pending().await,
        }
        http.log_drop(MADE_ROOM);
        None
    };
    let parts = connection.or(deadline).or(evicted).await?;
    let stream = parts.io.into_inner();
    // Usually empty. A copy, because a slice would keep hyper's whole buffer alive.
    let read_ahead = parts.read_buf.to_vec();
    Some(Upgraded {
        stream,
        read_ahead,
        protocol: http.upgraded.get()?,
        client: http.client.get(),
        permit: http.permit.into_inner(),
    })
}

impl Http<'_> {
    /// Reads the header that a connection of a proxy begins with, if the proxies speak so, and
    /// counts the connection for the client that it names. Returns `None` if the connection
    /// has to be closed.
    async fn read_proxy_header(&self, mut stream: HttpStream) -> Option<HttpStream> {
        let proxy = stream.peer_address();
        if !self.threads.access().proxies.begin_with_header(proxy.ip()) {
            return Some(stream);
        }
        let header = async { Some(protocol::read(&mut stream).await) };
        let late = async {
            Timer::after(HEADERS_WITHIN).await;
            None
        };
        let named = match header.or(late).await {
            Some(Ok(client)) => client,
            Some(Err(error)) => {
                self.log_drop(&error.to_string());
                return None;
            }
            None => {
                self.log_drop("its PROXY protocol header did not come in time");
                return None;
            }
        };
        if let Some(client) = named {
            let client = ClientAddress::behind(proxy, client);
            self.peer.set(client);
            self.client.set(client);
            let opener = self.threads.access().proxies.opener(client.ip());
            let assigned = self.permit.borrow_mut().assign(client.ip(), opener);
            if assigned.is_err() {
                self.log_drop(TOO_MANY);
                return None;
            }
        }
        Some(stream)
    }

    /// Answers a request.
    async fn respond(
        &self,
        request: Request<Incoming>,
    ) -> Result<Response<Full<Bytes>>, Infallible> {
        let requests = self.requests.replace(self.requests.get() + 1);
        if requests > 0 {
            // Behind the first request, other connections get their turn before each: a
            // client may send many at once.
            self.reactor.queue().await;
        }
        let mut response = self.answer(&request);
        if response.status() == StatusCode::SWITCHING_PROTOCOLS {
            return Ok(response);
        }
        let headers = response.headers_mut();
        headers::secure(headers);
        // No request here has a use for a body, so none is read.
        if !request.body().is_end_stream() || requests + 1 >= MAX_REQUESTS {
            headers.append(CONNECTION, HeaderValue::from_static("close"));
        }
        Ok(response)
    }

    fn answer(&self, request: &Request<Incoming>) -> Response<Full<Bytes>> {
        let access = self.threads.access();
        let scheme = self.identify(request, &access);
        let target = match Target::of(request) {
            Ok(target) => target,
            Err(error) => return text(StatusCode::BAD_REQUEST, &error.to_string()),
        };
        let target = target.as_ref();
        if let Some(target) = target.filter(|target| !access.hosts.allow(target)) {
            let host = target.host();
            let reason = format!(
                "this server does not answer to {host}: its operator can allow it with \
                 --allow-host {host}"
            );
            return self.refuse(request, StatusCode::MISDIRECTED_REQUEST, &reason);
        }
        if request.method() != Method::GET && request.method() != Method::HEAD {
            let mut response = text(StatusCode::METHOD_NOT_ALLOWED, "only GET and HEAD");
            let allowed = HeaderValue::from_static("GET, HEAD");
            response.headers_mut().insert(ALLOW, allowed);
            return response;
        }
        // It has no meaning (RFC 9110 section 9.3.1), and a proxy may take it for the next
        // request.
        if !request.body().is_end_stream() {
            return text(StatusCode::BAD_REQUEST, "a GET or a HEAD has no body");
        }
        match request.uri().path() {
            "/ws" => {
                let protocol = negotiate(request.headers());
                let allowed = origin::check(request.headers(), target, scheme, &access.origins);
                let response = self.shake_hands(request, allowed, protocol);
                let is_upgraded = response.status() == StatusCode::SWITCHING_PROTOCOLS;
                self.upgraded.set(is_upgraded.then_some(protocol));
                response
            }
            "/healthz" if self.threads.is_stopping() => {
                text(StatusCode::SERVICE_UNAVAILABLE, "shutting down")
            }
            "/healthz" => text(StatusCode::OK, "ok"),
            "/" if !assets::are_built_in() => text(
                StatusCode::NOT_FOUND,
                "This server was built without the web client: build it with `cargo xtask serve`.",
            ),
            path => {
                let Some(mut response) = assets::get(path, request.headers()) else {
                    return text(StatusCode::NOT_FOUND, "there is nothing here");
                };
                if assets::is_page(path) {
                    let policy = headers::page_policy(target, scheme, &access.page_servers);
                    response
                        .headers_mut()
                        .insert(CONTENT_SECURITY_POLICY, policy);
                }
                response.map(Full::new)
            }
        }
    }

    /// Finds out whose request this is. Returns how the client has reached the server or the
    /// proxy, if that is known.
    fn identify(&self, request: &Request<Incoming>, access: &Access) -> Option<Scheme> {
        let headers = request.headers();
        let Sender {
            address,
            scheme,
            doubt,
        } = access.proxies.sender(self.peer.get(), headers);
        self.client.set(address);
        // What a proxy asks for itself, such as `/healthz`, has no other client.
        let is_of_a_client =
            |doubt: &Doubt| *doubt != Doubt::Missing || request.uri().path() == "/ws";
        if let Some(doubt) = doubt.filter(is_of_a_client)
            && self.threads.may_log(LogKind::Unnamed)
        {
            tracing::info!(
                %address,
                proxy = address.proxy(),
                reason = %doubt,
                x_forwarded_for = shown_last(headers, forwarded::X_FORWARDED_FOR),
                forwarded = shown_last(headers, FORWARDED.as_str()),
                "{}",
                LogKind::Unnamed.message()
            );
        }
        origin::scheme(headers).or(scheme)
    }

    /// Answers a request for a WebSocket, which may come from its page or not.
    fn shake_hands(
        &self,
        request: &Request<Incoming>,
        page: Result<(), ForeignPage>,
        protocol: Protocol,
    ) -> Response<Full<Bytes>> {
        let Some(mut response) = upgrade::accept(request) else {
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
        if let Err(foreign) = page {
            return self.refuse(request, StatusCode::FORBIDDEN, &foreign.to_string());
        }
        if self.threads.is_stopping() {
            return self.refuse(request, StatusCode::SERVICE_UNAVAILABLE, "shutting down");
        }
        let network = self.client.get().network();
        let rates = self.threads.shared.rates();
        if let Err(wait) = rates.shake_hands(network, Instant::now()) {
            let reason = "too many connections from your address in a short time";
            let seconds = wait.as_secs().saturating_add(1);
            return self.refuse_for(seconds, request, StatusCode::TOO_MANY_REQUESTS, reason);
        }
        match self.permit.borrow_mut().admit(network) {
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
                self.refuse_for(RETRY_SECONDS, request, status, &refusal.to_string())
            }
        }
    }

    /// The same as [`Http::refuse`], for a request that may succeed after this many seconds.
    fn refuse_for(
        &self,
        seconds: u64,
        request: &Request<Incoming>,
        status: StatusCode,
        reason: &str,
    ) -> Response<Full<Bytes>> {
        let mut response = self.refuse(request, status, reason);
        let headers = response.headers_mut();
        headers.insert(RETRY_AFTER, HeaderValue::from(seconds));
        response
    }

    /// Refuses a request, and logs it with what the operator needs to decide whether that is
    /// right.
    fn refuse(
        &self,
        request: &Request<Incoming>,
        status: StatusCode,
        reason: &str,
    ) -> Response<Full<Bytes>> {
        if self.threads.may_log(LogKind::Refused) {
            let shown = |name: HeaderName| request.headers().get(name).map(shown);
            tracing::info!(
                address = %self.client.get(),
                proxy = self.client.get().proxy(),
                status = status.as_u16(),
                host = shown(HOST),
                origin = shown(ORIGIN),
                reason = cut(reason, LOGGED_REASON),
                "{}",
                LogKind::Refused.message()
            );
        }
        text(status, reason)
    }

    /// Logs that the connection is dropped.
    fn log_drop(&self, reason: &str) {
        if self.threads.may_log(LogKind::Dropped) {
            let address = self.peer.get();
            let proxy = address.proxy();
            tracing::info!(%address, proxy, reason, "{}", LogKind::Dropped.message());
        }
    }
}

/// The last line of a header, for the log.
fn shown_last(headers: &HeaderMap, name: &str) -> Option<String> {
    headers.get_all(name).iter().next_back().map(shown)
}

/// A header's value for the log: not all of a long one.
fn shown(value: &HeaderValue) -> String {
    let text = String::from_utf8_lossy(value.as_bytes());
    cut(&text, LOGGED_CHARACTERS)
}

fn cut(text: &str, characters: usize) -> String {
    text.chars().take(characters).collect()
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
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, plain);
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
