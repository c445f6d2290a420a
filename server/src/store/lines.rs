//! Lines as rows. What others ask about a line is in columns, so that the shell `sqlite3` reads
//! it, too. A change is a row like a line, and what it has changed is overwritten.

use rusqlite::{Connection, OptionalExtension as _, Row, params};

use guildhall_protocol::{Change, ChangeKind, Line, Reaction};

use crate::ids::{Epoch, Seq};
use crate::journal::session_of;

use super::rooms::{Room, RoomId, seq_of_line};

/// The kind of a row: `line.kind`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Speech,
    Action,
    Edit,
    Removal,
    Reaction,
    TakenBack,
    Cleared,
    Purged,
}

impl Kind {
    const ALL: [Self; 8] = [
        Self::Speech,
        Self::Action,
        Self::Edit,
        Self::Removal,
        Self::Reaction,
        Self::TakenBack,
        Self::Cleared,
        Self::Purged,
    ];

    /// The kind of a line. `None`: it is a change that this program does not know.
    pub(crate) fn of(line: &Line) -> Option<Self> {
        match line.change.as_ref().map(Change::kind) {
            None if line.action => Some(Self::Action),
            None => Some(Self::Speech),
            Some(ChangeKind::Edited) => Some(Self::Edit),
            Some(ChangeKind::Removed) => Some(Self::Removal),
            Some(ChangeKind::Reacted) => Some(Self::Reaction),
            Some(ChangeKind::TookBack) => Some(Self::TakenBack),
            Some(ChangeKind::Cleared) => Some(Self::Cleared),
            Some(ChangeKind::Purged) => Some(Self::Purged),
            Some(ChangeKind::Unspecified) => None,
        }
    }

    fn change(self) -> ChangeKind {
        match self {
            Self::Speech | Self::Action => ChangeKind::Unspecified,
            Self::Edit => ChangeKind::Edited,
            Self::Removal => ChangeKind::Removed,
            Self::Reaction => ChangeKind::Reacted,
            Self::TakenBack => ChangeKind::TookBack,
            Self::Cleared => ChangeKind::Cleared,
            Self::Purged => ChangeKind::Purged,
        }
    }
}

/// Inserts a line with its number. Returns whether it is new: its session may have said it before,
/// with the same request.
pub(crate) fn insert(
    connection: &Connection,
    room: RoomId,
    kind: Kind,
    line: &Line,
) -> rusqlite::Result<bool> {
    let change = line.change.as_ref();
    let text = match change.and_then(|change| change.reaction.as_ref()) {
        Some(reaction) => &reaction.reaction,
        None => &line.text,
    };
    let target = change.map_or(0, |change| room.line(Seq(change.seq)));
    // Such a change replies to nothing: the column has the user that it is about.
    let reply_to = match change {
        Some(change) if kind == Kind::Purged => change.user,
        _ => line.reply_to,
    };
    let inserted = connection
        .prepare_cached(
            "INSERT INTO line (id, time, kind, sender, session, nonce, name, user, info, text,
                               reply_to, target, edited, removed)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)
             ON CONFLICT (session, nonce) WHERE nonce > 0 DO NOTHING",
        )?
        .execute(params![
            room.line(Seq(line.seq)),
            line.time,
            kind as u8,
            line.sender,
            session_of(line).0,
            line.nonce,
            line.name,
            line.user,
            line.info,
            text,
            reply_to,
            target,
            line.edited,
            line.removed,
        ])?;
    Ok(inserted == 1)
}

/// Whether the line's session has said it before, with the same request.
pub(crate) fn is_repeated(connection: &Connection, line: &Line) -> rusqlite::Result<bool> {
    if line.nonce == 0 {
        return Ok(false);
    }
    connection
        .prepare_cached("SELECT 1 FROM line WHERE session = ?1 AND nonce = ?2 AND nonce > 0")?
        .exists(params![session_of(line).0, line.nonce])
}

/// The room that the lines are from.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Source<'a> {
    pub(crate) room: RoomId,
    pub(crate) name: &'a str,
    pub(crate) epoch: Epoch,
}

impl<'a> Source<'a> {
    /// The room with this name.
    pub(crate) fn new(name: &'a str, room: Room) -> Self {
        Self {
            room: room.id,
            name,
            epoch: room.epoch,
        }
    }
}

/// The SQL that selects lines with the columns that [`from_row`] reads: those that fulfil this.
macro_rules! select {
    ($condition:literal) => {
        concat!(
            "SELECT id, time, kind, sender, session, nonce, name, user, info, text, reply_to,
                    target, edited, removed
             FROM line WHERE ",
            $condition
        )
    };
}
pub(crate) use select;

/// Makes a line of a row of [`select!`]. [`complete`] adds what is in other tables.
pub(crate) fn from_row(row: &Row<'_>, source: Source<'_>) -> rusqlite::Result<Line> {
    let kind = usize::from(row.get::<_, u8>(2)?);
    let kind = Kind::ALL.get(kind).copied().unwrap_or(Kind::Speech);
    let sender = row.get(3)?;
    // Of whoever is not known any more, only repeats of its requests are.
    let (session, nonce) = match sender {
        0 => (0, 0),
        _ => (row.get(4)?, row.get(5)?),
    };
    let target = row.get(11)?;
    let reply_to = row.get(10)?;
    let is_purge = kind == Kind::Purged;
    let mut text: String = row.get(9)?;
    let change = (target > 0).then(|| Change {
        seq: seq_of_line(target).0,
        kind: kind.change().into(),
        reaction: matches!(kind, Kind::Reaction | Kind::TakenBack).then(|| Reaction {
            reaction: std::mem::take(&mut text),
            count: 0,
        }),
        user: if is_purge { reply_to } else { 0 },
    });
    Ok(Line {
        room: source.name.to_owned(),
        epoch: source.epoch.0,
        seq: seq_of_line(row.get(0)?).0,
        time: row.get(1)?,
        sender,
        name: row.get(6)?,
        nonce,
        text,
        action: kind == Kind::Action,
        session: if session == sender { 0 } else { session },
        user: row.get(7)?,
        info: row.get(8)?,
        reply_to: if is_purge { 0 } else { reply_to },
        change,
        edited: row.get(12)?,
        removed: row.get(13)?,
        reactions: Vec::new(),
        hidden: false,
    })
}

/// Adds to lines, which are one behind the other, what holds now: their reactions, and what
/// their changes are about.
pub(crate) fn complete(
    connection: &Connection,
    room: RoomId,
    lines: &mut [Line],
) -> rusqlite::Result<()> {
    let (Some(first), Some(last)) = (lines.first(), lines.last()) else {
        return Ok(());
    };
    let base = first.seq;
    let range = [room.line(Seq(base)), room.line(Seq(last.seq))];
    let mut reactions = connection.prepare_cached(
        "SELECT line, reaction, count(*) FROM reaction WHERE line BETWEEN ?1 AND ?2
         GROUP BY line, reaction ORDER BY line, min(change)",
    )?;
    let mut rows = reactions.query(range)?;
    while let Some(row) = rows.next()? {
        let index = usize::try_from(seq_of_line(row.get(0)?).0 - base);
        if let Some(line) = index.ok().and_then(|index| lines.get_mut(index)) {
            line.reactions.push(Reaction {
                reaction: row.get(1)?,
                count: row.get(2)?,
            });
        }
    }
    for line in lines {
        complete_change(connection, room, line)?;
    }
    Ok(())
}

/// Says in a change what holds now.
fn complete_change(connection: &Connection, room: RoomId, line: &mut Line) -> rusqlite::Result<()> {
    let Some(change) = &mut line.change else {
        return Ok(());
    };
    let target = room.line(Seq(change.seq));
    if let Some(reaction) = &mut change.reaction {
        reaction.count = count(connection, target, &reaction.reaction)?;
    } else if change.kind() == ChangeKind::Edited && line.text.is_empty() {
        // Another change came behind this one.
        match newest_edit(connection, target)? {
            Some((_, text)) if !text.is_empty() => line.text = text,
            _ => change.set_kind(ChangeKind::Removed),
        }
    }
    Ok(())
}

/// How many users have a reaction to a line.
pub(crate) fn count(connection: &Connection, line: i64, reaction: &str) -> rusqlite::Result<u32> {
    connection
        .prepare_cached("SELECT count(*) FROM reaction WHERE line = ?1 AND reaction = ?2")?
        .query_row(params![line, reaction], |row| row.get(0))
}

/// The ID and the text of the newest edit of a line. Only the newest one has a text.
pub(crate) fn newest_edit(
    connection: &Connection,
    line: i64,
) -> rusqlite::Result<Option<(i64, String)>> {
    connection
        .prepare_cached(
            "SELECT id, text FROM line WHERE target = ?1 AND target > 0 AND kind = 2
             ORDER BY id DESC LIMIT 1",
        )?
        .query_row([line], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()
}

/// Finds the line with this number, with what holds now.
pub(crate) fn find(
    connection: &Connection,
    source: Source<'_>,
    seq: Seq,
) -> rusqlite::Result<Option<Line>> {
    let Some(mut line) = find_row(connection, source, source.room.line(seq))? else {
        return Ok(None);
    };
    complete(connection, source.room, std::slice::from_mut(&mut line))?;
    Ok(Some(line))
}

/// Finds the line with this ID, as its row has it: [`complete`] adds what is in other tables.
pub(crate) fn find_row(
    connection: &Connection,
    source: Source<'_>,
    id: i64,
) -> rusqlite::Result<Option<Line>> {
    connection
        .prepare_cached(select!("id = ?1"))?
        .query_row([id], |row| from_row(row, source))
        .optional()
}
