//! The search in a store. The words of its lines are in an index, a database of its own beside the
//! store's ([`index`]), which is filled behind the commits by a thread of its own ([`filler`]),
//! piece by piece ([`piece`]). It can be made again at any time, so nothing waits for it: what it
//! does not have yet is looked for in the lines themselves ([`find`]).

mod filler;
mod find;
mod index;
mod piece;
#[cfg(test)]
mod tests;

pub(crate) use self::filler::{Filler, Index};
pub(crate) use self::find::{Finder, found, unread};

use std::path::Path;

use super::error::StoreError;
use super::open;

/// Makes the search index of the store in `folder` again, at once. `progress` is called with how
/// many rooms are done, and how many there are.
///
/// # Errors
///
/// If there is no store, if a server has it, or if the disk is full.
pub fn reindex(folder: &Path, progress: impl FnMut(usize, usize)) -> Result<(), StoreError> {
    let store = open::alone(folder)?;
    remove_index(folder)?;
    filler::rebuild(folder, &store.filler, &store.id, progress)
        .map_err(|error| StoreError::of(&index::file(folder), &error))
}

/// Removes the search index of the store in `folder`, if there is one.
pub(crate) fn remove_index(folder: &Path) -> Result<(), StoreError> {
    index::remove(folder).map_err(|error| StoreError::File {
        file: index::file(folder),
        error,
    })
}
