//! The terminal, or the pipes of a script: reads what is typed, and writes lines above
//! the prompt.

mod draft;
pub(in crate::chat) mod editor;
pub(in crate::chat) mod input;
pub(in crate::chat) mod output;
pub(in crate::chat) mod prompt;
mod screen;
