//! The errors that refuse a request of a `guildhall.v1` client, as they are on the wire.

use std::time::Duration;

use guildhall_protocol::limits::{MAX_NAME_CHARACTERS, MAX_SAY_BYTES};
use guildhall_protocol::{ErrorCode, RequestError};

use crate::shared::users::NameError;

/// Whether a client may say or whisper this text.
///
/// # Errors
///
/// The text is empty, or longer than [`MAX_SAY_BYTES`].
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

/// The error for a name that a user does not get.
pub(super) fn name_error(problem: NameError, name: &str) -> RequestError {
    match problem {
        NameError::Bad => {
            let most = MAX_NAME_CHARACTERS.to_string();
            error(ErrorCode::BadName, [shown(name), most])
        }
        NameError::Taken => error(ErrorCode::NameTaken, [shown(name)]),
    }
}

/// The error for a say or a whisper that fits after this time.
pub(super) fn rate_limited(wait: Duration) -> RequestError {
    RequestError {
        temporary: true,
        // Rounded up, so that the client is not too early.
        retry_after: u32::try_from(wait.as_millis() + 1).unwrap_or(u32::MAX),
        ..error(ErrorCode::RateLimited, [])
    }
}

/// The error for a request that is not valid, for this reason.
pub(super) fn bad_request(reason: &str) -> RequestError {
    error(ErrorCode::BadRequest, [reason.to_owned()])
}

/// The error for a request that this client makes too often. It may make it again after
/// `wait`.
pub(super) fn too_many_requests(wait: Duration) -> RequestError {
    let millis = wait.as_micros().div_ceil(1_000);
    temporary(
        error(ErrorCode::TooManyRequests, []),
        u32::try_from(millis).unwrap_or(u32::MAX),
    )
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
/// 16 KiB is not sent back whole.
pub(super) fn shown(sent: &str) -> String {
    sent.chars().take(64).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_or_too_long_text_is_refused() {
        let code = |text: &str| check_text(text).err().map(|error| error.code());
        assert_eq!(code("hi"), None);
        assert_eq!(code(" \n\u{2003}"), Some(ErrorCode::EmptyText));
        assert_eq!(code(&"x".repeat(MAX_SAY_BYTES)), None);
        let long = check_text(&"x".repeat(MAX_SAY_BYTES + 1)).unwrap_err();
        assert_eq!(long.code(), ErrorCode::TextTooLong);
        assert_eq!(long.arguments, ["4097", "4096"]);
    }

    #[test]
    fn a_client_that_asks_too_often_is_told_when_to_ask_again() {
        let refused = too_many_requests(Duration::from_micros(1_001));
        assert_eq!((refused.temporary, refused.retry_after), (true, 2));
    }

    #[test]
    fn an_error_shows_only_the_start_of_a_long_name() {
        let sent = "\u{e9}".repeat(8_000);
        let refused = name_error(NameError::Bad, &sent);
        assert_eq!(refused.arguments, ["\u{e9}".repeat(64).as_str(), "24"]);
    }
}
