//! A client that checks each packet by what it knows: whom its user blocks, and who hears what.

use std::collections::{BTreeMap, BTreeSet};

use guildhall_protocol::{
    ChangeKind, ErrorCode, Joined, Line, Member, PacketBody, Presence, ReplyResult,
};

use crate::step::NEAR;

/// The key of a line: its room, epoch and number.
pub(crate) type LineKey = (String, u32, u64);

/// A client of a user.
#[derive(Debug, Default)]
pub(crate) struct Device {
    pub(crate) user: usize,
    /// The session's secret.
    pub(crate) secret: Vec<u8>,
    pub(crate) last_request: u64,
    pub(crate) whisper_seq: u64,
    /// The last line that it has of each room.
    pub(crate) positions: BTreeMap<String, (u32, u64)>,
    /// The number of the next line of each room that it is in over this connection.
    pub(crate) next: BTreeMap<String, u64>,
    /// Whom its user blocks, as far as the server has told it.
    pub(crate) told: BTreeSet<usize>,
    /// Whom its user blocked when the server handled its last hello.
    pub(crate) at_hello: BTreeSet<usize>,
    /// The last own line of each room.
    pub(crate) own: BTreeMap<String, (u32, u64)>,
}

/// The knowledge that all devices share.
#[derive(Debug, Default)]
pub(crate) struct Known {
    /// The users by their IDs.
    pub(crate) users: BTreeMap<u64, usize>,
    /// The speakers of lines, from those that have seen them.
    pub(crate) speakers: BTreeMap<LineKey, usize>,
    /// The lines that were hidden, and from whom.
    pub(crate) hidden: Vec<(usize, LineKey)>,
    /// Those that were shown since this was cleared.
    pub(crate) shown: Vec<(usize, LineKey)>,
}

impl Device {
    /// The connection is lost.
    pub(crate) fn disconnect(&mut self) {
        self.next.clear();
    }

    pub(crate) fn is_in(&self, room: &str) -> bool {
        self.next.contains_key(room)
    }

    /// Takes and checks a packet.
    pub(crate) fn receive(&mut self, packet: PacketBody, known: &mut Known) {
        match packet {
            PacketBody::Reply(reply) => self.reply(reply.result.expect("a result"), known),
            PacketBody::Line(line) => {
                if let Some(next) = self.next.get_mut(&line.room) {
                    assert_eq!(line.seq, *next, "a gap: {line:?}");
                    *next += 1;
                    (self.positions).insert(line.room.clone(), (line.epoch, line.seq));
                }
                self.check_line(&line, known);
            }
            PacketBody::CatchUp(joined) => self.joined(&joined, known),
            PacketBody::Presence(presence) => self.check_presence(&presence, known),
            PacketBody::Whisper(whisper) => {
                let sender = known.users[&whisper.sender];
                assert!(!self.told.contains(&sender), "{whisper:?}");
                let is_void = whisper.text.contains("void");
                assert!(!is_void || sender == self.user, "{whisper:?}");
                assert!(whisper.seq > self.whisper_seq);
                self.whisper_seq = whisper.seq;
            }
            PacketBody::Blocks(blocks) => self.blocked(&blocks.users, known),
            other => panic!("{other:?}"),
        }
    }

    fn reply(&mut self, result: ReplyResult, known: &mut Known) {
        match result {
            ReplyResult::Welcome(welcome) => {
                known.users.insert(welcome.id, self.user);
                if !welcome.resumed {
                    self.whisper_seq = 0;
                }
                self.secret = welcome.session;
                self.told = self.at_hello.clone();
            }
            ReplyResult::Joined(joined) => self.joined(&joined, known),
            ReplyResult::Left(left) => drop(self.next.remove(&left.room)),
            ReplyResult::Blocks(blocks) => self.blocked(&blocks.users, known),
            ReplyResult::Members(list) => self.check_members(&list.members, known),
            ReplyResult::History(page) => {
                assert_ne!(page.room, NEAR, "the history of a room with proximity");
                page.lines
                    .iter()
                    .for_each(|line| self.check_line(line, known));
            }
            ReplyResult::Found(page) => {
                for line in &page.lines {
                    assert_ne!(line.room, NEAR);
                    assert!(!line.hidden);
                    self.check_line(line, known);
                }
            }
            ReplyResult::Repeated(_) => {}
            ReplyResult::Error(error) => {
                let expected = [
                    ErrorCode::Forbidden,
                    ErrorCode::NotInRoom,
                    ErrorCode::NoSuchLine,
                    ErrorCode::ReceiverBehind,
                    ErrorCode::RateLimited,
                ];
                assert!(expected.contains(&error.code()), "{error:?}");
            }
            other => panic!("{other:?}"),
        }
    }

    fn joined(&mut self, joined: &Joined, known: &Known) {
        self.check_members(&joined.members, known);
        self.next.insert(joined.room.clone(), joined.first_seq);
        let follows = joined.last_seq + 1 - joined.first_seq;
        let is_near = joined.room == NEAR;
        assert!(!is_near || follows == 0, "what was not heard comes again");
        let position = (joined.epoch, joined.first_seq - 1);
        self.positions.insert(joined.room.clone(), position);
    }

    fn blocked(&mut self, users: &[Member], known: &Known) {
        self.told = users.iter().map(|user| known.users[&user.id]).collect();
    }

    fn check_line(&mut self, line: &Line, known: &mut Known) {
        let place = (line.room.clone(), line.epoch, line.seq);
        if line.hidden {
            let alone = Line {
                room: line.room.clone(),
                epoch: line.epoch,
                seq: line.seq,
                hidden: true,
                ..Line::default()
            };
            assert_eq!(*line, alone);
            known.hidden.push((self.user, place));
            return;
        }
        if (line.change.as_ref()).is_some_and(|it| it.kind() == ChangeKind::Removed) {
            assert!(line.text.is_empty());
            return;
        }
        let speaker = known.users[&line.sender];
        assert!(!self.told.contains(&speaker), "{line:?}");
        if line.room == NEAR {
            let hearer = format!(" {} ", self.user);
            let (hearers, _) = line.text.split_once(';').expect("it says who hears it");
            assert!(hearers.contains(&hearer), "{line:?} for {}", self.user);
        }
        if speaker == self.user && line.change.is_none() && !line.removed {
            self.own.insert(line.room.clone(), (line.epoch, line.seq));
        }
        known.speakers.insert(place.clone(), speaker);
        known.shown.push((self.user, place));
    }

    fn check_members(&self, members: &[Member], known: &Known) {
        for member in members {
            self.check_user(member.id, known);
        }
    }

    fn check_presence(&self, presence: &Presence, known: &Known) {
        self.check_members(&presence.joined, known);
        for &id in &presence.left {
            self.check_user(id, known);
        }
    }

    fn check_user(&self, id: u64, known: &Known) {
        // One that has no welcome yet is known to nobody, and blocked by nobody.
        let is_blocked = (known.users.get(&id)).is_some_and(|user| self.told.contains(user));
        assert!(!is_blocked, "{id} of {:?}", self.told);
    }
}
