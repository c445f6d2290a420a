use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use rusqlite::Connection;

use super::*;

/// The most bytes that the log may have had, however long a store is written.
const LONGEST_LOG: u64 = 72 << 20;

#[test]
fn a_full_queue_is_busy_and_what_waits_is_kept_at_the_end() {
    let folder = TestFolder::new();
    let slow = StoreOptions {
        gather: Duration::from_hours(1),
        max_waiting: 3,
        ..options()
    };
    let (store, _) = folder.open_with(&slow);
    let hall = TestRoom::new("hall", 5);
    hall.said(&store, line("hall", 1, "a lone line is kept at once"));
    for nonce in 2..=4 {
        assert!(!store.is_full());
        hall.hand_over(&store, line("hall", nonce, "waits for the next commit"));
    }
    assert!(store.is_full());
    let facts = store.facts();
    assert!(
        facts.waiting == 3 && facts.waiting_bytes > 0 && facts.lag > Duration::ZERO,
        "{facts:?}"
    );
    store.close();
    assert!(!store.is_full());
    let facts = store.facts();
    assert_eq!((facts.waiting, facts.lag), (0, Duration::ZERO));
    let numbers = hall.decisions(3).into_iter().map(|line| stored(line).seq);
    assert!(numbers.eq(2..=4));

    let (store, _) = folder.open_with(&StoreOptions {
        max_waiting_bytes: 10_000,
        ..slow
    });
    hall.said(&store, line("hall", 5, "on"));
    hall.hand_over(&store, line("hall", 6, &"x".repeat(10_000)));
    assert!(store.is_full());
}

#[test]
fn reads_above_the_limit_are_refused() {
    let folder = TestFolder::new();
    let none = StoreOptions {
        max_reads: 0,
        ..options()
    };
    let (store, _) = folder.open_with(&none);
    let room = Read::Room {
        room: "hall".into(),
        most: 1,
        bytes: 1,
    };
    assert_eq!(read(&store, room).unwrap_err(), Failure::Busy);
}

/// Writes far more than the log may have, in commits of many lines. Returns how long it has
/// become, in bytes: the file never gets shorter while the store is open.
fn write_for_long(folder: &TestFolder, store: &Store) -> u64 {
    let hall = TestRoom::new("hall", 5);
    let text = "x".repeat(3_500);
    for batch in 0..120 {
        for line_of_batch in 1..=200 {
            hall.hand_over(store, line("hall", batch * 200 + line_of_batch, &text));
        }
        hall.decisions(200);
    }
    size_of_log(folder)
}

fn size_of_log(folder: &TestFolder) -> u64 {
    let log = folder.path().join("guildhall.db-wal");
    fs::metadata(log).map_or(0, |file| file.len())
}

#[test]
fn the_log_begins_anew_and_is_empty_at_the_end() {
    let folder = TestFolder::new();
    let store = folder.open();
    let log = write_for_long(&folder, &store);
    assert!(log < LONGEST_LOG, "{log}");
    drop(store);
    assert_eq!(size_of_log(&folder), 0);
    let database = fs::metadata(folder.database()).unwrap().len();
    assert!(database > 24_000 * 3_500, "{database}");
}

/// Several readers, of which one always reads.
#[test]
fn the_log_begins_anew_while_others_read_on_and_on() {
    let folder = TestFolder::new();
    let store = folder.open();
    let has_ended = AtomicBool::new(false);
    thread::scope(|threads| {
        for _ in 0..4 {
            threads.spawn(|| {
                let reader = Connection::open(folder.database()).unwrap();
                while !has_ended.load(Ordering::Relaxed) {
                    let read = reader.unchecked_transaction().unwrap();
                    let _: i64 = (read
                        .query_row("SELECT count(*) FROM room", [], |row| row.get(0)))
                    .unwrap();
                    thread::sleep(Duration::from_millis(5));
                }
            });
        }
        let log = write_for_long(&folder, &store);
        has_ended.store(true, Ordering::Relaxed);
        assert!(log < LONGEST_LOG, "{log}");
    });
}
