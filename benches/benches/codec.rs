//! A message's way through the codec: what a client sent is decoded and
//! checked, what the server says is encoded and framed.

use std::hint::black_box;
use std::time::Duration;

use bytes::BytesMut;
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use guildhall_protocol::limits::MAX_TEXT_BYTES;
use guildhall_protocol::{ClientMessage, Message as _, Packet, decode};
use guildhall_server::frame;

/// A usual line, a long one, the longest.
const LENGTHS: [usize; 3] = [32, 1_024, MAX_TEXT_BYTES];

fn receive(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("codec/server receives");
    for length in LENGTHS {
        let bytes = Packet::chat(0, "x".repeat(length)).encode_to_vec();
        group.throughput(Throughput::Bytes(bytes.len() as u64));
        group.bench_function(BenchmarkId::from_parameter(length), |bencher| {
            bencher.iter(|| ClientMessage::from_bytes(black_box(&bytes)));
        });
    }
    group.finish();
}

fn send(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("codec/server sends");
    for length in LENGTHS {
        let packet = Packet::chat(1_000, "x".repeat(length));
        let mut buffer = BytesMut::with_capacity(2 * length + 64);
        group.throughput(Throughput::Bytes(packet.encoded_len() as u64));
        group.bench_function(BenchmarkId::from_parameter(length), |bencher| {
            bencher.iter(|| {
                buffer.clear();
                frame::put_packet(&mut buffer, black_box(&packet));
            });
        });
    }
    group.finish();
}

fn client_receives(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("codec/client receives");
    for length in LENGTHS {
        let bytes = Packet::chat(1_000, "x".repeat(length)).encode_to_vec();
        group.throughput(Throughput::Bytes(bytes.len() as u64));
        group.bench_function(BenchmarkId::from_parameter(length), |bencher| {
            bencher.iter(|| decode(black_box(&bytes)));
        });
    }
    group.finish();
}

criterion_group! {
    name = benches;
    config = Criterion::default()
        .warm_up_time(Duration::from_secs(1))
        .measurement_time(Duration::from_secs(2));
    targets = receive, send, client_receives
}
criterion_main!(benches);
