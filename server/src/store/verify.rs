//! Verifies that evidence and audit log are as they were kept: each entry and each report against
//! its link, each link against the one before it, and the reports against the audit log.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fmt::Write as _;
use std::path::Path;

use rusqlite::Connection;

use super::chain::{self, Chain, Hash, link};
use super::error::StoreError;
use super::records::audit::{self, KeptEntry};
use super::records::reports::{self, KeptReport};
use super::{folder, open};
use crate::journal::audit::AuditEntry;
use crate::journal::reports::ReportState;
use crate::moderation::ActKind;

/// The most problems that are told.
const MOST: usize = 100;

/// The result of a verification.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Verified {
    /// How many reports are kept with their evidence.
    pub reports: u64,
    /// How many entries the audit log has.
    pub acts: u64,
    /// The newest link of each chain. Whoever calculates a whole chain anew changes it.
    pub heads: Vec<Head>,
    /// The things that are not as they were kept, a sentence each.
    pub problems: Vec<String>,
}

/// A link of a chain, to be kept in another place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    /// The chain: `audit`, or `room:` and the room's name.
    pub chain: String,
    /// The number of the link.
    pub number: u64,
    /// Its hash, in hexadecimal digits.
    pub hash: String,
}

/// Verifies the store in `folder`, also while a server has it. `earlier` are heads of before, which
/// the chains have to have still.
///
/// # Errors
///
/// If there is no store, or it cannot be opened.
pub fn verify(folder: &Path, earlier: &[Head]) -> Result<Verified, StoreError> {
    let connection = open::beside(folder)?;
    let file = folder::database(folder);
    let of = |error| StoreError::of(&file, &error);
    // One look at the database, whatever is committed meanwhile.
    let transaction = connection.unchecked_transaction().map_err(of)?;
    let verified = all(&transaction, earlier).map_err(of);
    match verified {
        // Too damaged to be read to the end.
        Err(StoreError::Damaged { problem, .. }) => Ok(Verified {
            problems: vec![format!("The file is damaged: {problem}.")],
            ..Verified::default()
        }),
        verified => verified,
    }
}

/// Adds the problems of evidence and audit log to those of a check.
pub(super) fn problems(connection: &Connection) -> rusqlite::Result<Vec<String>> {
    Ok(all(connection, &[])?.problems)
}

fn all(connection: &Connection, earlier: &[Head]) -> rusqlite::Result<Verified> {
    let mut verifier = Verifier::default();
    verifier.audit(connection)?;
    verifier.rooms(connection)?;
    verifier.reports(connection)?;
    verifier.earlier(earlier);
    Ok(verifier.verified)
}

#[derive(Default)]
struct Verifier {
    verified: Verified,
    /// The hashes of all links, by the chain and the number.
    links: BTreeMap<(String, u64), Hash>,
    /// The first link of each chain that is kept, and the hash in front of it.
    firsts: HashMap<String, (u64, Hash)>,
    /// The audit log's account of each report.
    noted: HashMap<u64, Noted>,
    /// Whether the audit log has all that was ever noted.
    is_whole: bool,
    /// The links of evidence: the report, its room and number, and whether it is forgotten.
    evidence: HashMap<u64, Evidence>,
}

/// The audit log's account of a report.
#[derive(Default)]
struct Noted {
    came: bool,
    forgotten: bool,
    /// The entry of the last act.
    last: Option<AuditEntry>,
}

struct Evidence {
    room: String,
    number: u64,
    content: Hash,
    forgotten: bool,
}

impl Verifier {
    fn problem(&mut self, problem: String) {
        if self.verified.problems.len() < MOST {
            self.verified.problems.push(problem);
        }
    }

    /// Verifies the links of a chain: their numbers, their hashes and both ends.
    fn chain(
        &mut self,
        name: &str,
        what: &str,
        ends: &Chain,
        links: impl Iterator<Item = (u64, Hash, Hash)>,
    ) {
        let mut next = ends.first;
        let mut before = Some(ends.before);
        for (number, content, hash) in links {
            if number != next {
                self.missing(what, next, number.saturating_sub(1));
                // Only the next one can be compared.
                before = None;
            }
            if before.is_some_and(|before| link(&before, number, &content) != hash) {
                self.problem(format!(
                    "Number {number} of {what} was changed, or the one before it."
                ));
            }
            self.links.insert((name.to_owned(), number), hash);
            next = number + 1;
            before = Some(hash);
        }
        if next <= ends.last {
            self.missing(what, next, ends.last);
        } else if next > ends.last + 1 {
            self.problem(format!(
                "{what} has more than it should: it ends with number {}, and not with {}.",
                ends.last,
                next - 1
            ));
        } else if before.is_some_and(|before| before != ends.head) {
            self.problem(format!("The end of {what} was changed."));
        }
        self.firsts
            .insert(name.to_owned(), (ends.first, ends.before));
        self.verified.heads.push(Head {
            chain: name.to_owned(),
            number: ends.last,
            hash: hex(&ends.head),
        });
    }

    fn missing(&mut self, what: &str, first: u64, last: u64) {
        let numbers = match last.saturating_sub(first) {
            0 => format!("Number {first} of {what} is"),
            _ => format!("Numbers {first} to {last} of {what} are"),
        };
        self.problem(format!("{numbers} missing."));
    }

    fn audit(&mut self, connection: &Connection) -> rusqlite::Result<()> {
        let sql = format!("SELECT {} FROM audit ORDER BY id", audit::COLUMNS);
        let mut entries = connection.prepare(&sql)?;
        let entries = entries.query_map([], audit::from_row)?;
        let ends = Chain::get(connection, chain::AUDIT)?;
        self.is_whole = ends.first == 1;
        let mut links = Vec::new();
        for kept in entries {
            let kept = kept?;
            self.note(&kept);
            links.push((kept.entry.id, kept.content, kept.hash));
        }
        self.verified.acts = links.len() as u64;
        self.chain(chain::AUDIT, "the audit log", &ends, links.into_iter());
        Ok(())
    }

    fn note(&mut self, kept: &KeptEntry) {
        let entry = &kept.entry;
        let of_reports = [
            ActKind::Reported,
            ActKind::ReportClaimed,
            ActKind::ReportReleased,
            ActKind::ReportDecided,
            ActKind::EvidenceForgotten,
        ];
        if !of_reports.iter().any(|kind| kind.name() == entry.kind) {
            return;
        }
        let Some(report) = detail(entry, "report").and_then(|id| id.parse().ok()) else {
            return;
        };
        let noted = self.noted.entry(report).or_default();
        if entry.kind == ActKind::Reported.name() {
            noted.came = true;
        } else if entry.kind == ActKind::EvidenceForgotten.name() {
            noted.forgotten = true;
        } else {
            noted.last = Some(entry.clone());
        }
    }

    fn rooms(&mut self, connection: &Connection) -> rusqlite::Result<()> {
        let mut links = connection.prepare(
            "SELECT room, number, report, content, hash, forgotten FROM evidence
             ORDER BY room, number",
        )?;
        let mut rows = links.query([])?;
        let mut by_room = BTreeMap::<String, Vec<(u64, Hash, Hash)>>::new();
        while let Some(row) = rows.next()? {
            let evidence = Evidence {
                room: row.get(0)?,
                number: row.get(1)?,
                content: row.get(3)?,
                forgotten: row.get::<_, u64>(5)? != 0,
            };
            let room = by_room.entry(evidence.room.clone()).or_default();
            room.push((evidence.number, evidence.content, row.get(4)?));
            self.evidence.insert(row.get(2)?, evidence);
        }
        let mut chains = connection.prepare("SELECT name FROM chain WHERE name LIKE 'room:%'")?;
        let names = chains.query_map([], |row| row.get::<_, String>(0))?;
        for name in names {
            let room = name?.split_off("room:".len());
            by_room.entry(room).or_default();
        }
        for (room, links) in by_room {
            let name = chain::of_room(&room);
            let what = match &*room {
                "" => "the evidence that is of no room".to_owned(),
                room => format!("the evidence of the room {room:?}"),
            };
            let ends = Chain::get(connection, &name)?;
            self.chain(&name, &what, &ends, links.into_iter());
        }
        Ok(())
    }

    /// Verifies the reports against their links, and against the audit log.
    fn reports(&mut self, connection: &Connection) -> rusqlite::Result<()> {
        let mut kept = Vec::new();
        reports::each(connection, |report| kept.push(report))?;
        self.verified.reports = kept.len() as u64;
        let ids: HashSet<u64> = kept.iter().map(|report| report.id).collect();
        for report in &kept {
            self.report(report);
        }
        let mut gone: Vec<u64> = (self.evidence.iter())
            .filter(|(id, evidence)| !evidence.forgotten && !ids.contains(id))
            .map(|(id, _)| *id)
            .collect();
        let lost = self.noted.iter();
        let lost = lost.filter(|(id, noted)| noted.came && !noted.forgotten && !ids.contains(id));
        gone.extend(lost.map(|(id, _)| *id));
        gone.sort_unstable();
        gone.dedup();
        for id in gone {
            self.problem(format!("The report {id} is missing, with its evidence."));
        }
        Ok(())
    }

    fn report(&mut self, report: &KeptReport) {
        let id = report.id;
        let evidence = self.evidence.get(&id);
        let is_as_kept = evidence.is_some_and(|evidence| {
            evidence.room == report.room
                && evidence.number == report.link
                && evidence.content == report.content
                && !evidence.forgotten
        });
        if !is_as_kept {
            self.problem(format!(
                "The report {id} is not as it came: its evidence was changed."
            ));
        }
        let noted = self.noted.get(&id);
        let is_known = !self.is_whole || noted.is_some_and(|noted| noted.came);
        let is_expected = match noted.and_then(|noted| noted.last.as_ref()) {
            Some(last) => is_noted(&report.state, last),
            None => report.state == ReportState::Open || !self.is_whole,
        };
        if !is_expected {
            self.problem(format!(
                "What was decided about the report {id} is not what the audit log says."
            ));
        }
        if !is_known {
            self.problem(format!("The audit log does not know of the report {id}."));
        }
    }

    /// Verifies that the chains still have the links of before.
    fn earlier(&mut self, earlier: &[Head]) {
        for head in earlier {
            let key = (head.chain.clone(), head.number);
            let found = match (self.links.get(&key), self.firsts.get(&head.chain)) {
                (Some(hash), _) => Some(*hash),
                (None, Some((first, before))) if head.number + 1 == *first => Some(*before),
                // Forgotten since, so that nobody knows.
                (None, Some((first, _))) if head.number < *first => continue,
                _ => None,
            };
            if found.is_none_or(|hash| hex(&hash) != head.hash) {
                self.problem(format!(
                    "The chain {:?} was calculated anew: its number {} had another hash.",
                    head.chain, head.number
                ));
            }
        }
    }
}

/// Whether this entry says what has become of a report.
fn is_noted(state: &ReportState, entry: &AuditEntry) -> bool {
    let kind = match state {
        ReportState::Open => ActKind::ReportReleased,
        ReportState::Claimed { .. } => ActKind::ReportClaimed,
        ReportState::Decided(_) => ActKind::ReportDecided,
    };
    if kind.name() != entry.kind {
        return false;
    }
    match state {
        ReportState::Open => true,
        ReportState::Claimed { by, time } => (by, *time) == (&entry.by, entry.time),
        ReportState::Decided(decision) => {
            let words = detail(entry, "words").unwrap_or_default();
            let sanction = detail(entry, "sanction").unwrap_or("0");
            (&decision.by, decision.time) == (&entry.by, entry.time)
                && detail(entry, "acted") == Some(if decision.acted { "true" } else { "false" })
                && *decision.sanction.to_string() == *sanction
                && decision.words.starts_with(words)
                && words.is_empty() == decision.words.is_empty()
        }
    }
}

/// A detail of an entry.
fn detail<'a>(entry: &'a AuditEntry, name: &str) -> Option<&'a str> {
    let mut details = entry.details.iter();
    details.find_map(|(key, value)| (key == name).then_some(&**value))
}

fn hex(hash: &Hash) -> String {
    hash.iter().fold(String::new(), |mut text, byte| {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}
