//! One conversation: a room, or the whispers with somebody. What is on its
//! list, what of it is still on its way, and where its reader was.

use std::cell::{Cell, RefCell};

use web_sys::{Document, Element};

use crate::scrollback::Scrollback;

use super::elements::{append, child, set};
use super::localized_texts::LocalizedTexts;
use super::outbox::Outbox;

/// Whom one whispers with.
#[derive(Clone)]
pub(super) struct Partner {
    /// `None` after the server forgot us: its IDs may be others' now.
    pub(super) id: Option<u64>,
    pub(super) name: String,
}

/// Whether there is something before the oldest line that is shown.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Older {
    /// Nobody knows yet, or there is.
    Maybe,
    /// It was asked for.
    Loading,
    /// There is not.
    None,
}

enum Kind {
    Room(String),
    Whispers(RefCell<Partner>),
}

/// One conversation.
pub(super) struct Conversation {
    /// Tells it from the others; never given twice.
    pub(super) number: u32,
    kind: Kind,
    /// Holds the list and, below it, the outbox.
    pub(super) element: Element,
    pub(super) list: Element,
    pub(super) outbox: Outbox,
    pub(super) texts: LocalizedTexts,
    pub(super) scrollback: RefCell<Scrollback>,
    /// The oldest line since the story broke off, if it did: older ones go
    /// above it.
    pub(super) oldest: RefCell<Option<Element>>,
    pub(super) older: Cell<Older>,
    pub(super) divider: RefCell<Option<Element>>,
    /// Whether the lines that follow now are from before the user came.
    pub(super) is_new: Cell<bool>,
    /// Where the reader was, in pixels; `None`: at the end.
    pub(super) place: Cell<Option<i32>>,
    /// What was typed here and not sent.
    pub(super) draft: RefCell<String>,
}

impl Conversation {
    pub(super) fn of_room(document: &Document, number: u32, room: String) -> Self {
        Self::new(document, number, Kind::Room(room))
    }

    pub(super) fn of_whispers(document: &Document, number: u32, partner: Partner) -> Self {
        Self::new(document, number, Kind::Whispers(RefCell::new(partner)))
    }

    fn new(document: &Document, number: u32, kind: Kind) -> Self {
        let element = child(document, "div", "conversation", "");
        let list = child(document, "ol", "messages", "");
        let outbox = Outbox::new(document);
        append(&element, &list);
        append(&element, &outbox.list);
        set(&element, "data-conversation", &number.to_string());
        Self {
            number,
            kind,
            element,
            list,
            outbox,
            texts: LocalizedTexts::new(),
            scrollback: RefCell::default(),
            oldest: RefCell::default(),
            older: Cell::new(Older::Maybe),
            divider: RefCell::default(),
            is_new: Cell::new(true),
            place: Cell::default(),
            draft: RefCell::default(),
        }
    }

    /// The room, if it is one.
    pub(super) fn room(&self) -> Option<&str> {
        match &self.kind {
            Kind::Room(room) => Some(room),
            Kind::Whispers(_) => None,
        }
    }

    /// Whom one whispers with here, if one does.
    pub(super) fn partner(&self) -> Option<Partner> {
        match &self.kind {
            Kind::Room(_) => None,
            Kind::Whispers(partner) => Some(partner.borrow().clone()),
        }
    }

    /// The partner is known by this ID and name now.
    pub(super) fn set_partner(&self, known: Partner) {
        if let Kind::Whispers(partner) = &self.kind {
            partner.replace(known);
        }
    }

    /// The partner is not here by the ID that was known: only the name is left.
    pub(super) fn forget_id(&self) {
        if let Kind::Whispers(partner) = &self.kind {
            partner.borrow_mut().id = None;
        }
    }

    /// What it is called.
    pub(super) fn name(&self) -> String {
        match &self.kind {
            Kind::Room(room) => room.clone(),
            Kind::Whispers(partner) => partner.borrow().name.clone(),
        }
    }

    /// The server's rooms are new: what comes joins on to nothing above.
    pub(super) fn break_off(&self) {
        self.oldest.take();
        self.older.set(Older::Maybe);
    }

    /// What is above the mark was read.
    pub(super) fn remove_divider(&self) {
        if let Some(divider) = self.divider.take() {
            divider.remove();
        }
    }
}
