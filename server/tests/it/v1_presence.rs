//! Who came and who left: told together, and never more often than the rooms'
//! pace allows, however many come at once.

use std::num::NonZeroUsize;
use std::time::Duration;

use guildhall_protocol::{Member, Presence};
use guildhall_server::Caps;
use guildhall_server::Config;

use guildhall_testing::test_server::TestServer;
use guildhall_testing::v1_client::V1Client;

/// A server that gathers news for this long.
fn hall(threads: usize, tell_changes_every: Duration) -> TestServer {
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

/// A few milliseconds: no test waits long for news.
const SOON: Duration = Duration::from_millis(5);

/// What a client that keeps count makes of presence: the members by ID.
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
fn who_comes_goes_and_is_renamed_is_told_on_every_thread() {
    for threads in 1..=3 {
        let hall = hall(threads, SOON);
        let (mut ann, _) = V1Client::hello(hall.address(), "Ann");
        let mut known = ann.join("hall").members;
        assert_eq!(known.len(), 1);
        for round in 0..4 {
            let name = format!("Bob {round}");
            let (mut bob, b) = V1Client::in_room(hall.address(), &name, "hall");
            let came = |told: &Presence| told.joined.iter().any(|member| member.id == b.id);
            apply(&mut known, &ann.presence(came));
            bob.rename(&format!("Rob {round}")).unwrap();
            let renamed = |told: &Presence| told.joined.iter().any(|one| one.name.contains("Rob"));
            apply(&mut known, &ann.presence(renamed));
            assert_eq!(known.len(), 2);
            // The last one of its thread, or not.
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
fn a_client_of_the_tutorial_is_present_and_cannot_tell() {
    let hall = hall(1, SOON);
    let (mut ann, _) = V1Client::in_room(hall.address(), "Ann", "lobby");
    let (mut one, id) = hall.join();
    let name = format!("Guest {id}");
    let guest = Member { id, name };
    ann.presence(|told| told.joined.contains(&guest));
    one.say("still here");
    assert_eq!(ann.line().text, "still here");
    drop(one);
    ann.presence(|told| told.left == [id] && told.count == 1);
}

#[test]
fn two_thousand_who_come_cost_each_member_few_messages() {
    const CROWD: u32 = 2_000;
    let tell_changes_every = Duration::from_millis(250);
    let hall = hall(1, tell_changes_every);
    let (mut ann, _) = V1Client::in_room(hall.address(), "Ann", "hall");
    ann.taken_presences();
    let start = std::time::Instant::now();
    let crowd: Vec<V1Client> = (0..CROWD)
        .map(|_| V1Client::in_room(hall.address(), "", "hall").0)
        .collect();
    let mut told = ann.presence(|told| told.count == CROWD + 1);
    let due = start.elapsed().div_duration_f64(tell_changes_every).ceil() + 1.0;
    assert!(
        f64::from(u32::try_from(told.len()).unwrap()) <= due,
        "{}",
        told.len()
    );
    // Above a hundred they are counted and not listed.
    assert!(!told.pop().unwrap().listed);
    let listed: usize = told.iter().map(|one| one.joined.len()).sum();
    assert!(listed <= 101, "{listed}");
    // When all but a few have left, the list is known again as a whole.
    let mut rest = crowd.into_iter();
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
fn coming_and_leaving_all_the_time_tells_no_more() {
    let tell_changes_every = Duration::from_millis(100);
    for threads in 1..=2 {
        let hall = hall(threads, tell_changes_every);
        let (mut ann, _) = V1Client::in_room(hall.address(), "Ann", "hall");
        let (mut flapper, _) = V1Client::hello(hall.address(), "Flapper");
        ann.presence(|told| told.count == 1);
        let start = std::time::Instant::now();
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
