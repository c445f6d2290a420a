//! A session against a client of the same library, without sockets.

use super::*;
use crate::net::tls::buffers::MAX_PLAIN;
use crate::net::tls::pair::CertificatePair;
use crate::net::tls::provider;
use futures_rustls::pki_types::CertificateDer;
use futures_rustls::rustls::{ClientConfig, ClientConnection, RootCertStore, version};
use rcgen::{CertificateParams, KeyPair};
use std::io::{Read as _, Write as _};

/// A client and the server's session.
struct Pair {
    client: ClientConnection,
    server: Session,
    /// The bytes that the client got.
    got: Vec<u8>,
}

fn pair(tls: &Tls, certificate: CertificateDer<'static>, is_old: bool) -> Pair {
    let mut roots = RootCertStore::empty();
    roots.add(certificate).unwrap();
    let version = if is_old {
        &version::TLS12
    } else {
        &version::TLS13
    };
    let config = ClientConfig::builder_with_provider(provider())
        .with_protocol_versions(&[version])
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let name = "a.example".try_into().unwrap();
    Pair {
        client: ClientConnection::new(Arc::new(config), name).unwrap(),
        server: Session::of(tls).unwrap(),
        got: Vec::new(),
    }
}

fn made() -> (Tls, CertificateDer<'static>) {
    let key = KeyPair::generate().unwrap();
    let params = CertificateParams::new(vec!["a.example".to_owned()]).unwrap();
    let certificate = params.self_signed(&key).unwrap();
    let pem = (certificate.pem(), key.serialize_pem());
    let pair = CertificatePair::from_pem(pem.0.as_bytes(), pem.1.as_bytes()).unwrap();
    (Tls::new(pair), certificate.der().clone())
}

impl Pair {
    /// Passes on all bytes, at most `size` of the client's at a time. Returns what the server got.
    fn pass(&mut self, size: usize) -> Result<Vec<u8>, Error> {
        let mut got = Vec::new();
        loop {
            let mut sent = Vec::new();
            while self.client.wants_write() {
                self.client.write_tls(&mut sent).unwrap();
            }
            for part in sent.chunks(size) {
                let mut bytes = [self.server.received(), part].concat();
                let mut buffer = [0; 7];
                let count = self.server.receive(&mut bytes, &mut buffer)?;
                got.extend_from_slice(&buffer[..count]);
                loop {
                    match self.server.take(&mut buffer) {
                        0 => break,
                        count => got.extend_from_slice(&buffer[..count]),
                    }
                }
            }
            let answer = self.server.held().to_vec();
            self.server.release(answer.len());
            let mut rest = &answer[..];
            while !rest.is_empty() {
                self.client.read_tls(&mut rest).unwrap();
                self.client.process_new_packets().unwrap();
                // At the end there is nothing to read, which is an error or not.
                let _ = self.client.reader().read_to_end(&mut self.got);
            }
            if sent.is_empty() && answer.is_empty() {
                return Ok(got);
            }
        }
    }
}

fn check(is_old: bool, size: usize) {
    let (tls, certificate) = made();
    let mut pair = pair(&tls, certificate, is_old);
    pair.pass(size).unwrap();
    assert!(!pair.server.is_handshaking() && !pair.client.is_handshaking());
    // Longer than a record, so that some of it waits.
    let text: Vec<u8> = (0..40_000_u32).map(|n| n.to_le_bytes()[0]).collect();
    pair.client.writer().write_all(&text).unwrap();
    assert_eq!(pair.pass(size).unwrap(), text);
    assert!(pair.server.received.is_empty() && pair.server.plain.is_empty());
    assert_eq!(
        pair.server.plain.capacity() + pair.server.held.capacity(),
        0
    );
    // And back, with the end.
    let mut record = vec![0; 2 * MAX_RECORD];
    for part in text.chunks(MAX_PLAIN) {
        let length = pair.server.encrypt(part, &mut record).unwrap();
        pair.server.hold(&record[..length]);
    }
    pair.server.say_end();
    pair.server.say_end();
    pair.pass(size).unwrap();
    assert!(pair.got == text);
    assert_eq!(
        pair.client.reader().read(&mut [0]).unwrap(),
        0,
        "the end is said"
    );
    // Nothing is sent behind the end.
    assert!(pair.server.encrypt(b"more", &mut record).is_err());
    pair.client.send_close_notify();
    pair.pass(size).unwrap();
    assert!(pair.server.is_ended());
}

#[test]
fn both_sides_understand_each_other_in_both_versions_whatever_the_pieces() {
    for is_old in [false, true] {
        for size in [1, 1_000, 100_000] {
            check(is_old, size);
        }
    }
}

#[test]
fn a_client_that_sends_other_things_than_tls_is_told_and_ended() {
    let (tls, _) = made();
    let mut server = Session::of(&tls).unwrap();
    // A first message without content.
    let mut rubbish = *b"\x16\x03\x01\x00\x04\x01\x00\x00\x00";
    assert!(server.receive(&mut rubbish, &mut []).is_err());
    // An alert (RFC 8446 section 6).
    assert_eq!(server.held()[0], 21);
    assert!(server.encrypt(b"x", &mut [0; 1000]).is_err());
}

#[test]
fn a_message_of_tls_without_an_end_is_not_kept_for_ever() {
    let (tls, certificate) = made();
    let mut pair = pair(&tls, certificate, false);
    pair.pass(10_000).unwrap();
    // The parts of a record that is longer than any is.
    let mut bytes = vec![23, 3, 3, 0xff, 0xff];
    bytes.resize(MAX_RECORD + 10, 0);
    assert!(pair.server.receive(&mut bytes, &mut []).is_err());
}
