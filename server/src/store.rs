//! The journal on a disk: an SQLite database in the server's data folder.
//!
//! One thread writes (`writer`): it takes all that waits, in its order, commits it by one
//! transaction, and tells the rooms. Others read (`reader`), and one writes the database's log
//! back (`checkpoint`). No other thread of the server touches a file.
//!
//! `schema` has the tables, and docs/store.md describes them.

mod backup;
mod batch;
mod chain;
mod change;
mod check;
mod checkpoint;
mod connection;
mod disabled_webhooks;
mod erase;
mod error;
mod export;
mod folder;
mod health;
mod identity;
mod kept;
mod lines;
mod meta;
mod open;
mod probe;
mod queue;
mod read;
mod reader;
mod records;
mod retention;
mod rooms;
mod schema;
mod search;
mod stored_user;
mod sweep;
mod verify;
mod writer;

#[cfg(test)]
mod tests;

use std::path::Path;
use std::sync::{Arc, OnceLock};
use std::thread::{self, Builder, JoinHandle};
use std::time::{Duration, Instant};

use crate::events::FeedTerms;
use crate::journal::user_data::{DataOut, DataOwner, EraseDone, ExportDone};
use crate::journal::{Entry, Failure, Journal, JournalFacts, Known, Read, ReadDone};
use crate::moderation::KeepEvidence;
use crate::policy::Rules;
use crate::sync::lock::Lock;

pub use self::backup::{backup, restore, restore_in_place};
pub use self::check::{Checked, check};
pub use self::disabled_webhooks::disabled_webhooks;
pub use self::erase::{Erased, erase_user};
pub use self::error::StoreError;
pub use self::export::export_user;
pub use self::open::{check_version, is_in_use};
#[doc(hidden)]
pub use self::probe::StoreProbe;
pub use self::search::reindex;
pub use self::stored_user::StoredUser;
pub use self::verify::{Head, Verified, verify};

use self::checkpoint::Checkpoints;
use self::queue::{Phase, Queue, QueueLimits};
use self::reader::Reads;
use self::retention::CurrentRules;
use self::search::{Filler, Finder, Index};
use self::writer::{Writer, WriterMetrics};

/// How a store works.
#[derive(Debug, Clone, Copy)]
pub(crate) struct StoreOptions {
    /// For how long a line can be edited.
    pub(crate) edit_within: Duration,
    /// For how long reports and the audit log are kept.
    pub(crate) keep: KeepEvidence,
    /// How long another process may still have the folder.
    pub(crate) free_within: Duration,
    /// From how many waiting entries on rooms are busy.
    pub(crate) max_waiting: usize,
    /// From how many waiting bytes on rooms are busy.
    pub(crate) max_waiting_bytes: usize,
    /// How long after the beginning of one commit the next one begins at the earliest.
    pub(crate) gather: Duration,
    /// How many threads read.
    pub(crate) readers: usize,
    /// The most that wait to be read.
    pub(crate) max_reads: usize,
    /// How many lines a search looks at before it asks the index.
    pub(crate) looks_first: u64,
    /// The most pages of the database; `None`: as many as the disk holds.
    pub(crate) max_pages: Option<u32>,
}

impl Default for StoreOptions {
    fn default() -> Self {
        Self {
            edit_within: Duration::ZERO,
            keep: KeepEvidence::default(),
            free_within: folder::FREE_WITHIN,
            max_waiting: 8 * 1024,
            max_waiting_bytes: 16 * 1024 * 1024,
            gather: Duration::from_millis(2),
            readers: 2,
            max_reads: 1024,
            looks_first: 512,
            max_pages: None,
        }
    }
}

/// A journal on a disk.
#[derive(Debug)]
pub(crate) struct Store {
    queue: Arc<Queue>,
    reads: Arc<Reads>,
    index: Arc<Index>,
    rules: Arc<CurrentRules>,
    keep: Arc<Lock<KeepEvidence>>,
    checkpoints: Arc<Checkpoints>,
    feed: Arc<OnceLock<FeedTerms>>,
    metrics: Arc<WriterMetrics>,
    threads: Lock<Vec<JoinHandle<()>>>,
}

impl Store {
    /// Opens the store in this folder, and makes it if there is none. Returns what it knows of
    /// users, too.
    ///
    /// # Errors
    ///
    /// Why the server cannot start with it. The store is as before then.
    pub(crate) fn open(
        folder: &Path,
        options: &StoreOptions,
    ) -> Result<(Arc<Self>, Known), StoreError> {
        let opened = open::open(folder, options)?;
        let queue = Arc::new(Queue::new(QueueLimits {
            entries: options.max_waiting,
            bytes: options.max_waiting_bytes,
            gather: options.gather,
        }));
        let reads = Arc::new(Reads::new(options.max_reads));
        let index = Index::new(folder);
        let rules = Arc::new(CurrentRules::default());
        let keep = Arc::new(Lock::new(options.keep));
        let feed = Arc::default();
        let checkpoints = Arc::new(Checkpoints::default());
        let metrics = Arc::<WriterMetrics>::default();
        let mut threads = Vec::new();
        for connection in opened.readers {
            reads.opened();
            let reads = Arc::clone(&reads);
            let finder = Finder::new(Arc::clone(&index), options.looks_first);
            threads.push(start("store reader", move || reads.run(connection, finder)));
        }
        let (connection, beside) = (opened.checkpointer, Arc::clone(&checkpoints));
        threads.push(start("store log", move || beside.run(connection)));
        let filler = Filler::new(
            Arc::clone(&index),
            opened.filler,
            Arc::clone(&checkpoints),
            opened.id,
        );
        threads.push(start("store index", move || filler.run()));
        let writer = Writer {
            connection: opened.writer,
            queue: Arc::clone(&queue),
            checkpoints: Arc::clone(&checkpoints),
            edit_within: options.edit_within,
            rules: Arc::clone(&rules),
            keep: Arc::clone(&keep),
            folder: opened.folder,
            index: Arc::clone(&index),
            feed: Arc::clone(&feed),
            metrics: Arc::clone(&metrics),
        };
        threads.push(start("store writer", move || writer.run()));
        let store = Arc::new(Self {
            queue,
            reads,
            index,
            rules,
            keep,
            checkpoints,
            feed,
            metrics,
            threads: Lock::new(threads),
        });
        Ok((store, opened.known))
    }
}

impl Journal for Store {
    fn append(&self, entry: Entry) {
        self.queue.push(entry);
    }

    fn refuse_waiting(&self) {
        self.queue.refuse_waiting();
    }

    fn is_full(&self) -> bool {
        self.queue.is_full()
    }

    fn read(&self, read: Read, done: ReadDone) {
        self.reads.push(read, done);
    }

    fn export(&self, owner: DataOwner, mut out: DataOut, done: ExportDone) {
        let folder = self.index.folder().to_owned();
        let export = move || {
            let user = StoredUser::from(&owner);
            let exported = export_user(&folder, user, &mut *out);
            done(exported.map_err(|error| Failure::Other(error.to_string().into())));
        };
        // Its end is not waited for: it has a connection of its own, which reads.
        drop(start("store export", export));
    }

    fn erase(&self, owner: DataOwner, anew: bool, done: EraseDone) {
        let (index, checkpoints) = (Arc::clone(&self.index), Arc::clone(&self.checkpoints));
        let erase = move || {
            let erased = {
                let _commit = checkpoints.commit();
                erase::erase_beside(index.folder(), &owner, anew)
            };
            // It has the user's words, and is made again without them.
            index.note_damage();
            done(erased);
        };
        let thread = start("store erase", erase);
        self.threads.lock().push(thread);
    }

    fn set_rules(&self, rules: &Arc<Rules>) {
        *self.rules.lock() = Arc::clone(rules);
        self.queue.rules_changed();
    }

    fn set_keep(&self, keep: KeepEvidence) {
        *self.keep.lock() = keep;
        self.queue.rules_changed();
    }

    fn set_feed(&self, terms: &FeedTerms) {
        // A second call would change nothing.
        let _ = self.feed.set(terms.clone());
        // Old events are forgotten from now on.
        self.queue.rules_changed();
    }

    fn facts(&self) -> JournalFacts {
        let mut facts = self.queue.facts(Instant::now());
        self.metrics.add_to(&mut facts);
        facts
    }

    fn close(&self) {
        self.index.close();
        // The readers first: SQLite removes its log when the last connection is closed.
        self.reads.close();
        self.queue.close();
    }
}

impl Drop for Store {
    fn drop(&mut self) {
        let threads = std::mem::take(&mut *self.threads.lock());
        // A function that a thread of the store calls may have had the last share of it.
        let here = thread::current().id();
        if threads.iter().all(|thread| thread.thread().id() != here) {
            self.close();
        }
        self.reads.end();
        self.queue.advance(Phase::Closing);
        self.queue.advance(Phase::Ended);
    }
}

fn start(name: &str, run: impl FnOnce() + Send + 'static) -> JoinHandle<()> {
    Builder::new()
        .name(name.into())
        .spawn(run)
        .expect("the system has threads for the store when the server starts")
}
