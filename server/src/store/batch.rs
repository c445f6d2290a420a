//! One transaction: all that waited, in its order. It is kept as a whole or not at all; but a line
//! that was said before, or a change that is not possible, fails alone.

use std::collections::HashMap;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use guildhall_protocol::Line;
use rusqlite::{Connection, ErrorCode, TransactionBehavior};

use crate::events::{self, FeedTerms};
use crate::journal::reports::{Report, ReportDone, ReportEntry, ReportError};
use crate::journal::{
    ChangeError, Decision, Entry, Failure, MakeRows, NewLine, Ordered, RecordDone, Row,
};

use super::change::{self, Allowed};
use super::error::failure;
use super::kept::Kept;
use super::lines::{self, Kind, Source};
use super::records::reports;
use super::rooms::Rooms;
use super::schema::MAX_SEQ;

/// A call that is due when a transaction has ended.
pub(crate) enum Told {
    Room(Arc<dyn Ordered>, Vec<Decision>),
    Record(RecordDone, Result<(), Failure>),
    Report(ReportDone, Box<Result<Report, ReportError>>),
}

/// After so many rows that are tried again, what they have changed goes into the log. On a full
/// disk the transaction fails there, instead of behind all of them.
const ROWS_AT_ONCE: usize = 256;

/// The calls that are due, in their order.
#[derive(Default)]
struct Calls {
    told: Vec<Told>,
    /// The place of a room's decisions in `told`. Empty behind a record: what is said behind it
    /// is told behind it.
    rooms: HashMap<*const (), usize>,
}

/// Writes entries, each time by one transaction.
pub(crate) struct Batch {
    /// For how long a line can be edited.
    edit_within: Duration,
    /// The rows of records without `done` that could not be kept so far.
    kept: Kept,
    /// The terms of the feed of events, if there is one.
    feed: Arc<OnceLock<FeedTerms>>,
}

impl Batch {
    /// Lines can be edited for as long as this.
    pub(crate) fn new(edit_within: Duration) -> Self {
        Self {
            edit_within,
            kept: Kept::default(),
            feed: Arc::default(),
        }
    }

    /// The same. If there are terms, lines make events for the feed.
    pub(crate) fn with_feed(edit_within: Duration, feed: Arc<OnceLock<FeedTerms>>) -> Self {
        Self {
            feed,
            ..Self::new(edit_within)
        }
    }

    /// Whether records have to be tried again.
    pub(crate) fn has_kept(&self) -> bool {
        !self.kept.is_empty()
    }

    /// Writes the entries, behind the records that have to be tried again. Returns what has to be
    /// called, and why nothing was kept, if that is so.
    pub(crate) fn write(
        &mut self,
        connection: &mut Connection,
        rooms: &mut Rooms,
        entries: Vec<Entry>,
    ) -> (Vec<Told>, rusqlite::Result<()>) {
        let mut entries = entries.into_iter();
        let mut calls = Calls::default();
        let mut again = Vec::new();
        let result = self.transact(connection, rooms, &mut entries, &mut calls, &mut again);
        match &result {
            Ok(()) => self.kept.clear(),
            Err(error) => {
                rooms.clear();
                let failure = failure(error);
                calls.fail(&failure);
                calls.refuse(entries, &failure, |make| again.extend(make()));
                self.keep(connection, again);
            }
        }
        (calls.told, result)
    }

    /// Refuses entries without an attempt. Their records without `done` are tried again. Returns
    /// what has to be called.
    pub(crate) fn refuse(
        &mut self,
        connection: &Connection,
        entries: Vec<Entry>,
        failure: &Failure,
    ) -> Vec<Told> {
        let mut calls = Calls::default();
        let mut again = Vec::new();
        calls.refuse(entries.into_iter(), failure, |make| again.extend(make()));
        self.keep(connection, again);
        calls.told
    }

    fn keep(&mut self, connection: &Connection, rows: Vec<Row>) {
        for row in rows {
            self.kept.add(connection, row);
        }
    }

    /// Writes all of it by one transaction. The rows that were made, and have to be tried again
    /// if this fails, are added to `again`.
    fn transact(
        &self,
        connection: &mut Connection,
        rooms: &mut Rooms,
        entries: &mut impl Iterator<Item = Entry>,
        calls: &mut Calls,
        again: &mut Vec<Row>,
    ) -> rusqlite::Result<()> {
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        for (index, row) in self.kept.rows().enumerate() {
            if index > 0 && index.is_multiple_of(ROWS_AT_ONCE) {
                transaction.cache_flush()?;
            }
            put(&transaction, row)?;
        }
        for entry in entries {
            match entry {
                Entry::Line(new) => {
                    let NewLine {
                        room,
                        line,
                        may_change_others,
                    } = new;
                    let allowed = Allowed {
                        others: may_change_others,
                        edit_within: self.edit_within,
                    };
                    let decision = decide(&transaction, rooms, &*room, line, allowed)
                        .and_then(|decision| self.tell_game(&transaction, &*room, decision));
                    let failed = |error: &rusqlite::Error| Decision::Failed(failure(error));
                    let (decision, result) = match decision {
                        Ok(decision) => (decision, Ok(())),
                        Err(error) => (failed(&error), Err(error)),
                    };
                    calls.room(room, decision);
                    result?;
                }
                Entry::Record(record) => {
                    let rows = (record.rows)();
                    let result = rows.iter().try_for_each(|row| put(&transaction, row));
                    match record.done {
                        None => again.extend(rows),
                        Some(done) => calls.record(done, Ok(())),
                    }
                    result?;
                }
                Entry::Report(entry) => {
                    let ReportEntry { work, also, done } = *entry;
                    let carried_out = reports::carry_out(&transaction, work, also);
                    let (told, result) = reports::told(carried_out);
                    calls.report(done, told);
                    result?;
                }
            }
        }
        transaction.commit()
    }

    /// Makes the event of a line that is kept, if the feed has such events.
    fn tell_game(
        &self,
        connection: &Connection,
        room: &dyn Ordered,
        decision: Decision,
    ) -> rusqlite::Result<Decision> {
        if let Some(feed) = self.feed.get()
            && let Decision::Stored { line, .. } = &decision
            && let Some(kind) = events::kind_of(line)
            && feed.selection.includes(kind.name(), room.name())
            && let Some(event) = events::of_line(room.name(), line)
        {
            super::records::events::put(connection, &event)?;
        }
        Ok(decision)
    }
}

impl Calls {
    fn room(&mut self, room: Arc<dyn Ordered>, decision: Decision) {
        let index = *(self.rooms)
            .entry(Arc::as_ptr(&room).cast())
            .or_insert(self.told.len());
        match self.told.get_mut(index) {
            Some(Told::Room(_, decisions)) => decisions.push(decision),
            _ => self.told.push(Told::Room(room, vec![decision])),
        }
    }

    fn record(&mut self, done: RecordDone, result: Result<(), Failure>) {
        self.rooms.clear();
        self.told.push(Told::Record(done, result));
    }

    fn report(&mut self, done: ReportDone, result: Result<Report, ReportError>) {
        self.rooms.clear();
        self.told.push(Told::Report(done, Box::new(result)));
    }

    /// Takes all that was decided back.
    fn fail(&mut self, failure: &Failure) {
        for told in &mut self.told {
            match told {
                Told::Room(_, decisions) => {
                    for decision in decisions {
                        *decision = Decision::Failed(failure.clone());
                    }
                }
                Told::Record(_, result) => *result = Err(failure.clone()),
                Told::Report(_, result) => **result = Err(ReportError::Failed(failure.clone())),
            }
        }
    }

    /// Refuses entries. `again` gets the records without `done`.
    fn refuse(
        &mut self,
        entries: impl Iterator<Item = Entry>,
        failure: &Failure,
        mut again: impl FnMut(MakeRows),
    ) {
        for entry in entries {
            match entry {
                Entry::Line(new) => self.room(new.room, Decision::Failed(failure.clone())),
                Entry::Record(record) => match record.done {
                    Some(done) => self.record(done, Err(failure.clone())),
                    None => again(record.rows),
                },
                Entry::Report(entry) => {
                    self.report(entry.done, Err(ReportError::Failed(failure.clone())));
                }
            }
        }
    }
}

/// Refuses entries for good. Returns what has to be called.
pub(crate) fn refuse(entries: Vec<Entry>, failure: &Failure) -> Vec<Told> {
    let mut calls = Calls::default();
    calls.refuse(entries.into_iter(), failure, drop);
    calls.told
}

impl Told {
    /// Calls the room, or whoever waits for the record.
    pub(crate) fn tell(self) {
        match self {
            Self::Room(room, decisions) => room.decided(decisions),
            Self::Record(done, result) => done(result),
            Self::Report(done, result) => done(*result),
        }
    }
}

/// Puts a row about a user.
fn put(connection: &Connection, row: &Row) -> rusqlite::Result<()> {
    match super::records::put(connection, row) {
        // It would fail each time, and hold all others up.
        Err(error) if error.sqlite_error_code() == Some(ErrorCode::ConstraintViolation) => {
            tracing::error!(%error, "a row about a user does not fit into the store");
            Ok(())
        }
        result => result,
    }
}

/// Decides about a line.
fn decide(
    connection: &Connection,
    rooms: &mut Rooms,
    ordered: &dyn Ordered,
    mut line: Box<Line>,
    allowed: Allowed,
) -> rusqlite::Result<Decision> {
    let name = ordered.name();
    let Some(mut room) = rooms.get(connection, name, ordered.epoch())? else {
        return Ok(other("the store has as many rooms as it can have"));
    };
    if room.epoch != ordered.epoch() {
        return Ok(other("the room has begun anew"));
    }
    let seq = room.newest().next();
    if seq.0 > MAX_SEQ {
        return Ok(other("the room has as many lines as it can have"));
    }
    let Some(kind) = Kind::of(&line) else {
        return Ok(Decision::Refused(ChangeError::NoSuchLine));
    };
    line.seq = seq.0;
    line.epoch = room.epoch.0;
    if line.reply_to >= seq.0 {
        return Ok(Decision::Refused(ChangeError::NoSuchLine));
    }
    // A change would find its own traces.
    if line.change.is_some() && lines::is_repeated(connection, &line)? {
        return Ok(Decision::Repeated);
    }
    let source = Source::new(name, room);
    let changed = match change::carry_out(connection, room, source, &mut line, allowed)? {
        Ok(changed) => changed,
        Err(error) => return Ok(Decision::Refused(error)),
    };
    if !lines::insert(connection, room.id, kind, &line)? {
        return Ok(Decision::Repeated);
    }
    room.last = seq;
    rooms.set(name, room);
    Ok(Decision::Stored { line, changed })
}

fn other(why: &str) -> Decision {
    Decision::Failed(Failure::Other(why.into()))
}
