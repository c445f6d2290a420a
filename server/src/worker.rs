//! One network thread of a server: its hub, its sockets and its tasks. It reads the clocks
//! for the hub, and starts a task for each connection that the hub leaves with queued bytes.
//! `server` starts it, and `web_socket` calls it.

mod clients;
mod probes;
mod sweep;

use std::cell::{Cell, RefCell};
use std::future::Future;
use std::rc::{Rc, Weak};
use std::sync::Arc;
use std::time::{Duration, Instant};

use guildhall_protocol::Protocol;
use smol::future::FutureExt as _;
use smol::{LocalExecutor, Task, Timer, channel};

use crate::accounts::TokenError;
use crate::config::Config;
use crate::exposition;
use crate::hook::{Answer, HookFailure, Question};
use crate::hub::Hub;
use crate::journal::{Failure, Found, Read};
use crate::log_limit::LogKind;
use crate::metrics::ThreadMetrics;
use crate::net::reactor::Reactor;
use crate::net::socket::Socket;
use crate::net::verifier::Verified;
use crate::outgoing::connection::Connection;
use crate::outgoing::outbox::Wire as _;
use crate::session::{Acted, Handled, Received, Session};
use crate::sync::moment::Moment;
use crate::sync::notify::Notify;
use crate::threads::Threads;

/// How long clients have to disconnect when the server stops. The process has to end within
/// five seconds, and on a busy machine everything else takes one of them.
const STOP_WITHIN: Duration = Duration::from_secs(3);

/// How many connections are sent to, or swept, between two looks at the sockets: what
/// takes about half a millisecond. A room with more members is one piece all the same.
const CONNECTIONS_PER_TURN: usize = 512;

/// How many rooms' changes are told between two looks at the sockets.
const ROOMS_PER_TURN: usize = 64;

/// A sweep that comes so late was kept by a process that was paused.
const PAUSE: Duration = Duration::from_secs(1);

/// One network thread, shared by its tasks.
#[derive(Debug)]
pub(crate) struct Worker {
    threads: Arc<Threads>,
    /// The number of this thread.
    thread: usize,
    reactor: Rc<Reactor>,
    hub: RefCell<Hub<Socket>>,
    /// When the oldest of what is pending was read; `None` if that is not known.
    pending_since: Cell<Option<Instant>>,
    /// Notified when a connection was removed.
    departure: Notify,
    /// Notified when a room has changes among its members to tell.
    changes: Notify,
    /// Weak, because the executor's tasks hold the worker.
    executor: Weak<LocalExecutor<'static>>,
}

impl Worker {
    /// The worker of this thread. Its tasks run on `executor`.
    pub(crate) fn new(
        threads: Arc<Threads>,
        thread: usize,
        reactor: Rc<Reactor>,
        executor: &Rc<LocalExecutor<'static>>,
    ) -> Rc<Self> {
        Rc::new(Self {
            hub: RefCell::new(Hub::new(Arc::clone(&threads.shared), thread)),
            threads,
            thread,
            reactor,
            pending_since: Cell::new(None),
            departure: Notify::default(),
            changes: Notify::default(),
            executor: Rc::downgrade(executor),
        })
    }

    /// What all network threads share.
    pub(crate) fn threads(&self) -> &Arc<Threads> {
        &self.threads
    }

    /// The number of this thread.
    pub(crate) fn thread(&self) -> usize {
        self.thread
    }

    /// The counts of the thread.
    pub(crate) fn metrics(&self) -> &ThreadMetrics {
        self.reactor.metrics()
    }

    /// The reactor that waits for the thread's sockets.
    pub(crate) fn reactor(&self) -> &Rc<Reactor> {
        &self.reactor
    }

    /// Runs a task on this thread, for as long as the server runs.
    pub(crate) fn spawn(&self, task: impl Future<Output = ()> + 'static) {
        if let Some(executor) = self.executor.upgrade() {
            executor.spawn(task).detach();
        }
    }

    /// Runs a task on this thread for as long as the server runs and the returned value lives.
    pub(crate) fn spawn_held(&self, task: impl Future<Output = ()> + 'static) -> Option<Task<()>> {
        let executor = self.executor.upgrade();
        executor.map(|executor| executor.spawn(task))
    }

    /// Starts the tasks that every thread has: the fan-out, the telling of changes, the check
    /// of members by new rules, the answers to health checks, and the sweep. Called on the thread.
    pub(crate) fn start(self: &Rc<Self>) {
        self.spawn(fan_out(Rc::clone(self)));
        self.spawn(tell_changes(Rc::clone(self)));
        self.spawn(recheck(Rc::clone(self)));
        self.spawn(probes::answer(Rc::clone(self)));
        self.spawn(sweep::sweep(Rc::clone(self)));
        self.metrics().system_id.set(exposition::system_id());
    }

    /// Adds a connection over this socket, and the session of its client.
    pub(crate) fn connect(
        &self,
        socket: Socket,
        protocol: Protocol,
    ) -> (Rc<Connection<Socket>>, Session<Socket>) {
        let config = self.config();
        let at = Moment::present();
        self.metrics().count_connected(protocol);
        let heartbeat = config.deadlines.ping_after.as_secs();
        let heartbeat = u32::try_from(heartbeat).unwrap_or(u32::MAX);
        let limits = (config.max_waiting, heartbeat);
        self.step(|hub| Session::connect(hub, socket, protocol, limits, at))
    }

    /// Removes a connection, which has left its rooms before.
    pub(crate) fn disconnect(&self, connection: &Connection<Socket>) {
        self.hub.borrow_mut().disconnect(connection.id());
        self.departure.notify();
    }

    /// Handles a client's message, see [`Session::handle`].
    pub(crate) fn handle(
        &self,
        session: &mut Session<Socket>,
        message: Received,
        now: Instant,
    ) -> Handled<Received> {
        let at = Moment::of(now);
        let handled = self.step(|hub| session.handle(hub, message, at));
        if self.pending_since.get().is_none() && self.hub.borrow().has_pending() {
            self.pending_since.set(Some(now));
        }
        handled
    }

    /// Has the token in a message verified on another thread, and returns the result.
    pub(crate) async fn verify(&self, socket: &Socket, message: &Received) -> Verified {
        let accounts = self.threads.shared.accounts().get();
        let token = message.token().to_owned();
        // The wall clock, which is asked once: from now on the token's end is counted by the
        // other one.
        let seconds = Moment::present().unix_millis / 1_000;
        let verify = move || match &accounts.config.accounts {
            Some(accounts) => accounts.verify(&token, seconds),
            None => Err(TokenError::Signature),
        };
        let is_wanted = || !socket.is_gone();
        (self.threads.verifier)
            .verify(socket.network(), is_wanted, verify)
            .await
    }

    /// Handles a message whose token was verified, see [`Session::handle_verified`].
    pub(crate) fn handle_verified(
        &self,
        session: &mut Session<Socket>,
        message: &Received,
        verified: Verified,
    ) {
        let at = Moment::present();
        self.step(|hub| session.handle_verified(hub, message, verified, at));
    }

    /// Has something read from the journal on another thread, and returns what was found.
    pub(crate) async fn read(&self, read: Read) -> Result<Found, Failure> {
        let journal = self.threads.shared.journal().ok_or(Failure::Closed)?;
        let (done, found) = channel::bounded(1);
        journal.read(
            read,
            Box::new(move |found| {
                // Fails if the client is gone.
                let _ = done.try_send(found);
            }),
        );
        // A journal that is closed may drop what it was asked for.
        found.recv().await.unwrap_or(Err(Failure::Closed))
    }

    /// Handles a message for which something was read, see [`Session::handle_found`].
    pub(crate) fn handle_found(
        &self,
        session: &mut Session<Socket>,
        message: Received,
        found: Result<Found, Failure>,
    ) -> Handled<Received> {
        let at = Moment::present();
        self.step(|hub| session.handle_found(hub, message, found, at))
    }

    /// Has the game asked something by its hook, and returns the answer.
    pub(crate) async fn ask(&self, question: Question) -> Result<Answer, HookFailure> {
        let publication = self.threads.shared.publication();
        let Some(hook) = publication.as_ref().and_then(|it| it.hook.as_ref()) else {
            // There is no hook any more.
            return Ok(Answer::Accept);
        };
        let (done, answered) = channel::bounded(1);
        hook.game.ask(
            question,
            Box::new(move |answer| {
                // Fails if the client is gone.
                let _ = done.try_send(answer);
            }),
        );
        let dropped = || HookFailure::Failed("nobody asks the game any more".into());
        answered.recv().await.unwrap_or_else(|_| Err(dropped()))
    }

    /// Handles a message about which the game was asked, see [`Session::handle_answered`].
    pub(crate) fn handle_answered(
        &self,
        session: &mut Session<Socket>,
        message: Received,
        answer: Result<Answer, HookFailure>,
    ) -> Handled<Received> {
        let at = Moment::present();
        self.step(|hub| session.handle_answered(hub, message, answer, at))
    }

    /// Answers a message whose act was carried out, see [`Session::handle_acted`].
    pub(crate) fn handle_acted(
        &self,
        session: &mut Session<Socket>,
        message: &Received,
        acted: Acted,
    ) {
        let now = Instant::now();
        self.step(|hub| session.handle_acted(hub, message, acted, now));
    }

    /// Makes a client leave its rooms, see [`Session::end`].
    pub(crate) fn end(&self, session: &mut Session<Socket>) {
        self.step(|hub| session.end(hub, Instant::now()));
    }

    /// Makes a client that said goodbye leave its rooms, see [`Session::say_goodbye`].
    pub(crate) fn say_goodbye(&self, session: &mut Session<Socket>) {
        self.step(|hub| session.say_goodbye(hub, Instant::now()));
    }

    /// Starts a task that writes what is queued for a connection, if anything is and no task
    /// writes it yet.
    pub(crate) fn drain_if_queued(&self, connection: &Rc<Connection<Socket>>) {
        if connection.begin_drain() {
            self.spawn_drain(connection);
        }
    }

    /// Logs which clients of the tutorial were not told that their texts could not be kept.
    fn log_unsaid(&self) {
        for client in self.hub.borrow_mut().take_unsaid() {
            if self.threads.may_log(LogKind::Silenced) {
                let reason = "it could not be kept";
                tracing::info!(%client, reason, "{}", LogKind::Silenced.message());
            }
        }
    }

    /// Calls `act` with the hub, and then wakes or starts the tasks that have something to
    /// do. The caller reads the clocks that it needs: every message and every fan-out comes
    /// through here.
    fn step<T>(&self, act: impl FnOnce(&mut Hub<Socket>) -> T) -> T {
        let mut hub = self.hub.borrow_mut();
        let result = act(&mut hub);
        for connection in hub.take_needs_drain() {
            self.spawn_drain(&connection);
        }
        if hub.has_pending() {
            self.turn().notify();
        }
        if hub.has_changes() {
            self.changes.notify();
        }
        result
    }

    fn spawn_drain(&self, connection: &Rc<Connection<Socket>>) {
        self.spawn(drain(Rc::clone(connection)));
    }

    /// Notified when there is something to fan out.
    fn turn(&self) -> &Notify {
        self.threads.shared.mailboxes().turn(self.thread)
    }

    fn config(&self) -> &Config {
        &self.threads.config
    }

    /// Closes all connections, and waits until all of them have ended, and those of the other
    /// threads, for at most [`STOP_WITHIN`].
    pub(crate) async fn stop(&self) {
        let return_within = self.threads.return_within();
        self.step(|hub| hub.go_away(return_within, Instant::now()));
        let all_gone = async {
            let is_empty = || self.hub.borrow().is_empty();
            self.departure.until(is_empty).await;
            self.threads.note_done(self.thread);
            self.threads.all_done(self.thread).await;
            // Also those whose handshake had succeeded before.
            self.departure.until(is_empty).await;
        };
        let out_of_time = async {
            Timer::after(STOP_WITHIN).await;
        };
        all_gone.or(out_of_time).await;
        let clients = self.hub.borrow().len();
        if clients > 0 {
            tracing::warn!(clients, "clients that did not leave were cut off");
        }
    }
}

/// Writes what is queued for a connection as its socket takes it, until nothing is queued.
async fn drain(connection: Rc<Connection<Socket>>) {
    while !connection.drain(Instant::now()) {
        connection.wire().writable().await;
    }
    if connection.is_closed() {
        connection.wire().end_writing().await;
    }
}

/// Fans out whenever something is pending.
async fn fan_out(worker: Rc<Worker>) {
    loop {
        let has_pending = || worker.hub.borrow().has_pending();
        worker.turn().until(has_pending).await;
        let now = Instant::now();
        let since = worker.pending_since.take().unwrap_or(now);
        let sends = worker.step(|hub| hub.fan_out_to(CONNECTIONS_PER_TURN, now));
        worker.metrics().fan_out.record(since.elapsed());
        worker.reactor.add_sends(sends);
        worker.log_unsaid();
        if has_pending() {
            // The rooms that are left, which have waited for that long at least.
            worker.pending_since.set(Some(now));
            worker.reactor.rest().await;
        }
    }
}

/// Gathers the changes among the members of rooms for a short time, and tells them.
async fn tell_changes(worker: Rc<Worker>) {
    loop {
        let has_changes = || worker.hub.borrow().has_changes();
        worker.changes.until(has_changes).await;
        Timer::after(worker.config().tell_changes_every).await;
        // No more than these: later changes are gathered first.
        let rooms = worker.hub.borrow().changed_rooms();
        for _ in 0..rooms.div_ceil(ROOMS_PER_TURN) {
            worker.step(|hub| hub.tell_changes_of(ROOMS_PER_TURN));
            worker.reactor.rest().await;
        }
    }
}

/// Checks all members of rooms whenever the rules of rooms have changed.
async fn recheck(worker: Rc<Worker>) {
    loop {
        let has_changed = || worker.hub.borrow().has_to_recheck();
        worker
            .threads
            .rules_changed(worker.thread)
            .until(has_changed)
            .await;
        worker.step(Hub::take_rules);
        while worker.step(|hub| hub.recheck(CONNECTIONS_PER_TURN, Moment::present())) {
            worker.reactor.rest().await;
        }
    }
}
