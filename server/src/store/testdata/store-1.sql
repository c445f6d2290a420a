-- A store with the schema 1, as the tests filled it. It is never changed: later
-- versions have to open it.
PRAGMA journal_mode = WAL;
BEGIN;
PRAGMA application_id = 1196771660;
PRAGMA user_version = 1;
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
INSERT INTO meta VALUES ('next_id', 1000);
INSERT INTO meta VALUES ('store', '1c5d0ae3dea49bdfc27d9893f925ac34');
INSERT INTO room VALUES (1, 'hall', 5, 0);
INSERT INTO room VALUES (2, 'tower', 9, 0);
INSERT INTO line VALUES (1099511627777, 1700000000001, 0, 7, 7, 1, 'Mira', '', '', 'edited twice', 0, 0, 1700000000006, 0);
INSERT INTO line VALUES (1099511627778, 1700000000002, 1, 7, 9, 2, 'Mira', 'account-42', '{"level":7}', 'waves, "ça va?" 🎲', 0, 0, 0, 0);
INSERT INTO line VALUES (1099511627779, 1700000000003, 0, 7, 7, 3, 'Mira', '', '', 'an answer', 1, 0, 0, 0);
INSERT INTO line VALUES (1099511627780, 1700000000004, 0, 7, 7, 4, 'Mira', '', '', '', 0, 0, 0, 1);
INSERT INTO line VALUES (1099511627781, 1700000000005, 2, 7, 7, 5, 'Mira', '', '', '', 0, 1099511627777, 0, 0);
INSERT INTO line VALUES (1099511627782, 1700000000006, 2, 7, 7, 6, 'Mira', '', '', 'edited twice', 0, 1099511627777, 0, 0);
INSERT INTO line VALUES (1099511627783, 1700000000007, 3, 7, 7, 7, 'Mira', '', '', '', 0, 1099511627780, 0, 0);
INSERT INTO line VALUES (1099511627784, 1700000000008, 4, 7, 7, 8, 'Mira', '', '', '👍', 0, 1099511627778, 0, 0);
INSERT INTO line VALUES (1099511627785, 1700000000009, 4, 7, 7, 9, 'Mira', '', '', 'hm', 0, 1099511627778, 0, 0);
INSERT INTO line VALUES (1099511627786, 1700000000010, 5, 7, 7, 10, 'Mira', '', '', 'hm', 0, 1099511627778, 0, 0);
INSERT INTO line VALUES (2199023255553, 1700000000011, 0, 7, 7, 11, 'Mira', '', '', 'elsewhere', 0, 0, 0, 0);
INSERT INTO version VALUES (1099511627777, 1099511627781, 'plain');
INSERT INTO version VALUES (1099511627777, 1099511627782, 'edited once');
INSERT INTO version VALUES (1099511627780, 1099511627783, 'to be removed');
INSERT INTO reaction VALUES (1099511627778, '👍', '', 7, 1099511627784);
INSERT INTO person VALUES (7, 'account-42', 'Mira O''Neil', 'Mira', '{"level":7}');
INSERT INTO person VALUES (8, NULL, 'Mira O''Neil', NULL, '{"level":7}');
INSERT INTO session VALUES (7, 7, X'A5A5A5A5A5A5A5A5A5A5A5A5A5A5A5A5', 21);
INSERT INTO session VALUES (8, 8, X'A5A5A5A5A5A5A5A5A5A5A5A5A5A5A5A5', 0);
INSERT INTO whisper VALUES (8, 2, 7, 22, X'61206672616D65');
INSERT INTO whisper VALUES (8, 3, 7, 23, X'61206672616D65');
INSERT INTO read_mark VALUES (7, 'hall', 5, 2);
INSERT INTO read_mark VALUES (8, 'tower', 5, 1);
COMMIT;
