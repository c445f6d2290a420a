//! A listening socket that a test hands over to the server.

use std::net::{SocketAddr, TcpListener};
use std::os::fd::OwnedFd;
use std::process::Command;

use command_fds::{CommandFdExt as _, FdMapping};

use crate::data_folder::Folder;
use crate::program::{Program, command};

/// A listening socket of the test's own, as systemd has one for a `.socket` unit.
pub(crate) struct Socket(TcpListener);

impl Socket {
    pub(crate) fn open() -> Self {
        Self(TcpListener::bind("127.0.0.1:0").unwrap())
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.0.local_addr().unwrap()
    }

    /// Hands the socket over to the program that the command starts.
    pub(crate) fn hand_over(&self, command: &mut Command, name: &str) {
        let parent_fd = OwnedFd::from(self.0.try_clone().unwrap());
        let child_fd = 3;
        let mapping = FdMapping {
            parent_fd,
            child_fd,
        };
        command.fd_mappings(vec![mapping]).unwrap();
        command.env("LISTEN_FDS", "1").env("LISTEN_FDNAMES", name);
    }

    /// Starts a server on the socket, over this folder.
    pub(crate) fn start(&self, folder: &Folder, arguments: &[&str]) -> Program {
        let mut command = command(&[&["--data", folder.path()], arguments].concat());
        self.hand_over(&mut command, "guildhall.socket");
        Program::start_on(command, 1)
    }
}
