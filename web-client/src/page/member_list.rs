//! The members of the room that is shown: beside the log, or on a narrow page over it.
//! A button shows and hides them.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use guildhall_client::UserId;
use guildhall_client::session::{RoomView, Session};
use guildhall_client::texts;
use js_sys::JsString;
use wasm_bindgen::JsCast as _;
use web_sys::{Document, Event, HtmlElement, KeyboardEvent, MediaQueryList};

use crate::avatar::Avatar;

use crate::page::elements::{
    Elements, append, button, child, closest, corner, focus, on, set, show_avatar,
};
use crate::page::language::localizer::{Localizer, isolated};
use crate::page::user_action::{Dispatch, Person, Reported, UserAction};
use crate::page::user_look::UserLook;

/// From this width on, the list is beside the log. The style sheet has the same.
const WIDE: &str = "(min-width: 52rem)";

/// A member on the list.
#[derive(Clone, PartialEq)]
struct Listed {
    id: UserId,
    name: String,
    /// Empty: a guest.
    account: String,
    /// The member's looks, which the game gives: `UserLook` reads them.
    info: String,
}

/// The list of members, and its button.
pub(super) struct MemberList {
    document: Document,
    wide: Option<MediaQueryList>,
    button: HtmlElement,
    count: HtmlElement,
    aside: HtmlElement,
    too_many: HtmlElement,
    list: HtmlElement,
    localizer: Rc<Localizer>,
    look: Rc<UserLook>,
    /// Whether the user wants to see it.
    open: Cell<bool>,
    /// Whether a room is shown.
    in_room: Cell<bool>,
    /// The members on the list, which is written only when they change.
    listed: RefCell<Vec<Listed>>,
}

impl MemberList {
    /// Creates the list, which listens to the user.
    pub(super) fn start(
        elements: &Elements,
        localizer: &Rc<Localizer>,
        look: &Rc<UserLook>,
        dispatch: &Dispatch,
    ) -> Rc<Self> {
        let wide = elements.window.match_media(WIDE).ok().flatten();
        let members = Rc::new(Self {
            document: elements.document.clone(),
            open: Cell::new(wide.as_ref().is_some_and(MediaQueryList::matches)),
            in_room: Cell::new(false),
            wide,
            button: elements.people.clone(),
            count: elements.count.clone(),
            aside: elements.members.clone(),
            too_many: elements.too_many.clone(),
            list: elements.member_list.clone(),
            localizer: Rc::clone(localizer),
            look: Rc::clone(look),
            listed: RefCell::default(),
        });
        let opened = Rc::clone(&members);
        on(&members.button, "click", move |_: Event| {
            opened.open(!opened.open.get());
        });
        let shut = Rc::clone(&members);
        let escape = move |event: KeyboardEvent| {
            if event.key() == "Escape" && !shut.is_wide() {
                shut.open(false);
                focus(&shut.button);
            }
        };
        on(&members.aside, "keydown", escape.clone());
        on(&members.button, "keydown", escape);
        let covered = Rc::clone(&members);
        on(&elements.panel, "click", move |_: Event| {
            if !covered.is_wide() {
                covered.open(false);
            }
        });
        let (chosen, chose) = (Rc::clone(&members), Rc::clone(dispatch));
        on(&members.list, "click", move |event: Event| {
            if let Some(person) = chosen.chosen(&event, "data-id") {
                let Person { id, name, .. } = person;
                chose(UserAction::WhisperTo { id, name });
            } else if let Some(person) = chosen.chosen(&event, "data-menu")
                && let Some(button) = closest(&event, "[data-menu]")
            {
                let name = person.name.clone();
                chose(UserAction::OpenUserMenu {
                    reported: (Reported::Person(person.clone()), name),
                    person,
                    place: corner(&button),
                });
            }
        });
        members
    }

    /// Shows the members of this room; without a room the list is hidden. Those whom the user
    /// blocks are counted, and not shown: the server has told of them before it knew.
    pub(super) fn show(&self, room: Option<&RoomView>, session: &Session) {
        self.in_room.set(room.is_some());
        self.open(self.open.get());
        let Some(room) = room else {
            return;
        };
        self.count.set_text_content(Some(&room.count.to_string()));
        let words = if room.settings.no_members {
            self.localizer.get(texts::ROOM_NO_MEMBERS).into()
        } else if room.listed {
            String::new()
        } else {
            texts::too_many_people(self.localizer.language(), room.count.into())
        };
        self.too_many.set_text_content(Some(&words));
        let mut members = Vec::new();
        for (id, member) in room.members.iter().filter(|_| room.listed) {
            if session.is_blocked(*id) {
                continue;
            }
            members.push(Listed {
                id: *id,
                name: member.name.clone(),
                account: member.user.clone(),
                info: member.info.clone(),
            });
        }
        if *self.listed.borrow() != members {
            self.write(&sorted(&members), session.id());
            self.listed.replace(members);
        }
    }

    /// Writes the list anew at the next `show`, in the language that is chosen now.
    pub(super) fn forget(&self) {
        self.listed.take();
    }

    fn write(&self, members: &[Listed], own: Option<UserId>) {
        // A keyboard user's focus stays on the same member.
        let active = self.document.active_element();
        let had_focus = (active.as_ref()).is_some_and(|it| self.list.contains(Some(it)));
        let of = |attribute| active.as_ref().and_then(|it| it.get_attribute(attribute));
        let (member_before, menu_before) = (of("data-id"), of("data-menu"));
        self.list.set_text_content(None);
        if had_focus {
            // If this member is there no more.
            focus(&self.button);
        }
        for Listed { id, name, info, .. } in members {
            let item = child(&self.document, "li", "", "");
            let avatar = child(&self.document, "span", "", "");
            show_avatar(&avatar, Avatar::new(*id));
            self.look.picture(&avatar, info);
            let shown_name = child(&self.document, "bdi", "", name);
            self.look.show(&shown_name, info);
            let id_words = id.to_string();
            let member: HtmlElement = if own == Some(*id) {
                let you = ["(", self.localizer.get(texts::YOU), ")"].concat();
                let member: HtmlElement =
                    child(&self.document, "span", "member", "").unchecked_into();
                append(&member, &avatar);
                append(&member, &shown_name);
                append(&member, &child(&self.document, "span", "you", &you));
                member
            } else {
                let member = button(&self.document, "member", "");
                set(&member, "data-id", &id_words);
                let title = texts::whisper_to(self.localizer.language(), &isolated(name));
                set(&member, "title", &title);
                append(&member, &avatar);
                append(&member, &shown_name);
                member
            };
            append(&item, &member);
            append(&self.list, &item);
            if own != Some(*id) {
                let words = texts::user_menu(self.localizer.language(), &isolated(name));
                let menu = button(&self.document, "more", &words);
                set(&menu, "data-menu", &id_words);
                set(&menu, "aria-haspopup", "dialog");
                append(&item, &menu);
                if menu_before.as_ref() == Some(&id_words) {
                    focus(&menu);
                }
            }
            if member_before.as_ref() == Some(&id_words) {
                focus(&member);
            }
        }
    }

    /// The member whose button, with this attribute, an event is about.
    fn chosen(&self, event: &Event, attribute: &str) -> Option<Person> {
        let button = closest(event, &["[", attribute, "]"].concat())?;
        let id = UserId(button.get_attribute(attribute)?.parse().ok()?);
        let listed = self.listed.borrow();
        let member = listed.iter().find(|member| member.id == id)?;
        Some(Person {
            id,
            account: member.account.clone(),
            name: member.name.clone(),
        })
    }

    /// Closes the list if it is over the log, because the user goes on there.
    pub(super) fn make_way(&self) {
        if !self.is_wide() {
            self.open(false);
        }
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

/// The members by their names, with small and capital letters as the same. Sorted by hand,
/// with the browser's tables of letters: the library's would be several kilobytes to load.
fn sorted(members: &[Listed]) -> Vec<Listed> {
    let mut keys: Vec<String> = Vec::new();
    let mut sorted = Vec::new();
    for member in members {
        let key = String::from(JsString::from(member.name.as_str()).to_lower_case());
        let index = keys.partition_point(|other| *other <= key);
        keys.insert(index, key);
        sorted.insert(index, member.clone());
    }
    sorted
}
