//! The Guildhall chat server.
//!
//! One way through the house: [`listen`] → `http` → `connection` →
//! [`session`] → [`hub`] and [`room`] → [`outbox`]. State and rules (session,
//! hub, room, member, outbox, registry) know no runtime, no WebSocket library
//! and no HTTP, and take the time as a value. ARCHITECTURE.md has the whole
//! map.
//!
//! A program starts it with [`listen::bind`] and [`run`]:
//!
//! ```
//! use guildhall_server::{Config, listen, run};
//!
//! let listeners = listen::bind("localhost", 0)?;
//! let stop = async {}; // at once
//! run(Config::default(), listeners, stop)?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

pub mod arrival;
mod assets;
mod audience;
pub mod close;
pub mod config;
mod connection;
pub mod crossing;
mod crowd;
pub mod exchange;
pub mod frame;
pub mod gate;
pub mod history;
mod http;
pub mod hub;
mod idle;
mod inbox;
pub mod listen;
mod lock;
pub mod member;
mod memory;
pub mod names;
pub mod origin;
pub mod outbox;
pub mod people;
pub mod person;
mod reactor;
pub mod registry;
pub mod requests;
pub mod room;
mod rooms;
pub mod roster;
mod server;
pub mod session;
mod signal;
mod socket;
#[cfg(test)]
mod test_wire;
mod threads;

pub use config::Config;
pub use server::run;
