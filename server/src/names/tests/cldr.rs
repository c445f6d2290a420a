//! Names as people write them: Unicode's own names of languages and countries, from
//! `proto/testdata/cldr_names.json`. The script beside that file made it.

use icu_properties::CodePointMapData;
use icu_properties::props::{GeneralCategory, GeneralCategoryGroup};
use serde_json::Value;

use super::super::*;

/// How many names there are, are too long, and break another rule.
#[derive(Default)]
struct Count {
    all: usize,
    too_long: usize,
    refused: Vec<String>,
}

impl Count {
    fn add(&mut self, raw: &str, result: Result<String, NameFault>) {
        self.all += 1;
        match result {
            Ok(_) => {}
            Err(fault) if fault.rule == NameRule::TooLong => self.too_long += 1,
            Err(fault) => self.refused.push(format!("{raw:?}: {fault}")),
        }
    }
}

/// A name with hyphens between its words, and nothing else that is no part of a word.
fn as_room(name: &str) -> String {
    let categories = CodePointMapData::<GeneralCategory>::new();
    let outside = GeneralCategoryGroup::Punctuation
        .union(GeneralCategoryGroup::Separator)
        .union(GeneralCategoryGroup::Symbol);
    let is_outside = |c| {
        // These are in the middle of words of Hebrew, Tibetan and Catalan.
        let is_within = matches!(c, '\u{5f3}' | '\u{5f4}' | '\u{f0b}' | '\u{b7}');
        !is_within && outside.contains(categories.get(c))
    };
    let words = name.split(is_outside).filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join("-")
}

fn count(names: &Value) -> [Count; 2] {
    let [mut users, mut rooms] = <[Count; 2]>::default();
    let names = names.as_array().unwrap().iter();
    for name in names.map(|name| name.as_str().unwrap()) {
        users.add(name, client_name(name));
        let room = as_room(name);
        rooms.add(&room, room_name(&room));
    }
    [users, rooms]
}

/// `GUILDHALL_NAMES` is another such file, for a table of all names.
#[test]
fn names_of_languages_and_countries_are_names() {
    let file = std::env::var("GUILDHALL_NAMES").map(|path| std::fs::read_to_string(path).unwrap());
    let sample = include_str!("../../../../proto/testdata/cldr_names.json");
    let json = file.as_deref().unwrap_or(sample);
    let data: Value = serde_json::from_str(json).unwrap();
    assert!(data["source"].as_str().unwrap().contains("Unicode-3.0"));
    let scripts = data["scripts"].as_object().unwrap().iter();
    let mut refused = Vec::new();
    for (script, names) in scripts.chain([(&"own".to_owned(), &data["own"])]) {
        let [users, rooms] = count(names);
        println!(
            "{script}: {} names; users: {} too long, {} refused; rooms: {} too long, {} refused",
            users.all,
            users.too_long,
            users.refused.len(),
            rooms.too_long,
            rooms.refused.len(),
        );
        refused.extend(users.refused.into_iter().map(|name| format!("user {name}")));
        refused.extend(rooms.refused.into_iter().map(|name| format!("room {name}")));
    }
    println!("{}", refused.join("\n"));
    if file.is_err() {
        assert_eq!(refused, [""; 0]);
    }
}
