//! The contents of packages: their settings, and a version that names what it was built from.

use std::fs;

use crate::data_folder::Folder;
use crate::program::{self, Program, command};

/// The settings of the Debian package.
const SETTINGS: &str = "../packaging/debian/guildhall.toml";

/// These settings, with a folder and a port of this test.
fn settings(folder: &Folder) -> String {
    let text = fs::read_to_string(SETTINGS).unwrap();
    let data = format!("\ndata = \"{}\"\n", folder.join("data").display());
    let ours = text
        .replace("\ndata = \"/var/lib/guildhall\"\n", &data)
        .replace("\nport = 8080\n", "\nport = 0\n");
    assert!(
        ours.contains(&data) && ours.contains("\nport = 0\n"),
        "{text}"
    );
    ours
}

#[test]
fn a_server_starts_with_the_settings_of_the_package() {
    let folder = Folder::empty();
    let file = folder.join("guildhall.toml");
    fs::write(&file, settings(&folder)).unwrap();
    let file = file.to_str().unwrap();
    let checked = program::run(command(&["check", file]));
    let error = String::from_utf8(checked.stderr).unwrap();
    assert!(checked.status.success() && error.is_empty(), "{error}");
    let program = Program::start(&["--config", file]);
    assert!(program.address().ip().is_loopback());
    assert!(folder.join("data").is_dir());
}

#[test]
fn the_version_is_a_number_and_perhaps_a_commit_with_its_date() {
    let printed = program::run(command(&["--version"])).stdout;
    let printed = String::from_utf8(printed).unwrap();
    let version = printed.strip_prefix("guildhall ").unwrap();
    let (number, commit) = match version.trim_end().split_once(" (") {
        Some((number, commit)) => (number, commit.strip_suffix(')')),
        None => (version.trim_end(), None),
    };
    assert_eq!(number, env!("CARGO_PKG_VERSION"), "{printed}");
    // An unoptimised build names none, unless it was told.
    if let Some(commit) = commit {
        let (hash, date) = commit.split_once(' ').unwrap();
        assert!(hash.len() >= 10 && date.len() == 10, "{printed}");
    }
}
