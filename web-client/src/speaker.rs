//! How a speaker looks: a colour and a crest, both from the ID alone, so that
//! everybody sees the same.

/// How many crests the style sheet draws.
const CRESTS: u64 = 8;

/// The golden angle in thousandths of a degree: neighbouring IDs, who are
/// likely to talk to each other, get colours far apart.
const GOLDEN_ANGLE: u64 = 137_508;

/// How one speaker looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Speaker {
    /// The colour's hue in degrees. The style sheet chooses lightness and
    /// strength, for contrast in light and dark.
    pub(crate) hue: u16,
    /// Which division the crest has, below [`CRESTS`].
    pub(crate) crest: u8,
}

impl Speaker {
    /// The speaker with this ID.
    pub(crate) fn new(id: u64) -> Self {
        // Reduced first, so that the product cannot overflow.
        let turn = (id % 360_000) * GOLDEN_ANGLE % 360_000;
        // Steps of 3 visit all crests before one comes again.
        let crest = (id % CRESTS) * 3 % CRESTS;
        Self {
            hue: u16::try_from(turn / 1_000).unwrap_or_default(),
            crest: u8::try_from(crest).unwrap_or_default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neighbours_differ_in_hue_and_crest() {
        for id in 0..1_000 {
            let speaker = Speaker::new(id);
            for near in 1..=3 {
                let other = Speaker::new(id + near);
                let apart = speaker.hue.abs_diff(other.hue);
                let apart = apart.min(360 - apart);
                assert!(apart >= 50, "{id} and {near} further: {apart} degrees");
                assert_ne!(speaker.crest, other.crest);
            }
        }
    }

    #[test]
    fn every_id_has_a_look() {
        for id in [0, 1, 359_999, i64::MAX.cast_unsigned(), u64::MAX] {
            let speaker = Speaker::new(id);
            assert!(speaker.hue < 360);
            assert!(u64::from(speaker.crest) < CRESTS);
        }
    }
}
