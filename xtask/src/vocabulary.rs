//! `cargo xtask vocabulary`: the names in the code are the field's usual terms.
//! What they replaced is listed in `xtask/vocabulary.txt`.

mod rust;
mod script;

use std::fmt;
use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result, bail};

use crate::repository;
use crate::workspace::Workspace;

/// The list, from the workspace's root.
const LIST: &str = "xtask/vocabulary.txt";

/// What a name stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Type,
    Variant,
    Module,
    Function,
    Value,
}

/// A name where it is declared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Name {
    pub(crate) kind: Kind,
    pub(crate) text: String,
    /// Counted from 1.
    pub(crate) line: usize,
}

/// An entry of the list.
#[derive(Debug)]
struct Entry<'a> {
    kind: Kind,
    old: &'a str,
    new: &'a str,
    /// The folders where it counts.
    folders: Vec<&'a str>,
}

/// Looks for the list's names in every source file.
///
/// # Errors
///
/// When any is found: the error counts what was printed.
pub(crate) fn check(workspace: &Workspace) -> Result<()> {
    let list = fs::read_to_string(workspace.root.join(LIST)).context(LIST)?;
    let entries = read(&list)?;
    let mut hits = 0;
    let mut names = 0;
    for (file, text) in repository::code(workspace)? {
        let found = names_in(Path::new(&file), &text).with_context(|| file.clone())?;
        names += found.len();
        for (name, entry) in hits_among(&file, &found, &entries) {
            let Entry { kind, old, new, .. } = entry;
            println!("{file}:{}: {kind} {old} → {new}", name.line);
            hits += 1;
        }
    }
    if hits > 0 {
        bail!("{hits} names that {LIST} replaces");
    }
    println!(
        "None of {names} names is one of {} that were replaced.",
        entries.len()
    );
    Ok(())
}

/// Reads the list.
fn read(list: &str) -> Result<Vec<Entry<'_>>> {
    let mut folders = Vec::new();
    let mut entries = Vec::new();
    for line in list.lines().map(str::trim) {
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        if let Some(words) = line.strip_prefix("in ") {
            folders = words.split(' ').collect();
            continue;
        }
        let entry = || {
            let (before, new) = line.split_once(" → ")?;
            let (kind, old) = before.split_once(' ')?;
            let kind = Kind::ALL.into_iter().find(|known| known.word() == kind)?;
            let (old, folders) = (old.trim(), folders.clone());
            (!folders.is_empty()).then_some(Entry {
                kind,
                old,
                new,
                folders,
            })
        };
        let wrong = || format!("{LIST}: not `KIND OLD → NEW` below `in FOLDERS`: {line}");
        entries.push(entry().with_context(wrong)?);
    }
    Ok(entries)
}

/// The names that a file declares, and that of its module.
fn names_in(file: &Path, text: &str) -> Result<Vec<Name>> {
    let mut names = match file.extension().and_then(|end| end.to_str()) {
        Some("rs") => rust::names(text)?,
        _ => script::names(text),
    };
    let stem = file.file_name().unwrap_or_default().to_string_lossy();
    names.push(Name {
        kind: Kind::Module,
        text: stem.split('.').next().unwrap_or_default().to_owned(),
        line: 1,
    });
    Ok(names)
}

fn hits_among<'a>(
    file: &'a str,
    names: &'a [Name],
    entries: &'a [Entry<'a>],
) -> impl Iterator<Item = (&'a Name, &'a Entry<'a>)> {
    names.iter().filter_map(move |name| {
        let counts = |folder: &&str| Path::new(file).starts_with(folder);
        let hit = |entry: &&Entry| {
            entry.kind == name.kind && name.is(entry.old) && entry.folders.iter().any(counts)
        };
        entries.iter().find(hit).map(|entry| (name, entry))
    })
}

impl Name {
    /// Whether it is this one. A module's name is also looked at part by part.
    fn is(&self, old: &str) -> bool {
        let is_part = || self.text.split('_').any(|part| part == old);
        self.text == old || (self.kind == Kind::Module && is_part())
    }
}

impl Kind {
    const ALL: [Self; 5] = [
        Self::Type,
        Self::Variant,
        Self::Module,
        Self::Function,
        Self::Value,
    ];

    /// As the list writes it.
    const fn word(self) -> &'static str {
        match self {
            Self::Type => "type",
            Self::Variant => "variant",
            Self::Module => "module",
            Self::Function => "function",
            Self::Value => "value",
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::{hits_among, names_in, read};

    const LIST: &str = "# The words\n\
        in src tests\n\
        type     Door → Incoming\n\
        variant  Came → MemberJoined\n\
        module   door → incoming\n\
        function judge → valid\n\
        value    waits → needs_drain\n";

    /// The lines and kinds of what is found in a file.
    fn check(file: &str, text: &str, expected: &[&str]) {
        let entries = read(LIST).unwrap();
        let names = names_in(Path::new(file), text).unwrap();
        let found: Vec<_> = hits_among(file, &names, &entries)
            .map(|(name, entry)| format!("{} {}", name.line, entry.kind))
            .collect();
        assert_eq!(found, expected, "{file}: {text}");
    }

    #[test]
    fn each_kind_of_name_is_found_in_rust() {
        check("src/a.rs", "struct A;\n\npub struct Door;", &["3 type"]);
        check("src/a.rs", "trait Door {} type B = u8;", &["1 type"]);
        check("src/a.rs", "enum A {\n  Came(u8),\n}", &["2 variant"]);
        check("src/a.rs", "mod door;", &["1 module"]);
        check("src/a.rs", "impl A { fn judge(&self) {} }", &["1 function"]);
        check("src/a.rs", "trait A { fn judge(&self); }", &["1 function"]);
        check("src/a.rs", "struct A { waits: bool }", &["1 value"]);
        check(
            "src/a.rs",
            "fn a(waits: &mut dyn FnMut(u8)) {}",
            &["1 value"],
        );
        check("src/a.rs", "fn a() { let (_, waits) = b(); }", &["1 value"]);
        check(
            "src/a.rs",
            "#[cfg(test)] mod tests { struct Door; }",
            &["1 type"],
        );
    }

    #[test]
    fn each_kind_of_name_is_found_in_scripts() {
        check(
            "src/a.gd",
            "class_name Door\nfunc judge() -> int:",
            &["1 type", "2 function"],
        );
        check("src/a.gd", "\tvar waits := 1", &["1 value"]);
        check(
            "src/a.mjs",
            "export class Door {\n  #waits = 1;",
            &["1 type", "2 value"],
        );
        check("src/a.mjs", "async function judge() {}", &["1 function"]);
        check("src/a.mjs", "  async judge(one) {", &["1 function"]);
        check("src/a.py", "def judge(a):\n    pass", &["1 function"]);
    }

    #[test]
    fn a_file_is_found_by_a_part_of_its_name() {
        check("src/door.rs", "", &["1 module"]);
        check("tests/door_test.gd", "", &["1 module"]);
        check("tests/door.test.mjs", "", &["1 module"]);
        check("src/doorway.rs", "", &[]);
        check("docs/door.rs", "", &[]);
    }

    #[test]
    fn the_same_word_elsewhere_is_no_hit() {
        check(
            "src/a.rs",
            "//! A Door waits.\nuse b::Door;\nfn door() { judge(); c.waits }",
            &[],
        );
        check(
            "src/a.mjs",
            "// A class that judge\nif (waits) {\n  judge(1);\n}",
            &[],
        );
    }

    #[test]
    fn a_list_that_cannot_be_read_is_an_error() {
        assert!(read("in src\ntype Door Incoming").is_err());
        assert!(read("in src\nkind Door → Incoming").is_err());
        assert!(read("type Door → Incoming").is_err());
        assert!(!read(include_str!("../vocabulary.txt")).unwrap().is_empty());
    }
}
