//! Sanctions and roles over restarts, and for the record.

use std::collections::BTreeMap;

use guildhall_protocol::{Reason, Role, SanctionKind};
use rusqlite::Connection;

use super::*;
use crate::ids::UserId;
use crate::moderation::{Author, Ended, RoleRow, Sanction, SanctionRow, UserSnapshot};
use crate::store::{StoredUser, erase_user, export_user};

fn author(account: &str, name: &str) -> Author {
    Author {
        account: account.into(),
        name: name.into(),
    }
}

pub(super) fn sanction(id: u64, account: &str) -> Sanction {
    Sanction {
        id,
        kind: SanctionKind::Ban,
        room: "hall".into(),
        user: UserSnapshot {
            id: UserId(7),
            account: account.into(),
            name: "qzx-name".into(),
        },
        networks: ["10.0.0.1", "2001:db8:1:2::/64"]
            .map(|text| text.parse().unwrap())
            .into(),
        since: 1_000,
        until: 2_000,
        reason: Reason::Spam,
        rule: "rule 3".into(),
        note: "qzx-note".into(),
        is_automated: true,
        by: author("mod", "Mod"),
        report: 9,
    }
}

pub(super) fn row(sanction: Sanction, ended: Option<Ended>) -> Row {
    Row::Sanction(Box::new(SanctionRow {
        sanction: sanction.into(),
        ended,
    }))
}

fn lifted() -> Ended {
    Ended {
        time: 1_500,
        by: author("qzx-boss", "Boss"),
        note: "a mistake".into(),
    }
}

pub(super) fn role(account: &str, room: &str, role: Role) -> Row {
    Row::Role(Box::new(role_row(account, room, role)))
}

fn role_row(account: &str, room: &str, role: Role) -> RoleRow {
    RoleRow {
        account: account.into(),
        room: room.into(),
        role,
        since: 1_000,
        by: author("qzx-boss", "Boss"),
    }
}

#[test]
fn sanctions_that_hold_and_roles_are_known_after_a_restart() {
    let folder = TestFolder::new();
    let store = folder.open();
    let endless = Sanction {
        until: 0,
        networks: Box::default(),
        ..sanction(5, "")
    };
    let rows = vec![
        row(sanction(3, "42"), None),
        row(sanction(4, "42"), None),
        row(sanction(4, "42"), Some(lifted())),
        row(endless.clone(), None),
        row(sanction(6, "42"), Some(lifted())),
        role("42", "", Role::Moderator),
        role("42", "hall", Role::Moderator),
        role("42", "hall", Role::Admin),
        role("43", "", Role::Admin),
        role("43", "", Role::Unspecified),
    ];
    put(&store, rows).unwrap();
    drop(store);
    let (_store, known) = folder.open_with(&options());
    assert_eq!(known.sanctions, [sanction(3, "42"), endless]);
    // The number of one that has ended is not given again either.
    assert_eq!(known.next_sanction, 7);
    let expected = [
        role_row("42", "", Role::Moderator),
        role_row("42", "hall", Role::Admin),
    ];
    assert_eq!(known.roles, expected);
    assert_eq!(folder.count("sanction"), 4, "all stay for the record");
}

#[test]
fn the_record_says_who_has_lifted_a_sanction() {
    let folder = TestFolder::new();
    let store = folder.open();
    put(&store, vec![row(sanction(3, "42"), Some(lifted()))]).unwrap();
    drop(store);
    let database = Connection::open(folder.path().join("guildhall.db")).unwrap();
    let found: (u64, String, String, String) = database
        .query_row(
            "SELECT ended, ended_by_account, ended_by_name, ended_note FROM sanction",
            [],
            |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)),
        )
        .unwrap();
    let expected = (1_500, "qzx-boss".into(), "Boss".into(), "a mistake".into());
    assert_eq!(found, expected);
}

#[test]
fn an_erased_user_keeps_what_holds_against_it_and_nothing_else() {
    let folder = TestFolder::new();
    let store = folder.open();
    let rows = vec![
        row(sanction(3, "42"), None),
        row(sanction(4, "42"), Some(lifted())),
        row(sanction(5, "43"), None),
        row(sanction(6, "43"), Some(lifted())),
        role("42", "", Role::Moderator),
        role("44", "", Role::Moderator),
    ];
    put(&store, rows).unwrap();
    drop(store);
    let mut out = Vec::new();
    export_user(folder.path(), StoredUser::Account("42"), &mut out).unwrap();
    let mut kinds = BTreeMap::new();
    for line in String::from_utf8(out).unwrap().lines() {
        let value: serde_json::Value = serde_json::from_str(line).unwrap();
        *kinds.entry(value["kind"].to_string()).or_insert(0) += 1;
    }
    assert_eq!(kinds.get("\"sanction\""), Some(&2), "{kinds:?}");
    assert_eq!(kinds.get("\"role\""), Some(&1), "{kinds:?}");

    erase_user(folder.path(), StoredUser::Account("42")).unwrap();
    erase_user(folder.path(), StoredUser::Account("qzx-boss")).unwrap();
    let (_store, known) = folder.open_with(&options());
    let user = UserSnapshot {
        name: "".into(),
        ..sanction(3, "42").user
    };
    let kept = Sanction {
        user,
        note: "".into(),
        ..sanction(3, "42")
    };
    assert_eq!(known.sanctions, [kept, sanction(5, "43")]);
    assert_eq!(known.roles.len(), 1);
    assert_eq!(known.roles[0].by, Author::default());
    assert_eq!(folder.count("sanction"), 3);
}
