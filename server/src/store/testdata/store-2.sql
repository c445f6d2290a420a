-- A store with the schema 2, as the tests filled it. It is never changed: later
-- versions have to open it.
PRAGMA journal_mode = WAL;
BEGIN;
PRAGMA application_id = 1196771660;
PRAGMA user_version = 2;
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
        kind INTEGER NOT NULL CHECK (kind BETWEEN 0 AND 7),
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
CREATE TABLE room_settings (
        room TEXT PRIMARY KEY,
        topic TEXT,
        slow_mode INTEGER,
        announce_only INTEGER,
        is_open INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
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
INSERT INTO meta VALUES ('next_held', 5);
INSERT INTO meta VALUES ('next_id', 1000);
INSERT INTO meta VALUES ('store', '1e21f9af0e7c6017582dc49df8de9200');
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
INSERT INTO sanction VALUES (3, 2, 'hall', 7, 'account-42', 'qzx-name', '10.0.0.1 2001:db8:1:2::/64', 1000, 2000, 1, 'rule 3', 'qzx-note', 1, 'mod', 'Mod', 9, 0, '', '', '');
INSERT INTO role VALUES ('account-42', 'hall', 2, 1000, 'qzx-boss', 'Boss');
INSERT INTO room_settings VALUES ('hall', 'a topic', 7, 0, 1);
INSERT INTO block VALUES ('account-42', 0, '', 8, 8, 'Eve', 1000);
INSERT INTO held VALUES (4, 1000, 'hall', 7, 'account-42', 'qzx-name', '{}', 7, 4, 'qzx-text', 1, 3, 9, 1, 'mentions');
INSERT INTO event VALUES (1, 1700000000000, 'joined', 'hall', 7, '', 'Mira', 0, 0, 0, '', 0);
INSERT INTO present VALUES ('hall', 7, '', 'Mira');
INSERT INTO webhook VALUES ('https://game.example/events', 1, 0, 0);
INSERT INTO audit VALUES (1, 1700000000000, 'held', 'server', 0, '', '', 0, '', '', 'hall', '[["filter","words"]]', X'2C8BADA72E4110DB48ABA3913C867CF393CCB3546CB276D4F110CA90E091CB3D');
INSERT INTO chain VALUES ('audit', 1, X'E59D08F916D7C831B446CE2C24488BFC6CB38BB260D389B5A6A4800D086BA40C', 1, X'2C8BADA72E4110DB48ABA3913C867CF393CCB3546CB276D4F110CA90E091CB3D');
COMMIT;
