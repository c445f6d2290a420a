//! The textbox: drafts, sending, history and completion. A text leaves it only once it
//! is on its way.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use guildhall_client::texts;
use web_sys::{Event, HtmlElement, HtmlTextAreaElement, KeyboardEvent};

use crate::input_history::InputHistory;

use crate::page::choices::{Choice, Choices, Step};
use crate::page::elements::{Elements, focus, on, set};
use crate::page::language::localizer::Localizer;
use crate::page::user_action::{Dispatch, LineId, UserAction};

/// The counter is shown if fewer bytes than this are left.
const FEW_LEFT: usize = 500;

/// The code of a key that an input method uses to compose a letter (UI Events, section
/// 6.3.1). Safari sends Enter with it, after `isComposing` has become false.
const COMPOSING: u32 = 229;

/// The line that the text in the textbox is about, if it is no message of its own.
pub(super) struct Target {
    /// The line that it replies to or edits.
    pub(super) line: LineId,
    /// The words that are shown above the textbox.
    pub(super) words: String,
    /// The line is edited. This goes into the textbox: at first the line's text, and after
    /// [`Composer::edit`] the draft that the user had there before.
    pub(super) edits: Option<String>,
}

/// The textbox, its completions, hint and counter.
pub(super) struct Composer {
    input: HtmlTextAreaElement,
    hint: HtmlElement,
    counter: HtmlElement,
    target_box: HtmlElement,
    target_words: HtmlElement,
    target: RefCell<Option<Target>>,
    send: HtmlElement,
    choices: Choices,
    localizer: Rc<Localizer>,
    history: RefCell<InputHistory>,
    /// The length of the longest text, in bytes.
    most: Cell<usize>,
    /// Whether the user was told that nothing completes this text.
    was_told: Cell<bool>,
    /// Whether the user's pointer is a finger. A user without any pointer has a keyboard.
    is_coarse: bool,
    dispatch: Dispatch,
}

impl Composer {
    /// Creates the composer, which listens to the user.
    pub(super) fn start(
        elements: &Elements,
        localizer: &Rc<Localizer>,
        dispatch: &Dispatch,
        most: usize,
    ) -> Rc<Self> {
        let coarse = elements.window.match_media("(pointer: coarse)");
        let composer = Rc::new(Self {
            is_coarse: coarse.is_ok_and(|query| query.is_some_and(|query| query.matches())),
            input: elements.message.clone(),
            hint: elements.hint.clone(),
            counter: elements.counter.clone(),
            target_box: elements.target.clone(),
            target_words: elements.target_words.clone(),
            target: RefCell::default(),
            send: elements.send.clone(),
            choices: Choices::new(elements),
            localizer: Rc::clone(localizer),
            history: RefCell::default(),
            was_told: Cell::default(),
            most: Cell::new(most),
            dispatch: Rc::clone(dispatch),
        });
        let sending = Rc::clone(&composer);
        on(&elements.send, "click", move |_: Event| {
            sending.submit();
            focus(&sending.input);
        });
        let ending = Rc::clone(&composer);
        on(&elements.target_end, "click", move |_: Event| {
            ending.end_target();
            focus(&ending.input);
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
        // Not at the click: before that, the textbox would lose the focus.
        on(&elements.choices, "mousedown", move |event: Event| {
            event.prevent_default();
            pressed.choices.clicked(&event);
            pressed.count();
        });
        composer
    }

    /// The text is about a line from now on, or `None`: about none. The focus moves to it.
    pub(super) fn aim(&self, target: Option<Target>) {
        let Some(target) = target else {
            return;
        };
        self.end_target();
        self.target_words.set_text_content(Some(&target.words));
        self.target_box.set_hidden(false);
        self.target.replace(Some(target));
        focus(&self.input);
    }

    /// The same for a line that is edited: its text replaces what was typed, until the end.
    pub(super) fn edit(&self, mut target: Target) {
        self.end_target();
        if let Some(text) = &mut target.edits {
            let draft = self.input.value();
            self.put(&core::mem::replace(text, draft));
        }
        self.aim(Some(target));
    }

    /// Takes what the text is about. The text stays.
    pub(super) fn take_target(&self) -> Option<Target> {
        self.target_box.set_hidden(true);
        // It describes the textbox.
        self.target_words.set_text_content(None);
        self.target.take()
    }

    /// Ends a reply or an edit. What the user had typed before an edit comes back.
    fn end_target(&self) {
        if let Some(draft) = self.take_target().and_then(|target| target.edits) {
            self.put(&draft);
        }
    }

    /// Takes what was typed out of the textbox.
    pub(super) fn take_draft(&self) -> String {
        self.end_target();
        let draft = self.input.value();
        self.put("");
        draft
    }

    /// Puts a draft into the textbox. The placeholder says where it would go.
    pub(super) fn put_draft(&self, draft: &str, placeholder: &str) {
        self.put(draft);
        set(&self.input, "placeholder", placeholder);
    }

    /// Adds a text to the history, since it was sent.
    pub(super) fn remember(&self, text: String) {
        self.history.borrow_mut().sent(text);
    }

    /// Shows why a text was not sent.
    pub(super) fn hint(&self, words: &str) {
        self.hint.set_text_content(Some(words));
    }

    /// Removes that.
    pub(super) fn clear_hint(&self) {
        self.was_told.set(false);
        self.hint.set_text_content(None);
    }

    /// Sets the length of the longest text, in bytes, that the server accepts here.
    pub(super) fn set_longest(&self, most: usize) {
        if self.most.replace(most) != most {
            self.count();
        }
    }

    /// Closes the textbox, where the user may say nothing, or opens it. What was typed stays,
    /// and can be copied. `placeholder` is for the new state.
    pub(super) fn close(&self, is_closed: bool, placeholder: impl FnOnce() -> String) {
        if self.input.read_only() == is_closed {
            return;
        }
        self.input.set_read_only(is_closed);
        set(&self.input, "placeholder", &placeholder());
        if is_closed {
            self.choices.offer(Vec::new());
            set(&self.send, "disabled", "");
        } else {
            // Fails only for an invalid name.
            let _ = self.send.remove_attribute("disabled");
        }
    }

    /// Shows completions of the text.
    pub(super) fn offer(&self, choices: Vec<Choice>) {
        self.choices.offer(choices);
    }

    /// Moves the focus to the textbox, but not on a phone, where the keyboard would
    /// cover half the page.
    pub(super) fn focus(&self) {
        if !self.is_coarse {
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
                // A key that is held down must not send the text again.
                if !event.repeat() {
                    self.submit();
                }
            }
            // In an empty textbox, Tab moves to the next element, as everywhere.
            "Tab" if !text().is_empty() && !event.ctrl_key() && !event.alt_key() => {
                if !self.choices.are_open() && !event.shift_key() {
                    (self.dispatch)(UserAction::Complete(text()));
                }
                if self.choices.are_open() {
                    event.prevent_default();
                    self.choices.step(if event.shift_key() {
                        Step::Previous
                    } else {
                        Step::Next
                    });
                    self.count();
                } else if !event.shift_key() && !self.was_told.replace(true) {
                    // The user goes on typing. The next Tab moves on, so nobody is trapped.
                    event.prevent_default();
                    self.hint(self.localizer.get(texts::NOTHING_FITS));
                }
            }
            "Escape" if self.choices.are_open() => self.choices.offer(Vec::new()),
            "Escape" if self.target.borrow().is_some() => {
                event.prevent_default();
                self.end_target();
            }
            "ArrowUp" if text().is_empty() && !event.alt_key() && self.edit_last() => {
                event.prevent_default();
            }
            "ArrowUp" => self.bring_back(event, self.history.borrow_mut().older(&text())),
            "ArrowDown" => self.bring_back(event, self.history.borrow_mut().newer(&text())),
            _ => {}
        }
    }

    /// Begins to edit the user's last line. Returns whether there is one.
    fn edit_last(&self) -> bool {
        if self.target.borrow().is_none() {
            (self.dispatch)(UserAction::EditLast);
            return self.target.borrow().is_some();
        }
        false
    }

    fn changed(&self) {
        self.clear_hint();
        self.count();
        let text = self.input.value();
        // Commands are offered while the user types; names only when Tab asks.
        if text.starts_with('/') && !text.contains(char::is_whitespace) {
            (self.dispatch)(UserAction::Complete(text));
        } else {
            self.choices.offer(Vec::new());
        }
    }

    fn bring_back(&self, event: &KeyboardEvent, text: Option<&str>) {
        if let Some(text) = text {
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

    /// Submits this text, if it still is the whole one.
    pub(super) fn submit_if_unchanged(&self, text: &str) {
        if self.input.value() == text {
            self.submit();
        }
    }

    fn submit(&self) {
        self.choices.offer(Vec::new());
        let text = self.input.value();
        if !text.trim().is_empty() && !self.input.read_only() {
            (self.dispatch)(UserAction::Submit(text));
        }
    }

    fn count(&self) {
        let (bytes, most) = (self.input.value().len(), self.most.get());
        let text = match most.checked_sub(bytes) {
            Some(FEW_LEFT..) => String::new(),
            Some(left) => texts::bytes_left(self.localizer.language(), left as u64),
            None => texts::bytes_over(self.localizer.language(), (bytes - most) as u64),
        };
        self.counter.set_text_content(Some(&text));
    }
}
