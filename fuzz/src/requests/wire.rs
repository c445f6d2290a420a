//! The packets that a client gets over one connection, as it is written.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::io::{self, IoSlice};

use guildhall_protocol::{PacketBody, Reply, ReplyResult, decode, decode_from_server};
use guildhall_server::testing::Wire;

/// The most bytes of a message in either direction.
const MAX_MESSAGE: usize = 32 * 1024;

/// How a frame with a packet begins, and one that closes.
const BINARY: u8 = 0x82;
const CLOSE: u8 = 0x88;

/// A connection's way to its client, which may take nothing for a while.
#[derive(Debug, Default)]
pub(super) struct Pipe {
    written: RefCell<Vec<u8>>,
    is_stalled: Cell<bool>,
}

impl Pipe {
    /// The wire takes nothing from now on, or all again.
    pub(super) fn stall(&self, is_stalled: bool) {
        self.is_stalled.set(is_stalled);
    }

    /// Whether it takes nothing.
    pub(super) fn is_stalled(&self) -> bool {
        self.is_stalled.get()
    }

    /// All that was written since the last call.
    pub(super) fn take(&self) -> Vec<u8> {
        self.written.take()
    }
}

impl Wire for Pipe {
    fn write(&self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        if self.is_stalled.get() {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        let mut written = self.written.borrow_mut();
        let before = written.len();
        for slice in slices {
            written.extend_from_slice(slice);
        }
        Ok(written.len() - before)
    }

    fn hang_up(&self) {}
}

/// The knowledge of a client about one connection.
#[derive(Debug, Default)]
pub(super) struct Received {
    /// Bytes of a frame that is not whole.
    left: Vec<u8>,
    /// How many requests of each ID have no answer yet.
    pub(super) unanswered: BTreeMap<u64, usize>,
    /// The epoch and the number of the newest line of each room.
    newest: BTreeMap<String, (u32, u64)>,
    /// The user's ID, and the secret of its session.
    pub(super) user: u64,
    pub(super) secret: Vec<u8>,
    /// The epoch that was seen last.
    pub(super) epoch: u32,
    /// Whether the server has closed the connection.
    pub(super) is_closed: bool,
}

impl Received {
    /// Reads bytes that the server has written.
    pub(super) fn read(&mut self, bytes: &[u8]) {
        self.left.extend_from_slice(bytes);
        let all = std::mem::take(&mut self.left);
        let mut frames = &all[..];
        while let Some((first, payload, rest)) = split_frame(frames) {
            assert!(!self.is_closed, "a frame behind a close");
            frames = rest;
            match first {
                CLOSE => {
                    assert!(payload.len() <= 125 && payload.len() >= 2);
                    self.is_closed = true;
                }
                BINARY => self.read_packet(payload),
                other => panic!("a frame begins with {other}"),
            }
        }
        self.left = frames.to_vec();
    }

    fn read_packet(&mut self, packet: &[u8]) {
        assert!(packet.len() <= MAX_MESSAGE, "{} bytes", packet.len());
        let body = decode_from_server(packet).expect("a packet of a server");
        assert!(body.is_some(), "a packet without a body");
        match decode(packet).expect("a packet").msg {
            Some(PacketBody::Reply(reply)) => self.read_reply(reply),
            Some(PacketBody::Line(line)) => {
                let newest = self.newest.entry(line.room.clone()).or_default();
                let is_next = line.epoch != newest.0 || line.seq > newest.1;
                assert!(is_next, "{line:?} behind {newest:?}");
                *newest = (line.epoch, line.seq);
                self.epoch = line.epoch;
                self.note_own(line.sender, line.nonce);
            }
            Some(PacketBody::Whisper(line)) => self.note_own(line.sender, line.nonce),
            _ => {}
        }
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

    fn read_reply(&mut self, reply: Reply) {
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
            ReplyResult::Joined(joined) => {
                // The client is told again of all that it has missed.
                self.newest.remove(&joined.room);
                self.epoch = joined.epoch;
            }
            _ => {}
        }
    }
}

/// The first byte and the payload of the first frame, and the bytes behind it. `None` if it is not
/// whole.
fn split_frame(bytes: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (&[first, length], rest) = bytes.split_first_chunk()?;
    let (length, rest) = match length {
        126 => {
            let (length, rest) = rest.split_first_chunk()?;
            (usize::from(u16::from_be_bytes(*length)), rest)
        }
        length if length < 126 => (usize::from(length), rest),
        _ => panic!("no message is that long"),
    };
    let (payload, rest) = rest.split_at_checked(length)?;
    Some((first, payload, rest))
}
