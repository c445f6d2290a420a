//! A journal in memory, for tests: it decides when it is told, so that everything that can happen
//! between a say and its decision can be tried. It can fail, and it can begin again with what it
//! has kept, as if the server had been killed. [`kept`] has what it keeps.

mod kept;

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, Weak, mpsc};
use std::thread;
use std::time::Duration;

use crate::events::FeedTerms;
use crate::moderation::KeepEvidence;
use crate::policy::Rules;
use crate::sync::lock::Lock;

use super::reports::{Report, ReportDone, ReportEntry, ReportError};
use super::{
    Decision, Entry, Failure, Found, Journal, NewLine, Ordered, Read, ReadDone, Record, RecordDone,
    Row,
};

use super::user_data::{DataOut, DataOwner, EraseDone, ExportDone};

use self::kept::Kept;

/// A journal that keeps everything in memory, and forgets nothing.
pub struct MemoryJournal {
    /// All that is kept: the next journal over the same data has it, too.
    kept: Arc<Lock<Kept>>,
    /// All that waits.
    waiting: Lock<Waiting>,
    /// Taken for as long as rooms are told, so that each gets its decisions in their order. Taken
    /// before all other locks.
    telling: Lock<()>,
    /// Wakes the thread that decides, if there is one.
    wake: Option<mpsc::Sender<()>>,
}

#[derive(Default)]
struct Waiting {
    entries: VecDeque<Entry>,
    /// How many of the first have to be refused, because a room has learnt of a failure.
    refused: usize,
    reads: VecDeque<(Read, ReadDone)>,
    /// The rows of records that have to be kept and could not be.
    rows: Vec<Row>,
    /// Why everything fails now.
    failure: Option<Failure>,
    /// From how many waiting entries on the journal is full.
    full_at: Option<usize>,
}

/// A call that is due about something that was decided.
enum Told {
    Room(Arc<dyn Ordered>, Vec<Decision>),
    Record(RecordDone, Result<(), Failure>),
    Report(ReportDone, Box<Result<Report, ReportError>>),
}

impl MemoryJournal {
    /// A journal that has kept nothing, and decides when it is told.
    #[must_use]
    pub fn new() -> Arc<Self> {
        Arc::new(Self::over(Arc::default(), None))
    }

    /// A journal that decides and reads on a thread of its own, as soon as something waits.
    #[must_use]
    pub fn on_a_thread() -> Arc<Self> {
        Self::on_a_thread_over(Arc::default())
    }

    /// The journal of a server that starts again: it has what this one has kept, and decides when
    /// it is told. What waits for this one is never decided.
    #[must_use]
    pub fn restarted(&self) -> Arc<Self> {
        self.cut();
        Arc::new(Self::over(Arc::clone(&self.kept), None))
    }

    /// The same, on a thread of its own.
    #[must_use]
    pub fn restarted_on_a_thread(&self) -> Arc<Self> {
        self.cut();
        Self::on_a_thread_over(Arc::clone(&self.kept))
    }

    fn over(kept: Arc<Lock<Kept>>, wake: Option<mpsc::Sender<()>>) -> Self {
        Self {
            kept,
            waiting: Lock::default(),
            telling: Lock::default(),
            wake,
        }
    }

    fn on_a_thread_over(kept: Arc<Lock<Kept>>) -> Arc<Self> {
        let (wake, woken) = mpsc::channel();
        let journal = Arc::new(Self::over(kept, Some(wake)));
        let decides = Arc::downgrade(&journal);
        thread::spawn(move || {
            while woken.recv().is_ok()
                && let Some(journal) = Weak::upgrade(&decides)
            {
                journal.decide_next(usize::MAX);
                journal.answer_next(usize::MAX);
            }
        });
        journal
    }

    /// Ends what waits without a decision, as a kill does.
    fn cut(&self) {
        let _telling = self.telling.lock();
        let mut waiting = self.waiting.lock();
        let Waiting { entries, reads, .. } = std::mem::take(&mut *waiting);
        drop(waiting);
        // Rooms and what they call may be dropped here, so behind the lock.
        drop((entries, reads));
    }

    /// How many entries wait for a decision.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.waiting.lock().entries.len()
    }

    /// How many reads wait for an answer.
    #[must_use]
    pub fn waiting_reads(&self) -> usize {
        self.waiting.lock().reads.len()
    }

    /// From this many waiting entries on, the journal is full.
    pub fn set_full_at(&self, entries: usize) {
        self.waiting.lock().full_at = Some(entries);
    }

    /// For how long a line can be edited from now on.
    pub fn set_edit_within(&self, edit_within: Duration) {
        self.kept.lock().set_edit_within(edit_within);
    }

    /// Fails from now on, as on a full disk.
    pub fn fail(&self) {
        self.fail_with(Failure::Full);
    }

    /// Fails from now on, for this reason.
    pub(crate) fn fail_with(&self, failure: Failure) {
        self.waiting.lock().failure = Some(failure);
    }

    /// Fails no more, unless it was closed.
    pub fn heal(&self) {
        let mut waiting = self.waiting.lock();
        if waiting.failure != Some(Failure::Closed) {
            waiting.failure = None;
        }
    }

    /// Decides the oldest entries, at most this many, as one commit, and tells the rooms. If it
    /// fails, so does all that waits.
    pub fn decide_next(&self, most: usize) {
        let _telling = self.telling.lock();
        let (entries, failure) = {
            let mut waiting = self.waiting.lock();
            if waiting.failure.is_none() {
                self.kept.lock().add(std::mem::take(&mut waiting.rows));
            }
            // A failure is that of all that waits.
            let most = match waiting.failure {
                None => most.min(waiting.entries.len()),
                Some(_) => waiting.entries.len(),
            };
            waiting.refused = 0;
            let entries: Vec<_> = waiting.entries.drain(..most).collect();
            (entries, waiting.failure.clone())
        };
        self.decide_all(entries, failure.as_ref());
        while let Some(failure) = &failure {
            let entries: Vec<_> = {
                let mut waiting = self.waiting.lock();
                let refused = std::mem::take(&mut waiting.refused);
                waiting.entries.drain(..refused).collect()
            };
            if entries.is_empty() {
                break;
            }
            self.decide_all(entries, Some(failure));
        }
    }

    /// Decides these entries, and tells the rooms.
    fn decide_all(&self, entries: Vec<Entry>, failure: Option<&Failure>) {
        let mut told = Vec::new();
        for entry in entries {
            match entry {
                Entry::Line(new) => {
                    decide(&mut self.kept.lock(), new, failure, &mut told);
                }
                Entry::Record(Record { rows, done }) => {
                    // It takes the locks of users, whose holders may hand something over.
                    let rows = rows();
                    let result = failure.cloned().map_or(Ok(()), Err);
                    if result.is_ok() {
                        self.kept.lock().add(rows);
                    } else if done.is_none() {
                        self.waiting.lock().rows.extend(rows);
                    }
                    told.extend(done.map(|done| Told::Record(done, result)));
                }
                Entry::Report(entry) => {
                    let ReportEntry { work, also, done } = *entry;
                    let result = match failure {
                        Some(failure) => Err(ReportError::Failed(failure.clone())),
                        None => self.kept.lock().report(work, also),
                    };
                    told.push(Told::Report(done, Box::new(result)));
                }
            }
        }
        for told in told {
            match told {
                Told::Room(room, decisions) => room.decided(decisions),
                Told::Record(done, result) => done(result),
                Told::Report(done, result) => done(*result),
            }
        }
    }

    /// The same for as many entries as have this many lines; the others are facts about users.
    pub fn decide_lines(&self, most: usize) {
        let waiting = self.waiting.lock();
        let entries = waiting.entries.iter().enumerate();
        let mut lines = entries.filter(|(_, entry)| matches!(entry, Entry::Line(_)));
        let last = lines.nth(most.saturating_sub(1)).map(|(index, _)| index);
        drop(waiting);
        self.decide_next(last.map_or(usize::MAX, |last| last + 1));
    }

    /// Answers the oldest reads, at most this many.
    pub fn answer_next(&self, most: usize) {
        for _ in 0..most {
            let (read, failure) = {
                let mut waiting = self.waiting.lock();
                (waiting.reads.pop_front(), waiting.failure.clone())
            };
            let Some((read, done)) = read else {
                return;
            };
            let found = match failure {
                Some(Failure::Closed) => Err(Failure::Closed),
                _ => self.find(&read),
            };
            done(found);
        }
    }

    /// Finds something at once, for tests that do not wait.
    ///
    /// # Errors
    ///
    /// Why it finds nothing.
    pub fn find(&self, read: &Read) -> Result<Found, Failure> {
        let kept = self.kept.lock();
        match read {
            Read::Room { room, most, bytes } => Ok(Found::Room(kept.room(room, *most, *bytes))),
            Read::Lines(read) => Ok(Found::Lines(kept.lines(read))),
            Read::Speakers(read) => Ok(Found::Speakers(kept.speakers(read))),
            Read::Reports(read) => {
                let (reports, more) = kept.reports().list(read);
                Ok(Found::Reports(reports, more))
            }
            Read::Report(id) => Ok(Found::Report(kept.reports().full(*id).map(Box::new))),
            Read::Audit(read) => {
                let (entries, more) = kept.audit().list(read);
                Ok(Found::Audit(entries, more))
            }
            Read::Events(read) => Ok(Found::Events(kept.events(*read))),
            Read::Search(_) | Read::Unread(_) => {
                Err(Failure::Other("the journal has no index".into()))
            }
        }
    }

    /// All that the journal knows when it is opened.
    pub(crate) fn known(&self) -> super::Known {
        self.kept.lock().known()
    }

    fn wake(&self) {
        if let Some(wake) = &self.wake {
            // The thread lives as long as the journal, unless a test has failed on it.
            let _ = wake.send(());
        }
    }
}

/// Decides one line, as the next one of its room.
fn decide(kept: &mut Kept, new: NewLine, failure: Option<&Failure>, told: &mut Vec<Told>) {
    let room = Arc::clone(&new.room);
    let decision = match failure {
        Some(failure) => Decision::Failed(failure.clone()),
        None => kept.decide(new),
    };
    for one in &mut *told {
        if let Told::Room(other, decisions) = one
            && Arc::ptr_eq(other, &room)
        {
            decisions.push(decision);
            return;
        }
    }
    told.push(Told::Room(room, vec![decision]));
}

/// A test that wants the data of a user has a store.
fn none_in_memory() -> Failure {
    Failure::Other("a journal in memory does not give out or erase users".into())
}

impl Journal for MemoryJournal {
    fn append(&self, entry: Entry) {
        self.waiting.lock().entries.push_back(entry);
        self.wake();
    }

    fn refuse_waiting(&self) {
        let mut waiting = self.waiting.lock();
        waiting.refused = waiting.entries.len();
    }

    fn is_full(&self) -> bool {
        let waiting = self.waiting.lock();
        let full_at = waiting.full_at;
        full_at.is_some_and(|most| waiting.entries.len() >= most)
    }

    fn read(&self, read: Read, done: ReadDone) {
        self.waiting.lock().reads.push_back((read, done));
        self.wake();
    }

    fn export(&self, _owner: DataOwner, _out: DataOut, done: ExportDone) {
        done(Err(none_in_memory()));
    }

    fn erase(&self, _owner: DataOwner, _anew: bool, done: EraseDone) {
        done(Err(none_in_memory()));
    }

    fn set_rules(&self, _rules: &Arc<Rules>) {
        // They say when lines are forgotten, and this journal forgets none.
    }

    fn set_keep(&self, _keep: KeepEvidence) {
        // It keeps as many as fit into memory.
    }

    fn set_feed(&self, terms: &FeedTerms) {
        self.kept.lock().set_feed(terms);
    }

    fn close(&self) {
        self.decide_next(usize::MAX);
        self.answer_next(usize::MAX);
        self.fail_with(Failure::Closed);
        self.wake();
    }
}

impl fmt::Debug for MemoryJournal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let waiting = self.waiting();
        f.debug_struct("MemoryJournal")
            .field("waiting", &waiting)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
