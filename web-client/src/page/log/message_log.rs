//! The log: it shows one conversation, adds entries together, removes old ones, and
//! follows the newest unless the user has scrolled up.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use guildhall_client::RequestId;
use guildhall_client::conversations::{Conversation, Conversations};
use guildhall_client::texts;
use guildhall_protocol::Member;
use wasm_bindgen::prelude::*;
use web_sys::{Document, Element, Event, HtmlElement, KeyboardEvent, ResizeObserver};

use crate::scrollback::{Added, Entry, Update};
use crate::timer::Timer;

use crate::page::elements::{Elements, append, closest, focus, on, set};
use crate::page::language::localizer::{Localizer, isolated};
use crate::page::log::conversation_view::ConversationView;
use crate::page::log::renderer::{Context, Renderer};
use crate::page::user_action::{Dispatch, UserAction};
use crate::page::user_look::UserLook;

/// A position this close to the end counts as the end, in CSS pixels.
const NEAR_END: i32 = 48;

/// How long a screen reader is kept from reading entries that were added silently.
const SILENT_MILLIS: u32 = 500;

/// The log.
pub(in crate::page) struct MessageLog {
    pub(super) document: Document,
    pub(super) log: HtmlElement,
    container: HtmlElement,
    empty: HtmlElement,
    pub(super) older: HtmlElement,
    newest: HtmlElement,
    pub(in crate::page) renderer: Renderer,
    pub(super) localizer: Rc<Localizer>,
    conversations: Rc<RefCell<Conversations>>,
    pub(super) shown: RefCell<Option<Rc<ConversationView>>>,
    pub(super) following: Cell<bool>,
    /// How far the log was scrolled when that was last looked at.
    last_top: Cell<i32>,
    silence: RefCell<Option<Timer>>,
    /// Whom the user blocks.
    pub(in crate::page) blocked: RefCell<Vec<Member>>,
    pub(super) dispatch: Dispatch,
}

impl MessageLog {
    /// Creates the log, which listens to the user.
    pub(in crate::page) fn start(
        elements: &Elements,
        localizer: &Rc<Localizer>,
        look: &Rc<UserLook>,
        conversations: &Rc<RefCell<Conversations>>,
        dispatch: &Dispatch,
    ) -> Result<Rc<Self>, JsValue> {
        let log = Rc::new(Self {
            document: elements.document.clone(),
            log: elements.log.clone(),
            container: elements.shown_conversation.clone(),
            empty: elements.empty.clone(),
            older: elements.older.clone(),
            newest: elements.newest.clone(),
            renderer: Renderer::new(&elements.document, localizer, look)?,
            localizer: Rc::clone(localizer),
            conversations: Rc::clone(conversations),
            shown: RefCell::default(),
            following: Cell::new(true),
            last_top: Cell::new(0),
            silence: RefCell::default(),
            blocked: RefCell::default(),
            dispatch: Rc::clone(dispatch),
        });
        let scrolled = Rc::clone(&log);
        on(&log.log, "scroll", move |_: Event| scrolled.scrolled());
        let keyed = Rc::clone(&log);
        on(&log.log, "keydown", move |event: KeyboardEvent| {
            keyed.key(&event);
        });
        let jumping = Rc::clone(&log);
        let message = elements.message.clone();
        on(&log.newest, "click", move |_: Event| {
            jumping.jump();
            // The button disappears, so the focus moves to the textbox.
            focus(&message);
        });
        let pressed = Rc::clone(&log);
        on(&log.container, "click", move |event: Event| {
            pressed.pressed(&event);
        });
        log.follow_on_resize()?;
        Ok(log)
    }

    /// The conversation that is shown.
    pub(in crate::page) fn shown(&self) -> Option<Rc<ConversationView>> {
        self.shown.borrow().clone()
    }

    /// Whether the user sees the newest entry of the conversation that is shown.
    pub(in crate::page) fn sees_newest(&self) -> bool {
        self.following.get() && !self.document.hidden()
    }

    /// What the renderer needs to know of a conversation.
    pub(in crate::page) fn context<'a>(&self, view: &'a ConversationView) -> Context<'a> {
        let partner = self.of(view, |conversation| {
            Some(conversation.partner()?.name.clone())
        });
        Context {
            texts: &view.texts,
            partner: partner.flatten(),
        }
    }

    pub(super) fn is_whispers(&self, view: &ConversationView) -> bool {
        self.of(view, |conversation| conversation.partner().is_some()) == Some(true)
    }

    /// Reads something of a view's conversation; `None` if that was closed.
    pub(super) fn of<T>(
        &self,
        view: &ConversationView,
        read: impl FnOnce(&Conversation) -> T,
    ) -> Option<T> {
        self.conversations.borrow().get(view.id).map(read)
    }

    /// Shows another conversation, or none, scrolled to where it was before.
    pub(in crate::page) fn show(&self, view: Option<Rc<ConversationView>>) {
        if let Some(old) = self.shown.take() {
            let top = (!self.following.get()).then(|| self.log.scroll_top());
            old.scroll_top.set(top);
            old.remove_divider();
            old.element.remove();
        }
        self.silence();
        self.following.set(true);
        self.last_top.set(0);
        if let Some(view) = view {
            append(&self.container, &view.element);
            self.following.set(view.scroll_top.get().is_none());
            let top = view.scroll_top.get();
            self.shown.replace(Some(view));
            self.update();
            if let Some(top) = top {
                self.log.set_scroll_top(top);
            }
        } else {
            self.empty.set_hidden(true);
            self.show_older_hint();
        }
        self.show_newest_button();
    }

    /// Shows the newest line and follows from there.
    pub(in crate::page) fn jump(&self) {
        self.following.set(true);
        self.to_end();
        (self.dispatch)(UserAction::MarkRead);
        self.show_newest_button();
    }

    /// Brings the conversation that is shown up to date.
    pub(in crate::page) fn update(&self) {
        let Some(view) = self.shown() else {
            return;
        };
        if self.log.scroll_top() < self.last_top.get() {
            // The browser's event for this comes later.
            self.scrolled();
        }
        let update = view.scrollback.borrow_mut().update();
        if update.silent {
            self.silence();
        }
        let (remove, has_dropped) = (update.remove, update.has_dropped);
        self.add(&view, update);
        self.remove_oldest(&view, remove);
        self.forget_removed(&view, has_dropped);
        view.outbox.remove_delivered();
        view.texts.forget_removed(&view.element);
        let is_empty = view.scrollback.borrow().is_empty() && view.outbox.is_empty();
        self.empty.set_hidden(!is_empty);
        self.show_older_hint();
        if self.following.get() {
            self.to_end();
        }
        self.set_tab_stop(&view);
        self.show_newest_button();
        self.fetch_older_if_near(&view);
    }

    /// Writes the hint for an empty conversation: who will read what is typed here.
    pub(super) fn show_empty_hint(&self) {
        let shown = self.shown();
        let partner = shown.and_then(|view| self.context(&view).partner);
        let (title, more) = match partner {
            Some(partner) => {
                let more = texts::alone_more(self.localizer.language(), &isolated(&partner));
                (texts::ALONE, more)
            }
            None => (texts::QUIET, self.localizer.get(texts::QUIET_MORE).into()),
        };
        let (first, last) = (
            self.empty.first_element_child(),
            self.empty.last_element_child(),
        );
        if let (Some(first), Some(last)) = (first, last) {
            first.set_text_content(Some(self.localizer.get(title)));
            last.set_text_content(Some(&more));
        }
    }

    /// Shows the button that jumps to the newest line, with the number of unread ones.
    pub(in crate::page) fn show_newest_button(&self) {
        self.newest.set_hidden(self.following.get());
        let unread = self
            .shown()
            .and_then(|view| self.of(&view, Conversation::unread))
            .unwrap_or(0);
        let words = match unread {
            0 => self.localizer.get(texts::NEWEST).into(),
            count => texts::newest_count(self.localizer.language(), count as u64),
        };
        self.newest.set_text_content(Some(&words));
    }

    /// Removes the oldest `count` entries. What the user reads does not move on the
    /// screen.
    fn remove_oldest(&self, view: &ConversationView, count: usize) {
        if count == 0 {
            return;
        }
        let before = self.log.scroll_height();
        let divider = view.divider.borrow().clone();
        let mut left = count;
        while left > 0 {
            let Some(oldest) = view.list.first_element_child() else {
                break;
            };
            // The divider does not count.
            left -= usize::from(divider.as_ref() != Some(&oldest));
            oldest.remove();
        }
        if !self.following.get() {
            let gone = before - self.log.scroll_height();
            self.log.set_scroll_top(self.log.scroll_top() - gone);
        }
    }

    fn add(&self, view: &ConversationView, update: Update) {
        let lines = self.document.create_document_fragment();
        let context = self.context(view);
        for added in &update.add {
            self.add_one(view, &context, &lines, added);
        }
        append(&view.list, &lines);
    }

    fn add_one(
        &self,
        view: &ConversationView,
        context: &Context<'_>,
        lines: &web_sys::DocumentFragment,
        added: &Added,
    ) {
        if added.first_unread {
            view.remove_divider();
            let divider = self.renderer.divider(context);
            append(lines, &divider);
            view.divider.replace(Some(divider));
        }
        let element = self.renderer.entry(context, added);
        if let Entry::Message(message) = &added.entry {
            self.add_details(view, context, &element, message);
        }
        append(lines, &element);
        let mut oldest = view.oldest.borrow_mut();
        if matches!(added.entry, Entry::Message(_)) && oldest.is_none() {
            *oldest = Some(element);
        }
    }

    fn pressed(&self, event: &Event) {
        let Some(target) = closest(event, "button") else {
            return;
        };
        let number = |attribute: &str| {
            let nonce = target.get_attribute(attribute)?.parse().ok()?;
            Some(RequestId(nonce))
        };
        if let Some(nonce) = number("data-retry") {
            (self.dispatch)(UserAction::Retry(nonce));
        } else if let Some(nonce) = number("data-discard") {
            (self.dispatch)(UserAction::Discard(nonce));
        } else {
            self.pressed_in_line(&target);
        }
    }

    /// Stops following at a key that scrolls up. The browser scrolls in steps, and a
    /// message that comes in between must not pull the user back.
    fn key(&self, event: &KeyboardEvent) {
        let key = event.key();
        let key = key.as_str();
        if matches!(key, "ArrowUp" | "ArrowDown") && self.go_to_line_beside(key) {
            return event.prevent_default();
        }
        let moves = self.log.scroll_top() > 0;
        if moves && matches!(key, "Home" | "PageUp" | "ArrowUp") {
            self.following.set(false);
            self.show_newest_button();
        }
    }

    fn scrolled(&self) {
        let at = self.log.scroll_top();
        let left = self.log.scroll_height() - at - self.log.client_height();
        let last_top = self.last_top.replace(at);
        if at == last_top {
            // A late event: its position is known already.
            return;
        }
        // A user who begins to scroll up is not pulled back by a message that comes.
        let goes_up = at < last_top;
        let following = left <= 1 || (left <= NEAR_END && !goes_up);
        if self.following.replace(following) != following {
            if following {
                (self.dispatch)(UserAction::MarkRead);
            }
            self.show_newest_button();
        }
        if let Some(view) = self.shown() {
            self.set_tab_stop(&view);
            self.fetch_older_if_near(&view);
        }
    }

    /// Keeps screen readers from reading aloud what is added now.
    pub(in crate::page) fn silence(&self) {
        set(&self.log, "aria-live", "off");
        let log = self.log.clone();
        let aloud = Timer::after(SILENT_MILLIS, move || set(&log, "aria-live", "polite"));
        self.silence.replace(Some(aloud));
    }

    pub(super) fn top_of(&self, element: &Element) -> i32 {
        let element = element.unchecked_ref::<HtmlElement>();
        element.offset_top() - self.log.offset_top()
    }

    pub(in crate::page) fn to_end(&self) {
        self.log.set_scroll_top(self.log.scroll_height());
        self.last_top.set(self.log.scroll_top());
    }

    /// Keeps following when the log becomes smaller, as when a phone's keyboard opens.
    fn follow_on_resize(self: &Rc<Self>) -> Result<(), JsValue> {
        let log = Rc::clone(self);
        let resized: Closure<dyn Fn()> = Closure::new(move || {
            if log.following.get() {
                log.to_end();
            }
        });
        ResizeObserver::new(resized.as_ref().unchecked_ref())?.observe(&self.log);
        resized.forget();
        Ok(())
    }
}
