//! All conversations, in the order of their tabs.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use guildhall_client::{ClientId, RequestId};
use web_sys::Document;

use super::conversation::{Conversation, Partner};

/// All conversations.
pub(super) struct Conversations {
    document: Document,
    all: RefCell<Vec<Rc<Conversation>>>,
    last_number: Cell<u32>,
}

impl Conversations {
    pub(super) fn new(document: &Document) -> Self {
        Self {
            document: document.clone(),
            all: RefCell::default(),
            last_number: Cell::new(0),
        }
    }

    /// All of them, in order.
    pub(super) fn all(&self) -> Vec<Rc<Conversation>> {
        self.all.borrow().clone()
    }

    pub(super) fn by_number(&self, number: u32) -> Option<Rc<Conversation>> {
        self.find(|conversation| conversation.number == number)
    }

    /// The conversation of this room.
    pub(super) fn of_room(&self, room: &str) -> Option<Rc<Conversation>> {
        self.find(|conversation| conversation.room() == Some(room))
    }

    /// The conversation whose outbox contains this message.
    pub(super) fn with_message(&self, nonce: RequestId) -> Option<Rc<Conversation>> {
        self.find(|conversation| conversation.outbox.has(nonce))
    }

    /// The whispers with this ID, or else with this name: a user that reconnects may get
    /// another ID, and the server lets no two users have the same name at one time.
    pub(super) fn of_partner(&self, id: ClientId, name: &str) -> Option<Rc<Conversation>> {
        let partner = |conversation: &Conversation| conversation.partner();
        self.find(|conversation| {
            partner(conversation).is_some_and(|partner| partner.id == Some(id))
        })
        .or_else(|| {
            self.find(|conversation| partner(conversation).is_some_and(|known| known.name == name))
        })
    }

    /// The whispers with this name, without regard to upper and lower case.
    pub(super) fn of_name(&self, name: &str) -> Option<Rc<Conversation>> {
        let name = name.to_lowercase();
        self.find(|conversation| {
            let partner = conversation.partner();
            partner.is_some_and(|partner| partner.name.to_lowercase() == name)
        })
    }

    /// Adds the conversation of this room.
    pub(super) fn open_room(&self, room: &str) -> Rc<Conversation> {
        let number = self.next_number();
        self.push(Conversation::of_room(&self.document, number, room.into()))
    }

    /// Adds the whispers with this partner.
    pub(super) fn open_whispers(&self, partner: Partner) -> Rc<Conversation> {
        let number = self.next_number();
        self.push(Conversation::of_whispers(&self.document, number, partner))
    }

    /// Removes a conversation. Returns its neighbour, which is shown instead.
    pub(super) fn remove(&self, number: u32) -> Option<Rc<Conversation>> {
        let mut all = self.all.borrow_mut();
        let index = all
            .iter()
            .position(|conversation| conversation.number == number)?;
        all.remove(index);
        all.get(index.min(all.len().saturating_sub(1))).cloned()
    }

    fn find(&self, fits: impl Fn(&Conversation) -> bool) -> Option<Rc<Conversation>> {
        let all = self.all.borrow();
        all.iter().find(|conversation| fits(conversation)).cloned()
    }

    fn push(&self, conversation: Conversation) -> Rc<Conversation> {
        let conversation = Rc::new(conversation);
        self.all.borrow_mut().push(Rc::clone(&conversation));
        conversation
    }

    fn next_number(&self) -> u32 {
        let number = self.last_number.get() + 1;
        self.last_number.set(number);
        number
    }
}
