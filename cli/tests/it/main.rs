//! The program `guildhall` as its users see it: the binary as a child process.
//!
//! - [`program`]: the server.
//! - [`data_folder`]: a folder for what it keeps.
//! - [`piped_chat`]: the chat client with pipes, as a script uses it.
//! - [`emulator`]: the terminal as its user sees it.
//! - [`pty`]: the chat client on a pseudo-terminal, as a user uses it.
//! - [`socket`]: a listening socket that the server gets.
//! - [`tls_end`]: a proxy that ends TLS in front of a server, and its certificates.

#![allow(
    clippy::unwrap_used,
    reason = "all of this is tests, also what clippy takes for plain functions"
)]

mod data_folder;
mod emulator;
mod piped_chat;
mod program;
mod pty;
mod socket;
mod tls_end;

mod account_document;
mod accounts;
mod api;
mod api_examples;
mod attacks;
mod chat_moderation;
mod chat_rules;
mod doctor;
mod durable;
mod healthcheck;
mod hook;
mod https;
mod key_sets;
mod kills;
mod lasting;
mod load_tool;
mod log_fields;
mod logged_refusals;
mod logs;
mod moderation;
mod odd_servers;
mod open_files;
mod output;
mod packaging;
mod proxies;
mod restart;
mod room_rules;
mod security;
mod service_manager;
mod settings;
mod settings_file;
mod settings_tables;
mod settings_told;
mod shown_settings;
mod shutdown;
mod startup;
mod store;
mod system_calls;
mod terminal;
mod terminal_keys;
mod terminal_rows;
mod terminal_tls;
mod token;
mod tokens;
mod tool_settings;
mod upgrade;
mod v1_socket;
mod verify;
mod webhooks;
