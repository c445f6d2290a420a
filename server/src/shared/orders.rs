//! The orders to a thread for its connections and rooms, because of an act that another thread
//! carries out. The acts send it through the mailboxes, and the hub does it.

use std::sync::{Arc, mpsc};

use guildhall_protocol::RemovedReason;

use crate::ids::{ConnectionId, Epoch, SessionId, UserId};
use crate::outgoing::close::Close;

/// Something that a thread has to do because of an act.
#[derive(Debug)]
pub(crate) enum Order {
    /// Put a connection into a room.
    Put(Put),
    /// Take a connection out of a room.
    TakeOut(TakeOut),
    /// Take all connections out of a room, because the game has closed it.
    CloseRoom(RoomRef),
    /// Close a connection.
    Close(ConnectionId, Close),
}

/// A room: a later one with the same name has another epoch, unless it is durable, and then it is the
/// same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RoomRef {
    pub(crate) name: Arc<str>,
    pub(crate) epoch: Epoch,
}

/// A connection that is put into a room.
#[derive(Debug)]
pub(crate) struct Put {
    pub(crate) connection: ConnectionId,
    /// Its user and session. If it has another one by now, nothing is done.
    pub(crate) user: UserId,
    pub(crate) session: SessionId,
    /// The room that it leaves. Its user was moved from there already, as one step with all that
    /// are moved.
    pub(crate) from: Option<RoomRef>,
    pub(crate) to: RoomRef,
    /// The time, in milliseconds since 1970.
    pub(crate) unix_millis: u64,
    /// Gets what has become of it.
    pub(crate) answer: mpsc::Sender<Result<(), NotPut>>,
}

/// A connection that is taken out of a room.
#[derive(Debug)]
pub(crate) struct TakeOut {
    pub(crate) connection: ConnectionId,
    pub(crate) room: RoomRef,
    pub(crate) reason: RemovedReason,
    /// Gets whether it was there.
    pub(crate) answer: mpsc::Sender<bool>,
}

/// Why a connection is not put into a room.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NotPut {
    /// It is over.
    Gone,
    /// Its user, or its address, is banned from the room.
    Banned,
    /// The room has as many members as it may have.
    Full(usize),
    /// The room cannot be opened now.
    Unavailable,
}
