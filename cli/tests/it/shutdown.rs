//! SIGTERM, SIGQUIT and Ctrl-C: all clients get the accepted messages and a goodbye, and the
//! process ends in time. Other signals end nobody.

use std::net::SocketAddr;
use std::process::Stdio;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use crate::data_folder::Folder;
use crate::program::{Program, command, free_address};
use guildhall_testing::api_client::{bearer, request, text};
use guildhall_testing::client::{Client, handshake};
use guildhall_testing::metrics::Metrics;
use guildhall_testing::test_server::API_KEY;
use guildhall_testing::wire::eventually;

/// The server promises to end within this time.
const WITHIN: Duration = Duration::from_secs(5);

/// The server with an API, and the address of the API.
fn start_with_api(arguments: &[&str]) -> (Program, SocketAddr) {
    let api = free_address();
    let (listen, key) = (
        format!("--api-listen={api}"),
        format!("--api-key={API_KEY}"),
    );
    let program = Program::start(&[arguments, &[&listen, &key]].concat());
    (program, api)
}

/// Waits until the program ends, and checks that it does in time and with exit code 0.
#[track_caller]
fn check_ends(program: Program, signalled: Instant) {
    let (status, log) = program.end();
    let took = signalled.elapsed();
    assert_eq!(status.code(), Some(0), "{log:?}");
    assert!(took < WITHIN, "{took:?}: {log:#?}");
    let last = log.last().expect("a log");
    assert_eq!(last["message"], "stopped");
}

#[test]
fn without_clients_the_server_ends_at_once() {
    for signal in [Signal::TERM, Signal::INT] {
        let program = Program::start(&[]);
        let signalled = Instant::now();
        program.signal(signal);
        check_ends(program, signalled);
    }
}

#[test]
fn clients_get_1001_with_a_reason() {
    for signal in [Signal::TERM, Signal::INT] {
        let program = Program::start(&[]);
        let (mut one, _) = program.join();
        let (mut two, _) = program.join();
        let signalled = Instant::now();
        program.signal(signal);
        for client in [&mut one, &mut two] {
            let (code, reason) = client.read_to_close();
            assert_eq!(code, Some(1001));
            assert!(reason.contains("shutting down"), "{reason}");
        }
        drop((one, two));
        check_ends(program, signalled);
    }
}

#[test]
fn a_signal_that_means_nothing_here_ends_nobody() {
    let mut program = Program::start(&[]);
    let (mut one, _) = program.join();
    let (mut two, _) = program.join();
    for (signal, message) in [
        (Signal::HUP, "SIGHUP: no setting has changed"),
        (Signal::USR1, "SIGUSR1 has no meaning here"),
    ] {
        for round in ["first", "second"] {
            program.signal(signal);
            assert_eq!(program.wait_for(message)["level"], "INFO", "{round}");
            one.say(round);
            two.expect_chat(1, round);
        }
    }
    let signalled = Instant::now();
    program.signal(Signal::QUIT);
    for client in [&mut one, &mut two] {
        client.expect_close(1001);
    }
    drop((one, two));
    check_ends(program, signalled);
}

#[test]
fn every_thread_says_goodbye() {
    let program = Program::start(&["--threads", "3"]);
    let mut clients: Vec<_> = (0..9).map(|_| program.join().0).collect();
    clients[0].say("hello");
    for client in &mut clients[1..] {
        client.expect_chat(1, "hello");
    }
    let signalled = Instant::now();
    program.signal(Signal::TERM);
    for client in &mut clients {
        client.expect_close(1001);
    }
    drop(clients);
    check_ends(program, signalled);
}

#[test]
fn accepted_messages_are_delivered_first() {
    const LINES: usize = 40;
    let program = Program::start(&[]);
    let (mut one, _) = program.join();
    let (mut two, _) = program.join();
    // Reads nothing before the signal: most lines wait in the server.
    let (mut late, _) = Client::dial_narrow(program.address()).joined();
    let line = |n| format!("{n} {}", "x".repeat(16_000));
    for n in 0..LINES {
        one.say(&line(n));
        // The line has arrived, so the server has accepted it.
        two.expect_chat(1, &line(n));
    }
    let signalled = Instant::now();
    program.signal(Signal::TERM);
    two.expect_close(1001);
    for n in 0..LINES {
        late.expect_chat(1, &line(n));
    }
    late.expect_close(1001);
    drop((one, two, late));
    check_ends(program, signalled);
}

#[test]
fn new_clients_are_refused_while_an_old_one_stays() {
    let (program, api) = start_with_api(&[]);
    let (mut holder, _) = program.join();
    let mut idle = Client::dial(program.address());
    assert_eq!(idle.get("/healthz", "").status, 200);
    let mut late = Client::dial(api);
    let body = r#"{"text": "too late"}"#;
    let mut half = text("POST", "/announcements", &bearer(API_KEY), body).into_bytes();
    let rest = half.split_off(half.len() - body.len());
    late.send(&half);
    let signalled = Instant::now();
    program.signal(Signal::TERM);
    // This client reads the close and does not answer.
    let frame = holder.frame();
    assert_eq!(frame.payload[..2], 1001_u16.to_be_bytes());
    for address in program.addresses() {
        let health = Client::dial(*address).get("/healthz", "");
        assert_eq!((health.status, health.text()), (503, "shutting down\n"));
        let ready = Client::dial(*address).get("/readyz", "");
        let stopping = "{\"status\":\"stopping\",\"checks\":[]}\n";
        assert_eq!((ready.status, ready.text()), (503, stopping));
        // Nobody has to kill it.
        assert_eq!(Client::dial(*address).get("/livez", "").status, 200);
        let mut client = Client::dial(*address);
        client.send(handshake("").as_bytes());
        let response = client.response();
        assert_eq!((response.status, response.text()), (503, "shutting down\n"));
        assert_eq!(response.header("retry-after"), Some("10"));
    }
    let metrics = Metrics::read(api, &bearer(API_KEY));
    let refused = "guildhall_handshakes_refused_total{reason=\"stopping\"}";
    assert_eq!(metrics.count(refused), program.addresses().len() as u64);
    assert_eq!(metrics.count("guildhall_stopping"), 1);
    for (method, path, body) in [("GET", "/rooms", ""), ("POST", "/announcements", body)] {
        let answer = request(api, method, path, &bearer(API_KEY), body);
        answer.expect_problem(503, "unavailable");
        assert_eq!(answer.header("retry-after"), Some("2"));
    }
    for (path, status) in [("/livez", 200), ("/readyz", 503), ("/healthz", 503)] {
        assert_eq!(Client::dial(api).get(path, "").status, status, "{path}");
    }
    // It has begun before the signal.
    late.send(&rest);
    assert_eq!(late.response().status, 503);
    // Also on a connection from before the signal.
    assert_eq!(idle.get("/healthz", "").status, 503);
    // Only clients keep the server from ending.
    drop(holder);
    check_ends(program, signalled);
    drop(idle);
}

#[test]
fn whoever_asks_is_answered_whichever_thread_has_the_last_client() {
    for stays in 0..3 {
        let (program, api) = start_with_api(&["--threads=3"]);
        let mut clients: Vec<_> = (0..3).map(|_| program.join().0).collect();
        let holder = clients.remove(stays);
        let signalled = Instant::now();
        program.signal(Signal::TERM);
        for mut client in clients {
            client.expect_close(1001);
        }
        let left = Instant::now();
        while left.elapsed() < Duration::from_millis(500) {
            assert_eq!(Client::dial(api).get("/livez", "").status, 200);
            let mut client = Client::dial(program.address());
            client.send(handshake("").as_bytes());
            assert_eq!(client.response().status, 503);
        }
        drop(holder);
        check_ends(program, signalled);
    }
}

#[test]
fn a_client_that_neither_reads_nor_leaves_is_cut_off() {
    let program = Program::start(&[]);
    let (mut one, _) = program.join();
    let (mut two, _) = program.join();
    let mut stuck = Client::dial_narrow(program.address()).joined().0;
    let line = "x".repeat(16_000);
    for _ in 0..40 {
        one.say(&line);
        two.expect_chat(1, &line);
    }
    let signalled = Instant::now();
    program.signal(Signal::TERM);
    two.expect_close(1001);
    check_ends(program, signalled);
    // The client has kept its socket until now, and its connection is broken as well.
    eventually("a broken connection", || {
        (!stuck.try_send(b"x")).then_some(())
    });
}

#[test]
fn a_client_that_never_stops_speaking_does_not_delay_the_end() {
    let program = Program::start(&[]);
    let (one, _) = program.join();
    let mut writer = one.writer();
    let speaking = std::thread::spawn(move || {
        let frame = guildhall_testing::wire::masked(
            0x82,
            &guildhall_testing::wire::chat(0, &"x".repeat(1000)),
        );
        while writer.try_send(&frame) {}
    });
    let signalled = Instant::now();
    program.signal(Signal::TERM);
    check_ends(program, signalled);
    speaking
        .join()
        .expect("the speaker's connection breaks at the end");
    drop(one);
}

#[test]
fn the_port_is_free_again_at_once() {
    let program = Program::start(&[]);
    let address = program.address();
    let (client, _) = program.join();
    let (status, _) = program.end_by(Signal::TERM);
    assert!(status.success());
    // The old connections' ports are still in TIME_WAIT here.
    let port = address.port().to_string();
    let again = Program::start(&["--port", &port]);
    assert_eq!(again.address(), address);
    assert_eq!(again.join().1, 1);
    drop(client);
}

#[test]
fn a_server_that_waits_for_its_folder_ends_at_once() {
    let folder = Folder::empty();
    let data = format!("--data={}", folder.path());
    let first = Program::start(&[&data]);
    for signal in [Signal::TERM, Signal::INT] {
        let mut next = command(&["--port=0", &data, "--data-wait=600"]);
        let mut next = next.stderr(Stdio::null()).spawn().unwrap();
        let pid = Pid::from_child(&next);
        eventually("it takes signals", || {
            let status = std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
            let caught = status.lines().find_map(|it| it.strip_prefix("SigCgt:"))?;
            let caught = u64::from_str_radix(caught.trim(), 16).unwrap();
            (caught & 1 << (signal.as_raw() - 1) != 0).then_some(())
        });
        kill_process(pid, signal).unwrap();
        let ended = eventually("it ends", || next.try_wait().unwrap());
        assert_eq!(ended.code(), Some(0), "{signal:?}");
    }
    first.stop();
}
