//! Completions of the text in the textbox: a list above it, which Tab steps through.

use std::cell::{Cell, RefCell};

use wasm_bindgen::JsCast as _;
use web_sys::{Document, Element, Event, HtmlElement, HtmlTextAreaElement};

use crate::page::elements::{Elements, append, child, set};

/// How many are shown at most.
const MOST: usize = 12;

/// One completion.
pub(super) struct Choice {
    /// The whole text of the textbox if it is chosen.
    pub(super) whole: String,
    /// What the list shows for it, and an explanation.
    pub(super) label: String,
    pub(super) about: String,
}

/// Where the choice moves in the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    Next,
    Previous,
}

/// The list of completions.
pub(super) struct Choices {
    document: Document,
    list: HtmlElement,
    input: HtmlTextAreaElement,
    offered: RefCell<Vec<Choice>>,
    chosen: Cell<Option<usize>>,
}

impl Choices {
    pub(super) fn new(elements: &Elements) -> Self {
        Self {
            document: elements.document.clone(),
            list: elements.choices.clone(),
            input: elements.message.clone(),
            offered: RefCell::default(),
            chosen: Cell::default(),
        }
    }

    /// Shows these completions, with none of them chosen.
    pub(super) fn offer(&self, mut choices: Vec<Choice>) {
        if choices.is_empty() && !self.are_open() {
            return;
        }
        choices.truncate(MOST);
        self.chosen.set(None);
        self.list.set_text_content(None);
        for (index, choice) in choices.iter().enumerate() {
            let item = child(&self.document, "li", "", &choice.label);
            item.set_id(&id(index));
            set(&item, "role", "option");
            set(&item, "dir", "auto");
            if !choice.about.is_empty() {
                append(
                    &item,
                    &child(&self.document, "span", "about", &choice.about),
                );
            }
            append(&self.list, &item);
        }
        self.list.set_hidden(choices.is_empty());
        self.offered.replace(choices);
        let _ = self.input.remove_attribute("aria-activedescendant");
    }

    /// Whether the list is open.
    pub(super) fn are_open(&self) -> bool {
        !self.offered.borrow().is_empty()
    }

    /// Puts the next or the previous completion into the textbox.
    pub(super) fn step(&self, step: Step) {
        let count = self.offered.borrow().len();
        let index = match self.chosen.get() {
            None => match step {
                Step::Next => 0,
                Step::Previous => count - 1,
            },
            Some(index) => match step {
                Step::Next => (index + 1) % count,
                Step::Previous => (index + count - 1) % count,
            },
        };
        self.choose(index);
        if count == 1 {
            self.offer(Vec::new());
        }
    }

    /// Puts the completion that was clicked into the textbox.
    pub(super) fn clicked(&self, event: &Event) {
        let target = event.target().and_then(|it| it.dyn_into::<Element>().ok());
        let Some(target) = target else { return };
        let count = self.offered.borrow().len();
        if let Some(index) = (0..count).find(|index| id(*index) == target.id()) {
            self.choose(index);
            self.offer(Vec::new());
        }
    }

    fn choose(&self, index: usize) {
        for (number, child) in (0..).zip(0..self.list.child_element_count()) {
            if let Some(item) = self.list.children().item(child) {
                let is_chosen = number == index;
                set(
                    &item,
                    "aria-selected",
                    if is_chosen { "true" } else { "false" },
                );
                if is_chosen {
                    item.scroll_into_view_with_bool(false);
                }
            }
        }
        set(&self.input, "aria-activedescendant", &id(index));
        self.chosen.set(Some(index));
        self.input.set_value(&self.offered.borrow()[index].whole);
    }
}

fn id(index: usize) -> String {
    ["choice-", &index.to_string()].concat()
}
