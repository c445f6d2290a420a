//! The meaning of an error of the system for an operator.

use std::io::{Error, ErrorKind};

/// The error in words. If a right is missing, it names whose: settings are often tried by one user
/// and used by another.
pub(crate) fn told(error: &Error) -> String {
    if error.kind() != ErrorKind::PermissionDenied {
        return error.to_string();
    }
    format!("{error}: {} has no right to it", user())
}

#[cfg(unix)]
fn user() -> String {
    let number = rustix::process::geteuid().as_raw();
    format!("user {number}, who runs this program,")
}

#[cfg(not(unix))]
fn user() -> String {
    "the user who runs this program".to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_right_is_told_with_the_user_that_lacks_it() {
        let denied = told(&ErrorKind::PermissionDenied.into());
        assert!(denied.contains(": ") && denied.contains("user"), "{denied}");
        let missing = told(&ErrorKind::NotFound.into());
        assert_eq!(missing, Error::from(ErrorKind::NotFound).to_string());
    }
}
