//! The message list: puts lines in together, takes old ones out, and follows
//! the newest unless the user reads further up.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use js_sys::{Array, Date, Function, Intl, Object, Reflect};
use wasm_bindgen::prelude::*;
use web_sys::{Document, Element, Event, HtmlElement, Node, ResizeObserver};

use crate::scrollback::{Kind, Line, Scrollback, Turn};
use crate::speaker::Speaker;
use crate::timer::Timer;

use super::elements::{Elements, on, tint, wear};

/// Lines that come within this time are put in together: one layout for all.
/// A timer and not an animation frame, which a page in the background has not.
const TURN_MILLIS: u32 = 16;

/// This close to the end counts as there, in CSS pixels.
const NEAR_END: i32 = 48;

/// The message list.
pub(super) struct MessageLog {
    document: Document,
    log: HtmlElement,
    messages: HtmlElement,
    empty: HtmlElement,
    newest: HtmlElement,
    format: Function,
    /// The last message's time, as it was written.
    last_time: RefCell<String>,
    scrollback: RefCell<Scrollback>,
    following: Cell<bool>,
    turn: RefCell<Option<Timer>>,
}

impl MessageLog {
    /// The list, listening to the user.
    pub(super) fn start(elements: &Elements) -> Result<Rc<Self>, JsValue> {
        let log = Rc::new(Self {
            document: elements.document.clone(),
            log: elements.log.clone(),
            messages: elements.messages.clone(),
            empty: elements.empty.clone(),
            newest: elements.newest.clone(),
            format: clock_format()?,
            last_time: RefCell::default(),
            scrollback: RefCell::default(),
            following: Cell::new(true),
            turn: RefCell::default(),
        });
        let scrolled = Rc::clone(&log);
        on(&log.log, "scroll", move |_: Event| scrolled.scrolled());
        let jumping = Rc::clone(&log);
        let message = elements.message.clone();
        on(&log.newest, "click", move |_: Event| {
            jumping.jump();
            // The button goes away: the focus goes where it is of use.
            let _ = message.focus();
        });
        log.keep_end_in_sight()?;
        Ok(log)
    }

    /// Adds a line, now or within a moment.
    pub(super) fn add(self: &Rc<Self>, line: Line) {
        self.scrollback.borrow_mut().push(line);
        let mut turn = self.turn.borrow_mut();
        if turn.is_none() {
            let log = Rc::clone(self);
            *turn = Some(Timer::after(TURN_MILLIS, move || log.take_turn()));
        }
    }

    /// Shows the newest line and follows from there.
    pub(super) fn jump(&self) {
        self.following.set(true);
        self.scrollback.borrow_mut().seen();
        self.to_end();
        self.offer_newest();
    }

    fn take_turn(&self) {
        self.turn.take();
        let turn = self.scrollback.borrow_mut().turn(self.following.get());
        self.make_room(turn.remove);
        self.put_in(turn);
        self.empty.set_hidden(!self.scrollback.borrow().is_empty());
        if self.following.get() {
            self.to_end();
        }
        self.offer_newest();
    }

    /// Takes out the oldest `count` lines. What the user reads stays where it
    /// is on the screen.
    fn make_room(&self, count: usize) {
        if count == 0 {
            return;
        }
        let before = self.log.scroll_height();
        for _ in 0..count {
            if let Some(oldest) = self.messages.first_element_child() {
                oldest.remove();
            }
        }
        if !self.following.get() {
            let gone = before - self.log.scroll_height();
            self.log.set_scroll_top(self.log.scroll_top() - gone);
        }
    }

    fn put_in(&self, turn: Turn) {
        let lines = self.document.create_document_fragment();
        for (line, continues) in turn.add {
            // Fails only for an element name that is none.
            if let Ok(element) = self.element(&line, continues) {
                append(&lines, &element);
            }
        }
        // Fails only for a child that contains its parent.
        let _ = self.messages.append_child(&lines);
    }

    fn element(&self, line: &Line, continues: bool) -> Result<Element, JsValue> {
        let (id, own) = match line.kind {
            Kind::Peer(id) => (id, false),
            Kind::Own(id) => (id, true),
            Kind::Note => return self.child("li", "note", &line.text),
        };
        let speaker = Speaker::new(id);
        let item = self.child("li", "message", "")?;
        item.set_attribute("data-sender", &id.to_string())?;
        if own {
            item.set_attribute("data-own", "")?;
        }
        tint(&item, &speaker);
        let time = self.time(line.at)?;
        let words = time.text_content().unwrap_or_default();
        if continues {
            item.class_list().add_1("continued")?;
            if *self.last_time.borrow() == words {
                // The line above says it for the eye.
                time.set_class_name("unseen");
            }
        } else {
            let crest = self.child("span", "", "")?;
            wear(&crest, &speaker);
            append(&item, &crest);
        }
        let name = if own { "You" } else { &speaker.name };
        append(&item, &self.child("span", "speaker", name)?);

        let text = self.child("p", "text", &line.text)?;
        // A text of the other direction keeps to itself.
        text.set_attribute("dir", "auto")?;
        append(&item, &text);
        append(&item, &time);
        self.last_time.replace(words);
        Ok(item)
    }

    /// When a line came, in hours and minutes here.
    fn time(&self, at: f64) -> Result<Element, JsValue> {
        let date = Date::new(&at.into());
        let words = self.format.call1(&JsValue::UNDEFINED, &date)?;
        let time = self.child("time", "", &words.as_string().unwrap_or_default())?;
        time.set_attribute("datetime", &String::from(date.to_iso_string()))?;
        Ok(time)
    }

    /// A new element with `text` in it, as text.
    fn child(&self, name: &str, class: &str, text: &str) -> Result<Element, JsValue> {
        let element = self.document.create_element(name)?;
        element.set_class_name(class);
        element.set_text_content(Some(text));
        Ok(element)
    }

    fn scrolled(&self) {
        let left = self.log.scroll_height() - self.log.scroll_top() - self.log.client_height();
        let following = left <= NEAR_END;
        if self.following.replace(following) != following {
            if following {
                self.scrollback.borrow_mut().seen();
            }
            self.offer_newest();
        }
    }

    fn to_end(&self) {
        self.log.set_scroll_top(self.log.scroll_height());
    }

    fn offer_newest(&self) {
        self.newest.set_hidden(self.following.get());
        let words = match self.scrollback.borrow().unread() {
            0 => String::from("Jump to newest"),
            count => ["Jump to newest (", &count.to_string(), " new)"].concat(),
        };
        self.newest.set_text_content(Some(&words));
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

fn append(parent: &Node, child: &Element) {
    // Fails only for a child that contains its parent.
    let _ = parent.append_child(child);
}

/// Turns a date into hours and minutes as they are written here. Made once:
/// making it is what costs.
fn clock_format() -> Result<Function, JsValue> {
    let options = Object::new();
    Reflect::set(&options, &"hour".into(), &"numeric".into())?;
    Reflect::set(&options, &"minute".into(), &"2-digit".into())?;
    Ok(Intl::DateTimeFormat::new(&Array::new(), &options).format())
}
