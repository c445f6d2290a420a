//! The text inside an encoded packet, found without decoding it: a load tool
//! looks at millions a second.

/// The text of a chat packet, or `None` for any other bytes. Other fields are
/// stepped over; what follows the text (the tutorial's newline, say) and
/// whether it is UTF-8 is not looked at.
#[must_use]
#[inline]
pub fn chat_text(mut packet: &[u8]) -> Option<&[u8]> {
    const CHAT: u64 = 2 << 3 | 2;
    const TEXT: u64 = 1 << 3 | 2;
    let mut chat = field(&mut packet, CHAT)?;
    field(&mut chat, TEXT)
}

/// Finds the first length-delimited field with this tag.
#[inline]
fn field<'a>(bytes: &mut &'a [u8], wanted: u64) -> Option<&'a [u8]> {
    loop {
        let tag = varint(bytes)?;
        match tag & 7 {
            _ if tag == wanted => return delimited(bytes),
            0 => {
                varint(bytes)?;
            }
            1 => *bytes = bytes.get(8..)?,
            2 => {
                delimited(bytes)?;
            }
            5 => *bytes = bytes.get(4..)?,
            _ => return None,
        }
    }
}

#[inline]
fn delimited<'a>(bytes: &mut &'a [u8]) -> Option<&'a [u8]> {
    let length = usize::try_from(varint(bytes)?).ok()?;
    let (inside, behind) = bytes.split_at_checked(length)?;
    *bytes = behind;
    Some(inside)
}

#[inline]
fn varint(bytes: &mut &[u8]) -> Option<u64> {
    let mut value = 0;
    for shift in (0..64).step_by(7) {
        let (&byte, behind) = bytes.split_first()?;
        *bytes = behind;
        value |= u64::from(byte & 0x7f) << shift;
        if byte < 0x80 {
            return Some(value);
        }
    }
    None
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
    fn unknown_fields_are_stepped_over() {
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
