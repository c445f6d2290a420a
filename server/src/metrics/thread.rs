//! The numbers of one network thread.

use guildhall_protocol::{CloseCode, ErrorCode, Protocol};

use super::{ClosedBy, Counter, Dropped, HandshakeRefused, Histogram, Joined, Limited, State};

/// How many numbers errors may have.
const ERRORS: usize = 64;

/// The close codes of clients that are told apart. All others are one.
const CLIENT_CODES: [u16; 2] = [1000, 1001];

/// The numbers of one network thread, which alone changes them. Two threads' numbers do not lie in
/// one line of the processor's cache.
#[derive(Debug, Default)]
#[repr(align(128))]
pub(crate) struct ThreadMetrics {
    /// The number by which the system knows the thread; 0: it does not say.
    pub(crate) system_id: Counter,
    /// How often the thread has looked at its sockets.
    pub(crate) looks: Counter,
    /// Bytes from clients and to clients, without those of HTTP.
    pub(crate) bytes_in: Counter,
    pub(crate) bytes_out: Counter,
    /// The lines that clients have said in rooms.
    pub(crate) lines: Counter,
    pub(crate) whispers: Counter,
    /// How often a line was sent to a member by a fan-out.
    pub(crate) deliveries: Counter,
    /// How often a member was left out of a fan-out from then on.
    pub(crate) left_out: Counter,
    /// From when the first of some lines could be sent, until all were.
    pub(crate) fan_out: Histogram,
    /// The clients that have connected, by protocol.
    pub(crate) connected: [Counter; 2],
    closed: Closed,
    errors: Errors,
    limited: [Counter; Limited::COUNT],
    handshakes_refused: [Counter; HandshakeRefused::COUNT],
    dropped: [Counter; Dropped::COUNT],
    joins: [Counter; Joined::COUNT],
    pub(crate) sessions_new: Counter,
    pub(crate) sessions_resumed: Counter,
    /// The connections, as the last sweep has found them.
    pub(crate) connections: ConnectionGauges,
}

/// How many connections were ended by whom with which code.
#[derive(Debug, Default)]
struct Closed {
    server: [Counter; CloseCode::ALL.len()],
    /// Those of [`CLIENT_CODES`], other codes, and none.
    client: [Counter; CLIENT_CODES.len() + 2],
    lost: Counter,
}

#[derive(Debug)]
struct Errors([Counter; ERRORS]);

impl Default for Errors {
    fn default() -> Self {
        Self(std::array::from_fn(|_| Counter::default()))
    }
}

/// The connections of a thread at one moment.
#[derive(Debug, Default)]
pub(crate) struct ConnectionGauges {
    by_state: [[Counter; State::COUNT]; 2],
    pub(crate) with_queue: Counter,
    pub(crate) behind: Counter,
    pub(crate) queued_bytes: Counter,
    pub(crate) largest_queue: Counter,
}

/// The connections of a thread, as a sweep counts them one after the other.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ConnectionCounts {
    by_state: [[u64; State::COUNT]; 2],
    with_queue: u64,
    behind: u64,
    queued_bytes: u64,
    largest_queue: u64,
}

/// The place of a protocol.
const fn place(protocol: Protocol) -> usize {
    match protocol {
        Protocol::Tutorial => 0,
        Protocol::V1 => 1,
    }
}

/// The protocols in the order of their places, and their words.
pub(super) const PROTOCOLS: [(Protocol, &str); 2] =
    [(Protocol::Tutorial, "tutorial"), (Protocol::V1, "v1")];

impl ThreadMetrics {
    /// Counts a client that has connected.
    pub(crate) fn count_connected(&self, protocol: Protocol) {
        self.connected[place(protocol)].count();
    }

    /// Counts a connection that the server has closed.
    pub(crate) fn count_closed(&self, code: CloseCode) {
        let at = CloseCode::ALL.iter().position(|&one| one == code);
        self.closed.server[at.expect("all codes are listed")].count();
    }

    /// Counts a connection that the client has closed, with this code if it gave one.
    pub(crate) fn count_left(&self, code: Option<u16>) {
        let others = CLIENT_CODES.len();
        let at = code.map_or(others + 1, |code| {
            let known = CLIENT_CODES.iter().position(|&one| one == code);
            known.unwrap_or(others)
        });
        self.closed.client[at].count();
    }

    /// Counts a connection that broke.
    pub(crate) fn count_lost(&self) {
        self.closed.lost.count();
    }

    /// Counts a request that is refused with the error of this number.
    pub(crate) fn count_error(&self, code: i32) {
        let at = usize::try_from(code).unwrap_or(0);
        self.errors.0[if at < ERRORS { at } else { 0 }].count();
    }

    /// Counts a client that has come to a limit.
    pub(crate) fn count_limited(&self, limited: Limited) {
        self.limited[limited as usize].count();
    }

    /// Counts a request for a WebSocket that is refused.
    pub(crate) fn count_refused(&self, reason: HandshakeRefused) {
        self.handshakes_refused[reason as usize].count();
    }

    /// Counts a connection that is dropped.
    pub(crate) fn count_dropped(&self, reason: Dropped) {
        self.dropped[reason as usize].count();
    }

    /// Counts a join.
    pub(crate) fn count_join(&self, joined: Joined) {
        self.joins[joined as usize].count();
    }

    /// The clients that have connected, by protocol.
    pub(crate) fn each_connected(&self) -> impl Iterator<Item = (&'static str, u64)> {
        let connected = PROTOCOLS.iter().zip(&self.connected);
        connected.map(|((_, word), count)| (*word, count.get()))
    }

    /// The connections that have ended: by whom, and with which code.
    pub(crate) fn each_closed(&self) -> impl Iterator<Item = (ClosedBy, String, u64)> {
        let server = CloseCode::ALL.iter().zip(&self.closed.server);
        let server =
            server.map(|(code, count)| (ClosedBy::Server, code.code().to_string(), count.get()));
        let codes = CLIENT_CODES.iter().map(u16::to_string);
        let codes = codes.chain(["other".into(), "none".into()]);
        let client = codes.zip(&self.closed.client);
        let client = client.map(|(code, count)| (ClosedBy::Client, code, count.get()));
        let lost = (ClosedBy::Nobody, "none".into(), self.closed.lost.get());
        server.chain(client).chain([lost])
    }

    /// The refused requests, by the error's name without its first part.
    pub(crate) fn each_error(&self) -> impl Iterator<Item = (&'static str, u64)> {
        self.errors.0.iter().zip(0..).filter_map(|(count, code)| {
            let name = ErrorCode::try_from(code).ok()?.as_str_name();
            Some((name.trim_start_matches("ERROR_CODE_"), count.get()))
        })
    }

    /// The limits that clients have come to.
    pub(crate) fn each_limited(&self) -> impl Iterator<Item = (&'static str, u64)> {
        words(Limited::ALL.map(Limited::word), &self.limited)
    }

    /// The requests for a WebSocket that were refused.
    pub(crate) fn each_refused(&self) -> impl Iterator<Item = (&'static str, u64)> {
        let words_of = HandshakeRefused::ALL.map(HandshakeRefused::word);
        words(words_of, &self.handshakes_refused)
    }

    /// The connections that were dropped.
    pub(crate) fn each_dropped(&self) -> impl Iterator<Item = (&'static str, u64)> {
        words(Dropped::ALL.map(Dropped::word), &self.dropped)
    }

    /// The joins.
    pub(crate) fn each_join(&self) -> impl Iterator<Item = (&'static str, u64)> {
        words(Joined::ALL.map(Joined::word), &self.joins)
    }
}

fn words<const N: usize>(
    words: [&'static str; N],
    counts: &[Counter; N],
) -> impl Iterator<Item = (&'static str, u64)> {
    let counts = counts.iter().map(Counter::get);
    words.into_iter().zip(counts)
}

impl ConnectionGauges {
    /// From now on, these are the connections.
    pub(crate) fn set(&self, counts: &ConnectionCounts) {
        let states = counts.by_state.iter().flatten();
        for (gauge, count) in self.by_state.iter().flatten().zip(states) {
            gauge.set(*count);
        }
        self.with_queue.set(counts.with_queue);
        self.behind.set(counts.behind);
        self.queued_bytes.set(counts.queued_bytes);
        self.largest_queue.set(counts.largest_queue);
    }

    /// The connections by protocol and state.
    pub(crate) fn each(&self) -> impl Iterator<Item = ([&'static str; 2], u64)> {
        PROTOCOLS
            .iter()
            .zip(&self.by_state)
            .flat_map(|((_, protocol), states)| {
                let states = State::ALL.iter().zip(states);
                states.map(|(state, count)| ([*protocol, state.word()], count.get()))
            })
    }
}

impl ConnectionCounts {
    /// Counts a connection for which this much is queued. `is_behind`: it reads too slowly.
    pub(crate) fn add(&mut self, protocol: Protocol, state: State, queued: usize, is_behind: bool) {
        self.by_state[place(protocol)][state as usize] += 1;
        let queued = queued as u64;
        self.with_queue += u64::from(queued > 0);
        self.behind += u64::from(is_behind);
        self.queued_bytes += queued;
        self.largest_queue = self.largest_queue.max(queued);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_error_has_a_place() {
        let metrics = ThreadMetrics::default();
        let codes = (0..1_000).filter(|&code| ErrorCode::try_from(code).is_ok());
        let codes: Vec<_> = codes.collect();
        for &code in &codes {
            metrics.count_error(code);
        }
        assert!(metrics.each_error().all(|(_, count)| count == 1));
        assert_eq!(metrics.each_error().count(), codes.len());
        // One of a later version does not panic.
        metrics.count_error(i32::try_from(ERRORS).unwrap());
        metrics.count_error(-1);
        assert_eq!(metrics.each_error().next(), Some(("UNSPECIFIED", 3)));
    }

    #[test]
    fn a_close_is_counted_by_who_did_it_and_by_its_code() {
        let metrics = ThreadMetrics::default();
        metrics.count_closed(CloseCode::SlowConsumer);
        metrics.count_left(Some(1001));
        metrics.count_left(Some(4000));
        metrics.count_left(None);
        metrics.count_lost();
        let counted = metrics.each_closed().filter(|(.., count)| *count > 0);
        let counted: Vec<_> = counted.map(|(by, code, _)| (by, code)).collect();
        let expected = [
            (ClosedBy::Server, "3000"),
            (ClosedBy::Client, "1001"),
            (ClosedBy::Client, "other"),
            (ClosedBy::Client, "none"),
            (ClosedBy::Nobody, "none"),
        ];
        assert_eq!(counted, expected.map(|(by, code)| (by, code.to_owned())));
    }

    #[test]
    fn the_connections_are_those_of_the_last_sweep() {
        let gauges = ConnectionGauges::default();
        let mut counts = ConnectionCounts::default();
        counts.add(Protocol::V1, State::Open, 0, false);
        counts.add(Protocol::V1, State::Open, 900, true);
        counts.add(Protocol::Tutorial, State::Closing, 50, false);
        for _ in 0..2 {
            gauges.set(&counts);
        }
        let found: Vec<_> = gauges.each().filter(|(_, count)| *count > 0).collect();
        assert_eq!(found, [(["tutorial", "closing"], 1), (["v1", "open"], 2)]);
        let others = [
            &gauges.with_queue,
            &gauges.behind,
            &gauges.queued_bytes,
            &gauges.largest_queue,
        ];
        assert_eq!(others.map(Counter::get), [2, 1, 950, 900]);
    }
}
