//! All that the server tells a client over one connection, checked as it comes.

use std::collections::BTreeMap;

use guildhall_protocol::{
    Joined, Line, PacketBody, Protocol, Reply, ReplyResult, Request, RequestBody, decode,
    decode_from_server,
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
    /// The requests of each ID.
    asked: BTreeMap<u64, Asked>,
    /// The epoch and the number of the line that comes next in each of its rooms.
    next: BTreeMap<String, (u32, u64)>,
    /// The number of the last whisper.
    whisper: Option<u64>,
    /// The user's ID, and the secret of its session.
    user: u64,
    pub(super) secret: Vec<u8>,
    /// The epoch that was seen last.
    pub(super) epoch: u32,
    /// The greatest ID of a request over the connection before.
    pub(super) last_id: u64,
    /// Whether the server has closed the connection.
    is_closed: bool,
}

/// The requests of one ID.
#[derive(Debug, Default)]
struct Asked {
    /// How many have no answer yet.
    open: usize,
    /// Whether one of them is answered by a line: that may come again, and another one of the same
    /// ID may have come before.
    are_lines: bool,
}

impl Told {
    /// Nothing yet.
    pub(super) fn new(protocol: Protocol) -> Self {
        Self {
            protocol,
            left: Vec::new(),
            asked: BTreeMap::new(),
            next: BTreeMap::new(),
            whisper: None,
            user: 0,
            secret: Vec::new(),
            epoch: 0,
            last_id: 0,
            is_closed: false,
        }
    }

    /// The client sends this request.
    pub(super) fn ask(&mut self, request: &Request) {
        let asked = self.asked.entry(request.id).or_default();
        asked.open += 1;
        asked.are_lines |= matches!(
            request.ask,
            Some(
                RequestBody::Say(_)
                    | RequestBody::Whisper(_)
                    | RequestBody::Edit(_)
                    | RequestBody::Remove(_)
                    | RequestBody::React(_)
            )
        );
    }

    /// An ID that no request had so far.
    pub(super) fn next_id(&self) -> u64 {
        let last = self.asked.last_key_value().map_or(0, |(&id, _)| id);
        last.max(self.last_id).saturating_add(1)
    }

    /// The ID of a request that has no answer.
    pub(super) fn unanswered(&self) -> Option<u64> {
        let mut asked = self.asked.iter();
        asked.find(|(_, asked)| asked.open > 0).map(|(id, _)| *id)
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
                (BINARY, Protocol::Tutorial) => self.read_tutorial(payload, ledger),
                (BINARY, Protocol::V1) => self.read_packet(payload, ledger),
                (PING, _) => assert!(payload.is_empty()),
                (other, _) => panic!("a frame begins with {other}"),
            }
        }
        self.left = frames.to_vec();
    }

    /// A client of the tutorial is told its ID, and then only what others say.
    fn read_tutorial(&mut self, packet: &[u8], ledger: &Ledger) {
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
                ledger.check_text(&chat.msg);
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
                let is_own = [line.sender, line.receiver].contains(&self.user);
                assert!(is_own, "a whisper of others: {line:?}");
                ledger.check_text(&line.text);
                ledger.check_text(&line.sender_name);
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
            && let Some(asked) = self.asked.get_mut(&nonce)
            && asked.are_lines
        {
            // It may be a line of another session of the user, with the same number.
            asked.open = asked.open.saturating_sub(1);
        }
    }

    fn read_reply(&mut self, reply: Reply, ledger: &mut Ledger) {
        let Reply { id, result } = reply;
        let asked = self.asked.get_mut(&id);
        let asked = asked.unwrap_or_else(|| panic!("nobody asked {id}: {result:?}"));
        let is_open = asked.open > 0 || asked.are_lines;
        assert!(is_open, "a second answer to {id}: {result:?}");
        asked.open = asked.open.saturating_sub(1);
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
            ReplyResult::Found(page) => {
                for line in &page.lines {
                    assert!(self.next.contains_key(&line.room), "not in {line:?}");
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
