//! A [`Wire`] for the tests: takes as many bytes as it is told to.

use std::cell::{Cell, RefCell};
use std::io::{self, IoSlice};

use crate::outgoing::outbox::Wire;

#[derive(Debug, Default)]
pub(crate) struct TestWire {
    written: RefCell<Vec<u8>>,
    writes: Cell<usize>,
    room: Cell<usize>,
    broken: Cell<bool>,
}

impl TestWire {
    /// A wire that takes everything.
    pub(crate) fn open() -> Self {
        let wire = Self::default();
        wire.take(usize::MAX);
        wire
    }

    /// From now on the wire takes `room` bytes and then no more.
    pub(crate) fn take(&self, room: usize) {
        self.room.set(room);
    }

    pub(crate) fn break_it(&self) {
        self.broken.set(true);
    }

    pub(crate) fn is_broken(&self) -> bool {
        self.broken.get()
    }

    /// All that was written so far.
    pub(crate) fn written(&self) -> Vec<u8> {
        self.written.borrow().clone()
    }

    /// How many writes took something.
    pub(crate) fn writes(&self) -> usize {
        self.writes.get()
    }
}

impl Wire for TestWire {
    fn write(&self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        if self.broken.get() {
            return Err(io::ErrorKind::ConnectionReset.into());
        }
        if self.room.get() == 0 {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        let bytes: Vec<u8> = slices.iter().flat_map(|slice| slice.to_vec()).collect();
        let taken = bytes.len().min(self.room.get());
        self.written.borrow_mut().extend(&bytes[..taken]);
        self.room.set(self.room.get() - taken);
        self.writes.set(self.writes.get() + 1);
        Ok(taken)
    }

    fn hang_up(&self) {
        self.broken.set(true);
    }
}
