//! Presence: joins and leaves are told together, and never more often than the
//! server's interval, however many users join at once.

use std::num::NonZeroUsize;
use std::time::Duration;

use guildhall_protocol::{Member, Presence};
use guildhall_server::Caps;
use guildhall_server::Config;

use guildhall_testing::test_server::TestServer;
use guildhall_testing::v1_client::V1Client;

/// A server that gathers changes of presence for this long.
fn server(threads: usize, tell_changes_every: Duration) -> TestServer {
    TestServer::with(Config {
        threads: NonZeroUsize::new(threads).unwrap(),
        tell_changes_every,
        caps: Caps {
            total: 16_384,
            per_address: 0,
        },
        ..Config::default()
    })
}

/// A few milliseconds: no test waits long for presence.
const SOON: Duration = Duration::from_millis(5);

/// Applies presence to a client's list of members, sorted by ID.
fn apply(known: &mut Vec<Member>, told: &[Presence]) {
    for presence in told {
        if presence.whole || !presence.listed {
            known.clear();
        }
        let changed = |id: u64| {
            presence.left.contains(&id) || presence.joined.iter().any(|member| member.id == id)
        };
        known.retain(|member| !changed(member.id));
        known.extend(presence.joined.iter().cloned());
        if presence.listed {
            assert_eq!(known.len(), presence.count as usize, "{presence:?}");
        }
    }
    known.sort_by_key(|member| member.id);
}

#[test]
fn joins_leaves_and_renames_are_told_on_every_thread() {
    for threads in 1..=3 {
        let server = server(threads, SOON);
        let (mut ann, _) = V1Client::hello(server.address(), "Ann");
        let mut known = ann.join("hall").members;
        assert_eq!(known.len(), 1);
        for round in 0..4 {
            let name = format!("Bob {round}");
            let (mut bob, b) = V1Client::in_room(server.address(), &name, "hall");
            let has_joined = |told: &Presence| told.joined.iter().any(|member| member.id == b.id);
            apply(&mut known, &ann.presence(has_joined));
            bob.rename(&format!("Rob {round}")).unwrap();
            let renamed = |told: &Presence| told.joined.iter().any(|one| one.name.contains("Rob"));
            apply(&mut known, &ann.presence(renamed));
            assert_eq!(known.len(), 2);
            // By a leave, or by a broken connection.
            if round % 2 == 0 {
                bob.leave("hall");
            } else {
                bob.client.reset();
            }
            let left = |told: &Presence| told.left.contains(&b.id);
            apply(&mut known, &ann.presence(left));
            assert_eq!(known.len(), 1, "{known:?}");
        }
    }
}

#[test]
fn a_client_of_the_tutorial_is_listed_and_gets_no_presence() {
    let server = server(1, SOON);
    let (mut ann, _) = V1Client::in_room(server.address(), "Ann", "lobby");
    let (mut one, id) = server.join();
    let name = format!("Guest {id}");
    let guest = Member {
        id,
        name,
        ..Member::default()
    };
    ann.presence(|told| told.joined.contains(&guest));
    one.say("still here");
    assert_eq!(ann.line().text, "still here");
    drop(one);
    ann.presence(|told| told.left == [id] && told.count == 1);
}

#[test]
fn two_thousand_joins_cost_each_member_few_messages() {
    const JOINS: u32 = 2_000;
    let tell_changes_every = Duration::from_millis(250);
    let server = server(1, tell_changes_every);
    let (mut ann, _) = V1Client::in_room(server.address(), "Ann", "hall");
    ann.taken_presences();
    let start = std::time::Instant::now();
    let joined: Vec<V1Client> = (0..JOINS)
        .map(|_| V1Client::in_room(server.address(), "", "hall").0)
        .collect();
    let mut told = ann.presence(|told| told.count == JOINS + 1);
    let due = start.elapsed().div_duration_f64(tell_changes_every).ceil() + 1.0;
    assert!(
        f64::from(u32::try_from(told.len()).unwrap()) <= due,
        "{}",
        told.len()
    );
    // Above a hundred, members are counted and not listed.
    assert!(!told.pop().unwrap().listed);
    let listed: usize = told.iter().map(|one| one.joined.len()).sum();
    assert!(listed <= 101, "{listed}");
    // When all but a few have left, the whole list is sent again.
    let mut rest = joined.into_iter();
    let mut last = rest.next().unwrap();
    drop(rest);
    let told = ann.presence(|told| told.count == 2);
    let mut known = Vec::new();
    apply(&mut known, &told);
    assert_eq!(known.len(), 2);
    last.say("hall", "quiet now");
    assert_eq!(ann.line().text, "quiet now");
}

#[test]
fn members_of_a_large_room_are_not_told_of_a_name_that_is_not_listed() {
    let server = server(1, SOON);
    let (mut ann, _) = V1Client::in_room(server.address(), "Ann", "hall");
    let mut others: Vec<_> = (0..100)
        .map(|_| V1Client::in_room(server.address(), "", "hall").0)
        .collect();
    let told = ann.presence(|told| told.count == 101);
    assert!(!told.last().unwrap().listed);
    for (number, other) in (0..10).zip(&mut others) {
        other.rename(&format!("Bob {number}")).unwrap();
    }
    // Whatever came of the names was told before the news of a member that left.
    drop(others.pop());
    let told = ann.presence(|told| told.count == 100);
    assert_eq!(told.len(), 1, "{told:?}");
    let names = told[0]
        .joined
        .iter()
        .filter(|one| one.name.starts_with("Bob"));
    assert_eq!((told[0].whole, names.count()), (true, 10));
}

#[test]
fn repeated_joins_and_leaves_cause_no_more_messages() {
    let tell_changes_every = Duration::from_millis(100);
    for threads in 1..=2 {
        // News that are told late were due since here.
        let start = std::time::Instant::now();
        let server = server(threads, tell_changes_every);
        let (mut ann, _) = V1Client::in_room(server.address(), "Ann", "hall");
        let (mut flapper, _) = V1Client::hello(server.address(), "Flapper");
        ann.presence(|told| told.count == 1);
        for _ in 0..500 {
            flapper.join("hall");
            flapper.leave("hall");
        }
        ann.say("hall", "a line behind all of it");
        let told = ann.taken_presences().len();
        let due = start.elapsed().div_duration_f64(tell_changes_every).ceil() + 1.0;
        assert!(f64::from(u32::try_from(told).unwrap()) <= due, "{told}");
    }
}
