//! The elements of `index.html`, found once, and functions for any element.

use guildhall_client::UserId;
use guildhall_client::texts::Language;
use wasm_bindgen::prelude::*;
use web_sys::{
    Document, Element, Event, HtmlDialogElement, HtmlElement, HtmlInputElement, HtmlSelectElement,
    HtmlTextAreaElement, Node, Window,
};

use crate::avatar::Avatar;

/// The elements that the page works with. `page` says what each is for.
pub(super) struct Elements {
    pub(super) window: Window,
    pub(super) document: Document,
    pub(super) language: HtmlSelectElement,
    pub(super) own: HtmlElement,
    own_avatar: HtmlElement,
    own_name: HtmlElement,
    pub(super) status: HtmlElement,
    pub(super) trouble: HtmlElement,
    pub(super) reason: HtmlElement,
    pub(super) ended: HtmlElement,
    pub(super) ended_appeal: HtmlElement,
    pub(super) now: HtmlElement,
    pub(super) tabs: HtmlElement,
    pub(super) tab_list: HtmlElement,
    pub(super) add: HtmlElement,
    pub(super) room_settings: HtmlElement,
    pub(super) people: HtmlElement,
    pub(super) count: HtmlElement,
    pub(super) members: HtmlElement,
    pub(super) too_many: HtmlElement,
    pub(super) member_list: HtmlElement,
    pub(super) blocked_people: HtmlElement,
    pub(super) topic: HtmlElement,
    pub(super) panel: HtmlElement,
    pub(super) log: HtmlElement,
    loading: HtmlElement,
    pub(super) empty: HtmlElement,
    pub(super) older: HtmlElement,
    pub(super) shown_conversation: HtmlElement,
    pub(super) newest: HtmlElement,
    pub(super) rules: HtmlElement,
    pub(super) wait: HtmlElement,
    pub(super) appeal: HtmlElement,
    pub(super) join_again: HtmlElement,
    pub(super) choices: HtmlElement,
    pub(super) message: HtmlTextAreaElement,
    pub(super) send: HtmlElement,
    pub(super) hint: HtmlElement,
    pub(super) counter: HtmlElement,
    pub(super) name_dialog: HtmlDialogElement,
    pub(super) name_form: HtmlElement,
    pub(super) name: HtmlInputElement,
    pub(super) name_hint: HtmlElement,
    pub(super) skip: HtmlElement,
    pub(super) join_dialog: HtmlDialogElement,
    pub(super) join_form: HtmlElement,
    pub(super) room: HtmlInputElement,
    pub(super) join_hint: HtmlElement,
    pub(super) join_error: HtmlElement,
    pub(super) room_list: HtmlElement,
    pub(super) shut: HtmlElement,
    pub(super) tab_dialog: HtmlDialogElement,
    pub(super) be_another: HtmlElement,
    pub(super) go_on_here: HtmlElement,
    pub(super) line_menu: HtmlDialogElement,
    pub(super) line_react: HtmlElement,
    pub(super) line_reply: HtmlElement,
    pub(super) line_edit: HtmlElement,
    pub(super) line_remove: HtmlElement,
    pub(super) user_whisper: HtmlElement,
    pub(super) user_block: HtmlElement,
    pub(super) user_report: HtmlElement,
    pub(super) user_moderate: HtmlElement,
    pub(super) target: HtmlElement,
    pub(super) target_words: HtmlElement,
    pub(super) target_end: HtmlElement,
    pub(super) form_dialog: HtmlDialogElement,
    pub(super) form: HtmlElement,
    pub(super) form_title: HtmlElement,
    pub(super) form_more: HtmlElement,
    pub(super) form_action: HtmlSelectElement,
    pub(super) form_times: HtmlElement,
    pub(super) form_time: HtmlSelectElement,
    pub(super) form_places: HtmlElement,
    pub(super) form_place: HtmlSelectElement,
    pub(super) form_reasons: HtmlElement,
    pub(super) form_reason: HtmlSelectElement,
    pub(super) form_words_label: HtmlElement,
    pub(super) form_words: HtmlInputElement,
    pub(super) form_addresses: HtmlElement,
    pub(super) form_address: HtmlInputElement,
    pub(super) form_slow: HtmlSelectElement,
    pub(super) form_announce: HtmlInputElement,
    pub(super) form_clear: HtmlElement,
    pub(super) block_list: HtmlElement,
    pub(super) form_hint: HtmlElement,
    pub(super) form_receipt: HtmlElement,
    pub(super) form_shut: HtmlElement,
    pub(super) form_send: HtmlElement,
    pub(super) search: HtmlElement,
    pub(super) search_dialog: HtmlDialogElement,
    pub(super) search_form: HtmlElement,
    pub(super) words: HtmlInputElement,
    pub(super) search_hint: HtmlElement,
    pub(super) found: HtmlElement,
    pub(super) search_on: HtmlElement,
    pub(super) search_shut: HtmlElement,
}

impl Elements {
    /// Finds them all. Throws if one is missing, with its ID.
    pub(super) fn find(window: Window, document: Document) -> Self {
        let find = |id: &str| by_id(&document, id);
        Self {
            language: find("language").unchecked_into(),
            own: find("own"),
            own_avatar: find("own-avatar"),
            own_name: find("own-name"),
            status: find("status"),
            trouble: find("trouble"),
            reason: find("reason"),
            ended: find("ended"),
            ended_appeal: find("ended-appeal"),
            now: find("now"),
            tabs: find("tabs"),
            tab_list: find("tab-list"),
            add: find("add"),
            room_settings: find("room-settings"),
            people: find("people"),
            count: find("count"),
            members: find("members"),
            too_many: find("too-many"),
            member_list: find("member-list"),
            blocked_people: find("blocked-people"),
            topic: find("topic"),
            panel: find("panel"),
            log: find("log"),
            loading: find("loading"),
            empty: find("empty"),
            older: find("older"),
            shown_conversation: find("shown-conversation"),
            newest: find("newest"),
            rules: find("rules"),
            wait: find("wait"),
            appeal: find("appeal"),
            join_again: find("join-again"),
            choices: find("choices"),
            message: find("message").unchecked_into(),
            send: find("send"),
            hint: find("hint"),
            counter: find("counter"),
            name_dialog: find("name-dialog").unchecked_into(),
            name_form: find("name-form"),
            name: find("name").unchecked_into(),
            name_hint: find("name-hint"),
            skip: find("skip"),
            join_dialog: find("join-dialog").unchecked_into(),
            join_form: find("join-form"),
            room: find("room").unchecked_into(),
            join_hint: find("join-hint"),
            join_error: find("join-error"),
            room_list: find("room-list"),
            shut: find("shut"),
            tab_dialog: find("tab-dialog").unchecked_into(),
            be_another: find("be-another"),
            go_on_here: find("go-on-here"),
            line_menu: find("line-menu").unchecked_into(),
            line_react: find("line-react"),
            line_reply: find("line-reply"),
            line_edit: find("line-edit"),
            line_remove: find("line-remove"),
            user_whisper: find("user-whisper"),
            user_block: find("user-block"),
            user_report: find("user-report"),
            user_moderate: find("user-moderate"),
            target: find("target"),
            target_words: find("target-words"),
            target_end: find("target-end"),
            form_dialog: find("form-dialog").unchecked_into(),
            form: find("form"),
            form_title: find("form-title"),
            form_more: find("form-more"),
            form_action: find("form-action").unchecked_into(),
            form_times: find("form-times"),
            form_time: find("form-time").unchecked_into(),
            form_places: find("form-places"),
            form_place: find("form-place").unchecked_into(),
            form_reasons: find("form-reasons"),
            form_reason: find("form-reason").unchecked_into(),
            form_words_label: find("form-words-label"),
            form_words: find("form-words").unchecked_into(),
            form_addresses: find("form-addresses"),
            form_address: find("form-address").unchecked_into(),
            form_slow: find("form-slow").unchecked_into(),
            form_announce: find("form-announce").unchecked_into(),
            form_clear: find("form-clear"),
            block_list: find("block-list"),
            form_hint: find("form-hint"),
            form_receipt: find("form-receipt"),
            form_shut: find("form-shut"),
            form_send: find("form-send"),
            search: find("search"),
            search_dialog: find("search-dialog").unchecked_into(),
            search_form: find("search-form"),
            words: find("words").unchecked_into(),
            search_hint: find("search-hint"),
            found: find("found"),
            search_on: find("search-on"),
            search_shut: find("search-shut"),
            document,
            window,
        }
    }

    /// Hides "Loading the chat…": the page works from here on.
    pub(super) fn loaded(&self) {
        self.loading.set_hidden(true);
    }

    /// Lists the languages that there are, with this one chosen.
    pub(super) fn offer_languages(&self, chosen: Language) {
        self.language.set_text_content(None);
        for language in Language::ALL {
            let option = child(&self.document, "option", "", language.name());
            set(&option, "value", language.tag());
            set(&option, "lang", language.tag());
            append(&self.language, &option);
        }
        self.language.set_value(chosen.tag());
    }

    /// Shows the user's own name and avatar in the header.
    pub(super) fn show_own(&self, id: UserId, name: &str) {
        self.own_name.set_text_content(Some(name));
        show_avatar(&self.own_avatar, Avatar::new(id));
        self.own.set_hidden(false);
    }
}

/// A new element that contains `text`, as text.
pub(super) fn child(document: &Document, name: &str, class: &str, text: &str) -> Element {
    let element = document
        .create_element(name)
        .expect("the names of elements are all written in this page's code");
    if !class.is_empty() {
        element.set_class_name(class);
    }
    element.set_text_content(Some(text));
    element
}

/// A new button that does not submit a form.
pub(super) fn button(document: &Document, class: &str, text: &str) -> HtmlElement {
    let button = child(document, "button", class, text);
    set(&button, "type", "button");
    button.unchecked_into()
}

/// Puts `child` at the end of `parent`.
pub(super) fn append(parent: &Node, child: &Node) {
    // Fails only for a child that contains its parent.
    let _ = parent.append_child(child);
}

/// Sets an attribute.
pub(super) fn set(element: &Element, attribute: &str, value: &str) {
    // Fails only for an invalid name.
    let _ = element.set_attribute(attribute, value);
}

/// Sets the text if it has changed: a screen reader tells what changes.
pub(super) fn set_text(element: &Element, text: &str) {
    if element.text_content().as_deref() != Some(text) {
        element.set_text_content(Some(text));
    }
}

/// Gives the focus to `element`.
pub(super) fn focus(element: &HtmlElement) {
    // Never fails in a document.
    let _ = element.focus();
}

/// The closest element around what an event is about, itself included, that fits a selector.
pub(super) fn closest(event: &Event, selector: &str) -> Option<Element> {
    let target = event.target()?.dyn_into::<Element>().ok()?;
    target.closest(selector).ok()?
}

/// The first element in another one that fits a selector.
pub(super) fn first(within: &Element, selector: &str) -> Option<Element> {
    within.query_selector(selector).ok()?
}

/// All elements in another one that fit a selector.
pub(super) fn all(within: &Element, selector: &str) -> Vec<Element> {
    let mut all = Vec::new();
    if let Ok(found) = within.query_selector_all(selector) {
        for index in 0..found.length() {
            all.extend(found.item(index).map(Node::unchecked_into));
        }
    }
    all
}

/// Makes `element` show this avatar.
pub(super) fn show_avatar(element: &Element, avatar: Avatar) {
    element.set_class_name(&["avatar avatar-", &avatar.pattern.to_string()].concat());
    tint(element, avatar);
}

/// Tells the style sheet the avatar's hue, through CSSOM: a strict content security
/// policy allows that and forbids style attributes.
pub(super) fn tint(element: &Element, avatar: Avatar) {
    let style = element.unchecked_ref::<HtmlElement>().style();
    // Fails only for a read-only style, and this is the element's own.
    let _ = style.set_property("--hue", &avatar.hue.to_string());
}

/// The lower right corner of an element, below which its menu opens.
pub(super) fn corner(element: &Element) -> (i32, i32) {
    let place = element.get_bounding_client_rect();
    // Whole pixels: to write fractions is kilobytes of code.
    #[expect(clippy::cast_possible_truncation, reason = "it saturates")]
    let corner = (place.right() as i32, place.bottom() as i32);
    corner
}

/// Calls `handler` at each event named `event`, for the life of the page.
pub(super) fn on<E: JsCast + wasm_bindgen::convert::FromWasmAbi + 'static>(
    target: &web_sys::EventTarget,
    event: &str,
    handler: impl Fn(E) + 'static,
) {
    let handler: Closure<dyn Fn(E)> = Closure::new(handler);
    // Fails only if the listener is not a function.
    let _ = target.add_event_listener_with_callback(event, handler.as_ref().unchecked_ref());
    handler.forget();
}

/// Throws at once: passing an error through the results of all callers would be a
/// good part of the bytes that a player loads.
fn by_id(document: &Document, id: &str) -> HtmlElement {
    match document.get_element_by_id(id) {
        Some(element) => element.unchecked_into(),
        None => wasm_bindgen::throw_str(&["the page has no #", id].concat()),
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_markup_has_every_element_that_the_page_looks_for() {
        let markup = include_str!("../../page/index.html");
        let (code, _) = include_str!("elements.rs")
            .split_once("#[cfg(test)]")
            .unwrap();
        let ids: Vec<_> = (code.split("find(\"").skip(1))
            .filter_map(|rest| rest.split_once('"'))
            .collect();
        assert!(ids.len() > 30, "{}", ids.len());
        for (id, _) in ids {
            assert_eq!(markup.matches(&format!("id=\"{id}\"")).count(), 1, "{id}");
        }
    }
}
