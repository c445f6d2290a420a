//! `cargo xtask soak`, and the short one of `cargo xtask test`.

use std::process::Command;

use anyhow::{Result, ensure};

use crate::machine::{self, LIBFAKETIME, Tool};
use crate::process;
use crate::workspace::Workspace;

/// The tools that the machine must have for it.
pub(crate) const TOOLS: &[Tool] = &[LIBFAKETIME];

/// A soak in the tests: how long, and with how many clients.
const SHORT: Options = Options {
    minutes: 2.0,
    clients: 300,
    seed: None,
    release: false,
};

/// How a soak is to be.
#[derive(Debug, Clone, Copy, clap::Args)]
pub(crate) struct Options {
    /// How long it takes.
    #[arg(long, default_value_t = 60.0)]
    minutes: f64,
    /// How many clients there are.
    #[arg(long, default_value_t = 2000)]
    clients: u32,
    /// The seed of all random choices, as an earlier run has printed it.
    #[arg(long)]
    seed: Option<u64>,
    /// With the server and the clients as they are built for use.
    #[arg(long)]
    release: bool,
}

/// Runs one.
pub(crate) fn run(workspace: &Workspace, options: Options) -> Result<()> {
    machine::provide(TOOLS)?;
    for command in &mut commands(workspace, options) {
        process::run(command)?;
    }
    Ok(())
}

/// The commands of the short one.
pub(crate) fn short(workspace: &Workspace) -> Vec<Command> {
    commands(workspace, SHORT)
}

/// The build of the programs, and their run.
fn commands(workspace: &Workspace, options: Options) -> Vec<Command> {
    let mut build = workspace.cargo();
    build.args(["build", "--locked", "--bins"]);
    build.args(["--package", "guildhall-cli", "--package", "guildhall-soak"]);
    if options.release {
        build.arg("--release");
    }
    let folder = if options.release { "release" } else { "debug" };
    let folder = workspace.target.join(folder);
    let mut soak = workspace.command(folder.join("guildhall-soak"));
    soak.arg("--server").arg(folder.join("guildhall"));
    soak.args(["--minutes", &options.minutes.to_string()]);
    soak.args(["--clients", &options.clients.to_string()]);
    if let Some(seed) = options.seed {
        soak.args(["--seed", &seed.to_string()]);
    }
    vec![build, soak]
}

/// A soak has gone through to its end.
pub(crate) fn has_passed(output: &str) -> Result<()> {
    let last = "the soak has passed";
    ensure!(
        output.lines().any(|line| line.starts_with(last)),
        "the soak has not come to its end"
    );
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::has_passed;

    #[test]
    fn a_soak_that_ends_early_is_no_pass() {
        assert!(has_passed("300 clients for 90s\n").is_err());
        assert!(has_passed("300 clients for 90s\nthe soak has passed in 101s\n").is_ok());
    }
}
