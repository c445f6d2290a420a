//! The actions that a [`Session`](super::Session) asks of its owner, the states of its
//! connection, and how its owner names another user.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use crate::UserId;

/// The next step of the connection's owner.
#[derive(Clone, PartialEq, Eq)]
pub enum Action {
    /// Opens a socket with the subprotocol `guildhall.v1`, then calls
    /// [`opened`](super::Session::opened) or [`closed`](super::Session::closed).
    Open,
    /// Sends this as one binary message.
    Send(Vec<u8>),
    /// Closes the socket with this code (1000, or one from 3000 up: browsers
    /// allow no other) and forgets it: the session is told nothing more of it.
    Close(u16),
}

/// Without the bytes: they may have the user's token.
impl fmt::Debug for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Open => f.write_str("Open"),
            Self::Send(bytes) => write!(f, "Send({} bytes)", bytes.len()),
            Self::Close(code) => write!(f, "Close({code})"),
        }
    }
}

/// The state of a session's connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    /// The user has not asked for a connection yet.
    Idle,
    /// An attempt is under way, and the server has not said Welcome yet.
    Connecting,
    /// The server has said Welcome.
    Online,
    /// The connection is lost; the next attempt follows by itself.
    Waiting {
        /// When it follows, in the session's milliseconds.
        until: u64,
        /// The close code of the lost connection; 1006 if there was none.
        code: u16,
        /// The reason of the server's close frame, in English.
        reason: String,
    },
    /// No attempt follows by itself.
    Closed {
        /// The close code; 1000 after [`close`](super::Session::close), 0 if there was no
        /// socket or Hello was refused.
        code: u16,
        /// The reason that the server's close frame or the platform gave.
        reason: String,
    },
}

/// The user that a whisper goes to, or that something is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Recipient<'a> {
    /// The client with this ID.
    Id(UserId),
    /// The client with this name.
    Name(&'a str),
}
