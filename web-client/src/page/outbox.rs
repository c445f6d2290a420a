//! A conversation's own messages that are on their way, or did not arrive.
//! They stand below everything that has its place in the story.

use std::cell::RefCell;

use guildhall_client::session::FailReason;
use guildhall_client::texts;
use web_sys::{Document, Element};

use crate::remark::Remark;

use super::elements::{append, button, child, set};
use super::scribe::Scribe;
use super::spoken::Spoken;
use super::talk::Talk;
use super::voice::Voice;

struct Item {
    nonce: u64,
    element: Element,
    text: String,
    action: bool,
}

/// The list of them.
pub(super) struct Outbox {
    document: Document,
    pub(super) list: Element,
    items: RefCell<Vec<Item>>,
    /// Those that arrived, until the list above shows them.
    arrived: RefCell<Vec<u64>>,
}

impl Outbox {
    pub(super) fn new(document: &Document) -> Self {
        let list = child(document, "ol", "messages outbox", "");
        // The user knows what was typed: only what goes wrong is told.
        set(&list, "aria-live", "off");
        Self {
            document: document.clone(),
            list,
            items: RefCell::default(),
            arrived: RefCell::default(),
        }
    }

    /// Whether this message is in it.
    pub(super) fn has(&self, nonce: u64) -> bool {
        self.items.borrow().iter().any(|item| item.nonce == nonce)
    }

    /// Whether there is nothing in it.
    pub(super) fn is_empty(&self) -> bool {
        self.items.borrow().is_empty()
    }

    /// What this message says, and whether it tells what the user does.
    pub(super) fn said(&self, nonce: u64) -> Option<(String, bool)> {
        let items = self.items.borrow();
        let item = items.iter().find(|item| item.nonce == nonce)?;
        Some((item.text.clone(), item.action))
    }

    /// A message is on its way.
    pub(super) fn add(
        &self,
        (scribe, voice, talk): (&Scribe, &Voice, &Talk),
        speaker: Remark,
        (nonce, text, action): (u64, &str, bool),
    ) {
        let class = if action { "message action" } else { "message" };
        let item = child(&self.document, "li", class, "");
        set(&item, "data-nonce", &nonce.to_string());
        set(&item, "data-own", "");
        set(&item, "data-state", "pending");
        append(&item, &scribe.called(talk, speaker));
        append(&item, &scribe.text(text));
        let fate = child(&self.document, "p", "fate", "");
        talk.spoken.say(voice, &fate, Remark::Text(texts::SENDING));
        append(&item, &fate);
        append(&self.list, &item);
        self.items.borrow_mut().push(Item {
            nonce,
            element: item,
            text: text.into(),
            action,
        });
    }

    /// It was not said, for this reason.
    pub(super) fn fail(&self, voice: &Voice, spoken: &Spoken, nonce: u64, reason: FailReason) {
        let items = self.items.borrow();
        let Some(Item { element: item, .. }) = items.iter().find(|item| item.nonce == nonce) else {
            return;
        };
        set(item, "data-state", "failed");
        if let Some(old) = item.query_selector(".fate").ok().flatten() {
            old.remove();
        }
        let fate = child(&self.document, "p", "fate", "");
        set(&fate, "role", "alert");
        append(item, &fate);
        // Put in afterwards: that is what an alert tells.
        spoken.say(voice, &fate, Remark::NotSent(reason));
        for (text, what) in [
            (texts::RETRY, "data-retry"),
            (texts::DISCARD, "data-discard"),
        ] {
            let button = button(&self.document, "quiet small", "");
            spoken.say(voice, &button, Remark::Text(text));
            set(&button, what, &nonce.to_string());
            append(item, &button);
        }
    }

    /// It has its place in the story.
    pub(super) fn arrived(&self, nonce: u64) {
        self.arrived.borrow_mut().push(nonce);
    }

    /// Takes out what has arrived.
    pub(super) fn clear(&self) {
        for nonce in self.arrived.take() {
            self.remove(nonce);
        }
    }

    /// Takes a message out.
    pub(super) fn remove(&self, nonce: u64) {
        self.items.borrow_mut().retain(|item| {
            let stays = item.nonce != nonce;
            if !stays {
                item.element.remove();
            }
            stays
        });
    }
}
