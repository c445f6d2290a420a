//! Sessions and names, without concurrency.

use super::*;
use crate::ids::ConnectionId;
use crate::shared::mailbox::Mailboxes;
use guildhall_protocol::WhisperLine;

const HERE: ConnectionRef = ConnectionRef {
    thread: 0,
    id: ConnectionId(1),
};
const THERE: ConnectionRef = ConnectionRef {
    thread: 0,
    id: ConnectionId(2),
};
const KEPT: Duration = Duration::from_mins(1);

/// Resumes the session with this secret, with a hello of this ID.
fn resume(
    users: &Users,
    secret: &[u8],
    request: u64,
    connection: ConnectionRef,
) -> Option<ResumedSession> {
    let request = RequestId(request);
    users.resume(secret, request, connection, Seq(0)).ok()
}

fn users() -> Users {
    Users::new(KEPT, 10)
}

/// Returns the connection that a whisper to this user is sent to.
fn connection_of(user: &User) -> Option<ConnectionRef> {
    let delivery = user.whisper(WhisperLine::default(), &Mailboxes::new(1));
    delivery.map(|delivery| delivery.connection)
}

#[test]
fn a_name_is_one_users_until_it_is_given_up() {
    let users = users();
    let ann = users.begin_session(UserId(1), "Ann", HERE).unwrap();
    assert_eq!(
        users.begin_session(UserId(2), "ANN", THERE).unwrap_err(),
        NameError::Taken
    );
    assert_eq!(
        users.begin_session(UserId(2), "\n", THERE).unwrap_err(),
        NameError::Bad
    );
    assert_eq!(
        users
            .begin_session(UserId(2), "Guest 9", THERE)
            .unwrap_err(),
        NameError::Taken
    );
    assert_eq!(users.len(), 1, "no session begins without its name");
    let guest = users.begin_session(UserId(2), "", THERE).unwrap();
    assert_eq!(guest.name().of(UserId(2)), "Guest 2");
    assert_eq!(users.rename(&guest, "ann"), Err(NameError::Taken));
    let changed = users.rename(&ann, "ann").unwrap();
    assert_eq!(
        changed.of(UserId(1)),
        "ann",
        "a user may change the case of its own name"
    );
    users.rename(&ann, "Zoe").unwrap();
    assert_eq!(users.rename(&guest, "Ann").unwrap().of(UserId(2)), "Ann");
    assert_eq!(users.id_of("Ann"), Some(UserId(2)));
    assert_eq!(users.id_of("zoe"), Some(UserId(1)));
    assert_eq!(users.id_of("Guest 77"), Some(UserId(77)));
    assert_eq!(users.id_of("nobody"), None);
}

#[test]
fn a_session_can_be_resumed_for_a_while() {
    let (users, start) = (users(), Instant::now());
    let ann = users.begin_session(UserId(1), "Ann", HERE).unwrap();
    users.disconnect(&ann, HERE, start);
    users.sweep(start + KEPT / 2);
    assert!(
        users.begin_session(UserId(2), "Ann", THERE).is_err(),
        "the session keeps its name"
    );
    let again = resume(&users, &ann.secret, 2, THERE).unwrap();
    assert_eq!((again.user.id, again.before), (UserId(1), None));
    users.sweep(start + KEPT);
    assert_eq!(users.len(), 1, "the user is not away any more");
    users.disconnect(&ann, THERE, start + KEPT);
    users.sweep(start + KEPT * 2);
    assert!(users.is_empty());
    assert!(resume(&users, &ann.secret, 2, HERE).is_none());
    assert!(users.begin_session(UserId(2), "Ann", HERE).is_ok());
}

#[test]
fn a_session_that_ends_frees_its_name_at_once() {
    let users = users();
    let ann = users.begin_session(UserId(1), "Ann", HERE).unwrap();
    users.end_session(&ann, THERE);
    assert_eq!(users.len(), 1, "the session has another connection");
    users.end_session(&ann, HERE);
    assert!(users.is_empty());
    assert!(resume(&users, &ann.secret, 2, HERE).is_none());
    assert!(users.begin_session(UserId(2), "Ann", HERE).is_ok());
}

#[test]
fn an_old_connection_does_not_end_a_resumed_session() {
    let users = users();
    let ann = users.begin_session(UserId(1), "Ann", HERE).unwrap();
    assert!(resume(&users, &ann.secret, 2, THERE).is_some());
    users.disconnect(&ann, THERE, Instant::now());
    users.end_session(&ann, HERE);
    assert!(resume(&users, &ann.secret, 3, THERE).is_some());
}

#[test]
fn a_session_is_resumed_while_its_old_connection_is_still_open() {
    let (users, now) = (users(), Instant::now());
    let ann = users.begin_session(UserId(1), "Ann", HERE).unwrap();
    let again = resume(&users, &ann.secret, 2, THERE).unwrap();
    assert_eq!(again.before, Some(HERE));
    users.disconnect(&ann, HERE, now);
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
        let user = users.begin_session(UserId(id), "", HERE).unwrap();
        users.disconnect(&user, HERE, now);
    }
    users.sweep(now);
    assert_eq!(users.len(), 10);
    assert!(users.by_id(UserId(2)).is_none());
    assert!(users.by_id(UserId(3)).is_some());
}

#[test]
fn a_client_that_reconnects_all_the_time_ends_no_other_session() {
    let (users, now) = (users(), Instant::now());
    let ann = users.begin_session(UserId(1), "Ann", HERE).unwrap();
    users.disconnect(&ann, HERE, now);
    let eve = users.begin_session(UserId(2), "Eve", THERE).unwrap();
    for request in 1..=100 {
        users.disconnect(&eve, THERE, now);
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
    let ann = users.begin_session(UserId(1), "Ann", HERE).unwrap();
    assert!(resume(&users, &ann.secret, 7, THERE).is_some());
    for late in [7, 3, 0, u64::MAX] {
        let refused = users
            .resume(&ann.secret, RequestId(late), HERE, Seq(0))
            .unwrap_err();
        assert_eq!(refused, ResumeError::Late);
    }
    assert_eq!(connection_of(&ann), Some(THERE));
}

#[test]
fn a_user_whose_session_has_ended_gets_no_name() {
    let users = users();
    let ann = users.begin_session(UserId(1), "Ann", HERE).unwrap();
    users.end_session(&ann, HERE);
    // Its connection is still open.
    assert_eq!(users.rename(&ann, "Zoe"), Err(NameError::Taken));
    assert!(users.begin_session(UserId(2), "Zoe", THERE).is_ok());
    assert!(
        users
            .lock()
            .by_look
            .values()
            .all(|&owner| owner == UserId(2))
    );
}

#[test]
fn a_guest_is_found_only_by_its_exact_name() {
    let users = users();
    assert_eq!(users.id_of("guest 7"), Some(UserId(7)));
    for name in ["Guest", "Guest 1 2", "Guest o7", "Guest l", "Guest ٧"] {
        assert_eq!(users.id_of(name), None, "{name}");
    }
}
