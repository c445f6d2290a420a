//! The fields of log lines have stable names: docs/operations.md lists all that the code has.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// The macros that write a line.
const MACROS: [&str; 5] = ["error!(", "warn!(", "info!(", "debug!(", "trace!("];

/// The fields that every line has.
const COMMON: [&str; 3] = ["timestamp", "level", "message"];

/// The texts of all Rust files below a folder.
fn sources(folder: &Path, texts: &mut Vec<String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, texts);
        } else if path.extension().is_some_and(|it| it == "rs") {
            texts.push(fs::read_to_string(&path).unwrap());
        }
    }
}

/// The arguments of a macro that begin at the start of this text: up to the message, which is the
/// first text among them.
fn arguments(text: &str) -> Vec<String> {
    let (mut depth, mut arguments, mut argument) = (0, Vec::new(), String::new());
    for letter in text.chars() {
        match letter {
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' if depth == 0 => break,
            ')' | ']' | '}' => depth -= 1,
            '"' if depth == 0 && !argument.contains('=') => break,
            ',' if depth == 0 => {
                arguments.push(std::mem::take(&mut argument));
                continue;
            }
            _ => {}
        }
        argument.push(letter);
    }
    arguments
}

/// The names of the fields in a source.
fn fields(source: &str) -> BTreeSet<String> {
    let mut fields = BTreeSet::new();
    for (at, _) in source.match_indices("tracing::") {
        let call = &source[at + "tracing::".len()..];
        let Some(name) = MACROS.iter().find(|name| call.starts_with(**name)) else {
            continue;
        };
        for argument in arguments(&call[name.len()..]) {
            let name = argument.split('=').next().unwrap_or_default();
            let name = name.trim().trim_start_matches(['%', '?']);
            assert!(
                !name.is_empty() && name.chars().all(|it| it.is_ascii_lowercase() || it == '_'),
                "no field: {argument:?} in {:?}",
                call.lines().next()
            );
            fields.insert(name.to_owned());
        }
    }
    fields
}

#[test]
fn a_field_is_found_however_it_is_written() {
    let found = fields(
        "tracing::info!(%address, client = id.get(0, 1), ?network, proxy = a.b(\"x\"), \"text {x}\");
         tracing::warn!(\n    problem,\n    \"text, more = less\"\n);
         tracing::debug!(\"{}\", message());",
    );
    let expected = ["address", "client", "network", "problem", "proxy"];
    assert!(found.iter().eq(expected.iter()), "{found:?}");
}

#[test]
fn the_documentation_lists_every_field_of_the_log() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut texts = Vec::new();
    sources(&root.join("server/src"), &mut texts);
    sources(&root.join("cli/src"), &mut texts);
    let mut used: BTreeSet<String> = texts.iter().flat_map(|text| fields(text)).collect();
    used.extend(COMMON.map(str::to_owned));
    let document = fs::read_to_string(root.join("docs/operations.md")).unwrap();
    let (_, table) = document
        .split_once("| field of the log |")
        .expect("a table");
    let rows = table
        .lines()
        .skip(2)
        .take_while(|line| line.starts_with('|'));
    let listed: BTreeSet<String> = rows
        .flat_map(|row| {
            let names = row.split('|').nth(1).unwrap_or_default();
            names.split('`').skip(1).step_by(2).map(str::to_owned)
        })
        .collect();
    let missing: Vec<_> = used.difference(&listed).collect();
    let gone: Vec<_> = listed.difference(&used).collect();
    assert!(
        missing.is_empty() && gone.is_empty(),
        "not in the table: {missing:?}; in no line of the log: {gone:?}"
    );
}
