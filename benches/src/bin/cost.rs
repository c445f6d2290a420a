//! `cost`: compares what the server and the floor cost, in the same run and pinned
//! to the same cores, as a Markdown table.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread::available_parallelism;
use std::{env, fs};

use anyhow::{Context as _, bail, ensure};
use clap::{Parser, ValueEnum};
use guildhall_benches::beside::Tools;
use guildhall_benches::peer::Peer;
use guildhall_benches::plot::Curves;
use guildhall_benches::scenario::{self, Contender, SCENARIOS, Scenario, Server};
use guildhall_benches::table::{self, Measured};
use rcgen::{CertificateParams, KeyPair};

/// Measures the floor, the joined floor and guildhall in turns, and prints
/// medians and ratios.
#[derive(Debug, Parser)]
struct Arguments {
    /// The scenarios to measure; the beginning of a name is enough. Without
    /// names, all but the curve, the threads, durable rooms, blocks and TLS
    scenarios: Vec<String>,

    /// List the scenarios
    #[arg(long)]
    list: bool,

    /// How many runs to take the medians of
    #[arg(long, default_value_t = 5)]
    runs: usize,

    /// How long the clients speak in each run, in seconds, if the scenario does
    /// not say it
    #[arg(long, default_value_t = 4.0)]
    seconds: f64,

    /// The cores that the server and the load run on
    #[arg(long, value_enum, default_value_t = Cores::Same)]
    cores: Cores,

    /// A guildhall binary to measure instead of the workspace's. Give this flag
    /// more than once to compare binaries
    #[arg(long, value_name = "PATH")]
    guildhall: Vec<PathBuf>,

    /// Draw the cost of a delivery over the number of members into this file,
    /// as SVG; for the scenarios `curve`
    #[arg(long, value_name = "FILE")]
    plot: Option<PathBuf>,

    /// The folder for what durable rooms keep, on the disk to be measured. What is written there
    /// is removed again
    #[arg(long, value_name = "DIR", default_value = "target")]
    data: PathBuf,

    /// A flag for guildhall, such as --guildhall-flag=--threads=2
    #[arg(long, value_name = "FLAG", allow_hyphen_values = true)]
    guildhall_flag: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Cores {
    /// Both on one core: this has the least noise.
    Same,
    /// The server on one core, the load on another.
    Apart,
    /// Both on any core: for a server with several threads.
    All,
}

/// The programs that run, by name: the floor, the handshakes, and guildhall.
const OTHERS: [&str; 3] = ["floor", "handshakes", "guildhall"];

/// The paths of these programs.
struct Programs {
    floor: PathBuf,
    /// The workspace's guildhall, which is also the load tool.
    tool: PathBuf,
    handshakes: PathBuf,
    guildhalls: Vec<PathBuf>,
    guildhall_flags: Vec<String>,
}

fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    if arguments.list {
        for scenario in SCENARIOS {
            println!("{:14} {}", scenario.name, scenario.about);
        }
        return Ok(());
    }
    ensure!(arguments.runs > 0, "--runs 1 at least");
    let scenarios = match scenario::named(&arguments.scenarios) {
        Ok(scenarios) => scenarios,
        Err(name) => bail!("no scenario is named {name}; --list has them all"),
    };
    let cores = available_parallelism()?.get();
    ensure!(
        arguments.cores != Cores::Apart || cores > 1,
        "--cores apart needs two cores"
    );
    let programs = Programs::find(&arguments)?;
    println!(
        "{cores} cores, Linux {}; server and load {}; medians of {} runs (least–greatest).\n",
        kernel().unwrap_or_default(),
        match arguments.cores {
            Cores::Same => "on the same core",
            Cores::Apart => "on a core each",
            Cores::All => "on all cores",
        },
        arguments.runs,
    );
    print!("{}", table::head());
    let mut curves = Curves::default();
    for scenario in scenarios {
        // Printed as soon as it is known, because a whole run takes long.
        let contenders = measure(scenario, &programs, &arguments)?;
        print!("{}", table::rows(scenario, &contenders));
        curves.add(scenario, &contenders);
    }
    if let Some(path) = &arguments.plot {
        fs::write(path, curves.draw()?)
            .with_context(|| format!("cannot write {}", path.display()))?;
    }
    Ok(())
}

/// Does all runs of one scenario. Each run has every contender once, so that a
/// disturbance of the machine affects all of them.
fn measure(
    scenario: &Scenario,
    programs: &Programs,
    arguments: &Arguments,
) -> anyhow::Result<Vec<Measured>> {
    let (server_core, load_core) = match arguments.cores {
        Cores::Same => (Some(0), Some(0)),
        Cores::Apart => (Some(0), Some(1)),
        Cores::All => (None, None),
    };
    let seconds = arguments.seconds.to_string();
    let mut contenders = programs.contenders(scenario);
    for run in 1..=arguments.runs {
        for running in &mut contenders {
            let Running {
                program,
                flags,
                measured,
            } = running;
            let contender = measured.contender;
            let kept = Kept::new(&arguments.data)?;
            let mut flags = flags.clone();
            flags.extend(kept.flags(contender));
            let ca = contender.is_secure.then(|| kept.certify()).transpose()?;
            let mut peer = Peer::start(program, &flags, server_core)?;
            peer.ca = ca;
            let mut load = scenario.load.to_vec();
            if !load.contains(&"--seconds") {
                load.extend(["--seconds", &seconds]);
            }
            load.extend(contender.load);
            let tools = Tools {
                load: &programs.tool,
                handshakes: &programs.handshakes,
                core: load_core,
            };
            let (report, beside) = tools.during(&peer, contender.beside, || {
                peer.load(&programs.tool, &load, load_core)
            })?;
            if let Some(beside) = beside {
                eprintln!("{} run {run}: {beside} beside", scenario.name);
            }
            let figure = table::figure(scenario.measure, &report).unwrap_or(f64::NAN);
            eprintln!("{} run {run}: {} {figure:.3}", scenario.name, measured.name);
            measured.reports.push(report);
        }
    }
    Ok(contenders.into_iter().map(|done| done.measured).collect())
}

/// A new folder for the store of a durable server, and for a certificate. It is removed when this value is dropped.
struct Kept(PathBuf);

impl Kept {
    fn new(folder: &Path) -> anyhow::Result<Self> {
        let name = format!("cost-{}-{}", std::process::id(), fastrand::u64(..));
        let folder = folder.join(name);
        fs::create_dir_all(&folder)
            .with_context(|| format!("cannot write {}", folder.display()))?;
        Ok(Self(folder))
    }

    /// The flags by which a server keeps what is said there, if it is durable, and speaks TLS.
    fn flags(&self, contender: Contender) -> Vec<String> {
        let folder = self.0.display();
        let mut flags = match contender.server {
            _ if !contender.is_durable => Vec::new(),
            Server::Guildhall => vec![format!("--data={folder}")],
            Server::Floor | Server::JoinedFloor => vec![format!("--append={folder}/lines")],
        };
        if contender.is_secure {
            flags.push(format!("--tls-cert={folder}/cert.pem"));
            flags.push(format!("--tls-key={folder}/key.pem"));
        }
        flags
    }

    /// Makes a certificate for this machine, with the key that most servers have today (ECDSA with
    /// P-256). Returns its file.
    fn certify(&self) -> anyhow::Result<PathBuf> {
        let key = KeyPair::generate()?;
        let params = CertificateParams::new(vec!["127.0.0.1".to_owned()])?;
        let file = self.0.join("cert.pem");
        fs::write(&file, params.self_signed(&key)?.pem())?;
        fs::write(self.0.join("key.pem"), key.serialize_pem())?;
        Ok(file)
    }
}

impl Drop for Kept {
    fn drop(&mut self) {
        // It is in a folder for what is built.
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// A server in a scenario: its program, and its reports so far.
struct Running {
    program: PathBuf,
    flags: Vec<String>,
    measured: Measured,
}

impl Programs {
    /// Builds the other programs beside this one.
    fn find(arguments: &Arguments) -> anyhow::Result<Self> {
        let own = env::current_exe()?;
        build(&own)?;
        let [floor, handshakes, tool] = OTHERS.map(|name| own.with_file_name(name));
        let mut guildhalls = arguments.guildhall.clone();
        if guildhalls.is_empty() {
            guildhalls.push(tool.clone());
        }
        Ok(Self {
            floor,
            tool,
            handshakes,
            guildhalls,
            guildhall_flags: arguments.guildhall_flag.clone(),
        })
    }

    /// The contenders of a scenario, with one for each binary of guildhall.
    fn contenders(&self, scenario: &Scenario) -> Vec<Running> {
        let mut contenders = Vec::new();
        for contender in scenario.contenders {
            let new = |name: String, program: &Path, mut flags: Vec<String>| {
                flags.extend(contender.flags.iter().map(|&flag| flag.to_owned()));
                Running {
                    program: program.to_owned(),
                    flags,
                    measured: Measured {
                        name,
                        contender: *contender,
                        reports: Vec::new(),
                    },
                }
            };
            let name = contender.name.to_owned();
            match contender.server {
                Server::Floor => contenders.push(new(name, &self.floor, Vec::new())),
                Server::JoinedFloor => {
                    contenders.push(new(name, &self.floor, vec!["--joined".into()]));
                }
                Server::Guildhall => {
                    for program in &self.guildhalls {
                        let name = if self.guildhalls.len() > 1 {
                            format!("{name} ({})", program.display())
                        } else {
                            name.clone()
                        };
                        contenders.push(new(name, program, self.flags()));
                    }
                }
            }
        }
        contenders
    }

    /// The flags of a measured guildhall: no caps, and no log line for each client.
    fn flags(&self) -> Vec<String> {
        let flags = [
            "--host=127.0.0.1",
            "--max-connections-per-address=0",
            "--max-connections=1000000",
            "--log=error",
        ];
        let flags = flags.iter().map(|&flag| flag.to_owned());
        flags.chain(self.guildhall_flags.iter().cloned()).collect()
    }
}

/// Builds the other programs beside this one.
fn build(own: &Path) -> anyhow::Result<()> {
    let release = own
        .parent()
        .is_some_and(|folder| folder.ends_with("release"));
    ensure!(
        release,
        "figures of a debug build mean nothing: cargo run --release"
    );
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let status = Command::new(cargo)
        .args(["build", "--release"])
        .args([
            "--package",
            "guildhall-cli",
            "--package",
            "guildhall-benches",
        ])
        .args(OTHERS.map(|name| format!("--bin={name}")))
        .status()
        .context("cannot start cargo")?;
    ensure!(status.success(), "guildhall or its benches do not build");
    Ok(())
}

fn kernel() -> Option<String> {
    let release = std::fs::read_to_string("/proc/sys/kernel/osrelease").ok()?;
    let mut parts = release.trim().split('.');
    Some(format!("{}.{}", parts.next()?, parts.next()?))
}
