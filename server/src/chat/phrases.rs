//! What only this client says, in English and German. Everything else that a
//! user is told comes from the protocol crate's words.

use guildhall_protocol::words::Language;

/// Something to say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Phrase {
    /// What `/retry` does.
    RetryHelp,
    /// There is nothing to send again.
    NothingFailed,
    /// There is nobody to reply to.
    NobodyWhispered,
}

impl Phrase {
    /// The phrase in a language.
    pub(super) fn text(self, language: Language) -> &'static str {
        match (self, language) {
            (Self::RetryHelp, Language::English) => "sends again what failed",
            (Self::RetryHelp, Language::German) => "sendet noch einmal, was fehlgeschlagen ist",
            (Self::NothingFailed, Language::English) => "Nothing has failed.",
            (Self::NothingFailed, Language::German) => "Nichts ist fehlgeschlagen.",
            (Self::NobodyWhispered, Language::English) => "Nobody has whispered to you yet.",
            (Self::NobodyWhispered, Language::German) => "Noch hat dir niemand geflüstert.",
        }
    }
}
