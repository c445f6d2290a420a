//! A server that runs out of file descriptors.

use rustix::process::{Resource, Rlimit, getrlimit, prlimit};

use crate::program::Program;
use guildhall_testing::client::{Client, handshake};
use guildhall_testing::wire::eventually;

#[test]
fn clients_chat_on_and_newcomers_are_served_when_some_leave() {
    const SPARE: usize = 4;
    const NEWCOMERS: usize = 20;
    let mut program = Program::start(&[]);
    let (mut one, _) = program.join();
    let (mut two, _) = program.join();
    let limit = Rlimit {
        current: Some((program.open_files() + SPARE) as u64),
        maximum: getrlimit(Resource::Nofile).maximum,
    };
    prlimit(Some(program.pid()), Resource::Nofile, limit).expect("our own child's limit");

    // The kernel takes them all in, and the server some.
    let mut newcomers: Vec<_> = (0..NEWCOMERS)
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

    // They are served in the order in which they came, as others leave.
    for (newcomer, id) in newcomers.drain(..).zip(3..) {
        let mut newcomer = newcomer;
        newcomer.expect_upgrade();
        assert_eq!(newcomer.expect_id(), id);
    }
    let last = 2 + NEWCOMERS as u64;
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
        (1..=NEWCOMERS).contains(&complaints),
        "{complaints} complaints"
    );
}

#[test]
fn every_ending_gives_its_file_back() {
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
fn fewer_files_mean_fewer_clients_and_the_log_says_so() {
    let log = Program::start(&["--max-connections", "100000000"]).stop();
    let warning = log.iter().find(|line| line["level"] == "WARN");
    let warning = warning.expect("a warning");
    let allowed = warning["max_connections"].as_u64().unwrap();
    assert!(allowed < warning["max_files"].as_u64().unwrap());
    assert!(warning["message"].as_str().unwrap().contains("ulimit -n"));
}
