//! The textbox: drafts, sending, recalling. A text leaves it only once it was
//! sent.

use std::cell::RefCell;
use std::rc::Rc;

use guildhall_protocol::limits::MAX_TEXT_BYTES;
use web_sys::{Event, HtmlElement, HtmlTextAreaElement, KeyboardEvent};

use crate::event::SendError;
use crate::recall::Recall;

use super::elements::{Elements, on};

/// The counter shows when fewer bytes than this are left.
const FEW_LEFT: usize = 500;

/// What a key stands for while an input method composes a letter (the DOM's
/// UI Events, section 6.3.1): Safari sends Enter so, after `isComposing`.
const COMPOSING: u32 = 229;

/// The textbox and what is under it.
pub(super) struct Composer {
    input: HtmlTextAreaElement,
    send: HtmlElement,
    hint: HtmlElement,
    counter: HtmlElement,
    recall: RefCell<Recall>,
}

impl Composer {
    pub(super) fn new(elements: &Elements) -> Rc<Self> {
        let fine = elements.window.match_media("(pointer: fine)");
        if fine.is_ok_and(|query| query.is_some_and(|query| query.matches())) {
            // Not on a phone, where the keyboard would cover half the page.
            let _ = elements.message.focus();
        }
        Rc::new(Self {
            input: elements.message.clone(),
            send: elements.send.clone(),
            hint: elements.hint.clone(),
            counter: elements.counter.clone(),
            recall: RefCell::default(),
        })
    }

    /// Listens, and gives each text to `say`.
    pub(super) fn start(self: &Rc<Self>, say: impl Fn(&str) -> Result<(), SendError> + 'static) {
        let say = Rc::new(say);
        let (composer, by_button) = (Rc::clone(self), Rc::clone(&say));
        on(&self.send, "click", move |_: Event| {
            composer.submit(&*by_button);
            let _ = composer.input.focus();
        });
        let composer = Rc::clone(self);
        on(&self.input, "keydown", move |event: KeyboardEvent| {
            composer.key(&event, &*say);
        });
        let composer = Rc::clone(self);
        on(&self.input, "input", move |_: Event| {
            composer.clear_hint();
            composer.count();
        });
    }

    /// Whatever was wrong is so no more.
    pub(super) fn clear_hint(&self) {
        self.hint.set_text_content(None);
    }

    fn key(&self, event: &KeyboardEvent, say: &dyn Fn(&str) -> Result<(), SendError>) {
        if event.is_composing() || event.key_code() == COMPOSING {
            return;
        }
        let text = || self.input.value();
        match event.key().as_str() {
            "Enter" if !event.shift_key() => {
                event.prevent_default();
                // Held down, the key would send nothing or the same again.
                if !event.repeat() {
                    self.submit(say);
                }
            }
            "ArrowUp" => self.put(event, self.recall.borrow_mut().older(&text())),
            "ArrowDown" => self.put(event, self.recall.borrow_mut().newer(&text())),
            _ => {}
        }
    }

    fn put(&self, event: &KeyboardEvent, recalled: Option<&str>) {
        if let Some(text) = recalled {
            event.prevent_default();
            self.input.set_value(text);
            self.clear_hint();
            self.count();
        }
    }

    fn submit(&self, say: &dyn Fn(&str) -> Result<(), SendError>) {
        let text = self.input.value();
        if text.trim().is_empty() {
            return;
        }
        match say(&text) {
            Ok(()) => {
                self.input.set_value("");
                self.clear_hint();
                self.count();
                self.recall.borrow_mut().sent(text);
            }
            Err(error) => self.hint.set_text_content(Some(words(error))),
        }
    }

    fn count(&self) {
        let bytes = self.input.value().len();
        let text = match MAX_TEXT_BYTES.checked_sub(bytes) {
            Some(FEW_LEFT..) => String::new(),
            Some(left) => [&left.to_string(), " bytes left"].concat(),
            None => [&(bytes - MAX_TEXT_BYTES).to_string(), " bytes too long"].concat(),
        };
        self.counter.set_text_content(Some(&text));
    }
}

/// Why nothing was sent, and that nothing is lost.
fn words(error: SendError) -> &'static str {
    match error {
        SendError::NotOnline => "Not connected: your text stays here until you are.",
        SendError::TooLong(_) => "Too long to send. Your text is still here to be shortened.",
        SendError::Empty => "There is nothing to send.",
    }
}
