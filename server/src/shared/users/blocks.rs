//! Whom users block: at once, for all of their sessions. The blocks of a user with an account are
//! kept for longer than the user is known: they wait here for its return.

use std::sync::Arc;

use indexmap::IndexMap;

use crate::ids::UserId;
use crate::journal::{BlockRow, Row};
use crate::moderation::blocked::AuthorId;
use crate::shared::user::User;
use crate::shared::user::blocks::{BlockedUser, Blocks, BlocksRequest, TooManyBlocks};

use super::{Inner, Users};

/// The most blocks of users that are not known. Above that, those that have waited longest are
/// forgotten here; a journal still has them.
const MOST_WAITING: usize = 1_000_000;

/// The blocks of users with accounts that are not known now.
#[derive(Debug, Default)]
pub(super) struct WaitingBlocks {
    /// By account, those that have waited longest first.
    blocks: IndexMap<Arc<str>, Box<Blocks>>,
    /// How many users are blocked.
    count: usize,
}

impl WaitingBlocks {
    fn add(&mut self, account: Arc<str>, blocks: Box<Blocks>) {
        self.count += blocks.len();
        if let Some(before) = self.blocks.insert(account, blocks) {
            self.count -= before.len();
        }
        while self.count > MOST_WAITING
            && let Some((_, oldest)) = self.blocks.shift_remove_index(0)
        {
            self.count -= oldest.len();
        }
    }

    /// Nobody blocks this user any more.
    fn forget(&mut self, author: &AuthorId) {
        for blocks in self.blocks.values_mut() {
            if blocks.remove(author).is_some() {
                self.count -= 1;
            }
        }
    }

    fn take(&mut self, account: &str) -> Option<Box<Blocks>> {
        let blocks = self.blocks.shift_remove(account)?;
        self.count -= blocks.len();
        Some(blocks)
    }
}

impl Users {
    /// Makes a user block another one, from now on, and answers the request.
    ///
    /// # Errors
    ///
    /// [`TooManyBlocks`].
    pub(crate) fn block(
        &self,
        user: &User,
        blocked: BlockedUser,
        asked: &BlocksRequest<'_>,
    ) -> Result<(), TooManyBlocks> {
        // Under the lock, so that the journal has the order of the calls.
        let inner = self.lock();
        let row = blocked.row(user.author());
        if user.block(blocked, asked)? {
            inner.records.note(|| vec![Row::Block(row)]);
        }
        Ok(())
    }

    /// Ends that, and answers the request.
    pub(crate) fn unblock(&self, user: &User, author: &AuthorId, asked: &BlocksRequest<'_>) {
        let inner = self.lock();
        if let Some(before) = user.unblock(author, asked) {
            let row = BlockRow {
                time: 0,
                ..before.row(user.author())
            };
            inner.records.note(|| vec![Row::Block(row)]);
        }
    }
}

impl Inner {
    /// A user with an account is known again.
    pub(super) fn return_blocks(&mut self, user: &User, account: &str) {
        if let Some(blocks) = self.waiting_blocks.take(account) {
            user.set_blocks(Some(blocks));
        }
    }

    /// A user with an account is forgotten.
    pub(super) fn keep_blocks(&mut self, user: &User, account: &str) {
        if let Some(blocks) = user.set_blocks(None) {
            self.waiting_blocks.add(account.into(), blocks);
        }
    }

    /// A user is erased: nobody blocks it, and it blocks nobody if it comes back. Connections that
    /// do not hear it go on not hearing it.
    pub(super) fn erase_blocks(&mut self, author: &AuthorId) {
        drop(self.waiting_blocks.take(&author.account));
        for known in self.users.values() {
            known.user.forget_block(author);
        }
        self.waiting_blocks.forget(author);
    }

    /// Takes over the blocks of before the start of the server.
    pub(super) fn restore_blocks(&mut self, mut rows: Vec<BlockRow>) {
        rows.sort_by(|one, other| (&one.owner, one.time).cmp(&(&other.owner, other.time)));
        let mut rows = rows.into_iter().peekable();
        while let Some(first) = rows.next() {
            let owner = first.owner.clone();
            let mut blocks = Box::<Blocks>::default();
            blocks.restore(first.into());
            while let Some(row) = rows.next_if(|row| row.owner == owner) {
                blocks.restore(row.into());
            }
            blocks.take_over();
            let id = match &*owner.account {
                "" => Some(UserId(owner.guest)),
                account => self.by_account.get(account).copied(),
            };
            match id.and_then(|id| self.users.get(&id)) {
                Some(known) => drop(known.user.set_blocks(Some(blocks))),
                None if owner.account.is_empty() => {
                    (self.records).note(|| vec![Row::ForgetUser(UserId(owner.guest))]);
                }
                None => self.waiting_blocks.add(owner.account, blocks),
            }
        }
    }
}
