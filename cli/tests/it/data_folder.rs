//! A folder for what a server keeps, and the servers that are started over it.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use guildhall_testing::data_folder::DataFolder;

use crate::program::Program;

/// The path of a folder of this test alone, which is removed when this is dropped.
pub(crate) struct Folder(DataFolder);

impl Folder {
    /// The server, or whoever else uses the folder, has to create it.
    pub(crate) fn new() -> Self {
        Self(DataFolder::pick())
    }

    /// It exists already, with nothing in it.
    pub(crate) fn empty() -> Self {
        let folder = Self::new();
        fs::create_dir(folder.0.path()).unwrap();
        folder
    }

    pub(crate) fn path(&self) -> &str {
        self.0.path().to_str().unwrap()
    }

    /// The path of a file in it.
    pub(crate) fn join(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// Starts a server over this folder.
    pub(crate) fn start(&self, arguments: &[&str]) -> Program {
        Program::start(&[&["--data", self.path()], arguments].concat())
    }

    /// The only value that a query of the store gives.
    pub(crate) fn value(&self, query: &str) -> String {
        self.value_of("guildhall.db", query)
    }

    /// The same of this file of the folder.
    pub(crate) fn value_of(&self, file: &str, query: &str) -> String {
        let output = Command::new("sqlite3")
            .arg("-readonly")
            .arg(self.join(file))
            .arg(query)
            .output()
            .expect("this test needs sqlite3: apt-get install sqlite3");
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{error}");
        String::from_utf8(output.stdout).unwrap().trim_end().into()
    }
}
