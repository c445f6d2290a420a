//! What the service manager is told (`sd_notify(3)`), if one has started the server and wants to
//! know: with `Type=notify`, `systemctl restart` succeeds when the server listens, and fails if it
//! does not start.

use sd_notify::NotifyState;

/// Tells it that the server listens.
pub fn ready() {
    if let Err(error) = sd_notify::notify(&[NotifyState::Ready]) {
        tracing::warn!(%error, "the service manager cannot be told that the server listens");
    }
}
