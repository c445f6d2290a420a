//! Lines that are not to be seen any more: those of users whom the user blocks, and those that
//! moderators have removed without a trace. They do not count as unread either.

use super::known_lines::{KnownLine, KnownLines, names};
use super::{Conversation, Conversations};
use crate::session::Session;
use guildhall_protocol::Member;

impl Conversation {
    /// Changes the known lines of a room. What is not there any more is not unread: the newest
    /// lines of others are those that are.
    pub(super) fn change_lines(&mut self, own_name: &str, change: impl FnOnce(&mut KnownLines)) {
        if self.unread == 0 {
            return change(&mut self.known);
        }
        let others = |known: &KnownLines, most: usize| {
            let others = known.iter().rev().filter(|line| !line.own).take(most);
            let mentions = |line: &&KnownLine| names(&line.text, own_name);
            let (mut count, mut named, mut first) = (0, 0, u64::MAX);
            for line in others {
                (count, first) = (count + 1, line.seq);
                named += usize::from(mentions(&line));
            }
            (count, named, first)
        };
        let (count, named, first) = others(&self.known, self.unread);
        change(&mut self.known);
        let left = self.known.iter().filter(|it| !it.own && it.seq >= first);
        let (left, left_named, _) = others(&self.known, left.count().min(count));
        self.unread = self.unread.saturating_sub(count - left);
        self.mentions = self
            .mentions
            .saturating_sub(named.saturating_sub(left_named));
    }
}

impl Conversations {
    /// The user blocks others than before: hides their lines and their whispers, and shows
    /// again what was said by users who are not blocked any more.
    pub(super) fn hide_blocked(&mut self, session: &Session) {
        let Some(blocks) = session.blocks() else {
            return;
        };
        for conversation in &mut self.all {
            let is_blocked = |it: &KnownLine| {
                let is_it = |blocked: &Member| {
                    let has_account = !it.user.is_empty() && it.user == blocked.user;
                    blocked.id == it.sender.0 || has_account
                };
                blocks.iter().any(is_it)
            };
            conversation.change_lines(session.name(), |known| known.hide(is_blocked));
            if let Some(partner) = conversation.partner() {
                let id = partner.id.map_or(0, |id| id.0);
                let is_blocked = blocks.iter().any(|it| it.id == id);
                conversation.is_blocked = is_blocked;
                if is_blocked {
                    conversation.unread = 0;
                }
            }
        }
    }

    /// The game has moved the user from one room into another: the user goes on there.
    pub(super) fn moved(&mut self, from: &str, room: &str) {
        let current = self.current();
        if current.is_none_or(|current| current.room() == Some(from)) {
            self.awaited = Some(room.into());
        }
    }
}

#[cfg(test)]
mod tests;
