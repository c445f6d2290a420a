//! The forms about other users and about the room, in one dialog: a report, what a moderator does
//! about somebody, the settings of the room, whether to remove all of its messages, and whom the
//! user blocks. A form stays open until the server has answered, and shows why if it did not do it.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use guildhall_client::command::REASONS;
use guildhall_client::session::RoomChange;
use guildhall_client::texts::{self, Text};
use guildhall_protocol::{Member, Reason, SanctionKind};
use wasm_bindgen::JsCast as _;
use web_sys::{
    Document, Event, HtmlDialogElement, HtmlElement, HtmlInputElement, HtmlSelectElement,
};

use crate::page::dialogs::block_list::BlockList;
use crate::page::elements::{Elements, all, append, child, focus, on, set};
use crate::page::language::localizer::{Localizer, isolated};
use crate::page::user_action::{Act, Dispatch, Form, UserAction};

/// The facts that the form has to know of the room that is shown.
#[derive(Debug, Default)]
pub(in crate::page) struct Place {
    /// The room; empty: these are whispers.
    pub(in crate::page) room: String,
    /// Whether the user may moderate this room.
    pub(in crate::page) here: bool,
    /// Whether the user may moderate everywhere.
    pub(in crate::page) everywhere: bool,
    /// The slow mode in seconds, and whether only a few may write.
    pub(in crate::page) settings: (u32, bool),
}

impl Place {
    /// Whether the user may moderate here.
    pub(in crate::page) fn may_moderate(&self) -> bool {
        self.here || self.everywhere
    }
}

/// The dialog.
pub(in crate::page) struct FormDialog {
    document: Document,
    dialog: HtmlDialogElement,
    title: HtmlElement,
    more: HtmlElement,
    action: HtmlSelectElement,
    times: HtmlElement,
    time: HtmlSelectElement,
    places: HtmlElement,
    place: HtmlSelectElement,
    reasons: HtmlElement,
    reason: HtmlSelectElement,
    words_label: HtmlElement,
    words: HtmlInputElement,
    addresses: HtmlElement,
    address: HtmlInputElement,
    slow: HtmlSelectElement,
    announce: HtmlInputElement,
    hint: HtmlElement,
    receipt: HtmlElement,
    shut: HtmlElement,
    send: HtmlElement,
    localizer: Rc<Localizer>,
    /// The form that is open.
    form: RefCell<Option<(Form, Place)>>,
    /// Whether the server has to answer what the user has sent.
    waits: Cell<bool>,
    blocked: BlockList,
}

impl FormDialog {
    /// Creates the dialog, closed, which listens to the user.
    pub(in crate::page) fn start(
        elements: &Elements,
        localizer: &Rc<Localizer>,
        dispatch: &Dispatch,
    ) -> Rc<Self> {
        let dialog = Rc::new(Self {
            document: elements.document.clone(),
            dialog: elements.form_dialog.clone(),
            title: elements.form_title.clone(),
            more: elements.form_more.clone(),
            action: elements.form_action.clone(),
            times: elements.form_times.clone(),
            time: elements.form_time.clone(),
            places: elements.form_places.clone(),
            place: elements.form_place.clone(),
            reasons: elements.form_reasons.clone(),
            reason: elements.form_reason.clone(),
            words_label: elements.form_words_label.clone(),
            words: elements.form_words.clone(),
            addresses: elements.form_addresses.clone(),
            address: elements.form_address.clone(),
            slow: elements.form_slow.clone(),
            announce: elements.form_announce.clone(),
            hint: elements.form_hint.clone(),
            receipt: elements.form_receipt.clone(),
            shut: elements.form_shut.clone(),
            send: elements.form_send.clone(),
            localizer: Rc::clone(localizer),
            form: RefCell::default(),
            waits: Cell::default(),
            blocked: BlockList::start(elements, localizer, dispatch),
        });
        dialog.listen(elements, dispatch);
        dialog
    }

    fn listen(self: &Rc<Self>, elements: &Elements, dispatch: &Dispatch) {
        let (filled, acting) = (Rc::clone(self), Rc::clone(dispatch));
        on(&elements.form, "submit", move |event: Event| {
            event.prevent_default();
            if let Some(act) = filled.filled_in() {
                acting(UserAction::Act(act));
            }
        });
        let changed = Rc::clone(self);
        on(&self.action, "change", move |_: Event| changed.arrange());
        let shut = Rc::clone(self);
        on(&self.shut, "click", move |_: Event| shut.dialog.close());
        for (opener, form) in [
            (
                &elements.room_settings,
                (|| Form::RoomSettings) as fn() -> Form,
            ),
            (&elements.blocked_people, || Form::Blocks),
        ] {
            let opening = Rc::clone(dispatch);
            on(opener, "click", move |_: Event| {
                opening(UserAction::Open(form()));
            });
        }
        let (asked, opening) = (Rc::clone(self), Rc::clone(dispatch));
        on(&elements.form_clear, "click", move |_: Event| {
            if let Some(room) = asked.room() {
                opening(UserAction::Open(Form::Clear(room)));
            }
        });
        let (closed, back) = (Rc::clone(self), Rc::clone(dispatch));
        on(&self.dialog, "close", move |_: Event| {
            closed.form.take();
            // The element that had the focus before may be gone by now.
            let active = closed.document.active_element();
            if active.is_none_or(|it| it.tag_name() == "BODY") {
                back(UserAction::FocusInput);
            }
        });
    }

    /// Opens a form.
    pub(in crate::page) fn open(&self, form: Form, place: Place) {
        let language = self.localizer.language();
        let (title, more, send) = match &form {
            Form::Report(_, words) => (
                self.words_of(texts::REPORT_TITLE),
                words.clone(),
                texts::REPORT_SEND,
            ),
            Form::Moderate(person) => (
                texts::moderate_title(language, &isolated(&person.name)),
                String::new(),
                texts::APPLY,
            ),
            Form::RoomSettings => (
                self.words_of(texts::ROOM_SETTINGS),
                String::new(),
                texts::APPLY,
            ),
            Form::Clear(room) => (
                texts::clear_title(language, &isolated(room)),
                self.words_of(texts::CLEAR_MORE),
                texts::CLEAR_DO,
            ),
            Form::Blocks => (
                self.words_of(texts::BLOCKED_PEOPLE),
                String::new(),
                texts::CLOSE,
            ),
        };
        self.title.set_text_content(Some(&title));
        self.more.set_text_content(Some(&more));
        self.send.set_text_content(Some(self.localizer.get(send)));
        self.shut
            .set_text_content(Some(self.localizer.get(texts::CANCEL)));
        self.hint.set_text_content(None);
        self.receipt.set_text_content(None);
        self.blocked.show(&[]);
        self.words.set_value("");
        self.wait(false);
        self.list_reasons();
        let label = match form {
            Form::Report(..) => texts::REPORT_NOTE,
            _ => texts::RULE,
        };
        self.words_label
            .set_text_content(Some(self.localizer.get(label)));
        self.place
            .set_value(if place.here { "here" } else { "all" });
        let (slow, announce) = place.settings;
        self.show_slow_mode(slow);
        self.announce.set_checked(announce);
        self.address.set_checked(false);
        self.form.replace(Some((form, place)));
        self.arrange();
        if !self.dialog.open() {
            // Fails only for a dialog that is open already or not in a document.
            let _ = self.dialog.show_modal();
        }
        if self.kind() == "clear" {
            focus(&self.shut);
        }
    }

    /// The report that was sent has arrived: shows these words. Returns false if there is none.
    pub(in crate::page) fn reported(&self, words: &str) -> bool {
        if !self.waits.get() || self.kind() != "report" {
            return false;
        }
        self.form.take();
        self.more.set_text_content(None);
        self.arrange();
        self.receipt.set_text_content(Some(words));
        self.shut
            .set_text_content(Some(self.localizer.get(texts::CLOSE)));
        focus(&self.shut);
        true
    }

    /// The server has done what was sent: closes the dialog.
    pub(in crate::page) fn done(&self) {
        if self.waits.get() {
            self.dialog.close();
        }
    }

    /// The server has not done it, for a reason that these words tell. Returns false if nothing
    /// was sent from here.
    pub(in crate::page) fn not_done(&self, words: &str) -> bool {
        let is_open = self.dialog.open();
        if is_open {
            self.wait(false);
            self.hint.set_text_content(Some(words));
        }
        is_open
    }

    /// Lists whom the user blocks. Returns false if that is not shown.
    pub(in crate::page) fn list_blocked(&self, users: &[Member]) -> bool {
        if self.kind() != "blocks" {
            return false;
        }
        let more = if users.is_empty() {
            self.localizer.get(texts::BLOCK_LIST_EMPTY)
        } else {
            ""
        };
        self.more.set_text_content(Some(more));
        self.blocked.show(users);
        // The button that was pressed is gone.
        focus(&self.send);
        true
    }

    /// The act that the user has filled in; `None` if something is missing.
    fn filled_in(&self) -> Option<Act> {
        let form = self.form.borrow();
        let Some((form, place)) = &*form else {
            self.dialog.close();
            return None;
        };
        let number = |select: &HtmlSelectElement| select.value().parse().unwrap_or(0);
        let reason = i32::try_from(number(&self.reason)).map(Reason::try_from);
        let reason = reason.ok().and_then(Result::ok).unwrap_or_default();
        if !self.reasons.hidden() && reason == Reason::Unspecified {
            self.hint
                .set_text_content(Some(self.localizer.get(texts::CHOOSE)));
            focus(&self.reason);
            return None;
        }
        let room = if self.place.value() == "all" {
            String::new()
        } else {
            place.room.clone()
        };
        let act = match form {
            Form::Report(what, _) => Act::Report {
                what: what.clone(),
                reason,
                note: self.words.value(),
            },
            Form::Moderate(person) => match self.sanction() {
                None => Act::Purge {
                    person: person.clone(),
                    room,
                },
                Some(kind) => Act::Impose {
                    person: person.clone(),
                    kind,
                    room,
                    seconds: if kind == SanctionKind::Kick {
                        0
                    } else {
                        number(&self.time)
                    },
                    reason,
                    rule: self.words.value(),
                    address: kind != SanctionKind::Kick && self.address.checked(),
                },
            },
            Form::RoomSettings => {
                let (slow, announce) = (number(&self.slow), self.announce.checked());
                // Settings that the user does not change follow the server's settings.
                let change = RoomChange {
                    topic: None,
                    slow_mode: (slow != place.settings.0).then_some(slow),
                    announce_only: (announce != place.settings.1).then_some(announce),
                };
                if change == RoomChange::default() {
                    self.dialog.close();
                    return None;
                }
                Act::ChangeRoom(place.room.clone(), change)
            }
            Form::Clear(room) => Act::Clear(room.clone()),
            Form::Blocks => {
                self.dialog.close();
                return None;
            }
        };
        self.hint.set_text_content(None);
        self.wait(true);
        Some(act)
    }

    /// The kind of sanction that is chosen; `None`: the messages are removed.
    fn sanction(&self) -> Option<SanctionKind> {
        let number: i32 = self.action.value().parse().ok()?;
        let kind = SanctionKind::try_from(number).ok()?;
        (kind != SanctionKind::Unspecified).then_some(kind)
    }

    /// Shows the fields that belong to the form, and to what is chosen in it.
    fn arrange(&self) {
        let kind = self.kind();
        for field in all(&self.dialog, "[data-in]") {
            let forms = field.get_attribute("data-in").unwrap_or_default();
            let field = field.unchecked_ref::<HtmlElement>();
            field.set_hidden(!forms.split(' ').any(|form| form == kind));
        }
        let is_done = kind.is_empty();
        self.send.set_hidden(is_done);
        self.shut.set_hidden(kind == "blocks");
        if kind != "moderate" {
            return;
        }
        let sanction = self.sanction();
        let lasts = !matches!(sanction, None | Some(SanctionKind::Kick));
        self.times.set_hidden(!lasts);
        self.addresses.set_hidden(!lasts);
        self.reasons.set_hidden(sanction.is_none());
        if let Some((_, place)) = &*self.form.borrow() {
            self.places.set_hidden(!place.here || !place.everywhere);
        }
    }

    /// The form that is open, as the markup calls it; empty: none, or it is done.
    fn kind(&self) -> &'static str {
        match self.form.borrow().as_ref().map(|(form, _)| form) {
            None => "",
            Some(Form::Report(..)) => "report",
            Some(Form::Moderate(_)) => "moderate",
            Some(Form::RoomSettings) => "room",
            Some(Form::Clear(_)) => "clear",
            Some(Form::Blocks) => "blocks",
        }
    }

    fn room(&self) -> Option<String> {
        let form = self.form.borrow();
        form.as_ref().map(|(_, place)| place.room.clone())
    }

    fn wait(&self, waits: bool) {
        self.waits.set(waits);
        if waits {
            set(&self.send, "disabled", "");
        } else {
            // Fails only for an invalid name.
            let _ = self.send.remove_attribute("disabled");
        }
    }

    fn list_reasons(&self) {
        self.reason.set_text_content(None);
        let add = |reason: Reason, words: &str| {
            let option = child(&self.document, "option", "", words);
            set(&option, "value", &i32::from(reason).to_string());
            append(&self.reason, &option);
        };
        add(Reason::Unspecified, self.localizer.get(texts::CHOOSE));
        for (_, reason) in REASONS {
            add(reason, texts::reason(self.localizer.language(), reason));
        }
    }

    /// Chooses this time of slow mode, which may be none of those on the list.
    fn show_slow_mode(&self, seconds: u32) {
        let seconds = seconds.to_string();
        self.slow.set_value(&seconds);
        if self.slow.value() != seconds {
            let words = [&seconds, " s"].concat();
            let option = child(&self.document, "option", "", &words);
            set(&option, "value", &seconds);
            append(&self.slow, &option);
            self.slow.set_value(&seconds);
        }
    }

    fn words_of(&self, text: Text) -> String {
        self.localizer.get(text).into()
    }
}
