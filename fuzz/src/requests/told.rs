//! What the server tells a client over one connection, checked as it comes.

use std::collections::BTreeMap;

use guildhall_protocol::{
    Joined, Line, PacketBody, Protocol, Reply, ReplyResult, decode, decode_from_server,
};

use super::ledger::Ledger;
use super::wire::split_frame;

/// The most bytes of a message in either direction.
const MAX_MESSAGE: usize = 32 * 1024;

/// How a frame with a packet begins, one that closes, and one that asks whether the client is there.
const BINARY: u8 = 0x82;
const CLOSE: u8 = 0x88;
const PING: u8 = 0x89;

/// The knowledge of a client about one connection.
#[derive(Debug)]
pub(super) struct Told {
    protocol: Protocol,
    /// Bytes of a frame that is not whole.
    left: Vec<u8>,
    /// How many requests of each ID have no answer yet.
    pub(super) unanswered: BTreeMap<u64, usize>,
    /// The epoch and the number of the line that comes next in each of its rooms.
    next: BTreeMap<String, (u32, u64)>,
    /// The number of the last whisper.
    whisper: Option<u64>,
    /// The user's ID, and the secret of its session.
    user: u64,
    pub(super) secret: Vec<u8>,
    /// The epoch that was seen last.
    pub(super) epoch: u32,
    /// Whether the server has closed the connection.
    is_closed: bool,
}

impl Told {
    /// Nothing yet.
    pub(super) fn new(protocol: Protocol) -> Self {
        Self {
            protocol,
            left: Vec::new(),
            unanswered: BTreeMap::new(),
            next: BTreeMap::new(),
            whisper: None,
            user: 0,
            secret: Vec::new(),
            epoch: 0,
            is_closed: false,
        }
    }

    /// Reads bytes that the server has written. All clients have the same ledger.
    pub(super) fn read(&mut self, bytes: &[u8], ledger: &mut Ledger) {
        self.left.extend_from_slice(bytes);
        let all = std::mem::take(&mut self.left);
        let mut frames = &all[..];
        while let Some((first, payload, rest)) = split_frame(frames) {
            assert!(!self.is_closed, "a frame behind a close");
            frames = rest;
            match (first, self.protocol) {
                (CLOSE, _) => {
                    assert!(payload.len() <= 125 && payload.len() >= 2);
                    self.is_closed = true;
                }
                (BINARY, Protocol::Tutorial) => self.read_tutorial(payload),
                (BINARY, Protocol::V1) => self.read_packet(payload, ledger),
                (PING, _) => assert!(payload.is_empty()),
                (other, _) => panic!("a frame begins with {other}"),
            }
        }
        self.left = frames.to_vec();
    }

    /// A client of the tutorial is told its ID, and then only what others say.
    fn read_tutorial(&mut self, packet: &[u8]) {
        let packet = decode(packet).expect("a packet of a server");
        match packet.msg {
            Some(PacketBody::Id(id)) => {
                assert_eq!(self.user, 0, "a second ID");
                assert_eq!(packet.sender_id, id.id);
                self.user = id.id;
            }
            Some(PacketBody::Chat(chat)) => {
                assert!(self.user != 0, "a line before the ID");
                assert!(packet.sender_id != 0 && packet.sender_id != self.user);
                assert!(!chat.msg.is_empty(), "a line without a text");
            }
            other => panic!("the tutorial does not know {other:?}"),
        }
    }

    fn read_packet(&mut self, packet: &[u8], ledger: &mut Ledger) {
        assert!(packet.len() <= MAX_MESSAGE, "{} bytes", packet.len());
        let body = decode_from_server(packet).expect("a packet of a server");
        assert!(body.is_some(), "a packet without a body");
        match decode(packet).expect("a packet").msg {
            Some(PacketBody::Reply(reply)) => self.read_reply(reply, ledger),
            Some(PacketBody::Line(line)) => self.read_line(&line, ledger),
            Some(PacketBody::CatchUp(joined)) => {
                assert!(self.next.contains_key(&joined.room), "{joined:?}");
                self.note_joined(&joined);
            }
            Some(PacketBody::Removed(removed)) => drop(self.next.remove(&removed.room)),
            Some(PacketBody::Whisper(line)) => {
                let expected = self.whisper.map_or(line.seq, |last| last + 1);
                assert_eq!(line.seq, expected, "{line:?}");
                self.whisper = Some(line.seq);
                self.note_own(line.sender, line.nonce);
            }
            _ => {}
        }
    }

    /// No line is missing, comes twice, or is of a room that the client is not in.
    fn read_line(&mut self, line: &Line, ledger: &mut Ledger) {
        let next = self.next.get_mut(&line.room);
        let next = next.unwrap_or_else(|| panic!("not in the room of {line:?}"));
        assert_eq!((line.epoch, line.seq), *next, "{line:?}");
        next.1 += 1;
        self.epoch = line.epoch;
        ledger.note(line);
        self.note_own(line.sender, line.nonce);
    }

    /// The client's own line is the answer to the request that said it.
    fn note_own(&mut self, sender: u64, nonce: u64) {
        if sender == self.user
            && let Some(count) = self.unanswered.get_mut(&nonce)
        {
            // It may be a line of another session of the user, with the same number.
            *count = count.saturating_sub(1);
        }
    }

    fn read_reply(&mut self, reply: Reply, ledger: &mut Ledger) {
        let Reply { id, result } = reply;
        let unanswered = self.unanswered.get_mut(&id);
        let unanswered = unanswered.unwrap_or_else(|| panic!("nobody asked {id}: {result:?}"));
        // A line of another session of the user may have been taken for the answer.
        *unanswered = unanswered.saturating_sub(1);
        match result.expect("a reply has a result") {
            ReplyResult::Welcome(welcome) => {
                self.user = welcome.id;
                self.secret = welcome.session;
            }
            ReplyResult::Joined(joined) => self.note_joined(&joined),
            ReplyResult::Left(left) => drop(self.next.remove(&left.room)),
            ReplyResult::History(page) => {
                let in_order = page.lines.is_sorted_by(|one, two| one.seq < two.seq);
                assert!(in_order, "{page:?}");
                for line in &page.lines {
                    assert_eq!((&line.room, line.epoch), (&page.room, page.epoch));
                    ledger.note(line);
                }
            }
            _ => {}
        }
    }

    fn note_joined(&mut self, joined: &Joined) {
        assert!(joined.epoch != 0 && joined.first_seq <= joined.last_seq + 1);
        let next = (joined.epoch, joined.first_seq);
        self.next.insert(joined.room.clone(), next);
        self.epoch = joined.epoch;
    }
}
