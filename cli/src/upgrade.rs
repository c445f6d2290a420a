//! An upgrade in place: the process of the server becomes the program that its file is now. The
//! listening sockets stay open, so who connects meanwhile waits for the new program, and the
//! process keeps its ID, so that nothing that watches over it notices an end.

use std::convert::Infallible;
use std::ffi::OsString;
use std::io;
use std::net::TcpListener;
use std::os::fd::{OwnedFd, RawFd};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::Duration;
use std::{env, fs};

use command_fds::{CommandFdExt as _, FdMapping};
use smol::Timer;
use smol::future::FutureExt as _;

use crate::sockets::{API, CHAT, COUNT, DATA, NAMES, OWN, REDIRECT, Sockets};

/// The descriptor of the first socket that is handed over (`sd_listen_fds(3)`).
const FIRST: RawFd = 3;

/// How long the new program may look at the settings. It is no upgrade if it takes longer.
const CHECK_WITHIN: Duration = Duration::from_secs(30);

/// Whether a server that becomes another program asks this one whether it would start.
pub(crate) fn is_asked_for() -> bool {
    env::var_os(OWN).is_some()
}

/// Whether the server that asks has another folder than this one, or none. It leaves its own to the
/// next program. A server of an older version does not say which one it has.
pub(crate) fn has_another(folder: &Path) -> bool {
    let is_another = |theirs: OsString| {
        let both = (fs::canonicalize(folder), fs::canonicalize(theirs));
        !matches!(both, (Ok(ours), Ok(theirs)) if ours == theirs)
    };
    env::var_os(DATA).is_some_and(is_another)
}

/// The program that the process becomes.
#[derive(Debug)]
pub struct Upgrade {
    words: Vec<OsString>,
    /// The listening sockets with their names.
    sockets: Vec<(&'static str, OwnedFd)>,
    /// The names of those that the server has opened by itself.
    own: String,
    /// The folder in which the server keeps what it keeps.
    data: Option<PathBuf>,
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
    /// The new program does not say whether it accepts them.
    #[error("the new program looks at the settings for more than {} s", CHECK_WITHIN.as_secs())]
    Late,
}

impl Upgrade {
    /// An upgrade of the server that was started by these words, listens on these sockets, and has
    /// this folder.
    ///
    /// # Errors
    ///
    /// If there are no file descriptors left.
    pub fn new(words: Vec<OsString>, sockets: &Sockets, data: Option<&Path>) -> io::Result<Self> {
        let Sockets { listeners, own, .. } = sockets;
        let named = |name: &'static str| {
            move |listener: &TcpListener| Ok((name, OwnedFd::from(listener.try_clone()?)))
        };
        let chat = listeners.chat.iter().map(named(CHAT));
        let api = listeners.api.iter().map(named(API));
        let redirect = listeners.redirect.iter().map(named(REDIRECT));
        Ok(Self {
            words,
            sockets: chat.chain(api).chain(redirect).collect::<io::Result<_>>()?,
            own: own.join(":"),
            data: data.map(Path::to_owned),
        })
    }

    /// Has the new program look at the flags, the settings and the sockets: a server that would not
    /// start is no upgrade. It may wait for a disk, and for servers that have keys: not for ever, and
    /// it is killed if the returned future is dropped, because it has the sockets. The start of the
    /// program blocks the thread for a moment.
    ///
    /// # Errors
    ///
    /// [`UpgradeError`].
    pub async fn check(&self) -> Result<(), UpgradeError> {
        let checked = async { self.checked().await.map_err(UpgradeError::Start) };
        let late = async {
            Timer::after(CHECK_WITHIN).await;
            Err(UpgradeError::Late)
        };
        let checked = checked.or(late).await?;
        if checked.status.success() {
            return Ok(());
        }
        let problem = String::from_utf8_lossy(&checked.stderr).trim().to_owned();
        Err(UpgradeError::Settings(problem))
    }

    async fn checked(&self) -> io::Result<Output> {
        let mut check = self.program();
        check.args(["check", "--"]).args(self.words.iter().skip(1));
        self.hand_over(&mut check)?;
        let mut check = smol::process::Command::from(check);
        // Its input is empty, if nothing else is set.
        check.kill_on_drop(true).output().await
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
        self.hand_over(&mut next)?;
        Err(next.exec())
    }

    /// Gives the program the sockets.
    fn hand_over(&self, program: &mut Command) -> io::Result<()> {
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
        program.env(COUNT, names.len().to_string());
        program.env(NAMES, names.join(":"));
        program.env(OWN, &self.own);
        program.env(DATA, self.data.as_deref().unwrap_or(Path::new("")));
        // `listenfd` takes what is for any process.
        program.env_remove("LISTEN_PID");
        program.fd_mappings(mappings).map_err(io::Error::other)?;
        Ok(())
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
