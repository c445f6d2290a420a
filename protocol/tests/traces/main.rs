//! The traces in `proto/testdata/traces/`, which every language's session is
//! held to. The files are the truth: the session has to follow them. Their
//! scripts are here because nobody writes packets in hex by hand; with
//! `GUILDHALL_WRITE_TRACES=1` the files are written anew, to be reviewed.

mod json;
mod player;
mod script;
mod scripts;

use std::fs;
use std::path::PathBuf;

use player::Player;
use script::Script;
use serde_json::Value;

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../proto/testdata/traces")
}

fn read(name: &str) -> Value {
    let path = folder().join(name).with_extension("json");
    let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{name}: {error}"));
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{name}: {error}"))
}

#[test]
fn the_session_follows_every_trace() {
    for (name, _, _) in scripts::ALL {
        let trace = read(name);
        let mut player = Player::new(trace["wanted_name"].as_str().unwrap());
        for (index, step) in trace["steps"].as_array().unwrap().iter().enumerate() {
            let outcome = player.play(&step["do"], step["at"].as_u64().unwrap());
            for part in ["returns", "actions", "events", "wake_at"] {
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

#[test]
fn every_file_is_what_its_script_writes() {
    let write = std::env::var_os("GUILDHALL_WRITE_TRACES").is_some();
    let mut names = vec!["commands".to_owned()];
    for (name, about, tell) in scripts::ALL {
        let mut script = Script::new(scripts::WANTED_NAME);
        tell(&mut script);
        let text = script.into_text(name, about);
        let path = folder().join(name).with_extension("json");
        if write {
            fs::write(&path, &text).unwrap();
        }
        let file = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert!(
            file == text,
            "{name}: the file is not what the script writes"
        );
        names.push((*name).to_owned());
    }
    for entry in fs::read_dir(folder()).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        if path
            .extension()
            .is_some_and(|extension| extension == "json")
        {
            assert!(names.contains(&name), "{name}: a file without a script");
        }
    }
}
