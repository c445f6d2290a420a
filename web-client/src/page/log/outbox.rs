//! The user's own messages in a conversation that are on their way, or were not
//! delivered. They are shown below all lines that have a place in the room's order.

use std::cell::RefCell;

use guildhall_client::RequestId;
use guildhall_client::session::{FailReason, MessageKind};
use guildhall_client::texts;
use web_sys::{Document, Element};

use crate::notice::Notice;

use crate::page::elements::{append, button, child, first, set};
use crate::page::log::renderer::{Context, Renderer};

/// A message that the session has accepted and the server has not yet.
pub(in crate::page) struct PendingMessage {
    pub(in crate::page) nonce: RequestId,
    pub(in crate::page) text: String,
    pub(in crate::page) kind: MessageKind,
}

struct Item {
    nonce: RequestId,
    element: Element,
}

/// The list of these messages.
pub(in crate::page) struct Outbox {
    document: Document,
    pub(in crate::page) list: Element,
    items: RefCell<Vec<Item>>,
    /// Those that the server has, until the list above shows them.
    delivered: RefCell<Vec<RequestId>>,
}

impl Outbox {
    pub(in crate::page) fn new(document: &Document) -> Self {
        let list = child(document, "ol", "messages outbox", "");
        // The user knows what was typed: a screen reader tells only failures.
        set(&list, "aria-live", "off");
        Self {
            document: document.clone(),
            list,
            items: RefCell::default(),
            delivered: RefCell::default(),
        }
    }

    /// Whether this message is in it.
    pub(in crate::page) fn has(&self, nonce: RequestId) -> bool {
        self.items.borrow().iter().any(|item| item.nonce == nonce)
    }

    /// Whether it is empty.
    pub(in crate::page) fn is_empty(&self) -> bool {
        self.items.borrow().is_empty()
    }

    /// Adds a message that is on its way, with `speaker` shown above its text.
    pub(in crate::page) fn add(
        &self,
        renderer: &Renderer,
        context: &Context<'_>,
        speaker: Notice,
        message: PendingMessage,
    ) {
        let class = if message.kind.is_action() {
            "message action"
        } else {
            "message"
        };
        let item = child(&self.document, "li", class, "");
        set(&item, "data-nonce", &message.nonce.to_string());
        set(&item, "data-own", "");
        set(&item, "data-state", "pending");
        append(&item, &renderer.speaker_notice(context, speaker));
        append(&item, &renderer.text(&message.text));
        let delivery = child(&self.document, "p", "delivery", "");
        renderer.show(context, &delivery, Notice::Text(texts::SENDING));
        append(&item, &delivery);
        append(&self.list, &item);
        self.items.borrow_mut().push(Item {
            nonce: message.nonce,
            element: item,
        });
    }

    /// Shows that a message waits for a moderator.
    pub(in crate::page) fn hold(
        &self,
        renderer: &Renderer,
        context: &Context<'_>,
        nonce: RequestId,
    ) {
        let items = self.items.borrow();
        let item = items.iter().find(|item| item.nonce == nonce);
        if let Some(Item { element, .. }) = item {
            set(element, "data-state", "held");
            if let Some(delivery) = first(element, ".delivery") {
                set(&delivery, "role", "status");
                let notice = Notice::Text(texts::WAITS_FOR_MODERATOR);
                renderer.show(context, &delivery, notice);
            }
        }
    }

    /// Shows why a message was not sent, and the buttons to retry or discard it.
    pub(in crate::page) fn fail(
        &self,
        renderer: &Renderer,
        context: &Context<'_>,
        nonce: RequestId,
        reason: FailReason,
    ) {
        let items = self.items.borrow();
        let Some(Item { element: item, .. }) = items.iter().find(|item| item.nonce == nonce) else {
            return;
        };
        set(item, "data-state", "failed");
        if let Some(old) = item.query_selector(".delivery").ok().flatten() {
            old.remove();
        }
        let delivery = child(&self.document, "p", "delivery", "");
        set(&delivery, "role", "alert");
        append(item, &delivery);
        // After it is in the document: screen readers tell what changes in an alert.
        renderer.show(context, &delivery, Notice::NotSent(reason));
        for (text, what) in [
            (texts::RETRY, "data-retry"),
            (texts::DISCARD, "data-discard"),
        ] {
            let button = button(&self.document, "quiet small", "");
            renderer.show(context, &button, Notice::Text(text));
            set(&button, what, &nonce.to_string());
            append(item, &button);
        }
    }

    /// The server has this message.
    pub(in crate::page) fn delivered(&self, nonce: RequestId) {
        self.delivered.borrow_mut().push(nonce);
    }

    /// Removes the messages that were delivered.
    pub(in crate::page) fn remove_delivered(&self) {
        for nonce in self.delivered.take() {
            self.remove(nonce);
        }
    }

    /// Removes a message.
    pub(in crate::page) fn remove(&self, nonce: RequestId) {
        self.items.borrow_mut().retain(|item| {
            let stays = item.nonce != nonce;
            if !stays {
                item.element.remove();
            }
            stays
        });
    }
}
