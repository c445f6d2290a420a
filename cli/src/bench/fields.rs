//! The fields of an encoded message, one after the other, without decoding it.
//! The load tool sees millions of messages a second, and needs one or two fields
//! of each.

/// The value of a field, as far as the wire shows its type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Value<'a> {
    /// A number.
    Number(u64),
    /// A text, bytes, or a message.
    Bytes(&'a [u8]),
    /// Four or eight bytes. No message of a chat has them.
    Fixed,
}

/// The fields of a message with their numbers. Ends at the end of the bytes, or
/// at bytes that are not a field.
#[derive(Debug, Clone)]
pub(super) struct Fields<'a>(pub(super) &'a [u8]);

impl<'a> Fields<'a> {
    /// The first text, bytes or message with this number.
    #[inline]
    pub(super) fn bytes(&mut self, wanted: u64) -> Option<&'a [u8]> {
        self.find_map(|field| match field {
            (number, Value::Bytes(bytes)) if number == wanted => Some(bytes),
            _ => None,
        })
    }
}

impl<'a> Iterator for Fields<'a> {
    type Item = (u64, Value<'a>);

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        let bytes = &mut self.0;
        let tag = varint(bytes)?;
        let value = match tag & 7 {
            0 => Value::Number(varint(bytes)?),
            1 => {
                *bytes = bytes.get(8..)?;
                Value::Fixed
            }
            2 => {
                let length = usize::try_from(varint(bytes)?).ok()?;
                let (inside, behind) = bytes.split_at_checked(length)?;
                *bytes = behind;
                Value::Bytes(inside)
            }
            5 => {
                *bytes = bytes.get(4..)?;
                Value::Fixed
            }
            _ => return None,
        };
        Some((tag >> 3, value))
    }
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

    #[test]
    fn every_kind_of_field_is_recognized() {
        let mut bytes = vec![0xc0, 0x0c, 0x96, 0x01];
        bytes.extend([0xc9, 0x0c, 1, 2, 3, 4, 5, 6, 7, 8]);
        bytes.extend([0xd2, 0x0c, 0x03, b'a', b'b', b'c']);
        bytes.extend([0xe5, 0x0c, 1, 2, 3, 4]);
        let fields: Vec<_> = Fields(&bytes).collect();
        let expected = [
            (200, Value::Number(150)),
            (201, Value::Fixed),
            (202, Value::Bytes(b"abc")),
            (204, Value::Fixed),
        ];
        assert_eq!(fields, expected);
        assert_eq!(Fields(&bytes).bytes(202), Some(&b"abc"[..]));
        assert_eq!(Fields(&bytes).bytes(200), None, "a number");
    }

    #[test]
    fn bytes_that_are_not_a_field_end_it() {
        assert_eq!(Fields(b"").next(), None);
        assert_eq!(Fields(&[0xff; 20]).next(), None);
        assert_eq!(Fields(&[0x0a, 3, b'a', b'b']).next(), None);
        assert_eq!(Fields(&[0x0b]).next(), None, "a group");
    }
}
