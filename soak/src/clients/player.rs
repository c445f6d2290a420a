//! A client of `guildhall.v1` with the session that players' clients have: it comes back by itself,
//! resumes, and fetches what it has missed.

mod habits;

use std::collections::HashMap;
use std::mem::take;
use std::sync::atomic::Ordering;

use guildhall_client::RequestId;
use guildhall_client::session::{Action, Event, FailReason, Session, State};
use tungstenite::Message;

use crate::shared::{Mode, locked};
use crate::wire::{BROKEN, Wire};

use super::{FLOODS, Habit, Io, LOBBY, Observer, is_mixed, rooms};

/// A player.
pub(super) struct Player {
    number: usize,
    habit: Habit,
    /// How many clients there are.
    clients: usize,
    /// The room in which it talks.
    room: String,
    session: Session,
    /// How many sessions it has begun by itself: each has another name.
    incarnation: u64,
    wire: Option<Wire>,
    /// Whether the session knows that the socket is open.
    is_open: bool,
    is_online: bool,
    /// Whether the session was welcomed before.
    is_known: bool,
    /// When it does the next thing, in the clients' milliseconds.
    next: u64,
    /// When it leaves, if it does.
    leaves_at: u64,
    stalled_until: u64,
    said: u64,
    /// Its newest own line.
    own_line: u64,
    /// The whispers that have no answer: to which observer, and the text.
    whispers: HashMap<RequestId, (usize, String)>,
    observer: Option<Box<Observer>>,
}

/// The name of an observer.
fn observer_name(number: usize) -> String {
    format!("Observer {number}")
}

impl Player {
    pub(super) fn new(number: usize, clients: usize, habit: Habit, seed: u64) -> Self {
        let all = rooms(clients);
        let observer = (habit == Habit::Observer).then(|| Box::new(Observer::new(number)));
        let mut player = Self {
            number,
            habit,
            clients,
            room: all[number % all.len()].clone(),
            session: Session::new(""),
            incarnation: seed % 1000,
            wire: None,
            is_open: false,
            is_online: false,
            is_known: false,
            next: 0,
            leaves_at: 0,
            stalled_until: 0,
            said: 0,
            own_line: 0,
            whispers: HashMap::new(),
            observer,
        };
        player.begin(0);
        player
    }

    /// All that an observer has heard.
    pub(super) fn observer(self) -> Option<Observer> {
        self.observer.map(|observer| *observer)
    }

    /// Begins a session.
    fn begin(&mut self, now: u64) {
        self.incarnation += 1;
        let name = match self.habit {
            Habit::Observer => observer_name(self.number),
            habit => format!("{habit:?} {} {}", self.number, self.incarnation),
        };
        self.session = Session::new(name);
        self.session.join(&self.room);
        match self.habit {
            Habit::Observer => {
                self.session.join(FLOODS);
                self.session.join(LOBBY);
            }
            Habit::Staller => self.session.join(FLOODS),
            _ => {}
        }
        self.leaves_at = match self.habit {
            Habit::Goer => now + fastrand::u64(2_000..15_000),
            _ => u64::MAX,
        };
        (self.own_line, self.is_known) = (0, false);
        // Not all at the same moment.
        self.next = now + fastrand::u64(..2_000);
    }

    pub(super) fn turn(&mut self, io: &Io<'_>, is_ready: bool) -> bool {
        let now = io.shared.now();
        let mut is_ready = is_ready;
        if self.stalled_until > 0 {
            if now < self.stalled_until && is_mixed(io.shared) {
                return true;
            }
            self.stalled_until = 0;
            is_ready = true;
        }
        if self.session.wake_at().is_some_and(|due| due <= now) {
            self.session.tick(now, fastrand::f64());
        }
        if io.shared.mode() >= Mode::Leaving {
            if !self.goes_on_leaving(io, now) {
                return false;
            }
        } else if self.next <= now {
            self.follow_habit(io, now);
        }
        self.say_for_the_round(io);
        self.act(io, now);
        if is_ready {
            self.read(now);
        }
        if let Some(code) = self.wire.as_ref().and_then(Wire::end) {
            io.shared.note_end(code);
            self.lost(code, now);
        }
        self.note_events(io, now);
        self.act(io, now);
        true
    }

    /// Leaves, unless it is an observer: that one first waits for its answers and for what it has
    /// not heard. Returns whether it stays.
    fn goes_on_leaving(&mut self, io: &Io<'_>, now: u64) -> bool {
        let Some(observer) = &mut self.observer else {
            self.leave(io, now);
            return false;
        };
        let has_all = observer.waiting.is_empty() && self.session.rooms().all(|it| it.joined);
        if has_all && !take(&mut observer.has_answered) {
            io.shared.answered.fetch_add(1, Ordering::SeqCst);
        }
        observer.has_answered |= has_all;
        if io.shared.mode() < Mode::Ending {
            return true;
        }
        let ends = locked(&io.shared.ends);
        let has_heard = self.session.rooms().all(|room| {
            let end = ends.get(&room.name).copied().unwrap_or_default();
            room.last_seq >= end
        });
        drop(ends);
        if has_heard {
            self.leave(io, now);
        }
        !has_heard
    }

    /// Leaves with a word, or without one.
    fn leave(&mut self, io: &Io<'_>, now: u64) {
        if fastrand::bool() {
            self.session.close();
            self.act(io, now);
        }
        self.wire = None;
        if take(&mut self.is_online) {
            io.shared.counts.online.fetch_sub(1, Ordering::Relaxed);
        }
    }

    /// Does what the session wants.
    fn act(&mut self, io: &Io<'_>, now: u64) {
        while let Some(action) = self.session.next_action() {
            match action {
                Action::Open => {
                    self.is_open = false;
                    self.wire = Some(Wire::open(&io.dial, io.registry, io.token));
                    if self.wire.as_ref().is_some_and(|wire| wire.end().is_some()) {
                        self.lost(BROKEN, now);
                    }
                }
                Action::Send(bytes) => {
                    if let Some(wire) = &mut self.wire {
                        wire.send(bytes);
                    }
                }
                Action::Close(code) => {
                    if let Some(wire) = self.wire.take() {
                        wire.close(code);
                    }
                }
            }
        }
    }

    fn lost(&mut self, code: u16, now: u64) {
        self.wire = None;
        self.session.closed(code, "", now, fastrand::f64());
    }

    /// Reads all that has arrived.
    fn read(&mut self, now: u64) {
        let Some(wire) = &mut self.wire else {
            return;
        };
        if !wire.is_open() {
            return;
        }
        if !self.is_open {
            self.is_open = true;
            self.session.opened(now);
        }
        wire.flush();
        while let Some(message) = wire.read() {
            if let Message::Binary(bytes) = message {
                self.session.received(&bytes, now);
            }
        }
    }

    fn note_events(&mut self, io: &Io<'_>, now: u64) {
        let counts = &io.shared.counts;
        while let Some(event) = self.session.next_event() {
            match event {
                Event::State(state) => self.note_state(io, state, now),
                Event::Welcomed { resumed, .. } => {
                    if std::mem::replace(&mut self.is_known, true) {
                        let counter = if resumed {
                            &counts.resumed
                        } else {
                            &counts.lost_sessions
                        };
                        counter.fetch_add(1, Ordering::Relaxed);
                        if let Some(observer) = &mut self.observer {
                            observer.has_lost_session |= !resumed;
                        }
                    }
                }
                Event::Line(line) => {
                    let said = (line.sender.0, line.time);
                    (io.shared).hear(&line.room, (line.epoch, line.seq), said);
                    if line.own {
                        self.own_line = line.seq;
                    }
                    if let Some(observer) = &mut self.observer {
                        io.shared.newest_time.store(line.time, Ordering::Relaxed);
                        observer.hear(line);
                    }
                }
                Event::Whisper { line, own: false } => {
                    if let Some(observer) = &mut self.observer {
                        let text = line.text.clone();
                        assert!(observer.whispers.insert(line.text), "{text} has come twice");
                    }
                }
                Event::Sent { nonce } => {
                    counts.acknowledged.fetch_add(1, Ordering::Relaxed);
                    if let Some(whisper) = self.whispers.remove(&nonce) {
                        locked(&io.shared.whispers).insert(whisper);
                    }
                    self.acknowledged(io, nonce);
                }
                Event::Failed { nonce, reason } | Event::ChangeFailed { nonce, reason, .. } => {
                    counts.failed.fetch_add(1, Ordering::Relaxed);
                    self.whispers.remove(&nonce);
                    if let Some(observer) = &mut self.observer {
                        observer.fail(nonce, reason == FailReason::Uncertain);
                    }
                }
                Event::Gap { room, from, to } => {
                    counts.missed.fetch_add(to - from + 1, Ordering::Relaxed);
                    let is_observer = self.observer.is_some();
                    assert!(
                        !is_observer,
                        "{} misses {from} to {to} of {room}",
                        self.number
                    );
                }
                Event::WhisperGap { from, to } => {
                    let is_observer = self.observer.is_some();
                    assert!(
                        !is_observer,
                        "{} misses whispers {from} to {to}",
                        self.number
                    );
                }
                Event::BadMessage(problem) => panic!("{problem}"),
                other => {
                    if let Some(observer) = &mut self.observer {
                        observer.note_change(other);
                    }
                }
            }
        }
    }

    fn acknowledged(&mut self, io: &Io<'_>, nonce: RequestId) {
        let Some(observer) = &mut self.observer else {
            return;
        };
        observer.acknowledge(nonce);
        if observer.round_line == Some(nonce) {
            observer.round_line = None;
            observer.round = io.shared.round.load(Ordering::SeqCst);
            io.shared.rounds_done.fetch_add(1, Ordering::SeqCst);
        }
    }

    fn note_state(&mut self, io: &Io<'_>, state: State, now: u64) {
        let is_online = state == State::Online;
        if is_online != self.is_online {
            self.is_online = is_online;
            let online = &io.shared.counts.online;
            if is_online {
                online.fetch_add(1, Ordering::Relaxed);
            } else {
                online.fetch_sub(1, Ordering::Relaxed);
            }
        }
        if let State::Closed { code, reason } = state {
            let is_observer = self.observer.is_some();
            let is_over = io.shared.mode() < Mode::Leaving;
            assert!(
                !is_observer || !is_over,
                "observer {} does not come back: {code} {reason}",
                self.number
            );
            self.begin(now);
            self.next = now + fastrand::u64(1_000..4_000);
        }
    }
}
