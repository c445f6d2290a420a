//! The parts of the program `guildhall`: its command line, a chat client for
//! terminals ([`mod@chat`]), and a load tool ([`mod@bench`]).
//!
//! `main.rs` runs the server with [`arguments`] and [`logs`]. The two tools know
//! nothing of the server but its address, a [`server_url`], and share the [`handshake`].

// They panic if nobody reads: see `output`.
#![warn(clippy::print_stdout, clippy::print_stderr)]

pub mod accounts;
pub mod api;
pub mod arguments;
pub mod bench;
pub mod chat;
pub mod check;
pub mod doctor;
pub mod events;
pub mod filters;
pub mod handshake;
pub mod healthcheck;
pub mod hook;
mod http_get;
pub mod https;
mod io_error;
pub mod logs;
mod moderation;
mod number;
pub mod open_files;
pub mod output;
mod redact;
mod rooms;
mod sanitize;
pub mod server_url;
pub mod service_manager;
pub mod shown;
pub mod signals;
pub mod sockets;
pub mod stop;
pub mod store;
pub mod switch;
mod tls;
pub mod token;
mod token_file;
pub mod upgrade;
pub mod usage;
pub mod verify;
