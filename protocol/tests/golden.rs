//! The wire, byte for byte: the vectors every client is held to, and the
//! properties that follow from them.

use guildhall_protocol::{
    DecodeError, Line, Message as _, Packet, PacketBody, Request, RequestBody, Say, decode,
    decode_from_client,
};
use proptest::prelude::*;
use serde::Deserialize;

#[derive(Deserialize)]
struct Vector {
    name: String,
    hex: String,
    sender_id: String,
    chat: Option<String>,
    id: Option<String>,
}

impl Vector {
    fn packet(&self) -> Packet {
        let number = |text: &str| text.parse().expect("a decimal number");
        let sender_id = number(&self.sender_id);
        match (&self.chat, &self.id) {
            (Some(text), None) => Packet::chat(sender_id, text.as_str()),
            (None, Some(id)) => Packet {
                sender_id,
                ..Packet::id(number(id))
            },
            _ => panic!("{}: one body a vector", self.name),
        }
    }
}

#[test]
fn golden_vectors_encode_and_decode() {
    let vectors: Vec<Vector> =
        serde_json::from_str(include_str!("../../proto/testdata/golden.json")).unwrap();
    assert!(!vectors.is_empty());
    for vector in vectors {
        let packet = vector.packet();
        assert_eq!(
            hex::encode(packet.encode_to_vec()),
            vector.hex,
            "{}",
            vector.name
        );
        assert_eq!(
            decode(&hex::decode(&vector.hex).unwrap()),
            Ok(packet),
            "{}",
            vector.name
        );
    }
}

fn any_packet() -> impl Strategy<Value = Packet> {
    let sender = 0..=i64::MAX.cast_unsigned();
    prop_oneof![
        (sender.clone(), any::<String>()).prop_map(|(sender, text)| Packet::chat(sender, text)),
        sender.prop_map(Packet::id),
        (any::<(u64, u64, u32, bool)>(), any::<(String, String)>()).prop_map(
            |((seq, nonce, epoch, action), (room, text))| {
                let line = Line {
                    room,
                    epoch,
                    seq,
                    nonce,
                    text,
                    action,
                    ..Line::default()
                };
                PacketBody::Line(line).into()
            }
        ),
        (any::<u64>(), any::<(String, String)>()).prop_map(|(id, (room, text))| {
            let action = false;
            let ask = Some(RequestBody::Say(Say {
                room,
                text,
                action,
                reply_to: None,
            }));
            PacketBody::Request(Request { id, ask }).into()
        }),
    ]
}

proptest! {
    #[test]
    fn a_packet_survives_the_wire(packet in any_packet(), newline: bool) {
        let mut bytes = packet.encode_to_vec();
        if newline {
            bytes.push(b'\n');
        }
        prop_assert_eq!(decode_from_client(&bytes), Ok(packet.clone()));
        prop_assert_eq!(decode(&bytes), Ok(packet));
    }

    #[test]
    fn a_client_is_judged_by_its_fields_and_otherwise_decoded_alike(
        packet in any_packet(),
        flips in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..4),
        more in prop::collection::vec(any::<u8>(), 0..8),
    ) {
        let mut bytes = packet.encode_to_vec();
        for (index, byte) in flips {
            if !bytes.is_empty() {
                let index = index.index(bytes.len());
                bytes[index] = byte;
            }
        }
        bytes.extend(more);
        match (decode_from_client(&bytes), decode(&bytes)) {
            (Err(DecodeError::SeveralAsks { .. } | DecodeError::TooManyFields), _) => {}
            (of_client, of_server) => prop_assert_eq!(of_client.ok(), of_server.ok()),
        }
    }

    #[test]
    fn no_prefix_of_a_packet_is_another_text(packet in any_packet(), cut in any::<prop::sample::Index>()) {
        let bytes = packet.encode_to_vec();
        prop_assume!(!bytes.is_empty());
        let prefix = &bytes[..cut.index(bytes.len())];
        if let Ok(half) = decode(prefix) {
            // What is left can only be the sender alone, never half a text.
            prop_assert_eq!(half, Packet { sender_id: packet.sender_id, msg: None });
        }
    }

    #[test]
    fn arbitrary_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..256)) {
        if let Ok(packet) = decode(&bytes) {
            let again = packet.encode_to_vec();
            if !again.is_empty() {
                prop_assert_eq!(decode(&again), Ok(packet.clone()));
            }
        }
    }
}
