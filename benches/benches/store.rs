//! How many lines a second a store keeps, beside a plain file that is appended to and synced: the
//! least that a disk asks for. Both are in the folder for temporary files.

use std::fs::{self, File};
use std::io::Write as _;
use std::path::PathBuf;
use std::time::Duration;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use guildhall_server::testing::StoreProbe;

/// How many lines are kept by one commit.
const BATCHES: [u64; 3] = [1, 100, 1_000];

/// The text of a line.
const TEXT: &str = "A line of a hundred bytes, as somebody might say it in a room of a game, and then a bit more of it";

fn folder(name: &str) -> PathBuf {
    let name = format!("guildhall-bench-{name}-{}", std::process::id());
    let path = std::env::temp_dir().join(name);
    fs::create_dir_all(&path).expect("temporary files can be written");
    path
}

fn floor(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("store/floor");
    let folder = folder("floor");
    for batch in BATCHES {
        let mut file = File::create(folder.join("lines")).expect("a file");
        let bytes = TEXT.repeat(usize::try_from(batch).expect("a small number"));
        group.throughput(Throughput::Elements(batch));
        group.bench_function(BenchmarkId::from_parameter(batch), |bencher| {
            bencher.iter(|| {
                file.write_all(bytes.as_bytes()).expect("room on the disk");
                file.sync_data().expect("a disk without errors");
            });
        });
    }
    group.finish();
    fs::remove_dir_all(folder).expect("the folder of this bench");
}

fn keep(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("store/keep");
    for batch in BATCHES {
        let folder = folder(&format!("keep-{batch}"));
        let mut store = StoreProbe::open(&folder, 1, Duration::ZERO).expect("a store");
        group.throughput(Throughput::Elements(batch));
        group.bench_function(BenchmarkId::from_parameter(batch), |bencher| {
            bencher.iter(|| store.say(batch, TEXT));
        });
        drop(store);
        fs::remove_dir_all(folder).expect("the folder of this bench");
    }
    group.finish();
}

criterion_group! {
    name = benches;
    config = Criterion::default()
        .warm_up_time(Duration::from_secs(1))
        .measurement_time(Duration::from_secs(3));
    targets = floor, keep
}
criterion_main!(benches);
