//! The tabs: one for each conversation, with the number of its unread lines.

use std::cell::RefCell;
use std::rc::Rc;

use guildhall_client::conversations::{Conversation, ConversationId, Conversations};
use guildhall_client::texts;
use wasm_bindgen::JsCast as _;
use web_sys::{Document, Element, Event, HtmlElement, KeyboardEvent};

use crate::page::elements::{Elements, append, button, child, focus, on, set, set_text};
use crate::page::language::localizer::{Localizer, isolated};
use crate::page::user_action::{Dispatch, UserAction};

struct Tab {
    id: ConversationId,
    element: Element,
    button: HtmlElement,
    name: Element,
    /// The number of unread lines, for the eye.
    badge: Element,
    /// The same for the ear.
    unread: Element,
    close: HtmlElement,
}

/// The row of tabs.
pub(super) struct Tabs {
    document: Document,
    row: HtmlElement,
    /// Owns the tabs, and not the buttons that close them: a list of tabs has tabs only.
    list: HtmlElement,
    panel: HtmlElement,
    localizer: Rc<Localizer>,
    dispatch: Dispatch,
    all: RefCell<Vec<Tab>>,
}

impl Tabs {
    /// Creates the row, which listens to the user.
    pub(super) fn start(
        elements: &Elements,
        localizer: &Rc<Localizer>,
        dispatch: &Dispatch,
    ) -> Rc<Self> {
        let tabs = Rc::new(Self {
            document: elements.document.clone(),
            row: elements.tabs.clone(),
            list: elements.tab_list.clone(),
            panel: elements.panel.clone(),
            localizer: Rc::clone(localizer),
            dispatch: Rc::clone(dispatch),
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

    /// Shows a tab for each conversation; the current one's is selected.
    pub(super) fn show(&self, conversations: &Conversations) {
        let width = self.row.scroll_width();
        let mut all = self.all.borrow_mut();
        all.retain(|tab| {
            let conversation = conversations.get(tab.id);
            let stays = conversation.is_some_and(|it| !it.is_blocked());
            if !stays {
                tab.element.remove();
            }
            stays
        });
        let current = conversations.current().map(Conversation::id);
        // Of whispers with a user who is blocked, nothing is shown.
        let shown = || conversations.iter().filter(|it| !it.is_blocked());
        for id in shown().map(Conversation::id) {
            if !all.iter().any(|tab| tab.id == id) {
                all.push(self.make(id));
            }
        }
        for conversation in shown() {
            let id = conversation.id();
            if let Some(tab) = all.iter().find(|tab| tab.id == id) {
                self.update(tab, conversation, current == Some(id));
            }
        }
        let ids: Vec<_> = all.iter().map(|tab| tab.button.id()).collect();
        let ids = ids.join(" ");
        if self.list.get_attribute("aria-owns").as_deref() != Some(&ids) {
            set(&self.list, "aria-owns", &ids);
        }
        // A tab that has grown may have pushed the selected one out of view.
        if self.row.scroll_width() != width
            && let Some(tab) = all.iter().find(|tab| is_selected(tab))
        {
            tab.element.scroll_into_view_with_bool(false);
        }
    }

    /// Moves the focus to the selected tab.
    pub(super) fn focus(&self) {
        let all = self.all.borrow();
        if let Some(tab) = all.iter().find(|tab| is_selected(tab)) {
            focus(&tab.button);
        }
    }

    /// Whether the focus is in the row.
    pub(super) fn have_focus(&self) -> bool {
        let active = self.document.active_element();
        self.row.contains(active.as_deref())
    }

    fn make(&self, id: ConversationId) -> Tab {
        let number = id.0.to_string();
        let element = child(&self.document, "div", "tab-box", "");
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
        set(&badge, "aria-hidden", "true");
        let unread = child(&self.document, "span", "unseen", "");
        append(&tab, &name);
        append(&tab, &badge);
        append(&tab, &unread);
        let close = button(&self.document, "close", "×");
        // Not reachable by keyboard: there, Delete on the tab closes it.
        set(&close, "tabindex", "-1");
        set(&close, "data-leave", &number);
        append(&element, &tab);
        append(&element, &close);
        append(&self.row, &element);
        Tab {
            id,
            element,
            button: tab,
            name,
            badge,
            unread,
            close,
        }
    }

    fn update(&self, tab: &Tab, conversation: &Conversation, selected: bool) {
        let name = conversation.name();
        let is_whisper = conversation.room().is_none();
        set_text(&tab.name, name);
        set(
            &tab.button,
            "data-kind",
            if is_whisper { "whisper" } else { "room" },
        );
        let (language, isolated) = (self.localizer.language(), isolated(name));
        let leave = if is_whisper {
            texts::close_whispers(language, &isolated)
        } else {
            texts::leave(language, &isolated)
        };
        set(&tab.close, "aria-label", &leave);
        // The name of a tab is what it shows. What it shows by a sign is its description.
        if is_whisper {
            let title = texts::whispers_with(language, &isolated);
            set(&tab.button, "title", &title);
        }
        let (count, unread) = match conversation.unread() {
            0 => (String::new(), String::new()),
            unread => (unread.to_string(), texts::unread(language, unread as u64)),
        };
        set_text(&tab.badge, &count);
        set_text(&tab.unread, &unread);
        if is_selected(tab) != selected || !tab.button.has_attribute("aria-selected") {
            set(
                &tab.button,
                "aria-selected",
                if selected { "true" } else { "false" },
            );
            set(&tab.button, "tabindex", if selected { "0" } else { "-1" });
            if selected {
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
        let id = |attribute: &str| {
            let id = button.get_attribute(attribute)?.parse().ok()?;
            Some(ConversationId(id))
        };
        if let Some(id) = id("data-show") {
            (self.dispatch)(UserAction::Show(id));
        } else if let Some(id) = id("data-leave") {
            (self.dispatch)(UserAction::Leave(id));
        }
    }

    fn key(&self, event: &KeyboardEvent) {
        let ids: Vec<_> = self.all.borrow().iter().map(|tab| tab.id).collect();
        let selected = self.all.borrow().iter().position(is_selected);
        let Some(at) = selected else {
            return;
        };
        let last = ids.len() - 1;
        let to = match event.key().as_str() {
            "ArrowRight" | "ArrowDown" => (at + 1) % ids.len(),
            "ArrowLeft" | "ArrowUp" => at.checked_sub(1).unwrap_or(last),
            "Home" => 0,
            "End" => last,
            "Delete" => {
                event.prevent_default();
                (self.dispatch)(UserAction::Leave(ids[at]));
                self.focus();
                return;
            }
            _ => return,
        };
        event.prevent_default();
        (self.dispatch)(UserAction::Show(ids[to]));
        self.focus();
    }
}

fn is_selected(tab: &Tab) -> bool {
    tab.button.get_attribute("aria-selected").as_deref() == Some("true")
}
