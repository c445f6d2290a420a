//! When to stop: at SIGTERM, or Ctrl-C; a program at a terminal also when that
//! is gone. A server stops at nothing else.

use std::io;

use async_signal::{Signal, Signals};
use smol::stream::StreamExt as _;

/// Takes over SIGTERM and SIGINT; the future is ready when one arrives.
///
/// # Errors
///
/// Where the signals cannot be taken over.
pub fn requested() -> io::Result<impl Future<Output = ()>> {
    any_of([Signal::Term, Signal::Int])
}

/// The same for a server, which also stops at SIGQUIT: it is what some containers stop with.
/// Signals that would end it without a goodbye, and that operators send to other servers for
/// another reason, do nothing but a line in the log.
///
/// # Errors
///
/// If the signals cannot be taken over.
pub fn requested_of_server() -> io::Result<impl Future<Output = ()>> {
    let mut signals = Signals::new([
        Signal::Term,
        Signal::Int,
        Signal::Quit,
        Signal::Hup,
        Signal::Usr1,
        Signal::Usr2,
        Signal::Xfsz,
    ])?;
    Ok(async move {
        while let Some(Ok(signal)) = signals.next().await {
            match signal {
                Signal::Hup => tracing::info!(
                    "SIGHUP: no settings are reloaded yet, restart the server for others"
                ),
                Signal::Usr1 => tracing::info!("SIGUSR1 has no meaning here"),
                Signal::Usr2 => tracing::info!("SIGUSR2 has no meaning here"),
                // The log's file has the size that the system allows. A line about it
                // would be the next one that does not fit.
                Signal::Xfsz => {}
                _ => return,
            }
        }
    })
}

/// Takes over SIGHUP; the future is ready when the terminal is closed. Not for
/// what runs without one: `nohup` has that ignored.
///
/// # Errors
///
/// Where the signal cannot be taken over.
pub fn hung_up() -> io::Result<impl Future<Output = ()>> {
    any_of([Signal::Hup])
}

fn any_of<const N: usize>(signals: [Signal; N]) -> io::Result<impl Future<Output = ()>> {
    let mut signals = Signals::new(signals)?;
    Ok(async move {
        signals.next().await;
    })
}
