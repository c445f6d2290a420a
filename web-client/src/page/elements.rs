//! The elements of `index.html`, found once.

use wasm_bindgen::prelude::*;
use web_sys::{Document, Element, HtmlElement, HtmlTextAreaElement, Window};

use crate::speaker::Speaker;

/// What the page works with. `page` says what each is for.
pub(super) struct Elements {
    pub(super) window: Window,
    pub(super) document: Document,
    pub(super) log: HtmlElement,
    pub(super) messages: HtmlElement,
    pub(super) empty: HtmlElement,
    pub(super) newest: HtmlElement,
    pub(super) status: HtmlElement,
    pub(super) trouble: HtmlElement,
    pub(super) reason: HtmlElement,
    pub(super) now: HtmlElement,
    pub(super) message: HtmlTextAreaElement,
    pub(super) send: HtmlElement,
    pub(super) hint: HtmlElement,
    pub(super) counter: HtmlElement,
    own: HtmlElement,
    own_crest: HtmlElement,
    own_name: HtmlElement,
    loading: HtmlElement,
}

impl Elements {
    /// Finds them all.
    ///
    /// # Errors
    ///
    /// Names the one that is missing.
    pub(super) fn find() -> Result<Self, JsValue> {
        let window = web_sys::window().ok_or("there is no window")?;
        let document = window.document().ok_or("there is no document")?;
        let find = |id: &str| by_id(&document, id);
        Ok(Self {
            log: find("log")?,
            messages: find("messages")?,
            empty: find("empty")?,
            newest: find("newest")?,
            status: find("status")?,
            trouble: find("trouble")?,
            reason: find("reason")?,
            now: find("now")?,
            message: find("message")?.unchecked_into(),
            send: find("send")?,
            hint: find("hint")?,
            counter: find("counter")?,
            own: find("own")?,
            own_crest: find("own-crest")?,
            own_name: find("own-name")?,
            loading: find("loading")?,
            document,
            window,
        })
    }

    /// The page works from here on.
    pub(super) fn loaded(&self) {
        self.loading.set_hidden(true);
        self.empty.set_hidden(false);
    }

    /// Says in the header who we are.
    pub(super) fn show_own(&self, id: u64) {
        let speaker = Speaker::new(id);
        self.own_name.set_text_content(Some(&speaker.name));
        wear(&self.own_crest, &speaker);
        self.own.set_hidden(false);
    }

    /// We are nobody at the moment.
    pub(super) fn hide_own(&self) {
        self.own.set_hidden(true);
    }
}

/// Gives `crest` the speaker's colours and division.
pub(super) fn wear(crest: &Element, speaker: &Speaker) {
    crest.set_class_name(&["crest crest-", &speaker.crest.to_string()].concat());
    tint(crest, speaker);
}

/// Tells the style sheet the speaker's hue. Through CSSOM, which a strict
/// content security policy allows, unlike a style attribute.
pub(super) fn tint(element: &Element, speaker: &Speaker) {
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

fn by_id(document: &Document, id: &str) -> Result<HtmlElement, JsValue> {
    match document.get_element_by_id(id) {
        Some(element) => Ok(element.unchecked_into()),
        None => Err(["the page has no #", id].concat().into()),
    }
}
