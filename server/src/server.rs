//! A running server: it starts and stops the network threads, and passes each accepted
//! connection on to `http` and then to `web_socket`.

use std::future::Future;
use std::io;
use std::net::TcpListener;
use std::rc::Rc;
use std::sync::Arc;
use std::thread::{self, JoinHandle};

use smol::LocalExecutor;

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
    let is_loopback = listeners.iter().all(is_loopback);
    let threads = Threads::new(config, is_loopback);
    let others: Vec<JoinHandle<io::Result<()>>> = (1..threads.config.threads.get())
        .map(|thread| {
            let threads = Arc::clone(&threads);
            thread::Builder::new()
                .name(format!("network-{thread}"))
                .spawn(move || run_thread(threads, thread, |_| Ok(())))
        })
        .collect::<io::Result<_>>()?;
    let result = run_thread(Arc::clone(&threads), 0, |worker| {
        for listener in listeners {
            listener.set_nonblocking(true)?;
            let listener = mio::net::TcpListener::from_std(listener);
            let listener = worker.reactor().register(listener)?;
            worker.spawn(listen::accept(Arc::clone(worker.threads()), listener));
        }
        let threads = Arc::clone(worker.threads());
        worker.spawn(async move {
            stop.await;
            tracing::info!(clients = threads.gate.clients(), "shutting down");
            threads.stop();
        });
        Ok(())
    });
    // Also if this thread failed: the others would never end otherwise.
    threads.stop();
    for other in others {
        other
            .join()
            .unwrap_or_else(|panic| std::panic::resume_unwind(panic))?;
    }
    threads.log_limit.report();
    tracing::info!("stopped");
    result
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
    let reactor = Reactor::new()?;
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
