//! A set of keys at an address, kept up to date by a thread of its own. Network threads only
//! read what is there, and ask for more.

use std::fmt;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use guildhall_server::accounts::{Key, KeySet};

use super::https_get::{self, HttpsUrl};

/// How long keys hold before they are fetched again.
const FRESH_FOR: Duration = Duration::from_hours(1);

/// The least time between two attempts that tokens ask for, and from a failed one to the next.
const AGAIN_AFTER: Duration = Duration::from_secs(30);

/// A set of keys at an address. It is fetched until this is dropped.
pub(super) struct FetchedKeys {
    url: HttpsUrl,
    state: Arc<Mutex<State>>,
    /// Wakes the thread; closed when this is dropped, which ends it.
    wake: Sender<()>,
}

/// The keys that were fetched last, and the progress of the next attempt.
#[derive(Debug)]
struct State {
    keys: Arc<[Key]>,
    progress: Progress,
}

/// The progress of the fetching.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Progress {
    /// An attempt is made, or about to be.
    Fetching,
    /// The last attempt succeeded at this time.
    Fetched(Instant),
    /// The last attempt failed. The thread makes another one by itself.
    Failed,
}

impl Progress {
    /// A token names a key that is not there. Returns whether an attempt is to be made now,
    /// and whether keys may come soon.
    fn ask(self, now: Instant) -> (bool, bool) {
        match self {
            Self::Fetching | Self::Failed => (false, true),
            Self::Fetched(at) => {
                let is_due = now.saturating_duration_since(at) >= AGAIN_AFTER;
                (is_due, is_due)
            }
        }
    }
}

/// Fetches the keys at this address, once.
///
/// # Errors
///
/// A sentence, without the address.
pub(super) fn fetch(url: &HttpsUrl) -> Result<Vec<Key>, String> {
    let json = https_get::get(url).map_err(|error| format!("{error:#}"))?;
    Key::jwks(&json).map_err(|error| error.to_string())
}

impl FetchedKeys {
    /// Fetches the keys at this address from now on, on a thread.
    pub(super) fn start(url: &HttpsUrl) -> Self {
        let of = url.clone();
        Self::start_with(url, move || fetch(&of))
    }

    fn start_with(
        url: &HttpsUrl,
        fetch: impl Fn() -> Result<Vec<Key>, String> + Send + 'static,
    ) -> Self {
        let state = Arc::new(Mutex::new(State {
            keys: Arc::new([]),
            progress: Progress::Fetching,
        }));
        let (wake, woken) = channel();
        let thread = {
            let (url, state) = (url.clone(), Arc::clone(&state));
            move || run(&url, &state, &woken, fetch)
        };
        let spawned = thread::Builder::new().name("keys".into()).spawn(thread);
        if let Err(error) = spawned {
            tracing::error!(%url, %error, "cannot start the thread that fetches keys");
        }
        Self {
            url: url.clone(),
            state,
            wake,
        }
    }

    /// Fetches the keys again, now.
    pub(super) fn fetch(&self) {
        lock(&self.state).progress = Progress::Fetching;
        // Fails only if the thread could not be started.
        let _ = self.wake.send(());
    }
}

impl KeySet for FetchedKeys {
    fn keys(&self) -> Arc<[Key]> {
        Arc::clone(&lock(&self.state).keys)
    }

    fn is_renewed(&self) -> bool {
        let mut state = lock(&self.state);
        let (is_due, may_come) = state.progress.ask(Instant::now());
        if is_due {
            state.progress = Progress::Fetching;
            let _ = self.wake.send(());
        }
        may_come
    }
}

impl fmt::Debug for FetchedKeys {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("FetchedKeys")
            .field("url", &self.url.to_string())
            .finish_non_exhaustive()
    }
}

/// The thread: fetches, and waits until it is to fetch again.
fn run(
    url: &HttpsUrl,
    state: &Mutex<State>,
    woken: &Receiver<()>,
    fetch: impl Fn() -> Result<Vec<Key>, String>,
) {
    let mut has_failed = false;
    loop {
        let wait = match fetch() {
            Ok(keys) => {
                let count = keys.len();
                let mut state = lock(state);
                state.keys = keys.into();
                state.progress = Progress::Fetched(Instant::now());
                drop(state);
                tracing::info!(%url, keys = count, "fetched the keys of accounts");
                has_failed = false;
                FRESH_FOR
            }
            Err(problem) => {
                lock(state).progress = Progress::Failed;
                // One line for all attempts that fail.
                if !has_failed {
                    tracing::error!(
                        %url,
                        problem,
                        "cannot fetch the keys of accounts: those that are known stay"
                    );
                }
                has_failed = true;
                AGAIN_AFTER
            }
        };
        match woken.recv_timeout(wait) {
            Ok(()) | Err(RecvTimeoutError::Timeout) => {
                // One attempt is for all who have asked.
                while woken.try_recv().is_ok() {}
                lock(state).progress = Progress::Fetching;
            }
            Err(RecvTimeoutError::Disconnected) => return,
        }
    }
}

/// Nothing panics while it holds this lock.
fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use guildhall_testing::wire::eventually;
    use std::sync::atomic::{AtomicUsize, Ordering};

    #[test]
    fn an_unknown_key_is_fetched_at_most_every_half_minute() {
        let (earlier, at) = (Instant::now(), Instant::now() + AGAIN_AFTER);
        let fetched = Progress::Fetched(at);
        assert_eq!(fetched.ask(at), (false, false));
        let before = at + Duration::from_millis(29_999);
        assert_eq!(fetched.ask(before), (false, false));
        assert_eq!(fetched.ask(at + AGAIN_AFTER), (true, true));
        // A clock that went back.
        assert_eq!(fetched.ask(earlier), (false, false));
        assert_eq!(Progress::Fetching.ask(at), (false, true));
        assert_eq!(Progress::Failed.ask(at), (false, true));
    }

    #[test]
    fn a_failure_keeps_the_old_keys_and_the_next_success_replaces_them() {
        let url: HttpsUrl = "https://keys.example/jwks".parse().unwrap();
        let key = |id: &str| Key::secret("HS256", Some(id.into()), &[7; 32]).unwrap();
        let attempts = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&attempts);
        let set =
            FetchedKeys::start_with(&url, move || match count.fetch_add(1, Ordering::SeqCst) {
                0 => Ok(vec![key("old")]),
                1 => Err("no answer".into()),
                _ => Ok(vec![key("new")]),
            });
        let ids = || {
            let keys = set.keys();
            keys.iter()
                .filter_map(|key| key.id().map(String::from))
                .collect::<Vec<_>>()
        };
        eventually("the first keys", || (ids() == ["old"]).then_some(()));
        // They are fresh: who has another key is no reason to fetch.
        assert!(!set.is_renewed());
        set.fetch();
        let failed = || lock(&set.state).progress == Progress::Failed;
        eventually("the failure", || failed().then_some(()));
        assert_eq!(ids(), ["old"]);
        assert!(set.is_renewed(), "the thread tries again");
        assert_eq!(
            attempts.load(Ordering::SeqCst),
            2,
            "but not because of that"
        );
        set.fetch();
        eventually("the new keys", || (ids() == ["new"]).then_some(()));
    }

    #[test]
    fn the_thread_ends_with_the_set() {
        let url: HttpsUrl = "https://keys.example/jwks".parse().unwrap();
        let alive = Arc::new(());
        let thread_s = Arc::clone(&alive);
        let set = FetchedKeys::start_with(&url, move || {
            let _ = &thread_s;
            Ok(Vec::new())
        });
        drop(set);
        eventually("the end of the thread", || {
            (Arc::strong_count(&alive) == 1).then_some(())
        });
    }
}
