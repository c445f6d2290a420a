//! The means that the server's process has: memory, open files, threads.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context as _, Result};
use rustix::process::Pid;

/// The means of a process at one moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Measure {
    /// Its resident memory, in KiB.
    pub(crate) memory: u64,
    /// Its open files and sockets.
    pub(crate) files: usize,
    pub(crate) threads: usize,
}

impl Measure {
    /// Of this process.
    ///
    /// # Errors
    ///
    /// If it has ended.
    pub(crate) fn of(pid: Pid) -> Result<Self> {
        let folder = PathBuf::from(format!("/proc/{}", pid.as_raw_nonzero()));
        // Exact, unlike the counters of `status`.
        let rollup = fs::read_to_string(folder.join("smaps_rollup"))?;
        let memory = rollup.lines().find_map(|line| line.strip_prefix("Rss:"));
        let memory = memory.and_then(|line| line.trim().strip_suffix(" kB"));
        Ok(Self {
            memory: memory.context("no memory")?.trim().parse()?,
            files: fs::read_dir(folder.join("fd"))?.count(),
            threads: fs::read_dir(folder.join("task"))?.count(),
        })
    }

    /// Its memory in MiB.
    pub(crate) fn megabytes(&self) -> u64 {
        self.memory / 1024
    }
}
