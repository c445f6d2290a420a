//! One attack on trial: what the honest clients see before, during and after it.

use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use anyhow::Context as _;

use super::super::arguments::{Attack, BenchArguments};
use super::super::clients::Clients;
use super::super::load;
use super::super::process::Process;
use super::super::report::{self, Chat};
use super::super::{connect, plan, until_quiet};
use super::child::{Attackers, ChildArguments};
use super::costs::{Costs, LOOK_EVERY};
use super::crew::Sent;
use super::report::{Newcomer, Phase, Settled, Trial};
use crate::server_url::ServerUrl;

/// How long the attack goes on when the honest clients have said all: a message that
/// was not heard by then was not heard during the attack.
const GRACE: Duration = Duration::from_secs(1);

/// How long a turn of the honest clients takes while they wait for something else.
const TURN: Duration = Duration::from_millis(20);

/// How long the server may be busy with one trial before the next one begins.
const IDLE_WITHIN: Duration = Duration::from_mins(1);

/// How long the tool waits for the server to give memory back. A session that may be resumed,
/// with the whispers that wait for it, is kept for two minutes unless the operator says
/// otherwise.
const SETTLES_WITHIN: Duration = Duration::from_mins(3);

/// A server that needs less of a core than this, in percent, is idle.
const IDLE: f64 = 5.0;

/// The server that is tried, and the honest clients' load.
#[derive(Debug)]
pub(super) struct Trials<'a> {
    pub(super) arguments: &'a BenchArguments,
    pub(super) target: ServerUrl,
    pub(super) process: Option<Process>,
}

impl Trials<'_> {
    /// Tries one attack.
    ///
    /// # Errors
    ///
    /// If the honest clients cannot connect before the attack, or the attackers
    /// cannot begin.
    pub(super) fn run(&self, attack: Attack, attackers: u32) -> anyhow::Result<Trial> {
        self.wait_until_idle();
        let mut clients = self.connect()?;
        let before = self.speak(&mut clients)?;
        let (sent, during, newcomer) = self.attack(&mut clients, attack, attackers)?;
        let end = Instant::now();
        let honest_ended = report::tally(clients.ends().map(|(_, end)| end));
        let connected = if honest_ended.is_empty() {
            Ok(())
        } else {
            self.connect().map(|again| clients = again)
        };
        let (after, error) = match connected.and_then(|()| self.speak(&mut clients)) {
            Ok(after) => (Some(after), None),
            Err(error) => (None, Some(format!("{error:#}"))),
        };
        let settled = self.settle(&mut clients, before.memory, end)?;
        Ok(Trial {
            attack,
            attackers,
            sent,
            before,
            during,
            after,
            error,
            settled,
            newcomer,
            honest_ended,
        })
    }

    fn connect(&self) -> anyhow::Result<Clients> {
        let mut clients = Clients::v1(self.arguments.rooms())?;
        let count = self.arguments.clients as usize;
        connect(&mut clients, &self.target, count).context("the honest clients cannot connect")?;
        until_quiet(&mut clients)?;
        Ok(clients)
    }

    /// The honest clients speak, and nobody attacks.
    fn speak(&self, clients: &mut Clients) -> anyhow::Result<Phase> {
        let mut costs = Costs::of(self.process.as_ref());
        let plan = plan(self.arguments);
        let outcome = load::run(clients, &plan, |_, _| costs.look())?;
        let heard = outcome.deliveries;
        Ok(Phase {
            heard,
            cpu_percent: costs.cpu_percent(),
            memory: costs.memory(),
            chat: Chat::of(&outcome),
        })
    }

    /// The honest clients speak while the attackers do what they do.
    fn attack(
        &self,
        clients: &mut Clients,
        attack: Attack,
        attackers: u32,
    ) -> anyhow::Result<(Sent, Phase, Newcomer)> {
        let mut attackers = Attackers::start(&ChildArguments {
            url: self.arguments.url.clone(),
            attack,
            attackers,
            room: self.arguments.rooms().swap_remove(0),
            user: clients.id(0).map_or(0, |id| id.0),
        })?;
        while !attackers.are_ready()? {
            clients.turn(Some(TURN), |_, _, _| {})?;
        }
        let plan = plan(self.arguments);
        let mut costs = Costs::of(self.process.as_ref());
        let mut newcomer = None;
        let mut at_the_end = None;
        let outcome = load::run(clients, &plan, |elapsed, deliveries| {
            costs.look();
            if newcomer.is_none() && elapsed >= plan.time / 2 {
                newcomer = Some(self.newcomer());
            }
            if at_the_end.is_none() && elapsed >= plan.time + GRACE {
                at_the_end = Some((deliveries, costs.cpu_percent()));
                attackers.stop();
            }
        })?;
        // All was heard before the time was over.
        let (heard, cpu_percent) =
            at_the_end.unwrap_or_else(|| (outcome.deliveries, costs.cpu_percent()));
        attackers.stop();
        let newcomer = newcomer.unwrap_or_else(|| self.newcomer());
        while !newcomer.is_finished() {
            clients.turn(Some(TURN), |_, _, _| {})?;
        }
        costs.look();
        let phase = Phase {
            heard,
            cpu_percent,
            memory: costs.memory(),
            chat: Chat::of(&outcome),
        };
        let newcomer = newcomer.join().unwrap_or_else(|_| Newcomer {
            ms: None,
            error: Some("it panicked".to_owned()),
        });
        Ok((attackers.end()?, phase, newcomer))
    }

    /// Waits until the server has given back the memory that the attack took, which was over
    /// at `end`.
    fn settle(
        &self,
        clients: &mut Clients,
        before: Option<u64>,
        end: Instant,
    ) -> anyhow::Result<Option<Settled>> {
        let (Some(process), Some(before)) = (&self.process, before) else {
            return Ok(None);
        };
        loop {
            let memory = process.resident()?;
            let is_back = memory <= before + before / 10;
            if is_back || end.elapsed() >= SETTLES_WITHIN {
                let seconds = is_back.then(|| end.elapsed().as_secs_f64());
                return Ok(Some(Settled { seconds, memory }));
            }
            clients.turn(Some(LOOK_EVERY), |_, _, _| {})?;
        }
    }

    /// Connects one more client, to a room of its own. On a thread, because it may
    /// take long.
    fn newcomer(&self) -> JoinHandle<Newcomer> {
        let target = self.target.clone();
        thread::spawn(move || {
            let room = format!("newcomer-{}", fastrand::u32(..));
            let start = Instant::now();
            let joined = Clients::v1(vec![room])
                .map_err(anyhow::Error::from)
                .and_then(|mut clients| Ok(clients.connect(&target, 1, |_| {})?));
            match joined {
                Ok(()) => Newcomer {
                    ms: Some(start.elapsed().as_secs_f64() * 1e3),
                    error: None,
                },
                Err(error) => Newcomer {
                    ms: None,
                    error: Some(format!("{error:#}")),
                },
            }
        })
    }

    /// Waits until the server has done what the attackers left behind, so that the next attack
    /// is not blamed for it.
    fn wait_until_idle(&self) {
        let start = Instant::now();
        while start.elapsed() < IDLE_WITHIN {
            let costs = Costs::of(self.process.as_ref());
            thread::sleep(Duration::from_millis(300));
            if costs.cpu_percent().is_none_or(|percent| percent < IDLE) {
                return;
            }
        }
    }
}
