//! Keeps the secret of the session on a terminal for the next run of the program, so that a
//! user whose terminal was killed comes back with the same name. `client` reads it before
//! the first connection, writes it after each Welcome, and forgets it at the goodbye.
//!
//! It is a file in the state folder (`XDG_STATE_HOME`). A lock on it, which ends with the
//! process, says that another terminal has the session: the server would close that one's
//! connection. If there is no such folder, nothing is kept.

use std::env;
use std::fs::{self, File, OpenOptions};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::io::{Read as _, Seek as _, Write as _};
use std::path::{Path, PathBuf};

/// The longest secret that is read.
const MAX_BYTES: u64 = 1024;

/// The secret of one session, which belongs to an address and a wanted name.
#[derive(Debug, Default)]
pub(super) struct KeptSession {
    /// The locked file and its path; `None` if nothing is kept.
    file: Option<(File, PathBuf)>,
    secret: Vec<u8>,
}

impl KeptSession {
    /// The session of the last run with this address and this wanted name, unless another
    /// process has it.
    pub(super) fn of(url: &str, name: &str) -> Self {
        state_folder().map_or_else(Self::default, |folder| Self::in_folder(&folder, url, name))
    }

    fn in_folder(folder: &Path, url: &str, name: &str) -> Self {
        let mut hasher = DefaultHasher::new();
        (url, name).hash(&mut hasher);
        let path = folder.join(format!("session-{:016x}", hasher.finish()));
        let Some(mut file) = open(folder, &path).filter(|file| file.try_lock().is_ok()) else {
            return Self::default();
        };
        let mut secret = Vec::new();
        if (&mut file)
            .take(MAX_BYTES)
            .read_to_end(&mut secret)
            .is_err()
        {
            secret.clear();
        }
        Self {
            file: Some((file, path)),
            secret,
        }
    }

    /// The secret; empty if there is none.
    pub(super) fn secret(&self) -> &[u8] {
        &self.secret
    }

    /// Keeps the secret of the present session.
    pub(super) fn keep(&mut self, secret: &[u8]) {
        if self.secret == secret {
            return;
        }
        self.secret = secret.to_vec();
        if let Some((file, _)) = &mut self.file {
            // What cannot be kept is no reason not to chat.
            let _ = file
                .rewind()
                .and_then(|()| file.set_len(0))
                .and_then(|()| file.write_all(secret));
        }
    }

    /// The user has said goodbye: there is no session any more.
    pub(super) fn forget(&mut self) {
        self.secret.clear();
        if let Some((_, path)) = self.file.take() {
            let _ = fs::remove_file(path);
        }
    }
}

/// Opens a file that its owner alone can read.
fn open(folder: &Path, path: &Path) -> Option<File> {
    fs::create_dir_all(folder).ok()?;
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).ok()
}

/// Where programs keep what the next run needs: the XDG base directory specification says
/// so, and that a relative path does not count.
fn state_folder() -> Option<PathBuf> {
    let folder = |variable: &str, below: &str| {
        let base = PathBuf::from(env::var_os(variable)?);
        base.is_absolute()
            .then(|| base.join(below).join("guildhall"))
    };
    folder("XDG_STATE_HOME", "")
        .or_else(|| folder("HOME", ".local/state"))
        .or_else(|| folder("LOCALAPPDATA", ""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_kept_until_it_is_forgotten_and_for_one_process() {
        let folder = env::temp_dir().join(format!("guildhall-kept-{}", std::process::id()));
        let open = |name: &str| KeptSession::in_folder(&folder, "ws://a/ws", name);
        let mut first = open("Ann");
        assert_eq!(first.secret(), b"");
        first.keep(b"a longer secret");
        first.keep(b"secret");
        let mut second = open("Ann");
        assert_eq!(second.secret(), b"", "the first one has it");
        second.keep(b"other");
        second.forget();
        assert_eq!(open("Bob").secret(), b"", "another name");
        drop(first);
        let mut third = open("Ann");
        assert_eq!(third.secret(), b"secret");
        third.forget();
        assert_eq!(open("Ann").secret(), b"");
        fs::remove_dir_all(&folder).unwrap();
    }

    #[cfg(unix)]
    #[test]
    fn only_its_owner_can_read_it() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = env::temp_dir().join(format!("guildhall-mode-{}", std::process::id()));
        let kept = KeptSession::in_folder(&folder, "ws://a/ws", "Ann");
        let (file, _) = kept.file.as_ref().unwrap();
        assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600);
        fs::remove_dir_all(&folder).unwrap();
    }
}
