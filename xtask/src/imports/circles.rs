//! Circles among the rooms of each folder.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::sources::{Import, Imports};

/// The rooms that each room of a folder imports, with an import that shows it.
type Rooms<'a> = BTreeMap<&'a str, BTreeMap<&'a str, &'a Import>>;

/// Every circle, in words: its rooms, and an import for each of its steps.
pub(crate) fn find(imports: &Imports) -> Vec<String> {
    let mut folders: BTreeMap<String, Rooms> = BTreeMap::new();
    for import in &imports.list {
        if let Some((folder, from, to)) = step(import) {
            let rooms = folders.entry(folder).or_default();
            rooms.entry(from).or_default().entry(to).or_insert(import);
        }
    }
    let mut circles = Vec::new();
    for (folder, rooms) in &folders {
        let mut told = BTreeSet::new();
        for &room in rooms.keys() {
            let circle = shortest_circle(room, rooms);
            // Its rooms have circles of their own, often the same one.
            if !circle.is_empty() && !told.contains(room) {
                told.extend(circle.iter().copied());
                circles.push(in_words(folder, &circle, rooms));
            }
        }
    }
    circles
}

/// The folder in which an import goes from one room to another, and their names.
/// None for a file and what lies in the folder of its name.
fn step(import: &Import) -> Option<(String, &str, &str)> {
    let (from, to) = (parts(&import.from), parts(&import.to));
    let common = from.iter().zip(&to).take_while(|(a, b)| a == b).count();
    Some((from[..common].join("/"), from.get(common)?, to.get(common)?))
}

/// The folders of a file, and the name of its module.
fn parts(file: &str) -> Vec<&str> {
    let path = file.trim_end_matches(".rs");
    path.strip_suffix("/mod")
        .unwrap_or(path)
        .split('/')
        .collect()
}

/// The rooms of the shortest circle from a room to itself, which is at both its
/// ends. Empty if there is none.
fn shortest_circle<'a>(room: &'a str, rooms: &Rooms<'a>) -> Vec<&'a str> {
    let mut came_from = BTreeMap::new();
    let mut open = VecDeque::from([room]);
    while let Some(here) = open.pop_front() {
        for &next in rooms.get(here).into_iter().flat_map(BTreeMap::keys) {
            if came_from.contains_key(next) {
                continue;
            }
            came_from.insert(next, here);
            open.push_back(next);
        }
    }
    let mut circle = Vec::new();
    let mut here = room;
    while let Some(&before) = came_from.get(here) {
        circle.push(here);
        here = before;
        if here == room {
            circle.push(room);
            break;
        }
    }
    circle.reverse();
    circle
}

fn in_words(folder: &str, circle: &[&str], rooms: &Rooms) -> String {
    let steps = circle.windows(2).map(|step| {
        let Import { from, to, line } = rooms[step[0]][step[1]];
        format!("\n  {from}:{line} imports {to}")
    });
    let circle = circle.join(" → ");
    format!(
        "a circle in {folder}: {circle}{}",
        steps.collect::<String>()
    )
}
