//! `cargo xtask loom`: the server's model tests, which try every order of what
//! threads do.
//!
//! They are the server's unit tests, compiled with `--cfg model`. Only that one
//! crate is: the crates that it uses are those of the usual tests.

use anyhow::{Context as _, Result, ensure};
use serde_json::Value;

use crate::process;
use crate::workspace::Workspace;

/// Builds the tests and runs them.
///
/// # Errors
///
/// When the build fails, or a test does.
pub(crate) fn run(workspace: &Workspace) -> Result<()> {
    let mut build = workspace.cargo();
    build
        .args(["rustc", "--package", "guildhall-server", "--lib"])
        .args(["--profile", "test", "--locked"])
        .args(["--message-format", "json-render-diagnostics"])
        .args(["--", "--cfg", "model"]);
    let said = process::output(&mut build)?;
    let mut programs = said.lines().filter_map(|line| {
        let message: Value = serde_json::from_str(line).ok()?;
        Some(message["executable"].as_str()?.to_owned())
    });
    let program = programs.next().context("cargo built no test program")?;
    ensure!(programs.next().is_none(), "cargo built two test programs");
    process::run(workspace.command(program).arg("model::"))
}
