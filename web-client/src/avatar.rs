//! A sender's avatar: a colour and a pattern, both computed from the ID alone, so
//! that it looks the same on every page.

use guildhall_client::UserId;

/// How many patterns the style sheet draws.
const PATTERNS: u64 = 8;

/// The golden angle in thousandths of a degree. It gives neighbouring IDs, which
/// often talk to each other, very different colours.
const GOLDEN_ANGLE: u64 = 137_508;

/// What one sender's avatar looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Avatar {
    /// The colour's hue in degrees. The style sheet chooses lightness and chroma,
    /// for contrast in light and dark.
    pub(crate) hue: u16,
    /// The number of its pattern, below [`PATTERNS`].
    pub(crate) pattern: u8,
}

impl Avatar {
    /// The avatar of the sender with this ID.
    pub(crate) fn new(UserId(id): UserId) -> Self {
        // Reduced first, so that the product cannot overflow.
        let turn = (id % 360_000) * GOLDEN_ANGLE % 360_000;
        // Steps of 3 use every pattern before one repeats.
        let pattern = (id % PATTERNS) * 3 % PATTERNS;
        Self {
            hue: u16::try_from(turn / 1_000).unwrap_or_default(),
            pattern: u8::try_from(pattern).unwrap_or_default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neighbours_differ_in_hue_and_pattern() {
        for id in 0..1_000 {
            let avatar = Avatar::new(UserId(id));
            for step in 1..=3 {
                let other = Avatar::new(UserId(id + step));
                let apart = avatar.hue.abs_diff(other.hue);
                let apart = apart.min(360 - apart);
                assert!(apart >= 50, "{id} and {step} further: {apart} degrees");
                assert_ne!(avatar.pattern, other.pattern);
            }
        }
    }

    #[test]
    fn every_id_has_an_avatar() {
        for id in [0, 1, 359_999, i64::MAX.cast_unsigned(), u64::MAX] {
            let avatar = Avatar::new(UserId(id));
            assert!(avatar.hue < 360);
            assert!(u64::from(avatar.pattern) < PATTERNS);
        }
    }
}
