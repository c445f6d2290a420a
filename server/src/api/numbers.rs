//! The numbers, and the names of users, that callers give.

use super::problem::Problem;

/// The highest number that every reader of JSON knows exactly: 2^53 - 1.
const MAX_EXACT: u64 = (1 << 53) - 1;

/// A number that a caller has given.
///
/// # Errors
///
/// It is one that not every reader of JSON would know.
pub(crate) fn exact(name: &str, number: u64) -> Result<u64, Problem> {
    if number > MAX_EXACT {
        return Err(Problem::bad_request(format!(
            "`{name}` is at most {MAX_EXACT}"
        )));
    }
    Ok(number)
}

/// A number that a caller has given, if it has given it; 0 if not.
///
/// # Errors
///
/// It is 0, or one that not every reader of JSON would know.
pub(crate) fn positive(name: &str, number: Option<u64>) -> Result<u64, Problem> {
    match number {
        Some(0) => Err(Problem::bad_request(format!("`{name}` is 1 or more"))),
        number => exact(name, number.unwrap_or(0)),
    }
}

/// The longest account or name of a user in a request, in characters.
const MOST_NAME: usize = 128;

/// An account or a name of a user that a caller has given.
///
/// # Errors
///
/// It is empty, or longer than any.
pub(crate) fn named<'a>(field: &str, text: &'a str) -> Result<&'a str, Problem> {
    if text.is_empty() || text.chars().count() > MOST_NAME {
        let detail = format!("`{field}` has 1 to {MOST_NAME} characters");
        return Err(Problem::bad_request(detail));
    }
    Ok(text)
}
