//! Tells the program which commit it is built from, for `guildhall --version`.
//!
//! A build that is optimised asks git. Others do not: during development, every commit would
//! compile the crate again. Without git, the version stands alone.

use std::path::PathBuf;
use std::process::Command;
use std::{env, fs};

/// The commit and its date, such as `8b41893a1b 2026-11-26`, from outside.
const COMMIT: &str = "GUILDHALL_COMMIT";

fn main() {
    // At least one such line, or cargo runs this again for any change in the folder.
    println!("cargo::rerun-if-env-changed={COMMIT}");
    let version = env!("CARGO_PKG_VERSION");
    let version = match env::var(COMMIT).ok().or_else(commit) {
        Some(commit) if !commit.is_empty() => format!("{version} ({commit})"),
        _ => version.to_owned(),
    };
    println!("cargo::rustc-env=VERSION_AND_COMMIT={version}");
}

/// The commit that is checked out, by git. Cargo then runs this again after the next commit.
fn commit() -> Option<String> {
    if env::var("PROFILE").is_ok_and(|profile| profile == "debug") {
        return None;
    }
    // Another project's repository may be around an unpacked source.
    git(&["ls-files", "--error-unmatch", "build.rs"])?;
    let commit = git(&["show", "--no-patch", "--format=%h %cs", "--abbrev=10"])?;
    let log = PathBuf::from(git(&["rev-parse", "--git-path", "logs/HEAD"])?);
    // Cargo would run this at every build for a file that does not exist.
    let log = fs::canonicalize(log).ok()?;
    println!("cargo::rerun-if-changed={}", log.display());
    Some(commit)
}

/// The output of git, or none if it fails or is not there.
fn git(arguments: &[&str]) -> Option<String> {
    let output = Command::new("git").args(arguments).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    output.status.success().then(|| text.trim().to_owned())
}
