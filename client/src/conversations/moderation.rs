//! Actions of the user on other users and on a room: sanctions, settings, roles, blocks and
//! reports.

use alloc::string::String;

use super::{CommandFailure, Conversations, Outcome};
use crate::command::{ModerationCommand as Command, Reported};
use crate::session::{Imposition, Recipient, Reportable, RequestKind, Session};
use guildhall_protocol::Reason;

impl Conversations {
    /// Does one of the commands about users and rooms. `room` names another room than the
    /// current one.
    pub(super) fn moderate(
        &self,
        session: &mut Session,
        command: Command,
        room: Option<&str>,
    ) -> Result<Outcome, CommandFailure> {
        let here = || {
            let current = self.current().and_then(super::Conversation::room);
            let room = room.map(|room| self.present_name(room)).or(current);
            room.map(String::from).ok_or(CommandFailure::NoConversation)
        };
        let place = |everywhere: bool| {
            if everywhere {
                Ok(String::new())
            } else {
                here()
            }
        };
        let kind = match command {
            Command::Impose {
                kind,
                user,
                everywhere,
                address,
                seconds,
                reason,
                rule,
            } => {
                session.impose(&Imposition {
                    kind,
                    room: &place(everywhere)?,
                    user: Recipient::Name(&user),
                    seconds,
                    reason,
                    rule: &rule,
                    note: "",
                    address,
                    report: 0,
                })?;
                RequestKind::Impose
            }
            Command::Lift {
                kind,
                user,
                everywhere,
            } => {
                let user = Recipient::Name(&user);
                session.lift(kind, &place(everywhere)?, user, "")?;
                RequestKind::Lift
            }
            Command::ChangeRoom(change) => {
                session.change_room(&here()?, change)?;
                RequestKind::ChangeRoom
            }
            Command::Clear => {
                session.clear(&here()?)?;
                RequestKind::Clear
            }
            Command::Purge { user, everywhere } => {
                session.purge(&place(everywhere)?, Recipient::Name(&user))?;
                RequestKind::Purge
            }
            Command::SetRole {
                user,
                everywhere,
                role,
            } => {
                session.set_role(Recipient::Name(&user), &place(everywhere)?, role)?;
                RequestKind::SetRole
            }
            Command::Moderators => {
                session.list_moderators(&here()?)?;
                RequestKind::ListModerators
            }
            Command::Sanctions { everywhere } => {
                session.list_sanctions(&place(everywhere)?)?;
                RequestKind::ListSanctions
            }
            Command::Block { user, take_back } => {
                session.block(Recipient::Name(&user), take_back)?;
                if take_back {
                    RequestKind::Unblock
                } else {
                    RequestKind::Block
                }
            }
            Command::Blocks => {
                session.list_blocks()?;
                RequestKind::ListBlocks
            }
            Command::Report { what, reason, note } => {
                let room = match what {
                    Reported::Line(_) => here()?,
                    _ => String::new(),
                };
                report(session, &room, &what, reason, &note)?;
                RequestKind::Report
            }
        };
        Ok(Outcome::Requested(kind))
    }
}

/// Reports something; a line is one of this room.
fn report(
    session: &mut Session,
    room: &str,
    what: &Reported,
    reason: Reason,
    note: &str,
) -> Result<(), CommandFailure> {
    let what = match what {
        Reported::Line(seq) => Reportable::Line { room, seq: *seq },
        Reported::LastWhisper if session.last_whisper() == 0 => {
            return Err(CommandFailure::NobodyWhispered);
        }
        Reported::LastWhisper => Reportable::Whisper(session.last_whisper()),
        Reported::User(user) => Reportable::User(Recipient::Name(user)),
    };
    Ok(session.report(what, reason, note)?)
}

#[cfg(test)]
mod tests;
