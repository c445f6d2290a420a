//! The tabs: one for each conversation, with what is unread in it.

use std::cell::RefCell;
use std::rc::Rc;

use guildhall_client::texts;
use wasm_bindgen::JsCast as _;
use web_sys::{Document, Element, Event, HtmlElement, KeyboardEvent};

use super::elements::{Elements, append, button, child, focus, on, set};
use super::talk::Talk;
use super::voice::{Voice, isolated};
use super::wish::{Ask, Wish};

struct Tab {
    number: u32,
    element: Element,
    button: HtmlElement,
    name: Element,
    badge: Element,
    close: HtmlElement,
}

/// The row of tabs.
pub(super) struct Tabs {
    document: Document,
    row: HtmlElement,
    panel: HtmlElement,
    voice: Rc<Voice>,
    ask: Ask,
    all: RefCell<Vec<Tab>>,
}

impl Tabs {
    /// The row, listening to the user.
    pub(super) fn start(elements: &Elements, voice: &Rc<Voice>, ask: &Ask) -> Rc<Self> {
        let tabs = Rc::new(Self {
            document: elements.document.clone(),
            row: elements.tabs.clone(),
            panel: elements.panel.clone(),
            voice: Rc::clone(voice),
            ask: Rc::clone(ask),
            all: RefCell::default(),
        });
        let pressed = Rc::clone(&tabs);
        on(&tabs.row, "click", move |event: Event| {
            pressed.pressed(&event);
        });
        let keyed = Rc::clone(&tabs);
        on(&tabs.row, "keydown", move |event: KeyboardEvent| {
            keyed.key(&event);
        });
        tabs
    }

    /// Shows these, the one with the number `shown` as chosen.
    pub(super) fn show(&self, talks: &[Rc<Talk>], shown: Option<u32>) {
        let width = self.row.scroll_width();
        let mut all = self.all.borrow_mut();
        all.retain(|tab| {
            let stays = talks.iter().any(|talk| talk.number == tab.number);
            if !stays {
                tab.element.remove();
            }
            stays
        });
        for talk in talks {
            if !all.iter().any(|tab| tab.number == talk.number) {
                all.push(self.make(talk));
            }
        }
        for talk in talks {
            if let Some(tab) = all.iter().find(|tab| tab.number == talk.number) {
                self.update(tab, talk, shown == Some(talk.number));
            }
        }
        // What has grown may have pushed it out of sight.
        if self.row.scroll_width() != width
            && let Some(tab) = all.iter().find(|tab| is_chosen(tab))
        {
            tab.element.scroll_into_view_with_bool(false);
        }
    }

    /// Gives the focus to the one that is chosen.
    pub(super) fn focus(&self) {
        let all = self.all.borrow();
        if let Some(tab) = all.iter().find(|tab| is_chosen(tab)) {
            focus(&tab.button);
        }
    }

    /// Whether one of them has the focus.
    pub(super) fn have_focus(&self) -> bool {
        let active = self.document.active_element();
        self.row.contains(active.as_deref())
    }

    fn make(&self, talk: &Talk) -> Tab {
        let number = talk.number.to_string();
        let element = child(&self.document, "div", "tab-box", "");
        set(&element, "role", "presentation");
        let tab = button(&self.document, "tab", "");
        tab.set_id(&["tab-", &number].concat());
        for (attribute, value) in [
            ("role", "tab"),
            ("aria-controls", "panel"),
            ("aria-keyshortcuts", "Delete"),
            ("data-show", &number),
        ] {
            set(&tab, attribute, value);
        }
        let name = child(&self.document, "bdi", "tab-name", "");
        let badge = child(&self.document, "span", "badge", "");
        append(&tab, &name);
        append(&tab, &badge);
        let close = button(&self.document, "close", "×");
        // By keyboard, Delete on the tab does it.
        set(&close, "tabindex", "-1");
        set(&close, "data-leave", &number);
        append(&element, &tab);
        append(&element, &close);
        append(&self.row, &element);
        Tab {
            number: talk.number,
            element,
            button: tab,
            name,
            badge,
            close,
        }
    }

    fn update(&self, tab: &Tab, talk: &Talk, chosen: bool) {
        let name = talk.name();
        let is_whisper = talk.room().is_none();
        put(&tab.name, &name);
        set(
            &tab.button,
            "data-kind",
            if is_whisper { "whisper" } else { "room" },
        );
        let (language, isolated) = (self.voice.language(), isolated(&name));
        let leave = if is_whisper {
            texts::close_whispers(language, &isolated)
        } else {
            texts::leave(language, &isolated)
        };
        set(&tab.close, "aria-label", &leave);
        let unread = talk.scrollback.borrow().unread();
        let mut spoken = if is_whisper {
            texts::whispers_with(language, &isolated)
        } else {
            name.clone()
        };
        if unread > 0 {
            spoken.extend([", ", &texts::unread(language, unread as u64)]);
        }
        set(&tab.button, "aria-label", &spoken);
        let count = if unread == 0 {
            String::new()
        } else {
            unread.to_string()
        };
        put(&tab.badge, &count);
        if is_chosen(tab) != chosen || !tab.button.has_attribute("aria-selected") {
            set(
                &tab.button,
                "aria-selected",
                if chosen { "true" } else { "false" },
            );
            set(&tab.button, "tabindex", if chosen { "0" } else { "-1" });
            if chosen {
                set(&self.panel, "aria-labelledby", &tab.button.id());
                tab.element.scroll_into_view_with_bool(false);
            }
        }
    }

    fn pressed(&self, event: &Event) {
        let target = event.target().and_then(|it| it.dyn_into::<Element>().ok());
        let Some(button) = target.and_then(|it| it.closest("button").ok().flatten()) else {
            return;
        };
        let number = |attribute: &str| button.get_attribute(attribute)?.parse().ok();
        if let Some(number) = number("data-show") {
            (self.ask)(Wish::Show(number));
        } else if let Some(number) = number("data-leave") {
            (self.ask)(Wish::Leave(number));
        }
    }

    fn key(&self, event: &KeyboardEvent) {
        let numbers: Vec<u32> = self.all.borrow().iter().map(|tab| tab.number).collect();
        let chosen = self.all.borrow().iter().position(is_chosen);
        let Some(at) = chosen else {
            return;
        };
        let last = numbers.len() - 1;
        let to = match event.key().as_str() {
            "ArrowRight" | "ArrowDown" => (at + 1) % numbers.len(),
            "ArrowLeft" | "ArrowUp" => at.checked_sub(1).unwrap_or(last),
            "Home" => 0,
            "End" => last,
            "Delete" => {
                event.prevent_default();
                (self.ask)(Wish::Leave(numbers[at]));
                self.focus();
                return;
            }
            _ => return,
        };
        event.prevent_default();
        (self.ask)(Wish::Show(numbers[to]));
        self.focus();
    }
}

fn is_chosen(tab: &Tab) -> bool {
    tab.button.get_attribute("aria-selected").as_deref() == Some("true")
}

/// Writes only what has changed.
fn put(element: &Element, text: &str) {
    if element.text_content().as_deref() != Some(text) {
        element.set_text_content(Some(text));
    }
}
