//! TLS of the server in its settings: the certificate's files, which are read here and watched, or
//! the ACME server that issues one. The server's `Tls` is what it does with them.

mod acme;
pub mod arguments;
mod files;

use std::net::TcpListener;
use std::path::Path;
use std::time::{Duration, SystemTime};

use guildhall_server::listen::{self, ListenError};
use guildhall_server::{AllowedHost, CertificatePair, Tls};
use jiff::Timestamp;

use crate::accounts::read_key::others_may_read;
use crate::api::arguments::ApiAddress;

use self::acme::Acme;
use self::arguments::TlsArguments;
use self::files::{Files, Watched};

/// A certificate that holds no longer than this is about to be over.
const SOON: Duration = Duration::from_hours(14 * 24);

/// The port on which an ACME server looks whether a host is ours (RFC 8737 section 3).
const CHALLENGE_PORT: u16 = 443;

/// TLS as the settings ask for it.
#[derive(Debug, Default)]
pub struct HttpsSettings {
    source: Source,
    redirect: Option<ApiAddress>,
    https_port: Option<u16>,
    strict_for: Duration,
    /// The settings that are there and mean nothing, with the reason.
    idle: Vec<String>,
}

/// The origin of the certificate.
#[derive(Debug, Default)]
enum Source {
    /// There is none, and no TLS.
    #[default]
    None,
    Files(Watched),
    Acme(Acme),
}

/// The certificate of settings that were read again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CertificateReload {
    /// It is the one that the server shows.
    Same,
    /// It is another one, which the server shows from now on.
    Shown,
    /// It comes from elsewhere, or there is TLS in only one of the settings.
    NeedsRestart,
}

impl HttpsSettings {
    /// Reads the certificate and its key.
    ///
    /// # Errors
    ///
    /// A sentence: a file is missing or wrong, or the settings contradict each other.
    pub fn read(arguments: &TlsArguments) -> Result<Self, String> {
        let source = match (&arguments.tls_cert, &arguments.tls_key) {
            (None, None) => Acme::of(arguments)?.map_or(Source::None, Source::Acme),
            (Some(_), Some(_)) if !arguments.tls_acme_hosts.is_empty() => {
                return Err(
                    "tls.cert names a certificate, and tls.acme_hosts asks for one: leave \
                            one of them out"
                        .into(),
                );
            }
            (Some(cert), Some(key)) => {
                let files = Files::new(cert.clone(), key.clone());
                let pair = files.read()?;
                Source::Files(Watched::new(files, pair))
            }
            (Some(_), None) => {
                return Err(
                    "tls.cert needs the certificate's key: name its file with tls.key".into(),
                );
            }
            (None, Some(_)) => {
                return Err("tls.key needs the certificate: name its file with tls.cert".into());
            }
        };
        if matches!(source, Source::None) && arguments.tls_redirect.is_some() {
            return Err(
                "tls.redirect sends browsers on to https://, which needs a certificate: \
                        name one with tls.cert and tls.key, or set tls.acme_hosts"
                    .into(),
            );
        }
        Ok(Self {
            source,
            redirect: arguments.tls_redirect.clone(),
            https_port: arguments.tls_redirect_to,
            strict_for: Duration::from_secs(arguments.tls_hsts_seconds),
            idle: arguments.idle(),
        })
    }

    /// Whether the server speaks TLS.
    #[must_use]
    pub fn is_on(&self) -> bool {
        !matches!(self.source, Source::None)
    }

    /// The folder in which certificates are kept that an ACME server has issued.
    pub(crate) fn cache(&self) -> Option<&Path> {
        match &self.source {
            Source::Acme(acme) => Some(acme.cache()),
            _ => None,
        }
    }

    /// The address from which browsers are sent on.
    pub(crate) fn redirect(&self) -> Option<&ApiAddress> {
        self.redirect.as_ref()
    }

    /// Listens for browsers that have to be sent on, if the settings say so.
    ///
    /// # Errors
    ///
    /// [`ListenError`].
    pub fn bind(&self) -> Result<Vec<TcpListener>, ListenError> {
        match &self.redirect {
            Some(ApiAddress { host, port }) => listen::bind_for("--tls-redirect", host, *port),
            None => Ok(Vec::new()),
        }
    }

    /// Starts TLS: from now on the files are watched, or certificates asked for, on a thread.
    /// `None` if there is none.
    ///
    /// # Errors
    ///
    /// A sentence, if the folder for certificates cannot be used.
    pub fn start(&self) -> anyhow::Result<Option<Tls>> {
        let mut tls = match &self.source {
            Source::None => return Ok(None),
            Source::Files(watched) => {
                let tls = Tls::new(watched.pair());
                watched.watch(tls.clone())?;
                tls
            }
            Source::Acme(acme) => acme.start()?,
        };
        tls.strict_for = self.strict_for;
        tls.https_port = self.https_port;
        Ok(Some(tls))
    }

    /// Takes over what can change of `new` while a server runs: another certificate.
    #[must_use]
    pub fn reload(&self, new: &Self, tls: Option<&Tls>) -> CertificateReload {
        match (&self.source, &new.source, tls) {
            (Source::Files(watched), Source::Files(new), Some(tls)) => {
                if watched.replace(new.files(), new.pair(), tls) {
                    CertificateReload::Shown
                } else {
                    CertificateReload::Same
                }
            }
            (Source::None, Source::None, _) | (Source::Acme(_), Source::Acme(_), _) => {
                CertificateReload::Same
            }
            _ => CertificateReload::NeedsRestart,
        }
    }

    /// Warnings about settings that are right each by itself.
    #[must_use]
    pub fn warnings(&self, hosts: &[AllowedHost], port: u16) -> Vec<String> {
        let mut warnings = self.idle.clone();
        warnings.extend(self.warnings_of_source(hosts, port));
        warnings
    }

    fn warnings_of_source(&self, hosts: &[AllowedHost], port: u16) -> Vec<String> {
        match &self.source {
            Source::None => Vec::new(),
            Source::Files(watched) => {
                let (files, pair) = (watched.files(), &watched.pair());
                let mut warnings = validity(pair, SystemTime::now());
                let missing = hosts.iter().filter_map(|host| match host {
                    AllowedHost::Name(name) if !pair.is_for(name) => Some(name),
                    _ => None,
                });
                for host in missing {
                    warnings.push(format!(
                        "the certificate is for {}, and not for {host} (allow_host)",
                        names(pair)
                    ));
                }
                if others_may_read(files.key()) {
                    warnings.push(format!(
                        "every user of this machine may read the key in {}: chmod o-rwx it",
                        files.key().display()
                    ));
                }
                warnings
            }
            Source::Acme(acme) => {
                let is_other = ![0, CHALLENGE_PORT].contains(&port);
                let warning = format!(
                    "the ACME server connects to port {CHALLENGE_PORT} of each host (TLS-ALPN-01), \
                     and this server listens on {port}: set --port {CHALLENGE_PORT}, or have {CHALLENGE_PORT} passed on \
                     to it"
                );
                let unknown = acme.hosts().iter().filter(|host| {
                    let is_allowed = |allowed: &AllowedHost| match allowed {
                        AllowedHost::Any => true,
                        AllowedHost::Name(name) => name == *host,
                    };
                    !hosts.is_empty() && !hosts.iter().any(is_allowed)
                });
                let unknown = unknown.map(|host| {
                    format!(
                        "whoever calls the server {host} (tls.acme_hosts) gets 421: add it to \
                         allow_host"
                    )
                });
                unknown.chain(is_other.then_some(warning)).collect()
            }
        }
    }

    /// The meaning of the settings, behind "the server".
    #[must_use]
    pub fn meaning(&self) -> String {
        let certificate = match &self.source {
            Source::None => {
                return "has no TLS itself (a proxy in front of it can have it)".into();
            }
            Source::Files(watched) => {
                let pair = watched.pair();
                format!(
                    "the certificate in {}, which is for {} and holds until {}",
                    watched.files().cert().display(),
                    names(&pair),
                    day(pair.not_after())
                )
            }
            Source::Acme(acme) => acme.meaning(),
        };
        let redirect = self.redirect.as_ref().map_or_else(String::new, |address| {
            format!("; browsers that come to http:// at {address} are sent on")
        });
        let strict = match self.strict_for.as_secs() {
            0 => String::new(),
            seconds => format!(
                "; browsers keep to https:// for {} days",
                seconds.div_ceil(86_400)
            ),
        };
        format!("speaks TLS alone (https://, wss://), with {certificate}{redirect}{strict}")
    }
}

/// Warnings about the time in which a certificate holds.
fn validity(pair: &CertificatePair, now: SystemTime) -> Vec<String> {
    let (begin, end) = (pair.not_before(), pair.not_after());
    let warning = if end <= now {
        format!(
            "the certificate was valid until {} and is no more: renew it",
            day(end)
        )
    } else if begin > now {
        format!("the certificate is not valid before {}", day(begin))
    } else if end <= now + SOON {
        format!("the certificate is valid until {} only: renew it", day(end))
    } else {
        return Vec::new();
    };
    vec![warning]
}

fn names(pair: &CertificatePair) -> String {
    match pair.names() {
        [] => "no name at all".into(),
        names => names.join(", "),
    }
}

fn day(time: SystemTime) -> String {
    Timestamp::try_from(time).map_or_else(
        |_| "a day that no calendar has".to_owned(),
        |time| time.strftime("%Y-%m-%d").to_string(),
    )
}

/// The path for the user.
fn shown(path: &Path) -> String {
    path.display().to_string()
}

#[cfg(test)]
mod tests;
