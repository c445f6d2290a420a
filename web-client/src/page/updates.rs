//! Brings the page up to date: the notices and entries of the log, and the parts around it.

use std::rc::Rc;

use guildhall_client::conversations::{Conversation, Unread};

use super::Page;
use crate::notice::Notice;
use crate::page::log::conversation_view::ConversationView;
use crate::page::room_rules::Hold;
use crate::scrollback::{Announcement, Entry};
use crate::timer::Timer;

/// Entries that come within this time are shown together, with one layout. A timer
/// and not an animation frame, since a page in the background gets none.
const UPDATE_MILLIS: u32 = 16;

impl Page {
    /// Adds a notice to `view`, or to the one that is shown.
    pub(super) fn add_notice(self: &Rc<Self>, view: Option<Rc<ConversationView>>, notice: Notice) {
        match view.or_else(|| self.log.shown()) {
            Some(view) => {
                self.add_entry(
                    &view,
                    Entry::Notice(notice),
                    Unread::No,
                    Announcement::Aloud,
                );
            }
            // The first conversation will show it.
            None => self.early.borrow_mut().push(notice),
        }
    }

    /// Adds an entry, which is shown a moment later.
    pub(super) fn add_entry(
        self: &Rc<Self>,
        view: &ConversationView,
        entry: Entry,
        unread: Unread,
        announcement: Announcement,
    ) {
        (view.scrollback.borrow_mut()).push(entry, unread, announcement);
        self.schedule_update();
    }

    /// Shows what has changed, a moment later.
    pub(super) fn schedule_update(self: &Rc<Self>) {
        let mut update = self.update.borrow_mut();
        if update.is_none() {
            let page = Rc::clone(self);
            *update = Some(Timer::after(UPDATE_MILLIS, move || {
                page.update.take();
                page.log.update();
                page.keep_up();
                page.refresh();
            }));
        }
    }

    /// Brings the parts around the log up to date.
    pub(super) fn refresh(&self) {
        let conversations = self.conversations.borrow();
        self.tabs.show(&conversations);
        self.log.show_newest_button();
        let session = self.client.session();
        let current = conversations.current();
        let room = current.and_then(Conversation::room);
        let room = room.and_then(|room| session.room(room));
        self.members.show(room, &session);
        self.rules
            .show(room, current.map_or_else(Hold::default, |it| self.hold(it)));
        let may_moderate = room.is_some_and(|room| session.may_moderate(&room.name));
        self.elements.room_settings.set_hidden(!may_moderate);
        let is_closed = current.is_some_and(|it| self.is_closed_to_user(it));
        self.composer.close(is_closed, || self.placeholder());
        let most = session.limits().text_bytes;
        let here = room.map_or(0, |room| room.settings.text_bytes);
        let most = if here > 0 { most.min(here) } else { most };
        self.composer.set_longest(most as usize);
        let title = match conversations.unread() {
            0 => "Guildhall".into(),
            count => ["(", &count.to_string(), ") Guildhall"].concat(),
        };
        if self.elements.document.title() != title {
            self.elements.document.set_title(&title);
        }
    }
}
