//! How many reports there may be.

use crate::moderation::UserSnapshot;

use super::is_server;

/// The most reports of one user that are not decided.
pub(crate) const MOST_OWN: usize = 50;

/// The most reports of the server itself that are not decided.
pub(crate) const MOST_AUTOMATED: usize = 1_000;

/// The most reports that are not decided.
pub(crate) const MOST_UNDECIDED: usize = 20_000;

/// The most reports that one read returns.
pub(crate) const MOST_READ: usize = 100;

/// How many reports of this reporter may be undecided, of so many in all.
pub(crate) fn most_of(reporter: &UserSnapshot, in_all: usize) -> usize {
    if is_server(reporter) {
        MOST_AUTOMATED.min(in_all / 4)
    } else {
        MOST_OWN
    }
}

/// How many may be undecided of all guests together, of so many in all: anybody can be a hundred
/// guests, and users with an account shall be able to report all the same.
pub(crate) const fn most_of_guests(in_all: usize) -> usize {
    in_all / 2
}

/// Whether a reporter is a guest.
pub(crate) fn is_guest(reporter: &UserSnapshot) -> bool {
    reporter.account.is_empty() && !is_server(reporter)
}
