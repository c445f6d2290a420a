//! The attacks by name, each with what it does in one line.

use std::fmt;

use clap::ValueEnum;
use serde::{Deserialize, Serialize};

/// What a hostile client can do. The comments are the help's lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Attack {
    /// Every attack below, one after the other, by 1 and by 256 attackers
    All,
    /// Fragments without a byte, of a message that never ends
    EmptyFragments,
    /// Messages of 16 KiB in fragments of one byte
    TinyFragments,
    /// Empty pings of the WebSocket, each of which has to be answered
    Pings,
    /// Bytes behind a frame that breaks the WebSocket's rules
    AfterError,
    /// Hellos whose name becomes 1,494 characters when it is normalized
    BadHello,
    /// Requests for the history of a room with a few lines
    History,
    /// Requests of 16 KiB that hold thousands of bodies, of which the last counts
    Nested,
    /// Requests for the list of rooms
    ListRooms,
    /// Requests for the members of a room
    ListMembers,
    /// Requests for another name
    Rename,
    /// Joins of a room of the attacker's own, and leaves, in turns
    JoinLeave,
    /// Lines of 4 KiB in a room of the attacker's own
    Say,
    /// Lines without a text in a room of the attacker's own
    EmptySay,
    /// Lines of 4 KiB in the first room of the honest clients
    SayAmong,
    /// Whispers of 4 KiB to the first honest client
    Whisper,
    /// Requests for the page's largest file, pipelined over HTTP
    Page,
    /// Connections that say hello and are dropped
    SessionChurn,
    /// Connections that resume the same session again and again
    Resume,
    /// Connections that send nothing and are dropped
    TcpChurn,
    /// Connections with one HTTP request each
    HttpChurn,
    /// Connections that become a WebSocket and are dropped
    HandshakeChurn,
    /// Requests for long pages of history that are never read
    NeverRead,
    /// The same, reading 1 KiB every 2 seconds
    SlowRead,
    /// Connections that stay and never say hello
    NoHello,
    /// Connections that join 20 rooms of their own each, and stay
    Rooms,
    /// 2,048 requests for history, then the connection is cut at once
    Gone,
}

impl Attack {
    /// The attacks that this name stands for.
    #[must_use]
    pub fn each(self) -> Vec<Self> {
        match self {
            Self::All => Self::value_variants()
                .iter()
                .copied()
                .filter(|&attack| attack != Self::All)
                .collect(),
            one => vec![one],
        }
    }
}

impl fmt::Display for Attack {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let value = self.to_possible_value();
        f.write_str(value.as_ref().map_or("", |value| value.get_name()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_stands_for_every_other_attack() {
        let all = Attack::All.each();
        assert_eq!(all.len(), Attack::value_variants().len() - 1);
        assert!(!all.contains(&Attack::All));
        assert_eq!(Attack::Gone.each(), [Attack::Gone]);
    }

    #[test]
    fn a_name_is_the_same_everywhere_and_has_a_line_of_help() {
        for attack in Attack::value_variants() {
            let json = serde_json::to_value(attack).unwrap();
            assert_eq!(json, attack.to_string());
            let value = attack.to_possible_value().unwrap();
            assert!(value.get_help().is_some(), "{attack}");
        }
    }
}
