//! The dialog that looks for messages: by words, in all rooms of the user.

use std::cell::Cell;
use std::rc::Rc;

use guildhall_client::session::ChatLine;
use guildhall_client::texts;
use web_sys::{Document, Event, HtmlDialogElement, HtmlElement, HtmlInputElement, KeyboardEvent};

use crate::page::dialogs::ask_again;
use crate::page::elements::{Elements, append, child, focus, on};
use crate::page::language::localizer::Localizer;
use crate::page::log::renderer::Renderer;
use crate::page::user_action::{Dispatch, UserAction};

/// The dialog.
pub(in crate::page) struct SearchDialog {
    document: Document,
    dialog: HtmlDialogElement,
    words: HtmlInputElement,
    hint: HtmlElement,
    list: HtmlElement,
    more: HtmlElement,
    /// How many messages are listed.
    count: Cell<u64>,
    localizer: Rc<Localizer>,
}

impl SearchDialog {
    /// Creates the dialog, closed, which listens to the user.
    pub(in crate::page) fn start(
        elements: &Elements,
        localizer: &Rc<Localizer>,
        dispatch: &Dispatch,
    ) -> Rc<Self> {
        let search_dialog = Rc::new(Self {
            document: elements.document.clone(),
            dialog: elements.search_dialog.clone(),
            words: elements.words.clone(),
            hint: elements.search_hint.clone(),
            list: elements.found.clone(),
            more: elements.search_on.clone(),
            count: Cell::default(),
            localizer: Rc::clone(localizer),
        });
        let opening = Rc::clone(&search_dialog);
        on(&elements.search, "click", move |_: Event| opening.open());
        let keyed = Rc::clone(&search_dialog);
        on(
            &elements.document,
            "keydown",
            move |event: KeyboardEvent| {
                let modifiers = (event.ctrl_key(), event.shift_key(), event.alt_key());
                // Ctrl+F alone is the browser's.
                if modifiers == (true, true, false) && event.key().eq_ignore_ascii_case("f") {
                    event.prevent_default();
                    keyed.open();
                }
            },
        );
        let (typed, asking) = (Rc::clone(&search_dialog), Rc::clone(dispatch));
        on(&elements.search_form, "submit", move |event: Event| {
            event.prevent_default();
            let words = typed.words.value();
            if !words.trim().is_empty() {
                asking(UserAction::Search(words));
            }
        });
        let asking = Rc::clone(dispatch);
        on(&elements.search_on, "click", move |_: Event| {
            asking(UserAction::SearchOn);
        });
        let shut = Rc::clone(&search_dialog);
        on(&elements.search_shut, "click", move |_: Event| {
            shut.dialog.close();
        });
        search_dialog
    }

    /// Lists what was found, below what was found before unless it is the `first` page.
    pub(in crate::page) fn found(
        &self,
        renderer: &Renderer,
        lines: &[ChatLine],
        more: bool,
        is_first: bool,
    ) {
        if is_first {
            self.list.set_text_content(None);
            self.count.set(0);
        }
        let count = self.count.get() + lines.len() as u64;
        self.count.set(count);
        let language = self.localizer.language();
        let words = if count == 0 {
            self.localizer.get(texts::NOTHING_FOUND).into()
        } else {
            texts::messages_found(language, count)
        };
        self.hint.set_text_content(Some(&words));
        let had_focus = self.document.active_element().as_deref() == Some(&self.more);
        self.more.set_hidden(!more);
        if had_focus && !more {
            focus(&self.words);
        }
        for line in lines {
            let item = child(&self.document, "li", "", "");
            for (class, text) in [("found-room", &line.room), ("speaker", &line.name)] {
                append(&item, &child(&self.document, "bdi", class, text));
                append(&item, &self.document.create_text_node(" "));
            }
            append(&item, &renderer.time(line.time));
            append(&item, &renderer.text(&line.text));
            append(&self.list, &item);
        }
    }

    /// The search found no answer, for a reason that these words tell. Returns false if the
    /// dialog is not open.
    pub(in crate::page) fn not_done(&self, words: &str) -> bool {
        ask_again(&self.dialog, &self.hint, &self.words, words)
    }

    fn open(&self) {
        // Over another dialog there is nothing to look for.
        let is_other_open = self.document.query_selector("dialog[open]");
        if is_other_open.is_ok_and(|it| it.is_some()) {
            return;
        }
        let _ = self.dialog.show_modal();
        focus(&self.words);
        self.words.select();
    }
}
