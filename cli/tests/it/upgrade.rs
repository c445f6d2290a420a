//! Upgrades that nobody notices: the server becomes another program, or the next one gets its
//! sockets, while clients talk. Nobody is refused, each client connects once more, and no line is
//! missing.

mod changes;
mod talker;

use std::net::SocketAddr;
use std::process::Command;
use std::time::{Duration, Instant};

use command_fds::{CommandFdExt as _, FdMapping};
use guildhall_testing::client::Client;
use guildhall_testing::v1_client::{V1Client, hello};
use rustix::process::Signal;

use crate::data_folder::Folder;
use crate::program::{Program, command};
use crate::socket::Socket;

use self::talker::Talkers;

/// How many clients talk, unless the variable says otherwise.
const TALKERS: usize = 40;

/// How many clients talk in this run: `GUILDHALL_TEST_UPGRADE_CLIENTS`, for a larger one.
fn talkers() -> usize {
    let asked = std::env::var("GUILDHALL_TEST_UPGRADE_CLIENTS").ok();
    asked.map_or(TALKERS, |count| count.parse().expect("a number of clients"))
}

/// A server that is there already, and the command that upgrades it: `GUILDHALL_TEST_UPGRADE` has
/// its address and the command, such as `127.0.0.1:8080 apt-get install --yes ./guildhall.deb`.
fn installed() -> Option<(SocketAddr, Command)> {
    let asked = std::env::var("GUILDHALL_TEST_UPGRADE").ok()?;
    let mut words = asked.split_whitespace();
    let address = words.next()?.parse().expect("an address with a port");
    let mut command = Command::new(words.next().expect("a command behind the address"));
    command.args(words);
    Some((address, command))
}

/// All clients of a test have one address.
const ONE_ADDRESS: [&str; 4] = [
    "--max-connections-per-address",
    "0",
    "--log",
    "info,guildhall_server::web_socket=warn",
];

#[test]
fn clients_that_talk_connect_once_more_when_the_program_is_replaced() {
    if let Some((address, mut upgrade)) = installed() {
        let talkers = Talkers::start(address, talkers());
        talkers.wait_until_all_talk();
        assert!(upgrade.status().expect("the command").success());
        talkers.wait_until_all_are_back();
        return talkers.end_and_check();
    }
    let folder = Folder::empty();
    let mut program = folder.start(&ONE_ADDRESS);
    let (address, pid) = (program.address(), program.pid());
    let talkers = Talkers::start(address, talkers());
    talkers.wait_until_all_talk();
    program.signal(Signal::USR2);
    program.wait_for("SIGUSR2: the new program takes over");
    program.wait_for("stopped");
    // The next line is of the new program, over the same pipe, in the same process.
    program.wait_for("the listening sockets were handed over");
    program.wait_for("listening");
    assert_eq!(program.pid(), pid);
    talkers.wait_until_all_are_back();
    talkers.end_and_check();
    program.stop();
}

#[test]
fn clients_that_talk_connect_once_more_when_another_server_gets_the_socket() {
    let (folder, socket) = (Folder::empty(), Socket::open());
    let first = socket.start(&folder, &ONE_ADDRESS);
    let talkers = Talkers::start(socket.address(), talkers());
    talkers.wait_until_all_talk();
    // It waits for the folder, and whoever connects waits in the socket.
    let next = {
        let wait = ["--data-wait", "60"];
        let arguments = [&ONE_ADDRESS[..], &wait].concat();
        let (folder, socket) = (&folder, &socket);
        std::thread::scope(|scope| {
            let next = scope.spawn(move || socket.start(folder, &arguments));
            std::thread::sleep(Duration::from_millis(300));
            assert!(!next.is_finished(), "two servers have the folder");
            first.stop();
            next.join().unwrap()
        })
    };
    talkers.wait_until_all_are_back();
    talkers.end_and_check();
    next.stop();
}

#[test]
fn who_connects_between_two_servers_waits_for_the_next() {
    let (folder, socket) = (Folder::empty(), Socket::open());
    socket.start(&folder, &[]).stop();
    let between: Vec<_> = (0..50).map(|_| Client::dial(socket.address())).collect();
    let program = socket.start(&folder, &[]);
    for client in between {
        let mut client = V1Client::over(client);
        assert!(client.welcome(hello("")).is_ok());
    }
    program.stop();
}

#[test]
fn a_server_that_drains_says_that_it_is_not_ready_and_goes_on() {
    let mut program = Program::start(&["--drain", "60"]);
    let (mut ann, _) = V1Client::in_room(program.address(), "Ann", "red");
    program.signal(Signal::TERM);
    program.wait_for("not ready any more, and about to shut down");
    for address in program.addresses() {
        let health = Client::dial(*address).get("/healthz", "");
        assert_eq!((health.status, health.text()), (503, "shutting down\n"));
        let ready = Client::dial(*address).get("/readyz", "");
        assert_eq!(ready.status, 503);
        assert!(ready.text().contains("stopping"), "{}", ready.text());
    }
    // A client that comes all the same is served.
    let (mut bob, _) = V1Client::in_room(program.address(), "Bob", "red");
    bob.say("red", "is it over?");
    assert_eq!(ann.line().text, "is it over?");
    // A second signal says that nobody wants to wait.
    let asked = Instant::now();
    program.signal(Signal::TERM);
    for client in [&mut ann, &mut bob] {
        assert_eq!(client.going_away(), 2, "a millisecond for each client");
        client.client.expect_close(1001);
    }
    drop((ann, bob));
    let (status, _) = program.end();
    assert!(status.success() && asked.elapsed() < Duration::from_secs(30));
}

#[test]
fn a_drain_is_as_long_as_it_is_set() {
    let mut program = Program::start(&["--drain", "1"]);
    let (mut ann, _) = V1Client::hello(program.address(), "Ann");
    let asked = Instant::now();
    program.signal(Signal::TERM);
    program.wait_for("shutting down");
    assert!(asked.elapsed() >= Duration::from_secs(1));
    assert_eq!(ann.going_away(), 1);
    ann.client.expect_close(1001);
    drop(ann);
    assert!(program.end().0.success());
}

#[test]
fn an_upgraded_program_can_be_upgraded_again() {
    let mut program = Program::start(&[]);
    let address = program.address();
    let mut files = Vec::new();
    for _ in 0..3 {
        program.signal(Signal::USR2);
        program.wait_for("SIGUSR2: the new program takes over");
        for _ in program.addresses().to_owned() {
            program.wait_for("listening");
        }
        let (mut one, _) = Client::join(address);
        let (mut two, _) = Client::join(address);
        one.say("hello");
        two.expect_chat(1, "hello");
        files.push(program.open_files());
    }
    assert!(files.windows(2).all(|it| it[0] == it[1]), "{files:?}");
    program.stop();
}

#[test]
fn a_program_that_refuses_the_settings_is_no_upgrade() {
    let folder = Folder::empty();
    let settings = folder.join("guildhall.toml");
    std::fs::write(&settings, "port = 0\n").unwrap();
    let mut program = Program::start(&["--config", settings.to_str().unwrap()]);
    let (mut ann, _) = V1Client::in_room(program.address(), "Ann", "red");
    std::fs::write(&settings, "prot = 0\n").unwrap();
    program.signal(Signal::USR2);
    let line = program.wait_for("SIGUSR2: the server stays as it is");
    let problem = line["problem"].as_str().unwrap();
    assert!(problem.contains("prot"), "{problem}");
    ann.say("red", "still here");
    program.stop();
}

#[test]
fn a_socket_that_is_none_is_explained() {
    let mut command = command(&[]);
    let file = std::fs::File::open("/dev/null").unwrap();
    let mapping = FdMapping {
        parent_fd: file.into(),
        child_fd: 3,
    };
    command.fd_mappings(vec![mapping]).unwrap();
    command.env("LISTEN_FDS", "1");
    let output = crate::program::run(command);
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(error.contains("ListenStream="), "{error}");
    assert_eq!(output.status.code(), Some(1));
}

#[test]
fn a_socket_of_the_api_needs_an_api() {
    let (folder, socket) = (Folder::empty(), Socket::open());
    let mut command = command(&["--port", "0", "--data", folder.path()]);
    socket.hand_over(&mut command, "api");
    let output = crate::program::run(command);
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(error.contains("api.listen"), "{error}");
}
