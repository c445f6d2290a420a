//! `cargo xtask fuzz`: libFuzzer on the targets of the folder `fuzz`, with a nightly compiler.
//! The tests do without it: they replay what it has found.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, bail, ensure};
use clap::Args;
use serde::Deserialize;

use crate::downloads::tools::CargoTool;
use crate::machine::{self, Tool};
use crate::process;
use crate::workspace::Workspace;

/// The folder of the crate with the targets, which has their committed inputs in `corpus`.
const FOLDER: &str = "fuzz";

/// The most bytes of an input.
const MAX_BYTES: usize = 8 * 1024;
/// The most bytes of one that is committed.
const MAX_COMMITTED: usize = 2 * 1024;
/// How many seconds one input may take.
const TIMEOUT: u32 = 20;

/// Builds and runs the targets.
const CARGO_FUZZ: CargoTool = CargoTool::new("cargo-fuzz", "0.13.2");

/// The compiler that can build them.
const NIGHTLY: Tool = Tool {
    name: "a nightly Rust",
    present: || process::succeeds(Command::new("rustup").args(["run", "nightly", "rustc", "-V"])),
    rustup: &["toolchain", "install", "nightly", "--profile", "minimal"],
    debian: &[],
};

/// The targets to fuzz.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// The target; all of them, one after the other, if none is named.
    target: Option<String>,
    /// How long each target runs.
    #[arg(long, default_value_t = 5)]
    minutes: u64,
    /// Do not run: choose the committed inputs anew, from these and from what was found.
    #[arg(long)]
    minimise: bool,
}

/// The part of the crate's manifest that is read here.
#[derive(Debug, Deserialize)]
struct Manifest {
    bin: Vec<Named>,
}

#[derive(Debug, Deserialize)]
struct Named {
    name: String,
}

/// Builds the targets and runs them.
///
/// # Errors
///
/// If a target fails: libFuzzer has said where the input is.
pub(crate) fn run(workspace: &Workspace, options: &Options) -> Result<()> {
    machine::provide(&[NIGHTLY])?;
    let all = targets(workspace)?;
    let targets: Vec<_> = match &options.target {
        None => all,
        Some(target) if all.contains(target) => vec![target.clone()],
        Some(target) => bail!("no target {target}: they are {}", all.join(", ")),
    };
    for target in targets {
        if options.minimise {
            minimise(workspace, &target)?;
            continue;
        }
        let found = found(workspace, &target);
        fs::create_dir_all(&found)?;
        let mut fuzz = fuzz(workspace, &target)?;
        fuzz.args([&found, &committed(workspace, &target)]).args([
            "--".to_owned(),
            format!("-max_total_time={}", options.minutes * 60),
            format!("-max_len={MAX_BYTES}"),
            format!("-timeout={TIMEOUT}"),
            "-print_final_stats=1".to_owned(),
        ]);
        process::run(&mut fuzz)?;
    }
    Ok(())
}

/// The names of all targets: the crate's programs.
fn targets(workspace: &Workspace) -> Result<Vec<String>> {
    let manifest = workspace.root.join(FOLDER).join("Cargo.toml");
    let text = fs::read_to_string(&manifest).with_context(|| manifest.display().to_string())?;
    let manifest: Manifest = toml::from_str(&text)?;
    Ok(manifest.bin.into_iter().map(|bin| bin.name).collect())
}

/// Chooses the fewest inputs that reach all that is reached.
fn minimise(workspace: &Workspace, target: &str) -> Result<()> {
    let committed = committed(workspace, target);
    let found = found(workspace, target);
    let chosen = found.with_extension("chosen");
    if chosen.exists() {
        fs::remove_dir_all(&chosen)?;
    }
    for folder in [&found, &chosen] {
        fs::create_dir_all(folder)?;
    }
    let mut fuzz = fuzz(workspace, target)?;
    fuzz.args([&chosen, &committed, &found]).args([
        "--".to_owned(),
        "-set_cover_merge=1".to_owned(),
        format!("-max_len={MAX_COMMITTED}"),
    ]);
    process::run(&mut fuzz)?;
    let inputs = fs::read_dir(&chosen)?.collect::<Result<Vec<_>, _>>()?;
    ensure!(!inputs.is_empty(), "no input of {target} was chosen");
    fs::remove_dir_all(&committed)?;
    fs::create_dir_all(&committed)?;
    for input in inputs {
        fs::copy(input.path(), committed.join(input.file_name()))?;
    }
    Ok(())
}

/// `cargo fuzz run` for a target, as far as the folders of its inputs.
fn fuzz(workspace: &Workspace, target: &str) -> Result<Command> {
    let mut fuzz = CARGO_FUZZ.command(workspace)?;
    fuzz.args(["run", "--fuzz-dir", FOLDER, "--features", "libfuzzer"]);
    // There is no unsafe code of ours for a sanitizer to find faults in, and it takes half of the
    // speed. What debug builds assert is asserted all the same.
    fuzz.args(["--sanitizer", "none", target]);
    fuzz.env("CARGO_TARGET_DIR", workspace.own_target("fuzz"))
        .env("CARGO_PROFILE_RELEASE_LTO", "off")
        .env("RUSTUP_TOOLCHAIN", "nightly")
        // The cargo that runs us is of another toolchain.
        .env_remove("CARGO")
        .env_remove("RUSTC");
    Ok(fuzz)
}

/// The folder of the inputs that are replayed by the tests.
fn committed(workspace: &Workspace, target: &str) -> PathBuf {
    let corpus = Path::new(FOLDER).join("corpus");
    workspace.root.join(corpus).join(target)
}

/// The folder of all inputs that were found here.
fn found(workspace: &Workspace, target: &str) -> PathBuf {
    workspace.own_target("fuzz-corpus").join(target)
}
