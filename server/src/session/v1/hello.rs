//! How a `guildhall.v1` client begins or resumes its session: hello and welcome.

use std::rc::Rc;

use guildhall_protocol::limits::{
    MAX_JOINED_ROOMS, MAX_NAME_CHARACTERS, MAX_PAGE_LINES, MAX_ROOM_NAME_CHARACTERS, MAX_SAY_BYTES,
    MAX_UNANSWERED,
};
use guildhall_protocol::{ErrorCode, Hello, Limits, ReplyResult, RequestError, Welcome};

use crate::hub::Hub;
use crate::ids::{RequestId, Seq};
use crate::outgoing::connection::Connection;
use crate::outgoing::frame;
use crate::outgoing::outbox::Wire;
use crate::shared::user::session::MissedWhispers;
use crate::shared::users::ResumeError;
use crate::sync::moment::Moment;

use super::refusal::{error, name_error, stale_id};
use super::reply;
use super::welcomed::{WelcomeReceipt, Welcomed};

/// The only version of the protocol.
pub(super) const VERSION: u32 = 1;

/// Resumes the session with the secret in the hello, or begins a new one, and sends the
/// welcome and the missed whispers.
///
/// # Errors
///
/// The error that refuses the hello.
pub(super) fn answer<W: Wire>(
    connection: &Rc<Connection<W>>,
    hub: &mut Hub<W>,
    request: RequestId,
    hello: &Hello,
    limits: Limits,
    at: Moment,
) -> Result<Welcomed<W>, RequestError> {
    // Checked first: if a session began before the refusal, the client would not get its
    // secret.
    if !request.is_valid() {
        return Err(stale_id());
    }
    if hello.version != VERSION {
        let largest = VERSION.to_string();
        return Err(error(ErrorCode::UnsupportedVersion, [largest]));
    }
    let reference = hub.reference(connection.id());
    let seen = Seq(hello.whisper_seq);
    let users = hub.shared().users();
    let resumed = users.resume(&hello.session, request, reference, seen);
    let (session, missed, receipt) = match resumed {
        Ok(resumed) => {
            if let Some(before) = resumed.before {
                hub.replace(before, at.now);
            }
            (resumed.session, resumed.missed, WelcomeReceipt::Confirmed)
        }
        // The client has sent later requests over another connection, and uses that one.
        Err(ResumeError::Late) => return Err(stale_id()),
        Err(ResumeError::Unknown) => {
            let begun = users.begin_session(connection.id(), &hello.name, reference);
            let session = begun.map_err(|problem| name_error(problem, &hello.name))?;
            // It is new, because it is the session's first request.
            let _ = session.record(request);
            let receipt = WelcomeReceipt::Unconfirmed;
            (session, MissedWhispers::default(), receipt)
        }
    };
    session.watch(connection.watch_behind());
    let user = &session.user;
    let name = user.name();
    let welcome = Welcome {
        version: VERSION,
        id: user.id.0,
        name: name.of(user.id),
        session: session.secret.to_vec(),
        resumed: receipt == WelcomeReceipt::Confirmed,
        limits: Some(limits),
        time: at.unix_millis,
        whisper_seq: missed.last.0,
        whisper_gap: missed.gap,
        session_number: session.id.0,
        may_rename: true,
        ..Welcome::default()
    };
    let packet = reply(request, ReplyResult::Welcome(welcome));
    connection.send_all(&frame::packet(&packet), at.now);
    for whisper in missed.frames {
        connection.send_all(&whisper, at.now);
    }
    let connection = Rc::clone(connection);
    let mut welcomed = Welcomed::new(connection, session, name, receipt);
    welcomed.count_as_guest(hub, at.now);
    Ok(welcomed)
}

/// Returns the limits that a welcome tells the client. A silent client is pinged after
/// `heartbeat` seconds.
pub(super) fn limits<W: Wire>(hub: &Hub<W>, heartbeat: u32) -> Limits {
    let number = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
    let resume = hub.shared().limits().resume_within.as_secs();
    Limits {
        text_bytes: number(MAX_SAY_BYTES),
        name_characters: number(MAX_NAME_CHARACTERS),
        room_name_characters: number(MAX_ROOM_NAME_CHARACTERS),
        rooms: number(MAX_JOINED_ROOMS),
        history_page: number(MAX_PAGE_LINES),
        resume_seconds: u32::try_from(resume).unwrap_or(u32::MAX),
        heartbeat_seconds: heartbeat,
        unanswered: MAX_UNANSWERED,
    }
}
