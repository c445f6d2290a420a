//! A user: a session, and all that it has emitted so far. Each event is checked: nothing
//! comes twice or out of order, and nothing is left out without a gap.

use std::collections::BTreeMap;

use guildhall_client::session::{
    Action, Event, FailReason, MessageKind, Recipient, RequestKind, Session, State,
};
use guildhall_client::{RequestId, UserId};

use crate::server::Logs;

/// The outcome of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    Pending,
    Sent,
    Uncertain,
    NotDone,
}

pub(crate) struct User {
    pub(crate) session: Session,
    name: String,
    /// The next line of each joined room: epoch and number.
    next: BTreeMap<String, (u32, u64)>,
    /// The number of the next whisper, and the client's ID that it counts for.
    pub(crate) next_whisper: (u64, UserId),
    /// The text and the outcome of each message.
    pub(crate) messages: BTreeMap<RequestId, (String, Outcome)>,
    /// The whispers that were received: the receiver's ID, the number and the text.
    pub(crate) whispers: Vec<(UserId, u64, String)>,
}

impl User {
    /// A guest, or a user with tokens.
    pub(crate) fn new(name: String, has_tokens: bool) -> Self {
        let mut session = Session::new(name.clone());
        if has_tokens {
            session.use_tokens();
        }
        session.connect(0);
        Self {
            session,
            name,
            next: BTreeMap::new(),
            next_whisper: (1, UserId(0)),
            messages: BTreeMap::new(),
            whispers: Vec::new(),
        }
    }

    fn text(&self, to: &str) -> String {
        format!("{} to {to}: {}", self.name, self.messages.len())
    }

    pub(crate) fn say(&mut self, room: &str) {
        let text = self.text(room);
        if let Ok(nonce) = self.session.say(room, &text, MessageKind::Text) {
            let before = self.messages.insert(nonce, (text, Outcome::Pending));
            assert_eq!(before, None);
        }
    }

    pub(crate) fn whisper(&mut self, to: &str) {
        let text = self.text(to);
        let nonce = self
            .session
            .whisper(Recipient::Name(to), &text, MessageKind::Text);
        if let Ok(nonce) = nonce {
            let before = self.messages.insert(nonce, (text, Outcome::Pending));
            assert_eq!(before, None);
        }
    }

    /// Checks all events, and returns all actions.
    pub(crate) fn drain(&mut self, logs: &Logs) -> Vec<Action> {
        while let Some(event) = self.session.next_event() {
            self.check(event, logs);
        }
        std::iter::from_fn(|| self.session.next_action()).collect()
    }

    fn check(&mut self, event: Event, logs: &Logs) {
        match event {
            Event::Joined {
                room,
                resumed: false,
                rejoined,
                first_seq,
                ..
            } => {
                let epoch = self.session.room(&room).expect("a joined room").epoch;
                let before = self.next.insert(room, (epoch, first_seq));
                assert_eq!(before.is_some(), rejoined);
            }
            Event::Left { room } | Event::Removed { room, .. } => drop(self.next.remove(&room)),
            Event::Gap { room, from, to } => {
                let (_, next) = self.next.get_mut(&room).expect("a joined room");
                assert_eq!((from, from <= to), (*next, true));
                *next = to + 1;
            }
            Event::Line(line) => {
                let next = self.next.get_mut(&line.room).expect("a joined room");
                assert_eq!((line.epoch, line.seq), *next);
                next.1 += 1;
                let log = &logs[&(line.room, line.epoch)];
                let said = &log[usize::try_from(line.seq - 1).expect("a small number")];
                assert_eq!((UserId(said.sender), &said.text), (line.sender, &line.text));
                assert_eq!(line.own, Some(UserId(said.sender)) == self.session.id());
            }
            Event::Welcomed { id, resumed, .. } => {
                if !resumed {
                    self.next_whisper = (1, id);
                }
                assert_eq!(self.next_whisper.1, id);
            }
            Event::WhisperGap { from, to } => {
                assert_eq!((from, from <= to), (self.next_whisper.0, true));
                self.next_whisper.0 = to + 1;
            }
            Event::Whisper { line, .. } => {
                assert_eq!(line.seq, self.next_whisper.0);
                self.next_whisper.0 += 1;
                let id = self.next_whisper.1;
                self.whispers.push((id, line.seq, line.text));
            }
            Event::Sent { nonce } => {
                let known_to_fail = [Outcome::Pending, Outcome::Uncertain];
                self.settle(nonce, &known_to_fail, Outcome::Sent);
            }
            Event::Failed { nonce, reason } => {
                let outcome = match reason {
                    FailReason::Uncertain => Outcome::Uncertain,
                    _ => Outcome::NotDone,
                };
                self.settle(nonce, &[Outcome::Pending], outcome);
            }
            Event::RequestFailed {
                request: RequestKind::Hello | RequestKind::Refresh,
                reason: FailReason::Refused(error),
                ..
            } => assert_eq!(error.code, 19),
            Event::RequestFailed { .. } | Event::NameRefused(_) | Event::BadMessage(_) => {
                panic!("{event:?}")
            }
            _ => {}
        }
    }

    fn settle(&mut self, nonce: RequestId, from: &[Outcome], to: Outcome) {
        let (_, outcome) = self.messages.get_mut(&nonce).expect("an own message");
        assert!(from.contains(outcome), "{nonce}: {outcome:?} to {to:?}");
        *outcome = to;
    }

    /// Whether the user is online and in all wanted rooms, and has nothing to send again.
    pub(crate) fn is_settled(&self, now: u64) -> bool {
        let is_joined = self.session.rooms().all(|room| room.joined);
        // A message that was refused for now is due soon, and the heartbeat is not.
        let is_quiet = self.session.wake_at().is_some_and(|at| at > now + 1_000);
        *self.session.state() == State::Online && is_joined && is_quiet
    }

    /// The next line that is expected of each room.
    pub(crate) fn next(&self) -> &BTreeMap<String, (u32, u64)> {
        &self.next
    }
}
