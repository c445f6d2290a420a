//! What a `guildhall.v1` client does with users by name: it whispers to others, and
//! takes another name itself.

use std::sync::Arc;
use std::time::Duration;

use guildhall_protocol::limits::{MAX_SAY_BYTES, MAX_UNANSWERED};
use guildhall_protocol::{
    ErrorCode, Protocol, Renamed, Repeated, ReplyResult, RequestError, Whisper, WhisperLine,
};

use crate::hub::Hub;
use crate::ids::{ConnectionId, RequestId, UserId};
use crate::outgoing::outbox::Wire;
use crate::policy::Level;
use crate::shared::destination::Destination;
use crate::shared::kept_whisper::KeptWhisper;
use crate::shared::rates::Asked;
use crate::shared::user::User;
use crate::shared::users::ChangedUser;
use crate::sync::moment::Moment;

use super::admission::{Accepted, Counted};
use super::held::HeldBack;
use super::publication::check_user_name;
use super::refusal::{check_text, error, forbidden, name_error, shown};
use super::tokens::may_rename;
use super::welcomed::Welcomed;
use super::{Answer, Answered};

/// After this time a client may try again to whisper to a user that is behind.
const RETRY_BEHIND: Duration = Duration::from_millis(500);

/// How many messages of a session may wait for the journal before the next whisper waits.
const MAX_WAITING: usize = MAX_UNANSWERED as usize;

impl<W: Wire> Welcomed<W> {
    /// Whispers to a user. The client's own copy of the whisper is the answer.
    pub(super) fn whisper(
        &mut self,
        hub: &mut Hub<W>,
        nonce: RequestId,
        whisper: &Whisper,
        at: Moment,
    ) -> Answered {
        if hub.shared().mailboxes().are_full() {
            return Ok(Answer::Later);
        }
        let journal = hub.shared().journal();
        let is_kept = journal.is_some();
        if let Some(journal) = journal {
            if journal.is_full() || self.session.waiting() >= MAX_WAITING {
                return Ok(Answer::Undecided);
            }
            self.hold_failed(at.now);
        }
        let valid = self.check_mute(hub, None, at).and_then(|()| {
            check_text(&whisper.text, MAX_SAY_BYTES)?;
            // A guest that may only read. A whisper is in no room.
            if self.rights.level() == Level::Reader {
                return Err(forbidden("", "say"));
            }
            let receiver = receiver(hub, whisper)?;
            let to = Destination::User(receiver.id);
            let is_behind = receiver.id != self.id() && receiver.is_behind();
            if is_behind && !self.session.has_accepted(nonce) {
                let refused = self.hold(&to, nonce, (RETRY_BEHIND, HeldBack::All), at.now);
                return Err(RequestError {
                    code: ErrorCode::ReceiverBehind.into(),
                    arguments: vec![named(whisper)],
                    ..refused
                });
            }
            let counted = Counted {
                asked: Asked::Whisper,
                text: &whisper.text,
                is_change: false,
            };
            self.admit(hub, &to, None, nonce, counted, at.now)?;
            let passed = self.pass_whisper(hub, &whisper.text, nonce, at)?;
            Ok((receiver, passed))
        });
        let accepted = if is_kept {
            self.accept_waiting(nonce, valid)
        } else {
            self.accept_once(nonce, valid)
        };
        let (receiver, passed) = match accepted? {
            Accepted::New(valid) => valid,
            Accepted::Repeated => return Ok(Answer::Now(ReplyResult::Repeated(Repeated {}))),
            Accepted::Waiting => return Ok(Answer::Undecided),
        };
        hub.metrics().whispers.count();
        let (sender_id, to) = (self.id(), receiver.name());
        let line = WhisperLine {
            seq: 0,
            time: at.unix_millis,
            sender: sender_id.0,
            sender_name: self.name.of(sender_id),
            receiver: receiver.id.0,
            receiver_name: to.of(receiver.id),
            nonce: nonce.0,
            text: passed.text(&whisper.text).to_owned(),
            action: whisper.action,
            sender_user: self.name.user().into(),
            sender_info: self.name.info().into(),
            receiver_user: to.user().into(),
        };
        let flags = passed.flags;
        self.note_passed(hub, (&Arc::default(), nonce), &whisper.text, flags, at);
        if is_kept {
            hub.shared().whisper(KeptWhisper {
                sender: Arc::clone(&self.session),
                connection: hub.reference(self.connection.id()),
                receiver,
                line,
            });
            return Ok(Answer::Sent);
        }
        let asked = self.session.id;
        if receiver.id != sender_id {
            hub.whisper(&receiver, &line, asked, at.now);
        }
        hub.whisper(&self.session.user, &line, asked, at.now);
        Ok(Answer::Sent)
    }

    /// Gives the user another name, in all of its rooms and for all of its sessions.
    pub(super) fn rename(
        &mut self,
        hub: &mut Hub<W>,
        raw: &str,
        at: Moment,
    ) -> Result<ReplyResult, RequestError> {
        if !may_rename(hub, &self.session.user) {
            return Err(error(ErrorCode::NameFixed, []));
        }
        self.check_mute_anywhere(hub, at)?;
        let flags = check_user_name(hub, raw)?;
        let renamed = hub.shared().users().rename(&self.session.user, raw);
        self.name = renamed.map_err(|problem| name_error(problem, raw))?;
        self.show_name(hub);
        self.report_flags(hub, (&Arc::default(), RequestId::NONE), flags, at);
        let changed = ChangedUser::renamed(&self.session.user);
        hub.tell_changed(&changed, Some(self.session.id), at.now);
        let name = self.name.of(self.id());
        Ok(ReplyResult::Renamed(Renamed { name }))
    }

    /// Has the rooms of this connection show the user as it is now.
    pub(super) fn show_name(&self, hub: &mut Hub<W>) {
        for joined in &self.rooms {
            hub.rename(&joined.room, self.id(), self.name.clone());
        }
    }
}

/// Returns the user that a whisper is for.
fn receiver<W: Wire>(hub: &Hub<W>, whisper: &Whisper) -> Result<Arc<User>, RequestError> {
    let users = hub.shared().users();
    let id = match whisper.to {
        0 => users.id_of(&whisper.name),
        id => Some(UserId(id)),
    };
    if let Some(user) = id.and_then(|id| users.by_id(id)) {
        return Ok(user);
    }
    // A client of the tutorial is a user with the number of its connection. The number of
    // a connection that resumed a session is no user's.
    let protocol = id.and_then(|id| hub.shared().protocol_of(ConnectionId(id.0)));
    let code = if protocol == Some(Protocol::Tutorial) {
        ErrorCode::CannotWhisper
    } else {
        ErrorCode::NoSuchClient
    };
    Err(error(code, [named(whisper)]))
}

/// The receiver of a whisper, as the client gave it.
fn named(whisper: &Whisper) -> String {
    match whisper.to {
        0 => shown(&whisper.name),
        id => id.to_string(),
    }
}
