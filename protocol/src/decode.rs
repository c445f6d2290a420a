//! Turns bytes into one whole [`Packet`].

use prost::Message as _;
use prost::encoding::{DecodeContext, WireType, decode_key, decode_varint, skip_field};

use crate::limits::MAX_CLIENT_FIELDS;
use crate::packet::{Packet, ServerBody, ServerPacket};

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
    /// A client's request asks for several things. The Protobuf specification would merge
    /// them or take the last one.
    #[error("request {id} asks for several things")]
    SeveralAsks {
        /// The request's ID.
        id: u64,
    },
    /// A client's message has more than [`MAX_CLIENT_FIELDS`] fields.
    #[error("more than {MAX_CLIENT_FIELDS} fields")]
    TooManyFields,
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
    without_newline(bytes, |bytes| {
        refuse_repeated(bytes)?;
        Ok(Packet::decode(bytes)?)
    })
}

/// Decodes a client's message as [`decode`] does. First looks at its fields, so that a
/// message that would be much work for its size is refused before it is any.
///
/// # Errors
///
/// As [`decode`], and if a request asks for several things, or if a message has more fields
/// than one of an honest client.
pub fn decode_from_client(bytes: &[u8]) -> Result<Packet, DecodeError> {
    without_newline(bytes, |bytes| {
        refuse_laborious(bytes)?;
        refuse_repeated(bytes)?;
        Ok(Packet::decode(bytes)?)
    })
}

/// Decodes a server's message as [`decode`] does, for a client of `guildhall.v1`. A packet of
/// another kind than a server sends it is none: its fields are skipped like unknown ones.
///
/// # Errors
///
/// As [`decode`].
pub fn decode_from_server(bytes: &[u8]) -> Result<Option<ServerBody>, DecodeError> {
    without_newline(bytes, |bytes| {
        refuse_repeated(bytes)?;
        Ok(ServerPacket::decode(bytes)?.body)
    })
}

fn without_newline<T>(
    bytes: &[u8],
    decode_exact: impl Fn(&[u8]) -> Result<T, DecodeError>,
) -> Result<T, DecodeError> {
    let decode = |bytes: &[u8]| match bytes {
        [] => Err(DecodeError::Empty),
        bytes => decode_exact(bytes),
    };
    match (decode(bytes), bytes) {
        (Err(_), [packet @ .., b'\n']) => decode(packet),
        (result, _) => result,
    }
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
            2..=37 => &mut body,
            _ => &mut false,
        };
        if core::mem::replace(seen, true) {
            return Err(DecodeError::Repeated(field));
        }
        skip(wire_type, field, &mut bytes)?;
    }
    Ok(())
}

/// Refuses a client's message with too many fields, or with a request that asks for several
/// things.
fn refuse_laborious(bytes: &[u8]) -> Result<(), DecodeError> {
    const REQUEST: u32 = 20;
    let mut fields = Fields::of(bytes);
    while let Some((field, body)) = fields.next()? {
        let left = fields.left;
        let mut inner = Fields { bytes: body, left };
        match field {
            REQUEST => inner.refuse_several_asks()?,
            2 | 3 | 21..=37 => inner.skip_all()?,
            _ => {}
        }
        fields.left = inner.left;
    }
    Ok(())
}

/// The fields of a message, and how many more there may be in all.
#[derive(Clone, Copy)]
struct Fields<'a> {
    bytes: &'a [u8],
    left: usize,
}

impl<'a> Fields<'a> {
    fn of(bytes: &'a [u8]) -> Self {
        let left = MAX_CLIENT_FIELDS;
        Self { bytes, left }
    }

    fn key(&mut self) -> Result<(u32, WireType), DecodeError> {
        self.left = self.left.checked_sub(1).ok_or(DecodeError::TooManyFields)?;
        Ok(decode_key(&mut self.bytes)?)
    }

    /// The next field: its number, and its bytes if it can be a message.
    fn next(&mut self) -> Result<Option<(u32, &'a [u8])>, DecodeError> {
        if self.bytes.is_empty() {
            return Ok(None);
        }
        let (field, wire_type) = self.key()?;
        let mut start = self.bytes;
        self.skip(field, wire_type)?;
        if wire_type != WireType::LengthDelimited {
            return Ok(Some((field, &[])));
        }
        decode_varint(&mut start)?;
        let length = start.len() - self.bytes.len();
        Ok(Some((field, &start[..length])))
    }

    fn skip(&mut self, field: u32, wire_type: WireType) -> Result<(), DecodeError> {
        if wire_type != WireType::StartGroup {
            return Ok(skip(wire_type, field, &mut self.bytes)?);
        }
        loop {
            match self.key()? {
                (end, WireType::EndGroup) if end == field => return Ok(()),
                // As deep as there may be fields.
                (inner, wire_type) => self.skip(inner, wire_type)?,
            }
        }
    }

    fn skip_all(&mut self) -> Result<(), DecodeError> {
        while self.next()?.is_some() {}
        Ok(())
    }

    /// Skips what a request asks for: the body of this field of the oneof.
    fn skip_ask(&mut self, field: u32, body: &'a [u8]) -> Result<(), DecodeError> {
        let left = self.left;
        let mut ask = Self { bytes: body, left };
        while let Some((inner, body)) = ask.next()? {
            // A line of a room: of a say, an edit, a removal, a reaction, a mark and a report.
            if matches!((field, inner), (6, 4) | (12..=15 | 20, 2)) {
                let left = ask.left;
                let mut line = Self { bytes: body, left };
                line.skip_all()?;
                ask.left = line.left;
            }
        }
        self.left = ask.left;
        Ok(())
    }

    fn refuse_several_asks(&mut self) -> Result<(), DecodeError> {
        const ID: u32 = 1;
        let (mut id, mut asks) = (0, 0);
        loop {
            let mut start = self.bytes;
            let Some((field, body)) = self.next()? else {
                break;
            };
            match field {
                ID => {
                    if let (_, WireType::Varint) = decode_key(&mut start)? {
                        id = decode_varint(&mut start)?;
                    }
                }
                // The fields of the oneof.
                2..=28 => {
                    asks += 1;
                    self.skip_ask(field, body)?;
                }
                _ => {}
            }
        }
        if asks > 1 {
            return Err(DecodeError::SeveralAsks { id });
        }
        Ok(())
    }
}

fn skip(wire_type: WireType, field: u32, bytes: &mut &[u8]) -> Result<(), prost::DecodeError> {
    skip_field(wire_type, field, bytes, DecodeContext::default())
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec::Vec;

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

        // Whatever the schema has as a body.
        let mut bodies = 0;
        for field in 20_u32..100 {
            let mut body = Vec::new();
            prost::encoding::encode_varint(u64::from(field << 3 | 2), &mut body);
            body.push(0);
            let known = Packet::decode(&body[..]).is_ok_and(|packet| packet.msg.is_some());
            if known {
                bodies += 1;
                let two = [&body[..], &body].concat();
                check(&two, Err(DecodeError::Repeated(field)));
                assert!(decode_from_server(&two).is_err(), "{field}");
            }
        }
        assert!(bodies > 15, "{bodies}");
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

    /// Makes a message with a field repeated this often.
    type Message<'a> = &'a dyn Fn(usize) -> Vec<u8>;

    fn ask_for(bytes: &[u8]) -> Result<Packet, DecodeError> {
        let length = u8::try_from(bytes.len()).unwrap();
        let request = [&[0xa2, 0x01, length | 0x80, length >> 7], bytes].concat();
        let result = decode_from_client(&request);
        assert!(decode(&request).is_ok(), "only clients are judged");
        result
    }

    #[test]
    fn a_request_asks_for_one_thing() {
        let say: &[u8] = &[0x32, 3, 0x12, 1, b'a'];
        let (rename, id): (&[u8], &[u8]) = (&[0x42, 0], &[0x08, 7]);
        let (refresh, search): (&[u8], &[u8]) = (&[0x5a, 0], &[0x8a, 1, 0]);
        assert!(ask_for(&[id, say].concat()).is_ok());
        let several = Err(DecodeError::SeveralAsks { id: 7 });
        assert_eq!(ask_for(&[id, say, rename].concat()), several);
        assert_eq!(ask_for(&[id, say, refresh].concat()), several);
        assert_eq!(ask_for(&[id, search, say].concat()), several);
        // Wherever the ID is, and also if it is the same thing twice.
        assert_eq!(ask_for(&[say, rename, id].concat()), several);
        assert_eq!(ask_for(&[say, id, say, say].concat()), several);
        assert!(
            ask_for(&[0x08, 7, 0xe0, 3, 0, 0xe0, 3, 0]).is_ok(),
            "unknown fields"
        );
    }

    #[test]
    fn a_message_of_a_client_has_few_fields_at_every_depth() {
        let most = MAX_CLIENT_FIELDS;
        let unknown = |count| [0xc0_u8, 0x3e, 0].repeat(count);
        let group = |count| {
            let fields: Vec<u8> = [0x08, 0].repeat(count);
            [&[0xf3, 0x03], &fields[..], &[0xf4, 0x03]].concat()
        };
        let chat = |count| {
            let texts: Vec<u8> = [0x0a, 0].repeat(count);
            let length = u8::try_from(texts.len()).unwrap();
            [&[0x12, length | 0x80, length >> 7], &texts[..]].concat()
        };
        // How many fields there are beside the repeated ones.
        for (beside, message) in [(0, &unknown as Message<'_>), (1, &chat), (2, &group)] {
            assert!(decode_from_client(&message(most - beside)).is_ok());
            let refused = message(most - beside + 1);
            assert_eq!(
                decode_from_client(&refused),
                Err(DecodeError::TooManyFields)
            );
            assert!(decode(&refused).is_ok(), "only clients are judged");
        }
        // A mark of a line with many fields.
        let line = |count: usize| {
            let fields: Vec<u8> = [0x08, 1].repeat(count);
            let length = |bytes: usize| u8::try_from(bytes).unwrap();
            let line = [&[0x12, length(fields.len())], &fields[..]].concat();
            [&[0x7a, length(line.len())], &line[..]].concat()
        };
        assert!(ask_for(&line(most - 3)).is_ok());
        let refused = ask_for(&line(most - 2));
        assert_eq!(refused, Err(DecodeError::TooManyFields));
        let asks = [0x32, 0].repeat(most);
        let request = [&[0xa2, 0x01, 0x80, 0x01], &asks[..]].concat();
        let refused = decode_from_client(&request);
        assert_eq!(refused, Err(DecodeError::TooManyFields));
        assert!(
            decode_from_client(&[0xf3, 0x03, 0x08, 0]).is_err(),
            "no end"
        );
    }

    #[test]
    fn what_an_honest_client_sends_is_decoded_the_same_with_and_without_the_check() {
        let mut bytes = Packet::chat(7, "hi").encode_to_vec();
        bytes.extend([0xd2, 0x0c, 0x03, b'a', b'b', b'c', b'\n']);
        assert_eq!(decode_from_client(&bytes), Ok(Packet::chat(7, "hi")));
        assert_eq!(decode_from_client(b"\n"), Err(DecodeError::Empty));
    }

    #[test]
    fn what_only_a_client_sends_is_skipped_in_a_message_of_a_server() {
        assert_eq!(decode_from_server(b""), Err(DecodeError::Empty));
        assert_eq!(decode_from_server(&[0xa2, 1, 1, 0xff]), Ok(None));
        assert!(decode_from_server(&[0xaa, 1, 1, 0xff]).is_err());
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
