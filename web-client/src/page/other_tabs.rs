//! Other tabs of this browser with the same chat: only one of them can have the session, and
//! with it the user's name. A tab asks the others whether one of them has it; a tab that has
//! crashed does not answer.

use std::cell::RefCell;
use std::rc::Rc;

use js_sys::{JsString, Math};
use wasm_bindgen::prelude::*;
use web_sys::{BroadcastChannel, MessageEvent};

use crate::page::elements::on;
use crate::timer::Timer;

/// The name of the channel.
const CHANNEL: &str = "guildhall";

/// How long a tab has for its answer.
const ANSWER_WITHIN_MILLIS: u32 = 300;

/// What a question begins with. What follows is a random number, and the session's secret,
/// which all pages of this origin can read anyway.
const QUESTION: &str = "?";

/// What an answer begins with. The question follows, without its sign.
const ANSWER: &str = "!";

/// A question that has no answer yet.
struct Asked {
    question: String,
    then: Box<dyn FnOnce(bool)>,
    _timer: Timer,
}

/// The tab's end of the channel.
pub(super) struct OtherTabs {
    /// `None` in a browser without such channels: then there are no other tabs.
    channel: Option<BroadcastChannel>,
    asked: RefCell<Option<Asked>>,
}

impl OtherTabs {
    /// Listens to the other tabs. `has` is whether this tab has the session with this secret.
    pub(super) fn start(has: impl Fn(&str) -> bool + 'static) -> Rc<Self> {
        let channel = BroadcastChannel::new(CHANNEL).ok();
        let tabs = Rc::new(Self {
            channel,
            asked: RefCell::default(),
        });
        if let Some(channel) = &tabs.channel {
            let hearing = Rc::clone(&tabs);
            on(channel, "message", move |event: MessageEvent| {
                let text = event.data().dyn_into::<JsString>().map(String::from);
                hearing.hear(&text.unwrap_or_default(), &has);
            });
        }
        tabs
    }

    /// Asks whether another tab has the session with this secret, or is about to resume it,
    /// and calls `then` with the answer.
    pub(super) fn ask(self: &Rc<Self>, secret: &str, then: impl FnOnce(bool) + 'static) {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "below 2^32, and a float as text would be a good part of the page's bytes"
        )]
        let number = (Math::random() * f64::from(u32::MAX)) as u32;
        let question = [&number.to_string(), " ", secret].concat();
        let tabs = Rc::clone(self);
        let timer = Timer::after(ANSWER_WITHIN_MILLIS, move || tabs.answered(false));
        self.say(QUESTION, &question);
        self.asked.replace(Some(Asked {
            question,
            then: Box::new(then),
            _timer: timer,
        }));
    }

    fn hear(&self, text: &str, has: &impl Fn(&str) -> bool) {
        let own = self.asked.borrow().as_ref().map(|it| it.question.clone());
        if let Some(question) = text.strip_prefix(QUESTION) {
            let secret = secret_of(question);
            // Of two tabs that ask at the same time, one resumes the session.
            let rival = own.filter(|own| secret_of(own) == secret);
            if has(secret) || rival.as_deref().is_some_and(|own| own > question) {
                self.say(ANSWER, question);
            } else if rival.is_some() {
                self.answered(true);
            }
        } else if text.strip_prefix(ANSWER) == own.as_deref() && own.is_some() {
            self.answered(true);
        }
    }

    fn answered(&self, is_there: bool) {
        let asked = self.asked.take();
        if let Some(Asked { then, .. }) = asked {
            then(is_there);
        }
    }

    fn say(&self, sign: &str, question: &str) {
        if let Some(channel) = &self.channel {
            // Fails only for a channel that is closed, or for what cannot be cloned.
            let _ = channel.post_message(&[sign, question].concat().into());
        }
    }
}

fn secret_of(question: &str) -> &str {
    question.split_once(' ').map_or("", |(_, secret)| secret)
}
