//! The Godot project's checks: style, and the project packed and run in a real
//! engine, in Node for the logic and in Chromium for what a player sees.
//!
//! `cargo xtask godot build` makes what the engine is given, `compare` looks at
//! what it gave back. The tests themselves are in `godot/tests`.

mod addon;
mod corpus;
mod pack;
mod random;

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result};
use clap::Subcommand;
use protox::prost_reflect::DescriptorPool;

use crate::machine::{CHROMIUM, NODE, PYTHON, Tool};
use crate::workspace::Workspace;
use crate::{e2e, gdscript, packages, process, texts, web};

use corpus::{Corpus, Subject};
use pack::Pack;

/// What the style check needs.
pub(crate) const STYLE_TOOLS: &[Tool] = &[PYTHON];
/// What the engine tests need.
pub(crate) const TOOLS: &[Tool] = &[NODE, PYTHON, CHROMIUM];
/// The folders with npm packages: the engine, and the browser tests' helpers.
pub(crate) const NPM: &[&str] = &[FOLDER, "web-client/e2e"];
/// The folders with Python packages: gdtoolkit, and the tutorial's client.
pub(crate) const PIP: &[&str] = &[FOLDER, "web-client/e2e"];
/// The folder with gdtoolkit alone.
pub(crate) const STYLE_PIP: &[&str] = &[FOLDER];

const FOLDER: &str = "godot/tests";
const PROJECT: &str = "godot";

/// Folders of our scripts. The generated one is among them.
const SCRIPTS: [&str; 3] = ["godot/addons", "godot/demo", "godot/tests/scripts"];

/// Documents with scripts in them.
const DOCUMENTS: [&str; 3] = [
    "docs/godot.md",
    "docs/accounts.md",
    "godot/addons/guildhall/README.md",
];

/// How many random messages of each kind go through the engine.
const MESSAGES: usize = 10_000;
/// Any number will do, as long as a failure can be repeated.
const SEED: u64 = 20_251;

const SUBJECTS: [(Subject, &str); 2] = [
    (Subject::Packet, "packets.Packet"),
    (Subject::Everything, "everything.Everything"),
];

/// The parts of the engine tests that are ours.
#[derive(Debug, Clone, Subcommand)]
pub(crate) enum Part {
    /// Make the packs and the random messages.
    Build,
    /// Look at the files that games and the editor expect of the addon.
    Files,
    /// Compare the messages that GDScript wrote with prost's.
    Compare,
    /// Take the picture of the scene for the documents anew.
    Screenshot,
    /// Measure what a crowd costs a game, with several builds in turn.
    Measure {
        /// Builds: target/xtask/godot/measure.pck of each commit, copied
        #[arg(required = true)]
        packs: Vec<PathBuf>,
    },
}

/// `cargo xtask godot`.
///
/// # Errors
///
/// What could not be built, or the first message that differs.
pub(crate) fn run(workspace: &Workspace, part: Part) -> Result<()> {
    match part {
        Part::Build => build(workspace),
        Part::Files => addon::check(workspace),
        Part::Compare => compare(workspace),
        Part::Screenshot => screenshot(workspace),
        Part::Measure { packs } => measure(workspace, &packs),
    }
}

/// The style check: generated script, linter, formatter.
pub(crate) fn style(workspace: &Workspace) -> Result<Vec<Command>> {
    let mut stale = ourselves(workspace)?;
    stale.args(["gdscript", "--check"]);
    let mut stale_texts = ourselves(workspace)?;
    stale_texts.args(["texts", "--check"]);
    let mut files = ourselves(workspace)?;
    files.args(["godot", "files"]);
    let python = packages::python(workspace, FOLDER);
    let tool = |name: &str, flags: &[&str]| {
        let mut command = workspace.command(python.with_file_name(name));
        command.args(flags).args(SCRIPTS);
        command
    };
    Ok(vec![
        stale,
        stale_texts,
        files,
        tool("gdlint", &[]),
        tool("gdformat", &["--check"]),
    ])
}

/// The tests in Node.
pub(crate) fn logic(workspace: &Workspace) -> Result<Vec<Command>> {
    let mut compare = ourselves(workspace)?;
    compare.args(["godot", "compare"]);
    let mut commands = suite(workspace, &["logic"])?;
    commands.push(compare);
    Ok(commands)
}

/// The tests in Chromium.
pub(crate) fn scene(workspace: &Workspace) -> Result<Vec<Command>> {
    suite(
        workspace,
        &["scene", "conversations", "lines", "game", "moderation"],
    )
}

fn suite(workspace: &Workspace, names: &[&str]) -> Result<Vec<Command>> {
    let mut build = ourselves(workspace)?;
    build.args(["godot", "build"]);
    let mut run = node(workspace)?;
    // One file after the other: two cores do not bear many engines.
    run.args([
        "--test",
        "--test-reporter=spec",
        "--test-concurrency=1",
        e2e::NODE_TEST_TIMEOUT,
    ])
    .args(names.iter().map(|name| format!("suite/{name}.test.mjs")));
    Ok(vec![build, run])
}

fn screenshot(workspace: &Workspace) -> Result<()> {
    crate::machine::provide(TOOLS)?;
    for folder in NPM {
        packages::npm(workspace, folder)?;
    }
    for folder in PIP {
        packages::pip(workspace, folder)?;
    }
    web::build(workspace)?;
    process::run(&mut e2e::programs(workspace))?;
    build(workspace)?;
    let picture = workspace.root.join("docs/images/godot-scene.png");
    process::run(node(workspace)?.arg("screenshot.mjs").arg(picture))
}

fn measure(workspace: &Workspace, packs: &[PathBuf]) -> Result<()> {
    crate::machine::provide(TOOLS)?;
    for folder in NPM {
        packages::npm(workspace, folder)?;
    }
    let mut run = node(workspace)?;
    run.arg("measure.mjs");
    for pack in packs {
        // Node runs in the tests' folder.
        run.arg(fs::canonicalize(pack).with_context(|| pack.display().to_string())?);
    }
    process::run(&mut run)
}

/// Node in the tests' folder, told where everything is.
fn node(workspace: &Workspace) -> Result<Command> {
    let mut node = e2e::node(workspace)?;
    node.current_dir(workspace.root.join(FOLDER))
        .env("GUILDHALL_GODOT", workspace.own_target("godot"));
    Ok(node)
}

fn ourselves(workspace: &Workspace) -> Result<Command> {
    Ok(workspace.command(env::current_exe()?))
}

fn build(workspace: &Workspace) -> Result<()> {
    let built = workspace.own_target("godot");
    fs::create_dir_all(&built)?;
    let everything = gdscript::generate(&workspace.root.join(EVERYTHING), None)?;
    let languages = texts::generate_all(&workspace.root.join(THREE_LANGUAGES))?;
    let documents = documented_scripts(workspace)?;
    let project = |settings: fn(&str) -> String| -> Result<Vec<u8>> {
        let mut pack = Pack::default();
        pack.add_folder(&workspace.root.join(PROJECT), "")?;
        pack.add_folder(&workspace.root.join(FOLDER).join("scripts"), "tests/")?;
        pack.add_text("tests/everything.gd", everything.clone());
        pack.add_text("tests/three_languages.gd", languages.clone());
        for (number, script) in documents.iter().enumerate() {
            pack.add_text(&format!("tests/documents/{number}.gd"), script.clone());
        }
        let settings = settings(pack.text("project.godot")?);
        pack.add_text("project.godot", settings);
        pack.list_classes()?;
        Ok(pack.to_bytes())
    };
    fs::write(built.join("scene.pck"), project(scene_settings)?)?;
    fs::write(built.join("tests.pck"), project(tests_settings)?)?;
    fs::write(built.join("measure.pck"), project(measure_settings)?)?;
    for (corpus, name) in corpora(workspace)? {
        fs::write(built.join(format!("{name}.corpus")), &corpus.text)?;
        // What an earlier run wrote proves nothing.
        let written = built.join(format!("{name}.written"));
        if written.exists() {
            fs::remove_file(written)?;
        }
    }
    Ok(())
}

/// The scripts that readers of the documents copy.
fn documented_scripts(workspace: &Workspace) -> Result<Vec<String>> {
    let mut scripts = Vec::new();
    for document in DOCUMENTS {
        let text = fs::read_to_string(workspace.root.join(document)).context(document)?;
        for block in text.split("```gdscript\n").skip(1) {
            let end = block
                .find("```")
                .with_context(|| format!("{document}: an open block"))?;
            scripts.push(block[..end].to_owned());
        }
    }
    Ok(scripts)
}

fn compare(workspace: &Workspace) -> Result<()> {
    let built = workspace.own_target("godot");
    for (corpus, name) in corpora(workspace)? {
        let written = fs::read_to_string(built.join(format!("{name}.written")))
            .with_context(|| format!("the engine wrote no {name}"))?;
        let lines: Vec<_> = written.lines().map(str::to_owned).collect();
        corpus
            .check_written(&lines)
            .with_context(|| name.to_owned())?;
        println!("{}: {name} written as prost writes it", lines.len());
    }
    Ok(())
}

/// The test schema, from the workspace's root.
const EVERYTHING: &str = "xtask/testdata/everything.proto";

/// Catalogues of texts in three languages.
const THREE_LANGUAGES: &str = "xtask/testdata/words";

fn corpora(workspace: &Workspace) -> Result<Vec<(Corpus, &'static str)>> {
    let path = |file: &str| workspace.root.join(file);
    let files = [path(gdscript::SCHEMA), path(EVERYTHING)];
    let folders = files
        .each_ref()
        .map(|file| file.parent().unwrap_or(Path::new(".")));
    let pool = DescriptorPool::from_file_descriptor_set(protox::compile(&files, folders)?)?;
    SUBJECTS
        .iter()
        .map(|&(subject, name)| Ok((Corpus::random(subject, &pool, MESSAGES, SEED)?, name)))
        .collect()
}

/// The shipped project's settings, with a probe that tells what it shows. An
/// editor would import the icon first; nothing here needs it.
fn scene_settings(shipped: &str) -> String {
    shipped
        .replace("config/icon=\"res://icon.svg\"\n", "")
        .replace(
            "[autoload]\n",
            "[autoload]\n\nProbe=\"*res://tests/probe.gd\"\n",
        )
}

/// The shipped project's settings with a scene that chooses what is measured.
fn measure_settings(shipped: &str) -> String {
    shipped
        .replace("config/icon=\"res://icon.svg\"\n", "")
        .replace("res://demo/chat.tscn", "res://tests/measure.tscn")
}

/// Settings that run a test script, with the client under the tutorial's name.
fn tests_settings(shipped: &str) -> String {
    shipped
        .replace("config/icon=\"res://icon.svg\"\n", "")
        .replace("res://demo/chat.tscn", "res://tests/run.tscn")
        .replace(
            "[autoload]\n",
            "[autoload]\n\nWS=\"*res://addons/guildhall/guildhall.gd\"\n",
        )
}
