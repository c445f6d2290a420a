//! The feed of events on the disk: its rows, the users that it has told to be in rooms, and how
//! far each webhook has come. The thread that writes numbers the events; those that read ask for
//! what is behind a number.

use std::sync::Arc;

use rusqlite::{Connection, OptionalExtension as _, Row, params};

use crate::events::{
    Event, EventKind, EventName, EventsRead, KeptEvents, KnownFeed, LeaveReason, NumberedEvent,
    PresentRow, WebhookRow,
};
use crate::ids::{Epoch, Seq, UserId};
use crate::moderation::UserSnapshot;
use crate::store::identity;
use crate::store::lines::{self, Source};
use crate::store::meta;
use crate::store::rooms;
use crate::store::stored_user::StoredUser;

/// The columns that say what an event is about.
#[derive(Debug, Default)]
struct About {
    epoch: Epoch,
    seq: Seq,
    line: Seq,
    reason: &'static str,
    subject: u64,
}

impl About {
    fn of(kind: &EventKind) -> Self {
        let none = Self::default();
        match *kind {
            EventKind::UserSeen | EventKind::Joined | EventKind::RoomEmpty => none,
            EventKind::Left(reason) => Self {
                reason: reason.as_str(),
                ..none
            },
            EventKind::Said { epoch, seq } => Self { epoch, seq, ..none },
            EventKind::Purged {
                epoch,
                seq,
                line,
                user,
            } => Self {
                epoch,
                seq,
                line,
                subject: user.0,
                ..none
            },
            EventKind::Edited { epoch, seq, line }
            | EventKind::Removed { epoch, seq, line }
            | EventKind::Cleared { epoch, seq, line } => Self {
                epoch,
                seq,
                line,
                ..none
            },
            EventKind::Reported(subject)
            | EventKind::Sanctioned(subject)
            | EventKind::Missed(subject) => Self { subject, ..none },
        }
    }
}

/// Appends an event. Its number is the next one: that of the newest event is never forgotten.
pub(crate) fn put(connection: &Connection, event: &Event) -> rusqlite::Result<()> {
    let about = About::of(&event.kind);
    let user = event.user.as_ref();
    connection
        .prepare_cached(
            "INSERT INTO event (time, kind, room, user, account, name,
                                epoch, seq, line, reason, subject)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
        )?
        .execute(params![
            event.time,
            event.kind.name().as_str(),
            event.room,
            user.map_or(0, |user| user.id.0),
            user.map_or("", |user| &user.account),
            user.map_or("", |user| &user.name),
            about.epoch.0,
            about.seq.0,
            about.line.0,
            about.reason,
            about.subject,
        ])?;
    Ok(())
}

/// The number of the newest event; 0: there is none.
pub(crate) fn newest(connection: &Connection) -> rusqlite::Result<u64> {
    connection
        .prepare_cached("SELECT ifnull(max(number), 0) FROM event")?
        .query_row([], |row| row.get(0))
}

/// Finds events.
pub(crate) fn kept(connection: &Connection, read: EventsRead) -> rusqlite::Result<KeptEvents> {
    let mut events = connection.prepare_cached(
        "SELECT number, time, kind, room, user, account, name, epoch, seq, line, reason, subject
         FROM event WHERE number > ?1 ORDER BY number LIMIT ?2",
    )?;
    // A reader may ask for any number.
    let after = read.after.min(i64::MAX.cast_unsigned());
    let events = events.query_map(params![after, read.most], numbered)?;
    let mut events: Vec<NumberedEvent> = events.collect::<Result<_, _>>()?;
    for event in &mut events {
        event.text = text(connection, &event.event)?;
    }
    Ok(KeptEvents {
        newest: newest(connection)?,
        events,
    })
}

fn numbered(row: &Row<'_>) -> rusqlite::Result<NumberedEvent> {
    let kind: Box<str> = row.get(2)?;
    let (epoch, seq, line) = (Epoch(row.get(7)?), Seq(row.get(8)?), Seq(row.get(9)?));
    let subject = row.get(11)?;
    let kind = match EventName::new(&kind) {
        Some(EventName::UserSeen) => EventKind::UserSeen,
        Some(EventName::Joined) => EventKind::Joined,
        Some(EventName::Left) => EventKind::Left(reason(&row.get::<_, Box<str>>(10)?)),
        Some(EventName::RoomEmpty) => EventKind::RoomEmpty,
        Some(EventName::Said) => EventKind::Said { epoch, seq },
        Some(EventName::Edited) => EventKind::Edited { epoch, seq, line },
        Some(EventName::Removed) => EventKind::Removed { epoch, seq, line },
        Some(EventName::Cleared) => EventKind::Cleared { epoch, seq, line },
        Some(EventName::Purged) => EventKind::Purged {
            epoch,
            seq,
            line,
            user: UserId(subject),
        },
        Some(EventName::Reported) => EventKind::Reported(subject),
        Some(EventName::Sanctioned) => EventKind::Sanctioned(subject),
        Some(EventName::Missed) | None => EventKind::Missed(subject),
    };
    let (id, name): (u64, Arc<str>) = (row.get(4)?, row.get(6)?);
    let is_about_user = id != 0 || !name.is_empty();
    Ok(NumberedEvent {
        number: row.get(0)?,
        event: Event {
            time: row.get(1)?,
            room: row.get(3)?,
            user: is_about_user
                .then(|| {
                    Ok::<_, rusqlite::Error>(UserSnapshot {
                        id: UserId(id),
                        account: row.get(5)?,
                        name,
                    })
                })
                .transpose()?,
            kind,
        },
        text: None,
    })
}

fn reason(text: &str) -> LeaveReason {
    let mut all = LeaveReason::ALL.into_iter();
    all.find(|reason| reason.as_str() == text)
        .unwrap_or(LeaveReason::Left)
}

/// The text of the line that was said or edited, as it is now.
fn text(connection: &Connection, event: &Event) -> rusqlite::Result<Option<String>> {
    let (epoch, seq) = match event.kind {
        EventKind::Said { epoch, seq } => (epoch, seq),
        EventKind::Edited { epoch, line, .. } => (epoch, line),
        _ => return Ok(None),
    };
    let Some(room) = rooms::find(connection, &event.room)? else {
        return Ok(None);
    };
    if room.epoch != epoch {
        return Ok(None);
    }
    let source = Source::new(&event.room, room);
    let line = lines::find_row(connection, source, room.id.line(seq))?;
    Ok(line.filter(|line| !line.removed).map(|line| line.text))
}

/// A user is in a room.
pub(crate) fn put_present(connection: &Connection, present: &PresentRow) -> rusqlite::Result<()> {
    connection
        .prepare_cached(
            "INSERT OR REPLACE INTO present (room, user, account, name) VALUES (?1, ?2, ?3, ?4)",
        )?
        .execute(params![
            present.room,
            present.user.id.0,
            present.user.account,
            present.user.name
        ])?;
    Ok(())
}

/// A user is not in a room any more.
pub(crate) fn remove_present(
    connection: &Connection,
    room: &str,
    user: UserId,
) -> rusqlite::Result<()> {
    connection
        .prepare_cached("DELETE FROM present WHERE room = ?1 AND user = ?2")?
        .execute(params![room, user.0])?;
    Ok(())
}

/// A webhook has come so far.
pub(crate) fn put_webhook(connection: &Connection, webhook: &WebhookRow) -> rusqlite::Result<()> {
    connection
        .prepare_cached(
            "INSERT OR REPLACE INTO webhook (url, acknowledged, sending, disabled)
             VALUES (?1, ?2, ?3, ?4)",
        )?
        .execute(params![
            webhook.url,
            webhook.acknowledged,
            webhook.sending,
            webhook.disabled
        ])?;
    Ok(())
}

/// There is no such webhook any more.
pub(crate) fn forget_webhook(connection: &Connection, url: &str) -> rusqlite::Result<()> {
    connection
        .prepare_cached("DELETE FROM webhook WHERE url = ?1")?
        .execute([url])?;
    Ok(())
}

/// Reads all that is known when the store is opened.
pub(crate) fn known(connection: &Connection) -> rusqlite::Result<KnownFeed> {
    Ok(KnownFeed {
        // A store that is being made has none yet, and no server.
        feed: meta::get::<Arc<str>>(connection, identity::ID)?.unwrap_or_default(),
        newest: newest(connection)?,
        present: present(connection)?,
        webhooks: webhooks(connection)?,
    })
}

fn present(connection: &Connection) -> rusqlite::Result<Vec<PresentRow>> {
    let mut present =
        connection.prepare("SELECT room, user, account, name FROM present ORDER BY room, user")?;
    let present = present.query_map([], |row| {
        Ok(PresentRow {
            room: row.get(0)?,
            user: UserSnapshot {
                id: UserId(row.get(1)?),
                account: row.get(2)?,
                name: row.get(3)?,
            },
        })
    })?;
    present.collect()
}

/// How far each webhook has come.
pub(crate) fn webhooks(connection: &Connection) -> rusqlite::Result<Vec<WebhookRow>> {
    let mut webhooks = connection
        .prepare("SELECT url, acknowledged, sending, disabled FROM webhook ORDER BY url")?;
    let webhooks = webhooks.query_map([], |row| {
        Ok(WebhookRow {
            url: row.get(0)?,
            acknowledged: row.get(1)?,
            sending: row.get(2)?,
            disabled: row.get(3)?,
        })
    })?;
    webhooks.collect()
}

/// Takes a user out of the feed. The events stay, with their numbers: of nobody. The users that
/// are erased are in the temporary table `own_user`.
pub(in crate::store) fn erase(
    connection: &Connection,
    user: StoredUser<'_>,
) -> rusqlite::Result<()> {
    connection.execute(
        "UPDATE event SET user = 0, account = '', name = ''
         WHERE account = ?1 AND (?1 <> '' OR user = ?2)",
        params![user.account(), user.guest()],
    )?;
    connection.execute(
        "UPDATE event SET subject = 0
         WHERE kind = 'purged' AND subject IN (SELECT id FROM own_user)",
        [],
    )?;
    connection.execute(
        "DELETE FROM present WHERE account = ?1 AND (?1 <> '' OR user = ?2)",
        params![user.account(), user.guest()],
    )?;
    Ok(())
}

/// The most events that one piece forgets.
const PIECE: u64 = 1_024;

/// Forgets the oldest events that were at this time or earlier, and those of more than `most`;
/// never the newest one, whose number the next one follows. It forgets a piece. Returns whether
/// there may be more.
pub(crate) fn forget(connection: &Connection, until: u64, most: u64) -> rusqlite::Result<bool> {
    let oldest: Option<u64> = connection
        .prepare_cached("SELECT min(number) FROM event")?
        .query_row([], |row| row.get(0))
        .optional()?
        .flatten();
    let Some(oldest) = oldest else {
        return Ok(false);
    };
    let newest = newest(connection)?;
    let until = until.min(i64::MAX.cast_unsigned());
    let piece = (oldest + PIECE).min(newest);
    // The clock may have gone back, so an old one may be behind a young one: it goes later.
    let young: Option<u64> = connection
        .prepare_cached(
            "SELECT number FROM event WHERE number BETWEEN ?1 AND ?2 AND time > ?3
             ORDER BY number LIMIT 1",
        )?
        .query_row(params![oldest, piece, until], |row| row.get(0))
        .optional()?;
    let by_age = young.unwrap_or(piece);
    let by_number = (newest + 1).saturating_sub(most.max(1)).min(piece);
    let end = by_age.max(by_number);
    connection
        .prepare_cached("DELETE FROM event WHERE number < ?1")?
        .execute([end])?;
    Ok(end == piece && piece < newest)
}
