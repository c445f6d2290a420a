//! The errors that refuse a request of a `guildhall.v1` client, as they are on the wire.

use std::time::Duration;

use guildhall_protocol::limits::{MAX_NAME_CHARACTERS, MAX_ROOM_NAME_CHARACTERS};
use guildhall_protocol::{ErrorCode, NameRule, RequestBody, RequestError};

use crate::journal::Failure;
use crate::moderation::Sanction;
use crate::names::{self, NameFault};
use crate::shared::users::NameError;

/// Whether a client may say or whisper this text where `most` bytes are allowed.
///
/// # Errors
///
/// Nothing of the text can be seen, or it is too long.
pub(super) fn check_text(text: &str, most: usize) -> Result<(), RequestError> {
    // First, because it costs nothing.
    if text.len() > most {
        let arguments = [text.len(), most].map(|number| number.to_string());
        return Err(error(ErrorCode::TextTooLong, arguments));
    }
    if names::is_blank_text(text) {
        return Err(error(ErrorCode::EmptyText, []));
    }
    Ok(())
}

/// The error for a name that a user does not get.
pub(super) fn name_error(problem: NameError, name: &str) -> RequestError {
    match problem {
        NameError::Bad(fault) => bad_name(ErrorCode::BadName, name, MAX_NAME_CHARACTERS, fault),
        NameError::Guest => not_free(name, NameRule::Guest),
        NameError::Reserved => not_free(name, NameRule::Reserved),
        NameError::Taken => error(ErrorCode::NameTaken, [shown(name)]),
    }
}

/// The error for a name that nobody gets.
fn not_free(name: &str, rule: NameRule) -> RequestError {
    error(ErrorCode::NameTaken, [shown(name), rule.word().into()])
}

/// The error for a name that no room can have.
pub(super) fn room_name_error(fault: NameFault, name: &str) -> RequestError {
    bad_name(
        ErrorCode::BadRoomName,
        name,
        MAX_ROOM_NAME_CHARACTERS,
        fault,
    )
}

/// The error for a name that breaks a rule, with the character that breaks it.
fn bad_name(code: ErrorCode, name: &str, most: usize, fault: NameFault) -> RequestError {
    let arguments = [shown(name), most.to_string(), fault.rule.word().into()];
    let mut error = error(code, arguments);
    error.arguments.extend(fault.character.map(character_name));
    error
}

/// What a character is called in an error: itself, or its number if it cannot be seen alone.
fn character_name(character: char) -> String {
    if names::is_visible_alone(character) {
        character.into()
    } else {
        format!("U+{:04X}", u32::from(character))
    }
}

/// The error for a say or a whisper that fits after this time.
pub(super) fn rate_limited(wait: Duration) -> RequestError {
    temporary(error(ErrorCode::RateLimited, []), retry_millis(wait))
}

/// This time in milliseconds, rounded up, so that a client is not too early. Never 0: that would be
/// an error that says no time.
fn retry_millis(wait: Duration) -> u32 {
    u32::try_from(wait.as_millis() + 1).unwrap_or(u32::MAX)
}

/// The error for what the client may not do in this room: `join`, `say` or `history`.
pub(super) fn forbidden(room: &str, action: &str) -> RequestError {
    error(ErrorCode::Forbidden, [room.to_owned(), action.to_owned()])
}

/// The error for what the user may not do because of a sanction. `appeal` says where to appeal.
pub(super) fn sanctioned(code: ErrorCode, sanction: &Sanction, appeal: &str) -> RequestError {
    RequestError {
        arguments: sanction.arguments(appeal),
        ..error(code, [])
    }
}

/// The error for a user that somebody means and that does not exist. `id` and `name` are those of
/// the request.
pub(super) fn no_such_user(id: u64, name: &str) -> RequestError {
    error(ErrorCode::NoSuchUser, [meant(id, name)])
}

/// A user, as a request names it.
pub(super) fn meant(id: u64, name: &str) -> String {
    match id {
        0 => shown(name),
        id => id.to_string(),
    }
}

/// The error for a say in a room in slow mode that may be said after this time.
pub(super) fn slow_mode(room: &str, wait: Duration) -> RequestError {
    RequestError {
        code: ErrorCode::SlowMode.into(),
        arguments: vec![room.to_owned()],
        ..rate_limited(wait)
    }
}

/// The error for a request that is not valid, for this reason.
pub(super) fn bad_request(reason: &str) -> RequestError {
    error(ErrorCode::BadRequest, [reason.to_owned()])
}

/// The error for a request that this client makes too often. It may make it again after
/// `wait`.
pub(super) fn too_many_requests(wait: Duration) -> RequestError {
    temporary(error(ErrorCode::TooManyRequests, []), retry_millis(wait))
}

/// After how many milliseconds a client may try again if the journal fails.
const RETRY_MILLIS: u32 = 2_000;

/// After how many milliseconds a client may try again if the journal has too much to read.
const RETRY_BUSY_MILLIS: u32 = 500;

/// The error for what the journal cannot keep or find now. `room` is the room's name; `None` for
/// what is in no room.
pub(super) fn unavailable(failure: &Failure, room: Option<&str>) -> RequestError {
    let wait = match failure {
        Failure::Busy => RETRY_BUSY_MILLIS,
        Failure::Full | Failure::Closed | Failure::Other(_) => RETRY_MILLIS,
    };
    let mut refused = temporary(error(ErrorCode::Unavailable, []), wait);
    refused.arguments.extend(room.map(str::to_owned));
    refused
}

/// The room that a request is about; `None` if it is about no room.
pub(super) fn room_of(body: &RequestBody) -> Option<&str> {
    let room = match body {
        RequestBody::Say(say) => &say.room,
        RequestBody::Join(join) => &join.room,
        RequestBody::Leave(leave) => &leave.room,
        RequestBody::ListMembers(list) => &list.room,
        RequestBody::FetchHistory(fetch) => &fetch.room,
        RequestBody::Edit(edit) => &edit.room,
        RequestBody::Remove(remove) => &remove.room,
        RequestBody::React(react) => &react.room,
        RequestBody::MarkRead(mark) => &mark.room,
        RequestBody::Search(search) => &search.room,
        RequestBody::Report(report) => &report.room,
        RequestBody::Impose(impose) => &impose.room,
        RequestBody::Lift(lift) => &lift.room,
        RequestBody::ListSanctions(list) => &list.room,
        RequestBody::SetRole(set) => &set.room,
        RequestBody::ListModerators(list) => &list.room,
        RequestBody::ChangeRoom(change) => &change.room,
        RequestBody::Clear(clear) => &clear.room,
        RequestBody::Purge(purge) => &purge.room,
        RequestBody::Hello(_)
        | RequestBody::Whisper(_)
        | RequestBody::Rename(_)
        | RequestBody::ListRooms(_)
        | RequestBody::Refresh(_)
        | RequestBody::ListUnread(_)
        | RequestBody::Block(_)
        | RequestBody::ListBlocks(_) => return None,
    };
    (!room.is_empty()).then_some(room)
}

/// The same error for a request that may succeed after this many milliseconds.
pub(super) fn temporary(error: RequestError, retry_after: u32) -> RequestError {
    RequestError {
        temporary: true,
        retry_after,
        ..error
    }
}

/// The error for an ID that no request can have, or that was used before.
pub(super) fn stale_id() -> RequestError {
    bad_request("request IDs grow, from 1 up to 2^63 - 1")
}

/// The error with this code and these arguments for its text.
pub(super) fn error<const N: usize>(code: ErrorCode, arguments: [String; N]) -> RequestError {
    RequestError {
        code: code.into(),
        arguments: arguments.into(),
        temporary: false,
        retry_after: 0,
    }
}

/// Returns the start of what a client sent, to be shown to it in an error. A hostile name of
/// 16 KiB is not sent back whole, and what would change the direction of the error's own
/// text is replaced by a sign.
pub(super) fn shown(sent: &str) -> String {
    shown_up_to(64, sent)
}

/// The same for at most so many characters.
pub(super) fn shown_up_to(most: usize, sent: &str) -> String {
    let start = sent.chars().take(most);
    start
        .map(|c| if names::is_control(c) { '\u{fffd}' } else { c })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use guildhall_protocol::limits::MAX_SAY_BYTES;

    use crate::ids::ConnectionId;
    use crate::shared::RoomLimits;
    use crate::shared::user::session::ConnectionRef;
    use crate::shared::users::Users;

    #[test]
    fn a_wait_is_rounded_up_and_never_nothing() {
        for (wait, least) in [
            (Duration::ZERO, 1),
            (Duration::from_nanos(1), 1),
            (Duration::from_micros(1_500), 2),
            (Duration::from_secs(2), 2_000),
        ] {
            for refused in [
                rate_limited(wait),
                too_many_requests(wait),
                slow_mode("hall", wait),
            ] {
                let told = refused.retry_after;
                assert!(
                    refused.temporary && (least..=least + 1).contains(&told),
                    "{refused:?}"
                );
            }
        }
    }

    #[test]
    fn an_empty_or_too_long_text_is_refused() {
        let code = |text: &str| {
            check_text(text, MAX_SAY_BYTES)
                .err()
                .map(|error| error.code())
        };
        assert_eq!(code("hi"), None);
        for text in [
            " \n\u{2003}",
            "\u{200b}",
            "\u{2800}",
            "\u{3164}",
            "\u{ad}",
            "\u{2060}",
            "\u{feff}",
            "\u{301}",
            // Marks of a script, without a letter.
            "\u{e48}\u{e48}",
            "\u{5b4}",
        ] {
            assert_eq!(code(text), Some(ErrorCode::EmptyText), "{text:?}");
        }
        assert_eq!(code("\u{200f}\u{5e9}\u{5b4}"), None);
        assert_eq!(code(&"x".repeat(MAX_SAY_BYTES)), None);
        let long = check_text(&"x".repeat(MAX_SAY_BYTES + 1), MAX_SAY_BYTES).unwrap_err();
        assert_eq!(long.code(), ErrorCode::TextTooLong);
        // Nobody has to look for something visible in it.
        let blank = check_text(&"\u{301}".repeat(MAX_SAY_BYTES), MAX_SAY_BYTES).unwrap_err();
        assert_eq!(blank.code(), ErrorCode::TextTooLong);
        assert_eq!(long.arguments, ["4097", "4096"]);
    }

    #[test]
    fn a_client_that_asks_too_often_is_told_when_to_ask_again() {
        let refused = too_many_requests(Duration::from_micros(1_001));
        assert_eq!((refused.temporary, refused.retry_after), (true, 2));
    }

    #[track_caller]
    fn check_name(name: &str, code: ErrorCode, expected: &[&str]) {
        let users = Users::new(&RoomLimits::default());
        let connection = ConnectionRef {
            thread: 0,
            id: ConnectionId(1),
        };
        let problem = users.begin_session(ConnectionId(1), name, connection);
        let refused = name_error(problem.unwrap_err(), name);
        assert_eq!(refused.code(), code, "{name:?}");
        assert_eq!(refused.arguments, expected, "{name:?}");
    }

    #[test]
    fn an_error_says_which_rule_a_name_breaks() {
        let bad = ErrorCode::BadName;
        // The sign is in place of the character, which would turn the text around.
        check_name(
            "a\u{202e}b",
            bad,
            &["a\u{fffd}b", "24", "character", "U+202E"],
        );
        check_name("a\tb", bad, &["a\u{fffd}b", "24", "character", "U+0009"]);
        check_name("a\u{200d}b", bad, &["a\u{200d}b", "24", "place", "U+200D"]);
        check_name("\u{301}a", bad, &["\u{301}a", "24", "place", "U+0301"]);
        check_name("...", bad, &["...", "24", "blank"]);
        check_name(" ", bad, &[" ", "24", "blank"]);
        let long = "x".repeat(25);
        check_name(&long, bad, &[&long, "24", "too_long"]);
        let marks = "a\u{327}\u{328}\u{329}";
        check_name(marks, bad, &[marks, "24", "marks"]);
        let taken = ErrorCode::NameTaken;
        check_name("guest 7", taken, &["guest 7", "guest"]);
        check_name("Server", taken, &["Server", "reserved"]);
    }

    #[test]
    fn an_error_says_which_rule_a_rooms_name_breaks() {
        #[track_caller]
        fn check(name: &str, expected: &[&str]) {
            let refused = room_name_error(names::room_name(name).unwrap_err(), name);
            assert_eq!(refused.code(), ErrorCode::BadRoomName);
            assert_eq!(refused.arguments, expected, "{name:?}");
        }
        check("two words", &["two words", "32", "space"]);
        check("#red", &["#red", "32", "character", "#"]);
        check("a\u{202e}", &["a\u{fffd}", "32", "character", "U+202E"]);
        check("", &["", "32", "blank"]);
        let long = "x".repeat(33);
        check(&long, &[&long, "32", "too_long"]);
        check("\u{301}", &["\u{301}", "32", "place", "U+0301"]);
    }

    #[test]
    fn an_error_shows_only_the_start_of_a_long_name() {
        let sent = "\u{e9}".repeat(8_000);
        let start = "\u{e9}".repeat(64);
        check_name(&sent, ErrorCode::BadName, &[&start, "24", "too_long"]);
    }
}
