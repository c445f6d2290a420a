//! What the page shows of one conversation: the list of its entries, its outbox, its
//! draft and the place where its reader was. Its name, partner and unread count are in
//! the client's `Conversations`.

use std::cell::{Cell, RefCell};

use guildhall_client::conversations::ConversationId;
use web_sys::{Document, Element};

use crate::scrollback::Scrollback;

use super::elements::{append, child, set};
use super::localized_texts::LocalizedTexts;
use super::outbox::Outbox;

/// The page's part of one conversation.
pub(super) struct ConversationView {
    pub(super) id: ConversationId,
    /// Contains the list and, below it, the outbox.
    pub(super) element: Element,
    pub(super) list: Element,
    pub(super) outbox: Outbox,
    pub(super) texts: LocalizedTexts,
    pub(super) scrollback: RefCell<Scrollback>,
    /// The oldest line that older ones go above: the first one after the room was
    /// joined without being resumed.
    pub(super) oldest: RefCell<Option<Element>>,
    pub(super) divider: RefCell<Option<Element>>,
    /// How far it was scrolled, in pixels; `None`: to the end.
    pub(super) scroll_top: Cell<Option<i32>>,
    /// What was typed here and not sent.
    pub(super) draft: RefCell<String>,
}

impl ConversationView {
    pub(super) fn new(document: &Document, id: ConversationId) -> Self {
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
            divider: RefCell::default(),
            scroll_top: Cell::default(),
            draft: RefCell::default(),
        }
    }

    /// The room was joined anew: lines that come now do not follow those above.
    pub(super) fn break_off(&self) {
        self.oldest.take();
    }

    /// Removes the divider, because the user has read what is above it.
    pub(super) fn remove_divider(&self) {
        if let Some(divider) = self.divider.take() {
            divider.remove();
        }
    }
}
