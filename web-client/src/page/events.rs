//! What the session tells, on the page.

use std::rc::Rc;

use guildhall_client::session::{ChatLine, Event, FailReason, State};
use guildhall_client::words;
use guildhall_protocol::{ErrorCode, Member, WhisperLine};

use crate::notice::Notice;
use crate::scrollback::{Entry, ReadState, Said};

use super::Page;
use super::conversation::{Conversation, Older, Partner};

/// In rooms with more people, who comes and goes is not told: it would be all
/// one reads.
const FEW: u32 = 30;

impl Page {
    /// Shows what has happened.
    pub(super) fn tell(self: &Rc<Self>, event: Event) {
        let has_words = words::event(self.localizer.language(), &event).is_some();
        let notice = has_words.then(|| Notice::Event(Box::new(event.clone())));
        match event {
            Event::State(state) => self.moved(&state),
            Event::Welcomed { id, name, resumed } => self.welcomed(id, &name, resumed),
            Event::RenamedSelf(name) => {
                self.memory.keep_name(&name);
                self.elements
                    .show_own(self.client.session().id().unwrap_or_default(), &name);
                self.notice(None, notice);
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
                    self.notice(Some(conversation), notice);
                }
            }
            Event::Left { room } => {
                if let Some(conversation) = self.conversations.of_room(&room) {
                    self.close(&conversation);
                }
            }
            Event::Line(line) => self.heard(line),
            Event::History { room, lines, more } => {
                if let Some(conversation) = self.conversations.of_room(&room) {
                    let lines = lines.into_iter().map(said).collect();
                    self.log.put_older(&conversation, lines, more);
                    self.soon();
                }
            }
            Event::Whisper { line, own } => self.whispered(line, own),
            Event::MembersChanged { .. } => self.soon(),
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
                    self.notice(conversation, notice);
                }
            }
            Event::Gap { room, .. } => self.notice(self.conversations.of_room(&room), notice),
            Event::Pending {
                nonce,
                to,
                text,
                action,
                room,
            } => self.pending(nonce, room.as_deref(), &to, &text, action),
            Event::Sent { nonce } => {
                if let Some(conversation) = self.conversations.with_message(nonce) {
                    conversation.outbox.arrived(nonce);
                    self.soon();
                }
            }
            Event::Failed { nonce, mut reason } => {
                if let Some(conversation) = self.conversations.with_message(nonce) {
                    gone(&conversation, &mut reason);
                    conversation
                        .outbox
                        .fail(&self.localizer, &conversation.texts, nonce, reason);
                    self.soon();
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
                self.listed(&room, count, listed.then_some(&members[..]));
            }
            Event::RequestFailed { subject, .. } => {
                if let Some(conversation) = self.conversations.of_room(&subject) {
                    // If it was for older lines, they may be asked for again.
                    if conversation.older.get() == Older::Loading {
                        conversation.older.set(Older::Maybe);
                    }
                }
                self.notice(None, notice);
            }
            Event::NameRefused(_) | Event::WhisperGap { .. } | Event::BadMessage(_) => {
                self.notice(None, notice);
            }
        }
    }

    fn notice(self: &Rc<Self>, conversation: Option<Rc<Conversation>>, notice: Option<Notice>) {
        if let Some(notice) = notice {
            self.note(conversation, notice);
        }
    }

    fn moved(&self, state: &State) {
        if *state == State::Online {
            self.composer.clear_hint();
        }
        self.status.show(state);
    }

    fn welcomed(&self, id: u64, name: &str, resumed: bool) {
        self.elements.show_own(id, name);
        let most = self.client.session().limits().text_bytes;
        self.composer.allow(most as usize);
        if resumed {
            return;
        }
        // IDs may be other people's now, names are what the user knows.
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
                conversation.older.set(Older::None);
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
            self.note(None, notice);
        }
        self.soon();
        conversation
    }

    fn heard(self: &Rc<Self>, line: ChatLine) {
        let Some(conversation) = self.conversations.of_room(&line.room) else {
            return;
        };
        if line.own {
            conversation.outbox.arrived(line.nonce);
        }
        let read_state = if line.replay && conversation.is_new.get() {
            ReadState::Old
        } else {
            self.read_state(&conversation)
        };
        let quiet = line.replay;
        self.put(&conversation, Entry::Said(said(line)), read_state, quiet);
    }

    fn whispered(self: &Rc<Self>, line: WhisperLine, own: bool) {
        let (id, name) = if own {
            (line.receiver, line.receiver_name)
        } else {
            (line.sender, line.sender_name.clone())
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
        if own && let Some(from) = self.conversations.with_message(line.nonce) {
            from.outbox.arrived(line.nonce);
            // What was typed elsewhere goes on here.
            let is_shown = self.log.shown().is_some_and(|it| it.number == from.number);
            if from.number != conversation.number && is_shown {
                self.show(Some(&conversation));
            }
        }
        if self.log.shown().is_none() {
            self.show(Some(&conversation));
        }
        let said = Said {
            sender: line.sender,
            name: line.sender_name,
            own,
            seq: line.seq,
            text: line.text,
            action: line.action,
            time: line.time,
        };
        let read_state = self.read_state(&conversation);
        self.put(&conversation, Entry::Said(said), read_state, false);
    }

    fn pending(
        self: &Rc<Self>,
        nonce: u64,
        room: Option<&str>,
        to: &str,
        text: &str,
        action: bool,
    ) {
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
        let place = (&self.log.renderer, &*self.localizer, &*conversation);
        conversation
            .outbox
            .add(place, speaker, (nonce, text, action));
        self.soon();
    }

    /// Says who is in a room, as `/who` asked.
    fn listed(self: &Rc<Self>, room: &str, count: u32, members: Option<&[Member]>) {
        let notice = match members {
            Some(members) => {
                let names: Vec<_> = members.iter().map(|member| member.name.as_str()).collect();
                Notice::Label("here-are", vec![room.into(), names.join(", ")])
            }
            None => Notice::Label("too-many", vec![count.to_string()]),
        };
        self.note(self.conversations.of_room(room), notice);
    }

    fn read_state(&self, conversation: &Conversation) -> ReadState {
        if self.log.sees(conversation) {
            ReadState::Read
        } else {
            ReadState::Unread
        }
    }
}

/// Where it is the partner who is not here, `reason` has the name that the user
/// knows, and no ID. By that name, somebody may be here again.
fn gone(conversation: &Conversation, reason: &mut FailReason) {
    if let (Some(partner), FailReason::Refused(error)) = (conversation.partner(), reason)
        && error.code() == ErrorCode::NoSuchClient
    {
        error.arguments = vec![partner.name];
        conversation.forget_id();
    }
}

fn said(line: ChatLine) -> Said {
    Said {
        sender: line.sender,
        name: line.name,
        own: line.own,
        seq: line.seq,
        text: line.text,
        action: line.action,
        time: line.time,
    }
}
