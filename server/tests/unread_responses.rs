//! What clients cost that ask for the largest file of the page and do not read it. This is
//! a binary of its own because the counter replaces the allocator of the whole process.

#![allow(clippy::unwrap_used, reason = "a test")]

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};

use guildhall_testing::test_server::TestServer;
use socket2::{Domain, Socket, Type};

#[global_allocator]
static ALLOCATOR: dhat::Alloc = dhat::Alloc;

/// As many sockets as one address may have by default.
const SOCKETS: usize = 320;

/// What docs/operations.md says that each costs at most.
const BYTES_FOR_EACH: usize = 40 * 1024;

/// A client that has asked for the file, with nearly as many bytes of headers as it may
/// send, and has read the first line of the answer.
fn ask(address: SocketAddr) -> TcpStream {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, None).unwrap();
    socket.set_recv_buffer_size(4096).unwrap();
    socket.connect(&address.into()).unwrap();
    let mut stream: TcpStream = socket.into();
    let padding = "x".repeat(15_000);
    let request = format!(
        "GET /guildhall_bg.wasm HTTP/1.1\r\nHost: localhost\r\nX-Padding: {padding}\r\n\r\n"
    );
    stream.write_all(request.as_bytes()).unwrap();
    let mut line = [0; 16];
    stream.read_exact(&mut line).unwrap();
    let line = str::from_utf8(&line).unwrap();
    assert!(
        line.starts_with("HTTP/1.1 200") || is_without_page(),
        "{line}"
    );
    stream
}

/// The server is tested without the page as well.
fn is_without_page() -> bool {
    let page = concat!(env!("CARGO_MANIFEST_DIR"), "/../web-client/dist/index.html");
    !std::path::Path::new(page).exists()
}

#[test]
fn responses_that_nobody_reads_take_no_more_than_documented() {
    let _profiler = dhat::Profiler::builder().testing().build();
    let server = TestServer::open();
    drop(ask(server.address()));
    let before = dhat::HeapStats::get().curr_bytes;
    let clients: Vec<_> = (0..SOCKETS).map(|_| ask(server.address())).collect();
    let each = dhat::HeapStats::get().curr_bytes.saturating_sub(before) / clients.len();
    assert!(each < BYTES_FOR_EACH, "{each} bytes for each");
}
