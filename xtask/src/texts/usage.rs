//! Which texts the clients use, read from their sources: `texts::SEND` and
//! `texts::welcome(…)` in Rust, `GuildhallCatalogue.send()` in GDScript.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result};
use guildhall_catalogue::Catalogues;
use guildhall_catalogue::reserved::RESERVED_NAMES;

use super::CLASS;

/// Where the clients in Rust are, from the workspace's root.
const RUST: [&str; 3] = ["client/src", "cli/src", "web-client/src"];

/// Where the client and the scene in GDScript are.
const GODOT: [&str; 2] = ["godot/addons", "godot/demo"];

/// The messages that the generators themselves use.
const OF_GENERATORS: [&str; 2] = ["language-name", RESERVED_NAMES];

/// The texts that are used, by their functions' names.
pub(super) struct Used {
    in_rust: BTreeSet<String>,
    pub(super) in_godot: BTreeSet<String>,
}

impl Used {
    /// The messages that no client uses.
    pub(super) fn unused(&self, catalogues: &Catalogues) -> Vec<String> {
        let ids = catalogues.entries.iter().map(|entry| entry.id.clone());
        let is_unused = |id: &String| {
            let name = id.replace('-', "_");
            let is_used = self.in_rust.contains(&name) || self.in_godot.contains(&name);
            !is_used && !OF_GENERATORS.contains(&id.as_str())
        };
        ids.filter(is_unused).collect()
    }
}

/// Reads the clients' sources.
pub(super) fn find(root: &Path) -> Result<Used> {
    let (mut in_rust, mut in_godot) = (BTreeSet::new(), BTreeSet::new());
    for folder in RUST {
        read(&root.join(folder), "rs", &mut |source| {
            // A text that only a test uses is not used.
            let code = source.split("\n#[cfg(test)]\nmod ").next();
            names_behind("texts::", code.unwrap_or(source), &mut in_rust);
        })?;
    }
    for folder in GODOT {
        read(&root.join(folder), "gd", &mut |source| {
            names_behind(&format!("{CLASS}."), source, &mut in_godot);
        })?;
    }
    Ok(Used { in_rust, in_godot })
}

fn read(folder: &Path, ending: &str, each: &mut dyn FnMut(&str)) -> Result<()> {
    let cannot = || format!("cannot read {}", folder.display());
    for item in fs::read_dir(folder).with_context(cannot)? {
        let path = item?.path();
        if path.is_dir() {
            read(&path, ending, each)?;
        } else if path.extension().is_some_and(|it| it == ending) {
            each(&fs::read_to_string(&path).with_context(cannot)?);
        }
    }
    Ok(())
}

fn names_behind(prefix: &str, source: &str, names: &mut BTreeSet<String>) {
    for part in source.split(prefix).skip(1) {
        let is_name = |letter: char| letter == '_' || letter.is_ascii_alphanumeric();
        let end = part.find(|letter| !is_name(letter)).unwrap_or(part.len());
        names.insert(part[..end].to_lowercase());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_found_behind_their_prefix() {
        let mut names = BTreeSet::new();
        let source = "language.get(texts::YOU_ARE); texts::welcome(language, name)";
        names_behind("texts::", source, &mut names);
        assert_eq!(names, ["welcome", "you_are"].map(str::to_owned).into());
    }
}
