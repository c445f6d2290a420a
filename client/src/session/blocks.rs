//! Whom the user blocks: nothing that they say reaches the user. The server keeps the list for
//! all devices and does the cutting; the session knows the list once it was told.

use alloc::string::{String, ToString as _};
use alloc::vec::Vec;

use super::line::bound;
use super::room::cut;
use super::{Event, Recipient, RequestKind, SendError, Session};
use crate::UserId;
use guildhall_protocol::{Block, ListBlocks, Member, RequestBody};

/// So many blocked users are kept.
const MOST_BLOCKS: usize = 4_096;

/// Whom the user blocks; `None`: that is not known.
#[derive(Debug, Default)]
pub(super) struct Blocks(Option<Vec<Member>>);

/// The number and the name by which a request means a user, and what is told of it.
pub(super) fn named(user: Recipient<'_>) -> Result<(u64, String, String), SendError> {
    match user {
        Recipient::Id(UserId(0)) | Recipient::Name("") => Err(SendError::Empty),
        Recipient::Id(UserId(id)) => Ok((id, String::new(), id.to_string())),
        Recipient::Name(name) => Ok((0, cut(name).into(), cut(name).into())),
    }
}

impl Session {
    /// Whom the user blocks, the newest first; `None`: that is not known on this connection yet,
    /// and [`list_blocks`](Self::list_blocks) asks.
    #[must_use]
    pub fn blocks(&self) -> Option<&[Member]> {
        self.blocks.0.as_deref()
    }

    /// Whether it is known that the user blocks the one with this ID.
    #[must_use]
    pub fn is_blocked(&self, id: UserId) -> bool {
        let mut all = self.blocks().unwrap_or_default().iter();
        all.any(|it| it.id == id.0)
    }

    /// Blocks a user, or ends that. [`Event::Done`] is the answer, and
    /// [`Event::BlocksChanged`] comes before it if that is news.
    ///
    /// # Errors
    ///
    /// `NotOnline`, `Empty`, `TooManyPending`.
    pub fn block(&mut self, user: Recipient<'_>, take_back: bool) -> Result<(), SendError> {
        self.check_can_request()?;
        let (user, name, subject) = named(user)?;
        let block = Block {
            user,
            name,
            take_back,
        };
        let kind = if take_back {
            RequestKind::Unblock
        } else {
            RequestKind::Block
        };
        self.ask(RequestBody::Block(block), kind, subject);
        Ok(())
    }

    /// Asks whom the user blocks: [`Event::BlockList`] is the answer.
    ///
    /// # Errors
    ///
    /// `NotOnline`, `TooManyPending`.
    pub fn list_blocks(&mut self) -> Result<(), SendError> {
        self.check_can_request()?;
        let list = RequestBody::ListBlocks(ListBlocks {});
        self.ask(list, RequestKind::ListBlocks, String::new());
        Ok(())
    }

    /// The server says whom the user blocks.
    pub(super) fn set_blocks(&mut self, mut users: Vec<Member>) {
        users.truncate(MOST_BLOCKS);
        for user in &mut users {
            bound(&mut user.user, &mut user.info);
            let length = cut(&user.name).len();
            user.name.truncate(length);
        }
        if self.blocks() != Some(&users[..]) {
            self.blocks.0 = Some(users);
            self.emit(Event::BlocksChanged);
        }
    }

    /// On a new connection the list may be another one.
    pub(super) fn forget_blocks(&mut self) {
        self.blocks.0 = None;
    }
}
