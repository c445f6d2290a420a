//! Upgrades of servers whose flags, settings or sockets are others than at their start, and signals
//! that come at a bad moment.

use std::net::{Ipv6Addr, SocketAddr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::time::{Duration, Instant};

use guildhall_testing::v1_client::V1Client;
use rustix::process::{Resource, Rlimit, Signal, prlimit};

use crate::data_folder::Folder;
use crate::program::{Program, free_address};

/// A key of the API.
const KEY: &str = "0123456789abcdef0123456789abcdef";

/// A settings file that a test changes.
struct Settings {
    path: PathBuf,
    _folder: Folder,
}

impl Settings {
    fn new(text: &str) -> Self {
        let folder = Folder::empty();
        let path = folder.join("guildhall.toml");
        let settings = Self {
            path,
            _folder: folder,
        };
        settings.write(text);
        settings
    }

    fn write(&self, text: &str) {
        std::fs::write(&self.path, text).unwrap();
    }

    fn start(&self) -> Program {
        Program::start(&["--config", self.path.to_str().unwrap()])
    }
}

/// Settings with an API at this address.
fn with_api(address: SocketAddr) -> String {
    format!("[api]\nlisten = \"{address}\"\nkey = \"{KEY}\"\n")
}

/// The program becomes the next one, which listens.
fn upgrade(program: &mut Program) {
    program.signal(Signal::USR2);
    program.wait_for("SIGUSR2: the new program takes over");
    program.wait_for("the listening sockets were handed over");
}

/// The program refuses to become the next one, for this reason.
fn refused(program: &mut Program, reason: &str) {
    program.signal(Signal::USR2);
    let line = program.wait_for("SIGUSR2: the server stays as it is");
    let problem = line["problem"].as_str().unwrap();
    assert!(problem.contains(reason), "{problem}");
    V1Client::hello(program.address(), "Ann");
}

#[test]
fn a_program_that_refuses_the_flags_is_no_upgrade() {
    let folder = Folder::empty();
    let file = folder.join("key");
    std::fs::write(&file, KEY).unwrap();
    let flags = ["--api-key-file", file.to_str().unwrap()];
    let mut program = Program::start(&[&["--api-listen", "127.0.0.1:0"], &flags[..]].concat());
    let (mut ann, _) = V1Client::in_room(program.address(), "Ann", "red");
    std::fs::remove_file(&file).unwrap();
    program.signal(Signal::USR2);
    let line = program.wait_for("SIGUSR2: the server stays as it is");
    let problem = line["problem"].as_str().unwrap();
    assert!(problem.contains("api.key_file"), "{problem}");
    ann.say("red", "still here");
    program.stop();
}

#[test]
fn a_socket_that_the_settings_have_no_more_is_closed_by_an_upgrade() {
    let api = free_address();
    let settings = Settings::new(&with_api(api));
    let mut program = settings.start();
    assert!(TcpStream::connect(api).is_ok());
    settings.write("");
    upgrade(&mut program);
    program.wait_for("the sockets of api: the settings have none any more: closed");
    program.wait_for("listening");
    V1Client::hello(program.address(), "Ann");
    assert!(TcpStream::connect(api).is_err());
    program.stop();
}

#[test]
fn a_server_listens_on_another_port_from_an_upgrade_on() {
    let (before, after) = (free_address(), free_address());
    let settings = Settings::new(&with_api(before));
    let mut program = settings.start();
    settings.write(&with_api(after));
    upgrade(&mut program);
    program.wait_for("the sockets of api: the settings name another address: listening there");
    program.wait_for("listening");
    assert!(TcpStream::connect(after).is_ok());
    assert!(TcpStream::connect(before).is_err());
    // Once more, with sockets that fit.
    upgrade(&mut program);
    program.wait_for("listening");
    assert!(TcpStream::connect(after).is_ok());
    program.stop();
}

#[test]
fn a_server_listens_on_an_address_that_is_added_from_an_upgrade_on() {
    if TcpListener::bind("[::1]:0").is_err() {
        eprintln!("this machine has no IPv6");
        return;
    }
    let before = free_address();
    let added = SocketAddr::from((Ipv6Addr::LOCALHOST, before.port()));
    let settings = Settings::new(&with_api(before));
    let mut program = settings.start();
    assert!(TcpStream::connect(added).is_err());
    settings.write(&with_api(before).replace("127.0.0.1", "localhost"));
    upgrade(&mut program);
    program.wait_for("the sockets of api: the settings add ::1");
    program.wait_for("listening");
    for address in [before, added] {
        assert!(TcpStream::connect(address).is_ok(), "{address}");
    }
    program.stop();
}

#[test]
fn two_listeners_that_get_the_same_new_port_are_no_upgrade() {
    let both = free_address();
    let chat = |address: SocketAddr| format!("port = {}\n", address.port());
    let settings = Settings::new(&(chat(free_address()) + &with_api(free_address())));
    let arguments = ["--config", settings.path.to_str().unwrap()];
    // Without a variable that would count more than the file.
    let mut program = Program::start_with(&arguments, [("GUILDHALL_LOG_FORMAT", "json")]);
    settings.write(&(chat(both) + &with_api(both)));
    refused(&mut program, "both want port");
    program.stop();
}

#[test]
fn a_reload_keeps_what_follows_from_a_limit_that_needs_a_restart() {
    let settings = Settings::new("system_name = \"Herald\"\n");
    let mut program = settings.start();
    settings.write("system_name = \"Crier\"\nmax_connections_per_address = 7\n");
    program.signal(Signal::HUP);
    let reloaded = program.wait_for("SIGHUP: reloaded");
    assert_eq!(reloaded["settings"], "system_name");
    let kept = program.wait_for("SIGHUP: for other values of these, restart the server");
    assert_eq!(kept["settings"], "max_connections_per_address");
    program.stop();
}

#[test]
fn a_port_that_another_program_has_is_no_upgrade() {
    let other = TcpListener::bind("127.0.0.1:0").unwrap();
    let settings = Settings::new(&with_api(free_address()));
    let mut program = settings.start();
    settings.write(&with_api(other.local_addr().unwrap()));
    refused(&mut program, "is in use");
    program.stop();
}

#[test]
fn a_folder_that_another_server_has_is_no_upgrade() {
    let (own, taken) = (Folder::new(), Folder::new());
    let other = taken.start(&[]);
    let data = |folder: &Folder| format!("data = \"{}\"\n", folder.path());
    let settings = Settings::new(&data(&own));
    let mut program = settings.start();
    settings.write(&data(&taken));
    refused(&mut program, "Another server has the data folder");
    let nothing = Settings::new("");
    let mut in_memory = nothing.start();
    nothing.write(&data(&taken));
    refused(&mut in_memory, "Another server has the data folder");
    in_memory.stop();
    // It has its own as well, which is no reason.
    settings.write(&data(&own));
    upgrade(&mut program);
    program.wait_for("listening");
    other.stop();
    settings.write(&data(&taken));
    upgrade(&mut program);
    program.wait_for("listening");
    program.stop();
}

#[test]
fn settings_that_leave_no_files_for_clients_are_no_upgrade() {
    let settings = Settings::new("threads = 1\n");
    let mut program = settings.start();
    let limit = Rlimit {
        current: Some(400),
        maximum: Some(400),
    };
    prlimit(Some(program.pid()), Resource::Nofile, limit).expect("our own child's limit");
    settings.write("threads = 100\n");
    refused(&mut program, "400 open files are allowed");
    settings.write("threads = 2\n");
    upgrade(&mut program);
    program.wait_for("listening");
    program.stop();
}

#[test]
fn a_server_that_drains_is_upgraded_at_once() {
    let mut program = Program::start(&["--drain", "60"]);
    let begin = Instant::now();
    upgrade(&mut program);
    program.wait_for("listening");
    assert!(begin.elapsed() < Duration::from_secs(50));
    // The sockets are still its own: whoever connects while it drains is served.
    program.signal(Signal::TERM);
    program.wait_for("not ready any more, and about to shut down");
    V1Client::hello(program.address(), "Ann");
    program.stop();
}

#[test]
fn a_server_that_is_told_to_stop_during_an_upgrade_stops() {
    let mut program = Program::start(&[]);
    program.signal(Signal::USR2);
    program.wait_for("SIGUSR2: the new program takes over");
    program.signal(Signal::TERM);
    let sockets = program.addresses().len();
    let (status, log) = program.end();
    assert!(status.success(), "{status}");
    let listening = log.iter().filter(|line| line["message"] == "listening");
    assert_eq!(listening.count(), sockets, "{log:?}");
}

#[test]
fn no_signal_ends_a_program_that_starts_after_an_upgrade() {
    let mut program = Program::start(&[]);
    for _ in 0..3 {
        program.signal(Signal::USR2);
        program.wait_for("SIGUSR2: the new program takes over");
        // For all of its start. Not faster, or the old program has no time to end.
        program.wait_doing("listening", Duration::from_millis(1), |program| {
            program.signal(Signal::HUP);
            program.signal(Signal::USR1);
        });
        program.signal(Signal::HUP);
        program.wait_for("SIGHUP: no setting has changed");
    }
    V1Client::hello(program.address(), "Ann");
    program.stop();
}

#[test]
fn a_flood_of_reloads_hides_no_other_signal() {
    let mut program = Program::start(&[]);
    let flood = |program: &Program| {
        for _ in 0..5_000 {
            program.signal(Signal::HUP);
        }
    };
    flood(&program);
    program.signal(Signal::USR2);
    flood(&program);
    program.wait_for("SIGUSR2: looking whether the program can be upgraded");
    program.wait_for("listening");
    flood(&program);
    program.stop();
}
