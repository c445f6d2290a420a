//! The user's token (docs/client.md, "Tokens"): when another one is needed. It never goes into
//! a log: nothing here has `Debug`.

use alloc::string::String;

use super::pending_requests::PendingRequest;
use super::{Action, Event, Session, link};
use guildhall_protocol::{CloseCode, Refresh, RequestBody};

/// The session asks for a token this long before the one that it has is over, in milliseconds,
/// or when a tenth of its time is left, if that is longer.
const BEFORE_END: u64 = 30_000;

/// The session asks at the earliest so long after the last token came, in milliseconds: no
/// server can make an application ask its backend all the time.
const LEAST_TIME: u64 = 5_000;

/// The user's token, and who waits for another one.
#[derive(Default)]
pub(super) struct Tokens {
    /// Whether the application has tokens. Without them, the user is a guest.
    are_used: bool,
    /// The last one; empty: the user is a guest for now. `None`: another one is needed.
    token: Option<String>,
    /// Whether the application was asked for one and has not answered.
    is_asked: bool,
    stage: Stage,
    /// When it is over, as far as that is known.
    over_at: Option<u64>,
    /// While online: when to ask for another one, or to send this one again.
    due: Option<u64>,
    /// How often in a row the application had none.
    failures: u32,
}

/// How far a token is.
#[derive(Default, PartialEq, Eq)]
enum Stage {
    /// The server has not got it on this connection.
    #[default]
    New,
    /// It was sent on this connection.
    Sent,
    /// The server has taken it.
    Taken,
}

impl Tokens {
    /// Whether the next Hello needs another one.
    pub(super) fn is_needed(&self, now: u64) -> bool {
        let is_over = self.over_at.is_some_and(|over| now >= over);
        self.are_used && (self.token.is_none() || is_over)
    }

    pub(super) fn for_hello(&mut self) -> String {
        self.stage = Stage::Sent;
        self.token.clone().unwrap_or_default()
    }

    /// The server has taken the token, which holds for this many seconds.
    pub(super) fn taken(&mut self, ttl: u32, now: u64) {
        if ttl == 0 || !self.are_used || self.stage == Stage::New {
            return;
        }
        self.stage = Stage::Taken;
        let ttl = u64::from(ttl) * 1_000;
        self.over_at = Some(now.saturating_add(ttl));
        let early = (ttl / 10).max(BEFORE_END).min(ttl / 2);
        let due = now.saturating_add((ttl - early).max(LEAST_TIME));
        self.due = (!self.is_asked).then_some(due);
    }

    /// The server does not take the token, or takes it no longer.
    pub(super) fn forget(&mut self) {
        if self.stage != Stage::New {
            self.token = None;
            self.over_at = None;
        }
        self.due = None;
    }

    /// The server could not look at the new token now.
    pub(super) fn delay(&mut self, until: u64) {
        self.stage = Stage::New;
        self.due = Some(until);
    }

    /// The connection is lost, with this code if the server closed it.
    pub(super) fn closed(&mut self, code: u16, was_online: bool) {
        self.due = None;
        let is = |close: CloseCode| code == close.code();
        // One that is on its way, or was given meanwhile, may be the one that helps.
        let may_help =
            was_online && self.stage != Stage::Taken && self.token != Some(String::new());
        let is_over = is(CloseCode::TokenExpired) && !may_help;
        if is_over || is(CloseCode::BadToken) || is(CloseCode::TokenRevoked) {
            self.stage = Stage::Sent;
            self.forget();
        }
    }

    /// The session is closed: nobody waits for a token.
    pub(super) fn rest(&mut self) {
        self.is_asked = false;
        self.due = None;
    }

    /// When to ask or to send again, while online.
    pub(super) fn wake_at(&self) -> Option<u64> {
        self.due
    }
}

impl Session {
    /// The application has tokens: the session asks for the first one before the first Hello.
    /// An application that calls [`set_token`](Self::set_token) needs not call this.
    pub fn use_tokens(&mut self) {
        self.tokens.are_used = true;
    }

    /// Whether the session has asked for a token and waits for it.
    #[must_use]
    pub fn awaits_token(&self) -> bool {
        self.tokens.is_asked
    }

    /// The user's token: the answer to [`Event::TokenNeeded`], or one that the application has
    /// anyway. It goes out at once if the session is online (that of a guest with a new
    /// connection), and else with the next Hello. If it is empty, the next Hello is a guest's.
    /// It has to be the same user's as before while the session is online: [`close`](Self::close)
    /// and [`connect`](Self::connect) change the user.
    pub fn set_token(&mut self, token: &str, now: u64) {
        self.tokens = Tokens {
            are_used: true,
            token: Some(token.into()),
            ..Tokens::default()
        };
        if self.link.release(now) {
            self.actions.push_back(Action::Open);
        } else {
            self.refresh(now);
        }
    }

    /// The answer to [`Event::TokenNeeded`] of an application that gets no token now: the
    /// session asks again later. `reason` is for the user, in [`State::Waiting`]; `random` is at
    /// least 0 and below 1. (An application that will not get one calls
    /// [`close`](Self::close).)
    ///
    /// [`State::Waiting`]: super::State::Waiting
    pub fn no_token(&mut self, reason: &str, now: u64, random: f64) {
        let tokens = &mut self.tokens;
        if !core::mem::take(&mut tokens.is_asked) {
            return;
        }
        if self.link.is_online() {
            tokens.due = Some(now.saturating_add(link::wait(tokens.failures, random)));
            tokens.failures = tokens.failures.saturating_add(1);
        } else if self.link.is_held() {
            let code = CloseCode::TokenExpired.code();
            self.link.lost(code, reason, now, random);
            self.disconnected();
        }
    }

    /// Asks the application for a token, unless that is done.
    pub(super) fn ask_for_token(&mut self) {
        self.tokens.due = None;
        if !core::mem::replace(&mut self.tokens.is_asked, true) {
            self.emit(Event::TokenNeeded);
        }
    }

    /// Sends the token if the server has not got it. A guest brings it with another Hello, and
    /// so on a new connection.
    pub(super) fn refresh(&mut self, now: u64) {
        let is_new = self.link.is_online() && self.tokens.stage == Stage::New;
        if !is_new || self.tokens.token == Some(String::new()) {
            return;
        }
        if self.account.user.is_empty() {
            self.close_socket(CloseCode::HeartbeatTimeout.code());
            self.link.lost(link::NO_CLOSE_FRAME, "", now, 0.0);
            self.disconnected();
            self.connect(now);
        } else {
            let token = self.tokens.for_hello();
            let refresh = RequestBody::Refresh(Refresh { token });
            self.request(refresh, PendingRequest::Refresh);
        }
    }

    /// Time has passed while online.
    pub(super) fn tick_token(&mut self, now: u64) {
        if self.tokens.due.take_if(|due| *due <= now).is_some() {
            if self.tokens.stage == Stage::New {
                self.refresh(now);
            } else {
                self.ask_for_token();
            }
        }
    }
}

#[cfg(test)]
mod tests;
