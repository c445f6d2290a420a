//! The HTTP part of a connection: the page, the health checks, and the handshake that upgrades
//! the connection to a WebSocket (RFC 6455 section 4.2). `server` calls it for every
//! accepted connection. It reads no WebSocket frames.

mod handshake;
pub(crate) mod head;
mod redirect;
mod refusal;
mod upgrade;

use std::cell::{Cell, RefCell};
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use guildhall_protocol::Protocol;
use http_body_util::Full;
use hyper::body::{Body as _, Incoming};
use hyper::header::{
    ALLOW, CACHE_CONTROL, CONNECTION, CONTENT_SECURITY_POLICY, CONTENT_TYPE, FORWARDED,
    HeaderValue, USER_AGENT,
};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use smol::Timer;
use smol::future::{FutureExt as _, pending};
use smol_hyper::rt::{FuturesIo, SmolTimer};

use crate::health::{self, Asked};
use crate::log_limit::LogKind;
use crate::metrics::{Dropped, HandshakeRefused};
use crate::net::access::Access;
use crate::net::gate::{ConnectionPermit, TOO_MANY};
use crate::net::handshakes::NoTls;
use crate::net::host::Target;
use crate::net::origin::{self, Scheme};
use crate::net::proxies::forwarded::{self, Doubt};
use crate::net::proxies::{Sender, protocol};
use crate::net::reactor::Reactor;
use crate::net::shown;
use crate::net::socket::HttpStream;
use crate::net::upgraded::Upgraded;
use crate::network::ClientAddress;
use crate::pages::{assets, headers};
use crate::threads::{Entry, Threads};

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

/// Why a connection is dropped that has a permit.
const MADE_ROOM: &str = "it had to make room: its address has most connections without a client";

/// One connection while HTTP is spoken over it.
struct Http<'a> {
    threads: &'a Arc<Threads>,
    /// The thread's sockets, and so its turns.
    reactor: &'a Reactor,
    /// The other end of the connection; or, if a proxy begins it with a header, the client.
    peer: Cell<ClientAddress>,
    /// Whether a proxy has begun it with a header that names nobody.
    is_nobodys: Cell<bool>,
    /// The client that has sent the last request.
    client: Cell<ClientAddress>,
    permit: RefCell<ConnectionPermit>,
    entry: Entry,
    /// Whether the connection speaks TLS with this server.
    is_secure: Cell<bool>,
    /// The number of requests so far.
    requests: Cell<u32>,
    /// What the connection speaks when it has become a WebSocket.
    upgraded: Cell<Option<Protocol>>,
    /// The program that the client of that says it is.
    user_agent: Cell<Option<Box<str>>>,
}

/// The answer to a request.
enum Answer {
    Now(Response<Full<Bytes>>),
    /// That of a health check, which takes a moment.
    Health(Asked),
}

/// Serves HTTP on a connection. Returns the connection when it has become a WebSocket,
/// and `None` when it has ended without becoming one.
pub(crate) async fn serve(
    threads: &Arc<Threads>,
    reactor: &Reactor,
    stream: HttpStream,
    permit: ConnectionPermit,
    entry: Entry,
) -> Option<Upgraded> {
    let eviction = permit.eviction();
    let peer = ClientAddress::of(stream.peer_address());
    let http = Http {
        threads,
        reactor,
        peer: Cell::new(peer),
        is_nobodys: Cell::new(false),
        client: Cell::new(peer),
        permit: RefCell::new(permit),
        entry,
        is_secure: Cell::new(false),
        requests: Cell::new(0),
        upgraded: Cell::new(None),
        user_agent: Cell::new(None),
    };
    let service = service_fn(|request| http.respond(request));
    let connection = async {
        let stream = http.read_proxy_header(stream).await?;
        let stream = http.secure(stream).await?;
        let connection = http1::Builder::new()
            .timer(SmolTimer::new())
            .header_read_timeout(HEADERS_WITHIN)
            .max_buf_size(MAX_HEADERS)
            // So that the page's bytes are written from where they are. Otherwise hyper copies
            // every response first.
            .writev(true)
            .serve_connection(FuturesIo::new(stream), service)
            .without_shutdown();
        match connection.await {
            Ok(parts) => Some(parts),
            Err(error) => {
                http.count_failed(&error);
                None
            }
        }
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
        http.drop_because(Dropped::MadeRoom, MADE_ROOM);
        None
    };
    let parts = connection.or(deadline).or(evicted).await?;
    let stream = parts.io.into_inner();
    let Some(protocol) = http.upgraded.get() else {
        stream.say_end();
        return None;
    };
    // Usually empty. A copy, because a slice would keep hyper's whole buffer alive.
    let read_ahead = parts.read_buf.to_vec();
    Some(Upgraded {
        stream,
        read_ahead,
        protocol,
        user_agent: http.user_agent.take(),
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
                self.drop_because(Dropped::ProxyHeader, &error.to_string());
                return None;
            }
            None => {
                let reason = "its PROXY protocol header did not come in time";
                self.drop_because(Dropped::ProxyHeader, reason);
                return None;
            }
        };
        let Some(client) = named else {
            self.is_nobodys.set(true);
            return Some(stream);
        };
        let client = ClientAddress::behind(proxy, client);
        self.peer.set(client);
        let opener = self.threads.access().proxies.opener(client.ip());
        let assigned = self.permit.borrow_mut().assign(client.ip(), opener);
        if assigned.is_err() {
            self.drop_because(Dropped::TooMany, TOO_MANY);
            return None;
        }
        Some(stream)
    }

    /// Shakes hands, if the server has TLS here. Returns `None` if the connection has to be
    /// closed.
    async fn secure(&self, stream: HttpStream) -> Option<HttpStream> {
        let tls = self.threads.config.tls.as_ref();
        let Some(tls) = tls.filter(|_| self.entry == Entry::Chat) else {
            return Some(stream);
        };
        // On the heap, because the handshake would be a part of every connection's task.
        let shaken = Box::pin(self.threads.handshakes.shake(tls.current(), stream));
        match shaken.await {
            Ok(stream) => {
                self.is_secure.set(true);
                Some(stream)
            }
            // A challenge says that at its own end. A client that is gone has not failed, as without
            // TLS: a balancer that looks whether the port is open, or a browser that has no use for
            // the connection.
            Err(NoTls::Challenge | NoTls::Lost(_)) => None,
            Err(error) => {
                self.drop_because(Dropped::Tls, &error.to_string());
                None
            }
        }
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
        let mut response = match self.answer(&request) {
            Answer::Now(response) => response,
            // On the heap, because it would be a part of every connection's task.
            Answer::Health(asked) => Box::pin(self.check_health(asked)).await,
        };
        if response.status() == StatusCode::SWITCHING_PROTOCOLS {
            return Ok(response);
        }
        let status = response.status();
        let headers = response.headers_mut();
        headers::secure(headers);
        let tls = self.threads.config.tls.as_ref();
        let is_ours = status != StatusCode::MISDIRECTED_REQUEST;
        if let Some(tls) = tls.filter(|_| self.is_secure.get() && is_ours) {
            let target = Target::of(&request).ok().flatten();
            let host = target.as_ref().map(Target::host);
            headers::stay_secure(headers, host, tls.strict_for);
        }
        // No request here has a use for a body, so none is read.
        if !request.body().is_end_stream() || requests + 1 >= MAX_REQUESTS {
            headers.append(CONNECTION, HeaderValue::from_static("close"));
        }
        Ok(response)
    }

    /// Answers a health check. Anybody may see the answer.
    async fn check_health(&self, asked: Asked) -> Response<Full<Bytes>> {
        let answer = health::answer(self.threads, asked, true).await;
        let mut response = text(answer.status, &answer.body);
        let json = HeaderValue::from_static("application/json");
        response.headers_mut().insert(CONTENT_TYPE, json);
        response
    }

    fn answer(&self, request: &Request<Incoming>) -> Answer {
        let access = self.threads.access();
        let scheme = self.identify(request, &access);
        let target = match Target::of(request) {
            Ok(target) => target,
            Err(error) => {
                let (status, reason) = (StatusCode::BAD_REQUEST, error.to_string());
                return Answer::Now(self.refuse_unfit(request, status, &reason));
            }
        };
        let target = target.as_ref();
        if let Entry::Redirect(port) = self.entry {
            return Answer::Now(redirect::to(request, target, port));
        }
        if let Some(refused) = self.check(request, target, &access) {
            return Answer::Now(refused);
        }
        let path = request.uri().path();
        match Asked::of(path) {
            Some(asked) => Answer::Health(asked),
            None => Answer::Now(self.get(request, path, target, scheme, &access)),
        }
    }

    /// Returns the refusal of a request that may not be made of this server, or not in this way.
    fn check(
        &self,
        request: &Request<Incoming>,
        target: Option<&Target>,
        access: &Access,
    ) -> Option<Response<Full<Bytes>>> {
        if let Some(target) = target.filter(|target| !access.hosts.allow(target)) {
            let host = target.host();
            let reason = format!(
                "this server does not answer to {host}: its operator can allow it with \
                 --allow-host {host}"
            );
            self.count_refused_at_ws(request, HandshakeRefused::Host);
            return Some(self.refuse(request, StatusCode::MISDIRECTED_REQUEST, &reason));
        }
        if request.method() != Method::GET && request.method() != Method::HEAD {
            let status = StatusCode::METHOD_NOT_ALLOWED;
            let mut response = self.refuse_unfit(request, status, "only GET and HEAD");
            let allowed = HeaderValue::from_static("GET, HEAD");
            response.headers_mut().insert(ALLOW, allowed);
            return Some(response);
        }
        // It has no meaning (RFC 9110 section 9.3.1), and a proxy may take it for the next
        // request.
        if !request.body().is_end_stream() {
            let status = StatusCode::BAD_REQUEST;
            return Some(self.refuse_unfit(request, status, "a GET or a HEAD has no body"));
        }
        None
    }

    /// Returns what is at a path.
    fn get(
        &self,
        request: &Request<Incoming>,
        path: &str,
        target: Option<&Target>,
        scheme: Option<Scheme>,
        access: &Access,
    ) -> Response<Full<Bytes>> {
        match path {
            "/ws" => {
                let protocol = upgrade::negotiate(request.headers());
                let allowed = origin::check(request.headers(), target, scheme, &access.origins);
                let response = self.shake_hands(request, allowed, protocol);
                let is_upgraded = response.status() == StatusCode::SWITCHING_PROTOCOLS;
                self.upgraded.set(is_upgraded.then_some(protocol));
                let user_agent = is_upgraded.then(|| shown::header(request.headers(), USER_AGENT));
                self.user_agent.set(user_agent.flatten().map(Into::into));
                response
            }
            "/healthz" if self.threads.is_stopping() => {
                text(StatusCode::SERVICE_UNAVAILABLE, "shutting down")
            }
            "/healthz" => text(StatusCode::OK, "ok"),
            "/" | "/doctor" if !assets::CLIENT.have_index() => text(
                StatusCode::NOT_FOUND,
                "This server was built without the web client: build it with `cargo xtask serve`.",
            ),
            // There, the page's files would not be found.
            "/doctor/" => redirect::away("../doctor"),
            path => {
                let Some(mut response) = assets::CLIENT.get(path, request.headers()) else {
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
        let peer = self.peer.get();
        let Sender {
            address,
            scheme,
            doubt,
        } = if self.is_nobodys.get() {
            Sender::unnamed(peer)
        } else {
            access.proxies.sender(peer, headers)
        };
        self.client.set(address);
        // A request that a proxy makes for itself, such as `/healthz`, has no other client.
        let is_of_a_client = |doubt: &Doubt| {
            !matches!(doubt, Doubt::Missing | Doubt::Nobody) || request.uri().path() == "/ws"
        };
        if let Some(doubt) = doubt.filter(is_of_a_client)
            && self.threads.may_log(LogKind::Unnamed)
        {
            tracing::info!(
                %address,
                proxy = address.proxy(),
                reason = %doubt,
                x_forwarded_for = shown::last(headers, forwarded::X_FORWARDED_FOR),
                forwarded = shown::last(headers, FORWARDED.as_str()),
                "{}",
                LogKind::Unnamed.message()
            );
        }
        if self.is_secure.get() {
            return Some(Scheme::Https);
        }
        origin::scheme(headers).or(scheme)
    }
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
