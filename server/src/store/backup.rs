//! Copies of a store: one is made while a server runs, and one becomes a store again.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use super::error::StoreError;
use super::folder::{self, FREE_WITHIN, Folder, remove_file, sync_folder};
use super::search::remove_index;
use super::{connection, identity, open, schema};

/// Copies the store in `folder` into the file `to`, also while a server has the store: it goes on
/// meanwhile. The copy is whole and has what was committed when the copying began. It is marked:
/// when it is opened as a store, each room begins a new epoch, since the numbers behind the copied
/// ones were used by others.
///
/// # Errors
///
/// If there is no store, if `to` is there already, or if the file cannot be written. Then there
/// is no file `to`.
pub fn backup(folder: &Path, to: &Path) -> Result<(), StoreError> {
    if to.exists() {
        return Err(StoreError::Exists(to.to_owned()));
    }
    let store = open::beside(folder)?;
    let part = part_of(to);
    let copy = || {
        // One transaction that reads, so that it ends; the online backup begins again with each
        // commit.
        let target = part.to_string_lossy();
        (store.execute("VACUUM INTO ?1", [target]))
            .map_err(|error| StoreError::of(&part, &error))?;
        mark(&part)?;
        put_in_place(&part, to)
    };
    copy().inspect_err(|_| drop(fs::remove_file(&part)))
}

/// Makes a store of a backup, in a folder without a store.
///
/// # Errors
///
/// If the file is no store, if the folder has one, or if a server has the folder.
pub fn restore(backup: &Path, folder: &Path) -> Result<(), StoreError> {
    bring_back(backup, folder, false)
}

/// The same in place of the store that the folder may have, which is gone then, however damaged it
/// is.
///
/// # Errors
///
/// If the file is no store, or if a server has the folder. The folder is as before then, unless
/// the disk fails.
pub fn restore_in_place(backup: &Path, folder: &Path) -> Result<(), StoreError> {
    bring_back(backup, folder, true)
}

fn bring_back(backup: &Path, folder: &Path, may_replace: bool) -> Result<(), StoreError> {
    let target = folder::database(folder);
    let file = |error| StoreError::File {
        file: backup.to_owned(),
        error,
    };
    let mut opened = File::open(backup).map_err(file)?;
    let folder = Folder::take(folder, FREE_WITHIN)?;
    if folder.has_database() && !may_replace {
        return Err(StoreError::Exists(target));
    }
    let part = part_of(&target);
    let of_part = |error| StoreError::File {
        file: part.clone(),
        error,
    };
    let mut copy = || {
        // Not with the backup's permissions: it may be one that nobody may write.
        let mut copied = File::create(&part).map_err(of_part)?;
        io::copy(&mut opened, &mut copied).map_err(of_part)?;
        folder::adopt(&part);
        let id = mark(&part)?;
        // The other way round, a file that the folder does not know would lie in it.
        folder.set_id(&id)?;
        remove_index(folder.path())?;
        for log in ["guildhall.db-wal", "guildhall.db-shm"] {
            let file = folder.path().join(log);
            remove_file(&file).map_err(|error| StoreError::File { file, error })?;
        }
        put_in_place(&part, &target)
    };
    copy().inspect_err(|_| drop(fs::remove_file(&part)))
}

/// Marks a file as a copy, if it is a store. Returns the ID that it will have.
fn mark(part: &Path) -> Result<folder::StoreId, StoreError> {
    let of = |error: rusqlite::Error| StoreError::of(part, &error);
    let mut copy = connection::copy(part).map_err(of)?;
    open::check_header(part, schema::header(&copy).map_err(of)?)?;
    let id = identity::mark_as_copy(&mut copy).map_err(of)?;
    copy.close().map_err(|(_, error)| of(error))?;
    Ok(id)
}

/// Gives a file that is complete its name, so that it is there as a whole or not at all.
fn put_in_place(part: &Path, to: &Path) -> Result<(), StoreError> {
    let put = || {
        File::open(part)?.sync_all()?;
        fs::rename(part, to)?;
        let folder = to.parent().filter(|folder| !folder.as_os_str().is_empty());
        sync_folder(folder.unwrap_or(Path::new(".")))
    };
    put().map_err(|error| StoreError::File {
        file: to.to_owned(),
        error,
    })
}

/// The name of a file while it is written.
fn part_of(file: &Path) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(".part");
    name.into()
}
