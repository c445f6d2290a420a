//! The server as its clients meet it: real sockets, the real server, and for
//! what concerns a process the real binary.
//!
//! - [`client`], [`wire`]: a small WebSocket client of the tests' own. It
//!   shares no code with the server, so that the two can disagree.
//! - [`v1_client`]: the same for `guildhall.v1`, with the packets of the schema.
//! - [`hall`]: a server in this process, on a port of its own.
//! - [`program`]: the binary as a child process.
//! - [`chatter`]: the binary's chat client with pipes.
//! - [`tls_end`]: what ends TLS in front of a server, and certificates for it.
//! - [`cable`]: what lies between a client and a server, and can be pulled.
//!
//! Every wait has a deadline, see [`wire::PATIENCE`], and ends as soon as what
//! is waited for is there.

#![allow(
    clippy::unwrap_used,
    reason = "all of this is tests, also what clippy takes for plain functions"
)]

mod bystanders;
mod cable;
mod chatter;
mod client;
mod hall;
mod program;
mod tls_end;
mod v1_client;
mod wire;

mod bad_input;
mod caps;
mod chat;
mod control_frames;
mod crowd;
mod endings;
mod handshake;
mod heartbeat;
mod http;
mod load_tool;
mod localhost;
mod logs;
mod open_files;
mod origins;
mod page;
mod proxy;
mod shutdown;
mod slow_readers;
mod startup;
mod system_calls;
mod terminal;
mod terminal_tls;
mod tutorial_faults;
mod v1_chat;
mod v1_closes;
mod v1_errors;
mod v1_limits;
mod v1_presence;
mod v1_recovery;
