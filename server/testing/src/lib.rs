//! Fixtures for the tests of several crates: a server in this process, clients that
//! share no code with it, and proxies between the two.
//!
//! - [`client`], [`wire`]: a small WebSocket client of the tests' own. It
//!   shares no code with the server, so that a test finds where the two disagree.
//! - [`api_client`]: a caller of the HTTP API.
//! - [`authority`]: certificates, and a tunnel through TLS for clients that know none.
//! - [`v1_client`]: a client of `guildhall.v1`, with the packets of the schema.
//! - [`line_log`]: the lines of a room as a client has them, and requests that change them.
//! - [`heard`], [`stored_room`]: what a client was told of a room, and what the server has of it.
//! - [`test_server`]: a server in this process, on a port of its own.
//! - [`data_folder`]: a folder for what a server keeps, which is removed with its test.
//! - [`cut_proxy`]: a connection between a client and a server that can be cut.
//! - [`null_wire`]: a wire that drops all bytes, for what happens before the socket.
//! - [`endings`]: every way a connection can end.
//! - [`fault_proxy`]: a proxy that splits, delays and cuts; also a program, for
//!   clients in other languages.
//!
//! Every wait ends as soon as its condition is met, and has a deadline, see
//! [`wire::PATIENCE`].

#![allow(
    clippy::unwrap_used,
    clippy::missing_errors_doc,
    clippy::must_use_candidate,
    reason = "all of this is for tests"
)]

pub mod api_client;
pub mod authority;
pub mod client;
pub mod cut_proxy;
pub mod data_folder;
pub mod endings;
pub mod fault_proxy;
pub mod heard;
pub mod line_log;
pub mod metrics;
pub mod null_wire;
pub mod stored_room;
pub mod test_server;
pub mod v1_client;
pub mod wire;
