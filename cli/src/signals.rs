//! The signals of a server: it stops, becomes another program, or reads the settings again.

mod held;
mod reload;

use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, LazyLock};
use std::time::{Duration, Instant};

use async_signal::{Signal, Signals};
use guildhall_server::Stop;
use signal_hook::consts::{SIGINT, SIGQUIT, SIGTERM};
use signal_hook::flag;
use smol::Timer;
use smol::channel::{self, Receiver, Sender};
use smol::future::FutureExt as _;
use smol::stream::{self, Stream, StreamExt as _};

use self::reload::Reloads;
use crate::service_manager;
use crate::upgrade::Upgrade;

pub use self::held::{Delivery, HeldSignals};
pub use self::reload::Reloader;

/// Those that end a server.
const ENDS: [Signal; 3] = [Signal::Term, Signal::Int, Signal::Quit];

/// The same by their numbers.
const END_NUMBERS: [i32; 3] = [SIGTERM, SIGINT, SIGQUIT];

/// Whether nobody can have asked the server for anything so far. For the process, as its signals are.
static IS_STARTING: LazyLock<Arc<AtomicBool>> = LazyLock::new(|| Arc::new(true.into()));

/// The server has what was kept, and begins to serve.
pub fn started() {
    IS_STARTING.store(false, Ordering::SeqCst);
}

/// The settings for the end of a server.
#[derive(Debug)]
pub struct Ending {
    /// How long it goes on before it closes its clients.
    pub drain: Duration,
    /// Whether its listening sockets outlive it.
    pub are_sockets_lasting: bool,
    /// Whether those of its API do.
    pub is_api_lasting: bool,
    /// The program that SIGUSR2 makes of it.
    pub upgrade: Arc<Upgrade>,
}

/// Takes over SIGTERM, SIGINT, SIGQUIT, which some containers stop with, and SIGUSR2, which asks
/// for an upgrade. What a server has to do for them comes from the stream.
///
/// At SIGHUP, `reloader` reads the settings again, on another thread. Other signals that would
/// end the server without a goodbye do nothing but a line in the log. Before [`started`], a signal
/// that asks for the end is the process's end: there are no clients yet, and a start may wait for an
/// hour.
///
/// # Errors
///
/// If the signals cannot be taken over.
pub fn stops(
    reloader: Reloader,
    ending: Ending,
) -> io::Result<(impl Stream<Item = Stop>, AskedToUpgrade)> {
    for number in END_NUMBERS {
        flag::register_conditional_shutdown(number, 0, Arc::clone(&IS_STARTING))?;
    }
    let asked = AskedToUpgrade {
        is_checked: Arc::default(),
        ends: Signals::new(ENDS)?,
    };
    let (checks, checked) = channel::unbounded();
    let received = Received {
        ends: Signals::new(ENDS)?,
        upgrades: Signals::new([Signal::Usr2])?,
        reloads: Signals::new([Signal::Hup])?,
        others: Signals::new([Signal::Usr1, Signal::Xfsz])?,
        reloading: Reloads::new(reloader),
        ending,
        is_checked: Arc::clone(&asked.is_checked),
        checks,
        checked,
        is_checking: false,
        phase: Phase::Running,
    };
    let stops = stream::unfold(received, |mut received| async move {
        let stop = received.next().await?;
        Some((stop, received))
    });
    Ok((stops, asked))
}

/// The end of a server, which may have been asked to become the next program.
#[derive(Debug)]
pub struct AskedToUpgrade {
    /// Whether the new program has accepted the settings.
    is_checked: Arc<AtomicBool>,
    /// The signals that end a server, whenever they came.
    ends: Signals,
}

impl AskedToUpgrade {
    /// Whether the process becomes the new program: if nobody has asked it to end as well, before
    /// or after.
    #[must_use]
    pub fn is_last(mut self) -> bool {
        let ended = smol::block_on(smol::future::poll_once(self.ends.next()));
        self.is_checked.load(Ordering::SeqCst) && ended.is_none()
    }
}

/// The signals that a server receives. Each group has a queue of its own, since one that is full
/// drops what comes: a thousand reloads at once must not cost the signal to stop, and a log that
/// has reached its greatest size (SIGXFSZ) no reload.
#[derive(Debug)]
struct Received {
    ends: Signals,
    upgrades: Signals,
    reloads: Signals,
    others: Signals,
    reloading: Reloads,
    ending: Ending,
    is_checked: Arc<AtomicBool>,
    /// Whether the new program accepts the settings, each time that this was tried.
    checks: Sender<bool>,
    checked: Receiver<bool>,
    /// Whether it is looking at them now.
    is_checking: bool,
    phase: Phase,
}

/// How far a server is with its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// Nobody has asked for it.
    Running,
    /// It goes on until then, and ends so.
    Draining { until: Instant, stop: Stop },
    /// It was told to end.
    Ending,
}

impl Received {
    /// The next thing that the server has to do. `None`: nothing, any more.
    async fn next(&mut self) -> Option<Stop> {
        let stop = match self.phase {
            Phase::Running => {
                let stop = self.asked().await;
                // A program that becomes another one refuses nobody meanwhile.
                let is_upgrade = self.is_checked.load(Ordering::SeqCst);
                if !self.ending.drain.is_zero() && !is_upgrade {
                    service_manager::draining(self.ending.drain);
                    let until = Instant::now() + self.ending.drain;
                    self.phase = Phase::Draining { until, stop };
                    return Some(Stop::Drain);
                }
                stop
            }
            Phase::Draining { until, stop } => {
                let over = async {
                    Timer::at(until).await;
                    stop
                };
                // A second signal says that nobody wants to wait.
                let asked = async {
                    self.asked().await;
                    stop
                };
                over.or(asked).await
            }
            Phase::Ending => return None,
        };
        self.phase = Phase::Ending;
        Some(stop)
    }

    /// Waits until the server is asked to stop, and returns how it ends then.
    async fn asked(&mut self) -> Stop {
        loop {
            let ends = async { Ok(self.ends.next().await) };
            let upgrades = async { Ok(self.upgrades.next().await) };
            let checked = async { Err(self.checked.recv().await) };
            let reloads = async { Ok(self.reloads.next().await) };
            let others = async { Ok(self.others.next().await) };
            let any = ends.or(upgrades).or(checked).or(reloads).or(others);
            let came = any.await;
            // A result of the new program: it does not look any more.
            self.is_checking &= came.is_ok();
            let signal = match came {
                Ok(Some(Ok(signal))) => signal,
                // The new program is good, and comes too late for a server that drains.
                Err(Ok(true)) if self.phase == Phase::Running => {
                    self.is_checked.store(true, Ordering::SeqCst);
                    return Stop::HandOver { api: true };
                }
                Err(_) => continue,
                Ok(_) => Signal::Term,
            };
            match signal {
                Signal::Hup => self.reloading.ask(),
                Signal::Usr1 => tracing::info!("SIGUSR1 has no meaning here"),
                Signal::Usr2 if self.phase == Phase::Running => self.check(),
                Signal::Usr2 => tracing::info!("SIGUSR2 has no meaning while the server stops"),
                // The log's file has the size that the system allows. A line about it
                // would be the next one that does not fit.
                Signal::Xfsz => {}
                _ => {
                    return if self.ending.are_sockets_lasting {
                        Stop::HandOver {
                            api: self.ending.is_api_lasting,
                        }
                    } else {
                        Stop::End
                    };
                }
            }
        }
    }

    /// Has the new program look at the settings, on another thread, unless it does so already.
    fn check(&mut self) {
        if self.is_checking {
            tracing::info!("SIGUSR2: the new program is looking at the settings already");
            return;
        }
        self.is_checking = true;
        tracing::info!("SIGUSR2: looking whether the program can be upgraded");
        let (upgrade, checks) = (Arc::clone(&self.ending.upgrade), self.checks.clone());
        let check = move || {
            let checked = async { Some(upgrade.check().await) };
            // The server ends: nobody waits for the result.
            let ended = async {
                checks.closed().await;
                None
            };
            let Some(checked) = smol::block_on(checked.or(ended)) else {
                return;
            };
            match &checked {
                Ok(()) => tracing::info!("SIGUSR2: the new program takes over"),
                Err(problem) => tracing::error!(%problem, "SIGUSR2: the server stays as it is"),
            }
            // Fails only if the server has ended.
            let _ = checks.try_send(checked.is_ok());
        };
        smol::unblock(check).detach();
    }
}
