//! `guildhall bench`: loads a chat server and reports how it did.
//!
//! Many [`Clients`] on one thread follow a [`Plan`], a [`Ledger`] checks every
//! delivery, and the [`Report`] has the figures. [`attack()`] has them
//! speak while others attack the server. This module does not use the
//! server's code, and the server does not use this module.

pub mod arguments;
mod attack;
mod chat_text;
mod client;
mod clients;
mod connection;
mod fields;
mod handshake;
mod inbox;
mod ledger;
mod load;
mod numbering;
mod process;
mod progress;
mod received;
mod report;
mod sockets;
mod stamp;
mod stream;

use std::io;
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail, ensure};

pub use crate::server_url::{ServerUrl, ServerUrlError};
pub use arguments::{Attack, AttackArguments, BenchArguments};
pub use attack::{AttackReport, Newcomer, Phase, Sent, Trial, attack, attack_as_child};
pub use chat_text::chat_text;
pub use clients::{Clients, ConnectError};
pub use connection::End;
pub use handshake::HandshakeError;
pub use ledger::{Faults, Ledger, Receipt};
pub use load::{Outcome, Pace, Plan, run};
pub use process::Process;
pub use report::{Chat, Latency, Report, Server};
pub use stamp::{STAMP_BYTES, Stamp};

use guildhall_protocol::Protocol;
use progress::Progress;

/// Open files of this process beside those of its clients.
const OTHER_FILES: u64 = 32;

/// If nothing arrives for this long, messages that have not arrived are lost.
const PATIENCE: Duration = Duration::from_secs(5);

/// If nothing arrives for this long, nothing more is on its way. A server of
/// `guildhall.v1` gathers presence for half as long.
const QUIET: Duration = Duration::from_millis(500);

/// The error if the server ends during the run.
const GONE: &str = "the server's process is gone";

/// How often memory is read until it stays the same.
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// The CPU times so far, as far as the system tells them.
struct CpuTimes {
    server: Option<Duration>,
    own: Option<Duration>,
}

/// Runs the load tool. Returns the report without printing it.
///
/// # Errors
///
/// A text for the user.
pub fn bench(arguments: &BenchArguments) -> anyhow::Result<Report> {
    arguments.check()?;
    let target = ServerUrl::of_either_kind(&arguments.url)?;
    let tls = arguments.tls(&target)?;
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
    let all = clients + arguments.stalled as usize;
    raise_file_limit(all, "--clients or --stalled")?;

    let own = Process::own();
    let cpu_times = || -> io::Result<_> {
        Ok(CpuTimes {
            server: process.as_ref().map(Process::cpu).transpose()?,
            own: own.cpu().ok(),
        })
    };
    let resident_before = process.as_ref().map(settled).transpose()?;
    let at_first = cpu_times().context("cannot read the server's CPU time")?;
    let mut load = match arguments.protocol() {
        Protocol::Tutorial => Clients::tutorial()?,
        Protocol::V1 => Clients::v1(arguments.rooms())?,
    };
    load = load.with_tls(tls);
    connect(&mut load, &target, all)
        .with_context(|| format!("cannot connect to {}", arguments.url))?;
    for index in clients..all {
        load.stop_reading(index);
    }
    let connected = cpu_times().context(GONE)?;
    if arguments.blocks > 0 {
        load.block_next(arguments.blocks as usize);
        until_quiet(&mut load)?;
        ensure!(
            load.are_blocked(),
            "the server did not let all clients block others"
        );
    }
    until_quiet(&mut load)?;
    load.only_listen(arguments.speakers as usize);
    let resident_idle = process.as_ref().map(settled).transpose()?;

    let before = cpu_times().context(GONE)?;
    let outcome = speak(&mut load, arguments)?;
    let after = cpu_times().context(GONE)?;
    let resident_after = process.as_ref().map(Process::resident).transpose()?;

    let deliveries = outcome.as_ref().map_or(0, |outcome| outcome.deliveries);
    let each = |before: Option<Duration>, after: Option<Duration>, count| {
        let took = after?.saturating_sub(before?);
        (count > 0).then(|| report::us_each(took, count))
    };
    let server = match (resident_before, resident_idle, resident_after) {
        (Some(before_all), Some(idle), Some(at_end)) => Some(Server {
            cpu_us_per_delivery: each(before.server, after.server, deliveries),
            cpu_us_per_connection: each(at_first.server, connected.server, all as u64),
            resident_per_connection: growth(before_all, idle, all),
            resident_before: before_all,
            resident_after: at_end,
        }),
        _ => None,
    };
    let ended = report::tally(
        load.ends()
            .filter(|&(index, _)| index < clients)
            .map(|(_, end)| end),
    );
    let stalled_ended = read_again(&mut load, clients)?;
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
        own_cpu_us_per_delivery: each(before.own, after.own, deliveries),
    })
}

/// Raises this process's limit of open files to one for each connection. `flags` are those
/// that say how many there are.
fn raise_file_limit(connections: usize, flags: &str) -> anyhow::Result<()> {
    let files = connections as u64 + OTHER_FILES;
    let allowed = rlimit::increase_nofile_limit(files).unwrap_or(0);
    if allowed < files {
        bail!(
            "{connections} connections need {files} open files, and {allowed} are allowed: \
             raise the limit (ulimit -n {files}) or lower {flags}"
        );
    }
    Ok(())
}

fn connect(clients: &mut Clients, target: &ServerUrl, count: usize) -> Result<(), ConnectError> {
    let mut progress = Progress::new("connecting", count as u64);
    clients.connect(target, count, |connected| {
        progress.at(connected as u64, || "clients".to_owned());
    })
}

/// Runs the plan, unless all clients have to be idle.
fn speak(clients: &mut Clients, arguments: &BenchArguments) -> io::Result<Option<Outcome>> {
    if arguments.seconds == 0.0 {
        return Ok(None);
    }
    let plan = plan(arguments);
    let total = millis(plan.time);
    let mut progress = Progress::new("speaking", total);
    run(clients, &plan, |elapsed, deliveries| {
        progress.at(millis(elapsed).min(total) / 100 * 100, || {
            format!("{deliveries} deliveries")
        });
    })
    .map(Some)
}

/// When the clients speak, and for how long.
fn plan(arguments: &BenchArguments) -> Plan {
    Plan {
        receivers: arguments.clients as usize,
        speakers: arguments.speakers as usize,
        pace: match arguments.rate {
            Some(rate) => Pace::Rate(rate),
            None => Pace::InFlight(arguments.in_flight.unwrap_or(1)),
        },
        bytes: arguments.bytes,
        time: Duration::from_secs_f64(arguments.seconds),
        patience: PATIENCE,
    }
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

/// Has the stalled clients, from number `first` on, read everything that waits for
/// them. Counts how their connections have ended.
fn read_again(
    clients: &mut Clients,
    first: usize,
) -> io::Result<std::collections::BTreeMap<String, usize>> {
    for index in first..clients.len() {
        clients.read_again(index);
    }
    if first < clients.len() {
        until_quiet(clients)?;
    }
    let ends = clients.ends().filter(|&(index, _)| index >= first);
    Ok(report::tally(ends.map(|(_, end)| end)))
}

/// Reads until nothing more arrives. A client gets the presence of the clients that
/// connect after it, and this must not count as a cost of the chat that follows.
fn until_quiet(clients: &mut Clients) -> io::Result<()> {
    let start = Instant::now();
    let mut last = start;
    while last.elapsed() < QUIET && start.elapsed() < PATIENCE {
        clients.turn(Some(LOOK_EVERY), |_, at, _| last = at)?;
    }
    Ok(())
}

/// The resident memory of a process when it no longer changes, or after two
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
    reason = "no server has more than 2^53 bytes of memory"
)]
fn growth(before: u64, after: u64, connections: usize) -> f64 {
    (after as f64 - before as f64) / connections as f64
}
