//! The signals of a server: it stops, becomes another program, or reads the settings again and takes over those that can
//! change while it runs.

mod held;

use std::ffi::OsString;
use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use async_signal::{Signal, Signals};
use guildhall_server::{Config, Stop, Tls};
use smol::Timer;
use smol::channel::{self, Receiver, Sender};
use smol::future::FutureExt as _;
use smol::stream::{self, Stream, StreamExt as _};

use crate::accounts::KeySets;
use crate::arguments::environment::{Other, Parsed, Setting, parse};
use crate::hook::HookSettings;
use crate::https::{CertificateReload, HttpsSettings};
use crate::logs::LogHandle;
use crate::shown;
use crate::upgrade::Upgrade;

pub use self::held::{Delivery, HeldSignals};

/// Reads a server's settings again.
#[derive(Debug)]
pub struct Reloader {
    words: Vec<OsString>,
    /// The settings that the server has.
    settings: Vec<Setting>,
    /// The digests of files and variables that tables name, as they were.
    digests: [(&'static str, u64); 3],
    /// The digest of the keys of the API.
    api_digest: u64,
    sets: KeySets,
    /// TLS as the server has it.
    https: HttpsSettings,
    tls: Option<Tls>,
    log: Arc<LogHandle>,
    configs: Sender<Config>,
}

impl Reloader {
    /// For a server that was started by these words and has these settings, and these sets of
    /// keys, and TLS: it gets later ones from `configs`.
    #[must_use]
    pub fn new(
        words: Vec<OsString>,
        parsed: Parsed,
        sets: KeySets,
        tls: Option<Tls>,
        log: Arc<LogHandle>,
        configs: Sender<Config>,
    ) -> Self {
        Self {
            words,
            digests: digests(&parsed),
            api_digest: parsed.api.digest(),
            settings: parsed.settings,
            sets,
            https: parsed.https,
            tls,
            log,
            configs,
        }
    }

    /// Reads the settings. If one is wrong, the server keeps those that it has. The log has a
    /// line on what was done. It may wait for a disk.
    pub fn reload(&mut self) {
        let parsed = match parse(&self.words) {
            Ok(parsed) => parsed,
            Err(Other::Mistake(problem) | Other::Text(problem)) => {
                tracing::error!(problem, "SIGHUP: the settings stay as they are");
                return;
            }
        };
        for ignored in &parsed.ignored {
            ignored.warn();
        }
        let (mut reloaded, mut restart) = (Vec::new(), Vec::new());
        let certificate = self.https.reload(&parsed.https, self.tls.as_ref());
        for (has, new) in self.settings.iter_mut().zip(&parsed.settings) {
            if has.value == new.value {
                has.origin = new.origin;
                continue;
            }
            let is_kept = certificate == CertificateReload::NeedsRestart && is_of_tls(&new.key);
            if shown::is_reloaded(&new.key) && !is_kept {
                reloaded.push(new.key.clone());
                has.clone_from(new);
            } else {
                restart.push(new.key.clone());
            }
        }
        // Another key or list may be in the same file.
        for (has, new) in self.digests.iter_mut().zip(digests(&parsed)) {
            let name = new.0;
            if std::mem::replace(has, new) != new && !reloaded.iter().any(|other| other == name) {
                reloaded.push(name.into());
            }
        }
        let digest = parsed.api.digest();
        if std::mem::replace(&mut self.api_digest, digest) != digest
            && !reloaded.iter().any(|name| name.starts_with("api."))
        {
            reloaded.push("api.key".into());
        }
        // Other files, or others in the same place.
        if certificate == CertificateReload::Shown {
            reloaded.retain(|name| !is_of_tls(name));
            reloaded.push("tls.cert".into());
        }
        // Before the lines about it. It may also be another one than the API has set.
        let is_other_log = self.log.reload(&parsed.arguments.serve.log);
        if is_other_log && !reloaded.iter().any(|name| name == "log") {
            reloaded.push("log".into());
        }
        // A set that is new is fetched when it is made, below.
        self.sets.fetch();
        let mut config = parsed.config(&self.sets);
        let file = parsed.arguments.serve.config.as_deref();
        config.shown = shown::shown(&self.settings, file).into();
        // Fails only if the server has ended.
        let _ = self.configs.try_send(config);
        if reloaded.is_empty() && restart.is_empty() {
            tracing::info!("SIGHUP: no setting has changed");
        }
        if !reloaded.is_empty() {
            tracing::info!(settings = reloaded.join(", "), "SIGHUP: reloaded");
        }
        if !restart.is_empty() {
            let settings = restart.join(", ");
            tracing::warn!(
                settings,
                "SIGHUP: for other values of these, restart the server"
            );
        }
    }
}

/// Whether the setting with this key is one of TLS.
fn is_of_tls(key: &str) -> bool {
    key.starts_with("tls.")
}

/// The digests of files and variables that tables name, with the names of these.
fn digests(Parsed { tables, .. }: &Parsed) -> [(&'static str, u64); 3] {
    let hook = tables.hook_settings.as_ref();
    [
        ("accounts", tables.accounts_settings.digest()),
        ("filters", tables.filter_settings.digest()),
        ("hook", hook.map_or(0, HookSettings::digest)),
    ]
}

/// The settings for the end of a server.
#[derive(Debug)]
pub struct Ending {
    /// How long it goes on before it closes its clients.
    pub drain: Duration,
    /// Whether its listening sockets outlive it.
    pub are_sockets_lasting: bool,
    /// The program that SIGUSR2 makes of it.
    pub upgrade: Arc<Upgrade>,
}

/// Takes over SIGTERM, SIGINT, SIGQUIT, which some containers stop with, and SIGUSR2, which asks
/// for an upgrade. What a server has to do for them comes from the stream.
///
/// At SIGHUP, `reloader` reads the settings again, on another thread. Other signals that would
/// end the server without a goodbye do nothing but a line in the log.
///
/// # Errors
///
/// If the signals cannot be taken over.
pub fn stops(
    reloader: Reloader,
    ending: Ending,
) -> io::Result<(impl Stream<Item = Stop>, AskedToUpgrade)> {
    let ends = [Signal::Term, Signal::Int, Signal::Quit];
    let others = [Signal::Hup, Signal::Usr1, Signal::Usr2, Signal::Xfsz];
    let asked = AskedToUpgrade {
        is_checked: Arc::default(),
        ends: Signals::new(ends)?,
    };
    let (checks, checked) = channel::unbounded();
    let received = Received {
        signals: Signals::new(ends.into_iter().chain(others))?,
        reloader: Arc::new(Mutex::new(reloader)),
        ending,
        is_checked: Arc::clone(&asked.is_checked),
        checks,
        checked,
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

/// The signals that a server receives.
#[derive(Debug)]
struct Received {
    signals: Signals,
    reloader: Arc<Mutex<Reloader>>,
    ending: Ending,
    is_checked: Arc<AtomicBool>,
    /// Whether the new program accepts the settings, each time that this was tried.
    checks: Sender<bool>,
    checked: Receiver<bool>,
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
            let (signals, checked) = (&mut self.signals, &self.checked);
            let signal = async { Ok(signals.next().await) };
            let checked = async { Err(checked.recv().await) };
            let signal = match signal.or(checked).await {
                Ok(Some(Ok(signal))) => signal,
                // The new program is good.
                Err(Ok(true)) => {
                    self.is_checked.store(true, Ordering::SeqCst);
                    return Stop::HandOver;
                }
                Err(_) => continue,
                Ok(_) => Signal::Term,
            };
            match signal {
                Signal::Hup => {
                    let reloader = Arc::clone(&self.reloader);
                    let reload = move || {
                        let reloader = reloader.lock();
                        reloader.unwrap_or_else(PoisonError::into_inner).reload();
                    };
                    // A file may be on a disk that does not answer.
                    smol::unblock(reload).detach();
                }
                Signal::Usr1 => tracing::info!("SIGUSR1 has no meaning here"),
                Signal::Usr2 => self.check(),
                // The log's file has the size that the system allows. A line about it
                // would be the next one that does not fit.
                Signal::Xfsz => {}
                _ => {
                    return if self.ending.are_sockets_lasting {
                        Stop::HandOver
                    } else {
                        Stop::End
                    };
                }
            }
        }
    }

    /// Has the new program look at the settings, on another thread.
    fn check(&self) {
        tracing::info!("SIGUSR2: looking whether the program can be upgraded");
        let (upgrade, checks) = (Arc::clone(&self.ending.upgrade), self.checks.clone());
        let check = move || {
            let checked = upgrade.check();
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
