use super::*;
use crate::ids::{RequestId, SessionId, UserId};
use crate::journal::{BlockRow, ReadMarkRow, SessionRow, UserRow, WhisperRow};
use crate::moderation::blocked::AuthorId;
use crate::store::{StoreError, StoredUser, backup, check, erase_user, export_user, restore};
use guildhall_protocol::{Packet, PacketBody, WhisperLine};

/// A text that is nowhere else.
const SECRET: &str = "qzx-secret-qzx";

/// Whether any file of a folder has these bytes.
fn has_bytes(folder: &TestFolder, bytes: &str) -> bool {
    fs::read_dir(folder.path()).unwrap().any(|entry| {
        let content = fs::read(entry.unwrap().path()).unwrap();
        content
            .windows(bytes.len())
            .any(|window| window == bytes.as_bytes())
    })
}

/// A whisper of one user to another, in the session 9 of the other.
fn whisper(sender_user: &str, receiver_user: &str, seq: u64, text: &str) -> WhisperRow {
    let whisper = WhisperLine {
        seq,
        text: text.into(),
        sender: 7,
        sender_name: "Mira".into(),
        sender_user: sender_user.into(),
        receiver: 8,
        receiver_user: receiver_user.into(),
        ..WhisperLine::default()
    };
    WhisperRow {
        session: SessionId(9),
        seq: Seq(seq),
        sender: (SessionId(55), RequestId(seq)),
        frame: frame::packet(&Packet::from(PacketBody::Whisper(whisper))),
    }
}

/// A block of the second of these users by the first.
fn block(owner: (u64, &str), blocked: (u64, &str), name: &str) -> Row {
    let author = |(id, account)| AuthorId::new(UserId(id), account);
    Row::Block(BlockRow {
        owner: author(owner),
        author: author(blocked),
        id: UserId(blocked.0),
        name: name.into(),
        time: 77,
    })
}

/// A store in which the account `qzx-mira` and others have done everything. It was restarted in
/// the middle, so that old texts lie about.
fn lived_in() -> TestFolder {
    let folder = TestFolder::new();
    let mira = |line: Line| Line {
        user: "qzx-mira".into(),
        info: format!("{{\"a\":\"{SECRET}\"}}"),
        name: "qzx-name".into(),
        ..line
    };
    let other = |line: Line| Line { sender: 8, ..line };
    let hall = TestRoom::new("hall", 5);
    let store = folder.open();
    let rows = vec![
        Row::User(UserRow {
            id: UserId(7),
            account: Some("qzx-mira".into()),
            chosen: Some("qzx-name".into()),
            claimed: Some("qzx-name".into()),
            info: SECRET.into(),
        }),
        Row::User(UserRow {
            id: UserId(8),
            account: None,
            chosen: None,
            claimed: None,
            info: "".into(),
        }),
        Row::Session(SessionRow {
            id: SessionId(7),
            user: UserId(7),
            secret: *b"qzx-session-key!",
        }),
        Row::Session(SessionRow {
            id: SessionId(9),
            user: UserId(8),
            secret: [1; 16],
        }),
        Row::Whisper(whisper("qzx-mira", "", 1, SECRET)),
        Row::Whisper(whisper("", "qzx-mira", 2, SECRET)),
        Row::Whisper(whisper("", "", 3, "of others")),
        Row::ReadMark(ReadMarkRow {
            user: UserId(7),
            room: "hall".into(),
            epoch: Epoch(5),
            seq: Seq(3),
        }),
        block((7, "qzx-mira"), (8, ""), "Eve"),
        block((8, ""), (7, "qzx-mira"), "qzx-name"),
        block((8, ""), (9, ""), "Eve"),
    ];
    put(&store, rows).unwrap();
    hall.said(&store, mira(line("hall", 1, SECRET)));
    hall.said(&store, other(line("hall", 1, "hello")));
    let edit = change(2, 1, ChangeKind::Edited, &format!("{SECRET} again"));
    hall.said(&store, mira(edit));
    hall.said(&store, mira(change(3, 2, ChangeKind::Reacted, "qzx-r")));
    hall.said(&store, other(change(4, 1, ChangeKind::Reacted, "a")));
    for nonce in 10..300 {
        hall.hand_over(&store, mira(line("hall", nonce, &SECRET.repeat(9))));
        hall.hand_over(&store, other(line("hall", nonce, "between")));
    }
    hall.decisions(580);
    drop(store);
    let store = folder.open();
    hall.said(&store, mira(line("hall", 400, SECRET)));
    let seq = 5 + 580 + 1;
    hall.said(&store, mira(change(401, seq, ChangeKind::Removed, "")));
    folder
}

#[test]
fn an_erased_user_leaves_no_byte_in_any_file() {
    let folder = lived_in();
    assert!(has_bytes(&folder, "qzx"));
    let erased = erase_user(folder.path(), StoredUser::Account("qzx-mira")).unwrap();
    assert_eq!(
        (erased.lines, erased.whispers, erased.sessions),
        (295, 2, 1)
    );
    assert!(!has_bytes(&folder, "qzx"));
    assert_eq!(check(folder.path()).unwrap().problems, [""; 0]);

    // The numbers and what others said stay, and nothing shows who was there.
    let (store, known) = folder.open_with(&options());
    assert_eq!(known.users.len(), 1);
    assert_eq!(known.sessions[0].whispers.len(), 1);
    let blocked: Vec<_> = known.blocks.iter().map(|block| block.id.0).collect();
    assert_eq!(blocked, [9]);
    let lines = frame::lines(&kept_lines(&store, from(1), 6).frames);
    assert!(lines[0].removed && lines[0].name.is_empty() && lines[0].sender == 0);
    assert_eq!(lines[1].text, "hello");
    assert_eq!(lines[1].reactions, []);
    assert_eq!(
        lines[2].change.as_ref().unwrap().kind(),
        ChangeKind::Removed
    );
    assert_eq!(
        lines[3].change.as_ref().unwrap().kind(),
        ChangeKind::TookBack
    );
    let hall = TestRoom::new("hall", 5);
    assert_eq!(hall.said(&store, line("hall", 900, "on")).seq, 588);
}

#[test]
fn a_guest_is_erased_by_its_number() {
    let folder = lived_in();
    let erased = erase_user(folder.path(), StoredUser::Guest(8)).unwrap();
    assert_eq!((erased.lines, erased.sessions), (292, 1));
    assert!(!has_bytes(&folder, "between"));
    assert!(has_bytes(&folder, SECRET));
}

#[test]
fn a_store_in_use_is_not_erased() {
    let folder = lived_in();
    let _store = folder.open();
    let error = erase_user(folder.path(), StoredUser::Guest(8)).unwrap_err();
    assert!(matches!(error, StoreError::InUse(_)), "{error}");
}

#[test]
fn an_export_has_all_of_a_user_and_nothing_of_others() {
    let folder = lived_in();
    let _store = folder.open();
    let mut out = Vec::new();
    let count = export_user(folder.path(), StoredUser::Account("qzx-mira"), &mut out).unwrap();
    let text = String::from_utf8(out).unwrap();
    assert_eq!(text.lines().count() as u64, count);
    let values: Vec<serde_json::Value> = text
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let kinds = |kind: &str| values.iter().filter(|value| value["kind"] == kind).count();
    let counts = [
        "user",
        "session",
        "line",
        "version",
        "reaction",
        "whisper",
        "read_mark",
        "block",
    ];
    assert_eq!(counts.map(kinds), [1, 1, 295, 2, 1, 2, 1, 1]);
    assert!(!text.contains("between") && !text.contains("hello"));
    assert_eq!(values[2]["text"], format!("{SECRET} again"));
}

#[test]
fn a_backup_of_a_running_store_is_another_store_with_new_epochs() {
    let [folder, other] = [(), ()].map(|()| TestFolder::new());
    let store = folder.open();
    let hall = TestRoom::new("hall", 5);
    hall.said(&store, line("hall", 1, "before"));
    let mark = ReadMarkRow {
        user: UserId(7),
        room: "hall".into(),
        epoch: Epoch(5),
        seq: Seq(1),
    };
    put(&store, vec![Row::ReadMark(mark.clone())]).unwrap();
    let copy = other.path().join("backup.db");
    backup(folder.path(), &copy).unwrap();
    hall.said(&store, line("hall", 2, "behind"));
    let exists = backup(folder.path(), &copy).unwrap_err();
    assert!(matches!(exists, StoreError::Exists(_)), "{exists}");

    let restored = TestFolder::new();
    restore(&copy, restored.path()).unwrap();
    let (store, known) = restored.open_with(&options());
    let room = kept_room(&store, "hall", 9, 1 << 20).unwrap();
    assert_ne!(room.epoch, Epoch(5));
    assert_eq!((room.last, &*room.lines[0].text), (Seq(1), "before"));
    let epoch = room.epoch;
    assert_eq!(known.read_marks, [ReadMarkRow { epoch, ..mark }]);
    drop(store);
    // Once.
    let store = restored.open();
    assert_eq!(kept_room(&store, "hall", 9, 1 << 20).unwrap().epoch, epoch);
    let taken = restore(&copy, restored.path()).unwrap_err();
    assert!(matches!(taken, StoreError::InUse(_)), "{taken}");
    drop(store);
    let taken = restore(&copy, restored.path()).unwrap_err();
    assert!(matches!(taken, StoreError::Exists(_)), "{taken}");
}

#[test]
fn a_backup_brings_a_lost_store_back() {
    let folder = lived_in();
    let copies = TestFolder::new();
    let copy = copies.path().join("backup.db");
    backup(folder.path(), &copy).unwrap();
    fs::remove_file(folder.database()).unwrap();
    restore(&copy, folder.path()).unwrap();
    folder.open();
    let no_store = copies.path().join("note.txt");
    fs::write(&no_store, "not a database".repeat(999)).unwrap();
    let error = restore(&no_store, &copies.path().join("new")).unwrap_err();
    assert!(matches!(error, StoreError::Damaged { .. }), "{error}");
}

#[test]
fn a_check_counts_and_finds_what_is_missing() {
    let folder = lived_in();
    let checked = check(folder.path()).unwrap();
    assert_eq!((checked.rooms, checked.lines), (1, 587));
    assert_eq!(checked.problems, [""; 0]);
    folder
        .shell()
        .execute("DELETE FROM line WHERE id & 1023 = 100", [])
        .unwrap();
    let problems = check(folder.path()).unwrap().problems;
    assert!(problems[0].contains("some are missing"), "{problems:?}");
    let missing = check(&folder.path().join("nowhere")).unwrap_err();
    assert!(matches!(missing, StoreError::Missing(_)), "{missing}");
}

#[test]
fn a_check_finds_damaged_pages() {
    let folder = lived_in();
    let mut bytes = fs::read(folder.database()).unwrap();
    // Behind the first pages of all tables: without those, the store does not open.
    let page = bytes.len() * 7 / 8 / 4096 * 4096;
    bytes[page..page + 4096].fill(0xa5);
    fs::write(folder.database(), bytes).unwrap();
    let problems = check(folder.path()).unwrap().problems;
    assert!(
        problems[0].starts_with("The file is damaged"),
        "{problems:?}"
    );
}
