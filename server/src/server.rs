//! The server on its one network thread: holds the hub and everything that
//! needs the runtime, and runs the tasks.

use std::cell::{Cell, RefCell};
use std::future::Future;
use std::net::TcpListener;
use std::rc::{Rc, Weak};
use std::time::{Duration, Instant};

use smol::future::FutureExt as _;
use smol::{LocalExecutor, Timer};

use crate::close::Close;
use crate::config::Config;
use crate::connection;
use crate::gate::Gate;
use crate::hub::{Hub, SharedRoom};
use crate::listen;
use crate::member::Member;
use crate::memory::Memory;
use crate::reactor::Reactor;
use crate::signal::Signal;
use crate::socket::Socket;

/// How long clients have to leave when the server stops. The process is to end
/// within five seconds, and on a busy machine everything else takes one.
const STOP_WITHIN: Duration = Duration::from_secs(3);

/// A server's state, shared by the tasks of its thread.
#[derive(Debug)]
pub(crate) struct Server {
    config: Config,
    hub: RefCell<Hub<Socket>>,
    gate: Rc<Gate>,
    /// Notified when something is to be fanned out.
    turn: Signal,
    stopping: Cell<bool>,
    /// Weak, because the executor's tasks hold the server.
    executor: Weak<LocalExecutor<'static>>,
}

/// Serves on `listeners` until `stop` is ready, then says goodbye to every
/// client and returns within five seconds.
///
/// # Errors
///
/// Where the system gives us no means to wait for sockets.
pub fn run(
    config: Config,
    listeners: Vec<TcpListener>,
    stop: impl Future<Output = ()> + 'static,
) -> std::io::Result<()> {
    let executor = Rc::new(LocalExecutor::new());
    let reactor = Reactor::new()?;
    let server = Rc::new(Server {
        gate: Gate::new(config.caps),
        config,
        hub: RefCell::default(),
        turn: Signal::default(),
        stopping: Cell::new(false),
        executor: Rc::downgrade(&executor),
    });
    for listener in listeners {
        listener.set_nonblocking(true)?;
        let listener = reactor.register(mio::net::TcpListener::from_std(listener))?;
        let accept = listen::accept(Rc::clone(&server), Rc::clone(&reactor), listener);
        server.spawn(accept);
    }
    server.spawn(fan_out(Rc::clone(&server)));
    server.spawn(sweep(Rc::clone(&server)));
    // A future of its own task: what is polled in `run` itself is polled again
    // at every wake-up of the thread.
    let stopped = executor.spawn(async move {
        stop.await;
        server.stop().await;
    });
    reactor.block_on(executor.run(stopped))
}

impl Server {
    /// The settings.
    pub(crate) fn config(&self) -> &Config {
        &self.config
    }

    /// Who may come in.
    pub(crate) fn gate(&self) -> &Rc<Gate> {
        &self.gate
    }

    /// Whether the server takes no new clients because it stops.
    pub(crate) fn is_stopping(&self) -> bool {
        self.stopping.get()
    }

    /// Runs a task on this thread, for as long as the server runs.
    pub(crate) fn spawn(&self, task: impl Future<Output = ()> + 'static) {
        if let Some(executor) = self.executor.upgrade() {
            executor.spawn(task).detach();
        }
    }

    /// A new client behind this socket, see [`Hub::connect`].
    pub(crate) fn connect(&self, socket: Socket) -> Rc<Member<Socket>> {
        let hub = self.hub.borrow();
        hub.connect(socket, self.config.max_waiting, Instant::now(), |member| {
            self.spawn_drain(member);
        })
    }

    /// Forgets a client, see [`Hub::disconnect`].
    pub(crate) fn disconnect(&self, id: u64) {
        self.hub.borrow().disconnect(id);
    }

    /// Puts a client into a room, see [`Hub::join`].
    pub(crate) fn join(&self, room: &str, member: &Rc<Member<Socket>>) -> SharedRoom<Socket> {
        self.hub.borrow_mut().join(room, Rc::clone(member))
    }

    /// Takes a client out of a room, see [`Hub::leave`].
    pub(crate) fn leave(&self, room: &str, id: u64) {
        self.hub.borrow_mut().leave(room, id);
    }

    /// Says something in a room, see [`Hub::say`].
    pub(crate) fn say(&self, room: &SharedRoom<Socket>, speaker: u64, text: String) {
        if self.hub.borrow_mut().say(room, speaker, text) {
            self.turn.notify();
        }
    }

    /// Has what waits for `member` written by a task, if nobody does yet.
    pub(crate) fn drain_if_waiting(&self, member: &Rc<Member<Socket>>) {
        if member.begin_drain() {
            self.spawn_drain(member);
        }
    }

    fn spawn_drain(&self, member: &Rc<Member<Socket>>) {
        let member = Rc::clone(member);
        self.spawn(async move { connection::drain(&member).await });
    }

    /// Says goodbye to all, and waits until they are gone or had their time.
    async fn stop(&self) {
        self.stopping.set(true);
        tracing::info!(clients = self.gate.clients(), "shutting down");
        self.hub
            .borrow_mut()
            .close_all(&Close::GOING_AWAY, Instant::now(), |member| {
                self.spawn_drain(member);
            });
        let all_gone = async {
            self.gate.emptied().await;
            true
        };
        let out_of_time = async {
            Timer::after(STOP_WITHIN).await;
            false
        };
        if !all_gone.or(out_of_time).await {
            let clients = self.gate.clients();
            tracing::warn!(clients, "clients that did not leave were cut off");
        }
        tracing::info!("stopped");
    }
}

/// Takes turns: whenever something pends, all of it goes to all it is for.
async fn fan_out(server: Rc<Server>) {
    loop {
        server
            .turn
            .until(|| server.hub.borrow().has_pending())
            .await;
        server
            .hub
            .borrow_mut()
            .fan_out(Instant::now(), |member| server.spawn_drain(member));
    }
}

/// Looks after everyone's deadlines, and memory: one timer for all
/// connections.
async fn sweep(server: Rc<Server>) {
    let mut memory = Memory::default();
    loop {
        Timer::after(server.config.sweep_every).await;
        memory.clients(server.gate.clients());
        server
            .hub
            .borrow()
            .sweep(&server.config.deadlines, Instant::now(), |member| {
                server.spawn_drain(member);
            });
    }
}
