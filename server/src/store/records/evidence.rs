//! Looks up the evidence about a line: the line with its versions, and the lines around it.

use std::sync::Arc;

use guildhall_protocol::Line;
use rusqlite::{Connection, OptionalExtension as _, params};

use crate::ids::{RequestId, Seq, SessionId};
use crate::journal::reports::evidence::{
    AFTER, BEFORE, EvidenceVersion, FoundLines, LOOKED_THROUGH, MOST_VERSIONS, changed_by,
};
use crate::journal::reports::{FoundSubject, KeptLine, Location};
use crate::store::lines::{self, Source, select};
use crate::store::rooms::{self, Room};

/// Finds a line of a room. `None`: there is none, or nobody has said it.
pub(crate) fn find(
    connection: &Connection,
    name: &Arc<str>,
    line: KeptLine,
) -> rusqlite::Result<Option<FoundSubject>> {
    let Some(room) = rooms::find(connection, name)? else {
        return Ok(None);
    };
    let seq = match line {
        KeptLine::At(epoch, seq) => (epoch == room.epoch).then_some(seq),
        KeptLine::Of(session, request) => said(connection, room, session, request)?,
    };
    let Some(seq) = seq else {
        return Ok(None);
    };
    let source = Source::new(name, room);
    let line = |seq: Seq| {
        if seq < room.oldest() || seq > room.newest() {
            return Ok(None);
        }
        lines::find(connection, source, seq)
    };
    let Some(mut found) = line(seq)? else {
        return Ok(None);
    };
    if let Some(target) = changed_by(&found) {
        match line(Seq(target))? {
            Some(target) => found = target,
            None => return Ok(None),
        }
    }
    let seq = Seq(found.seq);
    let found = FoundLines {
        versions: versions(connection, room, seq)?,
        around: around(connection, source, room, seq)?,
        line: found,
    };
    Ok(found.user().map(|user| FoundSubject {
        place: Location {
            room: Arc::clone(name),
            epoch: room.epoch,
            seq,
            whisper: 0,
        },
        user,
        evidence: found.into_evidence(),
    }))
}

/// The number of the line that a session has said by a request.
fn said(
    connection: &Connection,
    room: Room,
    session: SessionId,
    request: RequestId,
) -> rusqlite::Result<Option<Seq>> {
    let id: Option<i64> = connection
        .prepare_cached("SELECT id FROM line WHERE session = ?1 AND nonce = ?2 AND nonce > 0")?
        .query_row([session.0, request.0], |row| row.get(0))
        .optional()?;
    let seq = id.map(rooms::seq_of_line);
    Ok(seq.filter(|seq| id == Some(room.id.line(*seq))))
}

/// The texts that a line had before, the oldest first: the first, and the newest.
fn versions(
    connection: &Connection,
    room: Room,
    seq: Seq,
) -> rusqlite::Result<Vec<EvidenceVersion>> {
    let mut versions = connection.prepare_cached(
        "SELECT text, ifnull((SELECT time FROM line WHERE id = change), 0) FROM version
         WHERE line = ?1
           AND (change = (SELECT min(change) FROM version WHERE line = ?1)
                OR change IN (SELECT change FROM version WHERE line = ?1
                              ORDER BY change DESC LIMIT ?2))
         ORDER BY change",
    )?;
    let versions = versions.query_map(params![room.id.line(seq), MOST_VERSIONS], |row| {
        Ok(EvidenceVersion {
            text: row.get(0)?,
            until: row.get(1)?,
        })
    })?;
    versions.collect()
}

/// The lines around a line that were said, in their order.
fn around(
    connection: &Connection,
    source: Source<'_>,
    room: Room,
    seq: Seq,
) -> rusqlite::Result<Vec<Line>> {
    let first = Seq((seq.0.saturating_sub(LOOKED_THROUGH)).max(room.oldest().0));
    let last = Seq((seq.0 + LOOKED_THROUGH).min(room.newest().0));
    let mut before = connection.prepare_cached(select!(
        "id >= ?1 AND id < ?2 AND target = 0 ORDER BY id DESC LIMIT ?3"
    ))?;
    let before = before.query_map(
        params![room.id.line(first), room.id.line(seq), BEFORE],
        |row| lines::from_row(row, source),
    )?;
    let mut around: Vec<_> = before.collect::<rusqlite::Result<_>>()?;
    around.reverse();
    let mut after = connection.prepare_cached(select!(
        "id > ?1 AND id <= ?2 AND target = 0 ORDER BY id LIMIT ?3"
    ))?;
    let after = after.query_map(
        params![room.id.line(seq), room.id.line(last), AFTER],
        |row| lines::from_row(row, source),
    )?;
    for line in after {
        around.push(line?);
    }
    for line in &mut around {
        lines::complete(connection, room.id, std::slice::from_mut(line))?;
    }
    Ok(around)
}
