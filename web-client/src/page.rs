//! The chat page: `startPage` makes the markup of `page/index.html` work.
//!
//! Users and tests find these elements, so they stay as they are:
//!
//! - the dialog `#name-dialog`, which asks for a name (`#name`, `#skip`) at the first
//!   visit, and when the user presses their own name (`#own`); `#name-hint` (role `alert`)
//!   says why the server did not give it;
//! - the tabs (role `tab`) of rooms and of whispers (`data-kind`), each with `.badge`,
//!   the number of unread lines, and a button that closes it; the Delete key on the
//!   tab does the same;
//! - the button `#add`, which opens the dialog `#join-dialog` to join a room;
//!   `#join-error` (role `alert`) says why it cannot be joined;
//! - the dialog `#tab-dialog`, if another tab of the browser has the session: `#go-on-here`
//!   takes it over, `#be-another` makes this tab another user;
//! - the button `#people` with the number of members, and their list `#members`;
//! - `#topic`, what the room is for; `#rules`, what holds in it, and `#wait` (role `timer`),
//!   for how long the user has to wait in slow mode;
//! - the textbox named "Message" (`#message`): Enter sends, Up brings back the last
//!   text, Tab completes, with `#choices` above it;
//! - the button named "Send" (`#send`);
//! - the log named "Messages" (`#log`), which shows one conversation;
//! - each message: `li.message` with `data-sender` (the sender's ID) and `data-seq`,
//!   and `data-own` if it is the user's; it contains `.speaker`, `.text` and
//!   `time[datetime]`, and has the class `whisper` in whispers;
//! - below them the user's messages that are on their way or failed: with
//!   `data-nonce`, `data-state` (`pending` or `failed`), `.delivery` and the buttons
//!   "Retry" and "Discard";
//! - in each message of a room the button `.more`, which opens its menu (the dialog
//!   `#line-menu`, with `[data-react]` and `[data-do]`); `.quote`, what it replies to;
//!   `.edited`; the class `removed`; and `.reactions`, each a button with `data-react`;
//! - `#target` above the textbox while it has a reply or an edit, which `#target-end` or
//!   Escape ends;
//! - the button `#search`, which opens the dialog `#search-dialog` (`#words`, `#found`,
//!   `#search-on`);
//! - `li.divider` above the first unread line;
//! - `li.notice` for each notice of the page itself;
//! - the status (`#status`, role `status`): "Connected", "Connecting…",
//!   "Reconnecting in N s", "No network", "No answer" or "Disconnected";
//! - below it `#trouble` with what is wrong (`#reason`), and the button `#now` named
//!   "Try now" or "Connect again";
//! - `#ended`, the heading of the whole page if the user was banned or taken off the chat;
//! - `#appeal`, a link to where a muted user can appeal, and `#join-again` in a room that a
//!   moderator has taken the user out of;
//! - in the menu of a message and of a member (a button `.more` in `#members`) also
//!   `#user-whisper`, `#user-block`, `#user-report` and `#user-moderate`;
//! - the dialog `#form-dialog` for a report, what a moderator does about somebody, the settings of
//!   the room (the button `#room-settings`), and whom the user blocks (`#blocked-people`);
//! - the button `#newest`, whose name begins with "Jump to newest";
//! - under the textbox `#hint` (role `alert`), why a text was not sent, and
//!   `#counter`, how many bytes are left if they are few;
//! - the list of languages (`#language`).

mod actions;
mod address;
mod choices;
mod composer;
mod dialogs;
mod elements;
mod events;
mod game;
mod language;
mod line_actions;
mod log;
mod member_list;
mod memory;
mod moderation;
mod other_tabs;
mod room_rules;
mod status;
mod tabs;
mod updates;
mod user_action;
mod user_look;
mod visits;

use std::cell::{Cell, OnceCell, RefCell};
use std::rc::Rc;

use guildhall_client::conversations::{Conversation, Conversations, Layout, Subject};
use guildhall_client::session::State;
use guildhall_client::texts::{self, Language};
use wasm_bindgen::prelude::*;
use web_sys::SecurityPolicyViolationEvent;

use crate::client::Client;
use crate::notice::Notice;
use crate::timer::Timer;
use composer::Composer;
use dialogs::form_dialog::FormDialog;
use dialogs::join_dialog::JoinDialog;
use dialogs::name_dialog::NameDialog;
use dialogs::search_dialog::SearchDialog;
use dialogs::tab_dialog::TabDialog;
use elements::{Elements, on};
use game::Game;
use language::localizer::{Localizer, isolated};
use log::conversation_view::ConversationView;
use log::line_menu::LineMenu;
use log::message_log::MessageLog;
use log::views::Views;
use member_list::MemberList;
use memory::Memory;
use other_tabs::OtherTabs;
use room_rules::RoomRules;
use status::Status;
use tabs::Tabs;
use user_action::{Dispatch, Person, UserAction};
use user_look::UserLook;

/// The room that a new user joins.
const LOBBY: &str = "lobby";

/// The parts of the page. Lives as long as the document.
struct Page {
    client: Client,
    elements: Elements,
    localizer: Rc<Localizer>,
    memory: Memory,
    conversations: Rc<RefCell<Conversations>>,
    views: Views,
    log: Rc<MessageLog>,
    tabs: Rc<Tabs>,
    members: Rc<MemberList>,
    rules: Rc<RoomRules>,
    composer: Rc<Composer>,
    status: Rc<Status>,
    join_dialog: Rc<JoinDialog>,
    name_dialog: Rc<NameDialog>,
    tab_dialog: TabDialog,
    search_dialog: Rc<SearchDialog>,
    form_dialog: Rc<FormDialog>,
    line_menu: Rc<LineMenu>,
    other_tabs: Rc<OtherTabs>,
    /// The server's address.
    server: String,
    /// Whether the game gives the user's tokens, and with them names.
    has_tokens: bool,
    update: RefCell<Option<Timer>>,
    /// Notices that came before there was a conversation to show them in.
    early: RefCell<Vec<Notice>>,
    /// The text that the user has sent while the first room was being joined. It is still in the
    /// textbox.
    submitted_early: RefCell<Option<String>>,
    /// The user that the last request of a block or a moderator was about.
    person: RefCell<Option<Person>>,
    /// Whether the page itself has asked who is in the room: the answer makes no notice.
    asks_members: Cell<bool>,
}

/// Starts the chat page in this document and connects to the server that
/// served it, or to the one named by `?server=`, if the page's policy allows it. `game` is
/// what the game gives, or nothing.
///
/// # Errors
///
/// Throws if the markup is not that of `index.html`.
#[wasm_bindgen(js_name = startPage)]
pub fn start(game: &JsValue) -> Result<(), JsValue> {
    console_error_panic_hook::set_once();
    let window = web_sys::window().ok_or("there is no window")?;
    let document = window.document().ok_or("there is no document")?;
    let elements = Elements::find(window, document);
    let memory = Memory::new(&elements.window);
    let tag = (memory.language()).or_else(|| elements.window.navigator().language());
    let language = Language::from_tag(&tag.unwrap_or_default());
    let localizer = Rc::new(Localizer::new(language));
    localizer.set_language(&elements.document, language);
    elements.offer_languages(language);
    elements.loaded();

    // Actions and events find the page once it exists.
    let slot: Rc<OnceCell<Rc<Page>>> = Rc::default();
    let acting = Rc::clone(&slot);
    let dispatch: Dispatch = Rc::new(move |action| {
        if let Some(page) = acting.get() {
            page.perform(action);
        }
    });
    let status = Status::start(&elements, &localizer, &dispatch);
    let handling = Rc::clone(&slot);
    let on_event = move |event| {
        if let Some(page) = handling.get() {
            page.handle_event(event);
        }
    };
    // Without an address, the client's constructor fails as for a wrong one.
    let url = address::server(&elements.window.location())?.unwrap_or_default();
    let Ok(client) = Client::new(&url, "", on_event) else {
        status.unusable(&url);
        return Ok(());
    };
    let asked = client.clone();
    let has_session = move |secret: &str| {
        let session = asked.session();
        let lives = !matches!(session.state(), State::Idle | State::Closed { .. });
        lives && (session.claim()).is_some_and(|claim| memory::secret(&claim.token) == secret)
    };
    let most = client.session().limits().text_bytes as usize;
    let Game {
        get_token,
        picture_origins,
    } = Game::read(game);
    let look = Rc::new(UserLook::new(&elements.document, picture_origins));
    let has_tokens = get_token.is_some();
    if let Some(get_token) = get_token {
        // While the page waits for one, the status says why.
        client.use_tokens(get_token, |_| {});
    }
    let conversations = Rc::new(RefCell::new(Conversations::new(Layout::Tabs)));
    let page = Rc::new(Page {
        views: Views::new(&elements.document),
        log: MessageLog::start(&elements, &localizer, &look, &conversations, &dispatch)?,
        tabs: Tabs::start(&elements, &localizer, &dispatch),
        members: MemberList::start(&elements, &localizer, &look, &dispatch),
        rules: RoomRules::new(&elements, &localizer),
        composer: Composer::start(&elements, &localizer, &dispatch, most),
        join_dialog: JoinDialog::start(&elements, &localizer, &dispatch),
        name_dialog: NameDialog::start(&elements, &dispatch),
        tab_dialog: TabDialog::start(&elements, &dispatch),
        search_dialog: SearchDialog::start(&elements, &localizer, &dispatch),
        form_dialog: FormDialog::start(&elements, &localizer, &dispatch),
        line_menu: LineMenu::start(&elements, &localizer, &dispatch),
        other_tabs: OtherTabs::start(has_session),
        server: url,
        has_tokens,
        update: RefCell::default(),
        early: RefCell::default(),
        submitted_early: RefCell::default(),
        person: RefCell::default(),
        asks_members: Cell::default(),
        client,
        conversations,
        status,
        memory,
        localizer,
        elements,
    });
    page.listen(&dispatch);
    page.join_stored_rooms();
    let _ = slot.set(page);
    // Only now, when actions find the page.
    if let Some(page) = slot.get() {
        match page.memory.name() {
            _ if page.has_tokens => {
                page.begin();
                page.composer.focus();
            }
            Some(name) => {
                // It fails for an empty name alone, and is not asked for then.
                let _ = page.wish_for(&name);
                page.begin();
                page.composer.focus();
            }
            None => page.name_dialog.open(""),
        }
    }
    Ok(())
}

impl Page {
    /// Listens to events of the whole document.
    fn listen(self: &Rc<Self>, dispatch: &Dispatch) {
        let asked = Rc::clone(dispatch);
        let select = self.elements.language.clone();
        on(
            &self.elements.language,
            "change",
            move |_: web_sys::Event| {
                asked(UserAction::SetLanguage(select.value()));
            },
        );
        let again = Rc::clone(dispatch);
        on(
            &self.elements.join_again,
            "click",
            move |_: web_sys::Event| {
                again(UserAction::JoinAgain);
            },
        );
        // The page's policy, which its server sends, says which servers it may connect to.
        // The browser enforces it, and tells of it here.
        let blocked = Rc::clone(self);
        on(
            &self.elements.document,
            "securitypolicyviolation",
            move |event: SecurityPolicyViolationEvent| {
                let location = blocked.elements.window.location();
                if event.effective_directive() == "connect-src"
                    && let Ok(Some(url)) = address::server(&location)
                {
                    blocked.status.set_not_allowed(&url);
                    blocked.client.close();
                }
            },
        );
        self.listen_to_visits();
    }

    /// Asks for the rooms of the last visit.
    fn join_stored_rooms(&self) {
        self.show(None);
        let mut rooms = self.memory.rooms();
        if rooms.is_empty() {
            rooms.push(LOBBY.into());
        }
        let mut conversations = self.conversations.borrow_mut();
        for (index, room) in rooms.iter().enumerate() {
            self.client.with_session(|session| match index {
                // The first one is shown, whatever comes before it.
                0 => conversations.join(session, room),
                _ => session.join(room),
            });
        }
    }

    /// Brings the views, and which of them is shown, up to date with the conversations.
    fn follow_conversations(&self) {
        let conversations = self.conversations.borrow();
        let changed = self.views.update(&conversations);
        if changed {
            self.keep_rooms(&conversations);
        }
        let current = conversations.current().map(Conversation::id);
        drop(conversations);
        if self.log.shown().map(|view| view.id) != current {
            let view = current.and_then(|id| self.views.get(id));
            self.show(view.as_ref());
        } else if changed {
            self.refresh();
        }
    }

    /// Keeps the rooms for the next visit.
    fn keep_rooms(&self, conversations: &Conversations) {
        let rooms = conversations.iter().filter(|it| it.removed().is_none());
        let rooms: Vec<_> = rooms.filter_map(Conversation::room).collect();
        self.memory.keep_rooms(&rooms);
    }

    /// Shows another conversation, or none.
    fn show(&self, view: Option<&Rc<ConversationView>>) {
        let typed = self.composer.take_draft();
        let mut draft = view.map(|view| view.draft.take()).unwrap_or_default();
        match self.log.shown() {
            Some(old) => *old.draft.borrow_mut() = typed,
            // It was typed before there was a room.
            None if draft.is_empty() => draft = typed,
            None => {}
        }
        self.log.show(view.cloned());
        self.composer.put_draft(&draft, &self.placeholder());
        self.mark_read();
        self.refresh();
        if view.is_some()
            && let Some(text) = self.submitted_early.take()
        {
            self.composer.submit_if_unchanged(&text);
        }
    }

    /// What the empty textbox shows: where a text would go.
    fn placeholder(&self) -> String {
        let language = self.localizer.language();
        let conversations = self.conversations.borrow();
        let current = conversations.current();
        match current.map(Conversation::subject) {
            // The rules above the textbox tell why.
            _ if current.is_some_and(|it| self.is_closed_to_user(it)) => String::new(),
            Some(Subject::Room(room)) => texts::write_to(language, &isolated(room)),
            Some(Subject::Whispers(partner)) => {
                texts::whisper_with(language, &isolated(&partner.name))
            }
            // Before the first connection the user can do nothing about it.
            None if *self.client.session().state() != State::Online => String::new(),
            None => self.localizer.get(texts::NO_ROOM).into(),
        }
    }

    /// Whether the user may say nothing in this conversation.
    fn is_closed_to_user(&self, conversation: &Conversation) -> bool {
        let session = self.client.session();
        let room = conversation.room().and_then(|room| session.room(room));
        conversation.removed().is_some()
            || room.is_some_and(|room| room.settings.read_only)
            || session.muted(conversation.room().unwrap_or("")).is_some()
    }

    /// Counts what is shown as read, if the user sees it.
    fn mark_read(&self) {
        let Some(view) = self.log.shown().filter(|_| self.log.sees_newest()) else {
            return;
        };
        let had_unread = self.conversations.borrow_mut().mark_read(view.id);
        if had_unread {
            self.refresh();
        }
        self.keep_up();
    }
}
