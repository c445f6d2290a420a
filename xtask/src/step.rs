//! One check of `cargo xtask test`, and what it needs on the machine.

use std::process::Command;
use std::thread;

use anyhow::Result;

use crate::machine::{self, Tool};
use crate::packages;
use crate::workspace::Workspace;

/// One check: what it is called, what it needs, and the commands it runs.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Step {
    /// The name to call it by.
    pub(crate) name: &'static str,
    /// What passes when it passes.
    pub(crate) about: &'static str,
    /// What may run at the same time.
    pub(crate) lane: Lane,
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

impl Step {
    /// What a step has when it says nothing else.
    pub(crate) const PLAIN: Self = Self {
        name: "",
        about: "",
        lane: Lane::Alone,
        after: &[],
        tools: &[],
        npm: &[],
        pip: &[],
        commands: |_| Ok(Vec::new()),
        proof: None,
    };
}

/// What a step may have beside it. Two steps at most run at a time, one of each of
/// the two lanes, in the order of the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Lane {
    /// Nothing: its tests measure time, memory or system calls.
    Alone,
    /// It computes and no part of it knows the time. It gives way to the other lane.
    Compiler,
    /// It waits for browsers and engines more than it computes.
    Browser,
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
    let (npm, pip) = (folders(|step| step.npm), folders(|step| step.pip));
    // Each waits for the network most of the time.
    thread::scope(|scope| {
        let installs: Vec<_> = (npm.iter())
            .map(|folder| scope.spawn(|| packages::npm(workspace, folder)))
            .chain((pip.iter()).map(|folder| scope.spawn(|| packages::pip(workspace, folder))))
            .collect();
        installs
            .into_iter()
            .try_for_each(|install| install.join().expect("no installation panics"))
    })
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
