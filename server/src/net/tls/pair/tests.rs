//! Pairs that are right, and what is said of others.

use super::*;
use rcgen::{CertificateParams, KeyPair};

fn made(names: &[&str]) -> (String, String) {
    let names: Vec<_> = names.iter().map(|&name| name.to_owned()).collect();
    let key = KeyPair::generate().unwrap();
    let params = CertificateParams::new(names).unwrap();
    (params.self_signed(&key).unwrap().pem(), key.serialize_pem())
}

#[track_caller]
fn refused(certificate: &str, key: &str, is_of_key: bool, words: &str) {
    let error = CertificatePair::from_pem(certificate.as_bytes(), key.as_bytes()).unwrap_err();
    assert_eq!(error.is_of_key(), is_of_key, "{error}");
    assert!(error.to_string().contains(words), "{error}");
}

#[test]
fn a_pair_says_for_whom_it_is_and_for_how_long() {
    let (certificate, key) = made(&[
        "Chat.Example",
        "*.games.example",
        "192.0.2.7",
        "2001:db8::7",
    ]);
    let pair = CertificatePair::from_pem(certificate.as_bytes(), key.as_bytes()).unwrap();
    let names = [
        "chat.example",
        "*.games.example",
        "192.0.2.7",
        "2001:db8::7",
    ];
    assert_eq!(pair.names(), names);
    for host in [
        "chat.example",
        "CHAT.example",
        "one.games.example",
        "192.0.2.7",
        "[2001:db8::7]",
    ] {
        assert!(pair.is_for(host), "{host}");
    }
    for host in [
        "example",
        "games.example",
        "a.b.games.example",
        "192.0.2.8",
        "",
    ] {
        assert!(!pair.is_for(host), "{host}");
    }
    let now = SystemTime::now();
    assert!(pair.not_before() < now && now < pair.not_after());
}

#[test]
fn what_is_wrong_with_a_pair_is_said() {
    let (certificate, key) = made(&["a.example"]);
    let (_, other) = made(&["a.example"]);
    refused("", &key, false, "no certificate");
    refused(&key, &key, false, "no certificate");
    let damaged = certificate.replace("-----END", "----END");
    refused(&damaged, &key, false, "not PEM");
    let nonsense = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    refused(nonsense, &key, false, "");
    refused(&certificate, "", true, "no private key");
    refused(&certificate, &certificate, true, "no private key");
    refused(&certificate, &other, true, "not that of the certificate");
    let nonsense = "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n";
    refused(&certificate, nonsense, true, "of no use");
}
