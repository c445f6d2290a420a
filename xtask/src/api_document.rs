//! The HTTP API against its own `OpenAPI` document: Schemathesis asks the real program for everything
//! that the document allows, and for much that it does not.

use std::process::Command;

use anyhow::{Context, Result, ensure};

use crate::machine::{PYTHON, Tool};
use crate::packages;
use crate::workspace::Workspace;

/// The tools that the machine must have for it.
pub(crate) const TOOLS: &[Tool] = &[PYTHON];
/// The folder it lives in, which has Python packages.
pub(crate) const FOLDERS: &[&str] = &[FOLDER];

const FOLDER: &str = "server/tests/api_document";

/// The command that runs it, once the program is built.
pub(crate) fn test(workspace: &Workspace) -> Command {
    let mut run = workspace.command(packages::python(workspace, FOLDER));
    run.arg(workspace.root.join(FOLDER).join("run.py"))
        .env("GUILDHALL_SERVER", workspace.target.join("debug/guildhall"));
    run
}

/// Every operation of the document was tried.
pub(crate) fn all_ran(output: &str) -> Result<()> {
    let number = |what: &str| {
        let line = output
            .lines()
            .find_map(|line| line.trim().strip_prefix(what));
        let number = line.and_then(|line| line.trim().split('/').next()?.parse::<u64>().ok());
        number.with_context(|| format!("no count of operations: {what}"))
    };
    let (selected, tested) = (number("Selected:")?, number("Tested:")?);
    ensure!(tested > 0, "no operation was tried");
    ensure!(
        tested == selected,
        "{tested} of {selected} operations were tried"
    );
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::all_ran;

    #[test]
    fn operations_that_were_not_tried_are_no_pass() {
        let check = |selected: &str, tested: &str, good: bool| {
            let output = format!("API Operations:\n  Selected: {selected}\n  Tested: {tested}\n");
            assert_eq!(all_ran(&output).is_ok(), good, "{output}");
        };
        check("40/40", "40", true);
        check("40/40", "39", false);
        check("0/40", "0", false);
        assert!(all_ran("").is_err());
    }
}
