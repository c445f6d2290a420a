//! What a `guildhall.v1` client has to do with others by name: it whispers to them,
//! and takes another name itself.

use std::rc::Rc;
use std::sync::Arc;

use guildhall_protocol::{
    ErrorCode, Renamed, Repeated, ReplyResult, RequestError, Whisper, WhisperLine,
};

use super::refusal::{check_text, error, name_error, shown};
use super::{Answer, Moment, V1Session, once};
use crate::frame::Form;
use crate::hub::Hub;
use crate::member::Member;
use crate::outbox::Wire;
use crate::person::Person;

impl<W: Wire> V1Session<W> {
    /// Answered with the client's own copy, or here.
    pub(super) fn whisper(
        &self,
        hub: &Hub<W>,
        sender: &Person,
        nonce: u64,
        whisper: Whisper,
        at: Moment,
        waits: &mut impl FnMut(&Rc<Member<W>>),
    ) -> Result<Option<ReplyResult>, RequestError> {
        let receiver = check_text(&whisper.text).and_then(|()| receiver(hub, &whisper));
        let Some(receiver) = once(sender, nonce, receiver)? else {
            return Ok(Some(ReplyResult::Repeated(Repeated {})));
        };
        let line = WhisperLine {
            seq: 0,
            time: at.time,
            sender: sender.id,
            sender_name: self.name.of(sender.id),
            receiver: receiver.id,
            receiver_name: receiver.name().of(receiver.id),
            nonce,
            text: whisper.text,
            action: whisper.action,
        };
        if receiver.id != sender.id {
            hub.whisper(&receiver, line.clone(), at.now, &mut *waits);
        }
        hub.whisper(sender, line, at.now, waits);
        Ok(None)
    }

    pub(super) fn rename(&mut self, hub: &mut Hub<W>, person: &Person, raw: &str) -> Answer {
        let renamed = hub.exchange().people().rename(person, raw);
        self.name = renamed.map_err(|problem| name_error(problem, raw))?;
        for room in &self.rooms {
            hub.rename(room, person.id, self.name.clone());
        }
        let name = self.name.of(person.id);
        Ok(ReplyResult::Renamed(Renamed { name }))
    }
}

/// Whom a whisper is for.
fn receiver<W: Wire>(hub: &Hub<W>, whisper: &Whisper) -> Result<Arc<Person>, RequestError> {
    let people = hub.exchange().people();
    let id = match whisper.to {
        0 => people.id_of(&whisper.name),
        id => Some(id),
    };
    if let Some(person) = id.and_then(|id| people.by_id(id)) {
        return Ok(person);
    }
    // Nobody is called by the number of a later connection.
    let connected = id.and_then(|id| hub.exchange().clients().get(id));
    let code = if connected.is_some_and(|connected| connected.form == Form::Tutorial) {
        ErrorCode::CannotWhisper
    } else {
        ErrorCode::NoSuchClient
    };
    let asked = match whisper.to {
        0 => shown(&whisper.name),
        id => id.to_string(),
    };
    Err(error(code, [asked]))
}
