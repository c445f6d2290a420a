//! Broadcast fan-out over real loopback sockets: the messages of one speaker reach
//! all other clients. The clock stops when every delivery has arrived. The floor
//! runs beside guildhall in each group, and the ratios to it are printed last.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::env;
use std::time::{Duration, Instant};

use criterion::{BenchmarkId, Criterion, SamplingMode, Throughput};
use guildhall_benches::relay::{Relay, serve_if_asked};
use guildhall_benches::scenario::Server;
use guildhall_cli::bench::{Clients, ServerUrl};

/// The text of each message, as long as a usual chat line.
const TEXT: &str = "well met, who is for the old mine";

/// If nothing arrives for this long, the server is broken.
const PATIENCE: Duration = Duration::from_secs(30);

/// What deliveries cost.
#[derive(Debug, Clone, Copy, Default)]
struct Cost {
    wall: Duration,
    /// The server's CPU time.
    cpu: Duration,
    deliveries: u64,
}

impl Cost {
    /// Seconds of wall time for each delivery.
    fn wall_each(&self) -> f64 {
        self.wall.as_secs_f64() / self.count()
    }

    /// Seconds of CPU time for each delivery.
    fn cpu_each(&self) -> f64 {
        self.cpu.as_secs_f64() / self.count()
    }

    #[allow(clippy::cast_precision_loss, reason = "no bench counts above 2^53")]
    fn count(&self) -> f64 {
        self.deliveries as f64
    }
}

/// Costs by messages in flight, members and server.
type Costs = RefCell<BTreeMap<(usize, usize, &'static str), Cost>>;

/// A server and its clients.
struct Setup {
    clients: Clients,
    relay: Relay,
}

fn main() {
    serve_if_asked();
    rlimit::increase_nofile_limit(u64::MAX).expect("the limit may be raised up to the hard one");
    // As a test, everything runs once and is small.
    let sizes: &[usize] = if env::args().any(|argument| argument == "--test") {
        &[2, 10]
    } else {
        &[10, 100, 1_000, 10_000]
    };
    let costs = Costs::default();
    let mut criterion = Criterion::default().configure_from_args();
    for (in_flight, floor) in [(1, Server::Floor), (16, Server::JoinedFloor)] {
        for &members in sizes {
            fan_out(&mut criterion, in_flight, members, floor, &costs);
        }
    }
    criterion.final_summary();
    print_ratios(&costs.into_inner());
}

fn fan_out(
    criterion: &mut Criterion,
    in_flight: usize,
    members: usize,
    floor: Server,
    costs: &Costs,
) {
    let mut group = criterion.benchmark_group(format!("fan-out/{in_flight} in flight"));
    let deliveries = (in_flight * (members - 1)) as u64;
    group
        .throughput(Throughput::Elements(deliveries))
        .sampling_mode(SamplingMode::Flat)
        .sample_size(10)
        .warm_up_time(Duration::from_secs(1))
        .measurement_time(Duration::from_secs(4));
    for (name, server) in [("floor", floor), ("guildhall", Server::Guildhall)] {
        // Started when it is needed: the command line may select other benches.
        let mut setup = None;
        group.bench_function(BenchmarkId::new(name, members), |bencher| {
            let setup = setup.get_or_insert_with(|| Setup::start(server, members));
            bencher.iter_custom(|rounds| {
                let cpu = setup.cpu();
                let start = Instant::now();
                for _ in 0..rounds {
                    setup.round(in_flight, deliveries);
                }
                let took = start.elapsed();
                let mut costs = costs.borrow_mut();
                let cost = costs.entry((in_flight, members, name)).or_default();
                cost.wall += took;
                cost.cpu += setup.cpu().saturating_sub(cpu);
                cost.deliveries += rounds * deliveries;
                took
            });
        });
    }
    group.finish();
}

impl Setup {
    fn start(server: Server, members: usize) -> Self {
        let relay = Relay::start(server).expect("a server starts");
        let mut clients = Clients::tutorial().expect("sockets can be watched");
        clients
            .connect(&ServerUrl::at(relay.address), members, |_| {})
            .expect("all clients connect");
        Self { clients, relay }
    }

    fn cpu(&self) -> Duration {
        self.relay.process().cpu().expect("the server runs")
    }

    /// One speaker says `in_flight` messages at once, and all of them reach all
    /// other clients.
    fn round(&mut self, in_flight: usize, deliveries: u64) {
        for _ in 0..in_flight {
            self.clients.put(0, TEXT);
        }
        self.clients.flush(0);
        let mut arrived = 0;
        let mut last = Instant::now();
        while arrived < deliveries {
            self.clients
                .turn(Some(Duration::from_secs(1)), |_, at, _| {
                    arrived += 1;
                    last = at;
                })
                .expect("sockets can be watched");
            assert!(
                last.elapsed() < PATIENCE,
                "{arrived} of {deliveries} arrived"
            );
        }
        assert_eq!(arrived, deliveries);
    }
}

fn print_ratios(costs: &BTreeMap<(usize, usize, &str), Cost>) {
    println!("Ratios to the floor in this run (the floor's sends are joined at 16 in flight):");
    println!("in flight  members  deliveries/s  CPU µs/delivery  time ratio  CPU ratio");
    for (&(in_flight, members, name), cost) in costs {
        let Some(floor) = costs.get(&(in_flight, members, "floor")) else {
            continue;
        };
        if name == "floor" {
            continue;
        }
        println!(
            "{in_flight:9}  {members:7}  {:12.0}  {:15.3}  {:10.2}  {:9.2}",
            1.0 / cost.wall_each(),
            cost.cpu_each() * 1e6,
            cost.wall_each() / floor.wall_each(),
            cost.cpu_each() / floor.cpu_each(),
        );
    }
}
