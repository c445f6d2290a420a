//! The page for a web server, the library for web games, and the addon for Godot.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use serde_json::Value;

use super::archive::{Archive, Entry};
use super::release::Release;
use crate::dist::{DOCTOR, LIBRARY};
use crate::process;
use crate::workspace::Workspace;

/// The page and all that it loads, for a web server that is not Guildhall's own.
///
/// # Errors
///
/// A file that cannot be read.
pub(super) fn page(workspace: &Workspace, release: &Release) -> Result<Vec<u8>> {
    let mut archive = Archive::default();
    // The doctor looks at the server that it comes from, with that server's library.
    let is_page =
        |name: &str| name != LIBRARY && !name.starts_with(DOCTOR) && !name.ends_with(".d.ts");
    archive.add_files(&workspace.dist(), "guildhall-page", is_page)?;
    archive.gzipped(release)
}

/// The library as npm installs it from a file.
///
/// # Errors
///
/// A file that cannot be read.
pub(super) fn npm(workspace: &Workspace, release: &Release) -> Result<Vec<u8>> {
    let mut archive = Archive::default();
    let read = |name: &str| fs::read(workspace.root.join(name)).with_context(|| name.to_owned());
    let mut package: Value = serde_json::from_slice(&read("packaging/npm/package.json")?)?;
    package["version"] = release.version.clone().into();
    let package = serde_json::to_vec_pretty(&package)?;
    archive.add(Entry::file("package/package.json", package));
    for name in ["LICENSE-APACHE", "LICENSE-MIT", "web-client/README.md"] {
        let file = name.rsplit('/').next().unwrap_or(name);
        archive.add(Entry::file(&format!("package/{file}"), read(name)?));
    }
    // A bundler of the library compresses it anew.
    let is_used = |name: &str| Path::new(name).extension().is_none_or(|it| it != "gz");
    archive.add_files(&workspace.dist().join(LIBRARY), "package", is_used)?;
    archive.gzipped(release)
}

/// The addon, to be unpacked in the folder of a game: from git, so without what is not committed.
///
/// # Errors
///
/// If git fails.
pub(super) fn godot(workspace: &Workspace) -> Result<Vec<u8>> {
    let path = workspace.own_target("guildhall-godot.zip");
    let mut archive = workspace.command("git");
    // In the folder, paths begin there; and the time of a commit's files is the commit's, while a
    // tree's is the time of day. A zip has it as the clock on the wall shows it.
    archive.current_dir(workspace.root.join("godot"));
    archive.args(["archive", "--format=zip", "HEAD", "addons/guildhall"]);
    archive.env("TZ", "UTC");
    process::run(archive.arg("--output").arg(&path))?;
    Ok(fs::read(path)?)
}
