//! Certificates from Pebble, the ACME server that Let's Encrypt tests its own with, and a DNS
//! server by which it finds the host on this machine.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::os::unix::fs::PermissionsExt as _;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use futures_rustls::pki_types::CertificateDer;
use futures_rustls::pki_types::pem::PemObject as _;
use futures_rustls::rustls::crypto::ring;
use futures_rustls::rustls::{
    ALL_VERSIONS, ClientConfig, ClientConnection, RootCertStore, StreamOwned,
};
use guildhall_testing::api_client::bearer;
use guildhall_testing::authority::Authority;
use guildhall_testing::metrics::Metrics;
use guildhall_testing::wire::{PATIENCE, eventually};

use super::{Folder, shown, text};
use crate::program::{Program, free_address};

const HOST: &str = "chat.example";

const KEY: &str = "the-key-of-the-api-of-32-bytes-and-more";

/// How long a certificate of Pebble holds.
const VALID_FOR: Duration = Duration::from_hours(30 * 24);

/// A program that is killed when this is dropped.
struct Process(Child);

impl Process {
    fn start(command: &mut Command) -> Self {
        let name = command.get_program().to_owned();
        let quiet = command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        let child = quiet.spawn().unwrap_or_else(|error| {
            panic!(
                "this test needs {}: apt-get install pebble ({error})",
                name.display()
            )
        });
        Self(child)
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// An ACME server, with all that it needs.
struct Pebble {
    authority: Authority,
    directory: String,
    /// Its interface for tests.
    management: SocketAddr,
    _processes: [Process; 2],
}

impl Pebble {
    /// Starts one that looks for hosts at this port of this machine.
    fn start(folder: &Folder, port: u16) -> Self {
        let authority = Authority::new();
        let issued = authority.issue(&["localhost", "127.0.0.1"]);
        let [listens, management, dns, dns_management] = std::array::from_fn(|_| free_address());
        let config = serde_json::json!({ "pebble": {
            "listenAddress": listens.to_string(),
            "managementListenAddress": management.to_string(),
            "certificate": folder.write("pebble.pem", &issued.certificate),
            "privateKey": folder.write("pebble.key", &issued.key),
            "httpPort": 1,
            "tlsPort": port,
            "ocspResponderURL": "",
            "externalAccountBindingRequired": false,
            "certificateValidityPeriod": VALID_FOR.as_secs(),
        }});
        let config = folder.write("pebble.json", &config.to_string());
        let names = Process::start(
            Command::new("pebble-challtestsrv")
                .args(["-http01=", "-https01=", "-tlsalpn01=", "-defaultIPv6="])
                .arg(format!("-dns01={dns}"))
                .arg(format!("-management={dns_management}")),
        );
        let server = Process::start(
            Command::new("pebble")
                .arg(format!("-config={config}"))
                .arg(format!("-dnsserver={dns}"))
                .env("PEBBLE_VA_NOSLEEP", "1")
                .env("PEBBLE_WFE_NONCEREJECT", "0"),
        );
        for address in [listens, management, dns_management] {
            eventually("Pebble that listens", || TcpStream::connect(address).ok());
        }
        Self {
            authority,
            directory: format!("https://localhost:{}/dir", listens.port()),
            management,
            _processes: [names, server],
        }
    }

    /// The settings of a client that trusts what it issues.
    fn client(&self) -> Arc<ClientConfig> {
        let socket = TcpStream::connect(self.management).unwrap();
        socket.set_read_timeout(Some(PATIENCE)).unwrap();
        let connection = self.authority.connection(ALL_VERSIONS);
        let mut stream = StreamOwned::<ClientConnection, _>::new(connection, socket);
        stream.write_all(b"GET /roots/0 HTTP/1.0\r\n\r\n").unwrap();
        let mut answer = Vec::new();
        // It need not say its end.
        let _ = stream.read_to_end(&mut answer);
        let mut roots = RootCertStore::empty();
        for root in CertificateDer::pem_slice_iter(&answer) {
            roots.add(root.unwrap()).unwrap();
        }
        assert!(!roots.is_empty(), "{}", String::from_utf8_lossy(&answer));
        let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
        Arc::new(config)
    }
}

#[test]
fn the_server_gets_a_certificate_keeps_it_and_shows_it_again_after_a_restart() {
    let folder = Folder::new();
    let address = free_address();
    let pebble = Pebble::start(&folder, address.port());
    let ca = folder.write("ca.pem", &pebble.authority.pem());
    let cache = folder.0.join("certificates");
    let api = free_address();
    let start = || {
        Program::start(&[
            &format!("--api-listen={api}"),
            &format!("--api-key={KEY}"),
            &format!("--port={}", address.port()),
            &format!("--tls-acme-hosts={HOST}"),
            "--tls-acme-email=operator@chat.example",
            &format!("--tls-acme-cache={}", text(&cache)),
            &format!("--tls-acme-directory={}", pebble.directory),
            &format!("--tls-acme-ca={ca}"),
        ])
    };
    let mut server = start();
    let new = server.wait_for("the new certificate is kept for the next start");
    assert_eq!(new["hosts"], HOST);
    let client = pebble.client();
    // The client checks the chain, the name and the time.
    let first = shown(&server, Arc::clone(&client), HOST);
    let left = left(api, Arc::clone(&client));
    assert!(left <= VALID_FOR && left > VALID_FOR / 2, "{left:?}");
    let log = server.stop();
    let errors = log.iter().filter(|line| line["level"] == "ERROR");
    assert_eq!(errors.count(), 0, "{log:?}");

    let mode = std::fs::metadata(&cache).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o700, "nobody else reads the keys");

    let mut server = start();
    server.wait_for("showing the certificate that was kept");
    assert_eq!(shown(&server, Arc::clone(&client), HOST), first);
    let still_left = self::left(api, client);
    assert!(still_left <= left && still_left > VALID_FOR / 2, "{left:?}");
}

/// How long the certificate holds, by the metrics of a server that shows it at this address.
fn left(api: SocketAddr, config: Arc<ClientConfig>) -> Duration {
    let socket = TcpStream::connect(api).unwrap();
    socket.set_read_timeout(Some(PATIENCE)).unwrap();
    let connection = ClientConnection::new(config, HOST.try_into().unwrap()).unwrap();
    let mut stream = StreamOwned::new(connection, socket);
    let key = bearer(KEY);
    let ask = format!("GET /metrics HTTP/1.0\r\nhost: {HOST}\r\n{key}\r\n");
    stream.write_all(ask.as_bytes()).unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    let answer = String::from_utf8(answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").expect("a head");
    assert!(head.contains(" 200 "), "{head}");
    let until = Metrics::parse(body).count("guildhall_certificate_not_after_timestamp_seconds");
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    Duration::from_secs(until).saturating_sub(now)
}

#[test]
fn an_acme_server_that_does_not_answer_is_told_and_the_server_runs() {
    let folder = Folder::new();
    let nobody = free_address();
    let ca = folder.write("ca.pem", &Authority::new().pem());
    let mut server = Program::start(&[
        &format!("--tls-acme-hosts={HOST}"),
        &format!("--tls-acme-cache={}", folder.path("certificates")),
        &format!("--tls-acme-directory=https://{nobody}/dir"),
        &format!("--tls-acme-ca={ca}"),
    ]);
    let line = server.wait_for("cannot get a certificate, will keep trying");
    assert_eq!(line["hosts"], HOST);
    assert!(
        line["problem"].as_str().unwrap().contains("refused"),
        "{line}"
    );
    // Without a certificate, nobody can connect, and the log says so.
    let mut socket = TcpStream::connect(server.address()).unwrap();
    socket.set_read_timeout(Some(PATIENCE)).unwrap();
    let mut client = Authority::new().connection(ALL_VERSIONS);
    while client.complete_io(&mut socket).is_ok() {}
    let dropped = server.wait_for("connection dropped");
    let reason = dropped["reason"].as_str().unwrap();
    assert!(reason.contains("TLS handshake failed"), "{reason}");
}
