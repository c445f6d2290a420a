//! Fixtures for the tests of several crates: a server in this process, clients that
//! share no code with it, and proxies between the two.
//!
//! - [`client`], [`wire`]: a small WebSocket client of the tests' own. It
//!   shares no code with the server, so that a test finds where the two disagree.
//! - [`v1_client`]: a client of `guildhall.v1`, with the packets of the schema.
//! - [`test_server`]: a server in this process, on a port of its own.
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

pub mod client;
pub mod cut_proxy;
pub mod endings;
pub mod fault_proxy;
pub mod null_wire;
pub mod test_server;
pub mod v1_client;
pub mod wire;
