//! The two files of a certificate: read, and watched by a thread, because who renews a
//! certificate need not know of this program.

use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use guildhall_server::{CertificatePair, Tls};

use crate::accounts::read_key::{KeySource, content};

use super::{day, names, shown};

/// How often the files are looked at: a call or two to the system.
const LOOK_EVERY: Duration = Duration::from_secs(2);

/// The files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Files {
    cert: PathBuf,
    key: PathBuf,
}

/// The marks of a file that was replaced, written to, or given to others: its number, its length, and
/// the time of the last change of either (`st_ctim`). `None`: there is none.
type Stamp = Option<(u64, u64, (i64, i64))>;

impl Files {
    pub(super) fn new(cert: PathBuf, key: PathBuf) -> Self {
        Self { cert, key }
    }

    pub(super) fn cert(&self) -> &Path {
        &self.cert
    }

    pub(super) fn key(&self) -> &Path {
        &self.key
    }

    /// Reads both.
    ///
    /// # Errors
    ///
    /// A sentence that names the setting and the file.
    pub(super) fn read(&self) -> Result<CertificatePair, String> {
        let read = |setting: &str, file: &Path| {
            let content = content(&KeySource::Pem(file.to_owned()));
            content.map_err(|problem| format!("{setting}: {problem}"))
        };
        let cert = read("tls.cert", &self.cert)?;
        let key = read("tls.key", &self.key)?;
        CertificatePair::from_pem(&cert, &key).map_err(|error| {
            let (setting, file) = if error.is_of_key() {
                ("tls.key", &self.key)
            } else {
                ("tls.cert", &self.cert)
            };
            format!("{setting}: {}: {error}", shown(file))
        })
    }

    fn stamps(&self) -> [Stamp; 2] {
        [&self.cert, &self.key].map(|file| {
            let metadata = fs::metadata(file).ok()?;
            let changed = (metadata.ctime(), metadata.ctime_nsec());
            Some((metadata.ino(), metadata.len(), changed))
        })
    }
}

/// The files that are watched now, and the certificate that the server shows. Two threads have it:
/// the one that watches, and the one that reads the settings again.
#[derive(Debug, Clone)]
pub(super) struct Watched(Arc<Mutex<(Files, CertificatePair)>>);

impl Watched {
    pub(super) fn new(files: Files, pair: CertificatePair) -> Self {
        Self(Arc::new(Mutex::new((files, pair))))
    }

    pub(super) fn files(&self) -> Files {
        self.lock().0.clone()
    }

    pub(super) fn pair(&self) -> CertificatePair {
        self.lock().1.clone()
    }

    /// Watches these files from now on, and shows what they have. Returns whether that is another
    /// certificate than before.
    pub(super) fn replace(&self, files: Files, pair: CertificatePair, tls: &Tls) -> bool {
        let shown = &mut *self.lock();
        let is_other = shown.1 != pair;
        if is_other {
            tls.replace(pair.clone());
        }
        *shown = (files, pair);
        is_other
    }

    /// Has the server show what the files have from now on, whenever they have changed. A pair
    /// that is wrong leaves the one before, and is read again until it is right: a renewal may take
    /// its time, and the rights to a file may come last.
    ///
    /// # Errors
    ///
    /// If the system gives no thread.
    pub(super) fn watch(&self, tls: Tls) -> io::Result<()> {
        let watched = self.clone();
        let look = move |files: Files| (files.stamps(), files);
        // Nothing: they may have changed since the server has read them for its start.
        let mut read = None;
        let mut told = None;
        let watch = move || loop {
            thread::sleep(LOOK_EVERY);
            let now = look(watched.files());
            if read.as_ref() == Some(&now) {
                told = None;
                continue;
            }
            match now.1.read() {
                Ok(pair) => {
                    let (names, until) = (names(&pair), day(pair.not_after()));
                    let is_other = watched.show(&now.1, pair, &tls);
                    read = Some(now);
                    told = None;
                    if is_other {
                        tracing::info!(
                            names,
                            until,
                            "the certificate's files have changed: shown from now on"
                        );
                    }
                }
                Err(problem) => {
                    if told.as_ref() != Some(&problem) {
                        tracing::error!(
                            problem,
                            "the certificate's files have changed: the one before stays"
                        );
                        told = Some(problem);
                    }
                }
            }
        };
        let thread = thread::Builder::new().name("certificate".into());
        thread.spawn(watch).map(drop)
    }

    /// Shows what was read from these files, if they are still those of the settings. Returns
    /// whether it is another certificate.
    fn show(&self, files: &Files, pair: CertificatePair, tls: &Tls) -> bool {
        let shown = &mut *self.lock();
        let is_other = shown.0 == *files && shown.1 != pair;
        if is_other {
            tls.replace(pair.clone());
            shown.1 = pair;
        }
        is_other
    }

    fn lock(&self) -> MutexGuard<'_, (Files, CertificatePair)> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
