//! `guildhall bench`: load for a chat server, and what comes of it.
//!
//! A [`Crowd`] of clients on one thread follows a [`Plan`]; a [`Ledger`] checks
//! every delivery; the [`Report`] says how it went. Nothing of the server is
//! used here, and nothing here by the server.

pub mod arguments;
mod chat_text;
mod crowd;
mod dialect;
mod fields;
mod handshake;
mod inbox;
mod ledger;
mod load;
mod numbering;
mod process;
mod progress;
mod report;
mod sockets;
mod stamp;
mod voice;

use std::io;
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail, ensure};

pub use crate::server_url::{Target, TargetError};
pub use arguments::BenchArguments;
pub use chat_text::chat_text;
pub use crowd::{ConnectError, Crowd, End};
pub use dialect::Dialect;
pub use handshake::HandshakeError;
pub use ledger::{Arrival, Faults, Ledger};
pub use load::{Outcome, Pace, Plan, run};
pub use process::Process;
pub use report::{Chat, Latency, Report, Server};
pub use stamp::{STAMP_BYTES, Stamp};

use progress::Progress;

/// Files that are not a client's.
const OTHER_FILES: u64 = 32;

/// With nothing arriving for this long, what has not arrived is lost.
const PATIENCE: Duration = Duration::from_secs(5);

/// With nothing arriving for this long, nothing more is under way: twice as
/// long as a server of `guildhall.v1` gathers who came.
const QUIET: Duration = Duration::from_millis(500);

/// A server that ends meanwhile has no figures.
const GONE: &str = "the server's process is gone";

/// How often memory is looked at until it stays the same.
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// Runs the load tool, without printing the report.
///
/// # Errors
///
/// In words for whoever typed the command.
pub fn bench(arguments: &BenchArguments) -> anyhow::Result<Report> {
    arguments.check()?;
    let target = Target::parse(&arguments.url)?;
    ensure!(
        target.is_loopback() || arguments.yes_really,
        "{} is not this machine: load only a server of your own, with --yes-really",
        arguments.url
    );
    let process = arguments.pid.map(Process::of);
    if let (Some(process), Some(pid)) = (&process, arguments.pid) {
        ensure!(process.exists(), "there is no process {pid} (--pid)");
    }
    let clients = arguments.clients as usize;
    let everyone = clients + arguments.stalled as usize;
    make_room_for(everyone)?;

    let own = Process::own();
    let cpus = || -> io::Result<_> {
        let servers = process.as_ref().map(Process::cpu).transpose()?;
        Ok((servers, own.cpu().ok()))
    };
    let resident_before = process.as_ref().map(settled).transpose()?;
    let at_first = cpus().context("cannot read the server's CPU time")?;
    let mut crowd = Crowd::speaking(arguments.dialect())?;
    connect(&mut crowd, &target, everyone)
        .with_context(|| format!("cannot connect to {}", arguments.url))?;
    for index in clients..everyone {
        crowd.stall(index, true);
    }
    let connected = cpus().context(GONE)?;
    until_quiet(&mut crowd)?;
    let resident_idle = process.as_ref().map(settled).transpose()?;

    let before = cpus().context(GONE)?;
    let outcome = speak(&mut crowd, arguments)?;
    let after = cpus().context(GONE)?;
    let resident_after = process.as_ref().map(Process::resident).transpose()?;

    let deliveries = outcome.as_ref().map_or(0, |outcome| outcome.deliveries);
    let each = |before: Option<Duration>, after: Option<Duration>, count| {
        let took = after?.saturating_sub(before?);
        (count > 0).then(|| report::us_each(took, count))
    };
    let server = match (resident_before, resident_idle, resident_after) {
        (Some(before_all), Some(idle), Some(at_end)) => Some(Server {
            cpu_us_per_delivery: each(before.0, after.0, deliveries),
            cpu_us_per_connection: each(at_first.0, connected.0, everyone as u64),
            resident_per_connection: growth(before_all, idle, everyone),
            resident_before: before_all,
            resident_after: at_end,
        }),
        _ => None,
    };
    let ended = report::tally(
        crowd
            .ends()
            .filter(|&(index, _)| index < clients)
            .map(|(_, end)| end),
    );
    let stalled_ended = read_again(&mut crowd, clients)?;
    Ok(Report {
        clients,
        speakers: if outcome.is_some() {
            arguments.speakers as usize
        } else {
            0
        },
        chat: outcome.as_ref().map(Chat::of),
        ended,
        stalled_ended,
        server,
        own_cpu_us_per_delivery: each(before.1, after.1, deliveries),
    })
}

/// Sees to it that this process may open a file for each client.
fn make_room_for(clients: usize) -> anyhow::Result<()> {
    let files = clients as u64 + OTHER_FILES;
    let allowed = rlimit::increase_nofile_limit(files).unwrap_or(0);
    if allowed < files {
        bail!(
            "{clients} clients need {files} open files, and {allowed} are allowed: \
             raise the limit (ulimit -n {files}) or lower --clients"
        );
    }
    Ok(())
}

fn connect(crowd: &mut Crowd, target: &Target, count: usize) -> Result<(), ConnectError> {
    let mut progress = Progress::new("connecting", count as u64);
    crowd.connect(target, count, |connected| {
        progress.at(connected as u64, || "clients".to_owned());
    })
}

/// The run itself, unless everyone is to be idle.
fn speak(crowd: &mut Crowd, arguments: &BenchArguments) -> io::Result<Option<Outcome>> {
    if arguments.seconds == 0.0 {
        return Ok(None);
    }
    let plan = Plan {
        receivers: arguments.clients as usize,
        speakers: arguments.speakers as usize,
        pace: match arguments.rate {
            Some(rate) => Pace::Rate(rate),
            None => Pace::InFlight(arguments.in_flight.unwrap_or(1)),
        },
        bytes: arguments.bytes,
        time: Duration::from_secs_f64(arguments.seconds),
        patience: PATIENCE,
    };
    let total = millis(plan.time);
    let mut progress = Progress::new("speaking", total);
    run(crowd, &plan, |elapsed, deliveries| {
        progress.at(millis(elapsed).min(total) / 100 * 100, || {
            format!("{deliveries} deliveries")
        });
    })
    .map(Some)
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

/// Has the stalled clients read what is left for them, and counts how their
/// connections have ended.
fn read_again(
    crowd: &mut Crowd,
    first: usize,
) -> io::Result<std::collections::BTreeMap<String, usize>> {
    for index in first..crowd.len() {
        crowd.stall(index, false);
    }
    if first < crowd.len() {
        until_quiet(crowd)?;
    }
    let ends = crowd.ends().filter(|&(index, _)| index >= first);
    Ok(report::tally(ends.map(|(_, end)| end)))
}

/// Reads until nothing more comes: who connects is told of those who connect
/// after it, which is no cost of the chat that follows.
fn until_quiet(crowd: &mut Crowd) -> io::Result<()> {
    let start = Instant::now();
    let mut last = start;
    while last.elapsed() < QUIET && start.elapsed() < PATIENCE {
        crowd.turn(Some(LOOK_EVERY), |_, at, _| last = at)?;
    }
    Ok(())
}

/// The resident memory of a process once it changes no more, or after two
/// seconds.
fn settled(process: &Process) -> anyhow::Result<u64> {
    let resident = || {
        process
            .resident()
            .context("cannot read the server's memory (--pid)")
    };
    let mut last = resident()?;
    for _ in 0..20 {
        std::thread::sleep(LOOK_EVERY);
        let now = resident()?;
        if now == last {
            break;
        }
        last = now;
    }
    Ok(last)
}

#[allow(
    clippy::cast_precision_loss,
    reason = "no server's memory is above 2^53 bytes"
)]
fn growth(before: u64, after: u64, connections: usize) -> f64 {
    (after as f64 - before as f64) / connections as f64
}
