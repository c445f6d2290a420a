//! Turns bytes into one whole [`Packet`].

use prost::Message as _;
use prost::encoding::{DecodeContext, WireType, decode_key, skip_field};

use crate::packet::Packet;

/// Why some bytes are not one whole packet.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// There are no bytes, or only the one newline that is tolerated.
    #[error("the message is empty")]
    Empty,
    /// A field that a packet has once is there twice: the message holds two
    /// packets. The Protobuf specification would merge them ("last one wins").
    #[error("field {0} is there twice: one packet a message")]
    Repeated(u32),
    /// The packet is truncated, has a wrong wire type or text that is not UTF-8, or
    /// the bytes are not Protobuf.
    #[error("not a packet: {0}")]
    Malformed(#[from] prost::DecodeError),
}

/// Decodes `bytes` as exactly one packet, and skips unknown fields.
///
/// Tolerates a single trailing 0x0A, because the tutorial's Go server appends one
/// to every message. First tries all bytes as a packet, so a text that ends in a
/// newline keeps it.
///
/// # Errors
///
/// Returns a [`DecodeError`] for everything that is not one whole packet.
pub fn decode(bytes: &[u8]) -> Result<Packet, DecodeError> {
    match (decode_exact(bytes), bytes) {
        (Err(_), [packet @ .., b'\n']) => decode_exact(packet),
        (result, _) => result,
    }
}

fn decode_exact(bytes: &[u8]) -> Result<Packet, DecodeError> {
    if bytes.is_empty() {
        return Err(DecodeError::Empty);
    }
    refuse_repeated(bytes)?;
    Ok(Packet::decode(bytes)?)
}

/// Refuses what the decoder would merge: a second sender, a second body.
fn refuse_repeated(mut bytes: &[u8]) -> Result<(), DecodeError> {
    const SENDER: u32 = 1;
    let (mut sender, mut body) = (false, false);
    while !bytes.is_empty() {
        let (field, wire_type) = decode_key(&mut bytes)?;
        let seen = match field {
            SENDER => &mut sender,
            // The fields of the oneof: ours and those of the reserved range.
            2..=27 => &mut body,
            _ => &mut false,
        };
        if core::mem::replace(seen, true) {
            return Err(DecodeError::Repeated(field));
        }
        skip(wire_type, field, &mut bytes)?;
    }
    Ok(())
}

fn skip(wire_type: WireType, field: u32, bytes: &mut &[u8]) -> Result<(), prost::DecodeError> {
    skip_field(wire_type, field, bytes, DecodeContext::default())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(bytes: &[u8], expected: Result<Packet, DecodeError>) {
        assert_eq!(decode(bytes), expected, "{bytes:02x?}");
    }

    #[track_caller]
    fn check_malformed(bytes: &[u8]) {
        let result = decode(bytes);
        assert!(
            matches!(result, Err(DecodeError::Malformed(_))),
            "{bytes:02x?}: {result:?}"
        );
    }

    #[test]
    fn one_trailing_newline_is_tolerated_and_only_one() {
        let packet = Packet::chat(7, "hi");
        let mut bytes = packet.encode_to_vec();
        bytes.push(b'\n');
        check(&bytes, Ok(packet));
        bytes.push(b'\n');
        assert!(decode(&bytes).is_err());
    }

    #[test]
    fn a_newline_that_belongs_to_the_packet_stays() {
        for packet in [Packet::chat(7, "hi\n"), Packet::id(10), Packet::id(0)] {
            let mut bytes = packet.encode_to_vec();
            check(&bytes, Ok(packet.clone()));
            bytes.push(b'\n');
            check(&bytes, Ok(packet));
        }
    }

    #[test]
    fn nothing_is_no_packet() {
        check(b"", Err(DecodeError::Empty));
        check(b"\n", Err(DecodeError::Empty));
    }

    #[test]
    fn two_packets_in_one_message_are_refused() {
        let mut bytes = Packet::chat(0, "one").encode_to_vec();
        bytes.extend(Packet::chat(0, "two").encode_to_vec());
        check(&bytes, Err(DecodeError::Repeated(2)));

        let mut bytes = Packet::chat(0, "one").encode_to_vec();
        bytes.extend(Packet::id(3).encode_to_vec());
        check(&bytes, Err(DecodeError::Repeated(3)));
    }

    #[test]
    fn unknown_fields_of_every_wire_type_are_skipped() {
        let mut bytes = Packet::chat(7, "hi").encode_to_vec();
        // Fields 200 to 204: varint, 64-bit, length-delimited, group, 32-bit.
        bytes.extend([0xc0, 0x0c, 0x96, 0x01]);
        bytes.extend([0xc9, 0x0c, 1, 2, 3, 4, 5, 6, 7, 8]);
        bytes.extend([0xd2, 0x0c, 0x03, b'a', b'b', b'c']);
        bytes.extend([0xdb, 0x0c, 0x08, 0x01, 0xdc, 0x0c]);
        bytes.extend([0xe5, 0x0c, 1, 2, 3, 4]);
        check(&bytes, Ok(Packet::chat(7, "hi")));
    }

    #[test]
    fn garbage_is_malformed() {
        check_malformed(&[0x08]); // a tag without its value
        check_malformed(&[0x12, 0x04, 0x0a, 0x02, b'h']); // truncated
        check_malformed(&[0x12, 0x03, 0x0a, 0x01, 0xff]); // not UTF-8
        check_malformed(&[0x0d, 0, 0, 0, 0]); // sender_id with a wrong wire type
        check_malformed(&[0xff; 16]); // an endless varint
        check_malformed(&[0x00, 0x00]); // field number 0
        check_malformed(b"{\"chat\":\"hello\"}");
    }
}
