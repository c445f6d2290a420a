//! Decides when a client tells that the server may not allow the page's origin. A
//! browser tells a page nothing about a refused handshake: it looks like a server that
//! is not there. It counts and has no sockets; `client` asks it.

/// How many attempts in a row must fail.
const ENOUGH: u32 = 3;

/// How the reason begins. The page's origin follows.
pub(crate) const NOT_ACCEPTED: &str = "no attempt has succeeded: no server is running at this \
    address, or it does not allow this page; its operator can do so with --allow-origin ";

/// What is known about the attempts to reach one server.
#[derive(Debug, Default)]
pub(crate) struct OriginHint {
    /// How many attempts in a row were closed before the server had accepted any.
    closed_in_a_row: u32,
    /// Whether the server has ever accepted a handshake: then it allows the origin.
    is_allowed: bool,
}

impl OriginHint {
    /// A handshake has succeeded, with or without the subprotocol.
    pub(crate) fn opened(&mut self) {
        self.is_allowed = true;
    }

    /// An attempt was given up before the server answered. A refusal is an answer.
    pub(crate) fn unanswered(&mut self) {
        self.closed_in_a_row = 0;
    }

    /// A connection or an attempt has ended. Returns the likely cause, if it may be the
    /// page's origin: what the user reads as the reason.
    pub(crate) fn closed(&mut self, page_origin: &str, server: &str) -> Option<String> {
        self.closed_in_a_row += 1;
        let may_be_refused = !self.is_allowed && !is_same(page_origin, server);
        (may_be_refused && self.closed_in_a_row >= ENOUGH).then(|| reason(page_origin))
    }
}

/// The reason of a client that was never accepted, on a page of this origin.
fn reason(page_origin: &str) -> String {
    [NOT_ACCEPTED, page_origin].concat()
}

/// Whether a page of this origin and this server have the same scheme, host and port, or
/// the page has no origin: then no browser sends one.
fn is_same(page_origin: &str, server: &str) -> bool {
    let rest = |url: &str, scheme: &str| url.strip_prefix(scheme).map(str::to_owned);
    let (Some(page), Some(server)) = (rest(page_origin, "http"), rest(server, "ws")) else {
        return page_origin.is_empty();
    };
    (server.strip_prefix(page.as_str())).is_some_and(|path| path.starts_with('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SERVER: &str = "wss://chat.example/ws";
    const GAME: &str = "https://game.example";

    #[test]
    fn three_attempts_that_never_opened_name_the_flag_and_the_origin() {
        let mut hint = OriginHint::default();
        assert_eq!(hint.closed(GAME, SERVER), None);
        assert_eq!(hint.closed(GAME, SERVER), None);
        for _ in 0..3 {
            let reason = hint.closed(GAME, SERVER).unwrap();
            assert!(
                reason.ends_with("--allow-origin https://game.example"),
                "{reason}"
            );
        }
    }

    #[test]
    fn a_server_that_has_accepted_the_page_does_not_refuse_its_origin() {
        let mut hint = OriginHint::default();
        hint.closed(GAME, SERVER);
        hint.opened();
        for _ in 0..5 {
            assert_eq!(hint.closed(GAME, SERVER), None);
        }
    }

    #[test]
    fn an_attempt_without_an_answer_starts_a_new_count() {
        let mut hint = OriginHint::default();
        hint.closed(GAME, SERVER);
        hint.closed(GAME, SERVER);
        hint.unanswered();
        assert_eq!(hint.closed(GAME, SERVER), None);
    }

    #[test]
    fn only_a_page_of_another_origin_can_be_refused() {
        let check = |page: &str, server: &str, refused: bool| {
            let mut hint = OriginHint::default();
            let reasons = [0; ENOUGH as usize].map(|_| hint.closed(page, server));
            assert_eq!(reasons[2].is_some(), refused, "{page} at {server}");
        };
        check("https://chat.example", "wss://chat.example/ws", false);
        check("http://localhost:8080", "ws://localhost:8080/ws", false);
        check("http://localhost:8081", "ws://localhost:8080/ws", true);
        check("http://localhost:80", "ws://localhost:8080/ws", true);
        check("http://chat.example", "wss://chat.example/ws", true);
        check("null", "ws://localhost:8080/ws", true);
        check("file://", "ws://localhost:8080/ws", true);
        // A program without pages, such as Node, sends no origin.
        check("", "ws://localhost:8080/ws", false);
    }
}
