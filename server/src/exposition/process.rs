//! The system's figures of the process, by the names that all programs have for it in Prometheus.
//! Systems other than Linux tell little of it.

use std::fmt;
use std::fs;

use prometheus_client::registry::Unit;

use crate::metrics::Metrics;

use super::families::{Families, NONE};

/// How many ticks of the system's clock are a second, in the files below `/proc`. It is the same on
/// all machines for which there are Rust's tools.
const TICKS: f64 = 100.0;

/// Writes the metrics of the process.
pub(super) fn encode(families: &mut Families<'_>, metrics: &Metrics) -> fmt::Result {
    let stat = fs::read_to_string("/proc/self/stat").ok();
    let stat = stat.as_deref().and_then(Stat::parse);
    families.counter_of(
        "process_cpu",
        "How long the process has had processors",
        Some(&Unit::Seconds),
        stat.iter().map(|stat| (NONE, stat.cpu)),
    )?;
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let bytes = |name| field(&status, name).map(|kib| (NONE, kib * 1024));
    families.gauge_of(
        "process_resident_memory",
        "Memory of the process",
        Some(&Unit::Bytes),
        bytes("VmRSS:"),
    )?;
    families.gauge_of(
        "process_virtual_memory",
        "Addresses that the process has reserved",
        Some(&Unit::Bytes),
        bytes("VmSize:"),
    )?;
    families.gauge(
        "process_threads",
        "Threads of the process",
        field(&status, "Threads:").map(|count| (NONE, count)),
    )?;
    // One of them is the folder's own.
    let open = fs::read_dir("/proc/self/fd").ok();
    let open = open.map(|files| files.count().saturating_sub(1) as u64);
    families.gauge(
        "process_open_fds",
        "Open files and sockets of the process",
        open.map(|count| (NONE, count)),
    )?;
    let limits = fs::read_to_string("/proc/self/limits").unwrap_or_default();
    families.gauge(
        "process_max_fds",
        "How many files and sockets the process may have open",
        field(&limits, "Max open files").map(|count| (NONE, count)),
    )?;
    #[expect(
        clippy::cast_precision_loss,
        reason = "the time is exact to the millisecond"
    )]
    let started = metrics.started() as f64 / 1e3;
    families.gauge_of(
        "process_start_time",
        "When the server started, in seconds since 1970",
        Some(&Unit::Seconds),
        [(NONE, started)],
    )
}

/// The first number behind this name in a text of one fact in a line.
fn field(text: &str, name: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix(name))?;
    line.split_whitespace().next()?.parse().ok()
}

/// The parts of the file `stat` that are told.
struct Stat {
    /// Seconds.
    cpu: f64,
}

impl Stat {
    /// Reads the file. The name of the program, in parentheses, may have anything in it.
    fn parse(text: &str) -> Option<Self> {
        let (_, rest) = text.rsplit_once(") ")?;
        // Field 3 of the manual is the first one here; 14 and 15 are the times.
        let mut times = rest.split_whitespace().skip(11).map(str::parse::<f64>);
        let (user, system) = (times.next()?.ok()?, times.next()?.ok()?);
        Some(Self {
            cpu: (user + system) / TICKS,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_facts_of_the_system_are_read() {
        let stat = "7 (a ) b) S 1 7 7 0 -1 4194560 100 0 0 0 250 50 0 0 20 0 9 0 1 2 3";
        let cpu = Stat::parse(stat).unwrap().cpu;
        assert!((cpu - 3.0).abs() < 1e-9, "{cpu}");
        assert!(Stat::parse("").is_none());
        let status = "Name:\tx\nVmRSS:\t    2048 kB\nThreads:\t5\n";
        assert_eq!(field(status, "VmRSS:"), Some(2_048));
        assert_eq!(field(status, "Threads:"), Some(5));
        assert_eq!(field(status, "VmSize:"), None);
        let limits = "Limit  Soft  Hard  Units\nMax open files            1024    4096    files\n";
        assert_eq!(field(limits, "Max open files"), Some(1_024));
        assert_eq!(field("Max open files  unlimited", "Max open files"), None);
    }
}
