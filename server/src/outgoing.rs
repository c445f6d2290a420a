//! One client's way out: its connection, the frames that go to it, and what its
//! socket does not take at once.

pub(crate) mod close;
pub(crate) mod connection;
pub mod frame;
pub(crate) mod outbox;
#[cfg(test)]
pub(crate) mod test_wire;
