//! Every later version opens the store of every earlier one. `testdata` has a store of each
//! version of the schema as SQL, made by [`write_the_store_of_this_version`] when that version
//! was new. What was released is not written again.

use rusqlite::Connection;

use super::*;
use crate::events::{EventKind, PresentRow, WebhookRow};
use crate::ids::{RequestId, SessionId, UserId};
use crate::journal::{ReadMarkRow, SessionRow, UserRow, WhisperRow};
use crate::moderation::blocked::AuthorId;
use crate::moderation::{Act, ActKind, Actor};
use crate::store::schema::{APPLICATION_ID, VERSION};

/// The tables of version 1.
const TABLES: [&str; 9] = [
    "meta",
    "room",
    "line",
    "version",
    "reaction",
    "person",
    "session",
    "whisper",
    "read_mark",
];

/// Those that version 2 has, too. The evidence of reports has tests of its own.
const TABLES_OF_2: [&str; 10] = [
    "sanction",
    "role",
    "room_settings",
    "block",
    "held",
    "event",
    "present",
    "webhook",
    "audit",
    "chain",
];

/// The tables of a version.
fn tables_of(version: i32) -> impl Iterator<Item = &'static str> {
    let more: &[_] = if version > 1 { &TABLES_OF_2 } else { &[] };
    TABLES.iter().chain(more).copied()
}

/// The file with the store of a version.
fn file(version: i32) -> PathBuf {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/store/testdata");
    folder.join(format!("store-{version}.sql"))
}

/// Puts something into every table of a version.
fn fill(store: &Store, version: i32) {
    fill_1(store);
    if version > 1 {
        fill_2(store);
    }
}

fn fill_2(store: &Store) {
    let act = Act {
        time: 1_700_000_000_000,
        by: Actor::Server,
        kind: ActKind::Held,
        user: None,
        room: "hall".into(),
        details: vec![("filter", "words".to_owned())],
    };
    let rows = vec![
        moderation::row(moderation::sanction(3, "account-42"), None),
        moderation::role("account-42", "hall", guildhall_protocol::Role::Admin),
        Row::RoomSettings(records::settings("hall", Some("a topic"))),
        kept::block(AuthorId::new(UserId(7), "account-42"), 8, 1_000),
        held::row(&held::held(4, "account-42")),
        Row::Event(events::event(EventKind::Joined)),
        Row::Present(PresentRow {
            room: "hall".into(),
            user: events::user(),
        }),
        Row::Webhook(WebhookRow {
            url: "https://game.example/events".into(),
            acknowledged: 1,
            sending: 0,
            disabled: 0,
        }),
        Row::Act(Box::new(act)),
    ];
    put(store, rows).unwrap();
}

fn fill_1(store: &Store) {
    let user = |id, account: Option<&str>| UserRow {
        id: UserId(id),
        account: account.map(Into::into),
        chosen: Some("Mira O'Neil".into()),
        claimed: account.map(|_| "Mira".into()),
        info: r#"{"level":7}"#.into(),
    };
    let session = |id, user| SessionRow {
        id: SessionId(id),
        user: UserId(user),
        secret: [0xa5; 16],
    };
    let whisper = |seq| WhisperRow {
        session: SessionId(8),
        seq: Seq(seq),
        sender: (SessionId(7), RequestId(20 + seq)),
        frame: bytes::Bytes::from_static(b"a frame"),
    };
    let mark = |user, room: &str, seq| ReadMarkRow {
        user: UserId(user),
        room: room.into(),
        epoch: Epoch(5),
        seq: Seq(seq),
    };
    let rows = vec![
        Row::NextId(1_000),
        Row::User(user(7, Some("account-42"))),
        Row::User(user(8, None)),
        Row::Session(session(7, 7)),
        Row::Session(session(8, 8)),
        Row::Whisper(whisper(1)),
        Row::Whisper(whisper(2)),
        Row::Whisper(whisper(3)),
        Row::ForgetWhispers(SessionId(8), Seq(1)),
        Row::ReadMark(mark(7, "hall", 2)),
        Row::ReadMark(mark(8, "tower", 1)),
    ];
    put(store, rows).unwrap();
    let (hall, tower) = (TestRoom::new("hall", 5), TestRoom::new("tower", 9));
    hall.said(store, line("hall", 1, "plain"));
    let full = Line {
        user: "account-42".into(),
        info: r#"{"level":7}"#.into(),
        session: 9,
        action: true,
        ..line("hall", 2, "waves, \"ça va?\" 🎲")
    };
    hall.said(store, full);
    let reply = Line {
        reply_to: 1,
        ..line("hall", 3, "an answer")
    };
    hall.said(store, reply);
    hall.said(store, line("hall", 4, "to be removed"));
    hall.said(store, change(5, 1, ChangeKind::Edited, "edited once"));
    hall.said(store, change(6, 1, ChangeKind::Edited, "edited twice"));
    hall.said(store, change(7, 4, ChangeKind::Removed, ""));
    hall.said(store, change(8, 2, ChangeKind::Reacted, "👍"));
    hall.said(store, change(9, 2, ChangeKind::Reacted, "hm"));
    hall.said(store, change(10, 2, ChangeKind::TookBack, "hm"));
    tower.said(store, line("tower", 11, "elsewhere"));
}

/// All that a server finds in a store.
fn found(store: &Store, known: &Known) -> String {
    let rooms = ["hall", "tower", "cellar"].map(|room| kept_room(store, room, 99, 1 << 20));
    let mut known = known.clone();
    // Each store has a name of its own.
    known.feed.feed = "".into();
    format!("{known:#?}\n{rooms:#?}")
}

/// Another look at it: what only commands read.
fn versions(folder: &TestFolder) -> String {
    rows(&folder.shell(), "version").join("\n")
}

/// The tables as SQL.
fn schema_of(connection: &Connection) -> Vec<String> {
    let mut tables = connection
        .prepare("SELECT sql FROM sqlite_schema WHERE sql NOT NULL ORDER BY rowid")
        .unwrap();
    let tables = tables.query_map([], |row| row.get(0)).unwrap();
    tables.collect::<Result<_, _>>().unwrap()
}

/// A table's rows as SQL.
fn rows(connection: &Connection, table: &str) -> Vec<String> {
    let columns: Vec<String> = connection
        .prepare(&format!("SELECT name FROM pragma_table_info('{table}')"))
        .unwrap()
        .query_map([], |row| row.get::<_, String>(0))
        .unwrap()
        .map(|name| format!("quote({})", name.unwrap()))
        .collect();
    let values = columns.join(" || ', ' || ");
    let sql = format!("SELECT 'INSERT INTO {table} VALUES (' || {values} || ');' FROM {table}");
    let mut rows = connection.prepare(&sql).unwrap();
    let rows = rows.query_map([], |row| row.get(0)).unwrap();
    rows.collect::<Result<_, _>>().unwrap()
}

/// Not a test: makes the file of a version that is new.
#[test]
#[ignore = "it writes a file of this repository, once for each version of the schema"]
fn write_the_store_of_this_version() {
    let folder = TestFolder::new();
    fill(&folder.open(), VERSION);
    let shell = folder.shell();
    let mut sql = format!(
        "-- A store with the schema {VERSION}, as the tests filled it. It is never changed: later\n\
         -- versions have to open it.\n\
         PRAGMA journal_mode = WAL;\n\
         BEGIN;\n\
         PRAGMA application_id = {APPLICATION_ID};\n\
         PRAGMA user_version = {VERSION};\n"
    );
    for table in schema_of(&shell) {
        sql += &(table + ";\n");
    }
    for table in tables_of(VERSION) {
        sql += &(rows(&shell, table).join("\n") + "\n");
    }
    sql += "COMMIT;\n";
    let file = file(VERSION);
    assert!(!file.exists(), "{} is there already", file.display());
    fs::write(file, sql).unwrap();
}

#[test]
fn the_store_of_every_version_opens_with_all_that_is_in_it() {
    for version in 1..=VERSION {
        let new = TestFolder::new();
        fill(&new.open(), version);
        let (store, known) = new.open_with(&options());
        let expected = (found(&store, &known), versions(&new));
        drop(store);
        let old = TestFolder::new();
        let sql = fs::read_to_string(file(version)).unwrap();
        let shell = old.shell();
        shell.execute_batch(&sql).unwrap();
        drop(shell);
        for table in tables_of(version) {
            assert!(old.count(table) > 0, "{table} of version {version}");
        }
        let (store, known) = old.open_with(&options());
        assert_eq!((found(&store, &known), versions(&old)), expected);
        // Whoever changes a table has to add a migration: a store that is in use stays as it is.
        assert_eq!(schema_of(&old.shell()), schema_of(&new.shell()));
        let hall = TestRoom::new("hall", 5);
        assert_eq!(hall.said(&store, line("hall", 12, "on")).seq, 11);
        // It is the same store from now on.
        drop(store);
        drop(old.open());
        let problems = super::super::check(old.path()).unwrap().problems;
        assert_eq!(problems, [""; 0]);
    }
}
