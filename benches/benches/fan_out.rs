//! Broadcast fan-out over real loopback sockets: what one speaker says reaches
//! everyone else. The clock stops when every delivery has arrived. The floor
//! runs beside guildhall in each group, and the ratios to it come last.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::env;
use std::time::{Duration, Instant};

use criterion::{BenchmarkId, Criterion, SamplingMode, Throughput};
use guildhall_benches::relay::{Relay, serve_if_asked};
use guildhall_benches::scenario::Server;
use guildhall_cli::bench::{Crowd, Target};

/// What is said: as long as a usual chat line.
const TEXT: &str = "well met, who is for the old mine";

/// With nothing arriving for this long something is broken.
const PATIENCE: Duration = Duration::from_secs(30);

/// Wall time, the server's CPU time and deliveries.
type Cost = (Duration, Duration, u64);

/// Costs by messages in flight, members, and server.
type Costs = RefCell<BTreeMap<(usize, usize, &'static str), Cost>>;

/// A server and its crowd.
struct TestServer {
    crowd: Crowd,
    relay: Relay,
}

fn main() {
    serve_if_asked();
    rlimit::increase_nofile_limit(u64::MAX).expect("the limit may be raised up to the hard one");
    // As a test everything runs once, and quickly.
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
        // Not before it is asked for: the command line may leave it out.
        let mut hall = None;
        group.bench_function(BenchmarkId::new(name, members), |bencher| {
            let hall = hall.get_or_insert_with(|| TestServer::open(server, members));
            bencher.iter_custom(|rounds| {
                let cpu = hall.cpu();
                let start = Instant::now();
                for _ in 0..rounds {
                    hall.round(in_flight, deliveries);
                }
                let took = start.elapsed();
                let mut costs = costs.borrow_mut();
                let cost = costs.entry((in_flight, members, name)).or_default();
                cost.0 += took;
                cost.1 += hall.cpu().saturating_sub(cpu);
                cost.2 += rounds * deliveries;
                took
            });
        });
    }
    group.finish();
}

impl TestServer {
    fn open(server: Server, members: usize) -> Self {
        let relay = Relay::start(server).expect("a server starts");
        let mut crowd = Crowd::new().expect("sockets can be watched");
        crowd
            .connect(&Target::at(relay.address), members, |_| {})
            .expect("everyone gets in");
        Self { crowd, relay }
    }

    fn cpu(&self) -> Duration {
        self.relay.process().cpu().expect("the server runs")
    }

    /// One speaker says `in_flight` things at once, and all of them reach all
    /// others.
    fn round(&mut self, in_flight: usize, deliveries: u64) {
        for _ in 0..in_flight {
            self.crowd.put(0, TEXT);
        }
        self.crowd.flush(0);
        let mut arrived = 0;
        let mut last = Instant::now();
        while arrived < deliveries {
            self.crowd
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

#[allow(clippy::cast_precision_loss, reason = "figures for people")]
fn print_ratios(costs: &BTreeMap<(usize, usize, &str), Cost>) {
    println!("Ratios to the floor in this run (the floor's sends are joined at 16 in flight):");
    println!("in flight  members  deliveries/s  CPU µs/delivery  time ratio  CPU ratio");
    for (&(in_flight, members, name), &(wall, cpu, deliveries)) in costs {
        let Some(&(floor_wall, floor_cpu, floor_deliveries)) =
            costs.get(&(in_flight, members, "floor"))
        else {
            continue;
        };
        if name == "floor" {
            continue;
        }
        let count = deliveries as f64;
        let floor_count = floor_deliveries as f64;
        println!(
            "{in_flight:9}  {members:7}  {:12.0}  {:15.3}  {:10.2}  {:9.2}",
            count / wall.as_secs_f64(),
            cpu.as_secs_f64() * 1e6 / count,
            (wall.as_secs_f64() / count) / (floor_wall.as_secs_f64() / floor_count),
            (cpu.as_secs_f64() / count) / (floor_cpu.as_secs_f64() / floor_count),
        );
    }
}
