//! The menu of a line or of a user: reactions, reply, edit and delete; whisper, block and report;
//! and what moderators do. There is one for all; it opens beside the button of the line or the
//! user, or at the bottom of a phone.

use std::cell::RefCell;
use std::rc::Rc;

use guildhall_client::conversations::KnownLine;
use guildhall_client::texts;
use web_sys::{Element, Event, HtmlDialogElement, HtmlElement};

use crate::page::elements::{Elements, all, closest, on, set};
use crate::page::language::localizer::{Localizer, isolated};
use crate::page::user_action::{Dispatch, Form, LineId, Person, Reported, UserAction};

/// The space between the menu and the edge of the window, in CSS pixels.
const MARGIN: i32 = 8;

/// The subject of the menu.
pub(in crate::page) struct Subject {
    /// The line, if it is one of a room and was not removed.
    pub(in crate::page) line: Option<LineId>,
    /// The user; `None`: this user's own line.
    pub(in crate::page) person: Option<Person>,
    /// Whether this user blocks the other one already.
    pub(in crate::page) is_blocked: bool,
    /// The thing that the user reports here, and the words for it.
    pub(in crate::page) reported: Option<(Reported, String)>,
}

/// The actions that the user may take.
#[derive(Default)]
pub(in crate::page) struct Allowed {
    pub(in crate::page) edit: bool,
    pub(in crate::page) remove: bool,
    /// Whether the user may moderate.
    pub(in crate::page) moderate: bool,
}

/// The menu.
pub(in crate::page) struct LineMenu {
    dialog: HtmlDialogElement,
    /// The items that lines alone have.
    of_lines: [HtmlElement; 2],
    edit: HtmlElement,
    remove: HtmlElement,
    whisper: HtmlElement,
    block: HtmlElement,
    report: HtmlElement,
    moderate: HtmlElement,
    localizer: Rc<Localizer>,
    open: RefCell<Option<Subject>>,
}

impl LineMenu {
    /// Creates the menu, closed, which listens to the user.
    pub(in crate::page) fn start(
        elements: &Elements,
        localizer: &Rc<Localizer>,
        dispatch: &Dispatch,
    ) -> Rc<Self> {
        let menu = Rc::new(Self {
            dialog: elements.line_menu.clone(),
            of_lines: [elements.line_react.clone(), elements.line_reply.clone()],
            edit: elements.line_edit.clone(),
            remove: elements.line_remove.clone(),
            whisper: elements.user_whisper.clone(),
            block: elements.user_block.clone(),
            report: elements.user_report.clone(),
            moderate: elements.user_moderate.clone(),
            localizer: Rc::clone(localizer),
            open: RefCell::default(),
        });
        let (pressed, dispatch) = (Rc::clone(&menu), Rc::clone(dispatch));
        on(&menu.dialog, "click", move |event: Event| {
            let button = closest(&event, "button");
            // The area around the menu counts as the dialog itself.
            if button.is_none() && closest(&event, ".emojis").is_some() {
                return;
            }
            // Before the action: it may move the focus, and so does the closing dialog.
            pressed.dialog.close();
            if let Some(action) = button.and_then(|button| pressed.chosen(&button)) {
                dispatch(action);
            }
        });
        menu
    }

    /// Opens the menu below this place of the window. `line` is the line that it is about.
    pub(in crate::page) fn open(
        &self,
        subject: Subject,
        line: Option<&KnownLine>,
        allowed: &Allowed,
        (right, bottom): (i32, i32),
    ) {
        let language = self.localizer.language();
        let mut label = self.localizer.get(texts::LINE_MENU).into();
        for item in &self.of_lines {
            item.set_hidden(line.is_none());
        }
        self.edit.set_hidden(!allowed.edit);
        self.remove.set_hidden(!allowed.remove);
        self.report.set_hidden(subject.reported.is_none());
        self.moderate.set_hidden(!allowed.moderate);
        self.whisper.set_hidden(subject.person.is_none());
        self.block.set_hidden(subject.person.is_none());
        if let Some(person) = &subject.person {
            let name = isolated(&person.name);
            let block = if subject.is_blocked {
                texts::unblock_user(language, &name)
            } else {
                texts::block_user(language, &name)
            };
            self.block.set_text_content(Some(&block));
            let whisper = texts::whisper_to(language, &name);
            self.whisper.set_text_content(Some(&whisper));
            if line.is_none() {
                label = texts::user_menu(language, &name);
            }
        }
        set(&self.dialog, "aria-label", &label);
        if let Some(line) = line {
            for button in all(&self.dialog, "[data-react]") {
                let reaction = button.get_attribute("data-react").unwrap_or_default();
                set_pressed(&button, line.has_own(&reaction));
            }
        }
        self.open.replace(Some(subject));
        if !self.dialog.open() {
            // Fails only for a dialog that is open already or not in a document.
            let _ = self.dialog.show_modal();
        }
        let window = (self.dialog.owner_document()).and_then(|it| it.document_element());
        let window = window.map_or(0, |it| it.client_height());
        let lowest = window - self.dialog.offset_height() - MARGIN;
        let style = self.dialog.style();
        for (property, at) in [
            ("--right", right),
            ("--top", bottom.min(lowest).max(MARGIN)),
        ] {
            // Fails only for a read-only style, and this is the element's own.
            let _ = style.set_property(property, &[&at.to_string(), "px"].concat());
        }
    }

    /// The action that a button asks for, beside that the menu closes.
    fn chosen(&self, button: &Element) -> Option<UserAction> {
        let subject = self.open.take()?;
        let action = button.get_attribute("data-do").unwrap_or_default();
        match (&*action, subject.line, subject.person) {
            ("reply", Some(line), _) => Some(UserAction::ReplyTo(line)),
            ("edit", Some(line), _) => Some(UserAction::Edit(line)),
            ("delete", Some(line), _) => Some(UserAction::Remove(line)),
            ("whisper", _, Some(Person { id, name, .. })) => {
                Some(UserAction::WhisperTo { id, name })
            }
            ("block", _, Some(person)) => Some(UserAction::Block {
                person,
                take_back: subject.is_blocked,
            }),
            ("report", ..) => {
                let (what, words) = subject.reported?;
                Some(UserAction::Open(Form::Report(what, words)))
            }
            ("moderate", _, Some(person)) => Some(UserAction::Open(Form::Moderate(person))),
            (_, Some(line), _) => {
                Some(UserAction::React(line, button.get_attribute("data-react")?))
            }
            _ => None,
        }
    }
}

/// Whether a button that can be switched on is on.
pub(super) fn set_pressed(button: &Element, is_pressed: bool) {
    set(
        button,
        "aria-pressed",
        if is_pressed { "true" } else { "false" },
    );
}
