//! Clients with the client crate's session, behind a proxy that cuts their
//! connections at any byte, again and again. No client loses a message, gets one
//! twice, or gets them in another order.

use std::collections::BTreeMap;
use std::net::{SocketAddr, TcpStream};
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use guildhall_client::session::{Action, ChatLine, Event, MessageKind, Session, State};
use guildhall_client::{RequestId, UserId};
use guildhall_protocol::{Line, SUBPROTOCOL};
use guildhall_server::Caps;
use guildhall_server::Config;
use guildhall_server::HistoryLimits;
use guildhall_server::RoomLimits;
use tungstenite::client::ClientRequestBuilder;
use tungstenite::{Message, WebSocket};

use guildhall_testing::test_server::TestServer;
use guildhall_testing::v1_client::V1Client;
use guildhall_testing::wire::PATIENCE;

use guildhall_testing::fault_proxy::{self, FaultPlan, FaultProxy};

const ROOM: &str = "storm";
const CLIENTS: usize = 20;
const CUTS: u64 = 1_000;

/// A client says the next message only if fewer than this are unanswered.
const AHEAD: usize = 8;

/// How long a client reads before it looks at the time.
const LISTEN: Duration = Duration::from_millis(2);

/// The test fails after this time.
const ENOUGH: Duration = Duration::from_mins(2);

/// A server whose rooms forget no line, and replay all of them to each client.
fn eternal(threads: usize) -> TestServer {
    TestServer::with(Config {
        threads: NonZeroUsize::new(threads).unwrap(),
        caps: Caps {
            total: 16_384,
            per_address: 0,
        },
        max_waiting: 64 * 1024 * 1024,
        rooms: RoomLimits {
            history: HistoryLimits {
                lines: 1_000_000,
                bytes: 64 * 1024 * 1024,
                age: Duration::from_hours(24),
            },
            replay: 1_000_000,
            ..RoomLimits::default()
        },
        ..Config::default()
    })
}

/// A client with a session, driven by hand.
struct SessionClient {
    address: SocketAddr,
    start: Instant,
    session: Session,
    socket: Option<WebSocket<TcpStream>>,
    log: Vec<ChatLine>,
    /// The texts whose answers are missing, by request.
    pending: BTreeMap<RequestId, String>,
    sent: Vec<String>,
}

impl SessionClient {
    fn connect(address: SocketAddr) -> Self {
        let mut session = Session::new("");
        session.join(ROOM);
        session.connect(0);
        Self {
            address,
            start: Instant::now(),
            session,
            socket: None,
            log: Vec::new(),
            pending: BTreeMap::new(),
            sent: Vec::new(),
        }
    }

    /// Does what the session asks for, reads for a moment, and records the events.
    fn turn(&mut self) {
        self.session.tick(self.now(), 0.0);
        while let Some(action) = self.session.next_action() {
            match action {
                Action::Open => match open(self.address) {
                    Some(socket) => {
                        self.socket = Some(socket);
                        self.session.opened(self.now());
                    }
                    None => self.lost(1006),
                },
                Action::Send(bytes) => {
                    if let Some(socket) = &mut self.socket
                        && socket.send(Message::binary(bytes)).is_err()
                    {
                        self.lost(1006);
                    }
                }
                Action::Close(_) => self.socket = None,
            }
        }
        self.listen();
        while let Some(event) = self.session.next_event() {
            self.record(event);
        }
    }

    fn listen(&mut self) {
        let Some(socket) = &mut self.socket else {
            thread::sleep(LISTEN);
            return;
        };
        match socket.read() {
            Ok(Message::Binary(bytes)) => self.session.received(&bytes, self.now()),
            Ok(Message::Close(frame)) => {
                self.lost(frame.map_or(1005, |frame| frame.code.into()));
            }
            Ok(_) => {}
            Err(tungstenite::Error::Io(error)) if guildhall_testing::client::is_timeout(&error) => {
            }
            Err(_) => self.lost(1006),
        }
    }

    fn lost(&mut self, code: u16) {
        self.socket = None;
        // Without jitter the session waits for the shortest time.
        self.session.closed(code, "", self.now(), 0.0);
    }

    fn record(&mut self, event: Event) {
        match event {
            Event::Line(line) => self.log.push(line),
            Event::Sent { nonce } => {
                let text = self
                    .pending
                    .remove(&nonce)
                    .expect("each message is sent once");
                self.sent.push(text);
            }
            Event::State(State::Closed { code, reason }) => panic!("closed: {code} {reason}"),
            Event::Gap { .. }
            | Event::Failed { .. }
            | Event::BadMessage(_)
            | Event::RequestFailed { .. }
            | Event::Joined {
                rejoined: true,
                resumed: false,
                ..
            } => panic!("this server forgets no line: {event:?}"),
            _ => {}
        }
    }

    fn say(&mut self, text: String) {
        let nonce = self
            .session
            .say(ROOM, &text, MessageKind::Text)
            .expect("few messages are pending");
        self.pending.insert(nonce, text);
    }

    fn now(&self) -> u64 {
        u64::try_from(self.start.elapsed().as_millis()).unwrap()
    }
}

/// Opens a WebSocket through the proxy. `None` if the proxy cuts the handshake.
fn open(address: SocketAddr) -> Option<WebSocket<TcpStream>> {
    let stream = TcpStream::connect_timeout(&address, PATIENCE).ok()?;
    stream.set_nodelay(true).ok()?;
    stream.set_read_timeout(Some(PATIENCE)).ok()?;
    stream.set_write_timeout(Some(PATIENCE)).ok()?;
    let uri = format!("ws://{address}/ws").parse().ok()?;
    let request = ClientRequestBuilder::new(uri).with_sub_protocol(SUBPROTOCOL);
    let (socket, _) = tungstenite::client(request, stream).ok()?;
    socket.get_ref().set_read_timeout(Some(LISTEN)).ok()?;
    Some(socket)
}

/// All lines of the room, over a connection without the proxy.
fn stored_lines(server: &TestServer) -> Vec<Line> {
    let (mut observer, _) = V1Client::hello(server.address(), "Observer");
    let joined = observer.join(ROOM);
    assert_eq!(joined.first_seq, 1);
    (0..joined.last_seq).map(|_| observer.line()).collect()
}

#[track_caller]
fn check(threads: usize, seed: u64) {
    let server = eternal(threads);
    let any = "127.0.0.1:0".parse().unwrap();
    let plan = FaultPlan {
        seed,
        cuts: CUTS,
        most_bytes: fault_proxy::MOST_BYTES,
    };
    let proxy = FaultProxy::start(any, server.address(), plan).unwrap();
    proxy.begin();
    let proxy = Arc::new(proxy);
    // How many clients have an answer to each of their messages.
    let answered = Arc::new(AtomicUsize::new(0));
    let clients: Vec<_> = (0..CLIENTS)
        .map(|number| {
            let (proxy, answered) = (Arc::clone(&proxy), Arc::clone(&answered));
            thread::spawn(move || run(number, &proxy, &answered))
        })
        .collect();
    let clients: Vec<SessionClient> = clients
        .into_iter()
        .map(|client| client.join().unwrap_or_else(|_| panic!("with seed {seed}")))
        .collect();

    let stored_lines = stored_lines(&server);
    for (seq, line) in (1..).zip(&stored_lines) {
        assert_eq!(line.seq, seq, "with seed {seed}");
    }
    let mut stored: Vec<&str> = stored_lines.iter().map(|line| &*line.text).collect();
    let mut sent: Vec<&str> = clients
        .iter()
        .flat_map(|client| &client.sent)
        .map(|text| &**text)
        .collect();
    stored.sort_unstable();
    sent.sort_unstable();
    assert!(stored == sent, "stored and sent differ, with seed {seed}");
    for client in &clients {
        let log = client
            .log
            .iter()
            .map(|line| (line.seq, &line.text, line.sender));
        let due = stored_lines
            .iter()
            .map(|line| (line.seq, &line.text, UserId(line.sender)));
        assert!(
            log.eq(due),
            "{} lines of {}, with seed {seed}",
            client.log.len(),
            stored_lines.len()
        );
    }
    assert_eq!(proxy.cuts(), CUTS);
}

/// Speaks until the proxy has made all its cuts. Then reads until all clients have
/// their answers and this client has all lines.
fn run(number: usize, proxy: &FaultProxy, answered: &AtomicUsize) -> SessionClient {
    let mut client = SessionClient::connect(proxy.address());
    let mut said = 0;
    while proxy.cuts() < CUTS {
        assert!(client.start.elapsed() < ENOUGH, "{} cuts", proxy.cuts());
        if client.pending.len() < AHEAD {
            client.say(format!("{number}: {said}"));
            said += 1;
        }
        client.turn();
    }
    while !client.pending.is_empty() {
        assert!(
            client.start.elapsed() < ENOUGH,
            "unanswered: {:?}",
            client.pending
        );
        client.turn();
    }
    answered.fetch_add(1, Ordering::SeqCst);
    while answered.load(Ordering::SeqCst) < CLIENTS {
        assert!(client.start.elapsed() < ENOUGH, "a client has no answer");
        client.turn();
    }
    // All other lines come before the goodbyes: with all goodbyes it has all lines.
    client.say(format!("{number}: goodbye"));
    let is_goodbye = |line: &&ChatLine| line.text.ends_with(": goodbye");
    while client
        .log
        .iter()
        .rev()
        .take(CLIENTS)
        .filter(is_goodbye)
        .count()
        < CLIENTS
        || !client.pending.is_empty()
    {
        assert!(client.start.elapsed() < ENOUGH, "not all goodbyes");
        client.turn();
    }
    client
}

#[test]
fn a_thousand_cuts_lose_nothing_and_repeat_nothing() {
    check(1, fastrand::u64(..));
}

#[test]
fn a_thousand_cuts_lose_nothing_and_repeat_nothing_on_two_threads() {
    check(2, fastrand::u64(..));
}
