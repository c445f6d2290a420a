//! Reports as rows. The thread that writes carries out what is done with them, each time with its
//! entry of the audit log; readers list them. A report's evidence is a link of the chain of its
//! room, and triggers of the schema refuse to change it.

mod forget;

use std::sync::Arc;

use guildhall_protocol::Reason;
use rusqlite::{Connection, OptionalExtension as _, Row, params};

use crate::ids::{Epoch, Seq};
use crate::journal::Row as JournalRow;
use crate::journal::reports::evidence::Evidence;
use crate::journal::reports::{
    DecisionNotice, FoundSubject, FullReport, Location, MOST_READ, MOST_UNDECIDED, NewReport,
    Report, ReportDecision, ReportError, ReportRows, ReportState, ReportWork, ReportsRead, Subject,
    is_guest, most_of, most_of_guests,
};
use crate::moderation::{Actor, UserSnapshot};
use crate::store::chain::{self, Chain, Content, Hash};
use crate::store::error::failure;
use crate::store::meta;

use super::audit::{self, actor, actor_parts, user};
use super::evidence::find;

pub(crate) use self::forget::forget;

/// The key in `meta` of the number of the newest report.
const LAST_REPORT: &str = "last_report";

/// The columns of a report, in the order of [`from_row`].
const COLUMNS: &str = "id, time, room, epoch, seq, whisper, reporter, reporter_account, \
                       reporter_name, user, account, name, reason, note, state, actor, actor_id, \
                       actor_account, actor_name, changed, acted, words, sanction";

/// Does something with a report, within a transaction.
///
/// # Errors
///
/// The outer error takes the transaction back. With the inner one, nothing has changed.
pub(crate) fn carry_out(
    connection: &Connection,
    work: ReportWork,
    also: ReportRows,
) -> rusqlite::Result<Result<Report, ReportError>> {
    let id = match &work {
        ReportWork::Claim { report, .. }
        | ReportWork::Release { report, .. }
        | ReportWork::Decide { report, .. } => *report,
        ReportWork::New(_) => 0,
    };
    if let ReportWork::New(new) = work {
        let filed = file(connection, *new)?;
        if let Ok(report) = &filed {
            audit::put(connection, &report.filed())?;
            put_also(connection, also(report))?;
        }
        return Ok(filed);
    }
    let Some(mut report) = get(connection, id)? else {
        return Ok(Err(ReportError::NoSuchReport));
    };
    match report.state.after(&work) {
        Ok(state) => report.state = state,
        Err(error) => return Ok(Err(error)),
    }
    put_state(connection, &report)?;
    audit::put(connection, &report.act(&work))?;
    put_also(connection, also(&report))?;
    Ok(Ok(report))
}

fn put_also(connection: &Connection, rows: Vec<JournalRow>) -> rusqlite::Result<()> {
    rows.iter().try_for_each(|row| super::put(connection, row))
}

/// The result of [`carry_out`] for whoever waits, and the error of the transaction if there is one.
pub(crate) fn told(
    result: rusqlite::Result<Result<Report, ReportError>>,
) -> (Result<Report, ReportError>, rusqlite::Result<()>) {
    match result {
        Ok(result) => (result, Ok(())),
        Err(error) => (Err(ReportError::Failed(failure(&error))), Err(error)),
    }
}

/// Files a report that comes, with its evidence.
fn file(connection: &Connection, new: NewReport) -> rusqlite::Result<Result<Report, ReportError>> {
    let found = match new.subject {
        Subject::Found(found) => Some(*found),
        Subject::Kept { room, line } => find(connection, &room, line)?,
    };
    let Some(FoundSubject {
        place,
        user,
        mut evidence,
    }) = found
    else {
        return Ok(Err(ReportError::NoSuchLine));
    };
    if let Err(error) = check(connection, &new.reporter, &place, &user)? {
        return Ok(Err(error));
    }
    evidence.members = new.members;
    evidence.member_count = new.member_count;
    let last: u64 = meta::get(connection, LAST_REPORT)?.unwrap_or(0);
    let report = Report {
        id: last + 1,
        time: new.time,
        reporter: new.reporter,
        user,
        place,
        reason: new.reason,
        note: new.note,
        state: ReportState::Open,
    };
    insert(connection, &report, &evidence)?;
    connection
        .prepare_cached(
            "INSERT INTO meta (key, value) VALUES (?1, ?2)
             ON CONFLICT (key) DO UPDATE SET value = max(value, excluded.value)",
        )?
        .execute(params![LAST_REPORT, report.id])?;
    Ok(Ok(report))
}

/// Whether this user may report this.
fn check(
    connection: &Connection,
    reporter: &UserSnapshot,
    place: &Location,
    user: &UserSnapshot,
) -> rusqlite::Result<Result<(), ReportError>> {
    if reporter.is_same_user(user) {
        return Ok(Err(ReportError::Own));
    }
    let sql = format!(
        "SELECT {COLUMNS} FROM report
         WHERE room = ?1 AND epoch = ?2 AND seq = ?3 AND whisper = ?4
           AND reporter_account = ?5 AND (?5 <> '' OR reporter = ?6)"
    );
    let mut same = connection.prepare_cached(&sql)?;
    let same = same.query_map(
        params![
            place.room,
            place.epoch.0,
            place.seq.0,
            place.whisper,
            reporter.account,
            reporter.id.0
        ],
        from_row,
    )?;
    for one in same {
        if one?.is_repeated_by(reporter, place, user) {
            return Ok(Err(ReportError::Already));
        }
    }
    let own: u64 = connection
        .prepare_cached(
            "SELECT count(*) FROM report
             WHERE state < 2 AND reporter_account = ?1 AND (?1 <> '' OR reporter = ?2)",
        )?
        .query_row(params![reporter.account, reporter.id.0], |row| row.get(0))?;
    if own >= most_of(reporter, MOST_UNDECIDED) as u64 {
        return Ok(Err(ReportError::TooManyOwn));
    }
    if is_guest(reporter) {
        let of_guests: u64 = connection
            .prepare_cached(
                "SELECT count(*) FROM report
                 WHERE state < 2 AND reporter_account = '' AND reporter > 0",
            )?
            .query_row([], |row| row.get(0))?;
        if of_guests >= most_of_guests(MOST_UNDECIDED) as u64 {
            return Ok(Err(ReportError::TooMany));
        }
    }
    let all: u64 = connection
        .prepare_cached("SELECT count(*) FROM report WHERE state < 2")?
        .query_row([], |row| row.get(0))?;
    if all >= MOST_UNDECIDED as u64 {
        return Ok(Err(ReportError::TooMany));
    }
    Ok(Ok(()))
}

/// Inserts a report, and the link of its evidence.
fn insert(connection: &Connection, report: &Report, evidence: &Evidence) -> rusqlite::Result<()> {
    let evidence = serde_json::to_string(evidence).expect("evidence is always JSON");
    let name = chain::of_room(&report.place.room);
    let mut chain = Chain::get(connection, &name)?;
    let content = content(report, &evidence);
    chain.append(&content);
    let Report {
        id,
        time,
        reporter,
        user,
        place,
        reason,
        note,
        ..
    } = report;
    connection
        .prepare_cached(
            "INSERT INTO report (id, time, room, epoch, seq, whisper, reporter, reporter_account,
                                 reporter_name, user, account, name, reason, note, evidence, link)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16)",
        )?
        .execute(params![
            id,
            time,
            place.room,
            place.epoch.0,
            place.seq.0,
            place.whisper,
            reporter.id.0,
            reporter.account,
            reporter.name,
            user.id.0,
            user.account,
            user.name,
            i32::from(*reason),
            note,
            evidence,
            chain.last,
        ])?;
    connection
        .prepare_cached(
            "INSERT INTO evidence (room, number, report, content, hash)
             VALUES (?1, ?2, ?3, ?4, ?5)",
        )?
        .execute(params![place.room, chain.last, id, content, chain.head])?;
    chain.put(connection, &name)
}

/// The hash of what never changes about a report.
pub(crate) fn content(report: &Report, evidence: &str) -> Hash {
    let Report {
        id,
        time,
        reporter,
        user,
        place,
        reason,
        note,
        state: _,
    } = report;
    let mut content = Content::new()
        .number(*id)
        .number(*time)
        .text(&place.room)
        .number(place.epoch.0.into())
        .number(place.seq.0)
        .number(place.whisper);
    for user in [reporter, user] {
        content = (content.number(user.id.0))
            .text(&user.account)
            .text(&user.name);
    }
    content
        .text(reason.as_str_name())
        .text(note)
        .text(evidence)
        .finish()
}

/// Keeps what has become of a report.
fn put_state(connection: &Connection, report: &Report) -> rusqlite::Result<()> {
    let nothing = (None, 0, false, "", 0);
    let (by, time, acted, words, sanction) = match &report.state {
        ReportState::Open => nothing,
        ReportState::Claimed { by, time } => (Some(by), *time, false, "", 0),
        ReportState::Decided(decision) => (
            Some(&decision.by),
            decision.time,
            decision.acted,
            &*decision.words,
            decision.sanction,
        ),
    };
    let (kind, user) = by.map_or(("", None), actor_parts);
    connection
        .prepare_cached(
            "UPDATE report SET state = ?2, actor = ?3, actor_id = ?4, actor_account = ?5,
                               actor_name = ?6, changed = ?7, acted = ?8, words = ?9,
                               sanction = ?10, told = 0
             WHERE id = ?1",
        )?
        .execute(params![
            report.id,
            report.state.number(),
            kind,
            user.map_or(0, |user| user.id.0),
            user.map_or("", |user| &user.account),
            user.map_or("", |user| &user.name),
            time,
            acted,
            words,
            sanction,
        ])?;
    Ok(())
}

/// The reporter was told what was decided.
pub(crate) fn put_told(connection: &Connection, report: u64) -> rusqlite::Result<()> {
    connection
        .prepare_cached("UPDATE report SET told = 1 WHERE id = ?1")?
        .execute([report])?;
    Ok(())
}

/// The decisions of which reporters are not told.
pub(crate) fn notices(connection: &Connection) -> rusqlite::Result<Vec<DecisionNotice>> {
    let sql = format!("SELECT {COLUMNS} FROM report WHERE state = 2 AND told = 0 ORDER BY id");
    let mut decided = connection.prepare(&sql)?;
    let decided = decided.query_map([], from_row)?;
    let notices = decided.filter_map(|report| report.map(|report| report.notice()).transpose());
    notices.collect()
}

/// A report, without its evidence.
fn get(connection: &Connection, id: u64) -> rusqlite::Result<Option<Report>> {
    connection
        .prepare_cached(&format!("SELECT {COLUMNS} FROM report WHERE id = ?1"))?
        .query_row([id], from_row)
        .optional()
}

/// A report with its evidence.
pub(crate) fn full(connection: &Connection, id: u64) -> rusqlite::Result<Option<FullReport>> {
    let Some(report) = get(connection, id)? else {
        return Ok(None);
    };
    let evidence: String = connection
        .prepare_cached("SELECT evidence FROM report WHERE id = ?1")?
        .query_row([id], |row| row.get(0))?;
    Ok(Some(FullReport {
        report,
        // Evidence that cannot be read shows as none here, and as changed evidence to `verify`.
        evidence: serde_json::from_str(&evidence).unwrap_or_default(),
    }))
}

/// The reports that a read is for, and whether there are more.
pub(crate) fn list(
    connection: &Connection,
    read: &ReportsRead,
) -> rusqlite::Result<(Vec<Report>, bool)> {
    let most = read.most.clamp(1, MOST_READ);
    let (from, to) = ReportState::numbers(read.filter);
    let (is_any, id, account) = match &read.about {
        None => (true, 0, ""),
        Some(user) => (false, user.id.0, &*user.account),
    };
    let (range, order) = if read.is_newest_first() {
        ("(?1 = 0 OR id < ?1)", "DESC")
    } else {
        ("id > ?1", "ASC")
    };
    let sql = format!(
        "SELECT {COLUMNS} FROM report WHERE {range} AND state BETWEEN ?2 AND ?3
           AND (?5 OR iif(?7 <> '', account = ?7, user = ?6))
         ORDER BY id {order} LIMIT ?4"
    );
    let mut reports = connection.prepare_cached(&sql)?;
    let reports = reports.query_map(
        params![read.behind, from, to, most as u64 + 1, is_any, id, account],
        from_row,
    )?;
    let mut reports = reports.collect::<rusqlite::Result<Vec<_>>>()?;
    let more = reports.len() > most;
    reports.truncate(most);
    Ok((reports, more))
}

/// Reads a report from [`COLUMNS`].
fn from_row(row: &Row<'_>) -> rusqlite::Result<Report> {
    let kind: String = row.get(15)?;
    let by: Actor = actor(&kind, user(row, 16)?);
    let time = row.get(19)?;
    Ok(Report {
        id: row.get(0)?,
        time: row.get(1)?,
        place: Location {
            room: row.get(2)?,
            epoch: Epoch(row.get(3)?),
            seq: Seq(row.get(4)?),
            whisper: row.get(5)?,
        },
        reporter: user(row, 6)?,
        user: user(row, 9)?,
        reason: Reason::try_from(row.get::<_, i32>(12)?).unwrap_or_default(),
        note: row.get::<_, Arc<str>>(13)?,
        state: match row.get(14)? {
            0 => ReportState::Open,
            1 => ReportState::Claimed { by, time },
            _ => ReportState::Decided(ReportDecision {
                by,
                time,
                acted: row.get(20)?,
                words: row.get(21)?,
                sanction: row.get(22)?,
            }),
        },
    })
}

/// A report as it is kept: the hash of what it says, and its place in the chain of its room.
pub(crate) struct KeptReport {
    pub(crate) id: u64,
    pub(crate) state: ReportState,
    pub(crate) room: String,
    pub(crate) link: u64,
    pub(crate) content: Hash,
}

/// Calls `each` with each report, in the order of their numbers.
pub(crate) fn each(
    connection: &Connection,
    mut each: impl FnMut(KeptReport),
) -> rusqlite::Result<()> {
    let sql = format!("SELECT {COLUMNS}, evidence, link FROM report ORDER BY id");
    let mut reports = connection.prepare(&sql)?;
    let mut rows = reports.query([])?;
    while let Some(row) = rows.next()? {
        let report = from_row(row)?;
        let evidence: String = row.get(23)?;
        each(KeptReport {
            id: report.id,
            room: report.place.room.to_string(),
            link: row.get(24)?,
            content: content(&report, &evidence),
            state: report.state,
        });
    }
    Ok(())
}
