//! The snapshot of a room for a client that joins it, or that has read too slowly.

use super::{
    Access, Action, Inner, JoinSnapshot, Joiner, JoiningMember, OlderLines, Pending, Position,
    Protocol, RoomFull, RoomHandle, Seq, SubscriberKind, frame,
};

impl RoomHandle {
    /// Adds a member. The snapshot includes all that is pending, and `older` lines that were
    /// read for the member.
    ///
    /// # Errors
    ///
    /// [`RoomFull`].
    pub(crate) fn join(
        &self,
        mut pending: Pending<'_>,
        joining: &JoiningMember,
        position: Position,
        replay: usize,
        older: Option<OlderLines<'_>>,
        unix_millis: u64,
    ) -> Result<JoinSnapshot, RoomFull> {
        let inner = &mut *self.lock();
        if let Some(most) = inner.rule.max_members
            && inner.presence.len() >= most
            && !inner.presence.has(joining.id)
        {
            return Err(RoomFull(most));
        }
        self.take(inner, &mut pending);
        let protocol = joining.protocol;
        if !joining.is_again {
            let kind = SubscriberKind::of(protocol, joining.access);
            inner.inboxes[self.thread].subscribe(kind);
            let name = joining.name.clone();
            (inner.presence).join(joining.id, joining.connection, name, protocol);
            if let Some(feed) = &self.state.feed {
                feed.joined(self.name(), joining.connection, joining.id, &joining.name);
            }
        }
        let Inner {
            history, presence, ..
        } = inner;
        let joiner = Joiner {
            protocol,
            access: joining.access,
            position,
            replay,
        };
        let mut snapshot = JoinSnapshot::new(history, presence, &joiner, unix_millis);
        if let Some(older) = older
            && joining.access.may(Action::History)
        {
            snapshot.fill_gap(older);
        }
        snapshot.durable = self.is_durable();
        Ok(snapshot)
    }

    /// Returns the snapshot for a member of `guildhall.v1` that was left out since the line
    /// `missed`; if that is 0, since what is pending. The snapshot includes all that is pending. It
    /// has at most `bytes` bytes of lines.
    pub(crate) fn catch_up(
        &self,
        mut pending: Pending<'_>,
        access: Access,
        missed: Seq,
        bytes: usize,
    ) -> JoinSnapshot {
        let inner = &mut *self.lock();
        self.take(inner, &mut pending);
        let Inner {
            history, presence, ..
        } = inner;
        let kind = SubscriberKind::of(Protocol::V1, access);
        let missed = match missed {
            Seq(0) => frame::first_line(pending[kind as usize])
                .map_or(history.last().next(), |line| Seq(line.seq)),
            missed => missed,
        };
        JoinSnapshot {
            durable: self.is_durable(),
            ..JoinSnapshot::after(history, presence, access, missed.previous(), bytes)
        }
    }
}
