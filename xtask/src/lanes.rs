//! Running the checks of `cargo xtask test`: alone, or in two lanes side by side.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;
use std::process::Stdio;
use std::sync::Mutex;
use std::thread;
use std::time::Instant;

use anyhow::{Context, Result, bail};

use crate::cost::{self, Cost};
use crate::process;
use crate::step::{Lane, Step};
use crate::workspace::Workspace;

/// Runs every step, prints how each ended, and gives back whether all passed.
///
/// The last line counts the steps: `N passed, N failed`.
pub(crate) fn run(workspace: &Workspace, steps: &[Step]) -> Result<bool> {
    let logs = workspace.own_target("logs");
    fs::create_dir_all(&logs)?;
    let run = Run {
        workspace,
        steps,
        logs: &logs,
        failed: Mutex::default(),
    };
    let started = Instant::now();
    for group in groups(steps) {
        run.group(&group);
    }
    println!(
        "\n{} steps in {:.0} s.",
        steps.len(),
        started.elapsed().as_secs_f32()
    );
    println!("What each said is in {}.", logs.display());
    let failed = run.failed.into_inner().expect("no lane panicked");
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

/// The steps, by their indices, that run at the same time: lanes side by side, and
/// in each lane one step after the other.
fn groups(steps: &[Step]) -> Vec<Vec<Vec<usize>>> {
    let mut groups = Vec::new();
    let mut next = 0;
    for together in steps.chunk_by(|a, b| a.lane != Lane::Alone && b.lane != Lane::Alone) {
        let lane = |lane| -> Vec<usize> {
            let indices = next..next + together.len();
            indices.filter(|&index| steps[index].lane == lane).collect()
        };
        let mut lanes = [Lane::Alone, Lane::Compiler, Lane::Browser]
            .map(lane)
            .to_vec();
        lanes.retain(|lane| !lane.is_empty());
        groups.push(lanes);
        next += together.len();
    }
    groups
}

/// What all lanes share.
struct Run<'a> {
    workspace: &'a Workspace,
    steps: &'a [Step],
    logs: &'a Path,
    failed: Mutex<Vec<&'static str>>,
}

impl Run<'_> {
    fn group(&self, lanes: &[Vec<usize>]) {
        let in_company = lanes.len() > 1;
        thread::scope(|scope| {
            for lane in lanes {
                scope.spawn(move || lane.iter().for_each(|&index| self.step(index, in_company)));
            }
        });
    }

    fn step(&self, index: usize, in_company: bool) {
        let step = &self.steps[index];
        let width = self.steps.iter().map(|step| step.name.len()).max();
        let (name, width) = (step.name, width.unwrap_or_default());
        let title = format!(
            "[{:>2}/{}] {name:width$}  {} … ",
            index + 1,
            self.steps.len(),
            step.about
        );
        // Of two that run at the same time, each line is printed when it is whole.
        if !in_company {
            print!("{title}");
            drop(io::stdout().flush());
        }
        let begun = Instant::now();
        let log = self.logs.join(format!("{name}.log"));
        let result = run_one(self.workspace, step, &log, in_company);
        let title = if in_company { &title } else { "" };
        let error = match result {
            Ok(cost) => {
                println!("{title}ok, {cost}");
                return;
            }
            Err(error) => error,
        };
        let seconds = begun.elapsed().as_secs_f32();
        let said = fs::read(&log).unwrap_or_default();
        println!(
            "{title}FAILED, {seconds:.1} s\n{}\n{name}: {error:#}",
            String::from_utf8_lossy(&said)
        );
        self.failed.lock().expect("no lane panicked").push(name);
    }
}

/// Runs the step's commands with all their output in the file `log`, where each
/// is followed by what it took.
fn run_one(workspace: &Workspace, step: &Step, log: &Path, in_company: bool) -> Result<Cost> {
    let mut file = File::create(log)?;
    let mut total = Cost::default();
    for mut command in (step.commands)(workspace)? {
        let line = process::line(&command);
        if in_company && step.lane == Lane::Compiler {
            command = process::giving_way(&command);
        }
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

#[cfg(test)]
mod tests {
    use super::groups;
    use crate::step::{Lane, Step};

    #[test]
    fn lanes_run_side_by_side_between_steps_that_run_alone() {
        let step = |lane| Step {
            lane,
            ..Step::PLAIN
        };
        let (alone, compiler, browser) = (Lane::Alone, Lane::Compiler, Lane::Browser);
        let lanes = [alone, compiler, browser, compiler, alone, alone, browser];
        assert_eq!(
            groups(&lanes.map(step)),
            [
                vec![vec![0]],
                vec![vec![1, 3], vec![2]],
                vec![vec![4]],
                vec![vec![5]],
                vec![vec![6]],
            ]
        );
    }
}
