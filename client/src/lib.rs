//! A Guildhall client without I/O and without a clock, for all clients that are written in
//! Rust: the page, the terminal and the load tool. Needs `alloc` and no `std`.
//!
//! - [`session`]: the client's side of `guildhall.v1`. docs/client.md describes it.
//! - [`command`]: reads and completes the commands that a user types.
//! - [`conversations`]: the rooms and whispers of a user, and what commands do.
//! - [`info`]: what a game shows of a user beside the name.
//! - [`texts`]: the texts that a user is shown.

#![no_std]

extern crate alloc;

pub mod command;
pub mod conversations;
pub mod info;
pub mod session;
pub mod texts;

pub use guildhall_protocol::{RequestId, UserId};
