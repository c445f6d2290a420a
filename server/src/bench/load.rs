//! The load: who says what when, and what became of it.

use std::io;
use std::time::{Duration, Instant};

use guildhall_protocol::{Message as _, Packet};
use hdrhistogram::Histogram;

use super::chat_text::chat_text;
use super::crowd::Crowd;
use super::ledger::{Faults, Ledger};
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
    latency: Histogram<u64>,
    /// What times count from.
    start: Instant,
    last_arrival: Instant,
    run: u32,
    text: Vec<u8>,
    /// For each speaker, how many deliveries of its last messages have not
    /// arrived.
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
    let mut load = Load {
        plan,
        crowd,
        ledger: Ledger::new(plan.receivers, plan.speakers),
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
    Ok(Outcome {
        messages: load.ledger.messages(),
        deliveries: load.ledger.delivered(),
        took: load.last_arrival - start,
        latency: load.latency,
        faults: load.ledger.faults(),
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
            self.outstanding[speaker] = u64::from(messages) * self.ledger.deliveries_per_message();
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
        let packet = Packet::chat(0, text).encode_to_vec();
        self.crowd.put_payload(speaker, &packet);
    }

    fn turn(&mut self, timeout: Duration) -> io::Result<()> {
        let Self {
            ledger,
            latency,
            last_arrival,
            outstanding,
            ready,
            ..
        } = self;
        let (start, run) = (self.start, self.run);
        self.crowd.turn(Some(timeout), |receiver, at, packet| {
            // Whatever holds no stamp of this run is somebody else's chat.
            let Some(stamp) = chat_text(packet).and_then(Stamp::read) else {
                return;
            };
            let speaker = stamp.speaker as usize;
            if stamp.run != run || !ledger.arrive(receiver, speaker, stamp.sequence) {
                return;
            }
            latency.saturating_record(nanos(at - start).saturating_sub(stamp.sent));
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
    use super::super::target::Target;
    use super::*;
    use async_tungstenite::tungstenite::{Message, accept};
    use guildhall_protocol::decode;
    use std::net::TcpListener;
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
            patience: Duration::from_millis(500),
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
}
