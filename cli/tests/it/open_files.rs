//! A server that runs out of file descriptors.

use rustix::process::{Resource, Rlimit, getrlimit, prlimit};

use crate::program::{Program, command, printed};
use guildhall_testing::client::{Client, handshake};
use guildhall_testing::wire::eventually;

#[test]
fn connected_clients_can_chat_and_waiting_ones_get_the_files_of_others() {
    const SPARE: usize = 4;
    const WAITING: usize = 20;
    let mut program = Program::start(&[]);
    let (mut one, _) = program.join();
    let (mut two, _) = program.join();
    let limit = Rlimit {
        current: Some((program.open_files() + SPARE) as u64),
        maximum: getrlimit(Resource::Nofile).maximum,
    };
    prlimit(Some(program.pid()), Resource::Nofile, limit).expect("our own child's limit");

    // The kernel accepts all of them, and the server only some.
    let mut waiting: Vec<_> = (0..WAITING)
        .map(|_| {
            let mut client = Client::dial(program.address());
            client.send(handshake("").as_bytes());
            client
        })
        .collect();
    program.wait_for("cannot accept connections, will keep trying");
    for n in 0..10 {
        let text = format!("line {n}");
        one.say(&text);
        two.expect_chat(1, &text);
        two.say(&text);
        one.expect_chat(2, &text);
    }

    // The server serves them in the order in which they connected, as others leave.
    for (client, id) in waiting.drain(..).zip(3..) {
        let mut client = client;
        client.expect_upgrade();
        assert_eq!(client.expect_id(), id);
    }
    let last = 2 + WAITING as u64;
    one.say("room again");
    two.expect_chat(1, "room again");
    let (mut three, id) = program.join();
    assert_eq!(id, last + 1);
    three.say("I am new");
    one.expect_chat(id, "I am new");

    drop((one, two, three));
    let log = program.stop();
    let complaints = log.iter().filter(|line| line["level"] == "ERROR").count();
    assert!(
        (1..=WAITING).contains(&complaints),
        "{complaints} complaints"
    );
}

#[test]
fn every_ending_closes_its_file() {
    let program = Program::start(&[]);
    let (mut one, _) = program.join();
    let before = program.open_files();
    guildhall_testing::endings::end_in_every_way(program.address(), 10);
    eventually("as many files as before", || {
        (program.open_files() == before).then_some(())
    });
    let (mut two, _) = program.join();
    two.say("still open");
    let (_, text) = one.chat();
    assert_eq!(text, "still open");
}

#[test]
fn a_low_limit_of_files_lowers_the_limit_of_clients_with_a_warning() {
    let log = Program::start(&["--max-connections", "100000000"]).stop();
    let warning = log.iter().find(|line| line["level"] == "WARN");
    let warning = warning.expect("a warning");
    let allowed = warning["max_connections"].as_u64().unwrap();
    assert!(allowed < warning["max_files"].as_u64().unwrap());
    assert!(warning["message"].as_str().unwrap().contains("ulimit -n"));
}

#[test]
fn a_check_warns_of_a_low_limit_of_files_as_a_start_does() {
    let check = |most: &str| printed(command(&["check", "--", "--max-connections", most]));
    let warning = "Warning: the limit of open files (";
    assert!(check("100000000").contains(warning));
    assert!(!check("1").contains(warning));
}
