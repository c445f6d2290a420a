//! The server's network threads: each holds a hub and everything that needs
//! the runtime, and runs the tasks of its clients.

use std::cell::RefCell;
use std::future::Future;
use std::io;
use std::net::TcpListener;
use std::rc::{Rc, Weak};
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use guildhall_protocol::Request;
use smol::future::FutureExt as _;
use smol::{LocalExecutor, Timer};

use crate::close::Close;
use crate::config::Config;
use crate::connection::{self, Client};
use crate::frame::Form;
use crate::history::Saying;
use crate::hub::{Hub, LOBBY, SharedRoom};
use crate::listen;
use crate::member::Member;
use crate::memory::Memory;
use crate::reactor::Reactor;
use crate::session::v1::{Moment, V1Session};
use crate::signal::Signal;
use crate::socket::Socket;
use crate::threads::Threads;

/// How long clients have to leave when the server stops. The process is to end
/// within five seconds, and on a busy machine everything else takes one.
const STOP_WITHIN: Duration = Duration::from_secs(3);

/// The state of one network thread, shared by its tasks.
#[derive(Debug)]
pub(crate) struct Server {
    threads: Arc<Threads>,
    /// Which of them this is.
    thread: usize,
    reactor: Rc<Reactor>,
    hub: RefCell<Hub<Socket>>,
    /// Notified when a client is gone.
    departure: Signal,
    /// Notified when a room is to be told who came and left.
    news: Signal,
    /// Weak, because the executor's tasks hold the server.
    executor: Weak<LocalExecutor<'static>>,
}

/// Serves on `listeners` until `stop` is ready, then says goodbye to every
/// client and returns within five seconds. The calling thread is the first of
/// the network threads.
///
/// # Errors
///
/// Where the system gives us no threads, or no means to wait for sockets.
pub fn run(
    config: Config,
    listeners: Vec<TcpListener>,
    stop: impl Future<Output = ()> + 'static,
) -> io::Result<()> {
    let threads = Threads::new(config);
    let others: Vec<JoinHandle<io::Result<()>>> = (1..threads.config.threads.get())
        .map(|thread| {
            let threads = Arc::clone(&threads);
            thread::Builder::new()
                .name(format!("network-{thread}"))
                .spawn(move || run_thread(threads, thread, |_| Ok(())))
        })
        .collect::<io::Result<_>>()?;
    let result = run_thread(Arc::clone(&threads), 0, |server| {
        for listener in listeners {
            listener.set_nonblocking(true)?;
            let listener = mio::net::TcpListener::from_std(listener);
            let listener = server.reactor.register(listener)?;
            server.spawn(listen::accept(Arc::clone(&server.threads), listener));
        }
        let threads = Arc::clone(&server.threads);
        server.spawn(async move {
            stop.await;
            tracing::info!(clients = threads.gate.clients(), "shutting down");
            threads.stop();
        });
        Ok(())
    });
    // Also where the first failed, or the others would never end.
    threads.stop();
    for other in others {
        other
            .join()
            .unwrap_or_else(|panic| std::panic::resume_unwind(panic))?;
    }
    tracing::info!("stopped");
    result
}

/// Runs one network thread until the server stops.
fn run_thread(
    threads: Arc<Threads>,
    thread: usize,
    start: impl FnOnce(&Rc<Server>) -> io::Result<()>,
) -> io::Result<()> {
    let executor = Rc::new(LocalExecutor::new());
    let reactor = Reactor::new()?;
    let server = Rc::new(Server {
        hub: RefCell::new(Hub::new(Arc::clone(&threads.exchange), thread)),
        threads,
        thread,
        reactor: Rc::clone(&reactor),
        departure: Signal::default(),
        news: Signal::default(),
        executor: Rc::downgrade(&executor),
    });
    start(&server)?;
    server.spawn(listen::welcome(Rc::clone(&server)));
    server.spawn(fan_out(Rc::clone(&server)));
    server.spawn(tell_news(Rc::clone(&server)));
    server.spawn(sweep(Rc::clone(&server)));
    // A future of its own task: what is polled in `run` itself is polled again
    // at every wake-up of the thread.
    let stopped = executor.spawn(async move {
        server.threads.stopping(thread).await;
        server.stop().await;
    });
    reactor.block_on(executor.run(stopped))
}

impl Server {
    /// What all network threads share.
    pub(crate) fn threads(&self) -> &Arc<Threads> {
        &self.threads
    }

    /// The number of this thread.
    pub(crate) fn thread(&self) -> usize {
        self.thread
    }

    /// The thread's sockets.
    pub(crate) fn reactor(&self) -> &Rc<Reactor> {
        &self.reactor
    }

    /// The settings.
    pub(crate) fn config(&self) -> &Config {
        &self.threads.config
    }

    /// Runs a task on this thread, for as long as the server runs.
    pub(crate) fn spawn(&self, task: impl Future<Output = ()> + 'static) {
        if let Some(executor) = self.executor.upgrade() {
            executor.spawn(task).detach();
        }
    }

    /// A new client behind this socket. One of the tutorial's is in the lobby by
    /// the time it has its ID, see [`Hub::connect_to`].
    pub(crate) fn connect(&self, socket: Socket, form: Form) -> (Rc<Member<Socket>>, Client) {
        let max_waiting = self.config().max_waiting;
        let now = Instant::now();
        let mut hub = self.hub.borrow_mut();
        let (member, client) = match form {
            Form::Tutorial => {
                let waits = |member: &Rc<Member<Socket>>| self.spawn_drain(member);
                let (member, room) = hub
                    .connect_to(LOBBY, socket, max_waiting, now, waits)
                    .expect("there is always a place for the lobby");
                (member, Client::Tutorial(room))
            }
            Form::V1 => {
                let member = hub.connect_v1(socket, max_waiting, now);
                let heartbeat = self.config().deadlines.ping_after.as_secs();
                let heartbeat = u32::try_from(heartbeat).unwrap_or(u32::MAX);
                let session = V1Session::new(Rc::clone(&member), heartbeat);
                (member, Client::V1(Box::new(session)))
            }
        };
        self.after(&hub);
        (member, client)
    }

    /// Forgets a client, see [`Hub::disconnect`].
    pub(crate) fn disconnect(&self, id: u64) {
        self.hub.borrow_mut().disconnect(id);
        self.departure.notify();
    }

    /// Takes a client out of its rooms. Once is enough, and more does no harm.
    pub(crate) fn leave(&self, client: &mut Client, member: &Member<Socket>) {
        let mut hub = self.hub.borrow_mut();
        match client {
            Client::Tutorial(room) => hub.leave(room, member.id(), member, Instant::now()),
            Client::V1(session) => session.end(&mut hub, Instant::now()),
        }
        self.after(&hub);
    }

    /// As [`leave`](Self::leave), for a client that said it would not come back.
    pub(crate) fn say_goodbye(&self, client: &mut Client, member: &Member<Socket>) {
        if let Client::V1(session) = client {
            session.say_goodbye(&mut self.hub.borrow_mut(), Instant::now());
        }
        self.leave(client, member);
    }

    /// Says something in a room for a client of the tutorial.
    pub(crate) fn say(&self, room: &SharedRoom<Socket>, speaker: u64, text: &str) {
        let mut hub = self.hub.borrow_mut();
        let saying = Saying::plain(speaker, text, unix_millis());
        hub.say(room, speaker, &saying);
        self.after(&hub);
    }

    /// Does what a client of `guildhall.v1` asks for.
    pub(crate) fn handle(&self, session: &mut V1Session<Socket>, request: Request) {
        let mut hub = self.hub.borrow_mut();
        let at = Moment {
            now: Instant::now(),
            time: unix_millis(),
        };
        session.handle(&mut hub, request, at, |member| self.spawn_drain(member));
        self.after(&hub);
    }

    /// Wakes the tasks that have something to do now.
    fn after(&self, hub: &Hub<Socket>) {
        if hub.has_pending() {
            self.turn().notify();
        }
        if hub.has_news() {
            self.news.notify();
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

    /// Notified when something is to be fanned out.
    fn turn(&self) -> &Signal {
        self.threads.exchange.turn(self.thread)
    }

    /// Says goodbye to all, and waits until they are gone or had their time.
    async fn stop(&self) {
        self.hub
            .borrow_mut()
            .close_all(&Close::GOING_AWAY, Instant::now(), |member| {
                self.spawn_drain(member);
            });
        let all_gone = async {
            self.departure.until(|| self.hub.borrow().is_empty()).await;
            true
        };
        let out_of_time = async {
            Timer::after(STOP_WITHIN).await;
            false
        };
        if !all_gone.or(out_of_time).await {
            let clients = self.hub.borrow().len();
            tracing::warn!(clients, "clients that did not leave were cut off");
        }
    }
}

/// Takes turns: whenever something pends, all of it goes to all it is for.
async fn fan_out(server: Rc<Server>) {
    loop {
        server
            .turn()
            .until(|| server.hub.borrow().has_pending())
            .await;
        let mut hub = server.hub.borrow_mut();
        hub.fan_out(Instant::now(), |member| server.spawn_drain(member));
        server.after(&hub);
    }
}

/// Tells rooms who came and left, gathered for a short time.
async fn tell_news(server: Rc<Server>) {
    loop {
        server.news.until(|| server.hub.borrow().has_news()).await;
        Timer::after(server.config().news_every).await;
        let mut hub = server.hub.borrow_mut();
        hub.tell_news();
        server.after(&hub);
    }
}

/// Looks after everyone's deadlines, and memory: one timer for all
/// connections.
async fn sweep(server: Rc<Server>) {
    let mut memory = Memory::default();
    loop {
        Timer::after(server.config().sweep_every).await;
        let most = server.hub.borrow_mut().take_most();
        memory.clients(server.hub.borrow().len(), most);
        if server.thread == 0 {
            server.threads.exchange.sweep(Instant::now());
        }
        server
            .hub
            .borrow()
            .sweep(&server.config().deadlines, Instant::now(), |member| {
                server.spawn_drain(member);
            });
    }
}

/// The time, in milliseconds since 1970; 0 before.
fn unix_millis() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |since| {
        u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
    })
}
