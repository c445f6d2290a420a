//! The sanctions that hold against each user, and for how long.

use super::against::TOLD_BYTES;
use super::*;
use crate::journal::Journal;
use crate::journal::memory::MemoryJournal;
use guildhall_protocol::Reason;

fn network(text: &str) -> Network {
    text.parse().unwrap()
}

fn sanction(account: &str, user: u64) -> Sanction {
    Sanction {
        id: 0,
        kind: SanctionKind::Mute,
        room: "red".into(),
        user: UserSnapshot {
            id: UserId(user),
            account: account.into(),
            name: format!("User {user}").into(),
        },
        networks: Box::default(),
        since: 1_000,
        until: 2_000,
        reason: Reason::Spam,
        rule: "".into(),
        note: "".into(),
        is_automated: false,
        by: Author::default(),
        report: 0,
    }
}

fn of_address(sanction: Sanction) -> Sanction {
    Sanction {
        networks: [network("10.0.0.1")].into(),
        ..sanction
    }
}

fn guest(id: u64, address: &str) -> Subject<'static> {
    Subject {
        account: "",
        id: UserId(id),
        network: Some(network(address)),
    }
}

fn user(account: &str) -> Subject<'_> {
    Subject {
        account,
        id: UserId(99),
        network: Some(network("10.0.0.1")),
    }
}

fn empty() -> Sanctions {
    Sanctions::new(Records::default(), None)
}

fn is_muted(sanctions: &Sanctions, subject: Subject<'_>) -> bool {
    let against = sanctions.against(subject);
    against.find(SanctionKind::Mute, "red", 1_999).is_some()
}

fn ended() -> Ended {
    Ended {
        time: 1_500,
        by: Author::default(),
        note: "".into(),
    }
}

#[test]
fn a_sanction_holds_against_an_account_or_a_guest_or_an_address() {
    let sanctions = empty();
    sanctions.impose(sanction("42", 7), false).unwrap();
    assert!(is_muted(&sanctions, user("42")), "whatever its number is");
    assert!(!is_muted(&sanctions, user("43")));
    assert!(!is_muted(&sanctions, guest(7, "10.0.0.9")));

    sanctions.impose(sanction("", 8), false).unwrap();
    assert!(is_muted(&sanctions, guest(8, "10.0.0.9")));
    assert!(!is_muted(&sanctions, guest(9, "10.0.0.9")));

    sanctions
        .impose(of_address(sanction("", 10)), true)
        .unwrap();
    assert!(is_muted(&sanctions, guest(11, "10.0.0.1")));
    assert!(!is_muted(&sanctions, guest(11, "10.0.0.2")));
    assert!(
        !is_muted(&sanctions, user("43")),
        "an address is one of guests"
    );
}

#[test]
fn a_sanction_is_found_in_its_room_until_its_end_and_the_last_to_end_counts() {
    let sanctions = empty();
    sanctions.impose(sanction("42", 7), false).unwrap();
    let against = sanctions.against(user("42"));
    let find = |room, time| against.find(SanctionKind::Mute, room, time).is_some();
    assert!(find("red", 1_999) && !find("red", 2_000));
    assert!(!find("blue", 1_999) && !find("", 1_999));
    let endless = Sanction {
        room: "".into(),
        until: 0,
        ..sanction("42", 7)
    };
    let endless = sanctions.impose(endless, false).unwrap();
    assert!(!against.is_of(&sanctions));
    let against = sanctions.against(user("42"));
    let find = |room, time| against.find(SanctionKind::Mute, room, time).unwrap().id;
    assert_eq!(find("red", 1_500), endless.id);
    assert_eq!(find("", u64::MAX - 1), endless.id);
    assert!(against.find(SanctionKind::Ban, "red", 1_500).is_none());
}

#[test]
fn a_sanction_that_ends_leaves_nothing_behind() {
    let sanctions = empty();
    let is_empty = || {
        let state = sanctions.state.lock();
        let lists = (
            state.by_account.len(),
            state.by_guest.len(),
            state.by_network.len(),
        );
        lists == (0, 0, 0) && state.by_id.is_empty() && state.ends.is_empty()
    };
    sanctions
        .impose(of_address(sanction("42", 7)), true)
        .unwrap();
    sanctions.impose(of_address(sanction("", 8)), true).unwrap();
    sanctions.sweep(1_999);
    assert!(!is_empty());
    sanctions.sweep(2_000);
    assert!(is_empty());
    sanctions
        .impose(of_address(sanction("42", 7)), true)
        .unwrap();
    let which = (SanctionKind::Mute, "red");
    assert!(sanctions.lift(("42", UserId(7)), which, ended()).is_some());
    assert!(sanctions.lift(("42", UserId(7)), which, ended()).is_none());
    assert!(is_empty());
}

#[test]
fn a_new_sanction_in_the_same_place_keeps_the_address_if_it_is_of_one() {
    let sanctions = empty();
    sanctions.impose(of_address(sanction("", 7)), true).unwrap();
    // The guest is away, so that nobody knows its address.
    sanctions.impose(sanction("", 7), true).unwrap();
    assert!(is_muted(&sanctions, guest(8, "10.0.0.1")));
    sanctions.impose(sanction("", 7), false).unwrap();
    assert!(!is_muted(&sanctions, guest(8, "10.0.0.1")));
    assert_eq!(sanctions.list(1_500, |_| true).len(), 1);
}

#[test]
fn no_more_holds_against_one_than_may_but_a_sanction_can_be_replaced() {
    let sanctions = empty();
    let in_room = |room: usize| Sanction {
        room: room.to_string().into(),
        ..of_address(sanction("42", 7))
    };
    for room in 0..MAX_OF_ONE {
        sanctions.impose(in_room(room), true).unwrap();
    }
    let impose = |sanction| sanctions.impose(sanction, true).err();
    assert_eq!(impose(in_room(MAX_OF_ONE)), Some(SanctionsFull));
    assert_eq!(impose(of_address(sanction("", 8))), Some(SanctionsFull));
    assert_eq!(impose(in_room(3)), None);
    assert_eq!(impose(sanction("43", 9)), None);
    // A kick holds nothing.
    let kick = Sanction {
        kind: SanctionKind::Kick,
        ..sanction("42", 7)
    };
    assert_eq!(impose(kick), None);
}

#[test]
fn a_user_is_told_as_much_as_fits_into_a_message_and_what_holds_everywhere_first() {
    let sanctions = empty();
    let long = |room: &str| Sanction {
        room: room.into(),
        rule: "x".repeat(500).into(),
        ..sanction("42", 7)
    };
    sanctions.impose(long(""), false).unwrap();
    for room in 1..MAX_OF_ONE {
        sanctions.impose(long(&room.to_string()), false).unwrap();
    }
    let told = sanctions
        .against(user("42"))
        .told("https://game.example", 1_500);
    assert!(told.len() > 20 && told.len() < MAX_OF_ONE, "{}", told.len());
    assert_eq!(told[0].room, "");
    assert!(told[1..].is_sorted_by_key(|one| std::cmp::Reverse(one.id)));
    let bytes: usize = told
        .iter()
        .map(guildhall_protocol::Message::encoded_len)
        .sum();
    assert!(bytes <= TOLD_BYTES);
    assert!(sanctions.against(user("42")).told("", 2_000).is_empty());
}

#[test]
fn what_holds_is_there_after_a_restart_and_no_number_comes_twice() {
    let journal = MemoryJournal::new();
    let records = Records::new(Some(Arc::clone(&journal) as Arc<dyn Journal>));
    let sanctions = Sanctions::new(records.clone(), None);
    sanctions
        .impose(of_address(sanction("42", 7)), true)
        .unwrap();
    sanctions.impose(sanction("", 8), false).unwrap();
    let kick = Sanction {
        kind: SanctionKind::Kick,
        ..sanction("42", 7)
    };
    sanctions.impose(kick, false).unwrap();
    let which = (SanctionKind::Mute, "red");
    sanctions.lift(("", UserId(8)), which, ended()).unwrap();
    journal.decide_next(usize::MAX);
    let known = journal.known();

    let again = Sanctions::new(records, None);
    again.restore(known.sanctions, known.next_sanction);
    assert!(is_muted(&again, user("42")) && !is_muted(&again, guest(8, "10.0.0.2")));
    assert!(is_muted(&again, guest(9, "10.0.0.1")));
    assert_eq!(again.impose(sanction("44", 9), false).unwrap().id, 4);
    // A sanction that ended while the server was off ends at the first look.
    again.sweep(2_000);
    assert!(again.list(0, |_| true).is_empty());
}

#[test]
fn a_user_that_is_not_known_any_more_is_found_by_what_holds_against_it() {
    let sanctions = empty();
    sanctions.impose(sanction("42", 7), false).unwrap();
    let user = sanctions.user(|user| user.id == UserId(7));
    assert_eq!(&*user.expect("it is known").account, "42");
    assert!(sanctions.user(|user| &*user.name == "User 7").is_some());
    assert!(sanctions.user(|user| user.id == UserId(8)).is_none());
}
