//! The room or the user that a say or a whisper goes to.

use std::sync::Arc;

use crate::ids::UserId;

/// The room or the user that a message goes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Destination {
    /// A room, by its name.
    Room(Arc<str>),
    /// The receiver of a whisper.
    User(UserId),
}
