//! `guildhall chat` and `guildhall bench` with servers and proxies that answer in unusual
//! ways, and with some that break the rules.

use std::io::{Read as _, Write as _, copy};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::thread;

use tungstenite::handshake::derive_accept_key;

use crate::piped_chat::{PipedChat, script};
use crate::program::{Program, command, run};

/// Reads the lines of a request or an answer, without the empty one behind them.
fn head(mut stream: &TcpStream) -> Vec<String> {
    // One byte at a time: what follows is not the head's.
    let (mut bytes, mut byte) = (Vec::new(), [0]);
    while !bytes.ends_with(b"\r\n\r\n") {
        stream.read_exact(&mut byte).unwrap();
        bytes.push(byte[0]);
    }
    let text = String::from_utf8(bytes).unwrap();
    text.trim_end().lines().map(str::to_owned).collect()
}

/// A proxy that answers a handshake with these lines in place of the server's
/// `Connection` header, and passes on all else.
fn proxy_that_answers(server: SocketAddr, connection: &'static str) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for client in listener.incoming() {
            let mut client = client.unwrap();
            let mut server = TcpStream::connect(server).unwrap();
            let request = head(&client).join("\r\n");
            write!(server, "{request}\r\n\r\n").unwrap();
            let answer: Vec<String> = head(&server)
                .into_iter()
                .map(|line| match line.to_ascii_lowercase() {
                    line if line.starts_with("connection:") => connection.to_owned(),
                    _ => line,
                })
                .collect();
            write!(client, "{}\r\n\r\n", answer.join("\r\n")).unwrap();
            for (from, to) in [(&client, &server), (&server, &client)] {
                let (mut from, mut to) = (from.try_clone().unwrap(), to.try_clone().unwrap());
                thread::spawn(move || {
                    let _ = copy(&mut from, &mut to);
                    let _ = to.shutdown(Shutdown::Write);
                });
            }
        }
    });
    address
}

#[test]
fn a_connection_header_may_have_more_than_one_token() {
    let program = Program::start(&["--replay-lines", "0"]);
    for connection in [
        "Connection: upgrade, keep-alive",
        "Connection: keep-alive,\tUpgrade",
        "Connection: keep-alive\r\nConnection: Upgrade",
    ] {
        let proxy = proxy_that_answers(program.address(), connection);
        let url = format!("ws://{proxy}/ws");
        let output = script(&url, "Ann", &["hello"], &[]).succeeded();
        assert!(
            output.iter().any(|line| line == "[lobby] Ann: hello"),
            "{connection}: {output:?}"
        );
    }
    let proxy = proxy_that_answers(program.address(), "Connection: keep-alive, upgrade");
    let url = format!("ws://{proxy}/ws");
    let bench = ["bench", &url, "--clients", "2", "--seconds", "1"];
    let output = run(command(&bench));
    assert!(output.status.success(), "{output:?}");
}

/// Accepts a connection and its handshake.
fn accept(listener: &TcpListener) -> TcpStream {
    let (mut stream, _) = listener.accept().unwrap();
    let request = head(&stream);
    let key = request.iter().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("sec-websocket-key")
            .then(|| value.trim())
    });
    let accept = derive_accept_key(key.unwrap().as_bytes());
    write!(
        stream,
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Accept: {accept}\r\nSec-WebSocket-Protocol: guildhall.v1\r\n\r\n"
    )
    .unwrap();
    stream
}

#[test]
fn a_chat_comes_back_after_a_close_code_that_no_server_may_send() {
    thread::scope(|scope| {
        for code in [1005_u16, 1006, 1014, 1015, 1016, 2999] {
            scope.spawn(move || {
                let listener = TcpListener::bind("127.0.0.1:0").unwrap();
                let url = format!("ws://{}/ws", listener.local_addr().unwrap());
                let chat = PipedChat::start(&url, "Ann", &[]);
                let mut stream = accept(&listener);
                let frame = [&[0x88, 2], &code.to_be_bytes()[..]].concat();
                stream.write_all(&frame).unwrap();
                drop(stream);
                let hello = accept(&listener).read(&mut [0; 64]).unwrap();
                assert!(hello > 0, "{code}");
                drop(chat);
            });
        }
    });
}
