//! `guildhall healthcheck`: one line, and an exit code that containers understand.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::TcpListener;

use guildhall_testing::authority::Authority;
use guildhall_testing::wire::eventually;

use crate::data_folder::Folder;
use crate::https::Folder as TlsFolder;
use crate::program::{Program, command, free_address, run};

const KEY: &str = "the-first-key-of-32-bytes-and-more";

fn text(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).unwrap()
}

/// Runs it, and returns its exit code and what it has printed: on the standard output if it was
/// successful, and on the other one if not.
fn healthcheck(arguments: &[&str]) -> (Option<i32>, String) {
    let mut words = vec!["healthcheck"];
    words.extend(arguments);
    let output = run(command(&words));
    let (good, bad) = (text(output.stdout), text(output.stderr));
    assert!(good.is_empty() != bad.is_empty(), "{good}{bad}");
    let said = good + &bad;
    assert_eq!(said.lines().count(), 1, "{said}");
    (output.status.code(), said)
}

#[test]
fn a_server_that_delivers_is_healthy_and_one_that_is_gone_is_not() {
    let program = Program::start(&[]);
    let url = format!("http://{}", program.address());
    eventually("the server is ready", || {
        let (code, text) = healthcheck(&[&url]);
        (code == Some(0)).then(|| {
            assert!(
                text.contains("/readyz is healthy: ready (threads: "),
                "{text}"
            );
            assert!(text.contains("delivery: "), "{text}");
        })
    });
    let (code, text) = healthcheck(&[&format!("{url}/livez")]);
    assert_eq!(code, Some(0), "{text}");
    assert!(text.contains("live"), "{text}");
    let (code, text) = healthcheck(&[&format!("{url}/nothing")]);
    assert_eq!(code, Some(1), "{text}");
    assert!(text.contains("404"), "{text}");
    program.stop();
    let (code, text) = healthcheck(&[&url]);
    assert_eq!(code, Some(1));
    assert!(text.contains("is not healthy"), "{text}");
}

#[test]
fn the_server_of_this_environment_is_found_by_its_settings() {
    let (chat, api) = (free_address(), free_address());
    let folder = Folder::empty();
    let file = folder.join("guildhall.toml");
    let settings = format!("port = {}\n", chat.port());
    fs::write(&file, &settings).unwrap();
    let path = file.to_str().unwrap();
    let ask = |path_asked: &[&str]| {
        let mut asking = command(&["healthcheck"]);
        asking.args(path_asked).env("GUILDHALL_CONFIG", path);
        let output = run(asking);
        (
            output.status.code(),
            text(output.stdout) + &text(output.stderr),
        )
    };
    let (code, text) = ask(&[]);
    assert_eq!(code, Some(1), "{text}");
    assert!(
        text.contains(&format!("http://localhost:{}/readyz", chat.port())),
        "{text}"
    );
    // With an API, that is asked.
    fs::write(
        &file,
        format!("{settings}[api]\nlisten = \"{api}\"\nkey = \"{KEY}\"\n"),
    )
    .unwrap();
    let program = Program::start(&["--config", path]);
    eventually("the server is ready", || {
        let (code, text) = ask(&["/readyz"]);
        (code == Some(0)).then(|| assert!(text.contains(&format!("http://{api}/")), "{text}"))
    });
    program.stop();
}

#[test]
fn a_server_with_tls_is_asked_over_tls_whatever_name_its_certificate_is_for() {
    let (authority, folder) = (Authority::new(), TlsFolder::new());
    folder.put(&authority.issue(&["chat.example"]));
    let flags = folder.flags();
    let program = Program::start(&[&flags[0], &flags[1]]);
    let port = program.address().port();
    let file = folder.write(
        "guildhall.toml",
        &format!(
            "port = {port}\n[tls]\ncert = \"{}\"\nkey = \"{}\"\n",
            folder.path("cert.pem"),
            folder.path("key.pem")
        ),
    );
    let address = format!("https://localhost:{port}/readyz");
    eventually("the server is ready", || {
        let (code, text) = healthcheck(&["--config", &file]);
        (code == Some(0)).then(|| assert!(text.contains(&address), "{text}"))
    });
    let (code, text) = healthcheck(&["--config", &file, "/livez"]);
    assert_eq!(code, Some(0), "{text}");
    // An address is somebody else's server: its certificate has to be good.
    let (code, text) = healthcheck(&[&address]);
    assert_eq!(code, Some(1), "{text}");
    let (code, text) = healthcheck(&["--config", &file, &address]);
    assert_eq!(code, Some(1), "{text}");
    assert!(text.contains("leave out"), "{text}");
    program.stop();
}

#[test]
fn a_server_that_wants_the_proxy_protocol_of_this_machine_is_asked_with_it() {
    let program = Program::start(&[
        "--proxy-protocol=on",
        "--trusted-proxies=127.0.0.1",
        "--trusted-proxies=::1",
    ]);
    let folder = Folder::empty();
    let file = folder.join("guildhall.toml");
    let settings = format!(
        "port = {}\nproxy_protocol = \"on\"\ntrusted_proxies = [\"127.0.0.1\", \"::1\"]\n",
        program.address().port()
    );
    fs::write(&file, settings).unwrap();
    let path = file.to_str().unwrap();
    eventually("the server is ready", || {
        let (code, text) = healthcheck(&["--config", path]);
        (code == Some(0)).then(|| assert!(text.contains("is healthy"), "{text}"))
    });
    program.stop();
}

#[test]
fn an_answer_that_does_not_come_is_not_waited_for() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let (code, text) = healthcheck(&["--timeout=1", &url]);
    assert_eq!(code, Some(1));
    assert!(text.contains("no answer within 1 s"), "{text}");
}

#[test]
fn an_answer_that_is_not_ours_is_shown_without_harm() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let server = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            let mut byte = [0];
            stream.read_exact(&mut byte).unwrap();
            head.push(byte[0]);
        }
        let body = format!("\u{1b}[2J{}", "x".repeat(5_000));
        let length = body.len();
        write!(
            stream,
            "HTTP/1.1 502 Bad\r\nContent-Length: {length}\r\n\r\n{body}"
        )
        .unwrap();
    });
    let (code, text) = healthcheck(&[&url]);
    server.join().unwrap();
    assert_eq!(code, Some(1));
    assert!(
        text.contains("502") && text.len() < 500 && !text.contains('\u{1b}'),
        "{text}"
    );
}

#[test]
fn a_wrong_address_is_explained() {
    for wrong in ["localhost:8080", "ws://localhost:8080/ws"] {
        let (code, text) = healthcheck(&[wrong]);
        assert_eq!(code, Some(1), "{text}");
        assert!(text.contains("http://localhost:8080/readyz"), "{text}");
    }
}
