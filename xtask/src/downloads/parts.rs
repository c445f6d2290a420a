//! The parts of the program: the licences of all crates, and a list of them that programs read.

use std::fs;

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use super::program::Architecture;
use super::release::Release;
use super::tools;
use crate::process;
use crate::workspace::Workspace;

/// The crate of the program.
const MANIFEST: &str = "cli/Cargo.toml";

/// The texts of the licences of everything that is in the program.
///
/// # Errors
///
/// If a crate has a licence that `packaging/about.toml` does not know.
pub(super) fn licences(workspace: &Workspace) -> Result<Vec<u8>> {
    // All crates are there before, so nothing is asked of the network: the licences are those in
    // the crates.
    process::run(workspace.cargo().args(["fetch", "--quiet", "--locked"]))?;
    let mut about = tools::ABOUT.command(workspace)?;
    about.args([
        "generate",
        "--fail",
        "--frozen",
        "--manifest-path",
        MANIFEST,
    ]);
    about.args(["--config", "packaging/about.toml", "packaging/about.hbs"]);
    Ok(process::output(&mut about)?.into_bytes())
}

/// The list of all parts with their versions, licences and checksums (`CycloneDX` 1.5, JSON).
///
/// # Errors
///
/// If cargo-cyclonedx fails.
pub(super) fn list(workspace: &Workspace, release: &Release) -> Result<Vec<u8>> {
    let mut cyclonedx = tools::CYCLONEDX.command(workspace)?;
    // The same crates are in the other architecture's program.
    cyclonedx.args(["--manifest-path", MANIFEST, "--format", "json"]);
    cyclonedx.args(["--target", Architecture::Amd64.target()]);
    cyclonedx.args(["--spec-version", "1.5", "--no-build-deps", "--quiet"]);
    cyclonedx.args(["--override-filename", "guildhall.cdx"]);
    process::run(release.tell(&mut cyclonedx))?;
    // It writes beside the manifest of each crate of the workspace.
    let mut list = None;
    for (folder, _) in workspace.crates()? {
        let path = workspace
            .root
            .join(&folder)
            .with_file_name("guildhall.cdx.json");
        if path.is_file() {
            if folder == "cli/src" {
                list = Some(fs::read_to_string(&path)?);
            }
            fs::remove_file(&path)?;
        }
    }
    let list = list.context("cargo-cyclonedx wrote no list")?;
    without_paths(&list, &workspace.root.to_string_lossy())
}

/// The list, in which the workspace's own crates have no folder of this machine.
fn without_paths(list: &str, root: &str) -> Result<Vec<u8>> {
    let list = list.replace(&format!("path+file://{root}/"), "path+file:///");
    ensure!(!list.contains(root), "the list of parts names {root}");
    let mut list: Value = serde_json::from_str(&list)?;
    if let Some(fields) = list.as_object_mut() {
        // By chance, so that no two lists would be the same.
        fields.remove("serialNumber");
    }
    let mut bytes = serde_json::to_vec_pretty(&list)?;
    bytes.push(b'\n');
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use toml::{Table, Value};

    use super::*;

    /// The crates with a licence of their own that no program for Linux has: for fuzzing, and for
    /// Windows.
    const IN_NO_PROGRAM: [&str; 3] = ["clipboard-win", "error-code", "libfuzzer-sys"];

    fn table(name: &str) -> Table {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
        fs::read_to_string(root.join(name))
            .unwrap()
            .parse()
            .unwrap()
    }

    /// Otherwise only the next release would show that a crate has another licence.
    #[test]
    fn the_licences_that_are_allowed_are_those_whose_texts_are_collected() {
        let (allowed, collected) = (table("deny.toml"), table("packaging/about.toml"));
        let allowed = &allowed["licenses"];
        let sorted = |list: &Value| -> Vec<String> {
            let names = list.as_array().unwrap().iter();
            let mut names: Vec<_> = names.map(|it| it.as_str().unwrap().to_owned()).collect();
            names.sort();
            names
        };
        assert_eq!(sorted(&allowed["allow"]), sorted(&collected["accepted"]));
        for exception in allowed["exceptions"].as_array().unwrap() {
            let name = exception["crate"].as_str().unwrap();
            if !IN_NO_PROGRAM.contains(&name) {
                let own = sorted(&collected[name]["accepted"]);
                assert_eq!(sorted(&exception["allow"]), own, "{name}");
            }
        }
    }

    #[test]
    fn a_list_names_no_folder_and_no_chance() {
        let list = r#"{"serialNumber": "urn:uuid:1", "ref": "path+file:///a/b/cli#0.1.0"}"#;
        let bytes = without_paths(list, "/a/b").unwrap();
        let text = String::from_utf8(bytes).unwrap();
        assert_eq!(text, "{\n  \"ref\": \"path+file:///cli#0.1.0\"\n}\n");
        assert!(without_paths(r#"{"purl": "file:///a/b"}"#, "/a/b").is_err());
    }
}
