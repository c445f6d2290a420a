//! The whole check of a store: what a server does not look at when it starts.

use std::path::Path;

use rusqlite::Connection;

use super::error::StoreError;
use super::rooms::{RoomId, seq_of_line};
use super::{folder, open, verify};

/// The most problems of one kind that are told.
const MOST: usize = 20;

/// The result of a check.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Checked {
    /// How many rooms there are.
    pub rooms: u64,
    /// How many lines there are, changes included.
    pub lines: u64,
    /// The faults, a sentence each. None: the store is in order.
    pub problems: Vec<String>,
}

/// Reads all of the store in `folder`, also while a server has it.
///
/// # Errors
///
/// If there is no store, or it cannot be opened.
pub fn check(folder: &Path) -> Result<Checked, StoreError> {
    let file = folder::database(folder);
    let all = |connection| check_all(&connection).map_err(|error| StoreError::of(&file, &error));
    let checked = open::beside(folder).and_then(all);
    match checked {
        // Too damaged to be read to the end.
        Err(StoreError::Damaged { problem, .. }) => Ok(Checked {
            problems: vec![format!("The file is damaged: {problem}.")],
            ..Checked::default()
        }),
        checked => checked,
    }
}

fn check_all(connection: &Connection) -> rusqlite::Result<Checked> {
    let transaction = connection.unchecked_transaction()?;
    let mut checked = Checked::default();
    integrity(&transaction, &mut checked)?;
    numbers(&transaction, &mut checked)?;
    references(&transaction, &mut checked)?;
    checked.problems.extend(verify::problems(&transaction)?);
    Ok(checked)
}

/// Adds the faults that SQLite itself finds: pages, order, indexes, types.
fn integrity(connection: &Connection, checked: &mut Checked) -> rusqlite::Result<()> {
    let mut integrity = connection.prepare("PRAGMA integrity_check(20)")?;
    let mut rows = integrity.query([])?;
    while let Some(row) = rows.next()? {
        let found: String = row.get(0)?;
        if found != "ok" {
            checked
                .problems
                .push(format!("The file is damaged: {found}."));
        }
    }
    Ok(())
}

/// Each room's numbers: without a hole from the first that is not forgotten.
fn numbers(connection: &Connection, checked: &mut Checked) -> rusqlite::Result<()> {
    checked.rooms = connection.query_row("SELECT count(*) FROM room", [], |row| row.get(0))?;
    let mut rooms = connection.prepare(
        "SELECT found.room, name, forgotten, lines, first, last
         FROM (SELECT id >> 40 AS room, count(*) AS lines, min(id) AS first, max(id) AS last
               FROM line GROUP BY id >> 40) AS found
         LEFT JOIN room ON room.id = found.room",
    )?;
    let mut rows = rooms.query([])?;
    let mut told = 0;
    while let Some(row) = rows.next()? {
        let room = RoomId(row.get(0)?);
        let name: Option<String> = row.get(1)?;
        let lines: u64 = row.get(3)?;
        let (first, last) = (seq_of_line(row.get(4)?).0, seq_of_line(row.get(5)?).0);
        checked.lines += lines;
        let problem = match (name, row.get::<_, Option<u64>>(2)?) {
            (Some(name), Some(forgotten)) => {
                let expected = last.checked_sub(forgotten);
                (first != forgotten + 1 || expected != Some(lines)).then(|| {
                    format!(
                        "The room `{name}` has {lines} lines from {first} to {last}, and has \
                         forgotten {forgotten}: some are missing."
                    )
                })
            }
            _ => Some(format!(
                "{lines} lines belong to no room: it would be {}.",
                room.0
            )),
        };
        if let Some(problem) = problem
            && told < MOST
        {
            told += 1;
            checked.problems.push(problem);
        }
    }
    Ok(())
}

/// Rows that belong to others.
fn references(connection: &Connection, checked: &mut Checked) -> rusqlite::Result<()> {
    for (what, sql) in [
        (
            "old texts belong to no line",
            "SELECT count(*) FROM version WHERE line NOT IN (SELECT id FROM line)",
        ),
        (
            "reactions belong to no line",
            "SELECT count(*) FROM reaction WHERE line NOT IN (SELECT id FROM line)",
        ),
        (
            "lines are removed and have a text",
            "SELECT count(*) FROM line WHERE removed AND text <> ''",
        ),
        (
            "changes are about a later line, or one of another room",
            "SELECT count(*) FROM line WHERE target > 0
             AND (target >= id OR target >> 40 <> id >> 40)",
        ),
        (
            "whispers belong to no session",
            "SELECT count(*) FROM whisper WHERE session NOT IN (SELECT id FROM session)",
        ),
        (
            "sessions belong to no user",
            "SELECT count(*) FROM session WHERE user NOT IN (SELECT id FROM person)",
        ),
    ] {
        let count: u64 = connection.query_row(sql, [], |row| row.get(0))?;
        if count > 0 {
            checked.problems.push(format!("{count} {what}."));
        }
    }
    Ok(())
}
