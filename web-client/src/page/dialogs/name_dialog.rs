//! The dialog that asks for the user's name. It can be skipped. It stays open until the
//! server has given the name, and shows why if it does not.

use std::cell::Cell;
use std::rc::Rc;

use web_sys::{Event, HtmlDialogElement, HtmlElement, HtmlInputElement};

use crate::page::dialogs::ask_again;
use crate::page::elements::{Elements, focus, on};
use crate::page::user_action::{Dispatch, UserAction};

/// The dialog.
pub(in crate::page) struct NameDialog {
    dialog: HtmlDialogElement,
    name: HtmlInputElement,
    hint: HtmlElement,
    skip: HtmlElement,
    /// Whether the user has answered on this page, and was not refused since.
    was_answered: Cell<bool>,
}

impl NameDialog {
    /// Creates the dialog, closed, which listens to the user.
    pub(in crate::page) fn start(elements: &Elements, dispatch: &Dispatch) -> Rc<Self> {
        let dialog = Rc::new(Self {
            dialog: elements.name_dialog.clone(),
            name: elements.name.clone(),
            hint: elements.name_hint.clone(),
            skip: elements.skip.clone(),
            was_answered: Cell::default(),
        });
        let asked = Rc::clone(dispatch);
        on(&elements.own, "click", move |_: Event| {
            asked(UserAction::AskName);
        });
        let (given, asked) = (Rc::clone(&dialog), Rc::clone(dispatch));
        on(&elements.name_form, "submit", move |event: Event| {
            event.prevent_default();
            given.was_answered.set(true);
            asked(UserAction::SetName(given.name.value().trim().into()));
        });
        let (skipped, asked) = (Rc::clone(&dialog), Rc::clone(dispatch));
        on(&elements.skip, "click", move |_: Event| {
            skipped.skip(&asked);
        });
        // Escape skips the question as well.
        let (cancelled, asked) = (Rc::clone(&dialog), Rc::clone(dispatch));
        on(&dialog.dialog, "cancel", move |event: Event| {
            event.prevent_default();
            cancelled.skip(&asked);
        });
        let back = Rc::clone(dispatch);
        on(&dialog.dialog, "close", move |_: Event| {
            back(UserAction::FocusInput);
        });
        dialog
    }

    /// Opens the dialog with this name in its textbox.
    pub(in crate::page) fn open(&self, name: &str) {
        self.open_as(name, false, "");
    }

    /// Opens the dialog with the name that the user has and cannot change, as these words tell.
    pub(in crate::page) fn open_fixed(&self, name: &str, words: &str) {
        self.open_as(name, true, words);
    }

    fn open_as(&self, name: &str, is_fixed: bool, words: &str) {
        self.name.set_value(name);
        self.name.set_read_only(is_fixed);
        self.skip.set_hidden(is_fixed);
        self.hint.set_text_content(Some(words));
        if !self.dialog.open() {
            // Fails only for a dialog that is open already or not in a document.
            let _ = self.dialog.show_modal();
        }
        focus(&self.name);
        self.name.select();
    }

    /// Closes the dialog, if it is open: the user has the name, or will have it.
    pub(in crate::page) fn done(&self) {
        self.dialog.close();
    }

    /// The server has given a name.
    pub(in crate::page) fn named(&self) {
        self.was_answered.set(false);
    }

    /// The server did not give the name, and says why in these words. The dialog stays open
    /// for another. Returns false if it is not open.
    pub(in crate::page) fn not_done(&self, words: &str) -> bool {
        ask_again(&self.dialog, &self.hint, &self.name, words)
    }

    /// The server refused the name in Hello. A user who has just chosen it is asked again.
    pub(in crate::page) fn refused(&self, name: &str, words: &str) {
        if self.was_answered.take() {
            self.open(name);
            self.not_done(words);
        }
    }

    fn skip(&self, dispatch: &Dispatch) {
        self.dialog.close();
        dispatch(UserAction::SetName(String::new()));
    }
}
