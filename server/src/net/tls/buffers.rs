//! The buffers of one network thread for TLS: what is read and written is encrypted in them, so a
//! connection needs none of its own. They are made when the first connection uses TLS.

use std::cell::RefCell;

/// The most bytes of a message in one record (RFC 8446 section 5.1).
pub(crate) const MAX_PLAIN: usize = 16 * 1024;

/// The most bytes of a record: its header, and what encryption may add (RFC 8446 section 5.2,
/// and RFC 5246 section 6.2.3, which allows more).
pub(crate) const MAX_RECORD: usize = 5 + MAX_PLAIN + 2048;

/// The buffers.
#[derive(Debug)]
pub(crate) struct Buffers {
    /// Bytes that were read from a socket, behind the part of a record that came before.
    pub(crate) received: Vec<u8>,
    /// The bytes of one record that lie in several slices.
    pub(crate) plain: Vec<u8>,
    /// A record that is written. A few bytes of TLS's own may come in front of it.
    pub(crate) record: Vec<u8>,
}

thread_local! {
    static BUFFERS: RefCell<Option<Box<Buffers>>> = const { RefCell::new(None) };
}

/// Calls `act` with this thread's buffers, which it must not ask for again.
pub(crate) fn with<T>(act: impl FnOnce(&mut Buffers) -> T) -> T {
    BUFFERS.with_borrow_mut(|buffers| {
        act(buffers.get_or_insert_with(|| {
            Box::new(Buffers {
                received: vec![0; 2 * MAX_RECORD],
                plain: Vec::with_capacity(MAX_PLAIN),
                record: vec![0; 2 * MAX_RECORD],
            })
        }))
    })
}
