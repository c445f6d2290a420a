//! The state of the connection in words, and what the user can do if it is lost.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use guildhall_client::session::{Session, State};
use guildhall_client::texts::{self, Text};
use guildhall_protocol::{CloseCode, Sanction, SanctionKind};
use web_sys::{Event, HtmlElement};

use crate::client::{Client, NO_SUBPROTOCOL};
use crate::clock;
use crate::notice::Notice;
use crate::origin_hint::NOT_ACCEPTED;
use crate::timer::Timer;

use crate::page::elements::{Elements, focus, on, set};
use crate::page::language::localizer::{Localizer, isolated};
use crate::page::room_rules::show_appeal;
use crate::page::user_action::{Dispatch, UserAction};

/// So long after the network is gone, something may still come that was on its way.
const ON_ITS_WAY_MILLIS: u64 = 2_000;

/// The status in the header and the strip below it.
pub(super) struct Status {
    words: HtmlElement,
    trouble: HtmlElement,
    reason: HtmlElement,
    /// The heading of the whole page, if a moderator has ended the user's chat.
    ended: HtmlElement,
    ended_appeal: HtmlElement,
    now: HtmlElement,
    localizer: Rc<Localizer>,
    /// The server's reason for closing the connection, or nothing.
    close_reason: RefCell<String>,
    /// The time of the next attempt, by the session's clock.
    attempt_at: Cell<u64>,
    /// The address of a server that the page may not connect to.
    not_allowed: RefCell<Option<String>>,
    /// Why the user was taken off the chat, or not let in, if the server has said so.
    end: RefCell<Option<Notice>>,
    /// When the browser said that the network is gone; `None` if it is there.
    network_lost_at: Cell<Option<u64>>,
    /// Whether the trouble that is shown is not that of the session's state.
    has_warned: Cell<bool>,
    tick: RefCell<Option<Timer>>,
}

impl Status {
    /// Creates the status, which listens to the user.
    pub(super) fn start(
        elements: &Elements,
        localizer: &Rc<Localizer>,
        dispatch: &Dispatch,
    ) -> Rc<Self> {
        let dispatch = Rc::clone(dispatch);
        let message = elements.message.clone();
        on(&elements.now, "click", move |_: Event| {
            // The button disappears, so the focus moves to the textbox.
            focus(&message);
            dispatch(UserAction::Connect);
        });
        Rc::new(Self {
            words: elements.status.clone(),
            trouble: elements.trouble.clone(),
            reason: elements.reason.clone(),
            ended: elements.ended.clone(),
            ended_appeal: elements.ended_appeal.clone(),
            now: elements.now.clone(),
            localizer: Rc::clone(localizer),
            close_reason: RefCell::default(),
            attempt_at: Cell::new(0),
            not_allowed: RefCell::default(),
            end: RefCell::default(),
            network_lost_at: Cell::default(),
            has_warned: Cell::default(),
            tick: RefCell::default(),
        })
    }

    /// Writes its texts again, in the language that is chosen now.
    pub(super) fn translate(self: &Rc<Self>, session: &Session) {
        self.show(session);
        let state = session.state();
        if matches!(state, State::Connecting | State::Waiting { .. }) && !self.trouble.hidden() {
            self.explain_loss(&self.close_reason.borrow());
        }
    }

    /// The browser says that the network is gone, or is back.
    pub(super) fn set_network(self: &Rc<Self>, is_there: bool, session: &Session) {
        let lost_at = (!is_there).then(clock::now);
        self.network_lost_at.set(lost_at);
        self.show(session);
    }

    /// Something came from the server. If the network has been gone for a while, the server
    /// is on this side of it.
    pub(super) fn server_spoke(self: &Rc<Self>, session: &Session) {
        let lost_at = self.network_lost_at.get();
        if lost_at.is_some_and(|at| clock::now() > at + ON_ITS_WAY_MILLIS) {
            self.set_network(true, session);
        }
    }

    /// Shows where the session stands.
    pub(super) fn show(self: &Rc<Self>, session: &Session) {
        let state = session.state();
        self.tick.take();
        // A screen reader tells changes of the state, but not the countdown below.
        set(&self.words, "aria-live", "polite");
        set(&self.words, "data-state", kind(state));
        if self.has_warned.take() {
            // What was wrong then may be something else now.
            self.trouble.set_hidden(true);
        }
        let is_closed = matches!(state, State::Closed { .. });
        let is_ended = matches!(state, State::Closed { code, .. } if is_end(*code));
        if !is_ended && *state != State::Connecting {
            self.ended.set_hidden(true);
            self.ended_appeal.set_hidden(true);
        }
        if !is_closed && self.network_lost_at.get().is_some() {
            self.warn(texts::STATUS_NO_NETWORK, texts::NO_NETWORK);
            return;
        }
        match state {
            State::Online if !session.server_answers() => {
                self.warn(texts::STATUS_NO_ANSWER, texts::NO_ANSWER);
            }
            State::Idle => self.say(self.localizer.get(texts::STATUS_CONNECTING)),
            State::Connecting => {
                self.say(self.localizer.get(texts::STATUS_CONNECTING));
                self.now.set_hidden(true);
            }
            State::Online => {
                self.say(self.localizer.get(texts::STATUS_CONNECTED));
                self.trouble.set_hidden(true);
                self.end.take();
            }
            State::Waiting { until, reason, .. } => {
                self.attempt_at.set(*until);
                self.count_down();
                // A failed attempt has no reason: the one of the lost connection stays.
                if self.trouble.hidden() || !reason.is_empty() {
                    self.close_reason.replace(reason.clone());
                    self.explain_loss(reason);
                }
                self.offer(texts::TRY_NOW);
            }
            State::Closed { code, reason } => {
                self.say(self.localizer.get(texts::STATUS_DISCONNECTED));
                let language = self.localizer.language();
                let words = texts::close_code(language, *code);
                if let Some(address) = &*self.not_allowed.borrow() {
                    self.explain(&texts::server_not_allowed(language, &isolated(address)));
                    self.now.set_hidden(true);
                    return;
                }
                if is_ended {
                    self.show_end(session, &words);
                } else if reason == NO_SUBPROTOCOL {
                    self.explain(language.get(texts::NO_SUBPROTOCOL));
                } else if reason.is_empty() {
                    self.explain(&words);
                } else {
                    self.explain(&[&words, " (\u{2068}", reason, "\u{2069})"].concat());
                }
                self.offer(texts::CONNECT_AGAIN);
            }
        }
    }

    /// Shows that the page cannot connect: `address` is not a server's, or empty.
    pub(super) fn unusable(&self, address: &str) {
        set(&self.words, "data-state", "closed");
        self.say(self.localizer.get(texts::STATUS_DISCONNECTED));
        if address.is_empty() {
            self.explain(self.localizer.get(texts::NO_SERVER));
        } else {
            let language = self.localizer.language();
            self.explain(&texts::bad_server(language, &isolated(address)));
        }
    }

    /// From the next close on, shows that the page may not connect to the server at this
    /// address.
    pub(super) fn set_not_allowed(&self, address: &str) {
        self.not_allowed.replace(Some(address.to_owned()));
    }

    /// The server has taken the user off the chat, or not let it in, for this reason.
    pub(super) fn note_end(&self, notice: Notice) {
        self.end.replace(Some(notice));
    }

    /// A moderator has ended the user's chat. The style sheet shows nothing beside that.
    fn show_end(&self, session: &Session, words: &str) {
        let is_ban = |it: &&Sanction| it.kind() == SanctionKind::Ban && it.room.is_empty();
        let mut appeal = String::new();
        let why = match (session.sanctions().iter().find(is_ban), &*self.end.borrow()) {
            (Some(ban), _) => {
                let mut ban = ban.clone();
                appeal = core::mem::take(&mut ban.appeal);
                let why = texts::sanction_reasons(self.localizer.language(), &ban);
                [&self.localizer.end_of(&ban), " ", &*why].concat()
            }
            (None, Some(notice)) => self.localizer.words(notice),
            (None, None) => String::new(),
        };
        self.ended.set_text_content(Some(words));
        self.explain(&why);
        show_appeal(&self.ended_appeal, &self.localizer, &appeal);
        let is_news = self.ended.hidden();
        self.ended.set_hidden(false);
        if is_news {
            // The element that had it is not to be seen any more.
            focus(&self.ended);
        }
    }

    /// Shows that there is trouble although the state does not tell it.
    fn warn(&self, status: Text, reason: Text) {
        self.has_warned.set(true);
        set(&self.words, "data-state", "waiting");
        self.say(self.localizer.get(status));
        self.explain(self.localizer.get(reason));
        self.offer(texts::TRY_NOW);
    }

    fn count_down(self: &Rc<Self>) {
        let (seconds, next_millis) = countdown(Client::millis_until(self.attempt_at.get()));
        let language = self.localizer.language();
        self.say(&texts::status_reconnecting(language, seconds.into()));
        if seconds > 1 {
            let status = Rc::clone(self);
            let timer = Timer::after(next_millis, move || {
                set(&status.words, "aria-live", "off");
                status.count_down();
            });
            self.tick.replace(Some(timer));
        }
    }

    fn say(&self, words: &str) {
        self.words.set_text_content(Some(words));
    }

    fn explain(&self, reason: &str) {
        self.reason.set_text_content(Some(reason));
        self.trouble.set_hidden(false);
    }

    fn explain_loss(&self, reason: &str) {
        if reason.is_empty() {
            self.explain(self.localizer.get(texts::NO_CONNECTION));
        } else if let Some(origin) = reason.strip_prefix(NOT_ACCEPTED) {
            let language = self.localizer.language();
            self.explain(&texts::page_not_allowed(language, &isolated(origin)));
        } else {
            let language = self.localizer.language();
            self.explain(&texts::server_says(language, &isolated(reason)));
        }
    }

    fn offer(&self, label: Text) {
        self.now.set_text_content(Some(self.localizer.get(label)));
        self.now.set_hidden(false);
    }
}

/// Whether a connection with this close code was ended by a moderator.
fn is_end(code: u16) -> bool {
    [CloseCode::Banned, CloseCode::Kicked]
        .iter()
        .any(|it| it.code() == code)
}

/// The state as the style sheet knows it.
fn kind(state: &State) -> &'static str {
    match state {
        State::Idle | State::Connecting => "connecting",
        State::Online => "online",
        State::Waiting { .. } => "waiting",
        State::Closed { .. } => "closed",
    }
}

/// For `left` milliseconds: the seconds to show, never 0, and the milliseconds until
/// they are one less.
fn countdown(left: u32) -> (u32, u32) {
    let left = left.max(1);
    (left.div_ceil(1_000), (left - 1) % 1_000 + 1)
}

#[cfg(test)]
mod tests {
    use super::countdown;

    #[test]
    fn seconds_are_rounded_up_and_never_zero() {
        assert_eq!(countdown(3_400), (4, 400));
        assert_eq!(countdown(3_000), (3, 1_000));
        assert_eq!(countdown(2_001), (3, 1));
        assert_eq!(countdown(1), (1, 1));
        assert_eq!(countdown(0), (1, 1));
    }
}
