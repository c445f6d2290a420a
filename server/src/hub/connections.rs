//! The connections of one network thread, and what is sent to one of them or to all,
//! outside of rooms. The hub calls it.

use std::collections::BTreeMap;
use std::ops::Bound;
use std::rc::Rc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use guildhall_protocol::Protocol;

use crate::ids::ConnectionId;
use crate::metrics::ConnectionCounts;
use crate::network::Network;
use crate::outgoing::close::Close;
use crate::outgoing::connection::{Admission, Connection, Deadlines, NeedsDrain};
use crate::outgoing::outbox::Wire;

/// Connections by ID.
#[derive(Debug)]
pub(crate) struct Connections<W> {
    /// In the order of their IDs, so that a sweep can go on where it stopped.
    by_id: BTreeMap<ConnectionId, Rc<Connection<W>>>,
    /// The most connections so far, see [`Connections::take_peak`].
    peak: usize,
}

impl<W: Wire> Connections<W> {
    /// No connections.
    pub(crate) fn new() -> Self {
        Self {
            by_id: BTreeMap::new(),
            peak: 0,
        }
    }

    /// Adds a connection.
    pub(crate) fn add(&mut self, connection: Rc<Connection<W>>) {
        self.by_id.insert(connection.id(), connection);
        self.peak = self.peak.max(self.by_id.len());
    }

    /// Removes a connection.
    pub(crate) fn remove(&mut self, id: ConnectionId) {
        self.by_id.remove(&id);
    }

    /// The connection with this ID.
    pub(crate) fn get(&self, id: ConnectionId) -> Option<Rc<Connection<W>>> {
        self.by_id.get(&id).map(Rc::clone)
    }

    /// How many connections there are.
    pub(crate) fn len(&self) -> usize {
        self.by_id.len()
    }

    /// The most connections that there were since the last call.
    pub(crate) fn take_peak(&mut self) -> usize {
        std::mem::replace(&mut self.peak, self.by_id.len())
    }

    /// Sends whole frames to one connection. Does nothing if it was removed.
    pub(crate) fn send(
        &self,
        id: ConnectionId,
        frames: &Bytes,
        now: Instant,
        needs_drain: &mut NeedsDrain<W>,
    ) {
        if let Some(connection) = self.by_id.get(&id) {
            connection.send_all(frames, now);
            needs_drain.note(connection);
        }
    }

    /// Closes one connection. Does nothing if it was removed.
    pub(crate) fn close(
        &self,
        id: ConnectionId,
        close: &Close,
        now: Instant,
        needs_drain: &mut NeedsDrain<W>,
    ) {
        if let Some(connection) = self.by_id.get(&id) {
            connection.close(close.clone(), now);
            needs_drain.note(connection);
        }
    }

    /// The guests of these networks. It looks at all connections, so it is for what is rare.
    pub(crate) fn guests_of<'a>(
        &'a self,
        networks: &'a [Network],
    ) -> impl Iterator<Item = ConnectionId> + 'a {
        let is_of = move |connection: &&Rc<Connection<W>>| {
            networks.contains(&connection.wire().network()) && connection.is_guest()
        };
        (self.by_id.values()).filter(is_of).map(|one| one.id())
    }

    /// At most `most` connections, in the order of their IDs: the first ones after the connection
    /// with the ID `after`.
    pub(crate) fn following(
        &self,
        after: ConnectionId,
        most: usize,
    ) -> impl Iterator<Item = &Rc<Connection<W>>> {
        let rest = (Bound::Excluded(after), Bound::Unbounded);
        (self.by_id.range(rest).take(most)).map(|(_, connection)| connection)
    }

    /// Closes all connections because the server stops: those of `guildhall.v1` behind this frame.
    pub(crate) fn go_away(&self, farewell: &Bytes, now: Instant, needs_drain: &mut NeedsDrain<W>) {
        for connection in self.by_id.values() {
            if connection.protocol() == Protocol::V1 && !connection.is_closed() {
                connection.send_all(farewell, now);
            }
            connection.close(Close::GOING_AWAY, now);
            needs_drain.note(connection);
        }
    }

    /// Pings, closes and cuts those of `most` connections for which it is due, see
    /// [`Connection::sweep`] and [`Connection::check_admission`]: the first ones after the
    /// connection with the ID `after`. Adds them to `counts`. Returns the last one's ID, or `None` if there are no more.
    pub(crate) fn sweep(
        &self,
        after: ConnectionId,
        most: usize,
        (deadlines, excused, now): (&Deadlines, Duration, Instant),
        admission: Admission<'_>,
        counts: &mut ConnectionCounts,
        needs_drain: &mut NeedsDrain<W>,
    ) -> Option<ConnectionId> {
        let mut last = None;
        for connection in self.following(after, most) {
            connection.sweep(deadlines, excused, now);
            connection.check_admission(admission, now);
            connection.count(counts);
            needs_drain.note(connection);
            last = Some(connection.id());
        }
        last
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::outgoing::test_wire::TestWire;

    type Created = Vec<Rc<Connection<TestWire>>>;

    fn connections(ids: std::ops::RangeInclusive<u64>) -> (Connections<TestWire>, Created) {
        let (mut connections, now) = (Connections::new(), Instant::now());
        let create = |id| {
            let id = ConnectionId(id);
            Rc::new(Connection::new(
                id,
                Protocol::V1,
                TestWire::open(),
                1_000,
                now,
            ))
        };
        let created: Vec<_> = ids.map(create).collect();
        for connection in &created {
            connections.add(Rc::clone(connection));
        }
        (connections, created)
    }

    #[test]
    fn a_send_reaches_one_connection_and_no_other() {
        let (mut connections, created) = connections(1..=3);
        let frames = Bytes::from_static(b"\x82\0");
        let send = |connections: &Connections<_>, id| {
            let mut needs_drain = NeedsDrain::default();
            let id = ConnectionId(id);
            connections.send(id, &frames, Instant::now(), &mut needs_drain);
            assert!(needs_drain.take().is_empty(), "nothing is queued");
        };
        send(&connections, 2);
        send(&connections, 9);
        connections.remove(ConnectionId(3));
        send(&connections, 3);
        let written = created.iter().map(|one| one.wire().written().len());
        assert!(written.eq([0, 2, 0]));
        assert_eq!(
            (
                connections.len(),
                connections.take_peak(),
                connections.take_peak()
            ),
            (2, 3, 2)
        );
    }

    #[test]
    fn a_connection_with_queued_bytes_is_noted_once() {
        let (connections, created) = connections(1..=2);
        created[1].wire().take(0);
        let mut needs_drain = NeedsDrain::default();
        for expected in [&[ConnectionId(2)][..], &[]] {
            let farewell = Bytes::from_static(b"\x82\0");
            connections.go_away(&farewell, Instant::now(), &mut needs_drain);
            let noted: Vec<_> = needs_drain.take().iter().map(|one| one.id()).collect();
            assert_eq!(noted, expected);
        }
    }
}
