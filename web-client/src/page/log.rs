//! The log of messages: one conversation as it is shown, and the user's messages that
//! are on their way.

pub(in crate::page) mod conversation_view;
pub(in crate::page) mod message_log;
mod older_lines;
pub(in crate::page) mod outbox;
mod renderer;
pub(in crate::page) mod views;
