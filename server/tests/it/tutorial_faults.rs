//! The faults of the tutorial's server, one test for each, and what our server does
//! instead. If another file tests it fully, the test here is short.
//!
//! A half of the first fault concerns clients: ours tolerate one trailing 0x0A. The
//! protocol crate tests that where clients decode:
//! `decode::tests::one_trailing_newline_is_tolerated_and_only_one` and
//! `a_packet_survives_the_wire` of its golden tests.

use std::cell::RefCell;
use std::io::{self, IoSlice};
use std::sync::{Arc, Barrier};
use std::thread;
use std::time::{Duration, Instant};

use guildhall_server::Config;
use guildhall_server::testing::{ConnectionId, Hub, Moment, NewMessage, UserId, Wire};
use guildhall_server::{AddError, SharedCollection};

use crate::bystanders::Bystanders;
use guildhall_testing::client::{Client, handshake};
use guildhall_testing::test_server::{TestServer, brisk};
use guildhall_testing::wire::{self, BINARY, Frame, PING};

#[test]
fn it_appends_a_newline_and_ours_sends_one_exact_packet() {
    let server = TestServer::open();
    let (mut one, mut two) = server.pair();
    // A newline that a user types belongs to the text and stays the only one.
    for text in ["hi", "hi\n"] {
        one.say(text);
        assert_eq!(two.frame(), Frame::whole(BINARY, wire::chat(1, text)));
    }
    // No byte is between the frames: the next byte is the next frame's.
    two.say("end");
    assert_eq!(one.frame(), Frame::whole(BINARY, wire::chat(2, "end")));
}

#[test]
fn it_trusts_the_clients_sender_and_ours_sets_it() {
    let server = TestServer::open();
    let (mut one, mut two) = server.pair();
    one.send_frame(BINARY, &wire::chat(2, "I am two"));
    two.expect_chat(1, "I am two");
}

#[test]
fn it_relays_any_packet_and_ours_only_chat() {
    // An ID, a packet of a later lesson, a packet without a body.
    for packet in [&wire::id(7)[..], &[0x22, 0x00], &[0x08, 0x07]] {
        let server = TestServer::open();
        let others = Bystanders::of(&server);
        let (mut culprit, _) = server.join();
        culprit.send_frame(BINARY, packet);
        culprit.expect_close(1008);
        others.undisturbed();
    }
}

#[test]
fn it_accepts_every_origin_and_ours_only_its_own() {
    let server = TestServer::open();
    let mut page = Client::dial(server.address());
    page.send(handshake("Origin: https://evil.example\r\n").as_bytes());
    assert_eq!(page.response().status, 403);
}

#[test]
fn it_accepts_any_size_and_ours_16_kib() {
    let server = TestServer::open();
    let (mut one, _) = server.join();
    one.try_send(&wire::masked(0x82, &wire::chat(0, &"x".repeat(17_000))));
    one.expect_close(1009);
}

#[test]
fn it_has_no_deadline_and_ours_closes_a_silent_socket() {
    let server = TestServer::open();
    let start = Instant::now();
    assert!(Client::dial(server.address()).ends_silently());
    assert!(start.elapsed() > Duration::from_secs(4));
}

#[test]
fn it_never_pings_and_ours_does() {
    let mut config = brisk();
    config.deadlines.ping_after = Duration::from_millis(50);
    let server = TestServer::with(config);
    let (mut one, _) = server.join();
    assert_eq!(one.frame(), Frame::whole(PING, []));
    assert!(Config::default().deadlines.ping_after <= Duration::from_secs(25));
}

#[test]
fn it_drops_packets_silently_above_256_and_ours_drops_none() {
    let server = TestServer::open();
    let (mut one, mut two) = server.pair();
    let (mut late, _) = server.join();
    // The late client reads nothing before all lines are said: ten times the queue.
    for n in 0..2_560 {
        let text = n.to_string();
        one.say(&text);
        two.expect_chat(1, &text);
    }
    for n in 0..2_560 {
        late.expect_chat(1, &n.to_string());
    }
    // If more lines wait than the limit, the client is told: see `slow_readers`.
}

/// Records the addresses of the bytes that are written.
#[derive(Debug, Default)]
struct Address(RefCell<Vec<*const u8>>);

impl Wire for Address {
    fn write(&self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        let mut written = self.0.borrow_mut();
        written.extend(slices.iter().map(|slice| slice.as_ptr()));
        Ok(slices.iter().map(|slice| slice.len()).sum())
    }

    fn hang_up(&self) {}
}

#[test]
fn it_encodes_once_per_recipient_and_ours_once() {
    let mut hub = Hub::default();
    let now = Instant::now();
    let connected: Vec<_> = (0..10)
        .map(|_| {
            let at = Moment::present();
            let connected = hub.connect_tutorial(Address::default(), 10_000, at);
            // Each client has an ID packet of its own.
            connected.0.wire().0.borrow_mut().clear();
            connected
        })
        .collect();
    let lobby = connected[0].1.as_ref().unwrap();
    let message = NewMessage::plain(UserId(1), "the same bytes for all", 1);
    hub.say(lobby, ConnectionId(1), &message);
    assert!(hub.has_pending());
    hub.fan_out(now);
    let written = |at: usize| connected[at].0.wire().0.borrow();
    let first = written(1).clone();
    assert_eq!(first.len(), 1, "one write of one slice");
    for at in 2..connected.len() {
        assert_eq!(*written(at), first, "the bytes were copied");
    }
    assert!(written(0).is_empty());
}

#[test]
fn its_length_races_and_ours_is_exact() {
    const THREADS: usize = 4;
    const EACH: usize = 2_000;
    let registry = Arc::new(SharedCollection::new());
    let start = Arc::new(Barrier::new(THREADS));
    let threads: Vec<_> = (0..THREADS)
        .map(|_| {
            let (registry, start) = (Arc::clone(&registry), Arc::clone(&start));
            thread::spawn(move || {
                start.wait();
                for n in 0..EACH {
                    let id = registry.add(n);
                    // At least this thread's own, at most all of them.
                    let length = registry.len();
                    assert!((1..=THREADS * EACH).contains(&length));
                    if n % 2 == 0 {
                        assert_eq!(registry.remove(id), Some(n));
                    }
                }
            })
        })
        .collect();
    for thread in threads {
        thread.join().expect("no race");
    }
    assert_eq!(registry.len(), THREADS * EACH / 2);
    let mut count = 0;
    registry.for_each(|_, _| count += 1);
    assert_eq!(count, registry.len());
}

#[test]
fn its_explicit_ids_collide_with_automatic_ones_and_ours_never() {
    const COUNT: u64 = 2_000;
    let registry = Arc::new(SharedCollection::new());
    let start = Arc::new(Barrier::new(2));
    let explicit = {
        let (registry, start) = (Arc::clone(&registry), Arc::clone(&start));
        thread::spawn(move || {
            start.wait();
            let ids = (1..=COUNT).map(|n| n * 2);
            let added: Vec<_> = ids
                .filter(|&id| match registry.add_at(id, ("explicit", id)) {
                    Ok(()) => true,
                    Err(error) => {
                        assert_eq!(error, AddError::Taken(id));
                        false
                    }
                })
                .collect();
            added
        })
    };
    start.wait();
    let automatic: Vec<_> = (0..COUNT).map(|n| registry.add(("automatic", n))).collect();
    let explicit = explicit.join().expect("no race");
    // Each is there as it was added: none was replaced.
    for (n, id) in (0..).zip(&automatic) {
        assert_eq!(registry.get(*id), Some(("automatic", n)));
    }
    for id in &explicit {
        assert_eq!(registry.get(*id), Some(("explicit", *id)));
    }
    assert_eq!(registry.len(), automatic.len() + explicit.len());
}

#[test]
fn it_leaks_on_disconnect_and_every_ending_of_ours_is_tested() {
    // `endings` tests all of them. `open_files` of the program's tests looks for leaks.
    let server = TestServer::open();
    let (mut one, _) = server.join();
    guildhall_testing::endings::end_in_every_way(server.address(), 1);
    let (mut two, _) = server.join();
    two.say("all well");
    assert_eq!(one.chat().1, "all well");
}
