//! TLS with a server: which certificates are trusted, and sentences for what goes wrong. The
//! chat client uses it for `wss://` addresses, and the server for keys at `https://` ones.

mod own_server;

use std::io::{Error, ErrorKind};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, ensure};
use futures_rustls::client::TlsStream;
use futures_rustls::pki_types::pem::PemObject as _;
use futures_rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use futures_rustls::rustls::client::WebPkiServerVerifier;
use futures_rustls::rustls::client::danger::ServerCertVerifier as _;
use futures_rustls::rustls::crypto::ring;
use futures_rustls::rustls::{self, CertificateError, ClientConfig, RootCertStore};
use futures_rustls::{TlsConnector, rustls::Error as TlsError};
use jiff::Timestamp;
use smol::net::TcpStream;

use self::own_server::AnyCertificate;

/// The protocol that is asked for. A proxy may offer HTTP/2, in which a chat opens in another way.
const HTTP: &[u8] = b"http/1.1";

/// The year 9000, in seconds since 1970. Certificates can end in 9999 at the latest.
const FAR: u64 = 221_845_392_000;

/// The certificates that are trusted.
#[derive(Clone)]
pub(crate) struct Trust {
    connector: TlsConnector,
    roots: Arc<RootCertStore>,
    /// How the user names other certificates.
    advice: &'static str,
}

/// Why a connection cannot be made secure.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Insecure {
    /// The server's certificate is not good: what is wrong, and the same in words.
    #[error("the server's certificate {1}")]
    Certificate(CertificateFault, String),
    /// The other side does not speak TLS.
    #[error("the server does not speak TLS there: a ws:// address may do")]
    NotTls,
    /// Another attempt would fail in the same way.
    #[error("{0}")]
    Final(String),
    /// Another attempt may succeed.
    #[error("{0}")]
    ForNow(String),
}

/// The fault of a certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CertificateFault {
    /// Nobody who is trusted has signed it.
    Issuer,
    /// It is for other names.
    Name,
    /// It is over.
    Over,
    /// It does not hold yet.
    NotYet,
    /// Something that is rare.
    Other,
}

impl Trust {
    /// Trusts the certificates in this PEM file and no others. Without a file, trusts the
    /// system's; `SSL_CERT_FILE` and `SSL_CERT_DIR` may name others instead. `advice` tells
    /// the user of the way to others, as "--ca FILE names others".
    ///
    /// # Errors
    ///
    /// A sentence for the user, if there is no certificate to trust.
    pub(crate) fn new(file: Option<&Path>, advice: &'static str) -> anyhow::Result<Self> {
        let (config, roots) = trusting(file, advice)?;
        Ok(Self {
            connector: TlsConnector::from(config),
            roots,
            advice,
        })
    }

    /// Trusts a server of this machine, which was found by its settings, whatever certificate it
    /// shows: that is for the name by which players call it.
    ///
    /// # Errors
    ///
    /// Never: the cryptography that is built in has what TLS 1.2 and 1.3 need.
    pub(crate) fn of_own_server() -> anyhow::Result<Self> {
        let provider = Arc::new(ring::default_provider());
        let mut config = ClientConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()?
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(AnyCertificate(provider)))
            .with_no_client_auth();
        config.alpn_protocols = vec![HTTP.to_vec()];
        Ok(Self {
            connector: TlsConnector::from(Arc::new(config)),
            roots: Arc::new(RootCertStore::empty()),
            advice: "the server of this machine",
        })
    }

    /// The end of the server's own certificate, which is the first of these; `None` if nobody can
    /// tell. They were accepted for this host.
    pub(crate) fn end_of(
        &self,
        certificates: &[CertificateDer<'_>],
        host: &str,
    ) -> Option<UnixTime> {
        let (own, between) = certificates.split_first()?;
        let name = ServerName::try_from(host.to_owned()).ok()?;
        let provider = Arc::new(ring::default_provider());
        let roots = Arc::clone(&self.roots);
        let judge = WebPkiServerVerifier::builder_with_provider(roots, provider);
        // Every certificate is over then, and the fault names its end.
        let far = UnixTime::since_unix_epoch(Duration::from_secs(FAR));
        let verified = (judge.build().ok()?).verify_server_cert(own, between, &name, &[], far);
        match verified {
            Err(TlsError::InvalidCertificate(CertificateError::ExpiredContext {
                not_after,
                ..
            })) => Some(not_after),
            _ => None,
        }
    }

    /// Does the TLS handshake with the host of this name or address.
    ///
    /// # Errors
    ///
    /// [`Insecure`]; nothing but the handshake was sent.
    pub(crate) async fn secure(
        &self,
        host: &str,
        stream: TcpStream,
    ) -> Result<TlsStream<TcpStream>, Insecure> {
        let name = ServerName::try_from(host.to_owned())
            .map_err(|_| Insecure::Final(format!("no certificate can be for “{host}”")))?;
        let connected = self.connector.connect(name, stream).await;
        connected.map_err(|error| explain(error, self.advice))
    }
}

/// The settings of a client that trusts what [`Trust::new`] says.
pub(crate) fn client_config(
    file: Option<&Path>,
    advice: &str,
) -> anyhow::Result<Arc<ClientConfig>> {
    trusting(file, advice).map(|(config, _)| config)
}

/// The same, with the certificates that it trusts.
fn trusting(
    file: Option<&Path>,
    advice: &str,
) -> anyhow::Result<(Arc<ClientConfig>, Arc<RootCertStore>)> {
    let mut roots = RootCertStore::empty();
    if let Some(file) = file {
        let cannot = || format!("cannot read certificates from {}", file.display());
        for certificate in CertificateDer::pem_file_iter(file).with_context(cannot)? {
            roots
                .add(certificate.with_context(cannot)?)
                .with_context(cannot)?;
        }
        let shown = file.display();
        ensure!(!roots.is_empty(), "there is no certificate in {shown}");
    } else {
        let found = rustls_native_certs::load_native_certs();
        roots.add_parsable_certificates(found.certs);
        if roots.is_empty() {
            let why = found.errors.first().map(|error| format!(" ({error})"));
            anyhow::bail!(
                "this computer has no certificates to know a server by{}: {advice}",
                why.unwrap_or_default()
            );
        }
    }
    let roots = Arc::new(roots);
    let mut config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_root_certificates(Arc::clone(&roots))
        .with_no_client_auth();
    config.alpn_protocols = vec![HTTP.to_vec()];
    Ok((Arc::new(config), roots))
}

impl std::fmt::Debug for Trust {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Trust").finish_non_exhaustive()
    }
}

fn explain(error: Error, advice: &str) -> Insecure {
    let inner = error.get_ref().and_then(|inner| inner.downcast_ref());
    match inner {
        Some(TlsError::InvalidCertificate(error)) => {
            let (fault, words) = fault(error, advice);
            Insecure::Certificate(fault, words)
        }
        Some(TlsError::InvalidMessage(_)) => Insecure::NotTls,
        Some(TlsError::AlertReceived(alert)) => {
            Insecure::ForNow(format!("the server refused TLS: {alert:?}"))
        }
        Some(error) => Insecure::ForNow(error.to_string()),
        None if error.kind() == ErrorKind::UnexpectedEof => Insecure::ForNow(
            "the server hung up before TLS was agreed on: perhaps it has none there".to_owned(),
        ),
        None => Insecure::ForNow(error.to_string()),
    }
}

/// The fault of a certificate, and the same in words.
fn fault(error: &CertificateError, advice: &str) -> (CertificateFault, String) {
    match error {
        // A certificate may claim the name of a trusted authority: its signature tells.
        CertificateError::UnknownIssuer | CertificateError::BadSignature => (
            CertificateFault::Issuer,
            format!("is of nobody whom this computer trusts: {advice}"),
        ),
        CertificateError::NotValidForNameContext {
            expected,
            presented,
        } => {
            let names: Vec<_> = presented.iter().map(|name| bare(name)).collect();
            let names = match &names[..] {
                [] => "no name at all".to_owned(),
                names => names.join(", "),
            };
            let words = format!("is for {names}, not for {}", expected.to_str());
            (CertificateFault::Name, words)
        }
        CertificateError::ExpiredContext { not_after, .. } => (
            CertificateFault::Over,
            format!("was valid until {} and is no more", day(*not_after)),
        ),
        CertificateError::NotValidYetContext { not_before, .. } => (
            CertificateFault::NotYet,
            format!("is not valid before {}", day(*not_before)),
        ),
        CertificateError::Other(rustls::OtherError(error))
            if error.to_string() == "CaUsedAsEndEntity" =>
        {
            let words = "is that of an authority (CA:TRUE), and a server needs one of its own \
                (CA:FALSE)";
            (CertificateFault::Other, words.to_owned())
        }
        error => (CertificateFault::Other, format!("is refused: {error}")),
    }
}

/// A name out of `DnsName("example.org")`.
fn bare(name: &str) -> &str {
    let inner = name.split_once('(').map_or(name, |(_, inner)| inner);
    inner.trim_end_matches(')').trim_matches('"')
}

/// The day of this time.
pub(crate) fn day(time: UnixTime) -> String {
    let seconds = i64::try_from(time.as_secs()).unwrap_or(i64::MAX);
    Timestamp::from_second(seconds).map_or_else(
        |_| "a day that no calendar has".to_owned(),
        |time| time.strftime("%Y-%m-%d").to_string(),
    )
}
