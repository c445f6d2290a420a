//! The order of the floors, as ARCHITECTURE.md states it.
//!
//! The statement is a comment, which readers of the page do not see, and a fenced
//! block below it:
//!
//! ````text
//! <!-- floors: server/src -->
//!
//! ```text
//! lib
//! listen
//! http/ session/   # a floor with two rooms, which do not know each other
//! net/
//! ```
//! ````
//!
//! Each line is a floor, from the top to the bottom. It lists its rooms: files or
//! folders by their paths from the folder in the comment, with spaces or commas
//! between. A room is the file, the folder, or both if they have one name; what a
//! room's folder has may be another room by its own entry, on its own floor. After
//! a `#` there are words for readers.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result, bail, ensure};

use super::sources::{Import, Imports};

const MARK: &str = "<!-- floors: ";
const FENCE: &str = "```";

/// The floors of one folder.
#[derive(Debug)]
pub(crate) struct Floors {
    /// The folder, from the workspace's root.
    pub(crate) folder: String,
    /// The floor of each room, counted from the top.
    rooms: BTreeMap<String, usize>,
}

/// Reads every statement of a document.
///
/// # Errors
///
/// A statement without its block, and a room with two entries.
pub(crate) fn read(document: &str) -> Result<Vec<Floors>> {
    let mut all = Vec::new();
    for part in document.split(MARK).skip(1) {
        let (folder, rest) = part
            .split_once(" -->")
            .context("`<!-- floors: ` without ` -->`")?;
        let mut lines = rest.trim_start().lines();
        ensure!(
            lines.next().is_some_and(|line| line.starts_with(FENCE)),
            "no fenced block follows `{MARK}{folder} -->`"
        );
        let mut rooms = BTreeMap::new();
        for (floor, line) in lines
            .take_while(|line| !line.starts_with(FENCE))
            .enumerate()
        {
            let (names, _) = line.split_once('#').unwrap_or((line, ""));
            let names = names.split([' ', ',']).filter(|name| !name.is_empty());
            for name in names {
                let room = name
                    .trim_end_matches('/')
                    .trim_end_matches(".rs")
                    .to_owned();
                if rooms.insert(room, floor).is_some() {
                    bail!("the floors of {folder} name {name} twice");
                }
            }
        }
        let folder = folder.trim().to_owned();
        all.push(Floors { folder, rooms });
    }
    Ok(all)
}

impl Floors {
    /// What is against the order, or has no place in it.
    pub(crate) fn faults_of(&self, imports: &Imports) -> Vec<String> {
        let Self { folder, rooms } = self;
        let mut faults = Vec::new();
        for room in rooms.keys() {
            let path = format!("{folder}/{room}");
            let (file, inside) = (format!("{path}.rs"), format!("{path}/"));
            if !imports
                .files
                .iter()
                .any(|name| *name == file || name.starts_with(&inside))
            {
                faults.push(format!(
                    "the floors of {folder} name {room}, which does not exist"
                ));
            }
        }
        for file in &imports.files {
            if self.is_inside(file) && self.room(file).is_none() {
                faults.push(format!("{file} is on no floor of {folder}"));
            }
        }
        for Import { from, to, line } in &imports.list {
            let (Some(above), Some(below)) = (self.room(from), self.room(to)) else {
                continue;
            };
            if above != below && rooms[above] >= rooms[below] {
                faults.push(format!(
                    "{from}:{line} imports {to}: {below} is not on a lower floor than {above}"
                ));
            }
        }
        faults
    }

    fn is_inside(&self, file: &str) -> bool {
        file.strip_prefix(&self.folder)
            .is_some_and(|rest| rest.starts_with('/'))
    }

    /// The room of a file: of all entries that fit, the longest.
    fn room(&self, file: &str) -> Option<&str> {
        let name = file.strip_prefix(&self.folder)?.strip_prefix('/')?;
        let mut name = name.trim_end_matches(".rs");
        loop {
            if let Some((room, _)) = self.rooms.get_key_value(name) {
                return Some(room);
            }
            (name, _) = name.rsplit_once('/')?;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::read;

    #[test]
    fn a_statement_that_cannot_be_read_is_an_error() {
        let check = |document: &str, words: &str| {
            let error = read(document).unwrap_err().to_string();
            assert!(error.contains(words), "{error}");
        };
        check("<!-- floors: src -->\nwords", "no fenced block");
        check("<!-- floors: src -->\n```\na, b\na/\n```", "name a/ twice");
        assert!(read("no floors").unwrap().is_empty());
    }
}
