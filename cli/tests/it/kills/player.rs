//! A player with a real session of the client library, on a thread of its own: it talks, changes
//! what was said, whispers, comes back whenever its connection is lost, and writes down what it
//! was told.

use std::collections::HashMap;
use std::io::ErrorKind;
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread::sleep;
use std::time::{Duration, Instant};

use guildhall_client::RequestId;
use guildhall_client::session::{
    Action, Event, FailReason, MessageKind, Recipient, SendError, Session, State,
};
use guildhall_protocol::ErrorCode;
use guildhall_testing::heard::What;
use tungstenite::{Error, Message, WebSocket};

use crate::v1_socket;

use super::log::{Asked, Log};
use super::party::{LAST_WORDS, Party, name};
use super::{PLAYERS, ROOM};

/// How long a read waits.
const READ_WITHIN: Duration = Duration::from_millis(5);

/// How long a handshake may take.
const HANDSHAKE_WITHIN: Duration = Duration::from_secs(5);

/// How long a player waits in the end, for answers and for what the others have said.
const ANSWERS_WITHIN: Duration = Duration::from_mins(2);

/// How long a player waits until the next attempt to connect, in milliseconds.
const LONGEST_WAIT: u64 = 2_000;

/// The reactions that players choose from.
const REACTIONS: [&str; 3] = ["+1", "<3", "haha"];

/// Among how many of the newest lines a player chooses the one that it changes.
const RECENT: usize = 40;

/// How a player behaves beside talking.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Habit {
    Steady,
    /// It does not read for a while, now and then.
    Slow,
    /// It is not connected for a while, now and then.
    Away,
}

/// A session and its socket.
pub(super) struct Client {
    number: usize,
    address: SocketAddr,
    party: Arc<Party>,
    habit: Habit,
    start: Instant,
    session: Session,
    socket: Option<WebSocket<TcpStream>>,
    /// Its requests that have no answer.
    waiting: HashMap<RequestId, Asked>,
    pub(super) log: Log,
    /// The last time that it joined.
    joined: Option<Event>,
    /// When it is slow or away again, in the session's milliseconds.
    next_rest: u64,
}

impl Drop for Client {
    fn drop(&mut self) {
        let has_failed = std::thread::panicking();
        (self.party.has_failed).fetch_or(has_failed, Ordering::Relaxed);
    }
}

/// The part of all that a player has got in the end.
#[derive(Debug)]
#[expect(dead_code, reason = "a failure prints them")]
struct Heard {
    /// The goodbyes among the newest lines.
    goodbyes: usize,
    /// How many whispers to it are missing.
    missing: usize,
    /// The number of its newest line.
    last: Option<u64>,
}

impl Client {
    pub(super) fn new(number: usize, address: SocketAddr, party: Arc<Party>) -> Self {
        let mut session = Session::new(name(number));
        session.join(ROOM);
        let habit = match number % 10 {
            3 => Habit::Slow,
            7 => Habit::Away,
            _ => Habit::Steady,
        };
        Self {
            number,
            address,
            party,
            habit,
            start: Instant::now(),
            session,
            socket: None,
            waiting: HashMap::new(),
            log: Log::default(),
            next_rest: 0,
            joined: None,
        }
    }

    fn now(&self) -> u64 {
        self.start.elapsed().as_millis().try_into().unwrap()
    }

    pub(super) fn play(&mut self) {
        self.session.connect(0);
        let mut next_ask = 0;
        while !self.party.is_done.load(Ordering::Relaxed) {
            let now = self.now();
            if next_ask <= now {
                next_ask = now + fastrand::u64(200..1_500);
                self.ask_for_something();
            }
            self.rest();
            self.step();
        }
        self.until("the answers", Self::has_answers);
        let acknowledged = self.log.acknowledged.values();
        let whispers = acknowledged.filter_map(|asked| match asked {
            Asked::Whisper { to, text } => Some((*to, text.clone())),
            _ => None,
        });
        self.party.whispered.lock().unwrap().extend(whispers);
        self.party.answered.fetch_add(1, Ordering::SeqCst);
        self.until("the others' answers", |client| {
            client.party.answered.load(Ordering::SeqCst) == PLAYERS
        });
        // All that was said before now is in the room before this.
        self.say(format!("player {} {LAST_WORDS}", self.number), 0);
        self.until("the goodbyes", |client| {
            client.has_answers() && client.has_heard_all()
        });
    }

    /// Goes on until this is so.
    fn until(&mut self, what: &str, is_so: impl Fn(&Self) -> bool) {
        let since = Instant::now();
        while !is_so(self) {
            assert!(
                since.elapsed() < ANSWERS_WITHIN && !self.party.has_failed.load(Ordering::Relaxed),
                "player {} does not get {what}: {:?}, {:?}, {:?}",
                self.number,
                self.session.state(),
                self.waiting,
                self.heard()
            );
            self.step();
        }
    }

    fn has_answers(&self) -> bool {
        self.waiting.is_empty() && self.session.room(ROOM).is_some_and(|it| it.joined)
    }

    /// Whether it has heard everybody's goodbye, and got all whispers to it.
    fn has_heard_all(&self) -> bool {
        let heard = self.heard();
        heard.goodbyes == PLAYERS && heard.missing == 0
    }

    fn heard(&self) -> Heard {
        let newest = self.log.room.lines.values().rev().take(2 * PLAYERS);
        let goodbyes = newest.filter(|line| line.text.ends_with(LAST_WORDS));
        let whispered = self.party.whispered.lock().unwrap();
        let to_this = whispered.iter().filter(|(to, _)| *to == self.number);
        Heard {
            goodbyes: goodbyes.count(),
            missing: to_this.count().saturating_sub(self.log.whispers.len()),
            last: self.log.room.lines.last_key_value().map(|(key, _)| key.1),
        }
    }

    /// Does what is due, and reads what has arrived.
    fn step(&mut self) {
        let now = self.now();
        if self.session.wake_at().is_some_and(|due| due <= now) {
            self.session.tick(now, fastrand::f64());
        }
        // A player presses "Try now". Else one that is unlucky a few times waits for so long that it
        // misses more than a server sends to a client that comes back.
        if let State::Waiting { until, .. } = self.session.state()
            && now + LONGEST_WAIT < *until
        {
            self.session.connect(now);
        }
        self.act();
        self.read();
        self.note_events();
    }

    /// Reads nothing, or is away, for a while now and then. Not so often that it misses more than
    /// a server sends to who comes back: the rest would be a gap.
    fn rest(&mut self) {
        let now = self.now();
        if self.habit == Habit::Steady || now < self.next_rest {
            return;
        }
        self.next_rest = now + fastrand::u64(5_000..20_000);
        if self.habit == Habit::Away {
            self.lost();
        }
        sleep(Duration::from_millis(fastrand::u64(100..2_500)));
    }

    fn ask_for_something(&mut self) {
        match fastrand::u32(..100) {
            0..10 => self.whisper(),
            10..18 => {
                if let Some(line) = self.choose(|_| true) {
                    self.say_next(line);
                }
            }
            18..32 => self.react(),
            32..42 => self.edit(true),
            42..45 => self.remove(),
            45..47 => self.edit(false),
            _ => self.say_next(0),
        }
    }

    /// One of the newest lines that are not removed.
    fn choose(&self, is_fit: impl Fn(u64) -> bool) -> Option<u64> {
        let newest = self.log.room.lines.iter().rev().take(RECENT);
        let fit = newest.filter(|(_, line)| !line.removed && is_fit(line.sender));
        let fit: Vec<_> = fit.map(|((_, seq), _)| *seq).collect();
        fastrand::choice(fit)
    }

    fn choose_of_own(&self, own: bool) -> Option<u64> {
        let id = self.session.id()?.0;
        self.choose(|sender| (sender == id) == own)
    }

    /// A text that nobody else says, and that this player says once.
    fn text(&self, what: &str) -> String {
        format!("player {} {what} {}", self.number, self.log.asked.len())
    }

    fn say_next(&mut self, reply_to: u64) {
        self.say(self.text("says its line"), reply_to);
    }

    fn say(&mut self, text: String, reply_to: u64) {
        let asked = if reply_to == 0 {
            self.session.say(ROOM, &text, MessageKind::Text)
        } else {
            (self.session).reply_to(ROOM, reply_to, &text, MessageKind::Text)
        };
        self.wait_for(asked, Asked::Say { text, reply_to });
    }

    fn edit(&mut self, own: bool) {
        let Some(line) = self.choose_of_own(own) else {
            return;
        };
        let text = self.text("edits a line");
        let asked = self.session.edit(ROOM, line, &text);
        self.wait_for(asked, Asked::Edit { line, text, own });
    }

    fn remove(&mut self) {
        if let Some(line) = self.choose_of_own(true) {
            let asked = self.session.remove(ROOM, line);
            self.wait_for(asked, Asked::Remove { line });
        }
    }

    fn react(&mut self) {
        let Some(line) = self.choose(|_| true) else {
            return;
        };
        let reaction = REACTIONS[fastrand::usize(..REACTIONS.len())];
        let take_back = fastrand::u32(..4) == 0;
        let asked = self.session.react(ROOM, line, reaction, take_back);
        let react = Asked::React {
            line,
            reaction,
            take_back,
        };
        self.wait_for(asked, react);
    }

    fn whisper(&mut self) {
        let to = fastrand::usize(..PLAYERS);
        let is_kept = self.party.kept.lock().unwrap().contains(&to);
        if to == self.number || !is_kept {
            return;
        }
        let text = self.text("whispers");
        let receiver = Recipient::Name(&name(to));
        let asked = self.session.whisper(receiver, &text, MessageKind::Text);
        self.wait_for(asked, Asked::Whisper { to, text });
    }

    /// Waits for the answer to what the session has taken.
    fn wait_for(&mut self, taken: Result<RequestId, SendError>, asked: Asked) {
        if let Ok(nonce) = taken {
            self.waiting.insert(nonce, asked.clone());
            self.log.asked.push(asked);
        }
    }

    /// Does what the session wants.
    fn act(&mut self) {
        while let Some(action) = self.session.next_action() {
            match action {
                Action::Open => {
                    match v1_socket::open(self.address, HANDSHAKE_WITHIN, READ_WITHIN) {
                        Some(socket) => {
                            self.socket = Some(socket);
                            self.session.opened(self.now());
                        }
                        None => self.lost(),
                    }
                }
                Action::Send(bytes) => {
                    if let Some(socket) = &mut self.socket
                        && socket.send(Message::Binary(bytes.into())).is_err()
                    {
                        self.lost();
                    }
                }
                Action::Close(_) => self.socket = None,
            }
        }
    }

    fn lost(&mut self) {
        self.socket = None;
        let now = self.now();
        self.session.closed(1006, "", now, fastrand::f64());
    }

    /// Reads what has arrived; waits a little if nothing has.
    fn read(&mut self) {
        let Some(socket) = &mut self.socket else {
            return sleep(READ_WITHIN);
        };
        match socket.read() {
            Ok(Message::Binary(bytes)) => self.session.received(&bytes, self.now()),
            Ok(Message::Close(frame)) => {
                let code = frame.map_or(1005, |frame| frame.code.into());
                self.socket = None;
                self.session.closed(code, "", self.now(), fastrand::f64());
            }
            Ok(_) => {}
            Err(Error::Io(error))
                if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {}
            Err(_) => self.lost(),
        }
    }

    fn note_events(&mut self) {
        while let Some(event) = self.session.next_event() {
            match event {
                Event::Line(line) => self.log.hear(line),
                Event::LineEdited { .. }
                | Event::LineRemoved(_)
                | Event::ReactionsChanged { .. } => {
                    let (change, what) = What::of(event).expect("it is a change");
                    self.log.room.change(&change, what);
                }
                Event::Whisper { line, own } if own => self.log.own_whispers.push(line.text),
                Event::Whisper { line, .. } => {
                    self.log.whispers.push((line.sender_name, line.text));
                }
                Event::Welcomed { id, resumed, .. } => {
                    let is_known = !self.log.acknowledged.is_empty();
                    assert!(resumed || !is_known, "a session did not survive");
                    self.log.resumed += usize::from(resumed);
                    self.log.ids.insert(id.0);
                }
                Event::Sent { nonce } => {
                    let asked = self.waiting.remove(&nonce).expect("it was asked for");
                    if self.log.acknowledged.is_empty() {
                        self.party.kept.lock().unwrap().insert(self.number);
                    }
                    self.log.acknowledged.insert(nonce.0, asked);
                }
                Event::Failed { nonce, reason } | Event::ChangeFailed { nonce, reason, .. } => {
                    let asked = self.waiting.remove(&nonce).expect("it was asked for");
                    self.check_failure(&asked, &reason);
                    self.log.refused.push(asked);
                }
                Event::NameRefused(error) => {
                    panic!("player {} has lost its name: {error:?}", self.number);
                }
                Event::State(State::Closed { code, reason }) => {
                    panic!("it does not come back: {code} {reason}");
                }
                Event::Gap { from, to, .. } => panic!(
                    "player {}: {from} to {to} are missing behind {:?}: {:?}",
                    self.number,
                    self.log.room.lines.last_key_value(),
                    self.joined
                ),
                joined @ Event::Joined { .. } => self.joined = Some(joined),
                Event::WhisperGap { from, to } => {
                    panic!("whispers {from} to {to} are missing");
                }
                Event::BadMessage(problem) => panic!("{problem}"),
                _ => {}
            }
        }
    }

    /// Fails the test unless this may fail for this reason.
    fn check_failure(&self, asked: &Asked, reason: &FailReason) {
        let FailReason::Refused(error) = reason else {
            // Only if the session was not kept, before anything of it was acknowledged.
            assert!(
                self.log.acknowledged.is_empty(),
                "player {}: {asked:?}: {reason:?}",
                self.number
            );
            return;
        };
        let is_fine = match (asked, error.code()) {
            (Asked::Edit { own: false, .. }, ErrorCode::Forbidden)
            | (
                // Its author has removed it meanwhile.
                Asked::Edit { .. } | Asked::Remove { .. } | Asked::React { .. },
                ErrorCode::NoSuchLine,
            ) => true,
            _ => false,
        };
        assert!(is_fine, "player {}: {asked:?}: {error:?}", self.number);
    }
}
