//! What an attacker sends and whether it reads, for each attack.

use guildhall_protocol::limits::{MAX_CLIENT_PACKET_BYTES, MAX_JOINED_ROOMS, MAX_SAY_BYTES};
use guildhall_protocol::{
    FetchHistory, Hello, Join, Leave, ListMembers, ListRooms, Rename, RequestBody, SUBPROTOCOL,
    Say, Whisper,
};

use super::super::arguments::Attack;
use super::frames;
use super::requests::{Ask, Requests, ask, nested};

/// About how many bytes one write has.
const BLOCK: usize = 64 * 1024;

/// The lines of a room of an attacker's own, for requests for its history: how many,
/// and how long. Short pages keep the server busy, because the attacker reads them as
/// fast as they come.
const SHORT: (usize, usize) = (5, 20);

/// The same for attackers that do not read: pages as long as they may be.
const LONG: (usize, usize) = (100, 500);

/// How many requests a client sends before it is gone.
const GONE: usize = 2_048;

/// U+FDFA, which normalization (NFKC) makes 18 characters.
const LONG_CHARACTER: char = '\u{fdfa}';

/// What an attacker does with each of its connections.
#[derive(Debug)]
pub(super) struct Script {
    /// Whether it asks for a WebSocket first.
    pub(super) handshake: bool,
    /// What it sends before all else.
    pub(super) first: Requests,
    /// What it sends from then on.
    pub(super) flood: Flood,
    pub(super) reading: Reading,
    pub(super) leaves: Leaves,
    /// Whether each connection resumes the session of the one before, and joins the room of
    /// this request.
    pub(super) resumes: Option<Ask>,
}

/// The session and the IDs that an attacker keeps for its next connection.
#[derive(Debug, Clone)]
pub(super) struct Kept {
    /// The secret of its session; empty if it has none.
    pub(super) session: Vec<u8>,
    /// The ID of its next request.
    pub(super) next_id: u64,
}

/// What an attacker sends as fast as the server takes it.
#[derive(Debug)]
pub(super) enum Flood {
    Nothing,
    /// The same bytes again and again, with so many requests.
    Same {
        bytes: Vec<u8>,
        requests: u64,
    },
    /// These requests in turns, so many with one write.
    Requests {
        asks: Vec<Ask>,
        at_once: usize,
    },
}

/// What an attacker reads, once its handshake is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reading {
    All,
    Nothing,
    /// A little every few seconds.
    Trickle,
}

/// When an attacker drops a connection, to connect anew.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Leaves {
    Never,
    /// When it has sent what comes first.
    Connected,
    /// When its handshake is answered.
    Opened,
    /// When it has received so many answers.
    Answered(usize),
    /// When it has sent its flood once.
    Flooded,
}

/// What an attacker knows of the server and of the honest clients.
#[derive(Debug, Clone)]
pub(super) struct Victims {
    /// The `Host` header.
    pub(super) host: String,
    /// A room that honest clients are in.
    pub(super) room: String,
    /// The ID of one of them.
    pub(super) user: u64,
}

impl Default for Kept {
    fn default() -> Self {
        Self {
            session: Vec::new(),
            next_id: 1,
        }
    }
}

impl Script {
    /// The script of attacker `number`.
    pub(super) fn of(attack: Attack, number: usize, victims: &Victims) -> Self {
        use Leaves::{Answered, Connected, Flooded, Opened};
        let room = format!("attack-{number}");
        match attack {
            // Not an attack: the caller takes one after the other.
            Attack::All | Attack::TcpChurn => Self::new(false, Flood::Nothing).until(Connected),
            Attack::HttpChurn => {
                let request = get(victims, "/healthz", "close");
                let script = Self::new(false, Flood::Nothing).until(Answered(1));
                script.first(|first| first.frames = request)
            }
            Attack::Page => {
                let request = get(victims, "/guildhall_bg.wasm", "keep-alive");
                Self::new(false, same(&request, 1))
            }
            Attack::HandshakeChurn => Self::new(true, Flood::Nothing).until(Opened),
            Attack::SessionChurn => Self::welcomed(Flood::Nothing).until(Answered(1)),
            Attack::Resume => Self {
                resumes: Some(ask(join(&room))),
                // The welcome, and the room.
                ..Self::new(true, Flood::Nothing).until(Answered(2))
            },
            Attack::Pings => Self::new(true, same(&frames::empty_ping(), 1)),
            Attack::NoHello => Self::new(true, Flood::Nothing),
            Attack::Rooms => (0..MAX_JOINED_ROOMS)
                .fold(Self::welcomed(Flood::Nothing), |script, index| {
                    script.ask(join(&format!("{room}-{index}")))
                }),
            Attack::EmptyFragments => {
                let script = Self::new(true, same(&frames::empty_fragments(1), 0));
                script.first(|first| first.frames = frames::message_without_end())
            }
            Attack::TinyFragments => Self::new(
                true,
                same(&frames::tiny_fragments(MAX_CLIENT_PACKET_BYTES), 1),
            ),
            Attack::AfterError => {
                let script = Self {
                    // It goes on after the server's close.
                    reading: Reading::Nothing,
                    ..Self::new(true, same(b"x", 0))
                };
                script.first(|first| first.frames = frames::unmasked())
            }
            Attack::BadHello => Self::new(true, requests([bad_hello()])),
            Attack::Nested => Self::welcomed(Flood::Requests {
                asks: vec![nested(MAX_CLIENT_PACKET_BYTES - 32)],
                at_once: 4,
            }),
            Attack::ListRooms => Self::welcomed(requests([RequestBody::ListRooms(ListRooms {})])),
            Attack::ListMembers => {
                let list = ListMembers { room: room.clone() };
                Self::welcomed(requests([RequestBody::ListMembers(list)])).ask(join(&room))
            }
            Attack::Rename => {
                let names = ["a", "b"].map(|end| Rename {
                    name: format!("Attacker-{number}-{end}"),
                });
                Self::welcomed(requests(names.map(RequestBody::Rename))).ask(join(&room))
            }
            Attack::JoinLeave => {
                let leave = RequestBody::Leave(Leave { room: room.clone() });
                Self::welcomed(requests([join(&room), leave]))
            }
            Attack::EmptySay => Self::welcomed(requests([say(&room, 0)])).ask(join(&room)),
            Attack::Say => Self::welcomed(requests([say(&room, MAX_SAY_BYTES)])).ask(join(&room)),
            Attack::SayAmong => {
                let room = &victims.room;
                Self::welcomed(requests([say(room, MAX_SAY_BYTES)])).ask(join(room))
            }
            Attack::Whisper => {
                let whisper = Whisper {
                    to: victims.user,
                    text: ".".repeat(MAX_SAY_BYTES),
                    ..Whisper::default()
                };
                Self::welcomed(requests([RequestBody::Whisper(whisper)]))
            }
            Attack::History => Self::reader(&room, SHORT),
            Attack::Gone => Self {
                flood: Flood::Requests {
                    asks: vec![ask(history(&room))],
                    at_once: GONE,
                },
                ..Self::reader(&room, SHORT).until(Flooded)
            },
            Attack::NeverRead => Self {
                reading: Reading::Nothing,
                ..Self::reader(&room, LONG)
            },
            Attack::SlowRead => Self {
                reading: Reading::Trickle,
                ..Self::reader(&room, LONG)
            },
        }
    }

    /// The subprotocol that every handshake asks for.
    pub(super) fn subprotocol() -> &'static str {
        SUBPROTOCOL
    }

    fn new(handshake: bool, flood: Flood) -> Self {
        Self {
            handshake,
            first: Requests::new(),
            flood,
            reading: Reading::All,
            leaves: Leaves::Never,
            resumes: None,
        }
    }

    /// A client that says hello first.
    fn welcomed(flood: Flood) -> Self {
        Self::new(true, flood).ask(hello(Vec::new()))
    }

    /// The first requests of a connection, of an attacker that has `kept` this.
    pub(super) fn first_of(&self, kept: &Kept) -> Requests {
        let Some(join) = &self.resumes else {
            return self.first.clone();
        };
        let mut first = Requests::new();
        first.next_id = kept.next_id;
        first.put(&ask(hello(kept.session.clone())));
        first.put(join);
        first
    }

    /// A client that fetches the history of a room of its own.
    fn reader(room: &str, (lines, bytes): (usize, usize)) -> Self {
        let script = Self::welcomed(requests([history(room)])).ask(join(room));
        (0..lines).fold(script, |script, _| script.ask(say(room, bytes)))
    }

    fn ask(self, body: RequestBody) -> Self {
        self.first(|first| first.put(&ask(body)))
    }

    fn first(mut self, put: impl FnOnce(&mut Requests)) -> Self {
        put(&mut self.first);
        self
    }

    fn until(self, leaves: Leaves) -> Self {
        Self { leaves, ..self }
    }
}

/// As many of these bytes as fit into a block, one time at least.
fn same(bytes: &[u8], requests: u64) -> Flood {
    let times = (BLOCK / bytes.len()).max(1);
    Flood::Same {
        bytes: bytes.repeat(times),
        requests: requests * times as u64,
    }
}

/// As many of these requests as fit into a block.
fn requests<const N: usize>(bodies: [RequestBody; N]) -> Flood {
    let asks = bodies.map(ask).to_vec();
    let bytes: usize = asks.iter().map(|ask| ask.len() + 16).sum();
    Flood::Requests {
        at_once: BLOCK * N / bytes,
        asks,
    }
}

fn get(victims: &Victims, path: &str, connection: &str) -> Vec<u8> {
    let host = &victims.host;
    format!("GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: {connection}\r\n\r\n").into_bytes()
}

/// A hello that resumes the session with this secret, if there is one.
fn hello(session: Vec<u8>) -> RequestBody {
    RequestBody::Hello(Hello {
        version: 1,
        session,
        ..Hello::default()
    })
}

fn join(room: &str) -> RequestBody {
    RequestBody::Join(Join {
        room: room.to_owned(),
        ..Join::default()
    })
}

fn say(room: &str, bytes: usize) -> RequestBody {
    RequestBody::Say(Say {
        room: room.to_owned(),
        text: ".".repeat(bytes),
        ..Say::default()
    })
}

fn history(room: &str) -> RequestBody {
    RequestBody::FetchHistory(FetchHistory {
        room: room.to_owned(),
        ..FetchHistory::default()
    })
}

fn bad_hello() -> RequestBody {
    RequestBody::Hello(Hello {
        version: 1,
        name: String::from(LONG_CHARACTER).repeat(83),
        ..Hello::default()
    })
}

#[cfg(test)]
mod tests;
