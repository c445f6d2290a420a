//! The Guildhall chat in a browser: a client for any web game, and the chat
//! page built on it.
//!
//! - [`Client`]: the client for Rust.
//! - `ChatClient` (feature `library`): the same as a JavaScript class.
//! - `page` (feature `page`): the chat page, as `startPage` for JavaScript.
//!
//! What decides is the session of the `protocol` crate, and `doubt`, `scrollback`,
//! `recall` and `speaker`: free of the browser and tested on the host. What
//! touches the browser (`client`, `socket`, `timer`, `page`) only carries out.

#[cfg(feature = "library")]
mod chat_client;
#[cfg(feature = "library")]
mod chat_event;
mod client;
mod clock;
mod doubt;
#[cfg(feature = "library")]
mod packet;
mod socket;
mod timer;

#[cfg(feature = "page")]
pub mod page;
#[cfg(feature = "page")]
mod recall;
#[cfg(feature = "page")]
mod remark;
#[cfg(feature = "page")]
mod scrollback;
#[cfg(feature = "page")]
mod speaker;

#[cfg(feature = "library")]
pub use chat_client::ChatClient;
pub use client::{AddressError, Client};
#[cfg(feature = "library")]
pub use packet::decode_packet;
