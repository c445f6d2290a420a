//! Many WebSocket clients on one thread. The load tool and the benches chat
//! through them.

use std::io::{self, Read as _, Write as _};
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_rustls::rustls::ClientConfig;
use guildhall_protocol::{Protocol, SUBPROTOCOL, UserId};
use polling::Events;

use super::client::{Client, Greeting};
use super::connection::{Connection, End, mask};
use super::handshake::{AskedHandshake, HandshakeError};
use super::inbox::{self, MAX_MESSAGE};
use super::millis;
use super::sockets::{Interest, Sockets};
use super::stream::Stream;
use crate::server_url::ServerUrl;

/// How many handshakes are under way at the same time.
const WAVE: usize = 128;

/// The size of the one buffer for all reads: a large message and much behind it.
const READ_BUFFER: usize = MAX_MESSAGE + 256 * 1024;

/// The room of the tutorial's clients: they do not choose one.
const TUTORIAL_ROOM: &str = "lobby";

/// Clients, numbered from 0 in the order in which they were connected.
#[derive(Debug)]
pub struct Clients {
    protocol: Protocol,
    /// The clients take turns in these rooms.
    rooms: Vec<String>,
    /// The zero of the clients' clock.
    start: Instant,
    sockets: Sockets,
    connections: Vec<Connection>,
    /// How many of those that follow it each client blocks.
    blocks: usize,
    /// The settings for servers that speak TLS.
    tls: Option<Arc<ClientConfig>>,
    events: Events,
    buffer: Vec<u8>,
}

/// Why a client could not connect.
#[derive(Debug, thiserror::Error)]
#[error("client {client}")]
pub struct ConnectError {
    /// The number of the first client that could not, counted from 1.
    pub client: usize,
    /// The reason.
    pub source: HandshakeError,
}

/// A client whose handshake is done.
struct Opened {
    stream: Stream,
    client: Client,
    /// What the server sent behind its answer.
    frames: Vec<u8>,
}

impl Clients {
    /// No clients yet. Those that connect speak the tutorial's protocol, in its
    /// one room.
    ///
    /// # Errors
    ///
    /// If the system cannot watch sockets.
    pub fn tutorial() -> io::Result<Self> {
        Self::new(Protocol::Tutorial, vec![TUTORIAL_ROOM.to_owned()])
    }

    /// No clients yet. Those that connect speak `guildhall.v1`, and take turns in
    /// these rooms, of which there is at least one.
    ///
    /// # Errors
    ///
    /// If the system cannot watch sockets.
    pub fn v1(rooms: Vec<String>) -> io::Result<Self> {
        Self::new(Protocol::V1, rooms)
    }

    fn new(protocol: Protocol, rooms: Vec<String>) -> io::Result<Self> {
        Ok(Self {
            protocol,
            rooms,
            start: Instant::now(),
            sockets: Sockets::new()?,
            connections: Vec::new(),
            blocks: 0,
            tls: None,
            events: Events::new(),
            buffer: vec![0; READ_BUFFER],
        })
    }

    /// The same clients, which speak TLS with these settings if the server's address asks for it.
    #[must_use]
    pub(super) fn with_tls(self, tls: Option<Arc<ClientConfig>>) -> Self {
        Self { tls, ..self }
    }

    /// The protocol that all clients speak.
    #[must_use]
    pub fn protocol(&self) -> Protocol {
        self.protocol
    }

    /// How many rooms the clients are spread over.
    #[must_use]
    pub fn rooms(&self) -> usize {
        self.rooms.len()
    }

    /// Connects `count` more clients and waits until each has its ID and is in
    /// its room. `progress` gets the number of those that are ready. Other messages that
    /// arrive before that are read and not passed on.
    ///
    /// # Errors
    ///
    /// [`ConnectError`] about the first client that could not connect. Those
    /// before it stay connected.
    pub fn connect(
        &mut self,
        target: &ServerUrl,
        count: usize,
        mut progress: impl FnMut(usize),
    ) -> Result<(), ConnectError> {
        let mut connected = 0;
        while connected < count {
            let handshakes: Vec<_> = (0..WAVE.min(count - connected))
                .map(|_| AskedHandshake::ask(target, self.tls.as_ref(), self.subprotocol()))
                .collect();
            let first = self.connections.len();
            let opened: Vec<_> = handshakes
                .into_iter()
                .enumerate()
                .map(|(ahead, handshake)| self.open(first + ahead, handshake?))
                .collect();
            for opened in opened {
                opened
                    .and_then(|opened| self.add(opened))
                    .map_err(|source| ConnectError {
                        client: self.connections.len() + 1,
                        source,
                    })?;
                connected += 1;
            }
            progress(connected);
        }
        Ok(())
    }

    /// What the handshake asks for.
    fn subprotocol(&self) -> Option<&'static str> {
        match self.protocol {
            Protocol::Tutorial => None,
            Protocol::V1 => Some(SUBPROTOCOL),
        }
    }

    /// Completes a handshake, and sends the first packets of client `index`.
    fn open(&self, index: usize, handshake: AskedHandshake) -> Result<Opened, HandshakeError> {
        let (mut stream, frames) = handshake.answer()?;
        let mut greeting = Vec::new();
        let client = Client::open(self.protocol, &self.rooms, index, |packet| {
            inbox::put_message(&mut greeting, packet, mask());
        });
        // If the server has hung up, the bytes that it sent say more.
        let _ = stream.write_all(&greeting);
        Ok(Opened {
            stream,
            client,
            frames,
        })
    }

    /// Adds a connected client when its greeting is over. Reads the frames that
    /// came with it: a ping has to be answered.
    fn add(&mut self, opened: Opened) -> Result<(), HandshakeError> {
        let Opened {
            mut stream,
            client,
            frames,
        } = opened;
        let mut connection = Connection::new(client);
        self.buffer[..frames.len()].copy_from_slice(&frames);
        let mut length = frames.len();
        loop {
            let now = millis(self.start.elapsed());
            connection
                .receive(&self.buffer[..length], now, |_| {})
                .map_err(|_| HandshakeError::NotAWebSocket)?;
            match connection.client.greeting() {
                Greeting::Refused(words) => {
                    return Err(HandshakeError::RequestRefused(words.to_owned()));
                }
                Greeting::Pending if connection.end.is_none() => {}
                Greeting::Pending | Greeting::Done => break,
            }
            // A client that waits for the end of its greeting has to answer
            // the server meanwhile.
            stream.write_all(&connection.outgoing)?;
            connection.outgoing.clear();
            let held = connection.inbox.take_rest(&mut self.buffer);
            let read = stream.read(&mut self.buffer[held..])?;
            if read == 0 {
                return Err(io::Error::from(io::ErrorKind::UnexpectedEof).into());
            }
            length = held + read;
        }
        let index = self.connections.len();
        self.sockets.add(stream)?;
        self.connections.push(connection);
        self.flush(index);
        Ok(())
    }

    /// How many clients were connected, also if they are no longer.
    #[must_use]
    pub fn len(&self) -> usize {
        self.connections.len()
    }

    /// Whether no client was connected.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.connections.is_empty()
    }

    /// The ID of client `index`, if it speaks `guildhall.v1`.
    #[must_use]
    pub fn id(&self, index: usize) -> Option<UserId> {
        self.connections.get(index)?.client.id()
    }

    /// Has each client of `guildhall.v1` block `count` of those that follow it; behind the last
    /// comes the first. The server's answers arrive in later turns, see
    /// [`Clients::are_blocked`].
    pub fn block_next(&mut self, count: usize) {
        self.blocks = count;
        let ids: Vec<_> = (0..self.len()).map(|index| self.id(index)).collect();
        for index in 0..ids.len() {
            let next = ids.iter().cycle().skip(index + 1).take(count);
            for &id in next.flatten() {
                self.connections[index].block(id);
            }
            self.flush(index);
        }
    }

    /// How many of those that follow it each client blocks.
    #[must_use]
    pub fn blocks(&self) -> usize {
        self.blocks
    }

    /// Whether the server has answered each client that it blocks all of those.
    #[must_use]
    pub fn are_blocked(&self) -> bool {
        let clients = self.connections.iter().map(|connection| &connection.client);
        clients
            .into_iter()
            .all(|client| client.blocks() == self.blocks)
    }

    /// The connections that have ended: the client, and how.
    pub fn ends(&self) -> impl Iterator<Item = (usize, End)> {
        let connections = self.connections.iter().enumerate();
        connections.filter_map(|(index, connection)| Some((index, connection.end?)))
    }

    /// How many messages were not sent because the server's limits forbid them.
    #[must_use]
    pub fn unsent(&self) -> u64 {
        let clients = self.connections.iter().map(|connection| &connection.client);
        clients.map(Client::unsent).sum()
    }

    /// Has client `index` say `text`.
    pub fn say(&mut self, index: usize, text: &str) {
        self.put(index, text);
        self.flush(index);
    }

    /// Has client `index` say `text` with the next [`Clients::flush`].
    pub fn put(&mut self, index: usize, text: &str) {
        let connection = &mut self.connections[index];
        if connection.end.is_none() {
            connection.say(text);
        }
    }

    /// Sends everything that client `index` has put, with one write if the
    /// socket takes it. Later turns send the rest.
    pub fn flush(&mut self, index: usize) {
        let connection = &mut self.connections[index];
        let Some(stream) = self.sockets.get(index) else {
            return;
        };
        if stream.holds() {
            // If the socket does not take it, the next turn goes on.
            let _ = stream.flush();
        }
        while !connection.outgoing.is_empty() {
            match stream.write(&connection.outgoing) {
                Ok(written) => {
                    connection.outgoing.drain(..written);
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                // The server's last words are still to be read.
                Err(_) => connection.outgoing.clear(),
            }
        }
        let is_waiting = !connection.outgoing.is_empty() || stream.holds();
        if is_waiting != connection.is_waiting_to_write {
            connection.is_waiting_to_write = is_waiting;
            self.watch(index);
        }
    }

    /// Those from client `first` on say nothing from now on, and cost less for it: most of what
    /// this thread does is reading. They check what arrives as all others do.
    pub fn only_listen(&mut self, first: usize) {
        for connection in &mut self.connections[first..] {
            connection.client.only_listen();
        }
    }

    /// Client `index` reads nothing from now on.
    pub fn stop_reading(&mut self, index: usize) {
        self.connections[index].is_stalled = true;
        self.watch(index);
    }

    /// Client `index` reads again.
    pub fn read_again(&mut self, index: usize) {
        self.connections[index].is_stalled = false;
        self.watch(index);
    }

    /// Watches the socket of client `index` for all that the client waits for.
    fn watch(&mut self, index: usize) {
        let connection = &self.connections[index];
        let interest = Interest {
            readable: !connection.is_stalled,
            writable: connection.is_waiting_to_write,
        };
        if self.sockets.watch(index, interest).is_err() {
            self.end(index, End::Lost);
        }
    }

    /// Reads whatever has arrived. If nothing has, waits up to `timeout` for it.
    /// `on_message` gets each binary message: the number of the client that
    /// received it, the time when it was read, and its bytes.
    ///
    /// # Errors
    ///
    /// If the system cannot watch sockets. A fault of one client's connection
    /// ends that connection, see [`Clients::ends`].
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
        let Some(stream) = self.sockets.get(index) else {
            return;
        };
        let connection = &mut self.connections[index];
        let held = connection.inbox.take_rest(&mut self.buffer);
        // One read: the poller reports bytes that are left at the next turn.
        let (read, is_broken) = match stream.read(&mut self.buffer[held..]) {
            Ok(0) => (0, true),
            Ok(read) => (read, false),
            Err(error) => (0, !is_temporary(&error)),
        };
        let now = Instant::now();
        let received = connection.receive(
            &self.buffer[..held + read],
            millis(now - self.start),
            |packet| on_message(index, now, packet),
        );
        if is_broken || received.is_err() {
            connection.end.get_or_insert(End::Lost);
        }
        if let Some(end) = connection.end {
            self.end(index, end);
        } else if !connection.outgoing.is_empty() {
            self.flush(index);
        }
    }

    fn end(&mut self, index: usize, end: End) {
        self.connections[index].end.get_or_insert(end);
        self.sockets.close(index);
    }
}

fn is_temporary(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted
    )
}

#[cfg(test)]
mod tests;
