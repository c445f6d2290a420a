//! The server's limits, as far as a session accepts them.

use guildhall_protocol::Limits;
use guildhall_protocol::limits::{
    MAX_BLOCKS, MAX_CLIENT_PACKET_BYTES, MAX_NOTE_BYTES, MAX_REACTION_BYTES, MAX_REACTIONS,
    MAX_SAY_BYTES, MAX_UNANSWERED, PING_AFTER,
};

/// The most messages without an answer, whatever the server allows.
const MOST_UNANSWERED: u32 = 1024;

/// The longest note that is sent, whatever the server allows: two of them have to fit into a
/// packet.
const MOST_NOTE: u32 = 4096;

/// Bytes of a client's packet that are kept free for names, tags and lengths.
const BESIDE_TEXT: usize = 2048;

/// The limits before the first Welcome: those of Guildhall's server.
#[allow(
    clippy::cast_possible_truncation,
    reason = "constants, all far below 2^32"
)]
pub(super) const DEFAULT: Limits = Limits {
    text_bytes: MAX_SAY_BYTES as u32,
    name_characters: 24,
    room_name_characters: 32,
    rooms: 20,
    history_page: 50,
    resume_seconds: 120,
    heartbeat_seconds: PING_AFTER.as_secs() as u32,
    unanswered: MAX_UNANSWERED,
    edit_seconds: 15 * 60,
    reactions: MAX_REACTIONS as u32,
    reaction_bytes: MAX_REACTION_BYTES as u32,
    blocks: MAX_BLOCKS as u32,
    note_bytes: MAX_NOTE_BYTES as u32,
};

/// The limits of a Welcome. A missing one, which is 0, stays as it was, but for two: with 0
/// `resume_seconds` nothing outlives its connection, and with 0 `edit_seconds` no line can be
/// edited. One that is too large is lowered, so that the session sends no packet that no server
/// takes and its memory stays bounded.
pub(super) fn from_welcome(welcome: Option<Limits>, before: &Limits) -> Limits {
    let Some(new) = welcome else { return *before };
    let or = |new, before| if new == 0 { before } else { new };
    let most_text = u32::try_from(MAX_CLIENT_PACKET_BYTES - BESIDE_TEXT).unwrap_or(u32::MAX);
    Limits {
        text_bytes: or(new.text_bytes, before.text_bytes).min(most_text),
        name_characters: or(new.name_characters, before.name_characters),
        room_name_characters: or(new.room_name_characters, before.room_name_characters),
        rooms: or(new.rooms, before.rooms),
        history_page: or(new.history_page, before.history_page),
        resume_seconds: new.resume_seconds,
        heartbeat_seconds: or(new.heartbeat_seconds, before.heartbeat_seconds),
        unanswered: or(new.unanswered, before.unanswered).min(MOST_UNANSWERED),
        edit_seconds: new.edit_seconds,
        reactions: or(new.reactions, before.reactions),
        reaction_bytes: or(new.reaction_bytes, before.reaction_bytes),
        blocks: or(new.blocks, before.blocks),
        note_bytes: or(new.note_bytes, before.note_bytes).min(MOST_NOTE),
    }
}

/// How long a server can be silent before the connection counts as lost, in milliseconds.
pub(super) fn silence(limits: &Limits) -> u64 {
    u64::from(limits.heartbeat_seconds) * 2_000
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_limit_stays_as_it_was_but_for_times_that_can_be_0() {
        assert_eq!(from_welcome(None, &DEFAULT), DEFAULT);
        let limits = from_welcome(Some(Limits::default()), &DEFAULT);
        assert_eq!(
            limits,
            Limits {
                resume_seconds: 0,
                edit_seconds: 0,
                ..DEFAULT
            }
        );
    }

    #[test]
    fn a_limit_that_is_too_large_is_lowered() {
        let welcome = Limits {
            text_bytes: u32::MAX,
            heartbeat_seconds: u32::MAX,
            unanswered: u32::MAX,
            ..DEFAULT
        };
        let limits = from_welcome(Some(welcome), &DEFAULT);
        assert_eq!(limits.text_bytes, 14 * 1024);
        assert_eq!(limits.unanswered, 1024);
        assert_eq!(silence(&limits), 8_589_934_590_000);
    }
}
