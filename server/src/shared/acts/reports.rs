//! Reports: a user reports something, and moderators look at it, take it, give it back and decide.
//! With a journal each of these waits for it, and `done` is called on its thread. Without one, the
//! reports are in memory, and `done` is called before the method returns.

use std::collections::BTreeMap;
use std::sync::Arc;

use guildhall_protocol::{LineRef, Packet, PacketBody, Reason, ReportDecided, WhisperLine};

use crate::events::{Event, EventKind};
use crate::ids::{Epoch, RequestId, Seq, SessionId};
use crate::journal::audit::{AuditEntry, AuditRead};
use crate::journal::reports::evidence::{Evidence, EvidenceUser, MOST_MEMBERS};
use crate::journal::reports::{
    DecisionNotice, FoundSubject, FullReport, KeptLine, Location, NewReport, Report,
    ReportDecision, ReportDone, ReportEntry, ReportError, ReportWork, ReportsRead, Subject, server,
};
use crate::journal::{Entry, Failure, Found, Read, Row};
use crate::moderation::{Actor, UserSnapshot};
use crate::outgoing::frame;
use crate::shared::Shared;
use crate::shared::records::Records;
use crate::shared::user::User;
use crate::sync::moment::Moment;

/// The thing that a user reports.
#[derive(Debug)]
pub(crate) enum About {
    /// A line of a room.
    Line { room: Arc<str>, line: LineRef },
    /// A text that a session has said in a room by a request, also if it has no number yet.
    Said {
        room: Arc<str>,
        session: SessionId,
        request: RequestId,
    },
    /// A whisper, with those of the same session between the same two users, in their order.
    Whisper {
        whisper: Box<WhisperLine>,
        around: Vec<WhisperLine>,
    },
    /// A user.
    User(UserSnapshot),
}

/// Called with some reports, and whether there are more.
pub(crate) type ReportsDone = Box<dyn FnOnce(Result<(Vec<Report>, bool), Failure>) + Send>;

/// Called with a report and its evidence; `None`: there is none with this number.
pub(crate) type FullReportDone = Box<dyn FnOnce(Result<Option<FullReport>, Failure>) + Send>;

/// Called with entries of the audit log, and whether there are more.
pub(crate) type AuditDone = Box<dyn FnOnce(Result<(Vec<AuditEntry>, bool), Failure>) + Send>;

impl Shared {
    /// A user reports something. The evidence is frozen now, and `done` gets the report when it is
    /// kept. Then the game is told.
    pub(crate) fn report(
        self: &Arc<Self>,
        reporter: UserSnapshot,
        about: About,
        reason: Reason,
        note: &str,
        at: Moment,
        done: ReportDone,
    ) {
        let (subject, members, member_count) = match self.subject(about) {
            Ok(found) => found,
            Err(error) => return done(Err(error)),
        };
        let new = NewReport {
            time: at.unix_millis,
            reporter,
            subject,
            reason,
            note: note.into(),
            members,
            member_count,
        };
        self.carry_out(ReportWork::New(Box::new(new)), done);
    }

    /// The server itself reports something, because of a filter. Beyond a bound it does nothing.
    pub(crate) fn report_automatically(
        self: &Arc<Self>,
        about: About,
        reason: Reason,
        note: &str,
        at: Moment,
    ) {
        let done = |result: Result<Report, ReportError>| {
            if let Err(error) = result {
                tracing::debug!(%error, "no report of a filter");
            }
        };
        self.report(server(), about, reason, note, at, Box::new(done));
    }

    /// A moderator takes a report, so that no other works on it. The one that has it may take it
    /// again, and the game may take it away.
    pub(crate) fn claim_report(
        self: &Arc<Self>,
        report: u64,
        by: Actor,
        at: Moment,
        done: ReportDone,
    ) {
        let time = at.unix_millis;
        self.carry_out(ReportWork::Claim { report, by, time }, done);
    }

    /// A moderator gives a report back.
    pub(crate) fn release_report(
        self: &Arc<Self>,
        report: u64,
        by: Actor,
        at: Moment,
        done: ReportDone,
    ) {
        let time = at.unix_millis;
        self.carry_out(ReportWork::Release { report, by, time }, done);
    }

    /// Decides a report, and tells its reporter, now or when it comes. Who decides need not have
    /// taken it before.
    pub(crate) fn decide_report(
        self: &Arc<Self>,
        report: u64,
        decision: ReportDecision,
        done: ReportDone,
    ) {
        self.carry_out(ReportWork::Decide { report, decision }, done);
    }

    /// Looks for reports.
    pub(crate) fn reports(&self, read: ReportsRead, done: ReportsDone) {
        let Some(journal) = self.journal() else {
            let found = self.memory_reports.lock().list(&read);
            return done(Ok(found));
        };
        let done = |found| match found {
            Ok(Found::Reports(reports, more)) => done(Ok((reports, more))),
            Ok(_) => done(Err(other_found())),
            Err(failure) => done(Err(failure)),
        };
        journal.read(Read::Reports(read), Box::new(done));
    }

    /// Reads a report with its evidence.
    pub(crate) fn full_report(&self, id: u64, done: FullReportDone) {
        let Some(journal) = self.journal() else {
            let found = self.memory_reports.lock().full(id);
            return done(Ok(found));
        };
        let done = |found| match found {
            Ok(Found::Report(report)) => done(Ok(report.map(|report| *report))),
            Ok(_) => done(Err(other_found())),
            Err(failure) => done(Err(failure)),
        };
        journal.read(Read::Report(id), Box::new(done));
    }

    /// Reads the audit log.
    pub(crate) fn audit(&self, read: AuditRead, done: AuditDone) {
        let Some(journal) = self.journal() else {
            let found = self.memory_audit.lock().list(&read);
            return done(Ok(found));
        };
        let done = |found| match found {
            Ok(Found::Audit(entries, more)) => done(Ok((entries, more))),
            Ok(_) => done(Err(other_found())),
            Err(failure) => done(Err(failure)),
        };
        journal.read(Read::Audit(read), Box::new(done));
    }

    /// The sanctions that hold now by the audit log alone, if there is no journal: as somebody would
    /// work them out who has nothing else. The kind, the room, the account or "guest" and the number of the
    /// user, and the end in milliseconds since 1970 (0: none).
    #[must_use]
    pub fn audited_sanctions(&self, unix_millis: u64) -> BTreeMap<[String; 3], u64> {
        let mut holding = BTreeMap::new();
        for entry in self.memory_audit.lock().entries() {
            let detail = |name: &str| {
                let found = entry.details.iter().find(|(of, _)| of == name);
                found.map(|(_, text)| text.clone()).unwrap_or_default()
            };
            let user = entry
                .user
                .as_ref()
                .map_or_else(String::new, |user| match &*user.account {
                    "" => format!("guest {}", user.id),
                    account => account.to_owned(),
                });
            let key = [detail("kind"), entry.room.to_string(), user];
            match entry.kind.as_str() {
                "imposed" => {
                    holding.insert(key, detail("until").parse().unwrap_or_default());
                }
                "lifted" => drop(holding.remove(&key)),
                _ => {}
            }
        }
        holding.retain(|_, until| *until == 0 || *until > unix_millis);
        holding
    }

    /// Tells a user that has just come what was decided about its reports. Returns the frames for
    /// the connection that has come.
    pub(crate) fn take_notices(&self, user: &User) -> Vec<bytes::Bytes> {
        let notices = self.notices.take(&user.snapshot());
        let frames = notices.iter().map(notice_frame).collect();
        self.note_told(notices);
        frames
    }

    /// Returns the subject of a report, some members of its room, and how many they are.
    fn subject(&self, about: About) -> Result<(Subject, Vec<EvidenceUser>, u64), ReportError> {
        let (room, line) = match about {
            About::Line { room, line } => (room, KeptLine::At(Epoch(line.epoch), Seq(line.seq))),
            About::Said {
                room,
                session,
                request,
            } => (room, KeptLine::Of(session, request)),
            About::Whisper { whisper, around } => {
                let found = whispered(&whisper, &around);
                return Ok((Subject::Found(Box::new(found)), Vec::new(), 0));
            }
            About::User(user) => {
                let found = FoundSubject {
                    place: Location::default(),
                    user,
                    evidence: Evidence::default(),
                };
                return Ok((Subject::Found(Box::new(found)), Vec::new(), 0));
            }
        };
        let state = self.directory.lock().get(&room);
        let members = state.as_ref().map(|state| state.some_members(MOST_MEMBERS));
        let (members, count) = members.unwrap_or_default();
        let subject = match state.filter(|state| !state.is_durable()) {
            // Its lines are in memory alone.
            Some(state) => {
                let found = state.evidence(line);
                Subject::Found(Box::new(found.ok_or(ReportError::NoSuchLine)?))
            }
            None if self.journal().is_some() => Subject::Kept { room, line },
            None => return Err(ReportError::NoSuchLine),
        };
        let members = members.into_iter().map(EvidenceUser::from).collect();
        Ok((subject, members, count as u64))
    }

    /// Does something with a report.
    fn carry_out(self: &Arc<Self>, work: ReportWork, done: ReportDone) {
        let is_new = matches!(work, ReportWork::New(_));
        let Some(journal) = self.journal() else {
            let carried_out = self.memory_reports.lock().carry_out(work, |_| None);
            let result = carried_out.map(|(report, act)| {
                self.note_act(&act);
                if is_new {
                    self.tell_game(|| came(&report));
                }
                self.tell_reporter(&report);
                report
            });
            return done(result);
        };
        let shared = Arc::clone(self);
        // In the same commit, so that a crash keeps both or none.
        let also = move |report: &Report| {
            let event = is_new.then(|| shared.event_row(|| came(report)));
            event.flatten().into_iter().collect()
        };
        let shared = Arc::clone(self);
        let done = move |result: Result<Report, ReportError>| {
            if let Ok(report) = &result {
                shared.tell_reporter(report);
            }
            done(result);
        };
        journal.append(Entry::Report(Box::new(ReportEntry {
            work,
            also: Box::new(also),
            done: Box::new(done),
        })));
    }

    /// Tells a reporter what was decided, if it is, or keeps it until one of its clients comes.
    fn tell_reporter(&self, report: &Report) {
        let Some(notice) = report.notice() else {
            return;
        };
        let reporter = notice.reporter.clone();
        // First, so that a client that comes meanwhile takes it.
        self.notices.add(notice);
        let user = self.users().of_snapshot(&reporter);
        let connections = user.map_or_else(Vec::new, |user| user.connections(None));
        if connections.is_empty() {
            return;
        }
        let notices = self.notices.take(&reporter);
        for notice in &notices {
            let frames = notice_frame(notice);
            for connection in &connections {
                (self.mailboxes()).deliver(connection.thread, connection.id, frames.clone());
            }
        }
        self.note_told(notices);
    }

    /// The reporters of these reports were told.
    fn note_told(&self, notices: Vec<DecisionNotice>) {
        if notices.is_empty() {
            return;
        }
        let records = Records::new(self.journal().cloned());
        let told = notices.into_iter().map(|one| Row::ReportTold(one.report));
        records.note(|| told.collect());
    }
}

/// The event that tells the game of a report that has come.
fn came(report: &Report) -> Event {
    Event {
        time: report.time,
        room: Arc::clone(&report.place.room),
        user: Some(report.user.clone()),
        kind: EventKind::Reported(report.id),
    }
}

fn notice_frame(notice: &DecisionNotice) -> bytes::Bytes {
    frame::packet(&Packet::from(PacketBody::ReportDecided(ReportDecided {
        id: notice.report,
        acted: notice.acted,
        words: notice.words.as_ref().into(),
    })))
}

/// The subject of a report of a whisper.
fn whispered(whisper: &WhisperLine, around: &[WhisperLine]) -> FoundSubject {
    FoundSubject {
        place: Location {
            whisper: whisper.time,
            ..Location::default()
        },
        user: UserSnapshot {
            id: crate::ids::UserId(whisper.sender),
            account: whisper.sender_user.as_str().into(),
            name: whisper.sender_name.as_str().into(),
        },
        evidence: Evidence::of_whisper(whisper, around),
    }
}

/// The failure if a journal finds something else than it was asked for.
fn other_found() -> Failure {
    Failure::Other("the journal has found something else".into())
}
