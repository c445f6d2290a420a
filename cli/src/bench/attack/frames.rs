//! Frames that no well-behaved client sends.

use guildhall_protocol::{Message as _, Packet, PacketBody, Pong};

use super::super::inbox::{self, BINARY, CONTINUATION, FIN, PING};
use super::requests::{MASK, put_varint};

/// The beginning of a message that never ends.
pub(super) fn message_without_end() -> Vec<u8> {
    frame(BINARY, &[0])
}

/// So many fragments without a byte.
pub(super) fn empty_fragments(count: usize) -> Vec<u8> {
    frame(CONTINUATION, &[]).repeat(count)
}

/// A ping of the WebSocket without a payload.
pub(super) fn empty_ping() -> Vec<u8> {
    frame(FIN | PING, &[])
}

/// A pong that an unknown field makes this long, in fragments of one byte.
pub(super) fn tiny_fragments(bytes: usize) -> Vec<u8> {
    // Field 200, with a length.
    const UNKNOWN: [u8; 2] = [0xc2, 0x0c];
    let mut packet = Packet::from(PacketBody::Pong(Pong {})).encode_to_vec();
    packet.extend(UNKNOWN);
    // The length takes two bytes.
    let rest = bytes - packet.len() - 2;
    put_varint(&mut packet, rest);
    packet.resize(bytes, 0);
    let mut frames = Vec::new();
    for (index, byte) in packet.iter().enumerate() {
        let opcode = if index == 0 { BINARY } else { CONTINUATION };
        let last = if index + 1 == bytes { FIN } else { 0 };
        inbox::put_frame(&mut frames, last | opcode, &[*byte], MASK);
    }
    frames
}

/// A frame without a mask, which a server has to refuse (RFC 6455 section 5.1).
pub(super) fn unmasked() -> Vec<u8> {
    vec![FIN | BINARY, 0]
}

fn frame(header: u8, payload: &[u8]) -> Vec<u8> {
    let mut frame = Vec::new();
    inbox::put_frame(&mut frame, header, payload, MASK);
    frame
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use guildhall_protocol::decode;
    use guildhall_protocol::limits::MAX_CLIENT_PACKET_BYTES;

    /// The header and the payload of each frame, whose mask hides nothing.
    pub(in super::super) fn split(mut frames: &[u8]) -> Vec<(u8, Vec<u8>)> {
        let mut split = Vec::new();
        while let [header, length, ..] = *frames {
            assert!(length >= 0x80, "a client's frames are masked");
            let (length, start) = match length & 0x7f {
                126 => (u16::from_be_bytes([frames[2], frames[3]]).into(), 4),
                127 => panic!("no attack sends such a frame"),
                short => (usize::from(short), 2),
            };
            let (mask, behind) = frames[start..].split_at(4);
            assert_eq!(mask, MASK);
            let (payload, behind) = behind.split_at(length);
            split.push((header, payload.to_vec()));
            frames = behind;
        }
        assert!(frames.is_empty());
        split
    }

    /// The payloads of whole messages.
    pub(in super::super) fn payloads(frames: &[u8]) -> Vec<Vec<u8>> {
        let frames = split(frames).into_iter();
        frames
            .map(|(header, payload)| {
                assert_eq!(header, FIN | BINARY);
                payload
            })
            .collect()
    }

    #[test]
    fn empty_fragments_never_end_a_message() {
        assert_eq!(split(&message_without_end()), [(0x02, vec![0])]);
        let fragments = empty_fragments(3);
        assert_eq!(fragments.len(), 18);
        assert_eq!(split(&fragments), vec![(0x00, vec![]); 3]);
    }

    #[test]
    fn an_empty_ping_is_a_whole_control_frame() {
        assert_eq!(split(&empty_ping()), [(0x89, vec![])]);
    }

    #[test]
    fn tiny_fragments_are_one_valid_packet() {
        let frames = split(&tiny_fragments(MAX_CLIENT_PACKET_BYTES));
        assert_eq!(frames.len(), MAX_CLIENT_PACKET_BYTES);
        assert!(frames.iter().all(|(_, payload)| payload.len() == 1));
        let headers: Vec<u8> = frames.iter().map(|&(header, _)| header).collect();
        let [first, between @ .., last] = &headers[..] else {
            panic!("{headers:?}");
        };
        assert_eq!((*first, *last), (0x02, 0x80));
        assert!(between.iter().all(|&header| header == 0x00));
        let packet: Vec<u8> = frames.into_iter().flat_map(|(_, byte)| byte).collect();
        let packet = decode(&packet).unwrap();
        assert_eq!(packet, Packet::from(PacketBody::Pong(Pong {})));
    }

    #[test]
    fn the_frame_before_raw_bytes_has_no_mask() {
        assert_eq!(unmasked(), [0x82, 0x00]);
    }
}
