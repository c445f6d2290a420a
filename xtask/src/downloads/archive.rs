//! Tar archives whose bytes depend on nothing but their files: no user, no time of the machine.

use std::fs;
use std::io::Write as _;
use std::path::Path;

use anyhow::{Context, Result};
use flate2::{Compression, GzBuilder};
use tar::{Builder, EntryType, Header};

use super::release::Release;

/// One file or folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Entry {
    /// Its path in the archive; a folder's ends in `/`.
    path: String,
    mode: u32,
    /// The number of the user and of the group that own it.
    owner: u32,
    bytes: Vec<u8>,
}

impl Entry {
    /// A file that everybody may read.
    pub(super) fn file(path: &str, bytes: Vec<u8>) -> Self {
        let (path, owner) = (path.to_owned(), 0);
        let mode = 0o644;
        Self {
            path,
            mode,
            owner,
            bytes,
        }
    }

    /// A file that everybody may run.
    pub(super) fn program(path: &str, bytes: Vec<u8>) -> Self {
        let file = Self::file(path, bytes);
        Self {
            mode: 0o755,
            ..file
        }
    }

    /// A folder.
    pub(super) fn folder(path: &str, mode: u32, owner: u32) -> Self {
        let path = format!("{}/", path.trim_end_matches('/'));
        let bytes = Vec::new();
        Self {
            path,
            mode,
            owner,
            bytes,
        }
    }
}

/// Files and folders, in the order in which they are unpacked.
#[derive(Debug, Default)]
pub(super) struct Archive {
    entries: Vec<Entry>,
}

impl Archive {
    pub(super) fn add(&mut self, entry: Entry) {
        self.entries.push(entry);
    }

    /// The paths of all entries.
    #[cfg(test)]
    pub(super) fn paths(&self) -> impl Iterator<Item = &str> {
        self.entries.iter().map(|entry| entry.path.as_str())
    }

    /// Adds the files of a folder in the order of their names, without those of the folders in it.
    ///
    /// # Errors
    ///
    /// A file or folder that cannot be read.
    pub(super) fn add_files(
        &mut self,
        folder: &Path,
        at: &str,
        wanted: fn(&str) -> bool,
    ) -> Result<()> {
        let mut names = Vec::new();
        for entry in fs::read_dir(folder).with_context(|| folder.display().to_string())? {
            let entry = entry?;
            let name = entry.file_name().to_string_lossy().into_owned();
            if entry.file_type()?.is_file() && wanted(&name) {
                names.push(name);
            }
        }
        names.sort();
        for name in names {
            let bytes = fs::read(folder.join(&name))?;
            self.add(Entry::file(&format!("{at}/{name}"), bytes));
        }
        Ok(())
    }

    /// The archive as a tar file. Everything in it is of the release's time.
    ///
    /// # Errors
    ///
    /// A path that no tar file can hold.
    pub(super) fn tar(&self, release: &Release) -> Result<Vec<u8>> {
        let mut tar = Builder::new(Vec::new());
        for Entry {
            path,
            mode,
            owner,
            bytes,
        } in &self.entries
        {
            let mut header = Header::new_ustar();
            let is_folder = path.ends_with('/');
            header.set_entry_type(if is_folder {
                EntryType::Directory
            } else {
                EntryType::Regular
            });
            header.set_mode(*mode);
            header.set_uid((*owner).into());
            header.set_gid((*owner).into());
            header.set_mtime(release.epoch);
            header.set_size(bytes.len() as u64);
            tar.append_data(&mut header, path, bytes.as_slice())
                .with_context(|| path.clone())?;
        }
        Ok(tar.into_inner()?)
    }

    /// The archive as a tar file, compressed.
    ///
    /// # Errors
    ///
    /// A path that no tar file can hold.
    pub(super) fn gzipped(&self, release: &Release) -> Result<Vec<u8>> {
        gzipped(&self.tar(release)?)
    }
}

/// Compresses. No time and no name are in the result.
pub(super) fn gzipped(bytes: &[u8]) -> Result<Vec<u8>> {
    let mut gzip = GzBuilder::new().write(Vec::new(), Compression::best());
    gzip.write_all(bytes)?;
    Ok(gzip.finish()?)
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use flate2::read::GzDecoder;

    use super::{Archive, Entry};
    use crate::downloads::release::Release;

    fn archive() -> Archive {
        let mut archive = Archive::default();
        archive.add(Entry::folder("var/lib/guildhall", 0o750, 65532));
        archive.add(Entry::program("usr/bin/guildhall", b"program".to_vec()));
        archive.add(Entry::file("etc/passwd", b"users".to_vec()));
        archive
    }

    #[test]
    fn what_is_put_in_comes_out() {
        let bytes = archive().gzipped(&Release::example()).unwrap();
        let mut tar = tar::Archive::new(GzDecoder::new(bytes.as_slice()));
        let entries = tar.entries().unwrap().map(|entry| {
            let mut entry = entry.unwrap();
            let mut text = String::new();
            entry.read_to_string(&mut text).unwrap();
            let header = entry.header();
            assert_eq!(header.mtime().unwrap(), Release::example().epoch);
            let path = entry.path().unwrap().to_string_lossy().into_owned();
            (path, header.mode().unwrap(), header.uid().unwrap(), text)
        });
        let expected = [
            ("var/lib/guildhall/", 0o750, 65532, ""),
            ("usr/bin/guildhall", 0o755, 0, "program"),
            ("etc/passwd", 0o644, 0, "users"),
        ]
        .map(|(path, mode, owner, text)| (path.to_owned(), mode, owner, text.to_owned()));
        assert_eq!(entries.collect::<Vec<_>>(), expected);
    }

    #[test]
    fn the_same_files_give_the_same_bytes() {
        let release = Release::example();
        let [one, other] = [archive(), archive()].map(|it| it.gzipped(&release).unwrap());
        assert_eq!(one, other);
    }
}
