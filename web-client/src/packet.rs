//! Decodes one packet for JavaScript, for tools and tests. `ChatClient` does not need
//! it.

use guildhall_protocol::{Message as _, PacketBody, decode};
use js_sys::Uint8Array;
use wasm_bindgen::prelude::*;

use crate::arguments::{self, Bytes};
use crate::chat_event::{coded, object};

#[wasm_bindgen]
extern "C" {
    /// What [`decode_packet`] returns.
    #[wasm_bindgen(
        typescript_type = "{ readonly sender: bigint; readonly text?: string; readonly id?: bigint; readonly bytes: Uint8Array }"
    )]
    pub type DecodedPacket;
}

/// Decodes one packet as the client does: its sender; its text or ID, if it is a packet
/// of the protocol without a subprotocol; and its bytes as this client would encode it.
///
/// # Errors
///
/// Throws an `Error` with the code `not-a-packet` if the bytes are not exactly one packet,
/// and a `TypeError` for anything but a `Uint8Array`.
#[wasm_bindgen(js_name = decodePacket)]
pub fn decode_packet(bytes: Bytes) -> Result<DecodedPacket, JsValue> {
    let bytes = arguments::bytes("decodePacket: bytes", bytes)?;
    let packet = decode(&bytes).map_err(|error| coded(&error.to_string(), "not-a-packet"))?;
    let written = Uint8Array::from(packet.encode_to_vec().as_slice());
    let mut entries = vec![
        ("sender", packet.sender_id.into()),
        ("bytes", written.into()),
    ];
    match packet.msg {
        Some(PacketBody::Chat(chat)) => entries.push(("text", chat.msg.into())),
        Some(PacketBody::Id(id)) => entries.push(("id", id.id.into())),
        _ => {}
    }
    Ok(JsValue::from(object(&entries)).unchecked_into())
}
