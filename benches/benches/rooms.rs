//! Many rooms of ten on one network thread, through the hub: what a message in
//! one of them costs must not depend on how many others there are. The members'
//! wires take everything and keep nothing, so no system call is in the figures.

use std::cell::Cell;
use std::io;
use std::time::{Duration, Instant};

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use guildhall_protocol::Protocol;
use guildhall_server::testing::{
    ConnectionId, Hub, Moment, Name, NewMessage, Position, SharedRoom, UserId, Wire,
};

/// Members of each room.
const MEMBERS: usize = 10;

/// How many rooms: up to 18,000 clients.
const ROOMS: [usize; 3] = [1, 100, 1_800];

/// What is said: as long as a usual chat line.
const TEXT: &str = "well met, who is for the old mine";

/// Takes everything and counts it.
#[derive(Debug, Default)]
struct NullWire(Cell<usize>);

impl Wire for NullWire {
    fn write(&self, parts: &[io::IoSlice<'_>]) -> io::Result<usize> {
        let length = parts.iter().map(|part| part.len()).sum();
        self.0.set(self.0.get() + length);
        Ok(length)
    }

    fn hang_up(&self) {}
}

/// A hub with so many rooms of ten: of each room, the ID of one member.
struct Houses {
    hub: Hub<NullWire>,
    rooms: Vec<(SharedRoom<NullWire>, ConnectionId)>,
}

impl Houses {
    fn build(count: usize) -> Self {
        let mut hub = Hub::default();
        let at = Moment::present();
        let rooms = (0..count)
            .map(|number| {
                let name = format!("house-{number}");
                let mut join = || {
                    let wire = NullWire::default();
                    let connection = hub.connect(Protocol::Tutorial, wire, 1 << 20, at.now);
                    let id = UserId::of(connection.id());
                    let position = Position::default();
                    let joined = hub.join(&name, &connection, id, &Name::GUEST, position, at);
                    let (room, _) = joined.expect("fewer rooms than there may be");
                    (connection.id(), room)
                };
                for _ in 1..MEMBERS {
                    join();
                }
                let (id, room) = join();
                (room, id)
            })
            .collect();
        Self { hub, rooms }
    }

    fn say_in(&mut self, house: usize, now: Instant) {
        let (room, speaker) = &self.rooms[house];
        let message = NewMessage::plain(UserId::of(*speaker), TEXT, 1);
        self.hub.say(room, *speaker, &message);
        self.hub.fan_out(now);
    }
}

/// The same room again and again: what its size alone costs.
fn one_room_speaks(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("rooms/one of them speaks");
    group.throughput(Throughput::Elements(MEMBERS as u64 - 1));
    for count in ROOMS {
        let mut houses = Houses::build(count);
        let now = Instant::now();
        group.bench_function(BenchmarkId::from_parameter(count), |bencher| {
            bencher.iter(|| houses.say_in(0, now));
        });
    }
    group.finish();
}

/// All in turn: the same, and what a processor's caches no longer hold.
fn all_rooms_speak(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("rooms/all speak in turn");
    group.throughput(Throughput::Elements(MEMBERS as u64 - 1));
    for count in ROOMS {
        let mut houses = Houses::build(count);
        let now = Instant::now();
        let mut next = 0;
        group.bench_function(BenchmarkId::from_parameter(count), |bencher| {
            bencher.iter(|| {
                houses.say_in(next, now);
                next = (next + 1) % count;
            });
        });
    }
    group.finish();
}

criterion_group! {
    name = benches;
    config = Criterion::default()
        .warm_up_time(Duration::from_secs(1))
        .measurement_time(Duration::from_secs(2));
    targets = one_room_speaks, all_rooms_speak
}
criterion_main!(benches);
