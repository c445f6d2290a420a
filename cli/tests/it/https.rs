//! The program with TLS of its own: its settings, files that are replaced, and certificates from
//! a real ACME server.

mod acme;
mod bench;
mod files;

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use futures_rustls::pki_types::CertificateDer;
use futures_rustls::rustls::{ALL_VERSIONS, ClientConfig, ClientConnection};
use guildhall_testing::authority::{Authority, Issued};
use guildhall_testing::wire::PATIENCE;
use rustix::process::Signal;
use serde_json::json;

use crate::piped_chat::{PipedChat, script};
use crate::program::{self, Program, command, free_address};

/// A folder with a certificate and its key, which is removed when it is dropped.
pub(crate) struct Folder(PathBuf);

impl Folder {
    pub(crate) fn new() -> Self {
        let name = format!("guildhall-tls-{:x}", fastrand::u64(..));
        let folder = std::env::temp_dir().join(name);
        fs::create_dir(&folder).unwrap();
        Self(folder)
    }

    pub(crate) fn path(&self, name: &str) -> String {
        self.0.join(name).to_str().unwrap().to_owned()
    }

    pub(crate) fn write(&self, name: &str, text: &str) -> String {
        let path = self.path(name);
        fs::write(&path, text).unwrap();
        path
    }

    /// Writes the pair that the program is started with.
    pub(crate) fn put(&self, issued: &Issued) {
        self.write("cert.pem", &issued.certificate);
        self.write("key.pem", &issued.key);
    }

    /// The flags that name the pair.
    pub(crate) fn flags(&self) -> [String; 2] {
        let flag = |flag: &str, file: &str| format!("--tls-{flag}={}", self.path(file));
        [flag("cert", "cert.pem"), flag("key", "key.pem")]
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// The certificate that a server shows to who calls it by this name.
fn shown(server: &Program, config: Arc<ClientConfig>, name: &str) -> CertificateDer<'static> {
    let mut socket = TcpStream::connect(server.address()).unwrap();
    socket.set_read_timeout(Some(PATIENCE)).unwrap();
    let name = name.to_owned().try_into().unwrap();
    let mut client = ClientConnection::new(config, name).unwrap();
    while client.is_handshaking() {
        client.complete_io(&mut socket).unwrap();
    }
    client.peer_certificates().unwrap()[0].clone()
}

fn shown_to(server: &Program, authority: &Authority) -> CertificateDer<'static> {
    shown(
        server,
        authority.client(ALL_VERSIONS, b"http/1.1"),
        "localhost",
    )
}

/// A server with a certificate, and Ann, who chats there.
struct Secure {
    first: Issued,
    server: Program,
    ann: PipedChat,
    /// The server's address, and the file with the authority.
    url: String,
    ca: String,
}

impl Secure {
    fn start(authority: &Authority, folder: &Folder) -> Self {
        let first = authority.issue(&["localhost"]);
        folder.put(&first);
        let ca = folder.write("ca.pem", &authority.pem());
        let flags = folder.flags();
        let server = Program::start(&[&flags[0], &flags[1]]);
        let url = format!("wss://localhost:{}/ws", server.address().port());
        let mut ann = PipedChat::start(&url, "Ann", &["--ca", &ca]);
        ann.say(&["hello"]);
        ann.wait_for("[lobby] Ann: hello");
        assert_eq!(shown_to(&server, authority), first.der);
        Self {
            first,
            server,
            ann,
            url,
            ca,
        }
    }
}

#[test]
fn users_chat_over_tls_and_files_that_change_are_shown_without_a_word() {
    let (authority, folder) = (Authority::new(), Folder::new());
    let Secure {
        first,
        mut server,
        mut ann,
        url,
        ca,
    } = Secure::start(&authority, &folder);

    // Half of a renewal, and then the rest.
    let next = authority.issue(&["localhost"]);
    folder.write("cert.pem", &next.certificate);
    let stays = server.wait_for("the certificate's files have changed: the one before stays");
    let problem = stays["problem"].as_str().unwrap();
    assert!(problem.contains("key.pem") && problem.contains("not that of the certificate"));
    assert_eq!(shown_to(&server, &authority), first.der);
    folder.write("key.pem", &next.key);
    let changed = server.wait_for("the certificate's files have changed: shown from now on");
    assert_eq!(changed["names"], "localhost");
    assert_eq!(shown_to(&server, &authority), next.der);
    ann.say(&["still here"]);
    ann.wait_for("[lobby] Ann: still here");
    script(&url, "Bob", &["hi"], &["--ca", &ca]).succeeded();
    ann.wait_for("[lobby] Bob: hi");
    ann.end().succeeded();
}

#[test]
fn sighup_reads_the_files_at_once_and_keeps_what_it_has_if_they_are_wrong() {
    let (authority, folder) = (Authority::new(), Folder::new());
    let first = authority.issue(&["localhost"]);
    folder.put(&first);
    let flags = folder.flags();
    let mut server = Program::start(&[&flags[0], &flags[1]]);
    folder.write("key.pem", "nothing");
    server.signal(Signal::HUP);
    let stays = server.wait_for("SIGHUP: the settings stay as they are");
    assert!(
        stays["problem"]
            .as_str()
            .unwrap()
            .contains("no private key")
    );
    assert_eq!(shown_to(&server, &authority), first.der);
    let next = authority.issue(&["localhost"]);
    folder.put(&next);
    server.signal(Signal::HUP);
    let reloaded = server.wait_for("SIGHUP: reloaded");
    assert_eq!(reloaded["settings"], "tls.cert");
    assert_eq!(shown_to(&server, &authority), next.der);
}

#[test]
fn plain_http_on_the_port_is_told_and_logged() {
    let (authority, folder) = (Authority::new(), Folder::new());
    folder.put(&authority.issue(&["localhost"]));
    let flags = folder.flags();
    let server = Program::start(&[&flags[0], &flags[1]]);
    let url = format!("ws://localhost:{}/ws", server.address().port());
    script(&url, "Ann", &["hi"], &[]).failed_with("wss://");
    let log = server.stop();
    let is_it = |line: &&serde_json::Value| {
        let reason = line["reason"].as_str().unwrap_or_default();
        line["message"] == "connection dropped" && reason.contains("without TLS")
    };
    assert!(log.iter().any(|line| is_it(&line)), "{log:?}");
}

#[test]
fn plain_http_for_the_api_is_logged() {
    let (authority, folder) = (Authority::new(), Folder::new());
    folder.put(&authority.issue(&["localhost"]));
    let flags = folder.flags();
    let api = free_address();
    let listen = format!("--api-listen={api}");
    let key = format!("--api-key={}", "k".repeat(32));
    let server = Program::start(&[&flags[0], &flags[1], &listen, &key]);
    let mut scraper = TcpStream::connect(api).unwrap();
    scraper.set_read_timeout(Some(PATIENCE)).unwrap();
    let ask = "GET /metrics HTTP/1.1\r\nhost: localhost\r\n\r\n";
    scraper.write_all(ask.as_bytes()).unwrap();
    // It has an alert of TLS at most, or a reset.
    let _ = scraper.read_to_end(&mut Vec::new());
    let log = server.stop();
    let is_it = |line: &&serde_json::Value| {
        let reason = line["reason"].as_str().unwrap_or_default();
        line["message"] == "connection dropped" && reason.contains("it is not TLS")
    };
    let line = log.iter().find(is_it).expect("a line");
    assert_eq!(
        (&line["address"], &line["api"]),
        (&json!("127.0.0.1"), &json!(true))
    );
}

#[test]
fn a_check_says_what_the_certificate_is_for_or_what_is_wrong() {
    let (authority, folder) = (Authority::new(), Folder::new());
    folder.put(&authority.issue(&["chat.example"]));
    let check = |text: &str| {
        let file = folder.write("guildhall.toml", text);
        let output = program::run(command(&["check", &file]));
        let text = [output.stdout, output.stderr].concat();
        (output.status.success(), String::from_utf8(text).unwrap())
    };
    // Paths begin at the file's own folder.
    let right = "allow_host = [\"chat.example\", \"other.example\"]\n[tls]\ncert = \"cert.pem\"\n\
                 key = \"key.pem\"\nredirect = \"127.0.0.1:8081\"\n";
    let (is_right, text) = check(right);
    assert!(is_right, "{text}");
    assert!(text.contains("- speaks TLS alone (https://, wss://), with the certificate in"));
    assert!(text.contains("is for chat.example, and not for other.example (allow_host)"));
    assert!(
        text.contains("http:// at 127.0.0.1:8081 are sent on"),
        "{text}"
    );
    let refused = |text: &str, words: &str| {
        let (is_right, said) = check(text);
        assert!(!is_right && said.contains(words), "{said}");
    };
    refused("[tls]\ncert = \"cert.pem\"\n", "name its file with tls.key");
    refused(
        "[tls]\ncert = \"cert.pem\"\nkey = \"none.pem\"\n",
        "none.pem",
    );
    refused(
        "[tls]\ncert = \"key.pem\"\nkey = \"key.pem\"\n",
        "no certificate",
    );
    refused(
        "[tls]\nredirect = \"127.0.0.1:80\"\n",
        "needs a certificate",
    );
    refused("[tls]\ncerts = \"a\"\n", "`tls.cert`");
}

/// The path of a file that a test needs.
fn text(path: &Path) -> String {
    path.to_str().unwrap().to_owned()
}
