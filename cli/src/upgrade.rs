//! An upgrade in place: the process of the server becomes the program that its file is now. The
//! listening sockets stay open, so who connects meanwhile waits for the new program, and the
//! process keeps its ID, so that nothing that watches over it notices an end.

use std::convert::Infallible;
use std::ffi::OsString;
use std::io;
use std::net::TcpListener;
use std::os::fd::{OwnedFd, RawFd};
use std::os::unix::process::CommandExt as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use command_fds::{CommandFdExt as _, FdMapping};
use guildhall_server::Listeners;

use crate::arguments::environment::Parsed;
use crate::sockets::{API, CHAT, NAMES, REDIRECT};

/// The descriptor of the first socket that is handed over (`sd_listen_fds(3)`).
const FIRST: RawFd = 3;

/// The program that the process becomes.
#[derive(Debug)]
pub struct Upgrade {
    words: Vec<OsString>,
    file: Option<PathBuf>,
    /// The listening sockets with their names.
    sockets: Vec<(&'static str, OwnedFd)>,
}

/// Why the process stays what it is.
#[derive(Debug, thiserror::Error)]
pub enum UpgradeError {
    /// The program cannot be started.
    #[error("cannot start the program: {0}")]
    Start(io::Error),
    /// The new program does not accept the settings.
    #[error("the new program refuses the settings: {0}")]
    Settings(String),
}

impl Upgrade {
    /// An upgrade of the server that was started by these words and listens on these sockets.
    ///
    /// # Errors
    ///
    /// If there are no file descriptors left.
    pub fn new(words: Vec<OsString>, parsed: &Parsed, listeners: &Listeners) -> io::Result<Self> {
        let named = |name: &'static str| {
            move |listener: &TcpListener| Ok((name, OwnedFd::from(listener.try_clone()?)))
        };
        let chat = listeners.chat.iter().map(named(CHAT));
        let api = listeners.api.iter().map(named(API));
        let redirect = listeners.redirect.iter().map(named(REDIRECT));
        Ok(Self {
            words,
            file: parsed.arguments.serve.config.clone(),
            sockets: chat.chain(api).chain(redirect).collect::<io::Result<_>>()?,
        })
    }

    /// Has the new program look at the settings: a server that would not start is no upgrade. It
    /// may wait for a disk, and for servers that have keys.
    ///
    /// # Errors
    ///
    /// [`UpgradeError`].
    pub fn check(&self) -> Result<(), UpgradeError> {
        let mut check = self.program();
        check.arg("check").args(&self.file).stdin(Stdio::null());
        let checked = check.output().map_err(UpgradeError::Start)?;
        if checked.status.success() {
            return Ok(());
        }
        let problem = String::from_utf8_lossy(&checked.stderr).trim().to_owned();
        Err(UpgradeError::Settings(problem))
    }

    /// Becomes the new program, which gets the sockets. Returns only if that fails; this process
    /// can do nothing more then.
    #[must_use]
    pub fn carry_out(&self) -> UpgradeError {
        match self.replace() {
            Ok(never) => match never {},
            Err(error) => UpgradeError::Start(error),
        }
    }

    fn replace(&self) -> io::Result<Infallible> {
        let mut next = self.program();
        next.args(self.words.iter().skip(1));
        let mut names = Vec::new();
        let mut mappings = Vec::new();
        for (child_fd, (name, parent_fd)) in (FIRST..).zip(&self.sockets) {
            names.push(*name);
            let parent_fd = parent_fd.try_clone()?;
            mappings.push(FdMapping {
                parent_fd,
                child_fd,
            });
        }
        next.env("LISTEN_FDS", names.len().to_string());
        next.env(NAMES, names.join(":"));
        // The process keeps its ID, and `listenfd` takes what has none.
        next.env_remove("LISTEN_PID");
        next.fd_mappings(mappings).map_err(io::Error::other)?;
        Err(next.exec())
    }

    fn program(&self) -> Command {
        let name = self.words.first();
        let mut program = Command::new(name.map_or("guildhall".as_ref(), OsString::as_os_str));
        if let Some(name) = name {
            program.arg0(name);
        }
        program
    }
}
