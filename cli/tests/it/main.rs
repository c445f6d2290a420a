//! The program `guildhall` as its users see it: the binary as a child process.
//!
//! - [`program`]: the server.
//! - [`piped_chat`]: the chat client with pipes, as a script uses it.
//! - [`emulator`]: the terminal as its user sees it.
//! - [`pty`]: the chat client on a pseudo-terminal, as a user uses it.
//! - [`tls_end`]: a proxy that ends TLS in front of a server, and its certificates.

#![allow(
    clippy::unwrap_used,
    reason = "all of this is tests, also what clippy takes for plain functions"
)]

mod emulator;
mod piped_chat;
mod program;
mod pty;
mod tls_end;

mod account_document;
mod accounts;
mod attacks;
mod chat_rules;
mod key_sets;
mod load_tool;
mod logs;
mod odd_servers;
mod open_files;
mod output;
mod proxies;
mod room_rules;
mod security;
mod settings;
mod settings_file;
mod settings_tables;
mod shutdown;
mod startup;
mod system_calls;
mod terminal;
mod terminal_keys;
mod terminal_rows;
mod terminal_tls;
mod token;
mod tokens;
mod tool_settings;
