//! The release: its version, its commit and its time.

use std::fmt;
use std::fs;
use std::process::Command;

use anyhow::{Context, Result, ensure};

use crate::process;
use crate::workspace::Workspace;

/// Files beside Cargo.toml that name the version: each with what stands before it.
const OTHER_VERSIONS: [(&str, &str); 1] = [("godot/addons/guildhall/plugin.cfg", "version=\"")];

/// The commit that the downloads are made from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Release {
    /// Such as `0.1.0`.
    pub(super) version: String,
    /// The commit and its date, such as `8b41893a1b 2026-11-26`.
    pub(super) commit: String,
    /// When the commit was made, in seconds since 1970: the time of everything in the downloads.
    pub(super) epoch: u64,
    /// The same as a date and a time of day, as RFC 3339 has it.
    pub(super) time: String,
}

impl Release {
    /// Asks git. If files were changed since the last commit, its name says so.
    ///
    /// # Errors
    ///
    /// If git has no commit.
    pub(super) fn find(workspace: &Workspace) -> Result<Self> {
        let mut show = workspace.command("git");
        show.args([
            "show",
            "--no-patch",
            "--abbrev=10",
            "--date=format-local:%Y-%m-%dT%H:%M:%SZ",
            "--format=%h %cs%n%ct%n%cd",
        ]);
        let shown = process::output(show.env("TZ", "UTC"))?;
        let mut lines = shown.lines();
        let mut next = || lines.next().context("git says too little of the commit");
        let mut commit = next()?.to_owned();
        let epoch = next()?.parse().context("the time of the commit")?;
        let time = next()?.to_owned();
        let mut status = workspace.command("git");
        if !process::output(status.args(["status", "--porcelain"]))?.is_empty() {
            println!("Some files are not as they are in the commit: the version will say so.");
            commit = commit.replacen(' ', "+changes ", 1);
        }
        let version = version(workspace)?;
        Ok(Self {
            version,
            commit,
            epoch,
            time,
        })
    }

    /// Tells a program's build what the release is.
    pub(super) fn tell<'a>(&self, command: &'a mut Command) -> &'a mut Command {
        command
            .env("GUILDHALL_COMMIT", &self.commit)
            .env("SOURCE_DATE_EPOCH", self.epoch.to_string())
    }

    /// The text that `guildhall --version` prints.
    pub(super) fn printed(&self) -> String {
        format!("guildhall {self}\n")
    }

    #[cfg(test)]
    pub(super) fn example() -> Self {
        Self {
            version: "0.2.0".to_owned(),
            commit: "8b41893a1b 2026-11-26".to_owned(),
            epoch: 1_795_000_000,
            time: "2026-11-18T11:06:40Z".to_owned(),
        }
    }
}

impl fmt::Display for Release {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} ({})", self.version, self.commit)
    }
}

/// The version of all crates: the one of this crate, which inherits it.
fn version(workspace: &Workspace) -> Result<String> {
    let path = workspace.root.join("Cargo.toml");
    let manifest: toml::Table = toml::from_str(&fs::read_to_string(path)?)?;
    let version = manifest["workspace"]["package"]["version"].as_str();
    Ok(version.context("Cargo.toml names no version")?.to_owned())
}

/// Sees to it that all files name the same version.
///
/// # Errors
///
/// A file that names another one.
pub(super) fn check_versions(workspace: &Workspace) -> Result<()> {
    let version = version(workspace)?;
    for (name, before) in OTHER_VERSIONS {
        let text = fs::read_to_string(workspace.root.join(name)).context(name)?;
        ensure!(
            text.contains(&format!("{before}{version}\"")),
            "{name} does not name the version {version} of Cargo.toml"
        );
    }
    Ok(())
}
