//! `guildhall`: arguments, logs, listeners, and then the server.

use std::process::ExitCode;

use clap::Parser as _;
use clap::error::ErrorKind;
use guildhall_cli::arguments::{Arguments, Command, ServeArguments};
use guildhall_cli::bench::{self, BenchArguments, Trial};
use guildhall_cli::{chat, logs, stop};
use guildhall_server::{Config, listen, run};

fn main() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => return usage(&error),
    };
    let done = match &arguments.command {
        None => serve(&arguments.serve),
        Some(Command::Bench(arguments)) => bench(arguments),
        Some(Command::Chat(arguments)) => chat::chat(arguments),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("guildhall: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn serve(arguments: &ServeArguments) -> anyhow::Result<()> {
    let listeners = listen::bind(&arguments.host, arguments.port)?;
    let stop = stop::requested()?;
    let _log = logs::start(arguments)?;
    let config = config(arguments);
    for listener in &listeners {
        tracing::info!(address = %listener.local_addr()?, "listening");
    }
    run(config, listeners, stop)?;
    Ok(())
}

/// Prints what the load tool has found; an error where that is a fault.
fn bench(arguments: &BenchArguments) -> anyhow::Result<()> {
    if let Some(attack) = &arguments.attack.child {
        return bench::attack_as_child(attack);
    }
    if arguments.attack.is_asked_for() {
        return attack(arguments);
    }
    let report = bench::bench(arguments)?;
    if arguments.json {
        println!("{}", serde_json::to_string(&report)?);
    } else {
        print!("{report}");
    }
    anyhow::ensure!(
        report.is_clean(),
        "not every message reached everyone, once and in order"
    );
    Ok(())
}

/// Prints what each attack did as soon as it is over.
fn attack(arguments: &BenchArguments) -> anyhow::Result<()> {
    let is_table = !arguments.json && arguments.attack.trials().len() > 1;
    if is_table {
        println!("{}", Trial::TABLE_HEAD);
    }
    let report = bench::attack(arguments, |trial| match arguments.json {
        true => {}
        false if is_table => println!("{}", trial.row()),
        false => print!("{trial}"),
    })?;
    if arguments.json {
        println!("{}", serde_json::to_string(&report)?);
    }
    anyhow::ensure!(
        report.failed.is_empty(),
        "{} attacks could not be tried",
        report.failed.len()
    );
    Ok(())
}

/// The settings, with as many open files as the system lets us have.
fn config(arguments: &ServeArguments) -> Config {
    let max_files = rlimit::increase_nofile_limit(u64::MAX).unwrap_or_else(|error| {
        tracing::warn!(%error, "cannot raise the limit of open files");
        1024
    });
    let max_files = usize::try_from(max_files).unwrap_or(usize::MAX);
    let config = arguments.config().within_open_files(max_files);
    if config.caps.total < arguments.max_connections {
        tracing::warn!(
            max_files,
            max_connections = config.caps.total,
            "the limit of open files allows fewer clients: raise it (ulimit -n) or lower --max-connections"
        );
    }
    config
}

/// Help and version as they are; an error as one line.
fn usage(error: &clap::Error) -> ExitCode {
    if matches!(
        error.kind(),
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion
    ) {
        print!("{error}");
        return ExitCode::SUCCESS;
    }
    let text = error.to_string();
    // What is missing stands in lines of its own.
    let lines = text.lines().take_while(|line| !line.is_empty());
    let line = lines.map(str::trim).collect::<Vec<_>>().join(" ");
    let line = line.strip_prefix("error: ").unwrap_or(&line);
    eprintln!("guildhall: {line} (see guildhall --help)");
    ExitCode::from(2)
}
