//! The users that one user blocks. No lock: they are a part of a [`User`](super::User).

use std::sync::{Arc, Weak};

use bytes::Bytes;
use guildhall_protocol::limits::MAX_BLOCKS;
use guildhall_protocol::{Member, Message as _, Packet, PacketBody, ReplyResult, WhisperLine};
use indexmap::IndexMap;

use crate::ids::{RequestId, UserId};
use crate::journal::BlockRow;
use crate::moderation::blocked::{AuthorId, Blocked};
use crate::outgoing::frame;
use crate::shared::mailbox::{Mailboxes, ThreadMessage};

use super::session::ConnectionRef;
use super::{State, User};

/// The most bytes of all of them in one message to the user's clients.
const MAX_BYTES: usize = 28 * 1024;

/// A user that is blocked, as it was then.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct BlockedUser {
    pub(crate) author: AuthorId,
    /// Its number.
    pub(crate) id: UserId,
    /// Its name.
    pub(crate) name: Arc<str>,
    /// When, in milliseconds since 1970.
    pub(crate) time: u64,
}

/// A request of a user's client that blocks another one, ends that, or asks for the list.
#[derive(Debug)]
pub(crate) struct BlocksRequest<'a> {
    /// The client's connection.
    pub(crate) connection: ConnectionRef,
    pub(crate) id: RequestId,
    pub(crate) mailboxes: &'a Mailboxes,
}

/// The user blocks as many as it may: this many.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TooManyBlocks(pub(crate) usize);

/// The users that one user blocks.
#[derive(Debug, Clone, Default)]
pub(in crate::shared) struct Blocks {
    /// The one that was blocked last is the last.
    users: IndexMap<AuthorId, BlockedUser>,
    /// How many bytes they have in a message.
    bytes: usize,
    /// All of them; `None`: nobody.
    blocked: Option<Arc<Blocked>>,
}

impl BlockedUser {
    /// The user as its blocker's clients get it.
    pub(crate) fn member(&self) -> Member {
        Member {
            id: self.id.0,
            name: self.name.to_string(),
            user: self.author.account.to_string(),
            info: String::new(),
        }
    }

    /// How many bytes it has in a message.
    fn bytes(&self) -> usize {
        // With a key and a length of its own.
        self.member().encoded_len() + 4
    }

    /// Returns what is kept of the block, which is one of this user.
    pub(crate) fn row(&self, owner: AuthorId) -> BlockRow {
        BlockRow {
            owner,
            author: self.author.clone(),
            id: self.id,
            name: Arc::clone(&self.name),
            time: self.time,
        }
    }
}

impl BlocksRequest<'_> {
    /// Answers the request with the list, and tells it to these other connections of the user.
    ///
    /// The caller holds the user's lock, under which the user is whispered to as well: a whisper
    /// of somebody whom it blocks now is in the mailbox before, or is not delivered. Of two
    /// changes on two threads, the later one arrives as the later one.
    pub(super) fn answer(&self, blocks: Option<&Blocks>, others: &[ConnectionRef]) {
        let users = (blocks.into_iter())
            .flat_map(Blocks::newest_first)
            .map(BlockedUser::member)
            .collect();
        let list = guildhall_protocol::Blocks { users };
        if !others.is_empty() {
            let told = PacketBody::Blocks(list.clone());
            let frame = frame::packet(&Packet::from(told));
            for &other in others {
                self.send(other, blocks, &frame);
            }
        }
        let answer = frame::reply(self.id, ReplyResult::Blocks(list));
        self.send(self.connection, blocks, &frame::packet(&answer));
    }

    fn send(&self, to: ConnectionRef, blocks: Option<&Blocks>, frame: &Bytes) {
        let message = ThreadMessage::BlocksChanged {
            connection: to.id,
            blocked: blocks.and_then(Blocks::blocked).cloned(),
            frame: frame.clone(),
        };
        self.mailboxes.send(to.thread, message);
    }
}

impl User {
    /// Blocks another user, and answers the request. Returns false if it is blocked already. For
    /// [`Users::block`](crate::shared::users::Users::block).
    pub(in crate::shared) fn block(
        &self,
        user: BlockedUser,
        asked: &BlocksRequest<'_>,
    ) -> Result<bool, TooManyBlocks> {
        let mut state = self.lock();
        let is_new = state.blocks.get_or_insert_default().add(user)?;
        state.answer_blocks(asked, is_new);
        Ok(is_new)
    }

    /// Ends that, answers the request, and returns the user that was blocked.
    pub(in crate::shared) fn unblock(
        &self,
        author: &AuthorId,
        asked: &BlocksRequest<'_>,
    ) -> Option<BlockedUser> {
        let mut state = self.lock();
        let blocks = state.blocks.as_mut();
        let removed = blocks.and_then(|blocks| blocks.remove(author));
        state.answer_blocks(asked, removed.is_some());
        removed
    }

    /// Answers the request for the users that this one blocks.
    pub(crate) fn list_blocks(&self, asked: &BlocksRequest<'_>) {
        self.lock().answer_blocks(asked, false);
    }

    /// Ends that for a user that is erased: it has no name any more that a list could show.
    pub(in crate::shared) fn forget_block(&self, author: &AuthorId) {
        if let Some(blocks) = &mut self.lock().blocks {
            blocks.remove(author);
        }
    }

    /// Replaces all blocks. Returns those of before.
    pub(in crate::shared) fn set_blocks(&self, blocks: Option<Box<Blocks>>) -> Option<Box<Blocks>> {
        std::mem::replace(&mut self.lock().blocks, blocks)
    }

    /// The users from whom nothing reaches this one; `None`: it blocks nobody.
    pub(crate) fn blocked(&self) -> Option<Arc<Blocked>> {
        self.lock().blocked().cloned()
    }

    /// Whether it blocks the sender of this whisper.
    pub(crate) fn blocks_sender(&self, line: &WhisperLine) -> bool {
        self.lock().blocks_sender(line)
    }

    /// The users that it blocks, the newest first.
    pub(crate) fn blocks(&self) -> Vec<BlockedUser> {
        let state = self.lock();
        let blocks = state.blocks.iter();
        blocks.flat_map(|it| it.newest_first()).cloned().collect()
    }
}

impl State {
    /// Answers a request about blocks; if it has changed them, the user's other connections are
    /// told, too.
    fn answer_blocks(&self, asked: &BlocksRequest<'_>, is_changed: bool) {
        let others = if is_changed {
            let connections = (self.sessions.iter())
                .filter_map(Weak::upgrade)
                .filter_map(|session| session.connection());
            connections
                .filter(|one| one.id != asked.connection.id)
                .collect()
        } else {
            Vec::new()
        };
        asked.answer(self.blocks.as_deref(), &others);
    }
}

impl From<BlockRow> for BlockedUser {
    fn from(row: BlockRow) -> Self {
        let BlockRow {
            author,
            id,
            name,
            time,
            ..
        } = row;
        Self {
            author,
            id,
            name,
            time,
        }
    }
}

impl Blocks {
    /// How many they are.
    pub(in crate::shared) fn len(&self) -> usize {
        self.users.len()
    }

    /// Adds a user. Returns false if it is one of them.
    pub(super) fn add(&mut self, user: BlockedUser) -> Result<bool, TooManyBlocks> {
        if self.users.contains_key(&user.author) {
            return Ok(false);
        }
        let bytes = self.bytes + user.bytes();
        if self.users.len() >= MAX_BLOCKS || bytes > MAX_BYTES {
            return Err(TooManyBlocks(self.users.len()));
        }
        self.bytes = bytes;
        self.users.insert(user.author.clone(), user);
        self.take_over();
        Ok(true)
    }

    /// Removes a user. Returns it, if it was one of them.
    pub(in crate::shared) fn remove(&mut self, author: &AuthorId) -> Option<BlockedUser> {
        let removed = self.users.shift_remove(author)?;
        self.bytes -= removed.bytes();
        self.take_over();
        Some(removed)
    }

    /// Adds a user as it was kept. The caller [takes over](Self::take_over) all of them at last.
    pub(in crate::shared) fn restore(&mut self, user: BlockedUser) {
        self.bytes += user.bytes();
        if let Some(before) = self.users.insert(user.author.clone(), user) {
            self.bytes -= before.bytes();
        }
    }

    /// From now on these are the users that are blocked.
    pub(in crate::shared) fn take_over(&mut self) {
        let users = self.users.values();
        let users = users.map(|user| (user.id, &*user.author.account));
        self.blocked = (!self.users.is_empty()).then(|| Arc::new(Blocked::new(users)));
    }

    /// All of them; `None`: nobody.
    pub(super) fn blocked(&self) -> Option<&Arc<Blocked>> {
        self.blocked.as_ref()
    }

    /// All of them, the newest first.
    pub(super) fn newest_first(&self) -> impl Iterator<Item = &BlockedUser> {
        self.users.values().rev()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn user(id: u64, account: &str) -> BlockedUser {
        BlockedUser {
            author: AuthorId::new(UserId(id), account),
            id: UserId(id),
            name: format!("Guest {id}").into(),
            time: id,
        }
    }

    #[test]
    fn a_user_is_blocked_once_and_the_newest_comes_first() {
        let mut blocks = Blocks::default();
        assert!(blocks.blocked().is_none());
        assert_eq!(blocks.add(user(1, "")), Ok(true));
        assert_eq!(blocks.add(user(2, "mira")), Ok(true));
        // With another number, it is the same account.
        assert_eq!(blocks.add(user(3, "mira")), Ok(false));
        let ids: Vec<_> = blocks.newest_first().map(|one| one.id.0).collect();
        assert_eq!(ids, [2, 1]);
        assert!(blocks.blocked().unwrap().has_user(9, "mira"));
        assert!(blocks.remove(&AuthorId::new(UserId(9), "mira")).is_some());
        assert!(blocks.remove(&AuthorId::new(UserId(9), "mira")).is_none());
        assert!(!blocks.blocked().unwrap().has_user(9, "mira"));
        blocks.remove(&AuthorId::new(UserId(1), ""));
        assert!(blocks.blocked().is_none());
        assert_eq!(blocks.bytes, 0);
    }

    #[test]
    fn there_are_not_more_than_may_be_and_than_fit_into_a_message() {
        let mut blocks = Blocks::default();
        for id in 1..=MAX_BLOCKS as u64 {
            assert_eq!(blocks.add(user(id, "")), Ok(true));
        }
        assert_eq!(blocks.add(user(9_999, "")), Err(TooManyBlocks(MAX_BLOCKS)));
        let mut long = Blocks::default();
        let account = |id| format!("{id}{}", "x".repeat(200));
        let most = (1..MAX_BLOCKS as u64).find(|&id| long.add(user(id, &account(id))).is_err());
        assert!((100..150).contains(&most.unwrap()), "{most:?}");
        let all: usize = long.newest_first().map(BlockedUser::bytes).sum();
        assert_eq!(all, long.bytes);
        assert!(all <= MAX_BYTES);
    }
}
