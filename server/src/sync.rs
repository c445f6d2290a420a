//! What the floors above are built of and no one of them owns: locks, wake-ups, the
//! register of IDs, and queues of what expires.

pub(crate) mod expiry;
pub(crate) mod lock;
pub(crate) mod moment;
pub(crate) mod notify;
pub(crate) mod registry;
