//! The tables of a store, and how those of an older one become those of today. docs/store.md
//! describes each table. Whoever opens the database calls it.

use rusqlite::{Connection, TransactionBehavior};

/// Says in the file's header that it is a store of Guildhall: "GUIL".
pub(crate) const APPLICATION_ID: i32 = 0x4755_494c;

/// How many bits of a line's ID are its number in the room. Those above are the room.
pub(crate) const SEQ_BITS: u32 = 40;

/// The highest number that a room can have.
pub(crate) const MAX_ROOM: i64 = (1 << (63 - SEQ_BITS)) - 1;

/// The highest number that a line can have in its room.
pub(crate) const MAX_SEQ: u64 = (1 << SEQ_BITS) - 1;

/// Each leads from the version before it to the next one; the first makes an empty store. What
/// was released is never changed here: a store that is in use has been made by it.
const MIGRATIONS: &[&[&str]] = &[&[V1], V2];

/// The version that this program reads and writes.
pub(crate) const VERSION: i32 = 2;

const _: () = assert!(
    MIGRATIONS.len() == VERSION as usize,
    "each version has its migration"
);

/// Moderation. Each part has a name of its own below.
const V2: &[&str] = &[
    SANCTIONS,
    SWEEPS,
    ROOM_SETTINGS,
    REPORTS,
    BLOCKS,
    EVENTS,
    HELD,
];

/// Mutes, bans and kicks, and the roles that were given at run time.
const SANCTIONS: &str = "
    CREATE TABLE sanction (
        id INTEGER PRIMARY KEY,
        kind INTEGER NOT NULL CHECK (kind BETWEEN 1 AND 3),
        room TEXT NOT NULL,
        user INTEGER NOT NULL,
        account TEXT NOT NULL,
        name TEXT NOT NULL,
        addresses TEXT NOT NULL,
        since INTEGER NOT NULL,
        until INTEGER NOT NULL,
        reason INTEGER NOT NULL,
        rule TEXT NOT NULL,
        note TEXT NOT NULL,
        automated INTEGER NOT NULL,
        by_account TEXT NOT NULL,
        by_name TEXT NOT NULL,
        report INTEGER NOT NULL,
        ended INTEGER NOT NULL,
        ended_by_account TEXT NOT NULL,
        ended_by_name TEXT NOT NULL,
        ended_note TEXT NOT NULL
    ) STRICT;
    CREATE INDEX sanction_holds ON sanction (id) WHERE ended = 0;
    CREATE INDEX sanction_account ON sanction (account) WHERE account <> '';

    CREATE TABLE role (
        account TEXT NOT NULL,
        room TEXT NOT NULL,
        role INTEGER NOT NULL CHECK (role BETWEEN 1 AND 2),
        since INTEGER NOT NULL,
        by_account TEXT NOT NULL,
        by_name TEXT NOT NULL,
        PRIMARY KEY (account, room)
    ) STRICT, WITHOUT ROWID;
";

/// A line can be a change that removes many lines. SQLite has no statement for another CHECK; this
/// is its documented way to change one without writing the table anew, which may be large.
const SWEEPS: &str = "
    PRAGMA writable_schema = ON;
    UPDATE sqlite_schema SET sql = replace(sql, 'kind BETWEEN 0 AND 5', 'kind BETWEEN 0 AND 7')
    WHERE type = 'table' AND name = 'line';
    PRAGMA writable_schema = RESET;
";

/// The settings of rooms that were changed while the server runs.
const ROOM_SETTINGS: &str = "
    CREATE TABLE room_settings (
        room TEXT PRIMARY KEY,
        topic TEXT,
        slow_mode INTEGER,
        announce_only INTEGER,
        is_open INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
";

/// Reports with their evidence, the audit log, and the chains of hashes of both.
const REPORTS: &str = "
    CREATE TABLE chain (
        name TEXT PRIMARY KEY,
        first INTEGER NOT NULL,
        before BLOB NOT NULL CHECK (length(before) = 32),
        last INTEGER NOT NULL,
        head BLOB NOT NULL CHECK (length(head) = 32)
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE audit (
        id INTEGER PRIMARY KEY,
        time INTEGER NOT NULL,
        kind TEXT NOT NULL,
        actor TEXT NOT NULL CHECK (actor IN ('user', 'game', 'server')),
        actor_id INTEGER NOT NULL,
        actor_account TEXT NOT NULL,
        actor_name TEXT NOT NULL,
        user INTEGER NOT NULL,
        account TEXT NOT NULL,
        name TEXT NOT NULL,
        room TEXT NOT NULL,
        details TEXT NOT NULL,
        hash BLOB NOT NULL CHECK (length(hash) = 32)
    ) STRICT;
    CREATE TRIGGER audit_grows BEFORE INSERT ON audit
    WHEN NEW.id <= (SELECT last FROM chain WHERE name = 'audit') BEGIN
        SELECT RAISE(ABORT, 'the audit log is never changed');
    END;
    CREATE TRIGGER audit_stays BEFORE UPDATE ON audit BEGIN
        SELECT RAISE(ABORT, 'the audit log is never changed');
    END;
    CREATE TRIGGER audit_is_kept BEFORE DELETE ON audit
    WHEN OLD.id >= (SELECT first FROM chain WHERE name = 'audit') BEGIN
        SELECT RAISE(ABORT, 'the audit log is kept');
    END;

    CREATE TABLE report (
        id INTEGER PRIMARY KEY,
        time INTEGER NOT NULL,
        room TEXT NOT NULL,
        epoch INTEGER NOT NULL,
        seq INTEGER NOT NULL,
        whisper INTEGER NOT NULL,
        reporter INTEGER NOT NULL,
        reporter_account TEXT NOT NULL,
        reporter_name TEXT NOT NULL,
        user INTEGER NOT NULL,
        account TEXT NOT NULL,
        name TEXT NOT NULL,
        reason INTEGER NOT NULL,
        note TEXT NOT NULL,
        evidence TEXT NOT NULL,
        link INTEGER NOT NULL,
        state INTEGER NOT NULL DEFAULT 0 CHECK (state BETWEEN 0 AND 2),
        actor TEXT NOT NULL DEFAULT '',
        actor_id INTEGER NOT NULL DEFAULT 0,
        actor_account TEXT NOT NULL DEFAULT '',
        actor_name TEXT NOT NULL DEFAULT '',
        changed INTEGER NOT NULL DEFAULT 0,
        acted INTEGER NOT NULL DEFAULT 0,
        words TEXT NOT NULL DEFAULT '',
        sanction INTEGER NOT NULL DEFAULT 0,
        told INTEGER NOT NULL DEFAULT 0
    ) STRICT;
    CREATE INDEX report_state ON report (state, id);
    CREATE INDEX report_place ON report (room, epoch, seq);
    CREATE INDEX report_reporter ON report (reporter_account, reporter, state);
    CREATE TABLE evidence (
        room TEXT NOT NULL,
        number INTEGER NOT NULL,
        report INTEGER NOT NULL,
        content BLOB NOT NULL CHECK (length(content) = 32),
        hash BLOB NOT NULL CHECK (length(hash) = 32),
        forgotten INTEGER NOT NULL DEFAULT 0,
        PRIMARY KEY (room, number)
    ) STRICT, WITHOUT ROWID;
    CREATE TRIGGER evidence_grows BEFORE INSERT ON report
    WHEN EXISTS (SELECT 1 FROM report WHERE id = NEW.id) BEGIN
        SELECT RAISE(ABORT, 'evidence is never changed');
    END;
    CREATE TRIGGER evidence_stays BEFORE UPDATE OF id, time, room, epoch, seq, whisper, reporter,
        reporter_account, reporter_name, user, account, name, reason, note, evidence, link
    ON report BEGIN
        SELECT RAISE(ABORT, 'evidence is never changed');
    END;
    CREATE TRIGGER evidence_is_kept BEFORE DELETE ON report
    WHEN (SELECT forgotten FROM evidence WHERE room = OLD.room AND number = OLD.link) = 0 BEGIN
        SELECT RAISE(ABORT, 'evidence is kept');
    END;
";

/// Whom users block: by account, or by number for guests.
const BLOCKS: &str = "
    CREATE TABLE block (
        account TEXT NOT NULL,
        guest INTEGER NOT NULL,
        blocked_account TEXT NOT NULL,
        blocked_guest INTEGER NOT NULL,
        blocked_id INTEGER NOT NULL,
        blocked_name TEXT NOT NULL,
        time INTEGER NOT NULL,
        PRIMARY KEY (account, guest, blocked_account, blocked_guest)
    ) STRICT, WITHOUT ROWID;
";

/// The feed of events, and who reads it.
const EVENTS: &str = "
    CREATE TABLE event (
        number INTEGER PRIMARY KEY,
        time INTEGER NOT NULL,
        kind TEXT NOT NULL,
        room TEXT NOT NULL,
        user INTEGER NOT NULL,
        account TEXT NOT NULL,
        name TEXT NOT NULL,
        epoch INTEGER NOT NULL,
        seq INTEGER NOT NULL,
        line INTEGER NOT NULL,
        reason TEXT NOT NULL,
        subject INTEGER NOT NULL
    ) STRICT;

    CREATE TABLE present (
        room TEXT NOT NULL,
        user INTEGER NOT NULL,
        account TEXT NOT NULL,
        name TEXT NOT NULL,
        PRIMARY KEY (room, user)
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE webhook (
        url TEXT PRIMARY KEY,
        acknowledged INTEGER NOT NULL,
        sending INTEGER NOT NULL,
        disabled INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
";

/// Texts that wait for a moderator.
const HELD: &str = "
    CREATE TABLE held (
        id INTEGER PRIMARY KEY,
        time INTEGER NOT NULL,
        room TEXT NOT NULL,
        user INTEGER NOT NULL,
        account TEXT NOT NULL,
        name TEXT NOT NULL,
        info TEXT NOT NULL,
        session INTEGER NOT NULL,
        nonce INTEGER NOT NULL,
        text TEXT NOT NULL,
        action INTEGER NOT NULL,
        epoch INTEGER NOT NULL,
        line INTEGER NOT NULL,
        is_edit INTEGER NOT NULL,
        filter TEXT NOT NULL
    ) STRICT;
";

const V1: &str = "
    CREATE TABLE meta (
        key TEXT PRIMARY KEY,
        value ANY NOT NULL
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE room (
        id INTEGER PRIMARY KEY CHECK (id BETWEEN 1 AND 8388607),
        name TEXT NOT NULL UNIQUE,
        epoch INTEGER NOT NULL CHECK (epoch BETWEEN 1 AND 4294967295),
        forgotten INTEGER NOT NULL DEFAULT 0
    ) STRICT;

    CREATE TABLE line (
        id INTEGER PRIMARY KEY,
        time INTEGER NOT NULL,
        kind INTEGER NOT NULL CHECK (kind BETWEEN 0 AND 5),
        sender INTEGER NOT NULL,
        session INTEGER NOT NULL,
        nonce INTEGER NOT NULL,
        name TEXT NOT NULL,
        user TEXT NOT NULL,
        info TEXT NOT NULL,
        text TEXT NOT NULL,
        reply_to INTEGER NOT NULL,
        target INTEGER NOT NULL,
        edited INTEGER NOT NULL,
        removed INTEGER NOT NULL
    ) STRICT;
    CREATE UNIQUE INDEX line_request ON line (session, nonce) WHERE nonce > 0;
    CREATE INDEX line_target ON line (target, kind) WHERE target > 0;

    CREATE TABLE version (
        line INTEGER NOT NULL,
        change INTEGER NOT NULL,
        text TEXT NOT NULL,
        PRIMARY KEY (line, change)
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE reaction (
        line INTEGER NOT NULL,
        reaction TEXT NOT NULL,
        user TEXT NOT NULL,
        guest INTEGER NOT NULL,
        change INTEGER NOT NULL,
        PRIMARY KEY (line, reaction, user, guest)
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE person (
        id INTEGER PRIMARY KEY,
        account TEXT,
        chosen TEXT,
        claimed TEXT,
        info TEXT NOT NULL
    ) STRICT;

    CREATE TABLE session (
        id INTEGER PRIMARY KEY,
        user INTEGER NOT NULL,
        secret BLOB NOT NULL CHECK (length(secret) = 16),
        highest INTEGER NOT NULL DEFAULT 0
    ) STRICT;

    CREATE TABLE whisper (
        session INTEGER NOT NULL,
        seq INTEGER NOT NULL,
        sender_session INTEGER NOT NULL,
        sender_request INTEGER NOT NULL,
        frame BLOB NOT NULL,
        PRIMARY KEY (session, seq)
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE read_mark (
        user INTEGER NOT NULL,
        room TEXT NOT NULL,
        epoch INTEGER NOT NULL,
        seq INTEGER NOT NULL,
        PRIMARY KEY (user, room)
    ) STRICT, WITHOUT ROWID;
";

/// The header of a database file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Header {
    pub(crate) application_id: i32,
    pub(crate) version: i32,
    pub(crate) has_tables: bool,
}

/// Reads the header.
pub(crate) fn header(connection: &Connection) -> rusqlite::Result<Header> {
    let pragma = |name| connection.pragma_query_value(None, name, |row| row.get(0));
    Ok(Header {
        application_id: pragma("application_id")?,
        version: pragma("user_version")?,
        has_tables: connection
            .prepare("SELECT 1 FROM sqlite_schema")?
            .exists([])?,
    })
}

/// Brings the tables to [`VERSION`], by one transaction for each version. `version` is what the
/// file has now.
pub(crate) fn migrate(connection: &mut Connection, version: i32) -> rusqlite::Result<()> {
    for next in version + 1..=VERSION {
        let migration = MIGRATIONS[usize::try_from(next).expect("versions count from 1") - 1];
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        for part in migration {
            transaction.execute_batch(part)?;
        }
        transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
        transaction.pragma_update(None, "user_version", next)?;
        transaction.commit()?;
    }
    Ok(())
}
