//! The end-to-end tests: real browsers and a Python client against the real
//! server, driven from `web-client/e2e`.

use std::process::Command;

use anyhow::{Context, Result, ensure};

use crate::machine::{self, CHROMIUM, FIREFOX, NODE, PYTHON, Tool};
use crate::workspace::Workspace;
use crate::{packages, process, web};

/// What the machine must have for them.
pub(crate) const TOOLS: &[Tool] = &[NODE, PYTHON, CHROMIUM, FIREFOX];
/// The folder they live in, which has npm and pip packages.
pub(crate) const FOLDERS: &[&str] = &[FOLDER];

/// Ends what hangs for ever. Node counts it for each test and for all tests of a
/// file together, and every wait within has a shorter one of its own.
pub(crate) const NODE_TEST_TIMEOUT: &str = "--test-timeout=1800000";

const FOLDER: &str = "web-client/e2e";

/// The command that runs them, once [`programs`] has built what they start.
pub(crate) fn tests(workspace: &Workspace) -> Result<Vec<Command>> {
    let mut run = node(workspace)?;
    // One file after the other: two cores do not bear many browsers.
    run.args([
        "--test",
        "--test-reporter=spec",
        "--test-concurrency=1",
        NODE_TEST_TIMEOUT,
        "tests/",
        // The tests of an example by itself.
        "../../examples/game-backend/backend.test.mjs",
    ])
    .env(
        "GUILDHALL_FIREFOX",
        machine::firefox().context("no Firefox")?,
    );
    Ok(vec![run])
}

/// Some test of Node's runner was executed, and none was left out.
pub(crate) fn tests_ran(output: &str) -> Result<()> {
    let count = |what: &str| {
        let label = format!("ℹ {what} ");
        let line = output
            .lines()
            .find_map(|line| line.strip_prefix(&label)?.parse::<u64>().ok());
        line.with_context(|| format!("no count of tests: {what}"))
    };
    ensure!(count("pass")? > 0, "no test ran");
    ensure!(
        count("skipped")? + count("todo")? + count("cancelled")? == 0,
        "tests were left out"
    );
    Ok(())
}

/// `cargo xtask screenshots`: the pictures in the documents, taken anew.
pub(crate) fn screenshots(workspace: &Workspace) -> Result<()> {
    machine::provide(&[NODE, PYTHON, CHROMIUM])?;
    packages::npm(workspace, FOLDER)?;
    packages::pip(workspace, FOLDER)?;
    web::build(workspace)?;
    process::run(&mut programs(workspace))?;
    process::run(
        node(workspace)?
            .arg("screenshots.mjs")
            .arg(workspace.root.join("docs/images")),
    )
}

/// The command that builds the server, and the proxy that cuts connections.
pub(crate) fn programs(workspace: &Workspace) -> Command {
    let mut build = workspace.cargo();
    build.args(["build", "--locked", "--bins"]);
    build.args([
        "--package",
        "guildhall-cli",
        "--package",
        "guildhall-testing",
    ]);
    build
}

/// Node in the tests' folder, told where everything is.
pub(crate) fn node(workspace: &Workspace) -> Result<Command> {
    let mut node = workspace.command("node");
    node.current_dir(workspace.root.join(FOLDER))
        .env("GUILDHALL_SERVER", workspace.target.join("debug/guildhall"))
        .env(
            "GUILDHALL_FAULT_PROXY",
            workspace.target.join("debug/fault_proxy"),
        )
        .env("GUILDHALL_PYTHON", packages::python(workspace, FOLDER))
        .env(
            "GUILDHALL_CHROMIUM",
            machine::chromium().context("no Chromium")?,
        );
    Ok(node)
}

#[cfg(test)]
mod tests {
    use super::tests_ran;

    #[test]
    fn tests_that_were_left_out_are_no_pass() {
        let check = |pass, skipped, good: bool| {
            let output =
                format!("ℹ tests 9\nℹ pass {pass}\nℹ cancelled 0\nℹ skipped {skipped}\nℹ todo 0");
            assert_eq!(tests_ran(&output).is_ok(), good, "{output}");
        };
        check(9, 0, true);
        check(0, 0, false);
        check(8, 1, false);
        assert!(tests_ran("").is_err());
    }
}
