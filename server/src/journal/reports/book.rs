//! Reports in memory: those of a server without a journal, and of a journal for tests. Bounded.
//! No lock: whoever has it puts one around it.

use std::collections::BTreeMap;

use crate::moderation::{Act, UserSnapshot};

use super::{
    FoundSubject, FullReport, Location, MOST_READ, NewReport, Report, ReportError, ReportState,
    ReportWork, ReportsRead, Subject, is_guest, most_of, most_of_guests,
};

/// The most reports that are kept.
const MOST: usize = 1_000;

/// The most bytes of evidence that are kept.
const MOST_BYTES: usize = 16 * 1024 * 1024;

/// The reports.
#[derive(Debug, Default)]
pub(crate) struct ReportBook {
    reports: BTreeMap<u64, FullReport>,
    /// The number of the newest report.
    last: u64,
    /// How many bytes of evidence are kept.
    bytes: usize,
}

impl ReportBook {
    /// Does something with a report. `find` finds the evidence about a line that a journal keeps.
    /// Returns the report as it is then, and what the audit log says of it.
    ///
    /// # Errors
    ///
    /// Why nothing is done.
    pub(crate) fn carry_out(
        &mut self,
        work: ReportWork,
        find: impl FnOnce(&Subject) -> Option<FoundSubject>,
    ) -> Result<(Report, Act), ReportError> {
        let report = match &work {
            ReportWork::Claim { report, .. }
            | ReportWork::Release { report, .. }
            | ReportWork::Decide { report, .. } => *report,
            ReportWork::New(_) => 0,
        };
        if let ReportWork::New(new) = work {
            let report = self.file(*new, find)?;
            let act = report.filed();
            return Ok((report, act));
        }
        let full = self.reports.get_mut(&report);
        let report = &mut full.ok_or(ReportError::NoSuchReport)?.report;
        report.state = report.state.after(&work)?;
        Ok((report.clone(), report.act(&work)))
    }

    fn file(
        &mut self,
        new: NewReport,
        find: impl FnOnce(&Subject) -> Option<FoundSubject>,
    ) -> Result<Report, ReportError> {
        let found = match new.subject {
            Subject::Found(found) => *found,
            kept @ Subject::Kept { .. } => find(&kept).ok_or(ReportError::NoSuchLine)?,
        };
        let FoundSubject {
            place,
            user,
            mut evidence,
        } = found;
        self.check(&new.reporter, &place, &user)?;
        evidence.members = new.members;
        evidence.member_count = new.member_count;
        self.make_room(evidence.size())?;
        self.last += 1;
        self.bytes += evidence.size();
        let report = Report {
            id: self.last,
            time: new.time,
            reporter: new.reporter,
            user,
            place,
            reason: new.reason,
            note: new.note,
            state: ReportState::Open,
        };
        let full = FullReport {
            report: report.clone(),
            evidence,
        };
        self.reports.insert(self.last, full);
        Ok(report)
    }

    /// Whether this user may report this.
    fn check(
        &self,
        reporter: &UserSnapshot,
        place: &Location,
        user: &UserSnapshot,
    ) -> Result<(), ReportError> {
        if reporter.is_same_user(user) {
            return Err(ReportError::Own);
        }
        let mut reports = self.reports.values().map(|full| &full.report);
        if reports.any(|one| one.is_repeated_by(reporter, place, user)) {
            return Err(ReportError::Already);
        }
        let undecided = self.reports.values().filter(|full| {
            let report = &full.report;
            !is_decided(report) && report.reporter.is_same_user(reporter)
        });
        if undecided.count() >= most_of(reporter, MOST) {
            return Err(ReportError::TooManyOwn);
        }
        if is_guest(reporter) {
            let of_guests = self.reports.values().filter(|full| {
                let report = &full.report;
                !is_decided(report) && is_guest(&report.reporter)
            });
            if of_guests.count() >= most_of_guests(MOST) {
                return Err(ReportError::TooMany);
            }
        }
        Ok(())
    }

    /// Forgets decided reports, the oldest first, until there is a place for this much more.
    fn make_room(&mut self, bytes: usize) -> Result<(), ReportError> {
        while self.reports.len() >= MOST || self.bytes + bytes > MOST_BYTES {
            let mut reports = self.reports.values();
            let decided = reports.find(|full| is_decided(&full.report));
            let id = decided.ok_or(ReportError::TooMany)?.report.id;
            if let Some(full) = self.reports.remove(&id) {
                self.bytes -= full.evidence.size();
            }
        }
        Ok(())
    }

    /// The reports that a read is for, and whether there are more.
    pub(crate) fn list(&self, read: &ReportsRead) -> (Vec<Report>, bool) {
        let most = read.most.clamp(1, MOST_READ);
        let (from, to) = ReportState::numbers(read.filter);
        let belongs = |full: &&FullReport| {
            let Report { state, user, .. } = &full.report;
            (from..=to).contains(&state.number()) && read.is_for(user)
        };
        let report = |full: &FullReport| full.report.clone();
        let mut found: Vec<_> = if read.is_newest_first() {
            let end = if read.behind == 0 {
                u64::MAX
            } else {
                read.behind
            };
            let reports = self.reports.range(..end).rev().map(|(_, full)| full);
            reports.filter(belongs).take(most + 1).map(report).collect()
        } else {
            let reports = self.reports.range(read.behind + 1..);
            let reports = reports.map(|(_, full)| full).filter(belongs);
            reports.take(most + 1).map(report).collect()
        };
        let more = found.len() > most;
        found.truncate(most);
        (found, more)
    }

    /// A report with its evidence.
    pub(crate) fn full(&self, id: u64) -> Option<FullReport> {
        self.reports.get(&id).cloned()
    }
}

fn is_decided(report: &Report) -> bool {
    matches!(report.state, ReportState::Decided(_))
}

#[cfg(test)]
mod tests {
    use guildhall_protocol::Reason;

    use super::*;
    use crate::ids::UserId;
    use crate::journal::reports::evidence::Evidence;
    use crate::journal::reports::server;

    fn user(id: u64, account: &str) -> UserSnapshot {
        UserSnapshot {
            id: UserId(id),
            account: account.into(),
            name: "".into(),
        }
    }

    /// Reports the user with this number.
    fn file(book: &mut ReportBook, reporter: UserSnapshot, about: u64) -> Result<u64, ReportError> {
        let subject = FoundSubject {
            place: Location::default(),
            user: user(about, ""),
            evidence: Evidence::default(),
        };
        let new = NewReport {
            time: 7,
            reporter,
            subject: Subject::Found(Box::new(subject)),
            reason: Reason::Other,
            note: "".into(),
            members: Vec::new(),
            member_count: 0,
        };
        let filed = book.carry_out(ReportWork::New(Box::new(new)), |_| None);
        filed.map(|(report, _)| report.id)
    }

    #[test]
    fn guests_and_filters_leave_places_to_users_with_an_account() {
        let mut book = ReportBook::default();
        for about in 1..=250 {
            file(&mut book, server(), about).unwrap();
        }
        let refused = file(&mut book, server(), 251).unwrap_err();
        assert_eq!(refused, ReportError::TooManyOwn);
        for guest in 1..=500 {
            file(&mut book, user(guest, ""), 9_999).unwrap();
        }
        let refused = file(&mut book, user(501, ""), 9_999).unwrap_err();
        assert_eq!(refused, ReportError::TooMany);
        for id in 1..=250 {
            file(&mut book, user(id, &format!("account-{id}")), 9_999).unwrap();
        }
        let refused = file(&mut book, user(251, "account-251"), 9_999).unwrap_err();
        assert_eq!(refused, ReportError::TooMany);
    }
}
