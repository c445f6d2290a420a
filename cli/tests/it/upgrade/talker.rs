//! Clients with real sessions of the client library, each on a thread of its own, that talk, and
//! count how often they connect and what they miss.

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::{Builder, JoinHandle, sleep};
use std::time::{Duration, Instant};

use guildhall_client::session::{Action, Event, MessageKind, Session, State};
use tungstenite::{Error, Message, WebSocket};

use crate::v1_socket;

/// How many talk in a room.
const IN_ROOM: usize = 25;

/// How long a read waits.
const READ_WITHIN: Duration = Duration::from_millis(20);

/// How long a handshake may take: the next server may need a moment.
const HANDSHAKE_WITHIN: Duration = Duration::from_mins(1);

/// How long a client waits for its answers in the end.
const ANSWERS_WITHIN: Duration = Duration::from_mins(2);

/// How the last line of each client begins.
const LAST_WORDS: &str = "goodbye from";

/// The state that all clients share.
#[derive(Debug, Default)]
struct Common {
    talking: AtomicUsize,
    back: AtomicUsize,
    is_done: AtomicBool,
    answered: AtomicUsize,
    has_failed: AtomicBool,
}

/// All clients.
pub(super) struct Talkers {
    common: Arc<Common>,
    threads: Vec<JoinHandle<Talker>>,
}

impl Talkers {
    pub(super) fn start(address: SocketAddr, count: usize) -> Self {
        let common = Arc::new(Common::default());
        let threads = (0..count).map(|number| {
            let common = Arc::clone(&common);
            let mut talker = Talker::new(number, count, address, common);
            let talk = move || {
                talker.talk();
                talker
            };
            Builder::new().stack_size(512 * 1024).spawn(talk).unwrap()
        });
        let threads = threads.collect();
        Self { common, threads }
    }

    /// Waits until each has said something and heard itself.
    pub(super) fn wait_until_all_talk(&self) {
        self.wait_for("all talk", &self.common.talking);
    }

    /// Waits until each has connected again, and goes on with its session.
    pub(super) fn wait_until_all_are_back(&self) {
        self.wait_for("all are back", &self.common.back);
    }

    fn wait_for(&self, what: &str, count: &AtomicUsize) {
        let wanted = self.threads.len();
        let since = Instant::now();
        while count.load(Ordering::SeqCst) < wanted {
            let has_failed = self.common.has_failed.load(Ordering::SeqCst);
            assert!(!has_failed, "one has failed before {what}");
            assert!(since.elapsed() < ANSWERS_WITHIN, "not {what}");
            sleep(READ_WITHIN);
        }
    }

    /// Waits until all have their answers and have heard each other, and compares what they have
    /// heard.
    pub(super) fn end_and_check(self) {
        self.common.is_done.store(true, Ordering::SeqCst);
        let talkers = self.threads.into_iter().map(JoinHandle::join);
        let talkers: Vec<Talker> = talkers.map(|it| it.expect("it fails no check")).collect();
        let lines: usize = talkers.iter().map(|it| it.said).sum();
        let longest = talkers.iter().map(|it| it.longest_away).max();
        println!(
            "{} clients, {lines} lines; the longest way back took {longest:?}",
            talkers.len()
        );
        for room in talkers.chunks(IN_ROOM) {
            for talker in room {
                let name = &talker.name;
                assert_eq!(talker.failed, 0, "{name} was refused");
                assert_eq!(talker.opened, 2, "{name} connects once, and once more");
                let numbers: Vec<u64> = talker.heard.keys().copied().collect();
                let (first, last) = (numbers[0], numbers[numbers.len() - 1]);
                assert!(numbers.iter().copied().eq(first..=last), "{name} has a gap");
                let all = &room[0].heard;
                for (seq, text) in all.range(first..) {
                    assert_eq!(talker.heard.get(seq), Some(text), "{name}, line {seq}");
                }
            }
        }
    }
}

/// A session and its socket.
struct Talker {
    name: String,
    room: String,
    /// How many are in its room.
    mates: usize,
    count: usize,
    address: SocketAddr,
    common: Arc<Common>,
    start: Instant,
    session: Session,
    socket: Option<WebSocket<TcpStream>>,
    /// How many lines it has said, and how many of them have no answer.
    said: usize,
    waiting: usize,
    /// The texts that it has heard, by the numbers of the lines.
    heard: BTreeMap<u64, String>,
    /// How often it has connected, and how often that has failed.
    opened: usize,
    failed: usize,
    lost_at: Option<Instant>,
    longest_away: Duration,
}

impl Drop for Talker {
    fn drop(&mut self) {
        let has_failed = std::thread::panicking();
        self.common
            .has_failed
            .fetch_or(has_failed, Ordering::SeqCst);
    }
}

impl Talker {
    fn new(number: usize, count: usize, address: SocketAddr, common: Arc<Common>) -> Self {
        let name = format!("Talker {number}");
        let room = format!("room-{}", number / IN_ROOM);
        let first = number / IN_ROOM * IN_ROOM;
        let mut session = Session::new(name.clone());
        session.join(&room);
        Self {
            name,
            room,
            mates: IN_ROOM.min(count - first),
            count,
            address,
            common,
            start: Instant::now(),
            session,
            socket: None,
            said: 0,
            waiting: 0,
            heard: BTreeMap::new(),
            opened: 0,
            failed: 0,
            lost_at: None,
            longest_away: Duration::ZERO,
        }
    }

    fn now(&self) -> u64 {
        self.start.elapsed().as_millis().try_into().unwrap()
    }

    fn talk(&mut self) {
        self.session.connect(0);
        let mut next = 0;
        let mut is_counted = false;
        while !self.common.is_done.load(Ordering::SeqCst) {
            if next <= self.now() && self.session.room(&self.room).is_some_and(|it| it.joined) {
                next = self.now() + fastrand::u64(200..1_000);
                self.say(format!("line {} of {}", self.said, self.name));
            }
            self.step();
            if !is_counted && self.said > self.waiting {
                is_counted = true;
                self.common.talking.fetch_add(1, Ordering::SeqCst);
            }
        }
        self.until("its answers", |it| it.waiting == 0);
        self.common.answered.fetch_add(1, Ordering::SeqCst);
        self.until("the others' answers", |it| {
            it.common.answered.load(Ordering::SeqCst) == it.count
        });
        self.say(format!("{LAST_WORDS} {}", self.name));
        self.until("the goodbyes", |it| {
            let last = it.heard.values().rev().take(it.mates);
            it.waiting == 0 && last.filter(|it| it.starts_with(LAST_WORDS)).count() == it.mates
        });
    }

    fn until(&mut self, what: &str, is_so: impl Fn(&Self) -> bool) {
        let since = Instant::now();
        while !is_so(self) {
            let has_failed = self.common.has_failed.load(Ordering::SeqCst);
            let (name, state) = (&self.name, self.session.state());
            assert!(
                since.elapsed() < ANSWERS_WITHIN && !has_failed,
                "{name} does not get {what}: {state:?}"
            );
            self.step();
        }
    }

    fn say(&mut self, text: String) {
        let said = self.session.say(&self.room, &text, MessageKind::Text);
        said.expect("the session takes it");
        self.said += 1;
        self.waiting += 1;
    }

    fn step(&mut self) {
        let now = self.now();
        if self.session.wake_at().is_some_and(|due| due <= now) {
            self.session.tick(now, fastrand::f64());
        }
        while let Some(action) = self.session.next_action() {
            match action {
                Action::Open => self.open(),
                Action::Send(bytes) => {
                    if let Some(socket) = &mut self.socket
                        && socket.send(Message::Binary(bytes.into())).is_err()
                    {
                        self.lost(1006);
                    }
                }
                Action::Close(_) => self.socket = None,
            }
        }
        self.read();
        while let Some(event) = self.session.next_event() {
            self.note(event);
        }
    }

    fn open(&mut self) {
        let Some(socket) = v1_socket::open(self.address, HANDSHAKE_WITHIN, READ_WITHIN) else {
            self.failed += 1;
            return self.lost(1006);
        };
        self.opened += 1;
        self.socket = Some(socket);
        self.session.opened(self.now());
    }

    fn lost(&mut self, code: u16) {
        self.socket = None;
        self.lost_at.get_or_insert_with(Instant::now);
        self.session.closed(code, "", self.now(), fastrand::f64());
    }

    /// Reads what has arrived; waits a little if nothing has.
    fn read(&mut self) {
        let Some(socket) = &mut self.socket else {
            return sleep(READ_WITHIN);
        };
        match socket.read() {
            Ok(Message::Binary(bytes)) => self.session.received(&bytes, self.now()),
            Ok(Message::Close(frame)) => {
                let _ = socket.flush();
                self.lost(frame.map_or(1005, |frame| frame.code.into()));
            }
            Ok(_) => {}
            Err(Error::Io(error))
                if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {}
            Err(_) => self.lost(1006),
        }
    }

    fn note(&mut self, event: Event) {
        match event {
            Event::Line(line) => {
                let again = self.heard.insert(line.seq, line.text);
                assert_eq!(again, None, "{} hears line {} twice", self.name, line.seq);
            }
            Event::Sent { .. } => self.waiting -= 1,
            Event::Welcomed { resumed, .. } => {
                assert_eq!(resumed, self.opened > 1, "{}", self.name);
                if let Some(lost_at) = self.lost_at.take() {
                    self.longest_away = self.longest_away.max(lost_at.elapsed());
                    self.common.back.fetch_add(1, Ordering::SeqCst);
                }
            }
            Event::Gap { from, to, .. } => panic!("{} misses {from} to {to}", self.name),
            Event::Failed { reason, .. } => panic!("{}: {reason:?}", self.name),
            Event::State(State::Closed { code, reason }) => {
                panic!("{} does not come back: {code} {reason}", self.name);
            }
            Event::BadMessage(problem) => panic!("{}: {problem}", self.name),
            _ => {}
        }
    }
}
