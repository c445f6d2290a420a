//! What only this client says, in English and German. Everything else that a
//! user is told comes from the protocol crate's words.

use guildhall_client::words::Language;

/// Something to say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Phrase {
    /// What `/retry` does.
    RetryHelp,
    /// What `/older` does.
    OlderHelp,
    /// There is nothing to send again.
    NothingFailed,
    /// There is nobody to reply to.
    NobodyWhispered,
    /// Behind older lines, where there are still older ones.
    MoreOlder,
    /// Behind older lines, where there are none before them.
    NoMoreOlder,
    /// Instead of older lines, where there are none.
    NothingOlder,
    /// Instead of older lines, where there may be some all the same.
    OlderAgain,
}

impl Phrase {
    /// The phrase in a language.
    pub(super) fn text(self, language: Language) -> &'static str {
        let (english, german) = match self {
            Self::RetryHelp => (
                "sends again what failed",
                "sendet noch einmal, was fehlgeschlagen ist",
            ),
            Self::OlderHelp => (
                "shows older lines of the room, as Page Up does",
                "zeigt ältere Zeilen des Raums, wie Bild↑",
            ),
            Self::NothingFailed => ("Nothing has failed.", "Nichts ist fehlgeschlagen."),
            Self::NobodyWhispered => (
                "Nobody has whispered to you yet.",
                "Noch hat dir niemand geflüstert.",
            ),
            Self::MoreOlder => (
                "End of the older lines. /older shows more.",
                "Ende der älteren Zeilen. /older zeigt weitere.",
            ),
            Self::NoMoreOlder => (
                "End of the older lines. There are none before them.",
                "Ende der älteren Zeilen. Davor gibt es keine.",
            ),
            Self::NothingOlder => ("There are no older lines.", "Ältere Zeilen gibt es nicht."),
            Self::OlderAgain => (
                "No older lines came. /older asks again.",
                "Es kamen keine älteren Zeilen. /older fragt noch einmal.",
            ),
        };
        match language {
            Language::English => english,
            Language::German => german,
        }
    }
}

/// In front of so many older lines.
pub(super) fn older_lines(language: Language, count: usize) -> String {
    match (language, count) {
        (Language::English, 1) => "1 older line:".to_owned(),
        (Language::English, _) => format!("{count} older lines:"),
        (Language::German, 1) => "1 ältere Zeile:".to_owned(),
        (Language::German, _) => format!("{count} ältere Zeilen:"),
    }
}
