//! The elements of `index.html`, found once, and what is done to any element.

use guildhall_client::texts::Language;
use wasm_bindgen::prelude::*;
use web_sys::{
    Document, Element, HtmlDialogElement, HtmlElement, HtmlInputElement, HtmlSelectElement,
    HtmlTextAreaElement, Node, Window,
};

use crate::speaker::Speaker;

/// What the page works with. `page` says what each is for.
pub(super) struct Elements {
    pub(super) window: Window,
    pub(super) document: Document,
    pub(super) language: HtmlSelectElement,
    pub(super) own: HtmlElement,
    own_crest: HtmlElement,
    own_name: HtmlElement,
    pub(super) status: HtmlElement,
    pub(super) trouble: HtmlElement,
    pub(super) reason: HtmlElement,
    pub(super) now: HtmlElement,
    pub(super) tabs: HtmlElement,
    pub(super) add: HtmlElement,
    pub(super) people: HtmlElement,
    pub(super) count: HtmlElement,
    pub(super) members: HtmlElement,
    pub(super) crowd: HtmlElement,
    pub(super) member_list: HtmlElement,
    pub(super) panel: HtmlElement,
    pub(super) log: HtmlElement,
    loading: HtmlElement,
    pub(super) empty: HtmlElement,
    pub(super) older: HtmlElement,
    pub(super) talk: HtmlElement,
    pub(super) newest: HtmlElement,
    pub(super) choices: HtmlElement,
    pub(super) message: HtmlTextAreaElement,
    pub(super) send: HtmlElement,
    pub(super) hint: HtmlElement,
    pub(super) counter: HtmlElement,
    pub(super) entry: HtmlDialogElement,
    pub(super) entry_form: HtmlElement,
    pub(super) name: HtmlInputElement,
    pub(super) skip: HtmlElement,
    pub(super) door: HtmlDialogElement,
    pub(super) door_form: HtmlElement,
    pub(super) room: HtmlInputElement,
    pub(super) door_hint: HtmlElement,
    pub(super) room_list: HtmlElement,
    pub(super) shut: HtmlElement,
}

impl Elements {
    /// Finds them all. Throws the name of one that is missing.
    pub(super) fn find(window: Window, document: Document) -> Self {
        let find = |id: &str| by_id(&document, id);
        Self {
            language: find("language").unchecked_into(),
            own: find("own"),
            own_crest: find("own-crest"),
            own_name: find("own-name"),
            status: find("status"),
            trouble: find("trouble"),
            reason: find("reason"),
            now: find("now"),
            tabs: find("tabs"),
            add: find("add"),
            people: find("people"),
            count: find("count"),
            members: find("members"),
            crowd: find("crowd"),
            member_list: find("member-list"),
            panel: find("panel"),
            log: find("log"),
            loading: find("loading"),
            empty: find("empty"),
            older: find("older"),
            talk: find("talk"),
            newest: find("newest"),
            choices: find("choices"),
            message: find("message").unchecked_into(),
            send: find("send"),
            hint: find("hint"),
            counter: find("counter"),
            entry: find("entry").unchecked_into(),
            entry_form: find("entry-form"),
            name: find("name").unchecked_into(),
            skip: find("skip"),
            door: find("door").unchecked_into(),
            door_form: find("door-form"),
            room: find("room").unchecked_into(),
            door_hint: find("door-hint"),
            room_list: find("room-list"),
            shut: find("shut"),
            document,
            window,
        }
    }

    /// The page works from here on.
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

    /// Says in the header who we are.
    pub(super) fn show_own(&self, id: u64, name: &str) {
        self.own_name.set_text_content(Some(name));
        wear(&self.own_crest, Speaker::new(id));
        self.own.set_hidden(false);
    }
}

/// A new element with `text` in it, as text.
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

/// A new button, which sends no form.
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
    // Fails only for a name that is none.
    let _ = element.set_attribute(attribute, value);
}

/// Gives the focus to `element`.
pub(super) fn focus(element: &HtmlElement) {
    // Never fails in a document.
    let _ = element.focus();
}

/// Gives `crest` the speaker's colours and division.
pub(super) fn wear(crest: &Element, speaker: Speaker) {
    crest.set_class_name(&["crest crest-", &speaker.crest.to_string()].concat());
    tint(crest, speaker);
}

/// Tells the style sheet the speaker's hue. Through CSSOM, which a strict
/// content security policy allows, unlike a style attribute.
pub(super) fn tint(element: &Element, speaker: Speaker) {
    let style = element.unchecked_ref::<HtmlElement>().style();
    // Fails only for a read-only style, and this is the element's own.
    let _ = style.set_property("--hue", &speaker.hue.to_string());
}

/// Calls `handler` at each event named `event`, as long as the page lives.
pub(super) fn on<E: JsCast + wasm_bindgen::convert::FromWasmAbi + 'static>(
    target: &web_sys::EventTarget,
    event: &str,
    handler: impl Fn(E) + 'static,
) {
    let handler: Closure<dyn Fn(E)> = Closure::new(handler);
    // Fails only for a listener that is no function.
    let _ = target.add_event_listener_with_callback(event, handler.as_ref().unchecked_ref());
    handler.forget();
}

/// Throws at once, and not through the results of all callers: that is a good part
/// of what a player would load otherwise.
fn by_id(document: &Document, id: &str) -> HtmlElement {
    match document.get_element_by_id(id) {
        Some(element) => element.unchecked_into(),
        None => wasm_bindgen::throw_str(&["the page has no #", id].concat()),
    }
}
