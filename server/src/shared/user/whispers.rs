//! The whispers of one session: their numbers, and those that are kept for a client that is
//! away. No lock: they are a part of a [`UserSession`](super::session::UserSession).

use std::collections::VecDeque;

use bytes::Bytes;
use guildhall_protocol::{Gap, PacketBody};

use crate::ids::{Seq, UserId};
use crate::outgoing::frame;

/// The most whispers that are kept for a client that is away.
pub(crate) const KEPT_WHISPERS: usize = 100;

/// The most bytes of them.
const KEPT_WHISPER_BYTES: usize = 16 * 1024;

/// The whispers of one session.
#[derive(Debug, Default)]
pub(super) struct Whispers {
    /// The number of the newest whisper.
    last: Seq,
    /// The highest number that was given, to a whisper that may not be there yet.
    given: Seq,
    /// The number up to which a journal was told to forget.
    forgotten: Seq,
    /// How many bytes are kept.
    bytes: usize,
    /// The newest whispers, with their frames, oldest first.
    kept: VecDeque<(Seq, Bytes)>,
}

/// The whispers that a client has missed.
#[derive(Debug, Default)]
pub struct MissedWhispers {
    /// The number of the newest whisper.
    pub last: Seq,
    /// The missed whispers that are kept, as frames.
    pub frames: Vec<Bytes>,
    /// The missed whispers that are not kept any more, if there are any.
    pub gap: Option<Gap>,
}

impl Whispers {
    /// Gives the next whisper its number.
    pub(super) fn number(&mut self) -> Seq {
        self.given = self.given.next();
        self.given
    }

    /// Takes back a number that was given to a whisper that is not kept.
    pub(super) fn take_back(&mut self, seq: Seq) {
        // Those behind it are taken back as well.
        self.given = self.given.min(seq.previous()).max(self.last);
    }

    /// The number up to which a journal may forget what it has, if the client has taken the
    /// whispers up to `seen`. It keeps the newest, whose number goes on.
    pub(super) fn forget_taken(&mut self, seen: Seq) -> Option<Seq> {
        self.forget(seen.min(self.last.previous()))
    }

    /// The same if the whisper `newest` is kept: those before are too many.
    pub(super) fn forget_before(&mut self, newest: Seq) -> Option<Seq> {
        self.forget(Seq(newest.0.saturating_sub(KEPT_WHISPERS as u64)))
    }

    fn forget(&mut self, seq: Seq) -> Option<Seq> {
        let is_new = seq > self.forgotten;
        self.forgotten = self.forgotten.max(seq);
        is_new.then_some(seq)
    }

    /// Keeps a whisper that has got this number.
    pub(super) fn keep(&mut self, seq: Seq, frame: Bytes) {
        self.last = self.last.max(seq);
        self.given = self.given.max(seq);
        self.bytes += frame.len();
        self.kept.push_back((seq, frame));
        while self.kept.len() > KEPT_WHISPERS || self.bytes > KEPT_WHISPER_BYTES {
            let Some((_, oldest)) = self.kept.pop_front() else {
                return;
            };
            self.bytes -= oldest.len();
        }
    }

    /// Takes away those that this user has sent. The numbers of the others stay.
    pub(super) fn forget_those_of(&mut self, user: UserId, account: &str) {
        self.kept.retain(|(_, frame)| {
            let packets = frame::packets(frame);
            !packets.iter().any(|packet| match packet {
                PacketBody::Whisper(whisper) if account.is_empty() => {
                    whisper.sender_user.is_empty() && whisper.sender == user.0
                }
                PacketBody::Whisper(whisper) => whisper.sender_user == account,
                _ => false,
            })
        });
        self.bytes = self.kept.iter().map(|(_, frame)| frame.len()).sum();
    }

    /// The whispers after number `seen`.
    pub(super) fn after(&self, seen: Seq) -> MissedWhispers {
        let first = self.kept.front().map_or(self.last.next(), |&(seq, _)| seq);
        let from = seen.next();
        let missed = self.kept.iter().filter(|(seq, _)| *seq >= from);
        MissedWhispers {
            last: self.last,
            frames: missed.map(|(_, frame)| frame.clone()).collect(),
            gap: (from < first).then(|| Gap {
                from: from.0,
                to: first.previous().0,
            }),
        }
    }
}
