//! How a `guildhall.v1` client begins or resumes its session: hello and welcome.

use std::rc::Rc;
use std::sync::Arc;

use guildhall_protocol::limits::{
    MAX_JOINED_ROOMS, MAX_NAME_CHARACTERS, MAX_PAGE_LINES, MAX_ROOM_NAME_CHARACTERS, MAX_SAY_BYTES,
    MAX_UNANSWERED,
};
use guildhall_protocol::{ErrorCode, Hello, Limits, ReplyResult, RequestError, Welcome};

use crate::accounts::Guests;
use crate::hub::Hub;
use crate::ids::{ConnectionId, RequestId, Seq};
use crate::outgoing::connection::Connection;
use crate::outgoing::frame;
use crate::outgoing::outbox::Wire;
use crate::policy::Rights;
use crate::shared::user::session::{MissedWhispers, UserSession};
use crate::shared::users::{NameError, ResumeError};
use crate::sync::moment::Moment;

use super::refusal::{error, name_error, stale_id};
use super::reply;
use super::tokens::{self, SignedToken};
use super::welcomed::{WelcomeReceipt, Welcomed};

/// The only version of the protocol.
pub(super) const VERSION: u32 = 1;

/// Checks what a hello has to have, before its token is verified.
///
/// # Errors
///
/// The error that refuses the hello.
pub(super) fn check(request: RequestId, hello: &Hello) -> Result<(), RequestError> {
    // Checked first: if a session began before the refusal, the client would not get its
    // secret.
    if !request.is_valid() {
        return Err(stale_id());
    }
    if hello.version != VERSION {
        let largest = VERSION.to_string();
        return Err(error(ErrorCode::UnsupportedVersion, [largest]));
    }
    Ok(())
}

/// Resumes the session with the secret in the hello, or begins a new one, and sends the
/// welcome and the missed whispers. `signed` is the hello's token, if it has one.
///
/// # Errors
///
/// The error that refuses the hello.
pub(super) fn answer<W: Wire>(
    connection: &Rc<Connection<W>>,
    hub: &mut Hub<W>,
    request: RequestId,
    hello: &Hello,
    signed: Option<&SignedToken>,
    limits: Limits,
    at: Moment,
) -> Result<Welcomed<W>, RequestError> {
    let reference = hub.reference(connection.id());
    let seen = Seq(hello.whisper_seq);
    let shared = Arc::clone(hub.shared());
    let users = shared.users();
    let account = signed.map(|signed| signed.claims.user.as_str());
    let resumed = users.resume(&hello.session, account, request, reference, seen);
    let (session, missed, receipt) = match resumed {
        Ok(resumed) => {
            if let Some(before) = resumed.before {
                hub.replace(before, at.now);
            }
            if let Some(signed) = signed {
                let changed = users.refresh(&resumed.session.user, &signed.claims);
                hub.tell_all_changed(&changed, Some(resumed.session.id), at.now);
            }
            (resumed.session, resumed.missed, WelcomeReceipt::Confirmed)
        }
        // The client has sent later requests over another connection, and uses that one.
        Err(ResumeError::Late) => return Err(stale_id()),
        Err(ResumeError::Unknown) => {
            let session = match signed {
                Some(signed) => sign_in(connection.id(), hub, hello, signed, at),
                None => users.begin_session(connection.id(), &hello.name, reference),
            };
            let session = session.map_err(|problem| name_error(problem, &hello.name))?;
            // It is new, because it is the session's first request.
            let _ = session.record(request);
            let receipt = WelcomeReceipt::Unconfirmed;
            (session, MissedWhispers::default(), receipt)
        }
    };
    session.watch(connection.watch_behind());
    let may_rename = tokens::may_rename(hub, &session.user);
    let mut welcomed = Welcomed::new(hub, Rc::clone(connection), session, receipt);
    let rights = if let Some(signed) = signed {
        connection.hold_token(signed.held(at));
        Rights::user(&signed.claims.caps)
    } else {
        welcomed.count_as_guest(hub, at.now);
        Rights::guest(shared.accounts().guests() == Guests::Allow)
    };
    welcomed.set_rights(hub, rights, at);
    let (session, name) = (&welcomed.session, &welcomed.name);
    let user = session.user.id;
    let welcome = Welcome {
        version: VERSION,
        id: user.0,
        name: name.of(user),
        session: session.secret.to_vec(),
        resumed: receipt == WelcomeReceipt::Confirmed,
        limits: Some(limits),
        time: at.unix_millis,
        whisper_seq: missed.last.0,
        whisper_gap: missed.gap,
        ttl: signed.map_or(0, |signed| signed.ttl(at)),
        user: name.user().into(),
        info: name.info().into(),
        session_number: session.id.0,
        rooms: signed.map_or_else(Vec::new, |signed| signed.claims.rooms.clone()),
        may_rename,
    };
    let packet = reply(request, ReplyResult::Welcome(welcome));
    connection.send_all(&frame::packet(&packet), at.now);
    for whisper in missed.frames {
        connection.send_all(&whisper, at.now);
    }
    Ok(welcomed)
}

/// Begins a session of the user of a token.
fn sign_in<W: Wire>(
    id: ConnectionId,
    hub: &mut Hub<W>,
    hello: &Hello,
    signed: &SignedToken,
    at: Moment,
) -> Result<Arc<UserSession>, NameError> {
    let reference = hub.reference(id);
    let shared = Arc::clone(hub.shared());
    let began = (shared.users()).sign_in(id, &signed.claims, &hello.name, reference)?;
    if let Some(closed) = began.closed {
        hub.replace(closed, at.now);
    }
    hub.tell_all_changed(&began.changed, Some(began.session.id), at.now);
    Ok(began.session)
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
