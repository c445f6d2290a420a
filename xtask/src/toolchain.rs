//! A Rust toolchain for targets other than this machine: rustup's where it has
//! the target, else Debian's, which brings the source of the standard library
//! and builds it.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::machine::{self, Tool};
use crate::process;
use crate::workspace::Workspace;

/// The browser.
pub(crate) const WASM: &str = "wasm32-unknown-unknown";
/// A microcontroller: there is no `std` for it, so what builds needs none.
pub(crate) const BARE: &str = "thumbv7em-none-eabihf";

/// A toolchain for [`WASM`]. Debian's packages are the compilers for its web
/// browsers, newer than its usual ones.
pub(crate) const FOR_WASM: Tool = Tool {
    name: "a Rust toolchain for WebAssembly",
    present: || Toolchain::find(WASM).is_some(),
    rustup: &["target", "add", WASM],
    debian: DEBIAN_PACKAGES,
};
/// A toolchain for [`BARE`].
pub(crate) const FOR_BARE: Tool = Tool {
    name: "a Rust toolchain for microcontrollers",
    present: || Toolchain::find(BARE).is_some(),
    rustup: &["target", "add", BARE],
    debian: DEBIAN_PACKAGES,
};
/// Clippy of the toolchain for [`WASM`].
pub(crate) const CLIPPY_FOR_WASM: Tool = Tool {
    name: "Clippy of the Rust toolchain for WebAssembly",
    present: || match Toolchain::find(WASM) {
        Some(Toolchain {
            source: Source::Debian,
            ..
        }) => Path::new(DEBIAN_CLIPPY).is_file(),
        Some(Toolchain {
            source: Source::Usual,
            ..
        }) => (machine::CLIPPY.present)(),
        // Where Debian's packages must bring the one, they bring the other.
        None => false,
    },
    rustup: &[],
    debian: &["rust-web-clippy"],
};

const DEBIAN_PACKAGES: &[&str] = &["cargo-web", "rust-web-src", "rustc-web"];
const DEBIAN_CARGO: &str = "/usr/bin/cargo";
const DEBIAN_CLIPPY: &str = "/usr/bin/cargo-clippy";
const DEBIAN_RUSTC: &str = "/usr/bin/rustc";
const DEBIAN_LIBRARY: &str = "/usr/lib/rustlib/src/rust/library/Cargo.toml";

/// Who builds for a target.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Source {
    /// The cargo that runs us, with the target's ready-made standard library.
    Usual,
    /// Debian's cargo and rustc, building the standard library.
    Debian,
}

/// A toolchain that builds for one target.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Toolchain {
    target: &'static str,
    source: Source,
}

impl Toolchain {
    /// Finds a toolchain for `target`, which [`machine::provide`] has seen to.
    pub(crate) fn get(target: &'static str) -> Result<Self> {
        Self::find(target).with_context(|| format!("no Rust toolchain for {target}"))
    }

    fn find(target: &'static str) -> Option<Self> {
        let source = if has_standard_library(target) {
            Source::Usual
        } else if debian_present() {
            Source::Debian
        } else {
            return None;
        };
        Some(Self { target, source })
    }

    /// `cargo build` for the target. `std` says whether the code uses the
    /// standard library or only `core` and `alloc`.
    pub(crate) fn build(self, workspace: &Workspace, std: bool) -> Result<Command> {
        self.command(workspace, "build", std)
    }

    /// `cargo clippy` for the target.
    pub(crate) fn clippy(self, workspace: &Workspace, std: bool) -> Result<Command> {
        self.command(workspace, "clippy", std)
    }

    /// `cargo clean` of what the target's builds left.
    pub(crate) fn clean(self, workspace: &Workspace) -> Result<Command> {
        self.command(workspace, "clean", true)
    }

    /// Where cargo puts what it builds with this profile.
    pub(crate) fn output(self, workspace: &Workspace, profile: &str) -> PathBuf {
        self.target_dir(workspace).join(self.target).join(profile)
    }

    /// What distinguishes this toolchain's builds from another's.
    pub(crate) fn version(self) -> Result<String> {
        let rustc = match self.source {
            Source::Usual => "rustc",
            Source::Debian => DEBIAN_RUSTC,
        };
        process::output(Command::new(rustc).arg("-vV"))
    }

    fn target_dir(self, workspace: &Workspace) -> PathBuf {
        match self.source {
            Source::Usual => workspace.target.clone(),
            // Another compiler in the same directory would rebuild everything.
            Source::Debian => workspace.own_target("debian"),
        }
    }

    fn command(self, workspace: &Workspace, verb: &str, std: bool) -> Result<Command> {
        let mut command = match self.source {
            Source::Usual => workspace.cargo(),
            Source::Debian if verb == "clippy" => workspace.command(DEBIAN_CLIPPY),
            Source::Debian => workspace.command(DEBIAN_CARGO),
        };
        command.args([verb, "--target", self.target]);
        command.env("CARGO_TARGET_DIR", self.target_dir(workspace));
        if self.source == Source::Usual {
            return Ok(command);
        }
        command
            .env("CARGO", DEBIAN_CARGO)
            .env("RUSTC", DEBIAN_RUSTC)
            .env("RUSTDOC", "/usr/bin/rustdoc")
            // Building the standard library is for unstable compilers only.
            .env("RUSTC_BOOTSTRAP", "1")
            .env_remove("RUSTUP_TOOLCHAIN");
        if self.target == WASM {
            command.env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER", rust_lld()?);
        }
        if verb != "clean" {
            let crates = if std { "std,panic_abort" } else { "core,alloc" };
            command.arg(format!("-Zbuild-std={crates}"));
        }
        Ok(command)
    }
}

/// Whether the usual toolchain can build for the target.
pub(crate) fn has_standard_library(target: &str) -> bool {
    let mut libdir = Command::new("rustc");
    libdir.args(["--print", "target-libdir", "--target", target]);
    process::output(&mut libdir).is_ok_and(|path| Path::new(path.trim()).is_dir())
}

fn debian_present() -> bool {
    [DEBIAN_CARGO, DEBIAN_RUSTC, DEBIAN_LIBRARY]
        .iter()
        .all(|path| Path::new(path).is_file())
}

/// The linker that comes with the usual toolchain. Debian's has none.
fn rust_lld() -> Result<PathBuf> {
    let sysroot = process::output(Command::new("rustc").args(["--print", "sysroot"]))?;
    let version = process::output(Command::new("rustc").arg("-vV"))?;
    let host = version.lines().find_map(|line| line.strip_prefix("host: "));
    let host = host.context("rustc names no host")?;
    let lld = Path::new(sysroot.trim())
        .join("lib/rustlib")
        .join(host)
        .join("bin/rust-lld");
    if !lld.is_file() {
        bail!("no rust-lld in this Rust toolchain: please use the one of rustup");
    }
    Ok(lld)
}
