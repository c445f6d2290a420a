//! The parts of the benches and of the cost runner:
//!
//! - [`floor`]: the least relay. Every figure is a ratio to it.
//! - [`scenario`]: what the cost runner measures.
//! - [`peer`]: the servers and the load tool in processes of their own.
//! - [`table`], [`plot`]: the figures as a table and as a picture.
//! - [`beside`]: what goes on beside a load. [`handshakes`]: what came of those.
//! - [`relay`]: servers for the criterion benches.
//!
//! Linux only, because the floor is an epoll loop.

pub mod beside;
pub mod floor;
pub mod handshakes;
pub mod peer;
pub mod plot;
pub mod relay;
pub mod scenario;
pub mod table;
