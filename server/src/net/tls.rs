//! TLS for connections: the certificate that is shown, which can be replaced while the server
//! runs, and what happens to a connection's bytes.
//!
//! A connection's way through TLS:
//!
//! 1. [`handshakes`](super::handshakes) reads what the client sends, and has each step of the handshake worked out
//!    on another thread: a signature takes as long as hundreds of messages. Only a few are
//!    worked out at a time.
//! 2. From then on the connection's [`Session`](session::Session) encrypts and decrypts, on the
//!    network thread, in [`buffers`] that all connections of the thread share. It keeps bytes of
//!    its own only while a record is on its way: one that has come in part, or one that the
//!    socket has taken in part.
//!
//! `http` asks for the handshake, and [`socket`](super::socket) reads and writes by the session.

pub(crate) mod buffers;
pub(crate) mod pair;
pub(crate) mod session;

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use futures_rustls::rustls::crypto::{CryptoProvider, ring};
use futures_rustls::rustls::server::{NoServerSessionStorage, ResolvesServerCert};
use futures_rustls::rustls::{ServerConfig, version};

use crate::sync::lock::Lock;

use self::pair::CertificatePair;

/// The protocol that is spoken over TLS (RFC 7301). A client that names others alone is refused.
const HTTP: &[u8] = b"http/1.1";

/// The protocol by which an ACME server looks whether a host is ours (RFC 8737).
pub(crate) const ACME: &[u8] = b"acme-tls/1";

/// TLS of a server. Its clones share the certificate.
#[derive(Clone)]
pub struct Tls {
    current: Arc<Lock<Arc<ServerConfig>>>,
    not_after: NotAfter,
    /// For how long browsers keep to TLS; nothing if they are not told to.
    pub strict_for: Duration,
    /// The port that redirects name; `None`: the first one that the server listens on.
    pub https_port: Option<u16>,
}

impl Tls {
    /// For how long browsers keep to TLS, unless the operator says otherwise: a year.
    pub const STRICT_FOR: Duration = Duration::from_hours(365 * 24);

    /// TLS with this certificate.
    ///
    /// # Panics
    ///
    /// Never: the cryptography that is built in has what TLS 1.2 and 1.3 need.
    #[must_use]
    pub fn new(pair: CertificatePair) -> Self {
        let not_after = NotAfter::default();
        not_after.set(pair.not_after());
        Self::of(config(Arc::new(Shown(pair))), not_after)
    }

    /// TLS with the certificates that `resolver` gives. If it answers challenges of an ACME
    /// server, the server accepts those handshakes, and ends their connections. Whoever gives
    /// it another certificate sets `not_after`.
    #[must_use]
    pub fn with_resolver(resolver: Arc<dyn ResolvesServerCert>, not_after: NotAfter) -> Self {
        let mut config = config(resolver);
        config.alpn_protocols.push(ACME.to_vec());
        Self::of(config, not_after)
    }

    fn of(config: ServerConfig, not_after: NotAfter) -> Self {
        Self {
            current: Arc::new(Lock::new(Arc::new(config))),
            not_after,
            strict_for: Self::STRICT_FOR,
            https_port: None,
        }
    }

    /// Shows this certificate to clients that connect from now on. Those that are connected
    /// stay, and none of them can resume the TLS of the certificate before.
    pub fn replace(&self, pair: CertificatePair) {
        self.not_after.set(pair.not_after());
        *self.current.lock() = Arc::new(config(Arc::new(Shown(pair))));
    }

    /// Until when the certificate holds, in seconds since 1970. `None`: there is none yet.
    pub(crate) fn not_after(&self) -> Option<u64> {
        self.not_after.seconds()
    }

    /// The settings of a handshake that begins now.
    pub(crate) fn current(&self) -> Arc<ServerConfig> {
        Arc::clone(&self.current.lock())
    }
}

impl fmt::Debug for Tls {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Tls").finish_non_exhaustive()
    }
}

/// The time until which the certificate holds that is shown. Its clones share it.
#[derive(Debug, Clone, Default)]
pub struct NotAfter(
    /// In seconds since 1970; 0: not known.
    Arc<AtomicU64>,
);

impl NotAfter {
    /// Another certificate is shown, which holds until then.
    pub fn set(&self, time: SystemTime) {
        let since = time.duration_since(UNIX_EPOCH);
        let seconds = since.map_or(0, |since| since.as_secs());
        self.0.store(seconds, Ordering::Relaxed);
    }

    fn seconds(&self) -> Option<u64> {
        Some(self.0.load(Ordering::Relaxed)).filter(|&seconds| seconds > 0)
    }
}

/// A certificate that is shown to everybody, by whatever name the client calls the server.
#[derive(Debug)]
struct Shown(CertificatePair);

impl ResolvesServerCert for Shown {
    fn resolve(
        &self,
        hello: futures_rustls::rustls::server::ClientHello<'_>,
    ) -> Option<Arc<futures_rustls::rustls::sign::CertifiedKey>> {
        // Only a server that asks for certificates itself has an answer to a challenge.
        let asks_for = |name: &[u8]| {
            let mut names = hello.alpn().into_iter().flatten();
            names.any(|offered| offered == name)
        };
        (!asks_for(ACME)).then(|| self.0.key())
    }
}

fn config(resolver: Arc<dyn ResolvesServerCert>) -> ServerConfig {
    let mut config = ServerConfig::builder_with_provider(provider())
        .with_protocol_versions(&[&version::TLS13, &version::TLS12])
        .expect("the provider has what both versions need")
        .with_no_client_auth()
        .with_cert_resolver(resolver);
    config.alpn_protocols = vec![HTTP.to_vec()];
    // A client that comes back resumes by a ticket that it keeps itself, so nothing of it is kept
    // here.
    config.session_storage = Arc::new(NoServerSessionStorage {});
    if let Ok(ticketer) = ring::Ticketer::new() {
        config.ticketer = ticketer;
    }
    config
}

/// The cryptography.
pub(crate) fn provider() -> Arc<CryptoProvider> {
    Arc::new(ring::default_provider())
}
