//! The texts that only this client has, in English and German. All others come from the
//! client crate's words.

use guildhall_client::words::Language;

/// A text of this client's own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Phrase {
    /// What `/retry` does.
    RetryHelp,
    /// What `/older` does.
    OlderHelp,
    /// No message has failed.
    NothingFailed,
    /// Nobody has whispered to the user.
    NobodyWhispered,
    /// After older lines, if there are even older ones.
    MoreOlder,
    /// After older lines, if there are none before them.
    NoMoreOlder,
    /// Instead of older lines, if there are none.
    NothingOlder,
    /// Instead of older lines, if there may be some nevertheless.
    OlderAgain,
}

impl Phrase {
    /// The text in a language.
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

/// Before this many older lines.
pub(super) fn older_lines(language: Language, count: usize) -> String {
    match (language, count) {
        (Language::English, 1) => "1 older line:".to_owned(),
        (Language::English, _) => format!("{count} older lines:"),
        (Language::German, 1) => "1 ältere Zeile:".to_owned(),
        (Language::German, _) => format!("{count} ältere Zeilen:"),
    }
}
