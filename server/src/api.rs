//! The HTTP API for the game's own server, on a listener and a thread of its own. `server` starts
//! it.
//!
//! A request's way: [`listener`] accepts the connection, [`service`] finds the route, asks who
//! calls, reads the body and looks whether the request was carried out before, and a handler in
//! [`routes`] translates it into calls of `shared`, which does the work. No handler changes
//! anything by itself, and none runs on a network thread.
//!
//! - [`router`] has the list of routes, and [`document`] describes them in `OpenAPI`.
//! - [`problem`] has the errors, as RFC 9457 wants them, and [`answer`] makes responses.
//! - [`staff`] serves the pages for moderators and operators, which use this API.
//! - [`models`] has the JSON of what is asked for and answered.

mod answer;
mod call;
mod caller;
mod document;
mod export;
mod idempotency;
mod listener;
mod models;
mod numbers;
mod problem;
mod request_id;
mod router;
mod routes;
mod service;
mod staff;
mod watched;

use std::io;
use std::net::TcpListener;
use std::rc::Rc;
use std::sync::Arc;
use std::thread::{Builder, JoinHandle};
use std::time::{Duration, Instant};

use smol::channel::{Receiver, Sender, bounded};
use smol::future::FutureExt as _;
use smol::{LocalExecutor, Timer};

use crate::threads::Threads;

use self::listener::Listener;
use self::service::Service;

/// How long requests have to end once the server carries out no others.
const STOP_WITHIN: Duration = Duration::from_secs(1);

/// The thread of the API. It ends when this is dropped.
#[derive(Debug)]
pub(crate) struct ApiThread {
    /// Closed when the thread has to end.
    stop: Sender<()>,
    thread: Option<JoinHandle<()>>,
}

impl ApiThread {
    /// Serves the API on these listeners from now on; on none if there are none.
    ///
    /// # Errors
    ///
    /// If the system gives no thread, or no means to wait for sockets.
    pub(crate) fn start(threads: &Arc<Threads>, listeners: Vec<TcpListener>) -> io::Result<Self> {
        let (stop, stopped) = bounded(1);
        if listeners.is_empty() {
            return Ok(Self { stop, thread: None });
        }
        let tls = &threads.config.tls;
        let permits = listener::permits();
        let listeners =
            (listeners.into_iter()).map(|listener| Listener::new(listener, tls.clone(), &permits));
        let listeners = listeners.collect::<io::Result<Vec<_>>>()?;
        let threads = Arc::clone(threads);
        let thread = Builder::new()
            .name("api".into())
            .spawn(move || run(threads, listeners, &stopped))?;
        Ok(Self {
            stop,
            thread: Some(thread),
        })
    }

    /// The channel that makes the thread end soon when it is closed.
    pub(crate) fn stop(&self) -> Sender<()> {
        self.stop.clone()
    }
}

impl Drop for ApiThread {
    fn drop(&mut self) {
        self.stop.close();
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the thread of the API has panicked");
        }
    }
}

/// The thread: serves until `stopped` is closed.
fn run(threads: Arc<Threads>, listeners: Vec<Listener>, stopped: &Receiver<()>) {
    let executor = Rc::new(LocalExecutor::new());
    let service = Service::new(Arc::clone(&threads), &executor);
    let accepting: Vec<_> = (listeners.into_iter())
        .map(|listener| executor.spawn(listener.accept(Rc::clone(&service))))
        .collect();
    smol::block_on(executor.run(async {
        // It fails when the channel is closed.
        let _ = stopped.recv().await;
        // A server that gets the sockets next serves whoever comes now.
        drop(accepting);
        let since = (threads.refuses_requests_since()).unwrap_or_else(Instant::now);
        let late = async {
            Timer::at(since + STOP_WITHIN).await;
        };
        service.idle().or(late).await;
    }));
}
