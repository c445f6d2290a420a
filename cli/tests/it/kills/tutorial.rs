//! A client of the tutorial, which connects anew whenever its connection is lost. It has no
//! session and no numbers of lines: it says something now and then, and hears what is said while
//! it is there.

use std::io::ErrorKind;
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{JoinHandle, sleep};
use std::time::Duration;

use guildhall_testing::wire;
use tungstenite::{Error, Message, WebSocket};

/// How long a read waits.
const READ_WITHIN: Duration = Duration::from_millis(20);

/// All that a client of the tutorial has heard over one connection.
#[derive(Debug)]
pub(super) struct Stay {
    /// The user's number.
    pub(super) id: u64,
    /// Each sender's number and text.
    pub(super) heard: Vec<(u64, String)>,
    /// The texts that it has said, whether or not they arrived.
    pub(super) said: Vec<String>,
}

/// A client of the tutorial on its own thread.
pub(super) struct TutorialClient {
    is_done: Arc<AtomicBool>,
    thread: JoinHandle<Vec<Stay>>,
}

impl TutorialClient {
    pub(super) fn start(number: usize, address: SocketAddr) -> Self {
        let is_done = Arc::new(AtomicBool::new(false));
        let flag = Arc::clone(&is_done);
        let thread = std::thread::spawn(move || {
            let mut stays = Vec::new();
            while !flag.load(Ordering::Relaxed) {
                match connect(address) {
                    Some((socket, id)) => {
                        let prefix = format!("guest {number} says in its stay {}", stays.len());
                        stays.push(stay(socket, id, &prefix, &flag));
                    }
                    None => sleep(READ_WITHIN),
                }
            }
            stays
        });
        Self { is_done, thread }
    }

    /// Ends it. Returns what it has heard.
    pub(super) fn end(self) -> Vec<Stay> {
        self.is_done.store(true, Ordering::Relaxed);
        self.thread.join().expect("the client fails no check")
    }
}

/// Connects and reads the ID. `None` if the server is not there, or is killed meanwhile.
fn connect(address: SocketAddr) -> Option<(WebSocket<TcpStream>, u64)> {
    let stream = TcpStream::connect(address).ok()?;
    let within = Some(Duration::from_secs(5));
    stream.set_read_timeout(within).unwrap();
    let (mut socket, _) = tungstenite::client(format!("ws://{address}/ws"), stream).ok()?;
    let Ok(Message::Binary(id)) = socket.read() else {
        return None;
    };
    let stream = socket.get_ref();
    stream.set_read_timeout(Some(READ_WITHIN)).unwrap();
    Some((socket, wire::parse_id(&id)))
}

/// Talks and hears until the connection is lost, or all is done.
fn stay(mut socket: WebSocket<TcpStream>, id: u64, prefix: &str, is_done: &AtomicBool) -> Stay {
    let (mut heard, mut said) = (Vec::new(), Vec::new());
    while !is_done.load(Ordering::Relaxed) {
        if fastrand::u32(..50) == 0 {
            let text = format!("{prefix} its line {}", said.len());
            let message = Message::Binary(wire::chat(0, &text).into());
            said.push(text);
            if socket.send(message).is_err() {
                break;
            }
        }
        match socket.read() {
            Ok(Message::Binary(bytes)) => heard.push(wire::parse_chat(&bytes)),
            Ok(Message::Close(_)) => break,
            Ok(_) => {}
            Err(Error::Io(error))
                if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {}
            Err(_) => break,
        }
    }
    Stay { id, heard, said }
}
