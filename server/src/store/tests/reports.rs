//! Reports, their evidence and the audit log on the disk.

mod forgotten;
mod tampering;

use std::sync::Arc;

use guildhall_protocol::Reason;

use super::*;
use crate::ids::{RequestId, SessionId, UserId};
use crate::journal::audit::{AuditEntry, AuditRead};
use crate::journal::reports::evidence::{EvidenceLine, EvidenceUser};
use crate::journal::reports::{
    FullReport, KeptLine, MOST_OWN, NewReport, Report, ReportDecision, ReportEntry, ReportError,
    ReportFilter, ReportState, ReportWork, ReportsRead, Subject, server,
};
use crate::moderation::{Act, ActKind, Actor, UserSnapshot};
use crate::store::{StoredUser, erase_user, export_user, verify};

pub(super) fn user(id: u64) -> UserSnapshot {
    UserSnapshot {
        id: UserId(id),
        account: "".into(),
        name: format!("Guest {id}").into(),
    }
}

/// Does something with a report, and waits for it.
fn work(store: &Store, work: ReportWork) -> Result<Report, ReportError> {
    let (done, result) = mpsc::channel();
    store.append(Entry::Report(Box::new(ReportEntry {
        work,
        also: Box::new(|_| Vec::new()),
        done: Box::new(move |report| done.send(report).unwrap()),
    })));
    result.recv().unwrap()
}

/// A report of a user about a line of the room.
fn new(by: u64, seq: u64) -> NewReport {
    NewReport {
        time: START + 100,
        reporter: user(by),
        subject: Subject::Kept {
            room: "hall".into(),
            line: KeptLine::At(Epoch(5), Seq(seq)),
        },
        reason: Reason::Harassment,
        note: "he does it each day".into(),
        members: vec![EvidenceUser {
            id: by,
            account: String::new(),
            name: "Guest".into(),
        }],
        member_count: 12,
    }
}

fn report(store: &Store, by: u64, seq: u64) -> Result<Report, ReportError> {
    work(store, ReportWork::New(Box::new(new(by, seq))))
}

fn decision(acted: bool) -> ReportDecision {
    ReportDecision {
        by: Actor::User(user(90)),
        time: START + 300,
        acted,
        words: "thank you".into(),
        sanction: 4,
    }
}

fn decide(store: &Store, report: u64) -> Result<Report, ReportError> {
    let decision = decision(true);
    work(store, ReportWork::Decide { report, decision })
}

fn full(store: &Store, id: u64) -> Option<FullReport> {
    match read(store, Read::Report(id)).unwrap() {
        Found::Report(report) => report.map(|report| *report),
        other => panic!("{other:?}"),
    }
}

fn list(store: &Store, filter: ReportFilter, behind: u64, most: usize) -> (Vec<u64>, bool) {
    list_about(store, None, filter, behind, most)
}

fn list_about(
    store: &Store,
    about: Option<UserSnapshot>,
    filter: ReportFilter,
    behind: u64,
    most: usize,
) -> (Vec<u64>, bool) {
    let read_reports = ReportsRead {
        filter,
        about,
        behind,
        most,
    };
    match read(store, Read::Reports(read_reports)).unwrap() {
        Found::Reports(reports, more) => (reports.iter().map(|one| one.id).collect(), more),
        other => panic!("{other:?}"),
    }
}

fn audit(store: &Store) -> Vec<AuditEntry> {
    let read_audit = AuditRead {
        behind: 0,
        newest_first: false,
        user: None,
        most: 100,
    };
    match read(store, Read::Audit(read_audit)).unwrap() {
        Found::Audit(entries, _) => entries,
        other => panic!("{other:?}"),
    }
}

fn kinds(store: &Store) -> Vec<String> {
    audit(store).into_iter().map(|entry| entry.kind).collect()
}

fn texts(lines: &[EvidenceLine]) -> Vec<&str> {
    lines.iter().map(|line| &*line.text).collect()
}

/// A store with a room of 20 lines of the user 7: the first has the nonce 1 and the text "1".
pub(super) struct Talk {
    pub(super) folder: TestFolder,
    pub(super) store: Arc<Store>,
    pub(super) hall: Arc<TestRoom>,
}

impl Talk {
    pub(super) fn new() -> Self {
        let folder = TestFolder::new();
        let store = folder.open();
        let hall = TestRoom::new("hall", 5);
        for nonce in 1..=20 {
            hall.said(&store, line("hall", nonce, &nonce.to_string()));
        }
        Self {
            folder,
            store,
            hall,
        }
    }

    /// The problems that a verification finds.
    pub(super) fn problems(&self) -> Vec<String> {
        verify(self.folder.path(), &[]).unwrap().problems
    }

    /// Opens the store again, and returns what it knows.
    fn restart(&mut self) -> Known {
        // Something in its place, so that it is closed before.
        let other = TestFolder::new();
        self.store = other.open();
        let (store, known) = self.folder.open_with(&options());
        self.store = store;
        known
    }
}

#[test]
fn the_evidence_has_all_versions_the_lines_around_and_who_was_there() {
    let talk = Talk::new();
    for (nonce, text) in [(21, "twelf"), (22, "twelve")] {
        talk.hall
            .said(&talk.store, change(nonce, 12, ChangeKind::Edited, text));
    }
    talk.hall
        .said(&talk.store, change(23, 12, ChangeKind::Removed, ""));
    let report = report(&talk.store, 3, 12).unwrap();
    assert_eq!((report.id, &report.state), (1, &ReportState::Open));
    assert_eq!((report.user.id, &*report.user.name), (UserId(7), "Mira"));
    assert_eq!((&*report.place.room, report.place.seq), ("hall", Seq(12)));
    let FullReport {
        report: read,
        evidence,
    } = full(&talk.store, 1).unwrap();
    assert_eq!(read, report);
    let message = evidence.message.unwrap();
    assert_eq!((&*message.text, message.removed), ("", true));
    let versions: Vec<_> = evidence.versions.iter().map(|one| &*one.text).collect();
    assert_eq!(versions, ["12", "twelf", "twelve"]);
    assert_eq!(evidence.versions[0].until, START + 21);
    let before: Vec<_> = (2..=11).map(|seq: u64| seq.to_string()).collect();
    assert_eq!(texts(&evidence.before), before);
    assert_eq!(texts(&evidence.after), ["13", "14", "15", "16", "17"]);
    assert_eq!((evidence.member_count, evidence.members.len()), (12, 1));
    assert!(talk.problems().is_empty(), "{:?}", talk.problems());
}

#[test]
fn a_report_of_an_edit_is_one_of_the_line_and_comes_once() {
    let talk = Talk::new();
    talk.hall
        .said(&talk.store, change(21, 20, ChangeKind::Edited, "twenty"));
    assert_eq!(report(&talk.store, 3, 21).unwrap().place.seq, Seq(20));
    assert_eq!(report(&talk.store, 3, 20), Err(ReportError::Already));
    assert_eq!(report(&talk.store, 4, 20).unwrap().id, 2);
    assert_eq!(report(&talk.store, 3, 99), Err(ReportError::NoSuchLine));
    assert_eq!(report(&talk.store, 7, 20), Err(ReportError::Own));
    decide(&talk.store, 1).unwrap();
    assert_eq!(report(&talk.store, 3, 20), Err(ReportError::Already));
    assert_eq!(kinds(&talk.store).len(), 3, "what is refused is no act");
}

#[test]
fn evidence_stays_when_its_lines_are_gone() {
    let talk = Talk::new();
    report(&talk.store, 3, 12).unwrap();
    let before = full(&talk.store, 1).unwrap();
    let shell = talk.folder.shell();
    shell
        .execute_batch("DELETE FROM line; DELETE FROM version;")
        .unwrap();
    assert_eq!(full(&talk.store, 1).unwrap(), before);
    assert!(talk.problems().is_empty(), "{:?}", talk.problems());
}

#[test]
fn a_report_is_claimed_by_one_moderator_given_back_and_decided_once() {
    let talk = Talk::new();
    report(&talk.store, 3, 12).unwrap();
    let (ann, bob) = (Actor::User(user(90)), Actor::User(user(91)));
    let claim = |by: &Actor| ReportWork::Claim {
        report: 1,
        by: by.clone(),
        time: START + 200,
    };
    let release = |by: &Actor| ReportWork::Release {
        report: 1,
        by: by.clone(),
        time: START + 250,
    };
    let claimed = work(&talk.store, claim(&ann)).unwrap();
    let state = ReportState::Claimed {
        by: ann.clone(),
        time: START + 200,
    };
    assert_eq!(claimed.state, state);
    assert_eq!(work(&talk.store, claim(&bob)), Err(ReportError::Claimed));
    assert_eq!(work(&talk.store, release(&bob)), Err(ReportError::Claimed));
    work(&talk.store, claim(&ann)).unwrap();
    work(&talk.store, release(&ann)).unwrap();
    work(&talk.store, claim(&bob)).unwrap();
    assert_eq!(decide(&talk.store, 1), Err(ReportError::Claimed));
    work(&talk.store, claim(&Actor::Game)).unwrap();
    assert_eq!(decide(&talk.store, 1), Err(ReportError::Claimed));
    work(&talk.store, release(&Actor::Game)).unwrap();
    let decided = decide(&talk.store, 1).unwrap();
    assert_eq!(decided.state, ReportState::Decided(decision(true)));
    assert_eq!(decide(&talk.store, 1), Err(ReportError::Decided));
    assert_eq!(work(&talk.store, claim(&ann)), Err(ReportError::Decided));
    assert_eq!(decide(&talk.store, 2), Err(ReportError::NoSuchReport));
    let last = audit(&talk.store).pop().unwrap();
    assert_eq!((&*last.kind, last.by), ("report_decided", ann));
    let details = [("report", "1"), ("acted", "true"), ("sanction", "4")];
    let details = details.map(|(name, value)| (name.to_owned(), value.to_owned()));
    assert_eq!(last.details[..3], details);
    assert!(talk.problems().is_empty(), "{:?}", talk.problems());
}

#[test]
fn reports_are_listed_by_their_state_from_page_to_page() {
    let talk = Talk::new();
    for seq in 1..=6 {
        report(&talk.store, 3, seq).unwrap();
    }
    for id in [2, 4, 5] {
        decide(&talk.store, id).unwrap();
    }
    let list = |filter, behind, most| list(&talk.store, filter, behind, most);
    assert_eq!(list(ReportFilter::Undecided, 0, 2), (vec![1, 3], true));
    assert_eq!(list(ReportFilter::Undecided, 3, 2), (vec![6], false));
    assert_eq!(list(ReportFilter::Decided, 0, 2), (vec![5, 4], true));
    assert_eq!(list(ReportFilter::Decided, 4, 2), (vec![2], false));
    assert_eq!(list(ReportFilter::Claimed, 0, 9), (vec![], false));
    assert_eq!(list(ReportFilter::All, 0, 9).0.len(), 6);
}

#[test]
fn reports_about_one_user_are_listed_with_the_newest_first() {
    let talk = Talk::new();
    // All lines are of one guest.
    let author = report(&talk.store, 81, 1).unwrap().user;
    for seq in 2..=3 {
        report(&talk.store, 81, seq).unwrap();
    }
    decide(&talk.store, 2).unwrap();
    let about = |about: UserSnapshot, filter, behind, most| {
        list_about(&talk.store, Some(about), filter, behind, most)
    };
    let all = ReportFilter::All;
    assert_eq!(about(author.clone(), all, 0, 2), (vec![3, 2], true));
    assert_eq!(about(author.clone(), all, 2, 2), (vec![1], false));
    assert_eq!(
        about(author, ReportFilter::Undecided, 0, 9),
        (vec![3, 1], false)
    );
    assert_eq!(about(user(81), all, 0, 9), (vec![], false));
    let account = UserSnapshot {
        account: "81".into(),
        ..user(0)
    };
    assert_eq!(about(account, all, 0, 9), (vec![], false));
}

#[test]
fn a_filter_reports_a_line_by_its_request() {
    let talk = Talk::new();
    let of = |request| NewReport {
        reporter: server(),
        subject: Subject::Kept {
            room: "hall".into(),
            line: KeptLine::Of(SessionId(7), RequestId(request)),
        },
        ..new(3, 1)
    };
    let filed = work(&talk.store, ReportWork::New(Box::new(of(12)))).unwrap();
    assert_eq!((filed.place.seq, filed.user.id), (Seq(12), UserId(7)));
    let missing = work(&talk.store, ReportWork::New(Box::new(of(99))));
    assert_eq!(missing, Err(ReportError::NoSuchLine));
    assert_eq!(audit(&talk.store)[0].by, Actor::Server);
    decide(&talk.store, 1).unwrap();
    let Talk { folder, store, .. } = talk;
    drop(store);
    let (_store, known) = folder.open_with(&options());
    assert!(known.notices.is_empty(), "nobody is told");
}

#[test]
fn erasing_a_user_keeps_evidence_and_says_so_and_an_export_names_no_reporter() {
    let talk = Talk::new();
    report(&talk.store, 3, 12).unwrap();
    decide(&talk.store, 1).unwrap();
    let before = full(&talk.store, 1).unwrap();
    let Talk { folder, store, .. } = talk;
    drop(store);
    let export = |user| {
        let mut out = Vec::new();
        export_user(folder.path(), user, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    };
    let own = export(StoredUser::Guest(3));
    assert!(own.contains("\"kind\":\"report\"") && own.contains("he does it each day"));
    let of_other = export(StoredUser::Guest(7));
    assert!(of_other.contains("\"kind\":\"reported\"") && !of_other.contains("Guest 3"));
    let erased = erase_user(folder.path(), StoredUser::Guest(7)).unwrap();
    assert_eq!((erased.lines, erased.reports), (20, 1));
    let store = folder.open();
    assert_eq!(full(&store, 1).unwrap(), before);
    drop(store);
    assert!(verify(folder.path(), &[]).unwrap().problems.is_empty());
}

#[test]
fn the_undecided_reports_of_one_user_are_bounded() {
    let talk = Talk::new();
    for nonce in 21..=60 {
        talk.hall.said(&talk.store, line("hall", nonce, "more"));
    }
    for seq in 1..=MOST_OWN as u64 {
        report(&talk.store, 3, seq).unwrap();
    }
    let seq = MOST_OWN as u64 + 1;
    assert_eq!(report(&talk.store, 3, seq), Err(ReportError::TooManyOwn));
    assert!(report(&talk.store, 4, seq).is_ok());
    decide(&talk.store, 1).unwrap();
    assert!(report(&talk.store, 3, seq).is_ok());
}

#[test]
fn a_restart_keeps_reports_numbers_and_the_decisions_that_reporters_do_not_know() {
    let mut talk = Talk::new();
    report(&talk.store, 3, 12).unwrap();
    report(&talk.store, 4, 12).unwrap();
    decide(&talk.store, 1).unwrap();
    decide(&talk.store, 2).unwrap();
    put(&talk.store, vec![Row::ReportTold(2)]).unwrap();
    let known = talk.restart();
    let notices: Vec<_> = known.notices.iter().map(|one| one.report).collect();
    assert_eq!(notices, [1]);
    assert_eq!(&*known.notices[0].words, "thank you");
    assert_eq!(report(&talk.store, 5, 12).unwrap().id, 3);
    let ids: Vec<_> = audit(&talk.store).iter().map(|entry| entry.id).collect();
    assert_eq!(ids, [1, 2, 3, 4, 5]);
    assert!(talk.problems().is_empty(), "{:?}", talk.problems());
}

#[test]
fn a_full_disk_refuses_reports_and_loses_no_act() {
    let folder = TestFolder::new();
    let small = StoreOptions {
        max_pages: Some(64),
        ..options()
    };
    let (store, _) = folder.open_with(&small);
    let hall = TestRoom::new("hall", 5);
    hall.said(&store, line("hall", 1, "the line"));
    let mut nonce = 1;
    let full = loop {
        nonce += 1;
        let said = hall.say(&store, line("hall", nonce, &"x".repeat(4_000)));
        if let Decision::Failed(failure) = said {
            break failure;
        }
    };
    assert_eq!(full, Failure::Full);
    let mut refused = report(&store, 3, 1);
    // One that still fits into a page does not fill the disk.
    for by in 4..40 {
        if refused.is_err() {
            break;
        }
        refused = report(&store, by, 1);
    }
    assert_eq!(refused, Err(ReportError::Failed(Failure::Full)));
    let kept = kinds(&store).len();
    let act = Act {
        time: START,
        by: Actor::Game,
        kind: ActKind::Imposed,
        user: Some(user(7)),
        room: "hall".into(),
        details: vec![("note", "x".repeat(1_000)); 8],
    };
    store.append(Entry::Record(Record {
        rows: Box::new(move || vec![Row::Act(Box::new(act))]),
        done: None,
    }));
    let fails = put(&store, vec![Row::NextId(2)]);
    drop(store);
    assert_eq!(fails, Err(Failure::Full));
    let store = folder.open();
    // Work that waited at the end of the server is lost; work that was told as kept is not.
    assert_eq!(kinds(&store).len(), kept);
    assert!(verify(folder.path(), &[]).unwrap().problems.is_empty());
}
