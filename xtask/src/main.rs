//! The project's commands: `cargo xtask serve`, `cargo xtask test` and more.
//!
//! Each sets up what it needs first and says what it installs.

mod api_document;
mod autobahn;
mod checks;
mod cost;
mod dependencies;
mod dist;
mod downloads;
mod e2e;
mod fuzz;
mod gdscript;
mod godot;
mod hygiene;
mod imports;
mod lanes;
mod loom;
mod machine;
mod messages;
mod packages;
mod process;
mod repository;
mod serve;
mod soak;
mod step;
mod texts;
mod toolchain;
mod vocabulary;
mod web;
mod workspace;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::workspace::Workspace;

/// The commands of the Guildhall project.
#[derive(Debug, Parser)]
#[command(bin_name = "cargo xtask")]
struct Arguments {
    #[command(subcommand)]
    task: Task,
}

#[derive(Debug, Subcommand)]
enum Task {
    /// Build everything, run the server and print the address to open.
    Serve {
        /// Flags of the server, after `--`.
        #[arg(last = true)]
        flags: Vec<String>,
    },
    /// Run every check, or those that are named.
    Test {
        /// Print the names of the checks.
        #[arg(long)]
        list: bool,
        /// The checks to run.
        names: Vec<String>,
    },
    /// Have many clients and all kinds of faults at a server, for an hour.
    Soak(soak::Options),
    /// Build the browser client into web-client/dist.
    Web,
    /// Make everything that others download, in target/dist.
    Dist(downloads::Options),
    /// Write the Godot addon's packets.gd from the schema.
    Gdscript {
        /// Only say whether the committed one is stale.
        #[arg(long)]
        check: bool,
    },
    /// Write the messages of the schemas in Rust.
    Messages {
        /// Only say whether the committed ones are stale.
        #[arg(long)]
        check: bool,
    },
    /// Write the catalogues' texts in Rust and in GDScript.
    Texts {
        /// Only say whether the committed ones are stale.
        #[arg(long)]
        check: bool,
    },
    /// Parts of the Godot checks, which run them themselves.
    Godot {
        /// Which part.
        #[command(subcommand)]
        part: godot::Part,
    },
    /// Look for files that do not belong into the repository.
    Hygiene,
    /// Hold the crates that are built to deny.toml.
    Dependencies,
    /// Run the Autobahn test suite, and write its results into docs/autobahn.md.
    Autobahn {
        /// Only say whether the committed ones are stale.
        #[arg(long)]
        check: bool,
    },
    /// Let libFuzzer look for inputs that break something, with a nightly compiler.
    Fuzz(fuzz::Options),
    /// Run the model tests of what threads share.
    Loom,
    /// Look for circles among the files of a crate, and for imports against the
    /// order of the floors.
    Imports,
    /// Look for names that the project's vocabulary has replaced.
    Vocabulary,
    /// Take the pictures in docs/images anew.
    Screenshots,
}

fn main() -> ExitCode {
    let task = Arguments::parse().task;
    let result = Workspace::find().and_then(|workspace| {
        match task {
            Task::Serve { flags } => return serve::run(&workspace, &flags),
            Task::Test { list: true, .. } => checks::list(),
            Task::Test { names, .. } => {
                if !checks::run(&workspace, &names)? {
                    return Ok(ExitCode::FAILURE);
                }
            }
            Task::Soak(options) => soak::run(&workspace, options)?,
            Task::Web => web::build(&workspace)?,
            Task::Dist(options) => downloads::run(&workspace, &options)?,
            Task::Gdscript { check } => gdscript::run(&workspace.root, check)?,
            Task::Messages { check } => messages::run(&workspace.root, check)?,
            Task::Texts { check } => texts::run(&workspace.root, check)?,
            Task::Godot { part } => godot::run(&workspace, part)?,
            Task::Hygiene => hygiene::check(&workspace)?,
            Task::Dependencies => dependencies::check(&workspace)?,
            Task::Autobahn { check } => autobahn::run(&workspace, check)?,
            Task::Fuzz(options) => fuzz::run(&workspace, &options)?,
            Task::Loom => loom::run(&workspace)?,
            Task::Imports => imports::check(&workspace)?,
            Task::Vocabulary => vocabulary::check(&workspace)?,
            Task::Screenshots => e2e::screenshots(&workspace)?,
        }
        Ok(ExitCode::SUCCESS)
    });
    result.unwrap_or_else(|error| {
        eprintln!("error: {error:#}");
        ExitCode::FAILURE
    })
}
