//! The parts of the program `guildhall`: its command line, a chat client for
//! terminals ([`mod@chat`]), and a load tool ([`mod@bench`]).
//!
//! `main.rs` runs the server with [`arguments`] and [`logs`]. The two tools know
//! nothing of the server but its address, a [`server_url`], and share the [`handshake`].

pub mod arguments;
pub mod bench;
pub mod chat;
pub mod handshake;
pub mod logs;
pub mod server_url;
pub mod stop;
