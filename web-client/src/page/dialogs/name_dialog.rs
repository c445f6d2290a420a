//! The dialog that asks for the user's name. It can be skipped.

use std::rc::Rc;

use web_sys::{Event, HtmlDialogElement, HtmlInputElement};

use crate::page::elements::{Elements, focus, on};
use crate::page::user_action::{Dispatch, UserAction};

/// The dialog.
pub(in crate::page) struct NameDialog {
    dialog: HtmlDialogElement,
    name: HtmlInputElement,
}

impl NameDialog {
    /// Creates the dialog, closed, which listens to the user.
    pub(in crate::page) fn start(elements: &Elements, dispatch: &Dispatch) -> Rc<Self> {
        let dialog = Rc::new(Self {
            dialog: elements.name_dialog.clone(),
            name: elements.name.clone(),
        });
        let asked = Rc::clone(dispatch);
        on(&elements.own, "click", move |_: Event| {
            asked(UserAction::AskName);
        });
        let (given, asked) = (Rc::clone(&dialog), Rc::clone(dispatch));
        on(&elements.name_form, "submit", move |event: Event| {
            event.prevent_default();
            given.answer(&asked, given.name.value());
        });
        let (skipped, asked) = (Rc::clone(&dialog), Rc::clone(dispatch));
        on(&elements.skip, "click", move |_: Event| {
            skipped.answer(&asked, String::new());
        });
        // Escape skips the question as well.
        let (cancelled, asked) = (Rc::clone(&dialog), Rc::clone(dispatch));
        on(&dialog.dialog, "cancel", move |event: Event| {
            event.prevent_default();
            cancelled.answer(&asked, String::new());
        });
        let back = Rc::clone(dispatch);
        on(&dialog.dialog, "close", move |_: Event| {
            back(UserAction::FocusInput);
        });
        dialog
    }

    /// Opens the dialog with this name in its textbox.
    pub(in crate::page) fn open(&self, name: &str) {
        self.name.set_value(name);
        if !self.dialog.open() {
            // Fails only for a dialog that is open already or not in a document.
            let _ = self.dialog.show_modal();
        }
        focus(&self.name);
        self.name.select();
    }

    fn answer(&self, dispatch: &Dispatch, name: String) {
        self.dialog.close();
        dispatch(UserAction::SetName(name.trim().into()));
    }
}
