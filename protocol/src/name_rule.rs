//! The rules that names of users and rooms obey, as errors tell them.

/// A rule that a name breaks. `BAD_NAME`, `BAD_ROOM_NAME` and `NAME_TAKEN` carry its
/// [word](Self::word) as an argument, so that a client can say what is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NameRule {
    /// A user's name has a letter, a digit or a symbol; a room's name is not empty.
    Blank,
    /// A name has not too many characters.
    TooLong,
    /// There are characters that no name has.
    Character,
    /// There are characters that have a meaning only beside certain others.
    Place,
    /// A letter has not too many marks.
    Marks,
    /// A room's name has no spaces.
    Space,
    /// The server itself gives names such as "Guest 7".
    Guest,
    /// Some names would be taken for the program, or for its operators.
    Reserved,
}

impl NameRule {
    /// Every rule.
    pub const ALL: [Self; 8] = [
        Self::Blank,
        Self::TooLong,
        Self::Character,
        Self::Place,
        Self::Marks,
        Self::Space,
        Self::Guest,
        Self::Reserved,
    ];

    /// The word for it on the wire.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Blank => "blank",
            Self::TooLong => "too_long",
            Self::Character => "character",
            Self::Place => "place",
            Self::Marks => "marks",
            Self::Space => "space",
            Self::Guest => "guest",
            Self::Reserved => "reserved",
        }
    }

    /// Returns the rule with this word; `None` for one of a later server.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|rule| rule.word() == word)
    }
}
