//! The server's messages, one packet at a time. The session accepts a packet only if it
//! answers a request and fits what is known.

use alloc::string::String;

use super::line::{Own, bound, bound_user, chat_line};
use super::room::{OlderPage, Place, Position, Room};
use super::{Account, Event, Session, State, limits};
use crate::{RequestId, UserId};
use guildhall_protocol::limits::MAX_SERVER_PACKET_BYTES;
use guildhall_protocol::{
    Gap, HistoryPage, Joined, Line, Pong, Role, ServerBody, Welcome, WhisperLine,
    decode_from_server,
};

/// The longest secret that a session takes: Hello has to hold it.
const LONGEST_SECRET: usize = 1024;

impl Session {
    /// A binary message was received.
    pub fn received(&mut self, bytes: &[u8], now: u64) {
        if !self.link.is_open() {
            return;
        }
        self.link.received(now);
        self.packet(bytes, now);
        if self.link.is_online() {
            let waits = self.waits_for_answer();
            if self.answers.received(now, waits) {
                self.emit(Event::ServerAnswers(true));
            }
        }
    }

    fn packet(&mut self, bytes: &[u8], now: u64) {
        let body = if bytes.len() > MAX_SERVER_PACKET_BYTES {
            return self.emit(Event::BadMessage("a message that is too big"));
        } else if let Ok(body) = decode_from_server(bytes) {
            body
        } else {
            return self.emit(Event::BadMessage("not a packet"));
        };
        match body {
            Some(ServerBody::Ping(_)) => self.send(Pong {}.encode_packet()),
            Some(ServerBody::GoingAway(it)) => self.link.going_away(it.return_within),
            Some(ServerBody::Reply(reply)) => self.reply(reply, now),
            Some(ServerBody::Line(line)) => self.line(line, now),
            Some(ServerBody::Whisper(line)) => self.whisper_line(line),
            Some(ServerBody::Presence(presence)) => self.presence(presence),
            Some(ServerBody::CatchUp(joined)) => self.catch_up(joined, now),
            Some(ServerBody::Removed(removed)) => self.removed(removed),
            Some(ServerBody::RoomChanged(changed)) => self.room_changed(changed),
            Some(ServerBody::ReadMark(mark)) => self.read_elsewhere(&mark),
            Some(body) if self.link.is_online() => self.pushed(body, now),
            // A later server may send packets that this client does not know.
            _ => {}
        }
    }

    pub(super) fn welcome(&mut self, welcome: Welcome, named: bool, now: u64) {
        let Welcome {
            id,
            name,
            session,
            resumed,
            limits,
            whisper_gap,
            ttl,
            mut user,
            mut info,
            session_number,
            rooms,
            may_rename,
            role,
            sanctions,
            time,
            ..
        } = welcome;
        bound(&mut user, &mut info);
        let same_user = !user.is_empty() && self.id == Some(UserId(id));
        self.account = Account {
            user,
            info,
            session: session_number,
            may_rename,
            role: Role::try_from(role).unwrap_or_default(),
        };
        self.set_server_time(time, now);
        self.forget_blocks();
        self.tokens.taken(ttl, now);
        let id = UserId(id);
        self.link.welcomed(now);
        self.limits = limits::from_welcome(limits, &self.limits);
        let is_first = self.id.replace(id).is_none();
        self.secret = session;
        if self.secret.len() > LONGEST_SECRET {
            self.secret.clear();
        }
        let pending_name = self.pending_name.take();
        if pending_name.as_ref() == Some(&name) {
            self.chosen_name.clone_from(&name);
        }
        let pending_name = pending_name.filter(|pending| resumed && *pending != name);
        if named && !resumed {
            self.chosen_name.clone_from(&name);
        }
        self.name.clone_from(&name);
        self.emit_state();
        self.emit(Event::Welcomed { id, name, resumed });
        self.set_sanctions(sanctions, now);
        if resumed {
            if let Some(gap) = whisper_gap
                && gap.from <= gap.to
                && self.whisper_seq < gap.to
            {
                let from = gap.from.max(self.whisper_seq + 1);
                self.whisper_seq = gap.to;
                self.emit(Event::WhisperGap { from, to: gap.to });
            }
        } else {
            self.whisper_seq = 0;
            self.last_heard = 0;
            let events = &mut self.events;
            self.messages
                .fail_uncertain(same_user, |event| events.push_back(event));
            if !is_first {
                self.messages.fail_to_ids(|event| events.push_back(event));
            }
        }
        if let Some(pending_name) = pending_name {
            self.request_rename(pending_name);
        }
        for index in 0..self.rooms.len() {
            self.request_join(index);
        }
        self.give_rooms(&rooms);
        self.send_messages(None);
        self.refresh(now);
    }

    pub(super) fn joined(&mut self, id: RequestId, joined: Joined) {
        let is_it = |room: &Room| room.joining == Some(id);
        let Some(index) = self.rooms.iter().position(is_it) else {
            return;
        };
        let room = joined.room.clone();
        let previous_name = self.rooms[index].view.name.clone();
        if room != previous_name {
            self.messages.room_renamed(&previous_name, &room);
            if let Some(same) = self.rooms.iter().position(|it| it.view.name == room) {
                return self.join_once(index, same, previous_name, joined);
            }
            self.rooms[index].view.name.clone_from(&room);
        }
        self.take_room(index, previous_name, joined);
    }

    /// The client is in a room now.
    pub(super) fn take_room(&mut self, index: usize, previous_name: String, joined: Joined) {
        let room = joined.room.clone();
        let (first_seq, last_seq) = (joined.first_seq, joined.last_seq);
        let outcome = self.rooms[index].joined(joined);
        self.emit(Event::Joined {
            room: room.clone(),
            previous_name,
            resumed: outcome.resumed,
            rejoined: outcome.rejoined,
            first_seq,
            last_seq,
        });
        self.set_settings(index, outcome.settings);
        self.emit_gap(index, outcome.gap);
        self.send_messages(Some(&room));
        self.send_mark(index);
    }

    /// The server left out lines of a room, and continues behind them.
    fn catch_up(&mut self, joined: Joined, now: u64) {
        let Some(index) = self.settled_index(&joined.room) else {
            return;
        };
        if self.rooms[index].view.epoch == joined.epoch {
            let outcome = self.rooms[index].joined(joined);
            self.set_settings(index, outcome.settings);
            self.emit_gap(index, outcome.gap);
        } else if joined.epoch != 0 && self.rooms[index].join_at.is_none() {
            self.join_other_epoch(index, now);
        }
    }

    /// Tells the lines that are missing, if any are, and the members as they are now.
    fn emit_gap(&mut self, index: usize, gap: Option<Gap>) {
        if let Some(Gap { from, to }) = gap {
            let room = self.rooms[index].view.name.clone();
            self.emit(Event::Gap { room, from, to });
        }
        self.emit_members(index);
    }

    /// Two rooms that the user wanted are the same one: the one that was known stays. It has
    /// the members of the answer: the server takes the client to know them.
    fn join_once(&mut self, twice: usize, stays: usize, previous_name: String, answer: Joined) {
        let view = &self.rooms[stays].view;
        let (room, last_seq, joined) = (view.name.clone(), view.last_seq, view.joined);
        if joined {
            self.rooms[stays].set_members(answer.count, answer.listed, answer.members);
        }
        self.emit(Event::Joined {
            room: room.clone(),
            previous_name,
            resumed: true,
            rejoined: true,
            first_seq: last_seq.saturating_add(1),
            last_seq,
        });
        if joined {
            self.set_settings(stays, answer.settings);
            self.emit_members(stays);
            self.send_messages(Some(&room));
        }
        self.rooms.remove(twice);
    }

    /// A room is left. If the user wants it by another name, it is joined again.
    pub(super) fn left(&mut self, room: &str) {
        if let Some(index) = self.settled_index(room) {
            self.rooms[index].view.joined = false;
            self.request_join(index);
        }
    }

    pub(super) fn own(&self) -> Own {
        Own {
            id: self.id,
            session: self.account.session,
        }
    }

    fn line(&mut self, mut line: Line, now: u64) {
        let own = self.own();
        let nonce = RequestId(line.nonce);
        let is_answer = (own.said(&line) || self.messages.is_held(nonce, own.session_of(&line)))
            && self.stored(nonce);
        let is_it = |room: &Room| room.view.name == line.room;
        let Some(index) = self.rooms.iter().position(is_it) else {
            return;
        };
        match self.rooms[index].line(&line) {
            // It has its number, and nothing is shown of it.
            Place::Next { .. } if line.hidden => {}
            Place::Next { replay } if line.change.is_some() => {
                if let Some(change) = line.change.take() {
                    let event = self.rooms[index].changed(line, change, &own, replay);
                    self.events.extend(event);
                }
            }
            // A line that was removed leaves a trace only for who had it: here, who said it.
            Place::Next { .. } if line.removed && !is_answer => {}
            Place::Next { replay } => {
                let line = chat_line(line, &own, replay);
                let is_said_now = line.own && !replay;
                self.emit(Event::Line(line));
                if is_said_now {
                    self.said(index, now);
                }
            }
            Place::Known => {}
            Place::Ahead => self.request_join(index),
            Place::OtherEpoch => self.join_other_epoch(index, now),
        }
    }

    pub(super) fn history(&mut self, room: &str, position: Position, page: HistoryPage) {
        let Some(index) = self.room_index(room) else {
            return;
        };
        let own = self.own();
        let older = self.rooms[index].history(page, position, &own);
        let OlderPage {
            lines,
            more,
            changes,
        } = older;
        let room = self.rooms[index].view.name.clone();
        self.emit(Event::History { room, lines, more });
        self.events.extend(changes);
    }

    fn whisper_line(&mut self, mut line: WhisperLine) {
        if *self.state() != State::Online {
            return;
        }
        let own = self.id == Some(UserId(line.sender));
        if own {
            self.stored(RequestId(line.nonce));
        }
        if line.seq <= self.whisper_seq {
            return;
        }
        self.whisper_seq = line.seq;
        bound(&mut line.sender_user, &mut line.sender_info);
        bound_user(&mut line.receiver_user);
        if !own {
            self.last_heard = line.seq;
            self.last_whisperer = Some((UserId(line.sender), line.sender_name.clone()));
        }
        self.emit(Event::Whisper { line, own });
    }
}
