//! Shows the session's events on the page.

use std::rc::Rc;

use guildhall_client::session::{ChatLine, Event, FailReason, MessageKind, State};
use guildhall_client::words;
use guildhall_client::{ClientId, RequestId};
use guildhall_protocol::{ErrorCode, Member, WhisperLine};

use crate::notice::Notice;
use crate::scrollback::{Announcement, Entry, Message, ReadState};

use super::Page;
use super::conversation::{Conversation, OlderLines, Partner};
use super::outbox::PendingMessage;

/// In rooms with more members, joins and leaves are not shown: they would hide the
/// conversation.
const FEW: u32 = 30;

impl Page {
    /// Shows one event.
    pub(super) fn handle_event(self: &Rc<Self>, event: Event) {
        let has_words = words::event(self.localizer.language(), &event).is_some();
        let notice = has_words.then(|| Notice::Event(Box::new(event.clone())));
        match event {
            Event::State(state) => self.state_changed(&state),
            Event::Welcomed { id, name, resumed } => self.welcomed(id, &name, resumed),
            Event::RenamedSelf(name) => {
                self.memory.keep_name(&name);
                self.elements
                    .show_own(self.client.session().id().unwrap_or(ClientId(0)), &name);
                self.add_notice_if_any(None, notice);
            }
            Event::Joined {
                room,
                previous_name,
                resumed,
                rejoined,
                first_seq,
                ..
            } => {
                let conversation = self.joined(&room, &previous_name, first_seq);
                conversation.is_new.set(!rejoined);
                if rejoined && !resumed {
                    conversation.break_off();
                    self.add_notice_if_any(Some(conversation), notice);
                }
            }
            Event::Left { room } => {
                if let Some(conversation) = self.conversations.of_room(&room) {
                    self.close(&conversation);
                }
            }
            Event::Line(line) => self.add_line(line),
            Event::History { room, lines, more } => {
                if let Some(conversation) = self.conversations.of_room(&room) {
                    let older = if more {
                        OlderLines::Possible
                    } else {
                        OlderLines::None
                    };
                    let lines = lines.into_iter().map(message).collect();
                    self.log.put_older(&conversation, lines, older);
                    self.schedule_update();
                }
            }
            Event::Whisper { line, own } => self.add_whisper(line, own),
            Event::MembersChanged { .. } => self.schedule_update(),
            Event::MemberJoined { room, .. }
            | Event::MemberLeft { room, .. }
            | Event::MemberRenamed { room, .. } => {
                let few = self
                    .client
                    .session()
                    .room(&room)
                    .is_some_and(|it| it.count <= FEW);
                let conversation = self.conversations.of_room(&room).filter(|_| few);
                if conversation.is_some() {
                    self.add_notice_if_any(conversation, notice);
                }
            }
            Event::Gap { room, .. } => {
                self.add_notice_if_any(self.conversations.of_room(&room), notice)
            }
            Event::Pending {
                nonce,
                to,
                text,
                action,
                room,
            } => {
                let message = PendingMessage {
                    nonce,
                    text,
                    kind: MessageKind::from_action(action),
                };
                self.add_pending(room.as_deref(), &to, message);
            }
            Event::Sent { nonce } => {
                if let Some(conversation) = self.conversations.with_message(nonce) {
                    conversation.outbox.delivered(nonce);
                    self.schedule_update();
                }
            }
            Event::Failed { nonce, mut reason } => {
                if let Some(conversation) = self.conversations.with_message(nonce) {
                    partner_is_gone(&conversation, &mut reason);
                    conversation.outbox.fail(
                        &self.log.renderer,
                        &conversation.context(),
                        nonce,
                        reason,
                    );
                    self.schedule_update();
                }
            }
            Event::RoomList { rooms, .. } => {
                self.join_dialog.list(&rooms);
                let rooms = rooms.into_iter().map(|info| info.room).collect();
                self.known_rooms.replace(rooms);
            }
            Event::MemberList {
                room,
                count,
                listed,
                members,
            } => {
                self.show_members(&room, count, listed.then_some(&members[..]));
            }
            Event::RequestFailed { subject, .. } => {
                if let Some(conversation) = self.conversations.of_room(&subject) {
                    // If this was for older lines, they can be asked for again.
                    if conversation.older.get() == OlderLines::Loading {
                        conversation.older.set(OlderLines::Possible);
                    }
                }
                self.add_notice_if_any(None, notice);
            }
            Event::NameRefused(_) | Event::WhisperGap { .. } | Event::BadMessage(_) => {
                self.add_notice_if_any(None, notice);
            }
        }
    }

    fn add_notice_if_any(
        self: &Rc<Self>,
        conversation: Option<Rc<Conversation>>,
        notice: Option<Notice>,
    ) {
        if let Some(notice) = notice {
            self.add_notice(conversation, notice);
        }
    }

    fn state_changed(&self, state: &State) {
        if *state == State::Online {
            self.composer.clear_hint();
        }
        self.status.show(state);
    }

    fn welcomed(&self, id: ClientId, name: &str, resumed: bool) {
        self.elements.show_own(id, name);
        let most = self.client.session().limits().text_bytes;
        self.composer.set_longest(most as usize);
        if resumed {
            return;
        }
        // Other users may have these IDs now. The names stay valid for the user.
        for conversation in self.conversations.all() {
            conversation.forget_id();
        }
    }

    fn joined(self: &Rc<Self>, room: &str, asked: &str, first_seq: u64) -> Rc<Conversation> {
        let found = self.conversations.of_room(room);
        let is_new = found.is_none();
        let conversation = found.unwrap_or_else(|| self.conversations.open_room(room));
        if is_new {
            if first_seq <= 1 {
                conversation.older.set(OlderLines::None);
            }
            self.keep_rooms();
        }
        let awaited = self.awaited.borrow().as_deref() == Some(asked);
        if awaited {
            self.awaited.take();
        }
        if awaited || self.log.shown().is_none() {
            self.show(Some(&conversation));
        }
        for notice in self.early.take() {
            self.add_notice(None, notice);
        }
        self.schedule_update();
        conversation
    }

    fn add_line(self: &Rc<Self>, line: ChatLine) {
        let Some(conversation) = self.conversations.of_room(&line.room) else {
            return;
        };
        if line.own {
            conversation.outbox.delivered(line.nonce);
        }
        let read_state = if line.replay && conversation.is_new.get() {
            ReadState::Old
        } else {
            self.read_state(&conversation)
        };
        let announcement = if line.replay {
            Announcement::Silent
        } else {
            Announcement::Aloud
        };
        let entry = Entry::Message(message(line));
        self.add_entry(&conversation, entry, read_state, announcement);
    }

    fn add_whisper(self: &Rc<Self>, line: WhisperLine, own: bool) {
        let (id, name) = if own {
            (ClientId(line.receiver), line.receiver_name)
        } else {
            (ClientId(line.sender), line.sender_name.clone())
        };
        let known = self.conversations.of_partner(id, &name);
        let partner = Partner { id: Some(id), name };
        let conversation = match known {
            Some(conversation) => {
                conversation.set_partner(partner);
                conversation
            }
            None => self.conversations.open_whispers(partner),
        };
        if own && let Some(from) = self.conversations.with_message(RequestId(line.nonce)) {
            from.outbox.delivered(RequestId(line.nonce));
            // It was typed in another conversation and continues in this one.
            let is_shown = self.log.shown().is_some_and(|it| it.number == from.number);
            if from.number != conversation.number && is_shown {
                self.show(Some(&conversation));
            }
        }
        if self.log.shown().is_none() {
            self.show(Some(&conversation));
        }
        let message = Message {
            sender: ClientId(line.sender),
            name: line.sender_name,
            own,
            seq: line.seq,
            text: line.text,
            action: line.action,
            time: line.time,
        };
        let read_state = self.read_state(&conversation);
        let entry = Entry::Message(message);
        self.add_entry(&conversation, entry, read_state, Announcement::Aloud);
    }

    fn add_pending(self: &Rc<Self>, room: Option<&str>, to: &str, message: PendingMessage) {
        let conversation = match room {
            Some(room) => self.conversations.of_room(room),
            None => (self.outgoing.take()).and_then(|number| self.conversations.by_number(number)),
        };
        let Some(conversation) = conversation.or_else(|| self.log.shown()) else {
            return;
        };
        let speaker = match (room, conversation.partner()) {
            (Some(_), _) => Notice::label("you"),
            (None, Some(partner)) => Notice::Label("you-whisper", vec![partner.name]),
            (None, None) => Notice::Label("you-whisper", vec![to.into()]),
        };
        let context = conversation.context();
        (conversation.outbox).add(&self.log.renderer, &context, speaker, message);
        self.schedule_update();
    }

    /// Lists a room's members, as `/who` asked. `None`: there are too many.
    fn show_members(self: &Rc<Self>, room: &str, count: u32, members: Option<&[Member]>) {
        let notice = match members {
            Some(members) => {
                let names: Vec<_> = members.iter().map(|member| member.name.as_str()).collect();
                Notice::Label("here-are", vec![room.into(), names.join(", ")])
            }
            None => Notice::Label("too-many", vec![count.to_string()]),
        };
        self.add_notice(self.conversations.of_room(room), notice);
    }

    fn read_state(&self, conversation: &Conversation) -> ReadState {
        if self.log.sees(conversation) {
            ReadState::Read
        } else {
            ReadState::Unread
        }
    }
}

/// If the partner is not here, the reason shows the name that the user knows instead
/// of the ID, and the ID is forgotten: the next message goes to that name.
fn partner_is_gone(conversation: &Conversation, reason: &mut FailReason) {
    if let (Some(partner), FailReason::Refused(error)) = (conversation.partner(), reason)
        && error.code() == ErrorCode::NoSuchClient
    {
        error.arguments = vec![partner.name];
        conversation.forget_id();
    }
}

fn message(line: ChatLine) -> Message {
    Message {
        sender: line.sender,
        name: line.name,
        own: line.own,
        seq: line.seq,
        text: line.text,
        action: line.action,
        time: line.time,
    }
}
