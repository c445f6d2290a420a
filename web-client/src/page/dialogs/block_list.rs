//! The list of whom the user blocks, with a button for each that ends that.

use std::cell::RefCell;
use std::rc::Rc;

use guildhall_client::UserId;
use guildhall_client::texts;
use guildhall_protocol::Member;
use web_sys::{Document, Event, HtmlElement};

use crate::page::elements::{Elements, append, button, child, closest, on, set};
use crate::page::language::localizer::{Localizer, isolated};
use crate::page::user_action::{Dispatch, Person, UserAction};

/// The list.
pub(super) struct BlockList {
    document: Document,
    list: HtmlElement,
    localizer: Rc<Localizer>,
    people: Rc<RefCell<Vec<Person>>>,
}

impl BlockList {
    /// Creates the list, empty, which listens to the user.
    pub(super) fn start(
        elements: &Elements,
        localizer: &Rc<Localizer>,
        dispatch: &Dispatch,
    ) -> Self {
        let people: Rc<RefCell<Vec<Person>>> = Rc::default();
        let (listed, acting) = (Rc::clone(&people), Rc::clone(dispatch));
        on(&elements.block_list, "click", move |event: Event| {
            let button = closest(&event, "[data-at]");
            let at = button.and_then(|it| it.get_attribute("data-at")?.parse().ok());
            let person = at.and_then(|at: usize| listed.borrow().get(at).cloned());
            if let Some(person) = person {
                let take_back = true;
                acting(UserAction::Block { person, take_back });
            }
        });
        Self {
            document: elements.document.clone(),
            list: elements.block_list.clone(),
            localizer: Rc::clone(localizer),
            people,
        }
    }

    /// Lists these users.
    pub(super) fn show(&self, users: &[Member]) {
        self.list.set_text_content(None);
        let mut people = self.people.borrow_mut();
        people.clear();
        for Member { id, name, user, .. } in users {
            let name = if name.is_empty() { user } else { name };
            let words = texts::unblock_user(self.localizer.language(), &isolated(name));
            let button = button(&self.document, "quiet small", &words);
            set(&button, "data-at", &people.len().to_string());
            set(&button, "dir", "auto");
            let item = child(&self.document, "li", "", "");
            append(&item, &button);
            append(&self.list, &item);
            people.push(Person {
                id: UserId(*id),
                account: user.clone(),
                name: name.clone(),
            });
        }
    }
}
