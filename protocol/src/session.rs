//! The client's side of `guildhall.v1`, for the browser page and the terminal
//! client: what is sent, what is told to the user and when to connect again, as
//! docs/client.md says. It does no I/O and has no clock: its owner tells it
//! what happened, with the time, and then does its [`Action`]s.

mod event;

pub use event::{Action, ChatLine, Event, FailReason, RequestKind, SendError, State, Target};

use alloc::collections::BTreeMap;
use alloc::string::String;

use crate::Limits;

/// A room that the user wants to be in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoomView {
    /// Its name: as the server writes it, once it is joined.
    pub name: String,
    /// Whether the client is in it now.
    pub joined: bool,
    /// What `last_seq` and `oldest_seq` count in; 0 before the first join.
    pub epoch: u32,
    /// The number of the last line.
    pub last_seq: u64,
    /// The number of the oldest line; `last_seq + 1` where none is known.
    pub oldest_seq: u64,
    /// How many are in the room, this client included.
    pub count: u32,
    /// Whether `members` is all of them.
    pub listed: bool,
    /// Names by ID; empty where not `listed`.
    pub members: BTreeMap<u64, String>,
}

/// One user's chat, over as many connections as it takes.
///
/// All times are milliseconds of one clock that never goes back. After each
/// call that takes `&mut self`, drain [`next_action`](Self::next_action) and
/// [`next_event`](Self::next_event).
#[derive(Debug)]
pub struct Session {
    state: State,
    name: String,
    limits: Limits,
}

impl Session {
    /// A session for somebody who wants to be known as `name`; empty: the
    /// server makes a name up.
    #[must_use]
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            state: State::Idle,
            name: name.into(),
            limits: Limits::default(),
        }
    }

    // What the connection's owner calls.

    /// The user wants to be online. Cuts a wait short.
    pub fn connect(&mut self, now: u64) {
        let _ = now;
    }

    /// The user wants no connection. What has no answer has failed.
    pub fn close(&mut self) {}

    /// The platform refused to open a socket at all.
    pub fn refused(&mut self, reason: &str) {
        let _ = reason;
    }

    /// The socket's handshake is done.
    pub fn opened(&mut self, now: u64) {
        let _ = now;
    }

    /// One binary message has come.
    pub fn received(&mut self, bytes: &[u8], now: u64) {
        let _ = (bytes, now);
    }

    /// The socket is closed: with a close frame's code, or 1006 without one.
    /// `random` is at least 0 and below 1.
    pub fn closed(&mut self, code: u16, reason: &str, now: u64, random: f64) {
        let _ = (code, reason, now, random);
    }

    /// Time has passed. Due at [`wake_at`](Self::wake_at), allowed at any time.
    /// `random` is at least 0 and below 1.
    pub fn tick(&mut self, now: u64, random: f64) {
        let _ = (now, random);
    }

    /// When [`tick`](Self::tick) is due.
    #[must_use]
    pub fn wake_at(&self) -> Option<u64> {
        None
    }

    /// The next thing to do.
    pub fn next_action(&mut self) -> Option<Action> {
        None
    }

    /// The next thing to tell the user.
    pub fn next_event(&mut self) -> Option<Event> {
        None
    }

    // What the user wishes.

    /// Wants to be in a room, now and after each reconnection. Does nothing
    /// where the room is wanted already.
    pub fn join(&mut self, room: &str) {
        let _ = room;
    }

    /// Wants to be in a room no longer.
    pub fn leave(&mut self, room: &str) {
        let _ = room;
    }

    /// Says something in a wanted room; `action`: tells what the user does.
    /// Returns the message's number.
    ///
    /// # Errors
    ///
    /// [`SendError`]: `Empty`, `TooLong`, `NotInRoom`, `TooManyPending`, and
    /// `NotOnline` where the session is closed.
    pub fn say(&mut self, room: &str, text: &str, action: bool) -> Result<u64, SendError> {
        let _ = (room, text, action);
        Err(SendError::NotOnline)
    }

    /// Says something to one client alone. Returns the message's number.
    ///
    /// # Errors
    ///
    /// [`SendError`]: `Empty`, `TooLong`, `TooManyPending`, and `NotOnline`
    /// where the session is closed.
    pub fn whisper(&mut self, to: Target<'_>, text: &str, action: bool) -> Result<u64, SendError> {
        let _ = (to, text, action);
        Err(SendError::NotOnline)
    }

    /// Sends a failed message again, as a new one. Returns its new number; the
    /// old one is forgotten.
    ///
    /// # Errors
    ///
    /// `NoSuchMessage`, and as for [`say`](Self::say).
    pub fn retry(&mut self, nonce: u64) -> Result<u64, SendError> {
        let _ = nonce;
        Err(SendError::NoSuchMessage)
    }

    /// Forgets a failed message.
    pub fn discard(&mut self, nonce: u64) {
        let _ = nonce;
    }

    /// Wants to be known as `name`. Without a connection, it is asked for in
    /// the next one.
    ///
    /// # Errors
    ///
    /// `Empty`, `TooManyPending`.
    pub fn rename(&mut self, name: &str) -> Result<(), SendError> {
        let _ = name;
        Ok(())
    }

    /// Asks which rooms there are.
    ///
    /// # Errors
    ///
    /// `NotOnline`, `TooManyPending`.
    pub fn list_rooms(&mut self) -> Result<(), SendError> {
        Err(SendError::NotOnline)
    }

    /// Asks who is in a joined room.
    ///
    /// # Errors
    ///
    /// `NotOnline`, `NotInRoom`, `TooManyPending`.
    pub fn list_members(&mut self, room: &str) -> Result<(), SendError> {
        let _ = room;
        Err(SendError::NotOnline)
    }

    /// Asks for the page of lines before the oldest one that is known of a
    /// joined room. Does nothing while such a page is on its way.
    ///
    /// # Errors
    ///
    /// `NotOnline`, `NotInRoom`, `TooManyPending`.
    pub fn fetch_history(&mut self, room: &str) -> Result<(), SendError> {
        let _ = room;
        Err(SendError::NotOnline)
    }

    // What is known.

    /// Where the session stands.
    #[must_use]
    pub fn state(&self) -> &State {
        &self.state
    }

    /// The client's ID, since the first Welcome.
    #[must_use]
    pub fn id(&self) -> Option<u64> {
        None
    }

    /// The client's name; before the first Welcome, the wanted one.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What the server allows; before the first Welcome, what it is likely to.
    #[must_use]
    pub fn limits(&self) -> &Limits {
        &self.limits
    }

    /// The wanted rooms, in the order in which they were wanted.
    pub fn rooms(&self) -> impl Iterator<Item = &RoomView> {
        core::iter::empty()
    }

    /// A wanted room.
    #[must_use]
    pub fn room(&self, name: &str) -> Option<&RoomView> {
        self.rooms().find(|room| room.name == name)
    }

    /// Who whispered to this client last: ID and name.
    #[must_use]
    pub fn last_whisperer(&self) -> Option<(u64, &str)> {
        None
    }
}
