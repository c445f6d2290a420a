//! The target `frames`: what a WebSocket reads. The messages and the end do not depend on how
//! the bytes are cut into pieces.

use guildhall_protocol::limits::MAX_CLIENT_PACKET_BYTES;
use guildhall_server::testing::read_messages;
use smol::future::block_on;

use crate::pieces::Pieces;

/// Reads the bytes twice: in pieces, the first of which came with the handshake, and at once.
pub fn run(data: &[u8]) {
    let (mut pieces, mut whole) = Pieces::and_whole(data);
    let first = pieces.take_first();
    let read = block_on(read_messages(&mut pieces, first));
    let read_at_once = block_on(read_messages(&mut whole, Vec::new()));
    assert_eq!(read, read_at_once, "it depends on the pieces");
    assert_eq!(pieces.written, whole.written, "it depends on the pieces");
    let is_small = |message: &Vec<u8>| message.len() <= MAX_CLIENT_PACKET_BYTES;
    assert!(read.0.iter().all(is_small));
    check_answers(&pieces.written);
}

/// The server itself answers with pongs and a close alone: short frames that are not masked.
fn check_answers(mut frames: &[u8]) {
    while let [first, length, rest @ ..] = frames {
        assert!(matches!(first, 0x8a | 0x88), "a frame begins with {first}");
        assert!(*length <= 125, "a frame of {length} bytes");
        frames = &rest[usize::from(*length)..];
        assert!(
            *first == 0x8a || frames.is_empty(),
            "a frame behind a close"
        );
    }
    assert!(frames.is_empty(), "half a frame");
}
