//! When a tool stops: at SIGTERM, or Ctrl-C; a program at a terminal also when that is gone.

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
