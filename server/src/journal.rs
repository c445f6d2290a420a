//! The journal of durable rooms, as rooms, users and sessions see it. It puts what is said into
//! an order, keeps it, and says what it has decided. `store` is one, on a disk.
//!
//! A room without a journal numbers its lines itself and keeps them in memory. In a durable room
//! a line has three states:
//!
//! 1. **said**: the session has accepted it and the room has handed it over ([`Journal::append`]).
//!    Nobody sees it, and it has no number.
//! 2. **committed**: the journal has numbered and kept it. It is there after a power cut.
//! 3. **fanned out**: the room was told ([`Ordered::decided`]), and its members get the line. For
//!    the speaker, it is the acknowledgement.
//!
//! If the journal fails, a line is in none of them: it is taken back, and its speaker is told.
//!
//! A journal has threads of its own. It never calls back while its caller waits, and what it calls
//! takes the locks of rooms and users as any thread does.

pub(crate) mod audit;
pub(crate) mod change;
mod held;
pub(crate) mod memory;
pub(crate) mod reports;
mod rows;
pub(crate) mod search;
pub(crate) mod unread;
pub(crate) mod user_data;
pub(crate) mod words;

use std::fmt;
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use guildhall_protocol::{Line, Unread};

use crate::events::{Event, EventsRead, FeedTerms, KeptEvents, KnownFeed, PresentRow, WebhookRow};
use crate::ids::{Epoch, RequestId, Seq, SessionId, UserId};
use crate::metrics::Recorded;
use crate::moderation::blocked::{AuthorId, Blocked};
use crate::moderation::{Act, KeepEvidence, RoleRow, Sanction, SanctionRow};
use crate::outgoing::frame;
use crate::policy::{ChangedSettings, Rules};

use self::audit::{AuditEntry, AuditRead};
pub(crate) use self::held::HeldText;
use self::reports::{DecisionNotice, FullReport, Report, ReportEntry, ReportsRead};
pub(crate) use self::rows::{
    BlockRow, Known, KnownSession, ReadMarkRow, RoomSettingsRow, Row, SessionRow, UserRow,
    WhisperRow,
};
use self::user_data::{DataOut, DataOwner, EraseDone, ExportDone};

/// Orders and keeps what is said in durable rooms, and keeps what is known of users.
pub(crate) trait Journal: fmt::Debug + Send + Sync {
    /// Hands over an entry. It is decided later, in the order of the calls. Never blocks.
    ///
    /// If a line fails, so does every line that was handed over before its room was told of that.
    /// Otherwise a line could be kept in front of one that its speaker has said before it, and
    /// says again.
    fn append(&self, entry: Entry);

    /// A room has learnt that a line of it has failed. It calls this under the lock under which it
    /// hands lines over, so that all that it handed over before fails, and nothing that it hands
    /// over from now on.
    fn refuse_waiting(&self);

    /// Whether so much waits for a decision that whoever says something has to wait. What is
    /// handed over regardless is taken.
    fn is_full(&self) -> bool;

    /// Reads something, and calls `done` with it on a thread of the journal. It has at least
    /// everything that was decided before the call.
    fn read(&self, read: Read, done: ReadDone);

    /// Writes all that is kept of a user to `out`, on a thread of its own, and calls `done`.
    fn export(&self, owner: DataOwner, out: DataOut, done: ExportDone);

    /// Erases all that is kept of a user and was decided before the call, on a thread of its own,
    /// and calls `done`. Nothing is committed meanwhile. If `anew`, everything is written anew,
    /// which takes as long as a copy of it.
    fn erase(&self, owner: DataOwner, anew: bool, done: EraseDone);

    /// The rules of rooms are these from now on: they say how long lines are kept.
    fn set_rules(&self, rules: &Arc<Rules>);

    /// Reports with their evidence and the audit log are kept for this long from now on.
    fn set_keep(&self, keep: KeepEvidence);

    /// The feed of events is kept by these terms, and has what is said in durable rooms. Called
    /// once at most, before anything is handed over. Without it, nothing makes events.
    fn set_feed(&self, terms: &FeedTerms);

    /// Its work so far, for the operator's metrics.
    fn facts(&self) -> JournalFacts {
        JournalFacts::default()
    }

    /// Decides all that waits, and closes the journal. What comes later fails. Blocks: for the end
    /// of the server.
    fn close(&self);
}

/// A journal's work so far, and how much waits.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct JournalFacts {
    /// How long commits took: from their beginning until all was on the disk, or failed.
    pub(crate) commits: Recorded,
    /// How many of them failed.
    pub(crate) failed: u64,
    /// How many entries were committed.
    pub(crate) entries: u64,
    /// How many entries wait, with those of the commit that is going on.
    pub(crate) waiting: usize,
    /// The size of these.
    pub(crate) waiting_bytes: usize,
    /// How long the oldest of these waits by now.
    pub(crate) lag: Duration,
}

/// A room that has a journal.
pub(crate) trait Ordered: fmt::Debug + Send + Sync {
    /// The room's name.
    fn name(&self) -> &Arc<str>;

    /// The room's epoch.
    fn epoch(&self) -> Epoch;

    /// The journal has decided the room's oldest entries, as many as these, in their order. No
    /// other call of this room runs meanwhile.
    fn decided(&self, decisions: Vec<Decision>);
}

/// Something that a journal is handed.
#[derive(Debug)]
pub(crate) enum Entry {
    /// Something said or changed in a room, which gets a decision.
    Line(NewLine),
    /// Facts about users.
    Record(Record),
    /// Something to do with a report.
    Report(Box<ReportEntry>),
}

/// Something said or changed in a room.
#[derive(Debug)]
pub(crate) struct NewLine {
    /// The room.
    pub(crate) room: Arc<dyn Ordered>,
    /// The line, without a number. A reaction of a change has no count.
    pub(crate) line: Box<Line>,
    /// Whether its user may change what others have said.
    pub(crate) may_change_others: bool,
}

/// A journal's decision about a line.
#[derive(Debug)]
pub(crate) enum Decision {
    /// It is kept.
    Stored {
        /// The line, with its number. A reaction of a change has its count.
        line: Box<Line>,
        /// For a change, the line that it has changed, as it is now.
        changed: Option<Box<Line>>,
    },
    /// The session has said it before, with the same ID. Nothing has changed.
    Repeated,
    /// The change is not possible.
    Refused(ChangeError),
    /// It is not kept.
    Failed(Failure),
}

/// Why a line is not changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ChangeError {
    /// There is no such line any more, or it is a change itself.
    #[error("there is no such line")]
    NoSuchLine,
    /// It is another user's.
    #[error("it is another user's")]
    NotOwn,
    /// It was said too long ago.
    #[error("it was said too long ago")]
    TooLate,
    /// It has as many different reactions as it may have.
    #[error("it has too many reactions")]
    TooManyReactions,
}

/// Why a journal keeps nothing, or does not find anything. It may get well by itself.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// The disk is full.
    #[error("the disk is full")]
    Full,
    /// The server stops.
    #[error("the server stops")]
    Closed,
    /// Too much waits to be read.
    #[error("too much waits to be read")]
    Busy,
    /// Another error, in words.
    #[error("{0}")]
    Other(Arc<str>),
}

/// Facts about users, which are kept together or not at all. Those without `done` are tried
/// again behind a failure, so that they are kept when the journal is well again.
pub(crate) struct Record {
    /// Makes the rows when it is their turn, on the journal's thread.
    pub(crate) rows: MakeRows,
    /// Called when they are kept, or not kept.
    pub(crate) done: Option<RecordDone>,
}

/// Makes the rows of a record.
pub(crate) type MakeRows = Box<dyn FnOnce() -> Vec<Row> + Send>;

/// Called when a record is kept, or not kept.
pub(crate) type RecordDone = Box<dyn FnOnce(Result<(), Failure>) + Send>;

/// Something that a journal can look for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Read {
    /// A room, with its newest lines: at most this many, and at most this many bytes of them
    /// as frames.
    Room {
        /// The room's name.
        room: Arc<str>,
        /// The most lines.
        most: usize,
        /// The most bytes of them as frames.
        bytes: usize,
    },
    /// Some of a room's lines.
    Lines(LinesRead),
    /// The lines with some words.
    Search(SearchRead),
    /// The count of the lines that a user has not read.
    Unread(UnreadRead),
    /// The rooms in which this user has said something that is not removed: its number, and its
    /// account if it has one.
    Speakers(SpeakersRead),
    /// Reports.
    Reports(ReportsRead),
    /// A report with its evidence, by its number.
    Report(u64),
    /// The audit log.
    Audit(AuditRead),
    /// Events of the feed.
    Events(EventsRead),
}

/// Some of a room's lines: at most `most`, and at most `bytes` bytes of them as frames, but one
/// at least, if there is any.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinesRead {
    pub(crate) room: Arc<str>,
    pub(crate) epoch: Epoch,
    pub(crate) which: Which,
    pub(crate) most: usize,
    pub(crate) bytes: usize,
}

/// Which lines of a room.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Which {
    /// The newest of those before this number, or of all if it is 0, that were said before
    /// `before_time` if that is not 0, and at `after_time` or later.
    NewestBefore {
        seq: Seq,
        before_time: u64,
        after_time: u64,
    },
    /// The oldest of those from this number on that were said at `after_time` or later, and
    /// before `before_time` if that is not 0.
    OldestFrom {
        seq: Seq,
        before_time: u64,
        after_time: u64,
    },
}

/// A search.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SearchRead {
    /// The rooms.
    pub(crate) rooms: Vec<Arc<str>>,
    /// The words, as the user wrote them.
    pub(crate) text: String,
    /// The user that has said it; 0: anybody, or whoever has `name`.
    pub(crate) sender: UserId,
    /// The account or the name of the user that has said it.
    pub(crate) name: String,
    pub(crate) before_time: u64,
    pub(crate) after_time: u64,
    pub(crate) most: usize,
    pub(crate) bytes: usize,
    /// The place at which to go on.
    pub(crate) from: Bytes,
    /// The users whose lines it does not find.
    pub(crate) blocked: Option<Arc<Blocked>>,
}

/// A look at what a user has not read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnreadRead {
    pub(crate) user: UserId,
    /// The user's name, which counts as a mention.
    pub(crate) name: Arc<str>,
    /// The rooms, and the last line that the user has read in each.
    pub(crate) rooms: Vec<ReadMarkRow>,
    /// The most lines of a room that are counted.
    pub(crate) most: usize,
    /// The users whose lines do not count.
    pub(crate) blocked: Option<Arc<Blocked>>,
}

/// A look for what a user has said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SpeakersRead {
    pub(crate) user: UserId,
    /// The user's account; empty: a guest.
    pub(crate) account: Arc<str>,
    /// The room; `None`: all.
    pub(crate) room: Option<Arc<str>>,
}

/// Something that a journal has found.
#[derive(Debug)]
pub enum Found {
    /// A room; `None`: nothing was ever said in it.
    Room(Option<KeptRoom>),
    /// Lines.
    Lines(KeptLines),
    /// Lines of several rooms, the newest first, as [`Line`]s, and where to go on.
    Search(Vec<Line>, Bytes),
    /// The counts of lines that are not read, by room.
    Unread(Vec<Unread>),
    /// The rooms in which a user has said something, with the number that it had there.
    Speakers(Vec<(Arc<str>, UserId)>),
    /// Reports, and whether there are more.
    Reports(Vec<Report>, bool),
    /// A report with its evidence; `None`: there is none with this number.
    Report(Option<Box<FullReport>>),
    /// Entries of the audit log, and whether there are more.
    Audit(Vec<AuditEntry>, bool),
    /// Events of the feed.
    Events(KeptEvents),
}

/// A room that a journal keeps.
#[derive(Debug, Clone)]
pub struct KeptRoom {
    pub(crate) epoch: Epoch,
    /// The number of its newest line.
    pub(crate) last: Seq,
    /// Its newest lines, the oldest first. They end with `last`, unless none is kept.
    pub(crate) lines: Vec<Line>,
}

/// Some of a room's lines.
#[derive(Debug, Clone, Default)]
pub struct KeptLines {
    /// The room's epoch; another one than asked for if the room began anew. Then there are no
    /// lines.
    pub(crate) epoch: Epoch,
    /// The number of the oldest line that is kept at all; that of the next line if none is.
    #[cfg_attr(
        not(test),
        expect(dead_code, reason = "tests wait for what is forgotten")
    )]
    pub(crate) oldest: Seq,
    /// The number of the first line in `frames`.
    pub(crate) first: Seq,
    /// How many lines are in `frames`.
    pub(crate) count: usize,
    /// The lines as frames, the oldest first, one number behind the other.
    pub(crate) frames: Bytes,
    /// Whether there are lines that belong to the answer, too: older ones of `NewestBefore`,
    /// newer ones of `OldestFrom`.
    pub(crate) more: bool,
}

impl Found {
    /// No lines of any room.
    #[must_use]
    pub fn no_lines() -> Self {
        Self::Lines(KeptLines::default())
    }
}

impl KeptLines {
    /// The number behind the last line in `frames`.
    pub(crate) fn end(&self) -> Seq {
        Seq(self.first.0 + self.count as u64)
    }

    /// The frames of those lines that have numbers in this range.
    pub(crate) fn frames_of(&self, numbers: Range<Seq>) -> Bytes {
        let index = |seq: Seq| {
            let seq = seq.clamp(self.first, self.end());
            let count = usize::try_from(seq.0 - self.first.0).unwrap_or(usize::MAX);
            frame::behind_frames(&self.frames, count)
        };
        let (from, to) = (index(numbers.start), index(numbers.end));
        self.frames.slice(from..to.max(from))
    }
}

/// The session that has said a line. On the wire its number is 0 if it is the speaker's.
pub(crate) fn session_of(line: &Line) -> SessionId {
    SessionId(match line.session {
        0 => line.sender,
        session => session,
    })
}

/// Called with what was found.
pub(crate) type ReadDone = Box<dyn FnOnce(Result<Found, Failure>) + Send>;

impl fmt::Debug for Record {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Record").finish_non_exhaustive()
    }
}
