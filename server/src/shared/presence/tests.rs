//! Members are told of each other.

use super::*;
use crate::shared::name::Account;
use std::sync::Arc;

fn join(presence: &mut Presence, id: u64) {
    presence.join(UserId(id), ConnectionId(id), Name::GUEST, Protocol::V1);
}

fn changes(presence: &mut Presence) -> PresenceMessage {
    presence.take_changes("red").listed.unwrap()
}

fn message(count: u32, listed: bool, joined: &[u64], left: &[u64]) -> PresenceMessage {
    PresenceMessage {
        room: "red".into(),
        count,
        listed,
        joined: joined
            .iter()
            .map(|&id| Name::GUEST.member(UserId(id)))
            .collect(),
        left: left.to_vec(),
        whole: false,
    }
}

#[test]
fn members_that_joined_and_left_are_told_together() {
    let mut presence = Presence::default();
    (1..=3).for_each(|id| join(&mut presence, id));
    assert_eq!(changes(&mut presence), message(3, true, &[1, 2, 3], &[]));
    assert!(!presence.has_changes());
    join(&mut presence, 4);
    presence.leave(UserId(2), ConnectionId(2));
    assert!(presence.has_changes());
    assert_eq!(changes(&mut presence), message(3, true, &[4], &[2]));
}

#[test]
fn a_change_that_a_client_was_shown_is_told_even_if_it_was_undone() {
    let mut presence = Presence::default();
    join(&mut presence, 1);
    join(&mut presence, 2);
    changes(&mut presence);
    // A client is shown that 3 is a member and 2 is not.
    join(&mut presence, 3);
    presence.leave(UserId(2), ConnectionId(2));
    join(&mut presence, 4);
    assert_eq!(presence.show().unwrap().len(), 3);
    presence.leave(UserId(3), ConnectionId(3));
    join(&mut presence, 2);
    assert_eq!(changes(&mut presence), message(3, true, &[2, 4], &[3]));
}

#[test]
fn a_change_that_was_undone_is_not_told() {
    let mut presence = Presence::default();
    join(&mut presence, 1);
    join(&mut presence, 9);
    changes(&mut presence);
    join(&mut presence, 2);
    presence.leave(UserId(2), ConnectionId(2));
    presence.leave(UserId(1), ConnectionId(1));
    join(&mut presence, 1);
    assert!(presence.has_changes());
    assert_eq!(presence.take_changes("red"), Changes::default());
    assert!(!presence.has_changes());
}

#[test]
fn a_very_large_room_is_told_less_often() {
    let mut presence = Presence::default();
    (1..=3_500).for_each(|id| join(&mut presence, id));
    for _ in 0..2 {
        for _ in 0..3 {
            assert_eq!(presence.take_changes("red"), Changes::default());
            assert!(presence.has_changes(), "it is told later");
        }
        assert!(!changes(&mut presence).listed);
        assert!(!presence.has_changes());
        let id = presence.len() as u64 + 1;
        join(&mut presence, id);
    }
    // A change that was undone is not told later.
    let id = presence.len() as u64;
    presence.leave(UserId(id), ConnectionId(id));
    assert_eq!(presence.take_changes("red"), Changes::default());
    assert!(!presence.has_changes());
}

#[test]
fn a_name_in_a_room_too_large_to_list_is_not_told() {
    let mut presence = Presence::default();
    (1..=101).for_each(|id| join(&mut presence, id));
    assert_eq!(changes(&mut presence), message(101, false, &[], &[]));
    presence.rename(UserId(7), Name::new("Zoe"));
    assert_eq!(presence.take_changes("red"), Changes::default());
    // One joined and another left: the number is the same as before.
    join(&mut presence, 102);
    presence.leave(UserId(7), ConnectionId(7));
    assert_eq!(presence.take_changes("red"), Changes::default());
    // But here a client was told another one in between.
    join(&mut presence, 103);
    assert_eq!(presence.show(), None);
    presence.leave(UserId(8), ConnectionId(8));
    assert_eq!(changes(&mut presence), message(101, false, &[], &[]));
    assert_eq!(presence.take_changes("red"), Changes::default());
    // The names are told when there are few enough members to list them.
    presence.leave(UserId(9), ConnectionId(9));
    assert!(changes(&mut presence).whole);
}

#[test]
fn a_user_with_a_new_connection_is_one_member() {
    let mut presence = Presence::default();
    join(&mut presence, 1);
    presence.join(UserId(1), ConnectionId(9), Name::GUEST, Protocol::V1);
    presence.leave(UserId(1), ConnectionId(1));
    assert_eq!((presence.len(), presence.told), (1, 1));
    presence.leave(UserId(1), ConnectionId(9));
    assert_eq!((presence.len(), presence.told), (0, 0));
}

#[test]
fn a_large_room_is_told_its_count_and_the_whole_list_when_it_shrinks() {
    let mut presence = Presence::default();
    (1..=100).for_each(|id| join(&mut presence, id));
    assert!(changes(&mut presence).listed);
    assert_eq!(presence.list().map(|list| list.len()), Some(100));
    join(&mut presence, 101);
    assert_eq!(changes(&mut presence), message(101, false, &[], &[]));
    assert_eq!(presence.list(), None);
    presence.leave(UserId(5), ConnectionId(5));
    presence.leave(UserId(6), ConnectionId(6));
    let remaining: Vec<u64> = (1..=101).filter(|id| ![5, 6].contains(id)).collect();
    let mut expected = message(99, true, &remaining, &[]);
    expected.whole = true;
    assert_eq!(changes(&mut presence), expected);
    presence.leave(UserId(7), ConnectionId(7));
    assert_eq!(changes(&mut presence), message(98, true, &[], &[7]));
}

#[test]
fn after_too_many_changes_the_whole_list_is_told() {
    let mut presence = Presence::default();
    join(&mut presence, 1);
    changes(&mut presence);
    (2..=150).for_each(|id| join(&mut presence, id));
    (2..=149).for_each(|id| presence.leave(UserId(id), ConnectionId(id)));
    // All of them but 150 have left again. There were too many changes to tell each.
    let mut expected = message(2, true, &[1, 150], &[]);
    expected.whole = true;
    assert_eq!(changes(&mut presence), expected);
    assert!(presence.changed.is_empty());
}

#[test]
fn members_that_may_not_see_who_is_there_are_told_how_many_are() {
    let mut presence = Presence::default();
    let unlisted = |count| Some(message(count, false, &[], &[]));
    join(&mut presence, 1);
    assert_eq!(presence.take_changes("red").unlisted, unlisted(1));
    presence.rename(UserId(1), Name::new("Ann"));
    let changes = presence.take_changes("red");
    assert!(changes.unlisted.is_none() && changes.listed.is_some());
    join(&mut presence, 2);
    presence.show_count();
    assert_eq!(presence.take_changes("red").unlisted, unlisted(2));
    // A member that may see the others from now on.
    presence.tell_all();
    assert!(presence.has_changes());
    let changes = presence.take_changes("red");
    let listed = changes.listed.unwrap();
    assert!(listed.whole && listed.joined.len() == 2);
    assert!(changes.unlisted.is_none() && !presence.has_changes());
}

#[test]
fn without_a_member_to_tell_no_changes_are_kept() {
    let mut presence = Presence::default();
    (1..=50).for_each(|id| {
        presence.join(
            UserId(id),
            ConnectionId(id),
            Name::GUEST,
            Protocol::Tutorial,
        );
    });
    assert!(!presence.has_changes());
    assert!(presence.changed.is_empty());
    assert_eq!(presence.len(), 50);
}

#[test]
fn members_whose_info_has_no_place_come_without_it() {
    let account = |id: u64, info: usize| {
        let account = Account {
            user: format!("{id:0>128}").into(),
            info: format!("{{\"a\":\"{}\"}}", "x".repeat(info)).into(),
        };
        Name::new(&"\u{1f600}".repeat(24)).with_account(Some(Arc::new(account)))
    };
    for (info, with_info) in [(10, 100..=100), (1_000, 1..=30)] {
        let mut presence = Presence::default();
        for id in 1..=100 {
            let name = account(id, info);
            presence.join(UserId(id), ConnectionId(id), name, Protocol::V1);
        }
        let list = presence.show().unwrap();
        let bytes: usize = list.iter().map(|one| one.encoded_len() + 4).sum();
        assert!(bytes <= MAX_MEMBERS_BYTES, "{bytes}");
        let shown = list.iter().filter(|one| !one.info.is_empty()).count();
        assert!(with_info.contains(&shown), "{shown}");
        assert!(!list[0].info.is_empty() && list.iter().all(|one| !one.user.is_empty()));
        assert_eq!(changes(&mut presence).joined, list);
    }
}
