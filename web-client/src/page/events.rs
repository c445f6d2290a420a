//! Shows the session's events on the page. What they mean for the conversations, the
//! client's `Conversations` decides.

use std::rc::Rc;

use guildhall_client::conversations::{Addressee, DeliveryStatus, KnownLine, Unread};
use guildhall_client::session::{ChatLine, Event, MessageKind, RequestKind, State};
use guildhall_client::texts;
use guildhall_client::{RequestId, UserId};
use guildhall_protocol::{Member, RequestError, WhisperLine};

use crate::notice::Notice;
use crate::scrollback::{Announcement, Entry, Message};

use super::Page;
use crate::page::log::conversation_view::ConversationView;
use crate::page::log::outbox::PendingMessage;

impl Page {
    /// Shows one event.
    #[expect(
        clippy::too_many_lines,
        reason = "one branch for each event, and nothing else"
    )]
    pub(super) fn handle_event(self: &Rc<Self>, mut event: Event) {
        let update = self.conversations.borrow_mut().apply(
            &self.client.session(),
            &event,
            self.log.sees_newest(),
        );
        self.follow_conversations();
        self.name_person(&mut event);
        let view = update.conversation.and_then(|id| self.views.get(id));
        if matches!(
            event,
            Event::Line(_) | Event::Whisper { .. } | Event::Sent { .. }
        ) {
            self.status.server_spoke(&self.client.session());
        }
        match event {
            Event::State(state) => self.state_changed(&state),
            Event::Welcomed { id, name, .. } => {
                self.keep_claim();
                self.name_dialog.named();
                self.elements.show_own(id, &name);
                self.refresh();
            }
            Event::RenamedSelf(ref name) => {
                // A name that the server has given it is nobody's at the next visit.
                if !self.has_tokens && self.client.session().chosen_name() == name {
                    self.memory.keep_name(name);
                }
                let id = self.client.session().id().unwrap_or(UserId(0));
                self.elements.show_own(id, name);
                self.name_dialog.named();
                self.name_dialog.done();
                self.add_notice(None, Notice::Event(Rc::new(event)));
            }
            Event::Joined {
                resumed, rejoined, ..
            } => {
                let is_anew = rejoined && !resumed;
                self.joined(view, is_anew.then_some(event));
            }
            Event::Line(line) => {
                if let Some(view) = view {
                    self.add_line(&view, line, update.unread);
                }
            }
            Event::History { lines, .. } => {
                if let Some(view) = view {
                    let lines = lines.into_iter().map(message).collect();
                    self.log.put_older(&view, lines);
                    self.schedule_update();
                }
            }
            Event::Whisper { line, own } => {
                self.keep_claim();
                if let Some(view) = view {
                    self.add_whisper(&view, line, own, update.unread);
                }
            }
            Event::LineEdited { .. } | Event::LineRemoved(_) | Event::ReactionsChanged { .. } => {
                if let Some(view) = view {
                    self.log.show_change(&view, &event);
                    self.schedule_update();
                }
            }
            Event::LinesCleared(_) | Event::LinesPurged { .. } => {
                self.lines_removed(view, event);
            }
            Event::BlocksChanged => self.blocks_changed(),
            Event::BlockList(ref users) if self.form_dialog.list_blocked(users) => {}
            Event::Reported { .. }
            | Event::Imposed(_)
            | Event::Purged { .. }
            | Event::Done {
                request: RequestKind::ChangeRoom | RequestKind::Clear,
                ..
            } => self.answered(event),
            Event::Done {
                request: RequestKind::Unblock,
                ..
            } => {
                self.ask_members();
                self.add_notice(view, Notice::Event(Rc::new(event)));
            }
            // The tab of the room before closes, and what it shows with it.
            Event::Moved { .. } => {
                self.early.borrow_mut().push(Notice::Event(Rc::new(event)));
            }
            Event::SearchPage {
                lines,
                more,
                is_first,
            } => {
                let renderer = &self.log.renderer;
                self.search_dialog.found(renderer, &lines, more, is_first);
            }
            Event::MembersChanged { .. }
            | Event::SlowMode { .. }
            | Event::ReadMark { .. }
            | Event::UnreadList(_)
            | Event::SanctionList { .. }
            | Event::HistoryOf { .. } => self.schedule_update(),
            // Of members, one notice for all follows. A token, the client gets from the game.
            Event::Left { .. }
            | Event::TokenNeeded
            | Event::MemberJoined { .. }
            | Event::MemberLeft { .. }
            | Event::MemberRenamed { .. } => {}
            Event::PresenceNotice { .. } => {
                if let Some(view) = view {
                    self.add_presence(&view, event);
                }
            }
            Event::ServerAnswers(_) => self.status.show(&self.client.session()),
            Event::Pending {
                nonce,
                to,
                text,
                action,
                room,
                ..
            } => {
                let kind = MessageKind::from_action(action);
                let speaker = self.own_speaker(nonce, room.is_some(), to);
                self.add_pending(view, speaker, PendingMessage { nonce, text, kind });
            }
            Event::Held { nonce } if self.views.with_message(nonce).is_some() => {
                self.message_held(nonce);
            }
            Event::Sent { nonce } => self.message_sent(nonce),
            Event::Failed { nonce, .. } => self.message_failed(nonce),
            Event::RoomList { rooms, .. } => self.join_dialog.list(&rooms),
            Event::MemberList { .. } if self.asks_members.take() => self.schedule_update(),
            Event::MemberList {
                room,
                count,
                listed,
                members,
            } => {
                let members = listed.then_some(&members[..]);
                self.show_members(view, &room, count, members);
            }
            Event::RequestFailed { request, .. } => self.not_done(request, event),
            Event::NameRefused(ref error) => {
                self.name_refused(error);
                self.add_notice(None, Notice::Event(Rc::new(event)));
            }
            Event::RoomChanged { .. } => {
                self.log.show_older_hint();
                self.schedule_update();
            }
            Event::Removed { .. } => {
                self.keep_rooms(&self.conversations.borrow());
                self.log.show_older_hint();
                let notice = Notice::Event(Rc::new(event));
                self.note_end(&notice);
                self.add_notice(view, notice);
            }
            Event::JoinDelayed { .. } => self.not_done(RequestKind::Join, event),
            Event::RenameDelayed { .. } => self.not_done(RequestKind::Rename, event),
            Event::ChangeFailed { .. } | Event::WhisperGap { .. } | Event::BadMessage(_) => {
                self.add_notice(None, Notice::Event(Rc::new(event)));
            }
            _ => self.add_notice(view, Notice::Event(Rc::new(event))),
        }
    }

    /// The server refused the name in Hello: if the user has just chosen it, asks again.
    fn name_refused(&self, error: &RequestError) {
        let session = self.client.session();
        let words = texts::error(self.localizer.language(), error);
        self.name_dialog.refused(session.name(), &words);
    }

    /// Shows why something was not done, or not yet: in the dialog that asked for it, if it is open.
    fn not_done(self: &Rc<Self>, request: RequestKind, event: Event) {
        let notice = Notice::Event(Rc::new(event));
        self.note_end(&notice);
        let words = self.localizer.words(&notice);
        let is_shown = match request {
            RequestKind::Rename => self.name_dialog.not_done(&words),
            RequestKind::Join => self.join_dialog.not_done(&words),
            RequestKind::Search => self.search_dialog.not_done(&words),
            RequestKind::Unblock
            | RequestKind::ListBlocks
            | RequestKind::Report
            | RequestKind::Impose
            | RequestKind::ChangeRoom
            | RequestKind::Clear
            | RequestKind::Purge => self.form_dialog.not_done(&words),
            // Nobody asked for it.
            RequestKind::ListUnread => true,
            RequestKind::ListMembers => self.asks_members.take(),
            _ => false,
        };
        if !is_shown {
            self.add_notice(None, notice);
        }
    }

    /// A room is joined; `anew` is the event if its lines do not follow those that are shown.
    fn joined(self: &Rc<Self>, view: Option<Rc<ConversationView>>, anew: Option<Event>) {
        self.join_dialog.done();
        for early in self.early.take() {
            self.add_notice(None, early);
        }
        self.schedule_update();
        if let Some(anew) = anew {
            if let Some(view) = &view {
                view.break_off();
            }
            self.add_notice(view, Notice::Event(Rc::new(anew)));
        }
    }

    /// Adds what is told of a room's members: to the notice above, if nothing is in between.
    fn add_presence(self: &Rc<Self>, view: &Rc<ConversationView>, later: Event) {
        let mut scrollback = view.scrollback.borrow_mut();
        let has_waiting = scrollback.has_waiting();
        if scrollback.add_presence(&later) {
            return;
        }
        drop(scrollback);
        let newest = view.list.last_element_child();
        let shown = newest.and_then(|item| item.first_element_child());
        let is_added = !has_waiting
            && shown.is_some_and(|shown| {
                let add = |notice: &mut Notice| notice.add_presence(&later);
                view.texts.change(&self.localizer, &shown, add)
            });
        if !is_added {
            self.add_notice(Some(Rc::clone(view)), Notice::Event(Rc::new(later)));
        }
    }

    fn state_changed(&self, state: &State) {
        if *state == State::Online {
            self.composer.clear_hint();
        }
        self.status.show(&self.client.session());
    }

    fn add_line(self: &Rc<Self>, view: &ConversationView, line: ChatLine, unread: Unread) {
        if line.own {
            view.outbox.delivered(line.nonce);
        }
        let announcement = if line.replay {
            Announcement::Silent
        } else {
            Announcement::Aloud
        };
        let entry = Entry::Message(message(line));
        self.add_entry(view, entry, unread, announcement);
    }

    fn add_whisper(
        self: &Rc<Self>,
        view: &ConversationView,
        line: WhisperLine,
        own: bool,
        unread: Unread,
    ) {
        let nonce = RequestId(line.nonce);
        if own && let Some(typed_in) = self.views.with_message(nonce) {
            typed_in.outbox.delivered(nonce);
        }
        let message = Message {
            sender: UserId(line.sender),
            name: line.sender_name,
            own,
            seq: line.seq,
            text: line.text,
            action: line.action,
            time: line.time,
            info: line.sender_info,
            account: line.sender_user,
            line: None,
        };
        self.add_entry(view, Entry::Message(message), unread, Announcement::Aloud);
    }

    /// How the page names the user above a message: by the partner, if it is a whisper.
    fn own_speaker(&self, nonce: RequestId, is_in_room: bool, to: String) -> Notice {
        if is_in_room {
            return Notice::Text(texts::YOU);
        }
        let conversations = self.conversations.borrow();
        let message = conversations.own_message(nonce);
        let is_for_partner = message.is_some_and(|it| it.addressee == Addressee::Conversation);
        let conversation = conversations.of_message(nonce).filter(|_| is_for_partner);
        let partner = conversation.and_then(|conversation| conversation.partner());
        let name = partner.map_or(to, |partner| partner.name.clone());
        Notice::YouWhisper(name)
    }

    fn add_pending(
        self: &Rc<Self>,
        view: Option<Rc<ConversationView>>,
        speaker: Notice,
        message: PendingMessage,
    ) {
        if let Some(view) = view.or_else(|| self.log.shown()) {
            let context = self.log.context(&view);
            (view.outbox).add(&self.log.renderer, &context, speaker, message);
            self.schedule_update();
        }
    }

    fn message_sent(self: &Rc<Self>, nonce: RequestId) {
        if let Some(view) = self.views.with_message(nonce) {
            view.outbox.delivered(nonce);
            self.schedule_update();
        }
    }

    fn message_held(self: &Rc<Self>, nonce: RequestId) {
        if let Some(view) = self.views.with_message(nonce) {
            let context = self.log.context(&view);
            view.outbox.hold(&self.log.renderer, &context, nonce);
            self.schedule_update();
        }
    }

    /// Lines are gone without a trace.
    fn lines_removed(self: &Rc<Self>, view: Option<Rc<ConversationView>>, event: Event) {
        let (change, user) = match &event {
            Event::LinesCleared(change) => (change, None),
            Event::LinesPurged { change, user } => (change, Some(*user)),
            _ => return,
        };
        if let Some(view) = &view {
            self.log.remove_lines(view, change, user);
        }
        self.add_notice(view, Notice::Event(Rc::new(event)));
    }

    fn message_failed(self: &Rc<Self>, nonce: RequestId) {
        let Some(view) = self.views.with_message(nonce) else {
            return;
        };
        let conversations = self.conversations.borrow();
        // Not the event's reason: this one names a partner as the user knows them.
        let status = (conversations.own_message(nonce)).map(|message| message.status.clone());
        drop(conversations);
        if let Some(DeliveryStatus::Failed(reason)) = status {
            let context = self.log.context(&view);
            (view.outbox).fail(&self.log.renderer, &context, nonce, reason);
            self.schedule_update();
        }
    }

    /// Lists a room's members, as `/who` asked. `None`: there are too many.
    fn show_members(
        self: &Rc<Self>,
        view: Option<Rc<ConversationView>>,
        room: &str,
        count: u32,
        members: Option<&[Member]>,
    ) {
        let notice = match members {
            Some(members) => {
                let (room, mut names) = (room.into(), String::new());
                for member in members {
                    names.push_str(if names.is_empty() { "" } else { ", " });
                    names.push_str(&member.name);
                }
                Notice::PeopleAre { room, names }
            }
            None => Notice::TooManyPeople(count),
        };
        self.add_notice(view, notice);
    }
}

fn message(line: ChatLine) -> Message {
    let known = KnownLine::new(&line);
    Message {
        line: Some((line.epoch, known)),
        sender: line.sender,
        name: line.name,
        own: line.own,
        seq: line.seq,
        text: line.text,
        action: line.action,
        time: line.time,
        info: line.info,
        account: line.user,
    }
}
