//! npm and pip packages that only tests use, in folders that git ignores.
//! Each folder remembers what it was installed from, so a second run is quick.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::process;
use crate::workspace::Workspace;

/// Installs a folder's `package-lock.json` into its `node_modules`.
pub(crate) fn npm(workspace: &Workspace, folder: &str) -> Result<()> {
    let folder = workspace.root.join(folder);
    let wanted = read(&folder.join("package-lock.json"))?;
    let stamp = folder.join("node_modules/.installed-from");
    if fs::read_to_string(&stamp).is_ok_and(|installed| installed == wanted) {
        return Ok(());
    }
    println!("Installing the npm packages of {}.", folder.display());
    let mut install = workspace.command("npm");
    // No package here needs to run anything when it is installed.
    install
        .args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"])
        .current_dir(&folder);
    process::run(&mut install)?;
    fs::write(stamp, wanted)?;
    Ok(())
}

/// Installs a folder's `requirements.txt` into a virtual environment of its own.
pub(crate) fn pip(workspace: &Workspace, folder: &str) -> Result<()> {
    let requirements = workspace.root.join(folder).join("requirements.txt");
    let wanted = read(&requirements)?;
    let environment = environment(workspace, folder);
    let stamp = environment.join("installed-from");
    let python = python(workspace, folder);
    // Python may have been upgraded under the environment since.
    let works = || process::succeeds(workspace.command(&python).arg("--version"));
    if fs::read_to_string(&stamp).is_ok_and(|installed| installed == wanted) && works() {
        return Ok(());
    }
    println!("Installing the Python packages of {folder}.");
    process::run(
        workspace
            .command("python3")
            .args(["-m", "venv", "--clear"])
            .arg(&environment),
    )?;
    let mut install = workspace.command(&python);
    install.args([
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
        "-r",
    ]);
    process::run(install.arg(&requirements))?;
    fs::write(stamp, wanted)?;
    Ok(())
}

/// The interpreter that has what [`pip`] installed for a folder.
pub(crate) fn python(workspace: &Workspace, folder: &str) -> PathBuf {
    environment(workspace, folder).join("bin/python")
}

fn environment(workspace: &Workspace, folder: &str) -> PathBuf {
    workspace
        .own_target("python")
        .join(folder.replace('/', "-"))
}

fn read(path: &Path) -> Result<String> {
    fs::read_to_string(path).with_context(|| path.display().to_string())
}
