//! A wire for tests. It keeps all bytes that are written, and can stall.

use std::cell::{Cell, RefCell};
use std::io::{self, IoSlice};

use guildhall_protocol::{Packet, PacketBody, decode};
use guildhall_server::testing::Wire;

/// The bytes from the server over one connection.
#[derive(Debug, Default)]
pub(crate) struct Pipe {
    written: RefCell<Vec<u8>>,
    read: Cell<usize>,
    is_stalled: Cell<bool>,
}

impl Pipe {
    /// Sets whether the wire takes no bytes from now on.
    pub(crate) fn stall(&self, is_stalled: bool) {
        self.is_stalled.set(is_stalled);
    }

    /// The next packet, if it is whole.
    pub(crate) fn next(&self) -> Option<PacketBody> {
        let written = self.written.borrow();
        let frames = &written[self.read.get()..];
        let (&[first, second], _) = frames.split_first_chunk()?;
        assert_eq!(first, 0x82, "a frame without a packet");
        let (header, length) = match second {
            126 => {
                let length = frames.get(2..4)?;
                (4, usize::from(u16::from_be_bytes([length[0], length[1]])))
            }
            127 => panic!("no message is that long"),
            short => (2, usize::from(short)),
        };
        let payload = frames.get(header..header + length)?;
        self.read.set(self.read.get() + header + length);
        let packet: Packet = decode(payload).expect("one whole packet");
        packet.msg
    }
}

impl Wire for Pipe {
    fn write(&self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        if self.is_stalled.get() {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        let before = self.written.borrow().len();
        for slice in slices {
            self.written.borrow_mut().extend_from_slice(slice);
        }
        Ok(self.written.borrow().len() - before)
    }

    fn hang_up(&self) {}
}
