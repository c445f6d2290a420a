//! A durable room: its journal numbers and keeps what is said there, and the room fans out what
//! the journal has decided, as it does with lines of other threads.
//!
//! The lines that the journal was handed wait here, in the same order, each with its speaker's
//! connection. Each line is answered once: by the speaker's own copy, by a reply that it is
//! repeated, or by an error.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, mpsc};

use bytes::BytesMut;
use guildhall_protocol::{ErrorCode, Line, Packet, Repeated, ReplyResult, RequestError};

use crate::ids::{ConnectionId, Epoch, RequestId, Seq, UserId};
use crate::journal::change;
use crate::journal::{ChangeError, Decision, Entry, Failure, Journal, KeptRoom, NewLine, Ordered};
use crate::outgoing::frame;
use crate::shared::history::NewMessage;
use crate::shared::inbox::OwnLine;
use crate::shared::join::Position;
use crate::shared::mailbox::ThreadMessage;
use crate::shared::subscriber_kind::SubscriberKind;
use crate::shared::user::session::{ConnectionRef, UserSession};

use super::changes::{Changing, change_error};
use super::{Inner, RoomHandle, RoomState};

/// How many lines of one connection may wait in a room before its next one has to wait.
const MAX_OWN: usize = 64;

/// After how many milliseconds a client may send again what could not be kept.
pub(crate) const RETRY_MILLIS: u32 = 1_000;

/// The kept buffer of a map that is empty may be for this many connections.
const KEEP_OWN: usize = 256;

/// How a durable room begins.
#[derive(Debug)]
pub(crate) struct Durable {
    /// The journal.
    pub(crate) journal: Arc<dyn Journal>,
    /// The part that the journal has kept of the room. `None`: nothing was ever said there.
    pub(crate) kept: Option<KeptRoom>,
}

/// The speaker of a line in a durable room.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Speaking<'a> {
    /// The speaker's connection, on the thread that hands the line over.
    pub(crate) connection: ConnectionId,
    /// Its session, which knows the line's ID as waiting. `None` for a client of the tutorial.
    pub(crate) session: Option<&'a Arc<UserSession>>,
    /// The change, if the line is one.
    pub(crate) changing: Option<Changing>,
}

/// The lines that the journal was handed and has not decided, the oldest first.
#[derive(Debug, Default)]
pub(super) struct Undecided {
    lines: VecDeque<Waiting>,
    /// How many of them each connection has said.
    own: HashMap<ConnectionId, usize>,
}

/// A line that waits for its decision.
#[derive(Debug)]
pub(super) struct Waiting {
    by: Waiter,
    nonce: RequestId,
    changing: Option<Changing>,
}

/// Why something that came over no connection is not in the room.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NotAdded {
    /// The journal does not keep it.
    #[error(transparent)]
    NotKept(#[from] Failure),
    /// It is a change that is not possible.
    #[error(transparent)]
    Impossible(#[from] ChangeError),
}

impl NotAdded {
    /// Nobody tells the outcome any more.
    pub(crate) const CLOSED: Self = Self::NotKept(Failure::Closed);
}

/// The outcome for something that was said over no connection: its position, or why it is not
/// there.
pub(crate) type Outcome = Result<Position, NotAdded>;

/// The sender of an outcome to whoever waits for it.
pub(crate) type OutcomeSender = mpsc::Sender<Outcome>;

/// Whoever waits for a decision.
#[derive(Debug)]
pub(super) enum Waiter {
    /// A client.
    Client {
        connection: ConnectionRef,
        session: Option<Arc<UserSession>>,
    },
    /// Whoever has said it over no connection.
    Outside(OutcomeSender),
}

impl Waiting {
    /// Something that is said over no connection.
    pub(super) fn outside(outcome: OutcomeSender) -> Self {
        Self {
            by: Waiter::Outside(outcome),
            nonce: RequestId::NONE,
            changing: None,
        }
    }
}

/// The answers about lines of a journal: frames, and whose lines they are.
#[derive(Debug, Default)]
struct Decided {
    frames: [BytesMut; SubscriberKind::COUNT],
    /// By the threads of their speakers.
    own: Vec<(usize, OwnLine)>,
}

impl Durable {
    pub(super) fn into_parts(self) -> (Option<Arc<dyn Journal>>, Option<KeptRoom>) {
        (Some(self.journal), self.kept)
    }
}

impl RoomState {
    /// Whether lines wait for their decision. The room has to be kept for them.
    pub(crate) fn has_undecided(&self) -> bool {
        self.journal.is_some() && !self.lock().undecided.is_empty()
    }

    /// Sends a packet to one connection.
    fn deliver(&self, to: ConnectionRef, packet: &Packet) {
        let frames = frame::packet(packet);
        self.mailboxes.deliver(to.thread, to.id, frames);
    }

    /// Answers a request: it is stored already.
    fn answer_repeated(&self, to: ConnectionRef, nonce: RequestId) {
        self.deliver(to, &frame::reply(nonce, ReplyResult::Repeated(Repeated {})));
    }

    /// Takes over a line that is kept: it gets its place in the history, and among what is sent.
    fn store(&self, inner: &mut Inner, line: &Line, waiting: &Waiting, decided: &mut Decided) {
        let [tutorial, v1, _] = &mut decided.frames;
        inner.history.append_numbered(line, v1);
        let start = tutorial.len();
        let is_shown = line.change.is_none() && inner.has_subscribers(SubscriberKind::Tutorial);
        if is_shown {
            frame::put_chat(tutorial, line.sender, &line.text);
        }
        let (connection, session) = match &waiting.by {
            Waiter::Client {
                connection,
                session,
            } => (*connection, session),
            Waiter::Outside(outcome) => {
                let position = Position {
                    epoch: self.epoch,
                    seq: Seq(line.seq),
                };
                // Fails if nobody waits for it any more.
                let _ = outcome.send(Ok(position));
                return;
            }
        };
        if let Some(session) = session {
            session.decide(waiting.nonce, true);
        }
        let ConnectionRef { thread, id } = connection;
        if inner.presence.is_over(UserId(line.sender), id) {
            let own = OwnLine {
                connection: id,
                nonce: waiting.nonce,
                bytes: start..tutorial.len(),
            };
            decided.own.push((thread, own));
        } else if session.is_some() {
            // It gets no copy, because it is not in the room any more.
            self.answer_repeated(connection, waiting.nonce);
        }
    }

    /// Refuses a line that is not kept.
    fn refuse(&self, to: ConnectionRef, nonce: RequestId, error: RequestError) {
        self.deliver(to, &frame::reply(nonce, ReplyResult::Error(error)));
    }

    fn decide(
        &self,
        inner: &mut Inner,
        waiting: &Waiting,
        decision: Decision,
        decided: &mut Decided,
    ) {
        let decision = match decision {
            Decision::Stored { line, changed } => {
                if let Some(changed) = changed {
                    inner.history.overwrite(&changed);
                }
                if change::sweeps(&line) {
                    inner.history.sweep(&line);
                    inner.sweeps.note(&line);
                }
                return self.store(inner, &line, waiting, decided);
            }
            other => other,
        };
        let (connection, session) = match &waiting.by {
            Waiter::Client {
                connection,
                session,
            } => (*connection, session),
            Waiter::Outside(outcome) => {
                let result = match decision {
                    Decision::Failed(failure) => Err(failure.into()),
                    Decision::Refused(why) => Err(why.into()),
                    // Its line is there, and nobody knows where.
                    Decision::Repeated | Decision::Stored { .. } => Ok(Position {
                        epoch: self.epoch,
                        seq: Seq(0),
                    }),
                };
                let _ = outcome.send(result);
                return;
            }
        };
        match (decision, session) {
            (Decision::Repeated, Some(session)) => {
                session.decide(waiting.nonce, true);
                self.answer_repeated(connection, waiting.nonce);
            }
            (Decision::Refused(refused), Some(session)) => {
                session.decide(waiting.nonce, false);
                if let Some(changing) = &waiting.changing {
                    let error = change_error(refused, &self.name, changing);
                    self.refuse(connection, waiting.nonce, error);
                }
            }
            (Decision::Failed(_), Some(session)) => {
                session.fail(&self.name, waiting.nonce);
                self.refuse(connection, waiting.nonce, unavailable(Some(&self.name)));
            }
            (Decision::Failed(_), None) => {
                let ConnectionRef { thread, id } = connection;
                self.mailboxes.send(thread, ThreadMessage::Unsaid(id));
            }
            // A line that has no ID is no repeat and no change.
            (Decision::Repeated | Decision::Refused(_) | Decision::Stored { .. }, _) => {}
        }
    }
}

impl Ordered for RoomState {
    fn name(&self) -> &Arc<str> {
        &self.name
    }

    fn epoch(&self) -> Epoch {
        self.epoch
    }

    fn decided(&self, decisions: Vec<Decision>) {
        let inner = &mut *self.lock();
        let mut decided = Decided::default();
        if let Some(journal) = &self.journal
            && decisions
                .iter()
                .any(|one| matches!(one, Decision::Failed(_)))
        {
            journal.refuse_waiting();
        }
        for decision in decisions {
            let Some(waiting) = inner.undecided.pop() else {
                debug_assert!(false, "each decision is about a line that waits");
                break;
            };
            self.decide(inner, &waiting, decision, &mut decided);
        }
        let Decided { mut frames, own } = decided;
        if inner.has_subscribers(SubscriberKind::V1Unlisted) {
            // The same frames: only what is told of members is not the same.
            let [_, v1, unlisted] = &mut frames;
            unlisted.extend_from_slice(v1);
        }
        for (thread, line) in own {
            inner.inboxes[thread].put_own(line);
        }
        self.put_into_all(inner, &mut frames);
    }
}

impl RoomHandle {
    /// Whether the room's lines are kept by a journal, which has to be handed what is said.
    pub(crate) fn is_durable(&self) -> bool {
        self.state.journal.is_some()
    }

    /// Hands `message` to the journal of a durable room. Does nothing in another room.
    pub(crate) fn hand_over(&self, speaking: Speaking<'_>, message: &NewMessage<'_>) {
        let Some(journal) = &self.state.journal else {
            return;
        };
        let line = Box::new(message.line(self.name(), self.state.epoch));
        let waiting = Waiting {
            by: Waiter::Client {
                connection: ConnectionRef {
                    thread: self.thread,
                    id: speaking.connection,
                },
                session: speaking.session.cloned(),
            },
            nonce: message.nonce,
            changing: speaking.changing,
        };
        let changing = speaking.changing;
        let may_change_others = changing.is_some_and(|changing| changing.may_change_others);
        let room = Arc::clone(&self.state) as Arc<dyn Ordered>;
        // Under the lock, so that both have the same order.
        let mut inner = self.lock();
        inner.undecided.push(waiting);
        journal.append(Entry::Line(NewLine {
            room,
            line,
            may_change_others,
        }));
    }

    /// Whether this connection cannot say anything in a durable room now: its journal is full,
    /// or too much of what it has said waits. False in another room.
    pub(crate) fn has_to_wait(&self, connection: ConnectionId) -> bool {
        let Some(journal) = &self.state.journal else {
            return false;
        };
        journal.is_full() || self.lock().undecided.of(connection) >= MAX_OWN
    }

    /// Whether lines that this connection has said wait for their decision.
    pub(crate) fn has_undecided(&self, connection: ConnectionId) -> bool {
        self.is_durable() && self.lock().undecided.of(connection) > 0
    }

    /// Takes the lines of this thread's connections among what was taken from the inbox.
    pub(crate) fn take_own(&self) -> Vec<OwnLine> {
        std::mem::take(&mut *self.own.borrow_mut())
    }

    /// Answers the lines of a connection that leaves the room. It does not get those that are
    /// decided and that it has not got, and each that waits is answered when it is decided.
    pub(super) fn answer_undecided(&self, inner: &mut Inner, connection: ConnectionId) {
        let to = ConnectionRef {
            thread: self.thread,
            id: connection,
        };
        for nonce in inner.inboxes[self.thread].disown(connection) {
            if nonce.is_valid() {
                self.state.answer_repeated(to, nonce);
            }
        }
    }
}

impl Undecided {
    pub(super) fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    fn of(&self, connection: ConnectionId) -> usize {
        self.own.get(&connection).copied().unwrap_or(0)
    }

    pub(super) fn push(&mut self, waiting: Waiting) {
        if let Waiter::Client { connection, .. } = &waiting.by {
            *self.own.entry(connection.id).or_default() += 1;
        }
        self.lines.push_back(waiting);
    }

    fn pop(&mut self) -> Option<Waiting> {
        let waiting = self.lines.pop_front()?;
        if let Waiter::Client { connection, .. } = &waiting.by
            && let Some(own) = self.own.get_mut(&connection.id)
        {
            *own -= 1;
            if *own == 0 {
                self.own.remove(&connection.id);
            }
        }
        if self.lines.is_empty() && self.own.capacity() > KEEP_OWN {
            *self = Self::default();
        }
        Some(waiting)
    }
}

/// The error for what a journal could not keep. `room` is the room's name; `None` for a whisper.
pub(in crate::shared) fn unavailable(room: Option<&str>) -> RequestError {
    RequestError {
        code: ErrorCode::Unavailable.into(),
        arguments: room.map(str::to_owned).into_iter().collect(),
        temporary: true,
        retry_after: RETRY_MILLIS,
    }
}
