//! The Guildhall chat in a browser: a client for any web game, and the chat
//! page built on it.
//!
//! - [`Client`]: the client for Rust.
//! - `ChatClient` (feature `library`): the same as a JavaScript class.
//! - `page` (feature `page`): the chat page, as `startPage` for JavaScript.
//!
//! All decisions are made without a browser and tested on the host: by the session of
//! the `client` crate, and by `subprotocol_probe`, `origin_hint`, `scrollback`,
//! `input_history` and `avatar`. What touches the browser (`client`, `socket`, `timer`, `page`) only carries
//! them out.

// As in the client crate: the panic of such a slice would be kilobytes of the page.
#![warn(clippy::string_slice)]

#[cfg(feature = "library")]
mod arguments;
#[cfg(feature = "library")]
mod chat_client;
#[cfg(feature = "library")]
mod chat_event;
mod client;
mod clock;
#[cfg(any(feature = "library", feature = "page"))]
mod color;
#[cfg(feature = "library")]
mod json;
#[cfg(feature = "library")]
mod moderation;
mod origin_hint;
#[cfg(feature = "library")]
mod packet;
#[cfg(feature = "library")]
mod queries;
mod socket;
mod subprotocol_probe;
mod timer;

#[cfg(feature = "page")]
mod avatar;
#[cfg(feature = "page")]
mod input_history;
#[cfg(feature = "page")]
mod notice;
#[cfg(feature = "page")]
pub mod page;
#[cfg(feature = "page")]
mod scrollback;

#[cfg(feature = "library")]
pub use chat_client::ChatClient;
pub use client::{AddressError, Client};
#[cfg(feature = "library")]
pub use packet::decode_packet;
