//! Hands facts about users over to the journal, so that the next start of the server knows
//! them. The users, the sessions and the read marks call it, under their locks: the journal
//! keeps what it is handed in the order of the calls.

use std::sync::Arc;

use crate::journal::{Entry, Journal, Record, RecordDone, Row};

/// The way of facts about users to the journal. A server without a journal does not even make them.
#[derive(Debug, Clone, Default)]
pub(crate) struct Records(Option<Arc<dyn Journal>>);

impl Records {
    /// Hands facts over to this journal, if there is one.
    pub(crate) fn new(journal: Option<Arc<dyn Journal>>) -> Self {
        Self(journal)
    }

    /// The journal, if there is one.
    pub(crate) fn journal(&self) -> Option<&Arc<dyn Journal>> {
        self.0.as_ref()
    }

    /// Hands over the rows that `rows` makes now. They are kept sooner or later, in the order
    /// of the calls.
    pub(crate) fn note(&self, rows: impl FnOnce() -> Vec<Row>) {
        if self.0.is_some() {
            let rows = rows();
            self.note_later(move || rows);
        }
    }

    /// The same for a single row, or none.
    pub(crate) fn note_some(&self, row: impl FnOnce() -> Option<Row>) {
        if self.0.is_some()
            && let Some(row) = row()
        {
            self.note_later(move || vec![row]);
        }
    }

    /// The same for rows that are made when they are kept, on the journal's thread.
    pub(crate) fn note_later(&self, rows: impl FnOnce() -> Vec<Row> + Send + 'static) {
        self.append(rows, None);
    }

    /// The same for rows that are kept at once or not at all, and `done` is called with what
    /// has become of them.
    pub(crate) fn try_note(
        &self,
        rows: impl FnOnce() -> Vec<Row> + Send + 'static,
        done: RecordDone,
    ) {
        self.append(rows, Some(done));
    }

    /// Calls `done` when all that was handed over so far is kept. Returns false, and does not, if
    /// there is no journal.
    pub(crate) fn try_note_nothing(&self, done: RecordDone) -> bool {
        let has_journal = self.0.is_some();
        self.try_note(Vec::new, done);
        has_journal
    }

    fn append(&self, rows: impl FnOnce() -> Vec<Row> + Send + 'static, done: Option<RecordDone>) {
        if let Some(journal) = &self.0 {
            journal.append(Entry::Record(Record {
                rows: Box::new(rows),
                done,
            }));
        }
    }
}
