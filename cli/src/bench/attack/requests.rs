//! The requests that attackers send, as frames with growing IDs.

use guildhall_protocol::{Message as _, Request, RequestBody};

use super::super::inbox;

/// The tag of a packet's request: field 20, with a length.
const REQUEST: [u8; 2] = [0xa2, 0x01];

/// No mask hides anything here, and a server has the same work with any.
pub(super) const MASK: [u8; 4] = [0; 4];

/// A request's bytes behind its ID.
pub(super) type Ask = Vec<u8>;

/// Requests, framed one behind the other.
#[derive(Debug, Clone)]
pub(super) struct Requests {
    /// The frames so far.
    pub(super) frames: Vec<u8>,
    /// The ID of the next request.
    pub(super) next_id: u64,
}

impl Requests {
    /// None yet.
    pub(super) fn new() -> Self {
        Self {
            frames: Vec::new(),
            next_id: 1,
        }
    }

    /// Appends a request with the next ID.
    pub(super) fn put(&mut self, ask: &[u8]) {
        let id = Request {
            id: self.next_id,
            ask: None,
        };
        self.next_id += 1;
        let id = id.encode_to_vec();
        let mut packet = Vec::with_capacity(ask.len() + 16);
        packet.extend(REQUEST);
        put_varint(&mut packet, id.len() + ask.len());
        packet.extend(id);
        packet.extend(ask);
        inbox::put_message(&mut self.frames, &packet, MASK);
    }
}

/// The bytes that ask for this.
pub(super) fn ask(body: RequestBody) -> Ask {
    let request = Request {
        id: 0,
        ask: Some(body),
    };
    request.encode_to_vec()
}

/// Bodies of two kinds in turns, `bytes` in all. A decoder that follows the
/// Protobuf specification makes each and drops it for the next.
pub(super) fn nested(bytes: usize) -> Ask {
    // A join and a leave, each with a room of one letter.
    const BODIES: [u8; 10] = [0x1a, 3, 0x0a, 1, b'a', 0x22, 3, 0x0a, 1, b'a'];
    BODIES.repeat(bytes / BODIES.len())
}

/// Appends a number as Protobuf does: seven bits a byte, the lowest first.
pub(super) fn put_varint(bytes: &mut Vec<u8>, mut number: usize) {
    while number > 0x7f {
        bytes.push(number.to_le_bytes()[0] | 0x80);
        number >>= 7;
    }
    bytes.push(number.to_le_bytes()[0]);
}

#[cfg(test)]
mod tests {
    use super::super::frames::tests::payloads;
    use super::*;
    use guildhall_protocol::{ListRooms, Packet, PacketBody, Say, decode};

    #[test]
    fn requests_have_growing_ids() {
        let list = RequestBody::ListRooms(ListRooms {});
        let say = RequestBody::Say(Say {
            room: "a".into(),
            text: "x".repeat(4096),
            ..Say::default()
        });
        let mut requests = Requests::new();
        requests.put(&ask(list.clone()));
        requests.put(&ask(say.clone()));
        let packets: Vec<Packet> = payloads(&requests.frames)
            .iter()
            .map(|packet| decode(packet).unwrap())
            .collect();
        let expected = [(1, list), (2, say)].map(|(id, body)| {
            Packet::from(PacketBody::Request(Request {
                id,
                ask: Some(body),
            }))
        });
        assert_eq!(packets, expected);
    }

    #[test]
    fn a_nested_request_has_thousands_of_bodies() {
        let ask = nested(16_000);
        assert_eq!(ask.len(), 16_000);
        let request = Request::decode(&ask[..]).unwrap();
        assert!(matches!(request.ask, Some(RequestBody::Leave(_))));
    }

    #[test]
    fn numbers_are_varints() {
        for (number, expected) in [
            (0, &[0][..]),
            (127, &[127]),
            (128, &[0x80, 1]),
            (16_384, &[0x80, 0x80, 1]),
        ] {
            let mut bytes = Vec::new();
            put_varint(&mut bytes, number);
            assert_eq!(bytes, expected);
        }
    }
}
