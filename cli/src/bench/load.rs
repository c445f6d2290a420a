//! A run of the load: which clients speak when, and the outcome.

use std::io;
use std::time::{Duration, Instant};

use guildhall_protocol::Protocol;
use hdrhistogram::Histogram;

use super::clients::Clients;
use super::ledger::{Faults, Ledger, Receipt};
use super::numbering::Numbering;
use super::received::{self, Received};
use super::stamp::{STAMP_BYTES, Stamp};

/// How often `progress` is called.
const TICK: Duration = Duration::from_millis(100);

/// The largest latency, in nanoseconds: ten minutes. A larger one counts as this.
const MAX_LATENCY: u64 = 600_000_000_000;

/// The plan of a run.
#[derive(Debug, Clone)]
pub struct Plan {
    /// How many clients receive: the first ones. The others are stalled.
    pub receivers: usize,
    /// How many of the receivers speak: the first ones.
    pub speakers: usize,
    /// When they speak.
    pub pace: Pace,
    /// The length of a text in bytes, at least [`STAMP_BYTES`].
    pub bytes: usize,
    /// For how long they speak.
    pub time: Duration,
    /// If nothing arrives for this long, messages that have not arrived are lost.
    pub patience: Duration,
}

/// When speakers speak.
#[derive(Debug, Clone, Copy)]
pub enum Pace {
    /// This many messages a second from all speakers together, at fixed times,
    /// also if the server is slow: latency counts from when a message was due.
    Rate(f64),
    /// Each speaker sends this many messages at once, and the same number again
    /// when all of them have reached all receivers.
    InFlight(u32),
}

/// The outcome of a run.
#[derive(Debug)]
pub struct Outcome {
    /// How many messages were said.
    pub messages: u64,
    /// How many messages arrived, counted for each receiver.
    pub deliveries: u64,
    /// The time from the first message to the last delivery.
    pub took: Duration,
    /// The latency of each delivery, in nanoseconds.
    pub latency: Histogram<u64>,
    /// The faults.
    pub faults: Faults,
}

/// A run under way.
struct Load<'a> {
    plan: &'a Plan,
    clients: &'a mut Clients,
    ledger: Ledger,
    numbering: Numbering,
    latency: Histogram<u64>,
    /// The zero of all times.
    start: Instant,
    last_receipt: Instant,
    run: u32,
    text: Vec<u8>,
    /// For each speaker, how many receipts of its last messages are missing.
    outstanding: Vec<u64>,
    /// Speakers without outstanding receipts.
    ready: Vec<usize>,
}

/// Has the clients speak, and waits until every message has arrived or no more
/// arrive. `progress` gets the time and the number of deliveries so far.
///
/// # Errors
///
/// If the system cannot watch sockets.
///
/// # Panics
///
/// If the plan needs more clients than there are, or a text has no room for a
/// stamp.
pub fn run(
    clients: &mut Clients,
    plan: &Plan,
    mut progress: impl FnMut(Duration, u64),
) -> io::Result<Outcome> {
    assert!(plan.speakers <= plan.receivers && plan.receivers <= clients.len());
    assert!(plan.bytes >= STAMP_BYTES, "a text holds a stamp");
    let start = Instant::now();
    let unsent_before = clients.unsent();
    let ledger = match clients.protocol() {
        Protocol::Tutorial => Ledger::tutorial(plan.receivers, plan.speakers),
        Protocol::V1 => Ledger::v1(plan.receivers, plan.speakers, clients.rooms()),
    };
    let ledger = ledger.with_blocks(clients.blocks());
    let mut load = Load {
        plan,
        clients,
        ledger,
        numbering: Numbering::new(plan.receivers, plan.speakers),
        latency: Histogram::new_with_max(MAX_LATENCY, 3).map_err(io::Error::other)?,
        start,
        last_receipt: start,
        run: fastrand::u32(..1 << 24),
        text: vec![b'.'; plan.bytes],
        outstanding: vec![0; plan.speakers],
        ready: (0..plan.speakers).collect(),
    };
    load.speak(&mut progress)?;
    load.wait_for_the_rest(&mut progress)?;
    let faults = load.ledger.faults();
    Ok(Outcome {
        messages: load.ledger.messages(),
        deliveries: load.ledger.delivered(),
        took: load.last_receipt - start,
        latency: load.latency,
        faults: Faults {
            misnumbered: load.numbering.faults(),
            refused: faults.refused + load.clients.unsent() - unsent_before,
            ..faults
        },
    })
}

impl Load<'_> {
    fn speak(&mut self, progress: &mut impl FnMut(Duration, u64)) -> io::Result<()> {
        let mut count = 0;
        // A run has one round at least, also if this process was stopped for
        // longer than the run is to take.
        if let Pace::InFlight(messages) = self.plan.pace {
            self.speak_if_ready(messages);
        }
        loop {
            let elapsed = self.start.elapsed();
            progress(elapsed, self.ledger.delivered());
            let wait = match self.plan.pace {
                Pace::Rate(rate) => self.speak_if_due(rate, &mut count, elapsed),
                Pace::InFlight(_) if self.last_receipt.elapsed() > self.plan.patience => {
                    return Ok(());
                }
                Pace::InFlight(_) if elapsed >= self.plan.time => return Ok(()),
                Pace::InFlight(messages) => {
                    self.speak_if_ready(messages);
                    TICK
                }
            };
            // By now every message that was due is said, however late.
            let left = self.plan.time.saturating_sub(elapsed);
            if left.is_zero() {
                return Ok(());
            }
            self.turn(wait.min(left).min(TICK))?;
        }
    }

    /// Has the speakers say in turns all messages that are due by now. Returns the
    /// time until the next one is due.
    fn speak_if_due(&mut self, rate: f64, count: &mut u32, elapsed: Duration) -> Duration {
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
            self.clients.flush(speaker);
            *count += 1;
        }
    }

    /// Has each speaker speak whose last messages have reached all receivers.
    fn speak_if_ready(&mut self, messages: u32) {
        while let Some(speaker) = self.ready.pop() {
            let now = self.start.elapsed();
            for _ in 0..messages {
                self.put(speaker, now);
            }
            self.clients.flush(speaker);
            self.outstanding[speaker] = u64::from(messages) * self.ledger.receipts_of(speaker);
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
        self.clients.put(speaker, &text);
    }

    fn turn(&mut self, timeout: Duration) -> io::Result<()> {
        let Self {
            ledger,
            numbering,
            latency,
            last_receipt,
            outstanding,
            ready,
            ..
        } = self;
        let (start, run) = (self.start, self.run);
        let read = received::reader(self.clients.protocol());
        self.clients.turn(Some(timeout), |receiver, at, packet| {
            let (text, position) = match read(packet) {
                Some(Received::Message(text, position)) => (text, position),
                Some(Received::Hidden(position)) => return numbering.record(receiver, position),
                Some(Received::Refused) => return ledger.refuse(),
                None => return,
            };
            if let Some(position) = position {
                numbering.record(receiver, position);
            }
            // A text without a stamp of this run belongs to another tool.
            let Some(stamp) = Stamp::read(text).filter(|stamp| stamp.run == run) else {
                return;
            };
            let speaker = stamp.speaker as usize;
            match ledger.receive(receiver, speaker, stamp.sequence) {
                Receipt::Delivery => {
                    latency.saturating_record(nanos(at - start).saturating_sub(stamp.sent));
                }
                Receipt::Acknowledgement => {}
                Receipt::Fault => return,
            }
            if let Some(position) = position {
                numbering.record_message(speaker, stamp.sequence, position);
            }
            *last_receipt = at;
            outstanding[speaker] = outstanding[speaker].saturating_sub(1);
            if outstanding[speaker] == 0 {
                ready.push(speaker);
            }
        })
    }

    fn wait_for_the_rest(&mut self, progress: &mut impl FnMut(Duration, u64)) -> io::Result<()> {
        let end = Instant::now();
        while !self.ledger.is_complete()
            && self.last_receipt.max(end).elapsed() < self.plan.patience
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
mod tests;
