//! The changes that a `guildhall.v1` client makes to lines of a room: it edits and removes lines,
//! and reacts to them. A change is accepted as a say is: once, in order, and as fast as the
//! client may speak. Slow mode does not hold it up.
//!
//! An edit and a reaction count as lines that are said, because all members get them. A removal
//! counts as any other request, so that a moderator can clear a room of what somebody has said.

use std::sync::Arc;

use guildhall_protocol::limits::{MAX_REACTION_BYTES, MAX_SAY_BYTES};
use guildhall_protocol::{
    Change, ChangeKind, Edit, ErrorCode, LineRef, React, Reaction, Remove, RequestError,
};

use crate::hook::QuestionKind;
use crate::hub::{Hub, SharedRoom};
use crate::ids::{RequestId, Seq};
use crate::moderation::{Act, ActKind};
use crate::names;
use crate::outgoing::outbox::Wire;
use crate::policy::{Access, Action};
use crate::shared::destination::Destination;
use crate::shared::history::{NewMessage, TextKind};
use crate::shared::rates::Asked;
use crate::shared::request_log::RequestStatus;
use crate::shared::room_state::changes::{ChangeRefused, Changing, NewChange, change_error};
use crate::sync::moment::Moment;

use super::admission::{Accepted, Counted};
use super::passed::{AskedAbout, Outcome, Passed};
use super::publication::Publishing;
use super::refusal::{bad_request, check_text, error, forbidden, stale_id};
use super::welcomed::Welcomed;
use super::{Answer, Answered};

/// A change that a client asks for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Wanted<'a> {
    room: &'a str,
    line: Option<LineRef>,
    kind: ChangeKind,
    /// The other text, or the reaction.
    text: &'a str,
}

impl<'a> From<&'a Edit> for Wanted<'a> {
    fn from(edit: &'a Edit) -> Self {
        Self {
            room: &edit.room,
            line: edit.line,
            kind: ChangeKind::Edited,
            text: &edit.text,
        }
    }
}

impl<'a> From<&'a Remove> for Wanted<'a> {
    fn from(remove: &'a Remove) -> Self {
        Self {
            room: &remove.room,
            line: remove.line,
            kind: ChangeKind::Removed,
            text: "",
        }
    }
}

impl<'a> From<&'a React> for Wanted<'a> {
    fn from(react: &'a React) -> Self {
        let kind = if react.take_back {
            ChangeKind::TookBack
        } else {
            ChangeKind::Reacted
        };
        Self {
            room: &react.room,
            line: react.line,
            kind,
            text: &react.reaction,
        }
    }
}

impl Wanted<'_> {
    /// The rate that it is counted in.
    fn asked(&self) -> Asked {
        match self.kind {
            ChangeKind::Removed => Asked::Request,
            _ => Asked::Say,
        }
    }

    /// An edit as a text that is about to be published.
    fn publishing<'a>(
        &'a self,
        room: &'a Arc<str>,
        line: LineRef,
        nonce: RequestId,
        most_bytes: Option<usize>,
    ) -> Publishing<'a> {
        Publishing {
            kind: QuestionKind::Edit,
            room,
            text: self.text,
            action: false,
            line: line.seq,
            nonce,
            most_bytes,
        }
    }

    /// The change of this line on the wire. The room counts the reaction.
    fn change(&self, line: LineRef) -> Change {
        let is_reaction = matches!(self.kind, ChangeKind::Reacted | ChangeKind::TookBack);
        Change {
            seq: line.seq,
            kind: self.kind.into(),
            reaction: is_reaction.then(|| Reaction {
                reaction: self.text.to_owned(),
                count: 0,
            }),
            user: 0,
        }
    }
}

impl<W: Wire> Welcomed<W> {
    /// Changes a line in a room. The client's own copy of the change is the answer.
    pub(super) fn change(
        &mut self,
        hub: &mut Hub<W>,
        nonce: RequestId,
        wanted: Wanted<'_>,
        at: Moment,
    ) -> Answered {
        let joined = self.speaking_in(wanted.room);
        let is_durable = match self.before_speaking(&joined, at) {
            Ok(is_durable) => is_durable,
            Err(wait) => return Ok(wait.into()),
        };
        let answered = self.take_answer(nonce);
        let valid = joined.and_then(|(room, access)| {
            let (line, passed) =
                self.check_change(hub, &room, access, nonce, wanted, answered, at)?;
            Ok((room, access, line, passed))
        });
        let (room, access, line, passed) = match valid {
            Ok((room, access, line, passed)) => match passed.outcome {
                Outcome::Ask(question) => return Ok(Answer::Ask(question)),
                Outcome::Held(text, filter) => {
                    let name = Arc::clone(room.borrow().name());
                    let publishing = wanted.publishing(&name, line, nonce, None);
                    return self.hold_text(hub, publishing, Some(line), (&text, filter), at);
                }
                _ => (room, access, line, passed),
            },
            Err(refused) => {
                return match self.accept_once::<()>(nonce, Err(refused))? {
                    Accepted::Waiting => Ok(Answer::Undecided),
                    Accepted::New(()) | Accepted::Repeated => self.repeated(hub, nonce),
                };
            }
        };
        let change = wanted.change(line);
        let change = NewChange {
            message: NewMessage {
                speaker: self.id(),
                name: &self.name,
                session: self.session.number_in_lines(),
                nonce,
                text: match wanted.kind {
                    ChangeKind::Edited => passed.text(wanted.text),
                    _ => "",
                },
                kind: TextKind::Speech,
                unix_millis: at.unix_millis,
                reply_to: Seq(0),
                change: Some(&change),
            },
            changing: Changing {
                seq: Seq(line.seq),
                may_change_others: access.may_moderate(),
                edit_within: hub.shared().limits().edit_within,
            },
        };
        let record = |is_possible| {
            if is_durable {
                self.session.record_waiting(nonce, is_possible)
            } else {
                self.session.record_message(nonce, is_possible)
            }
        };
        match hub.change(&self.session, &room, self.connection.id(), &change, record) {
            Ok(()) => {
                let name = Arc::clone(room.borrow().name());
                if wanted.kind == ChangeKind::Edited {
                    self.note_passed(hub, (&name, nonce), wanted.text, passed.flags, at);
                } else {
                    self.report_reaction(hub, wanted.text, passed.flags, at);
                }
                if wanted.kind == ChangeKind::Removed && access.may_moderate() {
                    self.note_removal(hub, name, line, at);
                }
                Ok(Answer::Sent)
            }
            Err(ChangeRefused::NotNew(RequestStatus::Repeated)) => self.repeated(hub, nonce),
            Err(ChangeRefused::NotNew(RequestStatus::Waiting)) => Ok(Answer::Undecided),
            Err(ChangeRefused::NotNew(_)) => Err(stale_id()),
            Err(ChangeRefused::Impossible(why)) => {
                Err(change_error(why, room.borrow().name(), &change.changing))
            }
        }
    }

    /// Notes in the audit log that a moderator removes a line, which may be its own.
    fn note_removal(&self, hub: &Hub<W>, room: Arc<str>, line: LineRef, at: Moment) {
        hub.shared().note_act(&Act {
            time: at.unix_millis,
            by: self.actor(),
            kind: ActKind::LineRemoved,
            user: None,
            room,
            details: vec![
                ("epoch", line.epoch.to_string()),
                ("line", line.seq.to_string()),
            ],
        });
    }

    /// Whether the client may ask for this now, by the room's rule, by how much it says, and by the
    /// filters. Returns the line that it is about. One about which the game has `answered` was
    /// counted before.
    ///
    /// # Errors
    ///
    /// The error that refuses it.
    #[expect(
        clippy::too_many_arguments,
        reason = "each is another thing that it depends on"
    )]
    fn check_change(
        &mut self,
        hub: &Hub<W>,
        room: &SharedRoom<W>,
        access: Access,
        nonce: RequestId,
        wanted: Wanted<'_>,
        answered: Option<Box<AskedAbout>>,
        at: Moment,
    ) -> Result<(LineRef, Passed), RequestError> {
        let (name, most_bytes) = {
            let room = room.borrow();
            (Arc::clone(room.name()), room.rule().text_bytes)
        };
        // Whoever may not speak takes back what it has said all the same.
        if wanted.kind != ChangeKind::Removed {
            self.check_mute(hub, Some(&name), at)?;
            if !access.may(Action::Say) {
                return Err(forbidden(&name, "say"));
            }
        }
        let Some(line) = wanted.line else {
            return Err(bad_request("a change names the line that it is for"));
        };
        if !room.borrow().has_line(line) {
            return Err(no_such_line(&name, line));
        }
        match wanted.kind {
            ChangeKind::Edited => check_text(wanted.text, most_bytes.unwrap_or(MAX_SAY_BYTES))?,
            ChangeKind::Reacted | ChangeKind::TookBack => check_reaction(wanted.text)?,
            ChangeKind::Removed
            | ChangeKind::Unspecified
            | ChangeKind::Cleared
            | ChangeKind::Purged => {}
        }
        let to = Destination::Room(Arc::clone(&name));
        let counted = Counted {
            asked: wanted.asked(),
            text: wanted.text,
            is_change: true,
        };
        if answered.is_none() {
            self.admit(hub, &to, Some(room), nonce, counted, at.now)?;
        }
        if wanted.kind == ChangeKind::Reacted {
            let passed = self.pass_reaction(hub, (&name, nonce), wanted.text)?;
            return Ok((line, passed));
        }
        if wanted.kind != ChangeKind::Edited {
            return Ok((line, Passed::default()));
        }
        let publishing = wanted.publishing(&name, line, nonce, most_bytes);
        let passed = self.pass(hub, publishing, answered, at)?;
        Ok((line, passed))
    }
}

/// Whether this can be a reaction.
fn check_reaction(reaction: &str) -> Result<(), RequestError> {
    if reaction.len() > MAX_REACTION_BYTES {
        let most = MAX_REACTION_BYTES;
        return Err(bad_request(&format!(
            "a reaction has at most {most} bytes of UTF-8"
        )));
    }
    if reaction.chars().any(names::is_control) {
        return Err(bad_request("a reaction has no control characters"));
    }
    if names::is_blank_text(reaction) {
        return Err(bad_request("a reaction has a visible character"));
    }
    Ok(())
}

/// The error for a line that the room does not have, or not any more.
pub(super) fn no_such_line(room: &str, line: LineRef) -> RequestError {
    let arguments = [room.to_owned(), line.seq.to_string()];
    error(ErrorCode::NoSuchLine, arguments)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reaction_is_short_and_can_be_seen() {
        #[track_caller]
        fn check(reaction: &str, reason: Option<&str>) {
            let refused = check_reaction(reaction).err();
            if let Some(refused) = &refused {
                assert_eq!(refused.code(), ErrorCode::BadRequest, "{reaction:?}");
            }
            let found = refused.map(|refused| refused.arguments.concat());
            assert_eq!(found.as_deref(), reason, "{reaction:?}");
        }
        let longest = "x".repeat(MAX_REACTION_BYTES);
        for reaction in [
            "👍",
            "❤\u{fe0f}",
            "gg",
            "👩\u{200d}🚀",
            "+1",
            ":wave:",
            &longest,
        ] {
            check(reaction, None);
        }
        let long = "a reaction has at most 32 bytes of UTF-8";
        check(&"x".repeat(MAX_REACTION_BYTES + 1), Some(long));
        check("👍👍👍👍👍👍👍👍👍", Some(long));
        for blank in ["", " ", "\u{200b}", "\u{fe0f}", "\u{301}", "\u{3164}"] {
            check(blank, Some("a reaction has a visible character"));
        }
        for control in ["a\nb", "\0", "a\u{202e}b", "\u{2028}x", "\u{7f}"] {
            check(control, Some("a reaction has no control characters"));
        }
    }
}
