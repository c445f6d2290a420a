//! Reports: what users report to the moderators, what a journal keeps of them, and what moderators
//! do about them, as pure values. [`evidence`] has what is frozen with a report, and [`book`] the
//! reports of a server that keeps them in memory.

pub(crate) mod book;
pub(crate) mod evidence;
mod limits;

use std::fmt;
use std::sync::Arc;

use guildhall_protocol::Reason;

use crate::ids::{Epoch, RequestId, Seq, SessionId, UserId};
use crate::moderation::{Act, ActKind, Actor, UserSnapshot};

use self::evidence::{Evidence, EvidenceUser};
use super::{Failure, Row};

#[cfg(test)]
pub(crate) use self::limits::MOST_OWN;
pub(crate) use self::limits::{MOST_READ, MOST_UNDECIDED, is_guest, most_of, most_of_guests};

/// A report, without its evidence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// Its number: 1, 2, 3 and so on.
    pub(crate) id: u64,
    /// When it came, in milliseconds since 1970.
    pub(crate) time: u64,
    pub(crate) reporter: UserSnapshot,
    /// The user that it is about.
    pub(crate) user: UserSnapshot,
    pub(crate) place: Location,
    pub(crate) reason: Reason,
    /// The reporter's own words.
    pub(crate) note: Arc<str>,
    pub(crate) state: ReportState,
}

/// The place where the thing was said that a report is about.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Location {
    /// The room; empty: none.
    pub(crate) room: Arc<str>,
    /// The line; number 0: it is about none.
    pub(crate) epoch: Epoch,
    pub(crate) seq: Seq,
    /// When it was whispered, in milliseconds since 1970; 0: it is about no whisper.
    pub(crate) whisper: u64,
}

/// How far moderators are with a report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ReportState {
    /// Nobody looks at it.
    Open,
    /// A moderator looks at it, since this time.
    Claimed { by: Actor, time: u64 },
    /// It is decided.
    Decided(ReportDecision),
}

/// A decision about a report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ReportDecision {
    pub(crate) by: Actor,
    /// When, in milliseconds since 1970.
    pub(crate) time: u64,
    /// Whether something was done about it.
    pub(crate) acted: bool,
    /// The words to the reporter. They may be empty.
    pub(crate) words: Arc<str>,
    /// The sanction that follows from it; 0: none.
    pub(crate) sanction: u64,
}

/// A report with its evidence, as a moderator reads it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FullReport {
    pub(crate) report: Report,
    pub(crate) evidence: Evidence,
}

/// A report that comes.
#[derive(Debug)]
pub(crate) struct NewReport {
    /// When, in milliseconds since 1970.
    pub(crate) time: u64,
    pub(crate) reporter: UserSnapshot,
    pub(crate) subject: Subject,
    pub(crate) reason: Reason,
    pub(crate) note: Arc<str>,
    /// Some of those who were in the room, and how many they were.
    pub(crate) members: Vec<EvidenceUser>,
    pub(crate) member_count: u64,
}

/// The subject of a report.
#[derive(Debug)]
pub(crate) enum Subject {
    /// A line that the journal keeps, and so finds its evidence.
    Kept { room: Arc<str>, line: KeptLine },
    /// Something of which the evidence was found in memory.
    Found(Box<FoundSubject>),
}

/// Which line of a room that a journal keeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum KeptLine {
    /// The one with this number.
    At(Epoch, Seq),
    /// The one that this session has said by this request, also if it is not numbered yet.
    Of(SessionId, RequestId),
}

/// The subject of a report, with its evidence.
#[derive(Debug)]
pub(crate) struct FoundSubject {
    pub(crate) place: Location,
    pub(crate) user: UserSnapshot,
    pub(crate) evidence: Evidence,
}

/// Something that is done with a report. A journal does it in the order of its entries, by what it
/// has kept, and notes it in the audit log in the same step.
#[derive(Debug)]
pub(crate) enum ReportWork {
    /// A report comes.
    New(Box<NewReport>),
    /// A moderator takes it.
    Claim { report: u64, by: Actor, time: u64 },
    /// The moderator gives it back.
    Release { report: u64, by: Actor, time: u64 },
    /// It is decided.
    Decide {
        report: u64,
        decision: ReportDecision,
    },
}

/// Something to do with a report, and who waits for it.
pub(crate) struct ReportEntry {
    pub(crate) work: ReportWork,
    /// Makes rows that are kept in the same step, if it is done.
    pub(crate) also: ReportRows,
    /// Called with the report as it is then.
    pub(crate) done: ReportDone,
}

/// Makes rows of a report as it is then.
pub(crate) type ReportRows = Box<dyn FnOnce(&Report) -> Vec<Row> + Send>;

/// Called when something was done with a report, or not.
pub(crate) type ReportDone = Box<dyn FnOnce(Result<Report, ReportError>) + Send>;

/// Why nothing is done with a report.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ReportError {
    /// There is no such line, or it is nobody's.
    #[error("there is no such line")]
    NoSuchLine,
    /// The user reports itself.
    #[error("nobody reports itself")]
    Own,
    /// The user has reported this already.
    #[error("the user has reported this already")]
    Already,
    /// The user has too many reports that are not decided.
    #[error("too many reports of the user are not decided")]
    TooManyOwn,
    /// Too many reports are not decided.
    #[error("too many reports are not decided")]
    TooMany,
    /// There is no such report, or not any more.
    #[error("there is no such report")]
    NoSuchReport,
    /// Another moderator has it.
    #[error("another moderator has the report")]
    Claimed,
    /// It is decided already.
    #[error("the report is decided already")]
    Decided,
    /// The journal could not keep it.
    #[error("{0}")]
    Failed(#[from] Failure),
}

/// Which reports a read is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ReportFilter {
    /// All, the oldest first.
    All,
    /// Those that are not decided, the oldest first.
    Undecided,
    /// Those that nobody looks at, the oldest first.
    Open,
    /// Those that a moderator looks at, the oldest first.
    Claimed,
    /// Those that are decided, the newest first.
    Decided,
}

/// A look at reports.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReportsRead {
    pub(crate) filter: ReportFilter,
    /// Only those about this user, by its account or, without one, by its number, the newest first;
    /// `None`: about anybody.
    pub(crate) about: Option<UserSnapshot>,
    /// The number of the last report that was read; 0: none.
    pub(crate) behind: u64,
    /// The most reports, and at most [`MOST_READ`].
    pub(crate) most: usize,
}

/// A decision of which the reporter is not told yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct DecisionNotice {
    pub(crate) report: u64,
    pub(crate) reporter: UserSnapshot,
    pub(crate) acted: bool,
    pub(crate) words: Arc<str>,
}

impl ReportWork {
    /// How much memory it takes, roughly, in bytes.
    pub(crate) fn size(&self) -> usize {
        match self {
            Self::New(new) => match &new.subject {
                Subject::Found(found) => found.evidence.size(),
                Subject::Kept { .. } => 0,
            },
            Self::Claim { .. } | Self::Release { .. } | Self::Decide { .. } => 0,
        }
    }
}

impl ReportsRead {
    /// Whether reports about this user are wanted.
    pub(crate) fn is_for(&self, user: &UserSnapshot) -> bool {
        match &self.about {
            None => true,
            Some(about) if about.account.is_empty() => about.id == user.id,
            Some(about) => about.account == user.account,
        }
    }

    /// Whether the newest come first.
    pub(crate) const fn is_newest_first(&self) -> bool {
        self.about.is_some() || self.filter.is_newest_first()
    }
}

impl ReportFilter {
    /// Whether the newest come first.
    const fn is_newest_first(self) -> bool {
        matches!(self, Self::Decided)
    }
}

impl ReportState {
    /// Its number in a store.
    pub(crate) const fn number(&self) -> u8 {
        match self {
            Self::Open => 0,
            Self::Claimed { .. } => 1,
            Self::Decided(_) => 2,
        }
    }

    /// The numbers of the states that a filter is for.
    pub(crate) const fn numbers(filter: ReportFilter) -> (u8, u8) {
        match filter {
            ReportFilter::All => (0, 2),
            ReportFilter::Undecided => (0, 1),
            ReportFilter::Open => (0, 0),
            ReportFilter::Claimed => (1, 1),
            ReportFilter::Decided => (2, 2),
        }
    }

    /// The state after this work.
    ///
    /// # Errors
    ///
    /// Why it cannot be done.
    pub(crate) fn after(&self, work: &ReportWork) -> Result<Self, ReportError> {
        match (self, work) {
            (Self::Decided(_), _) => Err(ReportError::Decided),
            (
                Self::Claimed { by: holder, .. },
                ReportWork::Claim { by, .. } | ReportWork::Release { by, .. },
            ) if !is_same(holder, by) => Err(ReportError::Claimed),
            (_, ReportWork::Claim { by, time, .. }) => Ok(Self::Claimed {
                by: by.clone(),
                time: *time,
            }),
            // A report that comes has no state before.
            (_, ReportWork::New(_) | ReportWork::Release { .. }) => Ok(Self::Open),
            (Self::Claimed { by, .. }, ReportWork::Decide { decision, .. })
                if !is_same(by, &decision.by) =>
            {
                Err(ReportError::Claimed)
            }
            (_, ReportWork::Decide { decision, .. }) => Ok(Self::Decided(decision.clone())),
        }
    }
}

/// The server itself, as a reporter.
pub(crate) fn server() -> UserSnapshot {
    UserSnapshot {
        id: UserId(0),
        account: "".into(),
        name: "".into(),
    }
}

/// Whether a reporter is the server itself.
fn is_server(reporter: &UserSnapshot) -> bool {
    *reporter == server()
}

/// Whether a claim of `holder` does not hold up `by`. The game's server may do everything, so that
/// no report waits for a moderator that never comes back.
fn is_same(holder: &Actor, by: &Actor) -> bool {
    match (holder, by) {
        (Actor::User(holder), Actor::User(by)) => holder.is_same_user(by),
        (_, Actor::Game | Actor::Server) => true,
        _ => false,
    }
}

impl Report {
    /// The entry in the audit log for a report that has come.
    pub(crate) fn filed(&self) -> Act {
        let mut details = vec![("reason", self.reason.as_str_name().to_owned())];
        if self.place.seq != Seq(0) {
            details.push(("epoch", self.place.epoch.0.to_string()));
            details.push(("line", self.place.seq.0.to_string()));
        }
        let by = if self.is_automated() {
            details.push(("automated", "true".to_owned()));
            Actor::Server
        } else {
            Actor::User(self.reporter.clone())
        };
        self.noted(self.time, by, ActKind::Reported, details)
    }

    /// The entry in the audit log for this work, which has led to the report as it is now.
    pub(crate) fn act(&self, work: &ReportWork) -> Act {
        match work {
            ReportWork::New(_) => self.filed(),
            ReportWork::Claim { by, time, .. } => {
                self.noted(*time, by.clone(), ActKind::ReportClaimed, Vec::new())
            }
            ReportWork::Release { by, time, .. } => {
                self.noted(*time, by.clone(), ActKind::ReportReleased, Vec::new())
            }
            ReportWork::Decide { decision, .. } => {
                let mut details = vec![("acted", decision.acted.to_string())];
                if decision.sanction != 0 {
                    details.push(("sanction", decision.sanction.to_string()));
                }
                if !decision.words.is_empty() {
                    details.push(("words", decision.words.as_ref().into()));
                }
                let by = decision.by.clone();
                self.noted(decision.time, by, ActKind::ReportDecided, details)
            }
        }
    }

    fn noted(
        &self,
        time: u64,
        by: Actor,
        kind: ActKind,
        mut details: Vec<(&'static str, String)>,
    ) -> Act {
        details.insert(0, ("report", self.id.to_string()));
        Act {
            time,
            by,
            kind,
            user: Some(self.user.clone()),
            room: Arc::clone(&self.place.room),
            details,
        }
    }

    /// Whether the server itself has reported it: a filter.
    pub(crate) fn is_automated(&self) -> bool {
        is_server(&self.reporter)
    }

    /// The notice to the reporter, if the report is decided.
    pub(crate) fn notice(&self) -> Option<DecisionNotice> {
        match &self.state {
            ReportState::Decided(decision) if !self.is_automated() => Some(DecisionNotice {
                report: self.id,
                reporter: self.reporter.clone(),
                acted: decision.acted,
                words: Arc::clone(&decision.words),
            }),
            _ => None,
        }
    }

    /// Whether this report is one of `reporter` about the same: the same line or whisper; about a
    /// user, only while it is not decided.
    pub(crate) fn is_repeated_by(
        &self,
        reporter: &UserSnapshot,
        place: &Location,
        user: &UserSnapshot,
    ) -> bool {
        let is_about_text = place.seq != Seq(0) || place.whisper != 0;
        self.reporter.is_same_user(reporter)
            && self.place == *place
            && self.user.is_same_user(user)
            && (is_about_text || !matches!(self.state, ReportState::Decided(_)))
    }
}

impl fmt::Debug for ReportEntry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReportEntry")
            .field("work", &self.work)
            .finish_non_exhaustive()
    }
}
