//! A real nginx, a real `HAProxy` and a real Caddy in front of the server, with the settings that
//! docs/operations.md shows: whose address the log has, who is counted, and who is not believed.

use std::fs;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use guildhall_testing::client::{Client, handshake};
use guildhall_testing::wire::eventually;
use serde_json::Value;

use crate::program::Program;

const OPERATIONS: &str = "../docs/operations.md";

/// How many times another port is tried if somebody else takes the one that was free.
const PORTS: usize = 5;

/// Headers with which a client pretends to have another address.
const CLAIMS: &str = "X-Forwarded-For: 192.0.2.77\r\nForwarded: for=192.0.2.77;proto=https\r\n\
                      X-Real-IP: 192.0.2.77\r\n";

/// How a proxy says whose a request or a connection is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    Headers,
    ProxyProtocol,
}

/// A proxy in front of a server. It is killed, and its folder removed, when it is dropped.
struct Proxy {
    child: Child,
    folder: PathBuf,
    address: SocketAddr,
}

impl Proxy {
    /// Starts a proxy in front of `server`, with the settings of these titles. The folder that it
    /// may use, and where it listens, are passed to `start`.
    fn start(
        server: SocketAddr,
        ip: &str,
        titles: &[&str],
        start: fn(&Path, SocketAddr, &[String]) -> Child,
    ) -> Self {
        let folder = std::env::temp_dir().join(format!("guildhall-proxy-{}", fastrand::u64(..)));
        fs::create_dir(&folder).unwrap();
        for _ in 0..PORTS {
            let free = TcpListener::bind((ip, 0)).unwrap();
            let address = free.local_addr().unwrap();
            drop(free);
            let snippets: Vec<_> = (titles.iter())
                .map(|title| snippet(title).replace("127.0.0.1:8080", &server.to_string()))
                .collect();
            let mut child = start(&folder, address, &snippets);
            let runs = eventually("a proxy that listens, or ends", || {
                if TcpStream::connect(address).is_ok() {
                    return Some(true);
                }
                child.try_wait().unwrap().map(|_| false)
            });
            if runs {
                return Self {
                    child,
                    folder,
                    address,
                };
            }
        }
        panic!("a proxy with the settings {titles:?} does not run: see what it says above");
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        // These do nothing if it has ended.
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// The settings in docs/operations.md whose first line is this title.
fn snippet(title: &str) -> String {
    let text = fs::read_to_string(OPERATIONS).unwrap();
    let begin = format!("```\n# {title}\n");
    let (_, rest) = text.split_once(&begin).expect(title);
    rest.split_once("```").expect(title).0.to_owned()
}

#[test]
fn all_settings_that_the_document_shows_are_tried() {
    let text = fs::read_to_string(OPERATIONS).unwrap();
    let titles = text.lines().filter_map(|line| line.strip_prefix("# "));
    let tried = ["nginx", "HAProxy", "Caddy"];
    let ours = titles.filter(|title| tried.iter().any(|name| title.starts_with(name)));
    let tests = fs::read_to_string("tests/it/proxies.rs").unwrap();
    let mut count = 0;
    for title in ours {
        let (begin, version) = title.split_once("version").unwrap_or((title, ""));
        assert!(tests.contains(begin) && version.len() <= 2, "{title}");
        count += 1;
    }
    assert_eq!(count, 9);
}

/// The program of this name. Debian has it where only root's search path leads.
fn program(name: &str) -> PathBuf {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::env::split_paths(&path).chain(["/usr/sbin".into()]);
    let found = folders
        .map(|folder| folder.join(name))
        .find(|it| it.is_file());
    found.unwrap_or_else(|| {
        panic!("this test needs {name}: apt-get install nginx libnginx-mod-stream haproxy caddy")
    })
}

/// Runs nginx in one process, whose settings are an `http` block with these parts, or a `stream`
/// block.
fn nginx(folder: &Path, address: SocketAddr, snippets: &[String]) -> Child {
    let [rest @ .., last] = snippets else {
        panic!("no settings")
    };
    let blocks = if last.starts_with("stream") {
        let module = "/usr/lib/nginx/modules/ngx_stream_module.so";
        let is_there = Path::new(module).is_file();
        assert!(
            is_there,
            "this test needs {module}: apt-get install libnginx-mod-stream"
        );
        let listening = last.replace("listen 8000;", &format!("listen {address};"));
        assert_ne!(&listening, last);
        format!("load_module {module};\nevents {{}}\n{listening}")
    } else {
        let paths: String = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
            .map(|kind| format!("{kind}_temp_path {kind};\n"))
            .concat();
        let rest = rest.concat();
        format!(
            "events {{}}\nhttp {{\naccess_log off;\n{paths}{rest}server {{\nlisten {address};\n{last}}}\n}}\n"
        )
    };
    let settings = folder.join("nginx.conf");
    let process = "daemon off;\nmaster_process off;\npid nginx.pid;\n";
    // A module is named in front of everything else.
    fs::write(&settings, format!("{blocks}{process}")).unwrap();
    Command::new(program("nginx"))
        .arg("-p")
        .arg(folder)
        .arg("-c")
        .arg(settings)
        .args(["-e", "stderr"])
        .stdin(Stdio::null())
        .spawn()
        .expect("nginx")
}

/// Runs `HAProxy`, whose settings are a backend.
fn haproxy(folder: &Path, address: SocketAddr, snippets: &[String]) -> Child {
    let [backend] = snippets else {
        panic!("not one backend")
    };
    let mode = if backend.contains("mode tcp") {
        "tcp"
    } else {
        "http"
    };
    let settings = folder.join("haproxy.cfg");
    let front = format!(
        "defaults\n    timeout connect 5s\n    timeout client 60s\n\
         frontend players\n    mode {mode}\n    bind {address}\n    default_backend guildhall\n"
    );
    fs::write(&settings, format!("{front}{backend}")).unwrap();
    Command::new(program("haproxy"))
        .arg("-db")
        .arg("-f")
        .arg(settings)
        .stdin(Stdio::null())
        .spawn()
        .expect("HAProxy")
}

/// Runs Caddy, whose settings are a site. It has no TLS here: it would ask for a certificate.
fn caddy(folder: &Path, address: SocketAddr, snippets: &[String]) -> Child {
    let [site] = snippets else {
        panic!("not one site")
    };
    let (ip, port) = (address.ip(), address.port());
    let here = format!("http://:{port} {{\n    bind {ip}\n");
    let listening = site.replace("chat.example {\n", &here);
    assert_ne!(&listening, site);
    let settings = folder.join("Caddyfile");
    let options = "{\n    admin off\n    auto_https off\n}\n";
    fs::write(&settings, format!("{options}{listening}")).unwrap();
    Command::new(program("caddy"))
        .args(["run", "--adapter", "caddyfile", "--config"])
        .arg(settings)
        .env("HOME", folder)
        .env("XDG_CONFIG_HOME", folder)
        .env("XDG_DATA_HOME", folder)
        .stdin(Stdio::null())
        .spawn()
        .expect("Caddy")
}

/// A server with at most two clients of an address, that trusts 127.0.0.1.
fn server(way: Way) -> Program {
    let protocol = match way {
        Way::Headers => "off",
        Way::ProxyProtocol => "on",
    };
    Program::start(&[
        "--trusted-proxies=127.0.0.1",
        "--max-connections-per-address=2",
        "--proxy-protocol",
        protocol,
    ])
}

/// Asks for a WebSocket. Returns the status.
fn ask(client: &mut Client, headers: &str) -> u16 {
    client.send(handshake(headers).as_bytes());
    client.response_head().status
}

/// The lines of clients that connected: the address without its port, and the proxy without.
fn connected(log: &[Value]) -> Vec<(String, Option<String>)> {
    let ip = |value: &Value| {
        let text = value.as_str()?;
        let address = text.parse().map(|address: SocketAddr| address.ip());
        Some(
            address
                .or_else(|_| text.parse())
                .expect("an address")
                .to_string(),
        )
    };
    let lines = log
        .iter()
        .filter(|line| line["message"] == "client connected");
    lines
        .map(|line| (ip(&line["address"]).unwrap(), ip(&line["proxy"])))
        .collect()
}

#[track_caller]
fn check(way: Way, titles: &[&str], start: fn(&Path, SocketAddr, &[String]) -> Child) {
    let server = server(way);
    let proxy = Proxy::start(server.address(), "127.0.0.1", titles, start);
    let from = |source: &str| Client::dial_from(source, proxy.address);

    // Clients are counted, not the proxy.
    let (mut one, _) = from("127.0.0.3").joined();
    let _two = from("127.0.0.3").joined();
    assert_eq!(ask(&mut from("127.0.0.3"), ""), 429);
    let (mut other, id) = from("127.0.0.4").joined();
    other.say("hello");
    one.expect_chat(id, "hello");
    // A client's own headers are not believed.
    assert_eq!(ask(&mut from("127.0.0.3"), CLAIMS), 429);
    let mut claims = from("127.0.0.5");
    assert_eq!(ask(&mut claims, CLAIMS), 101);
    // Nor does a header of the PROXY protocol mean anything behind the proxy's own.
    let mut forged = from("127.0.0.6");
    forged.send(b"PROXY TCP4 192.0.2.77 127.0.0.1 80 80\r\n");
    forged.send(handshake("").as_bytes());
    assert_eq!(forged.response_head().status, 400);

    // Without the proxy, a client is not believed either.
    let direct = || Client::dial_from("127.0.0.2", server.address());
    let mut claims_directly = direct();
    assert_eq!(ask(&mut claims_directly, CLAIMS), 101);
    let mut forged = direct();
    forged.send(b"PROXY TCP4 192.0.2.77 127.0.0.1 80 80\r\n");
    assert_eq!(forged.response().status, 400);
    if way == Way::ProxyProtocol {
        // From the proxy's address, nothing else than the header is accepted.
        assert_eq!(Client::dial(server.address()).try_get("/healthz"), None);
    }
    drop((proxy, claims_directly));
    let log = server.stop();
    let proxy = || Some("127.0.0.1".to_owned());
    let expected = [
        ("127.0.0.3", proxy()),
        ("127.0.0.3", proxy()),
        ("127.0.0.4", proxy()),
        ("127.0.0.5", proxy()),
        ("127.0.0.2", None),
    ];
    assert_eq!(
        connected(&log),
        expected.map(|(ip, by)| (ip.to_owned(), by))
    );
    let refused: Vec<_> = (log.iter())
        .filter(|line| line["status"] == 429)
        .map(|line| line["address"].as_str().unwrap())
        .collect();
    assert_eq!(refused.len(), 2);
    assert!(
        refused.iter().all(|it| it.starts_with("127.0.0.3")),
        "{refused:?}"
    );
    let unnamed = |line: &&Value| line["message"] == "a proxy does not name its client";
    assert_eq!(log.iter().find(unnamed), None);
}

/// Checks that a client's IPv6 address is told.
#[track_caller]
fn check_ipv6(way: Way, titles: &[&str], start: fn(&Path, SocketAddr, &[String]) -> Child) {
    if TcpListener::bind("[::1]:0").is_err() {
        eprintln!("this machine has no IPv6");
        return;
    }
    let server = server(way);
    let proxy = Proxy::start(server.address(), "::1", titles, start);
    Client::dial(proxy.address).joined();
    drop(proxy);
    let expected = ("::1".to_owned(), Some("127.0.0.1".to_owned()));
    assert_eq!(connected(&server.stop()), [expected], "{titles:?}");
}

#[test]
fn behind_nginx_with_x_forwarded_for() {
    let titles = ["nginx: X-Forwarded-For"];
    check(Way::Headers, &titles, nginx);
    check_ipv6(Way::Headers, &titles, nginx);
}

#[test]
fn behind_nginx_with_forwarded() {
    let titles = ["nginx: a table for Forwarded", "nginx: Forwarded"];
    check(Way::Headers, &titles, nginx);
    check_ipv6(Way::Headers, &titles, nginx);
}

#[test]
fn behind_nginx_with_the_proxy_protocol() {
    let titles = ["nginx: PROXY protocol, version 1"];
    check(Way::ProxyProtocol, &titles, nginx);
    check_ipv6(Way::ProxyProtocol, &titles, nginx);
}

#[test]
fn behind_caddy_with_x_forwarded_for() {
    let titles = ["Caddy: X-Forwarded-For"];
    check(Way::Headers, &titles, caddy);
    check_ipv6(Way::Headers, &titles, caddy);
}

#[test]
fn behind_haproxy_with_x_forwarded_for() {
    let titles = ["HAProxy: X-Forwarded-For"];
    check(Way::Headers, &titles, haproxy);
    check_ipv6(Way::Headers, &titles, haproxy);
}

#[test]
fn behind_haproxy_with_forwarded() {
    let titles = ["HAProxy: Forwarded"];
    check(Way::Headers, &titles, haproxy);
    check_ipv6(Way::Headers, &titles, haproxy);
}

#[test]
fn behind_haproxy_with_the_proxy_protocol() {
    for version in [1, 2] {
        let title = format!("HAProxy: PROXY protocol, version {version}");
        check(Way::ProxyProtocol, &[&title], haproxy);
        check_ipv6(Way::ProxyProtocol, &[&title], haproxy);
    }
}

#[test]
fn an_address_that_a_proxy_does_not_tell_is_logged_with_the_reason() {
    let mut server = server(Way::Headers);
    for (headers, reason) in [
        ("", "no X-Forwarded-For"),
        ("X-Forwarded-For: 192.0.2.1, unknown\r\n", "`unknown`"),
        ("X-Forwarded-For: 192.0.2.1,\r\n", "not a list of addresses"),
        ("Forwarded: for=\"192.0.2.1\r\n", "RFC 7239"),
        (
            "X-Forwarded-For: 192.0.2.1\r\nForwarded: for=192.0.2.2\r\n",
            "differ",
        ),
    ] {
        let mut client = Client::dial(server.address());
        client.send(handshake(headers).as_bytes());
        let line = server.wait_for("a proxy does not name its client");
        let found = line["reason"].as_str().unwrap();
        assert!(found.contains(reason), "{headers}: {found}");
        assert_eq!(line["address"], client.address().to_string(), "{headers}");
        assert_eq!(line["proxy"], Value::Null, "{headers}");
        let shows = |name: &str| line[name].as_str().is_some_and(|it| headers.contains(it));
        assert!(headers.is_empty() || shows("x_forwarded_for") || shows("forwarded"));
    }
    // A check of the proxy's own is nobody's.
    assert_eq!(
        Client::dial(server.address()).try_get("/healthz"),
        Some(200)
    );
    let before = server.stop();
    let unnamed = |line: &&Value| line["message"] == "a proxy does not name its client";
    assert_eq!(before.iter().filter(unnamed).count(), 5);
}

#[test]
fn a_connection_without_the_header_that_it_needs_is_logged_with_the_reason() {
    let mut server = server(Way::ProxyProtocol);
    for (bytes, reason) in [
        (&b"GET / HTTP/1.1\r\n\r\n"[..], "does not begin with"),
        (b"PROXY TCP4 nobody\r\n", "line of version 1"),
        (b"\r\n\r\n\0\r\nQUIT\n\x22\x11\0\x0c", "version 2"),
        (
            b"\r\n\r\n\0\r\nQUIT\n\x21\x11\xff\xff",
            "longer than 4096 bytes",
        ),
    ] {
        let mut client = Client::dial(server.address());
        client.send(bytes);
        let line = server.wait_for("connection dropped");
        let found = line["reason"].as_str().unwrap();
        assert!(found.contains(reason), "{bytes:?}: {found}");
        assert!(client.ends_silently());
    }
    server.stop();
}
