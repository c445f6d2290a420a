//! What one client is sent, and what waits for it.

use super::*;
use crate::outgoing::test_wire::TestWire;
use guildhall_protocol::{CloseCode, Packet};
use std::time::Duration;

const LIMIT: usize = 1_000;

fn id_frame(id: u64) -> Bytes {
    frame::packet(&Packet::id(id))
}

fn send(outbox: &mut Outbox, wire: &TestWire, frames: &Bytes) -> Result<(), SendError> {
    outbox.send(wire, frames, &[0..frames.len()], Instant::now())
}

#[test]
fn a_send_is_one_write_and_queues_nothing() {
    let (mut outbox, wire) = (Outbox::new(LIMIT), TestWire::open());
    let frames = Bytes::from_static(b"0123456789");
    outbox
        .send(&wire, &frames, &[0..2, 5..7], Instant::now())
        .unwrap();
    assert_eq!(wire.written(), b"0156");
    assert_eq!(wire.writes(), 1);
    assert!(outbox.is_empty());
    assert!(outbox.progress.is_none());
}

#[test]
fn what_the_socket_does_not_take_is_queued_in_order() {
    for capacity in 0..16 {
        let (mut outbox, wire) = (Outbox::new(LIMIT), TestWire::open());
        wire.take(capacity);
        let first = id_frame(1);
        send(&mut outbox, &wire, &first).unwrap();
        assert_eq!(outbox.is_empty(), capacity >= first.len());
        send(&mut outbox, &wire, &id_frame(2)).unwrap();
        wire.take(usize::MAX);
        assert!(outbox.drain(&wire, Instant::now()).unwrap());
        assert_eq!(wire.written(), [id_frame(1), id_frame(2)].concat());
        assert!(outbox.is_empty());
    }
}

#[test]
fn more_ranges_than_fit_into_one_write_all_arrive() {
    let frames = Bytes::from(vec![7; 200]);
    let ranges: Vec<_> = (0..100).map(|i| 2 * i..2 * i + 1).collect();
    for capacity in [usize::MAX, 0, 1, 31, 32, 33, 99] {
        let (mut outbox, wire) = (Outbox::new(100_000), TestWire::open());
        wire.take(capacity);
        outbox
            .send(&wire, &frames, &ranges, Instant::now())
            .unwrap();
        wire.take(usize::MAX);
        assert!(outbox.drain(&wire, Instant::now()).unwrap());
        assert_eq!(
            wire.written().len(),
            100,
            "a wire that takes {capacity} bytes"
        );
    }
}

#[test]
fn a_send_to_a_full_outbox_fails() {
    let (mut outbox, wire) = (Outbox::new(LIMIT), TestWire::open());
    wire.take(0);
    let frames = Bytes::from(vec![0; LIMIT / 2]);
    assert!(!outbox.is_half_full());
    send(&mut outbox, &wire, &frames).unwrap();
    assert!(outbox.is_half_full());
    assert!(matches!(
        send(&mut outbox, &wire, &frames),
        Err(SendError::Full)
    ));
}

#[test]
fn a_cut_off_completes_a_frame_that_is_partly_written_and_closes() {
    let close = frame::close(CloseCode::SlowConsumer, "slow");
    for sent in 0..8 {
        let (mut outbox, wire) = (Outbox::new(LIMIT), TestWire::open());
        wire.take(8 + sent);
        let frames = Bytes::from([id_frame(1), id_frame(2), id_frame(3)].concat());
        send(&mut outbox, &wire, &frames).unwrap();
        outbox.cut_off(&wire, &close, Instant::now());
        send(&mut outbox, &wire, &id_frame(4)).unwrap();
        wire.take(usize::MAX);
        assert!(outbox.drain(&wire, Instant::now()).unwrap());
        let mut expected = id_frame(1).to_vec();
        if sent > 0 {
            expected.extend(id_frame(2));
        }
        expected.extend(&close);
        assert_eq!(wire.written(), expected, "{sent} bytes of the second frame");
    }
}

#[test]
fn a_close_frame_is_sent_behind_the_queue_of_a_full_outbox() {
    let (mut outbox, wire) = (Outbox::new(80), TestWire::open());
    wire.take(0);
    send(&mut outbox, &wire, &id_frame(1)).unwrap();
    let close = frame::close(CloseCode::GoingAway, "bye");
    outbox.close(&wire, &close, Instant::now());
    wire.take(usize::MAX);
    assert!(outbox.drain(&wire, Instant::now()).unwrap());
    assert_eq!(wire.written(), [id_frame(1), close].concat());
}

#[test]
fn an_empty_outbox_is_not_slow() {
    let (mut outbox, wire) = (Outbox::new(LIMIT), TestWire::open());
    let start = Instant::now();
    wire.take(1);
    let frames = id_frame(1);
    outbox.send(&wire, &frames, &[0..8], start).unwrap();
    wire.take(usize::MAX);
    assert!(outbox.drain(&wire, start).unwrap());
    let late = start + Duration::from_hours(1);
    assert!(!outbox.is_too_slow(Duration::from_secs(1), late));
}

#[test]
fn a_broken_socket_empties_the_outbox() {
    let (mut outbox, wire) = (Outbox::new(LIMIT), TestWire::open());
    wire.take(0);
    send(&mut outbox, &wire, &id_frame(1)).unwrap();
    wire.break_it();
    assert!(outbox.drain(&wire, Instant::now()).is_err());
    assert!(outbox.is_empty());
    send(&mut outbox, &wire, &id_frame(2)).unwrap();
    assert!(outbox.is_empty(), "nothing is queued for a broken socket");
}

#[test]
fn what_a_wire_holds_goes_before_all_that_is_queued_later() {
    for capacity in 0..16 {
        let (mut outbox, wire) = (Outbox::new(LIMIT), TestWire::open());
        wire.hold();
        wire.take(capacity);
        let first = id_frame(1);
        send(&mut outbox, &wire, &first).unwrap();
        let is_held = capacity < first.len();
        assert_eq!(outbox.is_empty(), !is_held, "{capacity}");
        assert_eq!(outbox.progress.is_some(), is_held);
        assert_eq!(outbox.cost, 0, "the queue is empty");
        send(&mut outbox, &wire, &id_frame(2)).unwrap();
        // A byte at a time.
        let mut turns = 0;
        while !outbox.is_empty() {
            wire.take(1);
            let _ = outbox.drain(&wire, Instant::now()).unwrap();
            turns += 1;
            assert!(turns < 100);
        }
        assert_eq!(wire.written(), [id_frame(1), id_frame(2)].concat());
        assert!(outbox.progress.is_none());
    }
}

#[test]
fn a_slow_consumer_whose_wire_holds_gets_whole_frames_and_the_close() {
    let close = frame::close(CloseCode::SlowConsumer, "slow");
    let (mut outbox, wire) = (Outbox::new(LIMIT), TestWire::open());
    wire.hold();
    wire.take(3);
    send(&mut outbox, &wire, &id_frame(1)).unwrap();
    send(&mut outbox, &wire, &id_frame(2)).unwrap();
    outbox.cut_off(&wire, &close, Instant::now());
    wire.take(usize::MAX);
    assert!(outbox.drain(&wire, Instant::now()).unwrap());
    assert_eq!(wire.written(), [id_frame(1), close].concat());
}

#[test]
fn a_wire_that_holds_and_takes_nothing_is_too_slow() {
    const WINDOW: Duration = Duration::from_secs(2);
    let start = Instant::now();
    let (mut outbox, wire) = (Outbox::new(1_000_000), TestWire::open());
    wire.hold();
    wire.take(10);
    let frames = Bytes::from(vec![0; 100_000]);
    let whole = 0..frames.len();
    outbox.send(&wire, &frames, &[whole], start).unwrap();
    assert!(outbox.is_too_slow(WINDOW, start + WINDOW));
    // Bytes that it holds are not those that the socket has taken.
    wire.take(2 * 8 * 1024);
    assert!(!outbox.drain(&wire, start + WINDOW).unwrap());
    assert!(!outbox.is_too_slow(WINDOW, start + 2 * WINDOW));
    assert!(outbox.is_too_slow(WINDOW, start + 3 * WINDOW));
}
