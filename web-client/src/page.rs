//! The chat page: `startPage` brings the markup of `page/index.html` to life.
//!
//! What people and tests find on the page, and what therefore stays:
//!
//! - the dialog `#entry`, which asks for a name (`#name`, `#skip`) at the first
//!   visit, and again when the own name (`#own`) is pressed;
//! - the tabs (role `tab`) of the rooms and of the whispers with somebody
//!   (`data-kind`), each with `.badge`, how many lines are unread, and a button
//!   that closes it; Delete on the tab does the same;
//! - the button `#add`, which opens the dialog `#join_dialog` to join a room;
//! - the button `#people` with how many are in the room, and `#members`;
//! - the textbox named "Message" (`#message`); Enter sends, Up recalls, Tab
//!   completes, with `#choices` above it;
//! - the button named "Send" (`#send`);
//! - the log named "Messages" (`#log`) with the conversation that is shown;
//! - each message: `li.message` with `data-sender` (the speaker's ID) and
//!   `data-seq`, and, if it is ours, `data-own`; in it `.speaker`, `.text` and
//!   `time[datetime]`; in whispers also the class `whisper`;
//! - below them our messages that are on their way or did not arrive: with
//!   `data-nonce` and `data-state` (`pending`, `failed`), `.delivery` and the
//!   buttons "Retry" and "Discard";
//! - `li.divider` above the first line that is unread;
//! - each notice of the page itself: `li.notice`;
//! - the status (`#status`, role `status`): "Connected", "Connecting…",
//!   "Reconnecting in N s" or "Disconnected";
//! - below it `#trouble` with what is wrong (`#reason`) and the button `#now`
//!   named "Try now" or "Connect again";
//! - the button `#newest` whose name begins with "Jump to newest";
//! - under the textbox `#hint` (role `alert`), why a text was not sent, and
//!   `#counter`, how many bytes are left when they are few;
//! - the list of languages (`#language`).

mod actions;
mod address;
mod choices;
mod composer;
mod conversation;
mod conversations;
mod elements;
mod events;
mod join_dialog;
mod labels;
mod localized_texts;
mod localizer;
mod member_list;
mod memory;
mod message_log;
mod name_dialog;
mod outbox;
mod renderer;
mod status;
mod tabs;
mod user_action;

use std::cell::{Cell, OnceCell, RefCell};
use std::rc::Rc;

use guildhall_client::session::State;
use guildhall_client::words::Language;
use wasm_bindgen::prelude::*;
use web_sys::{Event, PageTransitionEvent};

use crate::client::Client;
use crate::notice::Notice;
use crate::scrollback::{Entry, ReadState};
use crate::timer::Timer;
use composer::Composer;
use conversation::Conversation;
use conversations::Conversations;
use elements::{Elements, on};
use join_dialog::JoinDialog;
use localizer::Localizer;
use member_list::MemberList;
use memory::Memory;
use message_log::MessageLog;
use name_dialog::NameDialog;
use status::Status;
use tabs::Tabs;
use user_action::{Dispatch, UserAction};

/// The room of those who were in none before.
const LOBBY: &str = "lobby";

/// What comes within this time is shown together: one layout for all. A timer
/// and not an animation frame, which a page in the background has not.
const TURN_MILLIS: u32 = 16;

/// The parts of the page. Lives as long as the document.
struct Page {
    client: Client,
    elements: Elements,
    localizer: Rc<Localizer>,
    memory: Memory,
    conversations: Conversations,
    log: Rc<MessageLog>,
    tabs: Rc<Tabs>,
    members: Rc<MemberList>,
    composer: Rc<Composer>,
    status: Rc<Status>,
    join_dialog: Rc<JoinDialog>,
    name_dialog: Rc<NameDialog>,
    turn: RefCell<Option<Timer>>,
    /// What was to be remarked before there was a conversation.
    early: RefCell<Vec<Notice>>,
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
    let localizer = Rc::new(Localizer::new(language));
    localizer.speak(&elements.document, language);
    elements.language.set_value(localizer.tag());
    elements.loaded();

    // Wishes and events find the page once it is there.
    let slot: Rc<OnceCell<Rc<Page>>> = Rc::default();
    let asked = Rc::clone(&slot);
    let dispatch: Dispatch = Rc::new(move |action| {
        if let Some(page) = asked.get() {
            page.perform(action);
        }
    });
    let status = Status::start(&elements, &localizer, &dispatch);
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
        conversations: Conversations::new(&elements.document),
        log: MessageLog::start(&elements, &localizer, &dispatch)?,
        tabs: Tabs::start(&elements, &localizer, &dispatch),
        members: MemberList::start(&elements, &localizer, &dispatch),
        composer: Composer::start(&elements, &localizer, &dispatch, most),
        join_dialog: JoinDialog::start(&elements, &localizer, &dispatch),
        name_dialog: NameDialog::start(&elements, &dispatch),
        turn: RefCell::default(),
        early: RefCell::default(),
        awaited: RefCell::default(),
        outgoing: Cell::default(),
        known_rooms: RefCell::default(),
        client,
        status,
        memory,
        localizer,
        elements,
    });
    page.listen(&dispatch);
    page.begin();
    let _ = slot.set(page);
    // Now that wishes are heard: a name that was asked for before is known.
    if let Some(page) = slot.get() {
        match page.memory.name() {
            Some(name) => {
                page.perform(UserAction::BeCalled(name));
                page.composer.focus();
            }
            None => page.name_dialog.open(""),
        }
    }
    Ok(())
}

impl Page {
    /// What concerns the whole document.
    fn listen(self: &Rc<Self>, dispatch: &Dispatch) {
        let asked = Rc::clone(dispatch);
        let select = self.elements.language.clone();
        on(&self.elements.language, "change", move |_: Event| {
            asked(UserAction::Speak(select.value()));
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
            self.client.with_session(|session| session.join(room));
        }
    }

    /// Shows another conversation, or none.
    fn show(&self, conversation: Option<&Rc<Conversation>>) {
        if let Some(old) = self.log.shown() {
            old.draft.replace(self.composer.take_draft());
        }
        self.log.show(conversation.cloned());
        let draft = conversation.map(|conversation| conversation.draft.take());
        (self.composer).put_draft(&draft.unwrap_or_default(), &self.placeholder());
        self.look();
        self.refresh();
    }

    /// What the empty textbox says: whom a text would go to.
    fn placeholder(&self) -> String {
        match self.log.shown() {
            Some(conversation) if conversation.room().is_some() => {
                self.localizer.with("say-in", &[&conversation.name()])
            }
            Some(conversation) => self.localizer.with("say-to", &[&conversation.name()]),
            // Before the first connection there is nothing to do about it.
            None if *self.client.session().state() != State::Online => String::new(),
            None => self.localizer.label("no-room").into(),
        }
    }

    /// The user may have seen what is new.
    fn look(&self) {
        if let Some(conversation) = self.log.shown()
            && self.log.sees(&conversation)
            && conversation.scrollback.borrow_mut().seen()
        {
            self.refresh();
        }
    }

    /// Adds a notice to `conversation`, or, without one, to what is shown.
    fn note(self: &Rc<Self>, conversation: Option<Rc<Conversation>>, notice: Notice) {
        match conversation.or_else(|| self.log.shown()) {
            Some(conversation) => {
                self.put(&conversation, Entry::Notice(notice), ReadState::Read, false)
            }
            // It is shown in the first conversation that there is.
            None => self.early.borrow_mut().push(notice),
        }
    }

    /// Adds an entry, now or within a moment.
    fn put(
        self: &Rc<Self>,
        conversation: &Conversation,
        entry: Entry,
        read_state: ReadState,
        quiet: bool,
    ) {
        conversation
            .scrollback
            .borrow_mut()
            .push(entry, read_state, quiet);
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
        let conversations = self.conversations.all();
        let shown = self.log.shown();
        let number = shown.as_ref().map(|conversation| conversation.number);
        self.tabs.show(&conversations, number);
        self.log.offer_newest();
        let session = self.client.session();
        let room = shown.as_ref().and_then(|conversation| conversation.room());
        let room = room.and_then(|room| session.room(room));
        self.members.show(room, session.id());
        let unread = |conversation: &Rc<Conversation>| conversation.scrollback.borrow().unread();
        let title = match conversations.iter().map(unread).sum::<usize>() {
            0 => "Guildhall".into(),
            count => ["(", &count.to_string(), ") Guildhall"].concat(),
        };
        if self.elements.document.title() != title {
            self.elements.document.set_title(&title);
        }
    }
}
