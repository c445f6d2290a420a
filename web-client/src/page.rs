//! The chat page: `startPage` brings the markup of `page/index.html` to life.
//!
//! What people and tests find on the page, and what therefore stays:
//!
//! - the dialog `#entry`, which asks for a name (`#name`, `#skip`) at the first
//!   visit, and again when the own name (`#own`) is pressed;
//! - the tabs (role `tab`) of the rooms and of the whispers with somebody
//!   (`data-kind`), each with `.badge`, how many lines are unread, and a button
//!   that closes it; Delete on the tab does the same;
//! - the button `#add`, which opens the dialog `#door` to join a room;
//! - the button `#people` with how many are in the room, and `#members`;
//! - the textbox named "Message" (`#message`); Enter sends, Up recalls, Tab
//!   completes, with `#choices` above it;
//! - the button named "Send" (`#send`);
//! - the log named "Messages" (`#log`) with the conversation that is shown;
//! - each message: `li.message` with `data-sender` (the speaker's ID) and
//!   `data-seq`, and, if it is ours, `data-own`; in it `.speaker`, `.text` and
//!   `time[datetime]`; in whispers also the class `whisper`;
//! - below them our messages that are on their way or did not arrive: with
//!   `data-nonce` and `data-state` (`pending`, `failed`), `.fate` and the
//!   buttons "Retry" and "Discard";
//! - `li.divider` above the first line that is unread;
//! - each remark of the page itself: `li.note`;
//! - the status (`#status`, role `status`): "Connected", "Connecting…",
//!   "Reconnecting in N s" or "Disconnected";
//! - below it `#trouble` with what is wrong (`#reason`) and the button `#now`
//!   named "Try now" or "Connect again";
//! - the button `#newest` whose name begins with "Jump to newest";
//! - under the textbox `#hint` (role `alert`), why a text was not sent, and
//!   `#counter`, how many bytes are left when they are few;
//! - the list of languages (`#language`).

mod address;
mod choices;
mod composer;
mod door;
mod elements;
mod entry;
mod hearing;
mod labels;
mod memory;
mod message_log;
mod outbox;
mod people;
mod scribe;
mod spoken;
mod status;
mod tabs;
mod talk;
mod talks;
mod voice;
mod wish;
mod wishing;

use std::cell::{Cell, OnceCell, RefCell};
use std::rc::Rc;

use guildhall_client::session::State;
use guildhall_client::texts::{self, Language};
use wasm_bindgen::prelude::*;
use web_sys::{Event, PageTransitionEvent};

use crate::client::Client;
use crate::remark::Remark;
use crate::scrollback::{Entry as ListEntry, Sight};
use crate::timer::Timer;
use composer::Composer;
use door::Door;
use elements::{Elements, on};
use entry::Entry;
use memory::Memory;
use message_log::MessageLog;
use people::People;
use status::Status;
use tabs::Tabs;
use talk::Talk;
use talks::Talks;
use voice::{Voice, isolated};
use wish::{Ask, Wish};

/// The room of those who were in none before.
const LOBBY: &str = "lobby";

/// What comes within this time is shown together: one layout for all. A timer
/// and not an animation frame, which a page in the background has not.
const TURN_MILLIS: u32 = 16;

/// The parts of the page. Lives as long as the document.
struct Page {
    client: Client,
    elements: Elements,
    voice: Rc<Voice>,
    memory: Memory,
    talks: Talks,
    log: Rc<MessageLog>,
    tabs: Rc<Tabs>,
    people: Rc<People>,
    composer: Rc<Composer>,
    status: Rc<Status>,
    door: Rc<Door>,
    entry: Rc<Entry>,
    turn: RefCell<Option<Timer>>,
    /// What was to be remarked before there was a conversation.
    early: RefCell<Vec<Remark>>,
    /// The room that the user wants to see once it is joined.
    awaited: RefCell<Option<String>>,
    /// The conversation that the message which goes out now belongs to.
    outgoing: Cell<Option<u32>>,
    /// Rooms that the server has told of, for completion.
    known_rooms: RefCell<Vec<String>>,
}

/// Starts the chat page in this document and connects to the server that
/// served it, or to the one named by `?server=`.
///
/// # Errors
///
/// Where the markup is not that of `index.html`.
#[wasm_bindgen(js_name = startPage)]
pub fn start() -> Result<(), JsValue> {
    console_error_panic_hook::set_once();
    let window = web_sys::window().ok_or("there is no window")?;
    let document = window.document().ok_or("there is no document")?;
    let elements = Elements::find(window, document);
    let memory = Memory::new(&elements.window);
    let tag = (memory.language()).or_else(|| elements.window.navigator().language());
    let language = Language::from_tag(&tag.unwrap_or_default());
    let voice = Rc::new(Voice::new(language));
    voice.speak(&elements.document, language);
    elements.offer_languages(language);
    elements.loaded();

    // Wishes and events find the page once it is there.
    let slot: Rc<OnceCell<Rc<Page>>> = Rc::default();
    let asked = Rc::clone(&slot);
    let ask: Ask = Rc::new(move |wish| {
        if let Some(page) = asked.get() {
            page.wish(wish);
        }
    });
    let status = Status::start(&elements, &voice, &ask);
    let told = Rc::clone(&slot);
    let client = address::server(&elements.window.location())?.and_then(|url| {
        let tell = move |event| {
            if let Some(page) = told.get() {
                page.tell(event);
            }
        };
        Client::new(&url, "", tell).map_err(|_| url)
    });
    let client = match client {
        Ok(client) => client,
        Err(url) => {
            status.unusable(&url);
            return Ok(());
        }
    };
    let most = client.session().limits().text_bytes as usize;
    let page = Rc::new(Page {
        talks: Talks::new(&elements.document),
        log: MessageLog::start(&elements, &voice, &ask)?,
        tabs: Tabs::start(&elements, &voice, &ask),
        people: People::start(&elements, &voice, &ask),
        composer: Composer::start(&elements, &voice, &ask, most),
        door: Door::start(&elements, &voice, &ask),
        entry: Entry::start(&elements, &ask),
        turn: RefCell::default(),
        early: RefCell::default(),
        awaited: RefCell::default(),
        outgoing: Cell::default(),
        known_rooms: RefCell::default(),
        client,
        status,
        memory,
        voice,
        elements,
    });
    page.listen(&ask);
    page.begin();
    let _ = slot.set(page);
    // Now that wishes are heard: a name that was asked for before is known.
    if let Some(page) = slot.get() {
        match page.memory.name() {
            Some(name) => {
                page.wish(Wish::BeCalled(name));
                page.composer.focus();
            }
            None => page.entry.open(""),
        }
    }
    Ok(())
}

impl Page {
    /// What concerns the whole document.
    fn listen(self: &Rc<Self>, ask: &Ask) {
        let asked = Rc::clone(ask);
        let select = self.elements.language.clone();
        on(&self.elements.language, "change", move |_: Event| {
            asked(Wish::Speak(select.value()));
        });
        let back = Rc::clone(self);
        on(
            &self.elements.document,
            "visibilitychange",
            move |_: Event| {
                back.look();
            },
        );
        // A goodbye, so that nobody waits for us, and our name is free for the
        // next page.
        let leaving = self.client.clone();
        on(&self.elements.window, "pagehide", move |_: Event| {
            leaving.close();
        });
        let returning = self.client.clone();
        on(
            &self.elements.window,
            "pageshow",
            move |event: PageTransitionEvent| {
                if event.persisted() {
                    returning.connect();
                }
            },
        );
    }

    /// Wants the rooms of the last visit.
    fn begin(&self) {
        self.show(None);
        let mut rooms = self.memory.rooms();
        if rooms.is_empty() {
            rooms.push(LOBBY.into());
        }
        for room in &rooms {
            self.client.wish(|session| session.join(room));
        }
    }

    /// Shows another conversation, or none.
    fn show(&self, talk: Option<&Rc<Talk>>) {
        if let Some(old) = self.log.shown() {
            old.draft.replace(self.composer.take_draft());
        }
        self.log.show(talk.cloned());
        let draft = talk.map(|talk| talk.draft.take());
        (self.composer).put_draft(&draft.unwrap_or_default(), &self.placeholder());
        self.look();
        self.refresh();
    }

    /// What the empty textbox says: whom a text would go to.
    fn placeholder(&self) -> String {
        let language = self.voice.language();
        match self.log.shown() {
            Some(talk) if talk.room().is_some() => {
                texts::write_to(language, &isolated(&talk.name()))
            }
            Some(talk) => texts::whisper_with(language, &isolated(&talk.name())),
            // Before the first connection there is nothing to do about it.
            None if *self.client.session().state() != State::Online => String::new(),
            None => self.voice.get(texts::NO_ROOM).into(),
        }
    }

    /// The user may have seen what is new.
    fn look(&self) {
        if let Some(talk) = self.log.shown()
            && self.log.sees(&talk)
            && talk.scrollback.borrow_mut().seen()
        {
            self.refresh();
        }
    }

    /// Adds a remark to `talk`, or, without one, to what is shown.
    fn note(self: &Rc<Self>, talk: Option<Rc<Talk>>, remark: Remark) {
        match talk.or_else(|| self.log.shown()) {
            Some(talk) => self.put(&talk, ListEntry::Note(remark), Sight::Seen, false),
            // It is shown in the first conversation that there is.
            None => self.early.borrow_mut().push(remark),
        }
    }

    /// Adds an entry, now or within a moment.
    fn put(self: &Rc<Self>, talk: &Talk, entry: ListEntry, sight: Sight, quiet: bool) {
        talk.scrollback.borrow_mut().push(entry, sight, quiet);
        self.soon();
    }

    /// Shows what has changed within a moment.
    fn soon(self: &Rc<Self>) {
        let mut turn = self.turn.borrow_mut();
        if turn.is_none() {
            let page = Rc::clone(self);
            *turn = Some(Timer::after(TURN_MILLIS, move || {
                page.turn.take();
                page.log.turn();
                page.refresh();
            }));
        }
    }

    /// Shows what has changed around the log.
    fn refresh(&self) {
        let talks = self.talks.all();
        let shown = self.log.shown();
        let number = shown.as_ref().map(|talk| talk.number);
        self.tabs.show(&talks, number);
        self.log.offer_newest();
        let session = self.client.session();
        let room = shown.as_ref().and_then(|talk| talk.room());
        let room = room.and_then(|room| session.room(room));
        self.people.show(room, session.id().map(|id| id.0));
        let unread = |talk: &Rc<Talk>| talk.scrollback.borrow().unread();
        let title = match talks.iter().map(unread).sum::<usize>() {
            0 => "Guildhall".into(),
            count => ["(", &count.to_string(), ") Guildhall"].concat(),
        };
        if self.elements.document.title() != title {
            self.elements.document.set_title(&title);
        }
    }
}
