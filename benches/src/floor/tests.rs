use super::*;
use guildhall_cli::bench::{self, Clients, Faults, Pace, Plan, STAMP_BYTES, ServerUrl};
use std::os::unix::net::UnixStream;
use std::thread;

#[test]
fn the_floor_relays_both_protocols_once_and_in_order() {
    let tutorial = || Clients::tutorial().unwrap();
    let v1 = || Clients::v1(vec!["lobby".into()]).unwrap();
    for (mut clients, sends) in [
        (tutorial(), Sends::Single),
        (tutorial(), Sends::Joined),
        (v1(), Sends::Single),
        (v1(), Sends::Joined),
    ] {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let target = ServerUrl::at(listener.local_addr().unwrap());
        let (stop, stopped) = UnixStream::pair().unwrap();
        let floor = thread::spawn(move || run(&listener, sends, None, stopped));
        clients.connect(&target, 5, |_| {}).unwrap();
        let plan = Plan {
            receivers: 5,
            speakers: 3,
            pace: Pace::InFlight(4),
            bytes: STAMP_BYTES,
            time: Duration::from_millis(50),
            patience: Duration::from_mins(1),
        };
        let outcome = bench::run(&mut clients, &plan, |_, _| {}).unwrap();
        assert!(outcome.messages >= 12);
        assert_eq!(outcome.deliveries, outcome.messages * 4);
        assert_eq!(outcome.faults, Faults::default());
        drop(stop);
        floor.join().unwrap().unwrap();
    }
}

#[test]
fn what_is_sent_is_in_the_file_first() {
    let name = format!("guildhall-floor-{}", std::process::id());
    let path = std::env::temp_dir().join(name);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let target = ServerUrl::at(listener.local_addr().unwrap());
    let (stop, stopped) = UnixStream::pair().unwrap();
    let file = File::create(&path).unwrap();
    let floor = thread::spawn(move || run(&listener, Sends::Joined, Some(file), stopped));
    let mut clients = Clients::v1(vec!["lobby".into()]).unwrap();
    clients.connect(&target, 2, |_| {}).unwrap();
    let plan = Plan {
        receivers: 2,
        speakers: 1,
        pace: Pace::InFlight(1),
        bytes: STAMP_BYTES,
        time: Duration::from_millis(50),
        patience: Duration::from_mins(1),
    };
    let outcome = bench::run(&mut clients, &plan, |_, _| {}).unwrap();
    let lines = frame::lines(&std::fs::read(&path).unwrap());
    assert_eq!(lines.len() as u64, outcome.messages);
    drop(stop);
    floor.join().unwrap().unwrap();
    std::fs::remove_file(path).unwrap();
}

#[test]
fn a_masked_frame_is_read_when_it_is_whole() {
    let frame = [0x82, 0x83, 1, 2, 3, 4, b'a' ^ 1, b'b' ^ 2, b'c' ^ 3, 0x82];
    for length in 0..9 {
        let mut beginning = frame[..length].to_vec();
        assert_eq!(unmask(&mut beginning), None);
    }
    let mut frame = frame;
    assert_eq!(unmask(&mut frame), Some((&b"abc"[..], 9)));
}
