//! Certificates from an ACME server (RFC 8555), which looks by a TLS handshake whether a host is
//! ours (RFC 8737), so no other port is needed. The library asks, keeps and renews; a task runs it.

mod kept;

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context as _;
use futures_rustls::pki_types::DnsName;
use futures_rustls::rustls::ClientConfig;
use guildhall_server::{NotAfter, Tls};
use http::Uri;
use rustls_acme::{AcmeConfig, EventOk};
use smol::stream::StreamExt as _;

use self::kept::Kept;
use super::arguments::TlsArguments;
use super::shown;
use crate::io_error::told;
use crate::tls::client_config;

/// The certificates to ask for, and the server that is asked.
#[derive(Debug, Clone)]
pub(super) struct Acme {
    hosts: Vec<String>,
    contacts: Vec<String>,
    cache: PathBuf,
    directory: String,
    client: Arc<ClientConfig>,
}

impl Acme {
    /// The settings, if they ask for certificates.
    ///
    /// # Errors
    ///
    /// A sentence: something is missing or wrong.
    pub(super) fn of(arguments: &TlsArguments) -> Result<Option<Self>, String> {
        let TlsArguments {
            tls_acme_hosts: hosts,
            tls_acme_email: emails,
            tls_acme_directory: directory,
            ..
        } = arguments;
        if hosts.is_empty() {
            let is_meant = !emails.is_empty() || arguments.tls_acme_cache.is_some();
            if !is_meant {
                return Ok(None);
            }
            return Err(
                "tls.acme_email and tls.acme_cache mean nothing without tls.acme_hosts: name the \
                 hosts that certificates are for"
                    .into(),
            );
        }
        let mut names = Vec::new();
        for host in hosts {
            let host = host.trim();
            check_host(host).map_err(|problem| format!("tls.acme_hosts: '{host}' {problem}"))?;
            names.push(host.to_lowercase());
        }
        let cache = arguments.tls_acme_cache.clone().ok_or(
            "tls.acme_hosts needs a folder to keep certificates in, or each start would ask for \
             new ones, of which there are a few a week: name one with tls.acme_cache",
        )?;
        check_cache(&cache)?;
        let address = directory.parse::<Uri>().ok();
        let is_address = address.is_some_and(|address| {
            address.scheme_str() == Some("https") && address.host().is_some_and(|it| !it.is_empty())
        });
        if !is_address {
            return Err(format!(
                "tls.acme_directory: '{directory}' is no https:// address"
            ));
        }
        let contacts = emails.iter().map(|email| match email.trim() {
            email if email.contains('@') => Ok(format!("mailto:{email}")),
            other => Err(format!("tls.acme_email: '{other}' is no e-mail address")),
        });
        let client = client_config(arguments.tls_acme_ca.as_deref(), "tls.acme_ca names others");
        Ok(Some(Self {
            hosts: names,
            contacts: contacts.collect::<Result<_, _>>()?,
            cache,
            directory: directory.clone(),
            client: client.map_err(|error| format!("tls.acme_ca: {error:#}"))?,
        }))
    }

    /// The hosts that certificates are for.
    pub(super) fn hosts(&self) -> &[String] {
        &self.hosts
    }

    /// The folder in which certificates are kept.
    pub(super) fn cache(&self) -> &Path {
        &self.cache
    }

    /// Gets certificates from now on.
    ///
    /// # Errors
    ///
    /// If the folder for them cannot be made.
    pub(super) fn start(&self) -> anyhow::Result<Tls> {
        make_private(&self.cache)
            .with_context(|| format!("tls.acme_cache: cannot use {}", shown(&self.cache)))?;
        let config = AcmeConfig::new_with_client_config(&self.hosts, Arc::clone(&self.client));
        let not_after = NotAfter::default();
        let mut state = config
            .contact(&self.contacts)
            .directory(&self.directory)
            .cache(Kept::new(self.cache.clone(), not_after.clone()))
            .state();
        let tls = Tls::with_resolver(state.resolver(), not_after);
        let (hosts, directory) = (self.hosts.join(", "), self.directory.clone());
        let run = async move {
            while let Some(event) = state.next().await {
                match event {
                    Ok(EventOk::DeployedCachedCert) => {
                        tracing::info!(hosts, "showing the certificate that was kept");
                    }
                    Ok(EventOk::DeployedNewCert) => {
                        tracing::info!(hosts, directory, "showing a new certificate");
                    }
                    Ok(EventOk::CertCacheStore) => {
                        tracing::info!(hosts, "the new certificate is kept for the next start");
                    }
                    Ok(EventOk::AccountCacheStore) => {}
                    Err(problem) => {
                        tracing::error!(hosts, directory, %problem, "cannot get a certificate, will keep trying");
                    }
                }
            }
        };
        smol::spawn(run).detach();
        Ok(tls)
    }

    /// The meaning, behind "with".
    pub(super) fn meaning(&self) -> String {
        let writes = match &self.contacts[..] {
            [] => "",
            _ => ", which may write to you",
        };
        format!(
            "a certificate for {} that it gets and renews itself from {}{writes}, and keeps in {}",
            self.hosts.join(", "),
            self.directory,
            shown(&self.cache)
        )
    }
}

/// Whether an ACME server may issue a certificate for this host by a TLS handshake.
fn check_host(host: &str) -> Result<(), &'static str> {
    if host.starts_with("*.") {
        return Err(
            "is a pattern, which needs a DNS challenge: get the certificate with another \
                    program, and name it with tls.cert",
        );
    }
    if host.parse::<std::net::IpAddr>().is_ok() {
        return Err("is an address: a certificate is for a name");
    }
    if host == "localhost" || DnsName::try_from(host).is_err() {
        return Err("is no name that others know this machine by");
    }
    Ok(())
}

/// Checks that nobody else may read what is kept in the folder, if it exists, and that this program
/// may: if not, each start would ask for new certificates.
fn check_cache(folder: &Path) -> Result<(), String> {
    let Ok(metadata) = fs::metadata(folder) else {
        return Ok(());
    };
    if !metadata.is_dir() {
        return Err(format!("tls.acme_cache: {} is no folder", shown(folder)));
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        if metadata.permissions().mode() & 0o077 != 0 {
            return Err(format!(
                "tls.acme_cache: others may read the keys in {0}: chmod 700 {0}",
                shown(folder)
            ));
        }
    }
    let unreadable = |path: &Path, error| {
        let error = told(&error);
        format!("tls.acme_cache: cannot read {}: {error}", shown(path))
    };
    let files = fs::read_dir(folder).map_err(|error| unreadable(folder, error))?;
    for file in files {
        let path = file.map_err(|error| unreadable(folder, error))?.path();
        File::open(&path).map_err(|error| unreadable(&path, error))?;
    }
    Ok(())
}

/// Makes the folder if it does not exist, for nobody else to read.
fn make_private(folder: &Path) -> std::io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::DirBuilderExt as _;
        builder.mode(0o700);
    }
    builder.create(folder)
}
