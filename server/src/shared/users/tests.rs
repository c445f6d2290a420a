//! Sessions and names, without concurrency.

use super::*;
use crate::ids::ConnectionId;
use crate::names::NameFault;
use crate::shared::mailbox::Mailboxes;
use guildhall_protocol::{NameRule, WhisperLine};

const HERE: ConnectionRef = ConnectionRef {
    thread: 0,
    id: ConnectionId(1),
};
const THERE: ConnectionRef = ConnectionRef {
    thread: 0,
    id: ConnectionId(2),
};
const HOME: Network = Network::LOOPBACK;
const KEPT: Duration = Duration::from_mins(1);

/// Resumes the session with this secret, with a hello of this ID.
fn resume(
    users: &Users,
    secret: &[u8],
    request: u64,
    connection: ConnectionRef,
) -> Option<ResumedSession> {
    let request = RequestId(request);
    users.resume(secret, None, request, connection, Seq(0)).ok()
}

fn users() -> Users {
    Users::new(&RoomLimits {
        resume_within: KEPT,
        away: 10,
        ..RoomLimits::default()
    })
}

/// Returns the connection that a whisper to this session is sent to.
fn connection_of(session: &UserSession) -> Option<ConnectionRef> {
    let delivery = session.whisper(WhisperLine::default(), &Mailboxes::new(1));
    delivery.map(|delivery| delivery.connection)
}

#[test]
fn a_name_is_one_users_until_it_is_given_up() {
    let users = users();
    let ann = users.begin_session(ConnectionId(1), "Ann", HERE).unwrap();
    assert_eq!(
        users
            .begin_session(ConnectionId(2), "ANN", THERE)
            .unwrap_err(),
        NameError::Taken
    );
    assert_eq!(
        users
            .begin_session(ConnectionId(2), "\n", THERE)
            .unwrap_err(),
        NameError::Bad(NameFault {
            rule: NameRule::Character,
            character: Some('\n'),
        })
    );
    assert_eq!(
        users
            .begin_session(ConnectionId(2), "Guest 9", THERE)
            .unwrap_err(),
        NameError::Guest
    );
    assert_eq!(users.len(), 1, "no session begins without its name");
    let guest = users.begin_session(ConnectionId(2), "", THERE).unwrap();
    assert_eq!(guest.user.name().of(UserId(2)), "Guest 2");
    assert_eq!(
        users.rename(&guest.user, "System"),
        Err(NameError::Reserved)
    );
    assert_eq!(users.rename(&guest.user, "ann"), Err(NameError::Taken));
    let changed = users.rename(&ann.user, "ann").unwrap();
    assert_eq!(
        changed.of(UserId(1)),
        "ann",
        "a user may change the case of its own name"
    );
    users.rename(&ann.user, "Zoe").unwrap();
    assert_eq!(
        users.rename(&guest.user, "Ann").unwrap().of(UserId(2)),
        "Ann"
    );
    assert_eq!(users.id_of("Ann"), Some(UserId(2)));
    assert_eq!(users.id_of("zoe"), Some(UserId(1)));
    assert_eq!(users.id_of("Guest 77"), Some(UserId(77)));
    assert_eq!(users.id_of("nobody"), None);
}

#[test]
fn a_session_can_be_resumed_for_a_while() {
    let (users, start) = (users(), Instant::now());
    let ann = users.begin_session(ConnectionId(1), "Ann", HERE).unwrap();
    users.disconnect(&ann, HERE, HOME, start);
    users.sweep(start + KEPT / 2);
    assert!(
        users.begin_session(ConnectionId(2), "Ann", THERE).is_err(),
        "the session keeps its name"
    );
    let again = resume(&users, &ann.secret, 2, THERE).unwrap();
    assert_eq!((again.session.user.id, again.before), (UserId(1), None));
    users.sweep(start + KEPT);
    assert_eq!(users.len(), 1, "the user is not away any more");
    users.disconnect(&ann, THERE, HOME, start + KEPT);
    users.sweep(start + KEPT * 2);
    assert!(users.is_empty());
    assert!(resume(&users, &ann.secret, 2, HERE).is_none());
    assert!(users.begin_session(ConnectionId(2), "Ann", HERE).is_ok());
}

#[test]
fn a_session_that_ends_frees_its_name_at_once() {
    let users = users();
    let ann = users.begin_session(ConnectionId(1), "Ann", HERE).unwrap();
    users.end_session(&ann, THERE, Instant::now());
    assert_eq!(users.len(), 1, "the session has another connection");
    users.end_session(&ann, HERE, Instant::now());
    assert!(users.is_empty());
    assert!(resume(&users, &ann.secret, 2, HERE).is_none());
    assert!(users.begin_session(ConnectionId(2), "Ann", HERE).is_ok());
}

#[test]
fn an_old_connection_does_not_end_a_resumed_session() {
    let users = users();
    let ann = users.begin_session(ConnectionId(1), "Ann", HERE).unwrap();
    assert!(resume(&users, &ann.secret, 2, THERE).is_some());
    users.disconnect(&ann, THERE, HOME, Instant::now());
    users.end_session(&ann, HERE, Instant::now());
    assert!(resume(&users, &ann.secret, 3, THERE).is_some());
}

#[test]
fn a_session_is_resumed_while_its_old_connection_is_still_open() {
    let (users, now) = (users(), Instant::now());
    let ann = users.begin_session(ConnectionId(1), "Ann", HERE).unwrap();
    let again = resume(&users, &ann.secret, 2, THERE).unwrap();
    assert_eq!(again.before, Some(HERE));
    users.disconnect(&ann, HERE, HOME, now);
    users.sweep(now + KEPT);
    assert_eq!(users.len(), 1, "the old connection's end ends nothing");
    assert_eq!(connection_of(&ann), Some(THERE));
    assert!(resume(&users, &[0; 16], 3, HERE).is_none());
    assert!(resume(&users, b"", 3, HERE).is_none());
}

#[test]
fn if_too_many_users_are_away_the_first_sessions_end() {
    let (users, now) = (users(), Instant::now());
    for id in 1..=12 {
        let user = users.begin_session(ConnectionId(id), "", HERE).unwrap();
        users.disconnect(&user, HERE, HOME, now);
    }
    users.sweep(now);
    assert_eq!(users.len(), 10);
    assert!(users.by_id(UserId(2)).is_none());
    assert!(users.by_id(UserId(3)).is_some());
}

#[test]
fn two_minutes_of_resume_hold_while_ten_thousand_sessions_a_second_are_left_behind() {
    const CHURN: u64 = 10_000;
    let network = |last: u8| Network::of([10, 0, 0, last].into());
    let (users, start) = (Users::new(&RoomLimits::default()), Instant::now());
    let mut next = 0;
    let mut leave = |name: &str, network, now| {
        next += 1;
        let user = users.begin_session(ConnectionId(next), name, HERE).unwrap();
        users.disconnect(&user, HERE, network, now);
        user.secret
    };
    let mut honest = Vec::new();
    // All seconds are alike, so some of them are enough.
    for second in [0, 1, 2, 3, 60, 119] {
        let now = start + Duration::from_secs(second);
        honest.push(leave(&format!("Honest {second}"), network(1), now));
        honest.push(leave("", network(2), now));
        for _ in 0..CHURN {
            leave("", network(9), now);
        }
        users.sweep(now);
        assert!(users.len() <= 16_384);
    }
    let is_taken = users.begin_session(ConnectionId(1 << 40), "Honest 0", THERE);
    assert_eq!(is_taken.unwrap_err(), NameError::Taken);
    assert!(
        honest
            .iter()
            .all(|secret| resume(&users, secret, 2, THERE).is_some())
    );
}

#[test]
fn an_address_leaves_no_more_sessions_behind_than_its_share() {
    let limits = RoomLimits {
        away_per_address: 3,
        ..RoomLimits::default()
    };
    let (users, now) = (Users::new(&limits), Instant::now());
    for id in 1..=5 {
        let user = users
            .begin_session(ConnectionId(id), &format!("Eve {id}"), HERE)
            .unwrap();
        users.disconnect(&user, HERE, HOME, now);
    }
    assert_eq!(users.len(), 3);
    assert!(users.by_id(UserId(2)).is_none() && users.by_id(UserId(3)).is_some());
    assert!(users.begin_session(ConnectionId(6), "Eve 1", HERE).is_ok());
}

#[test]
fn if_too_many_users_are_away_those_of_the_address_that_has_most_end() {
    let (users, now) = (users(), Instant::now());
    let leave = |id, network| {
        let user = users.begin_session(ConnectionId(id), "", HERE).unwrap();
        users.disconnect(&user, HERE, network, now);
    };
    leave(1, Network::of([10, 0, 0, 1].into()));
    (2..=30).for_each(|id| leave(id, HOME));
    assert_eq!(users.len(), 10);
    assert!(
        users.by_id(UserId(1)).is_some(),
        "the first, of another address"
    );
    assert!(users.by_id(UserId(21)).is_none() && users.by_id(UserId(22)).is_some());
}

#[test]
fn a_client_that_reconnects_all_the_time_ends_no_other_session() {
    let (users, now) = (users(), Instant::now());
    let ann = users.begin_session(ConnectionId(1), "Ann", HERE).unwrap();
    users.disconnect(&ann, HERE, HOME, now);
    let eve = users.begin_session(ConnectionId(2), "Eve", THERE).unwrap();
    for request in 1..=100 {
        users.disconnect(&eve, THERE, HOME, now);
        assert!(resume(&users, &eve.secret, request, THERE).is_some());
    }
    assert_eq!(users.lock().away.len(), 1, "only the other user is away");
    users.sweep(now);
    assert!(users.by_id(UserId(1)).is_some());
    assert_eq!(users.len(), 2);
}

#[test]
fn the_later_of_two_hellos_counts() {
    let users = users();
    let ann = users.begin_session(ConnectionId(1), "Ann", HERE).unwrap();
    assert!(resume(&users, &ann.secret, 7, THERE).is_some());
    for late in [7, 3, 0, u64::MAX] {
        let refused = users
            .resume(&ann.secret, None, RequestId(late), HERE, Seq(0))
            .unwrap_err();
        assert_eq!(refused, ResumeError::Late);
    }
    assert_eq!(connection_of(&ann), Some(THERE));
}

#[test]
fn a_user_whose_session_has_ended_gets_no_name() {
    let users = users();
    let ann = users.begin_session(ConnectionId(1), "Ann", HERE).unwrap();
    users.end_session(&ann, HERE, Instant::now());
    // Its connection is still open.
    assert_eq!(users.rename(&ann.user, "Zoe"), Err(NameError::Taken));
    assert!(users.begin_session(ConnectionId(2), "Zoe", THERE).is_ok());
    assert!(users.lock().by_look.values().all(|&user| user == UserId(2)));
}

#[test]
fn a_guest_is_found_only_by_its_exact_name() {
    let users = users();
    assert_eq!(users.id_of("guest 7"), Some(UserId(7)));
    for name in ["Guest", "Guest 1 2", "Guest o7", "Guest l", "Guest ٧"] {
        assert_eq!(users.id_of(name), None, "{name}");
    }
}
