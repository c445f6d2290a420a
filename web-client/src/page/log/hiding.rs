//! Lines that are not to be seen any more: those that a moderator has removed without a trace,
//! and those of users whom the user blocks.

use guildhall_client::UserId;
use guildhall_client::session::LineChange;
use guildhall_protocol::Member;
use wasm_bindgen::JsCast as _;
use web_sys::{Element, HtmlElement};

use crate::page::elements::all;
use crate::page::log::conversation_view::ConversationView;
use crate::page::log::message_log::MessageLog;
use crate::page::user_action::UserAction;

impl MessageLog {
    /// All lines of the room up to that of `change` are gone, or those of one user.
    pub(in crate::page) fn remove_lines(
        &self,
        view: &ConversationView,
        change: &LineChange,
        user: Option<UserId>,
    ) {
        let LineChange { epoch, line, .. } = *change;
        let mut selector = ["[data-epoch=\"", &epoch.to_string(), "\"]"].concat();
        if let Some(user) = user {
            selector.extend(["[data-sender=\"", &user.to_string(), "\"]"]);
        }
        let had_focus = self.has_focus_in(&view.list);
        let mut count = 0;
        for item in all(&view.list, &selector) {
            if ConversationView::seq(&item).is_none_or(|seq| seq > line) {
                continue;
            }
            // The name above it is gone.
            if let Some(next) = item.next_element_sibling() {
                // Fails only for a name with white space.
                let _ = next.class_list().remove_1("continued");
            }
            item.remove();
            count += 1;
        }
        view.scrollback.borrow_mut().remove(count, |message| {
            let is_of_user = user.is_none_or(|user| user == message.sender);
            let known = message.line.as_ref();
            is_of_user && known.is_some_and(|(it, known)| *it == epoch && known.seq <= line)
        });
        self.show_quotes(view, "[data-jump]");
        self.keep_focus(view, had_focus);
    }

    /// Hides what users whom the user blocks have said, and shows what all others have.
    pub(in crate::page) fn hide_blocked(&self, view: &ConversationView) {
        let had_focus = self.has_focus_in(&view.list);
        for item in all(&view.list, ".message") {
            self.hide_if_blocked(&item);
        }
        self.show_quotes(view, "[data-jump]");
        self.keep_focus(view, had_focus);
    }

    /// Hides a message of a user whom the user blocks.
    pub(super) fn hide_if_blocked(&self, item: &Element) {
        let sender = item.get_attribute("data-sender").unwrap_or_default();
        let account = item.get_attribute("data-user").unwrap_or_default();
        let is_it = |blocked: &Member| {
            blocked.id.to_string() == sender || (!account.is_empty() && blocked.user == account)
        };
        let is_blocked = self.blocked.borrow().iter().any(is_it);
        let is_own = item.has_attribute("data-own");
        let item = item.unchecked_ref::<HtmlElement>();
        item.set_hidden(is_blocked && !is_own);
    }

    fn has_focus_in(&self, list: &Element) -> bool {
        let active = self.document.active_element();
        active.is_some_and(|active| list.contains(Some(&active)))
    }

    /// If what had the focus is not to be seen any more, the textbox gets it.
    fn keep_focus(&self, view: &ConversationView, had_focus: bool) {
        let active = self.document.active_element();
        let is_seen = active.is_some_and(|active| {
            view.list.contains(Some(&active)) && !matches!(active.closest("[hidden]"), Ok(Some(_)))
        });
        if had_focus && !is_seen {
            (self.dispatch)(UserAction::FocusInput);
        }
    }
}
