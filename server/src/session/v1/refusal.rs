//! Why a request of a `guildhall.v1` client is refused, as the client is told.

use guildhall_protocol::limits::{MAX_NAME_CHARACTERS, MAX_SAY_BYTES};
use guildhall_protocol::{ErrorCode, RequestError};

use crate::shared::users::NameError;

pub(super) fn check_text(text: &str) -> Result<(), RequestError> {
    if text.trim().is_empty() {
        return Err(error(ErrorCode::EmptyText, []));
    }
    if text.len() > MAX_SAY_BYTES {
        let arguments = [text.len(), MAX_SAY_BYTES].map(|number| number.to_string());
        return Err(error(ErrorCode::TextTooLong, arguments));
    }
    Ok(())
}

pub(super) fn name_error(problem: NameError, name: &str) -> RequestError {
    match problem {
        NameError::Bad => {
            let most = MAX_NAME_CHARACTERS.to_string();
            error(ErrorCode::BadName, [shown(name), most])
        }
        NameError::Taken => error(ErrorCode::NameTaken, [shown(name)]),
    }
}

pub(super) fn bad_request(what: &str) -> RequestError {
    error(ErrorCode::BadRequest, [what.to_owned()])
}

/// The ID is none that a request can have, or it was used before.
pub(super) fn stale_id() -> RequestError {
    bad_request("request IDs grow, from 1 up to 2^63 - 1")
}

pub(super) fn error<const N: usize>(code: ErrorCode, arguments: [String; N]) -> RequestError {
    RequestError {
        code: code.into(),
        arguments: arguments.into(),
        temporary: false,
        retry_after: 0,
    }
}

/// The beginning of what a client asked for, to be shown to it again: a hostile name
/// of 16 KiB is not sent back whole.
pub(super) fn shown(asked: &str) -> String {
    asked.chars().take(64).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_neither_empty_nor_too_long() {
        let code = |text: &str| check_text(text).err().map(|error| error.code());
        assert_eq!(code("hi"), None);
        assert_eq!(code(" \n\u{2003}"), Some(ErrorCode::EmptyText));
        assert_eq!(code(&"x".repeat(MAX_SAY_BYTES)), None);
        let long = check_text(&"x".repeat(MAX_SAY_BYTES + 1)).unwrap_err();
        assert_eq!(long.code(), ErrorCode::TextTooLong);
        assert_eq!(long.arguments, ["4097", "4096"]);
    }

    #[test]
    fn a_long_request_is_shown_in_part() {
        let asked = "\u{e9}".repeat(8_000);
        let refused = name_error(NameError::Bad, &asked);
        assert_eq!(refused.arguments, ["\u{e9}".repeat(64).as_str(), "24"]);
    }
}
