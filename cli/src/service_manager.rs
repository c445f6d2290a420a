//! Tells the service manager (`sd_notify(3)`) when the server listens, if one has started it and
//! wants to know: with `Type=notify`, `systemctl restart` succeeds then, and fails if the server does
//! not start.

use sd_notify::NotifyState;

/// Tells it that the server listens.
pub fn ready() {
    if let Err(error) = sd_notify::notify(&[NotifyState::Ready]) {
        tracing::warn!(%error, "the service manager cannot be told that the server listens");
    }
}
