//! Actions of the user on lines that were said: replies, edits, removals, reactions and
//! searches; and how far the user has read.

use super::{CommandFailure, Conversation, ConversationId, Conversations, KnownLine, Outcome};
use crate::session::{MessageKind, Query, RequestKind, Session, State};
use alloc::string::String;

impl Conversations {
    /// Replies to a line of a room; `None`: the newest one of others.
    pub(super) fn quote(
        &mut self,
        session: &mut Session,
        room: Option<&str>,
        line: Option<u64>,
        text: &str,
    ) -> Result<Outcome, CommandFailure> {
        let (room, seq) = self.line_of(room, line, |line| !line.own)?;
        let nonce = session.reply_to(&room, seq, text, MessageKind::Text)?;
        Ok(Outcome::Sent(nonce))
    }

    /// Gives a line another text; `None`: the user's last one.
    pub(super) fn edit(
        &mut self,
        session: &mut Session,
        room: Option<&str>,
        line: Option<u64>,
        text: &str,
    ) -> Result<Outcome, CommandFailure> {
        let (room, seq) = self.line_of(room, line, |line| line.own)?;
        Ok(Outcome::Changing(session.edit(&room, seq, text)?))
    }

    /// Removes a line; `None`: the user's last one.
    pub(super) fn delete(
        &mut self,
        session: &mut Session,
        room: Option<&str>,
        line: Option<u64>,
    ) -> Result<Outcome, CommandFailure> {
        let (room, seq) = self.line_of(room, line, |line| line.own)?;
        Ok(Outcome::Changing(session.remove(&room, seq)?))
    }

    /// Reacts to a line; `None`: the newest one of others, or the newest one that has the user's
    /// reaction to be taken back.
    pub(super) fn react(
        &mut self,
        session: &mut Session,
        room: Option<&str>,
        line: Option<u64>,
        reaction: &str,
        take_back: bool,
    ) -> Result<Outcome, CommandFailure> {
        let is_meant = |line: &KnownLine| {
            if take_back {
                line.has_own(reaction)
            } else {
                !line.own
            }
        };
        let (room, seq) = self.line_of(room, line, is_meant)?;
        let nonce = session.react(&room, seq, reaction, take_back)?;
        Ok(Outcome::Changing(nonce))
    }

    pub(super) fn search(
        session: &mut Session,
        words: Option<&str>,
    ) -> Result<Outcome, CommandFailure> {
        if let Some(text) = words {
            session.search(&Query {
                text,
                ..Query::default()
            })?;
        } else if !session.search_on()? {
            return Err(CommandFailure::NothingToSearch);
        }
        Ok(Outcome::Requested(RequestKind::Search))
    }

    /// The room, and the number of the line that the user means: the one with this number, or the
    /// newest one that is meant and not removed.
    fn line_of(
        &self,
        room: Option<&str>,
        line: Option<u64>,
        is_meant: impl Fn(&KnownLine) -> bool,
    ) -> Result<(String, u64), CommandFailure> {
        let conversation = match room {
            Some(room) => self.of_room(self.present_name(room)),
            None => self.current(),
        };
        let conversation = conversation.ok_or(CommandFailure::NoConversation)?;
        let room = conversation.room().ok_or(CommandFailure::NothingToChange)?;
        let newest = || {
            let mut lines = conversation.lines().rev();
            lines.find(|line| !line.removed && is_meant(line))
        };
        let seq = line.or_else(|| newest().map(|line| line.seq));
        Ok((room.into(), seq.ok_or(CommandFailure::NothingToChange)?))
    }

    /// Does what has become due by the events so far: marks the rooms as read whose newest line
    /// the user has seen, and asks once how much is unread in rooms that were joined. To be called
    /// when all events were [applied](Self::apply), and after [`mark_read`](Self::mark_read).
    pub fn keep_up(&mut self, session: &mut Session) {
        // First: the answer has to be from before the marks.
        if self.unread_is_due && !self.unread_is_asked && *session.state() == State::Online {
            self.unread_is_due = false;
            self.unread_is_asked = session.list_unread().is_ok();
        }
        for conversation in &mut self.all {
            if core::mem::take(&mut conversation.is_seen)
                && let Some(name) = conversation.room()
                && let Some(last) = session.room(name).map(|room| room.last_seq)
            {
                session.mark_read(name, last);
            }
        }
    }

    /// A room was joined for the first time: if the user has not read all of it, the server knows
    /// how much is unread.
    pub(super) fn unread_may_be_due(&mut self, session: &Session, room: &str, last_seq: u64) {
        let read = session.room(room).map_or(0, |room| room.read_seq);
        self.unread_is_due |= read > 0 && read < last_seq;
    }

    /// The server has listed what is unread. What the user has read meanwhile is not: the answer
    /// is from before.
    pub(super) fn unread_listed(
        &mut self,
        session: &Session,
        rooms: &[guildhall_protocol::Unread],
        seen: Option<ConversationId>,
    ) {
        self.unread_is_asked = false;
        for unread in rooms {
            let read = unread.read.unwrap_or_default();
            let is_old = session
                .room(&unread.room)
                .is_none_or(|room| room.epoch != read.epoch || room.read_seq > read.seq);
            let is_it = |it: &&mut Conversation| it.room() == Some(&unread.room);
            let conversation = self.all.iter_mut().find(is_it);
            if let Some(conversation) = conversation.filter(|it| !is_old && seen != Some(it.id())) {
                let lines = usize::try_from(unread.lines).unwrap_or(usize::MAX);
                conversation.unread = conversation.unread.max(lines);
                let mentions = usize::try_from(unread.mentions).unwrap_or(usize::MAX);
                conversation.mentions = conversation.mentions.max(mentions);
            }
        }
    }

    /// The user has read a room elsewhere, up to this line.
    pub(super) fn read_elsewhere(&mut self, session: &Session, room: &str) {
        let own_name = session.name();
        let Some(view) = session.room(room) else {
            return;
        };
        let is_it = |it: &&mut Conversation| it.room() == Some(room);
        if let Some(conversation) = self.all.iter_mut().find(is_it) {
            let is_left = |line: &&KnownLine| line.seq > view.read_seq && !line.own;
            let left = conversation.lines().filter(is_left).count();
            let named = conversation.lines().filter(is_left);
            let named = named
                .filter(|line| super::names(&line.text, own_name))
                .count();
            conversation.unread = conversation.unread.min(left);
            conversation.mentions = conversation.mentions.min(named);
        }
    }
}

#[cfg(test)]
mod tests;
