//! The program `guildhall` for any Linux: one file, linked statically with the C library musl.

use std::env;
use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result, bail, ensure};
use clap::ValueEnum;

use super::release::Release;
use super::tools;
use crate::machine::Tool;
use crate::workspace::Workspace;
use crate::{process, toolchain};

/// The most bytes that the program may have. It had 11.59 million in November 2026; a download of it
/// has half of that.
const MAX_BYTES: usize = 12_000_000;
/// The profile in Cargo.toml: it has another name than the folder of the downloads, which would
/// otherwise be that of its builds.
pub(super) const PROFILE: &str = "download";

/// Flags for the C compiler: without the tables that lead from C code to what called it. They are
/// for debuggers: no panic goes through SQLite or ring, and no debugger finds its way in a program
/// without symbols.
const C_FLAGS: &str = "-fno-asynchronous-unwind-tables -fno-unwind-tables";

/// Flags that have Rust's own linker link with Rust's own musl. zig's linker, which compiles the C
/// code, cannot pack the list of pointers that the program mends when it starts: two megabytes.
const LINKER: [&str; 4] = [
    "-Clinker=rust-lld",
    "-Clinker-flavor=ld.lld",
    "-Clink-self-contained=yes",
    "-Clink-arg=--pack-dyn-relocs=relr",
];

/// A kind of processor that there are downloads for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Architecture {
    /// Most servers.
    Amd64,
    /// Such as the Raspberry Pi, and servers of some clouds.
    Arm64,
}

/// Rust's standard library for [`Architecture::Amd64`].
pub(super) const FOR_AMD64: Tool = Tool {
    name: "Rust's standard library for x86-64 with musl",
    present: || toolchain::has_standard_library(Architecture::Amd64.target()),
    rustup: &["target", "add", Architecture::Amd64.target()],
    debian: &[],
};
/// Rust's standard library for [`Architecture::Arm64`].
pub(super) const FOR_ARM64: Tool = Tool {
    name: "Rust's standard library for ARM64 with musl",
    present: || toolchain::has_standard_library(Architecture::Arm64.target()),
    rustup: &["target", "add", Architecture::Arm64.target()],
    debian: &[],
};

impl Architecture {
    /// All of them.
    pub(super) const ALL: [Self; 2] = [Self::Amd64, Self::Arm64];

    /// Rust's name, of the system with musl.
    pub(super) const fn target(self) -> &'static str {
        match self {
            Self::Amd64 => "x86_64-unknown-linux-musl",
            Self::Arm64 => "aarch64-unknown-linux-musl",
        }
    }

    /// The kernel's name: what `uname -m` prints.
    pub(super) fn machine(self) -> &'static str {
        match self {
            Self::Amd64 => "x86_64",
            Self::Arm64 => "aarch64",
        }
    }

    /// Debian's name, which is that of container images, too.
    pub(super) fn debian(self) -> &'static str {
        match self {
            Self::Amd64 => "amd64",
            Self::Arm64 => "arm64",
        }
    }

    /// The number that a program's file has for it.
    fn elf_machine(self) -> u16 {
        match self {
            Self::Amd64 => 62,
            Self::Arm64 => 183,
        }
    }
}

/// A program that was built.
#[derive(Debug)]
pub(super) struct Program {
    pub(super) architecture: Architecture,
    /// The file, where cargo has put it.
    pub(super) path: PathBuf,
    pub(super) bytes: Vec<u8>,
}

impl Program {
    /// Builds it, and looks at what came out.
    ///
    /// # Errors
    ///
    /// If the build fails, or the program needs others to run, is too large, or does not say the
    /// release's version.
    pub(super) fn build(
        workspace: &Workspace,
        release: &Release,
        architecture: Architecture,
    ) -> Result<Self> {
        let target = architecture.target();
        println!("Building the program for {}.", architecture.machine());
        let mut build = tools::zigbuild(workspace)?;
        build.args(["--package", "guildhall-cli", "--bin", "guildhall"]);
        build.args(["--profile", PROFILE, "--target", target, "--locked"]);
        let flags = LINKER.map(String::from).into_iter();
        let flags: Vec<_> = flags.chain(without_paths(workspace)?).collect();
        build.env("CARGO_ENCODED_RUSTFLAGS", flags.join("\u{1f}"));
        build.env(format!("CFLAGS_{}", target.replace('-', "_")), C_FLAGS);
        process::run(release.tell(&mut build))?;

        let path = workspace
            .target
            .join(target)
            .join(PROFILE)
            .join("guildhall");
        let bytes = fs::read(&path).with_context(|| path.display().to_string())?;
        ensure!(
            bytes.len() <= MAX_BYTES,
            "the program has {} bytes, above {MAX_BYTES}",
            bytes.len()
        );
        check_file(&bytes, architecture).context("the program's file")?;
        if env::consts::ARCH == architecture.machine() {
            let printed = process::output(workspace.command(&path).arg("--version"))?;
            ensure!(
                printed == release.printed(),
                "the program says {printed:?} and not {:?}",
                release.printed()
            );
        }
        Ok(Self {
            architecture,
            path,
            bytes,
        })
    }
}

/// Flags that keep this machine's folders out of the program.
fn without_paths(workspace: &Workspace) -> Result<[String; 2]> {
    let home = match env::var_os("CARGO_HOME") {
        Some(home) => PathBuf::from(home),
        None => env::home_dir().context("no home folder")?.join(".cargo"),
    };
    let root = &workspace.root;
    // The last that fits counts, so the inner folder comes last.
    Ok([
        format!("--remap-path-prefix={}=cargo", home.display()),
        format!("--remap-path-prefix={}=guildhall", root.display()),
    ])
}

/// Looks whether a file is a program for the architecture that needs no other file.
fn check_file(bytes: &[u8], architecture: Architecture) -> Result<()> {
    let read = |at: usize, length: usize| -> Result<u64> {
        let field = bytes
            .get(at..at + length)
            .context("the file is too short")?;
        let mut all = [0; 8];
        all[..length].copy_from_slice(field);
        Ok(u64::from_le_bytes(all))
    };
    // The number of the format, 64 bits, the least significant byte first.
    ensure!(
        bytes.starts_with(b"\x7fELF\x02\x01"),
        "not a program for Linux"
    );
    let machine = read(18, 2)?;
    ensure!(
        machine == u64::from(architecture.elf_machine()),
        "for another processor, number {machine}"
    );
    let (start, size, count) = (read(32, 8)?, read(54, 2)?, read(56, 2)?);
    for number in 0..count {
        let header = usize::try_from(start + number * size)?;
        // PT_INTERP: the program that loads libraries.
        if read(header, 4)? == 3 {
            bail!("not linked statically");
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{Architecture, check_file};

    /// The beginning of a program for the processor with this number, and its parts' kinds.
    fn program(machine: u16, parts: &[u32]) -> Vec<u8> {
        let mut bytes = b"\x7fELF\x02\x01".to_vec();
        bytes.resize(64, 0);
        bytes[18..20].copy_from_slice(&machine.to_le_bytes());
        bytes[32] = 64;
        bytes[54] = 56;
        bytes[56] = u8::try_from(parts.len()).unwrap();
        for kind in parts {
            bytes.extend(kind.to_le_bytes());
            bytes.resize(bytes.len() + 52, 0);
        }
        bytes
    }

    #[track_caller]
    fn check(bytes: &[u8], said: &str) {
        let error = check_file(bytes, Architecture::Arm64).unwrap_err();
        assert!(error.to_string().contains(said), "{error}");
    }

    #[test]
    fn a_static_program_for_the_processor_is_fine() {
        check_file(&program(183, &[1, 2]), Architecture::Arm64).unwrap();
        check_file(&program(62, &[]), Architecture::Amd64).unwrap();
    }

    #[test]
    fn what_would_not_run_everywhere_is_found() {
        check(b"#!/bin/sh", "not a program for Linux");
        check(&program(62, &[1]), "another processor");
        check(&program(183, &[1, 3]), "not linked statically");
        check(&program(183, &[1])[..66], "too short");
    }
}
