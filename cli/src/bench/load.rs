//! The load: who says what when, and what became of it.

use std::io;
use std::time::{Duration, Instant};

use hdrhistogram::Histogram;

use super::crowd::Crowd;
use super::dialect::Heard;
use super::ledger::{Arrival, Faults, Ledger};
use super::numbering::Numbering;
use super::stamp::{STAMP_BYTES, Stamp};

/// How often progress is told.
const TICK: Duration = Duration::from_millis(100);

/// A latency above this counts as this, in nanoseconds: ten minutes.
const MAX_LATENCY: u64 = 600_000_000_000;

/// What is said.
#[derive(Debug, Clone)]
pub struct Plan {
    /// The first so many clients get what is said; the others are stalled.
    pub receivers: usize,
    /// The first so many receivers speak.
    pub speakers: usize,
    /// When they do.
    pub pace: Pace,
    /// How long a text is, in bytes; at least [`STAMP_BYTES`].
    pub bytes: usize,
    /// For how long they speak.
    pub time: Duration,
    /// With nothing arriving for this long, what has not arrived is lost.
    pub patience: Duration,
}

/// When speakers speak.
#[derive(Debug, Clone, Copy)]
pub enum Pace {
    /// So many messages a second of all speakers together, at fixed times,
    /// however slow the server: latency counts from when a message was due.
    Rate(f64),
    /// Each speaker sends so many messages at once, and the next so many when
    /// all of those have reached everyone.
    InFlight(u32),
}

/// What became of it.
#[derive(Debug)]
pub struct Outcome {
    /// How much was said.
    pub messages: u64,
    /// How often something arrived.
    pub deliveries: u64,
    /// From the first message to the last delivery.
    pub took: Duration,
    /// Of each delivery, in nanoseconds.
    pub latency: Histogram<u64>,
    /// What went wrong.
    pub faults: Faults,
}

/// A run under way.
struct Load<'a> {
    plan: &'a Plan,
    crowd: &'a mut Crowd,
    ledger: Ledger,
    numbering: Numbering,
    latency: Histogram<u64>,
    /// What times count from.
    start: Instant,
    last_arrival: Instant,
    run: u32,
    text: Vec<u8>,
    /// For each speaker, how often its last messages have yet to arrive.
    outstanding: Vec<u64>,
    /// Speakers with none outstanding.
    ready: Vec<usize>,
}

/// Has the crowd speak, and waits until all has arrived or nothing more does.
/// `progress` hears how many deliveries there were.
///
/// # Errors
///
/// Where the system cannot watch sockets.
///
/// # Panics
///
/// Where the plan needs more clients than there are, or texts without room for
/// a stamp.
pub fn run(
    crowd: &mut Crowd,
    plan: &Plan,
    mut progress: impl FnMut(Duration, u64),
) -> io::Result<Outcome> {
    assert!(plan.speakers <= plan.receivers && plan.receivers <= crowd.len());
    assert!(plan.bytes >= STAMP_BYTES, "a text holds a stamp");
    let start = Instant::now();
    let unsaid_before = crowd.unsaid();
    let dialect = crowd.dialect();
    let (rooms, echoes) = (dialect.rooms(), dialect.echoes());
    let mut load = Load {
        plan,
        crowd,
        ledger: Ledger::of_rooms(plan.receivers, plan.speakers, rooms, echoes),
        numbering: Numbering::new(plan.receivers, plan.speakers),
        latency: Histogram::new_with_max(MAX_LATENCY, 3).map_err(io::Error::other)?,
        start,
        last_arrival: start,
        run: fastrand::u32(..1 << 24),
        text: vec![b'.'; plan.bytes],
        outstanding: vec![0; plan.speakers],
        ready: (0..plan.speakers).collect(),
    };
    load.speak(&mut progress)?;
    load.await_the_rest(&mut progress)?;
    let faults = load.ledger.faults();
    Ok(Outcome {
        messages: load.ledger.messages(),
        deliveries: load.ledger.delivered(),
        took: load.last_arrival - start,
        latency: load.latency,
        faults: Faults {
            misnumbered: load.numbering.faults(),
            refused: faults.refused + load.crowd.unsaid() - unsaid_before,
            ..faults
        },
    })
}

impl Load<'_> {
    fn speak(&mut self, progress: &mut impl FnMut(Duration, u64)) -> io::Result<()> {
        let mut count = 0;
        loop {
            let elapsed = self.start.elapsed();
            progress(elapsed, self.ledger.delivered());
            let wait = match self.plan.pace {
                Pace::Rate(rate) => self.say_what_is_due(rate, &mut count, elapsed),
                Pace::InFlight(_) if self.last_arrival.elapsed() > self.plan.patience => {
                    return Ok(());
                }
                Pace::InFlight(_) if elapsed >= self.plan.time => return Ok(()),
                Pace::InFlight(messages) => {
                    self.say_where_all_arrived(messages);
                    TICK
                }
            };
            // All that was due is said by then, however late it is.
            let left = self.plan.time.saturating_sub(elapsed);
            if left.is_zero() {
                return Ok(());
            }
            self.turn(wait.min(left).min(TICK))?;
        }
    }

    /// Says what was to be said by now, in turns, and gives the time until the
    /// next is due.
    fn say_what_is_due(&mut self, rate: f64, count: &mut u32, elapsed: Duration) -> Duration {
        loop {
            let due = Duration::from_secs_f64(f64::from(*count) / rate);
            if due >= self.plan.time {
                return TICK;
            }
            if let Some(wait) = due.checked_sub(elapsed).filter(|wait| !wait.is_zero()) {
                return wait;
            }
            let speaker = *count as usize % self.plan.speakers;
            self.put(speaker, due);
            self.crowd.flush(speaker);
            *count += 1;
        }
    }

    fn say_where_all_arrived(&mut self, messages: u32) {
        while let Some(speaker) = self.ready.pop() {
            let now = self.start.elapsed();
            for _ in 0..messages {
                self.put(speaker, now);
            }
            self.crowd.flush(speaker);
            self.outstanding[speaker] = u64::from(messages) * self.ledger.arrivals_of(speaker);
        }
    }

    fn put(&mut self, speaker: usize, sent: Duration) {
        let stamp = Stamp {
            sent: nanos(sent),
            speaker: u32::try_from(speaker).unwrap_or(u32::MAX),
            sequence: self.ledger.say(speaker),
            run: self.run,
        };
        stamp.write(&mut self.text);
        let text = String::from_utf8_lossy(&self.text);
        self.crowd.put(speaker, &text);
    }

    fn turn(&mut self, timeout: Duration) -> io::Result<()> {
        let Self {
            ledger,
            numbering,
            latency,
            last_arrival,
            outstanding,
            ready,
            ..
        } = self;
        let (start, run) = (self.start, self.run);
        let hear = self.crowd.dialect().hearing();
        self.crowd.turn(Some(timeout), |receiver, at, packet| {
            let (text, position) = match hear(packet) {
                Some(Heard::Said(text, position)) => (text, position),
                Some(Heard::Refused) => return ledger.refuse(),
                None => return,
            };
            if let Some(position) = position {
                numbering.arrive(receiver, position);
            }
            // Whatever holds no stamp of this run is somebody else's chat.
            let Some(stamp) = Stamp::read(text).filter(|stamp| stamp.run == run) else {
                return;
            };
            let speaker = stamp.speaker as usize;
            match ledger.arrive(receiver, speaker, stamp.sequence) {
                Arrival::Delivery => {
                    latency.saturating_record(nanos(at - start).saturating_sub(stamp.sent));
                }
                Arrival::Acknowledgement => {}
                Arrival::Fault => return,
            }
            if let Some(position) = position {
                numbering.belongs(speaker, stamp.sequence, position);
            }
            *last_arrival = at;
            outstanding[speaker] = outstanding[speaker].saturating_sub(1);
            if outstanding[speaker] == 0 {
                ready.push(speaker);
            }
        })
    }

    fn await_the_rest(&mut self, progress: &mut impl FnMut(Duration, u64)) -> io::Result<()> {
        let end = Instant::now();
        while !self.ledger.is_complete()
            && self.last_arrival.max(end).elapsed() < self.plan.patience
        {
            self.turn(TICK)?;
            progress(self.start.elapsed(), self.ledger.delivered());
        }
        Ok(())
    }
}

fn nanos(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::super::dialect::Dialect;
    use super::*;
    use crate::server_url::Target;
    use async_tungstenite::tungstenite::handshake::server::{
        Request as HandshakeRequest, Response as HandshakeResponse,
    };
    use async_tungstenite::tungstenite::http::HeaderValue;
    use async_tungstenite::tungstenite::{Message, WebSocket, accept, accept_hdr};
    use guildhall_protocol::{
        Joined, Line, Message as _, Packet, PacketBody, Ping, Pong, Reply, ReplyResult,
        RequestBody, Welcome, decode,
    };
    use std::net::{TcpListener, TcpStream};
    use std::thread;

    /// Two clients of a server that passes what the first says on to the
    /// second as `fault` has it: for each number, the numbers that follow now.
    #[track_caller]
    fn check(fault: fn(usize) -> &'static [usize], expected: Faults) {
        const MESSAGES: usize = 20;
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let target = Target::at(listener.local_addr().unwrap());
        let server = thread::spawn(move || {
            let mut sockets = [1, 2].map(|id| {
                let mut socket = accept(listener.accept().unwrap().0).unwrap();
                let hello = Packet::id(id).encode_to_vec();
                socket.send(Message::binary(hello)).unwrap();
                socket
            });
            let mut heard = Vec::new();
            for number in 0..MESSAGES {
                let packet = decode(&sockets[0].read().unwrap().into_data()).unwrap();
                heard.push(packet.encode_to_vec());
                for &number in fault(number) {
                    let again = heard[number].clone();
                    sockets[1].send(Message::binary(again)).unwrap();
                }
            }
            sockets
        });
        let mut crowd = Crowd::new().unwrap();
        // The server greets them one after the other.
        crowd.connect(&target, 1, |_| {}).unwrap();
        crowd.connect(&target, 1, |_| {}).unwrap();
        let plan = Plan {
            receivers: 2,
            speakers: 1,
            pace: Pace::Rate(1_000.0),
            bytes: STAMP_BYTES,
            time: Duration::from_millis(20),
            patience: Duration::from_secs(2),
        };
        let outcome = run(&mut crowd, &plan, |_, _| {}).unwrap();
        // Should the server wait for more, it does so no longer.
        drop(crowd);
        server.join().unwrap();
        assert_eq!(outcome.messages, MESSAGES as u64);
        assert_eq!(outcome.deliveries, 20 - expected.lost);
        assert_eq!(outcome.faults, expected);
    }

    /// Just this number.
    fn same(number: usize) -> &'static [usize] {
        const ALL: [usize; 20] = [
            0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19,
        ];
        &ALL[number..=number]
    }

    #[test]
    fn a_server_without_fault_has_none() {
        check(same, Faults::default());
    }

    #[test]
    fn loss_is_found() {
        let lost = Faults {
            lost: 2,
            ..Faults::default()
        };
        let drops = |number| match number {
            3 | 19 => &[][..],
            number => same(number),
        };
        check(drops, lost);
    }

    #[test]
    fn duplication_is_found() {
        let duplicated = Faults {
            duplicated: 2,
            ..Faults::default()
        };
        let doubles = |number| match number {
            3 => &[3, 3][..],
            19 => &[19, 5],
            number => same(number),
        };
        check(doubles, duplicated);
    }

    #[test]
    fn reordering_is_found() {
        let reordered = Faults {
            reordered: 2,
            ..Faults::default()
        };
        let swaps = |number| match number {
            3 | 11 => &[][..],
            4 => &[4, 3],
            12 => &[12, 11],
            number => same(number),
        };
        check(swaps, reordered);
    }

    /// What a server of guildhall.v1 does with a message: who gets which one
    /// with which number.
    type Copies = fn(u64) -> Vec<(usize, u64, u64)>;

    /// The same as `check` with two clients of guildhall.v1.
    #[track_caller]
    fn check_v1(copies: Copies, expected: Faults) {
        const MESSAGES: u64 = 20;
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let target = Target::at(listener.local_addr().unwrap());
        let server = thread::spawn(move || {
            let mut sockets = [1, 2].map(|id| accept_v1(&listener, id));
            let mut heard = Vec::new();
            for number in 0..MESSAGES {
                let (id, ask) = read_request(&mut sockets[0]);
                let RequestBody::Say(say) = ask else {
                    panic!("{ask:?}");
                };
                heard.push(Line {
                    room: say.room,
                    epoch: EPOCH,
                    sender: 1,
                    nonce: id,
                    text: say.text,
                    ..Line::default()
                });
                for (socket, number, seq) in copies(number) {
                    let index = usize::try_from(number).unwrap();
                    let line = heard[index].clone();
                    let line = PacketBody::Line(Line { seq, ..line });
                    send(&mut sockets[socket], line);
                }
            }
            sockets
        });
        let mut crowd = Crowd::speaking(Dialect::V1(vec!["inn".into()])).unwrap();
        crowd.connect(&target, 1, |_| {}).unwrap();
        crowd.connect(&target, 1, |_| {}).unwrap();
        let plan = Plan {
            receivers: 2,
            speakers: 1,
            pace: Pace::Rate(1_000.0),
            bytes: STAMP_BYTES,
            time: Duration::from_millis(20),
            patience: Duration::from_secs(2),
        };
        let outcome = run(&mut crowd, &plan, |_, _| {}).unwrap();
        drop(crowd);
        server.join().unwrap();
        assert_eq!(outcome.messages, MESSAGES);
        assert_eq!(outcome.deliveries, MESSAGES - expected.lost);
        assert_eq!(outcome.latency.len(), outcome.deliveries);
        assert_eq!(outcome.faults, expected);
    }

    type Socket = WebSocket<TcpStream>;

    /// Of the room of [`check_v1`].
    const EPOCH: u32 = 3;

    /// A client that has said hello and joined.
    fn accept_v1(listener: &TcpListener, id: u64) -> Socket {
        let stream = listener.accept().unwrap().0;
        #[allow(
            clippy::result_large_err,
            reason = "the type of the library's callback"
        )]
        let choose = |_: &HandshakeRequest, mut response: HandshakeResponse| {
            let name = HeaderValue::from_static("guildhall.v1");
            response
                .headers_mut()
                .insert("Sec-WebSocket-Protocol", name);
            Ok(response)
        };
        let mut socket = accept_hdr(stream, choose).unwrap();
        let (hello, _) = read_request(&mut socket);
        let welcome = Welcome {
            id,
            ..Welcome::default()
        };
        send(&mut socket, reply(hello, ReplyResult::Welcome(welcome)));
        let (join, ask) = read_request(&mut socket);
        let RequestBody::Join(asked) = ask else {
            panic!("{ask:?}");
        };
        // Who waits for the answer is asked meanwhile whether it is there.
        send(&mut socket, PacketBody::Ping(Ping {}));
        let answer = decode(&socket.read().unwrap().into_data()).unwrap();
        assert_eq!(answer.msg, Some(PacketBody::Pong(Pong {})));
        let joined = Joined {
            room: asked.room,
            epoch: EPOCH,
            first_seq: 1,
            ..Joined::default()
        };
        send(&mut socket, reply(join, ReplyResult::Joined(joined)));
        socket
    }

    fn read_request(socket: &mut Socket) -> (u64, RequestBody) {
        let packet = decode(&socket.read().unwrap().into_data()).unwrap();
        match packet.msg {
            Some(PacketBody::Request(request)) => (request.id, request.ask.unwrap()),
            other => panic!("{other:?}"),
        }
    }

    fn reply(id: u64, result: ReplyResult) -> PacketBody {
        let result = Some(result);
        PacketBody::Reply(Reply { id, result })
    }

    fn send(socket: &mut Socket, arm: PacketBody) {
        let packet = Packet::from(arm).encode_to_vec();
        socket.send(Message::binary(packet)).unwrap();
    }

    #[test]
    fn v1_without_fault_has_none() {
        check_v1(
            |number| vec![(0, number, number + 1), (1, number, number + 1)],
            Faults::default(),
        );
    }

    #[test]
    fn a_speaker_without_its_own_copy_is_told_of() {
        let unacknowledged = Faults {
            unacknowledged: 1,
            ..Faults::default()
        };
        // The last one, or the next number would be a fault too.
        let drops = |number| match number {
            19 => vec![(1, 19, 20)],
            number => vec![(0, number, number + 1), (1, number, number + 1)],
        };
        check_v1(drops, unacknowledged);
    }

    #[test]
    fn two_orders_in_one_room_are_found() {
        // Everything comes once, numbered without a gap, and yet the two
        // members do not agree about two of the numbers.
        let swaps = |number| match number {
            4 => vec![(0, 4, 5)],
            5 => vec![(0, 5, 6), (1, 5, 5), (1, 4, 6)],
            number => vec![(0, number, number + 1), (1, number, number + 1)],
        };
        let expected = Faults {
            reordered: 1,
            misnumbered: 2,
            ..Faults::default()
        };
        check_v1(swaps, expected);
    }
}
