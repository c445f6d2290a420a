//! The files that games and Godot's editor expect beside the scripts of an addon: IDs,
//! icons, a licence, and no global names that a game may have too.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::{Result, bail};

use crate::repository;
use crate::workspace::Workspace;

/// Where the scripts are that people copy into a game.
const ADDON: &str = "godot/addons/guildhall/";
/// The demo is a project that people open in the editor.
const DEMO: &str = "godot/demo/";
/// What global names of the addon begin with.
const PREFIX: &str = "Guildhall";
/// The bases of classes that the editor offers as nodes, with their icons.
const NODES: [&str; 2] = ["Node", "RichTextLabel"];
/// Files of the addon that say the same as the repository's.
const COPIES: [&str; 2] = ["LICENSE-MIT", "LICENSE-APACHE"];

/// Looks at the files that Git tracks or would track.
///
/// # Errors
///
/// The faults, which are printed.
pub(crate) fn check(workspace: &Workspace) -> Result<()> {
    let mut files = BTreeMap::new();
    for name in repository::names(workspace)? {
        if name.starts_with(ADDON) || name.starts_with(DEMO) {
            let text = fs::read_to_string(workspace.root.join(&name)).unwrap_or_default();
            files.insert(name, text);
        }
    }
    let mut faults = faults_of(&files);
    for copy in COPIES {
        let original = fs::read_to_string(workspace.root.join(copy))?;
        if files.get(&format!("{ADDON}{copy}")) != Some(&original) {
            faults.push(format!("{ADDON}{copy}: not the text of {copy}"));
        }
    }
    if faults.is_empty() {
        println!(
            "{} files of the addon and the demo are in order.",
            files.len()
        );
        return Ok(());
    }
    for fault in &faults {
        println!("{fault}");
    }
    bail!("{} faults in the addon's files", faults.len())
}

/// What is wrong with these files, by their names and texts.
fn faults_of(files: &BTreeMap<String, String>) -> Vec<String> {
    let mut faults = Vec::new();
    let mut owners: BTreeMap<&str, &str> = BTreeMap::new();
    for (name, text) in files {
        if let Some(script) = name.strip_suffix(".uid") {
            if !files.contains_key(script) {
                faults.push(format!("{name}: there is no {script}"));
            }
            continue;
        }
        if Path::new(name).extension().is_none_or(|end| end != "gd") {
            continue;
        }
        match files.get(&format!("{name}.uid")).map(|uid| uid.trim_end()) {
            None => faults.push(format!("{name}: no {name}.uid, which the editor makes")),
            Some(uid) if !is_uid(uid) => faults.push(format!("{name}.uid: {uid} is no ID")),
            Some(uid) => {
                if let Some(other) = owners.insert(uid, name) {
                    faults.push(format!("{name}.uid: {other} has this ID"));
                }
            }
        }
        faults.extend(class_faults(name, text, files));
    }
    let license = files.get(&format!("{ADDON}LICENSE"));
    if !license.is_some_and(|text| text.contains("Copyright (c) 20")) {
        faults.push(format!("{ADDON}LICENSE: no line with year and holder"));
    }
    faults
}

/// What is wrong with a script's global class, if it has one.
fn class_faults(name: &str, text: &str, files: &BTreeMap<String, String>) -> Vec<String> {
    let mut faults = Vec::new();
    let word = |key: &str| text.lines().find_map(|line| line.strip_prefix(key));
    let Some(class) = word("class_name ") else {
        return faults;
    };
    if !class.starts_with(PREFIX) {
        faults.push(format!("{name}: a game may have a class {class}, too"));
    }
    let is_node = word("extends ").is_some_and(|base| NODES.contains(&base));
    let icon = word("@icon(\"").and_then(|rest| rest.strip_suffix("\")"));
    let folder = name.rsplit_once('/').map_or("", |(folder, _)| folder);
    match icon {
        Some(icon) if !files.contains_key(&format!("{folder}/{icon}")) => {
            faults.push(format!("{name}: there is no icon {icon}"));
        }
        None if is_node => faults.push(format!("{name}: a node without @icon")),
        _ => {}
    }
    faults
}

/// Whether this is how the engine writes an ID of 63 bits, in base 34.
fn is_uid(text: &str) -> bool {
    text.strip_prefix("uid://").is_some_and(|digits| {
        let is_digit = |digit| matches!(digit, b'a'..=b'y' | b'0'..=b'8');
        (1..=13).contains(&digits.len()) && digits.bytes().all(is_digit)
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::{ADDON, faults_of, is_uid};

    const NODE: &str = "@icon(\"icon.svg\")\nclass_name GuildhallChat\nextends Node\n";

    /// The faults of the addon, in which one file has this text. Without a text, it is
    /// not there.
    #[track_caller]
    fn check(file: &str, text: Option<&str>, fault: &str) {
        let mut files = BTreeMap::from([
            ("LICENSE", "Copyright (c) 2026 Somebody"),
            ("chat.gd", NODE),
            ("chat.gd.uid", "uid://abc012\n"),
            ("icon.svg", "<svg/>"),
            ("line.gd", "class_name GuildhallLine\nextends RefCounted\n"),
            ("line.gd.uid", "uid://abc013\n"),
        ]);
        files.remove(file);
        files.extend(text.map(|text| (file, text)));
        let named = files
            .iter()
            .map(|(&name, &text)| (format!("{ADDON}{name}"), text.to_owned()));
        let faults = faults_of(&named.collect()).join("\n");
        assert_eq!(faults.is_empty(), fault.is_empty(), "{faults}");
        assert!(faults.contains(fault), "{faults}");
    }

    #[test]
    fn each_fault_is_found() {
        check("chat.gd", Some(NODE), "");
        check("chat.gd.uid", None, "no godot/addons/guildhall/chat.gd.uid");
        check("chat.gd.uid", Some("uid://zzz"), "uid://zzz is no ID");
        check("chat.gd.uid", Some("uid://abc013"), "has this ID");
        check(
            "line.gd",
            None,
            "there is no godot/addons/guildhall/line.gd",
        );
        check(
            "line.gd",
            Some("class_name Log\nextends RefCounted\n"),
            "a class Log, too",
        );
        check("icon.svg", None, "there is no icon icon.svg");
        check(
            "chat.gd",
            Some("class_name GuildhallChat\nextends Node\n"),
            "a node without @icon",
        );
        check("LICENSE", None, "no line with year and holder");
    }

    #[test]
    fn an_id_is_written_as_the_engine_writes_it() {
        assert!(is_uid("uid://dbkq4h3lx2y08"));
        assert!(!is_uid("uid://") && !is_uid("dbkq4h3lx2y08") && !is_uid("uid://9"));
    }
}
