//! The connection's state in words, and what to do where it is not well.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use js_sys::Date;
use web_sys::{Event, HtmlElement};

use crate::state::State;
use crate::timer::Timer;

use super::elements::{Elements, on};

/// The status in the header and the strip below it.
pub(super) struct Status {
    words: HtmlElement,
    trouble: HtmlElement,
    reason: HtmlElement,
    now: HtmlElement,
    message: HtmlElement,
    /// When the next attempt comes, in milliseconds since 1970.
    attempt_at: Cell<f64>,
    tick: RefCell<Option<Timer>>,
}

impl Status {
    pub(super) fn new(elements: &Elements) -> Rc<Self> {
        Rc::new(Self {
            words: elements.status.clone(),
            trouble: elements.trouble.clone(),
            reason: elements.reason.clone(),
            now: elements.now.clone(),
            message: elements.message.clone().into(),
            attempt_at: Cell::new(0.0),
            tick: RefCell::default(),
        })
    }

    /// Calls `connect` when the user does not want to wait.
    pub(super) fn on_now(&self, elements: &Elements, connect: impl Fn() + 'static) {
        let message = self.message.clone();
        on(&elements.now, "click", move |_: Event| {
            // The button goes away: the focus goes where it is of use.
            let _ = message.focus();
            connect();
        });
    }

    /// Shows where the connection is.
    pub(super) fn show(self: &Rc<Self>, state: &State) {
        self.tick.take();
        // The countdown below is silent; a change of state is told.
        let _ = self.words.set_attribute("aria-live", "polite");
        let _ = self.words.set_attribute("data-state", state.kind());
        match state {
            State::Idle => {}
            State::Connecting => {
                self.say("Connecting…");
                self.now.set_hidden(true);
            }
            State::Online => {
                self.say("Connected");
                self.trouble.set_hidden(true);
            }
            State::Waiting { millis, reason, .. } => {
                self.attempt_at.set(Date::now() + f64::from(*millis));
                self.count_down();
                // Failed attempts know nothing new: the goodbye stays.
                if self.trouble.hidden() || !reason.is_empty() {
                    self.explain_loss(reason);
                }
                self.offer("Try now");
            }
            State::Closed { code, reason } => {
                self.say("Disconnected");
                if reason.is_empty() {
                    self.explain(&[words(*code), "."].concat());
                } else {
                    self.explain(&[words(*code), ": “\u{2068}", reason, "\u{2069}”."].concat());
                }
                self.offer("Connect again");
            }
        }
    }

    /// Says that `address` is none, and that nothing will come of it.
    pub(super) fn unusable(&self, address: &str) {
        let _ = self.words.set_attribute("data-state", "closed");
        self.say("Disconnected");
        if address.is_empty() {
            self.explain("This page does not know its server. Add ?server=ws://… to the address.");
        } else {
            // Isolated, so that its letters cannot turn the sentence around.
            let parts = [
                "“\u{2068}",
                address,
                "\u{2069}” is not the address of a chat server. It has to begin with ws:// or wss://.",
            ];
            self.explain(&parts.concat());
        }
    }

    fn count_down(self: &Rc<Self>) {
        let (seconds, next_millis) = countdown(self.attempt_at.get() - Date::now());
        self.say(&["Reconnecting in ", &seconds.to_string(), " s"].concat());
        if seconds > 1 {
            let status = Rc::clone(self);
            let timer = Timer::after(next_millis, move || {
                let _ = status.words.set_attribute("aria-live", "off");
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
        const KEPT: &str = "What you type stays here.";
        if reason.is_empty() {
            self.explain(&["No connection to the server. ", KEPT].concat());
        } else {
            self.explain(&["The server says: “\u{2068}", reason, "\u{2069}”. ", KEPT].concat());
        }
    }

    fn offer(&self, button: &str) {
        self.now.set_text_content(Some(button));
        self.now.set_hidden(false);
    }
}

/// What a close code means.
fn words(code: u16) -> &'static str {
    match code {
        0 => "The browser refused to open the connection",
        1000 => "The server has ended the conversation",
        1002 | 1003 | 1007 => {
            "The server did not understand this page. They may be of different versions"
        }
        1008 => "The server does not allow what this page did",
        1009 => "The last text was too long for the server",
        _ => "The server has closed the connection for good",
    }
}

/// The seconds to show with `left` milliseconds to go, never 0, and after how
/// many milliseconds there is one less.
fn countdown(left: f64) -> (u32, u32) {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a wait is at most some seconds, and clamped"
    )]
    let left = left.clamp(1.0, 3_600_000.0).ceil() as u32;
    (left.div_ceil(1_000), (left - 1) % 1_000 + 1)
}

#[cfg(test)]
mod tests {
    use super::countdown;

    #[test]
    fn seconds_are_rounded_up_and_never_none() {
        assert_eq!(countdown(3_400.0), (4, 400));
        assert_eq!(countdown(3_000.0), (3, 1_000));
        assert_eq!(countdown(2_000.1), (3, 1));
        assert_eq!(countdown(1.0), (1, 1));
        assert_eq!(countdown(-50.0), (1, 1));
    }
}
