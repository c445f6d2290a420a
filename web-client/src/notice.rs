//! What the page itself says in a conversation, as data: it is in no language yet,
//! so that it can be shown again in another one. The page's localizer finds the
//! text.

use std::rc::Rc;

use guildhall_client::conversations::Quote;
use guildhall_client::session::{Event, FailReason};
use guildhall_client::texts::Text;

/// Something that the page says.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Notice {
    /// An event of the session. Shared, since the code that copies an event would be a good
    /// part of the page's bytes.
    Event(Rc<Event>),
    /// A text without arguments.
    Text(Text),
    /// The user whispers to somebody with this name.
    YouWhisper(String),
    /// Somebody with this name whispers to the user.
    WhispersToYou(String),
    /// Who is in a room.
    PeopleAre {
        /// The room.
        room: String,
        /// The names, separated by commas.
        names: String,
    },
    /// Too many people are in a room to list them.
    TooManyPeople(u32),
    /// Why a message was not sent.
    NotSent(FailReason),
    /// The line that a message replies to; `None`: it is not known.
    ReplyTo(Option<Rc<Quote>>),
    /// The list of commands.
    Help,
}

impl Notice {
    /// Adds a later notice of a room's members, if this is one, too, that nobody else has.
    pub(crate) fn add_presence(&mut self, later: &Event) -> bool {
        match self {
            Self::Event(event) => Rc::get_mut(event).is_some_and(|event| event.add_presence(later)),
            _ => false,
        }
    }
}
