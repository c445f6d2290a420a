//! The folder of a store: its files, and the lock that keeps a second server out. The lock's file
//! has the store's ID, so that a file that was emptied or exchanged is noticed: SQLite takes an
//! empty file for a new database.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read as _, Seek as _, Write as _};
use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::{Duration, Instant};

use super::error::StoreError;

/// The name of the database.
const DATABASE: &str = "guildhall.db";

/// The name of the lock.
pub(super) const LOCK: &str = "guildhall.lock";

/// How long a folder may be in use, if nobody says otherwise: by a server that is just ending, or
/// by a process that it is starting, which has its files until it runs.
pub(crate) const FREE_WITHIN: Duration = Duration::from_secs(1);

/// How long after that it is looked at again.
const LOOK_AGAIN: Duration = Duration::from_millis(20);

/// A folder that this process alone uses, for as long as the value lives.
#[derive(Debug)]
pub(crate) struct Folder {
    path: PathBuf,
    lock: File,
}

/// The ID of a store: 32 hexadecimal digits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct StoreId(pub(crate) String);

impl StoreId {
    /// An ID that no other store has.
    pub(crate) fn random() -> Self {
        Self(format!("{:032x}", fastrand::u128(..)))
    }
}

impl Folder {
    /// Takes the folder, and makes it if there is none. Waits so long if another process has it.
    pub(crate) fn take(path: &Path, wait: Duration) -> Result<Self, StoreError> {
        let cannot = |error| StoreError::Folder {
            folder: path.to_owned(),
            error,
        };
        fs::create_dir_all(path).map_err(cannot)?;
        let lock = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(path.join(LOCK))
            .map_err(cannot)?;
        adopt(&path.join(LOCK));
        let until = Instant::now() + wait;
        loop {
            match lock.try_lock() {
                Ok(()) => {
                    return Ok(Self {
                        path: path.to_owned(),
                        lock,
                    });
                }
                Err(TryLockError::WouldBlock) if Instant::now() < until => sleep(LOOK_AGAIN),
                Err(TryLockError::WouldBlock) => return Err(StoreError::InUse(path.to_owned())),
                Err(TryLockError::Error(error)) => return Err(cannot(error)),
            }
        }
    }

    /// The folder's path.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// The path of the database.
    pub(crate) fn database(&self) -> PathBuf {
        database(&self.path)
    }

    /// Whether the database has any bytes.
    pub(crate) fn has_database(&self) -> bool {
        has_database(&self.path)
    }

    /// The ID of the store that the folder has; `None` if it has none so far.
    pub(crate) fn id(&self) -> Result<Option<StoreId>, StoreError> {
        let read = || {
            let mut text = String::new();
            let mut lock = &self.lock;
            lock.rewind()?;
            lock.read_to_string(&mut text)?;
            Ok(text)
        };
        let text = read().map_err(|error| self.cannot(error))?;
        let id = text.trim();
        Ok((!id.is_empty()).then(|| StoreId(id.to_owned())))
    }

    /// From now on, the folder has the store with this ID.
    pub(crate) fn set_id(&self, id: &StoreId) -> Result<(), StoreError> {
        let write = || {
            let mut lock = &self.lock;
            lock.set_len(0)?;
            lock.rewind()?;
            writeln!(lock, "{}", id.0)?;
            lock.sync_all()?;
            sync_folder(&self.path)
        };
        write().map_err(|error| self.cannot(error))
    }

    fn cannot(&self, error: io::Error) -> StoreError {
        StoreError::Folder {
            folder: self.path.clone(),
            error,
        }
    }
}

/// Whether another process has the folder. One that takes it in this moment may have to wait.
pub(crate) fn is_in_use(path: &Path) -> bool {
    let lock = File::open(path.join(LOCK));
    lock.is_ok_and(|lock| matches!(lock.try_lock_shared(), Err(TryLockError::WouldBlock)))
}

/// The path of the database in this folder.
pub(crate) fn database(folder: &Path) -> PathBuf {
    folder.join(DATABASE)
}

/// Whether the folder has a database with any bytes.
pub(crate) fn has_database(folder: &Path) -> bool {
    fs::metadata(database(folder)).is_ok_and(|file| file.len() > 0)
}

/// Removes a file, if it is there.
pub(crate) fn remove_file(file: &Path) -> io::Result<()> {
    match fs::remove_file(file) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        result => result,
    }
}

/// Gives a new file the owner that its folder has: a command that root gives must not leave files
/// that the server's own user cannot open. Where that is not allowed, the file stays as it is, and
/// whoever opens it next says so.
pub(crate) fn adopt(file: &Path) {
    #[cfg(unix)]
    {
        use std::os::unix::fs::{MetadataExt as _, chown};
        let owner = |path: &Path| fs::metadata(path).map(|it| (it.uid(), it.gid()));
        let folder = file.parent().map(owner);
        if let (Some(Ok(folder)), Ok(has)) = (folder, owner(file))
            && folder != has
        {
            let _ = chown(file, Some(folder.0), Some(folder.1));
        }
    }
    #[cfg(not(unix))]
    let _ = file;
}

/// Makes the names of new files last over a power cut.
pub(crate) fn sync_folder(path: &Path) -> io::Result<()> {
    if cfg!(unix) {
        File::open(path)?.sync_all()?;
    }
    Ok(())
}
