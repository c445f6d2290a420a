//! Who is in the room that is shown, beside the log or, on a narrow page, over
//! it. A button shows and hides it.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use guildhall_client::session::RoomView;
use guildhall_client::texts;
use wasm_bindgen::JsCast as _;
use web_sys::{Document, Element, Event, HtmlElement, KeyboardEvent, MediaQueryList};

use crate::speaker::Speaker;

use super::elements::{Elements, append, button, child, focus, on, set, wear};
use super::voice::{Voice, isolated};
use super::wish::{Ask, Wish};

/// Where the list has a place of its own, as the style sheet has it.
const WIDE: &str = "(min-width: 52rem)";

/// The list of people, and its button.
pub(super) struct People {
    document: Document,
    wide: Option<MediaQueryList>,
    button: HtmlElement,
    count: HtmlElement,
    aside: HtmlElement,
    crowd: HtmlElement,
    list: HtmlElement,
    voice: Rc<Voice>,
    /// Whether the user wants to see it.
    open: Cell<bool>,
    /// Whether a room is shown.
    in_room: Cell<bool>,
    /// What is on the list, so that it is written only when it changes.
    listed: RefCell<Vec<(u64, String)>>,
}

impl People {
    /// The list, listening to the user.
    pub(super) fn start(elements: &Elements, voice: &Rc<Voice>, ask: &Ask) -> Rc<Self> {
        let wide = elements.window.match_media(WIDE).ok().flatten();
        let people = Rc::new(Self {
            document: elements.document.clone(),
            open: Cell::new(wide.as_ref().is_some_and(MediaQueryList::matches)),
            in_room: Cell::new(false),
            wide,
            button: elements.people.clone(),
            count: elements.count.clone(),
            aside: elements.members.clone(),
            crowd: elements.crowd.clone(),
            list: elements.member_list.clone(),
            voice: Rc::clone(voice),
            listed: RefCell::default(),
        });
        let opened = Rc::clone(&people);
        on(&people.button, "click", move |_: Event| {
            opened.open(!opened.open.get());
        });
        let shut = Rc::clone(&people);
        let escape = move |event: KeyboardEvent| {
            if event.key() == "Escape" && !shut.is_wide() {
                shut.open(false);
                focus(&shut.button);
            }
        };
        on(&people.aside, "keydown", escape.clone());
        on(&people.button, "keydown", escape);
        let covered = Rc::clone(&people);
        on(&elements.panel, "click", move |_: Event| {
            if !covered.is_wide() {
                covered.open(false);
            }
        });
        let (chosen, ask) = (Rc::clone(&people), Rc::clone(ask));
        on(&people.list, "click", move |event: Event| {
            if let Some((id, name)) = chosen.chosen(&event) {
                if !chosen.is_wide() {
                    chosen.open(false);
                }
                ask(Wish::WhisperTo { id, name });
            }
        });
        people
    }

    /// Shows who is in this room; nobody where it is none.
    pub(super) fn show(&self, room: Option<&RoomView>, own: Option<u64>) {
        self.in_room.set(room.is_some());
        self.open(self.open.get());
        let Some(room) = room else {
            return;
        };
        self.count.set_text_content(Some(&room.count.to_string()));
        let crowd = if room.listed {
            String::new()
        } else {
            texts::too_many_people(self.voice.language(), room.count.into())
        };
        self.crowd.set_text_content(Some(&crowd));
        let members = room.members.iter().filter(|_| room.listed);
        let mut sorted: Vec<(u64, String)> = Vec::new();
        for (id, name) in members {
            // By hand: a sort of the library's is several kilobytes to load.
            let before = |other: &(u64, String)| other.1.to_lowercase() <= name.to_lowercase();
            sorted.insert(sorted.partition_point(before), (id.0, name.clone()));
        }
        if *self.listed.borrow() != sorted {
            self.write(&sorted, own);
            self.listed.replace(sorted);
        }
    }

    /// The words may be other ones now.
    pub(super) fn forget(&self) {
        self.listed.take();
    }

    fn write(&self, members: &[(u64, String)], own: Option<u64>) {
        // Who goes through the list by keyboard stays with the same person.
        let active = self.document.active_element();
        let active = active.and_then(|it| it.get_attribute("data-id"));
        self.list.set_text_content(None);
        for (id, name) in members {
            let item = child(&self.document, "li", "", "");
            let crest = child(&self.document, "span", "", "");
            wear(&crest, Speaker::new(*id));
            let id_words = id.to_string();
            let person: HtmlElement = if own == Some(*id) {
                let you = ["(", self.voice.get(texts::YOU), ")"].concat();
                let person: HtmlElement =
                    child(&self.document, "span", "member", "").unchecked_into();
                append(&person, &crest);
                append(&person, &child(&self.document, "bdi", "", name));
                append(&person, &child(&self.document, "span", "you", &you));
                person
            } else {
                let person = button(&self.document, "member", "");
                set(&person, "data-id", &id_words);
                let title = texts::whisper_to(self.voice.language(), &isolated(name));
                set(&person, "title", &title);
                append(&person, &crest);
                append(&person, &child(&self.document, "bdi", "", name));
                person
            };
            append(&item, &person);
            append(&self.list, &item);
            if active.as_ref() == Some(&id_words) {
                focus(&person);
            }
        }
    }

    fn chosen(&self, event: &Event) -> Option<(u64, String)> {
        let target = event.target()?.dyn_into::<Element>().ok()?;
        let person = target.closest("[data-id]").ok()??;
        let id = person.get_attribute("data-id")?.parse().ok()?;
        let listed = self.listed.borrow();
        listed.iter().find(|member| member.0 == id).cloned()
    }

    fn is_wide(&self) -> bool {
        self.wide.as_ref().is_some_and(MediaQueryList::matches)
    }

    fn open(&self, open: bool) {
        self.open.set(open);
        set(
            &self.button,
            "aria-expanded",
            if open { "true" } else { "false" },
        );
        self.button.set_hidden(!self.in_room.get());
        self.aside.set_hidden(!open || !self.in_room.get());
    }
}
