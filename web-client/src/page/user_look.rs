//! The looks of a user, which the game gives: the name's colour, a badge and a picture.
//! `Info` has checked them; nothing else of what the game says is shown.

use guildhall_client::info::Info;
use wasm_bindgen::JsCast as _;
use web_sys::{Document, Element, HtmlElement, Url};

use crate::color::css_color;
use crate::page::elements::{append, child, set};

/// Puts the looks of users into elements.
pub(super) struct UserLook {
    document: Document,
    /// The origins whose pictures may be shown. A picture's server learns the address of each
    /// user who sees it, so there are none unless the game names them.
    picture_origins: Vec<String>,
}

impl UserLook {
    /// Shows pictures of these origins alone.
    pub(super) fn new(document: &Document, picture_origins: Vec<String>) -> Self {
        Self {
            document: document.clone(),
            picture_origins,
        }
    }

    /// Shows the colour in `name`, and the badge behind the name in it.
    pub(super) fn show(&self, name: &Element, info: &str) {
        if info.is_empty() {
            return;
        }
        let info = Info::read(info);
        if let Some(color) = info.color {
            let style = name.unchecked_ref::<HtmlElement>().style();
            // The style sheet takes the hue alone, for contrast in light and dark.
            let _ = style.set_property("--color", &css_color(color));
            let _ = name.class_list().add_1("colored");
        }
        if !info.badge.is_empty() {
            append(name, &self.document.create_text_node(" "));
            append(
                name,
                &child(&self.document, "bdi", "user-badge", &info.badge),
            );
        }
    }

    /// Shows the picture in `avatar`, over what is drawn there already.
    pub(super) fn picture(&self, avatar: &Element, info: &str) {
        if self.picture_origins.is_empty() || info.is_empty() {
            return;
        }
        let address = Info::read(info).avatar;
        let origin = Url::new(&address).map(|url| url.origin());
        if origin.is_ok_and(|origin| self.picture_origins.contains(&origin)) {
            let picture = child(&self.document, "img", "", "");
            for (attribute, value) in [
                ("alt", ""),
                ("loading", "lazy"),
                ("referrerpolicy", "no-referrer"),
                // The last one: what is above holds for it.
                ("src", &address),
            ] {
                set(&picture, attribute, value);
            }
            append(avatar, &picture);
        }
    }
}
