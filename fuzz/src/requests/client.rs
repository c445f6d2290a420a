//! A client with the server's end of its connection.

use std::collections::VecDeque;
use std::rc::Rc;
use std::thread;

use guildhall_protocol::{LineRef, Protocol, Request, RequestBody};
use guildhall_server::hook::{Answer, HookFailure, Question};
use guildhall_server::testing::{
    Act, Acted, Connection, Handled, Hub, MemoryJournal, Moment, Received, Session,
};

use super::token;
use super::told::Told;
use super::wire::Pipe;

/// How many bytes may wait for a client, and after how many silent seconds it is pinged.
const LIMITS: (usize, u32) = (128 * 1024, 25);

/// The most messages of a client that are not handled yet.
const MOST_WAITING: usize = 16;

/// The knowledge of a client about its session.
pub(super) struct KnownSession {
    secret: Vec<u8>,
    /// An ID that no request had so far.
    next_id: u64,
}

/// A client.
pub(super) struct Client {
    pub(super) connection: Rc<Connection<Pipe>>,
    pub(super) session: Session<Pipe>,
    pub(super) told: Told,
    pub(super) is_stalled: bool,
    protocol: Protocol,
    waiting: VecDeque<Received>,
}

impl Client {
    /// A client that has just connected.
    pub(super) fn connect(hub: &mut Hub<Pipe>, protocol: Protocol, at: Moment) -> Self {
        let (connection, session) = Session::connect(hub, Pipe::default(), protocol, LIMITS, at);
        Self {
            connection,
            session,
            told: Told::new(protocol),
            is_stalled: false,
            protocol,
            waiting: VecDeque::new(),
        }
    }

    /// The client comes back over a connection to this hub. It still has the secret of its
    /// session, and the epoch that it has seen last.
    pub(super) fn reconnect(&mut self, hub: &mut Hub<Pipe>, at: Moment) {
        let secret = std::mem::take(&mut self.told.secret);
        let (epoch, next_id) = (self.told.epoch, self.told.next_id());
        *self = Self::connect(hub, self.protocol, at);
        self.told.secret = secret;
        self.told.epoch = epoch;
        self.told.last_id = next_id - 1;
    }

    /// The client's knowledge about its session.
    pub(super) fn known(&self) -> KnownSession {
        KnownSession {
            secret: self.told.secret.clone(),
            next_id: self.told.next_id(),
        }
    }

    /// The client sends a message. It knows what another client knows of its session. Returns whether
    /// its connection goes on.
    pub(super) fn receive(&mut self, bytes: &[u8], other: &KnownSession, at: Moment) -> bool {
        if self.waiting.len() >= MOST_WAITING {
            return true;
        }
        self.connection.heard(at.now);
        match self.session.decode(bytes) {
            Ok(None) => {}
            Ok(Some(mut message)) => {
                if let Received::Request(request) = &mut message {
                    fill_in(request, &self.told, other);
                    self.told.ask(request);
                }
                self.waiting.push_back(message);
            }
            Err(close) => {
                self.connection.close(close, at.now);
                return false;
            }
        }
        true
    }

    /// Handles the messages of the client until one has to wait. Returns whether all are handled.
    pub(super) fn handle(
        &mut self,
        hub: &mut Hub<Pipe>,
        journal: Option<&MemoryJournal>,
        at: Moment,
    ) -> bool {
        while let Some(message) = self.waiting.pop_front() {
            if self.connection.is_closed() {
                self.waiting.clear();
                break;
            }
            let waits = if self.connection.is_behind() {
                Some(message)
            } else {
                self.handle_one(hub, message, journal, at)
            };
            if let Some(message) = waits {
                self.waiting.push_front(message);
                return false;
            }
        }
        true
    }

    /// Returns the message if it has to wait.
    fn handle_one(
        &mut self,
        hub: &mut Hub<Pipe>,
        message: Received,
        journal: Option<&MemoryJournal>,
        at: Moment,
    ) -> Option<Received> {
        let session = &mut self.session;
        let mut handled = session.handle(hub, message, at);
        loop {
            handled = match handled {
                Handled::Done | Handled::Dropped(_) => return None,
                Handled::Later(message) | Handled::After(_, message) => return Some(message),
                Handled::Read(read, message) => {
                    let journal = journal.expect("only a journal is read");
                    session.handle_found(hub, message, journal.find(&read), at)
                }
                Handled::Ask(question, message) => {
                    session.handle_answered(hub, message, answer_of_game(&question), at)
                }
                Handled::Verify(message) => {
                    let verified = token::verify(message.token(), at);
                    session.handle_verified(hub, &message, verified, at);
                    return None;
                }
                Handled::Act(act, message) => {
                    let acted = carry_out(act, journal);
                    session.handle_acted(hub, &message, acted, at.now);
                    return None;
                }
            };
        }
    }
}

/// Puts into a request what no bytes can guess: one byte stands for the secret of the client's
/// session, two for that of another client's, 1 for the epoch that it has seen last, and 0 for the
/// next ID.
fn fill_in(request: &mut Request, told: &Told, other: &KnownSession) {
    let is_of_other =
        matches!(&request.ask, Some(RequestBody::Hello(hello)) if hello.session.len() == 2);
    if request.id == 0 {
        let others = if is_of_other { other.next_id } else { 0 };
        request.id = told.next_id().max(others);
    }
    let line_of = |line: &mut Option<LineRef>| {
        if let Some(line) = line
            && line.epoch == 1
        {
            line.epoch = told.epoch;
        }
    };
    match &mut request.ask {
        Some(RequestBody::Hello(hello)) if hello.session.len() == 1 => {
            hello.session.clone_from(&told.secret);
        }
        Some(RequestBody::Hello(hello)) if is_of_other => {
            hello.session.clone_from(&other.secret);
        }
        Some(RequestBody::Join(join)) if join.epoch == 1 => join.epoch = told.epoch,
        Some(RequestBody::Say(say)) => line_of(&mut say.reply_to),
        Some(RequestBody::Edit(edit)) => line_of(&mut edit.line),
        Some(RequestBody::Remove(remove)) => line_of(&mut remove.line),
        Some(RequestBody::React(react)) => line_of(&mut react.line),
        Some(RequestBody::Report(report)) => line_of(&mut report.line),
        Some(RequestBody::MarkRead(mark)) => line_of(&mut mark.line),
        _ => {}
    }
}

/// The game answers what the text says that it should. It may also answer what no text may be.
fn answer_of_game(question: &Question) -> Result<Answer, HookFailure> {
    let (first, rest) = question.text.split_at_checked(1).unwrap_or_default();
    match first {
        "-" => Ok(Answer::Reject(rest.to_owned())),
        "~" => Ok(Answer::Reject(rest.repeat(500))),
        "=" => Ok(Answer::Replace(rest.to_owned())),
        "+" => Ok(Answer::Replace(rest.repeat(10))),
        "?" => Ok(Answer::Hold),
        "!" => Err(HookFailure::Full),
        "#" => Err(HookFailure::Failed(rest.to_owned())),
        _ => Ok(Answer::Accept),
    }
}

/// Carries out an act, which may wait for the journal.
fn carry_out(act: Act, journal: Option<&MemoryJournal>) -> Acted {
    let Some(journal) = journal else {
        return act.carry_out();
    };
    thread::scope(|scope| {
        let acting = scope.spawn(|| act.carry_out());
        while !acting.is_finished() {
            journal.decide_next(usize::MAX);
            journal.answer_next(usize::MAX);
            thread::yield_now();
        }
        acting.join().expect("an act does not panic")
    })
}
