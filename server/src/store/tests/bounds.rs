use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use rusqlite::{Connection, Transaction};

use super::*;

/// The most bytes that the log may have had, however much is written.
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

/// Writes far more into this room than the log may have, in commits of many lines. Returns how
/// long the log has become, in bytes: the file never gets shorter while the store is open.
fn write_for_long(folder: &TestFolder, store: &Store, room: &str) -> u64 {
    let hall = TestRoom::new(room, 5);
    let text = "x".repeat(3_500);
    for _ in 0..120 {
        for _ in 0..200 {
            hall.hand_over(store, line(room, fastrand::u64(1..1 << 60), &text));
        }
        for decision in hall.decisions(200) {
            stored(decision);
        }
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
    let log = write_for_long(&folder, &store, "hall");
    assert!(log < LONGEST_LOG, "{log}");
    drop(store);
    assert_eq!(size_of_log(&folder), 0);
    let database = fs::metadata(folder.database()).unwrap().len();
    assert!(database > 24_000 * 3_500, "{database}");
}

/// A look at the database, which the log is kept for until the transaction is dropped.
fn look(reader: &Connection) -> Transaction<'_> {
    let read = reader.unchecked_transaction().unwrap();
    let rooms = read.query_row("SELECT count(*) FROM room", [], |row| row.get::<_, i64>(0));
    rooms.unwrap();
    read
}

/// Ends the threads that read, also if the test fails.
struct EndReaders<'a>(&'a AtomicBool);

impl Drop for EndReaders<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// At any moment, at least one of several readers reads.
#[test]
fn the_log_begins_anew_while_others_read_on_and_on() {
    let folder = TestFolder::new();
    let store = folder.open();
    let have_to_end = AtomicBool::new(false);
    thread::scope(|threads| {
        let _end = EndReaders(&have_to_end);
        for _ in 0..4 {
            threads.spawn(|| {
                let reader = Connection::open(folder.database()).unwrap();
                while !have_to_end.load(Ordering::Relaxed) {
                    let _read = look(&reader);
                    thread::sleep(Duration::from_millis(5));
                }
            });
        }
        let log = write_for_long(&folder, &store, "hall");
        assert!(log < LONGEST_LOG, "{log}");
    });
}

#[test]
fn the_log_begins_anew_behind_a_long_read() {
    let folder = TestFolder::new();
    let store = folder.open();
    let reader = Connection::open(folder.database()).unwrap();
    let read = look(&reader);
    let all = write_for_long(&folder, &store, "hall");
    assert!(all > LONGEST_LOG, "{all}");
    drop(read);
    let log = write_for_long(&folder, &store, "cellar");
    assert!(log < all + LONGEST_LOG, "{log}");
}
