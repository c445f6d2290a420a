//! A message in the codec: the server decodes and checks a client's message, and
//! encodes and frames its own.

use std::hint::black_box;
use std::time::Duration;

use bytes::BytesMut;
use criterion::{BatchSize, BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use guildhall_client::session::{Event, Session};
use guildhall_protocol::limits::MAX_TEXT_BYTES;
use guildhall_protocol::{
    ClientMessage, Joined, Line, Message as _, Packet, PacketBody, Reply, ReplyResult, Welcome,
    decode,
};
use guildhall_server::testing::frame;

/// The lengths of a usual line, a long one and the longest.
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

/// What a line costs a whole client: decoding it, checking its position in the room,
/// and telling the program.
fn session_receives(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("codec/session receives");
    for length in LENGTHS {
        let mut session = in_lobby();
        let mut line = Line {
            room: "lobby".into(),
            epoch: EPOCH,
            time: 1_800_000_000_000,
            sender: 1_000,
            name: "Guest 1000".into(),
            nonce: 1_000,
            text: "x".repeat(length),
            ..Line::default()
        };
        let mut next_line = || {
            line.seq += 1;
            Packet::from(PacketBody::Line(line.clone())).encode_to_vec()
        };
        session.received(&next_line(), 0);
        assert!(matches!(session.next_event(), Some(Event::Line(_))));
        group.bench_function(BenchmarkId::from_parameter(length), |bencher| {
            bencher.iter_batched_ref(
                &mut next_line,
                |bytes| {
                    session.received(black_box(bytes), 0);
                    session.next_event()
                },
                BatchSize::SmallInput,
            );
        });
    }
    group.finish();
}

/// The epoch of the lobby of [`in_lobby`].
const EPOCH: u32 = 1;

/// A session that has joined the lobby, which has no lines yet.
fn in_lobby() -> Session {
    let mut session = Session::new("");
    session.join("lobby");
    session.connect(0);
    session.opened(0);
    let welcome = ReplyResult::Welcome(Welcome {
        id: 1,
        ..Welcome::default()
    });
    let joined = ReplyResult::Joined(Joined {
        room: "lobby".into(),
        epoch: EPOCH,
        first_seq: 1,
        ..Joined::default()
    });
    for (id, result) in [(1, welcome), (2, joined)] {
        let result = Some(result);
        let reply = PacketBody::Reply(Reply { id, result });
        session.received(&Packet::from(reply).encode_to_vec(), 0);
    }
    while session.next_action().is_some() || session.next_event().is_some() {}
    session
}

criterion_group! {
    name = benches;
    config = Criterion::default()
        .warm_up_time(Duration::from_secs(1))
        .measurement_time(Duration::from_secs(2));
    targets = receive, send, client_receives, session_receives
}
criterion_main!(benches);
