//! The conversations of a user: the rooms, and the whispers with each partner. Which
//! of them is current, how much is unread, and what the user typed that is not
//! delivered yet. The page and the terminal show them; neither decides anything of it.
//!
//! No I/O, no clock and no words. The session is the owner's: it is borrowed for each
//! call.
//!
//! - [`Conversations::run`] does what a user typed ([`command::parse`] reads it).
//! - [`Conversations::apply`] takes each event of the session and says what it changed.
//!
//! [`command::parse`]: crate::command::parse

mod actions;
mod conversation;
mod events;
mod hiding;
mod known_lines;
mod line_actions;
mod moderation;
mod own_messages;
#[cfg(test)]
mod test_chat;
pub use actions::{CommandFailure, Outcome};
pub use conversation::{Conversation, ConversationId, OlderLines, Partner, Subject};
pub use events::{Unread, Update};
pub use known_lines::{KnownLine, KnownReaction, Quote, names};
pub use own_messages::{Addressee, DeliveryStatus, OwnMessage};

use alloc::string::String;
use alloc::vec::Vec;

use crate::session::Session;
use crate::{RequestId, UserId};
use own_messages::OwnMessages;

/// The most partners with whispers of their own.
const MOST_WHISPERS: usize = 64;

/// How a client shows conversations, which decides when one opens and what is current
/// after one closes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Layout {
    /// Each conversation has its tab. A room's opens once the room is joined, and
    /// whispers have one for each partner. When the current one closes, its neighbour
    /// takes its place.
    Tabs,
    /// All that is said is in one stream, and texts go to the current room. A room's
    /// conversation opens as soon as the user wants the room. Whispers have none. When
    /// the current one closes, the room that was wanted last is current.
    Stream,
}

/// The conversations of a user, in the order of their tabs.
///
/// # Example
///
/// ```
/// use guildhall_client::command;
/// use guildhall_client::conversations::{Conversations, Layout, Outcome};
/// use guildhall_client::session::Session;
///
/// let mut session = Session::new("alice");
/// let mut conversations = Conversations::new(Layout::Stream);
/// conversations.join(&mut session, "lobby");
///
/// // What the user types goes to the current room, here once it is joined.
/// session.connect(0);
/// let typed = command::parse("hello").unwrap().expect("not only white space");
/// let outcome = conversations.run(&mut session, typed, None);
/// assert!(matches!(outcome, Ok(Outcome::Sent(_))));
///
/// // The model follows the session's events.
/// while let Some(event) = session.next_event() {
///     conversations.apply(&session, &event, true);
/// }
/// let own: Vec<_> = conversations.own_messages().map(|own| &own.text).collect();
/// assert_eq!(own, ["hello"]);
/// ```
#[derive(Debug)]
pub struct Conversations {
    layout: Layout,
    all: Vec<Conversation>,
    current: Option<ConversationId>,
    last_id: u32,
    /// The room to be current once it is joined, as the user wrote it.
    awaited: Option<String>,
    /// Names that rooms had, and the names that they have.
    former_names: Vec<(String, String)>,
    /// Rooms that the server has listed, for completion.
    listed_rooms: Vec<String>,
    messages: OwnMessages,
    /// Whether the server has to be asked how much is unread, and whether it was.
    unread_is_due: bool,
    unread_is_asked: bool,
    /// How many whispers there were.
    whispers: u64,
}

impl Conversations {
    /// No conversations yet.
    #[must_use]
    pub fn new(layout: Layout) -> Self {
        Self {
            layout,
            all: Vec::new(),
            current: None,
            last_id: 0,
            awaited: None,
            former_names: Vec::new(),
            listed_rooms: Vec::new(),
            messages: OwnMessages::default(),
            unread_is_due: false,
            unread_is_asked: false,
            whispers: 0,
        }
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = &Conversation> {
        self.all.iter()
    }

    /// The one with this ID.
    #[must_use]
    pub fn get(&self, id: ConversationId) -> Option<&Conversation> {
        self.all.iter().find(|it| it.id() == id)
    }

    /// The one that the user looks at, and that texts go to.
    #[must_use]
    pub fn current(&self) -> Option<&Conversation> {
        self.get(self.current?)
    }

    /// The one of a room, by the room's present name.
    #[must_use]
    pub fn of_room(&self, room: &str) -> Option<&Conversation> {
        self.all.iter().find(|it| it.room() == Some(room))
    }

    /// The one of a room, by the room's present name or by one that it was joined by.
    #[must_use]
    pub fn find_room(&self, session: &Session, name: &str) -> Option<&Conversation> {
        let present = session.room(name).map(|room| room.name.as_str());
        self.of_room(name)
            .or_else(|| self.of_room(present?))
            .or_else(|| self.of_room(self.present_name(name)))
    }

    /// The whispers with the client that has this ID, or else with the one that had this
    /// name: it may have come back under another ID.
    #[must_use]
    pub fn of_partner(&self, id: UserId, name: &str) -> Option<&Conversation> {
        let of = |is_it: &dyn Fn(&Partner) -> bool| {
            let mut all = self.all.iter();
            all.find(|it| it.partner().is_some_and(is_it))
        };
        of(&|partner| partner.id == Some(id)).or_else(|| of(&|partner| partner.name == name))
    }

    /// The whispers with the client that has this name, with A to Z in upper or lower case.
    /// (The tables for all other letters would be kilobytes of the page. The server knows
    /// them: it finds whom the user means, and the whisper's copy its conversation.)
    #[must_use]
    pub fn of_partner_name(&self, name: &str) -> Option<&Conversation> {
        let is_it = |partner: &Partner| partner.name.eq_ignore_ascii_case(name);
        self.all.iter().find(|it| it.partner().is_some_and(is_it))
    }

    /// The one that a message was typed in, if the message is not delivered.
    #[must_use]
    pub fn of_message(&self, nonce: RequestId) -> Option<&Conversation> {
        self.get(self.messages.get(nonce)?.conversation?)
    }

    /// The user's messages that are pending or have failed, in the order in which they
    /// were typed.
    pub fn own_messages(&self) -> impl Iterator<Item = &OwnMessage> {
        self.messages.iter()
    }

    /// The user's message with this number, if it is pending or has failed.
    #[must_use]
    pub fn own_message(&self, nonce: RequestId) -> Option<&OwnMessage> {
        self.messages.get(nonce)
    }

    /// How many lines are unread in all conversations together.
    #[must_use]
    pub fn unread(&self) -> usize {
        self.all.iter().map(Conversation::unread).sum()
    }

    /// Makes a conversation the current one. Does nothing if there is no such one.
    pub fn select(&mut self, id: ConversationId) {
        if self.get(id).is_some() {
            self.current = Some(id);
        }
    }

    /// How many of them name the user.
    #[must_use]
    pub fn mentions(&self) -> usize {
        self.all.iter().map(Conversation::mentions).sum()
    }

    /// The user sees the newest line of a conversation. Returns whether any of it was
    /// unread. [`keep_up`](Self::keep_up) tells the server.
    pub fn mark_read(&mut self, id: ConversationId) -> bool {
        let Some(conversation) = self.get_mut(id) else {
            return false;
        };
        conversation.is_seen = true;
        conversation.mentions = 0;
        core::mem::take(&mut conversation.unread) > 0
    }

    /// Opens the whispers with a client, unless they are open. Returns their ID. If there are too
    /// many, others are closed: any number of strangers can whisper to a user.
    pub fn open_whispers(&mut self, id: UserId, name: &str) -> ConversationId {
        if let Some(known) = self.of_partner(id, name) {
            return known.id();
        }
        self.make_place_for_whispers();
        self.open(Subject::Whispers(Partner {
            id: Some(id),
            name: name.into(),
        }))
    }

    /// What is known about older lines, if the client knows it better: a list that has
    /// dropped its oldest lines cannot show those before them.
    pub fn set_older(&mut self, id: ConversationId, older: OlderLines) {
        if let Some(conversation) = self.get_mut(id) {
            conversation.older = older;
        }
    }

    /// The names of the clients that the user may mean, each once: the members of the
    /// rooms, and partners. For [`command::complete`](crate::command::complete).
    #[must_use]
    pub fn client_names<'a>(&'a self, session: &'a Session) -> Vec<&'a str> {
        once(self.all_client_names(session))
    }

    /// The same names, one for each room that a client is in. There may be thousands.
    pub fn all_client_names<'a>(&'a self, session: &'a Session) -> impl Iterator<Item = &'a str> {
        let own = session.id();
        let members = session.rooms().flat_map(|room| &room.members);
        let members = members.filter(move |(id, _)| Some(**id) != own);
        let members = members.map(|(_, member)| member.name.as_str());
        let partners = self.all.iter().filter_map(Conversation::partner);
        members.chain(partners.map(|partner| partner.name.as_str()))
    }

    /// The names of the rooms that the user may mean, each once: the wanted ones, and
    /// those that the server has listed.
    #[must_use]
    pub fn room_names<'a>(&'a self, session: &'a Session) -> Vec<&'a str> {
        let wanted = session.rooms().map(|room| room.name.as_str());
        once(wanted.chain(self.listed_rooms.iter().map(String::as_str)))
    }

    fn get_mut(&mut self, id: ConversationId) -> Option<&mut Conversation> {
        self.all.iter_mut().find(|it| it.id() == id)
    }

    fn open(&mut self, subject: Subject) -> ConversationId {
        self.last_id += 1;
        let id = ConversationId(self.last_id);
        self.all.push(Conversation::new(id, subject));
        id
    }

    /// Closes whispers if there are as many as may be: those that the user has not answered
    /// first, and of them those that were silent for the longest time. What the user looks at, or
    /// has typed and not delivered, stays.
    fn make_place_for_whispers(&mut self) {
        let whispers = || self.all.iter().filter(|it| it.partner().is_some());
        if whispers().count() < MOST_WHISPERS {
            return;
        }
        let is_needed = |id| {
            let mut typed = self.messages.iter();
            self.current == Some(id) || typed.any(|own| own.conversation == Some(id))
        };
        let oldest = whispers()
            .filter(|it| !is_needed(it.id()))
            .min_by_key(|it| it.whispers_use)
            .map(Conversation::id);
        if let Some(oldest) = oldest {
            self.close(oldest);
        }
    }

    /// Closes a conversation, and makes another one current if it was.
    fn close(&mut self, id: ConversationId) {
        let Some(index) = self.all.iter().position(|it| it.id() == id) else {
            return;
        };
        let closed = self.all.remove(index);
        if let Some(room) = closed.room() {
            self.former_names.retain(|(_, present)| present != room);
        }
        if self.layout == Layout::Tabs {
            self.messages.remove_conversation(id);
        }
        if self.current == Some(id) {
            let last = self.all.len().saturating_sub(1);
            let next = match self.layout {
                Layout::Tabs => index.min(last),
                Layout::Stream => last,
            };
            self.current = self.all.get(next).map(Conversation::id);
        }
    }

    /// What a room is called that had this name.
    fn present_name<'a>(&'a self, name: &'a str) -> &'a str {
        let mut renamed = self.former_names.iter();
        let renamed = renamed.find(|(former, _)| former == name);
        renamed.map_or(name, |(_, present)| present)
    }
}

/// Each of these once, in their order. No set: that would be a kilobyte of the page, and
/// this runs when a user asks for a completion.
fn once<'a>(all: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let mut once = Vec::new();
    for one in all {
        if !once.contains(&one) {
            once.push(one);
        }
    }
    once
}

#[cfg(test)]
mod tests {
    use super::test_chat::{TestChat, own_whisper, whisper};
    use super::*;

    fn names(chat: &TestChat) -> Vec<&str> {
        chat.conversations.iter().map(Conversation::name).collect()
    }

    fn in_three_rooms(layout: Layout) -> TestChat {
        let mut chat = TestChat::online(layout);
        for room in ["lobby", "inn", "attic"] {
            chat.join(room);
            chat.joined(room);
        }
        chat
    }

    #[test]
    fn a_room_has_a_tab_once_it_is_joined() {
        let mut chat = TestChat::online(Layout::Tabs);
        chat.join("Inn");
        assert!(names(&chat).is_empty());
        chat.joined("inn");
        assert_eq!((names(&chat), chat.current()), (alloc::vec!["inn"], "inn"));
    }

    #[test]
    fn a_stream_goes_to_a_room_at_once() {
        let mut chat = TestChat::online(Layout::Stream);
        chat.join("Inn");
        assert_eq!(chat.current(), "Inn");
        chat.joined("inn");
        assert_eq!((names(&chat), chat.current()), (alloc::vec!["inn"], "inn"));
    }

    #[test]
    fn a_room_that_is_joined_again_is_only_shown() {
        for layout in [Layout::Tabs, Layout::Stream] {
            let mut chat = in_three_rooms(layout);
            chat.join("lobby");
            assert_eq!((names(&chat).len(), chat.current()), (3, "lobby"));
            assert!(chat.requests.is_empty());
        }
    }

    #[test]
    fn closing_the_current_tab_shows_its_neighbour() {
        let mut chat = in_three_rooms(Layout::Tabs);
        chat.conversations.select(ConversationId(1));
        chat.run("/leave").unwrap();
        assert_eq!(chat.current(), "inn");
        chat.run("/leave attic").unwrap();
        assert_eq!(chat.current(), "inn", "another one");
    }

    #[test]
    fn leaving_a_room_of_a_stream_shows_the_last_one() {
        let mut chat = in_three_rooms(Layout::Stream);
        chat.conversations.select(ConversationId(1));
        chat.run("/leave").unwrap();
        assert_eq!(chat.current(), "attic");
    }

    #[test]
    fn whispers_have_no_conversation_in_a_stream() {
        let mut chat = in_three_rooms(Layout::Stream);
        chat.receive(whisper(9, "Bob"));
        assert_eq!(names(&chat), ["lobby", "inn", "attic"]);
    }

    #[test]
    fn strangers_do_not_fill_the_tabs_with_whispers() {
        let mut chat = in_three_rooms(Layout::Tabs);
        chat.receive(whisper(1_000, "Friend"));
        let Ok(Outcome::Sent(nonce)) = chat.run("/w Friend hello") else {
            panic!("not sent");
        };
        chat.receive(own_whisper(1_000, "Friend", nonce));
        chat.receive(whisper(1_001, "Read"));
        let read = chat.conversations.of_partner_name("Read").unwrap().id();
        chat.conversations.select(read);
        for id in 1..200 {
            chat.receive(whisper(2_000 + id, &alloc::format!("Stranger {id}")));
        }
        let names = names(&chat);
        assert_eq!(names.len(), 3 + MOST_WHISPERS);
        assert_eq!(&names[3..5], ["Friend", "Read"]);
        assert_eq!(names[5..], {
            let newest = (200 - (MOST_WHISPERS - 2)..200).map(|id| alloc::format!("Stranger {id}"));
            newest.collect::<Vec<_>>()
        });
    }

    #[test]
    fn everybody_and_every_room_can_be_completed_once() {
        let mut chat = in_three_rooms(Layout::Tabs);
        chat.receive(whisper(9, "Bob"));
        chat.members("lobby", &[(7, "Ann"), (9, "Bob"), (11, "Cid")]);
        chat.members("inn", &[(7, "Ann"), (11, "Cid")]);
        let names = chat.conversations.client_names(&chat.session);
        assert_eq!(names, ["Bob", "Cid"], "and not the user");
        chat.listed(&["inn", "cellar"]);
        let rooms = chat.conversations.room_names(&chat.session);
        assert_eq!(rooms, ["lobby", "inn", "attic", "cellar"]);
    }
}
