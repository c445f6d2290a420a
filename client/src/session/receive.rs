//! The server's messages, one packet at a time. The session accepts a packet only if it
//! answers a request and fits what is known.

use alloc::string::String;

use super::delayed::again_at;
use super::pending_requests::PendingRequest;
use super::room::{OlderPage, Own, Place, Position, Room, bound, chat_line};
use super::{Account, Action, Event, FailReason, Session, State, limits};
use crate::{RequestId, UserId};
use guildhall_protocol::limits::MAX_SERVER_PACKET_BYTES;
use guildhall_protocol::{
    CloseCode, ErrorCode, Gap, HistoryPage, Joined, Line, Pong, Reply, ReplyResult, RequestError,
    ServerBody, Welcome, WhisperLine, decode_from_server,
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
            Some(ServerBody::Reply(reply)) => self.reply(reply, now),
            Some(ServerBody::Line(line)) => self.line(line, now),
            Some(ServerBody::Whisper(line)) => self.whisper_line(line),
            Some(ServerBody::Presence(presence)) => self.presence(presence),
            Some(ServerBody::CatchUp(joined)) => self.catch_up(joined),
            Some(ServerBody::Removed(removed)) => self.removed(&removed),
            Some(ServerBody::RoomChanged(changed)) => self.room_changed(changed),
            Some(ServerBody::Renamed(it)) if self.link.is_online() && !it.name.is_empty() => {
                self.renamed(it.name);
            }
            // A later server may send packets that this client does not know.
            _ => {}
        }
    }

    fn reply(&mut self, Reply { id, result }: Reply, now: u64) {
        let id = RequestId(id);
        let Some(pending) = self.pending_requests.take(id) else {
            return self.answer_message(id, result, now);
        };
        match (pending, result) {
            (pending, Some(ReplyResult::Error(error))) => {
                self.refuse(pending, id, error, now);
            }
            (PendingRequest::Hello { named }, Some(ReplyResult::Welcome(welcome))) => {
                self.welcome(welcome, named, now);
            }
            (PendingRequest::Join(_), Some(ReplyResult::Joined(joined))) => self.joined(id, joined),
            (PendingRequest::Leave(_), Some(ReplyResult::Left(left))) => self.left(&left.room),
            (PendingRequest::Rename(_), Some(ReplyResult::Renamed(renamed))) => {
                self.name.clone_from(&renamed.name);
                self.chosen_name.clone_from(&renamed.name);
                self.emit(Event::RenamedSelf(renamed.name));
            }
            (PendingRequest::Refresh, Some(ReplyResult::Refreshed(refreshed))) => {
                self.tokens.taken(refreshed.ttl, now);
            }
            (PendingRequest::ListRooms, Some(ReplyResult::Rooms(list))) => {
                self.emit(Event::RoomList {
                    rooms: list.rooms,
                    total: list.total,
                });
            }
            (PendingRequest::Check, Some(ReplyResult::Rooms(_))) => {}
            (PendingRequest::ListMembers(room), Some(ReplyResult::Members(list))) => {
                self.member_list(&room, list);
            }
            (PendingRequest::FetchHistory { room, position }, Some(ReplyResult::History(page))) => {
                self.history(&room, position, page);
            }
            (pending, _) => {
                self.pending_requests.push(id, pending);
                self.emit(Event::BadMessage("an answer to something else"));
            }
        }
    }

    /// A reply to none of the pending requests, perhaps to a message.
    fn answer_message(&mut self, nonce: RequestId, result: Option<ReplyResult>, now: u64) {
        match result {
            Some(ReplyResult::Error(error))
                if error.temporary && self.messages.delayed(nonce, error.retry_after, now) =>
            {
                if error.code() == ErrorCode::SlowMode {
                    self.slowed(&error, now);
                }
                self.fail_in_unwanted_rooms();
            }
            Some(ReplyResult::Error(error)) if self.messages.refused(nonce) => {
                let reason = FailReason::Refused(error);
                self.emit(Event::Failed { nonce, reason });
                self.send_unblocked();
            }
            Some(ReplyResult::Repeated(_)) => self.stored(nonce),
            // An answer that is of no use any more.
            _ => {}
        }
    }

    fn stored(&mut self, nonce: RequestId) {
        if self.messages.stored(nonce) {
            self.emit(Event::Sent { nonce });
            self.send_unblocked();
        }
    }

    fn refuse(&mut self, pending: PendingRequest, id: RequestId, error: RequestError, now: u64) {
        let is_about_name = matches!(
            error.code(),
            ErrorCode::BadName | ErrorCode::NameTaken | ErrorCode::NameFixed
        );
        let is_about_token = error.code() == ErrorCode::BadToken;
        match &pending {
            PendingRequest::Hello { named: true } if is_about_name => {
                self.pending_name = None;
                self.chosen_name.clear();
                self.emit(Event::NameRefused(error));
                self.send_hello(String::new());
                return;
            }
            // The server's close says whether another token helps.
            PendingRequest::Hello { .. } | PendingRequest::Refresh if is_about_token => {
                self.tokens.forget();
            }
            PendingRequest::Hello { .. } if error.temporary => {
                self.hello_at = Some(again_at(&error, 0, now));
                return;
            }
            PendingRequest::Refresh if error.temporary => {
                return self.tokens.delay(again_at(&error, 0, now));
            }
            PendingRequest::Hello { .. } => {
                self.emit_refused(pending, error);
                self.actions
                    .push_back(Action::Close(CloseCode::Normal.code()));
                self.link.close(0, "");
                self.disconnected();
                return;
            }
            PendingRequest::Join(_) => {
                let is_it = |room: &Room| room.joining == Some(id);
                let Some(index) = self.rooms.iter().position(is_it) else {
                    return;
                };
                if error.temporary {
                    return self.delay_join(index, error, now);
                }
                let name = self.rooms.remove(index).view.name;
                self.given_rooms.retain(|given| *given != name);
            }
            PendingRequest::Rename(name) if error.temporary => {
                return self.delay_rename(name.clone(), error, now);
            }
            // An error is an answer, too.
            PendingRequest::Check => return,
            // The user wanted that.
            PendingRequest::Leave(_) if error.code() == ErrorCode::NotInRoom => return,
            PendingRequest::FetchHistory { room, .. } => {
                if let Some(index) = self.room_index(room) {
                    self.rooms[index].fetching = false;
                }
            }
            _ => {}
        }
        self.emit_refused(pending, error);
        self.fail_in_unwanted_rooms();
    }

    fn emit_refused(&mut self, request: PendingRequest, error: RequestError) {
        self.emit(Event::RequestFailed {
            request: request.kind(),
            subject: request.into_subject(),
            reason: FailReason::Refused(error),
        });
    }

    fn welcome(&mut self, welcome: Welcome, named: bool, now: u64) {
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
            ..
        } = welcome;
        bound(&mut user, &mut info);
        self.account = Account {
            user,
            info,
            session: session_number,
            may_rename,
        };
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
            let events = &mut self.events;
            self.messages
                .fail_uncertain(|event| events.push_back(event));
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

    fn joined(&mut self, id: RequestId, mut joined: Joined) {
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
        let (first_seq, last_seq) = (joined.first_seq, joined.last_seq);
        let settings = joined.settings.take();
        let outcome = self.rooms[index].joined(joined);
        self.emit(Event::Joined {
            room: room.clone(),
            previous_name,
            resumed: outcome.resumed,
            rejoined: outcome.rejoined,
            first_seq,
            last_seq,
        });
        self.set_settings(index, settings);
        self.emit_gap(index, outcome.gap);
        self.send_messages(Some(&room));
    }

    /// The server left out lines of a room, and continues behind them.
    fn catch_up(&mut self, mut joined: Joined) {
        let is_it = |room: &Room| {
            let view = &room.view;
            view.name == joined.room
                && view.epoch == joined.epoch
                && view.joined
                && room.joining.is_none()
        };
        if let Some(index) = self.rooms.iter().position(is_it) {
            let settings = joined.settings.take();
            let outcome = self.rooms[index].joined(joined);
            self.set_settings(index, settings);
            self.emit_gap(index, outcome.gap);
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
    fn left(&mut self, room: &str) {
        let is_it = |it: &Room| it.view.name == room && it.view.joined && it.joining.is_none();
        if let Some(index) = self.rooms.iter().position(is_it) {
            self.rooms[index].view.joined = false;
            self.request_join(index);
        }
    }

    fn own(&self) -> Own {
        Own {
            id: self.id,
            session: self.account.session,
        }
    }

    fn line(&mut self, line: Line, now: u64) {
        let own = self.own();
        if own.said(&line) {
            self.stored(RequestId(line.nonce));
        }
        let is_it = |room: &Room| room.view.name == line.room;
        let Some(index) = self.rooms.iter().position(is_it) else {
            return;
        };
        match self.rooms[index].line(&line) {
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
        }
    }

    fn history(&mut self, room: &str, position: Position, page: HistoryPage) {
        let Some(index) = self.room_index(room) else {
            return;
        };
        let own = self.own();
        let OlderPage { lines, more } = self.rooms[index].history(page, position, &own);
        let room = self.rooms[index].view.name.clone();
        self.emit(Event::History { room, lines, more });
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
        bound(&mut line.receiver_user, &mut String::new());
        if !own {
            self.last_whisperer = Some((UserId(line.sender), line.sender_name.clone()));
        }
        self.emit(Event::Whisper { line, own });
    }
}
