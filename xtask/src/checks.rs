//! `cargo xtask test`: the project's checks, from the quickest to the slowest.
//!
//! To add one, add a [`Step`] to [`CHECKS`].

use std::env;
use std::process::Command;

use anyhow::{Result, bail, ensure};

use crate::api_document;
use crate::autobahn;
use crate::e2e;
use crate::godot;
use crate::lanes;
use crate::machine::{CADDY, CLIPPY, GIT, HAPROXY, NGINX, PEBBLE, PROMTOOL, RUSTFMT, STRACE};
use crate::soak;
use crate::step::{self, Lane, Step};
use crate::toolchain::{self, BARE, Toolchain, WASM};
use crate::workspace::Workspace;

/// Every check, in the order they run. Neighbours that are of two lanes run side by
/// side; so what another step uses is above a step that runs alone.
const CHECKS: &[Step] = &[
    Step {
        name: "format",
        about: "the code is formatted",
        tools: &[RUSTFMT],
        commands: |workspace| Ok(cargo(workspace, &["fmt", "--all", "--check"])),
        ..Step::PLAIN
    },
    Step {
        name: "hygiene",
        about: "the repository holds what it should",
        tools: &[GIT],
        commands: |workspace| ourselves(workspace, "hygiene"),
        ..Step::PLAIN
    },
    Step {
        name: "vocabulary",
        about: "the names in the code are the usual terms",
        tools: &[GIT],
        commands: |workspace| ourselves(workspace, "vocabulary"),
        ..Step::PLAIN
    },
    Step {
        name: "imports",
        about: "the files of each crate import each other one way",
        commands: |workspace| ourselves(workspace, "imports"),
        ..Step::PLAIN
    },
    Step {
        name: "dependencies",
        about: "the crates that are built are as deny.toml wants them",
        commands: |workspace| ourselves(workspace, "dependencies"),
        ..Step::PLAIN
    },
    Step {
        name: "dist",
        about: "the files that downloads are made from are in order",
        commands: |workspace| {
            let mut commands = ourselves(workspace, "dist")?;
            for command in &mut commands {
                command.arg("--check");
            }
            Ok(commands)
        },
        ..Step::PLAIN
    },
    // The server embeds the page, so this comes before all that compiles the server.
    Step {
        name: "web",
        about: "the browser client builds and is small",
        lane: Lane::Compiler,
        tools: &[toolchain::FOR_WASM],
        commands: |workspace| ourselves(workspace, "web"),
        ..Step::PLAIN
    },
    Step {
        name: "godot-style",
        about: "the Godot scripts are generated, linted and formatted",
        lane: Lane::Browser,
        tools: godot::STYLE_TOOLS,
        pip: godot::STYLE_PIP,
        commands: godot::style,
        ..Step::PLAIN
    },
    Step {
        name: "tests",
        about: "unit and integration tests",
        tools: &[STRACE, NGINX, HAPROXY, CADDY, PEBBLE, PROMTOOL],
        commands: |workspace| {
            Ok(cargo(
                workspace,
                &[
                    "test",
                    "--workspace",
                    "--lib",
                    "--bins",
                    "--tests",
                    "--locked",
                ],
            ))
        },
        proof: Some(tests_ran),
        ..Step::PLAIN
    },
    Step {
        name: "autobahn",
        about: "WebSockets are read and written as the Autobahn suite wants it",
        tools: autobahn::TOOLS,
        pip: autobahn::FOLDERS,
        commands: |workspace| {
            let mut commands = ourselves(workspace, "autobahn")?;
            for command in &mut commands {
                command.arg("--check");
            }
            Ok(commands)
        },
        proof: Some(autobahn::cases_ran),
        ..Step::PLAIN
    },
    Step {
        name: "programs",
        about: "the server, and the proxy that cuts connections, build",
        after: &["web"],
        commands: |workspace| Ok(vec![e2e::programs(workspace)]),
        ..Step::PLAIN
    },
    Step {
        name: "soak",
        about: "many clients and all kinds of faults leave nothing behind",
        after: &["web"],
        tools: soak::TOOLS,
        commands: |workspace| Ok(soak::short(workspace)),
        proof: Some(soak::has_passed),
        ..Step::PLAIN
    },
    Step {
        name: "clippy",
        about: "no warnings",
        lane: Lane::Compiler,
        tools: &[CLIPPY],
        commands: |workspace| {
            let flags = [
                "--workspace",
                "--all-targets",
                "--locked",
                "--",
                "-Dwarnings",
            ];
            Ok(cargo(workspace, &[&["clippy"], &flags[..]].concat()))
        },
        ..Step::PLAIN
    },
    Step {
        name: "docs",
        about: "the documentation builds",
        lane: Lane::Compiler,
        commands: |workspace| Ok(vec![docs(workspace)]),
        ..Step::PLAIN
    },
    Step {
        name: "doc-tests",
        about: "the examples in the documentation",
        lane: Lane::Compiler,
        commands: |workspace| {
            Ok(cargo(
                workspace,
                &["test", "--workspace", "--doc", "--locked"],
            ))
        },
        proof: Some(tests_ran),
        ..Step::PLAIN
    },
    Step {
        name: "loom",
        about: "what threads share, under every order of theirs",
        lane: Lane::Compiler,
        commands: |workspace| ourselves(workspace, "loom"),
        proof: Some(tests_ran),
        ..Step::PLAIN
    },
    Step {
        name: "benches",
        about: "the benches run",
        lane: Lane::Compiler,
        commands: |workspace| {
            // Each runs once, and nobody looks at its times: no slow build is needed.
            let what = ["--workspace", "--bench", "*", "--locked"];
            Ok(cargo(
                workspace,
                &[&["test"], &what[..], &["--", "--test"]].concat(),
            ))
        },
        proof: Some(benches_ran),
        ..Step::PLAIN
    },
    Step {
        name: "web-clippy",
        about: "no warnings in what the browser runs",
        lane: Lane::Compiler,
        tools: &[toolchain::FOR_WASM, toolchain::CLIPPY_FOR_WASM],
        commands: web_clippy,
        ..Step::PLAIN
    },
    Step {
        name: "no-std",
        about: "protocol and client session build where there is no std",
        lane: Lane::Compiler,
        tools: &[toolchain::FOR_BARE],
        commands: |workspace| {
            let mut build = Toolchain::get(BARE)?.build(workspace, false)?;
            build.args([
                "--package",
                "guildhall-protocol",
                "--package",
                "guildhall-client",
                "--locked",
            ]);
            Ok(vec![build])
        },
        ..Step::PLAIN
    },
    Step {
        name: "api",
        about: "the HTTP API is what its document says",
        lane: Lane::Browser,
        after: &["web", "programs"],
        tools: api_document::TOOLS,
        pip: api_document::FOLDERS,
        commands: |workspace| Ok(vec![api_document::test(workspace)]),
        proof: Some(api_document::all_ran),
        ..Step::PLAIN
    },
    Step {
        name: "e2e",
        about: "people chat, in real browsers",
        lane: Lane::Browser,
        after: &["web", "programs"],
        tools: e2e::TOOLS,
        npm: e2e::FOLDERS,
        pip: e2e::FOLDERS,
        commands: e2e::tests,
        proof: Some(e2e::tests_ran),
    },
    Step {
        name: "godot",
        about: "the Godot addon, in the engine",
        lane: Lane::Browser,
        after: &["web", "programs"],
        tools: godot::TOOLS,
        npm: godot::NPM,
        pip: godot::PIP,
        commands: godot::logic,
        proof: Some(e2e::tests_ran),
    },
    Step {
        name: "godot-scene",
        about: "people chat in the Godot scene",
        lane: Lane::Browser,
        after: &["web", "programs"],
        tools: godot::TOOLS,
        npm: godot::NPM,
        pip: godot::PIP,
        commands: godot::scene,
        proof: Some(e2e::tests_ran),
    },
];

/// Prints every check with its name.
pub(crate) fn list() {
    for Step { name, about, .. } in CHECKS {
        println!("{name:12} {about}");
    }
}

/// Runs the named checks, or all of them, and gives back whether they passed.
pub(crate) fn run(workspace: &Workspace, names: &[String]) -> Result<bool> {
    let mut steps = CHECKS.to_vec();
    if let Some(unknown) = names
        .iter()
        .find(|name| steps.iter().all(|step| step.name != **name))
    {
        bail!("no check is named {unknown}; cargo xtask test --list has them all");
    }
    let wanted = with_what_they_use(names);
    steps.retain(|step| names.is_empty() || wanted.contains(&step.name));
    step::set_up(workspace, &steps)?;
    lanes::run(workspace, &steps)
}

/// The names of these checks and of those whose output they use.
fn with_what_they_use(names: &[String]) -> Vec<&'static str> {
    let called = |step: &&Step| names.iter().any(|name| name == step.name);
    let uses = |step: &Step| step.after.iter().copied().chain([step.name]);
    CHECKS.iter().filter(called).flat_map(uses).collect()
}

/// One cargo command.
fn cargo(workspace: &Workspace, arguments: &[&str]) -> Vec<Command> {
    let mut command = workspace.cargo();
    command.args(arguments);
    vec![command]
}

/// This program with another subcommand, so that its output is captured too.
fn ourselves(workspace: &Workspace, subcommand: &str) -> Result<Vec<Command>> {
    let mut command = workspace.command(env::current_exe()?);
    command.arg(subcommand);
    Ok(vec![command])
}

fn docs(workspace: &Workspace) -> Command {
    let mut doc = workspace.cargo();
    doc.args(["doc", "--workspace", "--no-deps", "--locked"])
        .env("RUSTDOCFLAGS", "-Dwarnings");
    doc
}

fn web_clippy(workspace: &Workspace) -> Result<Vec<Command>> {
    let with = |flags: &[&str]| -> Result<Command> {
        let mut clippy = Toolchain::get(WASM)?.clippy(workspace, true)?;
        clippy
            .args(["--package", "guildhall-web", "--locked"])
            .args(flags);
        clippy.args(["--", "-Dwarnings"]);
        Ok(clippy)
    };
    Ok(vec![with(&[])?, with(&["--no-default-features"])?])
}

/// Some test of a cargo run was executed.
fn tests_ran(output: &str) -> Result<()> {
    let passed = output.lines().filter_map(|line| {
        let counts = line.strip_prefix("test result: ok. ")?;
        counts.split(' ').next()?.parse::<u64>().ok()
    });
    ensure!(passed.sum::<u64>() > 0, "no test ran");
    Ok(())
}

/// Some benchmark of criterion's test mode was executed.
fn benches_ran(output: &str) -> Result<()> {
    ensure!(
        output.lines().any(|line| line.trim() == "Success"),
        "no benchmark ran"
    );
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{CHECKS, Lane, benches_ran, tests_ran, with_what_they_use};

    #[test]
    fn a_run_of_nothing_is_no_pass() {
        let nothing = "test result: ok. 0 passed; 0 failed; 0 ignored; 0 measured; 7 filtered out";
        assert!(tests_ran(nothing).is_err());
        assert!(tests_ran(&nothing.replace("0 passed", "3 passed")).is_ok());
        assert!(benches_ran("running 0 tests").is_err());
        assert!(benches_ran("Testing fan-out/10\nSuccess").is_ok());
    }

    #[test]
    fn a_check_by_name_brings_what_it_uses() {
        let check = |name: &str, expected: &[&str]| {
            assert_eq!(with_what_they_use(&[name.to_owned()]), expected);
        };
        check("e2e", &["web", "programs", "e2e"]);
        check("docs", &["docs"]);
    }

    #[test]
    fn what_a_check_uses_has_ended_before_it() {
        for (at, step) in CHECKS.iter().enumerate() {
            for name in step.after {
                let used = CHECKS.iter().position(|step| step.name == *name);
                let between = &CHECKS[used.unwrap()..at];
                assert!(
                    between.iter().any(|step| step.lane == Lane::Alone),
                    "{name} may run beside {}",
                    step.name
                );
            }
        }
    }

    #[test]
    fn names_are_unique() {
        let mut names: Vec<_> = CHECKS.iter().map(|step| step.name).collect();
        names.sort_unstable();
        let count = names.len();
        names.dedup();
        assert_eq!(names.len(), count);
    }
}
