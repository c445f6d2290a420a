//! Rows about users that could not be kept, and are tried again.

use rusqlite::Connection;

use super::*;
use crate::ids::{RequestId, SessionId, UserId};
use crate::journal::{BlockRow, ReadMarkRow, SessionRow, UserRow, WhisperRow};
use crate::moderation::blocked::AuthorId;
use crate::store::batch::Batch;
use crate::store::kept::Kept;
use crate::store::rooms::Rooms;
use crate::store::{connection, records, schema};

fn user(id: u64, info: u64) -> Row {
    Row::User(UserRow {
        id: UserId(id),
        account: None,
        chosen: None,
        claimed: None,
        info: info.to_string().into(),
    })
}

fn session(id: u64, secret: u8) -> Row {
    Row::Session(SessionRow {
        id: SessionId(id),
        user: UserId(id % 4),
        secret: [secret; 16],
    })
}

fn mark(user: u64, room: &str, seq: u64) -> Row {
    Row::ReadMark(ReadMarkRow {
        user: UserId(user),
        room: room.into(),
        epoch: Epoch(5),
        seq: Seq(seq),
    })
}

pub(super) fn block(owner: AuthorId, blocked: u64, time: u64) -> Row {
    Row::Block(BlockRow {
        owner,
        author: AuthorId::new(UserId(blocked), ""),
        id: UserId(blocked),
        name: "Eve".into(),
        time,
    })
}

fn guest(id: u64) -> AuthorId {
    AuthorId::new(UserId(id), "")
}

fn whisper(session: u64, seq: u64, sender: u64) -> Row {
    Row::Whisper(WhisperRow {
        session: SessionId(session),
        seq: Seq(seq),
        sender: (SessionId(sender), RequestId(seq)),
        frame: bytes::Bytes::from_static(b"frame"),
    })
}

/// A store in memory that has these rows.
fn disk(rows: &[Row]) -> Connection {
    let mut connection = Connection::open_in_memory().unwrap();
    schema::migrate(&mut connection, 0).unwrap();
    for row in rows {
        records::put(&connection, row).unwrap();
    }
    connection
}

#[test]
fn a_later_row_takes_the_place_of_an_earlier_one_about_the_same() {
    let disk = disk(&[user(1, 0), session(1, 0), mark(1, "hall", 1)]);
    let mut kept = Kept::default();
    for round in 1..=1_000 {
        for row in [
            Row::NextId(round),
            user(1, round),
            session(1, 9),
            mark(1, "hall", round),
            mark(1, "tower", round),
            block(guest(1), 2, round),
            // One that the disk never had.
            block(guest(1), 10 + round, 1),
            block(guest(1), 10 + round, 0),
            Row::ForgetWhispers(SessionId(1), Seq(round)),
        ] {
            kept.add(&disk, row);
        }
        // A guest that comes and goes leaves nothing behind.
        let id = 1_000 + round;
        for row in [
            user(id, 0),
            session(id, 0),
            mark(id, "hall", 1),
            block(guest(id), 2, 1),
            Row::ForgetWhispers(SessionId(id), Seq(1)),
            Row::EndSession(SessionId(id)),
            Row::ForgetUser(UserId(id)),
        ] {
            kept.add(&disk, row);
        }
    }
    assert_eq!(kept.rows().len(), 7);
    assert!(kept.rows().any(|row| *row == mark(1, "hall", 1_000)));
    // If a user or a session goes that the disk has, it has to go from there.
    kept.add(&disk, Row::EndSession(SessionId(1)));
    kept.add(&disk, Row::ForgetUser(UserId(1)));
    let gone = [
        Row::NextId(1_000),
        Row::EndSession(SessionId(1)),
        Row::ForgetUser(UserId(1)),
    ];
    assert!(kept.rows().eq(&gone));
}

#[test]
fn what_is_tried_again_says_what_all_rows_say_in_their_order() {
    for seed in 0..300 {
        let mut random = fastrand::Rng::with_seed(seed);
        let (mut next, mut sessions) = (1, Vec::new());
        let mut rows = Vec::new();
        for step in 1..=60 {
            let user_id = random.u64(0..4);
            let some = random.choice(&sessions).copied();
            rows.push(match (random.u8(0..11), some) {
                (0, _) => Row::NextId(random.u64(1..99)),
                (1, _) => user(user_id, step),
                (2, _) => Row::ForgetUser(UserId(user_id)),
                (3, _) => mark(user_id, "hall", random.u64(0..9)),
                (4, _) => mark(user_id, "tower", step),
                (9, _) => block(guest(user_id), random.u64(0..3), random.u64(0..2) * step),
                (10, _) => {
                    let owner = AuthorId::new(UserId(user_id), "an account");
                    block(owner, random.u64(0..3), random.u64(0..2) * step)
                }
                (5, Some(id)) => session(id, random.u8(..)),
                (6, Some(id)) => {
                    let sender = random.choice(&sessions).copied();
                    whisper(id, step, sender.unwrap())
                }
                (7, Some(id)) => Row::ForgetWhispers(SessionId(id), Seq(step)),
                (8, Some(id)) if random.bool() => {
                    sessions.retain(|&one| one != id);
                    Row::EndSession(SessionId(id))
                }
                // A number is given to one session.
                _ => {
                    next += 1;
                    sessions.push(next);
                    session(next, 0)
                }
            });
        }
        let (before, behind) = rows.split_at(random.usize(0..rows.len()));
        let tried = disk(before);
        let mut kept = Kept::default();
        for row in behind {
            kept.add(&tried, row.clone());
        }
        for row in kept.rows() {
            records::put(&tried, row).unwrap();
        }
        let known = records::known(&tried).unwrap();
        assert_eq!(
            known,
            records::known(&disk(&rows)).unwrap(),
            "seed {seed}: {behind:#?}"
        );
    }
}

/// How many of 10,000 rows about users are put into the store in this folder, whose disk is full,
/// when they are new and when they are tried again.
pub(super) fn tried_on_a_full_disk(folder: &Path) -> [u64; 2] {
    let mut writer = connection::writer(&super::super::folder::database(folder)).unwrap();
    connection::set_up_writer(&writer, None).unwrap();
    let mut batch = Batch::new(Duration::ZERO);
    let mut write = |entries| {
        let before = writer.total_changes();
        let (told, result) = batch.write(&mut writer, &mut Rooms::default(), entries);
        assert!(told.is_empty());
        let error = result.unwrap_err().sqlite_error_code();
        assert_eq!(error, Some(rusqlite::ErrorCode::DiskFull));
        writer.total_changes() - before
    };
    let rows: Vec<_> = (0..10_000).map(|id| user(id, id)).collect();
    let record = Record {
        rows: Box::new(|| rows),
        done: None,
    };
    [write(vec![Entry::Record(record)]), write(Vec::new())]
}
