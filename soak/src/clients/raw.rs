//! Clients without a session: those of the tutorial, and those of `guildhall.v1` that keep to no
//! limit.

use guildhall_protocol::{Join, RequestBody};
use guildhall_testing::v1_client::{hello, request, say};
use guildhall_testing::wire::{chat, parse_chat, parse_id};
use std::sync::atomic::Ordering;
use tungstenite::Message;

use crate::shared::Mode;
use crate::wire::{BROKEN, LEAVES, Wire};

use super::{FLOODS, Habit, Io, is_mixed};

/// How much a client that floods sends at once, if the socket takes it.
const BURST: u64 = 30;

/// How long the server takes for a burst of a client of the tutorial, which it lets wait, in
/// milliseconds. It reads on behind the client's end, so without this much would be left for later.
const BURST_LASTS: u64 = 20_000;

/// A client, over as many connections as it takes.
pub(super) struct Raw {
    number: usize,
    habit: Habit,
    wire: Option<Wire>,
    is_online: bool,
    /// When it does the next thing, in the clients' milliseconds.
    next: u64,
    stalled_until: u64,
    /// The ID of its last request.
    last_request: u64,
    said: u64,
}

impl Raw {
    pub(super) fn new(number: usize, habit: Habit) -> Self {
        Self {
            number,
            habit,
            wire: None,
            is_online: false,
            next: 0,
            stalled_until: 0,
            last_request: 0,
            said: 0,
        }
    }

    pub(super) fn turn(&mut self, io: &Io<'_>, is_ready: bool) -> bool {
        let now = io.shared.now();
        if io.shared.mode() >= Mode::Leaving {
            self.leave(io);
            return false;
        }
        let mut is_ready = is_ready;
        if self.stalled_until > 0 {
            if now < self.stalled_until && is_mixed(io.shared) {
                return true;
            }
            self.stalled_until = 0;
            is_ready = true;
        }
        let Some(wire) = &mut self.wire else {
            if self.next <= now {
                self.wire = Some(Wire::open(&io.dial, io.registry, io.token));
                self.next = now + 10_000;
            }
            return true;
        };
        if is_ready && wire.is_open() {
            wire.flush();
            self.read(io, now);
        }
        if let Some(code) = self.wire.as_ref().and_then(Wire::end) {
            self.ended(io, code, now);
        } else if self.next <= now {
            self.follow_habit(io, now);
        }
        true
    }

    fn read(&mut self, io: &Io<'_>, now: u64) {
        let is_v1 = self.habit == Habit::Flooder;
        while let Some(message) = self.wire.as_mut().and_then(Wire::read) {
            let Message::Binary(bytes) = message else {
                continue;
            };
            if is_v1 {
                continue;
            }
            if self.is_online {
                parse_chat(&bytes);
                io.shared.counts.chats.fetch_add(1, Ordering::Relaxed);
            } else {
                parse_id(&bytes);
                self.greeted(io, now);
            }
        }
        if is_v1 && !self.is_online {
            self.ask(RequestBody::Hello(hello("")));
            let room = FLOODS.into();
            self.ask(RequestBody::Join(Join {
                room,
                epoch: 0,
                seq: 0,
            }));
            self.greeted(io, now);
        }
    }

    fn greeted(&mut self, io: &Io<'_>, now: u64) {
        self.is_online = true;
        self.next = now + fastrand::u64(..5_000);
        io.shared.counts.online.fetch_add(1, Ordering::Relaxed);
    }

    fn ended(&mut self, io: &Io<'_>, code: u16, now: u64) {
        io.shared.note_end(code);
        self.leave(io);
        self.last_request = 0;
        self.next = now + fastrand::u64(500..4_000);
    }

    fn leave(&mut self, io: &Io<'_>) {
        if std::mem::take(&mut self.is_online) {
            io.shared.counts.online.fetch_sub(1, Ordering::Relaxed);
        }
        if let Some(wire) = self.wire.take() {
            wire.close(LEAVES);
        }
    }

    fn follow_habit(&mut self, io: &Io<'_>, now: u64) {
        if !self.is_online {
            // The server does not answer: another attempt.
            return self.ended(io, BROKEN, now);
        }
        self.next = now + fastrand::u64(5_000..15_000);
        if !is_mixed(io.shared) {
            return self.say();
        }
        match self.habit {
            Habit::GuestFlooder | Habit::Flooder => {
                self.next = match self.habit {
                    Habit::Flooder => now,
                    _ => now + BURST_LASTS,
                };
                for _ in 0..BURST {
                    if !self.wire.as_mut().is_some_and(Wire::flush) {
                        break;
                    }
                    self.say();
                }
            }
            Habit::GuestStaller => self.stalled_until = now + fastrand::u64(2_000..30_000),
            Habit::GuestBreaker => {
                if let Some(wire) = self.wire.take() {
                    wire.break_off();
                }
                self.ended(io, BROKEN, now);
            }
            _ => self.say(),
        }
    }

    fn say(&mut self) {
        self.said += 1;
        let text = format!("client {} says its line {}", self.number, self.said);
        if self.habit == Habit::Flooder {
            self.ask(say(FLOODS, &text));
        } else if let Some(wire) = &mut self.wire {
            wire.send(chat(0, &text));
        }
    }

    fn ask(&mut self, body: RequestBody) {
        self.last_request += 1;
        if let Some(wire) = &mut self.wire {
            wire.send(request(self.last_request, body));
        }
    }
}
