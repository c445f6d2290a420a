//! Writes the entries of a list as elements. What peers say becomes text nodes
//! and nothing else.

use std::cell::RefCell;
use std::rc::Rc;

use guildhall_client::texts;
use js_sys::{Array, Date, Function, Intl, Object, Reflect};
use wasm_bindgen::prelude::*;
use web_sys::{Document, Element};

use crate::clock::millis;
use crate::remark::Remark;
use crate::scrollback::{Added, Entry, Said};
use crate::speaker::Speaker;

use super::elements::{append, child, set, tint, wear};
use super::talk::Talk;
use super::voice::Voice;

/// Makes the elements.
pub(super) struct Scribe {
    document: Document,
    voice: Rc<Voice>,
    clock: Function,
    calendar: Function,
    /// The last message's time, as it was written.
    last_time: RefCell<String>,
}

impl Scribe {
    /// A scribe that writes times as they are written here.
    pub(super) fn new(document: &Document, voice: &Rc<Voice>) -> Result<Self, JsValue> {
        Ok(Self {
            document: document.clone(),
            voice: Rc::clone(voice),
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
    pub(super) fn entry(&self, talk: &Talk, added: &Added) -> Element {
        match &added.entry {
            Entry::Said(said) => self.said(talk, said, added.continues),
            Entry::Note(remark) => self.note(talk, remark),
        }
    }

    /// The mark above what is new.
    pub(super) fn divider(&self, talk: &Talk) -> Element {
        let divider = self.make("li", "divider", "");
        (talk.spoken).say(&self.voice, &divider, Remark::Text(texts::NEW));
        set(&divider, "role", "separator");
        divider
    }

    fn note(&self, talk: &Talk, remark: &Remark) -> Element {
        let note = self.make("li", "note", "");
        let class = if *remark == Remark::Help { "lines" } else { "" };
        let words = self.make("span", class, "");
        talk.spoken.say(&self.voice, &words, remark.clone());
        set(&words, "dir", "auto");
        append(&note, &words);
        note
    }

    fn said(&self, talk: &Talk, said: &Said, continues: bool) -> Element {
        let speaker = Speaker::new(said.sender);
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
        if talk.room().is_none() {
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
            let crest = self.make("span", "", "");
            wear(&crest, speaker);
            append(&item, &crest);
        }
        let speaker = match remark_for_speaker(talk, said) {
            Some(remark) => self.called(talk, remark),
            None => self.speaker(&said.name),
        };
        append(&item, &speaker);
        append(&item, &self.text(&said.text));
        append(&item, &time);
        self.last_time.replace(words);
        item
    }

    /// The element with what the page calls a speaker.
    pub(super) fn called(&self, talk: &Talk, remark: Remark) -> Element {
        let speaker = self.speaker("");
        talk.spoken.say(&self.voice, &speaker, remark);
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
fn remark_for_speaker(talk: &Talk, said: &Said) -> Option<Remark> {
    match (talk.partner(), said.own) {
        (Some(partner), true) => Some(Remark::YouWhisper(partner.name)),
        (Some(_), false) => Some(Remark::Whispers(said.name.clone())),
        // What one does needs a name in its sentence.
        (None, own) => (own && !said.action).then(|| Remark::Text(texts::YOU)),
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
