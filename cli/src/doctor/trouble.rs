//! Why a step of the chat cannot go on: what a connection's end means, and what a refusal of the
//! server does.

use std::time::Duration;

use guildhall_client::texts::{self, Language};
use guildhall_protocol::{CloseCode, ErrorCode, RequestError};

use super::report::Finding;

/// The code of a server that starts anew (RFC 6455's registry).
const SERVICE_RESTART: u16 = 1012;

/// Why no answer comes.
#[derive(Debug)]
pub(super) enum Trouble {
    /// The other end has closed the connection, and may have said why.
    Closed {
        /// Its close code, if it has sent one.
        code: Option<u16>,
        /// Its words, or nothing.
        reason: String,
    },
    /// The connection has ended without a word of the other end.
    Lost(String),
    /// Nothing came for this long.
    Silent(Duration),
    /// An answer came only when another message followed.
    HeldBack,
    /// The protocol does not have what came.
    OtherAnswer,
}

impl Trouble {
    /// Whether something on the way may have caused it. Otherwise the server has said why.
    pub(super) fn is_of_the_way(&self) -> bool {
        match self {
            Self::Closed { code, .. } => code.is_none_or(|code| advice(code).is_none()),
            Self::Lost(_) | Self::Silent(_) => true,
            // It says more than how long a message was, or how long nothing was said.
            Self::HeldBack | Self::OtherAnswer => false,
        }
    }

    /// The trouble, in words.
    pub(super) fn in_words(&self) -> String {
        match self {
            Self::Closed { code: None, .. } => {
                "the connection was closed without a reason".to_owned()
            }
            Self::Closed {
                code: Some(code),
                reason,
            } => {
                let words = match advice(*code) {
                    Some(_) => texts::close_code(Language::default(), *code),
                    None => "the connection was closed.".to_owned(),
                };
                let words = words.trim_end_matches('.');
                match &reason[..] {
                    "" => format!("{words} (close code {code})"),
                    reason => format!("{words} (close code {code}: {reason})"),
                }
            }
            Self::Lost(why) => format!("the connection was lost: {why}"),
            Self::Silent(limit) => format!("nothing came within {} seconds", limit.as_secs()),
            Self::HeldBack => {
                "the answer came only when the next message followed: something on the way \
                               holds messages back"
                    .to_owned()
            }
            Self::OtherAnswer => {
                "the answer is not that of a Guildhall server of this version".to_owned()
            }
        }
    }
}

/// The advice about a close code with which the server itself closes; nothing for codes that are not
/// the server's, or that something on the way may have caused.
fn advice(code: u16) -> Option<&'static str> {
    let restarts =
        "the server stops or starts anew, and the way to it is free: try again in a minute";
    if code == SERVICE_RESTART {
        return Some(restarts);
    }
    let close = CloseCode::ALL.into_iter().find(|it| it.code() == code)?;
    Some(match close {
        CloseCode::GoingAway => restarts,
        CloseCode::ProtocolError | CloseCode::UnsupportedData | CloseCode::InvalidPayload => {
            "what this program sends arrives as something else: something on the way changes it. Use \
             wss://, or another network"
        }
        CloseCode::PolicyViolation => {
            "look whether the server is as new as this program (guildhall --version)"
        }
        CloseCode::SlowConsumer => {
            "this network is too slow, or something on the way holds back what the server sends: try \
             another network"
        }
        CloseCode::HeartbeatTimeout => {
            "something on the way swallows what this computer sends: try another network, or wss://"
        }
        CloseCode::TokenExpired | CloseCode::BadToken | CloseCode::TokenRevoked => {
            "get a new token from the game; the way to the server is free"
        }
        CloseCode::Flooded => "wait a minute, and try again; the way to the server is free",
        CloseCode::Replaced => {
            "the same user has connected from elsewhere: end the game there, and try again"
        }
        CloseCode::Banned | CloseCode::Kicked => {
            "the way to the server is free: ask the game's moderators"
        }
        // `Normal` answers a goodbye, and `MessageTooBig` more than this program sends: the server
        // says neither of itself here.
        _ => return None,
    })
}

impl From<Trouble> for Finding {
    fn from(trouble: Trouble) -> Self {
        let told = match &trouble {
            Trouble::Closed { code, .. } => code.and_then(advice),
            Trouble::Lost(_) => None,
            Trouble::Silent(_) => Some(
                "something on the way swallows what is sent, such as a firewall: try another network, \
                 or a longer --timeout",
            ),
            Trouble::HeldBack => Some(
                "a virus scanner that reads along or a company's proxy does this: switch off its web \
                 protection, or try another network. If it is so for everybody, the proxy in front of \
                 the chat buffers: let it pass on at once what WebSockets carry",
            ),
            Trouble::OtherAnswer => Some(
                "look at the address, and whether the server is as new as this program \
                 (guildhall --version)",
            ),
        };
        let advice = told.unwrap_or(
            "a proxy or a firewall on the way has ended the connection: it opens WebSockets, and does \
             not let through what they carry. Try wss://, or another network",
        );
        Self::failed(trouble.in_words(), advice)
    }
}

/// A refusal in words.
pub(super) fn in_words(error: &RequestError) -> String {
    texts::error(Language::default(), error)
}

/// The finding of a request that the server has refused: the way is free, and it is the server's
/// rules that end the examination.
pub(super) fn refused(error: &RequestError) -> Finding {
    let words = in_words(error);
    match error.code() {
        ErrorCode::Banned => Finding::failed(
            words,
            "the way to the server is free: ask the game's moderators",
        ),
        ErrorCode::Unavailable => Finding::failed(
            words,
            "the way to the server is free: its owner finds the reason in its log, such as a full disk",
        ),
        ErrorCode::BadRequest
        | ErrorCode::HelloFirst
        | ErrorCode::HelloTwice
        | ErrorCode::UnsupportedVersion
        | ErrorCode::Unspecified => Finding::failed(
            words,
            "look whether the server is as new as this program (guildhall --version)",
        ),
        ErrorCode::Forbidden => Finding::end(
            words,
            "nothing, if guests may not do this here: everything up to here is well. With the token of \
             a player in a file, --token-file FILE tries the rest",
        ),
        _ if error.temporary => Finding::end(
            words,
            "everything up to here is well, and this is for now: try again later",
        ),
        _ => Finding::end(
            words,
            "everything up to here is well, and this is a rule of the server: ask its owner, if it \
             should be otherwise",
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::Outcome;

    fn closed(code: u16, reason: &str) -> Trouble {
        Trouble::Closed {
            code: Some(code),
            reason: reason.to_owned(),
        }
    }

    #[track_caller]
    fn check(trouble: Trouble, expected: &[&str]) {
        let step = Finding::from(trouble).step("idle", Duration::ZERO);
        let said = format!("{} {}", step.found, step.advice.unwrap_or_default());
        for words in expected {
            assert!(said.contains(words), "no {words} in {said}");
        }
    }

    #[test]
    fn a_close_code_of_the_server_says_what_it_means() {
        let reason = "the server is shutting down";
        let restarts = ["The server is restarting", "1001", reason, "in a minute"];
        check(closed(1001, reason), &restarts);
        check(
            closed(1012, ""),
            &["The server is restarting", "in a minute"],
        );
        check(closed(3001, "no pong"), &["3001: no pong", "swallows"]);
        check(closed(3503, ""), &["banned", "moderators"]);
        check(closed(1007, ""), &["changes it"]);
        for close in CloseCode::ALL {
            let is_of_the_way = [1000, 1009].contains(&close.code());
            let trouble = closed(close.code(), "");
            assert_eq!(trouble.is_of_the_way(), is_of_the_way, "{close:?}");
        }
    }

    #[test]
    fn an_end_without_the_server_s_word_is_of_the_way() {
        let nothing = Trouble::Closed {
            code: None,
            reason: String::new(),
        };
        for trouble in [nothing, closed(1011, ""), Trouble::Lost("reset".to_owned())] {
            assert!(trouble.is_of_the_way(), "{trouble:?}");
            check(trouble, &["connection", "a proxy or a firewall"]);
        }
    }

    #[test]
    fn a_refusal_is_the_end_and_not_a_fault_of_the_way() {
        let of = |code: ErrorCode, temporary| {
            let error = RequestError {
                code: code.into(),
                temporary,
                ..RequestError::default()
            };
            refused(&error).step("room", Duration::ZERO).outcome
        };
        for (code, temporary) in [
            (ErrorCode::Forbidden, false),
            (ErrorCode::RateLimited, true),
            (ErrorCode::Muted, false),
        ] {
            assert_eq!(of(code, temporary), Outcome::End, "{code:?}");
        }
        for code in [ErrorCode::Banned, ErrorCode::BadRequest] {
            assert_eq!(of(code, false), Outcome::Failed, "{code:?}");
        }
        assert_eq!(of(ErrorCode::Unavailable, true), Outcome::Failed);
    }
}
