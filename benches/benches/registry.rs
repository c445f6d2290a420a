//! The registry of clients: what adding, removing, finding and visiting cost.

use criterion::{BatchSize, BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use guildhall_server::SharedCollection;
use std::hint::black_box;
use std::sync::Arc;
use std::time::Duration;

const SIZES: [u64; 3] = [10, 1_000, 100_000];

fn filled(size: u64) -> SharedCollection<Arc<u64>> {
    let registry = SharedCollection::new();
    for number in 0..size {
        registry.add(Arc::new(number));
    }
    registry
}

fn come_and_go(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("registry/come and go");
    for size in SIZES {
        let registry = filled(size);
        group.bench_function(BenchmarkId::from_parameter(size), |bencher| {
            bencher.iter_batched(
                || Arc::new(0),
                |object| registry.remove(registry.add(object)),
                BatchSize::SmallInput,
            );
        });
    }
    group.finish();
}

fn find(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("registry/find");
    for size in SIZES {
        let registry = filled(size);
        let mut id = 0;
        group.bench_function(BenchmarkId::from_parameter(size), |bencher| {
            bencher.iter(|| {
                id = id % size + 1;
                registry.get(black_box(id))
            });
        });
    }
    group.finish();
}

fn visit(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("registry/visit all");
    for size in SIZES {
        let registry = filled(size);
        group.throughput(Throughput::Elements(size));
        group.bench_function(BenchmarkId::from_parameter(size), |bencher| {
            bencher.iter(|| {
                registry.for_each(|id, object| {
                    black_box((id, object));
                });
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
    targets = come_and_go, find, visit
}
criterion_main!(benches);
