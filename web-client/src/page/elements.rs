//! The elements of `index.html`, found once, and functions for any element.

use guildhall_client::UserId;
use guildhall_client::texts::Language;
use wasm_bindgen::prelude::*;
use web_sys::{
    Document, Element, HtmlDialogElement, HtmlElement, HtmlInputElement, HtmlSelectElement,
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
    pub(super) now: HtmlElement,
    pub(super) tabs: HtmlElement,
    pub(super) tab_list: HtmlElement,
    pub(super) add: HtmlElement,
    pub(super) people: HtmlElement,
    pub(super) count: HtmlElement,
    pub(super) members: HtmlElement,
    pub(super) too_many: HtmlElement,
    pub(super) member_list: HtmlElement,
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
            now: find("now"),
            tabs: find("tabs"),
            tab_list: find("tab-list"),
            add: find("add"),
            people: find("people"),
            count: find("count"),
            members: find("members"),
            too_many: find("too-many"),
            member_list: find("member-list"),
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

/// Gives the focus to `element`.
pub(super) fn focus(element: &HtmlElement) {
    // Never fails in a document.
    let _ = element.focus();
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
