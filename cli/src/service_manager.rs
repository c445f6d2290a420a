//! Tells the service manager (`sd_notify(3)`) how far the server is, if one has started it and wants
//! to know: with `Type=notify`, `systemctl restart` succeeds when it listens, fails if it does not
//! start, and waits for a drain.

use std::time::Duration;

use sd_notify::NotifyState;

/// The time that a server takes to end, behind its drain.
const ENDS_WITHIN: Duration = Duration::from_secs(30);

/// Tells it that the server listens.
pub fn ready() {
    if let Err(error) = sd_notify::notify(&[NotifyState::Ready]) {
        tracing::warn!(%error, "the service manager cannot be told that the server listens");
    }
}

/// Tells it that the server goes on for so long before it ends, however short the time is that the
/// service may take to stop (`TimeoutStopSec`).
pub(crate) fn draining(drain: Duration) {
    let micros = (drain + ENDS_WITHIN).as_micros();
    let extended = NotifyState::ExtendTimeoutUsec(u32::try_from(micros).unwrap_or(u32::MAX));
    if let Err(error) = sd_notify::notify(&[NotifyState::Stopping, extended]) {
        tracing::warn!(%error, "the service manager cannot be told that the server drains");
    }
}
