//! The thread that writes: the only one that changes what is in the store.

use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use rusqlite::{Connection, ErrorCode};

use crate::events::FeedTerms;
use crate::journal::{Entry, Failure, JournalFacts};
use crate::metrics::{Counter, Histogram};
use crate::moderation::KeepEvidence;
use crate::sync::lock::Lock;

use super::batch::{self, Batch};
use super::checkpoint::Checkpoints;
use super::error::failure;
use super::folder::Folder;
use super::health::{Health, Report};
use super::queue::{self, Phase, Queue, Turn};
use super::records::events;
use super::retention::{CurrentRules, EvidenceRetention, Retention};
use super::rooms::Rooms;
use super::search::Index;

/// How long after a failure records are tried again if nothing else comes.
const TRY_AGAIN: Duration = Duration::from_secs(1);

/// How much a piece of forgetting writes into the log, roughly.
const PIECE_BYTES: usize = 64 * 1024;

/// All that the thread works with.
pub(crate) struct Writer {
    pub(crate) connection: Connection,
    pub(crate) queue: Arc<Queue>,
    pub(crate) checkpoints: Arc<Checkpoints>,
    /// For how long a line can be edited.
    pub(crate) edit_within: Duration,
    pub(crate) rules: Arc<CurrentRules>,
    /// For how long reports and the audit log are kept.
    pub(crate) keep: Arc<Lock<KeepEvidence>>,
    /// Held for as long as the store is open.
    pub(crate) folder: Folder,
    /// Learns which rooms have changed.
    pub(crate) index: Arc<Index>,
    /// The terms of the feed of events, if there is one.
    pub(crate) feed: Arc<OnceLock<FeedTerms>>,
    /// The counts of this thread.
    pub(crate) metrics: Arc<WriterMetrics>,
}

/// The counts of the thread, which alone changes them.
#[derive(Debug, Default)]
pub(crate) struct WriterMetrics {
    commits: Histogram,
    failed: Counter,
    entries: Counter,
}

impl WriterMetrics {
    /// Adds what was counted so far.
    pub(crate) fn add_to(&self, facts: &mut JournalFacts) {
        self.commits.add_to(&mut facts.commits);
        facts.failed += self.failed.get();
        facts.entries += self.entries.get();
    }
}

/// The state of the thread while the store is open.
struct Open {
    writer: Writer,
    rooms: Rooms,
    batch: Batch,
    retention: Retention,
    evidence: EvidenceRetention,
    health: Health,
}

impl Writer {
    /// Does what is to be done until nobody can hand over an entry any more.
    pub(crate) fn run(self) {
        let queue = Arc::clone(&self.queue);
        let batch = Batch::with_feed(self.edit_within, Arc::clone(&self.feed));
        let retention = Retention::new(Arc::clone(&self.rules), Arc::clone(&self.feed));
        let evidence = EvidenceRetention::new(Arc::clone(&self.keep));
        // Whoever waits for the end must not wait for ever, should this thread panic.
        let _end = CloseAtEnd(&queue);
        let mut open = Some(Open {
            writer: self,
            rooms: Rooms::default(),
            batch,
            retention,
            evidence,
            health: Health::default(),
        });
        let mut began = None;
        loop {
            let idle = open.as_ref().and_then(Open::idle);
            match (queue.turn(began, idle), &mut open) {
                (Turn::Write(entries), Some(open)) => {
                    began = Some(Instant::now());
                    open.write(entries);
                }
                (Turn::Write(entries) | Turn::Refuse(entries), _) => {
                    let told = batch::refuse(entries, &Failure::Closed);
                    queue.decided();
                    told.into_iter().for_each(batch::Told::tell);
                }
                (Turn::Idle, Some(open)) => open.idle_turn(),
                (Turn::Rules, Some(open)) => {
                    open.retention.begin_again();
                    open.evidence.begin_again();
                }
                (Turn::Idle | Turn::Rules, None) => {}
                (Turn::Close, _) => {
                    if let Some(open) = open.take() {
                        open.close();
                    }
                    queue.advance(Phase::Closed);
                }
                (Turn::End, _) => return,
            }
        }
    }
}

impl Open {
    /// For how long the thread may do nothing.
    fn idle(&self) -> Option<Duration> {
        let again = self.batch.has_kept().then_some(TRY_AGAIN);
        let forget = self.retention.idle();
        let evidence = self.evidence.idle();
        again.into_iter().chain(forget).chain(evidence).min()
    }

    /// Commits the entries, and tells everybody.
    fn write(&mut self, entries: Vec<Entry>) {
        let bytes = entries.iter().map(queue::size_of).sum();
        let (count, began) = (entries.len(), Instant::now());
        let Writer {
            connection,
            checkpoints,
            queue,
            metrics,
            ..
        } = &mut self.writer;
        let (told, result) = {
            let _commit = checkpoints.commit();
            self.batch.write(connection, &mut self.rooms, entries)
        };
        metrics.commits.record(began.elapsed());
        if result.is_ok() {
            metrics.entries.add(count as u64);
            checkpoints.committed(bytes);
        } else {
            metrics.failed.count();
        }
        queue.decided();
        match &result {
            Ok(()) => told.into_iter().for_each(batch::Told::tell),
            Err(error) => self.tell_failure(told, &failure(error)),
        }
        if result.is_ok() {
            self.tell_readers();
        }
        self.log(&result);
        let is_evidence_due = self.evidence.idle().is_some_and(|idle| idle.is_zero());
        if self.retention.is_due_behind_commit() || is_evidence_due {
            self.forget();
        }
        self.writer.index.note(self.rooms.take_changed());
    }

    /// Tells those who wait for events which one is the newest.
    fn tell_readers(&self) {
        let Some(feed) = self.writer.feed.get() else {
            return;
        };
        match events::newest(&self.writer.connection) {
            Ok(newest) => feed.tail.set(newest),
            // The next commit tells them.
            Err(error) => tracing::warn!(%error, "the newest event could not be read"),
        }
    }

    /// Tells everybody of a failure, and refuses all that was handed over before they knew.
    /// Otherwise a line could be kept in front of one that its speaker has said before it, and
    /// says again. The same holds for what is refused here.
    fn tell_failure(&mut self, mut told: Vec<batch::Told>, failure: &Failure) {
        let Writer {
            connection, queue, ..
        } = &self.writer;
        while !told.is_empty() {
            for one in told {
                queue.refuse_waiting();
                one.tell();
            }
            told = self.batch.refuse(connection, queue.take_refused(), failure);
            queue.decided();
        }
    }

    /// Does what can wait.
    fn idle_turn(&mut self) {
        if self.batch.has_kept() {
            self.write(Vec::new());
        } else {
            self.forget();
            self.writer.index.note(self.rooms.take_changed());
        }
    }

    /// Forgets a piece of what is not kept any longer.
    fn forget(&mut self) {
        let Writer {
            connection,
            checkpoints,
            ..
        } = &mut self.writer;
        let result = {
            let _commit = checkpoints.commit();
            (self.retention.piece(connection, &mut self.rooms))
                .and_then(|()| self.evidence.piece(connection))
        };
        if result.is_ok() {
            checkpoints.committed(PIECE_BYTES);
        }
        // One that had nothing to do says nothing about the disk.
        if result.is_err() {
            self.log(&result);
        }
    }

    /// Logs that the store fails, or that it is well again: once, and not for each of many
    /// commits.
    fn log(&mut self, result: &rusqlite::Result<()>) {
        let report = self.health.note(result.is_ok(), Instant::now());
        match (report, result) {
            (Some(Report::Ill), Err(error)) => {
                let what_to_do = match error.sqlite_error_code() {
                    Some(ErrorCode::DiskFull) => {
                        "make room on the disk, and the server goes on by itself"
                    }
                    _ => "look at the disk; the server goes on by itself when it works again",
                };
                let message = "the store cannot keep what is said, and refuses it";
                tracing::error!(%error, what_to_do, "{message}");
            }
            (Some(Report::Well), _) => tracing::info!("the store is well again"),
            _ => {}
        }
    }

    /// Closes the store.
    fn close(mut self) {
        if self.batch.has_kept() {
            self.write(Vec::new());
        }
        self.writer.checkpoints.close();
        let closed = self.writer.connection.close();
        if let Err((_, error)) = closed {
            tracing::error!(%error, "the store was not closed in order");
        }
        drop(self.writer.folder);
    }
}

/// Marks a queue as closed when it is dropped.
struct CloseAtEnd<'a>(&'a Queue);

impl Drop for CloseAtEnd<'_> {
    fn drop(&mut self) {
        self.0.advance(Phase::Closed);
    }
}
