//! The attackers: their sockets on one thread, as fast as it goes.

use std::collections::{BTreeMap, VecDeque};
use std::io::{self, Read as _, Write as _};
use std::net::{IpAddr, SocketAddr};
use std::rc::Rc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use polling::Events;
use serde::{Deserialize, Serialize};

use super::super::arguments::Attack;
use super::super::inbox::MAX_MESSAGE;
use super::super::sockets::{Interest, Sockets};
use super::super::stream::Stream;
use super::attacker::Attacker;
use super::script::{Kept, Reading, Script, Victims};
use super::source::Source;
use crate::server_url::ServerUrl;

/// When an attacker tries again that the server has refused.
const AGAIN_AFTER: Duration = Duration::from_millis(20);

/// If this long nothing happens on a socket, the crew looks whether it has to stop.
const TICK: Duration = Duration::from_millis(50);

/// Attackers that have not begun within this do not hold up the others.
const READY_WITHIN: Duration = Duration::from_secs(10);

/// A slow attacker reads this much, this often.
const TRICKLE_BYTES: usize = 1024;
const TRICKLE_EVERY: Duration = Duration::from_secs(2);

/// The size of the one buffer for all reads.
const READ_BUFFER: usize = MAX_MESSAGE + 256 * 1024;

/// How often a connection is read that takes no more bytes.
const LAST_READS: usize = 16;

/// How a connection ended without a close.
const LOST: &str = "lost";

/// What the attackers did, and what came of it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Sent {
    /// How long the attack lasted, in seconds.
    pub seconds: f64,
    /// The bytes that were sent.
    pub bytes: u64,
    /// The requests, or messages, in them; 0 for bytes that are neither.
    pub requests: u64,
    /// How many of the requests the server refused.
    pub refused: u64,
    /// The bytes that the attackers received.
    pub received: u64,
    /// The connections that were made.
    pub connections: u64,
    /// The connections that could not be made.
    pub failed: u64,
    /// The connections that the server ended, by close code, HTTP status, or
    /// `lost`.
    pub ended: BTreeMap<String, u64>,
}

/// The attack, how many attackers there are, and their targets.
#[derive(Debug)]
pub(super) struct CrewPlan {
    pub(super) attack: Attack,
    pub(super) attackers: usize,
    pub(super) server: ServerUrl,
    /// The address that the attackers come from, if it is not to be the system's
    /// choice.
    pub(super) from: Option<IpAddr>,
    pub(super) victims: Victims,
}

/// The attackers and their sockets.
struct Crew<'a> {
    plan: &'a CrewPlan,
    address: SocketAddr,
    source: Source,
    slots: Vec<Slot>,
    sockets: Sockets,
    /// For each number of a socket, its slot.
    owners: Vec<usize>,
    /// Slots without a connection, and when each connects.
    idle: VecDeque<(usize, Instant)>,
    buffer: Vec<u8>,
    sent: Sent,
}

/// One attacker, over all of its connections.
struct Slot {
    script: Rc<Script>,
    connection: Option<Connection>,
    /// The session and the IDs that the next one gets.
    kept: Kept,
    /// Whether it has attacked, or its first connection is over.
    is_ready: bool,
}

struct Connection {
    attacker: Attacker,
    /// The number of its socket.
    socket: usize,
    interest: Interest,
    /// When a slow one reads next.
    reads_at: Instant,
}

/// Attacks until `stop` is set. Calls `on_ready` as soon as all attackers have begun.
///
/// # Errors
///
/// If nothing listens there, or the system cannot watch sockets.
pub(super) fn run(
    plan: &CrewPlan,
    stop: &AtomicBool,
    on_ready: impl FnOnce(),
) -> anyhow::Result<Sent> {
    let start = Instant::now();
    let mut crew = Crew::new(plan)?;
    let mut on_ready = Some(on_ready);
    let mut events = Events::new();
    while !stop.load(Ordering::Relaxed) {
        crew.turn(&mut events)?;
        let is_late = start.elapsed() > READY_WITHIN;
        if (is_late || crew.slots.iter().all(|slot| slot.is_ready))
            && let Some(on_ready) = on_ready.take()
        {
            on_ready();
        }
    }
    crew.sent.seconds = start.elapsed().as_secs_f64();
    Ok(crew.sent)
}

impl<'a> Crew<'a> {
    fn new(plan: &'a CrewPlan) -> anyhow::Result<Self> {
        let now = Instant::now();
        let script = |number| Rc::new(Script::of(plan.attack, number, &plan.victims));
        let slots = (0..plan.attackers).map(|number| Slot {
            script: script(number),
            connection: None,
            kept: Kept::default(),
            is_ready: false,
        });
        let mut source = Source::new(plan.from);
        Ok(Self {
            plan,
            address: reachable(&plan.server, &mut source)?,
            source,
            slots: slots.collect(),
            sockets: Sockets::new()?,
            owners: Vec::new(),
            idle: (0..plan.attackers).map(|slot| (slot, now)).collect(),
            buffer: vec![0; READ_BUFFER],
            sent: Sent::default(),
        })
    }

    fn turn(&mut self, events: &mut Events) -> io::Result<()> {
        self.connect_idle()?;
        let wait = match self.idle.front() {
            Some((_, at)) => at.saturating_duration_since(Instant::now()).min(TICK),
            None => TICK,
        };
        self.sockets.wait(events, Some(wait))?;
        for event in events.iter() {
            let slot = self.owners[event.key];
            if event.writable {
                self.write(slot);
            }
            if event.readable {
                self.read(slot, READ_BUFFER);
            }
        }
        if self
            .slots
            .first()
            .is_some_and(|slot| slot.script.reading == Reading::Trickle)
        {
            self.trickle();
        }
        Ok(())
    }

    /// Connects the attackers whose time has come. A server that does not accept holds
    /// up this thread, and the others try later.
    fn connect_idle(&mut self) -> io::Result<()> {
        let now = Instant::now();
        while let Some((slot, _)) = self.idle.pop_front_if(|(_, at)| *at <= now) {
            let Slot { script, kept, .. } = &mut self.slots[slot];
            let is_reading = script.reading == Reading::All;
            let Ok(stream) = self.source.connect(self.address, is_reading) else {
                self.sent.failed += 1;
                self.slots[slot].is_ready = true;
                self.idle.push_back((slot, Instant::now() + AGAIN_AFTER));
                return Ok(());
            };
            self.sent.connections += 1;
            let connection = Connection {
                attacker: Attacker::new(Rc::clone(script), &self.plan.server, std::mem::take(kept)),
                socket: self.owners.len(),
                interest: Interest {
                    readable: true,
                    writable: false,
                },
                reads_at: now,
            };
            self.sockets.add(Stream::Plain(stream))?;
            self.owners.push(slot);
            self.slots[slot].connection = Some(connection);
            self.write(slot);
        }
        Ok(())
    }

    /// One write of what the attacker of this slot has to send.
    fn write(&mut self, slot: usize) {
        let Some(connection) = &mut self.slots[slot].connection else {
            return;
        };
        let Some(stream) = self.sockets.get(connection.socket) else {
            return;
        };
        let bytes = connection.attacker.next_bytes();
        if !bytes.is_empty() {
            match stream.write(bytes) {
                Ok(written) => {
                    self.sent.bytes += written as u64;
                    self.sent.requests += connection.attacker.wrote(written);
                }
                Err(error) if is_temporary(&error) => {}
                // What the server said before may still be read.
                Err(_) => return self.read_the_end(slot),
            }
        }
        self.watch(slot);
    }

    /// Reads what is there, at most `most` bytes.
    fn read(&mut self, slot: usize, most: usize) {
        let Some(connection) = &mut self.slots[slot].connection else {
            return;
        };
        let Some(stream) = self.sockets.get(connection.socket) else {
            return;
        };
        let held = connection.attacker.take_rest(&mut self.buffer);
        let until = (held + most).min(self.buffer.len());
        let (read, is_over) = match stream.read(&mut self.buffer[held..until]) {
            Ok(0) => (0, true),
            Ok(read) => (read, false),
            Err(error) => (0, !is_temporary(&error)),
        };
        self.sent.received += read as u64;
        let arrived = connection.attacker.receive(&self.buffer[..held + read]);
        self.sent.refused += arrived.refused;
        let end = arrived.end.or_else(|| is_over.then(|| LOST.to_owned()));
        match end {
            Some(end) => {
                let is_refusal = connection.attacker.is_opening();
                *self.sent.ended.entry(end).or_default() += 1;
                let pause = if is_refusal {
                    AGAIN_AFTER
                } else {
                    Duration::ZERO
                };
                self.drop_connection(slot, pause);
            }
            None => self.watch(slot),
        }
    }

    /// Reads the end of a connection that takes no more bytes, and drops it.
    fn read_the_end(&mut self, slot: usize) {
        for _ in 0..LAST_READS {
            self.read(slot, READ_BUFFER);
            if self.slots[slot].connection.is_none() {
                return;
            }
        }
        *self.sent.ended.entry(LOST.to_owned()).or_default() += 1;
        self.drop_connection(slot, Duration::ZERO);
    }

    /// Slow attackers read, if it is time.
    fn trickle(&mut self) {
        let now = Instant::now();
        for slot in 0..self.slots.len() {
            if let Some(connection) = &mut self.slots[slot].connection
                && !connection.attacker.is_opening()
                && connection.reads_at <= now
            {
                connection.reads_at = now + TRICKLE_EVERY;
                self.read(slot, TRICKLE_BYTES);
            }
        }
    }

    /// Drops the connection if its script says so. Otherwise watches its socket for
    /// all that it waits for.
    fn watch(&mut self, slot: usize) {
        let at = &mut self.slots[slot];
        let Some(connection) = &mut at.connection else {
            return;
        };
        let attacker = &mut connection.attacker;
        at.is_ready |= attacker.has_begun();
        if attacker.is_done() {
            return self.drop_connection(slot, Duration::ZERO);
        }
        let interest = Interest {
            readable: attacker.is_opening() || at.script.reading == Reading::All,
            writable: !attacker.next_bytes().is_empty(),
        };
        if interest != connection.interest {
            connection.interest = interest;
            if self.sockets.watch(connection.socket, interest).is_err() {
                self.drop_connection(slot, AGAIN_AFTER);
            }
        }
    }

    fn drop_connection(&mut self, slot: usize, pause: Duration) {
        let at = &mut self.slots[slot];
        at.is_ready = true;
        if let Some(connection) = at.connection.take() {
            self.sockets.close(connection.socket);
            at.kept = connection.attacker.into_kept();
            self.idle.push_back((slot, Instant::now() + pause));
        }
    }
}

/// The first of the server's addresses that answers, IPv4 first: only there may
/// attackers have an address of their own.
fn reachable(server: &ServerUrl, source: &mut Source) -> anyhow::Result<SocketAddr> {
    let (v4, v6): (Vec<_>, Vec<_>) = server.addresses.iter().partition(|at| at.is_ipv4());
    let mut answer = Err(io::ErrorKind::ConnectionRefused.into());
    for address in v4.into_iter().chain(v6) {
        answer = source.connect(address, true).map(|_| address);
        if answer.is_ok() {
            break;
        }
    }
    answer.map_err(|error| anyhow::anyhow!("the attackers cannot connect: {error}"))
}

fn is_temporary(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted
    )
}
