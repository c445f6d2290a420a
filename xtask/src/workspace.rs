//! Where things are: the workspace's root, the target directory cargo uses,
//! and what the commands put there.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};
use serde_json::Value;

use crate::process;

/// Where a crate begins: the file of its library or of one of its programs.
#[derive(Debug, Clone)]
pub(crate) struct Root {
    /// The file, from the workspace's root.
    pub(crate) file: String,
    /// The name by which others import it: a library's.
    pub(crate) name: Option<String>,
}

/// The paths every command needs.
#[derive(Debug, Clone)]
pub(crate) struct Workspace {
    /// The folder of the workspace's `Cargo.toml`.
    pub(crate) root: PathBuf,
    /// Cargo's target directory, wherever the user's settings put it.
    pub(crate) target: PathBuf,
}

impl Workspace {
    /// Asks cargo, which knows of `CARGO_TARGET_DIR` and of every config file.
    pub(crate) fn find() -> Result<Self> {
        let manifest = env!("CARGO_MANIFEST_DIR");
        let mut cargo = Command::new(cargo());
        let metadata = metadata(cargo.current_dir(manifest))?;
        let path = |key: &str| {
            let value = metadata[key].as_str();
            value
                .map(PathBuf::from)
                .with_context(|| format!("cargo metadata without {key}"))
        };
        Ok(Self {
            root: path("workspace_root")?,
            target: path("target_directory")?,
        })
    }

    /// The folder of sources of each crate, from the root, and where the crate's
    /// library and programs begin in it.
    ///
    /// # Errors
    ///
    /// When cargo cannot say.
    pub(crate) fn crates(&self) -> Result<Vec<(String, Vec<Root>)>> {
        let metadata = metadata(&mut self.cargo())?;
        let from_root = |path: &str| -> Option<String> {
            let path = Path::new(path).strip_prefix(&self.root).ok()?;
            Some(path.to_str()?.to_owned())
        };
        let packages = metadata["packages"].as_array().context("no packages")?;
        let mut crates = Vec::new();
        for package in packages {
            let manifest = package["manifest_path"].as_str().and_then(from_root);
            let manifest = manifest.context("a crate outside of the workspace")?;
            let folder = manifest.replace("Cargo.toml", "src");
            let mut roots = Vec::new();
            for target in package["targets"].as_array().into_iter().flatten() {
                let file = target["src_path"].as_str().and_then(from_root);
                let kinds = target["kind"].as_array().into_iter().flatten();
                let is_program = kinds.clone().any(|kind| kind == "bin");
                let name = target["name"].as_str().map(|name| name.replace('-', "_"));
                roots.extend(
                    file.filter(|file| file.starts_with(&format!("{folder}/")))
                        .map(|file| Root {
                            file,
                            name: name.filter(|_| !is_program),
                        }),
                );
            }
            crates.push((folder, roots));
        }
        Ok(crates)
    }

    /// A command that starts in the workspace's root.
    pub(crate) fn command(&self, program: impl AsRef<std::ffi::OsStr>) -> Command {
        let mut command = Command::new(program);
        command.current_dir(&self.root);
        command
    }

    /// The user's own cargo, in the workspace's root.
    pub(crate) fn cargo(&self) -> Command {
        let mut command = self.command(cargo());
        command.env("CARGO_TARGET_DIR", &self.target);
        command
    }

    /// A target directory of its own under the usual one, for a build whose
    /// compiler or flags differ and would otherwise rebuild the rest.
    pub(crate) fn own_target(&self, name: &str) -> PathBuf {
        self.target.join("xtask").join(name)
    }

    /// The browser client as it is served: the output of `cargo xtask web`.
    pub(crate) fn dist(&self) -> PathBuf {
        self.root.join("web-client/dist")
    }
}

/// What cargo says of the workspace's own packages.
fn metadata(cargo: &mut Command) -> Result<Value> {
    cargo.args(["metadata", "--no-deps", "--format-version=1"]);
    Ok(serde_json::from_str(&process::output(cargo)?)?)
}

/// The cargo that started this program.
fn cargo() -> String {
    env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned())
}
