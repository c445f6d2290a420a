//! A user's session and conversations with the server's side of them, for tests.

use alloc::string::ToString as _;
use alloc::vec;
use alloc::vec::Vec;

use super::{CommandFailure, Conversations, Layout, Outcome, Update};
use crate::RequestId;
use crate::command;
use crate::session::{Action, Session};
use guildhall_protocol::{
    ErrorCode, Joined, Line, Member, MemberList, Message as _, Packet, PacketBody, Reply,
    ReplyResult, Request, RequestBody, RequestError, RoomInfo, RoomList, SearchPage, Unread,
    UnreadList, Welcome, WhisperLine, decode,
};

/// The user's ID.
const OWN: u64 = 7;

/// A user that is online, and the requests that have no answer.
pub(super) struct TestChat {
    pub(super) session: Session,
    pub(super) conversations: Conversations,
    /// Whether the user sees the newest line of the current conversation.
    pub(super) sees_newest: bool,
    /// Requests without an answer. Their IDs are in `ids`.
    pub(super) requests: Vec<RequestBody>,
    ids: Vec<u64>,
    whisper_seq: u64,
}

impl TestChat {
    /// A user that is online and in no room.
    pub(super) fn online(layout: Layout) -> Self {
        let mut chat = Self {
            session: Session::new("Ann"),
            conversations: Conversations::new(layout),
            sees_newest: true,
            requests: Vec::new(),
            ids: Vec::new(),
            whisper_seq: 0,
        };
        chat.welcome(false);
        chat
    }

    pub(super) fn run(&mut self, typed: &str) -> Result<Outcome, CommandFailure> {
        let command = command::parse(typed).unwrap().unwrap();
        let outcome = self.conversations.run(&mut self.session, command, None);
        self.drain();
        outcome
    }

    pub(super) fn join(&mut self, room: &str) {
        self.conversations.join(&mut self.session, room);
        self.drain();
    }

    /// The name of the current conversation.
    pub(super) fn current(&self) -> &str {
        self.conversations.current().unwrap().name()
    }

    pub(super) fn disconnect(&mut self) {
        self.session.closed(1006, "", 0, 0.5);
        self.drain();
        self.forget_requests();
    }

    /// The server does not answer what it was asked.
    pub(super) fn forget_requests(&mut self) {
        self.requests.clear();
        self.ids.clear();
    }

    /// Connects, and the server answers to Hello.
    pub(super) fn welcome(&mut self, resumed: bool) {
        self.session.connect(0);
        self.session.opened(0);
        self.drain();
        let welcome = Welcome {
            version: 1,
            id: OWN,
            name: "Ann".into(),
            session: vec![1],
            resumed,
            ..Welcome::default()
        };
        if !resumed {
            self.whisper_seq = 0;
        }
        self.answer(ReplyResult::Welcome(welcome));
    }

    /// The server lets the user into a room in which nothing was said.
    pub(super) fn joined(&mut self, room: &str) {
        self.joined_from(room, 1);
    }

    /// The first line that follows has this number, and none was said so far.
    pub(super) fn joined_from(&mut self, room: &str, first_seq: u64) {
        self.answer(ReplyResult::Joined(Joined {
            first_seq,
            last_seq: first_seq - 1,
            ..in_room(room)
        }));
    }

    /// So many lines were said, and follow.
    pub(super) fn joined_with_lines(&mut self, room: &str, count: u64) {
        self.answer(ReplyResult::Joined(Joined {
            last_seq: count,
            ..in_room(room)
        }));
    }

    /// So many lines were said, and the user has read up to this one.
    pub(super) fn joined_and_read(&mut self, room: &str, read_seq: u64, last_seq: u64) {
        self.answer(ReplyResult::Joined(Joined {
            read_seq,
            last_seq,
            ..in_room(room)
        }));
    }

    /// The server lists what is unread.
    pub(super) fn unread(&mut self, rooms: &[Unread]) {
        let rooms = rooms.to_vec();
        self.answer(ReplyResult::Unread(UnreadList { rooms }));
    }

    /// The server has found this.
    pub(super) fn found(&mut self, page: SearchPage) {
        self.answer(ReplyResult::Found(page));
    }

    /// Does all that is due after the events so far.
    pub(super) fn keep_up(&mut self) {
        self.conversations.keep_up(&mut self.session);
        self.drain();
    }

    /// The user is in the room again, whose newest line has this number.
    pub(super) fn rejoined(&mut self, room: &str, last_seq: u64) {
        self.answer(ReplyResult::Joined(Joined {
            resumed: true,
            last_seq,
            ..in_room(room)
        }));
    }

    /// The server lists the members of a room.
    pub(super) fn members(&mut self, room: &str, members: &[(u64, &str)]) {
        let members = members.iter().map(|&(id, name)| Member {
            id,
            name: name.into(),
            ..Member::default()
        });
        self.session.list_members(room).unwrap();
        self.drain();
        self.answer(ReplyResult::Members(MemberList {
            room: room.into(),
            count: 0,
            listed: true,
            members: members.collect(),
        }));
    }

    /// The server lists the rooms.
    pub(super) fn listed(&mut self, rooms: &[&str]) {
        let rooms = rooms.iter().map(|&room| RoomInfo {
            room: room.into(),
            count: 1,
        });
        self.session.list_rooms().unwrap();
        self.drain();
        self.answer(ReplyResult::Rooms(RoomList {
            rooms: rooms.collect(),
            total: 0,
        }));
    }

    /// The server refuses the oldest request.
    pub(super) fn refuse(&mut self, code: ErrorCode) {
        self.answer(ReplyResult::Error(RequestError {
            code: code.into(),
            arguments: vec![9.to_string()],
            ..RequestError::default()
        }));
    }

    /// The server refuses the oldest request for now.
    pub(super) fn delay(&mut self, code: ErrorCode) {
        self.answer(ReplyResult::Error(RequestError {
            code: code.into(),
            temporary: true,
            ..RequestError::default()
        }));
    }

    /// The server says this. Returns what the last event of it changed.
    pub(super) fn receive(&mut self, body: PacketBody) -> Update {
        let body = match body {
            PacketBody::Whisper(mut line) => {
                self.whisper_seq += 1;
                line.seq = self.whisper_seq;
                PacketBody::Whisper(line)
            }
            other => other,
        };
        let bytes = Packet::from(body).encode_to_vec();
        self.session.received(&bytes, 0);
        self.drain()
    }

    /// Takes what the session has to tell and to send.
    pub(super) fn drain(&mut self) -> Update {
        let mut update = Update::default();
        while let Some(event) = self.session.next_event() {
            update = self
                .conversations
                .apply(&self.session, &event, self.sees_newest);
        }
        while let Some(action) = self.session.next_action() {
            if let Action::Send(bytes) = action
                && let Some(PacketBody::Request(Request { id, ask })) = decode(&bytes).unwrap().msg
            {
                self.requests.push(ask.unwrap());
                self.ids.push(id);
            }
        }
        update
    }

    /// The server answers the oldest request.
    fn answer(&mut self, result: ReplyResult) {
        self.requests.remove(0);
        let id = self.ids.remove(0);
        let result = Some(result);
        self.receive(PacketBody::Reply(Reply { id, result }));
    }
}

fn in_room(room: &str) -> Joined {
    Joined {
        room: room.into(),
        epoch: 1,
        first_seq: 1,
        count: 1,
        ..Joined::default()
    }
}

/// A message of another user in a room.
pub(super) fn line(room: &str, seq: u64) -> PacketBody {
    PacketBody::Line(Line {
        room: room.into(),
        epoch: 1,
        seq,
        sender: 9,
        text: "hi".into(),
        ..Line::default()
    })
}

/// The room's copy of a message of the user's.
pub(super) fn own_line(room: &str, seq: u64, nonce: RequestId) -> PacketBody {
    PacketBody::Line(Line {
        room: room.into(),
        epoch: 1,
        seq,
        sender: OWN,
        nonce: nonce.0,
        text: "hi".into(),
        ..Line::default()
    })
}

/// A whisper to the user.
pub(super) fn whisper(id: u64, name: &str) -> PacketBody {
    PacketBody::Whisper(WhisperLine {
        sender: id,
        sender_name: name.into(),
        receiver: OWN,
        text: "psst".into(),
        ..WhisperLine::default()
    })
}

/// The server's copy of a whisper of the user's.
pub(super) fn own_whisper(to: u64, name: &str, nonce: RequestId) -> PacketBody {
    PacketBody::Whisper(WhisperLine {
        sender: OWN,
        receiver: to,
        receiver_name: name.into(),
        nonce: nonce.0,
        text: "psst".into(),
        ..WhisperLine::default()
    })
}
