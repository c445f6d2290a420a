//! What a machine must have, and getting what it lacks: by rustup, else from
//! Debian's packages, for which an administrator is asked. If there is none, the
//! reader is told what to install.

use std::io::{self, IsTerminal as _};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

use anyhow::{Result, bail};

use crate::process;

/// Something a machine may lack.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Tool {
    /// What it is, for messages.
    pub(crate) name: &'static str,
    /// Whether it is there and works.
    pub(crate) present: fn() -> bool,
    /// The arguments with which rustup brings it, or none.
    pub(crate) rustup: &'static [&'static str],
    /// The Debian packages that bring it, or none.
    pub(crate) debian: &'static [&'static str],
}

/// `cargo fmt`.
pub(crate) const RUSTFMT: Tool = Tool {
    name: "rustfmt",
    present: || process::succeeds(Command::new("cargo").args(["fmt", "--version"])),
    rustup: &["component", "add", "rustfmt"],
    debian: &[],
};

/// `cargo clippy`.
pub(crate) const CLIPPY: Tool = Tool {
    name: "Clippy",
    present: || process::succeeds(Command::new("cargo").args(["clippy", "--version"])),
    rustup: &["component", "add", "clippy"],
    debian: &[],
};

/// Git, which knows the project's files.
pub(crate) const GIT: Tool = Tool {
    name: "git",
    present: || program(&["git"]).is_some(),
    rustup: &[],
    debian: &["git"],
};

/// Node.js with its package manager.
pub(crate) const NODE: Tool = Tool {
    name: "Node.js 20 or newer, with npm",
    present: || {
        let recent = "process.exit(process.versions.node.split('.')[0] >= 20 ? 0 : 1)";
        program(&["npm"]).is_some() && process::succeeds(Command::new("node").args(["-e", recent]))
    },
    rustup: &[],
    debian: &["nodejs", "npm"],
};

/// Python that can make virtual environments.
pub(crate) const PYTHON: Tool = Tool {
    name: "Python 3.10 or newer, with venv",
    present: || {
        let usable = "import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 10))";
        process::succeeds(Command::new("python3").args(["-c", usable]))
    },
    rustup: &[],
    debian: &["python3", "python3-venv"],
};

/// Counts system calls for the server's tests.
pub(crate) const STRACE: Tool = Tool {
    name: "strace",
    present: || program(&["strace"]).is_some(),
    rustup: &[],
    debian: &["strace"],
};

/// A clock that jumps, for the soak.
pub(crate) const LIBFAKETIME: Tool = Tool {
    name: "libfaketime",
    present: || {
        let folders = fs::read_dir("/usr/lib").into_iter().flatten().flatten();
        let mut libraries = folders.map(|it| it.path().join("faketime/libfaketimeMT.so.1"));
        libraries.any(|path| path.is_file())
    },
    rustup: &[],
    debian: &["libfaketime"],
};

/// A proxy in front of the server, in its tests.
pub(crate) const NGINX: Tool = Tool {
    name: "nginx, with its module for streams",
    present: || {
        let module = "/usr/lib/nginx/modules/ngx_stream_module.so";
        service("nginx").is_some() && Path::new(module).is_file()
    },
    rustup: &[],
    debian: &["nginx", "libnginx-mod-stream"],
};

/// The other proxy.
pub(crate) const HAPROXY: Tool = Tool {
    name: "HAProxy",
    present: || service("haproxy").is_some(),
    rustup: &[],
    debian: &["haproxy"],
};

/// The proxy that has TLS by itself.
pub(crate) const CADDY: Tool = Tool {
    name: "Caddy",
    present: || program(&["caddy"]).is_some(),
    rustup: &[],
    debian: &["caddy"],
};

/// An ACME server, with a DNS server beside it.
pub(crate) const PEBBLE: Tool = Tool {
    name: "Pebble",
    present: || program(&["pebble"]).is_some() && program(&["pebble-challtestsrv"]).is_some(),
    rustup: &[],
    debian: &["pebble"],
};

/// The tool that reads the alert rules, as Prometheus does.
pub(crate) const PROMTOOL: Tool = Tool {
    name: "promtool",
    present: || program(&["promtool"]).is_some(),
    rustup: &[],
    debian: &["prometheus"],
};

/// The first browser of the end-to-end tests.
pub(crate) const CHROMIUM: Tool = Tool {
    name: "Chromium",
    present: || chromium().is_some(),
    rustup: &[],
    debian: &["chromium"],
};

/// The second browser of the end-to-end tests.
pub(crate) const FIREFOX: Tool = Tool {
    name: "Firefox",
    present: || firefox().is_some(),
    rustup: &[],
    debian: &["firefox-esr"],
};

/// Where Firefox is.
pub(crate) fn firefox() -> Option<PathBuf> {
    program(&["firefox-esr", "firefox"])
}

/// Where Chromium is.
pub(crate) fn chromium() -> Option<PathBuf> {
    program(&["chromium", "chromium-browser", "google-chrome"])
}

/// Sees to it that every tool is there.
///
/// # Errors
///
/// When some are missing and cannot be installed from here: the error lists
/// all of them with the commands that install them.
pub(crate) fn provide(tools: &[Tool]) -> Result<()> {
    let absent = |tool: &Tool| !(tool.present)();
    for tool in tools
        .iter()
        .filter(|tool| !tool.rustup.is_empty() && absent(tool))
    {
        println!(
            "Missing: {}. Trying rustup {}.",
            tool.name,
            tool.rustup.join(" ")
        );
        if !process::succeeds(Command::new("rustup").args(tool.rustup)) {
            println!("rustup cannot bring it here.");
        }
    }
    let missing: Vec<_> = tools.iter().filter(|tool| absent(tool)).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let mut packages: Vec<_> = missing
        .iter()
        .flat_map(|tool| tool.debian)
        .copied()
        .collect();
    packages.sort_unstable();
    packages.dedup();
    let all_packaged = missing.iter().all(|tool| !tool.debian.is_empty());
    let administrator = Administrator::find();
    let Some(administrator) = administrator.filter(|_| all_packaged && is_debian()) else {
        bail!(wanted(&missing, &packages));
    };
    println!("Installing with apt-get: {}.", packages.join(" "));
    if administrator == Administrator::Password {
        println!("That needs an administrator: sudo asks for your password.");
    }
    // An old package list names versions that are gone from the mirrors.
    process::run(administrator.apt_get().args(["-q", "update"]))?;
    process::run(
        administrator
            .apt_get()
            .args(["-qy", "--no-install-recommends", "install"])
            .args(&packages),
    )?;
    if let Some(tool) = missing.into_iter().find(|tool| absent(tool)) {
        bail!(
            "{} is still missing after {} was installed",
            tool.name,
            tool.debian.join(" ")
        );
    }
    Ok(())
}

/// Where a program of one of these names is, by the search path.
pub(crate) fn program(names: &[&str]) -> Option<PathBuf> {
    let folders: Vec<_> = env::split_paths(&env::var_os("PATH")?).collect();
    let mut paths = names
        .iter()
        .flat_map(|name| folders.iter().map(move |dir| dir.join(name)));
    paths.find(|path| path.is_file())
}

/// The path of a program that Debian keeps for root: it may not be in the search path.
fn service(name: &str) -> Option<PathBuf> {
    let in_sbin = || Some(Path::new("/usr/sbin").join(name)).filter(|path| path.is_file());
    program(&[name]).or_else(in_sbin)
}

/// Everything that is missing, with the commands that install it.
fn wanted(missing: &[&Tool], packages: &[&str]) -> String {
    let mut lines = vec!["this machine lacks what is needed here. Please install:".to_owned()];
    lines.extend(missing.iter().map(|tool| match tool.rustup {
        [] => format!("  - {}", tool.name),
        rustup => format!("  - {}, by `rustup {}`", tool.name, rustup.join(" ")),
    }));
    if !packages.is_empty() {
        let sudo = if is_root() { "" } else { "sudo " };
        let place = if is_debian() { "Here" } else { "On Debian 12" };
        lines.push(format!(
            "{place}: {sudo}apt-get install {}",
            packages.join(" ")
        ));
    }
    lines.join("\n")
}

/// How this program may install packages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Administrator {
    /// It runs as one.
    Root,
    /// `sudo` lets it.
    Sudo,
    /// `sudo` asks whoever sits at the terminal for a password.
    Password,
}

impl Administrator {
    fn find() -> Option<Self> {
        if is_root() {
            return Some(Self::Root);
        }
        program(&["sudo"])?;
        if process::succeeds(Command::new("sudo").args(["-n", "true"])) {
            return Some(Self::Sudo);
        }
        io::stdin().is_terminal().then_some(Self::Password)
    }

    fn apt_get(self) -> Command {
        let set = "DEBIAN_FRONTEND=noninteractive";
        let mut command = match self {
            Self::Root => Command::new("env"),
            Self::Sudo | Self::Password => Command::new("sudo"),
        };
        // sudo clears the environment but for what stands on its own line.
        command.args([set, "apt-get"]);
        command
    }
}

/// Debian, Ubuntu and their kin.
fn is_debian() -> bool {
    let release = fs::read_to_string("/etc/os-release").unwrap_or_default();
    let related = |line: &str| {
        let ids = line
            .strip_prefix("ID=")
            .or_else(|| line.strip_prefix("ID_LIKE="));
        ids.is_some_and(|ids| ids.trim_matches('"').split(' ').any(|id| id == "debian"))
    };
    program(&["apt-get"]).is_some() && release.lines().any(related)
}

fn is_root() -> bool {
    process::output(Command::new("id").arg("-u")).is_ok_and(|id| id.trim() == "0")
}
