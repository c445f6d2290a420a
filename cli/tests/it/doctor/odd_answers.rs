//! Something at the address is no chat, or something on the way answers in its place.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::thread;

use guildhall_testing::authority::Authority;

use crate::https::Folder;
use crate::program::{Program, command, run};

use super::{examine, fails, has_words, outcomes};

/// Answers the head of each request with these bytes, and keeps the connection open, as some proxies
/// do. Returns the address.
fn answering(answer: impl Fn(&str) -> Vec<u8> + Send + 'static) -> String {
    serving(move |mut stream| {
        let (mut head, mut byte) = (Vec::new(), [0]);
        while !head.ends_with(b"\r\n\r\n") && stream.read(&mut byte).is_ok_and(|read| read > 0) {
            head.push(byte[0]);
        }
        let _ = stream.write_all(&answer(&String::from_utf8_lossy(&head)));
        Some(stream)
    })
}

/// A server that is well, and answers a handshake with these bytes. Returns the address.
fn refusing(handshake: Vec<u8>) -> String {
    answering(move |head| {
        if head.contains("Upgrade") {
            handshake.clone()
        } else {
            answer("200 OK", "", "ok\n")
        }
    })
}

/// Treats each connection so, and keeps what it returns. Returns the address.
fn serving(treat: impl Fn(TcpStream) -> Option<TcpStream> + Send + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    thread::spawn(move || {
        let mut open = Vec::new();
        for client in listener.incoming() {
            open.extend(treat(client.unwrap()));
        }
    });
    address
}

/// An answer with this status and these headers, and a body of this length.
fn answer(status: &str, headers: &str, body: &str) -> Vec<u8> {
    let length = body.len();
    format!("HTTP/1.1 {status}\r\nContent-Length: {length}\r\n{headers}\r\n{body}").into_bytes()
}

#[test]
fn a_page_that_has_ok_in_it_is_no_chat() {
    let address = answering(|_| answer("200 OK", "", "a look into the book"));
    let (_, report) = examine(&address, &[]);
    assert!(
        outcomes(&report).contains(&("http", "warning")),
        "{report:#}"
    );
    has_words(&report, "http", &["not the chat's", "sign in"]);
}

#[test]
fn an_answer_is_over_when_its_head_says_so() {
    let whole = [
        answer("200 OK", "", "ok\n"),
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nok\n\r\n0\r\n\r\n".to_vec(),
        // Without a length, what has come after a while counts.
        b"HTTP/1.1 200 OK\r\n\r\nok\n".to_vec(),
    ];
    for whole in whole {
        let address = answering(move |_| whole.clone());
        let (_, report) = examine(&address, &[]);
        let steps = outcomes(&report);
        assert!(steps.contains(&("http", "good")), "{report:#}");
        assert_eq!(steps.last(), Some(&("websocket", "failed")), "{report:#}");
    }
}

#[test]
fn nothing_and_no_http_and_an_end_are_told_apart() {
    let other = serving(|mut stream| {
        stream.write_all(b"SSH-2.0-Other\r\n").unwrap();
        Some(stream)
    });
    fails(&other, &[], "http", &["no web server", "SSH-2.0-Other"]);
    let silent = serving(Some);
    let flags = ["--timeout", "2"];
    fails(&silent, &flags, "http", &["nothing came within 2 seconds"]);
    let closing = serving(|mut stream| {
        // Unread bytes would make a reset of the end.
        let _ = stream.read(&mut [0; 1024]);
        None
    });
    fails(&closing, &[], "http", &["closed at once", "use wss://"]);
    let cut = serving(|mut stream| {
        let _ = stream.read(&mut [0; 1024]);
        stream.write_all(b"HTTP/1.1 200").unwrap();
        None
    });
    fails(&cut, &[], "http", &["broke off in the middle"]);
    let deaf = refusing(Vec::new());
    let words = ["handshake within 2 seconds", "swallows WebSockets"];
    fails(&deaf, &flags, "websocket", &words);
}

#[test]
fn a_sign_in_page_of_a_network_is_no_move_of_the_chat() {
    let portal = "Location: http://portal.hotel.example/login\r\n";
    for status in ["302 Found", "511 Network Authentication Required"] {
        let address = refusing(answer(status, portal, ""));
        let words = ["in the server's place", "sign in"];
        fails(&address, &[], "websocket", &words);
    }
    let first = answering(move |_| answer("511 Sign In", "", ""));
    fails(&first, &[], "http", &["511", "sign in"]);
    // The same host with TLS, as servers send on to it.
    let moved = answering(|head| {
        let path = head.split(' ').nth(1).unwrap_or_default();
        let location = format!("Location: https://127.0.0.1{path}\r\n");
        answer("308 Permanent Redirect", &location, "")
    });
    fails(&moved, &[], "websocket", &["308", "use wss://127.0.0.1/ws"]);
}

#[test]
fn a_port_with_tls_wants_another_address() {
    let authority = Authority::new();
    let folder = Folder::new();
    folder.put(&authority.issue(&["localhost"]));
    let [certificate, key] = folder.flags();
    let program = Program::start(&[&certificate, &key]);
    let url = |scheme: &str| format!("{scheme}://localhost:{}/ws", program.address().port());
    let words = ["this port speaks TLS", &format!("use {}", url("wss"))];
    fails(&url("ws"), &[], "http", &words);
    // As nginx says it, and as libraries do.
    let page = "<center>The plain HTTP request was sent to HTTPS port</center>";
    let nginx = answering(move |_| answer("400 Bad Request", "", page));
    fails(&nginx, &[], "http", &["this port speaks TLS", "use wss://"]);
    let library = serving(|mut stream| {
        let _ = stream.read(&mut [0; 1024]);
        stream.write_all(&[21, 3, 1, 0, 2, 2, 10]).unwrap();
        Some(stream)
    });
    fails(
        &library,
        &[],
        "http",
        &["this port speaks TLS", "use wss://"],
    );
}

#[test]
fn a_hostile_answer_does_nothing_to_the_terminal() {
    let words = "\u{1b}]0;mine\u{7}\u{9b}31m\u{85}";
    for address in [
        refusing(answer("403 Forbidden", "", words)),
        refusing(answer(
            "302 Found",
            "Location: http://x/\u{9b}31m\r\n",
            words,
        )),
    ] {
        // It has to be JSON as well.
        let (ok, report) = examine(&address, &[]);
        assert!(
            !ok && !report.to_string().contains(['\u{9b}', '\u{85}']),
            "{report}"
        );
        let output = run(command(&["doctor", &address]));
        let text = String::from_utf8(output.stdout).unwrap();
        let is_obeyed = |c: char| c.is_control() && c != '\n';
        assert!(text.contains("FAILED  websocket"), "{text:?}");
        assert!(!text.contains(is_obeyed), "{text:?}");
    }
}

#[test]
fn a_site_that_fails_beside_a_chat_below_a_path_is_no_fault_of_the_chat() {
    let address = answering(|_| answer("503 Service Unavailable", "", ""));
    let (_, report) = examine(&format!("ws://{address}/chat/ws"), &[]);
    assert!(
        outcomes(&report).contains(&("http", "warning")),
        "{report:#}"
    );
    has_words(&report, "http", &["503", "the next step tells"]);
    let asked = answering(|head| match head.split(' ').nth(1) {
        Some("/chat/healthz") => answer("200 OK", "", "ok\n"),
        _ => answer("404 Not Found", "", ""),
    });
    let (_, report) = examine(&format!("ws://{asked}/chat/ws"), &[]);
    assert!(outcomes(&report).contains(&("http", "good")), "{report:#}");
    // A chat with a host of its own.
    fails(&address, &[], "http", &["503"]);
}

#[test]
fn a_password_in_the_address_is_not_in_the_report() {
    let address = answering(|_| answer("503 Service Unavailable", "", ""));
    let (_, report) = examine(&format!("ws://me:secret@{address}/ws"), &[]);
    assert!(!report.to_string().contains("secret"), "{report:#}");
}
