//! The floor relays every message: a ratio to a relay that loses messages would
//! mean nothing.

#![allow(
    clippy::unwrap_used,
    reason = "all of this is tests, also what clippy takes for plain functions"
)]

use std::net::TcpListener;
use std::os::unix::net::UnixStream;
use std::thread;
use std::time::Duration;

use guildhall_benches::floor::{self, Sends};
use guildhall_cli::bench::{Clients, Pace, Plan, ServerUrl, run};

#[track_caller]
fn check(sends: Sends, speakers: usize, pace: Pace, bytes: usize) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let target = ServerUrl::at(listener.local_addr().unwrap());
    let (stop, stopped) = UnixStream::pair().unwrap();
    let server = thread::spawn(move || floor::run(&listener, sends, None, stopped));

    let mut clients = Clients::tutorial().unwrap();
    clients.connect(&target, 10, |_| {}).unwrap();
    let plan = Plan {
        receivers: 10,
        speakers,
        pace,
        bytes,
        time: Duration::from_millis(300),
        patience: Duration::from_mins(1),
    };
    let outcome = run(&mut clients, &plan, |_, _| {}).unwrap();
    assert!(outcome.faults.are_none(), "{:?}", outcome.faults);
    assert!(outcome.messages > 0);
    assert_eq!(outcome.deliveries, outcome.messages * 9);
    assert_eq!(outcome.latency.len(), outcome.deliveries);

    drop(stop);
    server.join().unwrap().unwrap();
}

#[test]
fn every_message_reaches_all_others_once_and_in_order() {
    check(Sends::Single, 1, Pace::InFlight(1), 32);
    check(Sends::Single, 3, Pace::InFlight(16), 200);
    check(Sends::Single, 10, Pace::Rate(500.0), 5_000);
}

#[test]
fn joined_sends_reach_all_others_once_and_in_order() {
    check(Sends::Joined, 1, Pace::InFlight(1), 32);
    check(Sends::Joined, 10, Pace::InFlight(16), 200);
    check(Sends::Joined, 10, Pace::Rate(500.0), 5_000);
}
