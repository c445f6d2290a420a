//! The tool that does handshakes, with a server that does nothing else.

#![allow(
    clippy::unwrap_used,
    reason = "all of this is tests, also what clippy takes for plain functions"
)]

use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::process::{Command, Output, Stdio};
use std::sync::Arc;
use std::sync::mpsc::{Sender, channel};
use std::time::Duration;
use std::{env, fs, process, thread};

use futures_rustls::pki_types::PrivateKeyDer;
use futures_rustls::rustls::crypto::ring;
use futures_rustls::rustls::{ServerConfig, ServerConnection};
use guildhall_benches::handshakes::Handshakes;
use rcgen::{CertificateParams, KeyPair};

/// A server's address, and its certificate as a PEM file.
fn server(done: Sender<()>) -> (SocketAddr, String) {
    let key = KeyPair::generate().unwrap();
    let params = CertificateParams::new(vec!["127.0.0.1".to_owned()]).unwrap();
    let certificate = params.self_signed(&key).unwrap();
    let private = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], private)
        .unwrap();
    let config = Arc::new(config);
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for mut socket in listener.incoming().map(Result::unwrap) {
            let mut connection = ServerConnection::new(Arc::clone(&config)).unwrap();
            while connection.is_handshaking() {
                connection.complete_io(&mut socket).unwrap();
            }
            // Nobody counts any more at the end.
            let _ = done.send(());
        }
    });
    (address, certificate.pem())
}

/// The output of the tool about handshakes with this address that end when `until` returns.
fn handshakes(address: SocketAddr, certificate: &str, until: impl FnOnce()) -> Output {
    let name = format!("handshakes-{}-{}.pem", process::id(), address.port());
    let file = env::temp_dir().join(name);
    fs::write(&file, certificate).unwrap();
    let mut child = Command::new(env!("CARGO_BIN_EXE_handshakes"))
        .arg(address.to_string())
        .arg("--ca")
        .arg(&file)
        .args(["--rate", "500"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    until();
    drop(child.stdin.take());
    let output = child.wait_with_output().unwrap();
    fs::remove_file(file).unwrap();
    output
}

#[test]
fn handshakes_go_on_until_the_input_ends() {
    let (sender, done) = channel();
    let (address, certificate) = server(sender);
    let output = handshakes(address, &certificate, || {
        for _ in 0..50 {
            done.recv_timeout(Duration::from_secs(30)).unwrap();
        }
    });
    assert!(output.status.success(), "{output:?}");
    let report: Handshakes = serde_json::from_slice(&output.stdout).unwrap();
    assert!(
        report.per_second > 0.0 && report.p50_ms <= report.p99_ms,
        "{report}"
    );
}

#[test]
fn a_handshake_that_fails_is_told() {
    let (_, certificate) = server(channel().0);
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let address = listener.local_addr().unwrap();
    // Whoever connects is hung up on, also when the test is over.
    let output = handshakes(address, &certificate, || {
        listener.accept().unwrap();
        drop(listener);
    });
    let words = String::from_utf8(output.stderr).unwrap();
    assert!(!output.status.success(), "{words}");
    assert!(words.contains("a handshake has failed"), "{words}");
}
