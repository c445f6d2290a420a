//! Carries out what the user asks for of other users and of the room: blocks, reports, and what
//! moderators do; and what holds against this user.

use std::rc::Rc;

use guildhall_client::conversations::Conversation;
use guildhall_client::session::{Event, Imposition, Reportable, RequestKind, SendError, Session};
use guildhall_client::texts;
use guildhall_protocol::{Member, RemovedReason, Role, Sanction, SanctionKind};

use super::Page;
use crate::notice::Notice;
use crate::page::dialogs::form_dialog::Place;
use crate::page::log::line_menu::{Allowed, Subject};
use crate::page::room_rules::Hold;
use crate::page::user_action::{Act, Form, Person, Reported, UserAction};

impl Page {
    /// Opens the menu of another user, at a place of the window.
    pub(super) fn open_user_menu(
        &self,
        person: Person,
        reported: (Reported, String),
        place: (i32, i32),
    ) {
        let allowed = Allowed {
            moderate: self.place().may_moderate(),
            ..Allowed::default()
        };
        let subject = Subject {
            line: None,
            is_blocked: self.client.session().is_blocked(person.id),
            person: Some(person),
            reported: Some(reported),
        };
        self.line_menu.open(subject, None, &allowed, place);
    }

    /// Opens a form. The list of blocked users follows when the server has sent it.
    pub(super) fn open_form(&self, form: Form) {
        let is_list = matches!(form, Form::Blocks);
        self.form_dialog.open(form, self.place());
        if is_list {
            let asked = self.client.with_session(Session::list_blocks);
            self.show_refusal(asked);
        }
    }

    /// Blocks a user, or ends that.
    pub(super) fn block(&self, person: &Person, take_back: bool) {
        self.note_person(person);
        let asked =
            (self.client).with_session(|session| session.block(person.recipient(), take_back));
        self.show_refusal(asked);
    }

    /// Does what a form says.
    pub(super) fn act(&self, act: Act) {
        match &act {
            Act::Impose { person, .. } | Act::Purge { person, .. } => self.note_person(person),
            Act::Report {
                what: Reported::Line(id),
                ..
            } => {
                if let Err(words) = self.check_line(*id) {
                    self.form_dialog.not_done(&words);
                    return;
                }
            }
            _ => {}
        }
        let here = self.place().room;
        let asked = self.client.with_session(|session| match act {
            Act::Report { what, reason, note } => {
                let what = match &what {
                    Reported::Line(id) => Reportable::Line {
                        room: &here,
                        seq: id.seq,
                    },
                    Reported::Whisper(seq) => Reportable::Whisper(*seq),
                    Reported::Person(person) => Reportable::User(person.recipient()),
                };
                session.report(what, reason, &note)
            }
            Act::Impose {
                person,
                kind,
                room,
                seconds,
                reason,
                rule,
                address,
            } => session.impose(&Imposition {
                kind,
                room: &room,
                user: person.recipient(),
                seconds,
                reason,
                rule: &rule,
                note: "",
                address,
                report: 0,
            }),
            Act::Purge { person, room } => session.purge(&room, person.recipient()),
            Act::ChangeRoom(room, change) => session.change_room(&room, change),
            Act::Clear(room) => session.clear(&room),
        });
        self.show_refusal(asked);
    }

    /// The name in place of the number or the account by which the page has meant a user.
    pub(super) fn name_person(&self, event: &mut Event) {
        let (Event::Done { subject, .. }
        | Event::RequestFailed { subject, .. }
        | Event::Purged { user: subject, .. }) = event
        else {
            return;
        };
        if let Some(person) = &*self.person.borrow()
            && person.subject() == *subject
        {
            subject.clone_from(&person.name);
        }
    }

    /// The user blocks others than before: what they have said vanishes, or is there again.
    pub(super) fn blocks_changed(self: &Rc<Self>) {
        let blocked: Vec<Member> = self.client.session().blocks().unwrap_or_default().to_vec();
        self.form_dialog.list_blocked(&blocked);
        self.log.blocked.replace(blocked);
        for view in self.views.all() {
            self.log.hide_blocked(&view);
        }
        let conversations = self.conversations.borrow();
        let hides_current = conversations
            .current()
            .is_some_and(Conversation::is_blocked);
        let other = conversations.iter().find(|it| !it.is_blocked());
        let other = other.map(Conversation::id);
        drop(conversations);
        if let Some(other) = other.filter(|_| hides_current) {
            self.perform(UserAction::Show(other));
        }
        self.schedule_update();
    }

    /// The user does not block somebody any more, who may have been in the room all the time.
    pub(super) fn ask_members(&self) {
        let room = self.shown_room();
        let asked = (self.client).with_session(|session| session.list_members(&room));
        self.asks_members.set(asked.is_ok());
    }

    /// A report of the user has arrived, or a request of a moderator was done.
    pub(super) fn answered(self: &Rc<Self>, event: Event) {
        let is_report = matches!(event, Event::Reported { .. });
        let notice = Notice::Event(Rc::new(event));
        let words = self.localizer.words(&notice);
        if is_report && self.form_dialog.reported(&words) {
            return;
        }
        self.form_dialog.done();
        if !words.is_empty() {
            self.add_notice(None, notice);
        }
    }

    /// The reason for which the user can say nothing in this conversation, if there is one.
    pub(super) fn hold(&self, conversation: &Conversation) -> Hold {
        let session = self.client.session();
        let language = self.localizer.language();
        let may_come_back = self.may_come_back(conversation);
        let removal = conversation.removal();
        let mut removed = (removal.as_ref()).and_then(|event| texts::event(language, event));
        let sanction = match removal {
            // The ban has ended.
            Some(Event::Removed {
                reason: RemovedReason::Banned,
                ref room,
                ..
            }) if may_come_back => {
                removed = Some(texts::removed(language, room));
                None
            }
            Some(Event::Removed { sanction, .. }) => sanction.map(|it| *it),
            _ => session.muted(conversation.room().unwrap_or("")).cloned(),
        };
        Hold {
            ends_at: sanction.as_ref().and_then(|it| session.ends_at(it)),
            sanction,
            removed,
            may_come_back,
        }
    }

    /// Whether the user may join a room again that a moderator has taken it out of.
    fn may_come_back(&self, conversation: &Conversation) -> bool {
        let session = self.client.session();
        let room = conversation.room();
        let is_ban = |it: &Sanction| {
            it.kind() == SanctionKind::Ban && (it.room.is_empty() || Some(&*it.room) == room)
        };
        match conversation.removed() {
            Some(RemovedReason::Kicked) => true,
            Some(RemovedReason::Banned) => !session.sanctions().iter().any(is_ban),
            _ => false,
        }
    }

    /// The user is taken off the chat, or not let in, for a reason that this event tells: the
    /// status shows it when the connection has ended.
    pub(super) fn note_end(&self, notice: &Notice) {
        let Notice::Event(event) = notice else {
            return;
        };
        let is_end = match &**event {
            Event::RequestFailed { request, .. } => *request == RequestKind::Hello,
            Event::Removed {
                sanction: Some(sanction),
                ..
            } => sanction.room.is_empty(),
            _ => false,
        };
        if is_end {
            self.status.note_end(notice.clone());
        }
    }

    /// The room that is shown, also if the user is in it no more; empty: there is none.
    pub(super) fn shown_room(&self) -> String {
        let conversations = self.conversations.borrow();
        let room = conversations.current().and_then(Conversation::room);
        room.unwrap_or_default().into()
    }

    /// The facts that a form has to know of the room that is shown.
    pub(super) fn place(&self) -> Place {
        let conversations = self.conversations.borrow();
        let session = self.client.session();
        let room = conversations.current().and_then(Conversation::room);
        let view = room.and_then(|room| session.room(room));
        view.map_or_else(
            || Place {
                everywhere: session.role() != Role::Unspecified,
                ..Place::default()
            },
            |view| Place {
                room: view.name.clone(),
                here: session.may_moderate(&view.name),
                everywhere: session.role() != Role::Unspecified,
                settings: (view.settings.slow_mode / 1_000, view.settings.announce_only),
            },
        )
    }

    /// Events name the user by the number or the account that the request had.
    fn note_person(&self, person: &Person) {
        self.person.replace(Some(person.clone()));
    }

    fn show_refusal(&self, asked: Result<(), SendError>) {
        if let Err(error) = asked {
            let words = self.words(&error);
            if !self.form_dialog.not_done(&words) {
                self.composer.hint(&words);
            }
        }
    }
}
