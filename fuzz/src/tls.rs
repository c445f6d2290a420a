//! The target `tls`: a connection with TLS whose bytes are cut into pieces, damaged and held back.
//! Whatever happens to them, nobody gets anything that the other side has not sent.

use std::collections::VecDeque;
use std::io::{Read as _, Write as _};
use std::sync::LazyLock;

use futures_rustls::rustls::version::{TLS12, TLS13};
use futures_rustls::rustls::{ClientConnection, SupportedProtocolVersion};
use guildhall_server::Tls;
use guildhall_server::testing::TlsSession;
use guildhall_testing::authority::Authority;

use crate::input::Input;

/// The most bytes of a record: its header, and what encryption may add.
const MAX_RECORD: usize = 5 + 16 * 1024 + 2048;

/// The most bytes that one step writes.
const MAX_WRITE: usize = 64;

/// A server, and who trusts it.
static MADE: LazyLock<(Authority, Tls)> = LazyLock::new(|| {
    let authority = Authority::new();
    let tls = Tls::new(authority.issue(&["localhost"]).pair());
    (authority, tls)
});

/// Plays steps until the bytes are used up. The first byte chooses the version.
pub fn run(data: &[u8]) {
    let mut input = Input(data);
    let is_old = input.byte().unwrap_or_default() % 2 == 1;
    let mut pair = Pair::new(if is_old { &TLS12 } else { &TLS13 });
    while let Some(step) = input.byte() {
        let count = usize::from(step / 8) * 2 + 1;
        match step % 8 {
            0 => pair.client_writes(count),
            1 => pair.server_writes(count),
            2 | 3 => pair.up(usize::from(input.byte().unwrap_or_default()) + 1),
            4 => pair.down(usize::from(input.byte().unwrap_or_default()) + 1),
            5 => pair.damage(usize::from(input.byte().unwrap_or_default())),
            6 => pair.pass_all(),
            _ => pair.say_end(),
        }
        pair.check();
    }
    pair.end();
}

/// A client and the server's side of its connection.
struct Pair {
    client: ClientConnection,
    server: TlsSession,
    /// Encrypted bytes on their way to the server, and to the client.
    up: VecDeque<u8>,
    down: VecDeque<u8>,
    /// The bytes that each side has written, and what the other one got of it.
    written: [Vec<u8>; 2],
    got: [Vec<u8>; 2],
    /// The number of the byte that is written next.
    next: u8,
    is_damaged: bool,
    /// Whether the server has failed, or has said the end.
    is_over: bool,
}

impl Pair {
    fn new(version: &'static SupportedProtocolVersion) -> Self {
        let (authority, tls) = &*MADE;
        Self {
            client: authority.connection(&[version]),
            server: TlsSession::of(tls).expect("right settings"),
            up: VecDeque::new(),
            down: VecDeque::new(),
            written: Default::default(),
            got: Default::default(),
            next: 0,
            is_damaged: false,
            is_over: false,
        }
    }

    /// Bytes that differ from those before.
    fn bytes(&mut self, count: usize) -> Vec<u8> {
        let bytes = (0..count.min(MAX_WRITE)).map(|_| {
            self.next = self.next.wrapping_add(1);
            self.next
        });
        bytes.collect()
    }

    fn client_writes(&mut self, count: usize) {
        let bytes = self.bytes(count);
        // Before the handshake is over, the library keeps them.
        if let Ok(taken) = self.client.writer().write(&bytes) {
            self.written[0].extend_from_slice(&bytes[..taken]);
        }
    }

    fn server_writes(&mut self, count: usize) {
        if self.server.is_handshaking() || self.is_over {
            return;
        }
        let bytes = self.bytes(count);
        let mut record = vec![0; 2 * MAX_RECORD];
        self.send_held();
        if let Ok(length) = self.server.encrypt(&bytes, &mut record) {
            self.down.extend(&record[..length]);
            self.written[1].extend_from_slice(&bytes);
        }
    }

    /// The server gets so many bytes.
    fn up(&mut self, count: usize) {
        while self.client.wants_write() {
            let mut sent = Vec::new();
            self.client.write_tls(&mut sent).expect("memory");
            self.up.extend(sent);
        }
        if self.is_over || self.up.is_empty() {
            return;
        }
        let count = count.min(self.up.len());
        let mut bytes = self.server.received().to_vec();
        bytes.extend(self.up.drain(..count));
        // Smaller than what a record may have.
        let mut buffer = [0; 16];
        match self.server.receive(&mut bytes, &mut buffer) {
            Ok(count) => self.got[0].extend_from_slice(&buffer[..count]),
            Err(error) => {
                assert!(self.is_damaged, "{error}");
                self.is_over = true;
                // The connection is over. What came before is not read, either.
                return self.send_held();
            }
        }
        loop {
            match self.server.take(&mut buffer) {
                0 => break,
                count => self.got[0].extend_from_slice(&buffer[..count]),
            }
        }
        self.send_held();
    }

    /// The words of TLS itself go out first.
    fn send_held(&mut self) {
        let held = self.server.held().to_vec();
        self.server.release(held.len());
        self.down.extend(held);
    }

    /// The client gets so many bytes.
    fn down(&mut self, count: usize) {
        let count = count.min(self.down.len());
        let bytes: Vec<_> = self.down.drain(..count).collect();
        let mut rest = &bytes[..];
        while !rest.is_empty() {
            let read = self.client.read_tls(&mut rest);
            let is_good = self.client.process_new_packets().is_ok();
            assert!(is_good || self.is_damaged);
            if !is_good || !matches!(read, Ok(1..)) {
                self.down.clear();
                break;
            }
            // An error says that there is nothing more now.
            let _ = self.client.reader().read_to_end(&mut self.got[1]);
        }
    }

    /// One bit of what is on its way to the server changes.
    fn damage(&mut self, place: usize) {
        let length = self.up.len();
        if let Some(at) = place.checked_rem(length) {
            self.up[at] ^= 1;
            self.is_damaged = true;
        }
    }

    fn say_end(&mut self) {
        if self.server.is_handshaking() || self.is_over {
            return;
        }
        self.server.say_end();
        self.is_over = true;
        self.send_held();
    }

    /// Both sides get all that is on its way.
    fn pass_all(&mut self) {
        for _ in 0..8 {
            self.up(usize::MAX);
            self.down(usize::MAX);
        }
    }

    fn check(&self) {
        assert!(self.server.received().len() <= MAX_RECORD);
        for (written, got) in self.written.iter().zip(&self.got) {
            assert!(written.starts_with(got), "nobody has sent that");
        }
    }

    fn end(mut self) {
        let was_over = self.is_over;
        self.pass_all();
        self.check();
        if !self.is_damaged && !was_over {
            assert!(!self.server.is_handshaking());
            assert_eq!(self.written, self.got, "something is missing");
        }
    }
}
