//! What a machine must have beside Rust, and getting what it lacks: installed
//! from Debian's packages where we may, else listed for the reader to install.

use std::path::PathBuf;
use std::process::Command;
use std::{env, fs};

use anyhow::{Result, bail};

use crate::process;

/// Something a machine may lack.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Tool {
    /// What it is, for messages.
    pub(crate) name: &'static str,
    /// Whether it is there and works.
    pub(crate) present: fn() -> bool,
    /// The Debian packages that bring it.
    pub(crate) debian: &'static [&'static str],
    /// How to get it where there is no such package.
    pub(crate) elsewhere: &'static str,
}

/// Sees to it that every tool is there.
///
/// # Errors
///
/// When some are missing and cannot be installed from here: the error lists
/// all of them with the commands that install them.
pub(crate) fn provide(tools: &[Tool]) -> Result<()> {
    let missing: Vec<_> = tools.iter().filter(|tool| !(tool.present)()).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let mut packages: Vec<_> = missing
        .iter()
        .flat_map(|tool| tool.debian)
        .copied()
        .collect();
    packages.sort_unstable();
    packages.dedup();
    if !is_debian() || !is_root() {
        bail!(shopping_list(&missing, &packages));
    }
    let names: Vec<_> = missing.iter().map(|tool| tool.name).collect();
    println!(
        "Missing: {}. Installing {} with apt-get.",
        names.join(", "),
        packages.join(" ")
    );
    // An old package list names versions that are gone from the mirrors.
    process::run(apt_get().args(["-q", "update"]))?;
    process::run(
        apt_get()
            .args(["-qy", "--no-install-recommends", "install"])
            .args(&packages),
    )?;
    for tool in missing {
        if !(tool.present)() {
            bail!(
                "{} is still missing after its packages were installed",
                tool.name
            );
        }
    }
    Ok(())
}

/// Where a program of one of these names is, by the search path.
pub(crate) fn program(names: &[&str]) -> Option<PathBuf> {
    let folders: Vec<_> = env::split_paths(&env::var_os("PATH")?).collect();
    let candidates = names
        .iter()
        .flat_map(|name| folders.iter().map(move |dir| dir.join(name)));
    candidates.into_iter().find(|path| path.is_file())
}

fn shopping_list(missing: &[&Tool], packages: &[&str]) -> String {
    let mut text = "this machine lacks what is needed. Please install:\n".to_owned();
    for tool in missing {
        text += &format!("  {}: {}\n", tool.name, tool.elsewhere);
    }
    if is_debian() {
        text += &format!("Here that is: sudo apt-get install {}", packages.join(" "));
    } else {
        text += &format!(
            "On Debian 12 as root: apt-get install {}",
            packages.join(" ")
        );
    }
    text
}

fn apt_get() -> Command {
    let mut command = Command::new("apt-get");
    command.env("DEBIAN_FRONTEND", "noninteractive");
    command
}

/// Debian, Ubuntu and their kin.
fn is_debian() -> bool {
    let release = fs::read_to_string("/etc/os-release").unwrap_or_default();
    let related = |line: &str| {
        let value = line
            .strip_prefix("ID=")
            .or_else(|| line.strip_prefix("ID_LIKE="));
        value.is_some_and(|ids| ids.trim_matches('"').split(' ').any(|id| id == "debian"))
    };
    program(&["apt-get"]).is_some() && release.lines().any(related)
}

fn is_root() -> bool {
    process::output(Command::new("id").arg("-u")).is_ok_and(|id| id.trim() == "0")
}
