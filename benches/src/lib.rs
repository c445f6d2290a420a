//! What the benches and the cost runner measure with: the [`floor`] that every
//! figure is a ratio to, [`peer`]s that run in processes of their own, the
//! [`scenario`]s, the [`table`] of what they cost and its [`plot`], and [`relay`]s
//! for the criterion benches. Linux only: the floor is
//! an epoll loop.

pub mod floor;
pub mod peer;
pub mod plot;
pub mod relay;
pub mod scenario;
pub mod table;
