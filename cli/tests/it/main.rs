//! The program `guildhall` as its users see it: the binary as a child process.
//!
//! - [`program`]: the server.
//! - [`piped_chat`]: the chat client with pipes, as a script uses it.
//! - [`pty`]: the chat client on a pseudo-terminal, as a user uses it.
//! - [`tls_end`]: a proxy that ends TLS in front of a server, and its certificates.

#![allow(
    clippy::unwrap_used,
    reason = "all of this is tests, also what clippy takes for plain functions"
)]

mod piped_chat;
mod program;
mod pty;
mod tls_end;

mod attacks;
mod load_tool;
mod logs;
mod open_files;
mod output;
mod settings;
mod shutdown;
mod startup;
mod system_calls;
mod terminal;
mod terminal_keys;
mod terminal_tls;
mod tool_settings;
