//! `cargo xtask web`: the browser client from Rust to `web-client/dist`.
//!
//! The crate is built twice: as the page that the server serves, and as the
//! library in `dist/lib` for web games that bring a page of their own.

mod short_names;

use std::collections::hash_map::DefaultHasher;
use std::fs;
use std::hash::{Hash, Hasher};
use std::path::Path;
use std::time::Instant;

use anyhow::{Context, Result};
use wasm_bindgen_cli_support::Bindgen;

use crate::dist::{self, Dist};
use crate::toolchain::{self, Toolchain, WASM};
use crate::workspace::Workspace;
use crate::{machine, process};
use short_names::ShortNames;

/// What the output is made from: any change here makes it stale.
const SOURCES: [&str; 8] = [
    ".cargo",
    "Cargo.toml",
    "Cargo.lock",
    "proto",
    "protocol",
    "client",
    "web-client",
    "xtask",
];
/// Folders among them that are output, or have no part in it.
const NO_SOURCES: [&str; 4] = ["dist", "e2e", "node_modules", "staff"];

/// Builds `web-client/dist`, unless it is up to date, and prints the sizes.
///
/// # Errors
///
/// When a build fails, or the page is larger than its budget.
pub(crate) fn build(workspace: &Workspace) -> Result<()> {
    machine::provide(&[toolchain::FOR_WASM])?;
    let toolchain = Toolchain::get(WASM)?;
    let stamp_path = workspace.own_target("web.stamp");
    let stamp = stamp(workspace, toolchain)?;
    let dist_root = workspace.dist();
    let fresh = fs::read_to_string(&stamp_path).is_ok_and(|old| old == stamp);
    if fresh && dist_root.join("guildhall_bg.wasm").is_file() {
        println!("The web client is up to date.");
        return Ok(());
    }

    let started = Instant::now();
    let mut dist = Dist::default();
    dist.add_folder(&workspace.root.join("web-client/page"), Path::new(""))
        .context("the page's files")?;
    for (variant, folder) in [("page", ""), ("library", dist::LIBRARY)] {
        println!("Building the web client: {variant}.");
        let bindings = bindings(workspace, toolchain, variant)?;
        dist.add_folder(&bindings, Path::new(folder))?;
    }
    dist.shorten_page()?;
    dist.compress()?;
    // What is written next and found too large is not what the old stamp stands for.
    if stamp_path.exists() {
        fs::remove_file(&stamp_path)?;
    }
    dist.write(&dist_root)?;
    dist.check_sizes()?;
    fs::write(&stamp_path, stamp)?;
    println!(
        "web-client/dist is ready, in {:.1} s.",
        started.elapsed().as_secs_f32()
    );
    Ok(())
}

/// Compiles the crate with the feature that is named like the variant, and
/// writes its JavaScript, its TypeScript declarations and the final wasm file.
/// Gives back their folder.
fn bindings(
    workspace: &Workspace,
    toolchain: Toolchain,
    variant: &str,
) -> Result<std::path::PathBuf> {
    let what = ["--package", "guildhall-web", "--profile", "wasm"];
    // Both variants end in one file, and cargo would take the other's for its own.
    process::run(toolchain.clean(workspace)?.arg("--quiet").args(what))?;
    process::run(
        toolchain
            .build(workspace, true)?
            .arg("--lib")
            .args(what)
            .args(["--no-default-features", "--features", variant]),
    )?;
    let wasm = toolchain
        .output(workspace, "wasm")
        .join("guildhall_web.wasm");

    let folder = workspace.own_target("web").join(variant);
    if folder.exists() {
        fs::remove_dir_all(&folder)?;
    }
    fs::create_dir_all(&folder)?;
    let mut output = Bindgen::new()
        .input_path(&wasm)
        .out_name("guildhall")
        .web(true)?
        .typescript(true)
        // So that `init()` finds the wasm file beside the JavaScript.
        .omit_default_module_path(false)
        .remove_name_section(true)
        .remove_producers_section(true)
        .generate_output()
        .with_context(|| format!("no bindings for {}", wasm.display()))?;
    if variant == "page" {
        let wasm = output.wasm_mut();
        let imports = wasm.imports.iter_mut().map(|it| &mut it.name);
        let exports = wasm.exports.iter_mut().map(|it| &mut it.name);
        let names = ShortNames::shorten(imports.chain(exports));
        output.emit(&folder)?;
        for file in ["guildhall.js", "guildhall_bg.wasm.d.ts"] {
            let path = folder.join(file);
            fs::write(&path, names.apply(&fs::read_to_string(&path)?))?;
        }
    } else {
        output.emit(&folder)?;
    }
    Ok(folder)
}

/// A fingerprint of everything the output depends on.
fn stamp(workspace: &Workspace, toolchain: Toolchain) -> Result<String> {
    let mut hasher = DefaultHasher::new();
    toolchain.version()?.hash(&mut hasher);
    for source in SOURCES {
        hash_path(&workspace.root.join(source), &mut hasher)?;
    }
    Ok(format!("{:016x}", hasher.finish()))
}

fn hash_path(path: &Path, hasher: &mut DefaultHasher) -> Result<()> {
    path.hash(hasher);
    if path.is_file() {
        fs::read(path)?.hash(hasher);
        return Ok(());
    }
    let mut children = Vec::new();
    for entry in fs::read_dir(path)? {
        let entry = entry?;
        if !NO_SOURCES.iter().any(|name| entry.file_name() == *name) {
            children.push(entry.path());
        }
    }
    children.sort();
    children
        .iter()
        .try_for_each(|child| hash_path(child, hasher))
}
