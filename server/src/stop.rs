//! When to stop: at SIGTERM, or Ctrl-C.

use std::io;

use async_signal::{Signal, Signals};
use smol::stream::StreamExt as _;

/// Takes over SIGTERM and SIGINT; the future is ready when one arrives.
///
/// # Errors
///
/// Where the signals cannot be taken over.
pub fn requested() -> io::Result<impl Future<Output = ()>> {
    let mut signals = Signals::new([Signal::Term, Signal::Int])?;
    Ok(async move {
        signals.next().await;
    })
}
