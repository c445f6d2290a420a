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
