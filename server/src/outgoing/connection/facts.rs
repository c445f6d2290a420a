//! A client's connection, as an operator sees it, and what its client was refused. Nothing is
//! worked out before somebody asks.

use std::time::{Duration, Instant};

use guildhall_protocol::Protocol;

use crate::ids::{ConnectionId, UserId};
use crate::metrics::State;
use crate::network::ClientAddress;
use crate::outgoing::close::Close;
use crate::outgoing::outbox::Wire;

use super::Connection;

/// A client's connection, as it is at one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ClientFacts {
    pub(crate) id: ConnectionId,
    pub(crate) protocol: Protocol,
    pub(crate) state: State,
    /// `None` in tests alone.
    pub(crate) address: Option<ClientAddress>,
    /// The user of a client that is welcome, and its account, which is empty for a guest.
    pub(crate) user: Option<(UserId, String)>,
    /// For how long it has been connected.
    pub(crate) age: Duration,
    /// For how long nothing has come from it.
    pub(crate) silent: Duration,
    /// The bytes that are queued for it, and the most that may be.
    pub(crate) queued: usize,
    pub(crate) most_queued: usize,
    /// Why the server has closed it.
    pub(crate) closed: Option<Close>,
    /// The requests that it was refused.
    pub(crate) refused: Refusals,
}

/// How many requests of a client were refused, by the number of the error.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Refusals(Vec<(i32, u64)>);

impl Refusals {
    /// Counts one. There are as many numbers as the protocol has errors.
    fn add(&mut self, code: i32) {
        match self.0.iter_mut().find(|(known, _)| *known == code) {
            Some((_, count)) => *count += 1,
            None => self.0.push((code, 1)),
        }
    }

    /// How many there were.
    pub(crate) fn total(&self) -> u64 {
        self.0.iter().map(|(_, count)| count).sum()
    }

    /// The numbers of errors, each with its count. The most frequent one is first.
    pub(crate) fn most_first(mut self) -> Vec<(i32, u64)> {
        self.0
            .sort_by_key(|&(code, count)| (u64::MAX - count, code));
        self.0
    }
}

impl<W: Wire> Connection<W> {
    /// Counts a request of the client that is refused with the error of this number.
    pub(crate) fn note_refused(&self, code: i32) {
        let mut refused = self.refused.borrow_mut();
        refused.get_or_insert_default().add(code);
    }

    /// How many requests of the client were refused.
    pub(crate) fn refused(&self) -> u64 {
        self.refused.borrow().as_ref().map_or(0, |it| it.total())
    }

    /// How much is queued for the client, in bytes.
    pub(crate) fn queued(&self) -> usize {
        self.outbox.borrow().cost()
    }

    /// How far the connection is.
    pub(super) fn state(&self) -> State {
        if self.is_closed() {
            State::Closing
        } else if self.is_welcome() {
            State::Open
        } else {
            State::Hello
        }
    }

    /// The connection, as an operator sees it.
    pub(crate) fn facts(&self, now: Instant) -> ClientFacts {
        let refused = self.refused.borrow();
        ClientFacts {
            id: self.id,
            protocol: self.protocol,
            state: self.state(),
            address: self.wire.address(),
            user: self.user(),
            age: now.saturating_duration_since(self.connected),
            silent: now.saturating_duration_since(self.heard.get()),
            queued: self.queued(),
            most_queued: self.max_waiting(),
            closed: self.closed(),
            refused: refused.as_deref().cloned().unwrap_or_default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use guildhall_protocol::ErrorCode;

    use super::*;
    use crate::outgoing::test_wire::TestWire;

    #[test]
    fn a_connection_tells_its_queue_its_times_and_what_was_refused() {
        let start = Instant::now();
        let wire = TestWire::open();
        let connection = Connection::new(ConnectionId(7), Protocol::V1, wire, 1_000, start);
        let later = start + Duration::from_secs(5);
        let facts = connection.facts(later);
        assert_eq!((facts.age, facts.silent), (later - start, later - start));
        assert_eq!((facts.state, facts.user), (State::Hello, None));
        assert_eq!(facts.refused.total(), 0);

        connection.welcomed(UserId(3));
        connection.heard(later);
        connection.wire().take(0);
        connection.send_all(&bytes::Bytes::from_static(b"\x82\0"), later);
        let (limited, gone) = (ErrorCode::RateLimited as i32, ErrorCode::NotInRoom as i32);
        for code in [gone, limited, limited] {
            connection.note_refused(code);
        }
        let facts = connection.facts(later);
        assert_eq!(facts.silent, Duration::ZERO);
        assert_eq!(facts.user, Some((UserId(3), String::new())));
        assert!(facts.queued > 0 && facts.queued < facts.most_queued);
        assert_eq!((connection.refused(), facts.refused.total()), (3, 3));
        assert_eq!(facts.refused.most_first(), [(limited, 2), (gone, 1)]);

        connection.close(Close::KICKED, later);
        let facts = connection.facts(later);
        assert_eq!(
            (facts.state, facts.closed),
            (State::Closing, Some(Close::KICKED))
        );
    }
}
