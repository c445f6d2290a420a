//! A crate's files as modules, and the imports among them.
//!
//! The modules are found as the compiler finds them: from the crate's root along
//! the `mod` declarations. Code for tests alone is left out.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use anyhow::{Context as _, Result, ensure};

use crate::workspace::Root;

use super::references::{self, Reference};

/// One file imports from another.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Import {
    /// The importing file, from the workspace's root.
    pub(crate) from: String,
    /// The file that it imports from.
    pub(crate) to: String,
    /// The first line of `from` that does.
    pub(crate) line: usize,
}

/// The imports among the files of one crate.
#[derive(Debug)]
pub(crate) struct Imports {
    /// The crate's folder of sources, from the workspace's root.
    pub(crate) folder: String,
    /// Its files, but for those that only tests have.
    pub(crate) files: BTreeSet<String>,
    /// Each pair of files once.
    pub(crate) list: Vec<Import>,
    /// Files that are no module.
    pub(crate) orphans: Vec<String>,
}

impl Imports {
    /// Reads them from `files`: every Rust file of the folder, with its text.
    ///
    /// # Errors
    ///
    /// A file that is no Rust, and a module without a file.
    pub(crate) fn read(
        folder: &str,
        files: &BTreeMap<String, String>,
        roots: &[Root],
    ) -> Result<Self> {
        let trees = roots
            .iter()
            .map(|root| Tree::read(root, files))
            .collect::<Result<Vec<_>>>()?;
        let mut lines = BTreeMap::new();
        for tree in &trees {
            for (from, reference) in &tree.references {
                let Some(to) = trees.iter().find_map(|other| tree.target(other, reference)) else {
                    continue;
                };
                if to != from {
                    let line = lines
                        .entry((from.clone(), to.clone()))
                        .or_insert(reference.line);
                    *line = reference.line.min(*line);
                }
            }
        }
        let modules: BTreeSet<_> = (trees.iter())
            .flat_map(|tree| tree.modules.values().cloned())
            .collect();
        let for_tests: BTreeSet<_> = trees.iter().flat_map(|tree| &tree.for_tests).collect();
        Ok(Self {
            folder: folder.to_owned(),
            orphans: (files.keys())
                .filter(|file| !modules.contains(*file) && !for_tests.contains(file))
                .cloned()
                .collect(),
            files: modules,
            list: (lines.into_iter())
                .map(|((from, to), line)| Import { from, to, line })
                .collect(),
        })
    }

    /// Whether this folder is the crate's or within it.
    pub(crate) fn has(&self, folder: &str) -> bool {
        folder == self.folder || folder.starts_with(&format!("{}/", self.folder))
    }
}

/// The modules below one root.
struct Tree<'a> {
    root: &'a Root,
    /// The file of each module, by the module's path from the root.
    modules: BTreeMap<Vec<String>, String>,
    /// The files of modules that only tests have.
    for_tests: BTreeSet<String>,
    /// What is named in each file.
    references: Vec<(String, Reference)>,
}

impl<'a> Tree<'a> {
    fn read(root: &'a Root, files: &BTreeMap<String, String>) -> Result<Self> {
        let mut tree = Self {
            root,
            modules: BTreeMap::new(),
            for_tests: BTreeSet::new(),
            references: Vec::new(),
        };
        let (folder, _) = root
            .file
            .rsplit_once('/')
            .context("a root without a folder")?;
        let mut open = VecDeque::from([(Vec::new(), root.file.clone(), folder.to_owned(), false)]);
        while let Some((path, file, folder, for_tests)) = open.pop_front() {
            let text = files
                .get(&file)
                .with_context(|| format!("no file {file}"))?;
            let found = references::read(text).with_context(|| file.clone())?;
            for child in found.modules {
                let inside = format!("{folder}/{}", child.path.join("/"));
                let candidates = [format!("{inside}.rs"), format!("{inside}/mod.rs")];
                let place = candidates.into_iter().find(|name| files.contains_key(name));
                let place = place.with_context(|| format!("{file}: no file of {inside}"))?;
                let path = [&path[..], &child.path[..]].concat();
                open.push_back((path, place, inside, for_tests || child.for_tests));
            }
            if for_tests {
                tree.for_tests.insert(file);
                continue;
            }
            let inside = found.references.into_iter().map(|mut reference| {
                reference.module.splice(0..0, path.iter().cloned());
                (file.clone(), reference)
            });
            tree.references.extend(inside);
            ensure!(
                tree.modules.insert(path, file.clone()).is_none(),
                "{file}: a module that is declared twice"
            );
        }
        Ok(tree)
    }

    /// The file of `other` that something named in this tree belongs to.
    fn target<'o>(&self, other: &'o Tree<'_>, reference: &Reference) -> Option<&'o String> {
        let Reference { module, path, .. } = reference;
        let (first, rest) = path.split_first()?;
        let is_own = self.root.file == other.root.file;
        let child = |name: &str| [&module[..], &[name.to_owned()]].concat();
        let mut place = match &first[..] {
            "crate" if is_own => rest.to_vec(),
            "self" if is_own => [module, rest].concat(),
            "super" if is_own => {
                let ups = path.iter().take_while(|part| *part == "super").count();
                let above = module.len().checked_sub(ups)?;
                [&module[..above], &path[ups..]].concat()
            }
            // A child of the module, by its bare name.
            name if is_own && other.modules.contains_key(&child(name)) => {
                [module, &path[..]].concat()
            }
            // A program names the library of its crate.
            name if other.root.name.as_deref() == Some(name) => rest.to_vec(),
            _ => return None,
        };
        // What is no module itself belongs to the module around it.
        while !other.modules.contains_key(&place) {
            place.pop()?;
        }
        other.modules.get(&place)
    }
}
