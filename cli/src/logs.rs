//! The log: lines on standard error, written by a thread of its own, so that a
//! pipe nobody reads or a full disk never stops the chat.

use anyhow::Context as _;
use tracing::subscriber::set_global_default;
use tracing_appender::non_blocking::{NonBlockingBuilder, WorkerGuard};
use tracing_subscriber::EnvFilter;

use crate::arguments::{LogFormat, ServeArguments};

/// Lines that may wait to be written, enough for a storm of connections.
const MAX_WAITING_LINES: usize = 32 * 1024;

/// Starts the log. What is still to be written is written when the guard is
/// dropped.
///
/// # Errors
///
/// Where the filter is not one.
pub fn start(arguments: &ServeArguments) -> anyhow::Result<WorkerGuard> {
    let filter = EnvFilter::builder()
        .parse(&arguments.log)
        .with_context(|| format!("invalid value '{}' for --log", arguments.log))?;
    let (writer, guard) = NonBlockingBuilder::default()
        .buffered_lines_limit(MAX_WAITING_LINES)
        .finish(std::io::stderr());
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(writer)
        .with_ansi(std::io::IsTerminal::is_terminal(&std::io::stderr()))
        .with_target(false);
    // Not `init`: if any crate of the build enables the feature for it, `init` also takes
    // the lines of the `log` crate, and the WebSocket library's have the texts of the chat.
    match arguments.log_format {
        LogFormat::Text => set_global_default(builder.finish()),
        LogFormat::Json => set_global_default(builder.json().flatten_event(true).finish()),
    }
    .context("the log was started before")?;
    Ok(guard)
}
