//! The way out to one client: its connection, the frames that it is sent, and the
//! queue of what its socket does not take at once.

pub(crate) mod close;
pub(crate) mod connection;
pub mod frame;
pub(crate) mod hidden;
pub(crate) mod outbox;
pub(crate) mod progress;
#[cfg(test)]
pub(crate) mod test_wire;
