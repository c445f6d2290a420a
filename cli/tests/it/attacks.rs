//! `guildhall bench --attack` against the real server. What an attack costs is not
//! judged here: only that it is carried out, and that the server is there afterwards.

use guildhall_cli::bench::{Attack, Trial};
use serde_json::Value;

use crate::program::{Program, command, run};

/// Attacks with fragments, and with bytes that are not a WebSocket's.
const FRAMES: [Attack; 4] = [
    Attack::EmptyFragments,
    Attack::TinyFragments,
    Attack::Pings,
    Attack::AfterError,
];

/// Attacks with requests that the server answers.
const REQUESTS: [Attack; 8] = [
    Attack::BadHello,
    Attack::History,
    Attack::Nested,
    Attack::ListRooms,
    Attack::ListMembers,
    Attack::Rename,
    Attack::JoinLeave,
    Attack::EmptySay,
];

/// Attacks with long texts.
const TEXTS: [Attack; 3] = [Attack::Say, Attack::SayAmong, Attack::Whisper];

/// Attacks with HTTP, and with many connections.
const CONNECTIONS: [Attack; 6] = [
    Attack::Page,
    Attack::SessionChurn,
    Attack::Resume,
    Attack::TcpChurn,
    Attack::HttpChurn,
    Attack::HandshakeChurn,
];

/// Attackers that hold something, or that go.
const HOLDING: [Attack; 5] = [
    Attack::NeverRead,
    Attack::SlowRead,
    Attack::NoHello,
    Attack::Rooms,
    Attack::Gone,
];

/// A run of the load tool with these attacks by one attacker each, while a few honest
/// clients speak for a moment. Returns what it prints.
#[track_caller]
fn attack(program: &Program, attacks: &[Attack], more: &[&str]) -> Vec<u8> {
    let url = format!("ws://{}/ws", program.address());
    let names: Vec<_> = attacks.iter().map(Attack::to_string).collect();
    let names = names.join(",");
    let attack = ["bench", &url, "--attack", &names, "--attackers", "1"];
    let honest = ["--v1", "--rooms", "2", "--clients", "4", "--speakers", "4"];
    let pace = ["--rate", "50", "--seconds", "0.2"];
    let output = run(command(&[&attack, &honest[..], &pace, more].concat()));
    let words = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{words}");
    output.stdout
}

/// Checks that each attack is carried out and reported, and that the server still
/// answers then. Returns the trials.
#[track_caller]
fn check(attacks: &[Attack]) -> Vec<Value> {
    let program = Program::start(&[]);
    // A run each: a server may need a while for what an attack has left behind.
    let trials = attacks.iter().map(|&name| {
        let report = attack(&program, &[name], &["--json"]);
        let mut report: Value = serde_json::from_slice(&report).expect("one JSON object");
        assert_eq!(report["trials"].as_array().unwrap().len(), 1, "{report}");
        let trial = report["trials"][0].take();
        assert_eq!(trial["attack"], name.to_string());
        assert_eq!(trial["attackers"], 1, "{trial}");
        assert!(count(&trial, "connections") > 0, "{trial}");
        for phase in ["before", "during", "after"] {
            let phase = &trial[phase];
            assert_eq!(phase["chat"]["messages"], 10, "{trial}");
            // Found by the port that the server listens on.
            assert!(phase["memory"].as_u64().unwrap() > 0, "{trial}");
        }
        assert!(trial["newcomer"]["ms"].is_number(), "{trial}");
        trial
    });
    let trials = trials.collect();
    program.join();
    program.stop();
    trials
}

/// A number of what was sent.
#[track_caller]
fn count(trial: &Value, name: &str) -> u64 {
    trial["sent"][name].as_u64().unwrap()
}

#[test]
fn every_attack_is_tried_here() {
    let groups = [&FRAMES[..], &REQUESTS, &TEXTS, &CONNECTIONS, &HOLDING];
    let tried = groups.concat();
    for attack in Attack::All.each() {
        assert!(tried.contains(&attack), "{attack}");
    }
}

#[test]
fn fragments_and_raw_bytes_are_sent() {
    for trial in check(&FRAMES) {
        assert!(count(&trial, "bytes") > 0, "{trial}");
    }
}

#[test]
fn requests_are_sent_and_answered() {
    for trial in check(&REQUESTS) {
        assert!(count(&trial, "requests") > 0, "{trial}");
        assert!(count(&trial, "received") > 0, "{trial}");
    }
}

#[test]
fn long_texts_are_sent() {
    for trial in check(&TEXTS) {
        assert!(count(&trial, "requests") > 0, "{trial}");
    }
}

#[test]
fn connections_come_and_go() {
    check(&CONNECTIONS);
}

#[test]
fn attackers_that_hold_something_do_not_hold_up_the_report() {
    check(&HOLDING);
}

#[test]
fn several_attacks_are_a_table_and_one_is_a_text() {
    let program = Program::start(&[]);
    let table = attack(&program, &[Attack::NoHello, Attack::TcpChurn], &[]);
    let table = String::from_utf8(table).unwrap();
    let lines: Vec<_> = table.lines().collect();
    assert_eq!(lines.len(), 4, "{table}");
    let columns = lines.iter().map(|line| line.matches('|').count());
    assert_eq!(columns.collect::<std::collections::BTreeSet<_>>().len(), 1);
    assert!(lines[2].starts_with("| no-hello, 1 |"), "{table}");
    assert!(lines[3].starts_with("| tcp-churn, 1 |"), "{table}");

    let text = attack(&program, &[Attack::NoHello], &[]);
    let text = String::from_utf8(text).unwrap();
    assert!(text.starts_with("attack      no-hello"), "{text}");
    assert!(text.contains("\nduring      p50 "), "{text}");
}

#[test]
fn the_documented_table_has_the_columns_that_are_printed() {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/performance.md");
    let text = std::fs::read_to_string(file).unwrap();
    assert!(text.contains(Trial::TABLE_HEAD), "{}", Trial::TABLE_HEAD);
}
