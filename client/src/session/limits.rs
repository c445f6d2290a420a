//! What the server allows, as far as a session believes it.

use guildhall_protocol::Limits;
use guildhall_protocol::limits::{
    MAX_CLIENT_PACKET_BYTES, MAX_SAY_BYTES, MAX_UNANSWERED, PING_AFTER,
};

/// The most messages that may be without an answer, whatever the server says.
const MOST_UNANSWERED: u32 = 1024;

/// Room in a client's packet for what is not text: names, tags and lengths.
const BESIDE_TEXT: usize = 2048;

/// Before the first Welcome: what Guildhall's server allows.
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
};

/// The limits of Welcome: what is missing is as before, and no number makes the
/// session send what no server takes or keep what it cannot.
pub(super) fn from_welcome(told: Option<Limits>, before: &Limits) -> Limits {
    let Some(told) = told else { return *before };
    let or = |told, before| if told == 0 { before } else { told };
    let most_text = u32::try_from(MAX_CLIENT_PACKET_BYTES - BESIDE_TEXT).unwrap_or(u32::MAX);
    Limits {
        text_bytes: or(told.text_bytes, before.text_bytes).min(most_text),
        name_characters: or(told.name_characters, before.name_characters),
        room_name_characters: or(told.room_name_characters, before.room_name_characters),
        rooms: or(told.rooms, before.rooms),
        history_page: or(told.history_page, before.history_page),
        resume_seconds: told.resume_seconds,
        heartbeat_seconds: or(told.heartbeat_seconds, before.heartbeat_seconds),
        unanswered: or(told.unanswered, before.unanswered).min(MOST_UNANSWERED),
    }
}

/// How long a server that is there can be silent, in milliseconds.
pub(super) fn silence(limits: &Limits) -> u64 {
    u64::from(limits.heartbeat_seconds) * 2_000
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_missing_stays_as_it_was() {
        assert_eq!(from_welcome(None, &DEFAULT), DEFAULT);
        let told = from_welcome(Some(Limits::default()), &DEFAULT);
        assert_eq!(
            told,
            Limits {
                resume_seconds: 0,
                ..DEFAULT
            }
        );
    }

    #[test]
    fn no_number_is_too_large() {
        let told = Limits {
            text_bytes: u32::MAX,
            heartbeat_seconds: u32::MAX,
            unanswered: u32::MAX,
            ..DEFAULT
        };
        let limits = from_welcome(Some(told), &DEFAULT);
        assert_eq!(limits.text_bytes, 14 * 1024);
        assert_eq!(limits.unanswered, 1024);
        assert_eq!(silence(&limits), 8_589_934_590_000);
    }
}
