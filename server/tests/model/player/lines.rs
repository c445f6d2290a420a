//! The lines that a player gets: each once, in order, and as it was when it was sent.

use guildhall_protocol::Line;

use super::Player;
use crate::model::{Model, session_of};

/// The missed lines of a room that have to follow at once: the first, the next and the last.
#[derive(Debug, Clone)]
pub(super) struct Replay {
    room: String,
    first: u64,
    next: u64,
    last: u64,
}

impl Replay {
    pub(super) fn new(room: String, first: u64, last: u64) -> Self {
        Self {
            room,
            first,
            next: first,
            last,
        }
    }
}

impl Player {
    pub(super) fn line(&mut self, received: Line, model: &Model) {
        let replay = self.link().replay.take();
        // A line said just now is as it was said, and a replay is as it was when it began.
        let last = (replay.as_ref()).map_or(received.seq, |replay| replay.last);
        let expected = model.line_at(received.epoch, received.seq, last);
        assert_eq!(received, expected);
        let is_mine = session_of(&received) == self.session;
        if is_mine {
            self.settled(received.nonce);
        }
        let link = self.link();
        assert!(
            link.whispers.is_none(),
            "the missed whispers follow at once"
        );
        assert!(
            link.rooms.contains_key(&received.room),
            "a line of a room that it has not joined"
        );
        let first_missed = replay.as_ref().map(|replay| replay.first);
        if let Some(mut replay) = replay {
            assert_eq!(
                (&received.room, received.seq),
                (&replay.room, replay.next),
                "the replay follows at once"
            );
            replay.next += 1;
            link.replay = (replay.next <= replay.last).then_some(replay);
        } else if is_mine && link.open.remove(&received.nonce) {
            link.answered.insert(received.nonce);
        }
        // A client that joins again or leaves knows its position from the answer.
        if link.busy.contains_key(&received.room) {
            return;
        }
        let (epoch, seq) = self.positions.get_mut(&received.room).expect("a position");
        assert_eq!(
            (received.epoch, received.seq),
            (*epoch, *seq + 1),
            "a missing or a repeated one"
        );
        *seq = received.seq;
        let log = self.logs.entry(received.room.clone()).or_default();
        match first_missed {
            Some(first) => log.add_missed(first, [received]),
            None => log.add(received),
        }
    }
}
