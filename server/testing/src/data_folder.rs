//! The path of a folder for what a server keeps. The folder is removed with the test that uses it.

use std::fs;
use std::path::{Path, PathBuf};

use guildhall_server::Config;

use crate::test_server::TestServer;

/// The path of a folder of this test alone, which is removed when this is dropped.
#[derive(Debug)]
pub struct DataFolder(PathBuf);

impl DataFolder {
    /// Picks a path that is not used yet. The server creates the folder.
    pub fn pick() -> Self {
        let name = format!("guildhall-data-{:016x}", fastrand::u64(..));
        Self(std::env::temp_dir().join(name))
    }

    /// The path.
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// Starts a server over this folder, with these settings.
    pub fn server(&self, config: Config) -> TestServer {
        TestServer::with(self.kept(config))
    }

    /// These settings, for a server over this folder.
    pub fn kept(&self, config: Config) -> Config {
        Config {
            data: Some(self.0.clone()),
            ..config
        }
    }
}

impl Drop for DataFolder {
    fn drop(&mut self) {
        // It is in the system's folder for what may go at any time.
        let _ = fs::remove_dir_all(&self.0);
    }
}
