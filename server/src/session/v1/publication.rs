//! The checks between a text that is valid and its publication: the filters, and the game's hook.
//! Each say, edit and whisper goes through here once, when it was counted.

use std::sync::Arc;

use guildhall_protocol::limits::MAX_SAY_BYTES;
use guildhall_protocol::{ErrorCode, Held, LineRef, Repeated, ReplyResult, RequestError};

use crate::filter::{Checked, FilterKind, Filters, Location};
use crate::hook::{Answer as GameAnswer, HookFailure, OnFailure, Question, QuestionKind};
use crate::hub::Hub;
use crate::ids::RequestId;
use crate::journal::HeldText;
use crate::names;
use crate::outgoing::outbox::Wire;
use crate::shared::flagged::{Flag, Flagged};
use crate::shared::held::HeldState;
use crate::sync::moment::Moment;

use super::admission::Accepted;
use super::passed::{AskedAbout, Outcome, Passed};
use super::refusal::{check_text, error};
use super::welcomed::Welcomed;
use super::{Answer, Answered};

/// The most bytes of the game's words for the user whose text it rejects. The rest is cut.
const MOST_OF_REASON: usize = 500;

/// A text that is about to be published in a room.
#[derive(Debug, Clone, Copy)]
pub(super) struct Publishing<'a> {
    pub(super) kind: QuestionKind,
    pub(super) room: &'a Arc<str>,
    pub(super) text: &'a str,
    pub(super) action: bool,
    /// The number of the line that it edits; 0: it is a line itself.
    pub(super) line: u64,
    pub(super) nonce: RequestId,
    /// The longest text of the room.
    pub(super) most_bytes: Option<usize>,
}

impl<W: Wire> Welcomed<W> {
    /// The answer of the game about the text with this request, if it was asked.
    pub(super) fn take_answer(&mut self, nonce: RequestId) -> Option<Box<AskedAbout>> {
        let is_it = |asked: &mut Box<AskedAbout>| asked.nonce == nonce && asked.answer.is_some();
        self.asked_about.take_if(is_it)
    }

    /// The game has answered about the text with this request, or it has not.
    pub(super) fn game_answered(
        &mut self,
        hub: &Hub<W>,
        nonce: RequestId,
        answer: Result<GameAnswer, HookFailure>,
    ) {
        let answer = answer.unwrap_or_else(|_| on_failure(hub).answer());
        if let Some(asked) = &mut self.asked_about
            && asked.nonce == nonce
        {
            asked.answer = Some(answer);
        }
    }

    /// Has the filters look at a text, or takes over what the game has `answered` about it.
    ///
    /// # Errors
    ///
    /// The error that refuses it.
    pub(super) fn pass(
        &mut self,
        hub: &Hub<W>,
        publishing: Publishing<'_>,
        answered: Option<Box<AskedAbout>>,
        at: Moment,
    ) -> Result<Passed, RequestError> {
        let Publishing { room, text, .. } = publishing;
        // One that was accepted before is answered as a repeat.
        if self.session.has_accepted(publishing.nonce) {
            return Ok(Passed::default());
        }
        if let Some(answered) = answered {
            return self.pass_answered(hub, publishing, *answered);
        }
        let Some(publication) = hub.shared().publication() else {
            return Ok(Passed::default());
        };
        let said = (text, publishing.nonce);
        let checked = self.check(&publication.filters, Location::Room(room), said, at);
        if let Some(kind) = checked.refused {
            return Err(refused_text(kind, String::new()));
        }
        let (masked, flags) = (checked.masked, checked.flags);
        let outcome = if let Some(kind) = checked.held {
            self.check_can_wait(hub, kind)?;
            Outcome::Held(masked.unwrap_or_else(|| text.to_owned()), kind)
        } else if let Some(hook) = &publication.hook
            && hook.is_for(room)
        {
            let text = masked.unwrap_or_else(|| text.to_owned());
            let question = self.question(publishing, text.clone(), at);
            self.asked_about = Some(Box::new(AskedAbout {
                nonce: publishing.nonce,
                text,
                flags: flags.clone(),
                answer: None,
            }));
            Outcome::Ask(Box::new(question))
        } else {
            masked.map_or(Outcome::AsItIs, Outcome::As)
        };
        Ok(Passed { outcome, flags })
    }

    fn check(
        &self,
        filters: &Filters,
        location: Location<'_>,
        (text, nonce): (&str, RequestId),
        at: Moment,
    ) -> Checked {
        if filters.has_repeats() {
            let recent = self.session.user.recent_texts();
            let message = Some((self.session.id, nonce));
            let recent = recent.as_deref().map(|recent| (recent, message, at.now));
            return filters.check_after(location, text, recent);
        }
        filters.check(location, text)
    }

    fn question(&self, publishing: Publishing<'_>, text: String, at: Moment) -> Question {
        let id = self.id();
        Question {
            kind: publishing.kind,
            room: Arc::clone(publishing.room),
            text,
            action: publishing.action,
            user: id.0,
            account: self.name.user().into(),
            name: self.name.of(id),
            session: self.session.id.0,
            nonce: publishing.nonce.0,
            line: publishing.line,
            time: at.unix_millis,
        }
    }

    /// Has the filters look at a reaction. It is as short as a word: there is none in its place that
    /// could be shown, none waits for a moderator, and the game is not asked.
    ///
    /// # Errors
    ///
    /// The error that refuses it.
    pub(super) fn pass_reaction(
        &self,
        hub: &Hub<W>,
        (room, nonce): (&str, RequestId),
        reaction: &str,
    ) -> Result<Passed, RequestError> {
        if self.session.has_accepted(nonce) {
            return Ok(Passed::default());
        }
        let Some(publication) = hub.shared().publication() else {
            return Ok(Passed::default());
        };
        let checked = publication.filters.check(Location::Room(room), reaction);
        // Capitals alone harm nobody.
        let is_hidden = |masked: &String| masked.to_lowercase() != reaction.to_lowercase();
        let masked = checked.masked.filter(is_hidden);
        let refused = checked.refused.or(checked.held);
        if let Some(kind) = refused.or(masked.map(|_| FilterKind::Words)) {
            return Err(refused_text(kind, String::new()));
        }
        Ok(Passed {
            outcome: Outcome::AsItIs,
            flags: checked.flags,
        })
    }

    /// Takes over what the game has answered.
    fn pass_answered(
        &self,
        hub: &Hub<W>,
        publishing: Publishing<'_>,
        answered: AskedAbout,
    ) -> Result<Passed, RequestError> {
        let AskedAbout {
            text,
            flags,
            answer,
            ..
        } = answered;
        let most = publishing.most_bytes.unwrap_or(MAX_SAY_BYTES);
        let answer = match answer {
            // A text that cannot be said is no answer.
            Some(GameAnswer::Replace(other)) if check_text(&other, most).is_err() => {
                on_failure(hub).answer()
            }
            answer => answer.unwrap_or(GameAnswer::Accept),
        };
        let outcome = match answer {
            GameAnswer::Reject(why) => {
                return Err(refused_text(FilterKind::Game, reason_of(&why)));
            }
            GameAnswer::Replace(other) => Outcome::As(other),
            GameAnswer::Hold => {
                self.check_can_wait(hub, FilterKind::Game)?;
                Outcome::Held(text, FilterKind::Game)
            }
            GameAnswer::Accept if text == publishing.text => Outcome::AsItIs,
            GameAnswer::Accept => Outcome::As(text),
        };
        Ok(Passed { outcome, flags })
    }

    /// Whether one more text of the user can wait for a moderator.
    ///
    /// # Errors
    ///
    /// The error that refuses it: too many wait.
    fn check_can_wait(&self, hub: &Hub<W>, kind: FilterKind) -> Result<(), RequestError> {
        if hub
            .shared()
            .held()
            .is_full_for(&self.session.user.snapshot())
        {
            return Err(refused_text(kind, String::new()));
        }
        Ok(())
    }

    /// Accepts a text, and holds it until a moderator decides.
    ///
    /// # Errors
    ///
    /// A stale ID.
    pub(super) fn hold_text(
        &self,
        hub: &Hub<W>,
        publishing: Publishing<'_>,
        about: Option<LineRef>,
        (text, filter): (&str, FilterKind),
        at: Moment,
    ) -> Answered {
        let shared = hub.shared();
        let (nonce, valid) = (publishing.nonce, Ok(()));
        let accepted = match shared.journal() {
            Some(_) => self.accept_waiting(nonce, valid)?,
            None => self.accept_once(nonce, valid)?,
        };
        match accepted {
            Accepted::New(()) => {}
            Accepted::Repeated => return self.repeated(hub, nonce),
            Accepted::Waiting => return Ok(Answer::Undecided),
        }
        self.note_passed(
            hub,
            (publishing.room, nonce),
            publishing.text,
            Vec::new(),
            at,
        );
        let held = HeldText {
            id: 0,
            time: at.unix_millis,
            room: Arc::clone(publishing.room),
            user: self.session.user.snapshot(),
            info: self.name.info().into(),
            session: self.session.id,
            nonce,
            text: text.into(),
            action: publishing.action,
            about,
            is_edit: publishing.kind == QuestionKind::Edit,
            filter,
        };
        let connection = hub.reference(self.connection.id());
        Ok(if shared.hold(held, &self.session, connection) {
            Answer::Now(ReplyResult::Held(Held {}))
        } else {
            Answer::Sent
        })
    }

    /// The answer to a say or a change that was accepted before.
    ///
    /// # Errors
    ///
    /// A moderator has rejected it.
    pub(super) fn repeated(&self, hub: &Hub<W>, nonce: RequestId) -> Answered {
        match hub.shared().held().state_of(self.session.id, nonce) {
            None => Ok(Answer::Now(ReplyResult::Repeated(Repeated {}))),
            Some(HeldState::Waits) => Ok(Answer::Now(ReplyResult::Held(Held {}))),
            Some(HeldState::Rejected(kind, words)) => Err(refused_text(kind, words.to_string())),
        }
    }

    /// Has the filters look at a whisper. Returns the text that is whispered in its place, if it is
    /// another one, and what moderators get a report of.
    ///
    /// # Errors
    ///
    /// The error that refuses it.
    pub(super) fn pass_whisper(
        &self,
        hub: &Hub<W>,
        text: &str,
        nonce: RequestId,
        at: Moment,
    ) -> Result<Passed, RequestError> {
        let publication = hub.shared().publication();
        let Some(publication) = publication.filter(|_| !self.session.has_accepted(nonce)) else {
            return Ok(Passed::default());
        };
        let checked = self.check(&publication.filters, Location::Whisper, (text, nonce), at);
        match checked.refused {
            Some(kind) => Err(refused_text(kind, String::new())),
            None => Ok(Passed {
                outcome: checked.masked.map_or(Outcome::AsItIs, Outcome::As),
                flags: checked.flags,
            }),
        }
    }

    /// A text was accepted: it counts for repeats, and moderators get reports of what filters have
    /// found in it. `room` is empty for a whisper.
    pub(super) fn note_passed(
        &self,
        hub: &Hub<W>,
        (room, nonce): (&Arc<str>, RequestId),
        text: &str,
        flags: Vec<Flag>,
        at: Moment,
    ) {
        let Some(publication) = hub.shared().publication() else {
            return;
        };
        if publication.filters.has_repeats() {
            let message = (self.session.id, nonce);
            self.session.user.said_text(text, message, at.now);
        }
        self.report_flags(hub, (room, nonce), flags, at);
    }

    /// Moderators get a report of what filters have found in a text, or in the user's name: then
    /// `room` is empty.
    pub(super) fn report_flags(
        &self,
        hub: &Hub<W>,
        (room, nonce): (&Arc<str>, RequestId),
        flags: Vec<Flag>,
        at: Moment,
    ) {
        if !flags.is_empty() {
            let flagged = Flagged {
                user: self.session.user.snapshot(),
                room: Arc::clone(room),
                text: Arc::default(),
                session: self.session.id,
                nonce,
                flags,
            };
            hub.shared().report_flagged(flagged, at);
        }
    }

    /// Moderators get a report of what filters have found in a reaction.
    pub(super) fn report_reaction(
        &self,
        hub: &Hub<W>,
        reaction: &str,
        flags: Vec<Flag>,
        at: Moment,
    ) {
        if !flags.is_empty() {
            let flagged = Flagged::without_line(self.session.user.snapshot(), reaction, flags);
            hub.shared().report_flagged(flagged, at);
        }
    }
}

/// The words of the game for a user, as many as fit into an answer.
fn reason_of(words: &str) -> String {
    let words: String = words.chars().filter(|&c| !names::is_control(c)).collect();
    words[..words.floor_char_boundary(MOST_OF_REASON)].to_owned()
}

/// Has the filters look at the name that a user wants. Returns what moderators get a report of if it
/// gets the name.
///
/// # Errors
///
/// The error that refuses it.
pub(super) fn check_user_name<W: Wire>(
    hub: &Hub<W>,
    name: &str,
) -> Result<Vec<Flag>, RequestError> {
    let Some(publication) = hub.shared().publication() else {
        return Ok(Vec::new());
    };
    // Others see the name without what it has too much of, such as spaces in front of it. One that
    // nobody can have is refused for that.
    let Ok(name) = names::client_name(name) else {
        return Ok(Vec::new());
    };
    let checked = publication.filters.check(Location::UserName, &name);
    match checked.refused {
        Some(kind) => Err(refused_text(kind, String::new())),
        None => Ok(checked.flags),
    }
}

/// Has the filters look at the name of a room that a user joins. One that exists may have it.
///
/// # Errors
///
/// The error that refuses it.
pub(super) fn check_room_name<W: Wire>(hub: &Hub<W>, name: &str) -> Result<(), RequestError> {
    let Some(publication) = hub.shared().publication() else {
        return Ok(());
    };
    match publication.filters.refuse_room_name(name) {
        Some(kind) if !hub.shared().has_room(name) => Err(refused_text(kind, String::new())),
        _ => Ok(()),
    }
}

fn on_failure<W: Wire>(hub: &Hub<W>) -> OnFailure {
    let publication = hub.shared().publication();
    let hook = publication.as_ref().and_then(|it| it.hook.as_ref());
    hook.map_or(OnFailure::Publish, |hook| hook.on_failure)
}

/// The error for a text that breaks a rule of the game: which kind of filter has found something,
/// and why, in the game's words.
pub(super) fn refused_text(kind: FilterKind, why: String) -> RequestError {
    error(ErrorCode::RefusedText, [kind.word().to_owned(), why])
}
