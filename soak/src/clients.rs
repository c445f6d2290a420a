//! All clients: some threads, each with many of them, none of which ever blocks.

mod half_open;
mod observer;
mod player;
mod raw;

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::thread::{Builder, JoinHandle, panicking};
use std::time::{Duration, Instant};

use mio::{Events, Poll, Registry, Token};

use crate::shared::{Mode, Shared};
use crate::wire::Dial;

use self::half_open::HalfOpen;
pub(crate) use self::observer::Observer;
use self::player::Player;
use self::raw::Raw;

/// The room of the tutorial's clients.
pub(crate) const LOBBY: &str = "lobby";

/// The room of those who say more than they may.
pub(crate) const FLOODS: &str = "floods";

/// How many players a room has.
const IN_ROOM: usize = 25;

/// How many clients share an address: they share its limits.
const AT_ADDRESS: usize = 32;

/// How many clients a thread has at most.
const ON_THREAD: usize = 1000;

/// Clients from this number on do not flood: the history of a room has to last longer than a client
/// is away.
const MOST_FLOODS: usize = 600;

/// How often each client does what is due, though nothing has arrived for it.
const TICK: Duration = Duration::from_millis(50);

/// The behaviour of a client of a kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Habit {
    /// It talks, changes what it has said, and writes everything down.
    Observer,
    Talker,
    Reader,
    /// It whispers to observers.
    Whisperer,
    Renamer,
    /// It changes and removes what it has said.
    Editor,
    Searcher,
    /// It stays for some seconds, and another one comes.
    Goer,
    /// It stops to read for a while, now and then.
    Staller,
    /// Its connection breaks in the middle of a frame, now and then.
    Breaker,
    /// A client of the tutorial that talks.
    Guest,
    GuestFlooder,
    GuestStaller,
    GuestBreaker,
    /// It asks for much more than it may.
    Flooder,
    /// It never becomes a client.
    HalfOpen,
}

/// How many of a hundred clients have which habit. The rest are readers.
const MIX: [(Habit, usize); 14] = [
    (Habit::Talker, 20),
    (Habit::Whisperer, 5),
    (Habit::Renamer, 5),
    (Habit::Editor, 6),
    (Habit::Searcher, 4),
    (Habit::Goer, 10),
    (Habit::Staller, 4),
    (Habit::Breaker, 6),
    (Habit::Guest, 8),
    (Habit::GuestFlooder, 1),
    (Habit::GuestStaller, 2),
    (Habit::GuestBreaker, 3),
    (Habit::Flooder, 1),
    (Habit::HalfOpen, 5),
];

/// How many observers there are among so many clients.
pub(crate) fn observers(clients: usize) -> usize {
    (clients / 20).clamp(3, 20)
}

/// The rooms of players beside the lobby and that of the floods.
pub(crate) fn rooms(clients: usize) -> Vec<String> {
    let count = clients.div_ceil(IN_ROOM);
    (0..count).map(|number| format!("room-{number}")).collect()
}

/// The habit of the client with this number.
fn habit(number: usize, clients: usize) -> Habit {
    if number < observers(clients) {
        return Habit::Observer;
    }
    // A step that has no factor in common with 100, so that each room has some of each kind.
    let mut place = number * 37 % 100;
    for (habit, share) in MIX {
        if place < share {
            return match habit {
                Habit::Flooder | Habit::GuestFlooder if number >= MOST_FLOODS => Habit::Guest,
                habit => habit,
            };
        }
        place -= share;
    }
    Habit::Reader
}

/// The things that a client needs for a turn.
pub(crate) struct Io<'a> {
    registry: &'a Registry,
    token: Token,
    dial: Dial,
    shared: &'a Shared,
}

/// A client of any kind.
enum Client {
    Player(Box<Player>),
    Raw(Box<Raw>),
    HalfOpen(HalfOpen),
}

impl Client {
    fn new(number: usize, clients: usize, seed: u64) -> Self {
        match habit(number, clients) {
            Habit::HalfOpen => Self::HalfOpen(HalfOpen::default()),
            habit @ (Habit::Guest
            | Habit::GuestFlooder
            | Habit::GuestStaller
            | Habit::GuestBreaker
            | Habit::Flooder) => Self::Raw(Box::new(Raw::new(number, habit))),
            habit => Self::Player(Box::new(Player::new(number, clients, habit, seed))),
        }
    }

    /// Does what is due. `is_ready`: something may have arrived, or the socket may take more.
    /// Returns whether it is still there.
    fn turn(&mut self, io: &Io<'_>, is_ready: bool) -> bool {
        match self {
            Self::Player(player) => player.turn(io, is_ready),
            Self::Raw(raw) => raw.turn(io, is_ready),
            Self::HalfOpen(socket) => socket.turn(io, is_ready),
        }
    }
}

/// How the client with this number connects. All of 127.0.0.0/8 is this machine.
fn dial(number: usize, clients: usize, server: SocketAddr) -> Dial {
    let address = u8::try_from(1 + number / AT_ADDRESS % 250).unwrap_or(1);
    let habit = habit(number, clients);
    Dial {
        from: (Ipv4Addr::new(127, 1, 0, address), 0).into(),
        to: server,
        is_v1: !matches!(
            habit,
            Habit::Guest | Habit::GuestFlooder | Habit::GuestStaller | Habit::GuestBreaker
        ),
        is_narrow: matches!(habit, Habit::Staller | Habit::GuestStaller),
    }
}

/// All clients, on their threads.
pub(crate) struct Clients {
    threads: Vec<JoinHandle<Vec<Observer>>>,
}

impl Clients {
    /// Starts so many clients, which connect at once.
    ///
    /// # Errors
    ///
    /// If the system has no threads, or cannot watch sockets.
    pub(crate) fn start(shared: &Arc<Shared>, count: usize, seed: u64) -> io::Result<Self> {
        let threads = count.div_ceil(ON_THREAD);
        let start = |thread: usize| {
            let shared = Arc::clone(shared);
            let poll = Poll::new()?;
            let run = move || {
                let _guard = FailGuard(&shared);
                fastrand::seed(seed.wrapping_add(thread as u64));
                let numbers = (thread..count).step_by(threads).collect();
                run(poll, &shared, numbers, count, seed)
            };
            Builder::new().name(format!("clients-{thread}")).spawn(run)
        };
        let threads = (0..threads).map(start).collect::<io::Result<_>>()?;
        Ok(Self { threads })
    }

    /// Waits until all have ended. Returns what the observers have heard.
    pub(crate) fn end(self) -> Vec<Observer> {
        let threads = self.threads.into_iter().map(JoinHandle::join);
        let observers = threads.flat_map(|it| it.expect("the clients fail no check"));
        observers.collect()
    }
}

/// Says that the run has failed if its thread panics.
struct FailGuard<'a>(&'a Shared);

impl Drop for FailGuard<'_> {
    fn drop(&mut self) {
        if panicking() {
            self.0.fail();
        }
    }
}

/// The life of the clients with these numbers.
fn run(
    mut poll: Poll,
    shared: &Shared,
    numbers: Vec<usize>,
    count: usize,
    seed: u64,
) -> Vec<Observer> {
    let mut events = Events::with_capacity(1024);
    let mut clients: Vec<_> = (numbers.iter())
        .map(|&number| Some(Client::new(number, count, seed)))
        .collect();
    let mut observers = Vec::new();
    let mut next_tick = Instant::now();
    while clients.iter().any(Option::is_some) && !shared.has_failed() {
        match poll.poll(&mut events, Some(TICK)) {
            Err(error) if error.kind() != io::ErrorKind::Interrupted => {
                panic!("cannot watch sockets: {error}")
            }
            _ => {}
        }
        let is_due = next_tick <= Instant::now();
        let ready = events.iter().map(|event| (event.token().0, true));
        let due = (0..if is_due { clients.len() } else { 0 }).map(|index| (index, false));
        for (index, is_ready) in ready.chain(due) {
            let io = Io {
                registry: poll.registry(),
                token: Token(index),
                dial: dial(numbers[index], count, shared.server),
                shared,
            };
            if let Some(client) = &mut clients[index]
                && !client.turn(&io, is_ready)
                && let Some(Client::Player(player)) = clients[index].take()
            {
                observers.extend(player.observer());
            }
        }
        if is_due {
            next_tick = Instant::now() + TICK;
        }
    }
    observers
}

/// Whether clients still follow habits that hurt.
fn is_mixed(shared: &Shared) -> bool {
    shared.mode() == Mode::Mixed
}

#[cfg(test)]
mod tests {
    use super::{Habit, MIX, habit};

    #[test]
    fn the_clients_of_the_short_soak_have_every_habit() {
        const CLIENTS: usize = 300;
        let habits: Vec<_> = (0..CLIENTS).map(|number| habit(number, CLIENTS)).collect();
        let others = [Habit::Observer, Habit::Reader];
        for wanted in MIX.map(|(habit, _)| habit).into_iter().chain(others) {
            assert!(habits.contains(&wanted), "nobody is a {wanted:?}");
        }
        assert!(MIX.map(|(_, share)| share).iter().sum::<usize>() < 100);
    }
}
