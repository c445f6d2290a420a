//! The programs of others that make the downloads, each of one version.

use std::env;
use std::path::PathBuf;
use std::process::Command;

use anyhow::Result;

use crate::workspace::Workspace;
use crate::{packages, process};

/// The folder whose Python packages are the C compiler, and what makes cargo use it.
pub(super) const PYTHON: &str = "packaging/tools";

/// A command of cargo that comes from crates.io.
#[derive(Debug, Clone, Copy)]
pub(crate) struct CargoTool {
    /// The crate and the program, such as `cargo-deb`.
    name: &'static str,
    version: &'static str,
    /// The features that it is built with beside the usual.
    features: &'static str,
}

/// Makes Debian packages.
pub(super) const DEB: CargoTool = CargoTool::new("cargo-deb", "3.8.0");
/// Lists all parts of a program.
pub(super) const CYCLONEDX: CargoTool = CargoTool::new("cargo-cyclonedx", "0.5.9");
/// Collects the licences of all parts.
pub(super) const ABOUT: CargoTool = CargoTool {
    name: "cargo-about",
    version: "0.9.3",
    features: "cli",
};

impl CargoTool {
    /// A tool with its usual features.
    pub(crate) const fn new(name: &'static str, version: &'static str) -> Self {
        Self {
            name,
            version,
            features: "",
        }
    }

    /// The command, with its own name as cargo would pass it. Installs it below `target` if it is
    /// not there: the first time takes minutes.
    ///
    /// # Errors
    ///
    /// If it cannot be installed.
    pub(crate) fn command(self, workspace: &Workspace) -> Result<Command> {
        let Self {
            name,
            version,
            features,
        } = self;
        let root = workspace
            .own_target("tools")
            .join(format!("{name}-{version}"));
        let program = root.join("bin").join(name);
        if !program.is_file() {
            println!("Installing {name} {version}.");
            let mut install = workspace.cargo();
            // A folder of its own that goes afterwards: nothing else is built with its crates.
            install.env_remove("CARGO_TARGET_DIR");
            install.args(["install", "--quiet", "--locked", "--version", version, name]);
            install.args(["--features", features]);
            process::run(install.arg("--root").arg(&root))?;
        }
        let mut command = workspace.command(program);
        command.env("CARGO_TARGET_DIR", &workspace.target);
        command.arg(name.trim_start_matches("cargo-"));
        Ok(command)
    }
}

/// `cargo-zigbuild`, which builds with the C compiler and the C library that zig brings.
pub(super) fn zigbuild(workspace: &Workspace) -> Result<Command> {
    let python = packages::python(workspace, PYTHON);
    let folder = python.parent().map(PathBuf::from).unwrap_or_default();
    let mut command = workspace.command(folder.join("cargo-zigbuild"));
    // It looks there for the Python that has zig.
    let others = env::var_os("PATH").unwrap_or_default();
    let folders = std::iter::once(folder).chain(env::split_paths(&others));
    command.env("PATH", env::join_paths(folders)?);
    command.env("CARGO_TARGET_DIR", &workspace.target);
    command.arg("zigbuild");
    Ok(command)
}
