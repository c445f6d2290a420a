//! The clients of one thread, as an operator asks for them: those with the longest queues or most
//! refused requests, or one after the other. The worker asks in pieces, so that a thread with many clients serves them
//! meanwhile.

use std::cmp::Reverse;
use std::sync::Arc;
use std::time::Instant;

use guildhall_protocol::Protocol;
use ipnet::IpNet;

use crate::ids::{ConnectionId, UserId};
use crate::outgoing::close::Close;
use crate::outgoing::connection::{ClientFacts, Connection};
use crate::outgoing::outbox::Wire;

use super::Hub;

/// The clients that somebody asks for. What is `None` does not matter.
#[derive(Debug, Clone, Default)]
pub(crate) struct ClientFilter {
    /// The network that its address is in.
    pub(crate) within: Option<IpNet>,
    /// Its user.
    pub(crate) user: Option<UserId>,
    /// A room that it is in.
    pub(crate) room: Option<String>,
}

/// The order of clients in a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ClientOrder {
    /// Those with the longest queues first.
    Queue,
    /// Those whose requests were refused most often first.
    Refused,
    /// By number: those behind this one.
    Number(ConnectionId),
}

/// The clients that were found so far.
#[derive(Debug)]
pub(crate) struct FoundClients {
    order: ClientOrder,
    /// The most that are kept.
    most: usize,
    /// Their queues or refused requests, and their numbers: those that come first in front.
    kept: Vec<(Reverse<u64>, ConnectionId)>,
    count: usize,
}

impl FoundClients {
    /// None yet, and never more than `most`.
    pub(crate) fn new(order: ClientOrder, most: usize) -> Self {
        Self {
            order,
            most,
            kept: Vec::new(),
            count: 0,
        }
    }

    /// How many were found: also those that are not kept, because others come first.
    pub(crate) fn count(&self) -> usize {
        self.count
    }

    /// The client behind which the list begins.
    pub(crate) fn start(&self) -> ConnectionId {
        match self.order {
            ClientOrder::Queue | ClientOrder::Refused => ConnectionId(0),
            ClientOrder::Number(after) => after,
        }
    }

    /// Adds a client, which has so much of what the order goes by.
    fn add(&mut self, amount: u64, id: ConnectionId) {
        self.count += 1;
        match self.order {
            ClientOrder::Queue | ClientOrder::Refused => {
                self.kept.push((Reverse(amount), id));
                if self.kept.len() >= 2 * self.most {
                    self.cut();
                }
            }
            // They come in this order.
            ClientOrder::Number(_) if self.kept.len() < self.most => {
                self.kept.push((Reverse(amount), id));
            }
            ClientOrder::Number(_) => {}
        }
    }

    fn cut(&mut self) {
        self.kept.sort_unstable();
        self.kept.truncate(self.most);
    }

    /// Their numbers, in the order of the list.
    fn into_ids(mut self) -> impl Iterator<Item = ConnectionId> {
        if !matches!(self.order, ClientOrder::Number(_)) {
            self.cut();
        }
        self.kept.into_iter().map(|(_, id)| id)
    }
}

impl<W: Wire> Hub<W> {
    /// Looks for clients that fit among `most` connections: the first ones after the connection
    /// with the ID `after`. Returns the last one's ID, or `None` if there are no more.
    pub(crate) fn find_clients(
        &self,
        after: ConnectionId,
        most: usize,
        filter: &ClientFilter,
        found: &mut FoundClients,
    ) -> Option<ConnectionId> {
        let room = filter.room.as_deref().map(|name| self.rooms.get(name));
        let fits = |connection: &Connection<W>| {
            let is_there = |room: &Option<super::SharedRoom<W>>| {
                (room.as_ref()).is_some_and(|room| room.borrow().has(connection.id()))
            };
            let is_within = |network: IpNet| {
                let address = connection.wire().address();
                address.is_some_and(|address| network.contains(&address.ip()))
            };
            let is_of = |user| connection.user().is_some_and(|(id, _)| id == user);
            room.as_ref().is_none_or(is_there)
                && filter.within.is_none_or(is_within)
                && filter.user.is_none_or(is_of)
        };
        let mut last = None;
        for connection in self.connections.following(after, most) {
            if fits(connection) {
                let amount = match found.order {
                    ClientOrder::Refused => connection.refused(),
                    _ => connection.queued() as u64,
                };
                found.add(amount, connection.id());
            }
            last = Some(connection.id());
        }
        last
    }

    /// The clients that were found, as they are now. One may be gone meanwhile.
    pub(crate) fn clients(&self, found: FoundClients, now: Instant) -> Vec<ClientFacts> {
        let connections = found.into_ids().filter_map(|id| self.connections.get(id));
        connections
            .map(|connection| connection.facts(now))
            .collect()
    }

    /// One client, with the rooms that it is in, by name. `None`: it is none of this thread. It
    /// looks at all rooms of the thread.
    pub(crate) fn client(
        &self,
        id: ConnectionId,
        now: Instant,
    ) -> Option<(ClientFacts, Vec<Arc<str>>)> {
        let facts = self.connections.get(id)?.facts(now);
        let rooms = self.rooms.of(id).into_iter();
        let rooms = rooms.map(|room| Arc::clone(room.borrow().handle().state().name()));
        let mut rooms: Vec<_> = rooms.collect();
        rooms.sort_unstable();
        Some((facts, rooms))
    }

    /// Closes a client, because the operator wants that. Returns the client as it was; `None` if it
    /// is none of this thread.
    pub(crate) fn close_client(&mut self, id: ConnectionId, now: Instant) -> Option<ClientFacts> {
        let connection = self.connections.get(id)?;
        let facts = connection.facts(now);
        let close = match connection.protocol() {
            Protocol::Tutorial => Close::CLOSED_GUEST_BY_OPERATOR,
            Protocol::V1 => Close::CLOSED_BY_OPERATOR,
        };
        connection.close(close, now);
        self.needs_drain.note(&connection);
        Some(facts)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(order: ClientOrder, most: usize, queues: &[u64]) -> Vec<u64> {
        let mut found = FoundClients::new(order, most);
        for (&amount, id) in queues.iter().zip(1..) {
            found.add(amount, ConnectionId(id));
        }
        assert_eq!(found.count(), queues.len());
        found.into_ids().map(|id| id.0).collect()
    }

    #[test]
    fn the_longest_queues_come_first_and_no_more_are_kept_than_wanted() {
        let queues = [0, 500, 0, 90, 700, 90];
        assert_eq!(found(ClientOrder::Queue, 3, &queues), [5, 2, 4]);
        assert_eq!(found(ClientOrder::Queue, 9, &queues), [5, 2, 4, 6, 1, 3]);
        assert_eq!(found(ClientOrder::Refused, 2, &queues), [5, 2]);
        let by_number = ClientOrder::Number(ConnectionId(0));
        assert_eq!(found(by_number, 3, &queues), [1, 2, 3]);
    }
}
