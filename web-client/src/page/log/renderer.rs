//! Turns the entries of a conversation into elements. What users say becomes text
//! nodes and nothing else.

use std::cell::RefCell;
use std::rc::Rc;

use guildhall_client::texts;
use js_sys::{Array, Date, Function, Intl, Object, Reflect};
use wasm_bindgen::prelude::*;
use web_sys::{Document, Element};

use crate::avatar::Avatar;
use crate::clock::millis;
use crate::notice::Notice;
use crate::scrollback::{Added, Entry, Message};

use crate::page::elements::{append, child, set, show_avatar, tint};
use crate::page::language::localized_texts::LocalizedTexts;
use crate::page::language::localizer::Localizer;
use crate::page::user_look::UserLook;

/// What the renderer needs to know of the conversation that an entry is in.
pub(in crate::page) struct Context<'a> {
    /// Gets the page's own texts, to translate them later.
    pub(in crate::page) texts: &'a LocalizedTexts,
    /// The partner's name, if the conversation is whispers.
    pub(in crate::page) partner: Option<String>,
}

/// Makes the elements.
pub(in crate::page) struct Renderer {
    document: Document,
    localizer: Rc<Localizer>,
    look: Rc<UserLook>,
    clock: Function,
    calendar: Function,
    /// The time of the last message, as the page shows it.
    last_time: RefCell<String>,
}

impl Renderer {
    /// A renderer that formats times as the user's browser does.
    pub(in crate::page) fn new(
        document: &Document,
        localizer: &Rc<Localizer>,
        look: &Rc<UserLook>,
    ) -> Result<Self, JsValue> {
        Ok(Self {
            document: document.clone(),
            localizer: Rc::clone(localizer),
            look: Rc::clone(look),
            clock: format(&[("hour", "numeric"), ("minute", "2-digit")])?,
            calendar: format(&[
                ("day", "numeric"),
                ("month", "short"),
                ("hour", "numeric"),
                ("minute", "2-digit"),
            ])?,
            last_time: RefCell::default(),
        })
    }

    /// The element of one entry.
    pub(in crate::page) fn entry(&self, context: &Context<'_>, added: &Added) -> Element {
        match &added.entry {
            Entry::Message(message) => self.message(context, message, added.continues),
            Entry::Notice(notice) => self.note(context, notice),
        }
    }

    /// The divider above the first unread line.
    pub(in crate::page) fn divider(&self, context: &Context<'_>) -> Element {
        let divider = self.make("li", "divider", "");
        self.show(context, &divider, Notice::Text(texts::NEW));
        divider
    }

    fn note(&self, context: &Context<'_>, notice: &Notice) -> Element {
        let note = self.make("li", "notice", "");
        let class = if *notice == Notice::Help { "lines" } else { "" };
        let words = self.make("span", class, "");
        self.show(context, &words, notice.clone());
        set(&words, "dir", "auto");
        append(&note, &words);
        note
    }

    fn message(&self, context: &Context<'_>, message: &Message, continues: bool) -> Element {
        let look = Avatar::new(message.sender);
        let item = self.make("li", "message", "");
        set(&item, "data-sender", &message.sender.to_string());
        set(&item, "data-seq", &message.seq.to_string());
        if message.own {
            set(&item, "data-own", "");
        }
        if !message.account.is_empty() {
            set(&item, "data-user", &message.account);
        }
        if message.action {
            // Fails only for a name with white space.
            let _ = item.class_list().add_1("action");
        }
        if context.partner.is_some() {
            let _ = item.class_list().add_1("whisper");
        }
        tint(&item, look);
        let time = self.time(message.time);
        let shown_time = time.text_content().unwrap_or_default();
        if continues {
            let _ = item.class_list().add_1("continued");
            if *self.last_time.borrow() == shown_time {
                // The line above shows the same time; screen readers still get it.
                time.set_class_name("unseen");
            }
        } else {
            let avatar = self.make("span", "", "");
            show_avatar(&avatar, look);
            self.look.picture(&avatar, &message.info);
            append(&item, &avatar);
        }
        let speaker = if let Some(notice) = notice_for_speaker(context, message) {
            self.speaker_notice(context, notice)
        } else {
            let speaker = self.speaker(&message.name);
            self.look.show(&speaker, &message.info);
            speaker
        };
        append(&item, &speaker);
        append(&item, &self.text(&message.text));
        append(&item, &time);
        self.last_time.replace(shown_time);
        item
    }

    /// Shows `notice` in `element`, now and in every language chosen later.
    pub(in crate::page) fn show(&self, context: &Context<'_>, element: &Element, notice: Notice) {
        context.texts.show(&self.localizer, element, notice);
    }

    /// The element that shows who speaks, in the page's own words.
    pub(in crate::page) fn speaker_notice(&self, context: &Context<'_>, notice: Notice) -> Element {
        let speaker = self.speaker("");
        self.show(context, &speaker, notice);
        speaker
    }

    /// The element that shows a speaker's name.
    fn speaker(&self, name: &str) -> Element {
        let speaker = self.make("span", "speaker", name);
        set(&speaker, "dir", "auto");
        speaker
    }

    /// The element that shows what was message. Its direction follows its own letters.
    pub(in crate::page) fn text(&self, text: &str) -> Element {
        let element = self.make("p", "text", text);
        set(&element, "dir", "auto");
        element
    }

    /// The element that shows when a line was said: hours and minutes, and the date
    /// if it was not today.
    pub(in crate::page) fn time(&self, at: u64) -> Element {
        let date = Date::new(&millis(at));
        let today = Date::new_0().to_date_string() == date.to_date_string();
        let format = if today { &self.clock } else { &self.calendar };
        let words = format.call1(&JsValue::UNDEFINED, &date).ok();
        let words = words.and_then(|words| words.as_string());
        let time = self.make("time", "", &words.unwrap_or_default());
        // A date beyond the year 275,760 cannot be written.
        if !date.get_time().is_nan() {
            set(&time, "datetime", &String::from(date.to_iso_string()));
        }
        time
    }

    fn make(&self, name: &str, class: &str, text: &str) -> Element {
        child(&self.document, name, class, text)
    }
}

/// How the page names a speaker, if not by the name alone.
fn notice_for_speaker(context: &Context<'_>, message: &Message) -> Option<Notice> {
    match (&context.partner, message.own) {
        (Some(partner), true) => Some(Notice::YouWhisper(partner.clone())),
        (Some(_), false) => Some(Notice::WhispersToYou(message.name.clone())),
        // An action needs a name as its subject: "Anna waves".
        (None, own) => (own && !message.action).then_some(Notice::Text(texts::YOU)),
    }
}

/// A function that formats a date as the user's browser does. It is made once,
/// because making it is slow.
fn format(parts: &[(&str, &str)]) -> Result<Function, JsValue> {
    let options = Object::new();
    for (part, how) in parts {
        Reflect::set(&options, &(*part).into(), &(*how).into())?;
    }
    Ok(Intl::DateTimeFormat::new(&Array::new(), &options).format())
}
