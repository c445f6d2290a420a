//! How the values of flags are read.

use std::num::NonZeroUsize;
use std::str::FromStr;

use guildhall_server::MAX_THREADS;

use crate::number::number;

/// The longest time for which a session is kept, in seconds: seven days.
pub(super) const LONGEST_RESUME: u64 = 604_800;

/// Parses an item of a list, in which spaces may stand behind commas.
pub(super) fn item<T: FromStr>(text: &str) -> Result<T, T::Err> {
    text.trim().parse()
}

/// Parses the number of threads.
pub(super) fn threads(text: &str) -> Result<NonZeroUsize, String> {
    let threads = number(1..=MAX_THREADS as u64)(text)?;
    Ok(NonZeroUsize::new(threads).expect("the range begins at 1"))
}
