//! The log: shows one conversation, puts its entries in together, takes old
//! ones out, and follows the newest unless the user reads further up.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use guildhall_client::texts;
use wasm_bindgen::prelude::*;
use web_sys::{Document, Element, Event, HtmlElement, KeyboardEvent, ResizeObserver};

use crate::scrollback::{Added, Entry, Said, Turn};
use crate::timer::Timer;

use super::elements::{Elements, append, focus, on, set};
use super::scribe::Scribe;
use super::talk::{Older, Talk};
use super::voice::{Voice, isolated};
use super::wish::{Ask, Wish};

/// This close to the end counts as there, in CSS pixels.
const NEAR_END: i32 = 48;

/// Older lines are fetched when this much is left above, in CSS pixels.
const NEAR_OLDEST: i32 = 300;

/// How long a screen reader is kept from reading what was put in quietly.
const QUIET_MILLIS: u32 = 500;

/// The log.
pub(super) struct MessageLog {
    document: Document,
    log: HtmlElement,
    place: HtmlElement,
    empty: HtmlElement,
    older: HtmlElement,
    newest: HtmlElement,
    pub(super) scribe: Scribe,
    voice: Rc<Voice>,
    shown: RefCell<Option<Rc<Talk>>>,
    following: Cell<bool>,
    /// Where the log was scrolled to when somebody looked last.
    was_at: Cell<i32>,
    quiet: RefCell<Option<Timer>>,
    ask: Ask,
}

impl MessageLog {
    /// The log, listening to the user.
    pub(super) fn start(
        elements: &Elements,
        voice: &Rc<Voice>,
        ask: &Ask,
    ) -> Result<Rc<Self>, JsValue> {
        let log = Rc::new(Self {
            document: elements.document.clone(),
            log: elements.log.clone(),
            place: elements.talk.clone(),
            empty: elements.empty.clone(),
            older: elements.older.clone(),
            newest: elements.newest.clone(),
            scribe: Scribe::new(&elements.document, voice)?,
            voice: Rc::clone(voice),
            shown: RefCell::default(),
            following: Cell::new(true),
            was_at: Cell::new(0),
            quiet: RefCell::default(),
            ask: Rc::clone(ask),
        });
        let scrolled = Rc::clone(&log);
        on(&log.log, "scroll", move |_: Event| scrolled.scrolled());
        let keyed = Rc::clone(&log);
        on(&log.log, "keydown", move |event: KeyboardEvent| {
            keyed.key(&event.key());
        });
        let jumping = Rc::clone(&log);
        let message = elements.message.clone();
        on(&log.newest, "click", move |_: Event| {
            jumping.jump();
            // The button goes away: the focus goes where it is of use.
            focus(&message);
        });
        let pressed = Rc::clone(&log);
        on(&log.place, "click", move |event: Event| {
            pressed.pressed(&event);
        });
        log.keep_end_in_sight()?;
        Ok(log)
    }

    /// The conversation that is shown.
    pub(super) fn shown(&self) -> Option<Rc<Talk>> {
        self.shown.borrow().clone()
    }

    /// Whether the user sees the newest of `talk`.
    pub(super) fn sees(&self, talk: &Talk) -> bool {
        let is_shown = (self.shown.borrow().as_ref()).is_some_and(|it| it.number == talk.number);
        is_shown && self.following.get() && !self.document.hidden()
    }

    /// Shows another conversation, or none, where its reader was.
    pub(super) fn show(&self, talk: Option<Rc<Talk>>) {
        if let Some(old) = self.shown.take() {
            let place = (!self.following.get()).then(|| self.log.scroll_top());
            old.place.set(place);
            old.remove_divider();
            old.element.remove();
        }
        self.hush();
        self.following.set(true);
        self.was_at.set(0);
        if let Some(talk) = talk {
            append(&self.place, &talk.element);
            self.following.set(talk.place.get().is_none());
            let place = talk.place.get();
            self.shown.replace(Some(talk));
            self.turn();
            if let Some(place) = place {
                self.log.set_scroll_top(place);
            }
        } else {
            self.empty.set_hidden(true);
            self.say_older();
        }
        self.offer_newest();
    }

    /// Shows the newest line and follows from there.
    pub(super) fn jump(&self) {
        self.following.set(true);
        self.to_end();
        (self.ask)(Wish::Seen);
        self.offer_newest();
    }

    /// Puts in what waits in the conversation that is shown.
    pub(super) fn turn(&self) {
        let Some(talk) = self.shown() else {
            return;
        };
        if self.log.scroll_top() < self.was_at.get() {
            // The browser tells of it only later.
            self.scrolled();
        }
        let turn = talk.scrollback.borrow_mut().turn();
        if turn.quiet {
            self.hush();
        }
        self.make_room(&talk, turn.remove);
        self.put_in(&talk, turn);
        talk.outbox.clear();
        talk.spoken.forget_gone(&talk.element);
        let is_empty = talk.scrollback.borrow().is_empty() && talk.outbox.is_empty();
        self.empty.set_hidden(!is_empty);
        self.say_older();
        if self.following.get() {
            self.to_end();
        }
        self.offer_newest();
        self.want_older(&talk);
    }

    /// Older lines of `talk` came, oldest first. What the user reads stays
    /// where it is on the screen.
    pub(super) fn put_older(&self, talk: &Talk, lines: Vec<Said>, more: bool) {
        talk.older
            .set(if more { Older::Maybe } else { Older::None });
        let added = talk.scrollback.borrow_mut().older(lines);
        let is_shown = (self.shown.borrow().as_ref()).is_some_and(|it| it.number == talk.number);
        if is_shown {
            self.hush();
        }
        let before = self.log.scroll_height();
        let was_at = self.log.scroll_top();
        let below = talk.oldest.borrow().clone();
        let above_sight = below
            .as_ref()
            .is_none_or(|below| self.top_of(below) <= was_at + NEAR_OLDEST);
        let lines = self.document.create_document_fragment();
        let mut first = None;
        for added in &added {
            let element = self.scribe.entry(talk, added);
            append(&lines, &element);
            first.get_or_insert(element);
        }
        let below = below.as_ref().map(wasm_bindgen::JsCast::unchecked_ref);
        // Fails only where `below` is elsewhere, and it is in this list.
        let _ = talk.list.insert_before(&lines, below);
        if first.is_some() {
            talk.oldest.replace(first);
        }
        if is_shown {
            self.say_older();
            if self.following.get() {
                self.to_end();
            } else if above_sight {
                self.log
                    .set_scroll_top(was_at + self.log.scroll_height() - before);
            }
        }
    }

    /// Asks for older lines if the user is where they would be seen.
    pub(super) fn want_older(&self, talk: &Talk) {
        if talk.older.get() != Older::Maybe || talk.scrollback.borrow().is_trimmed() {
            return;
        }
        let near = (talk.oldest.borrow().as_ref())
            .is_some_and(|oldest| self.top_of(oldest) + NEAR_OLDEST >= self.log.scroll_top());
        if near {
            (self.ask)(Wish::Older);
            self.say_older();
        }
    }

    /// Says what is above the oldest line.
    pub(super) fn say_older(&self) {
        let words = match self.shown.borrow().as_ref() {
            Some(talk) if talk.scrollback.borrow().is_trimmed() => self.voice.get(texts::PUT_AWAY),
            Some(talk) if talk.scrollback.borrow().is_empty() || talk.room().is_none() => "",
            Some(talk) => match talk.older.get() {
                Older::Maybe => "",
                Older::Loading => self.voice.get(texts::LOADING_OLDER),
                Older::None => self.voice.get(texts::NO_OLDER),
            },
            None => "",
        };
        self.older.set_text_content(Some(words));
        self.say_empty();
    }

    /// Says who hears what is said, where nothing was said yet.
    fn say_empty(&self) {
        let shown = self.shown();
        let (title, more) = match shown.and_then(|talk| talk.partner()) {
            Some(partner) => {
                let name = isolated(&partner.name);
                let more = texts::alone_more(self.voice.language(), &name);
                (texts::ALONE, more)
            }
            None => (texts::QUIET, self.voice.get(texts::QUIET_MORE).into()),
        };
        let (first, last) = (
            self.empty.first_element_child(),
            self.empty.last_element_child(),
        );
        if let (Some(first), Some(last)) = (first, last) {
            first.set_text_content(Some(self.voice.get(title)));
            last.set_text_content(Some(&more));
        }
    }

    /// Says how many are new.
    pub(super) fn offer_newest(&self) {
        self.newest.set_hidden(self.following.get());
        let unread = self
            .shown()
            .map_or(0, |talk| talk.scrollback.borrow().unread());
        let words = match unread {
            0 => self.voice.get(texts::NEWEST).into(),
            count => texts::newest_count(self.voice.language(), count as u64),
        };
        self.newest.set_text_content(Some(&words));
    }

    /// Takes out the oldest `count` entries. What the user reads stays where
    /// it is on the screen.
    fn make_room(&self, talk: &Talk, count: usize) {
        if count == 0 {
            return;
        }
        let before = self.log.scroll_height();
        let divider = talk.divider.borrow().clone();
        let mut left = count;
        while left > 0 {
            let Some(oldest) = talk.list.first_element_child() else {
                break;
            };
            // The mark is no entry.
            left -= usize::from(divider.as_ref() != Some(&oldest));
            oldest.remove();
        }
        if !self.following.get() {
            let gone = before - self.log.scroll_height();
            self.log.set_scroll_top(self.log.scroll_top() - gone);
        }
    }

    fn put_in(&self, talk: &Talk, turn: Turn) {
        let lines = self.document.create_document_fragment();
        for added in &turn.add {
            self.put_in_one(talk, &lines, added);
        }
        append(&talk.list, &lines);
    }

    fn put_in_one(&self, talk: &Talk, lines: &web_sys::DocumentFragment, added: &Added) {
        if added.first_unread {
            talk.remove_divider();
            let divider = self.scribe.divider(talk);
            append(lines, &divider);
            talk.divider.replace(Some(divider));
        }
        let element = self.scribe.entry(talk, added);
        append(lines, &element);
        let mut oldest = talk.oldest.borrow_mut();
        if matches!(added.entry, Entry::Said(_)) && oldest.is_none() {
            *oldest = Some(element);
        }
    }

    fn pressed(&self, event: &Event) {
        let Some(target) = event.target().and_then(|it| it.dyn_into::<Element>().ok()) else {
            return;
        };
        let number = |attribute: &str| target.get_attribute(attribute)?.parse().ok();
        if let Some(nonce) = number("data-retry") {
            (self.ask)(Wish::Retry(nonce));
        } else if let Some(nonce) = number("data-discard") {
            (self.ask)(Wish::Discard(nonce));
        }
    }

    /// A key that scrolls up does so step by step: from the first on, what
    /// comes meanwhile pulls nobody back.
    fn key(&self, key: &str) {
        let moves = self.log.scroll_top() > 0;
        if moves && matches!(key, "Home" | "PageUp" | "ArrowUp") {
            self.following.set(false);
            self.offer_newest();
        }
    }

    fn scrolled(&self) {
        let at = self.log.scroll_top();
        let left = self.log.scroll_height() - at - self.log.client_height();
        let was_at = self.was_at.replace(at);
        if at == was_at {
            // Told of late: whoever pressed a key meanwhile has gone on.
            return;
        }
        // Who begins to scroll up is not pulled back by what comes just then.
        let goes_up = at < was_at;
        let following = left <= 1 || (left <= NEAR_END && !goes_up);
        if self.following.replace(following) != following {
            if following {
                (self.ask)(Wish::Seen);
            }
            self.offer_newest();
        }
        if let Some(talk) = self.shown() {
            self.want_older(&talk);
        }
    }

    /// What is put in now is not for reading aloud.
    pub(super) fn hush(&self) {
        set(&self.log, "aria-live", "off");
        let log = self.log.clone();
        let loud = Timer::after(QUIET_MILLIS, move || set(&log, "aria-live", "polite"));
        self.quiet.replace(Some(loud));
    }

    fn top_of(&self, element: &Element) -> i32 {
        let element = element.unchecked_ref::<HtmlElement>();
        element.offset_top() - self.log.offset_top()
    }

    pub(super) fn to_end(&self) {
        self.log.set_scroll_top(self.log.scroll_height());
        self.was_at.set(self.log.scroll_top());
    }

    /// A keyboard that comes up or a window that shrinks hides the end.
    fn keep_end_in_sight(self: &Rc<Self>) -> Result<(), JsValue> {
        let log = Rc::clone(self);
        let resized: Closure<dyn Fn()> = Closure::new(move || {
            if log.following.get() {
                log.to_end();
            }
        });
        ResizeObserver::new(resized.as_ref().unchecked_ref())?.observe(&self.log);
        resized.forget();
        Ok(())
    }
}
