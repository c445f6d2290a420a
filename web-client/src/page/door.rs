//! The dialog in which one joins a room: by its name, or from the list of those
//! that are there.

use std::rc::Rc;

use guildhall_client::texts;
use guildhall_protocol::RoomInfo;
use wasm_bindgen::JsCast as _;
use web_sys::{Document, Element, Event, HtmlDialogElement, HtmlElement, HtmlInputElement};

use super::elements::{Elements, append, button, child, focus, on, set};
use super::voice::Voice;
use super::wish::{Ask, Wish};

/// The dialog.
pub(super) struct Door {
    document: Document,
    dialog: HtmlDialogElement,
    room: HtmlInputElement,
    hint: HtmlElement,
    list: HtmlElement,
    voice: Rc<Voice>,
}

impl Door {
    /// The dialog, shut, listening to the user.
    pub(super) fn start(elements: &Elements, voice: &Rc<Voice>, ask: &Ask) -> Rc<Self> {
        let door = Rc::new(Self {
            document: elements.document.clone(),
            dialog: elements.door.clone(),
            room: elements.room.clone(),
            hint: elements.door_hint.clone(),
            list: elements.room_list.clone(),
            voice: Rc::clone(voice),
        });
        let opening = Rc::clone(ask);
        on(&elements.add, "click", move |_: Event| {
            opening(Wish::ListRooms);
        });
        let (typed, joining) = (Rc::clone(&door), Rc::clone(ask));
        on(&elements.door_form, "submit", move |event: Event| {
            event.prevent_default();
            typed.join(&joining, &typed.room.value());
        });
        let (chosen, joining) = (Rc::clone(&door), Rc::clone(ask));
        on(&door.list, "click", move |event: Event| {
            let target = event.target().and_then(|it| it.dyn_into::<Element>().ok());
            let button = target.and_then(|it| it.closest("[data-room]").ok().flatten());
            if let Some(room) = button.and_then(|it| it.get_attribute("data-room")) {
                chosen.join(&joining, &room);
            }
        });
        let shut = Rc::clone(&door);
        on(&elements.shut, "click", move |_: Event| shut.dialog.close());
        let back = Rc::clone(ask);
        on(&door.dialog, "close", move |_: Event| back(Wish::Write));
        door
    }

    /// Opens it; the list follows when the server has sent it.
    pub(super) fn open(&self, hint: &str) {
        self.room.set_value("");
        self.list.set_text_content(None);
        self.hint.set_text_content(Some(hint));
        if !self.dialog.open() {
            // Fails only for a dialog that is open or in no document.
            let _ = self.dialog.show_modal();
        }
        focus(&self.room);
    }

    /// Lists the rooms that are there.
    pub(super) fn list(&self, rooms: &[RoomInfo]) {
        let hint = if rooms.is_empty() {
            texts::NO_ROOMS
        } else {
            texts::ROOMS_THERE
        };
        self.hint.set_text_content(Some(self.voice.get(hint)));
        self.list.set_text_content(None);
        for RoomInfo { room, count } in rooms {
            let item = child(&self.document, "li", "", "");
            let button = button(&self.document, "quiet room", "");
            set(&button, "data-room", room);
            append(&button, &child(&self.document, "bdi", "", room));
            let count = count.to_string();
            append(&button, &child(&self.document, "span", "badge", &count));
            append(&item, &button);
            append(&self.list, &item);
        }
    }

    fn join(&self, ask: &Ask, room: &str) {
        let room = room.trim().trim_start_matches('#');
        if room.is_empty() {
            focus(&self.room);
            return;
        }
        self.dialog.close();
        ask(Wish::Join(room.into()));
    }
}
