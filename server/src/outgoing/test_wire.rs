//! A [`Wire`] for tests, in memory: it takes as many bytes as the test allows.

use std::cell::{Cell, RefCell};
use std::io::{self, IoSlice};

use crate::outgoing::outbox::Wire;

/// A wire that records what is written to it.
#[derive(Debug, Default)]
pub(crate) struct TestWire {
    written: RefCell<Vec<u8>>,
    writes: Cell<usize>,
    /// How many more bytes it takes.
    capacity: Cell<usize>,
    broken: Cell<bool>,
}

impl TestWire {
    /// A wire that takes everything.
    pub(crate) fn open() -> Self {
        let wire = Self::default();
        wire.take(usize::MAX);
        wire
    }

    /// Lets the wire take `bytes` more bytes, and no more after that.
    pub(crate) fn take(&self, bytes: usize) {
        self.capacity.set(bytes);
    }

    /// Breaks the wire: every later write fails.
    pub(crate) fn break_it(&self) {
        self.broken.set(true);
    }

    /// Whether the wire is broken or was hung up.
    pub(crate) fn is_broken(&self) -> bool {
        self.broken.get()
    }

    /// All bytes that were written so far.
    pub(crate) fn written(&self) -> Vec<u8> {
        self.written.borrow().clone()
    }

    /// How many writes took at least one byte.
    pub(crate) fn writes(&self) -> usize {
        self.writes.get()
    }
}

impl Wire for TestWire {
    fn write(&self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        if self.broken.get() {
            return Err(io::ErrorKind::ConnectionReset.into());
        }
        if self.capacity.get() == 0 {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        let bytes: Vec<u8> = slices.iter().flat_map(|slice| slice.to_vec()).collect();
        let taken = bytes.len().min(self.capacity.get());
        self.written.borrow_mut().extend(&bytes[..taken]);
        self.capacity.set(self.capacity.get() - taken);
        self.writes.set(self.writes.get() + 1);
        Ok(taken)
    }

    fn hang_up(&self) {
        self.broken.set(true);
    }
}
