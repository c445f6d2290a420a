//! What each request of a `guildhall.v1` client costs the server, from its bytes to the
//! answer's: what one client can ask for free must stay cheap. The wires take all bytes and
//! drop them, so the figures have no system call. A table is printed last.

use std::cell::RefCell;
use std::time::{Duration, Instant};

use criterion::Criterion;
use guildhall_protocol::{
    FetchHistory, Hello, Join, Leave, ListMembers, ListRooms, Protocol, Rename, Request,
    RequestBody, Say, Whisper, decode_from_client,
};
use guildhall_server::testing::{ConnectionId, Handled, Hub, Moment, Shared, V1Session};
use guildhall_server::{Rates, RoomLimits};
use guildhall_testing::null_wire::NullWire;
use rustix::time::{ClockId, clock_gettime};

/// The members of the room that is asked about: as many as are listed by name.
const MEMBERS: usize = 100;

/// How many rooms there are: as many as a server has at most, unless its operator says
/// otherwise.
const ROOMS: usize = 4_096;

/// The most that a request may cost which a client may send as often as it likes.
const FREE: Duration = Duration::from_micros(20);

/// A client, and the ID of its last request.
struct Client {
    session: V1Session<NullWire>,
    id: ConnectionId,
    last: u64,
}

/// A full room with a full history, many other rooms, and a client that asks.
struct Setup {
    hub: Hub<NullWire>,
    client: Client,
    others: Vec<Client>,
    start: Instant,
}

fn hello(name: &str) -> RequestBody {
    RequestBody::Hello(Hello {
        version: 1,
        name: name.into(),
        ..Hello::default()
    })
}

fn join(room: &str) -> RequestBody {
    RequestBody::Join(Join {
        room: room.into(),
        ..Join::default()
    })
}

impl Setup {
    fn build() -> Self {
        let limits = RoomLimits {
            rooms_per_address: ROOMS,
            ..RoomLimits::default()
        };
        let shared = Shared::new(1, limits);
        shared.set_rates(&Rates::OFF);
        let mut hub = Hub::new(shared, 0);
        let client = Client::connect(&mut hub);
        let mut setup = Self {
            hub,
            client,
            others: Vec::new(),
            start: Instant::now(),
        };
        setup.ask(&hello("Ann of the bench"));
        setup.ask(&join("hall"));
        for number in 1..MEMBERS {
            let other = Client::connect(&mut setup.hub);
            setup.others.push(other);
            setup.other(&hello(&format!("Member number {number}")));
            setup.other(&join("hall"));
            for room in 0..ROOMS / MEMBERS {
                setup.other(&join(&format!("room-{number}-{room}")));
            }
        }
        for _ in 0..1_000 {
            setup.ask(&say("well met, who is for the old mine"));
        }
        setup.hub.fan_out(setup.start);
        setup.hub.tell_changes();
        setup.hub.fan_out(setup.start);
        setup
    }

    fn ask(&mut self, body: &RequestBody) {
        let at = moment(self.start);
        self.client.ask(&mut self.hub, body, at);
        self.hub.fan_out(self.start);
    }

    fn other(&mut self, body: &RequestBody) {
        let at = moment(self.start);
        if let Some(other) = self.others.last_mut() {
            other.ask(&mut self.hub, body, at);
        }
    }
}

fn moment(now: Instant) -> Moment {
    Moment {
        now,
        unix_millis: 1_700_000_000_000,
    }
}

impl Client {
    fn connect(hub: &mut Hub<NullWire>) -> Self {
        let connection = hub.connect(Protocol::V1, NullWire::default(), 1 << 20, Instant::now());
        Self {
            id: connection.id(),
            session: V1Session::new(connection, 25),
            last: 0,
        }
    }

    fn ask(&mut self, hub: &mut Hub<NullWire>, body: &RequestBody, at: Moment) {
        self.last += 1;
        let request = Request {
            id: self.last,
            ask: Some(body.clone()),
        };
        let handled = self.session.handle(hub, request, at);
        assert!(matches!(handled, Handled::Done));
    }
}

/// Names, each with the seconds that a request took.
type Costs = RefCell<Vec<(&'static str, Duration, u64)>>;

fn main() {
    let mut criterion = Criterion::default()
        .warm_up_time(Duration::from_millis(300))
        .measurement_time(Duration::from_secs(1))
        .sample_size(20)
        .configure_from_args();
    let costs = Costs::default();
    for (name, body) in requests() {
        let mut setup = None;
        measure(&mut criterion, &costs, name, || {
            setup.get_or_insert_with(Setup::build).ask(&body);
        });
    }
    two_requests(&mut criterion, &costs);
    hellos(&mut criterion, &costs);
    messages(&mut criterion, &costs);
    criterion.final_summary();
    print_table(&costs.into_inner());
}

/// The requests that a client can send again and again.
fn requests() -> Vec<(&'static str, RequestBody)> {
    let room = || "hall".to_owned();
    vec![
        ("list_rooms", RequestBody::ListRooms(ListRooms {})),
        (
            "list_members, 100",
            RequestBody::ListMembers(ListMembers { room: room() }),
        ),
        (
            "fetch_history, 50 lines",
            RequestBody::FetchHistory(FetchHistory {
                room: room(),
                ..FetchHistory::default()
            }),
        ),
        ("join again, without a position", join("hall")),
        ("join with a bad name", join(&"\u{fdfa}".repeat(83))),
        (
            "rename to a bad name",
            RequestBody::Rename(Rename {
                name: "\u{fdfa}".repeat(83),
            }),
        ),
        ("whisper to a bad name", whisper(&"\u{fdfa}".repeat(83))),
        (
            "whisper to a name of 24 letters",
            whisper(&"\u{44e}".repeat(24)),
        ),
        (
            "whisper to the dearest name",
            whisper(&"\u{cb94}".repeat(24)),
        ),
        (
            "whisper to a name of marks",
            whisper(&format!("a{}", "\u{301}\u{327}".repeat(60))),
        ),
        (
            "whisper to a name of joiners",
            whisper(&"\u{d9a}\u{dca}\u{200d}".repeat(8)),
        ),
        (
            "whisper to a name of emoji",
            whisper(
                &"\u{1f468}\u{200d}\u{1f469}\u{200d}\u{1f467}\u{1f3ff}\u{200d}\u{fe0f}".repeat(3),
            ),
        ),
        (
            "join a room of marks",
            join(&"\u{e01}\u{e31}\u{e48}".repeat(10)),
        ),
        ("say what nobody sees", say(&"\u{200b}".repeat(1_365))),
        ("say marks without a letter", say(&"\u{5b4}".repeat(2_048))),
        ("say", say("well met, who is for the old mine")),
        ("hello, twice", hello("Ann")),
    ]
}

fn say(text: &str) -> RequestBody {
    RequestBody::Say(Say {
        room: "hall".into(),
        text: text.into(),
        action: false,
        reply_to: None,
    })
}

fn whisper(name: &str) -> RequestBody {
    RequestBody::Whisper(Whisper {
        name: name.into(),
        text: "psst".into(),
        ..Whisper::default()
    })
}

/// Requests that only make sense in turn, and a list that is made anew each time.
fn two_requests(criterion: &mut Criterion, costs: &Costs) {
    let mut setup = None;
    measure(criterion, costs, "list_rooms, once a second", || {
        let setup = setup.get_or_insert_with(Setup::build);
        setup.start += Duration::from_secs(2);
        setup.ask(&RequestBody::ListRooms(ListRooms {}));
    });
    let leave = RequestBody::Leave(Leave {
        room: "elsewhere".into(),
    });
    let names = [
        "Ivan the Terrible",
        "\u{44e}\u{436}\u{438}\u{43d}\u{430} of the old mine!",
    ];
    let [one, other] = names.map(|name| RequestBody::Rename(Rename { name: name.into() }));
    let pairs = [
        ("rename", one, other),
        ("join a new room, and leave it", join("elsewhere"), leave),
    ];
    for (name, one, other) in pairs {
        let (mut setup, mut turn) = (None, false);
        measure(criterion, costs, name, || {
            turn = !turn;
            let body = if turn { &one } else { &other };
            setup.get_or_insert_with(Setup::build).ask(body);
        });
    }
}

/// Hellos, each over a connection of its own.
fn hellos(criterion: &mut Criterion, costs: &Costs) {
    let bad = "\u{fdfa}".repeat(83);
    for (name, hello) in [
        ("hello and goodbye", hello("Zoe of the bench")),
        ("hello as a guest, and goodbye", hello("")),
        ("hello with a bad name", hello(&bad)),
        ("hello with a taken name", hello("Ann of the bench")),
    ] {
        let mut setup = None;
        measure(criterion, costs, name, || {
            let setup = setup.get_or_insert_with(Setup::build);
            let mut client = Client::connect(&mut setup.hub);
            let at = moment(setup.start);
            client.ask(&mut setup.hub, &hello, at);
            client.session.say_goodbye(&mut setup.hub, at.now);
            setup.hub.disconnect(client.id);
        });
    }
}

/// Messages of the largest size that hold as much work as they can.
fn messages(criterion: &mut Criterion, costs: &Costs) {
    let repeated = |field: &[u8]| field.repeat(16_000 / field.len());
    let wrapped = |key: &[u8], bytes: Vec<u8>| {
        let seven_bits = |shift: u32| {
            u8::try_from(bytes.len() >> shift & 0x7f).expect("seven bits fit into a byte")
        };
        let length = [seven_bits(0) | 0x80, seven_bits(7) | 0x80, seven_bits(14)];
        [key, &length, &bytes].concat()
    };
    let request = |bytes| wrapped(&[0xa2, 0x01], bytes);
    let cases = [
        (
            "decode: two asks, 4,000 times",
            request(repeated(&[0x32, 0, 0x3a, 0])),
        ),
        (
            "decode: one ask, 8,000 times",
            request(repeated(&[0x32, 0])),
        ),
        (
            "decode: a say of 8,000 rooms",
            request(wrapped(&[0x32], repeated(&[0x0a, 0]))),
        ),
        (
            "decode: 8,000 unknown fields",
            request(repeated(&[0x78, 0])),
        ),
        (
            "decode: a chat of 8,000 texts",
            wrapped(&[0x12], repeated(&[0x0a, 0])),
        ),
        (
            "decode: a group of 8,000 fields",
            wrapped(
                &[0x12],
                [&[0xfb, 0x01][..], &repeated(&[0x08, 0]), &[0xfc, 0x01]].concat(),
            ),
        ),
    ];
    for (name, bytes) in cases {
        measure(criterion, costs, name, || {
            let _ = std::hint::black_box(decode_from_client(&bytes));
        });
    }
}

fn measure(criterion: &mut Criterion, costs: &Costs, name: &'static str, mut act: impl FnMut()) {
    let (mut took, mut count) = (Duration::ZERO, 0);
    criterion.bench_function(name, |bencher| {
        bencher.iter_custom(|rounds| {
            act();
            let start = cpu();
            for _ in 0..rounds {
                act();
            }
            let elapsed = cpu().saturating_sub(start);
            took += elapsed;
            count += rounds;
            elapsed
        });
    });
    if count > 0 {
        costs.borrow_mut().push((name, took, count));
    }
}

/// The CPU time of this thread, which other programs on the machine do not change.
fn cpu() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    Duration::try_from(time).expect("a thread's CPU time is not negative")
}

fn print_table(costs: &[(&str, Duration, u64)]) {
    println!("{:36}  {:>10}", "what a client sends", "µs each");
    for &(name, took, count) in costs {
        let nanos = took.as_nanos() / u128::from(count);
        let mark = if nanos > FREE.as_nanos() {
            "  dear"
        } else {
            ""
        };
        println!("{name:36}  {:>6}.{:03}{mark}", nanos / 1_000, nanos % 1_000);
    }
}
