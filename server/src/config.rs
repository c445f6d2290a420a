//! The settings of a running server.

use std::num::NonZeroUsize;
use std::time::Duration;

use guildhall_protocol::limits::{PING_AFTER, PONG_WITHIN};

use crate::net::gate::{Caps, HTTP_SLACK};
use crate::net::origin::Origin;
use crate::outgoing::connection::Deadlines;
use crate::shared::RoomLimits;

/// File descriptors that are neither a client's nor for HTTP: the listeners,
/// the reactor's, standard streams.
const OTHER_FILES: usize = 32;

/// What a running server needs to know.
#[derive(Debug, Clone)]
pub struct Config {
    /// How many network threads.
    pub threads: NonZeroUsize,
    /// How many clients, in all and from one address.
    pub caps: Caps,
    /// Pages that may connect besides the server's own.
    pub allowed_origins: Vec<Origin>,
    /// How many bytes may wait for one client.
    pub max_waiting: usize,
    /// What rooms, histories and sessions may grow to.
    pub rooms: RoomLimits,
    /// How long clients may be silent, slow or closed.
    pub deadlines: Deadlines,
    /// For how long changes among a room's members are gathered before the room is
    /// told.
    pub tell_changes_every: Duration,
    /// How often deadlines are looked at.
    pub sweep_every: Duration,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            threads: NonZeroUsize::MIN,
            caps: Caps {
                total: 16_384,
                per_address: 256,
            },
            allowed_origins: Vec::new(),
            max_waiting: 1024 * 1024,
            rooms: RoomLimits::default(),
            tell_changes_every: Duration::from_millis(250),
            deadlines: Deadlines {
                ping_after: PING_AFTER,
                pong_within: PONG_WITHIN,
                read_within: Duration::from_secs(10),
                close_within: Duration::from_secs(10),
            },
            sweep_every: Duration::from_secs(1),
        }
    }
}

impl Config {
    /// These settings on a process that may have `max_files` files open: more
    /// clients than that would fail in worse ways than with a refusal.
    #[must_use]
    pub fn within_open_files(mut self, max_files: usize) -> Self {
        let fitting = max_files.saturating_sub(HTTP_SLACK + OTHER_FILES);
        self.caps.total = self.caps.total.min(fitting);
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clients_never_exceed_the_files_a_process_may_open() {
        let mut config = Config::default();
        config.caps.total = 50_000;
        let total = |max_files| config.clone().within_open_files(max_files).caps.total;
        assert_eq!(total(20_000), 20_000 - 288);
        assert_eq!(total(100), 0);
        assert_eq!(total(usize::MAX), 50_000);
    }
}
