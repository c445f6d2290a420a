//! The report of a run of the load tool, as text and as JSON.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use hdrhistogram::Histogram;
use serde::{Deserialize, Serialize};

use super::connection::End;
use super::ledger::Faults;
use super::load::Outcome;

/// The report. Numbers of clients do not count the stalled ones.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// The clients that took part.
    pub clients: usize,
    /// How many of them spoke.
    pub speakers: usize,
    /// The messages and their deliveries; absent if all clients were idle.
    pub chat: Option<Chat>,
    /// The connections that ended before the run did, by close code or `lost`.
    pub ended: BTreeMap<String, usize>,
    /// The same for the stalled clients, once they read again.
    pub stalled_ended: BTreeMap<String, usize>,
    /// The server's costs; absent without `--pid`.
    pub server: Option<Server>,
    /// The load tool's CPU time for each delivery, in microseconds; absent if the
    /// system does not tell it.
    pub own_cpu_us_per_delivery: Option<f64>,
}

/// The messages and their deliveries.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Chat {
    /// The time from the first message to the last delivery, in seconds.
    pub seconds: f64,
    /// How many messages were said.
    pub messages: u64,
    /// How many messages arrived, counted for each receiver.
    pub deliveries: u64,
    /// Deliveries per second.
    pub deliveries_per_second: f64,
    /// The time from when a message was sent, or was due, until it arrived.
    pub latency_ms: Latency,
    /// The faults.
    pub faults: Faults,
}

/// The latency of all deliveries, in milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Latency {
    /// Half of them were faster.
    pub p50: f64,
    /// One in a hundred was slower.
    pub p99: f64,
    /// One in a thousand was slower.
    pub p999: f64,
    /// The slowest.
    pub max: f64,
}

/// The server's costs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Server {
    /// CPU time, user and system, for each delivery, in microseconds.
    pub cpu_us_per_delivery: Option<f64>,
    /// CPU time, user and system, for each connection, from accepting it to its
    /// first message, in microseconds.
    pub cpu_us_per_connection: Option<f64>,
    /// The growth of resident memory for each idle connection, in bytes.
    pub resident_per_connection: f64,
    /// The resident memory before the clients connected, in bytes.
    pub resident_before: u64,
    /// The resident memory at the end, with all clients connected, in bytes.
    pub resident_after: u64,
}

impl Report {
    /// Whether every message arrived once and in order, and no client that took
    /// part was disconnected.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        let faultless = self.chat.as_ref().is_none_or(|chat| chat.faults.are_none());
        faultless && self.ended.is_empty()
    }
}

impl Chat {
    /// Sums up a run.
    #[must_use]
    pub fn of(outcome: &Outcome) -> Self {
        let seconds = outcome.took.as_secs_f64();
        Self {
            seconds,
            messages: outcome.messages,
            deliveries: outcome.deliveries,
            deliveries_per_second: ratio(as_float(outcome.deliveries), seconds),
            latency_ms: Latency::of(&outcome.latency),
            faults: outcome.faults,
        }
    }
}

impl Latency {
    fn of(nanos: &Histogram<u64>) -> Self {
        let ms = |nanos| as_float(nanos) / 1e6;
        Self {
            p50: ms(nanos.value_at_quantile(0.5)),
            p99: ms(nanos.value_at_quantile(0.99)),
            p999: ms(nanos.value_at_quantile(0.999)),
            max: ms(nanos.max()),
        }
    }
}

/// The time for each of `count`, in microseconds.
pub(super) fn us_each(time: Duration, count: u64) -> f64 {
    ratio(time.as_secs_f64() * 1e6, as_float(count))
}

/// Counts how connections ended.
pub(super) fn tally(ends: impl Iterator<Item = End>) -> BTreeMap<String, usize> {
    let mut tally = BTreeMap::new();
    for end in ends {
        let name = match end {
            End::Closed(Some(code)) => code.to_string(),
            End::Closed(None) => "no code".to_owned(),
            End::Lost => "lost".to_owned(),
        };
        *tally.entry(name).or_default() += 1;
    }
    tally
}

fn ratio(part: f64, whole: f64) -> f64 {
    if whole > 0.0 { part / whole } else { 0.0 }
}

#[allow(clippy::cast_precision_loss, reason = "no run counts above 2^53")]
fn as_float(count: u64) -> f64 {
    count as f64
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "clients     {}, {} speaking",
            self.clients, self.speakers
        )?;
        if let Some(chat) = &self.chat {
            let Latency {
                p50,
                p99,
                p999,
                max,
            } = chat.latency_ms;
            let Faults {
                lost,
                duplicated,
                reordered,
                misdirected,
                unacknowledged,
                misnumbered,
                refused,
            } = chat.faults;
            writeln!(
                f,
                "deliveries  {:.0} a second ({} of {} messages in {:.1} s)",
                chat.deliveries_per_second, chat.deliveries, chat.messages, chat.seconds
            )?;
            writeln!(
                f,
                "latency     p50 {p50:.3} ms, p99 {p99:.3} ms, p99.9 {p999:.3} ms, max {max:.3} ms"
            )?;
            writeln!(
                f,
                "faults      {lost} lost, {duplicated} duplicated, {reordered} reordered, {misdirected} misdirected"
            )?;
            // The tutorial's protocol has none of these.
            if unacknowledged + misnumbered + refused > 0 {
                writeln!(
                    f,
                    "            {unacknowledged} unacknowledged, {misnumbered} misnumbered, {refused} refused"
                )?;
            }
        }
        for (kind, ended) in [("", &self.ended), ("stalled, ", &self.stalled_ended)] {
            for (how, count) in ended {
                writeln!(f, "closed      {kind}{count} clients ({how})")?;
            }
        }
        if let Some(server) = &self.server {
            if let Some(cpu) = server.cpu_us_per_delivery {
                writeln!(f, "server      {cpu:.3} µs of CPU for each delivery")?;
            }
            if let Some(cpu) = server.cpu_us_per_connection {
                writeln!(f, "connecting  {cpu:.1} µs of CPU for each connection")?;
            }
            writeln!(
                f,
                "memory      {:.2} KiB for each idle connection ({} before, {} after)",
                server.resident_per_connection / 1024.0,
                mebibytes(server.resident_before),
                mebibytes(server.resident_after)
            )?;
        }
        match self.own_cpu_us_per_delivery {
            Some(own) => writeln!(f, "this tool   {own:.3} µs of CPU for each delivery"),
            None => Ok(()),
        }
    }
}

fn mebibytes(bytes: u64) -> String {
    format!("{:.1} MiB", as_float(bytes) / 1024.0 / 1024.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report() -> Report {
        let mut latency = Histogram::new(3).unwrap();
        for ms in 1..=1000 {
            latency.record(ms * 1_000_000).unwrap();
        }
        let outcome = Outcome {
            messages: 10,
            deliveries: 1_000,
            took: Duration::from_millis(500),
            latency,
            faults: Faults::default(),
        };
        Report {
            clients: 101,
            speakers: 2,
            chat: Some(Chat::of(&outcome)),
            ended: BTreeMap::new(),
            stalled_ended: tally([End::Closed(Some(3000)), End::Lost].into_iter()),
            server: None,
            own_cpu_us_per_delivery: Some(us_each(Duration::from_millis(2), 1_000)),
        }
    }

    #[test]
    fn a_run_is_summed_up() {
        let report = report();
        let chat = report.chat.clone().unwrap();
        assert!((chat.deliveries_per_second - 2_000.0).abs() < 1e-6);
        for (value, expected) in [
            (chat.latency_ms.p50, 500.0),
            (chat.latency_ms.p99, 990.0),
            (chat.latency_ms.p999, 999.0),
            (chat.latency_ms.max, 1000.0),
        ] {
            assert!((value / expected - 1.0).abs() < 0.002, "{value} {expected}");
        }
        assert_eq!(report.own_cpu_us_per_delivery, Some(2.0));
        let text = report.to_string();
        assert!(text.contains("2000 a second"), "{text}");
        assert!(text.contains("0 lost, 0 duplicated"), "{text}");
        assert!(text.contains("stalled, 1 clients (3000)"), "{text}");
        let json = serde_json::to_string(&report).unwrap();
        assert_eq!(serde_json::from_str::<Report>(&json).unwrap(), report);
    }

    #[test]
    fn only_a_run_without_faults_is_clean() {
        assert!(report().is_clean());
        let mut closed = report();
        closed.ended = tally([End::Closed(None)].into_iter());
        assert!(!closed.is_clean());
        for fault in [
            "lost",
            "duplicated",
            "reordered",
            "misdirected",
            "unacknowledged",
            "misnumbered",
            "refused",
        ] {
            let mut json = serde_json::to_value(report()).unwrap();
            json["chat"]["faults"][fault] = 1.into();
            let report: Report = serde_json::from_value(json).unwrap();
            assert!(!report.is_clean(), "{fault}");
        }
    }
}
