//! The metrics of a server as `OpenMetrics` text, which Prometheus reads. The API calls it when
//! somebody asks; between two questions nothing here runs. What threads count is in `metrics`, and
//! what can be derived from the state is derived now.
//!
//! docs/monitoring.md has a table of all of them, which a test compares with the text. No label has
//! the name of a user or of a room, so nobody from outside can make more of them.

mod families;
mod process;
mod threads;

pub(crate) use self::threads::system_id;

use std::fmt;
use std::sync::Arc;
use std::time::Instant;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, text};
use prometheus_client::registry::{Registry, Unit};

use crate::metrics::{Counter, Metrics, Recorded, ThreadMetrics};
use crate::net::tls::Tls;
use crate::shared::Shared;
use crate::sync::moment::Moment;
use crate::threads::Threads;

use self::families::{Families, NONE};

/// The type of the text.
pub(crate) const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Returns all metrics as they are now.
pub(crate) fn text(threads: &Arc<Threads>) -> String {
    let mut registry = Registry::default();
    registry.register_collector(Box::new(Server(Arc::clone(threads))));
    let mut text = String::new();
    text::encode(&mut text, &registry).expect("a text takes all that is written to it");
    text
}

/// A server whose metrics are read.
#[derive(Debug)]
struct Server(Arc<Threads>);

impl Collector for Server {
    fn encode(&self, encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let threads = &*self.0;
        let (shared, metrics) = (&*threads.shared, threads.shared.metrics());
        let mut families = Families::new(encoder);
        server(&mut families, threads)?;
        connections(&mut families, threads, metrics)?;
        users_and_rooms(&mut families, shared, metrics)?;
        messages(&mut families, metrics)?;
        queues(&mut families, metrics)?;
        refusals(&mut families, metrics)?;
        store(&mut families, shared)?;
        events(&mut families, shared)?;
        threads::encode(&mut families, shared)?;
        process::encode(&mut families, metrics)
    }
}

fn server(families: &mut Families<'_>, threads: &Threads) -> fmt::Result {
    families.gauge(
        "guildhall_build_info",
        "Always 1, with the version of the server",
        [([("version", env!("CARGO_PKG_VERSION"))], 1)],
    )?;
    families.gauge(
        "guildhall_stopping",
        "1 from when the server begins to stop",
        [(NONE, u64::from(threads.health.is_ending()))],
    )?;
    let tls = threads.config.tls.as_ref();
    families.gauge_of(
        "guildhall_certificate_not_after_timestamp",
        "Until when the certificate holds that is shown, in seconds since 1970",
        Some(&Unit::Seconds),
        tls.and_then(Tls::not_after).map(|end| (NONE, end)),
    )?;
    let last = threads.health.last();
    families.gauge_of(
        "guildhall_ready_age",
        "How long ago the last /readyz was answered: none before the first one",
        Some(&Unit::Seconds),
        last.iter().map(|(age, _)| (NONE, age.as_secs())),
    )?;
    let checks = last.iter().flat_map(|(_, report)| &report.checks);
    families.gauge(
        "guildhall_ready",
        "Whether each check of the last /readyz succeeded: none before the first one",
        checks.map(|check| ([("check", check.name)], u64::from(check.problem.is_none()))),
    )
}

fn connections(families: &mut Families<'_>, threads: &Threads, metrics: &Metrics) -> fmt::Result {
    families.gauge(
        "guildhall_clients",
        "Clients by protocol and state, as the last sweep has found them",
        added_up(metrics, |thread| thread.connections.each())
            .map(|([protocol, state], count)| ([("protocol", protocol), ("state", state)], count)),
    )?;
    let (sockets, clients) = threads.gate.counts_now();
    families.gauge(
        "guildhall_clients_connected",
        "Clients that are connected now",
        [(NONE, clients as u64)],
    )?;
    families.gauge(
        "guildhall_clients_max",
        "The most clients that may be connected",
        [(NONE, threads.config.caps.total as u64)],
    )?;
    families.gauge(
        "guildhall_sockets",
        "Sockets of clients and of those who ask for something over HTTP",
        [(NONE, sockets as u64)],
    )?;
    families.counter(
        "guildhall_connections_accepted",
        "Sockets that were accepted",
        [(NONE, threads.connections() as u64)],
    )?;
    families.counter(
        "guildhall_connections_dropped",
        "Connections that were dropped without an answer",
        added_up(metrics, ThreadMetrics::each_dropped).map(labelled("reason")),
    )?;
    families.counter(
        "guildhall_handshakes_refused",
        "Requests for a WebSocket that were refused",
        added_up(metrics, ThreadMetrics::each_refused).map(labelled("reason")),
    )?;
    families.counter(
        "guildhall_clients_opened",
        "Clients that have connected",
        added_up(metrics, ThreadMetrics::each_connected).map(labelled("protocol")),
    )?;
    let closed = |thread: &'_ ThreadMetrics| -> Vec<_> {
        let closed = thread.each_closed();
        closed
            .map(|(by, code, count)| ((by.word(), code), count))
            .collect()
    };
    families.counter(
        "guildhall_clients_closed",
        "Connections of clients that have ended: by whom, and with which close code",
        added_up(metrics, closed)
            .map(|((by, code), count)| ([("by", by.to_owned()), ("code", code)], count)),
    )
}

fn users_and_rooms(families: &mut Families<'_>, shared: &Shared, metrics: &Metrics) -> fmt::Result {
    let users = shared.users().counts();
    families.gauge(
        "guildhall_users",
        "Users of guildhall.v1 that the server knows",
        [(NONE, users.known as u64)],
    )?;
    families.gauge(
        "guildhall_sessions",
        "Sessions, with a connection and without",
        [("here", users.here), ("away", users.away)]
            .map(|(state, count)| ([("state", state)], count as u64)),
    )?;
    families.counter(
        "guildhall_sessions_begun",
        "Hellos that began a session, or resumed one",
        [
            ("new", metrics.sum(|thread| &thread.sessions_new)),
            ("resumed", metrics.sum(|thread| &thread.sessions_resumed)),
        ]
        .map(labelled("kind")),
    )?;
    let rooms = shared.room_counts();
    families.gauge(
        "guildhall_rooms",
        "Rooms in memory, with members and without",
        [("members", rooms.with_members), ("empty", rooms.empty)]
            .map(|(state, count)| ([("state", state)], count as u64)),
    )?;
    families.gauge(
        "guildhall_room_members",
        "Members of all rooms together",
        [(NONE, rooms.members as u64)],
    )?;
    families.counter(
        "guildhall_joins",
        "Joins: of who is new, has missed nothing, or has missed lines that are not kept any more",
        added_up(metrics, ThreadMetrics::each_join).map(labelled("kind")),
    )
}

fn messages(families: &mut Families<'_>, metrics: &Metrics) -> fmt::Result {
    let mut sum = |name, help, number: fn(&ThreadMetrics) -> &Counter| {
        families.counter(name, help, [(NONE, metrics.sum(number))])
    };
    sum(
        "guildhall_lines",
        "Lines that clients have said in rooms",
        |thread| &thread.lines,
    )?;
    sum("guildhall_whispers", "Whispers of clients", |thread| {
        &thread.whispers
    })?;
    sum(
        "guildhall_line_deliveries",
        "How often a line was sent to a member of its room",
        |thread| &thread.deliveries,
    )?;
    sum(
        "guildhall_left_out",
        "How often a member that reads too slowly was left out of lines from then on",
        |thread| &thread.left_out,
    )?;
    let mut fan_out = Recorded::default();
    for thread in metrics.threads() {
        thread.fan_out.add_to(&mut fan_out);
    }
    families.histogram(
        "guildhall_fan_out",
        "From when the first of some lines was read, until all of them were sent to all members",
        &fan_out,
    )?;
    let bytes = [
        (
            "guildhall_received",
            "Bytes that clients have sent over WebSockets",
            metrics.sum(|thread| &thread.bytes_in),
        ),
        (
            "guildhall_sent",
            "Bytes that were sent to clients over WebSockets",
            metrics.sum(|thread| &thread.bytes_out),
        ),
    ];
    for (name, help, sum) in bytes {
        families.counter_of(name, help, Some(&Unit::Bytes), [(NONE, sum)])?;
    }
    Ok(())
}

fn queues(families: &mut Families<'_>, metrics: &Metrics) -> fmt::Result {
    let gauges = || metrics.threads().iter().map(|thread| &thread.connections);
    families.gauge(
        "guildhall_clients_queued",
        "Clients for which something is queued, at the last sweep",
        [(NONE, gauges().map(|it| it.with_queue.get()).sum())],
    )?;
    families.gauge(
        "guildhall_clients_behind",
        "Clients for which more than half of what may be is queued, at the last sweep",
        [(NONE, gauges().map(|it| it.behind.get()).sum())],
    )?;
    let bytes = Some(&Unit::Bytes);
    families.gauge_of(
        "guildhall_queued",
        "What is queued for all clients, at the last sweep",
        bytes,
        [(NONE, gauges().map(|it| it.queued_bytes.get()).sum::<u64>())],
    )?;
    let largest = gauges().map(|it| it.largest_queue.get()).max();
    families.gauge_of(
        "guildhall_largest_queue",
        "What is queued for the client that has most, at the last sweep",
        bytes,
        [(NONE, largest.unwrap_or(0))],
    )
}

fn refusals(families: &mut Families<'_>, metrics: &Metrics) -> fmt::Result {
    families.counter(
        "guildhall_errors",
        "Requests of clients that were refused, by the error's code",
        added_up(metrics, ThreadMetrics::each_error).map(labelled("code")),
    )?;
    families.counter(
        "guildhall_rate_limited",
        "How often a client came to a limit",
        added_up(metrics, ThreadMetrics::each_limited).map(labelled("limit")),
    )
}

fn store(families: &mut Families<'_>, shared: &Shared) -> fmt::Result {
    let facts = shared.journal().map(|journal| journal.facts());
    let zero = Recorded::default();
    families.histogram(
        "guildhall_store_commit",
        "How long commits of the store took",
        facts.as_ref().map_or(&zero, |facts| &facts.commits),
    )?;
    families.counter(
        "guildhall_store_commits_failed",
        "Commits of the store that failed",
        facts.iter().map(|facts| (NONE, facts.failed)),
    )?;
    families.counter(
        "guildhall_store_entries",
        "Lines and facts that were committed",
        facts.iter().map(|facts| (NONE, facts.entries)),
    )?;
    families.gauge(
        "guildhall_store_waiting",
        "Lines and facts that wait for the store",
        facts.iter().map(|facts| (NONE, facts.waiting as u64)),
    )?;
    families.gauge_of(
        "guildhall_store_waiting",
        "The size of the lines and facts that wait for the store",
        Some(&Unit::Bytes),
        facts.iter().map(|facts| (NONE, facts.waiting_bytes as u64)),
    )?;
    families.gauge_of(
        "guildhall_store_lag",
        "How long the oldest line or fact that waits for the store has waited",
        Some(&Unit::Seconds),
        facts.iter().map(|facts| (NONE, facts.lag.as_secs_f64())),
    )
}

fn events(families: &mut Families<'_>, shared: &Shared) -> fmt::Result {
    let feed = shared.feed();
    let newest = feed.map(|feed| feed.newest().1);
    families.counter(
        "guildhall_events",
        "Events of the feed: the number of the newest one",
        newest.iter().map(|&newest| (NONE, newest)),
    )?;
    let states = feed.map_or_else(Vec::new, |feed| feed.webhook_states());
    let numbered = || states.iter().zip(1_u32..);
    let newest = newest.unwrap_or(0);
    families.gauge(
        "guildhall_webhook_lag_events",
        "Events that the receiver of a webhook has not acknowledged",
        numbered().map(|(state, number)| {
            let lag = newest.saturating_sub(state.acknowledged);
            ([("webhook", number.to_string())], lag)
        }),
    )?;
    let now = Moment::of(Instant::now()).unix_millis;
    families.gauge_of(
        "guildhall_webhook_failing",
        "For how long all attempts to send to a webhook have failed: 0 if the last one has not",
        Some(&Unit::Seconds),
        numbered().map(|(state, number)| {
            let millis = state
                .failing_since
                .map_or(0, |since| now.saturating_sub(since));
            let seconds = std::time::Duration::from_millis(millis).as_secs_f64();
            ([("webhook", number.to_string())], seconds)
        }),
    )?;
    families.gauge(
        "guildhall_webhook_disabled",
        "1 for a webhook that is sent nothing any more, because its receiver has said so",
        numbered().map(|(state, number)| {
            let is_disabled = u64::from(state.disabled > 0);
            ([("webhook", number.to_string())], is_disabled)
        }),
    )
}

/// A count with a single label.
type Labelled<'a> = ([(&'a str, &'a str); 1], u64);

/// Gives a count a label with this name.
fn labelled<'a>(name: &'a str) -> impl Fn((&'a str, u64)) -> Labelled<'a> {
    move |(value, count)| ([(name, value)], count)
}

/// Adds up the counts of all threads, which have the same labels in the same order.
fn added_up<'a, L, I>(
    metrics: &'a Metrics,
    counts: impl Fn(&'a ThreadMetrics) -> I,
) -> impl Iterator<Item = (L, u64)>
where
    I: IntoIterator<Item = (L, u64)>,
{
    let mut sums: Vec<(L, u64)> = Vec::new();
    for thread in metrics.threads() {
        for (place, (labels, count)) in counts(thread).into_iter().enumerate() {
            match sums.get_mut(place) {
                Some((_, sum)) => *sum = sum.wrapping_add(count),
                None => sums.push((labels, count)),
            }
        }
    }
    sums.into_iter()
}
