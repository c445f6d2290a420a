//! The views of all conversations.

use std::cell::RefCell;
use std::rc::Rc;

use guildhall_client::RequestId;
use guildhall_client::conversations::{Conversation, ConversationId, Conversations};
use web_sys::Document;

use crate::page::log::conversation_view::ConversationView;

/// One view for each conversation.
pub(in crate::page) struct Views {
    document: Document,
    all: RefCell<Vec<Rc<ConversationView>>>,
}

impl Views {
    pub(in crate::page) fn new(document: &Document) -> Self {
        Self {
            document: document.clone(),
            all: RefCell::default(),
        }
    }

    /// All of them.
    pub(in crate::page) fn all(&self) -> Vec<Rc<ConversationView>> {
        self.all.borrow().clone()
    }

    pub(in crate::page) fn get(&self, id: ConversationId) -> Option<Rc<ConversationView>> {
        self.find(|view| view.id == id)
    }

    /// The view whose outbox contains this message.
    pub(in crate::page) fn with_message(&self, nonce: RequestId) -> Option<Rc<ConversationView>> {
        self.find(|view| view.outbox.has(nonce))
    }

    /// Adds views of new conversations and removes those of closed ones. Returns whether
    /// there were any.
    pub(in crate::page) fn update(&self, conversations: &Conversations) -> bool {
        let mut all = self.all.borrow_mut();
        let before = all.len();
        all.retain(|view| conversations.get(view.id).is_some());
        let mut changed = all.len() != before;
        for id in conversations.iter().map(Conversation::id) {
            if !all.iter().any(|view| view.id == id) {
                all.push(Rc::new(ConversationView::new(&self.document, id)));
                changed = true;
            }
        }
        changed
    }

    fn find(&self, fits: impl Fn(&ConversationView) -> bool) -> Option<Rc<ConversationView>> {
        let all = self.all.borrow();
        all.iter().find(|view| fits(view)).cloned()
    }
}
