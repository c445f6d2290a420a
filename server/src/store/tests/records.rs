use super::*;
use crate::ids::{RequestId, SessionId, UserId};
use crate::journal::{
    BlockRow, KnownSession, ReadMarkRow, RoomSettingsRow, SessionRow, UserRow, WhisperRow,
};
use crate::moderation::blocked::AuthorId;
use crate::policy::ChangedSettings;

fn user(id: u64, account: Option<&str>) -> UserRow {
    UserRow {
        id: UserId(id),
        account: account.map(Into::into),
        chosen: Some("Mira".into()),
        claimed: None,
        info: "{}".into(),
    }
}

fn session(id: u64) -> SessionRow {
    SessionRow {
        id: SessionId(id),
        user: UserId(7),
        secret: [9; 16],
    }
}

fn whisper(session: u64, seq: u64, sender: u64, request: u64) -> WhisperRow {
    WhisperRow {
        session: SessionId(session),
        seq: Seq(seq),
        sender: (SessionId(sender), RequestId(request)),
        frame: bytes::Bytes::from_static(b"frame"),
    }
}

fn mark(room: &str, seq: u64) -> ReadMarkRow {
    ReadMarkRow {
        user: UserId(7),
        room: room.into(),
        epoch: Epoch(5),
        seq: Seq(seq),
    }
}

fn block(owner: AuthorId, blocked: AuthorId, time: u64) -> BlockRow {
    BlockRow {
        owner,
        author: blocked,
        id: UserId(9),
        name: "Eve".into(),
        time,
    }
}

#[test]
fn whom_users_block_is_there_after_a_restart_and_goes_with_a_guest() {
    let folder = TestFolder::new();
    let store = folder.open();
    let guest = |id| AuthorId::new(UserId(id), "");
    let account = |account: &str| AuthorId::new(UserId(0), account);
    let blocks = [
        block(guest(7), guest(8), 1),
        block(guest(7), account("eve"), 2),
        block(account("mira"), account("eve"), 5),
        block(account("mira"), guest(7), 6),
    ];
    let rows = blocks.iter().cloned().map(Row::Block).collect();
    put(&store, rows).unwrap();
    let over = block(account("mira"), guest(7), 0);
    put(&store, vec![Row::Block(over)]).unwrap();
    drop(store);
    let (store, known) = folder.open_with(&options());
    assert_eq!(known.blocks, blocks[..3]);
    put(&store, vec![Row::ForgetUser(UserId(7))]).unwrap();
    drop(store);
    let (_store, known) = folder.open_with(&options());
    assert_eq!(known.blocks, blocks[2..3]);
}

pub(super) fn settings(room: &str, topic: Option<&str>) -> RoomSettingsRow {
    RoomSettingsRow {
        room: room.into(),
        settings: ChangedSettings {
            topic: topic.map(str::to_owned),
            slow_mode: topic.map(|_| Duration::from_secs(7)),
            announce_only: topic.map(|_| false),
        },
        is_open: topic.is_some(),
    }
}

#[test]
fn what_is_known_of_users_is_there_after_a_restart() {
    let folder = TestFolder::new();
    let (store, known) = folder.open_with(&options());
    let nothing = Known {
        feed: known.feed.clone(),
        ..Known::default()
    };
    assert_eq!(known, nothing);
    let rows = vec![
        Row::NextId(100),
        Row::NextId(50),
        Row::User(user(7, None)),
        Row::User(user(7, Some("42"))),
        Row::Session(session(7)),
        Row::Whisper(whisper(7, 1, 7, 3)),
        Row::Whisper(whisper(7, 2, 7, 4)),
        Row::ReadMark(mark("hall", 2)),
        Row::ReadMark(mark("hall", 3)),
        Row::ReadMark(mark("tower", 1)),
        Row::ReadMark(mark("tower", 0)),
        Row::RoomSettings(settings("hall", Some("before"))),
        Row::RoomSettings(settings("hall", Some("now"))),
        Row::RoomSettings(settings("tower", Some("gone"))),
        Row::RoomSettings(settings("tower", None)),
    ];
    put(&store, rows).unwrap();
    TestRoom::new("hall", 5).said(&store, line("hall", 6, "hi"));
    drop(store);
    let (_store, known) = folder.open_with(&options());
    let expected = Known {
        next_id: 100,
        users: vec![user(7, Some("42"))],
        sessions: vec![KnownSession {
            held: Vec::new(),
            row: session(7),
            highest: RequestId(6),
            whispers: vec![whisper(7, 1, 7, 3), whisper(7, 2, 7, 4)],
        }],
        read_marks: vec![mark("hall", 3)],
        room_settings: vec![settings("hall", Some("now"))],
        feed: known.feed.clone(),
        ..Known::default()
    };
    assert_eq!(known, expected);
}

#[test]
fn what_is_over_is_gone_and_used_requests_stay_used() {
    let folder = TestFolder::new();
    let store = folder.open();
    let rows = vec![
        Row::User(user(7, None)),
        Row::Session(session(7)),
        Row::Session(session(8)),
        Row::Session(session(9)),
        Row::Whisper(whisper(8, 1, 7, 5)),
        Row::Whisper(whisper(8, 2, 9, 6)),
        Row::ReadMark(mark("hall", 2)),
    ];
    put(&store, rows).unwrap();
    put(&store, vec![Row::ForgetWhispers(SessionId(8), Seq(1))]).unwrap();
    assert_eq!(folder.count("whisper"), 1);
    put(&store, vec![Row::EndSession(SessionId(8))]).unwrap();
    assert_eq!(folder.count("whisper"), 0);
    drop(store);
    let (store, known) = folder.open_with(&options());
    let highest = known
        .sessions
        .iter()
        .map(|session| (session.row.id.0, session.highest.0));
    assert!(highest.eq([(7, 5), (9, 6)]));
    put(&store, vec![Row::ForgetUser(UserId(7))]).unwrap();
    assert_eq!((folder.count("person"), folder.count("read_mark")), (0, 0));
}

#[test]
fn a_record_is_kept_before_what_is_said_behind_it_is_told() {
    let folder = TestFolder::new();
    let store = folder.open();
    let hall = TestRoom::new("hall", 5);
    let (told, order) = mpsc::channel();
    for nonce in 1..=3 {
        hall.hand_over(&store, line("hall", nonce, "hi"));
        let (told, room) = (told.clone(), Arc::clone(&hall));
        store.append(Entry::Record(Record {
            rows: Box::new(Vec::new),
            done: Some(Box::new(move |result| {
                let decided = room.decisions.lock().unwrap().len();
                told.send((result, decided)).unwrap();
            })),
        }));
    }
    let order: Vec<_> = order.iter().take(3).collect();
    assert_eq!(order, [1, 2, 3].map(|decided| (Ok(()), decided)));
}
