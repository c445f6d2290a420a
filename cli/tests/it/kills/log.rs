//! All that a player has asked for and was told: the newest state of each line that it knows, the
//! changes and whispers that it got, and what the server has acknowledged.

use std::collections::{BTreeMap, BTreeSet};

use guildhall_client::session::ChatLine;
use guildhall_testing::heard::RoomLog;

/// A request of a player.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Asked {
    Say {
        text: String,
        reply_to: u64,
    },
    Edit {
        line: u64,
        text: String,
        /// Whether it has said the line. Else the server has to refuse.
        own: bool,
    },
    Remove {
        line: u64,
    },
    React {
        line: u64,
        reaction: &'static str,
        take_back: bool,
    },
    Whisper {
        /// The player's number.
        to: usize,
        text: String,
    },
}

/// All that a player has asked for and was told.
#[derive(Debug, Default)]
pub(super) struct Log {
    /// All that it has heard in the room.
    pub(super) room: RoomLog,
    /// The numbers of its own lines, and their texts at first.
    pub(super) own: Vec<(u64, String)>,
    /// All its requests, whether or not they were accepted.
    pub(super) asked: Vec<Asked>,
    /// The requests that the server has acknowledged, by ID.
    pub(super) acknowledged: BTreeMap<u64, Asked>,
    /// The requests that the server has refused.
    pub(super) refused: Vec<Asked>,
    /// The whispers from others: the sender's name and the text.
    pub(super) whispers: Vec<(String, String)>,
    /// The texts of its own whispers, as the server told them.
    pub(super) own_whispers: Vec<String>,
    /// The numbers that it had as a user.
    pub(super) ids: BTreeSet<u64>,
    /// How often its session was resumed.
    pub(super) resumed: usize,
}

impl Log {
    pub(super) fn hear(&mut self, line: ChatLine) {
        if line.own {
            self.own.push((line.seq, line.text.clone()));
        }
        self.room.hear(line);
    }
}
