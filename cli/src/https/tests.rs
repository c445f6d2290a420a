//! The words for certificates and settings.

use super::*;
use guildhall_testing::authority::Authority;
use std::fs;
use std::path::PathBuf;

/// A folder that is removed when it is dropped.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        let name = format!("guildhall-https-{:x}", fastrand::u64(..));
        let folder = std::env::temp_dir().join(name);
        fs::create_dir(&folder).unwrap();
        Self(folder)
    }

    fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.0.join(name);
        fs::write(&path, text).unwrap();
        path
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn arguments() -> TlsArguments {
    TlsArguments {
        tls_cert: None,
        tls_key: None,
        tls_redirect: None,
        tls_redirect_to: None,
        tls_hsts_seconds: 0,
        tls_acme_hosts: Vec::new(),
        tls_acme_email: Vec::new(),
        tls_acme_cache: None,
        tls_acme_directory: "https://acme.example/directory".into(),
        tls_acme_ca: None,
    }
}

#[track_caller]
fn refused(arguments: &TlsArguments, words: &str) {
    let error = HttpsSettings::read(arguments).expect_err(words);
    assert!(error.contains(words), "{error}");
}

#[test]
fn settings_that_contradict_each_other_are_refused() {
    let of = |change: &dyn Fn(&mut TlsArguments)| {
        let mut arguments = arguments();
        change(&mut arguments);
        arguments
    };
    assert!(!HttpsSettings::read(&arguments()).unwrap().is_on());
    let file = || Some(PathBuf::from("/nowhere/a.pem"));
    refused(
        &of(&|it| it.tls_cert = file()),
        "name its file with tls.key",
    );
    refused(
        &of(&|it| it.tls_key = file()),
        "name its file with tls.cert",
    );
    let redirect = of(&|it| it.tls_redirect = "127.0.0.1:80".parse().ok());
    refused(&redirect, "needs a certificate");
    let email = of(&|it| it.tls_acme_email = vec!["a@b.example".into()]);
    refused(&email, "without tls.acme_hosts");
    let hosts = |hosts: &[&str]| {
        let hosts: Vec<String> = hosts.iter().map(|&host| host.into()).collect();
        of(&|it| {
            it.tls_acme_hosts.clone_from(&hosts);
            it.tls_acme_cache = Some("/nowhere/cache".into());
        })
    };
    refused(&hosts(&["*.example"]), "is a pattern");
    refused(&hosts(&["192.0.2.1"]), "is an address");
    for none in ["localhost", "chat..example", ".", "-a.example"] {
        refused(&hosts(&[none]), "that others know this machine by");
    }
    let both = TlsArguments {
        tls_cert: file(),
        tls_key: file(),
        ..hosts(&["a.example"])
    };
    refused(&both, "leave one of them out");
    let without_folder = TlsArguments {
        tls_acme_cache: None,
        ..hosts(&["a.example"])
    };
    refused(&without_folder, "name one with tls.acme_cache");
    for wrong in ["http://acme.example", "https://", "acme.example"] {
        let wrong = TlsArguments {
            tls_acme_directory: wrong.into(),
            ..hosts(&["a.example"])
        };
        refused(&wrong, "is no https:// address");
    }
    let nobody = TlsArguments {
        tls_acme_email: vec!["me".into()],
        ..hosts(&["a.example"])
    };
    refused(&nobody, "is no e-mail address");
}

#[test]
fn a_folder_that_others_may_read_keeps_no_keys() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = Folder::new();
    fs::set_permissions(&folder.0, fs::Permissions::from_mode(0o755)).unwrap();
    let arguments = TlsArguments {
        tls_acme_hosts: vec!["a.example".into()],
        tls_acme_cache: Some(folder.0.clone()),
        ..arguments()
    };
    refused(&arguments, "chmod 700");
    fs::set_permissions(&folder.0, fs::Permissions::from_mode(0o700)).unwrap();
    let settings = HttpsSettings::read(&arguments).unwrap();
    assert!(settings.is_on());
    assert!(
        settings
            .meaning()
            .contains("a certificate for a.example that it gets")
    );
    assert!(settings.warnings(&[], 8443)[0].contains("port 443"));
    assert!(settings.warnings(&[], 443).is_empty());
}

#[test]
fn a_host_that_players_may_not_call_and_settings_without_a_meaning_are_told() {
    let folder = Folder::new();
    let acme = TlsArguments {
        tls_acme_hosts: vec!["a.example".into()],
        tls_acme_cache: Some(folder.0.join("new")),
        ..arguments()
    };
    let told = |arguments: &TlsArguments, hosts: &[&str]| {
        let hosts: Vec<_> = hosts.iter().map(|host| host.parse().unwrap()).collect();
        HttpsSettings::read(arguments)
            .unwrap()
            .warnings(&hosts, 443)
    };
    assert_eq!(told(&acme, &["a.example", "b.example"]), [""; 0]);
    assert_eq!(told(&acme, &["*"]), [""; 0]);
    let missing = told(&acme, &["b.example"]);
    assert!(missing[0].contains("a.example (tls.acme_hosts) gets 421"));
    let idle = TlsArguments {
        tls_acme_ca: Some("/nowhere".into()),
        tls_redirect_to: Some(443),
        ..arguments()
    };
    let idle = told(&idle, &[]).join("\n");
    assert!(idle.contains("tls.acme_directory, tls.acme_ca: no meaning without tls.acme_hosts"));
    assert!(idle.contains("tls.redirect_to, tls.hsts_seconds: no meaning without a certificate"));
}

#[test]
fn files_are_read_and_what_is_wrong_names_the_file() {
    let folder = Folder::new();
    let issued = Authority::new().issue(&["chat.example"]);
    let cert = folder.write("cert.pem", &issued.certificate);
    let key = folder.write("key.pem", &issued.key);
    let with = |cert: &Path, key: &Path| TlsArguments {
        tls_cert: Some(cert.to_owned()),
        tls_key: Some(key.to_owned()),
        ..arguments()
    };
    let settings = HttpsSettings::read(&with(&cert, &key)).unwrap();
    let meaning = settings.meaning();
    assert!(
        meaning.contains("for chat.example and holds until"),
        "{meaning}"
    );
    let hosts = ["chat.example", "other.example"].map(|host| host.parse().unwrap());
    let warnings = settings.warnings(&hosts, 443);
    let is_for = "is for chat.example, and not for other.example (allow_host)";
    assert!(
        warnings.iter().any(|it| it.contains(is_for)),
        "{warnings:?}"
    );
    assert!(
        warnings
            .iter()
            .all(|it| !it.contains("for chat.example (allow_host)"))
    );

    let other = folder.write("other.pem", &Authority::new().issue(&["a"]).key);
    refused(&with(&cert, &other), "not that of the certificate");
    refused(&with(&cert, &other), "other.pem");
    refused(&with(&key, &key), "tls.cert: ");
    refused(&with(&cert, &cert), "no private key");
    refused(
        &with(&folder.0.join("none.pem"), &key),
        "tls.cert: cannot read",
    );
    refused(
        &with(&cert, &folder.0.join("none.pem")),
        "tls.key: cannot read",
    );
    let empty = folder.write("empty.pem", "");
    refused(&with(&empty, &key), "no certificate");
}

#[test]
fn a_certificate_that_is_over_or_soon_is_said() {
    let issued = Authority::new().issue(&["a"]);
    let pair = issued.pair();
    let day = Duration::from_hours(24);
    let of = |now| validity(&pair, now).concat();
    assert_eq!(of(pair.not_after() - 20 * day), "");
    assert!(of(pair.not_after() - 10 * day).contains("only: renew it"));
    assert!(of(pair.not_after() + day).contains("and is no more"));
    assert!(of(pair.not_before() - day).contains("not valid before"));
}
