//! The Guildhall chat in a browser: a client for any web game, and the chat
//! page built on it.
//!
//! - [`ChatClient`]: the client as a JavaScript class.
//! - [`Client`], [`Event`], [`State`]: the same client for Rust.
//! - `page` (feature `page`): the chat page, as `startPage` for JavaScript.
//!
//! What decides (`session`, `backoff`, `scrollback`, `recall`, `speaker`) is
//! free of the browser and is tested on the host. What touches the browser
//! (`client`, `socket`, `timer`, `page`) only carries out.

mod backoff;
mod chat_client;
mod client;
mod event;
mod session;
mod socket;
mod state;
mod timer;

#[cfg(feature = "page")]
pub mod page;
#[cfg(feature = "page")]
mod recall;
#[cfg(feature = "page")]
mod scrollback;
#[cfg(feature = "page")]
mod speaker;

pub use chat_client::ChatClient;
pub use client::{AddressError, Client};
pub use event::{Event, ReceiveError, SendError};
pub use state::State;
