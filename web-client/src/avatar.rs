//! How a speaker looks: a colour and a avatar, both from the ID alone, so that
//! everybody sees the same.

/// How many patterns the style sheet draws.
const PATTERNS: u64 = 8;

/// The golden angle in thousandths of a degree: neighbouring IDs, who are
/// likely to conversation to each other, get colours far apart.
const GOLDEN_ANGLE: u64 = 137_508;

/// How one speaker looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Avatar {
    /// The colour's hue in degrees. The style sheet chooses lightness and
    /// strength, for contrast in light and dark.
    pub(crate) hue: u16,
    /// Which division the avatar has, below [`PATTERNS`].
    pub(crate) avatar: u8,
}

impl Avatar {
    /// The speaker with this ID.
    pub(crate) fn new(id: u64) -> Self {
        // Reduced first, so that the product cannot overflow.
        let turn = (id % 360_000) * GOLDEN_ANGLE % 360_000;
        // Steps of 3 visit all patterns before one comes again.
        let avatar = (id % PATTERNS) * 3 % PATTERNS;
        Self {
            hue: u16::try_from(turn / 1_000).unwrap_or_default(),
            avatar: u8::try_from(avatar).unwrap_or_default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neighbours_differ_in_hue_and_crest() {
        for id in 0..1_000 {
            let speaker = Avatar::new(id);
            for near in 1..=3 {
                let other = Avatar::new(id + near);
                let apart = speaker.hue.abs_diff(other.hue);
                let apart = apart.min(360 - apart);
                assert!(apart >= 50, "{id} and {near} further: {apart} degrees");
                assert_ne!(speaker.avatar, other.avatar);
            }
        }
    }

    #[test]
    fn every_id_has_a_look() {
        for id in [0, 1, 359_999, i64::MAX.cast_unsigned(), u64::MAX] {
            let speaker = Avatar::new(id);
            assert!(speaker.hue < 360);
            assert!(u64::from(speaker.avatar) < PATTERNS);
        }
    }
}
