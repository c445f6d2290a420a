//! The traces in `proto/testdata/traces/`, which the sessions of all languages have to
//! follow. The files are the reference. The scripts that write them are here, since nobody
//! writes packets in hex by hand: `GUILDHALL_WRITE_TRACES=1` writes the files anew, to be
//! reviewed.

mod json;
mod player;
mod script;
mod scripts;

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;
use std::sync::Once;

use guildhall_client::command;
use guildhall_client::info::Info;
use player::Player;
use script::Script;
use serde_json::Value;

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../proto/testdata/traces")
}

fn path(name: &str) -> PathBuf {
    folder().join(name).with_extension("json")
}

fn read(name: &str) -> Value {
    let text = fs::read_to_string(path(name)).unwrap_or_else(|error| panic!("{name}: {error}"));
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{name}: {error}"))
}

#[test]
fn the_session_follows_every_trace() {
    write_if_requested();
    for (name, _, _) in scripts::ALL {
        let trace = read(name);
        let mut player = Player::new(trace["wanted_name"].as_str().unwrap());
        for (index, step) in trace["steps"].as_array().unwrap().iter().enumerate() {
            let outcome = player.play(&step["do"], step["at"].as_u64().unwrap());
            for part in ["returns", "actions", "events", "wake_at", "standing"] {
                let (is, expected) = (without_notes(&outcome[part]), without_notes(&step[part]));
                assert_eq!(is, expected, "{name}, step {index}, {part}: {}", step["do"]);
            }
        }
    }
}

fn without_notes(value: &Value) -> Value {
    let mut value = value.clone();
    if let Value::Array(parts) = &mut value {
        for part in parts.iter_mut().filter_map(Value::as_object_mut) {
            part.remove("note");
        }
    }
    value
}

/// The text that each trace's script writes.
fn texts() -> impl Iterator<Item = (&'static str, String)> {
    scripts::ALL.iter().map(|(name, about, tell)| {
        let mut script = Script::new(scripts::WANTED_NAME);
        tell(&mut script);
        (*name, script.into_text(name, about))
    })
}

/// To be called before a file is read.
fn write_if_requested() {
    static WRITTEN: Once = Once::new();
    WRITTEN.call_once(|| {
        if std::env::var_os("GUILDHALL_WRITE_TRACES").is_some() {
            for (name, text) in texts() {
                fs::write(path(name), text).expect("a file that can be written");
            }
        }
    });
}

#[test]
fn every_file_is_what_its_script_writes() {
    write_if_requested();
    let mut names = BTreeSet::from([
        "commands",
        "line-commands",
        "moderation-commands",
        "completions",
        "infos",
    ]);
    for (name, text) in texts() {
        let file = fs::read_to_string(path(name)).unwrap_or_default();
        assert!(
            file == text,
            "{name}: the file is not what the script writes"
        );
        assert!(names.insert(name), "{name}: two scripts");
    }
    for entry in fs::read_dir(folder()).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap();
        if path
            .extension()
            .is_some_and(|extension| extension == "json")
        {
            assert!(names.contains(name), "{name}: a file without a script");
        }
    }
}

#[test]
fn typed_commands_are_parsed_as_the_file_says() {
    for file in ["commands", "line-commands", "moderation-commands"] {
        let commands = read(file);
        let commands = commands.as_array().unwrap();
        assert!(commands.len() > 30);
        for command in commands {
            let input = command["input"].as_str().unwrap();
            let parsed = json::parsed(command::parse(input));
            assert_eq!(parsed, command["parsed"], "{input:?}");
        }
    }
}

#[test]
fn typed_lines_are_completed_as_the_file_says() {
    let completions = read("completions");
    let completions = completions.as_array().unwrap();
    assert!(completions.len() > 30);
    for completion in completions {
        let input = completion["input"].as_str().unwrap();
        let names = [
            "alice",
            "Anna Lee",
            "bob",
            "ärger",
            "John",
            "John \"Ace\" Smith",
            "\"Zed\"",
            "Z\\o",
        ];
        let rooms = ["lobby", "Long Hall", "attic"];
        let lines = command::complete(input, names.into_iter(), rooms.into_iter());
        assert_eq!(Value::from(lines), completion["lines"], "{input:?}");
    }
}

#[test]
fn infos_are_read_as_the_file_says() {
    let infos = read("infos");
    let infos = infos.as_array().unwrap();
    assert!(infos.len() > 60);
    for case in infos {
        let text = case["info"].as_str().unwrap();
        let info = Info::read(text);
        let color = info.color.map(|color| format!("#{}", hex::encode(color)));
        assert_eq!(color.unwrap_or_default(), case["color"], "{text}");
        assert_eq!(info.badge, case["badge"], "{text}");
        assert_eq!(info.avatar, case["avatar"], "{text}");
    }
}
