//! The program `guildhall` as its users see it: the binary as a child process.
//!
//! - [`program`]: the server.
//! - [`chatter`]: the chat client with pipes.
//! - [`keyboard`]: the same on a terminal.
//! - [`tls_end`]: a proxy that ends TLS in front of a server, and its certificates.

#![allow(
    clippy::unwrap_used,
    reason = "all of this is tests, also what clippy takes for plain functions"
)]

mod chatter;
mod keyboard;
mod program;
mod tls_end;

mod load_tool;
mod logs;
mod open_files;
mod shutdown;
mod startup;
mod system_calls;
mod terminal;
mod terminal_keys;
mod terminal_tls;
