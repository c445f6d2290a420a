//! The textbox: drafts, sending, recalling, completing. A text leaves it only
//! once it is on its way.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use guildhall_client::texts;
use web_sys::{Event, HtmlElement, HtmlTextAreaElement, KeyboardEvent};

use crate::recall::Recall;

use super::choices::{Choice, Choices};
use super::elements::{Elements, focus, on, set};
use super::voice::Voice;
use super::wish::{Ask, Wish};

/// The counter shows when fewer bytes than this are left.
const FEW_LEFT: usize = 500;

/// What a key stands for while an input method composes a letter (the DOM's
/// UI Events, section 6.3.1): Safari sends Enter so, after `isComposing`.
const COMPOSING: u32 = 229;

/// The textbox and what is around it.
pub(super) struct Composer {
    input: HtmlTextAreaElement,
    hint: HtmlElement,
    counter: HtmlElement,
    choices: Choices,
    voice: Rc<Voice>,
    recall: RefCell<Recall>,
    /// The longest text, in bytes.
    most: Cell<usize>,
    /// Whether the user has a mouse or the like.
    is_fine: bool,
    ask: Ask,
}

impl Composer {
    /// The textbox, listening to the user.
    pub(super) fn start(
        elements: &Elements,
        voice: &Rc<Voice>,
        ask: &Ask,
        most: usize,
    ) -> Rc<Self> {
        let fine = elements.window.match_media("(pointer: fine)");
        let composer = Rc::new(Self {
            is_fine: fine.is_ok_and(|query| query.is_some_and(|query| query.matches())),
            input: elements.message.clone(),
            hint: elements.hint.clone(),
            counter: elements.counter.clone(),
            choices: Choices::new(elements),
            voice: Rc::clone(voice),
            recall: RefCell::default(),
            most: Cell::new(most),
            ask: Rc::clone(ask),
        });
        let sending = Rc::clone(&composer);
        on(&elements.send, "click", move |_: Event| {
            sending.submit();
            focus(&sending.input);
        });
        let keyed = Rc::clone(&composer);
        on(&composer.input, "keydown", move |event: KeyboardEvent| {
            keyed.key(&event);
        });
        let typed = Rc::clone(&composer);
        on(&composer.input, "input", move |_: Event| typed.changed());
        let left = Rc::clone(&composer);
        on(&composer.input, "blur", move |_: Event| {
            left.choices.offer(Vec::new());
        });
        let pressed = Rc::clone(&composer);
        // Before the textbox loses the focus, and it does not.
        on(&elements.choices, "mousedown", move |event: Event| {
            event.prevent_default();
            pressed.choices.pressed(&event);
            pressed.count();
        });
        composer
    }

    /// What is typed, to be kept elsewhere.
    pub(super) fn take_draft(&self) -> String {
        let draft = self.input.value();
        self.put("");
        draft
    }

    /// Shows what was typed before, and whom it would go to.
    pub(super) fn put_draft(&self, draft: &str, placeholder: &str) {
        self.put(draft);
        set(&self.input, "placeholder", placeholder);
    }

    /// This was typed and done: Up brings it back.
    pub(super) fn remember(&self, text: String) {
        self.recall.borrow_mut().sent(text);
    }

    /// Says why it is not.
    pub(super) fn hint(&self, words: &str) {
        self.hint.set_text_content(Some(words));
    }

    /// Whatever was wrong is so no more.
    pub(super) fn clear_hint(&self) {
        self.hint.set_text_content(None);
    }

    /// The server allows texts of up to `most` bytes.
    pub(super) fn allow(&self, most: usize) {
        self.most.set(most);
        self.count();
    }

    /// Shows what the text can become.
    pub(super) fn offer(&self, choices: Vec<Choice>) {
        self.choices.offer(choices);
    }

    /// Gives it the focus, but not on a phone, where the keyboard would cover
    /// half the page.
    pub(super) fn focus(&self) {
        if self.is_fine {
            focus(&self.input);
        }
    }

    fn key(&self, event: &KeyboardEvent) {
        if event.is_composing() || event.key_code() == COMPOSING {
            return;
        }
        let text = || self.input.value();
        match event.key().as_str() {
            "Enter" if !event.shift_key() => {
                event.prevent_default();
                // Held down, the key would send nothing or the same again.
                if !event.repeat() {
                    self.submit();
                }
            }
            // In an empty box, Tab goes on to the next element, as everywhere.
            "Tab" if !text().is_empty() && !event.ctrl_key() && !event.alt_key() => {
                if !self.choices.are_open() && !event.shift_key() {
                    (self.ask)(Wish::Complete(text()));
                }
                if self.choices.are_open() {
                    event.prevent_default();
                    self.choices.step(event.shift_key());
                    self.count();
                }
            }
            "Escape" if self.choices.are_open() => self.choices.offer(Vec::new()),
            "ArrowUp" => self.recall(event, self.recall.borrow_mut().older(&text())),
            "ArrowDown" => self.recall(event, self.recall.borrow_mut().newer(&text())),
            _ => {}
        }
    }

    fn changed(&self) {
        self.clear_hint();
        self.count();
        let text = self.input.value();
        // A command is offered while it is typed; names only when Tab asks.
        if text.starts_with('/') && !text.contains(char::is_whitespace) {
            (self.ask)(Wish::Complete(text));
        } else {
            self.choices.offer(Vec::new());
        }
    }

    fn recall(&self, event: &KeyboardEvent, recalled: Option<&str>) {
        if let Some(text) = recalled {
            event.prevent_default();
            self.put(text);
        }
    }

    fn put(&self, text: &str) {
        self.input.set_value(text);
        self.choices.offer(Vec::new());
        self.clear_hint();
        self.count();
    }

    fn submit(&self) {
        self.choices.offer(Vec::new());
        let text = self.input.value();
        if !text.trim().is_empty() {
            (self.ask)(Wish::Submit(text));
        }
    }

    fn count(&self) {
        let (bytes, most) = (self.input.value().len(), self.most.get());
        let text = match most.checked_sub(bytes) {
            Some(FEW_LEFT..) => String::new(),
            Some(left) => texts::bytes_left(self.voice.language(), left as u64),
            None => texts::bytes_over(self.voice.language(), (bytes - most) as u64),
        };
        self.counter.set_text_content(Some(&text));
    }
}
