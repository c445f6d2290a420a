//! All players together: they begin, and they end when each has heard of all.

use std::collections::HashSet;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

use super::PLAYERS;
use super::log::Log;
use super::player::Client;

/// The state that all players share.
#[derive(Debug, Default)]
pub(super) struct Party {
    /// Whether nobody says anything new from now on.
    pub(super) is_done: AtomicBool,
    /// How many players have all their answers.
    pub(super) answered: AtomicUsize,
    /// Whether one of them has failed a check, so that the others need not wait for it.
    pub(super) has_failed: AtomicBool,
    /// The players whose sessions are kept, as something of theirs was acknowledged. Of a client
    /// that says hello for the first time nothing has to survive: neither it nor the server
    /// knows whether it was welcomed.
    pub(super) kept: Mutex<HashSet<usize>>,
    /// The acknowledged whispers: the receiver's number and the text.
    pub(super) whispered: Mutex<Vec<(usize, String)>>,
}

/// The players, each on its own thread.
pub(super) struct Players {
    party: Arc<Party>,
    threads: Vec<JoinHandle<Log>>,
}

impl Players {
    pub(super) fn start(address: SocketAddr) -> Self {
        let party = Arc::new(Party::default());
        let threads = (0..PLAYERS).map(|number| {
            let party = Arc::clone(&party);
            std::thread::spawn(move || {
                let mut client = Client::new(number, address, party);
                client.play();
                std::mem::take(&mut client.log)
            })
        });
        let threads = threads.collect();
        Self { party, threads }
    }

    /// The players wait for their last answers, and until all have heard of all. Returns what
    /// each was told.
    pub(super) fn end(self) -> Vec<Log> {
        self.party.is_done.store(true, Ordering::Relaxed);
        let logs = self.threads.into_iter().map(JoinHandle::join);
        logs.map(|log| log.expect("the player fails no check"))
            .collect()
    }
}

/// The name of the player with this number.
pub(super) fn name(number: usize) -> String {
    format!("Player {number}")
}

/// The text that every player says in the end.
pub(super) const LAST_WORDS: &str = "says goodbye";
