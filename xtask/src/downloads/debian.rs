//! The Debian package. What is in it stands in `cli/Cargo.toml`, and its scripts and unit in
//! `packaging/debian`.

use std::fs;
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};

use super::program::Program;
use super::release::Release;
use super::tools;
use crate::workspace::Workspace;
use crate::{machine, process};

/// The folder of scripts, unit and settings.
const FOLDER: &str = "packaging/debian";
/// The unit of systemd.
const UNIT: &str = "guildhall.service";
/// The place of the program in the package.
const PROGRAM: &str = "/usr/bin/guildhall";

/// Makes the package of a program.
///
/// # Errors
///
/// If cargo-deb fails.
pub(super) fn package(
    workspace: &Workspace,
    release: &Release,
    program: &Program,
    licences: &[u8],
) -> Result<Vec<u8>> {
    let folder = program
        .path
        .parent()
        .context("the program is in a folder")?;
    // cargo-deb looks beside the program for what was built.
    fs::write(folder.join("THIRD-PARTY-LICENSES.txt"), licences)?;
    let output = folder.join("guildhall.deb");
    let mut deb = tools::DEB.command(workspace)?;
    deb.args(["--package", "guildhall-cli", "--no-build", "--no-strip"]);
    deb.args(["--profile", super::program::PROFILE]);
    deb.args(["--target", program.architecture.target()]);
    deb.args(["--deb-version", &release.version]);
    process::run(release.tell(deb.arg("--output").arg(&output)))?;
    fs::read(&output).with_context(|| output.display().to_string())
}

/// Looks at the scripts and the unit, with the programs that this machine has for it.
///
/// # Errors
///
/// Says what is wrong with a script or the unit.
pub(super) fn check(workspace: &Workspace) -> Result<()> {
    let folder = workspace.root.join(FOLDER);
    for script in ["postinst", "postrm"] {
        let path = folder.join(script);
        let text = fs::read_to_string(&path).with_context(|| script.to_owned())?;
        ensure!(
            text.contains("\n#DEBHELPER#\n"),
            "{script} has no place for what cargo-deb adds"
        );
        process::run(Command::new("sh").arg("-n").arg(path))?;
    }
    let unit = fs::read_to_string(folder.join(UNIT)).context(UNIT)?;
    // A user of its own, a folder for what lasts, and files enough for ten thousand players.
    for setting in ["User=guildhall", "StateDirectory=guildhall", "LimitNOFILE="] {
        let has_it = unit.lines().any(|line| line.starts_with(setting));
        ensure!(has_it, "{UNIT} has no {setting}");
    }
    if machine::program(&["systemd-analyze"]).is_none() {
        println!("No systemd here: nothing looked at {UNIT}.");
        return Ok(());
    }
    check_unit(workspace, &unit)
}

/// Asks systemd whether the unit is one, and whether it protects the system from the server.
fn check_unit(workspace: &Workspace, unit: &str) -> Result<()> {
    ensure!(unit.contains(PROGRAM), "{UNIT} does not start {PROGRAM}");
    let folder = workspace.own_target("unit");
    fs::create_dir_all(&folder)?;
    let path = folder.join(UNIT);
    // systemd wants the program to be there, and the package is not installed here.
    fs::write(&path, unit.replace(PROGRAM, "/bin/true"))?;
    let mut verify = Command::new("systemd-analyze");
    let verified = verify.args(["--man=no", "verify"]).arg(&path).output()?;
    // It ends well also if it does not know a setting, and says so.
    let said = String::from_utf8_lossy(&verified.stderr);
    let of_unit: Vec<_> = said.lines().filter(|line| line.contains(UNIT)).collect();
    if !verified.status.success() || !of_unit.is_empty() {
        bail!("systemd-analyze verify: {}", said.trim());
    }
    // In tenths: 100 is a service that may do everything.
    let mut security = Command::new("systemd-analyze");
    security.args(["security", "--offline=true", "--threshold=20", "--no-pager"]);
    let secure = process::succeeds(security.arg(&path));
    ensure!(
        secure,
        "systemd-analyze security: {UNIT} leaves the server more than before"
    );
    println!("The unit and the scripts of the Debian package are in order.");
    Ok(())
}
