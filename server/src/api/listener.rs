//! The listener of the API: accepts connections, a bounded number of them at a time, and serves
//! HTTP/1.1 on each.

use std::cell::Cell;
use std::io;
use std::net::{SocketAddr, TcpListener as StdListener};
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_rustls::TlsAcceptor;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use smol::future::FutureExt as _;
use smol::io::{AsyncRead, AsyncWrite};
use smol::lock::Semaphore;
use smol::net::{TcpListener, TcpStream};
use smol::{Async, Timer};
use smol_hyper::rt::{FuturesIo, SmolTimer};

use crate::config::MAX_API_CONNECTIONS;
use crate::net::exhaustion::Exhaustion;
use crate::net::handshakes::NoTls;
use crate::net::tls::Tls;
use crate::network::Network;

use super::service::{ConnectionState, Service};
use super::watched::Watched;

/// How long a connection may live without a request with a good key.
const KEY_WITHIN: Duration = Duration::from_secs(10);

/// How long a caller may take to send the headers of a request, and may be silent between two.
const HEADERS_WITHIN: Duration = Duration::from_mins(1);

/// How long neither side may send anything, unless a request is being carried out.
const SILENT_FOR: Duration = Duration::from_secs(75);

/// How often it is looked at that.
const LOOK_EVERY: Duration = Duration::from_secs(5);

/// The most bytes of headers in a request.
const MAX_HEADERS: usize = 16 * 1024;

/// How long the listener waits if there are no file descriptors.
const RETRY_AFTER: Duration = Duration::from_millis(100);

/// A socket that listens.
#[derive(Debug)]
pub(crate) struct Listener {
    socket: TcpListener,
    tls: Option<Tls>,
    /// One for each connection, of all listeners.
    permits: Arc<Semaphore>,
}

/// As many permits as all listeners of the API have connections.
pub(crate) fn permits() -> Arc<Semaphore> {
    Arc::new(Semaphore::new(MAX_API_CONNECTIONS))
}

impl Listener {
    /// Listens on this socket, with TLS if there is some, for at most as many connections as there
    /// are `permits`.
    ///
    /// # Errors
    ///
    /// If the system has no means to wait for it.
    pub(crate) fn new(
        listener: StdListener,
        tls: Option<Tls>,
        permits: &Arc<Semaphore>,
    ) -> io::Result<Self> {
        let address = listener.local_addr()?;
        let listener = Async::new(listener)?.into();
        let has_tls = tls.is_some().then_some(true);
        tracing::info!(%address, tls = has_tls, "listening for the API");
        Ok(Self {
            socket: listener,
            tls,
            permits: Arc::clone(permits),
        })
    }

    /// Accepts connections for as long as the thread runs, which is the API's.
    pub(crate) async fn accept(self, service: Rc<Service>) {
        let mut exhaustion = Exhaustion::default();
        loop {
            let permit = self.permits.acquire_arc().await;
            match self.socket.accept().await {
                Ok((stream, peer)) => {
                    // A handshake is worked out on this thread, which is not the chat's.
                    let tls = self
                        .tls
                        .as_ref()
                        .map(|tls| TlsAcceptor::from(tls.current()));
                    let serving = serve(Rc::clone(&service), stream, peer, tls);
                    service.spawn(async move {
                        let _permit = permit;
                        serving.await;
                    });
                }
                Err(error) => {
                    if exhaustion.begins(Instant::now()) {
                        tracing::warn!(%error, "cannot accept connections of the API, will keep trying");
                    }
                    Timer::after(RETRY_AFTER).await;
                }
            }
        }
    }
}

/// Serves one connection until it ends, or is silent for too long.
async fn serve(
    service: Rc<Service>,
    stream: TcpStream,
    peer: SocketAddr,
    tls: Option<TlsAcceptor>,
) {
    // A response is one piece, which nothing follows that it could wait for.
    let _ = stream.set_nodelay(true);
    let state = ConnectionState::new(Network::of(peer.ip()));
    let progress = Rc::new(Cell::new(Instant::now()));
    let stream = Watched::new(stream, Rc::clone(&progress));
    let connection = async {
        match tls {
            None => answer(&service, stream, &state).await,
            Some(tls) => match tls.accept(stream).await {
                Ok(stream) => answer(&service, stream, &state).await,
                Err(error) => service.log_dropped(Network::of(peer.ip()), &NoTls::of(error)),
            },
        }
    };
    let without_key = async {
        Timer::after(KEY_WITHIN).await;
        if state.has_key() {
            std::future::pending::<()>().await;
        }
    };
    let silent = async {
        loop {
            Timer::after(LOOK_EVERY).await;
            if state.is_answering() {
                progress.set(Instant::now());
            } else if progress.get().elapsed() >= SILENT_FOR {
                return;
            }
        }
    };
    connection.or(without_key).or(silent).await;
}

/// Answers the requests on a connection until it ends.
async fn answer(
    service: &Service,
    stream: impl AsyncRead + AsyncWrite + Unpin,
    state: &ConnectionState,
) {
    let handle = service_fn(|request| service.respond(request, state));
    let connection = http1::Builder::new()
        .timer(SmolTimer::new())
        .header_read_timeout(HEADERS_WITHIN)
        .max_buf_size(MAX_HEADERS)
        .serve_connection(FuturesIo::new(stream), handle);
    // Whatever ends it, the caller knows.
    let _ = connection.await;
}
