//! The work of each thread of the process: how often it looks at its sockets, how long it has had a
//! processor, and how long it has waited for one. The system counts the times, so they cost the
//! threads nothing. Where it does not tell them, as on systems other than Linux, there are none.

use std::collections::BTreeMap;
use std::fmt;
use std::fs;
use std::time::Duration;

use prometheus_client::registry::Unit;

use crate::shared::Shared;

use super::families::Families;

/// The time of one thread, or of several that do the same.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Times {
    /// It had a processor.
    ran: Duration,
    /// It could have gone on, and other threads had the processors.
    waited: Duration,
}

/// Writes the metrics of threads.
pub(super) fn encode(families: &mut Families<'_>, shared: &Shared) -> fmt::Result {
    let metrics = shared.metrics();
    let numbered = || metrics.threads().iter().zip(0_usize..);
    families.counter(
        "guildhall_network_looks",
        "How often a network thread has looked at its sockets",
        numbered().map(|(thread, number)| ([("thread", name(number))], thread.looks.get())),
    )?;
    families.gauge(
        "guildhall_mailbox_messages",
        "Messages of other threads that a network thread has not taken",
        numbered().map(|(_, number)| {
            let messages = shared.mailboxes().len(number) as u64;
            ([("thread", name(number))], messages)
        }),
    )?;
    let ids = numbered().map(|(thread, number)| (thread.system_id.get(), number));
    let times = times(&ids.collect());
    let seconds = Some(&Unit::Seconds);
    families.counter_of(
        "guildhall_thread_cpu",
        "How long the threads of this name have had a processor",
        seconds,
        (times.iter()).map(|(name, times)| ([("thread", name.as_str())], times.ran.as_secs_f64())),
    )?;
    families.counter_of(
        "guildhall_thread_wait",
        "How long the threads of this name could have gone on, and waited for a processor",
        seconds,
        (times.iter())
            .map(|(name, times)| ([("thread", name.as_str())], times.waited.as_secs_f64())),
    )
}

/// The name of a network thread.
fn name(number: usize) -> String {
    format!("network-{number}")
}

/// The times of all threads by their names. The network threads are told apart by the numbers that
/// the system has given them, the others are added up if they do the same.
fn times(network: &BTreeMap<u64, usize>) -> BTreeMap<String, Times> {
    let mut sums = BTreeMap::new();
    // It fails on systems that have no such folder.
    let Ok(threads) = fs::read_dir("/proc/self/task") else {
        return sums;
    };
    for folder in threads.flatten().map(|thread| thread.path()) {
        // It fails if the thread has ended meanwhile.
        let text = |file| fs::read_to_string(folder.join(file)).ok();
        let Some(times) = text("schedstat").as_deref().and_then(parse) else {
            continue;
        };
        let id = folder.file_name().and_then(|id| id.to_str()?.parse().ok());
        let name = match id.and_then(|id: u64| network.get(&id)) {
            Some(&number) => name(number),
            None => without_number(&text("comm").unwrap_or_default()).to_owned(),
        };
        let sum: &mut Times = sums.entry(name).or_default();
        sum.ran += times.ran;
        sum.waited += times.waited;
    }
    sums
}

/// The times in a file `schedstat`: nanoseconds of running, nanoseconds of waiting, and a count.
fn parse(text: &str) -> Option<Times> {
    let mut numbers = text.split_whitespace().map(str::parse);
    let mut next = || Some(Duration::from_nanos(numbers.next()?.ok()?));
    Some(Times {
        ran: next()?,
        waited: next()?,
    })
}

/// A thread's name without the number at its end, by which those that do the same are told apart.
fn without_number(name: &str) -> &str {
    let name = name.trim();
    let start = name.trim_end_matches(|letter: char| letter.is_ascii_digit());
    if start.len() < name.len() {
        start.trim_end_matches('-')
    } else {
        name
    }
}

/// The number by which the system knows this thread; 0 if it does not tell.
pub(crate) fn system_id() -> u64 {
    // It is a link to `PID/task/ID`.
    let link = fs::read_link("/proc/thread-self").ok();
    let id = link.as_ref().and_then(|link| link.file_name()?.to_str());
    id.and_then(|id| id.parse().ok()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_times_of_a_thread_are_read() {
        let times = Times {
            ran: Duration::from_nanos(1_500),
            waited: Duration::from_nanos(20),
        };
        assert_eq!(parse("1500 20 3\n"), Some(times));
        for wrong in ["", "1500", "x y z"] {
            assert_eq!(parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn threads_that_do_the_same_have_one_name() {
        for (name, expected) in [
            ("store reader\n", "store reader"),
            ("blocking-12\n", "blocking"),
            ("smol3", "smol"),
            ("7", ""),
        ] {
            assert_eq!(without_number(name), expected);
        }
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_thread_that_works_has_used_a_processor() {
        let id = system_id();
        assert_ne!(id, 0);
        let network = BTreeMap::from([(id, 3)]);
        let ran = || times(&network)["network-3"].ran;
        let before = ran();
        let mut looks = 0;
        while ran() <= before {
            looks += 1;
            assert!(looks < 1_000_000, "the system counts no time");
        }
    }
}
