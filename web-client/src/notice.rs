//! What the page itself says in a conversation, as data: it is in no language yet,
//! so that it can be shown again in another one. The page's localizer finds the
//! text.

use guildhall_client::session::{Event, FailReason};
use guildhall_client::texts::Text;

/// Something that the page says.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Notice {
    /// An event of the session.
    Event(Box<Event>),
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
    /// The list of commands.
    Help,
}
