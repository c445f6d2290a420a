//! What the session tells, on the page.

use std::rc::Rc;

use guildhall_client::session::{ChatLine, Event, FailReason, State};
use guildhall_client::texts;
use guildhall_protocol::{ErrorCode, Member, WhisperLine};

use crate::remark::Remark;
use crate::scrollback::{Entry, Said, Sight};

use super::Page;
use super::talk::{Older, Partner, Talk};

/// In rooms with more people, who comes and goes is not told: it would be all
/// one reads.
const FEW: u32 = 30;

impl Page {
    /// Shows what has happened.
    pub(super) fn tell(self: &Rc<Self>, event: Event) {
        let has_words = texts::event(self.voice.language(), &event).is_some();
        let remark = has_words.then(|| Remark::Told(Box::new(event.clone())));
        match event {
            Event::State(state) => self.moved(&state),
            Event::Welcomed { id, name, resumed } => self.welcomed(id.0, &name, resumed),
            Event::RenamedSelf(name) => {
                self.memory.keep_name(&name);
                self.elements
                    .show_own(self.client.session().id().map_or(0, |id| id.0), &name);
                self.remark(None, remark);
            }
            Event::Joined {
                room,
                previous_name,
                resumed,
                rejoined,
                first_seq,
                ..
            } => {
                let talk = self.joined(&room, &previous_name, first_seq);
                talk.is_new.set(!rejoined);
                if rejoined && !resumed {
                    talk.break_off();
                    self.remark(Some(talk), remark);
                }
            }
            Event::Left { room } => {
                if let Some(talk) = self.talks.of_room(&room) {
                    self.close(&talk);
                }
            }
            Event::Line(line) => self.heard(line),
            Event::History { room, lines, more } => {
                if let Some(talk) = self.talks.of_room(&room) {
                    let lines = lines.into_iter().map(said).collect();
                    self.log.put_older(&talk, lines, more);
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
                let talk = self.talks.of_room(&room).filter(|_| few);
                if talk.is_some() {
                    self.remark(talk, remark);
                }
            }
            Event::Gap { room, .. } => self.remark(self.talks.of_room(&room), remark),
            Event::Pending {
                nonce,
                to,
                text,
                action,
                room,
            } => self.pending(nonce.0, room.as_deref(), &to, &text, action),
            Event::Sent { nonce } => {
                if let Some(talk) = self.talks.with_message(nonce.0) {
                    talk.outbox.arrived(nonce.0);
                    self.soon();
                }
            }
            Event::Failed { nonce, mut reason } => {
                if let Some(talk) = self.talks.with_message(nonce.0) {
                    gone(&talk, &mut reason);
                    talk.outbox.fail(&self.voice, &talk.spoken, nonce.0, reason);
                    self.soon();
                }
            }
            Event::RoomList { rooms, .. } => {
                self.door.list(&rooms);
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
                if let Some(talk) = self.talks.of_room(&subject) {
                    // If it was for older lines, they may be asked for again.
                    if talk.older.get() == Older::Loading {
                        talk.older.set(Older::Maybe);
                    }
                }
                self.remark(None, remark);
            }
            Event::NameRefused(_) | Event::WhisperGap { .. } | Event::BadMessage(_) => {
                self.remark(None, remark);
            }
        }
    }

    fn remark(self: &Rc<Self>, talk: Option<Rc<Talk>>, remark: Option<Remark>) {
        if let Some(remark) = remark {
            self.note(talk, remark);
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
        for talk in self.talks.all() {
            talk.forget_id();
        }
    }

    fn joined(self: &Rc<Self>, room: &str, asked: &str, first_seq: u64) -> Rc<Talk> {
        let found = self.talks.of_room(room);
        let is_new = found.is_none();
        let talk = found.unwrap_or_else(|| self.talks.open_room(room));
        if is_new {
            if first_seq <= 1 {
                talk.older.set(Older::None);
            }
            self.keep_rooms();
        }
        let awaited = self.awaited.borrow().as_deref() == Some(asked);
        if awaited {
            self.awaited.take();
        }
        if awaited || self.log.shown().is_none() {
            self.show(Some(&talk));
        }
        for remark in self.early.take() {
            self.note(None, remark);
        }
        self.soon();
        talk
    }

    fn heard(self: &Rc<Self>, line: ChatLine) {
        let Some(talk) = self.talks.of_room(&line.room) else {
            return;
        };
        if line.own {
            talk.outbox.arrived(line.nonce.0);
        }
        let sight = if line.replay && talk.is_new.get() {
            Sight::Old
        } else {
            self.sight(&talk)
        };
        let quiet = line.replay;
        self.put(&talk, Entry::Said(said(line)), sight, quiet);
    }

    fn whispered(self: &Rc<Self>, line: WhisperLine, own: bool) {
        let (id, name) = if own {
            (line.receiver, line.receiver_name)
        } else {
            (line.sender, line.sender_name.clone())
        };
        let known = self.talks.of_partner(id, &name);
        let partner = Partner { id: Some(id), name };
        let talk = match known {
            Some(talk) => {
                talk.set_partner(partner);
                talk
            }
            None => self.talks.open_whispers(partner),
        };
        if own && let Some(from) = self.talks.with_message(line.nonce) {
            from.outbox.arrived(line.nonce);
            // What was typed elsewhere goes on here.
            let is_shown = self.log.shown().is_some_and(|it| it.number == from.number);
            if from.number != talk.number && is_shown {
                self.show(Some(&talk));
            }
        }
        if self.log.shown().is_none() {
            self.show(Some(&talk));
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
        let sight = self.sight(&talk);
        self.put(&talk, Entry::Said(said), sight, false);
    }

    fn pending(
        self: &Rc<Self>,
        nonce: u64,
        room: Option<&str>,
        to: &str,
        text: &str,
        action: bool,
    ) {
        let talk = match room {
            Some(room) => self.talks.of_room(room),
            None => (self.outgoing.take()).and_then(|number| self.talks.by_number(number)),
        };
        let Some(talk) = talk.or_else(|| self.log.shown()) else {
            return;
        };
        let speaker = match (room, talk.partner()) {
            (Some(_), _) => Remark::Text(texts::YOU),
            (None, Some(partner)) => Remark::YouWhisper(partner.name),
            (None, None) => Remark::YouWhisper(to.into()),
        };
        let place = (&self.log.scribe, &*self.voice, &*talk);
        talk.outbox.add(place, speaker, (nonce, text, action));
        self.soon();
    }

    /// Says who is in a room, as `/who` asked.
    fn listed(self: &Rc<Self>, room: &str, count: u32, members: Option<&[Member]>) {
        let remark = match members {
            Some(members) => {
                let names: Vec<_> = members.iter().map(|member| member.name.as_str()).collect();
                let (room, names) = (room.into(), names.join(", "));
                Remark::PeopleAre { room, names }
            }
            None => Remark::TooManyPeople(count),
        };
        self.note(self.talks.of_room(room), remark);
    }

    fn sight(&self, talk: &Talk) -> Sight {
        if self.log.sees(talk) {
            Sight::Seen
        } else {
            Sight::Unseen
        }
    }
}

/// Where it is the partner who is not here, `reason` has the name that the user
/// knows, and no ID. By that name, somebody may be here again.
fn gone(talk: &Talk, reason: &mut FailReason) {
    if let (Some(partner), FailReason::Refused(error)) = (talk.partner(), reason)
        && error.code() == ErrorCode::NoSuchClient
    {
        error.arguments = vec![partner.name];
        talk.forget_id();
    }
}

fn said(line: ChatLine) -> Said {
    Said {
        sender: line.sender.0,
        name: line.name,
        own: line.own,
        seq: line.seq,
        text: line.text,
        action: line.action,
        time: line.time,
    }
}
