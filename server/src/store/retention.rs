//! Forgets the lines that the rules of rooms do not keep any longer: in small pieces, between
//! commits, on the thread that writes. A room forgets its oldest lines; the numbers of the others
//! stay.

mod evidence;

use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use rusqlite::{Connection, OptionalExtension as _, TransactionBehavior, params};

use crate::events::FeedTerms;
use crate::ids::Seq;
use crate::policy::{Keep, Rules};
use crate::sync::lock::Lock;

use super::records::events;
use super::rooms::{Room, RoomId, Rooms, find};

pub(crate) use self::evidence::EvidenceRetention;

/// How often all rooms are looked at.
const EVERY: Duration = Duration::from_mins(1);

/// The most lines that one piece forgets.
const LINES: u64 = 256;

/// The most rooms that one piece looks at.
const ROOMS: usize = 64;

/// After how many commits a piece is done though more waits to be committed.
const COMMITS: usize = 8;

/// The rules as they are now. Whoever has new ones puts them here.
pub(crate) type CurrentRules = Lock<Arc<Rules>>;

/// Forgets lines, and knows how far that is.
#[derive(Debug)]
pub(crate) struct Retention {
    rules: Arc<CurrentRules>,
    /// The terms of the feed of events, if there is one.
    feed: Arc<OnceLock<FeedTerms>>,
    /// Whether there may be events to forget now.
    has_old_events: bool,
    /// The last room that was looked at. `None`: no room has to be looked at now.
    behind: Option<RoomId>,
    /// When all rooms are looked at again.
    next: Instant,
    /// How many commits there were since the last piece.
    commits: usize,
}

impl Retention {
    pub(crate) fn new(rules: Arc<CurrentRules>, feed: Arc<OnceLock<FeedTerms>>) -> Self {
        Self {
            rules,
            feed,
            has_old_events: false,
            behind: None,
            next: Instant::now(),
            commits: 0,
        }
    }

    /// For how long there is nothing to do. `None`: until the rules change.
    pub(crate) fn idle(&self) -> Option<Duration> {
        let rules = self.rules.lock();
        let is_limited = rules.iter().any(|rule| limits(rule.keep));
        drop(rules);
        let is_limited = is_limited || self.feed.get().is_some();
        is_limited.then(|| match self.behind {
            Some(_) => Duration::ZERO,
            None if self.has_old_events => Duration::ZERO,
            None => self.next.saturating_duration_since(Instant::now()),
        })
    }

    /// The rules have changed.
    pub(crate) fn begin_again(&mut self) {
        self.behind = Some(RoomId(0));
        self.has_old_events = self.feed.get().is_some();
    }

    /// A commit has ended. Returns whether a piece is due, whatever waits.
    pub(crate) fn is_due_behind_commit(&mut self) -> bool {
        self.commits += 1;
        (self.behind.is_some() || self.has_old_events) && self.commits >= COMMITS
    }

    /// Does a piece of it, if it is time.
    pub(crate) fn piece(
        &mut self,
        connection: &mut Connection,
        rooms: &mut Rooms,
    ) -> rusqlite::Result<()> {
        self.commits = 0;
        let now = Instant::now();
        let behind = match self.behind {
            Some(behind) => behind,
            None if self.has_old_events => return self.forget_events(connection),
            None if now >= self.next => {
                forget_whispers(connection)?;
                self.has_old_events = self.feed.get().is_some();
                RoomId(0)
            }
            None => return Ok(()),
        };
        // An error ends the round, and the next one comes in its time.
        self.behind = None;
        self.next = now + EVERY;
        let rules = Arc::clone(&self.rules.lock());
        let names = names_behind(connection, behind)?;
        let is_last = names.len() < ROOMS;
        for (id, name) in names {
            let keep = rules.of(&name).keep;
            if limits(keep) && forget_some(connection, rooms, &name, keep)? {
                self.behind = Some(RoomId(id.0 - 1));
                return Ok(());
            }
            self.behind = Some(id);
        }
        if is_last {
            self.behind = None;
        }
        Ok(())
    }
}

impl Retention {
    /// Forgets a piece of the events that the feed does not keep any longer.
    fn forget_events(&mut self, connection: &Connection) -> rusqlite::Result<()> {
        // An error ends it, and it goes on with the next round.
        self.has_old_events = false;
        if let Some(feed) = self.feed.get() {
            let until = unix_millis_before(feed.keep);
            self.has_old_events = events::forget(connection, until, feed.most)?;
        }
        Ok(())
    }
}

/// The time this long ago, in milliseconds since 1970.
fn unix_millis_before(age: Duration) -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    let then = now.unwrap_or_default().saturating_sub(age).as_millis();
    u64::try_from(then).unwrap_or(u64::MAX)
}

/// Whether lines are forgotten at all. A room that keeps none is not durable now, and what it
/// has on the disk from an earlier time is left alone.
fn limits(keep: Keep) -> bool {
    if !keep.is_durable() {
        return false;
    }
    keep.lines.is_some() || keep.age.is_some()
}

fn names_behind(
    connection: &Connection,
    behind: RoomId,
) -> rusqlite::Result<Vec<(RoomId, Arc<str>)>> {
    let mut rooms = connection
        .prepare_cached("SELECT id, name FROM room WHERE id > ?1 ORDER BY id LIMIT ?2")?;
    let rooms = rooms.query_map(params![behind.0, ROOMS], |row| {
        Ok((RoomId(row.get(0)?), row.get(1)?))
    })?;
    rooms.collect()
}

/// Forgets as many lines of a room as a piece may. Returns whether there may be more.
fn forget_some(
    connection: &mut Connection,
    rooms: &mut Rooms,
    name: &Arc<str>,
    keep: Keep,
) -> rusqlite::Result<bool> {
    let Some(room) = find(connection, name)? else {
        return Ok(false);
    };
    let most = Seq((room.forgotten.0 + LINES).min(room.last.0));
    let by_number = keep.lines.map_or(Seq(0), |lines| {
        Seq(room.newest().0.saturating_sub(lines as u64)).min(most)
    });
    let by_age = match keep.age {
        Some(age) => last_older(connection, room, most, age)?,
        None => Seq(0),
    };
    let last = by_number.max(by_age);
    if last <= room.forgotten {
        return Ok(false);
    }
    forget(connection, room, last)?;
    rooms.forgotten(name, room.id, last);
    Ok(last == most && most < room.last)
}

/// The last line before the first one that is not too old, among those up to `most`.
fn last_older(
    connection: &Connection,
    room: Room,
    most: Seq,
    age: Duration,
) -> rusqlite::Result<Seq> {
    let oldest = unix_millis_before(age);
    let mut young = connection.prepare_cached(
        "SELECT id FROM line WHERE id BETWEEN ?1 AND ?2 AND time >= ?3 ORDER BY id LIMIT 1",
    )?;
    let range = (room.id.line(room.oldest()), room.id.line(most), oldest);
    let first = young.query_row(range, |row| row.get(0)).optional()?;
    Ok(first.map_or(most, |line| super::rooms::seq_of_line(line).previous()))
}

/// Forgets a room's lines up to a number, and what belongs to them. Sessions keep which requests
/// they have used.
fn forget(connection: &mut Connection, room: Room, last: Seq) -> rusqlite::Result<()> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let range = params![room.id.line(room.oldest()), room.id.line(last)];
    for sql in [
        "UPDATE session SET highest = max(highest, used.nonce)
         FROM (SELECT session, max(nonce) AS nonce FROM line
               WHERE id BETWEEN ?1 AND ?2 AND nonce > 0 GROUP BY session) AS used
         WHERE id = used.session",
        "DELETE FROM reaction WHERE line BETWEEN ?1 AND ?2",
        "DELETE FROM version WHERE line BETWEEN ?1 AND ?2",
        "DELETE FROM line WHERE id BETWEEN ?1 AND ?2",
    ] {
        transaction.prepare_cached(sql)?.execute(range)?;
    }
    transaction
        .prepare_cached("UPDATE room SET forgotten = ?2 WHERE id = ?1")?
        .execute(params![room.id.0, last.0])?;
    transaction.commit()
}

/// Forgets the whispers to sessions that are over.
fn forget_whispers(connection: &Connection) -> rusqlite::Result<()> {
    connection
        .prepare_cached("DELETE FROM whisper WHERE session NOT IN (SELECT id FROM session)")?
        .execute([])?;
    Ok(())
}
