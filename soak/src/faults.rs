//! The faults that the server has while clients talk. Each fault is seen to have an effect, lasts for a
//! while, and ends; then all observers say something that has to be acknowledged.

use std::sync::atomic::Ordering;
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Context as _, Result, ensure};
use rustix::process::{Resource, Rlimit, Signal, getrlimit, prlimit};

use crate::run::Run;
use crate::server::get;

/// The limit of a server that gets no file descriptor any more: it has more than that for itself.
const FEW_FILES: u64 = 16;

/// How far the clock jumps, in seconds.
const JUMP: i64 = 3_600;

/// A fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    Kill,
    Stop,
    Upgrade,
    FullDisk,
    NoFiles,
    Clock,
    Pause,
}

/// Those behind which another process is the server, or another program.
pub(crate) const RESTARTS: [Fault; 3] = [Fault::Kill, Fault::Stop, Fault::Upgrade];

/// Those that a server lives through.
pub(crate) const OTHERS: [Fault; 4] = [Fault::FullDisk, Fault::NoFiles, Fault::Clock, Fault::Pause];

impl Fault {
    /// Its name, in words.
    pub(crate) fn words(self) -> &'static str {
        match self {
            Self::Kill => "killed",
            Self::Stop => "stopped and started",
            Self::Upgrade => "upgraded",
            Self::FullDisk => "the disk is full",
            Self::NoFiles => "no file descriptors",
            Self::Clock => "the clock jumps",
            Self::Pause => "paused",
        }
    }

    /// Does it, and waits until all is well again.
    ///
    /// # Errors
    ///
    /// If it has no effect, or the server does not get well.
    pub(crate) fn carry_out(self, run: &mut Run) -> Result<()> {
        match self {
            Self::Kill => kill(run),
            Self::Stop => stop(run),
            Self::Upgrade => upgrade(run),
            Self::FullDisk => fill_the_disk(run),
            Self::NoFiles => take_the_files(run),
            Self::Clock => set_the_clock(run),
            Self::Pause => pause(run),
        }?;
        run.wait_until_well()
    }
}

fn kill(run: &mut Run) -> Result<()> {
    run.server.signal(Signal::KILL)?;
    run.wait_for("the server's end", |run| Ok(run.server.end()?.is_some()))?;
    run.server.start_again()
}

fn stop(run: &mut Run) -> Result<()> {
    run.server.signal(Signal::TERM)?;
    run.wait_for("the server's end", |run| {
        let end = run.server.end()?;
        let is_good = end.is_none_or(|status| status.success());
        ensure!(is_good, "the server has ended badly: {end:?}");
        Ok(end.is_some())
    })?;
    run.server.start_again()
}

fn upgrade(run: &mut Run) -> Result<()> {
    let listening = run.server.logged("listening");
    run.server.signal(Signal::USR2)?;
    run.wait_for("the new program", |run| {
        Ok(run.server.logged("listening") > listening)
    })
}

fn fill_the_disk(run: &mut Run) -> Result<()> {
    run.wait_for("a full disk", |run| {
        // There is some room in the store's own files, and it may give back what it had.
        run.disk().fill()?;
        let answer = run.server.get("/readyz");
        Ok(answer.is_some_and(|it| it.status == 503 && it.body.contains("full")))
    })?;
    run.last()?;
    run.disk().free()
}

fn take_the_files(run: &mut Run) -> Result<()> {
    let pid = run.server.pid();
    let maximum = getrlimit(Resource::Nofile).maximum;
    let limit = |current| Rlimit { current, maximum };
    let before = prlimit(Some(pid), Resource::Nofile, limit(Some(FEW_FILES)));
    let before = before.context("a limit of our own child")?;
    run.wait_for("no more connections", |run| {
        Ok(get(run.server.address, "/livez").is_none())
    })?;
    // Clients that are connected chat on.
    run.round()?;
    run.last()?;
    prlimit(Some(pid), Resource::Nofile, before).context("a limit of our own child")?;
    Ok(())
}

fn set_the_clock(run: &mut Run) -> Result<()> {
    for jump in [JUMP, -JUMP, 0] {
        run.clock.set(jump)?;
        run.wait_for("a line with another time", |run| {
            let now = SystemTime::now().duration_since(UNIX_EPOCH)?;
            let now = i64::try_from(now.as_secs())?;
            let line = run.shared.newest_time.load(Ordering::Relaxed) / 1000;
            Ok((i64::try_from(line)? - now - jump).abs() < JUMP / 4)
        })?;
        run.round()?;
        run.last()?;
    }
    Ok(())
}

fn pause(run: &mut Run) -> Result<()> {
    run.server.signal(Signal::STOP)?;
    let lasted = run.last();
    run.server.signal(Signal::CONT)?;
    lasted
}
