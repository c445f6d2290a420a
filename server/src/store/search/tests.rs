//! Searches in a real store, with its index and without one.

use super::super::tests::{TestFolder, TestRoom, change, line, read};
mod looking_first;

use super::super::Store;
use super::*;

use std::fs;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use guildhall_protocol::{ChangeKind, Line};
use rusqlite::{Connection, OpenFlags};

use crate::ids::{Epoch, Seq, UserId};
use crate::journal::search::scripts::{self, TEXTS};
use crate::journal::{Found, Journal as _, Read, ReadMarkRow, SearchRead, UnreadRead};
use crate::store::StoreError;

fn search(text: &str) -> SearchRead {
    SearchRead {
        rooms: vec!["hall".into(), "yard".into()],
        text: text.into(),
        sender: UserId(0),
        name: String::new(),
        before_time: 0,
        after_time: 0,
        most: 50,
        bytes: 1 << 20,
        from: Bytes::new(),
        blocked: None,
    }
}

fn page(store: &Store, search: SearchRead) -> (Vec<Line>, Bytes) {
    match read(store, Read::Search(search)).unwrap() {
        Found::Search(lines, next) => (lines, next),
        other => panic!("{other:?}"),
    }
}

fn texts(store: &Store, search: SearchRead) -> Vec<String> {
    let (lines, _) = page(store, search);
    lines.into_iter().map(|line| line.text).collect()
}

/// A look at the index. It makes no file, because the store may be about to make one.
fn index_of(folder: &TestFolder) -> rusqlite::Result<Connection> {
    let read_only = OpenFlags::SQLITE_OPEN_READ_ONLY;
    Connection::open_with_flags(index::file(folder.path()), read_only)
}

/// Waits until the index has all lines of the store.
fn wait_for_index(folder: &TestFolder) {
    let store = folder.shell();
    let newest = || -> Vec<(i64, i64)> {
        let sql = "SELECT id >> 40, max(id) & 1099511627775 FROM line GROUP BY 1 ORDER BY 1";
        let mut rows = store.prepare(sql).unwrap();
        let rows = rows
            .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))
            .unwrap();
        rows.map(Result::unwrap).collect()
    };
    let done = || -> rusqlite::Result<Vec<(i64, i64)>> {
        let index = index_of(folder)?;
        let mut rows = index.prepare("SELECT id, done FROM room ORDER BY id")?;
        let rows = rows.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
        rows.collect()
    };
    // The thread is a moment behind.
    while done().ok() != Some(newest()) {
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// How many lines the index has with this word.
fn indexed(folder: &TestFolder, word: &str) -> u64 {
    let index = index_of(folder).unwrap();
    let sql = "SELECT count(*) FROM words WHERE words MATCH ?1";
    index.query_row(sql, [word], |row| row.get(0)).unwrap()
}

#[track_caller]
fn check_scripts(store: &Store) {
    scripts::check(|text| texts(store, search(text)));
}

fn said_all(folder: &TestFolder) -> (Arc<Store>, Arc<TestRoom>) {
    let store = folder.open();
    let room = TestRoom::new("hall", 5);
    for (text, nonce) in TEXTS.iter().zip(1..) {
        room.said(&store, line("hall", nonce, text));
    }
    (store, room)
}

#[test]
fn the_index_finds_words_in_any_script() {
    let folder = TestFolder::new();
    let (store, _) = said_all(&folder);
    check_scripts(&store);
    wait_for_index(&folder);
    assert_eq!(indexed(&folder, "dragon"), 1);
    check_scripts(&store);
}

#[test]
fn an_index_that_is_gone_damaged_or_behind_is_made_again() {
    let folder = TestFolder::new();
    let (store, room) = said_all(&folder);
    wait_for_index(&folder);
    store.close();
    drop(store);
    let file = index::file(folder.path());
    let good = fs::read(&file).unwrap();
    let behind = good.clone();
    let mut broken = good.clone();
    broken[4096..].fill(0xa5);
    let mut nonce = 100;
    for bytes in [
        None,
        Some(vec![]),
        Some(b"no database".repeat(999)),
        Some(broken),
        Some(behind),
    ] {
        match bytes {
            Some(bytes) => fs::write(&file, bytes).unwrap(),
            None => index::remove(folder.path()).unwrap(),
        }
        let store = folder.open();
        check_scripts(&store);
        wait_for_index(&folder);
        assert_eq!(indexed(&folder, "dragon"), 1);
        check_scripts(&store);
        nonce += 1;
        let said = room.said(&store, line("hall", nonce, "behind"));
        wait_for_index(&folder);
        assert_eq!(texts(&store, search("behind")), ["behind"]);
        let removal = change(nonce + 1_000, said.seq, ChangeKind::Removed, "");
        room.say(&store, removal);
        wait_for_index(&folder);
        store.close();
    }
}

#[test]
fn an_index_of_another_store_is_made_again() {
    let (one, other) = (TestFolder::new(), TestFolder::new());
    let (store, _) = said_all(&one);
    wait_for_index(&one);
    store.close();
    drop(store);
    let room = TestRoom::new("hall", 9);
    let store = other.open();
    room.said(&store, line("hall", 1, "elsewhere"));
    store.close();
    drop(store);
    fs::copy(index::file(one.path()), index::file(other.path())).unwrap();
    let store = other.open();
    wait_for_index(&other);
    assert_eq!(indexed(&other, "dragon"), 0);
    assert_eq!(texts(&store, search("elsewhere")), ["elsewhere"]);
}

#[test]
fn edits_and_removals_leave_the_index() {
    let folder = TestFolder::new();
    let (store, room) = said_all(&folder);
    wait_for_index(&folder);
    room.say(
        &store,
        change(50, 1, ChangeKind::Edited, "The wyvern sleeps"),
    );
    room.say(&store, change(51, 2, ChangeKind::Removed, ""));
    // At once, whatever the index has.
    assert_eq!(texts(&store, search("dragon")), [""; 0]);
    assert_eq!(texts(&store, search("brückentor")), [""; 0]);
    wait_for_index(&folder);
    assert_eq!(indexed(&folder, "dragon"), 0);
    assert_eq!(indexed(&folder, "bruckentor"), 0);
    assert_eq!(texts(&store, search("wyvern")), ["The wyvern sleeps"]);
    store.close();
    let index = index::open(folder.path(), &id(&folder)).unwrap();
    while index::clean(&index, true).unwrap() {}
    index::close(index).unwrap();
    let bytes = fs::read(index::file(folder.path())).unwrap();
    // Without the first letter, which the index may leave out.
    let has = |word: &[u8]| bytes.windows(word.len()).any(|window| window == word);
    assert!(has(b"yvern"));
    assert!(!has(b"ragon") && !has(b"ruckentor"), "the bytes are gone");
}

#[test]
fn a_cleared_room_and_a_purged_user_leave_the_index() {
    let folder = TestFolder::new();
    let (store, room) = said_all(&folder);
    let other = Line {
        sender: 8,
        ..line("hall", 1, "The wyvern stays")
    };
    room.said(&store, other);
    wait_for_index(&folder);
    assert_eq!(indexed(&folder, "dragon"), 1);
    let sweep = |kind: ChangeKind| Line {
        change: Some(guildhall_protocol::Change {
            kind: kind.into(),
            user: 7,
            ..Default::default()
        }),
        nonce: 0,
        sender: 9,
        ..line("hall", 0, "")
    };
    room.said(&store, sweep(ChangeKind::Purged));
    // At once, whatever the index has.
    assert_eq!(texts(&store, search("dragon")), [""; 0]);
    assert_eq!(texts(&store, search("wyvern")), ["The wyvern stays"]);
    wait_for_index(&folder);
    assert_eq!(
        (indexed(&folder, "dragon"), indexed(&folder, "wyvern")),
        (0, 1)
    );
    room.said(&store, sweep(ChangeKind::Cleared));
    assert_eq!(texts(&store, search("wyvern")), [""; 0]);
    wait_for_index(&folder);
    assert_eq!(indexed(&folder, "wyvern"), 0);
}

fn id(folder: &TestFolder) -> String {
    let sql = "SELECT value FROM meta WHERE key = 'store'";
    folder.shell().query_row(sql, [], |row| row.get(0)).unwrap()
}

#[test]
fn a_search_is_by_author_and_time_and_goes_on_over_rooms() {
    let folder = TestFolder::new();
    let store = folder.open();
    let rooms = [TestRoom::new("hall", 5), TestRoom::new("yard", 6)];
    for number in 1..=40_u64 {
        let room = &rooms[usize::from(number % 2 == 0)];
        let said = Line {
            time: 1_000 * number,
            sender: 7 + number % 4,
            name: ["Ann Bee", "Bob", "Cat", "Dan"][(number % 4) as usize].into(),
            user: ["a.1", "a-1", "", ""][(number % 4) as usize].into(),
            ..line(&room.name, number, "the words")
        };
        room.said(&store, said);
    }
    let check = |search: SearchRead, expected: &dyn Fn(u64) -> bool| {
        let mut found = Vec::new();
        let mut from = Bytes::new();
        loop {
            let (lines, next) = page(
                &store,
                SearchRead {
                    from,
                    ..search.clone()
                },
            );
            found.extend(lines.iter().map(|line| line.time / 1_000));
            from = next;
            if from.is_empty() {
                break;
            }
        }
        let all = (1..=40).rev().filter(|&number| expected(number));
        assert_eq!(found, all.collect::<Vec<_>>(), "{search:?}");
    };
    for _ in 0..2 {
        for most in [3, 50] {
            let words = SearchRead {
                most,
                ..search("WORDS")
            };
            check(words.clone(), &|_| true);
            for text in ["", "words"] {
                let base = SearchRead {
                    text: text.into(),
                    ..words.clone()
                };
                check(
                    SearchRead {
                        sender: UserId(8),
                        ..base.clone()
                    },
                    &|n| n % 4 == 1,
                );
                check(
                    SearchRead {
                        name: "ANN bee".into(),
                        ..base.clone()
                    },
                    &|n| n % 4 == 0,
                );
                check(
                    SearchRead {
                        name: "a.1".into(),
                        ..base.clone()
                    },
                    &|n| n % 4 == 0,
                );
                check(
                    SearchRead {
                        name: "a-1".into(),
                        ..base.clone()
                    },
                    &|n| n % 4 == 1,
                );
                let time = SearchRead {
                    before_time: 30_000,
                    after_time: 10_000,
                    ..base
                };
                check(time, &|n| (10..30).contains(&n));
            }
        }
        wait_for_index(&folder);
    }
}

#[test]
fn a_store_counts_what_is_not_read() {
    let folder = TestFolder::new();
    let (store, room) = said_all(&folder);
    room.said(
        &store,
        Line {
            sender: 9,
            ..line("hall", 60, "hi @mira!")
        },
    );
    let mark = |room: &str, epoch, seq| ReadMarkRow {
        user: UserId(7),
        room: room.into(),
        epoch: Epoch(epoch),
        seq: Seq(seq),
    };
    let read_unread = UnreadRead {
        user: UserId(7),
        name: "Mira".into(),
        rooms: vec![mark("hall", 5, 3), mark("nowhere", 1, 1)],
        most: 1_000,
        blocked: None,
    };
    let Found::Unread(unread) = read(&store, Read::Unread(read_unread)).unwrap() else {
        panic!("nothing is counted");
    };
    let counts: Vec<_> = unread
        .iter()
        .map(|one| (one.room.as_str(), one.lines, one.mentions, one.more))
        .collect();
    assert_eq!(counts, [("hall", 1, 1, false), ("nowhere", 0, 0, false)]);
}

#[test]
fn a_store_is_indexed_at_once_if_no_server_has_it() {
    let folder = TestFolder::new();
    let (store, _) = said_all(&folder);
    assert!(matches!(
        reindex(folder.path(), |_, _| {}),
        Err(StoreError::InUse(_))
    ));
    store.close();
    drop(store);
    let mut told = Vec::new();
    reindex(folder.path(), |done, all| told.push((done, all))).unwrap();
    assert_eq!(told, [(0, 1), (1, 1)]);
    assert_eq!(indexed(&folder, "dragon"), 1);
    let store = folder.open();
    check_scripts(&store);
}

#[test]
fn an_erased_user_is_not_in_the_index() {
    let folder = TestFolder::new();
    let (store, room) = said_all(&folder);
    room.said(
        &store,
        Line {
            sender: 9,
            ..line("hall", 70, "not mine")
        },
    );
    wait_for_index(&folder);
    store.close();
    drop(store);
    let user = crate::store::StoredUser::Guest(7);
    crate::store::erase_user(folder.path(), user).unwrap();
    assert!(!index::file(folder.path()).exists());
    let store = folder.open();
    wait_for_index(&folder);
    assert_eq!(indexed(&folder, "dragon"), 0);
    assert_eq!(texts(&store, search("")), ["not mine"]);
}

#[test]
fn a_store_from_a_backup_has_an_index_of_its_own() {
    let (folder, other) = (TestFolder::new(), TestFolder::new());
    let (store, _) = said_all(&folder);
    wait_for_index(&folder);
    let copy = other.path().join("copy");
    crate::store::backup(folder.path(), &copy).unwrap();
    crate::store::restore(&copy, other.path()).unwrap();
    store.close();
    drop(store);
    assert!(
        crate::store::restore(&copy, folder.path()).is_err(),
        "there is a store"
    );
    crate::store::restore_in_place(&copy, folder.path()).unwrap();
    for folder in [folder, other] {
        let store = folder.open();
        wait_for_index(&folder);
        check_scripts(&store);
        let (lines, _) = page(&store, search("dragon"));
        assert_ne!(lines[0].epoch, 5, "a new epoch");
    }
}

#[test]
fn forgotten_lines_leave_the_index() {
    let folder = TestFolder::new();
    let (store, _) = said_all(&folder);
    wait_for_index(&folder);
    store.close();
    drop(store);
    // As retention does.
    let shell = folder.shell();
    shell
        .execute_batch(
            "DELETE FROM line WHERE id & 1099511627775 <= 2; UPDATE room SET forgotten = 2;",
        )
        .unwrap();
    drop(shell);
    let store = folder.open();
    while indexed(&folder, "dragon") > 0 {
        std::thread::sleep(Duration::from_millis(5));
    }
    assert_eq!(texts(&store, search("dragon")), [""; 0]);
    assert_eq!(texts(&store, search("龙")), [TEXTS[2]]);
}
