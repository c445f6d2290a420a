//! `guildhall bench --attack`: what a hostile client can do to a server, and what
//! the honest clients see of it.
//!
//! - [`script`]: what an attacker sends and reads, made of [`frames`] and [`requests`].
//! - [`attacker`]: one connection of an attacker, without I/O.
//! - [`crew`]: all attackers on their sockets, which connect from a [`source`]. [`child`]
//!   runs them as a process.
//! - [`trial`]: the honest clients before, during and after. [`costs`]: the server's
//!   process meanwhile.
//! - [`report`]: what came of it.

mod attacker;
mod child;
mod costs;
mod crew;
mod frames;
mod report;
mod requests;
mod script;
mod source;
mod trial;

use anyhow::ensure;

pub use crew::Sent;
pub use report::{AttackReport, Newcomer, Phase, Trial};

use super::arguments::BenchArguments;
use super::process::Process;
use super::raise_file_limit;
use crate::output::complain;
use crate::server_url::ServerUrl;
use trial::Trials;

/// Tries the attacks of `--attack`. `on_trial` gets each trial when it is over.
/// Returns all of them.
///
/// # Errors
///
/// A text for the user. If there are several attacks, one that cannot be tried is in
/// the report, and the others go on.
pub fn attack(
    arguments: &BenchArguments,
    mut on_trial: impl FnMut(&Trial) -> anyhow::Result<()>,
) -> anyhow::Result<AttackReport> {
    arguments.check()?;
    let target = ServerUrl::parse(&arguments.url)?;
    ensure!(
        target.is_loopback() || arguments.attack.other_hosts,
        "{} is not this machine: an attack can stop a server for all who use it; try only \
         servers of your own, with --attack-other-hosts",
        arguments.url
    );
    // And a newcomer.
    raise_file_limit(arguments.clients as usize + 1, "--clients")?;
    let trials = Trials {
        arguments,
        process: process(arguments, &target)?,
        target,
    };
    let wanted = arguments.attack.trials();
    // The attackers' process has the same limit.
    let most = arguments.attack.attackers.iter().max();
    raise_file_limit(most.map_or(0, |&most| most as usize), "--attackers")?;
    let mut report = AttackReport::default();
    for (index, &(attack, attackers)) in wanted.iter().enumerate() {
        if wanted.len() > 1 {
            complain(format_args!(
                "{}/{} {attack}, {attackers}",
                index + 1,
                wanted.len()
            ));
        }
        match trials.run(attack, attackers) {
            Ok(trial) => {
                on_trial(&trial)?;
                report.trials.push(trial);
            }
            Err(error) if wanted.len() == 1 => return Err(error),
            Err(error) => {
                complain(format_args!("{attack}, {attackers} attackers: {error:#}"));
                report
                    .failed
                    .push(format!("{attack}, {attackers}: {error:#}"));
            }
        }
    }
    Ok(report)
}

/// Attacks as the child of [`attack`], whose arguments these are.
///
/// # Errors
///
/// A text for the user.
pub fn attack_as_child(arguments: &str) -> anyhow::Result<()> {
    child::attack(arguments)
}

/// The server's process: that of `--pid`, or the one that listens there.
fn process(arguments: &BenchArguments, target: &ServerUrl) -> anyhow::Result<Option<Process>> {
    let found = || {
        target
            .is_loopback()
            .then(|| costs::listener(&target.addresses))?
    };
    let process = arguments.pid.or_else(found).map(Process::of);
    if let (Some(process), Some(pid)) = (&process, arguments.pid) {
        ensure!(process.exists(), "there is no process {pid} (--pid)");
    }
    Ok(process)
}
