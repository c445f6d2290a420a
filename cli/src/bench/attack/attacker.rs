//! One connection of an attacker: the bytes that it has to write, and what follows
//! from those that arrive. Does no I/O.

use std::rc::Rc;

use guildhall_protocol::{PacketBody, Protocol, ReplyResult, decode};

use super::super::inbox::{self, Inbox, Incoming};
use super::super::received::{self, Received};
use super::requests::{MASK, Requests};
use super::script::{Flood, Kept, Leaves, Script};
use crate::handshake::{Handshake, Refusal};
use crate::server_url::ServerUrl;

/// A packet that asks whether the client is still there, and the answer.
const PING: [u8; 3] = [0xca, 0x01, 0];
const PONG: [u8; 3] = [0xd2, 0x01, 0];

/// A connection and how far its script is.
#[derive(Debug)]
pub(super) struct Attacker {
    script: Rc<Script>,
    /// While the server has not answered the handshake.
    handshake: Option<Opening>,
    /// What is written now, and how much of it was.
    outgoing: Requests,
    written: usize,
    /// The requests in `outgoing`, if they are of the flood.
    flood: Option<u64>,
    /// Answers to pings, for when `outgoing` is written.
    pongs: Vec<u8>,
    inbox: Inbox,
    answers: usize,
    has_flooded: bool,
    kept: Kept,
}

/// A handshake under way.
#[derive(Debug)]
struct Opening {
    handshake: Handshake,
    answer: Vec<u8>,
}

/// What has arrived, counted.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Arrived {
    /// Requests that the server refused.
    pub(super) refused: u64,
    /// How the server ended the connection, if it did.
    pub(super) end: Option<String>,
}

impl Attacker {
    /// A new connection to `server`, of an attacker that has `kept` this from the last one.
    pub(super) fn new(script: Rc<Script>, server: &ServerUrl, kept: Kept) -> Self {
        let mut outgoing = script.first_of(&kept);
        let handshake = script.handshake.then(|| {
            let handshake = Handshake::new(server, Some(Script::subprotocol()));
            outgoing.frames = handshake.request().as_bytes().to_vec();
            Opening {
                handshake,
                answer: Vec::new(),
            }
        });
        Self {
            script,
            handshake,
            outgoing,
            written: 0,
            flood: None,
            pongs: Vec::new(),
            inbox: Inbox::default(),
            answers: 0,
            has_flooded: false,
            kept,
        }
    }

    /// The bytes to write next. Empty if there are none for now.
    pub(super) fn next_bytes(&mut self) -> &[u8] {
        if self.written == self.outgoing.frames.len() {
            self.refill();
        }
        &self.outgoing.frames[self.written..]
    }

    /// Records that the next `bytes` are written. Returns how many requests are
    /// whole with that.
    pub(super) fn wrote(&mut self, bytes: usize) -> u64 {
        self.written += bytes;
        if self.written < self.outgoing.frames.len() {
            return 0;
        }
        self.has_flooded |= self.flood.is_some();
        self.flood.unwrap_or(0)
    }

    fn refill(&mut self) {
        let is_flooding = self.flood.is_some();
        if self.is_opening() || (self.script.leaves == Leaves::Flooded && is_flooding) {
            return;
        }
        let next = &mut self.outgoing;
        if !self.pongs.is_empty() {
            next.frames = std::mem::take(&mut self.pongs);
            self.flood = None;
            self.written = 0;
            return;
        }
        match &self.script.flood {
            Flood::Nothing => return,
            Flood::Same { bytes, requests } => {
                if !is_flooding {
                    next.frames.clone_from(bytes);
                }
                self.flood = Some(*requests);
            }
            Flood::Requests { asks, at_once } => {
                next.frames.clear();
                for ask in asks.iter().cycle().take(*at_once) {
                    next.put(ask);
                }
                self.flood = Some(*at_once as u64);
            }
        }
        self.written = 0;
    }

    /// Whether the server has not answered the handshake.
    pub(super) fn is_opening(&self) -> bool {
        self.handshake.is_some()
    }

    /// Whether it has attacked: its first requests are written, or its script has none and the
    /// connection is open.
    pub(super) fn has_begun(&self) -> bool {
        let has_none = matches!(self.script.flood, Flood::Nothing);
        self.has_flooded || (has_none && !self.is_opening())
    }

    /// Whether the script says to drop the connection now.
    pub(super) fn is_done(&self) -> bool {
        match self.script.leaves {
            Leaves::Never => false,
            Leaves::Connected => self.written == self.outgoing.frames.len(),
            Leaves::Opened => !self.is_opening(),
            Leaves::Answered(answers) => self.answers >= answers,
            Leaves::Flooded => self.has_flooded,
        }
    }

    /// The session and the IDs that it keeps for its next connection.
    pub(super) fn into_kept(self) -> Kept {
        self.kept
    }

    /// Moves the beginning of a frame to the beginning of `buffer`, as
    /// [`Inbox::take_rest`].
    pub(super) fn take_rest(&mut self, buffer: &mut [u8]) -> usize {
        self.inbox.take_rest(buffer)
    }

    /// Takes the bytes that were read, behind those of [`Attacker::take_rest`].
    pub(super) fn receive(&mut self, bytes: &[u8]) -> Arrived {
        let mut arrived = Arrived::default();
        let Some(opening) = &mut self.handshake else {
            if self.script.handshake {
                self.receive_frames(bytes, &mut arrived);
            } else {
                self.answers += usize::from(!bytes.is_empty());
            }
            return arrived;
        };
        opening.answer.extend_from_slice(bytes);
        match opening.handshake.check(&opening.answer) {
            Ok(None) => {}
            Ok(Some(length)) => {
                let behind = opening.answer.split_off(length);
                self.handshake = None;
                self.outgoing = self.script.first_of(&self.kept);
                self.kept.next_id = self.outgoing.next_id;
                self.written = 0;
                self.receive_frames(&behind, &mut arrived);
            }
            Err(refusal) => arrived.end = Some(status(&refusal)),
        }
        arrived
    }

    fn receive_frames(&mut self, bytes: &[u8], arrived: &mut Arrived) {
        let Self {
            inbox,
            pongs,
            answers,
            kept,
            script,
            ..
        } = self;
        let read = received::reader(Protocol::V1);
        let whole = inbox.receive(bytes, |incoming| match incoming {
            Incoming::Message(packet) => {
                *answers += 1;
                if script.resumes.is_some()
                    && let Some(secret) = secret(packet)
                {
                    kept.session = secret;
                }
                if read(packet) == Some(Received::Refused) {
                    arrived.refused += 1;
                } else if packet == PING {
                    inbox::put_message(pongs, &PONG, MASK);
                }
            }
            Incoming::Ping(payload) => inbox::put_pong(pongs, payload, MASK),
            Incoming::Close(code) => {
                let code = code.map_or_else(|| "no code".to_owned(), |code| code.to_string());
                arrived.end = Some(code);
            }
        });
        if whole.is_err() {
            arrived.end = Some("no WebSocket".to_owned());
        }
    }
}

/// The secret of the session, if the packet is a welcome.
fn secret(packet: &[u8]) -> Option<Vec<u8>> {
    match decode(packet).ok()?.msg? {
        PacketBody::Reply(reply) => match reply.result? {
            ReplyResult::Welcome(welcome) => Some(welcome.session),
            _ => None,
        },
        _ => None,
    }
}

/// A refused handshake in a word or two.
fn status(refusal: &Refusal) -> String {
    match refusal {
        Refusal::Status(answer) => format!("HTTP {}", answer.code),
        _ => "no WebSocket".to_owned(),
    }
}

#[cfg(test)]
mod tests;
