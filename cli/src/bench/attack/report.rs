//! The report of attacks, as text, as a table in Markdown, and as JSON.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use super::super::arguments::Attack;
use super::super::report::Chat;
use super::crew::Sent;

/// If attackers connect so often, it is a part of the attack.
const MANY_TIMES: f64 = 3.0;

/// What attacks did, in their order.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct AttackReport {
    /// One for each attack and number of attackers.
    pub trials: Vec<Trial>,
    /// Why an attack of several could not be tried.
    pub failed: Vec<String>,
}

/// One attack, and what the honest clients saw of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Trial {
    /// The attack.
    pub attack: Attack,
    /// The number of attackers.
    pub attackers: u32,
    /// What they did.
    pub sent: Sent,
    /// The honest clients before the attack.
    pub before: Phase,
    /// The same during the attack.
    pub during: Phase,
    /// The same after the attack; absent if they could not connect again.
    pub after: Option<Phase>,
    /// Why they could not.
    pub error: Option<String>,
    /// The server's memory when it had given back what the attack took; absent if its
    /// process is not known.
    pub settled: Option<Settled>,
    /// A client that connects during the attack.
    pub newcomer: Newcomer,
    /// The honest clients' connections that ended during the attack, by close code or
    /// `lost`.
    pub honest_ended: BTreeMap<String, usize>,
}

/// The honest clients for some seconds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Phase {
    /// How many deliveries arrived in time: during an attack, those until its end.
    pub heard: u64,
    /// The CPU time of the server, in percent of one core; absent if its process is
    /// not known.
    pub cpu_percent: Option<f64>,
    /// The most resident memory of the server that was seen, in bytes.
    pub memory: Option<u64>,
    /// Their messages and deliveries, also the late ones.
    pub chat: Chat,
}

/// The server's memory after an attack.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Settled {
    /// How long after the attack it was at most a tenth above that before the attack, in
    /// seconds; absent if it was not within the time that the tool waits.
    pub seconds: Option<f64>,
    /// The last that was seen, in bytes.
    pub memory: u64,
}

/// A client that connects and joins a new room during an attack.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Newcomer {
    /// How long that took, in milliseconds; absent if it failed.
    pub ms: Option<f64>,
    /// Why it failed.
    pub error: Option<String>,
}

impl Phase {
    /// How many deliveries there had to be.
    #[must_use]
    pub fn expected(&self) -> u64 {
        self.chat.deliveries + self.chat.faults.lost
    }

    /// A quantile, if anything was heard.
    fn ms(&self, value: f64) -> String {
        if self.chat.deliveries == 0 {
            return "–".to_owned();
        }
        ms(value)
    }

    fn heard(&self) -> String {
        format!("{} of {}", self.heard, self.expected())
    }
}

impl Trial {
    /// The head of the table whose rows [`Trial::row`] has.
    pub const TABLE_HEAD: &str = "\
| attack, n | attackers send | honest p99 ms: before | during | after | heard | newcomer ms | CPU % | memory MiB: before | during | after | settled | closed |
|---|---|---|---|---|---|---|---|---|---|---|---|---|";

    /// One row of the table in Markdown.
    #[must_use]
    pub fn row(&self) -> String {
        let after = |get: fn(&Phase) -> String| self.after.as_ref().map_or("–".to_owned(), get);
        let p99 = |phase: &Phase| phase.ms(phase.chat.latency_ms.p99);
        let cells = [
            format!("{}, {}", self.attack, self.attackers),
            self.sent.rates(self.attackers),
            p99(&self.before),
            p99(&self.during),
            after(p99),
            self.during.heard(),
            self.newcomer.to_string(),
            cpu(&self.during),
            memory(&self.before),
            memory(&self.during),
            after(memory),
            self.settled
                .as_ref()
                .map_or("–".to_owned(), ToString::to_string),
            self.closed(),
        ];
        format!("| {} |", cells.join(" | "))
    }

    /// The connections that the server closed, by code.
    fn closed(&self) -> String {
        let honest = list(
            self.honest_ended
                .iter()
                .map(|(how, &count)| (how, count as u64)),
        );
        let attackers = list(self.sent.ended.iter().map(|(how, &count)| (how, count)));
        let parts = [("honest", honest), ("attackers", attackers)];
        let parts = parts.iter().filter(|(_, how)| !how.is_empty());
        let parts: Vec<_> = parts.map(|(who, how)| format!("{who}: {how}")).collect();
        if parts.is_empty() {
            "none".to_owned()
        } else {
            parts.join("; ")
        }
    }
}

impl Sent {
    /// What was sent each second.
    fn rates(&self, attackers: u32) -> String {
        let per_second = |count: u64| as_float(count) / self.seconds.max(0.001);
        let mut rates = vec![format!("{:.1} MB/s", per_second(self.bytes) / 1e6)];
        if self.requests > 0 {
            rates.push(format!("{:.0} requests/s", per_second(self.requests)));
        }
        // A connection that stays is no rate.
        if as_float(self.connections) > MANY_TIMES * f64::from(attackers) {
            rates.push(format!("{:.0} connections/s", per_second(self.connections)));
        }
        rates.join(", ")
    }
}

impl fmt::Display for Trial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "attack      {}, {} attackers",
            self.attack, self.attackers
        )?;
        let Sent {
            refused,
            received,
            connections,
            failed,
            ..
        } = self.sent;
        writeln!(
            f,
            "sent        {}; {refused} requests refused, {:.1} MB received",
            self.sent.rates(self.attackers),
            as_float(received) / 1e6
        )?;
        writeln!(f, "            {connections} connections, {failed} failed")?;
        let phases = [
            ("before", Some(&self.before)),
            ("during", Some(&self.during)),
            ("after", self.after.as_ref()),
        ];
        for (name, phase) in phases {
            if let Some(phase) = phase {
                writeln!(f, "{name:<11} {phase}")?;
            }
        }
        if let Some(error) = &self.error {
            writeln!(f, "after       {error}")?;
        }
        if let Some(settled) = &self.settled {
            writeln!(f, "memory      {settled}")?;
        }
        writeln!(f, "newcomer    {} ms", self.newcomer)?;
        writeln!(f, "closed      {}", self.closed())
    }
}

impl fmt::Display for Phase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let latency = self.chat.latency_ms;
        write!(
            f,
            "p50 {} ms, p99 {} ms, {} heard, CPU {} %, memory {} MiB",
            self.ms(latency.p50),
            self.ms(latency.p99),
            self.heard(),
            cpu(self),
            memory(self)
        )
    }
}

impl fmt::Display for Settled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", mebibytes(self.memory))?;
        match self.seconds {
            Some(seconds) => write!(f, " in {seconds:.0} s"),
            None => f.write_str(", not back"),
        }
    }
}

impl fmt::Display for Newcomer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.ms, &self.error) {
            (Some(took), _) => f.write_str(&ms(took)),
            (None, Some(error)) => f.write_str(error),
            (None, None) => f.write_str("–"),
        }
    }
}

fn list<'a>(ends: impl Iterator<Item = (&'a String, u64)>) -> String {
    let ends: Vec<_> = ends
        .map(|(how, count)| format!("{count} × {how}"))
        .collect();
    ends.join(", ")
}

fn cpu(phase: &Phase) -> String {
    let percent = phase.cpu_percent;
    percent.map_or("–".to_owned(), |percent| format!("{percent:.0}"))
}

fn memory(phase: &Phase) -> String {
    phase.memory.map_or("–".to_owned(), mebibytes)
}

fn mebibytes(bytes: u64) -> String {
    format!("{:.1}", as_float(bytes) / 1024.0 / 1024.0)
}

/// Milliseconds, as exact as they are of interest.
fn ms(value: f64) -> String {
    if value < 10.0 {
        format!("{value:.1}")
    } else {
        format!("{value:.0}")
    }
}

#[allow(clippy::cast_precision_loss, reason = "no run counts above 2^53")]
fn as_float(count: u64) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    use super::super::super::ledger::Faults;
    use super::super::super::report::Latency;
    use super::*;

    fn phase(p99: f64, heard: u64) -> Phase {
        Phase {
            heard,
            cpu_percent: Some(12.34),
            memory: Some(3 << 20),
            chat: Chat {
                seconds: 5.0,
                messages: 500,
                deliveries: 4_400,
                deliveries_per_second: 880.0,
                latency_ms: Latency {
                    p50: 0.25,
                    p99,
                    p999: p99,
                    max: p99,
                },
                faults: Faults {
                    lost: 100,
                    ..Faults::default()
                },
            },
        }
    }

    fn trial() -> Trial {
        Trial {
            attack: Attack::History,
            attackers: 16,
            sent: Sent {
                seconds: 2.0,
                bytes: 5_000_000,
                requests: 90_000,
                connections: 16,
                ended: [("1008".to_owned(), 3)].into(),
                ..Sent::default()
            },
            before: phase(0.54, 4_500),
            during: phase(98.4, 64),
            after: Some(phase(1.0, 4_500)),
            error: None,
            settled: Some(Settled {
                seconds: Some(8.6),
                memory: 3 << 20,
            }),
            newcomer: Newcomer {
                ms: Some(12.3),
                error: None,
            },
            honest_ended: [("3000".to_owned(), 10)].into(),
        }
    }

    #[test]
    fn a_row_has_a_cell_for_each_column() {
        let row = trial().row();
        assert_eq!(
            row,
            "| history, 16 | 2.5 MB/s, 45000 requests/s | 0.5 | 98 | 1.0 | 64 of 4500 | 12 | 12 \
             | 3.0 | 3.0 | 3.0 | 3.0 in 9 s | honest: 10 × 3000; attackers: 3 × 1008 |"
        );
        for head in Trial::TABLE_HEAD.lines() {
            assert_eq!(head.matches('|').count(), row.matches('|').count());
        }
    }

    #[test]
    fn what_is_not_known_is_a_dash() {
        let mut trial = trial();
        trial.after = None;
        trial.error = Some("no room".to_owned());
        trial.newcomer.ms = None;
        trial.during.chat.deliveries = 0;
        trial.during.cpu_percent = None;
        trial.during.memory = None;
        trial.settled = None;
        trial.sent.ended.clear();
        trial.honest_ended.clear();
        assert_eq!(
            trial.row(),
            "| history, 16 | 2.5 MB/s, 45000 requests/s | 0.5 | – | – | 64 of 100 | – | – \
             | 3.0 | – | – | – | none |"
        );
        let text = trial.to_string();
        assert!(text.contains("after       no room"), "{text}");
        assert!(!text.contains("\nmemory"), "{text}");
    }

    #[test]
    fn memory_that_is_not_given_back_is_said() {
        let mut trial = trial();
        assert!(trial.to_string().contains("memory      3.0 in 9 s\n"));
        trial.settled = Some(Settled {
            seconds: None,
            memory: 5 << 20,
        });
        assert!(trial.row().contains("| 5.0, not back |"), "{}", trial.row());
    }

    #[test]
    fn connections_are_a_rate_if_they_come_and_go() {
        let mut sent = trial().sent;
        sent.requests = 0;
        assert_eq!(sent.rates(16), "2.5 MB/s");
        sent.connections = 4_000;
        assert_eq!(sent.rates(16), "2.5 MB/s, 2000 connections/s");
    }

    #[test]
    fn the_report_is_read_back_from_json() {
        let report = AttackReport {
            trials: vec![trial()],
            failed: vec!["say, 1: no server".to_owned()],
        };
        let json = serde_json::to_string(&report).unwrap();
        assert_eq!(serde_json::from_str::<AttackReport>(&json).unwrap(), report);
    }
}
