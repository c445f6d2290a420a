//! A certificate authority of one test, and clients that trust it alone.

use std::net::{SocketAddr, TcpListener as StdListener};
use std::sync::Arc;
use std::thread;

use futures_rustls::TlsConnector;
use futures_rustls::pki_types::{CertificateDer, ServerName};
use futures_rustls::rustls::crypto::ring;
use futures_rustls::rustls::{
    ClientConfig, ClientConnection, RootCertStore, SupportedProtocolVersion,
};
use guildhall_server::CertificatePair;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};
use smol::io::{AsyncWriteExt as _, copy, split};
use smol::net::{TcpListener, TcpStream};
use smol::{block_on, future, spawn};

/// The authority. What it signs is for `localhost` unless a test says otherwise.
#[derive(Debug)]
pub struct Authority {
    issuer: CertifiedIssuer<'static, KeyPair>,
}

/// A certificate and its key, in PEM.
#[derive(Debug, Clone)]
pub struct Issued {
    /// The certificate.
    pub certificate: String,
    /// The same, as it is sent.
    pub der: CertificateDer<'static>,
    /// The key.
    pub key: String,
}

impl Authority {
    /// An authority with a new key.
    #[must_use]
    pub fn new() -> Self {
        let mut params = CertificateParams::default();
        let name = format!("Authority {:x}", fastrand::u64(..));
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().expect("a key");
        let issuer = CertifiedIssuer::self_signed(params, key).expect("a certificate");
        Self { issuer }
    }

    /// Its certificate, in PEM.
    #[must_use]
    pub fn pem(&self) -> String {
        self.issuer.pem()
    }

    /// A certificate for these names, with a new key.
    #[must_use]
    pub fn issue(&self, names: &[&str]) -> Issued {
        let names: Vec<_> = names.iter().map(|&name| name.to_owned()).collect();
        self.issue_with(CertificateParams::new(names).expect("names"))
    }

    /// A certificate of this kind, with a new key.
    #[must_use]
    pub fn issue_with(&self, params: CertificateParams) -> Issued {
        let key = KeyPair::generate().expect("a key");
        let certificate = params.signed_by(&key, &self.issuer).expect("a certificate");
        Issued {
            certificate: certificate.pem(),
            der: certificate.der().clone(),
            key: key.serialize_pem(),
        }
    }

    /// The settings of a client that trusts this authority, and offers this protocol over TLS.
    #[must_use]
    pub fn client(
        &self,
        versions: &[&'static SupportedProtocolVersion],
        protocol: &[u8],
    ) -> Arc<ClientConfig> {
        let mut roots = RootCertStore::empty();
        roots.add(self.issuer.der().clone()).expect("a root");
        let provider = Arc::new(ring::default_provider());
        let mut config = ClientConfig::builder_with_provider(provider)
            .with_protocol_versions(versions)
            .expect("versions")
            .with_root_certificates(roots)
            .with_no_client_auth();
        config.alpn_protocols = vec![protocol.to_vec()];
        Arc::new(config)
    }

    /// A client's side of a connection to `localhost`, without a socket.
    #[must_use]
    pub fn connection(&self, versions: &[&'static SupportedProtocolVersion]) -> ClientConnection {
        let config = self.client(versions, b"http/1.1");
        ClientConnection::new(config, localhost()).expect("a connection")
    }

    /// A port of this machine without TLS, whose connections go on to `server` over TLS: for
    /// clients that know none.
    #[must_use]
    pub fn tunnel(
        &self,
        server: SocketAddr,
        versions: &[&'static SupportedProtocolVersion],
    ) -> SocketAddr {
        let connector = TlsConnector::from(self.client(versions, b"http/1.1"));
        let listener = StdListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address");
        let listener = TcpListener::try_from(listener).expect("a listener");
        thread::spawn(move || {
            block_on(async {
                while let Ok((client, _)) = listener.accept().await {
                    spawn(pass(connector.clone(), client, server)).detach();
                }
            });
        });
        address
    }
}

impl Default for Authority {
    fn default() -> Self {
        Self::new()
    }
}

impl Issued {
    /// The same for a server.
    #[must_use]
    pub fn pair(&self) -> CertificatePair {
        let [certificate, key] = [&self.certificate, &self.key].map(String::as_bytes);
        CertificatePair::from_pem(certificate, key).expect("a pair")
    }
}

fn localhost() -> ServerName<'static> {
    ServerName::try_from("localhost").expect("a name")
}

/// Passes on all bytes in both directions, and the end of each.
async fn pass(connector: TlsConnector, client: TcpStream, server: SocketAddr) {
    let Ok(server) = TcpStream::connect(server).await else {
        return;
    };
    let _ = server.set_nodelay(true);
    let _ = client.set_nodelay(true);
    let Ok(server) = connector.connect(localhost(), server).await else {
        return;
    };
    let (from_server, mut to_server) = split(server);
    let (from_client, mut to_client) = (client.clone(), client);
    let up = async {
        let _ = copy(from_client, &mut to_server).await;
        let _ = to_server.close().await;
    };
    let down = async {
        let _ = copy(from_server, &mut to_client).await;
        let _ = to_client.close().await;
    };
    future::zip(up, down).await;
}
