//! The log of messages: one conversation as it is shown, and the user's messages that
//! are on their way.

pub(in crate::page) mod conversation_view;
mod hiding;
mod line_details;
pub(in crate::page) mod line_menu;
pub(in crate::page) mod message_log;
mod older_lines;
pub(in crate::page) mod outbox;
pub(in crate::page) mod renderer;
pub(in crate::page) mod views;
