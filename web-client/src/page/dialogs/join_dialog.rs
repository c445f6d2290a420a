//! The dialog to join a room: by its name, or from the list of the server's rooms.

use std::rc::Rc;

use guildhall_client::texts;
use guildhall_protocol::RoomInfo;
use wasm_bindgen::JsCast as _;
use web_sys::{Document, Element, Event, HtmlDialogElement, HtmlElement, HtmlInputElement};

use crate::page::dialogs::ask_again;
use crate::page::elements::{Elements, append, button, child, focus, on, set};
use crate::page::language::localizer::Localizer;
use crate::page::user_action::{Dispatch, UserAction};

/// The dialog.
pub(in crate::page) struct JoinDialog {
    document: Document,
    dialog: HtmlDialogElement,
    room: HtmlInputElement,
    hint: HtmlElement,
    error: HtmlElement,
    list: HtmlElement,
    localizer: Rc<Localizer>,
}

impl JoinDialog {
    /// Creates the dialog, closed, which listens to the user.
    pub(in crate::page) fn start(
        elements: &Elements,
        localizer: &Rc<Localizer>,
        dispatch: &Dispatch,
    ) -> Rc<Self> {
        let join_dialog = Rc::new(Self {
            document: elements.document.clone(),
            dialog: elements.join_dialog.clone(),
            room: elements.room.clone(),
            hint: elements.join_hint.clone(),
            error: elements.join_error.clone(),
            list: elements.room_list.clone(),
            localizer: Rc::clone(localizer),
        });
        let opening = Rc::clone(dispatch);
        on(&elements.add, "click", move |_: Event| {
            opening(UserAction::ListRooms);
        });
        let (typed, joining) = (Rc::clone(&join_dialog), Rc::clone(dispatch));
        on(&elements.join_form, "submit", move |event: Event| {
            event.prevent_default();
            typed.join(&joining, &typed.room.value());
        });
        let (chosen, joining) = (Rc::clone(&join_dialog), Rc::clone(dispatch));
        on(&join_dialog.list, "click", move |event: Event| {
            let target = event.target().and_then(|it| it.dyn_into::<Element>().ok());
            let button = target.and_then(|it| it.closest("[data-room]").ok().flatten());
            if let Some(room) = button.and_then(|it| it.get_attribute("data-room")) {
                chosen.join(&joining, &room);
            }
        });
        let shut = Rc::clone(&join_dialog);
        on(&elements.shut, "click", move |_: Event| shut.dialog.close());
        let back = Rc::clone(dispatch);
        on(&join_dialog.dialog, "close", move |_: Event| {
            back(UserAction::FocusInput);
        });
        join_dialog
    }

    /// Opens the dialog. The list follows when the server has sent it.
    pub(in crate::page) fn open(&self, hint: &str) {
        self.room.set_value("");
        self.list.set_text_content(None);
        self.hint.set_text_content(Some(hint));
        self.error.set_text_content(None);
        if !self.dialog.open() {
            // Fails only for a dialog that is open already or not in a document.
            let _ = self.dialog.show_modal();
        }
        focus(&self.room);
    }

    /// Lists the server's rooms.
    pub(in crate::page) fn list(&self, rooms: &[RoomInfo]) {
        let hint = if rooms.is_empty() {
            texts::NO_ROOMS
        } else {
            texts::ROOMS_THERE
        };
        self.hint.set_text_content(Some(self.localizer.get(hint)));
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

    /// Closes the dialog, if it is open: the user is in the room, or will be.
    pub(in crate::page) fn done(&self) {
        self.dialog.close();
    }

    /// The room cannot be joined, for a reason that these words tell. Returns false if the
    /// dialog is not open.
    pub(in crate::page) fn not_done(&self, words: &str) -> bool {
        ask_again(&self.dialog, &self.error, &self.room, words)
    }

    fn join(&self, dispatch: &Dispatch, room: &str) {
        let room = room.trim().trim_start_matches('#');
        if room.is_empty() {
            focus(&self.room);
            return;
        }
        self.error.set_text_content(None);
        dispatch(UserAction::Join(room.into()));
    }
}
