//! `guildhall store`, as docs/store.md shows it, with a store that the library has made.

use std::fs;
use std::time::Duration;

use guildhall_server::testing::StoreProbe;

use crate::data_folder::Folder;
use crate::program::{command, run};

/// A folder that is removed at the end. `data` in it is a store with three lines of guest 1.
struct Place(Folder);

impl Place {
    fn new() -> (Self, StoreProbe) {
        let place = Self(Folder::empty());
        let mut store = StoreProbe::open(&place.0.join("data"), 1, Duration::ZERO).unwrap();
        store.say(3, "The dragon sleeps");
        (place, store)
    }

    /// Runs a command in the folder. Returns its exit code, and what it prints.
    fn store(&self, words: &[&str]) -> (Option<i32>, String, String) {
        let mut command = command(&[&["store"], words].concat());
        command
            .current_dir(self.0.path())
            .env("GUILDHALL_DATA", "data");
        let output = run(command);
        let text = |bytes| String::from_utf8(bytes).unwrap();
        (
            output.status.code(),
            text(output.stdout),
            text(output.stderr),
        )
    }

    fn has_in_files(&self, bytes: &[u8]) -> bool {
        fs::read_dir(self.0.join("data")).unwrap().any(|file| {
            let content = fs::read(file.unwrap().path()).unwrap();
            content.windows(bytes.len()).any(|window| window == bytes)
        })
    }
}

/// A text without what differs from run to run: sizes, which stand in brackets.
fn without_sizes(text: &str) -> String {
    let lines = text
        .lines()
        .map(|line| line.split(" (").next().unwrap_or(line));
    lines.collect::<Vec<_>>().join("\n")
}

#[test]
fn the_commands_of_the_document_print_what_it_says() {
    let (place, store) = Place::new();
    drop(store);
    let document = fs::read_to_string("../docs/store.md").unwrap();
    let blocks = document.split("```console\n").skip(1);
    let blocks: Vec<_> = blocks
        .map(|rest| rest.split("```").next().unwrap())
        .collect();
    let mut count = 0;
    for shown in blocks.concat().split("$ guildhall store ").skip(1) {
        let (words, expected) = shown.split_once('\n').unwrap();
        let words: Vec<_> = words.split(' ').collect();
        let (code, out, error) = place.store(&words);
        let printed = without_sizes(&format!("{out}{error}"));
        assert_eq!(printed, without_sizes(expected), "{words:?}");
        let is_refused = expected.starts_with("guildhall:");
        assert_eq!(code, Some(i32::from(is_refused)), "{words:?}");
        count += 1;
    }
    assert_eq!(count, 8);
    for word in ["dragon", "ragon", "Mira"] {
        assert!(!place.has_in_files(word.as_bytes()), "{word} is erased");
    }
}

#[test]
fn every_table_and_column_is_in_the_document() {
    let document = fs::read_to_string("../docs/store.md").unwrap();
    let schema = fs::read_to_string("../server/src/store/schema.rs").unwrap();
    let mut table = "";
    let mut count = 0;
    for line in schema.lines().map(str::trim) {
        if let Some(rest) = line.strip_prefix("CREATE TABLE ") {
            table = rest.split(' ').next().unwrap();
            assert!(
                document.contains(&format!("| `{table}` |")),
                "the table {table}"
            );
        } else if line.starts_with(')') {
            table = "";
        } else if let Some((column, _)) = line.split_once(' ')
            && !table.is_empty()
            && column
                .bytes()
                .all(|byte| byte.is_ascii_lowercase() || byte == b'_')
        {
            let rows = document.split(&format!("| `{table}` |")).nth(1).unwrap();
            let rows = rows.split("\n| `").next().unwrap();
            assert!(rows.contains(&format!("`{column}`")), "{table}.{column}");
            count += 1;
        }
    }
    assert!(count > 30, "{count} columns");
}

#[test]
fn what_needs_the_store_alone_says_that_a_server_runs() {
    let (place, _store) = Place::new();
    let refused = [
        &["erase", "--guest=1", "--yes"][..],
        &["reindex"],
        &["restore", "chat.backup", "--replace"],
    ];
    assert_eq!(place.store(&["backup", "chat.backup"]).0, Some(0));
    for words in refused {
        let (code, out, error) = place.store(words);
        assert_eq!((code, out.as_str()), (Some(1), ""), "{words:?}");
        assert!(
            error.contains("a server runs with data: stop it first"),
            "{error}"
        );
    }
    let (code, out, _) = place.store(&["check", "--json"]);
    assert_eq!(code, Some(0));
    let checked: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert_eq!(checked["lines"], 3);
    assert_eq!(checked["problems"], serde_json::json!([]));
    let (code, out, _) = place.store(&["export", "--guest", "1"]);
    assert_eq!(code, Some(0));
    let lines: Vec<serde_json::Value> = out
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(
        lines.iter().filter(|line| line["kind"] == "line").count(),
        3
    );
}

#[test]
fn a_store_that_is_missing_or_damaged_is_told() {
    let (place, store) = Place::new();
    drop(store);
    let (code, _, error) = place.store(&["check", "--data", "nowhere"]);
    assert_eq!(code, Some(1));
    assert!(error.contains("There is no store in nowhere"), "{error}");
    let file = place.0.join("data/guildhall.db");
    let mut bytes = fs::read(&file).unwrap();
    bytes[4096..].fill(0xa5);
    fs::write(&file, bytes).unwrap();
    let (code, out, error) = place.store(&["check"]);
    assert_eq!(code, Some(1));
    assert!(
        out.contains("damaged") || error.contains("damaged"),
        "{out}{error}"
    );
    for words in [
        &["export"][..],
        &["erase", "--guest=1", "--account=a"],
        &["backup"],
    ] {
        assert_eq!(place.store(words).0, Some(2), "{words:?}");
    }
}

#[test]
fn the_settings_file_names_the_store() {
    let (place, store) = Place::new();
    drop(store);
    fs::rename(place.0.join("data"), place.0.join("other")).unwrap();
    fs::write(place.0.join("guildhall.toml"), "data = \"other\"\n").unwrap();
    let mut check = command(&["store", "check", "--config", "guildhall.toml"]);
    check.current_dir(place.0.path());
    assert!(run(check).status.success());
    let mut check = command(&["store", "check"]);
    check.current_dir(place.0.path());
    let output = run(check);
    let error = String::from_utf8(output.stderr).unwrap();
    assert!(error.contains("Name its folder: --data DIR"), "{error}");
}
