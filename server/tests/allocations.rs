//! Counts the allocations of a broadcast. The count does not depend on time, so it is
//! exact. This is a binary of its own because the counter replaces the allocator of
//! the whole process.

#![allow(clippy::unwrap_used, reason = "a test")]

use std::io::{self, IoSlice};
use std::time::Instant;

use guildhall_server::RoomLimits;
use guildhall_server::testing::{ConnectionId, Hub, Moment, NewMessage, UserId, Wire};

#[global_allocator]
static ALLOCATOR: dhat::Alloc = dhat::Alloc;

/// Takes all bytes and drops them.
struct Sink;

impl Wire for Sink {
    fn write(&self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        Ok(slices.iter().map(|slice| slice.len()).sum())
    }

    fn hang_up(&self) {}
}

/// The allocations of `turns` fan-outs among `members`, of which `speakers` say a
/// message in each turn.
fn allocations(members: usize, speakers: u64, turns: usize) -> u64 {
    let mut hub = Hub::default();
    let now = Instant::now();
    let room = (0..members)
        .map(|_| {
            let (_, lobby) = hub.connect_tutorial(Sink, 100_000, Moment::present());
            lobby
        })
        .last()
        .unwrap();
    let mut turn = || {
        for speaker in 1..=speakers {
            let text = "the same thirty-two bytes of text".to_owned();
            let message = NewMessage::plain(UserId(speaker), &text, 1);
            hub.say(&room, ConnectionId(speaker), &message);
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
    for speakers in [1, 16] {
        let few = allocations(16, speakers, 100);
        let many = allocations(1_000, speakers, 100);
        assert_eq!(few, many, "with {speakers} speaking");
        // The text itself and, once in each turn, the change of the buffer from
        // written to shared.
        let allowed = 100 * (speakers + 1);
        assert!(many <= allowed, "{many} allocations, {allowed} allowed");
    }
}
