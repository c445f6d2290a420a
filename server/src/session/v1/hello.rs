//! How a connection of a `guildhall.v1` client begins: hello and welcome.

use std::rc::Rc;
use std::sync::Arc;

use guildhall_protocol::limits::{MAX_SAY_BYTES, MAX_UNANSWERED};
use guildhall_protocol::{ErrorCode, Hello, Limits, ReplyResult, RequestError, Welcome};

use super::refusal::{error, ids_grow, name_error};
use super::rooms::{MAX_ROOMS, PAGE_LINES};
use super::{Moment, V1Session};
use crate::hub::Hub;
use crate::member::Member;
use crate::names::{MAX_NAME_CHARACTERS, MAX_ROOM_NAME_CHARACTERS};
use crate::outbox::Wire;
use crate::people::ResumeError;
use crate::person::Missed;
use crate::requests::is_request_id;

/// The only version there is.
pub(super) const VERSION: u32 = 1;

impl<W: Wire> V1Session<W> {
    pub(super) fn hello(
        &mut self,
        hub: &mut Hub<W>,
        request: u64,
        hello: &Hello,
        at: Moment,
        waits: &mut impl FnMut(&Rc<Member<W>>),
    ) -> Result<Option<ReplyResult>, RequestError> {
        if self.person.is_some() {
            return Err(error(ErrorCode::HelloTwice, []));
        }
        // Before there is a session, that nobody would have the secret of.
        if !is_request_id(request) {
            return Err(ids_grow());
        }
        if hello.version != VERSION {
            let largest = VERSION.to_string();
            return Err(error(ErrorCode::UnsupportedVersion, [largest]));
        }
        let place = hub.place(self.member.id());
        let people = hub.exchange().people();
        let resumed = people.resume(&hello.session, request, place, hello.whisper_seq);
        let (person, missed, is_resumed) = match resumed {
            Ok(resumed) => {
                if let Some(before) = resumed.before {
                    hub.replace(before, at.now, &mut *waits);
                }
                (resumed.person, resumed.missed, true)
            }
            // Over a connection that its client has given up: it takes nothing
            // over.
            Err(ResumeError::Late) => return Err(ids_grow()),
            Err(ResumeError::Unknown) => {
                let greeted = people.greet(self.member.id(), &hello.name, place);
                let person = greeted.map_err(|problem| name_error(problem, &hello.name))?;
                // The session's first, so it is new.
                let _ = person.judge(request);
                (person, Missed::default(), false)
            }
        };
        self.has_secret = is_resumed;
        self.name = person.name();
        self.person = Some(Arc::clone(&person));
        let welcome = Welcome {
            version: VERSION,
            id: person.id,
            name: self.name.of(person.id),
            session: person.token.to_vec(),
            resumed: is_resumed,
            limits: Some(self.limits(hub)),
            time: at.time,
            whisper_seq: missed.last,
            whisper_gap: missed.gap,
        };
        self.reply(request, ReplyResult::Welcome(welcome), at.now);
        for whisper in missed.frames {
            self.member.send_all(&whisper, at.now);
        }
        Ok(None)
    }

    pub(super) fn limits(&self, hub: &Hub<W>) -> Limits {
        let number = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
        let resume = hub.exchange().limits().resume_within.as_secs();
        Limits {
            text_bytes: number(MAX_SAY_BYTES),
            name_characters: number(MAX_NAME_CHARACTERS),
            room_name_characters: number(MAX_ROOM_NAME_CHARACTERS),
            rooms: number(MAX_ROOMS),
            history_page: number(PAGE_LINES),
            resume_seconds: u32::try_from(resume).unwrap_or(u32::MAX),
            heartbeat_seconds: self.heartbeat,
            unanswered: MAX_UNANSWERED,
        }
    }
}
