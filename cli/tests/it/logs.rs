//! The log: it has each connect and disconnect with its reason, and never a text of the
//! chat.

use rustix::process::Signal;
use serde_json::Value;

use crate::program::Program;
use guildhall_testing::wire::{self, BINARY, CLOSE, CONTINUATION, FIN, PING, TEXT};

/// The text that clients say in these tests and nowhere else.
const SECRET: &str = "xyzzyplughplover";

fn lines_of<'a>(log: &'a [Value], message: &str, client: u64) -> Vec<&'a Value> {
    log.iter()
        .filter(|line| line["message"] == message && line["client"] == client)
        .collect()
}

#[test]
fn the_log_has_one_line_for_a_connect_and_one_for_a_disconnect() {
    let mut program = Program::start(&[]);
    let mut addresses = Vec::new();
    let mut join = || {
        let (client, _) = program.join();
        addresses.push(client.address());
        client
    };
    let [mut one, mut two, mut three, four, mut five] = std::array::from_fn(|_| join());
    one.send_frame(CLOSE, &1000_u16.to_be_bytes());
    one.read_to_close();
    two.send_frame(TEXT, b"hello");
    two.read_to_close();
    three.send_frame(CLOSE, b"");
    three.read_to_close();
    four.reset();
    drop((one, two, three));
    // All but the fifth have disconnected before the shutdown, which would otherwise be
    // their reason.
    for _ in 0..4 {
        program.wait_for("client disconnected");
    }
    program.signal(Signal::TERM);
    five.read_to_close();
    drop(five);
    let (status, log) = program.end();
    assert!(status.success());

    let reasons = [
        "left with 1000",
        "closed with 1003",
        "left",
        "lost",
        "closed with 1001",
    ];
    for ((id, address), reason) in (1..).zip(addresses).zip(reasons) {
        let address = address.to_string();
        let connected = lines_of(&log, "client connected", id);
        let disconnected = lines_of(&log, "client disconnected", id);
        assert_eq!(
            (connected.len(), disconnected.len()),
            (1, 1),
            "client {id}: {log:?}"
        );
        assert_eq!(connected[0]["address"], address);
        assert_eq!(disconnected[0]["address"], address);
        let found = disconnected[0]["reason"].as_str().expect("a reason");
        assert!(found.starts_with(reason), "client {id}: {found}");
        assert_eq!(
            (&connected[0]["level"], &disconnected[0]["level"]),
            (&"INFO".into(), &"INFO".into())
        );
    }
    assert_eq!(
        log.iter().filter(|line| line["client"].is_u64()).count(),
        10,
        "two lines for each: {log:?}"
    );
}

#[test]
fn log_lines_are_objects_with_time_and_level() {
    let program = Program::start(&[]);
    drop(program.join());
    // Reading a line checks that it is JSON.
    let log = program.stop();
    assert!(log.len() >= 5, "{log:?}");
    for line in log {
        assert!(line["timestamp"].is_string(), "{line}");
        assert!(line["level"].is_string(), "{line}");
        assert!(line["message"].is_string(), "{line}");
    }
}

#[test]
fn the_log_has_no_text_of_the_chat_at_any_level() {
    let program = Program::start(&["--log", "trace"]);
    let (mut one, _) = program.join();
    let (mut two, _) = program.join();
    one.say(SECRET);
    two.expect_chat(1, SECRET);
    let packet = wire::chat(0, SECRET);
    one.send(&wire::masked(BINARY, &packet[..7]));
    one.send(&wire::masked(FIN | CONTINUATION, &packet[7..]));
    two.expect_chat(1, SECRET);
    one.send_frame(PING, SECRET.as_bytes());
    assert_eq!(one.frame().payload, SECRET.as_bytes());
    // Nor a text in a message that the server does not accept.
    let bad = [&packet[..], &[0xff]].concat();
    let text = SECRET.as_bytes();
    let reason = [&1000_u16.to_be_bytes()[..], text].concat();
    for frame in [
        wire::masked(FIN | BINARY, text),
        wire::masked(FIN | BINARY, &bad),
        wire::masked(FIN | BINARY, &[&packet[..], &packet[..]].concat()),
        wire::masked(FIN | TEXT, text),
        wire::masked(FIN | TEXT, &[text, &[0xff]].concat()),
        wire::masked(FIN | CLOSE, &reason),
        wire::unmasked(FIN | BINARY, &packet),
        SECRET.repeat(20).into_bytes(),
    ] {
        let (mut culprit, _) = program.join();
        culprit.try_send(&frame);
        let (code, _) = culprit.read_to_close();
        assert!(code.is_some());
    }
    drop((one, two));
    let log = program.stop();
    assert_eq!(lines_of(&log, "client disconnected", 1).len(), 1);

    let numbers: Vec<_> = SECRET.bytes().map(|byte| byte.to_string()).collect();
    let hex: Vec<_> = SECRET.bytes().map(|byte| format!("{byte:02x}")).collect();
    for line in log {
        let line = line.to_string();
        for form in [
            SECRET[3..].to_owned(),
            numbers[3..].join(", "),
            hex[3..].join(""),
            hex[3..].join(", "),
        ] {
            assert!(!line.contains(&form), "{line}");
        }
    }
}
