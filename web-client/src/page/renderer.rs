//! Writes the entries of a list as elements. What peers say becomes text nodes
//! and nothing else.

use std::cell::RefCell;
use std::rc::Rc;

use js_sys::{Array, Date, Function, Intl, Object, Reflect};
use wasm_bindgen::prelude::*;
use web_sys::{Document, Element};

use crate::avatar::Avatar;
use crate::clock::millis;
use crate::notice::Notice;
use crate::scrollback::{Added, Entry, Said};

use super::conversation::Conversation;
use super::elements::{append, child, set, tint, wear};
use super::localizer::Localizer;

/// Makes the elements.
pub(super) struct Renderer {
    document: Document,
    localizer: Rc<Localizer>,
    clock: Function,
    calendar: Function,
    /// The last message's time, as it was written.
    last_time: RefCell<String>,
}

impl Renderer {
    /// A renderer that writes times as they are written here.
    pub(super) fn new(document: &Document, localizer: &Rc<Localizer>) -> Result<Self, JsValue> {
        Ok(Self {
            document: document.clone(),
            localizer: Rc::clone(localizer),
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

    /// The element for an entry of this conversation.
    pub(super) fn entry(&self, conversation: &Conversation, added: &Added) -> Element {
        match &added.entry {
            Entry::Said(said) => self.said(conversation, said, added.continues),
            Entry::Notice(notice) => self.note(conversation, notice),
        }
    }

    /// The mark above what is new.
    pub(super) fn divider(&self, conversation: &Conversation) -> Element {
        let divider = self.make("li", "divider", "");
        (conversation.texts).say(&self.localizer, &divider, Notice::label("new"));
        set(&divider, "role", "separator");
        divider
    }

    fn note(&self, conversation: &Conversation, notice: &Notice) -> Element {
        let note = self.make("li", "notice", "");
        let class = if *notice == Notice::Help { "lines" } else { "" };
        let words = self.make("span", class, "");
        conversation
            .texts
            .say(&self.localizer, &words, notice.clone());
        set(&words, "dir", "auto");
        append(&note, &words);
        note
    }

    fn said(&self, conversation: &Conversation, said: &Said, continues: bool) -> Element {
        let speaker = Avatar::new(said.sender);
        let item = self.make("li", "message", "");
        set(&item, "data-sender", &said.sender.to_string());
        set(&item, "data-seq", &said.seq.to_string());
        if said.own {
            set(&item, "data-own", "");
        }
        if said.action {
            // Fails only for a name with white space.
            let _ = item.class_list().add_1("action");
        }
        if conversation.room().is_none() {
            let _ = item.class_list().add_1("whisper");
        }
        tint(&item, speaker);
        let time = self.time(said.time);
        let words = time.text_content().unwrap_or_default();
        if continues {
            let _ = item.class_list().add_1("continued");
            if *self.last_time.borrow() == words {
                // The line above says it for the eye.
                time.set_class_name("unseen");
            }
        } else {
            let avatar = self.make("span", "", "");
            wear(&avatar, speaker);
            append(&item, &avatar);
        }
        let speaker = match notice_for_speaker(conversation, said) {
            Some(notice) => self.called(conversation, notice),
            None => self.speaker(&said.name),
        };
        append(&item, &speaker);
        append(&item, &self.text(&said.text));
        append(&item, &time);
        self.last_time.replace(words);
        item
    }

    /// The element with what the page calls a speaker.
    pub(super) fn called(&self, conversation: &Conversation, notice: Notice) -> Element {
        let speaker = self.speaker("");
        conversation.texts.say(&self.localizer, &speaker, notice);
        speaker
    }

    /// The element with a speaker's name.
    fn speaker(&self, name: &str) -> Element {
        let speaker = self.make("span", "speaker", name);
        set(&speaker, "dir", "auto");
        speaker
    }

    /// The element with what was said. A text of the other direction keeps to
    /// itself.
    pub(super) fn text(&self, text: &str) -> Element {
        let element = self.make("p", "text", text);
        set(&element, "dir", "auto");
        element
    }

    /// When a line came: today in hours and minutes, else with the day.
    fn time(&self, at: u64) -> Element {
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

/// What the page calls a speaker who does not stand there by name alone.
fn notice_for_speaker(conversation: &Conversation, said: &Said) -> Option<Notice> {
    match (conversation.partner(), said.own) {
        (Some(partner), true) => Some(Notice::Label("you-whisper", vec![partner.name])),
        (Some(_), false) => Some(Notice::Label("whispers", vec![said.name.clone()])),
        // What one does needs a name in its sentence.
        (None, own) => (own && !said.action).then(|| Notice::label("you")),
    }
}

/// Turns a date into words as they are written here. Made once: making it is
/// what costs.
fn format(parts: &[(&str, &str)]) -> Result<Function, JsValue> {
    let options = Object::new();
    for (part, how) in parts {
        Reflect::set(&options, &(*part).into(), &(*how).into())?;
    }
    Ok(Intl::DateTimeFormat::new(&Array::new(), &options).format())
}
