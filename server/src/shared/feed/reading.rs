//! How the feed is read: what is behind a number, at once or as soon as there is something.

use std::sync::{Arc, mpsc};
use std::time::Instant;

use crate::events::tail::Registration;
use crate::events::{EventsPage, EventsRead, KeptEvents};
use crate::journal::{Failure, Found, Read};

use super::{Feed, Keeper};

/// Why a reader gets no events.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum EventsError {
    /// The server has no feed.
    #[error("the server keeps no events")]
    Off,
    /// Events that the reader does not have are forgotten. The oldest one that is kept has this
    /// number, in this feed.
    #[error("the events up to {} are forgotten", oldest.saturating_sub(1))]
    Forgotten { feed: Arc<str>, oldest: u64 },
    /// The feed has no event with the reader's number yet: it is the number of another feed, of
    /// before a restart or a restore. The newest one has this number.
    #[error("the feed has no event with this number")]
    Unknown { feed: Arc<str>, newest: u64 },
    /// The store could not be read.
    #[error(transparent)]
    Unavailable(#[from] Failure),
}

/// Called with events, or why there are none.
pub(crate) type EventsDone = Box<dyn FnOnce(Result<EventsPage, EventsError>) + Send>;

impl Feed {
    /// Reads the events behind a number, and calls `done` with them, at once or on a thread of
    /// the journal. There are none if the reader has all of them.
    pub(crate) fn read(&self, read: EventsRead, done: EventsDone) {
        let feed = self.id();
        match &self.keeper {
            Keeper::Memory(ring) => {
                let kept = ring.lock().read(read);
                done(page(feed, read, kept));
            }
            Keeper::Journal(journal) => {
                let found = move |found: Result<Found, Failure>| {
                    done(match found {
                        Ok(Found::Events(kept)) => page(feed, read, kept),
                        Ok(_) => Err(Failure::Other("no events were found".into()).into()),
                        Err(failure) => Err(failure.into()),
                    });
                };
                journal.read(Read::Events(read), Box::new(found));
            }
        }
    }

    /// The same, and blocks until then. If the reader has all events, waits for one until this
    /// time, or until the server stops.
    pub(crate) fn read_until(
        &self,
        read: EventsRead,
        until: Instant,
    ) -> Result<EventsPage, EventsError> {
        loop {
            let (done, found) = mpsc::channel();
            let done = move |found| {
                // It is waited for, below.
                let _ = done.send(found);
            };
            self.read(read, Box::new(done));
            let page = (found.recv()).unwrap_or(Err(Failure::Closed.into()))?;
            let newest = page.newest.max(read.after);
            if !page.events.is_empty()
                || self.is_closed()
                || self.tail.wait_after(newest, until) <= newest
            {
                return Ok(page);
            }
        }
    }

    /// Waits until there is an event behind this number, until this time, or until the server
    /// stops. Blocks.
    pub(crate) fn wait_after(&self, after: u64, until: Instant) {
        self.tail.wait_after(after, until);
    }

    /// Calls `call` once there is an event behind this number, or the server stops: at once if
    /// that is so now.
    pub(crate) fn call_after(&self, after: u64, call: Box<dyn FnOnce() + Send>) -> Registration {
        self.tail.call_after(after, call)
    }
}

/// The page of a reader, or why it has to begin anew.
fn page(feed: Arc<str>, read: EventsRead, kept: KeptEvents) -> Result<EventsPage, EventsError> {
    let KeptEvents { events, newest } = kept;
    if newest < read.after {
        return Err(EventsError::Unknown { feed, newest });
    }
    let oldest = events.first().map_or(newest + 1, |event| event.number);
    if read.after > 0 && read.most > 0 && oldest > read.after + 1 {
        return Err(EventsError::Forgotten { feed, oldest });
    }
    Ok(EventsPage {
        feed,
        events,
        newest,
    })
}
