//! Users with an account: how long they are known, and whose a name is.

use super::*;
use std::time::{Duration, Instant};

use crate::ids::RequestId;
use crate::ids::Seq;
use crate::network::Network;
use crate::shared::limits::RoomLimits;

fn users() -> Users {
    Users::new(&RoomLimits {
        resume_within: Duration::from_mins(1),
        keep_users: Duration::from_hours(1),
        absent_users: 3,
        ..RoomLimits::default()
    })
}

fn claims(user: &str, name: Option<&str>) -> Claims {
    Claims {
        user: user.into(),
        name: name.map(Into::into),
        info: None,
        rooms: Vec::new(),
        caps: Vec::new(),
        expires: u64::MAX,
        issued: None,
    }
}

fn connection(id: u64) -> ConnectionRef {
    ConnectionRef {
        thread: 0,
        id: ConnectionId(id),
    }
}

/// Signs a user in over the connection with this number.
fn sign_in(users: &Users, id: u64, user: &str, name: Option<&str>) -> SignedIn {
    let claims = claims(user, name);
    let signed = users.sign_in(ConnectionId(id), &claims, "", connection(id));
    signed.expect("it asks for no name")
}

fn name(user: &User) -> String {
    user.name().of(user.id)
}

/// The names of the users that have changed, and whether they have another name.
fn changed(signed: &SignedIn) -> Vec<(String, bool)> {
    let changed = signed.changed.iter();
    let each = changed.map(|one| (name(&one.user), one.is_renamed));
    each.collect()
}

#[test]
fn a_user_is_known_for_a_while_after_its_last_session_has_ended() {
    let (users, start) = (users(), Instant::now());
    let mira = sign_in(&users, 1, "42", Some("Mira")).session;
    let phone = sign_in(&users, 2, "42", Some("Mira")).session;
    assert_eq!(phone.user.id, UserId(1));
    users.end_session(&mira, connection(1), start);
    assert!(users.by_id(UserId(1)).is_some(), "it has another session");
    users.disconnect(&phone, connection(2), Network::LOOPBACK, start);
    users.sweep(start + Duration::from_mins(1));
    assert!(users.by_id(UserId(1)).is_none(), "it has no session");
    assert_eq!(users.id_of("mira"), Some(UserId(1)), "and keeps its name");
    users.sweep(start + Duration::from_hours(1));
    let again = sign_in(&users, 3, "42", Some("Mira")).session;
    assert_eq!((again.user.id, again.id.0), (UserId(1), 3));
    // It was here meanwhile, so the time counts anew.
    users.sweep(start + Duration::from_mins(62));
    users.end_session(&again, connection(3), start + Duration::from_mins(62));
    users.sweep(start + Duration::from_mins(122));
    assert_eq!(users.id_of("Mira"), None);
    let new = sign_in(&users, 4, "42", Some("Mira")).session;
    assert_eq!(new.user.id, UserId(4), "it is not known any more");
}

#[test]
fn of_too_many_absent_users_the_one_that_is_away_for_longest_is_forgotten() {
    let (users, now) = (users(), Instant::now());
    for id in 1..=5 {
        let user = sign_in(&users, id, &id.to_string(), Some(&format!("User {id}")));
        users.end_session(&user.session, connection(id), now);
    }
    let known: Vec<_> = (1..=5)
        .filter(|id| users.id_of(&format!("User {id}")).is_some())
        .collect();
    assert_eq!(known, [3, 4, 5]);
    let inner = users.lock();
    assert_eq!(inner.users.len(), 3);
    assert_eq!((inner.by_account.len(), inner.by_look.len()), (3, 3));
}

#[test]
fn a_claimed_name_is_taken_from_who_has_chosen_it() {
    let users = users();
    let guest = users.begin_session(ConnectionId(1), "Mira", connection(1));
    let guest = guest.unwrap();
    let signed = sign_in(&users, 2, "42", Some("MIRA"));
    assert_eq!(name(&signed.session.user), "MIRA");
    assert_eq!(name(&guest.user), "Guest 1");
    assert_eq!(changed(&signed), [("Guest 1".to_owned(), true)]);
    assert_eq!(users.rename(&guest.user, "Mira"), Err(NameError::Taken));
    assert!(users.rename(&guest.user, "Ann").is_ok());
    assert!(users.is_named_by_token(&signed.session.user));
    assert!(!users.is_named_by_token(&guest.user));
}

#[test]
fn a_user_that_loses_a_chosen_name_has_that_of_its_token_again() {
    let users = users();
    let mira = sign_in(&users, 1, "42", Some("Mira")).session.user.clone();
    users.rename(&mira, "Zoe").unwrap();
    let zoe = sign_in(&users, 2, "7", Some("Zoe"));
    assert_eq!(changed(&zoe), [("Mira".to_owned(), true)]);
    assert_eq!(users.id_of("Mira"), Some(UserId(1)));
    assert_eq!(users.id_of("Zoe"), Some(UserId(2)));
}

#[test]
fn a_refresh_changes_the_name_if_the_token_says_another() {
    let users = users();
    let mira = sign_in(&users, 1, "42", Some("Mira")).session.user.clone();
    assert!(users.refresh(&mira, &claims("42", Some("Mira"))).is_empty());
    users.rename(&mira, "Mia").unwrap();
    assert!(
        users.refresh(&mira, &claims("42", Some("Mira"))).is_empty(),
        "what it has chosen since counts"
    );
    assert_eq!(name(&mira), "Mia");
    let renamed = users.refresh(&mira, &claims("42", Some("Mirabel")));
    assert!(renamed.len() == 1 && renamed[0].is_renamed);
    assert_eq!(name(&mira), "Mirabel");
    for free in ["Mira", "Mia"] {
        assert_eq!(users.id_of(free), None, "{free}");
    }
    // Without a name in its token it keeps the one that it has, and may lose it.
    assert!(users.refresh(&mira, &claims("42", None)).is_empty());
    assert!(!users.is_named_by_token(&mira));
    let other = sign_in(&users, 2, "7", Some("Mirabel"));
    assert_eq!(changed(&other), [("Guest 1".to_owned(), true)]);
}

#[test]
fn what_is_shown_beside_the_name_changes_without_a_rename() {
    let users = users();
    let mira = sign_in(&users, 1, "42", Some("Mira")).session.user.clone();
    let shown = Claims {
        info: Some("{}".into()),
        ..claims("42", Some("Mira"))
    };
    let before = mira.changes();
    let changed = users.refresh(&mira, &shown);
    assert!(changed.len() == 1 && !changed[0].is_renamed);
    assert_eq!((mira.name().info(), mira.name().user()), ("{}", "42"));
    assert_ne!(
        mira.changes(),
        before,
        "so that its connections take it over"
    );
    assert!(users.refresh(&mira, &shown).is_empty());
}

#[test]
fn a_name_that_looks_like_the_users_own_claim_stays_its_own() {
    let users = users();
    let mira = sign_in(&users, 1, "42", Some("Mira")).session.user.clone();
    users.rename(&mira, "MIRA").unwrap();
    users.refresh(&mira, &claims("42", None));
    assert_eq!(
        (name(&mira), users.id_of("Mira")),
        ("MIRA".into(), Some(UserId(1)))
    );
    users.rename(&mira, "Zoe").unwrap();
    assert_eq!(users.id_of("Mira"), None);
    assert!(
        users
            .begin_session(ConnectionId(2), "Mira", connection(2))
            .is_ok()
    );
}

#[test]
fn users_whose_tokens_say_the_same_name_are_told_apart_whoever_comes_back() {
    let users = users();
    let first = sign_in(&users, 1, "1", Some("Mira")).session;
    let second = sign_in(&users, 2, "2", Some("Mira"));
    assert_eq!(name(&second.session.user), "Mira #2");
    assert!(second.changed.is_empty());
    // Somebody's token says just that.
    let third = sign_in(&users, 3, "3", Some("Mira #2")).session;
    assert_eq!(name(&third.user), "Mira #2 #3");
    users.end_session(&first, connection(1), Instant::now());
    let fourth = sign_in(&users, 4, "4", Some("Mira")).session;
    assert_eq!(name(&fourth.user), "Mira #4", "the first one is known");
    let first = sign_in(&users, 5, "1", Some("Mira")).session;
    assert_eq!(name(&first.user), "Mira");
}

#[test]
fn a_session_is_resumed_with_the_same_account_alone() {
    let users = users();
    let mira = sign_in(&users, 1, "42", None).session;
    let resume = |account| {
        let resumed = users.resume(&mira.secret, account, RequestId(1), connection(2), Seq(0));
        resumed.is_ok()
    };
    assert!(!resume(None) && !resume(Some("7")));
    assert!(resume(Some("42")));
}

#[test]
fn above_the_most_sessions_one_that_is_away_ends_first() {
    let (users, now) = (users(), Instant::now());
    let sign_in = |id| sign_in(&users, id, "42", None);
    let sessions: Vec<_> = (1..=16).map(|id| sign_in(id).session).collect();
    let away = &sessions[7];
    users.disconnect(away, connection(8), Network::LOOPBACK, now);
    assert_eq!(sign_in(17).closed, None);
    assert_eq!(users.len(), 16);
    let resumed = users.resume(
        &away.secret,
        Some("42"),
        RequestId(1),
        connection(8),
        Seq(0),
    );
    assert!(resumed.is_err());
    assert_eq!(sign_in(18).closed, Some(connection(1)));
    assert_eq!(users.len(), 16);
    assert_eq!(sessions[1].user.sessions().len(), 16);
}
