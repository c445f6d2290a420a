//! Small building blocks for all other folders: a lock, a wake-up call, a registry that
//! gives out IDs, a queue of what expires, a tally by network, a rate, and a moment in time.

pub(crate) mod expiry;
pub(crate) mod lock;
pub(crate) mod moment;
pub(crate) mod notify;
pub(crate) mod rate;
pub(crate) mod registry;
pub(crate) mod tally;
