//! Clients of the `protocol` crate's session behind a proxy that cuts their
//! connections at any byte, again and again: nobody loses a message, gets one
//! twice, or has them in another order.

use std::collections::BTreeMap;
use std::net::{SocketAddr, TcpStream};
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use guildhall_client::session::{Action, ChatLine, Event, MessageKind, Session, State};
use guildhall_client::{ClientId, RequestId};
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

use guildhall_testing::fault_proxy::{self, FaultProxy, Harm};

const ROOM: &str = "storm";
const CLIENTS: usize = 20;
const CUTS: u64 = 1_000;

/// A client says the next thing when so many are without an answer at most.
const AHEAD: usize = 8;

/// How long a client listens before it looks at the time.
const LISTEN: Duration = Duration::from_millis(2);

/// How long all of it may take before it has failed.
const ENOUGH: Duration = Duration::from_mins(2);

/// Rooms that forget nothing, and give it all to who comes.
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

/// A user's client, driven by hand.
struct Native {
    address: SocketAddr,
    start: Instant,
    session: Session,
    socket: Option<WebSocket<TcpStream>>,
    log: Vec<ChatLine>,
    /// What was said, by its number, until it is known to be stored.
    pending: BTreeMap<RequestId, String>,
    sent: Vec<String>,
}

impl Native {
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

    /// Does what is due, listens for a moment, and takes note of what came.
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
            self.note(event);
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
        // No jitter: the shortest wait that the session knows.
        self.session.closed(code, "", self.now(), 0.0);
    }

    fn note(&mut self, event: Event) {
        match event {
            Event::Line(line) => self.log.push(line),
            Event::Sent { nonce } => {
                let text = self.pending.remove(&nonce).expect("sent once");
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
            } => panic!("not in a world that forgets nothing: {event:?}"),
            _ => {}
        }
    }

    fn say(&mut self, text: String) {
        let nonce = self
            .session
            .say(ROOM, &text, MessageKind::Text)
            .expect("few are pending");
        self.pending.insert(nonce, text);
    }

    fn now(&self) -> u64 {
        u64::try_from(self.start.elapsed().as_millis()).unwrap()
    }
}

/// A WebSocket through the proxy, if it lets the handshake through.
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

/// Everything that was said in the room, over a connection without harm.
fn truth(hall: &TestServer) -> Vec<Line> {
    let (mut witness, _) = V1Client::hello(hall.address(), "Witness");
    let joined = witness.join(ROOM);
    assert_eq!(joined.first_seq, 1);
    (0..joined.last_seq).map(|_| witness.line()).collect()
}

#[track_caller]
fn check(threads: usize, seed: u64) {
    let hall = eternal(threads);
    let any = "127.0.0.1:0".parse().unwrap();
    let harm = Harm {
        seed,
        cuts: CUTS,
        most_bytes: fault_proxy::MOST_BYTES,
    };
    let proxy = FaultProxy::start(any, hall.address(), harm).unwrap();
    proxy.begin();
    let proxy = Arc::new(proxy);
    // How many clients have had an answer to all that they have said.
    let answered = Arc::new(AtomicUsize::new(0));
    let clients: Vec<_> = (0..CLIENTS)
        .map(|number| {
            let (proxy, answered) = (Arc::clone(&proxy), Arc::clone(&answered));
            thread::spawn(move || run(number, &proxy, &answered))
        })
        .collect();
    let clients: Vec<Native> = clients
        .into_iter()
        .map(|client| client.join().unwrap_or_else(|_| panic!("with seed {seed}")))
        .collect();

    let truth = truth(&hall);
    for (seq, line) in (1..).zip(&truth) {
        assert_eq!(line.seq, seq, "with seed {seed}");
    }
    let mut stored: Vec<&str> = truth.iter().map(|line| &*line.text).collect();
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
        let due = truth
            .iter()
            .map(|line| (line.seq, &line.text, ClientId(line.sender)));
        assert!(
            log.eq(due),
            "{} lines of {}, with seed {seed}",
            client.log.len(),
            truth.len()
        );
    }
    assert_eq!(proxy.cuts(), CUTS);
}

/// Speaks until the proxy has cut enough, and then listens until everybody has
/// an answer and it has heard all of that.
fn run(number: usize, proxy: &FaultProxy, answered: &AtomicUsize) -> Native {
    let mut client = Native::connect(proxy.address());
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
        assert!(client.start.elapsed() < ENOUGH, "somebody has no answer");
        client.turn();
    }
    // Everybody's last words are before these, and then these are heard.
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
fn nor_do_they_on_two_threads() {
    check(2, fastrand::u64(..));
}
