//! Packs a Godot project into one `.pck` file that the engine starts from,
//! without a Godot editor: text scenes and scripts go in as they are.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result, bail};

/// Where the files' bodies begin, from the start of the pack.
const FILES_BASE: usize = 0x70;

/// The engine's own list of named classes, in the pack.
const CLASS_CACHE: &str = ".godot/global_script_class_cache.cfg";

/// The files of a project, by their path without `res://`.
#[derive(Debug, Default)]
pub(crate) struct Pack {
    files: BTreeMap<String, Vec<u8>>,
}

impl Pack {
    /// Adds every file under `folder` as `prefix` and its path. A folder with
    /// a `.gdignore` in it is left out, as in the editor, unless it is
    /// `folder` itself.
    ///
    /// # Errors
    ///
    /// A file that cannot be read.
    pub(crate) fn add_folder(&mut self, folder: &Path, prefix: &str) -> Result<()> {
        let entries = fs::read_dir(folder)
            .with_context(|| format!("cannot read the folder {}", folder.display()))?;
        for entry in entries {
            let path = entry?.path();
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            let inside = format!("{prefix}{name}");
            if name.starts_with('.') || name == "node_modules" {
                continue;
            }
            if !path.is_dir() {
                let body =
                    fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?;
                self.files.insert(inside, body);
            } else if !path.join(".gdignore").exists() {
                self.add_folder(&path, &format!("{inside}/"))?;
            }
        }
        Ok(())
    }

    /// Adds or replaces one text file.
    pub(crate) fn add_text(&mut self, path: &str, text: String) {
        self.files.insert(path.to_owned(), text.into_bytes());
    }

    /// The text of a file that is in the pack.
    ///
    /// # Errors
    ///
    /// No such file, or no text.
    pub(crate) fn text(&self, path: &str) -> Result<&str> {
        let body = self
            .files
            .get(path)
            .with_context(|| format!("no {path} in the pack"))?;
        std::str::from_utf8(body).with_context(|| format!("{path} is not UTF-8"))
    }

    /// Lists the scripts that have a `class_name`: the engine finds them by
    /// this list alone.
    ///
    /// # Errors
    ///
    /// A script that has a `class_name` and no `extends`.
    pub(crate) fn list_classes(&mut self) -> Result<()> {
        let mut classes = Vec::new();
        for path in self.files.keys() {
            if !is_script(path) {
                continue;
            }
            let Some(name) = self.word(path, "class_name ")? else {
                continue;
            };
            let base = self.base(path)?;
            classes.push(format!(
                "{{\n\"base\": &\"{base}\",\n\"class\": &\"{name}\",\n\"icon\": \"\",\n\
                 \"is_abstract\": false,\n\"is_tool\": false,\n\
                 \"language\": &\"GDScript\",\n\"path\": \"res://{path}\"\n}}"
            ));
        }
        self.add_text(CLASS_CACHE, format!("list=[{}]\n", classes.join(", ")));
        Ok(())
    }

    /// The first word behind `key`, at the start of a line of the script `path`.
    fn word(&self, path: &str, key: &str) -> Result<Option<&str>> {
        let mut lines = self.text(path)?.lines();
        Ok(lines.find_map(|line| line.strip_prefix(key)?.split_whitespace().next()))
    }

    /// The class that the script `path` extends. If it extends a script without a name,
    /// by its path, that script's base, and so on.
    fn base(&self, path: &str) -> Result<String> {
        let Some(base) = self.word(path, "extends ")? else {
            bail!("{path}: a class_name, but no extends at the start of a line");
        };
        let Some(relative) = base.strip_prefix('"').and_then(|it| it.strip_suffix('"')) else {
            return Ok(base.to_owned());
        };
        let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
        let script = format!("{folder}/{relative}");
        match self.word(&script, "class_name ")? {
            Some(name) => Ok(name.to_owned()),
            None => self.base(&script),
        }
    }

    /// The pack as the engine reads it: format 3, for Godot 4.3 and later.
    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        let mut bodies = Vec::new();
        let mut directory = Vec::new();
        directory.extend(count(self.files.len()).to_le_bytes());
        for (path, body) in &self.files {
            pad(&mut bodies, 16);
            let mut name = path.clone().into_bytes();
            pad(&mut name, 4);
            directory.extend(count(name.len()).to_le_bytes());
            directory.extend(name);
            directory.extend((bodies.len() as u64).to_le_bytes());
            directory.extend((body.len() as u64).to_le_bytes());
            // An MD5 that the engine does not compare, and no flags.
            directory.extend([0; 16 + 4]);
            bodies.extend(body);
        }
        pad(&mut bodies, 16);

        let mut pack = b"GDPC".to_vec();
        // The format, and the oldest engine that it is for.
        for number in [3_u32, 4, 3, 0] {
            pack.extend(number.to_le_bytes());
        }
        // Offsets of files count from the base that follows.
        pack.extend(2_u32.to_le_bytes());
        pack.extend((FILES_BASE as u64).to_le_bytes());
        pack.extend(((FILES_BASE + bodies.len()) as u64).to_le_bytes());
        pack.resize(FILES_BASE, 0);
        pack.extend(bodies);
        pack.extend(directory);
        pack
    }
}

fn is_script(path: &str) -> bool {
    Path::new(path).extension().is_some_and(|end| end == "gd")
}

fn pad(bytes: &mut Vec<u8>, to: usize) {
    bytes.resize(bytes.len().next_multiple_of(to), 0);
}

fn count(length: usize) -> u32 {
    u32::try_from(length).expect("a test project has fewer than 2^32 files and letters")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pack_is_laid_out_as_the_engine_reads_it() {
        let mut pack = Pack::default();
        pack.add_text("a.gd", "hello".into());
        let bytes = pack.to_bytes();
        assert_eq!(&bytes[..8], b"GDPC\x03\0\0\0");
        assert_eq!(&bytes[FILES_BASE..FILES_BASE + 5], b"hello");
        let directory = usize::from(bytes[32]);
        assert_eq!(directory, FILES_BASE + 16);
        assert_eq!(
            &bytes[directory..directory + 12],
            b"\x01\0\0\0\x04\0\0\0a.gd"
        );
        assert_eq!(bytes.len(), directory + 12 + 8 + 8 + 16 + 4);
    }

    #[test]
    fn classes_are_listed_by_name() {
        let mut pack = Pack::default();
        pack.add_text("log.gd", "class_name Log\nextends RichTextLabel\n".into());
        pack.add_text("plain.gd", "extends Node\n".into());
        pack.list_classes().unwrap();
        let list = pack.text(CLASS_CACHE).unwrap();
        assert!(list.contains("\"class\": &\"Log\"") && list.contains("res://log.gd"));
        assert!(!list.contains("plain.gd"));
    }

    #[test]
    fn a_script_without_a_name_hands_its_base_on() {
        let mut pack = Pack::default();
        pack.add_text("a/b/inner.gd", "extends Node\n".into());
        let outer = "class_name Outer\nextends \"b/inner.gd\"\n";
        pack.add_text("a/outer.gd", outer.into());
        pack.list_classes().unwrap();
        let list = pack.text(CLASS_CACHE).unwrap();
        assert!(list.contains("\"base\": &\"Node\""), "{list}");
    }

    #[test]
    fn a_class_without_a_base_is_refused() {
        let mut pack = Pack::default();
        pack.add_text("log.gd", "class_name Log\n".into());
        assert!(pack.list_classes().is_err());
    }
}
