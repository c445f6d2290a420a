//! A soak under way: the server, the state of the clients, and how to wait for something.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Result, bail};

use crate::clock::Clock;
use crate::disk::Disk;
use crate::measure::Measure;
use crate::server::Server;
use crate::shared::Shared;

/// How long anything may take before the soak fails. A busy machine needs its time.
const PATIENCE: Duration = Duration::from_mins(4);

/// How often a condition is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// How often a line tells how it goes.
pub(crate) const PROGRESS_EVERY: Duration = Duration::from_secs(10);

/// A soak under way.
pub(crate) struct Run {
    pub(crate) shared: Arc<Shared>,
    pub(crate) server: Server,
    pub(crate) clock: Clock,
    pub(crate) disk: Option<Disk>,
    /// How many clients there are, and how many of them are observers.
    pub(crate) clients: usize,
    pub(crate) observers: usize,
    /// How long a fault lasts once it is there.
    pub(crate) lasts: Duration,
    pub(crate) started: Instant,
    pub(crate) next_progress: Instant,
    /// The fault or the work of now, in words.
    pub(crate) now: &'static str,
}

impl Run {
    /// The small disk.
    pub(crate) fn disk(&self) -> &Disk {
        self.disk.as_ref().expect("no disk is filled without one")
    }

    /// Waits until the server is ready, and each observer has said something.
    pub(crate) fn wait_until_well(&mut self) -> Result<()> {
        self.wait_for("a server that is ready", |run| Ok(run.server.is_ready()))?;
        self.round()
    }

    /// Waits until each observer has said something that it had not said before, and was told that
    /// it is kept.
    pub(crate) fn round(&mut self) -> Result<()> {
        self.shared.rounds_done.store(0, Ordering::SeqCst);
        self.shared.round.fetch_add(1, Ordering::SeqCst);
        let observers = self.observers;
        self.wait_for("a line of each observer", |run| {
            Ok(run.shared.rounds_done.load(Ordering::SeqCst) == observers)
        })
    }

    /// A fault lasts for a while.
    pub(crate) fn last(&mut self) -> Result<()> {
        self.talk(self.lasts)
    }

    /// Everything goes on as it is, for a while.
    pub(crate) fn talk(&mut self, time: Duration) -> Result<()> {
        let until = Instant::now() + time;
        self.wait_for("a while", |_| Ok(Instant::now() >= until))
    }

    /// Waits for something.
    ///
    /// # Errors
    ///
    /// If it takes too long, or a client has failed a check.
    pub(crate) fn wait_for(
        &mut self,
        what: &str,
        mut is_so: impl FnMut(&mut Self) -> Result<bool>,
    ) -> Result<()> {
        let since = Instant::now();
        while !is_so(self)? {
            if self.next_progress <= Instant::now() {
                self.next_progress = Instant::now() + PROGRESS_EVERY;
                self.print_progress(what);
            }
            if self.shared.has_failed() {
                bail!("a client has failed a check: what it is stands above");
            }
            if since.elapsed() > PATIENCE {
                self.print_progress(what);
                bail!("while {}: no sign of {what} in {PATIENCE:?}", self.now);
            }
            sleep(LOOK_EVERY);
        }
        Ok(())
    }

    fn print_progress(&self, what: &str) {
        let counts = &self.shared.counts;
        let count = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        let memory = Measure::of(self.server.pid()).map_or(0, |it| it.megabytes());
        println!(
            "{:>5} s: {}, until {what}; {} clients, {} lines and {} chats heard, {} acknowledged, {} failed, {} \
             ends, {} resumed, {} not, {} lines missed; {memory} MiB",
            self.seconds(),
            self.now,
            self.online(),
            count(&counts.heard),
            count(&counts.chats),
            count(&counts.acknowledged),
            count(&counts.failed),
            count(&counts.ended),
            count(&counts.resumed),
            count(&counts.lost_sessions),
            count(&counts.missed),
        );
    }

    pub(crate) fn seconds(&self) -> u64 {
        self.started.elapsed().as_secs()
    }

    pub(crate) fn online(&self) -> usize {
        self.shared.counts.online.load(Ordering::Relaxed)
    }

    pub(crate) fn is_at_zero(&self, gauge: &str) -> Result<bool> {
        Ok(self.server.metrics()?.count(gauge) == 0)
    }

    /// The server's memory in KiB: the middle one of some looks.
    pub(crate) fn memory(&mut self) -> Result<u64> {
        let mut looks = Vec::new();
        for _ in 0..9 {
            looks.push(Measure::of(self.server.pid())?.memory);
            self.talk(Duration::from_millis(500))?;
        }
        looks.sort_unstable();
        Ok(looks[looks.len() / 2])
    }
}
