//! The stamp in each text of the load tool: when it was sent, by which speaker,
//! and its number. It consists of letters of a fixed width, so that every delivery
//! can be read fast.

/// The shortest text that holds a stamp, in bytes.
pub const STAMP_BYTES: usize = 32;

/// The first of the sixteen letters that stand for four bits each.
const ZERO: u64 = u64::from_be_bytes([b'a'; 8]);

/// The beginning of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stamp {
    /// When it was due, in nanoseconds since the beginning of the run; 48 bits,
    /// which is three days.
    pub sent: u64,
    /// The number of the speaker, from 0; 24 bits.
    pub speaker: u32,
    /// The number of this message among the speaker's, from 0.
    pub sequence: u32,
    /// The number of the run, so that the chat of other tools does not count; 24
    /// bits.
    pub run: u32,
}

impl Stamp {
    /// Writes the stamp over the first [`STAMP_BYTES`] of `text`.
    pub fn write(&self, text: &mut [u8]) {
        let bits = u128::from(self.sent) << 80
            | u128::from(self.speaker & 0xff_ffff) << 56
            | u128::from(self.sequence) << 24
            | u128::from(self.run & 0xff_ffff);
        for (letters, bytes) in text.chunks_exact_mut(8).zip(bits.to_be_bytes().chunks(4)) {
            let part = bytes
                .iter()
                .fold(0, |part, &byte| part << 8 | u64::from(byte));
            letters.copy_from_slice(&spread(part).to_be_bytes());
        }
    }

    /// Reads the stamp at the beginning of `text`, if there is one.
    #[must_use]
    #[inline]
    pub fn read(text: &[u8]) -> Option<Self> {
        let letters: &[u8; STAMP_BYTES] = text.first_chunk()?;
        let mut parts = [0; 4];
        for (part, letters) in parts.iter_mut().zip(letters.as_chunks().0) {
            *part = gather(*letters)?;
        }
        let [a, b, c, d] = parts;
        Some(Self {
            sent: u64::from(a) << 16 | u64::from(b >> 16),
            speaker: (b & 0xffff) << 8 | c >> 24,
            sequence: c << 8 | d >> 24,
            run: d & 0xff_ffff,
        })
    }
}

/// Writes 32 bits as eight letters, all at once.
fn spread(part: u64) -> u64 {
    let part = (part | part << 16) & 0x0000_ffff_0000_ffff;
    let part = (part | part << 8) & 0x00ff_00ff_00ff_00ff;
    let part = (part | part << 4) & 0x0f0f_0f0f_0f0f_0f0f;
    part + ZERO
}

/// Reads eight letters as 32 bits. A byte below the first letter borrows from its
/// neighbour, and is found by its own upper half.
fn gather(letters: [u8; 8]) -> Option<u32> {
    let part = u64::from_be_bytes(letters).wrapping_sub(ZERO);
    if part & 0xf0f0_f0f0_f0f0_f0f0 != 0 {
        return None;
    }
    let part = (part | part >> 4) & 0x00ff_00ff_00ff_00ff;
    let part = (part | part >> 8) & 0x0000_ffff_0000_ffff;
    u32::try_from((part | part >> 16) & 0xffff_ffff).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_written_stamp_is_read() {
        for stamp in [
            Stamp {
                sent: 0,
                speaker: 0,
                sequence: 0,
                run: 0,
            },
            Stamp {
                sent: (1 << 48) - 1,
                speaker: 0xff_ffff,
                sequence: u32::MAX,
                run: 0xff_ffff,
            },
            Stamp {
                sent: 0x1234_5678_9abc,
                speaker: 0xfe_dcba,
                sequence: 0x0123_4567,
                run: 0x89_abcd,
            },
        ] {
            let mut text = [b'x'; 40];
            stamp.write(&mut text);
            assert_eq!(Stamp::read(&text), Some(stamp));
            assert_eq!(text[32..], [b'x'; 8]);
            assert!(text.is_ascii());
        }
    }

    #[test]
    fn other_texts_hold_no_stamp() {
        let mut text = [0; STAMP_BYTES];
        let stamp = Stamp {
            sent: 1,
            speaker: 2,
            sequence: 3,
            run: 4,
        };
        stamp.write(&mut text);
        assert_eq!(Stamp::read(&text[1..]), None, "too short");
        for at in 0..STAMP_BYTES {
            for byte in [b'q', b'`', b' ', 0xff, 0] {
                let mut text = text;
                text[at] = byte;
                assert_eq!(Stamp::read(&text), None, "{byte} at {at}");
            }
        }
    }
}
