//! A Guildhall client without I/O and without a clock, for every client that is
//! written in Rust: the page, the terminal and the load tool. Needs `alloc` and no
//! `std`.
//!
//! - [`session`]: the client's side of `guildhall.v1`. docs/client.md describes it.
//! - [`command`]: the commands that a user types.
//! - [`conversations`]: rooms and whispers as a client shows them, and what commands do.
//! - [`texts`]: the texts that a user is shown.

#![no_std]

extern crate alloc;

pub mod command;
pub mod conversations;
mod ids;
pub mod session;
pub mod texts;

pub use ids::{ClientId, RequestId};
