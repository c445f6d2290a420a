//! Sanctions as a `guildhall.v1` client meets them: what holds against its own user is asked
//! before it says something or joins a room, and moderators impose, lift and list them.

use std::sync::Arc;

use guildhall_protocol::limits::MAX_NOTE_BYTES;
use guildhall_protocol::{
    ErrorCode, Impose, Imposed, Lift, Lifted, ListSanctions, Reason, ReplyResult, RequestError,
    SanctionKind, SanctionList,
};

use crate::hub::Hub;
use crate::journal::Failure;
use crate::moderation::{Actor, Sanction};
use crate::names;
use crate::outgoing::close::Close;
use crate::outgoing::outbox::Wire;
use crate::policy::Rank;
use crate::shared::acts::By;
use crate::shared::acts::sanctions::{NewSanction, SanctionError};
use crate::shared::sanctions::{Subject, fitting};
use crate::sync::moment::Moment;

use super::Answer;
use super::refusal::{
    bad_request, error, forbidden, meant, no_such_user, room_name_error, sanctioned, shown,
    unavailable,
};
use super::room_requests::PAGE_BYTES;
use super::welcomed::Welcomed;

impl<W: Wire> Welcomed<W> {
    /// Takes over what moderators and the game have done about the user since the last request.
    /// Returns the answer to each request if the user is banned from the server meanwhile.
    pub(super) fn follow_acts(&mut self, hub: &mut Hub<W>, at: Moment) -> Option<Answer> {
        self.follow_roles(hub, at);
        if self.against.is_of(hub.shared().sanctions()) {
            return None;
        }
        self.against = hub.shared().sanctions().against(Subject {
            account: self.name.user(),
            id: self.id(),
            network: Some(self.connection.wire().network()),
        });
        let ban = self.ban(at)?;
        let appeal = hub.shared().sanctions().appeal();
        let refused = sanctioned(ErrorCode::Banned, ban, &appeal);
        Some(Answer::Closed(refused, Close::BANNED))
    }

    /// The ban from the server that holds against the user.
    pub(super) fn ban(&self, at: Moment) -> Option<&Sanction> {
        let ban = self.against.find(SanctionKind::Ban, "", at.unix_millis);
        ban.map(|ban| &**ban)
    }

    /// Whether the user may be in this room, as far as sanctions matter.
    ///
    /// # Errors
    ///
    /// It is banned from the room.
    pub(super) fn check_ban(
        &self,
        hub: &Hub<W>,
        room: &str,
        at: Moment,
    ) -> Result<(), RequestError> {
        self.check_sanction(hub, SanctionKind::Ban, room, at)
    }

    /// Whether the user may say something in this room, as far as sanctions matter. `None`: in no
    /// room, as in a whisper, so that only what holds everywhere counts.
    ///
    /// # Errors
    ///
    /// It is muted, or banned and still about to be taken out of the room.
    pub(super) fn check_mute(
        &self,
        hub: &Hub<W>,
        room: Option<&str>,
        at: Moment,
    ) -> Result<(), RequestError> {
        let room = room.unwrap_or_default();
        self.check_sanction(hub, SanctionKind::Ban, room, at)?;
        self.check_sanction(hub, SanctionKind::Mute, room, at)
    }

    /// Whether the user may have another name, as far as sanctions matter. Its name is what it
    /// could say in a room in which it is muted, over another device or when it joins the room.
    ///
    /// # Errors
    ///
    /// It is muted, everywhere or in a room, or banned.
    pub(super) fn check_mute_anywhere(&self, hub: &Hub<W>, at: Moment) -> Result<(), RequestError> {
        self.check_sanction(hub, SanctionKind::Ban, "", at)?;
        let mute = self
            .against
            .find_anywhere(SanctionKind::Mute, at.unix_millis);
        refuse_for(hub, mute)
    }

    fn check_sanction(
        &self,
        hub: &Hub<W>,
        kind: SanctionKind,
        room: &str,
        at: Moment,
    ) -> Result<(), RequestError> {
        refuse_for(hub, self.against.find(kind, room, at.unix_millis))
    }

    /// Imposes a sanction.
    pub(super) fn impose(
        &self,
        hub: &Hub<W>,
        impose: &Impose,
        at: Moment,
    ) -> Result<ReplyResult, RequestError> {
        let (room, rank) = self.moderated(&impose.room, at)?;
        let kind = kind_of(impose.kind)?;
        let reason = Reason::try_from(impose.reason)
            .map_err(|_| bad_request("the server does not know this reason"))?;
        check_note(&impose.rule)?;
        check_note(&impose.note)?;
        if kind == SanctionKind::Kick && (impose.seconds > 0 || impose.address) {
            return Err(bad_request("a kick has no end, and is of no address"));
        }
        let shared = hub.shared();
        let user = shared.user_meant(impose.user, &impose.name);
        let user = user.ok_or_else(|| no_such_user(impose.user, &impose.name))?;
        let new = NewSanction {
            kind,
            room: &room,
            seconds: impose.seconds,
            reason,
            rule: &impose.rule,
            note: &impose.note,
            of_address: impose.address,
            report: impose.report,
            is_automated: false,
        };
        let actor = self.actor();
        let by = By {
            actor: &actor,
            rank,
        };
        let imposed = shared.impose(by, &user, &new, at);
        let imposed = imposed.map_err(|refused| refusal(&refused, impose.user, &impose.name))?;
        let sanction = imposed.shown(&shared.sanctions().appeal());
        Ok(ReplyResult::Imposed(Imposed {
            sanction: Some(sanction),
        }))
    }

    /// Lifts a sanction.
    pub(super) fn lift(
        &self,
        hub: &Hub<W>,
        lift: &Lift,
        at: Moment,
    ) -> Result<ReplyResult, RequestError> {
        let (room, rank) = self.moderated(&lift.room, at)?;
        let kind = kind_of(lift.kind)?;
        check_note(&lift.note)?;
        let shared = hub.shared();
        let user = shared.user_meant(lift.user, &lift.name);
        let user = user.ok_or_else(|| no_such_user(lift.user, &lift.name))?;
        let actor = self.actor();
        let by = By {
            actor: &actor,
            rank,
        };
        let lifted = shared.lift(by, &user, (kind, &room), &lift.note, at);
        lifted.map_err(|refused| refusal(&refused, lift.user, &lift.name))?;
        Ok(ReplyResult::Lifted(Lifted {}))
    }

    /// Lists the sanctions that hold in a room, or in all rooms that the user moderates.
    pub(super) fn list_sanctions(
        &self,
        hub: &Hub<W>,
        list: &ListSanctions,
        at: Moment,
    ) -> Result<ReplyResult, RequestError> {
        let all = list.room.is_empty();
        if all && !self.rights.moderates_any() {
            return Err(forbidden("", "moderate"));
        }
        let room = if all {
            None
        } else {
            Some(self.moderated(&list.room, at)?.0)
        };
        let is_wanted = |sanction: &Sanction| match &room {
            Some(room) => *sanction.room == **room,
            None => self.rank(&sanction.room, at) > Rank::Player,
        };
        let shared = hub.shared();
        let appeal = shared.sanctions().appeal();
        let holding = shared.sanctions().list(at.unix_millis, is_wanted);
        let shown = holding.iter().map(|one| one.shown(&appeal));
        let (sanctions, more) = fitting(shown, PAGE_BYTES);
        Ok(ReplyResult::Sanctions(SanctionList { sanctions, more }))
    }

    /// The user, as it acts.
    pub(super) fn actor(&self) -> Actor {
        Actor::User(self.session.user.snapshot())
    }

    /// The user's rank in a room, or everywhere with an empty name. It has none in a room from which
    /// it is banned.
    pub(super) fn rank(&self, room: &str, at: Moment) -> Rank {
        self.against.rank(&self.rights, room, at.unix_millis)
    }

    /// The room in which somebody wants to act, as the server writes it, and the user's rank in
    /// it. An empty name stays empty: everywhere.
    ///
    /// # Errors
    ///
    /// It is no room's name, or the user may not moderate it.
    pub(super) fn moderated(&self, raw: &str, at: Moment) -> Result<(String, Rank), RequestError> {
        let room = match raw {
            "" => String::new(),
            raw => match names::room_name(raw) {
                Ok(room) => room,
                Err(_) if !self.rights.moderates_any() => {
                    return Err(forbidden(&shown(raw), "moderate"));
                }
                Err(fault) => return Err(room_name_error(fault, raw)),
            },
        };
        match self.rank(&room, at) {
            Rank::Player => Err(forbidden(&room, "moderate")),
            rank => Ok((room, rank)),
        }
    }
}

/// Refuses something because of a sanction, if there is one.
///
/// # Errors
///
/// The error that names it.
fn refuse_for<W: Wire>(hub: &Hub<W>, sanction: Option<&Arc<Sanction>>) -> Result<(), RequestError> {
    let Some(sanction) = sanction else {
        return Ok(());
    };
    let code = match sanction.kind {
        SanctionKind::Ban => ErrorCode::Banned,
        _ => ErrorCode::Muted,
    };
    let appeal = hub.shared().sanctions().appeal();
    Err(sanctioned(code, sanction, &appeal))
}

/// The kind of a sanction in a request.
fn kind_of(kind: i32) -> Result<SanctionKind, RequestError> {
    match SanctionKind::try_from(kind) {
        Ok(SanctionKind::Unspecified) | Err(_) => Err(bad_request(
            "the server does not know this kind of sanction",
        )),
        Ok(kind) => Ok(kind),
    }
}

/// Checks a rule or a note: it may be empty, and have several lines.
pub(super) fn check_note(text: &str) -> Result<(), RequestError> {
    if text.len() > MAX_NOTE_BYTES {
        let arguments = [text.len(), MAX_NOTE_BYTES].map(|number| number.to_string());
        return Err(error(ErrorCode::TextTooLong, arguments));
    }
    if text.chars().any(|c| names::is_control(c) && c != '\n') {
        return Err(bad_request("a note has no control characters"));
    }
    Ok(())
}

/// The error of an act. `id` and `name` are how the request names the user.
fn refusal(refused: &SanctionError, id: u64, name: &str) -> RequestError {
    match refused {
        SanctionError::IsModerator(name) => error(ErrorCode::IsModerator, [name.to_string()]),
        SanctionError::Full(full) => unavailable(&Failure::Other(full.to_string().into()), None),
        SanctionError::NoneHolds => error(ErrorCode::NoSuchSanction, [meant(id, name)]),
    }
}
