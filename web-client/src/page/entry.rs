//! The dialog that asks for the user's name. It can be skipped.

use std::rc::Rc;

use web_sys::{Event, HtmlDialogElement, HtmlInputElement};

use super::elements::{Elements, focus, on};
use super::wish::{Ask, Wish};

/// The dialog.
pub(super) struct Entry {
    dialog: HtmlDialogElement,
    name: HtmlInputElement,
}

impl Entry {
    /// The dialog, shut, listening to the user.
    pub(super) fn start(elements: &Elements, ask: &Ask) -> Rc<Self> {
        let entry = Rc::new(Self {
            dialog: elements.entry.clone(),
            name: elements.name.clone(),
        });
        let asked = Rc::clone(ask);
        on(&elements.own, "click", move |_: Event| asked(Wish::AskName));
        let (given, asked) = (Rc::clone(&entry), Rc::clone(ask));
        on(&elements.entry_form, "submit", move |event: Event| {
            event.prevent_default();
            given.answer(&asked, given.name.value());
        });
        let (skipped, asked) = (Rc::clone(&entry), Rc::clone(ask));
        on(&elements.skip, "click", move |_: Event| {
            skipped.answer(&asked, String::new());
        });
        // Escape skips as well.
        let (cancelled, asked) = (Rc::clone(&entry), Rc::clone(ask));
        on(&entry.dialog, "cancel", move |event: Event| {
            event.prevent_default();
            cancelled.answer(&asked, String::new());
        });
        let back = Rc::clone(ask);
        on(&entry.dialog, "close", move |_: Event| back(Wish::Write));
        entry
    }

    /// Asks, with this name in the box.
    pub(super) fn open(&self, name: &str) {
        self.name.set_value(name);
        if !self.dialog.open() {
            // Fails only for a dialog that is open or in no document.
            let _ = self.dialog.show_modal();
        }
        focus(&self.name);
        self.name.select();
    }

    fn answer(&self, ask: &Ask, name: String) {
        self.dialog.close();
        ask(Wish::BeCalled(name.trim().into()));
    }
}
