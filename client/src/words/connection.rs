//! Where a connection stands, and why one has ended.

use alloc::string::{String, ToString as _};

use super::{Language, Phrase};
use crate::session::State;
use guildhall_protocol::CloseCode;

/// What a close code means for a player.
#[must_use]
pub fn close_code(language: Language, code: u16) -> String {
    let phrase = match code {
        0 => Phrase(
            "No connection could be made.",
            "Es kam keine Verbindung zustande.",
        ),
        1000 => Phrase("The chat has ended.", "Der Chat ist beendet."),
        1001 | 1012 => Phrase("The server is restarting.", "Der Server startet neu."),
        1002 | 1003 | 1007 | 1008 | 1010 => Phrase(
            "The server did not understand this program. It may be out of date.",
            "Der Server hat dieses Programm nicht verstanden. Vielleicht ist es veraltet.",
        ),
        1005 | 1006 => Phrase("The connection was lost.", "Die Verbindung ging verloren."),
        1009 => Phrase("A message was too big.", "Eine Nachricht war zu groß."),
        1011..=1014 => Phrase("The server has a problem.", "Der Server hat ein Problem."),
        1015 => Phrase(
            "The connection could not be made secure.",
            "Die Verbindung konnte nicht gesichert werden.",
        ),
        3000 => Phrase(
            "The connection was too slow for the chat.",
            "Die Verbindung war zu langsam für den Chat.",
        ),
        3001 => Phrase(
            "The server heard nothing from here for too long.",
            "Der Server hat zu lange nichts von hier gehört.",
        ),
        3500 => Phrase(
            "The chat goes on in another window.",
            "Der Chat geht in einem anderen Fenster weiter.",
        ),
        _ => Phrase(
            "The server ended the connection ({0}).",
            "Der Server hat die Verbindung beendet ({0}).",
        ),
    };
    language.fill(phrase, &[&code.to_string()])
}

/// A server that does not speak the subprotocol of this client.
#[must_use]
pub fn no_subprotocol(language: Language) -> &'static str {
    language.of(Phrase(
        "The server does not speak guildhall.v1.",
        "Der Server spricht kein guildhall.v1.",
    ))
}

/// Where a session stands, in a few words: for a line of status.
#[must_use]
pub fn state(language: Language, state: &State) -> String {
    let phrase = match state {
        State::Idle => Phrase("Not connected.", "Nicht verbunden."),
        State::Connecting => Phrase("Connecting …", "Verbinde …"),
        State::Online => Phrase("Connected.", "Verbunden."),
        State::Waiting { code, .. } => {
            let again = Phrase("{0} Connecting again …", "{0} Verbinde gleich wieder …");
            return language.fill(again, &[&close_code(language, *code)]);
        }
        State::Closed { code, .. } if *code == CloseCode::Normal.code() => {
            Phrase("Disconnected.", "Getrennt.")
        }
        State::Closed { code, .. } => return close_code(language, *code),
    };
    language.of(phrase).into()
}

#[cfg(test)]
mod tests {
    use super::super::tests::check;
    use super::*;

    #[test]
    fn every_close_code_has_words() {
        for close in CloseCode::ALL {
            check(|language| close_code(language, close.code()));
            let words = close_code(Language::English, close.code());
            assert!(!words.contains('('), "{words}");
        }
        check(|language| close_code(language, 0));
        check(|language| close_code(language, 1006));
        check(|language| no_subprotocol(language).into());
        assert!(close_code(Language::German, 3999).contains("3999"));
    }
}
