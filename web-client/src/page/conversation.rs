//! One conversation: a room, or the whispers with one user. It owns the list of its
//! entries, its outbox, its draft and the place where its reader was.

use std::cell::{Cell, RefCell};

use guildhall_client::ClientId;
use web_sys::{Document, Element};

use crate::scrollback::Scrollback;

use super::elements::{append, child, set};
use super::localized_texts::LocalizedTexts;
use super::outbox::Outbox;
use super::renderer::Context;

/// The user at the other end of whispers.
#[derive(Clone)]
pub(super) struct Partner {
    /// `None` once the server no longer knows this ID: another user may have it now.
    pub(super) id: Option<ClientId>,
    pub(super) name: String,
}

/// Whether the server has lines before the oldest one that is shown.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum OlderLines {
    /// There may be some.
    Possible,
    /// They were asked for.
    Loading,
    /// There are none.
    None,
}

enum Kind {
    Room(String),
    Whispers(RefCell<Partner>),
}

/// One conversation.
pub(super) struct Conversation {
    /// Its number, which no other conversation ever gets.
    pub(super) number: u32,
    kind: Kind,
    /// Contains the list and, below it, the outbox.
    pub(super) element: Element,
    pub(super) list: Element,
    pub(super) outbox: Outbox,
    pub(super) texts: LocalizedTexts,
    pub(super) scrollback: RefCell<Scrollback>,
    /// The oldest line that older ones go above: the first one after the room was
    /// joined without being resumed.
    pub(super) oldest: RefCell<Option<Element>>,
    pub(super) older: Cell<OlderLines>,
    pub(super) divider: RefCell<Option<Element>>,
    /// Whether the lines that are replayed now were said before the user joined.
    pub(super) is_new: Cell<bool>,
    /// How far it was scrolled, in pixels; `None`: to the end.
    pub(super) scroll_top: Cell<Option<i32>>,
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
            older: Cell::new(OlderLines::Possible),
            divider: RefCell::default(),
            is_new: Cell::new(true),
            scroll_top: Cell::default(),
            draft: RefCell::default(),
        }
    }

    /// The name of the room, if this is one.
    pub(super) fn room(&self) -> Option<&str> {
        match &self.kind {
            Kind::Room(room) => Some(room),
            Kind::Whispers(_) => None,
        }
    }

    /// The partner, if these are whispers.
    pub(super) fn partner(&self) -> Option<Partner> {
        match &self.kind {
            Kind::Room(_) => None,
            Kind::Whispers(partner) => Some(partner.borrow().clone()),
        }
    }

    /// Replaces what is known of the partner.
    pub(super) fn set_partner(&self, known: Partner) {
        if let Kind::Whispers(partner) = &self.kind {
            partner.replace(known);
        }
    }

    /// Forgets the partner's ID, which is no longer valid, and keeps the name.
    pub(super) fn forget_id(&self) {
        if let Kind::Whispers(partner) = &self.kind {
            partner.borrow_mut().id = None;
        }
    }

    /// The name of the room or of the partner.
    pub(super) fn name(&self) -> String {
        match &self.kind {
            Kind::Room(room) => room.clone(),
            Kind::Whispers(partner) => partner.borrow().name.clone(),
        }
    }

    /// What the renderer needs to know of it.
    pub(super) fn context(&self) -> Context<'_> {
        Context {
            texts: &self.texts,
            partner: self.partner().map(|partner| partner.name),
        }
    }

    /// The room was joined anew: lines that come now do not follow those above.
    pub(super) fn break_off(&self) {
        self.oldest.take();
        self.older.set(OlderLines::Possible);
    }

    /// Removes the divider, because the user has read what is above it.
    pub(super) fn remove_divider(&self) {
        if let Some(divider) = self.divider.take() {
            divider.remove();
        }
    }
}
