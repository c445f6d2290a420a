//! `guildhall bench` against the real server, and its errors.

use std::net::TcpListener;
use std::process::Output;

use serde_json::Value;

use crate::program::{Program, command, run};

fn bench(url: &str, flags: &[&str]) -> Output {
    let arguments = [&["bench", url], flags].concat();
    run(command(&arguments))
}

/// Runs the load tool, checks that there is no fault, and returns the report.
#[track_caller]
fn clean(program: &Program, flags: &[&str]) -> Value {
    let url = format!("ws://{}/ws", program.address());
    let pid = program.pid().to_string();
    let output = bench(&url, &[flags, &["--json", "--pid", &pid]].concat());
    let words = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{words}");
    let report: Value = serde_json::from_slice(&output.stdout).expect("one JSON object");
    for fault in ["lost", "duplicated", "reordered", "misdirected"] {
        if !report["chat"].is_null() {
            assert_eq!(report["chat"]["faults"][fault], 0, "{report}");
        }
    }
    report
}

#[test]
fn a_closed_loop_delivers_every_message() {
    let program = Program::start(&[]);
    let report = clean(
        &program,
        &["--clients", "20", "--seconds", "1", "--in-flight", "4"],
    );
    let chat = &report["chat"];
    let messages = chat["messages"].as_u64().unwrap();
    assert!(messages >= 4 && messages.is_multiple_of(4), "{report}");
    assert_eq!(chat["deliveries"], messages * 19);
    let quantiles = ["p50", "p99", "p999", "max"];
    let latency = quantiles.map(|name| chat["latency_ms"][name].as_f64().unwrap());
    assert!(latency[0] > 0.0 && latency.is_sorted(), "{report}");
    assert!(report["server"]["cpu_us_per_delivery"].as_f64().unwrap() > 0.0);
    assert!(report["own_cpu_us_per_delivery"].as_f64().unwrap() > 0.0);
}

#[test]
fn an_open_loop_sends_every_message_that_is_due() {
    let program = Program::start(&[]);
    let flags = [
        "--clients",
        "20",
        "--speakers",
        "5",
        "--rate",
        "100",
        "--seconds",
        "1",
        "--bytes",
        "2000",
    ];
    let report = clean(&program, &flags);
    assert_eq!(report["chat"]["messages"], 100);
    assert_eq!(report["chat"]["deliveries"], 1_900);
}

#[test]
fn clients_of_v1_check_acknowledgements_and_numbers() {
    let program = Program::start(&[]);
    let flags = ["--v1", "--clients", "20", "--speakers", "4"];
    let pace = ["--seconds", "1", "--in-flight", "4"];
    let report = clean(&program, &[&flags[..], &pace].concat());
    let chat = &report["chat"];
    for fault in ["unacknowledged", "misnumbered", "refused"] {
        assert_eq!(chat["faults"][fault], 0, "{report}");
    }
    let messages = chat["messages"].as_u64().unwrap();
    assert!(messages >= 16, "{report}");
    assert_eq!(chat["deliveries"], messages * 19);
}

#[test]
fn clients_are_spread_over_rooms() {
    let program = Program::start(&[]);
    let flags = [
        "--v1",
        "--clients",
        "20",
        "--speakers",
        "10",
        "--rooms",
        "5",
    ];
    let pace = ["--seconds", "1", "--rate", "100"];
    let report = clean(&program, &[&flags[..], &pace].concat());
    // Four clients are in each room.
    assert_eq!(report["chat"]["messages"], 100);
    assert_eq!(report["chat"]["deliveries"], 300);
}

#[test]
fn a_message_that_the_server_refuses_is_a_fault() {
    let program = Program::start(&[]);
    let url = format!("ws://{}/ws", program.address());
    let flags = ["--v1", "--clients", "2", "--bytes", "5000", "--json"];
    let output = bench(
        &url,
        &[&flags[..], &["--seconds", "0.1", "--rate", "10"]].concat(),
    );
    assert_eq!(output.status.code(), Some(1));
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    let faults = &report["chat"]["faults"];
    let expected = [("refused", 1), ("unacknowledged", 1), ("lost", 1)];
    for (fault, count) in expected {
        assert_eq!(faults[fault], count, "{report}");
    }
}

#[test]
fn a_run_with_idle_clients_reports_memory_and_no_chat() {
    let program = Program::start(&[]);
    let report = clean(&program, &["--clients", "50", "--seconds", "0"]);
    assert!(report["chat"].is_null(), "{report}");
    assert!(report["server"]["resident_after"].as_u64().unwrap() > 0);
}

#[test]
fn the_report_is_readable_text() {
    let program = Program::start(&[]);
    let url = format!("ws://{}/ws", program.address());
    let output = bench(&url, &["--clients", "3", "--seconds", "0.2"]);
    assert!(output.status.success(), "{output:?}");
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.contains("clients     3, 1 speaking"), "{text}");
    assert!(text.contains("0 lost, 0 duplicated, 0 reordered"), "{text}");
    assert!(text.contains("p99.9"), "{text}");
}

#[track_caller]
fn check_error(url: &str, flags: &[&str], expected: &str) {
    let output = bench(url, flags);
    assert!(!output.status.success());
    let words = String::from_utf8(output.stderr.clone()).unwrap();
    assert_eq!(words.lines().count(), 1, "{words}");
    assert!(words.contains(expected), "{words}");
    assert!(output.stdout.is_empty(), "{output:?}");
}

#[test]
fn an_error_is_one_line() {
    let free = TcpListener::bind("127.0.0.1:0").unwrap();
    let no_server = format!("ws://{}/ws", free.local_addr().unwrap());
    drop(free);
    check_error(&no_server, &[], "nothing listens there");
    check_error("ws://192.0.2.1/ws", &[], "--yes-really");
    let attack = ["--attack", "say", "--yes-really"];
    check_error("ws://192.0.2.1/ws", &attack, "--attack-other-hosts");
    check_error(&no_server, &["--attack", "say"], "nothing listens there");
    check_error("http://localhost/ws", &[], "ws://localhost:8080/ws");
    check_error(
        &no_server,
        &["--clients", "3", "--speakers", "4"],
        "--speakers 4",
    );
    check_error(&no_server, &["--clients", "4000000"], "ulimit -n");
    check_error(
        &no_server,
        &["--pid", "4000000000"],
        "no process 4000000000",
    );

    let program = Program::start(&["--max-connections-per-address", "5"]);
    let url = format!("ws://{}/ws", program.address());
    check_error(
        &url,
        &["--clients", "6"],
        "client 6: the server answered 429",
    );
    check_error(&url, &["--clients", "6"], "--max-connections-per-address");
    let elsewhere = format!("ws://{}/nowhere", program.address());
    check_error(&elsewhere, &[], "client 1: the server answered 404");
}
