//! A running server: it starts and stops the network threads, and passes each accepted
//! connection on to `http` and then to `web_socket`.

use std::future::Future;
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::pin::pin;
use std::rc::Rc;
use std::sync::{Arc, mpsc};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use smol::future::FutureExt as _;
use smol::stream::{self, Stream, StreamExt as _};
use smol::{LocalExecutor, Task, Timer};

use crate::api::ApiThread;
use crate::config::Config;
use crate::http;
use crate::journal::{Failure, Journal, Known};
use crate::listen;
use crate::net::gate::ConnectionPermit;
use crate::net::reactor::Reactor;
use crate::net::socket::HttpStream;
use crate::shared::Shared;
use crate::store::{Store, StoreOptions};
use crate::threads::{Entry, Threads};
use crate::web_socket;
use crate::webhooks::{self, Webhooks};
use crate::worker::Worker;

/// How long the journal has to decide what waits when the server stops.
const CLOSE_JOURNAL_WITHIN: Duration = Duration::from_secs(1);

/// How much of that may be spent on answers that receivers of webhooks are about to give.
const JOIN_WEBHOOKS_WITHIN: Duration = Duration::from_millis(500);

/// How long connections that were accepted have to become clients before a server hands its
/// sockets over. Those that come later wait in the sockets.
const HAND_OVER_AFTER: Duration = Duration::from_millis(500);

/// The step that a server takes that was asked to stop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stop {
    /// It is not ready any more, and goes on: `/healthz` says so, and balancers send no more
    /// clients.
    Drain,
    /// It closes its clients and ends. Whoever connects meanwhile is refused.
    End,
    /// The same for another server that has the same listening sockets, or gets them next: who
    /// connects meanwhile waits there for that one.
    HandOver {
        /// Whether it has, or gets, those of the API, too. If not, this server answers there to
        /// the end.
        api: bool,
    },
}

/// The sockets on which a server listens.
#[derive(Debug, Default)]
pub struct Listeners {
    /// Those of the chat.
    pub chat: Vec<TcpListener>,
    /// Those of the HTTP API; none: there is no API. Its keys are in [`Config::api_keys`].
    pub api: Vec<TcpListener>,
    /// Those that send browsers on to the chat's, which have TLS.
    pub redirect: Vec<TcpListener>,
}

/// A server without the HTTP API.
impl From<Vec<TcpListener>> for Listeners {
    fn from(chat: Vec<TcpListener>) -> Self {
        Self {
            chat,
            ..Self::default()
        }
    }
}

/// Serves on `listeners` until `stop` is ready. Then it closes every connection, and returns
/// within five seconds; later only if the disk is too slow, because what was said is kept first.
/// The calling thread is the first of the network threads.
///
/// The crate's own documentation has an example.
///
/// # Errors
///
/// If the system gives no threads, or no means to wait for sockets.
pub fn run(
    config: Config,
    listeners: impl Into<Listeners>,
    stop: impl Future<Output = ()> + 'static,
) -> io::Result<()> {
    let stops = stream::once_future(async {
        stop.await;
        Stop::End
    });
    run_with_reloads(config, listeners, stream::pending(), stops)
}

/// The same for a server whose settings change while it runs. Of each of `reloads`, these are
/// taken over: the allowed origins, the allowed hosts, the servers of the page, the proxies, the
/// accounts, the rates, and the rules of rooms. Clients that are connected stay, but leave rooms
/// that they may not be in any more. The server ends by one of `stops`; by the end of them, too.
///
/// # Errors
///
/// As those of [`run`].
pub fn run_with_reloads(
    config: Config,
    listeners: impl Into<Listeners>,
    reloads: impl Stream<Item = Config> + 'static,
    stops: impl Stream<Item = Stop> + 'static,
) -> io::Result<()> {
    let Listeners {
        chat: listeners,
        api,
        redirect,
    } = listeners.into();
    let is_loopback = listeners.iter().all(is_loopback);
    let (journal, known) = open_journal(&config)?.unzip();
    let threads = Threads::new(config, journal.clone(), is_loopback);
    if let Some(known) = known {
        load(&threads.shared, known).map_err(|failure| {
            let text = format!("cannot take over what was kept: {failure}");
            io::Error::other(text)
        })?;
    }
    if let Some(tell) = threads.config.on_loaded {
        tell();
    }
    let webhooks = match (threads.shared.feed(), &threads.config.events) {
        (Some(feed), Some(events)) => Some(webhooks::start(feed, &events.webhooks)?),
        _ => None,
    };
    let api = ApiThread::start(&threads, api)?;
    let stop_api = api.stop();
    let (others, started) = start_others(&threads);
    let mut result = started.and_then(|()| {
        run_thread(Arc::clone(&threads), 0, |worker| {
            let tls = worker.threads().config.tls.clone();
            let port = (listeners.first()).and_then(|first| first.local_addr().ok());
            let port = port.map_or(0, |address| address.port());
            let port = tls.as_ref().and_then(|tls| tls.https_port).unwrap_or(port);
            let mut accepting = Vec::new();
            for listener in listeners {
                let (address, accepts) = accept(worker, listener, Entry::Chat)?;
                accepting.extend(accepts);
                let tls = tls.is_some().then_some(true);
                tracing::info!(%address, tls, "listening");
            }
            for listener in redirect {
                let (address, accepts) = accept(worker, listener, Entry::Redirect(port))?;
                accepting.extend(accepts);
                tracing::info!(%address, to = port, "listening for redirects to https");
            }
            if let Some(tell) = worker.threads().config.on_listening {
                tell();
            }
            worker.spawn(reload(Arc::clone(worker.threads()), reloads));
            let threads = Arc::clone(worker.threads());
            worker.spawn(async move {
                let stop = stop_of(&threads, stops).await;
                threads.announce_stop();
                if matches!(stop, Stop::HandOver { .. }) {
                    drop(accepting);
                    Timer::after(HAND_OVER_AFTER).await;
                } else {
                    // They are told that the server stops.
                    accepting.into_iter().for_each(Task::detach);
                }
                threads.refuse_requests(Instant::now());
                if stop == (Stop::HandOver { api: true }) {
                    stop_api.close();
                }
                // All that was said is stored next, which may take a moment.
                tracing::info!(clients = threads.gate.clients(), "shutting down");
                close_journal(&threads, webhooks).await;
                threads.stop();
            });
            Ok(())
        })
    });
    // Also if this thread failed: the others would never end otherwise.
    threads.stop();
    if result.is_err() {
        // Also threads that have never started: the others would wait for them.
        (0..threads.config.threads.get()).for_each(|thread| threads.note_done(thread));
    }
    for other in others {
        let ended = other
            .join()
            .unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        if ended.is_err() {
            result = ended;
        }
    }
    // Also if a thread failed: what was said is kept.
    if let Some(journal) = journal {
        journal.close();
    }
    // Whoever watches the server sees to the end that it stops.
    drop(api);
    result?;
    threads.log_limit.report();
    tracing::info!("stopped");
    Ok(())
}

/// Answers every WebSocket message with the same one, until the process ends: for suites that
/// test how a server speaks, and for nothing else. It is the chat's own code, up to the message.
///
/// # Errors
///
/// If the system gives no means to wait for sockets.
pub fn run_echo(listener: TcpListener) -> io::Result<()> {
    let is_loopback = is_loopback(&listener);
    let threads = Threads::new(web_socket::echo_config(), None, is_loopback);
    run_thread(threads, 0, |worker| {
        let (_, accepting) = accept(worker, listener, Entry::Echo)?;
        accepting.into_iter().for_each(Task::detach);
        Ok(())
    })
}

/// Accepts connections of this listener. Returns its address, and the task that does it, which ends
/// when it is dropped.
fn accept(
    worker: &Worker,
    listener: TcpListener,
    entry: Entry,
) -> io::Result<(SocketAddr, Option<Task<()>>)> {
    let address = listener.local_addr()?;
    listener.set_nonblocking(true)?;
    let listener = mio::net::TcpListener::from_std(listener);
    let listener = worker.reactor().register(listener)?;
    let accept = listen::accept(Arc::clone(worker.threads()), listener, entry);
    Ok((address, worker.spawn_held(accept)))
}

/// A journal, and what it knows.
type OpenedJournal = (Arc<dyn Journal>, Known);

/// Opens the journal of a server that keeps something on a disk.
fn open_journal(config: &Config) -> io::Result<Option<OpenedJournal>> {
    match &config.data {
        None => Ok(None),
        Some(folder) => {
            let options = StoreOptions {
                edit_within: config.rooms.edit_within,
                keep: config.moderation.keep,
                free_within: config.data_wait,
                ..StoreOptions::default()
            };
            let opened = Store::open(folder, &options);
            let (store, known) = opened.map_err(io::Error::other)?;
            tracing::info!(folder = %folder.display(), "keeping what is said");
            Ok(Some((store, known)))
        }
    }
}

/// Takes over what a journal has kept, before any client is there.
fn load(shared: &Shared, known: Known) -> Result<(), Failure> {
    shared.restore(known, Instant::now()).wait()?;
    shared.load_lobby()
}

/// Starts all network threads but the first, and waits until they run: a thread that cannot
/// would never serve the connections that are assigned to it. Returns those that were started.
fn start_others(threads: &Arc<Threads>) -> (Vec<JoinHandle<io::Result<()>>>, io::Result<()>) {
    let mut others = Vec::new();
    let (runs, running) = mpsc::channel();
    for thread in 1..threads.config.threads.get() {
        let (threads, runs) = (Arc::clone(threads), runs.clone());
        let other = thread::Builder::new()
            .name(format!("network-{thread}"))
            .spawn(move || {
                // Moved, so that the sender is gone when the thread runs, or cannot.
                run_thread(threads, thread, move |_| {
                    runs.send(()).map_err(io::Error::other)
                })
            });
        match other {
            Ok(other) => others.push(other),
            Err(error) => return (others, Err(cannot_start(thread, error))),
        }
    }
    drop(runs);
    // A thread that fails drops its sender without a word.
    let count = running.iter().count();
    if count < others.len() {
        let error = "too few network threads have started";
        return (others, Err(io::Error::other(error)));
    }
    (others, Ok(()))
}

/// Closes the journal, if there is one: what was said is decided before the threads send the
/// last lines and close their connections. What is said from then on is not kept.
async fn close_journal(threads: &Threads, webhooks: Option<Webhooks>) {
    let Some(journal) = threads.shared.journal() else {
        return;
    };
    threads.shared.users().hand_over_marks();
    threads.close_feed();
    let journal = Arc::clone(journal);
    let closed = async {
        smol::unblock(move || {
            if let Some(webhooks) = webhooks {
                webhooks.join_within(JOIN_WEBHOOKS_WITHIN);
            }
            journal.close();
        })
        .await;
        true
    };
    let out_of_time = async {
        Timer::after(CLOSE_JOURNAL_WITHIN).await;
        false
    };
    if !closed.or(out_of_time).await {
        tracing::warn!("the disk is too slow: what was said last may not be kept");
    }
}

/// Waits until the server has to close its clients, and returns how.
async fn stop_of(threads: &Threads, stops: impl Stream<Item = Stop>) -> Stop {
    let mut stops = pin!(stops);
    loop {
        match stops.next().await {
            Some(Stop::Drain) => {
                threads.announce_stop();
                let clients = threads.gate.clients();
                tracing::info!(clients, "not ready any more, and about to shut down");
            }
            Some(stop) => return stop,
            None => return Stop::End,
        }
    }
}

/// Takes over the settings of each of `reloads`.
async fn reload(threads: Arc<Threads>, reloads: impl Stream<Item = Config>) {
    let mut reloads = pin!(reloads);
    while let Some(config) = reloads.next().await {
        threads.reload(&config);
    }
}

/// Whether only this machine can reach the listener.
fn is_loopback(listener: &TcpListener) -> bool {
    let address = listener.local_addr();
    address.is_ok_and(|address| address.ip().to_canonical().is_loopback())
}

/// Runs one network thread until the server stops.
fn run_thread(
    threads: Arc<Threads>,
    thread: usize,
    start: impl FnOnce(&Rc<Worker>) -> io::Result<()>,
) -> io::Result<()> {
    let _end = ThreadEnd(Arc::clone(&threads), thread);
    let executor = Rc::new(LocalExecutor::new());
    let metrics = Arc::clone(threads.shared.metrics().thread(thread));
    let reactor = Reactor::new(metrics).map_err(|error| cannot_start(thread, error))?;
    let worker = Worker::new(threads, thread, Rc::clone(&reactor), &executor);
    start(&worker)?;
    worker.start();
    worker.spawn(serve_accepted(Rc::clone(&worker)));
    // A task of its own, because the future that is passed to `run` is polled at every
    // wake-up of the thread.
    let stopped = executor.spawn(async move {
        worker.threads().closing(thread).await;
        worker.stop().await;
    });
    reactor.block_on(executor.run(stopped))
}

/// Says that a network thread has ended, however it did: the others do not wait for its clients.
struct ThreadEnd(Arc<Threads>, usize);

impl Drop for ThreadEnd {
    fn drop(&mut self) {
        self.0.note_done(self.1);
    }
}

fn cannot_start(thread: usize, error: io::Error) -> io::Error {
    let text = format!("cannot start network thread {}: {error}", thread + 1);
    io::Error::new(error.kind(), text)
}

/// Serves the connections that are assigned to this thread.
async fn serve_accepted(worker: Rc<Worker>) {
    loop {
        for accepted in worker.threads().accepted(worker.thread()).await {
            match worker.reactor().register(accepted.stream) {
                Ok(stream) => {
                    let stream = HttpStream::new(stream, accepted.peer);
                    let (permit, entry) = (accepted.permit, accepted.entry);
                    worker.spawn(serve(Rc::clone(&worker), stream, permit, entry));
                }
                Err(error) => tracing::error!(%error, "cannot wait for a connection"),
            }
        }
    }
}

/// Serves HTTP on a connection, and then its chat if it becomes a WebSocket.
async fn serve(worker: Rc<Worker>, stream: HttpStream, permit: ConnectionPermit, entry: Entry) {
    let served = http::serve(worker.threads(), worker.reactor(), stream, permit, entry);
    if let Some(upgraded) = served.await {
        // A task of its own, because this one keeps the memory that HTTP needed.
        match entry {
            Entry::Echo => worker.spawn(web_socket::echo(Rc::clone(&worker), upgraded)),
            _ => worker.spawn(web_socket::chat(Rc::clone(&worker), upgraded)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use socket2::{Domain, Socket, Type};

    #[test]
    fn a_listener_of_every_address_is_not_loopback() {
        for (address, expected) in [
            ("127.0.0.1:0", true),
            ("127.0.0.2:0", true),
            ("0.0.0.0:0", false),
        ] {
            let address: SocketAddr = address.parse().unwrap();
            // It has an address and does not listen, so nobody can connect.
            let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
            socket.bind(&address.into()).unwrap();
            assert_eq!(is_loopback(&socket.into()), expected, "{address}");
        }
    }
}
