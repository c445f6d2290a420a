//! A wire from a network, which keeps what is written to it.

use std::cell::RefCell;
use std::io::{self, IoSlice};

use guildhall_protocol::{Packet, PacketBody, decode};
use guildhall_server::testing::{Network, Wire};

/// A wire from a network, which keeps what is written to it.
#[derive(Debug)]
pub(crate) struct Pipe {
    pub(crate) network: Network,
    pub(crate) written: RefCell<Vec<u8>>,
}

impl Wire for Pipe {
    fn write(&self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        let mut written = self.written.borrow_mut();
        let before = written.len();
        for slice in slices {
            written.extend_from_slice(slice);
        }
        Ok(written.len() - before)
    }

    fn hang_up(&self) {}

    fn network(&self) -> Network {
        self.network
    }
}

impl Pipe {
    /// The packets since the last call, without what is behind a close frame.
    pub(crate) fn take(&self) -> Vec<PacketBody> {
        let written = self.written.take();
        let (mut frames, mut packets) = (&written[..], Vec::new());
        while let [0x82, second, ..] = *frames {
            let (head, length) = match second {
                126 => (4, usize::from(u16::from_be_bytes([frames[2], frames[3]]))),
                127 => panic!("no message is that long"),
                short => (2, usize::from(short)),
            };
            let packet: Packet = decode(&frames[head..head + length]).expect("one whole packet");
            packets.extend(packet.msg);
            frames = &frames[head + length..];
        }
        packets
    }
}
