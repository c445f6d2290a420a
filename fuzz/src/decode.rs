//! The target `decode`: the bytes of one message.

use guildhall_protocol::{Message as _, Packet, decode, decode_from_client, decode_from_server};

/// Decodes the bytes in each way. What one way accepts, a less strict one does, too.
pub fn run(data: &[u8]) {
    let decoded = decode(data);
    let of_client = decode_from_client(data);
    let of_server = decode_from_server(data);
    if of_client.is_ok() {
        assert_eq!(of_client, decoded);
    }
    let Ok(packet) = decoded else { return };
    assert!(of_server.is_ok(), "{of_server:?}");
    let encoded = packet.encode_to_vec();
    assert_eq!(encoded.len(), packet.encoded_len());
    assert_eq!(Packet::decode(&encoded[..]), Ok(packet));
}
