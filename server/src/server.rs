//! A running server: it starts and stops the network threads, and passes each accepted
//! connection on to `http` and then to `web_socket`.

use std::future::Future;
use std::io;
use std::net::TcpListener;
use std::pin::pin;
use std::rc::Rc;
use std::sync::{Arc, mpsc};
use std::thread::{self, JoinHandle};

use smol::LocalExecutor;
use smol::stream::{self, Stream, StreamExt as _};

use crate::config::Config;
use crate::http;
use crate::listen;
use crate::net::gate::ConnectionPermit;
use crate::net::reactor::Reactor;
use crate::net::socket::HttpStream;
use crate::threads::Threads;
use crate::web_socket;
use crate::worker::Worker;

/// Serves on `listeners` until `stop` is ready. Then it closes every connection,
/// and returns within five seconds. The calling thread is the first
/// of the network threads.
///
/// The crate's own documentation has an example.
///
/// # Errors
///
/// If the system gives no threads, or no means to wait for sockets.
pub fn run(
    config: Config,
    listeners: Vec<TcpListener>,
    stop: impl Future<Output = ()> + 'static,
) -> io::Result<()> {
    run_with_reloads(config, listeners, stream::pending(), stop)
}

/// The same for a server whose settings change while it runs. Of each of `reloads`, these are
/// taken over: the allowed origins, the allowed hosts, the servers of the page, the proxies, the
/// accounts, the rates, and the rules of rooms. Clients that are connected stay, but leave rooms
/// that they may not be in any more.
///
/// # Errors
///
/// As those of [`run`].
pub fn run_with_reloads(
    config: Config,
    listeners: Vec<TcpListener>,
    reloads: impl Stream<Item = Config> + 'static,
    stop: impl Future<Output = ()> + 'static,
) -> io::Result<()> {
    let is_loopback = listeners.iter().all(is_loopback);
    let threads = Threads::new(config, is_loopback);
    let (others, started) = start_others(&threads);
    let mut result = started.and_then(|()| {
        run_thread(Arc::clone(&threads), 0, |worker| {
            for listener in listeners {
                let address = listener.local_addr()?;
                listener.set_nonblocking(true)?;
                let listener = mio::net::TcpListener::from_std(listener);
                let listener = worker.reactor().register(listener)?;
                worker.spawn(listen::accept(Arc::clone(worker.threads()), listener));
                tracing::info!(%address, "listening");
            }
            worker.spawn(reload(Arc::clone(worker.threads()), reloads));
            let threads = Arc::clone(worker.threads());
            worker.spawn(async move {
                stop.await;
                tracing::info!(clients = threads.gate.clients(), "shutting down");
                threads.stop();
            });
            Ok(())
        })
    });
    // Also if this thread failed: the others would never end otherwise.
    threads.stop();
    for other in others {
        let ended = other
            .join()
            .unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        if ended.is_err() {
            result = ended;
        }
    }
    result?;
    threads.log_limit.report();
    tracing::info!("stopped");
    Ok(())
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
    let executor = Rc::new(LocalExecutor::new());
    let reactor = Reactor::new().map_err(|error| cannot_start(thread, error))?;
    let worker = Worker::new(threads, thread, Rc::clone(&reactor), &executor);
    start(&worker)?;
    worker.start();
    worker.spawn(serve_accepted(Rc::clone(&worker)));
    // A task of its own, because the future that is passed to `run` is polled at every
    // wake-up of the thread.
    let stopped = executor.spawn(async move {
        worker.threads().stopping(thread).await;
        worker.stop().await;
    });
    reactor.block_on(executor.run(stopped))
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
                    worker.spawn(serve(Rc::clone(&worker), stream, accepted.permit));
                }
                Err(error) => tracing::error!(%error, "cannot wait for a connection"),
            }
        }
    }
}

/// Serves HTTP on a connection, and then its chat if it becomes a WebSocket.
async fn serve(worker: Rc<Worker>, stream: HttpStream, permit: ConnectionPermit) {
    if let Some(upgraded) = http::serve(worker.threads(), worker.reactor(), stream, permit).await {
        // A task of its own, because this one keeps the memory that HTTP needed.
        worker.spawn(web_socket::chat(Rc::clone(&worker), upgraded));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use socket2::{Domain, Socket, Type};
    use std::net::SocketAddr;

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
