//! How a `guildhall.v1` client begins or resumes its session: hello and welcome.

use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;

use guildhall_protocol::limits::{
    MAX_BLOCKS, MAX_JOINED_ROOMS, MAX_NAME_CHARACTERS, MAX_NOTE_BYTES, MAX_PAGE_LINES,
    MAX_REACTION_BYTES, MAX_REACTIONS, MAX_ROOM_NAME_CHARACTERS, MAX_SAY_BYTES, MAX_UNANSWERED,
};
use guildhall_protocol::{
    ErrorCode, Hello, Limits, ReplyResult, RequestError, SanctionKind, Welcome,
};

use crate::accounts::Guests;
use crate::hub::Hub;
use crate::ids::{ConnectionId, RequestId, Seq};
use crate::outgoing::close::Close;
use crate::outgoing::connection::Connection;
use crate::outgoing::frame;
use crate::outgoing::outbox::Wire;
use crate::policy::Rights;
use crate::shared::sanctions::{Against, Subject};
use crate::shared::user::session::UserSession;
use crate::shared::user::whispers::MissedWhispers;
use crate::shared::users::{NameError, ResumeError};
use crate::sync::moment::Moment;

use super::blocks;
use super::publication::check_user_name;
use super::refusal::{error, name_error, sanctioned, stale_id};
use super::tokens::{self, SignedToken};
use super::welcomed::{WelcomeReceipt, Welcomed};
use super::{Answer, reply};

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
    if let Some(feed) = shared.feed() {
        feed.note_time(at);
    }
    let mut flags = Vec::new();
    let resumed = users.resume(&hello.session, account, request, reference, seen);
    let (session, missed, receipt) = match resumed {
        Ok(resumed) => {
            if let Some(feed) = shared.feed() {
                let until = at.now + shared.limits().resume_within;
                feed.resumed(resumed.session.id, connection.id(), until);
            }
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
            // A name is something that is said, too.
            let against = against(connection, hub, hello, signed);
            let is_muted = is_muted(&against, signed, at);
            let name = if is_muted { "" } else { &hello.name };
            let has_name = signed.is_some_and(|signed| signed.claims.name.is_some());
            if !has_name && !name.is_empty() {
                flags = check_user_name(hub, name)?;
            }
            let session = match signed {
                Some(signed) => sign_in(connection.id(), hub, name, signed, at),
                None => users.begin_session(connection.id(), name, reference),
            };
            let session = session.map_err(|problem| name_error(problem, &hello.name))?;
            // It is new, because it is the session's first request.
            let _ = session.record(request);
            let receipt = WelcomeReceipt::Unconfirmed;
            (session, MissedWhispers::default(), receipt)
        }
    };
    match receipt {
        WelcomeReceipt::Confirmed => hub.metrics().sessions_resumed.count(),
        WelcomeReceipt::Unconfirmed => hub.metrics().sessions_new.count(),
    }
    session.watch(connection.watch_behind());
    let account = signed.map_or("", |signed| signed.claims.user.as_str());
    let may_rename = tokens::may_rename(hub, &session.user);
    let mut welcomed = Welcomed::new(hub, Rc::clone(connection), session, receipt);
    let rights = if let Some(signed) = signed {
        connection.hold_token(signed.held(at));
        tokens::rights(&shared, &welcomed.session.user, &signed.claims)
    } else {
        welcomed.count_as_guest(hub, at.now);
        Rights::guest(shared.accounts().guests() == Guests::Allow)
    };
    welcomed.set_rights(hub, rights, at);
    // Behind the beginning of the session: one that is imposed from now on reaches it.
    welcomed.against = shared.sanctions().against(Subject {
        account,
        id: welcomed.id(),
        network: Some(connection.wire().network()),
    });
    welcomed.report_flags(hub, (&Arc::default(), request), flags, at);
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
        role: welcomed.rights.rank("").role().into(),
        sanctions: welcomed
            .against
            .told(&shared.sanctions().appeal(), at.unix_millis),
    };
    let packet = reply(request, ReplyResult::Welcome(welcome));
    connection.send_all(&frame::packet(&packet), at.now);
    send_missed(connection, &welcomed, missed.frames, at.now);
    for decided in shared.take_notices(&session.user) {
        connection.send_all(&decided, at.now);
    }
    if welcomed.ban(at).is_some() {
        // It was imposed since the hello was checked.
        connection.close(Close::BANNED, at.now);
    }
    Ok(welcomed)
}

/// The answer to a hello of a user that is banned from the server: the error that says why, and
/// then the end. `None` if it is not. A guest is banned by its session or by its address, so that
/// a new session and a new name do not help.
pub(super) fn banned<W: Wire>(
    connection: &Connection<W>,
    hub: &Hub<W>,
    hello: &Hello,
    signed: Option<&SignedToken>,
    at: Moment,
) -> Option<Answer> {
    let against = against(connection, hub, hello, signed);
    let ban = against.find(SanctionKind::Ban, "", at.unix_millis)?;
    let refused = sanctioned(ErrorCode::Banned, ban, &hub.shared().sanctions().appeal());
    Some(Answer::Closed(refused, Close::BANNED))
}

/// All that holds against the user of a hello: by its token, or for a guest by its session and
/// its address.
fn against<W: Wire>(
    connection: &Connection<W>,
    hub: &Hub<W>,
    hello: &Hello,
    signed: Option<&SignedToken>,
) -> Against {
    let shared = hub.shared();
    let guest = || shared.users().guest_of(&hello.session);
    shared.sanctions().against(match signed {
        Some(signed) => Subject {
            account: &signed.claims.user,
            id: connection.id().user_id(),
            network: None,
        },
        None => Subject {
            account: "",
            id: guest().unwrap_or(connection.id().user_id()),
            network: Some(connection.wire().network()),
        },
    })
}

/// Whether a user may bring no name of its own choice, because it is muted.
fn is_muted(against: &Against, signed: Option<&SignedToken>, at: Moment) -> bool {
    let mute = match signed {
        Some(_) => against.find_anywhere(SanctionKind::Mute, at.unix_millis),
        // A room's mute may be one of its address alone.
        None => against.find(SanctionKind::Mute, "", at.unix_millis),
    };
    mute.is_some()
}

/// Sends the whispers that a session has missed, without those of users that were blocked since.
fn send_missed<W: Wire>(
    connection: &Connection<W>,
    welcomed: &Welcomed<W>,
    whispers: Vec<Bytes>,
    now: Instant,
) {
    let blocked = welcomed.session.user.blocked();
    let is_blocked =
        |whisper: &Bytes| (blocked.as_ref()).is_some_and(|it| blocks::is_of(it, whisper));
    for whisper in whispers.iter().filter(|whisper| !is_blocked(whisper)) {
        connection.send_all(whisper, now);
    }
}

/// Begins a session of the user of a token.
fn sign_in<W: Wire>(
    id: ConnectionId,
    hub: &mut Hub<W>,
    name: &str,
    signed: &SignedToken,
    at: Moment,
) -> Result<Arc<UserSession>, NameError> {
    let reference = hub.reference(id);
    let shared = Arc::clone(hub.shared());
    let began = (shared.users()).sign_in(id, &signed.claims, name, reference)?;
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
    let seconds = |time: Duration| u32::try_from(time.as_secs()).unwrap_or(u32::MAX);
    let limits = hub.shared().limits();
    Limits {
        text_bytes: number(MAX_SAY_BYTES),
        name_characters: number(MAX_NAME_CHARACTERS),
        room_name_characters: number(MAX_ROOM_NAME_CHARACTERS),
        rooms: number(MAX_JOINED_ROOMS),
        history_page: number(MAX_PAGE_LINES),
        resume_seconds: seconds(limits.resume_within),
        heartbeat_seconds: heartbeat,
        unanswered: MAX_UNANSWERED,
        edit_seconds: seconds(limits.edit_within),
        reactions: number(MAX_REACTIONS),
        reaction_bytes: number(MAX_REACTION_BYTES),
        blocks: number(MAX_BLOCKS),
        note_bytes: number(MAX_NOTE_BYTES),
    }
}
