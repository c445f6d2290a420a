//! The parts of a shown line that can change: its text, what it replies to, whether it was edited
//! or removed, and the reactions to it. And its buttons.

use guildhall_client::UserId;
use guildhall_client::conversations::{Conversation, KnownLine, KnownReaction};
use guildhall_client::session::{Event, LineChange};
use guildhall_client::texts;
use wasm_bindgen::JsCast as _;
use web_sys::Element;

use crate::notice::Notice;
use crate::scrollback::Message;

use crate::page::elements::{all, append, button, child, corner, first, focus, set, set_text};
use crate::page::log::conversation_view::ConversationView;
use crate::page::log::line_menu::set_pressed;
use crate::page::log::message_log::MessageLog;
use crate::page::log::renderer::Context;
use crate::page::user_action::{LineId, Person, Reported, UserAction};

/// The button of a line's menu. That of a removed line is hidden.
const MENU: &str = ":not(.removed) > .more";

/// A line counts as seen if the log shows so much of it, in CSS pixels.
const LEAST_SEEN: i32 = 40;

impl MessageLog {
    /// Adds to a new element of a line what can change of it, and the button of its menu.
    pub(super) fn add_details(
        &self,
        view: &ConversationView,
        context: &Context<'_>,
        item: &Element,
        message: &Message,
    ) {
        self.hide_if_blocked(item);
        if let Some((epoch, _)) = &message.line {
            set(item, "data-epoch", &epoch.to_string());
        } else if message.own {
            // There is nothing to do about it.
            return;
        }
        // Its words are for the ear. The style sheet gives it a sign.
        let menu = button(&self.document, "more", "");
        let notice = Notice::Text(texts::LINE_MENU);
        self.renderer.show(context, &menu, notice);
        // The newest one is reached by Tab, and from there the others by the arrow keys.
        set(&menu, "tabindex", "-1");
        set(&menu, "aria-haspopup", "dialog");
        append(item, &menu);
        let Some((_, line)) = &message.line else {
            return;
        };
        // It may have changed since it was said.
        self.of(view, |conversation| {
            let known = conversation.line(line.seq).unwrap_or(line);
            self.show_details(context, item, conversation, known);
        });
    }

    /// An earlier line has changed.
    pub(in crate::page) fn show_change(&self, view: &ConversationView, event: &Event) {
        let (Event::LineEdited { change, .. }
        | Event::LineRemoved(change)
        | Event::ReactionsChanged { change, .. }) = event
        else {
            return;
        };
        let LineChange { epoch, line, .. } = *change;
        let context = self.context(view);
        self.of(view, |conversation| {
            if let Some(known) = conversation.line(line)
                && let Some(item) = view.item(epoch, line)
            {
                self.show_details(&context, &item, conversation, known);
            }
        });
        if !matches!(event, Event::ReactionsChanged { .. }) {
            let number = line.to_string();
            self.show_quotes(view, &["[data-jump=\"", &number, "\"]"].concat());
        }
    }

    /// Shows again what replies reply to: a text that was removed is not to be read there.
    pub(super) fn show_quotes(&self, view: &ConversationView, selector: &str) {
        let context = self.context(view);
        self.of(view, |conversation| {
            for quote in all(&view.list, selector) {
                let seq = quote.get_attribute("data-jump");
                let seq = seq.and_then(|seq| seq.parse().ok()).unwrap_or(0);
                let notice = reply_to(conversation, seq);
                self.renderer.show(&context, &quote, notice);
            }
        });
    }

    fn show_details(
        &self,
        context: &Context<'_>,
        item: &Element,
        conversation: &Conversation,
        line: &KnownLine,
    ) {
        let Some(text) = first(item, ".text") else {
            return;
        };
        if line.reply_to > 0 && first(item, ".quote").is_none() {
            let quote = button(&self.document, "quote", "");
            set(&quote, "dir", "auto");
            set(&quote, "data-jump", &line.reply_to.to_string());
            let notice = reply_to(conversation, line.reply_to);
            self.renderer.show(context, &quote, notice);
            // Fails only if the text is not in this element.
            let _ = item.insert_before(&quote, Some(&text));
        }
        if line.removed {
            if !item.class_list().contains("removed") {
                // Fails only for a name with white space.
                let _ = item.class_list().add_1("removed");
                let notice = Notice::Text(texts::MESSAGE_REMOVED);
                self.renderer.show(context, &text, notice);
            }
        } else {
            set_text(&text, &line.text);
            if line.edited > 0 && first(item, ".edited").is_none() {
                let edited = child(&self.document, "span", "edited", "");
                append(item, &edited);
                let notice = Notice::Text(texts::MESSAGE_EDITED);
                self.renderer.show(context, &edited, notice);
            }
        }
        self.show_reactions(item, &line.reactions);
    }

    /// Changes the buttons that are there, so that one of them keeps the focus.
    fn show_reactions(&self, item: &Element, reactions: &[KnownReaction]) {
        let list = first(item, ".reactions");
        if reactions.is_empty() && list.is_none() {
            return;
        }
        let list = list.unwrap_or_else(|| {
            let list = child(&self.document, "div", "reactions", "");
            // They are many, and change often.
            set(&list, "aria-live", "off");
            append(item, &list);
            list
        });
        let buttons = list.children();
        let mut at = 0;
        while let Some(shown) = buttons.item(at) {
            let reaction = shown.get_attribute("data-react");
            if reactions
                .iter()
                .any(|it| Some(&it.reaction) == reaction.as_ref())
            {
                at += 1;
                continue;
            }
            let had_focus = self.document.active_element().as_ref() == Some(&shown);
            shown.remove();
            if had_focus && let Some(menu) = first(item, ".more") {
                focus(menu.unchecked_ref());
            }
        }
        for KnownReaction {
            reaction,
            count,
            own,
        } in reactions
        {
            let mut index = 0;
            let shown = loop {
                let Some(shown) = buttons.item(index) else {
                    let added = button(&self.document, "reaction", "");
                    set(&added, "data-react", reaction);
                    append(&list, &added);
                    break added.unchecked_into();
                };
                if shown.get_attribute("data-react").as_deref() == Some(reaction) {
                    break shown;
                }
                index += 1;
            };
            set_text(&shown, &[reaction, " ", &count.to_string()].concat());
            set_pressed(&shown, *own);
        }
    }

    /// The line around an element of the log.
    pub(super) fn line_around(&self, element: &Element) -> Option<(Element, LineId)> {
        let item = element.closest("[data-epoch]").ok()??;
        let line = LineId {
            conversation: self.shown()?.id,
            epoch: item.get_attribute("data-epoch")?.parse().ok()?,
            seq: ConversationView::seq(&item)?,
        };
        Some((item, line))
    }

    /// Does what a click on a button of a line asks for.
    pub(super) fn pressed_in_line(&self, button: &Element) {
        let Some((_, line)) = self.line_around(button) else {
            return self.pressed_in_whisper(button);
        };
        if let Some(seq) = button.get_attribute("data-jump") {
            let seq = seq.parse().unwrap_or(0);
            let shown = self.shown();
            if let Some(item) = shown.and_then(|view| view.item(line.epoch, seq)) {
                self.jump_to(&item);
            }
        } else if let Some(reaction) = button.get_attribute("data-react") {
            (self.dispatch)(UserAction::React(line, reaction));
        } else {
            (self.dispatch)(UserAction::OpenMenu(line, corner(button)));
        }
    }

    /// The button of a whisper's menu was pressed.
    fn pressed_in_whisper(&self, button: &Element) {
        let open = || {
            let item = button.closest(".message").ok()??;
            let number = item.get_attribute("data-sender")?.parse().ok()?;
            let name = self.context(&*self.shown()?).partner?;
            let text = first(&item, ".text")?.text_content()?;
            let words = [&name, ": ", &text].concat();
            Some(UserAction::OpenUserMenu {
                person: Person {
                    id: UserId(number),
                    account: item.get_attribute("data-user").unwrap_or_default(),
                    name,
                },
                reported: (Reported::Whisper(ConversationView::seq(&item)?), words),
                place: corner(button),
            })
        };
        if let Some(action) = open() {
            (self.dispatch)(action);
        }
    }

    /// Shows a line that is in the log, and gives it the focus.
    fn jump_to(&self, item: &Element) {
        self.following.set(false);
        // The lines above it say what it is about.
        let above = self.log.client_height() / 4;
        self.log.set_scroll_top(self.top_of(item) - above);
        set(item, "tabindex", "-1");
        focus(item.unchecked_ref());
        self.show_newest_button();
    }

    /// The arrow keys go from the button of a line to those of the lines around. Returns whether
    /// one of the buttons had the focus.
    pub(super) fn go_to_line_beside(&self, key: &str) -> bool {
        let active = self.document.active_element();
        let Some(active) = active.filter(|it| it.class_list().contains("more")) else {
            return false;
        };
        let next = |item: &Element| match key {
            "ArrowUp" => item.previous_element_sibling(),
            _ => item.next_element_sibling(),
        };
        let mut beside = active.parent_element().and_then(|item| next(&item));
        while let Some(item) = beside {
            if let Some(menu) = first(&item, MENU) {
                focus(menu.unchecked_ref());
                break;
            }
            beside = next(&item);
        }
        true
    }

    /// Tab reaches the button of one line: the newest one of those that the user sees. So the
    /// focus scrolls nothing.
    pub(super) fn set_tab_stop(&self, view: &ConversationView) {
        let end = self.log.scroll_top() + self.log.client_height();
        let is_seen = |item: &Element| self.following.get() || self.top_of(item) + LEAST_SEEN < end;
        let mut newest = view.list.last_element_child();
        let mut menu = None;
        while let Some(item) = newest {
            menu = first(&item, MENU).filter(|_| is_seen(&item));
            if menu.is_some() {
                break;
            }
            newest = item.previous_element_sibling();
        }
        let before = view.tab_stop.replace(menu.clone());
        if before == menu {
            return;
        }
        for (menu, index) in [(before, "-1"), (menu, "0")] {
            if let Some(menu) = menu {
                set(&menu, "tabindex", index);
            }
        }
    }
}

fn reply_to(conversation: &Conversation, seq: u64) -> Notice {
    let quoted = conversation.line(seq).map(KnownLine::quote);
    Notice::ReplyTo(quoted.map(std::rc::Rc::new))
}
