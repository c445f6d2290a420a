//! The service manager is told of a start: `Type=notify` of systemd.

use std::io::ErrorKind;
use std::os::unix::net::UnixDatagram;
use std::process::Command;

use guildhall_testing::client::Client;
use guildhall_testing::wire::PATIENCE;
use rustix::process::Signal;

use crate::data_folder::Folder;
use crate::program::{self, Program, command};

/// The socket of a service manager.
struct Manager {
    socket: UnixDatagram,
    folder: Folder,
}

impl Manager {
    fn new() -> Self {
        let folder = Folder::empty();
        let socket = UnixDatagram::bind(folder.join("notify")).unwrap();
        socket.set_read_timeout(Some(PATIENCE)).unwrap();
        Self { socket, folder }
    }

    /// A server that it starts.
    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = command(arguments);
        command.env("NOTIFY_SOCKET", self.folder.join("notify"));
        command
    }

    /// The next that it is told.
    fn told(&self) -> String {
        let mut buffer = [0; 100];
        let length = self.socket.recv(&mut buffer).expect("it is told something");
        String::from_utf8(buffer[..length].to_vec()).unwrap()
    }
}

#[test]
fn it_is_told_when_the_server_listens() {
    let manager = Manager::new();
    let mut program = Program::start_on(manager.command(&["--host", "127.0.0.1"]), 1);
    assert_eq!(manager.told(), "READY=1\n");
    let (mut ann, _) = Client::join(program.address());
    // The next program, in the same process, says it again.
    program.signal(Signal::USR2);
    ann.expect_close(1001);
    drop(ann);
    program.wait_for("listening");
    assert_eq!(manager.told(), "READY=1\n");
    program.stop();
}

#[test]
fn it_is_told_how_long_a_drain_takes() {
    let manager = Manager::new();
    let flags = ["--host", "127.0.0.1", "--drain", "3600"];
    let program = Program::start_on(manager.command(&flags), 1);
    assert_eq!(manager.told(), "READY=1\n");
    let (mut ann, _) = Client::join(program.address());
    program.signal(Signal::TERM);
    assert_eq!(
        manager.told(),
        "STOPPING=1\nEXTEND_TIMEOUT_USEC=3630000000\n"
    );
    program.signal(Signal::TERM);
    ann.expect_close(1001);
    drop(ann);
    assert!(program.end().0.success());
}

#[test]
fn it_is_told_nothing_of_a_server_that_does_not_start() {
    let manager = Manager::new();
    let file = manager.folder.join("file");
    std::fs::write(&file, "").unwrap();
    let command = manager.command(&["--port", "0", "--data", file.to_str().unwrap()]);
    assert!(!program::run(command).status.success());
    manager.socket.set_nonblocking(true).unwrap();
    let error = manager.socket.recv(&mut [0; 100]).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::WouldBlock);
}
