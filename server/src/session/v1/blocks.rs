//! Whom the user of a `guildhall.v1` client blocks. It holds for all of its sessions at once: what
//! such a user says in rooms, whispers, or changes of lines reaches none of them, and neither does
//! that it is there. The user that is blocked notices nothing.

use guildhall_protocol::{Block, ErrorCode, Packet, PacketBody, RequestError, WhisperLine};

use crate::hub::Hub;
use crate::ids::RequestId;
use crate::moderation::UserSnapshot;
use crate::moderation::blocked::{AuthorId, Blocked};
use crate::outgoing::frame;
use crate::outgoing::outbox::Wire;
use crate::shared::user::blocks::{BlockedUser, BlocksRequest, TooManyBlocks};
use crate::sync::moment::Moment;

use super::admission::TURN_COST;
use super::refusal::{bad_request, error, shown};
use super::welcomed::Welcomed;
use super::{Answer, Answered};

impl<W: Wire> Welcomed<W> {
    /// Blocks a user, or ends that, and tells all of the user's clients.
    pub(super) fn block(
        &self,
        hub: &mut Hub<W>,
        id: RequestId,
        block: &Block,
        at: Moment,
    ) -> Answered {
        // The rooms of the thread are looked through, and what holds against anybody.
        self.connection.wire().spend(TURN_COST);
        let user = &self.session.user;
        if block.take_back {
            let author = self.blocked_as(hub, block)?;
            let asked = self.asks_for_blocks(hub, id);
            hub.shared().users().unblock(user, &author, &asked);
        } else {
            let blocked = user_of(hub, block, at)?;
            if blocked.author == user.author() {
                return Err(bad_request("a user cannot block itself"));
            }
            let asked = self.asks_for_blocks(hub, id);
            let blocked = hub.shared().users().block(user, blocked, &asked);
            blocked.map_err(|TooManyBlocks(most)| {
                error(ErrorCode::TooManyBlocks, [most.to_string()])
            })?;
        }
        // The answer is in the mailbox, behind what was whispered before.
        hub.take_messages(at.now);
        Ok(Answer::Sent)
    }

    /// Returns all whom the user blocks.
    pub(super) fn list_blocks(&self, hub: &mut Hub<W>, id: RequestId, at: Moment) -> Answer {
        self.connection.wire().spend(TURN_COST);
        self.session
            .user
            .list_blocks(&self.asks_for_blocks(hub, id));
        hub.take_messages(at.now);
        Answer::Sent
    }

    fn asks_for_blocks<'a>(&self, hub: &'a Hub<W>, id: RequestId) -> BlocksRequest<'a> {
        BlocksRequest {
            connection: hub.reference(self.connection.id()),
            id,
            mailboxes: hub.shared().mailboxes(),
        }
    }

    /// The user that the client means among those that its user blocks. It need not be known any
    /// more.
    fn blocked_as(&self, hub: &Hub<W>, block: &Block) -> Result<AuthorId, RequestError> {
        let blocks = self.session.user.blocks();
        let is_meant = |one: &&BlockedUser| match block.user {
            0 => *one.author.account == *block.name || *one.name == *block.name,
            id => one.id.0 == id,
        };
        if let Some(one) = blocks.iter().find(is_meant) {
            return Ok(one.author.clone());
        }
        let meant = hub.shared().user_meant(block.user, &block.name);
        let UserSnapshot { id, account, .. } = meant.ok_or_else(|| no_such_user(block))?;
        Ok(AuthorId::new(id, &account))
    }
}

/// The user that the client wants to block.
fn user_of<W: Wire>(hub: &Hub<W>, block: &Block, at: Moment) -> Result<BlockedUser, RequestError> {
    let meant = hub.shared().user_meant(block.user, &block.name);
    let UserSnapshot { id, account, name } = meant.ok_or_else(|| no_such_user(block))?;
    Ok(BlockedUser {
        author: AuthorId::new(id, &account),
        id,
        name,
        // A clock may be at 1970; 0 has another meaning.
        time: at.unix_millis.max(1),
    })
}

fn no_such_user(block: &Block) -> RequestError {
    let named = match block.user {
        0 => shown(&block.name),
        id => id.to_string(),
    };
    error(ErrorCode::NoSuchUser, [named])
}

/// Whether one of these users has whispered this, which is a frame.
pub(super) fn is_of(blocked: &Blocked, whisper: &[u8]) -> bool {
    let is_blocked = |line: &WhisperLine| blocked.has_user(line.sender, &line.sender_user);
    let decoded = guildhall_protocol::decode(frame::payload(whisper));
    match decoded.map(|Packet { msg, .. }| msg) {
        Ok(Some(PacketBody::Whisper(line))) => is_blocked(&line),
        _ => false,
    }
}
