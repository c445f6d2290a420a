//! The server's wall clock, which jumps: libfaketime is loaded into the server, and reads from a
//! file how far its clock is from the right one. The clock that only goes forward stays right, as
//! it does if a machine's clock is set.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result};

/// The places where Debian has the library, for one kind of processor each.
const FOLDER: &str = "/usr/lib";
const LIBRARY: &str = "faketime/libfaketimeMT.so.1";

/// The clock of a server.
#[derive(Debug, Clone)]
pub(crate) struct Clock {
    library: PathBuf,
    file: PathBuf,
}

impl Clock {
    /// A clock that is right, whose file is in this folder.
    ///
    /// # Errors
    ///
    /// If the library is not there.
    pub(crate) fn new(folder: &Path) -> Result<Self> {
        let folders = fs::read_dir(FOLDER)?.filter_map(Result::ok);
        let libraries = folders.map(|it| it.path().join(LIBRARY));
        let library = (libraries.into_iter().find(|it| it.is_file()))
            .context("no libfaketime: apt-get install libfaketime")?;
        let file = folder.join("clock");
        let clock = Self { library, file };
        clock.set(0)?;
        Ok(clock)
    }

    /// The server's clock is so many seconds before or behind the right one, from now on.
    ///
    /// # Errors
    ///
    /// If the file cannot be written.
    pub(crate) fn set(&self, seconds: i64) -> Result<()> {
        // The library may read it at any time, so it is replaced as a whole.
        let next = self.file.with_extension("next");
        fs::write(&next, format!("{seconds:+}\n"))?;
        Ok(fs::rename(next, &self.file)?)
    }

    /// Gives the clock to a program that is about to start.
    pub(crate) fn give_to(&self, command: &mut Command) {
        command
            .env("LD_PRELOAD", &self.library)
            .env("FAKETIME_TIMESTAMP_FILE", &self.file)
            .env("FAKETIME_CACHE_DURATION", "1")
            .env("FAKETIME_DONT_FAKE_MONOTONIC", "1")
            .env("NO_FAKE_STAT", "1");
    }
}
