//! `guildhall`: arguments, logs, listeners, and then the server.

// They panic if nobody reads: see `output`.
#![warn(clippy::print_stdout, clippy::print_stderr)]

use std::ffi::OsString;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::ensure;
use guildhall_cli::accounts::KeySets;
use guildhall_cli::arguments::environment::{self, Other, Parsed};
use guildhall_cli::arguments::{CheckArguments, Command, HealthcheckArguments, TokenArguments};
use guildhall_cli::bench::{self, BenchArguments, Trial};
use guildhall_cli::check;
use guildhall_cli::doctor::{self, DoctorArguments};
use guildhall_cli::open_files;
use guildhall_cli::output::{OutputError, complain, print};
use guildhall_cli::service_manager;
use guildhall_cli::signals::{self, Ending, HeldSignals, Reloader};
use guildhall_cli::sockets;
use guildhall_cli::upgrade::Upgrade;
use guildhall_cli::{chat, healthcheck, logs, shown, store, token, verify};
use guildhall_server::{Config, run_with_reloads};

fn main() -> ExitCode {
    let words: Vec<OsString> = std::env::args_os().collect();
    let parsed = match environment::parse(&words) {
        Ok(parsed) => parsed,
        Err(Other::Text(text)) => return exit_code(print(text).or_else(if_closed)),
        Err(Other::Mistake(line)) => {
            complain(format_args!("guildhall: {line}"));
            return ExitCode::from(2);
        }
    };
    if parsed.arguments.command.is_none() {
        return exit_code(serve(words, parsed));
    }
    if let Err(error) = HeldSignals::let_through() {
        return exit_code(Err(error.into()));
    }
    exit_code(match &parsed.arguments.command {
        None => Ok(()),
        Some(Command::Bench(arguments)) => bench(arguments),
        Some(Command::Chat(arguments)) => chat::chat(arguments),
        Some(Command::Check(arguments)) => check(arguments),
        Some(Command::Doctor(arguments)) => doctor(arguments),
        Some(Command::Healthcheck(arguments)) => healthcheck(arguments),
        Some(Command::Store(arguments)) => store::store(arguments).or_else(if_no_reader),
        Some(Command::Token(arguments)) => token(arguments),
        Some(Command::Verify(arguments)) => verify::verify(arguments).or_else(if_no_reader),
    })
}

/// The exit code of what is done. Tells the user of an error.
fn exit_code(done: anyhow::Result<()>) -> ExitCode {
    let Err(error) = done else {
        return ExitCode::SUCCESS;
    };
    // Then the user has seen enough.
    if !OutputError::is_closed(&error) {
        complain(format_args!("guildhall: {error:#}"));
    }
    ExitCode::FAILURE
}

/// No error, if the output is closed.
fn if_closed(error: OutputError) -> anyhow::Result<()> {
    match error {
        OutputError::Closed => Ok(()),
        OutputError::Failed(_) => Err(error.into()),
    }
}

/// No error, if the output is closed.
fn if_no_reader(error: anyhow::Error) -> anyhow::Result<()> {
    if OutputError::is_closed(&error) {
        Ok(())
    } else {
        Err(error)
    }
}

fn serve(words: Vec<OsString>, mut parsed: Parsed) -> anyhow::Result<()> {
    let signals = HeldSignals::hold()?;
    let arguments = &parsed.arguments.serve;
    let sockets = sockets::open(&parsed)?;
    let (writes_log, log) = logs::start(&arguments.log, arguments.log_format)?;
    if sockets.were_handed_over {
        tracing::info!("the listening sockets were handed over");
    }
    for note in &sockets.notes {
        tracing::info!("{note}");
    }
    let (configs, reloads) = smol::channel::unbounded();
    let sets = KeySets::default();
    let mut config = config(&parsed, &sets)?;
    config.log = Some(Arc::clone(&log) as _);
    config.tls = parsed.https.start()?;
    config.on_loaded = Some(signals::started);
    config.on_listening = Some(service_manager::ready);
    let file = parsed.arguments.serve.config.as_deref();
    config.shown = shown::shown(&parsed.settings, file).into();
    let upgrade = Arc::new(Upgrade::new(
        words.clone(),
        &sockets,
        arguments.data.as_deref(),
    )?);
    let ending = Ending {
        drain: arguments.stopping.drain(),
        are_sockets_lasting: sockets.are_lasting(),
        is_api_lasting: sockets.is_api_lasting(),
        upgrade: Arc::clone(&upgrade),
    };
    let ignored = std::mem::take(&mut parsed.ignored);
    let reloader = Reloader::new(words, parsed, sets, config.tls.clone(), log, configs);
    let (stops, asked) = signals::stops(reloader, ending)?;
    let delivery = signals.deliver()?;
    for ignored in &ignored {
        ignored.warn();
    }
    run_with_reloads(config, sockets.listeners, reloads, stops)?;
    // All lines are written when it is gone.
    drop(writes_log);
    delivery.end();
    if asked.is_last() {
        return Err(upgrade.carry_out().into());
    }
    Ok(())
}

/// Prints what the settings mean; an error if they are wrong.
fn check(arguments: &CheckArguments) -> anyhow::Result<()> {
    let checked = check::check(arguments).map_err(anyhow::Error::msg)?;
    print(checked).or_else(if_closed)
}

/// Prints that a server is healthy; an error if it is not.
fn healthcheck(arguments: &HealthcheckArguments) -> anyhow::Result<()> {
    let healthy = healthcheck::healthcheck(arguments)?;
    print(format_args!("{healthy}\n")).or_else(if_closed)
}

/// Prints what was found about a server; an error if the chat cannot work.
fn doctor(arguments: &DoctorArguments) -> anyhow::Result<()> {
    let report = doctor::doctor(arguments)?;
    let printed = if arguments.json {
        print(format_args!("{}\n", serde_json::to_string(&report)?))
    } else {
        print(&report)
    };
    printed.or_else(if_closed)?;
    ensure!(report.ok, "a step has failed");
    Ok(())
}

/// Prints a token, and tells what it says.
fn token(arguments: &TokenArguments) -> anyhow::Result<()> {
    let made = token::token(arguments)?;
    complain(&made);
    print(format_args!("{}\n", made.token)).or_else(if_closed)
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
    let printed = if arguments.json {
        print(format_args!("{}\n", serde_json::to_string(&report)?))
    } else {
        print(&report)
    };
    printed.or_else(if_closed)?;
    ensure!(
        report.is_clean(),
        "not every message reached everyone, once and in order"
    );
    Ok(())
}

/// Prints what each attack did as soon as it is over.
fn attack(arguments: &BenchArguments) -> anyhow::Result<()> {
    let is_table = !arguments.json && arguments.attack.trials().len() > 1;
    if is_table {
        print(format_args!("{}\n", Trial::TABLE_HEAD))?;
    }
    let report = bench::attack(arguments, |trial| {
        match arguments.json {
            true => {}
            false if is_table => print(format_args!("{}\n", trial.row()))?,
            false => print(trial)?,
        }
        Ok(())
    })?;
    if arguments.json {
        print(format_args!("{}\n", serde_json::to_string(&report)?))?;
    }
    ensure!(
        report.failed.is_empty(),
        "{} attacks could not be tried",
        report.failed.len()
    );
    Ok(())
}

/// The settings, with as many open files as the system lets us have.
fn config(parsed: &Parsed, sets: &KeySets) -> anyhow::Result<Config> {
    let arguments = &parsed.arguments.serve;
    let max_files = open_files::raise();
    let config = open_files::within(parsed.config(sets), max_files)?;
    if config.caps.total < arguments.max_connections {
        tracing::warn!(
            max_files,
            max_connections = config.caps.total,
            "the limit of open files allows fewer clients: raise it (ulimit -n) or lower --max-connections"
        );
    }
    for warning in parsed.warnings() {
        tracing::warn!("{warning}");
    }
    Ok(config)
}
