//! The two files of a certificate: read, and watched by a thread, because who renews a
//! certificate need not know of this program.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, SystemTime};

use guildhall_server::{CertificatePair, Tls};

use crate::accounts::read_key::{KeySource, content};

use super::{day, names, shown};

/// How often the files are looked at: a call or two to the system.
const LOOK_EVERY: Duration = Duration::from_secs(2);

/// The files.
#[derive(Debug, Clone)]
pub(super) struct Files {
    cert: PathBuf,
    key: PathBuf,
}

/// The time and the length of a file: they tell that it was replaced, or written to.
type Stamp = Option<(SystemTime, u64)>;

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

    /// Has the server show what the files have from now on, whenever they have changed. A pair
    /// that is wrong leaves the one before.
    ///
    /// # Errors
    ///
    /// If the system gives no thread.
    pub(super) fn watch(&self, tls: Tls) -> io::Result<()> {
        let files = self.clone();
        let mut before = files.stamps();
        let watch = move || loop {
            thread::sleep(LOOK_EVERY);
            let now = files.stamps();
            if now == before {
                continue;
            }
            before = now;
            match files.read() {
                Ok(pair) => {
                    let (names, until) = (names(&pair), day(pair.not_after()));
                    tls.replace(pair);
                    tracing::info!(
                        names,
                        until,
                        "the certificate's files have changed: shown from now on"
                    );
                }
                // A renewal writes one file after the other.
                Err(problem) => {
                    tracing::error!(
                        problem,
                        "the certificate's files have changed: the one before stays"
                    );
                }
            }
        };
        let thread = thread::Builder::new().name("certificate".into());
        thread.spawn(watch).map(drop)
    }

    fn stamps(&self) -> [Stamp; 2] {
        [&self.cert, &self.key].map(|file| {
            let metadata = fs::metadata(file).ok()?;
            Some((metadata.modified().ok()?, metadata.len()))
        })
    }
}
