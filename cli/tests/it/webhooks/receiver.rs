//! A receiver of webhooks that answers as it is told. It shares no code with the program.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

use super::*;

/// The receiver's reaction to a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reaction {
    /// It answers with this status.
    Answer(u16),
    /// It answers 429, and asks for a pause of so many seconds.
    RetryAfter(u64),
    /// It hangs up without an answer.
    HangUp,
    /// It keeps the connection and says nothing.
    Silence,
}

impl Reaction {
    fn is_success(self) -> bool {
        matches!(self, Self::Answer(200..=299))
    }
}

/// A message that came.
#[derive(Debug, Clone)]
pub(super) struct Message {
    pub(super) id: String,
    pub(super) timestamp: u64,
    pub(super) signature: String,
    pub(super) body: String,
    reaction: Reaction,
}

impl Message {
    pub(super) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }
}

#[derive(Debug)]
struct State {
    reaction: Reaction,
    messages: Vec<Message>,
}

/// A receiver, on a port of its own. It answers 200 first.
pub(super) struct Receiver {
    address: SocketAddr,
    state: Arc<Mutex<State>>,
}

impl Receiver {
    pub(super) fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let state = Arc::new(Mutex::new(State {
            reaction: Reaction::Answer(200),
            messages: Vec::new(),
        }));
        let of_thread = Arc::clone(&state);
        thread::spawn(move || {
            for stream in listener.incoming() {
                let state = Arc::clone(&of_thread);
                // One that is killed in the middle of a message sends none.
                thread::spawn(move || receive(&stream.unwrap(), &state));
            }
        });
        Self { address, state }
    }

    pub(super) fn url(&self) -> String {
        format!("http://{}/hook?from=chat", self.address)
    }

    /// From now on, it does this.
    pub(super) fn react(&self, reaction: Reaction) {
        self.state.lock().unwrap().reaction = reaction;
    }

    /// All messages so far.
    pub(super) fn received(&self) -> Vec<Message> {
        self.state.lock().unwrap().messages.clone()
    }

    /// Waits for so many messages.
    pub(super) fn wait_for_messages(&self, count: usize) {
        eventually("the next message", || {
            (self.received().len() >= count).then_some(())
        });
    }

    /// The events that it has acknowledged, in the order in which they came.
    pub(super) fn events(&self) -> Vec<Value> {
        let messages = self.received().into_iter();
        let acknowledged = messages.filter(|message| message.reaction.is_success());
        let events = acknowledged.map(|message| message.json()["data"]["events"].clone());
        events
            .flat_map(|events| events.as_array().unwrap().clone())
            .collect()
    }

    /// Waits for an event that is this in short. Returns all events that it has acknowledged.
    pub(super) fn wait_for(&self, event: &str) -> Vec<Value> {
        eventually(event, || {
            let events = self.events();
            events
                .iter()
                .any(|one| short(one) == event)
                .then_some(events)
        })
    }

    /// Checks that a message that came again is the same, and that none came again that was
    /// acknowledged.
    pub(super) fn check_repeats(&self) {
        let messages = self.received();
        for (index, message) in messages.iter().enumerate() {
            for later in &messages[index + 1..] {
                if later.id == message.id {
                    assert!(!message.reaction.is_success(), "{message:?}");
                    assert_eq!(later.body, message.body);
                }
            }
        }
    }
}

/// The numbers of events.
pub(super) fn numbers(events: &[Value]) -> Vec<u64> {
    let numbers = events.iter().map(|event| event["number"].as_u64());
    numbers.map(Option::unwrap).collect()
}

/// Receives one message, and reacts.
fn receive(stream: &TcpStream, state: &Mutex<State>) -> Option<()> {
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    if reader.read_line(&mut line).ok()? == 0 {
        return None;
    }
    assert_eq!(line, "POST /hook?from=chat HTTP/1.1\r\n");
    let (mut id, mut timestamp, mut signature, mut length) = (None, None, None, None);
    loop {
        line.clear();
        reader.read_line(&mut line).ok()?;
        let Some((name, value)) = line.trim_end().split_once(": ") else {
            break;
        };
        let place = match &*name.to_ascii_lowercase() {
            "webhook-id" => &mut id,
            "webhook-timestamp" => &mut timestamp,
            "webhook-signature" => &mut signature,
            "content-length" => &mut length,
            _ => continue,
        };
        *place = Some(value.to_owned());
    }
    let mut body = vec![0; length?.parse().unwrap()];
    reader.read_exact(&mut body).ok()?;
    let reaction = {
        let mut state = state.lock().unwrap();
        let reaction = state.reaction;
        state.messages.push(Message {
            id: id?,
            timestamp: timestamp?.parse().unwrap(),
            signature: signature?,
            body: String::from_utf8(body).unwrap(),
            reaction,
        });
        reaction
    };
    let (status, more) = match reaction {
        Reaction::Answer(status) => (status, String::new()),
        Reaction::RetryAfter(seconds) => (429, format!("retry-after: {seconds}\r\n")),
        Reaction::HangUp => return None,
        Reaction::Silence => {
            // Until the program gives up.
            let _ = reader.read(&mut [0]);
            return None;
        }
    };
    let mut stream = stream;
    let answer = format!("HTTP/1.1 {status} X\r\ncontent-length: 0\r\n{more}\r\n");
    stream.write_all(answer.as_bytes()).ok()
}
