//! What the page shows of one conversation: the list of its entries, its outbox, its
//! draft and the place where its reader was. Its name, partner and unread count are in
//! the client's `Conversations`.

use std::cell::{Cell, RefCell};

use guildhall_client::conversations::ConversationId;
use web_sys::{Document, Element};

use crate::scrollback::Scrollback;

use crate::page::elements::{append, child, first, set};
use crate::page::language::localized_texts::LocalizedTexts;
use crate::page::log::outbox::Outbox;

/// The page's part of one conversation.
pub(in crate::page) struct ConversationView {
    pub(in crate::page) id: ConversationId,
    /// Contains the list and, below it, the outbox.
    pub(in crate::page) element: Element,
    pub(in crate::page) list: Element,
    pub(in crate::page) outbox: Outbox,
    pub(in crate::page) texts: LocalizedTexts,
    pub(in crate::page) scrollback: RefCell<Scrollback>,
    /// The oldest line that older ones go above: the first one after the room was
    /// joined without being resumed.
    pub(in crate::page) oldest: RefCell<Option<Element>>,
    /// Whether lines were removed before the oldest one, and the session does not know it.
    pub(in crate::page) lacks_lines: Cell<bool>,
    pub(in crate::page) divider: RefCell<Option<Element>>,
    /// The button that Tab reaches in the list.
    pub(in crate::page) tab_stop: RefCell<Option<Element>>,
    /// How far it was scrolled, in pixels; `None`: to the end.
    pub(in crate::page) scroll_top: Cell<Option<i32>>,
    /// What was typed here and not sent.
    pub(in crate::page) draft: RefCell<String>,
}

impl ConversationView {
    pub(in crate::page) fn new(document: &Document, id: ConversationId) -> Self {
        let element = child(document, "div", "conversation", "");
        let list = child(document, "ol", "messages", "");
        let outbox = Outbox::new(document);
        append(&element, &list);
        append(&element, &outbox.list);
        set(&element, "data-conversation", &id.0.to_string());
        Self {
            id,
            element,
            list,
            outbox,
            texts: LocalizedTexts::new(),
            scrollback: RefCell::default(),
            oldest: RefCell::default(),
            lacks_lines: Cell::default(),
            divider: RefCell::default(),
            tab_stop: RefCell::default(),
            scroll_top: Cell::default(),
            draft: RefCell::default(),
        }
    }

    /// The room was joined anew: lines that come now do not follow those above.
    pub(in crate::page) fn break_off(&self) {
        self.oldest.take();
    }

    /// The first message of the list.
    pub(in crate::page) fn first_message(&self) -> Option<Element> {
        first(&self.list, "[data-seq]")
    }

    /// The element of a line, if it is in the list.
    pub(in crate::page) fn item(&self, epoch: u32, seq: u64) -> Option<Element> {
        let (epoch, seq) = (epoch.to_string(), seq.to_string());
        let selector = ["[data-epoch=\"", &epoch, "\"][data-seq=\"", &seq, "\"]"].concat();
        first(&self.list, &selector)
    }

    /// The number of a message.
    pub(in crate::page) fn seq(message: &Element) -> Option<u64> {
        message.get_attribute("data-seq")?.parse().ok()
    }

    /// Whether nothing was said before the first message of the list.
    pub(in crate::page) fn begins_with_first_line(&self) -> bool {
        let first = self.first_message();
        first.is_none_or(|first| Self::seq(&first) == Some(1))
    }

    /// Removes the divider, because the user has read what is above it.
    pub(in crate::page) fn remove_divider(&self) {
        if let Some(divider) = self.divider.take() {
            divider.remove();
        }
    }
}
