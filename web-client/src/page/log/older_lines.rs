//! Older lines of the conversation that is shown: they are loaded when the user scrolls up,
//! also those that the log has removed, and the top of the log says how far they go.

use guildhall_client::conversations::{Conversation, OlderLines};
use guildhall_client::texts;

use crate::scrollback::{Entry, Message};

use crate::page::elements::append;
use crate::page::log::conversation_view::ConversationView;
use crate::page::log::message_log::MessageLog;
use crate::page::user_action::UserAction;

/// Older lines are fetched if no more than this is left above, in CSS pixels.
const NEAR_OLDEST: i32 = 300;

impl MessageLog {
    /// Adds older lines of `conversation`, oldest first, above the others. What the
    /// user reads does not move on the screen.
    pub(in crate::page) fn put_older(&self, view: &ConversationView, lines: Vec<Message>) {
        let added = view.scrollback.borrow_mut().older(lines);
        let is_shown = (self.shown.borrow().as_ref()).is_some_and(|it| it.id == view.id);
        if is_shown {
            self.silence();
        }
        let before = self.log.scroll_height();
        let top = self.log.scroll_top();
        let below = view.oldest.borrow().clone();
        let is_near = below
            .as_ref()
            .is_none_or(|below| self.top_of(below) <= top + NEAR_OLDEST);
        let lines = self.document.create_document_fragment();
        let context = self.context(view);
        let mut first = None;
        for added in &added {
            let element = self.renderer.entry(&context, added);
            if let Entry::Message(message) = &added.entry {
                self.add_details(view, &context, &element, message);
            }
            append(&lines, &element);
            first.get_or_insert(element);
        }
        let below = below.as_ref().map(wasm_bindgen::JsCast::unchecked_ref);
        // Fails only if `below` is not in this list, and it is.
        let _ = view.list.insert_before(&lines, below);
        if first.is_some() {
            view.oldest.replace(first);
        }
        if is_shown {
            self.show_older_hint();
            if self.following.get() {
                self.to_end();
            } else if is_near {
                self.log
                    .set_scroll_top(top + self.log.scroll_height() - before);
            }
        }
    }

    /// Asks for older lines if the user has scrolled close to the oldest one.
    pub(in crate::page) fn fetch_older_if_near(&self, view: &ConversationView) {
        if self.of(view, Conversation::older) != Some(OlderLines::Possible) {
            return;
        }
        let near = (view.oldest.borrow().as_ref())
            .is_some_and(|oldest| self.top_of(oldest) + NEAR_OLDEST >= self.log.scroll_top());
        if near {
            (self.dispatch)(UserAction::LoadOlder);
            self.show_older_hint();
        }
    }

    /// Shows what is above the oldest line: that older ones are loading, for example.
    pub(in crate::page) fn show_older_hint(&self) {
        let words = match self.shown.borrow().as_ref() {
            Some(view) if view.scrollback.borrow().is_empty() || self.is_whispers(view) => "",
            Some(view) => match self.of(view, Conversation::older) {
                None | Some(OlderLines::Possible) => "",
                Some(OlderLines::Loading) => self.localizer.get(texts::LOADING_OLDER),
                Some(OlderLines::None) if view.begins_with_first_line() => {
                    self.localizer.get(texts::NO_OLDER)
                }
                Some(OlderLines::None) => self.localizer.get(texts::OLDER_GONE),
                // Of a room that the user is in no more, the rules tell enough.
                Some(OlderLines::Forbidden)
                    if self.of(view, Conversation::removed) != Some(None) =>
                {
                    ""
                }
                Some(OlderLines::Forbidden) => self.localizer.get(texts::ROOM_NO_HISTORY),
            },
            None => "",
        };
        self.older.set_text_content(Some(words));
        self.show_empty_hint();
    }

    /// If the line that older ones go above was removed, the next one takes its place. What
    /// is not shown any more can be loaded again.
    pub(super) fn forget_removed(&self, view: &ConversationView, has_dropped: bool) {
        let oldest = view.oldest.borrow().clone();
        let is_removed = oldest.is_some_and(|oldest| !view.list.contains(Some(&oldest)));
        if is_removed {
            view.oldest.replace(view.first_message());
        }
        if is_removed || has_dropped {
            view.lacks_lines.set(true);
        }
        let seq = view
            .oldest
            .borrow()
            .as_ref()
            .and_then(ConversationView::seq);
        if view.lacks_lines.get()
            && let Some(seq) = seq
        {
            view.lacks_lines.set(false);
            (self.dispatch)(UserAction::ForgetBefore(view.id, seq));
        }
    }
}
