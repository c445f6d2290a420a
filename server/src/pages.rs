//! Pages for browsers: files that are built into the binary, and headers that say what a browser may
//! do with a response. The listener of the chat and that of the API serve them.

pub(crate) mod assets;
pub(crate) mod headers;
