//! The target `frames`: what a WebSocket reads. The messages and the end do not depend on how
//! the bytes are cut into pieces.

use guildhall_protocol::limits::MAX_CLIENT_PACKET_BYTES;
use guildhall_server::testing::read_messages;
use smol::future::block_on;

use crate::pieces::Pieces;

/// Reads the bytes twice: in pieces, the first of which came with the handshake, and at once.
pub fn run(data: &[u8]) {
    let (mut pieces, mut whole) = Pieces::and_whole(data);
    let whole_bytes = whole.left();
    let first = pieces.take_first();
    let read = block_on(read_messages(&mut pieces, first));
    let read_at_once = block_on(read_messages(&mut whole, Vec::new()));
    assert_eq!(read, read_at_once, "it depends on the pieces");
    assert_eq!(pieces.written, whole.written, "it depends on the pieces");
    assert_eq!(read.0, expected(whole_bytes), "another reader finds others");
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

/// The binary messages up to the first fault or the end, by a reader of our own (RFC 6455 section
/// 5.2).
fn expected(mut bytes: &[u8]) -> Vec<Vec<u8>> {
    let mut messages = Vec::new();
    let mut message: Option<Vec<u8>> = None;
    while let Some((first, payload, rest)) = split_frame(bytes) {
        bytes = rest;
        let is_last = first & 0x80 != 0;
        match (first & 0x7f, &mut message) {
            (0, Some(begun)) => begun.extend(payload),
            (2, None) => message = Some(payload),
            // A ping, or a pong.
            (9 | 10, _) if is_last && payload.len() <= 125 => continue,
            // A text, a close, or a fault.
            _ => break,
        }
        if message.as_ref().map_or(0, Vec::len) > MAX_CLIENT_PACKET_BYTES {
            break;
        }
        if is_last {
            messages.extend(message.take());
        }
    }
    messages
}

/// The first byte and the unmasked payload of the first frame, and the bytes behind it. `None` if it
/// is not whole, not masked, or too long.
fn split_frame(bytes: &[u8]) -> Option<(u8, Vec<u8>, &[u8])> {
    let (&[first, length], rest) = bytes.split_first_chunk()?;
    let (length, rest) = match length.checked_sub(0x80)? {
        126 => {
            let (length, rest) = rest.split_first_chunk()?;
            (u64::from(u16::from_be_bytes(*length)), rest)
        }
        127 => {
            let (length, rest) = rest.split_first_chunk()?;
            (u64::from_be_bytes(*length), rest)
        }
        length => (u64::from(length), rest),
    };
    let (mask, rest) = rest.split_first_chunk::<4>()?;
    let (payload, rest) = rest.split_at_checked(usize::try_from(length).ok()?)?;
    let unmasked = payload.iter().zip(mask.iter().cycle());
    Some((
        first,
        unmasked.map(|(byte, mask)| byte ^ mask).collect(),
        rest,
    ))
}
