//! Whispers in a server with a journal: they are handed over, and nobody sees one before it is
//! kept. The journal's thread gives each copy its number in its session.

use std::sync::Arc;

use bytes::Bytes;
use guildhall_protocol::{Packet, PacketBody, ReplyResult, WhisperLine};

use crate::ids::{RequestId, Seq};
use crate::journal::{Row, WhisperRow};
use crate::outgoing::frame;
use crate::sync::lock::Lock;

use super::mailbox::Mailboxes;
use super::records::Records;
use super::room_state::durable::unavailable;
use super::user::User;
use super::user::session::{ConnectionRef, UserSession};

/// A whisper that is new and valid, and that the session of its sender knows as waiting.
#[derive(Debug)]
pub(crate) struct KeptWhisper {
    /// The session that whispers.
    pub(crate) sender: Arc<UserSession>,
    /// Its connection, for an error.
    pub(crate) connection: ConnectionRef,
    /// The user that it is for.
    pub(crate) receiver: Arc<User>,
    /// The whisper without a number. Its nonce is the ID of the request.
    pub(crate) line: WhisperLine,
}

/// One session's copy.
#[derive(Debug)]
struct Copy {
    session: Arc<UserSession>,
    seq: Seq,
    frame: Bytes,
}

impl KeptWhisper {
    /// Hands the whisper over. Its sessions get it when it is kept, the sender's as the answer;
    /// if it is not kept, the sender gets an error.
    pub(crate) fn hand_over(self, records: &Records, mailboxes: &Mailboxes) {
        let failures = self.sender.failures();
        let whisper = Arc::new((self, Lock::new(Vec::new())));
        let mailboxes = mailboxes.clone();
        let numbered = Arc::clone(&whisper);
        let rows = move || {
            let (whisper, copies) = &*numbered;
            // If an earlier one was not kept, the sender's order is kept by refusing this one.
            if whisper.sender.failures() != failures {
                return Vec::new();
            }
            let made = whisper.copies();
            let rows = made.iter().flat_map(|copy| whisper.rows_of(copy)).collect();
            *copies.lock() = made;
            rows
        };
        let done = Box::new(move |result: Result<(), _>| {
            let (whisper, copies) = &*whisper;
            let copies = std::mem::take(&mut *copies.lock());
            if result.is_ok() && whisper.sender.failures() == failures {
                whisper.deliver(copies, &mailboxes);
            } else {
                whisper.refuse(&copies, &mailboxes);
            }
        });
        records.try_note(rows, done);
    }

    /// A numbered copy for each session of the receiver and of the sender.
    fn copies(&self) -> Vec<Copy> {
        // The sender is told nothing of a block.
        let mut sessions = if self.receiver.blocks_sender(&self.line) {
            Vec::new()
        } else {
            self.receiver.sessions()
        };
        if self.receiver.id != self.sender.user.id {
            sessions.extend(self.sender.user.sessions());
        }
        let copy = |session: Arc<UserSession>| {
            let seq = session.number_whisper();
            let mut line = self.line.clone();
            line.seq = seq.0;
            if session.id != self.sender.id {
                // There it would be the ID of another request.
                line.nonce = 0;
            }
            let frame = frame::packet(&Packet::from(PacketBody::Whisper(line)));
            Copy {
                session,
                seq,
                frame,
            }
        };
        sessions.into_iter().map(copy).collect()
    }

    fn rows_of(&self, copy: &Copy) -> impl Iterator<Item = Row> {
        let whisper = Row::Whisper(WhisperRow {
            session: copy.session.id,
            seq: copy.seq,
            sender: (self.sender.id, RequestId(self.line.nonce)),
            frame: copy.frame.clone(),
        });
        let surplus = copy.session.forget_before(copy.seq);
        let forget = surplus.map(|seq| Row::ForgetWhispers(copy.session.id, seq));
        std::iter::once(whisper).chain(forget)
    }

    fn deliver(&self, copies: Vec<Copy>, mailboxes: &Mailboxes) {
        // First, so that a repeat that comes behind the copy is one.
        self.sender.decide(RequestId(self.line.nonce), true);
        for Copy {
            session,
            seq,
            frame,
        } in copies
        {
            let user = &session.user;
            user.deliver_whisper(&self.line, &session, (seq, frame), mailboxes);
        }
    }

    fn refuse(&self, copies: &[Copy], mailboxes: &Mailboxes) {
        for copy in copies {
            copy.session.take_back(copy.seq);
        }
        let request = RequestId(self.line.nonce);
        self.sender.fail_whisper(self.receiver.id, request);
        let reply = frame::reply(request, ReplyResult::Error(unavailable(None)));
        let ConnectionRef { thread, id } = self.connection;
        mailboxes.deliver(thread, id, frame::packet(&reply));
    }
}
