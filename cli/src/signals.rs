//! The signals of a server: it stops, or reads the settings again and takes over those that can
//! change while it runs.

use std::ffi::OsString;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use async_signal::{Signal, Signals};
use guildhall_server::Config;
use smol::channel::Sender;
use smol::stream::StreamExt as _;

use crate::accounts::KeySets;
use crate::arguments::environment::{Other, Parsed, Setting, parse};
use crate::logs::LogHandle;

/// The settings that are taken over. The others need a restart.
const RELOADED: [&str; 8] = [
    "accounts",
    "allow_host",
    "allow_origin",
    "log",
    "page_server",
    "proxy_protocol",
    "rooms",
    "trusted_proxies",
];

/// How the keys of a table begin whose settings are taken over, too.
const RELOADED_TABLE: &str = "rates.";

/// Reads a server's settings again.
#[derive(Debug)]
pub struct Reloader {
    words: Vec<OsString>,
    /// The settings that the server has.
    settings: Vec<Setting>,
    /// What the files and variables of keys had.
    keys_digest: u64,
    sets: KeySets,
    log: LogHandle,
    configs: Sender<Config>,
}

impl Reloader {
    /// For a server that was started by these words and has these settings, and these sets of
    /// keys: it gets later ones from `configs`.
    #[must_use]
    pub fn new(
        words: Vec<OsString>,
        parsed: &Parsed,
        sets: KeySets,
        log: LogHandle,
        configs: Sender<Config>,
    ) -> Self {
        Self {
            words,
            settings: parsed.settings.clone(),
            keys_digest: parsed.tables.accounts_settings.digest(),
            sets,
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
        for (has, new) in self.settings.iter_mut().zip(&parsed.settings) {
            if has.value == new.value {
                continue;
            }
            if RELOADED.contains(&new.key.as_str()) || new.key.starts_with(RELOADED_TABLE) {
                reloaded.push(new.key.clone());
                has.clone_from(new);
            } else {
                restart.push(new.key.clone());
            }
        }
        // Another key may be in the same file.
        let digest = parsed.tables.accounts_settings.digest();
        if std::mem::replace(&mut self.keys_digest, digest) != digest
            && !reloaded.iter().any(|name| name == "accounts")
        {
            reloaded.push("accounts".into());
        }
        // Before the lines about it.
        self.log.reload(&parsed.arguments.serve.log);
        // Fails only if the server has ended.
        let _ = self.configs.try_send(parsed.config(&self.sets));
        self.sets.fetch();
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

/// Takes over SIGTERM, SIGINT, and SIGQUIT, which some containers stop with; the future is
/// ready when one arrives.
///
/// At SIGHUP, `reloader` reads the settings again, on another thread. Other signals that would
/// end the server without a goodbye do nothing but a line in the log.
///
/// # Errors
///
/// If the signals cannot be taken over.
pub fn stop_requested(reloader: Reloader) -> io::Result<impl Future<Output = ()>> {
    let mut signals = Signals::new([
        Signal::Term,
        Signal::Int,
        Signal::Quit,
        Signal::Hup,
        Signal::Usr1,
        Signal::Usr2,
        Signal::Xfsz,
    ])?;
    let reloader = Arc::new(Mutex::new(reloader));
    Ok(async move {
        while let Some(Ok(signal)) = signals.next().await {
            match signal {
                Signal::Hup => {
                    let reloader = Arc::clone(&reloader);
                    let reload = move || {
                        let reloader = reloader.lock();
                        reloader.unwrap_or_else(PoisonError::into_inner).reload();
                    };
                    // A file may be on a disk that does not answer.
                    smol::unblock(reload).detach();
                }
                Signal::Usr1 => tracing::info!("SIGUSR1 has no meaning here"),
                Signal::Usr2 => tracing::info!("SIGUSR2 has no meaning here"),
                // The log's file has the size that the system allows. A line about it
                // would be the next one that does not fit.
                Signal::Xfsz => {}
                _ => return,
            }
        }
    })
}
