//! One check of `cargo xtask test`, and running a list of them.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::{Context, Result, bail};

use crate::cost::{self, Cost};
use crate::machine::{self, Tool};
use crate::packages;
use crate::process;
use crate::workspace::Workspace;

/// One check: what it is called, what it needs, and the commands it runs.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Step {
    /// The name to call it by.
    pub(crate) name: &'static str,
    /// What passes when it passes.
    pub(crate) about: &'static str,
    /// The steps whose output it uses: they run before it, also when it is
    /// called by its name.
    pub(crate) after: &'static [&'static str],
    /// What the machine must have.
    pub(crate) tools: &'static [Tool],
    /// Folders whose npm packages it uses.
    pub(crate) npm: &'static [&'static str],
    /// Folders whose Python packages it uses.
    pub(crate) pip: &'static [&'static str],
    /// What is run, in order, until one fails.
    pub(crate) commands: fn(&Workspace) -> Result<Vec<Command>>,
    /// What the output must say beside the exit code, so that a run of nothing
    /// does not count as a pass.
    pub(crate) proof: Option<fn(&str) -> Result<()>>,
}

/// Sees to everything that the steps need, before the first one runs.
pub(crate) fn set_up(workspace: &Workspace, steps: &[Step]) -> Result<()> {
    let tools: Vec<_> = steps.iter().flat_map(|step| step.tools).copied().collect();
    machine::provide(&unique(tools, |tool| tool.name))?;
    let folders = |of: fn(&Step) -> &'static [&'static str]| {
        unique(steps.iter().flat_map(of).copied().collect(), |folder| {
            folder
        })
    };
    for folder in folders(|step| step.npm) {
        packages::npm(workspace, folder)?;
    }
    for folder in folders(|step| step.pip) {
        packages::pip(workspace, folder)?;
    }
    Ok(())
}

/// Runs every step, prints how each ended, and gives back whether all passed.
///
/// The last line counts the steps: `N passed, N failed`.
pub(crate) fn run(workspace: &Workspace, steps: &[Step]) -> Result<bool> {
    let logs = workspace.own_target("logs");
    fs::create_dir_all(&logs)?;
    let width = steps
        .iter()
        .map(|step| step.name.len())
        .max()
        .unwrap_or_default();
    let started = Instant::now();
    let mut failed = Vec::new();
    for (index, step) in steps.iter().enumerate() {
        let Step { name, about, .. } = step;
        print!(
            "[{:>2}/{}] {name:width$}  {about} … ",
            index + 1,
            steps.len()
        );
        io::stdout().flush()?;
        let begun = Instant::now();
        let log = logs.join(format!("{name}.log"));
        let result = run_one(workspace, step, &log);
        let seconds = begun.elapsed().as_secs_f32();
        let error = match result {
            Ok(cost) => {
                println!("ok, {cost}");
                continue;
            }
            Err(error) => error,
        };
        println!("FAILED, {seconds:.1} s");
        println!("{}", fs::read_to_string(&log).unwrap_or_default());
        println!("{name}: {error:#}");
        failed.push(*name);
    }
    println!(
        "\n{} steps in {:.0} s.",
        steps.len(),
        started.elapsed().as_secs_f32()
    );
    println!("What each said is in {}.", logs.display());
    if !failed.is_empty() {
        println!(
            "Failed: {}. Again: cargo xtask test {}",
            failed.join(", "),
            failed.join(" ")
        );
    }
    println!(
        "{} passed, {} failed",
        steps.len() - failed.len(),
        failed.len()
    );
    Ok(failed.is_empty())
}

/// Runs the step's commands with all their output in the file `log`, where each
/// is followed by what it took.
fn run_one(workspace: &Workspace, step: &Step, log: &Path) -> Result<Cost> {
    let mut file = File::create(log)?;
    let mut total = Cost::default();
    for mut command in (step.commands)(workspace)? {
        let line = process::line(&command);
        writeln!(file, "$ {line}")?;
        command
            .env("CARGO_TERM_COLOR", "never")
            .env("NO_COLOR", "1")
            .stdin(Stdio::null())
            .stdout(file.try_clone()?)
            .stderr(file.try_clone()?);
        let (status, cost) =
            cost::of(&mut command).with_context(|| format!("cannot run {line}"))?;
        writeln!(file, "[{cost}]\n")?;
        total += cost;
        if !status.success() {
            bail!("{line} ended with {status}");
        }
    }
    let output = fs::read(log)?;
    step.proof
        .map_or(Ok(()), |proof| proof(&String::from_utf8_lossy(&output)))?;
    Ok(total)
}

/// The first of each that have the same key, in their order.
fn unique<T>(items: Vec<T>, key: fn(&T) -> &'static str) -> Vec<T> {
    let mut seen = Vec::new();
    let mut kept = Vec::new();
    for item in items {
        if !seen.contains(&key(&item)) {
            seen.push(key(&item));
            kept.push(item);
        }
    }
    kept
}
