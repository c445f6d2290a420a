//! Where a connection stands, and why one has ended.

use alloc::string::{String, ToString as _};

use super::{self as texts, Language};
use crate::session::State;
use guildhall_protocol::CloseCode;

/// What a close code means for a player.
#[must_use]
pub fn close_code(language: Language, code: u16) -> String {
    let text = match code {
        0 => texts::CLOSED_NO_CONNECTION,
        1000 => texts::CLOSED_NORMALLY,
        1001 | 1012 => texts::CLOSED_RESTARTING,
        1002 | 1003 | 1007 | 1008 | 1010 => texts::CLOSED_NOT_UNDERSTOOD,
        1005 | 1006 => texts::CONNECTION_LOST,
        1009 => texts::CLOSED_TOO_BIG,
        1011..=1014 => texts::CLOSED_SERVER_PROBLEM,
        1015 => texts::CLOSED_NOT_SECURE,
        3000 => texts::CLOSED_TOO_SLOW,
        3001 => texts::CLOSED_SILENT,
        3002 => texts::CLOSED_TOKEN_OVER,
        3003 => texts::CLOSED_FLOODED,
        3500 => texts::CLOSED_REPLACED,
        3501 => texts::CLOSED_NOT_LET_IN,
        3502 => texts::CLOSED_REVOKED,
        3503 => texts::CLOSED_BANNED,
        3504 => texts::CLOSED_KICKED,
        _ => return texts::closed_otherwise(language, &code.to_string()),
    };
    language.get(text).into()
}

/// Where a session stands, in a few words: for a line of status.
#[must_use]
pub fn state(language: Language, state: &State) -> String {
    let text = match state {
        State::Idle => texts::STATE_IDLE,
        State::Connecting => texts::STATE_CONNECTING,
        State::Online => texts::STATE_ONLINE,
        State::Waiting { code, .. } => {
            return texts::state_waiting(language, &close_code(language, *code));
        }
        State::Closed { code, .. } if *code == CloseCode::Normal.code() => texts::STATE_CLOSED,
        State::Closed { code, .. } => return close_code(language, *code),
    };
    language.get(text).into()
}

#[cfg(test)]
mod tests {
    use super::super::tests::check;
    use super::*;

    #[test]
    fn every_close_code_has_a_text() {
        for close in CloseCode::ALL {
            check(|language| close_code(language, close.code()));
            let text = close_code(Language::En, close.code());
            assert!(!text.contains('('), "{text}");
        }
        check(|language| close_code(language, 0));
        check(|language| close_code(language, 1006));
        check(|language| language.get(texts::NO_SUBPROTOCOL).into());
        assert!(close_code(Language::De, 3999).contains("3999"));
    }
}
