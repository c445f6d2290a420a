//! What the page itself has to say in a conversation: as what it is about, in no
//! language yet, so that it can be said again in another one. The page's voice
//! finds the words.

use guildhall_client::session::{Event, FailReason};
use guildhall_client::texts::Text;

/// Something to say.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Remark {
    /// What the session has told.
    Told(Box<Event>),
    /// A text without arguments.
    Text(Text),
    /// The user whispers to somebody with this name.
    YouWhisper(String),
    /// Somebody with this name whispers to the user.
    Whispers(String),
    /// Who is in a room.
    PeopleAre {
        /// The room.
        room: String,
        /// The names, separated by commas.
        names: String,
    },
    /// So many are in a room that they are not listed.
    TooManyPeople(u32),
    /// Why a message was not said.
    NotSent(FailReason),
    /// The commands that there are.
    Help,
}
