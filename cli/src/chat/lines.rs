//! The lines that a user sees: messages, notices and the user's own messages, formatted.
//! No I/O.

pub(in crate::chat) mod clock;
pub(in crate::chat) mod line;
pub(in crate::chat) mod message;
pub(in crate::chat) mod notice;
pub(in crate::chat) mod own_message;
