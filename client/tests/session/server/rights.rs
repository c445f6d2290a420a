//! Tokens that are over, and rooms that a client is taken out of.

use guildhall_protocol::{PacketBody, Removed, ReplyResult, RequestError};

use super::Server;

/// How long a client has for another token after its own is over.
const GRACE: u64 = 25_000;

impl Server {
    /// Time has passed: closes the connections whose tokens are over.
    pub(crate) fn tick(&mut self, now: u64) {
        self.now = now;
        let over = self.tokens.extract_if(.., |_, until| *until + GRACE < now);
        let over: Vec<_> = over.map(|(peer, _)| peer).collect();
        for peer in over {
            self.close(peer);
        }
    }

    /// Closes a connection with 3002: an empty message stands for that.
    fn close(&mut self, peer: u64) {
        self.out.push((peer, Vec::new()));
        self.end(peer);
    }

    /// Takes a connection out of a room.
    pub(crate) fn remove(&mut self, peer: u64, room: &str) {
        if self.leave(peer, room) {
            let (room, reason) = (room.to_owned(), 1);
            self.send(
                peer,
                PacketBody::Removed(Removed {
                    room,
                    reason,
                    sanction: None,
                }),
            );
        }
    }

    /// Nothing waits any more for messages that were refused for now, and that the client does
    /// not send again.
    pub(crate) fn forget_held(&mut self, peer: u64, is_sent_again: impl Fn(u64) -> bool) {
        self.held
            .retain(|(of, _), first| *of != peer || is_sent_again(*first));
    }

    /// How many seconds a token holds, which is the time when it is over. `None`: it is over.
    pub(super) fn takes(&mut self, peer: u64, token: &str) -> Option<u32> {
        let until: u64 = token.parse().expect("a time");
        let left = until.checked_sub(self.now).filter(|left| *left > 0)?;
        self.tokens.insert(peer, until);
        Some(u32::try_from(left / 1_000).unwrap_or(u32::MAX).max(1))
    }

    /// The same for a token of Hello, which may be missing: that holds for ever.
    pub(super) fn takes_of(&mut self, peer: u64, token: &str) -> Option<u32> {
        if token.is_empty() {
            return Some(0);
        }
        self.takes(peer, token)
    }

    pub(super) fn refuse_token(&mut self, peer: u64, id: u64) {
        let error = RequestError {
            code: 19,
            ..RequestError::default()
        };
        self.reply(peer, id, ReplyResult::Error(error));
        self.close(peer);
    }
}
