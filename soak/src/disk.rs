//! A small disk for the server's data, which can be full: a file system in memory, in a namespace
//! of mounts that this process and the server share.

use std::env;
use std::fs::{self, File};
use std::io::Write as _;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Result, bail, ensure};

/// Says that this process has its namespace already.
const DONE: &str = "GUILDHALL_SOAK_NAMESPACE";

/// Whether this process may mount something, in a namespace of its own. If it has none yet, it
/// becomes the same program in one.
///
/// # Errors
///
/// If the program cannot be started anew.
pub(crate) fn enter_namespace() -> Result<bool> {
    if env::var_os(DONE).is_some() {
        return Ok(true);
    }
    let may = Command::new("unshare")
        .args(["-rm", "mount", "-t", "tmpfs", "tmpfs", "/mnt"])
        .stderr(Stdio::null())
        .status();
    if !may.is_ok_and(|status| status.success()) {
        return Ok(false);
    }
    let error = Command::new("unshare")
        .arg("-rm")
        .arg(env::current_exe()?)
        .args(env::args_os().skip(1))
        .env(DONE, "1")
        .exec();
    bail!("cannot start in a namespace: {error}")
}

/// The disk.
#[derive(Debug)]
pub(crate) struct Disk {
    folder: PathBuf,
}

impl Disk {
    /// Mounts one of this size at a folder, which it creates.
    ///
    /// # Errors
    ///
    /// If it cannot.
    pub(crate) fn mount(folder: &Path, megabytes: usize) -> Result<Self> {
        fs::create_dir(folder)?;
        let status = Command::new("mount")
            .args(["-t", "tmpfs", "-o", &format!("size={megabytes}m"), "tmpfs"])
            .arg(folder)
            .status()?;
        ensure!(status.success(), "cannot mount a disk");
        let folder = folder.to_owned();
        Ok(Self { folder })
    }

    fn ballast(&self) -> PathBuf {
        self.folder.join("ballast")
    }

    /// Fills what there is room for. It takes no room back meanwhile: to fill a large disk anew needs
    /// so long that a server could go on.
    ///
    /// # Errors
    ///
    /// If there is no room for the name of a file either.
    pub(crate) fn fill(&self) -> Result<()> {
        let mut ballast = File::options();
        let mut file = ballast.create(true).append(true).open(self.ballast())?;
        for size in [1 << 20, 1 << 12] {
            let bytes = vec![0; size];
            while file.write_all(&bytes).is_ok() {}
        }
        Ok(())
    }

    /// Makes room again.
    ///
    /// # Errors
    ///
    /// If it is not full.
    pub(crate) fn free(&self) -> Result<()> {
        Ok(fs::remove_file(self.ballast())?)
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        // If it is in use still, it ends with the namespace.
        let _ = Command::new("umount").arg(&self.folder).status();
    }
}
