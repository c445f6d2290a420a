//! Finds the text in an encoded chat of the tutorial without decoding it.

use super::fields::Fields;

/// The text of a chat packet, or `None` for any other bytes. Skips other fields.
/// Does not check the bytes behind the text, such as the tutorial's newline, nor
/// that the text is UTF-8.
#[must_use]
#[inline]
pub fn chat_text(packet: &[u8]) -> Option<&[u8]> {
    const CHAT: u64 = 2;
    const TEXT: u64 = 1;
    let chat = Fields(packet).bytes(CHAT)?;
    Fields(chat).bytes(TEXT)
}

#[cfg(test)]
mod tests {
    use super::*;
    use guildhall_protocol::{Message as _, Packet};

    #[test]
    fn the_text_is_found() {
        for text in ["", "hi", "ends in\n", &"x".repeat(5_000)] {
            let mut bytes = Packet::chat(u64::MAX >> 1, text).encode_to_vec();
            assert_eq!(chat_text(&bytes).unwrap_or_default(), text.as_bytes());
            bytes.push(b'\n');
            assert_eq!(chat_text(&bytes).unwrap_or_default(), text.as_bytes());
        }
    }

    #[test]
    fn unknown_fields_are_skipped() {
        let mut bytes = vec![0xc0, 0x0c, 0x96, 0x01]; // 200: a varint
        bytes.extend([0xc9, 0x0c, 1, 2, 3, 4, 5, 6, 7, 8]);
        bytes.extend([0xd2, 0x0c, 0x03, b'a', b'b', b'c']);
        bytes.extend([0xe5, 0x0c, 1, 2, 3, 4]);
        bytes.extend(Packet::chat(7, "hi").encode_to_vec());
        assert_eq!(chat_text(&bytes), Some(&b"hi"[..]));
    }

    #[test]
    fn other_bytes_have_no_text() {
        assert_eq!(chat_text(&Packet::id(1).encode_to_vec()), None);
        assert_eq!(chat_text(b""), None);
        assert_eq!(chat_text(&[0xff; 20]), None);
        let bytes = Packet::chat(7, "hello").encode_to_vec();
        for length in 0..bytes.len() {
            assert_eq!(chat_text(&bytes[..length]), None);
        }
    }
}
