//! Counts the allocations of a broadcast. The count does not depend on time, so it is
//! exact. This is a binary of its own because the counter replaces the allocator of
//! the whole process.

#![allow(clippy::unwrap_used, reason = "a test")]

use std::time::Instant;

use guildhall_protocol::{Block, Hello, Join, Protocol, Request, RequestBody};
use guildhall_server::RoomLimits;
use guildhall_server::policy::Rights;
use guildhall_server::testing::{
    ConnectionId, Handled, Hub, Joining, LOBBY, Moment, Name, NewMessage, Position, SharedRoom,
    UserId, V1Session,
};
use guildhall_testing::null_wire::NullWire;

#[global_allocator]
static ALLOCATOR: dhat::Alloc = dhat::Alloc;

/// Connects a client of this protocol, which joins the lobby.
fn join(hub: &mut Hub<NullWire>, protocol: Protocol) -> SharedRoom<NullWire> {
    let at = Moment::present();
    if protocol == Protocol::Tutorial {
        let connected = hub.connect_tutorial(NullWire::default(), 100_000, at);
        return connected.1.unwrap();
    }
    let connection = hub.connect(protocol, NullWire::default(), 100_000, at.now);
    let joining = Joining {
        id: connection.id().user_id(),
        name: &Name::GUEST,
        rights: &Rights::default(),
        position: Position::default(),
    };
    let joined = hub.join(LOBBY, &connection, joining, at);
    joined.unwrap().0
}

/// The allocations of `turns` fan-outs among `members`, of which `speakers` say a
/// message in each turn.
fn allocations(protocol: Protocol, members: usize, speakers: u64, turns: usize) -> u64 {
    let mut hub = Hub::default();
    let room = (0..members)
        .map(|_| join(&mut hub, protocol))
        .last()
        .unwrap();
    allocations_in(&mut hub, &room, speakers, turns)
}

/// The same among members each of which blocks the five that follow it.
fn allocations_with_blocks(members: usize, speakers: u64, turns: usize) -> u64 {
    let (mut hub, at) = (Hub::default(), Moment::present());
    let mut sessions: Vec<_> = (0..members)
        .map(|_| {
            let connection = hub.connect(Protocol::V1, NullWire::default(), 100_000, at.now);
            V1Session::new(connection, 25)
        })
        .collect();
    let ids: Vec<_> = sessions.iter().map(V1Session::id).collect();
    for session in &mut sessions {
        let hello = Hello {
            version: 1,
            ..Hello::default()
        };
        let join = Join {
            room: LOBBY.into(),
            ..Join::default()
        };
        let asks = [RequestBody::Hello(hello), RequestBody::Join(join)];
        for (id, ask) in (1..).zip(asks) {
            let request = Request { id, ask: Some(ask) };
            assert!(matches!(
                session.handle(&mut hub, request, at),
                Handled::Done
            ));
        }
    }
    for (index, session) in sessions.iter_mut().enumerate() {
        let next = ids.iter().cycle().skip(index + 1).take(5);
        for (id, &UserId(user)) in (3..).zip(next) {
            let block = Block {
                user,
                ..Block::default()
            };
            let ask = Some(RequestBody::Block(block));
            let handled = session.handle(&mut hub, Request { id, ask }, at);
            assert!(matches!(handled, Handled::Done));
        }
    }
    // One more, whose room this is.
    let room = join(&mut hub, Protocol::V1);
    allocations_in(&mut hub, &room, speakers, turns)
}

/// The same in this room, whose first members speak.
fn allocations_in(
    hub: &mut Hub<NullWire>,
    room: &SharedRoom<NullWire>,
    speakers: u64,
    turns: usize,
) -> u64 {
    let now = Instant::now();
    let mut turn = || {
        for speaker in 1..=speakers {
            let text = "the same thirty-two bytes of text".to_owned();
            let message = NewMessage::plain(UserId(speaker), &text, 1);
            hub.say(room, ConnectionId(speaker), &message);
        }
        hub.fan_out(now);
        assert!(hub.take_needs_drain().is_empty(), "a sink takes all bytes");
    };
    // Buffers grow in the first turns and are kept. The history grows until it is
    // full.
    let lines = RoomLimits::default().history.lines;
    (0..=lines).for_each(|_| turn());
    let before = dhat::HeapStats::get().total_blocks;
    (0..turns).for_each(|_| turn());
    dhat::HeapStats::get().total_blocks - before
}

#[test]
fn a_broadcast_allocates_nothing_for_each_member() {
    let _profiler = dhat::Profiler::builder().testing().build();
    let protocols = [Protocol::Tutorial, Protocol::V1];
    for (protocol, speakers) in protocols.into_iter().flat_map(|it| [(it, 1), (it, 16)]) {
        let few = allocations(protocol, 16, speakers, 100);
        let many = allocations(protocol, 1_000, speakers, 100);
        assert_eq!(few, many, "with {speakers} speaking");
        // The text itself and, once in each turn, the change of the buffer from
        // written to shared.
        let allowed = 100 * (speakers + 1);
        assert!(many <= allowed, "{many} allocations, {allowed} allowed");
    }
    for speakers in [1, 16] {
        let few = allocations_with_blocks(20, speakers, 100);
        let many = allocations_with_blocks(1_000, speakers, 100);
        assert_eq!(few, many, "with {speakers} speaking and five blocks each");
    }
}
