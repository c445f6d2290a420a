//! The acts of the game on users: it puts them into rooms, takes them out, moves them from one room
//! into another, disconnects them, and says what is shown of them.
//!
//! All of these wait for the network threads, at most [`WAIT_AT_MOST`].

use std::sync::{Arc, mpsc};
use std::time::{Duration, Instant};

use guildhall_protocol::{RemovedReason, SanctionKind};

use crate::ids::UserId;
use crate::moderation::{Act, ActKind, Actor};
use crate::outgoing::close::Close;
use crate::shared::mailbox::ThreadMessage;
use crate::shared::orders::{NotPut, Order, Put, RoomRef, TakeOut};
use crate::shared::room_state::RoomState;
#[cfg(test)]
use crate::shared::room_state::outside::members_of_both;
use crate::shared::room_state::outside::{NotMoved, move_members};
use crate::shared::sanctions::Subject;
use crate::shared::user::User;
use crate::shared::user::session::ConnectionRef;
use crate::shared::{LOBBY, Shared};
use crate::sync::moment::Moment;

use super::rooms::{IfMissing, RoomActError, room_name};
use super::snapshot;

/// How long an act waits for the network threads. They answer at once, unless the machine is
/// overloaded.
const WAIT_AT_MOST: Duration = Duration::from_secs(10);

/// The longest `info` of a user, in bytes.
pub(crate) const MOST_INFO_BYTES: usize = 1_024;

/// Why a user is not put into a room, taken out of one, or moved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NotPlaced {
    /// It has no connection of `guildhall.v1` now.
    #[error("the user is not connected")]
    Away,
    /// It is not in the room that it shall leave.
    #[error("the user is not in the room")]
    NotThere,
    /// It is banned from the room.
    #[error("the user is banned from the room")]
    Banned,
    /// The room has as many members as it may have.
    #[error("the room has {0} members, as many as it may have")]
    Full(usize),
    /// Another user of the same move cannot be moved, and all shall be moved or none.
    #[error("another user cannot be moved, and all are moved or none")]
    NotAll,
    /// The room cannot be opened now, or a thread does not answer.
    #[error("the room cannot be opened now")]
    Unavailable,
}

/// Why `info` is not set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum BadInfo {
    /// It is too long.
    #[error("`info` has at most {MOST_INFO_BYTES} bytes")]
    TooLong,
    /// The user is a guest, of whom nothing is shown.
    #[error("a guest has no `info`")]
    Guest,
}

/// The outcome for each user, in the order of the users.
pub(crate) type Placed = Vec<Result<(), NotPlaced>>;

/// Answers that are awaited about one user.
struct Awaited<T> {
    /// How many.
    count: usize,
    answers: mpsc::Receiver<T>,
}

impl<T> Awaited<T> {
    fn collect(self, until: Instant) -> Vec<T> {
        let mut all = Vec::with_capacity(self.count);
        for _ in 0..self.count {
            let left = until.saturating_duration_since(Instant::now());
            match self.answers.recv_timeout(left) {
                Ok(answer) => all.push(answer),
                Err(_) => break,
            }
        }
        all
    }
}

impl Shared {
    /// Puts users into a room, over all of their connections. It is created if it does not exist.
    /// They may be there whatever its rule says, until they are taken out, moved away, or the room
    /// is closed. A user that is there already stays. Returns the outcome for each user.
    ///
    /// # Errors
    ///
    /// [`RoomActError`]. Nobody is put anywhere then.
    pub(crate) fn put_users(
        &self,
        by: &Actor,
        room: &str,
        users: &[Arc<User>],
        at: Moment,
    ) -> Result<Placed, RoomActError> {
        let name = room_name(room)?;
        let to = self.room_of_act(&name, IfMissing::Create, at.now)?;
        let until = at.now + WAIT_AT_MOST;
        let awaited: Vec<_> = (users.iter())
            .map(|user| {
                let is_new = user.invite(&name);
                (is_new, self.send_put(user, None, &to, at))
            })
            .collect();
        let placed = (users.iter().zip(awaited)).map(|(user, (is_new, awaited))| {
            let placed = placed(awaited.collect(until));
            if placed.is_err() && is_new {
                user.end_invitation(&name);
            }
            placed
        });
        let placed: Placed = placed.collect();
        self.note_placed(by, users, &placed, &[("to", &name)], at);
        Ok(placed)
    }

    /// Moves users from one room into another as one step: at no time is one of them in both or in
    /// neither. With `all`, all are moved or none. Otherwise those are moved that can be. Returns
    /// the outcome for each user.
    ///
    /// # Errors
    ///
    /// [`RoomActError`]. Nobody is moved then.
    pub(crate) fn move_users(
        &self,
        by: &Actor,
        from: &str,
        to: &str,
        users: &[Arc<User>],
        all: bool,
        at: Moment,
    ) -> Result<Placed, RoomActError> {
        let (from, to) = (room_name(from)?, room_name(to)?);
        if from == to {
            return Err(RoomActError::SameRoom);
        }
        let of_from = self.room_of_act(&from, IfMissing::Refuse, at.now)?;
        let of_to = self.room_of_act(&to, IfMissing::Create, at.now)?;
        let are_new: Vec<_> = users.iter().map(|user| user.invite(&to)).collect();
        let may = |user: &Arc<User>| {
            let is_banned = self.is_banned(user, &to, at);
            (!is_banned).then_some(user.id).ok_or(NotMoved::Banned)
        };
        let ids: Vec<_> = users.iter().map(may).collect();
        let moved = move_members(&of_from, &of_to, &ids, all);
        let is_none = all && moved.iter().any(Result::is_err);
        let until = at.now + WAIT_AT_MOST;
        let awaited: Vec<_> = (users.iter().zip(moved))
            .map(|(user, moved)| {
                moved.map_err(NotPlaced::from)?;
                if is_none {
                    return Err(NotPlaced::NotAll);
                }
                // Before the client learns that it was moved.
                let was_invited = user.end_invitation(&from);
                Ok((was_invited, self.send_put(user, Some(&of_from), &of_to, at)))
            })
            .collect();
        let placed: Placed = (users.iter().zip(awaited).zip(are_new))
            .map(|((user, awaited), is_new)| {
                let mut was_invited = false;
                let placed = awaited.and_then(|(was, awaited)| {
                    was_invited = was;
                    placed(awaited.collect(until))
                });
                if placed.is_err() {
                    if is_new && !of_to.has_member(user.id) {
                        user.end_invitation(&to);
                    }
                    if was_invited {
                        user.invite(&from);
                    }
                }
                placed
            })
            .collect();
        self.note_placed(by, users, &placed, &[("from", &from), ("to", &to)], at);
        Ok(placed)
    }

    /// Takes users out of a room, over all of their connections. Returns the outcome for each.
    ///
    /// # Errors
    ///
    /// [`RoomActError`].
    pub(crate) fn take_users_out(
        &self,
        by: &Actor,
        room: &str,
        users: &[Arc<User>],
        at: Moment,
    ) -> Result<Placed, RoomActError> {
        let name = room_name(room)?;
        // Whether the room is there now or not.
        for user in users {
            user.end_invitation(&name);
        }
        let room = self.room_of_act(&name, IfMissing::Refuse, at.now)?;
        let until = at.now + WAIT_AT_MOST;
        let awaited: Vec<_> = (users.iter())
            .map(|user| self.send_take_out(user, &room))
            .collect();
        let placed: Placed = awaited
            .into_iter()
            .map(|awaited| {
                let was_there = awaited
                    .collect(until)
                    .into_iter()
                    .any(|was_there| was_there);
                was_there.then_some(()).ok_or(NotPlaced::NotThere)
            })
            .collect();
        self.note_placed(by, users, &placed, &[("from", &name)], at);
        Ok(placed)
    }

    /// Closes the connections of a user, which may come back. Returns how many they are. Does not
    /// wait.
    pub(crate) fn disconnect_user(&self, by: &Actor, user: &User, at: Moment) -> usize {
        let connections = user.connections(None);
        for &ConnectionRef { thread, id } in &connections {
            self.order(thread, Order::Close(id, Close::KICKED_BY_GAME));
        }
        let count = connections.len();
        self.note_act(&Act {
            time: at.unix_millis,
            by: by.clone(),
            kind: ActKind::UserChanged,
            user: Some(snapshot(user)),
            room: "".into(),
            details: vec![("disconnected", count.to_string())],
        });
        count
    }

    /// Sets what is shown of a user with an account, until its next token says something else. All
    /// see it at once. Does not wait.
    ///
    /// # Errors
    ///
    /// [`BadInfo`].
    pub(crate) fn set_info(
        &self,
        by: &Actor,
        user: &Arc<User>,
        info: &str,
        at: Moment,
    ) -> Result<(), BadInfo> {
        if info.len() > MOST_INFO_BYTES {
            return Err(BadInfo::TooLong);
        }
        let changed = self.users.set_info(user, info).ok_or(BadInfo::Guest)?;
        if changed {
            for ConnectionRef { thread, id } in user.connections(None) {
                let message = ThreadMessage::UserChanged {
                    connection: id,
                    user: user.id,
                    is_renamed: false,
                };
                self.mailboxes.send(thread, message);
            }
        }
        self.note_act(&Act {
            time: at.unix_millis,
            by: by.clone(),
            kind: ActKind::UserChanged,
            user: Some(snapshot(user)),
            room: "".into(),
            details: vec![("info", info.to_owned())],
        });
        Ok(())
    }

    /// The room that is meant, if it is in memory.
    pub(crate) fn room_of(&self, room: &RoomRef) -> Option<Arc<RoomState>> {
        let state = self.directory.lock().get(&room.name)?;
        (state.reference() == *room).then_some(state)
    }

    /// Takes all members out of a room that the game closes. Does not wait.
    pub(super) fn take_all_out(&self, room: &Arc<RoomState>) {
        for thread in room.open_threads() {
            self.order(thread, Order::CloseRoom(room.reference()));
        }
    }

    /// The members of two rooms at one moment, one behind the other.
    #[cfg(test)]
    pub(crate) fn members_of_both(&self, one: &str, other: &str) -> Vec<u64> {
        let (one, other) = {
            let directory = self.directory.lock();
            (directory.get(one), directory.get(other))
        };
        match (one, other) {
            (Some(one), Some(other)) => members_of_both(&one, &other),
            _ => Vec::new(),
        }
    }

    /// The rooms in memory that a user is in, in the order of their names.
    pub(crate) fn rooms_of(&self, user: UserId) -> Vec<Arc<str>> {
        let rooms: Vec<_> = self.directory.lock().rooms().map(Arc::clone).collect();
        let its = rooms.iter().filter(|room| room.has_member(user));
        let mut names: Vec<_> = its.map(|room| Arc::clone(room.name())).collect();
        names.sort_unstable();
        names
    }

    fn send_put(
        &self,
        user: &User,
        from: Option<&Arc<RoomState>>,
        to: &Arc<RoomState>,
        at: Moment,
    ) -> Awaited<Result<(), NotPut>> {
        let (answer, answers) = mpsc::channel();
        let mut count = 0;
        for session in user.sessions() {
            let Some(ConnectionRef { thread, id }) = session.connection() else {
                continue;
            };
            count += 1;
            let put = Put {
                connection: id,
                user: user.id,
                session: session.id,
                from: from.map(|from| from.reference()),
                to: to.reference(),
                unix_millis: at.unix_millis,
                answer: answer.clone(),
            };
            self.order(thread, Order::Put(put));
        }
        Awaited { count, answers }
    }

    fn send_take_out(&self, user: &User, room: &Arc<RoomState>) -> Awaited<bool> {
        let (answer, answers) = mpsc::channel();
        let connections = user.connections(None);
        for &ConnectionRef { thread, id } in &connections {
            let out = TakeOut {
                connection: id,
                room: room.reference(),
                reason: RemovedReason::TakenOut,
                answer: answer.clone(),
            };
            self.order(thread, Order::TakeOut(out));
        }
        Awaited {
            count: connections.len(),
            answers,
        }
    }

    fn order(&self, thread: usize, order: Order) {
        let message = ThreadMessage::Order(Box::new(order));
        self.mailboxes.send(thread, message);
    }

    /// Whether the user is banned from a room, whatever its address is.
    fn is_banned(&self, user: &User, room: &str, at: Moment) -> bool {
        let name = user.name();
        let against = self.sanctions.against(Subject {
            account: name.user(),
            id: user.id,
            network: None,
        });
        let ban = against.find(SanctionKind::Ban, room, at.unix_millis);
        ban.is_some()
    }

    /// Notes one act for each user that was placed.
    fn note_placed(
        &self,
        by: &Actor,
        users: &[Arc<User>],
        placed: &Placed,
        rooms: &[(&'static str, &Arc<str>)],
        at: Moment,
    ) {
        let done = users
            .iter()
            .zip(placed)
            .filter(|(_, placed)| placed.is_ok());
        for (user, _) in done {
            let details = rooms.iter().map(|&(key, room)| (key, room.to_string()));
            self.note_act(&Act {
                time: at.unix_millis,
                by: by.clone(),
                kind: ActKind::Moved,
                user: Some(snapshot(user)),
                room: rooms
                    .last()
                    .map_or_else(|| LOBBY.into(), |(_, room)| Arc::clone(room)),
                details: details.collect(),
            });
        }
    }
}

/// The outcome for a user, by the answers for its connections: one that is there is enough.
fn placed(answers: Vec<Result<(), NotPut>>) -> Result<(), NotPlaced> {
    let mut outcome = Err(NotPlaced::Away);
    for answer in answers {
        match answer {
            Ok(()) => return Ok(()),
            Err(NotPut::Gone) => {}
            Err(NotPut::Banned) => outcome = Err(NotPlaced::Banned),
            Err(NotPut::Full(most)) => outcome = Err(NotPlaced::Full(most)),
            Err(NotPut::Unavailable) => outcome = Err(NotPlaced::Unavailable),
        }
    }
    outcome
}

impl From<NotMoved> for NotPlaced {
    fn from(not_moved: NotMoved) -> Self {
        match not_moved {
            NotMoved::NotThere => Self::NotThere,
            NotMoved::Banned => Self::Banned,
            NotMoved::Full(most) => Self::Full(most),
        }
    }
}
