//! Why something was not done: the server's errors, and the session's own.

use alloc::string::{String, ToString as _};

use super::{Language, Phrase};
use crate::session::{FailReason, SendError};
use guildhall_protocol::{ErrorCode, RequestError};

/// Why the server refused a request.
#[must_use]
pub fn error(language: Language, error: &RequestError) -> String {
    let argument = |index: usize| error.arguments.get(index).map_or("?", String::as_str);
    let mut words = language.fill(error_phrase(error.code()), &[argument(0), argument(1)]);
    if error.temporary && error.retry_after > 0 {
        let seconds = error.retry_after.div_ceil(1000).to_string();
        let again = Phrase(" Try again in {0} s.", " Versuch es in {0} s noch einmal.");
        words += &language.fill(again, &[&seconds]);
    }
    words
}

fn error_phrase(code: ErrorCode) -> Phrase {
    match code {
        ErrorCode::Unspecified => Phrase(
            "The server refused this, for a reason that this program does not know.",
            "Der Server hat das abgelehnt; den Grund kennt dieses Programm nicht.",
        ),
        ErrorCode::BadRequest => Phrase(
            "The server did not understand this program: {0}",
            "Der Server hat dieses Programm nicht verstanden: {0}",
        ),
        ErrorCode::HelloFirst | ErrorCode::HelloTwice => Phrase(
            "The server and this program did not greet each other properly.",
            "Server und Programm haben sich nicht richtig begrüßt.",
        ),
        ErrorCode::UnsupportedVersion => Phrase(
            "The server is older than this program: it speaks version {0}.",
            "Der Server ist älter als dieses Programm: Er spricht Version {0}.",
        ),
        ErrorCode::BadName => Phrase(
            "“{0}” cannot be a name. Names have at most {1} characters.",
            "„{0}“ kann kein Name sein. Namen haben höchstens {1} Zeichen.",
        ),
        ErrorCode::NameTaken => Phrase(
            "The name “{0}” is taken, or too much like one that is.",
            "Der Name „{0}“ ist vergeben oder einem vergebenen zu ähnlich.",
        ),
        ErrorCode::BadRoomName => Phrase(
            "“{0}” cannot be a room. Names of rooms have at most {1} characters.",
            "„{0}“ kann kein Raum sein. Namen von Räumen haben höchstens {1} Zeichen.",
        ),
        ErrorCode::TooManyRooms => Phrase(
            "You are in {0} rooms, and more are not allowed. Leave one first.",
            "Du bist in {0} Räumen, mehr sind nicht erlaubt. Verlass erst einen.",
        ),
        ErrorCode::ServerRoomsFull => Phrase(
            "The server has {0} rooms and makes no more.",
            "Der Server hat {0} Räume und macht keine weiteren auf.",
        ),
        ErrorCode::NotInRoom => Phrase(
            "You are not in the room “{0}”.",
            "Du bist nicht im Raum „{0}“.",
        ),
        ErrorCode::EmptyText => NO_TEXT,
        ErrorCode::TextTooLong => TOO_LONG,
        ErrorCode::NoSuchClient => Phrase("“{0}” is not here.", "„{0}“ ist nicht da."),
        ErrorCode::CannotWhisper => Phrase(
            "{0} cannot get whispers.",
            "{0} kann keine geflüsterten Nachrichten bekommen.",
        ),
    }
}

const NO_TEXT: Phrase = Phrase("There is nothing to send.", "Da ist nichts zu senden.");

const TOO_LONG: Phrase = Phrase(
    "The text is too long: {0} bytes, and at most {1} are allowed.",
    "Der Text ist zu lang: {0} Bytes, und höchstens {1} sind erlaubt.",
);

const NOT_IN_ROOM: Phrase = Phrase("You are not in this room.", "Du bist nicht in diesem Raum.");

/// Why something was not done.
#[must_use]
pub fn fail_reason(language: Language, reason: &FailReason) -> String {
    let phrase = match reason {
        FailReason::Refused(refused) => return error(language, refused),
        FailReason::Disconnected => {
            Phrase("The connection was lost.", "Die Verbindung ging verloren.")
        }
        FailReason::Uncertain => Phrase(
            "The connection was lost: others may have got this, or not.",
            "Die Verbindung ging verloren: Vielleicht kam das bei anderen an, vielleicht nicht.",
        ),
        FailReason::NotInRoom => NOT_IN_ROOM,
    };
    language.of(phrase).into()
}

/// Why nothing was sent.
#[must_use]
pub fn send_error(language: Language, error: &SendError) -> String {
    let phrase = match error {
        SendError::Empty => NO_TEXT,
        SendError::TooLong { bytes, limit } => {
            return language.fill(TOO_LONG, &[&bytes.to_string(), &limit.to_string()]);
        }
        SendError::TooManyPending => Phrase(
            "Too much is waiting for the server. Try again in a moment.",
            "Zu viel wartet noch auf den Server. Versuch es gleich noch einmal.",
        ),
        SendError::NotInRoom => NOT_IN_ROOM,
        SendError::NotOnline => Phrase("You are not connected.", "Du bist nicht verbunden."),
        SendError::NoSuchMessage => Phrase(
            "This message cannot be sent again.",
            "Diese Nachricht kann nicht noch einmal gesendet werden.",
        ),
    };
    language.of(phrase).into()
}

#[cfg(test)]
mod tests {
    use super::super::tests::{check, refusal};
    use super::*;
    use alloc::vec::Vec;

    #[test]
    fn every_error_has_words_with_its_arguments() {
        let mut all = Vec::new();
        let codes = (0..100).filter(|code| ErrorCode::try_from(*code).is_ok());
        for code in codes.chain([i32::MAX]) {
            check(|language| error(language, &refusal(code, &["ONE", "TWO"])));
            check(|language| error(language, &refusal(code, &[])));
            all.push(error(Language::English, &refusal(code, &["ONE", "TWO"])));
        }
        // What is unknown is as what has no code; both Hello errors are alike.
        assert_eq!(all.pop().as_ref(), all.first());
        assert_eq!(all.len(), 15);
        for (code, count) in [
            (1, 1),
            (4, 1),
            (5, 2),
            (6, 1),
            (7, 2),
            (8, 1),
            (9, 1),
            (10, 1),
        ]
        .into_iter()
        .chain([(12, 2), (13, 1), (14, 1)])
        {
            assert!(all[code].contains("ONE"), "{}", all[code]);
            assert_eq!(all[code].contains("TWO"), count == 2, "{}", all[code]);
        }
    }

    #[test]
    fn what_passes_says_when_to_try_again() {
        let full = RequestError {
            temporary: true,
            retry_after: 1_001,
            ..refusal(9, &["100"])
        };
        assert_eq!(
            error(Language::English, &full),
            "The server has 100 rooms and makes no more. Try again in 2 s."
        );
    }

    #[test]
    fn every_reason_and_error_of_a_call_has_words() {
        let reasons = [
            FailReason::Disconnected,
            FailReason::Uncertain,
            FailReason::NotInRoom,
            FailReason::Refused(refusal(3, &[])),
        ];
        for reason in &reasons {
            check(|language| fail_reason(language, reason));
        }
        let errors = [
            SendError::Empty,
            SendError::TooLong { bytes: 9, limit: 8 },
            SendError::TooManyPending,
            SendError::NotInRoom,
            SendError::NotOnline,
            SendError::NoSuchMessage,
        ];
        for error in &errors {
            check(|language| send_error(language, error));
        }
    }
}
