//! A connection's way to its client, and the frames on it.

use std::cell::{Cell, RefCell};
use std::io::{self, IoSlice};

use guildhall_server::testing::Wire;

/// A connection's way to its client, which may take nothing for a while.
#[derive(Debug, Default)]
pub(super) struct Pipe {
    written: RefCell<Vec<u8>>,
    /// How many bytes it takes; `None`: all of them.
    room: Cell<Option<usize>>,
}

impl Pipe {
    /// The wire takes so many bytes from now on and then nothing, or all again.
    pub(super) fn take_at_most(&self, room: Option<usize>) {
        self.room.set(room);
    }

    /// Whether it takes nothing.
    pub(super) fn is_stalled(&self) -> bool {
        self.room.get() == Some(0)
    }

    /// All that was written since the last call.
    pub(super) fn take(&self) -> Vec<u8> {
        self.written.take()
    }
}

impl Wire for Pipe {
    fn write(&self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        if self.is_stalled() {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        let mut written = self.written.borrow_mut();
        let before = written.len();
        for slice in slices {
            written.extend_from_slice(slice);
        }
        if let Some(room) = self.room.get() {
            written.truncate(before + room);
            self.room.set(Some(room - (written.len() - before)));
        }
        Ok(written.len() - before)
    }

    fn hang_up(&self) {}
}

/// The first byte and the payload of the first frame, and the bytes behind it. `None` if it is not
/// whole.
pub(super) fn split_frame(bytes: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (&[first, length], rest) = bytes.split_first_chunk()?;
    let (length, rest) = match length {
        126 => {
            let (length, rest) = rest.split_first_chunk()?;
            (usize::from(u16::from_be_bytes(*length)), rest)
        }
        length if length < 126 => (usize::from(length), rest),
        _ => panic!("no message is that long"),
    };
    let (payload, rest) = rest.split_at_checked(length)?;
    Some((first, payload, rest))
}
