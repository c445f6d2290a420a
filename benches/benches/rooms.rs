//! Many rooms of ten members on one network thread, through the hub: the cost of a
//! message in one room must not depend on the number of other rooms. The members'
//! wires take all bytes and drop them, so the figures have no system call.

use std::time::{Duration, Instant};

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use guildhall_protocol::Protocol;
use guildhall_server::RoomLimits;
use guildhall_server::policy::Rights;
use guildhall_server::testing::{
    ConnectionId, Hub, Joining, Moment, Name, NewMessage, Position, Shared, SharedRoom,
};
use guildhall_testing::null_wire::NullWire;

/// How many members each room has.
const MEMBERS: usize = 10;

/// How many rooms there are, for up to 18,000 clients.
const ROOMS: [usize; 3] = [1, 100, 1_800];

/// The text of each message, as long as a usual chat line.
const TEXT: &str = "well met, who is for the old mine";

/// A hub with many rooms of ten.
struct Rooms {
    hub: Hub<NullWire>,
    /// Each room, and the connection of its speaker.
    rooms: Vec<(SharedRoom<NullWire>, ConnectionId)>,
}

impl Rooms {
    fn build(count: usize) -> Self {
        let limits = RoomLimits {
            rooms_per_address: count,
            ..RoomLimits::default()
        };
        let mut hub = Hub::new(Shared::new(1, limits), 0);
        let at = Moment::present();
        let rooms = (0..count)
            .map(|number| {
                let name = format!("room-{number}");
                let mut join = || {
                    let wire = NullWire::default();
                    let connection = hub.connect(Protocol::Tutorial, wire, 1 << 20, at.now);
                    let joining = Joining {
                        id: connection.id().user_id(),
                        name: &Name::GUEST,
                        rights: &Rights::default(),
                        position: Position::default(),
                    };
                    let joined = hub.join(&name, &connection, joining, at);
                    let (room, ..) = joined.expect("the server has a place for another room");
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

    fn say_in(&mut self, room: usize, now: Instant) {
        let (room, speaker) = &self.rooms[room];
        let message = NewMessage::plain(speaker.user_id(), TEXT, 1);
        self.hub.say(room, *speaker, &message);
        self.hub.fan_out(now);
    }
}

/// The same room speaks again and again: the cost of its size alone.
fn one_room_speaks(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("rooms/one of them speaks");
    group.throughput(Throughput::Elements(MEMBERS as u64 - 1));
    for count in ROOMS {
        let mut rooms = Rooms::build(count);
        let now = Instant::now();
        group.bench_function(BenchmarkId::from_parameter(count), |bencher| {
            bencher.iter(|| rooms.say_in(0, now));
        });
    }
    group.finish();
}

/// All rooms speak in turn: the same cost, and that of cold caches.
fn all_rooms_speak(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("rooms/all speak in turn");
    group.throughput(Throughput::Elements(MEMBERS as u64 - 1));
    for count in ROOMS {
        let mut rooms = Rooms::build(count);
        let now = Instant::now();
        let mut next = 0;
        group.bench_function(BenchmarkId::from_parameter(count), |bencher| {
            bencher.iter(|| {
                rooms.say_in(next, now);
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
