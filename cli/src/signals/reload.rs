//! The settings, read again while a server runs: it takes over those that can change.

use std::ffi::OsString;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use guildhall_server::{Config, Tls};
use smol::channel::Sender;

use crate::accounts::KeySets;
use crate::arguments::environment::{Other, Parsed, Setting, parse};
use crate::hook::HookSettings;
use crate::https::{CertificateReload, HttpsSettings};
use crate::logs::LogHandle;
use crate::shown;

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
    /// How many clients of an address the server lets in, on which a rate depends.
    max_connections_per_address: usize,
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
            max_connections_per_address: parsed.arguments.serve.max_connections_per_address,
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
        let mut parsed = match parse(&self.words) {
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
        // This one stays as it is, and so does what follows from it.
        parsed.arguments.serve.max_connections_per_address = self.max_connections_per_address;
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

/// Reads the settings each time that somebody asks for it, on another thread.
#[derive(Debug)]
pub(super) struct Reloads {
    reloader: Arc<Mutex<Reloader>>,
    /// Whether somebody has asked, and they are not read yet.
    is_asked: Arc<AtomicBool>,
}

impl Reloads {
    pub(super) fn new(reloader: Reloader) -> Self {
        Self {
            reloader: Arc::new(Mutex::new(reloader)),
            is_asked: Arc::default(),
        }
    }

    /// Asks for it. However often that happens before they are read: once is enough.
    pub(super) fn ask(&self) {
        if self.is_asked.swap(true, Ordering::SeqCst) {
            return;
        }
        let (reloader, is_asked) = (Arc::clone(&self.reloader), Arc::clone(&self.is_asked));
        let reload = move || {
            let reloader = reloader.lock();
            let mut reloader = reloader.unwrap_or_else(PoisonError::into_inner);
            // Before: a file that changes while it is read is read once more.
            is_asked.store(false, Ordering::SeqCst);
            reloader.reload();
        };
        // A file may be on a disk that does not answer.
        smol::unblock(reload).detach();
    }
}
