//! `cargo xtask imports`: which file of a crate imports which, held to two rules.
//!
//! - **No circle.** In each folder, a file and the folder of its name (`room.rs`
//!   and `room/`) are one room, and the rooms of a folder must not import each
//!   other in a circle. A file and what lies in its own folder are not compared:
//!   a parent uses its children, and children use what their parent defines.
//!   The root of a crate (`lib.rs`, `main.rs`) is a room like any other.
//! - **The order of the floors**, where ARCHITECTURE.md states one (see
//!   [`floors`]): a file imports from its own room and from lower floors.
//!
//! Code for tests alone (`#[cfg(test)]`) may import anything and is not read.

mod circles;
mod floors;
mod references;
mod sources;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result, bail, ensure};

use crate::workspace::Workspace;

use floors::Floors;
use sources::Imports;

/// The document that states the order of the floors.
const ARCHITECTURE: &str = "ARCHITECTURE.md";
/// Folders whose order it must state.
const ORDERED: [&str; 1] = ["server/src"];

/// Reads the imports of every crate of the workspace.
///
/// # Errors
///
/// When a rule is broken: the error counts what was printed.
pub(crate) fn check(workspace: &Workspace) -> Result<()> {
    let document = fs::read_to_string(workspace.root.join(ARCHITECTURE)).context(ARCHITECTURE)?;
    let floors = floors::read(&document)?;
    for folder in ORDERED {
        ensure!(
            floors.iter().any(|floors| floors.folder == folder),
            "{ARCHITECTURE} does not state the floors of {folder}: `<!-- floors: {folder} -->`, \
             and below it a fenced block with a line for each floor, from top to bottom"
        );
    }
    let mut faults = Vec::new();
    let mut seen = Vec::new();
    for (folder, roots) in workspace.crates()? {
        let files = read_folder(&workspace.root, &folder)?;
        let (count, imports) = (files.len(), Imports::read(&folder, &files, &roots)?);
        faults.extend(faults_of(&imports, &floors));
        println!("{folder}: {count} files, {} imports", imports.list.len());
        seen.push(folder);
    }
    for Floors { folder, .. } in &floors {
        let known = seen
            .iter()
            .any(|crate_folder| Path::new(folder).starts_with(crate_folder));
        ensure!(known, "{ARCHITECTURE}: {folder} is no crate's source");
    }
    if faults.is_empty() {
        println!("No circle, and nothing against the order of the floors.");
        return Ok(());
    }
    for fault in &faults {
        println!("{fault}");
    }
    bail!("{} faults in the imports", faults.len())
}

/// What is wrong with the imports of one crate.
fn faults_of(imports: &Imports, floors: &[Floors]) -> Vec<String> {
    let mut faults: Vec<_> = (imports.orphans.iter())
        .map(|file| format!("{file}: no module declares this file"))
        .collect();
    faults.extend(circles::find(imports));
    for floors in floors.iter().filter(|floors| imports.has(&floors.folder)) {
        faults.extend(floors.faults_of(imports));
    }
    faults
}

/// Every Rust file below a folder: its path from the workspace's root, and its text.
fn read_folder(root: &Path, folder: &str) -> Result<BTreeMap<String, String>> {
    let mut files = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(root.join(&folder)).context(folder.clone())? {
            let entry = entry?;
            let path = format!("{folder}/{}", entry.file_name().to_string_lossy());
            if entry.file_type()?.is_dir() {
                folders.push(path);
            } else if Path::new(&path).extension() == Some("rs".as_ref()) {
                let text = fs::read_to_string(entry.path()).context(path.clone())?;
                files.insert(path, text);
            }
        }
    }
    Ok(files)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use crate::workspace::Root;

    use super::{Imports, faults_of, floors};

    const ORDER: &str =
        "<!-- floors: src -->\n\n```text\nlib\nlisten\nhub/, wire  # state\nnet\n```\n";

    /// A small crate in good order.
    const GOOD: [(&str, &str); 6] = [
        (
            "lib.rs",
            "mod hub; mod listen; mod net; mod wire; pub use listen::run;",
        ),
        (
            "listen.rs",
            "use crate::hub::Hub; use crate::net; pub fn run() { crate::wire::go(); }",
        ),
        (
            "hub.rs",
            "mod room; pub use room::Room; use crate::net::Gate; pub struct Hub(Room);",
        ),
        ("hub/room.rs", "use super::Hub; pub struct Room;"),
        (
            "wire.rs",
            "pub fn go() { println!(\"{}\", crate::net::Gate::new()) }",
        ),
        (
            "net.rs",
            "pub struct Gate; #[cfg(test)] mod tests { use crate::listen::run; }",
        ),
    ];

    /// The faults of the good crate after some of its files were replaced, or added.
    fn faults(document: &str, changed: &[(&str, &str)]) -> Vec<String> {
        let files: BTreeMap<_, _> = (GOOD.iter().chain(changed))
            .map(|(name, text)| (format!("src/{name}"), (*text).to_owned()))
            .collect();
        let root = |file: &str, name: Option<&str>| Root {
            file: file.to_owned(),
            name: name.map(str::to_owned),
        };
        let mut roots = vec![root("src/lib.rs", Some("guild"))];
        if files.contains_key("src/main.rs") {
            roots.push(root("src/main.rs", None));
        }
        let imports = Imports::read("src", &files, &roots).unwrap();
        faults_of(&imports, &floors::read(document).unwrap())
    }

    /// With these files replaced there is one fault, and it says all of this.
    fn check(changed: &[(&str, &str)], said: &[&str]) {
        let found = faults(ORDER, changed);
        assert_eq!(found.len(), 1, "{found:?}");
        for words in said {
            assert!(found[0].contains(words), "{words}: {}", found[0]);
        }
    }

    #[test]
    fn a_good_tree_passes() {
        assert_eq!(faults(ORDER, &[]), [""; 0]);
        assert_eq!(faults("", &[]), [""; 0]);
    }

    #[test]
    fn a_planted_circle_is_found() {
        let upward = ("net.rs", "pub struct Gate;\nuse crate::wire;");
        let found = faults("", &[upward]);
        assert_eq!(found.len(), 1, "{found:?}");
        for words in [
            "circle",
            "src/net.rs:2",
            "src/wire.rs:1",
            "net → wire → net",
        ] {
            assert!(found[0].contains(words), "{words}: {}", found[0]);
        }
    }

    #[test]
    fn a_circle_of_rooms_is_found_that_no_two_files_make() {
        // The file of the room and a file in its folder are different files.
        let found = faults(
            "",
            &[("net.rs", "pub struct Gate; use crate::hub::room::Room;")],
        );
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(found[0].contains("hub → net → hub"), "{found:?}");
    }

    #[test]
    fn a_circle_in_a_folder_is_found() {
        let changed = [
            ("hub.rs", "mod room; mod list; use crate::net::Gate;"),
            ("hub/room.rs", "use super::list::List;"),
            ("hub/list.rs", "pub struct List(super::room::Room);"),
        ];
        check(&changed, &["circle in src/hub", "list → room → list"]);
    }

    #[test]
    fn a_circle_with_the_root_is_found() {
        let listen = "pub fn run() {} use crate::run as again;";
        let found = faults("", &[("listen.rs", listen)]);
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(found[0].contains("lib → listen → lib"), "{found:?}");
    }

    #[test]
    fn an_import_against_the_order_is_found_however_it_is_written() {
        for import in [
            "use crate::listen::run;",
            "use crate::{net::Gate, listen::{self}};",
            "use super::listen::run;",
            "fn f() { crate::listen::run(); }",
            "fn f() { println!(\"{}\", crate::listen::run()); }",
            "fn f() -> crate::listen::Kind {}",
            "mod inner { use super::super::listen; }",
        ] {
            let listen = ("listen.rs", "use crate::hub::Hub;");
            check(
                &[("wire.rs", import), listen],
                &["src/wire.rs:1", "listen", "lower floor"],
            );
        }
    }

    #[test]
    fn a_program_imports_from_its_library_by_name() {
        let main = ("main.rs", "fn main() { guild::listen::run() }");
        let order = |line: &str, with: &str| faults(&ORDER.replace(line, with), &[main]);
        assert_eq!(order("lib", "main\nlib"), [""; 0]);
        let found = order("net\n", "net\nmain\n");
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(
            found[0].starts_with("src/main.rs:1 imports src/listen.rs"),
            "{found:?}"
        );
    }

    #[test]
    fn an_import_of_a_neighbour_on_the_same_floor_is_found() {
        check(
            &[("wire.rs", "use crate::hub::Hub;")],
            &["src/wire.rs:1", "hub"],
        );
    }

    #[test]
    fn a_file_on_no_floor_is_found_and_a_room_that_does_not_exist() {
        let shorter = ORDER.replace(", wire", "");
        assert_eq!(faults(&shorter, &[]), ["src/wire.rs is on no floor of src"]);
        let longer = ORDER.replace("net\n", "net cellar\n");
        assert_eq!(
            faults(&longer, &[]),
            ["the floors of src name cellar, which does not exist"]
        );
    }

    #[test]
    fn a_room_of_its_own_within_a_folder_is_another_room() {
        let order = ORDER.replace("net\n", "net hub/room\n");
        let found = faults(&order, &[]);
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(found[0].contains("src/hub/room.rs:1"), "{found:?}");
    }

    #[test]
    fn a_file_that_no_module_declares_is_found() {
        check(&[("old.rs", "")], &["src/old.rs: no module declares"]);
    }

    #[test]
    fn what_is_for_tests_alone_may_import_anything() {
        let net = "pub struct Gate; #[cfg(all(test, not(model)))] mod fixture;\n\
                   #[cfg(test)] use crate::listen; #[cfg(test)] fn f() { crate::listen::run() }";
        assert_eq!(
            faults(
                ORDER,
                &[("net.rs", net), ("net/fixture.rs", "use crate::listen;")]
            ),
            [""; 0]
        );
    }
}
