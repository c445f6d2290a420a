//! Many WebSocket clients on one thread: what a load tool and the benches
//! chat through.

use std::io::{self, Read as _, Write as _};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use polling::Events;

use super::dialect::Dialect;
use super::handshake::{Handshake, HandshakeError};
use super::inbox::{self, FrameError, Inbox, Incoming, MAX_MESSAGE};
use super::millis;
use super::sockets::Sockets;
use super::voice::{Greeting, Voice};
use crate::server_url::Target;

/// How many handshakes are under way at the same time.
const WAVE: usize = 128;

/// One buffer for all reads: room for a large message and much behind it.
const READ_BUFFER: usize = MAX_MESSAGE + 256 * 1024;

/// Clients, numbered from 0 in the order they were connected.
#[derive(Debug)]
pub struct Crowd {
    dialect: Dialect,
    /// What the clients' clock counts from.
    start: Instant,
    sockets: Sockets,
    clients: Vec<Client>,
    events: Events,
    buffer: Vec<u8>,
}

#[derive(Debug)]
struct Client {
    voice: Voice,
    inbox: Inbox,
    /// Frames that are not written yet.
    outgoing: Vec<u8>,
    /// Whether the socket is watched for room to write.
    waits: bool,
    /// Whether the client does not read.
    stalled: bool,
    end: Option<End>,
}

/// How a client's connection ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum End {
    /// The server closed it, with this code if it gave one.
    Closed(Option<u16>),
    /// It broke, or the server's bytes were no WebSocket's.
    Lost,
}

/// Why not everyone got in.
#[derive(Debug, thiserror::Error)]
#[error("client {client}")]
pub struct ConnectError {
    /// The number of the first one that did not, counted from 1.
    pub client: usize,
    /// Why.
    pub source: HandshakeError,
}

impl Crowd {
    /// Nobody yet. Who comes speaks as a client of the tutorial.
    ///
    /// # Errors
    ///
    /// Where the system cannot watch sockets.
    pub fn new() -> io::Result<Self> {
        Self::speaking(Dialect::Tutorial)
    }

    /// Nobody yet. Who comes speaks this.
    ///
    /// # Errors
    ///
    /// As [`Crowd::new`].
    pub fn speaking(dialect: Dialect) -> io::Result<Self> {
        Ok(Self {
            dialect,
            start: Instant::now(),
            sockets: Sockets::new()?,
            clients: Vec::new(),
            events: Events::new(),
            buffer: vec![0; READ_BUFFER],
        })
    }

    /// What everybody speaks.
    #[must_use]
    pub fn dialect(&self) -> &Dialect {
        &self.dialect
    }

    /// Connects `count` more clients and waits until each has got its ID, and
    /// is in its room. `progress` hears how many have. What else comes until
    /// then is read and not passed on.
    ///
    /// # Errors
    ///
    /// [`ConnectError`] about the first that did not get in. Those before it
    /// stay.
    pub fn connect(
        &mut self,
        target: &Target,
        count: usize,
        mut progress: impl FnMut(usize),
    ) -> Result<(), ConnectError> {
        let mut connected = 0;
        while connected < count {
            let asking: Vec<_> = (0..WAVE.min(count - connected))
                .map(|_| Handshake::ask(target, self.dialect.subprotocol()))
                .collect();
            let first = self.clients.len();
            let greeting: Vec<_> = asking
                .into_iter()
                .enumerate()
                .map(|(ahead, asking)| self.greet(first + ahead, asking?))
                .collect();
            for greeting in greeting {
                greeting
                    .and_then(|(stream, voice, frames)| self.add(stream, voice, &frames))
                    .map_err(|source| ConnectError {
                        client: self.clients.len() + 1,
                        source,
                    })?;
                connected += 1;
            }
            progress(connected);
        }
        Ok(())
    }

    /// Ends a handshake, and sends what client `index` is to say first.
    fn greet(
        &self,
        index: usize,
        asking: Handshake,
    ) -> Result<(TcpStream, Voice, Vec<u8>), HandshakeError> {
        let (mut stream, frames) = asking.answer()?;
        let mut greeting = Vec::new();
        let voice = Voice::open(&self.dialect, index, |packet| {
            inbox::put_message(&mut greeting, packet, mask());
        });
        // A server that hangs up has more to say in what it sent.
        let _ = stream.write_all(&greeting);
        Ok((stream, voice, frames))
    }

    /// Takes a connected client in, when its greeting is over. What came with
    /// it is read: a ping is answered too.
    fn add(
        &mut self,
        mut stream: TcpStream,
        voice: Voice,
        frames: &[u8],
    ) -> Result<(), HandshakeError> {
        let mut client = Client {
            voice,
            inbox: Inbox::default(),
            outgoing: Vec::new(),
            waits: false,
            stalled: false,
            end: None,
        };
        self.buffer[..frames.len()].copy_from_slice(frames);
        let mut length = frames.len();
        loop {
            let now = millis(self.start.elapsed());
            client
                .receive(&self.buffer[..length], now, |_| {})
                .map_err(|_| HandshakeError::NotAWebSocket)?;
            match client.voice.greeting() {
                Greeting::Refused(words) => {
                    return Err(HandshakeError::RequestRefused(words.to_owned()));
                }
                Greeting::Goes if client.end.is_none() => {}
                Greeting::Goes | Greeting::Done => break,
            }
            // Who waits for the greeting's end has to answer meanwhile.
            stream.write_all(&client.outgoing)?;
            client.outgoing.clear();
            let held = client.inbox.take_rest(&mut self.buffer);
            let read = stream.read(&mut self.buffer[held..])?;
            if read == 0 {
                return Err(io::Error::from(io::ErrorKind::UnexpectedEof).into());
            }
            length = held + read;
        }
        let index = self.clients.len();
        self.sockets.add(stream)?;
        self.clients.push(client);
        self.flush(index);
        Ok(())
    }

    /// How many clients were connected, whether or not they still are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.clients.len()
    }

    /// Whether nobody was connected.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.clients.is_empty()
    }

    /// How each client's connection ended that did.
    pub fn ends(&self) -> impl Iterator<Item = (usize, End)> {
        let clients = self.clients.iter().enumerate();
        clients.filter_map(|(index, client)| Some((index, client.end?)))
    }

    /// How much was to be said that the server's limits forbid, and was not.
    #[must_use]
    pub fn unsaid(&self) -> u64 {
        let voices = self.clients.iter().map(|client| &client.voice);
        voices.map(Voice::unsaid).sum()
    }

    /// Has client `index` say `text`.
    pub fn say(&mut self, index: usize, text: &str) {
        self.put(index, text);
        self.flush(index);
    }

    /// Has client `index` say `text` with the next [`Crowd::flush`].
    pub fn put(&mut self, index: usize, text: &str) {
        let Client {
            voice,
            outgoing,
            end: None,
            ..
        } = &mut self.clients[index]
        else {
            return;
        };
        voice.say(text, |packet| {
            inbox::put_message(outgoing, packet, mask());
        });
    }

    /// Sends what client `index` has put, with one write if the socket takes
    /// it; the rest goes at later turns.
    pub fn flush(&mut self, index: usize) {
        let client = &mut self.clients[index];
        let Some(mut stream) = self.sockets.get(index) else {
            return;
        };
        while !client.outgoing.is_empty() {
            match stream.write(&client.outgoing) {
                Ok(written) => {
                    client.outgoing.drain(..written);
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                // What the server said last is still to be read.
                Err(_) => client.outgoing.clear(),
            }
        }
        let waits = !client.outgoing.is_empty();
        if waits != client.waits {
            client.waits = waits;
            if self.sockets.watch(index, !client.stalled, waits).is_err() {
                self.end(index, End::Lost);
            }
        }
    }

    /// From now on client `index` reads nothing, or reads again.
    pub fn stall(&mut self, index: usize, stalled: bool) {
        let client = &mut self.clients[index];
        client.stalled = stalled;
        if self.sockets.watch(index, !stalled, client.waits).is_err() {
            self.end(index, End::Lost);
        }
    }

    /// Reads what is there, and waits up to `timeout` where nothing is.
    /// `on_message` gets each binary message: whose it is, when it was read,
    /// its bytes.
    ///
    /// # Errors
    ///
    /// Where the system cannot watch sockets. What goes wrong with one client
    /// ends that client, see [`Crowd::ends`].
    pub fn turn(
        &mut self,
        timeout: Option<Duration>,
        mut on_message: impl FnMut(usize, Instant, &[u8]),
    ) -> io::Result<()> {
        let mut events = std::mem::take(&mut self.events);
        let result = self.sockets.wait(&mut events, timeout);
        for event in events.iter() {
            if event.writable {
                self.flush(event.key);
            }
            if event.readable {
                self.read(event.key, &mut on_message);
            }
        }
        self.events = events;
        result
    }

    #[inline]
    fn read(&mut self, index: usize, on_message: &mut impl FnMut(usize, Instant, &[u8])) {
        let Some(mut stream) = self.sockets.get(index) else {
            return;
        };
        let client = &mut self.clients[index];
        let held = client.inbox.take_rest(&mut self.buffer);
        // One read: what is left shows at the next turn.
        let (read, error) = match stream.read(&mut self.buffer[held..]) {
            Ok(0) => (0, true),
            Ok(read) => (read, false),
            Err(error) => (0, !is_passing(&error)),
        };
        let now = Instant::now();
        let received = client.receive(
            &self.buffer[..held + read],
            millis(now - self.start),
            |packet| on_message(index, now, packet),
        );
        if error || received.is_err() {
            client.end.get_or_insert(End::Lost);
        }
        if let Some(end) = client.end {
            self.end(index, end);
        } else if !client.outgoing.is_empty() {
            self.flush(index);
        }
    }

    fn end(&mut self, index: usize, end: End) {
        self.clients[index].end.get_or_insert(end);
        self.sockets.close(index);
    }
}

impl Client {
    /// Takes in what was read. `on_message` gets each message, after the
    /// client's voice.
    #[inline]
    fn receive(
        &mut self,
        bytes: &[u8],
        now: u64,
        mut on_message: impl FnMut(&[u8]),
    ) -> Result<(), FrameError> {
        let Self {
            voice,
            inbox,
            outgoing,
            end,
            ..
        } = self;
        inbox.receive(bytes, |incoming| match incoming {
            Incoming::Message(packet) => {
                voice.hear(packet, now, |answer| {
                    inbox::put_message(outgoing, answer, mask());
                });
                on_message(packet);
            }
            Incoming::Ping(payload) => inbox::put_pong(outgoing, payload, mask()),
            Incoming::Close(code) => *end = Some(End::Closed(code)),
        })
    }
}

fn is_passing(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted
    )
}

/// A masking key, as unpredictable as a load tool needs it.
fn mask() -> [u8; 4] {
    fastrand::u32(..).to_ne_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;
    use async_tungstenite::tungstenite::{Message, accept};
    use guildhall_protocol::{Message as _, Packet};
    use std::net::TcpListener;
    use std::thread;

    /// A client of a server that greets it, waits for a word and then sends
    /// `bytes`: what it receives, and how it ends.
    fn meet(bytes: &'static [u8]) -> (Vec<Vec<u8>>, End) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let target = Target::at(listener.local_addr().unwrap());
        let server = thread::spawn(move || {
            let mut socket = accept(listener.accept().unwrap().0).unwrap();
            let hello = Packet::id(1).encode_to_vec();
            socket.send(Message::binary(hello)).unwrap();
            socket.read().unwrap();
            socket.get_mut().write_all(bytes).unwrap();
            while socket.read().is_ok() {}
        });
        let mut crowd = Crowd::new().unwrap();
        crowd.connect(&target, 1, |_| {}).unwrap();
        crowd.say(0, "go on");
        let mut messages = Vec::new();
        let start = Instant::now();
        let end = loop {
            if let Some((0, end)) = crowd.ends().next() {
                break end;
            }
            let keep = |_, _, message: &[u8]| messages.push(message.to_vec());
            crowd.turn(Some(Duration::from_secs(1)), keep).unwrap();
            assert!(start.elapsed() < Duration::from_secs(10), "{messages:?}");
        };
        drop(crowd);
        server.join().unwrap();
        (messages, end)
    }

    #[test]
    fn fragments_pings_and_the_servers_close_are_understood() {
        let (messages, end) = meet(&[
            0x02, 2, b'a', b'b', 0x89, 2, b'h', b'i', 0x80, 1, b'c', // a ping within
            0x82, 1, b'd', 0x88, 2, 0x0b, 0xb8,
        ]);
        assert_eq!(messages, [b"abc".to_vec(), b"d".to_vec()]);
        assert_eq!(end, End::Closed(Some(3000)));
    }

    #[test]
    fn a_ping_is_answered() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let target = Target::at(listener.local_addr().unwrap());
        let server = thread::spawn(move || {
            let mut socket = accept(listener.accept().unwrap().0).unwrap();
            let hello = Packet::id(1).encode_to_vec();
            socket.send(Message::binary(hello)).unwrap();
            socket.send(Message::Ping("hi".into())).unwrap();
            socket.read().unwrap()
        });
        let mut crowd = Crowd::new().unwrap();
        crowd.connect(&target, 1, |_| {}).unwrap();
        while crowd.ends().next().is_none() {
            crowd
                .turn(Some(Duration::from_secs(1)), |_, _, _| {})
                .unwrap();
        }
        assert_eq!(server.join().unwrap(), Message::Pong("hi".into()));
    }

    #[test]
    fn bytes_that_are_no_web_sockets_end_a_client() {
        let (messages, end) = meet(&[0x81, 0x80, 0, 0, 0, 0]);
        assert!(messages.is_empty());
        assert_eq!(end, End::Lost);
    }

    #[test]
    fn who_is_not_there_is_named() {
        let free = TcpListener::bind("127.0.0.1:0").unwrap();
        let target = Target::at(free.local_addr().unwrap());
        drop(free);
        let error = Crowd::new()
            .unwrap()
            .connect(&target, 3, |_| {})
            .unwrap_err();
        assert_eq!(error.client, 1);
        assert!(matches!(error.source, HandshakeError::NoServer));
    }
}
