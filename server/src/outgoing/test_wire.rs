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
    /// Whether it takes all of a write and holds what does not go out, as TLS does.
    holds: Cell<bool>,
    held: RefCell<Vec<u8>>,
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

    /// Has the wire take all of a write, and hold what does not go out.
    pub(crate) fn hold(&self) {
        self.holds.set(true);
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

    /// The bytes that were written since the last call.
    pub(crate) fn take_written(&self) -> Vec<u8> {
        self.written.take()
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
        let is_holding = !self.held.borrow().is_empty();
        if is_holding || self.capacity.get() == 0 && !self.holds.get() {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        let bytes: Vec<u8> = slices.iter().flat_map(|slice| slice.to_vec()).collect();
        let taken = bytes.len().min(self.capacity.get());
        self.written.borrow_mut().extend(&bytes[..taken]);
        self.capacity.set(self.capacity.get() - taken);
        self.writes.set(self.writes.get() + 1);
        if self.holds.get() {
            self.held.borrow_mut().extend(&bytes[taken..]);
            return Ok(bytes.len());
        }
        Ok(taken)
    }

    fn held(&self) -> usize {
        self.held.borrow().len()
    }

    fn write_held(&self) -> io::Result<usize> {
        let bytes = self.held.take();
        let taken = bytes.len().min(self.capacity.get());
        self.written.borrow_mut().extend(&bytes[..taken]);
        self.capacity.set(self.capacity.get() - taken);
        self.held.replace(bytes[taken..].to_vec());
        match taken {
            0 => Err(io::ErrorKind::WouldBlock.into()),
            taken => Ok(taken),
        }
    }

    fn hang_up(&self) {
        self.broken.set(true);
    }
}
