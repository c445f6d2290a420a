//! Ends TLS in front of a server, as a proxy does, with certificates that a test
//! makes.

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use futures_rustls::TlsAcceptor;
use futures_rustls::pki_types::{CertificateDer, PrivateKeyDer};
use futures_rustls::rustls::ServerConfig;
use futures_rustls::rustls::crypto::ring;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};
use smol::io::{copy, split};
use smol::net::{TcpListener, TcpStream};
use smol::{block_on, future, spawn};

/// A certificate authority of one test. Its certificate is in a file.
pub(crate) struct Authority {
    issuer: CertifiedIssuer<'static, KeyPair>,
    file: PathBuf,
}

impl Authority {
    /// Creates an authority.
    pub(crate) fn new() -> Self {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let mut params = CertificateParams::default();
        let name = format!("Authority {number}");
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let issuer = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
        let name = format!("authority-{}-{number}.pem", std::process::id());
        let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        fs::write(&file, issuer.pem()).unwrap();
        Self { issuer, file }
    }

    /// The path of its certificate's file.
    pub(crate) fn file(&self) -> &str {
        self.file.to_str().unwrap()
    }

    /// Ends TLS in front of a server, with a certificate of this authority for
    /// these names. Returns the port, on the loopback addresses.
    pub(crate) fn end(&self, server: SocketAddr, names: &[&str]) -> u16 {
        self.end_with(server, params(names))
    }

    /// Ends TLS in front of a server, with a certificate of this kind. Returns the port.
    pub(crate) fn end_with(&self, server: SocketAddr, params: CertificateParams) -> u16 {
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        listen(server, vec![certificate.der().clone()], &key)
    }

    /// Ends TLS in front of a server, with the authority's own certificate. Returns the
    /// port.
    pub(crate) fn end_itself(&self, server: SocketAddr) -> u16 {
        let certificate = self.issuer.der().clone();
        listen(server, vec![certificate], self.issuer.key())
    }
}

impl Drop for Authority {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.file);
    }
}

/// The parameters of a certificate for these names.
pub(crate) fn params(names: &[&str]) -> CertificateParams {
    let names: Vec<_> = names.iter().map(|&name| name.to_owned()).collect();
    CertificateParams::new(names).unwrap()
}

fn listen(server: SocketAddr, chain: Vec<CertificateDer<'static>>, key: &KeyPair) -> u16 {
    let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        block_on(async {
            while let Ok((client, _)) = listener.accept().await {
                spawn(pass(acceptor.clone(), client, server)).detach();
            }
        });
    });
    port
}

/// Passes on all bytes in both directions, until either side ends the connection.
async fn pass(acceptor: TlsAcceptor, client: TcpStream, server: SocketAddr) {
    let Ok(client) = acceptor.accept(client).await else {
        return;
    };
    let Ok(server) = TcpStream::connect(server).await else {
        return;
    };
    let (from_client, to_client) = split(client);
    let up = copy(from_client, server.clone());
    let down = copy(server, to_client);
    let _ = future::race(up, down).await;
}
