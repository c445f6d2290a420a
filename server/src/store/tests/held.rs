//! Texts that wait for a moderator over restarts, and what becomes of those of a user that is
//! exported or erased.

use guildhall_protocol::LineRef;

use super::*;
use crate::filter::FilterKind;
use crate::ids::{RequestId, SessionId, UserId};
use crate::journal::{HeldText, SessionRow};
use crate::moderation::UserSnapshot;
use crate::store::{StoredUser, erase_user, export_user};

pub(super) fn held(id: u64, account: &str) -> HeldText {
    HeldText {
        id,
        time: 1_000,
        room: "hall".into(),
        user: UserSnapshot {
            id: UserId(7),
            account: account.into(),
            name: "qzx-name".into(),
        },
        info: "{}".into(),
        session: SessionId(7),
        nonce: RequestId(id),
        text: "qzx-text".into(),
        action: true,
        about: Some(LineRef { epoch: 3, seq: 9 }),
        is_edit: true,
        filter: FilterKind::Mentions,
    }
}

pub(super) fn row(held: &HeldText) -> Row {
    Row::Held(Box::new(held.clone()))
}

#[test]
fn what_waits_is_known_after_a_restart_and_numbers_are_not_given_again() {
    let folder = TestFolder::new();
    let store = folder.open();
    let plain = HeldText {
        about: None,
        is_edit: false,
        action: false,
        ..held(2, "")
    };
    let session = SessionRow {
        id: SessionId(7),
        user: UserId(7),
        secret: [1; 16],
    };
    let rows = vec![
        Row::Session(session),
        row(&held(1, "42")),
        row(&plain),
        row(&held(5, "42")),
        Row::ForgetHeld(5),
        Row::ForgetHeld(6),
    ];
    put(&store, rows).unwrap();
    drop(store);
    let (store, known) = folder.open_with(&options());
    assert_eq!(known.held, [held(1, "42"), plain]);
    assert_eq!(known.next_held, 6);
    assert_eq!(known.sessions[0].held, [RequestId(1), RequestId(2)]);
    // Its line is there: the server was killed when it was published.
    let room = TestRoom::new("hall", 3);
    room.said(&store, line("hall", 2, "published"));
    drop(store);
    let (_store, known) = folder.open_with(&options());
    assert_eq!(known.held, [held(1, "42")]);
}

#[test]
fn a_user_is_exported_and_erased_with_what_waits() {
    let folder = TestFolder::new();
    let store = folder.open();
    put(
        &store,
        vec![row(&held(1, "42")), row(&held(2, "43")), row(&held(3, ""))],
    )
    .unwrap();
    drop(store);
    let mut out = Vec::new();
    export_user(folder.path(), StoredUser::Account("42"), &mut out).unwrap();
    let out = String::from_utf8(out).unwrap();
    let waiting = out
        .lines()
        .filter(|line| line.contains("\"kind\":\"held\""));
    assert_eq!(waiting.count(), 1, "{out}");
    erase_user(folder.path(), StoredUser::Account("42")).unwrap();
    erase_user(folder.path(), StoredUser::Guest(7)).unwrap();
    let (_store, known) = folder.open_with(&options());
    assert_eq!(known.held, [held(2, "43")]);
    let file = std::fs::read(folder.path().join("guildhall.db")).unwrap();
    let has = |text: &str| {
        file.windows(text.len())
            .filter(|it| *it == text.as_bytes())
            .count()
    };
    assert_eq!(has("qzx-text"), 1, "that of the other user");
}
