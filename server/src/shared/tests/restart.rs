//! A server that starts again with what its journal has kept, usually after a kill.

use super::*;
use std::time::Duration;

use guildhall_protocol::WhisperLine;

use crate::accounts::Claims;
use crate::ids::{RequestId, Seq};
use crate::journal::Failure;
use crate::journal::memory::MemoryJournal;
use crate::network::Network;
use crate::shared::kept_whisper::KeptWhisper;
use crate::shared::request_log::RequestStatus;
use crate::shared::user::blocks::{BlockedUser, BlocksRequest};
use crate::shared::user::session::{ConnectionRef, Secret, UserSession};
use crate::shared::users::NameError;

/// A server, and what it keeps.
struct Server {
    journal: Arc<MemoryJournal>,
    shared: Arc<Shared>,
    start: Instant,
}

impl Server {
    fn new() -> Self {
        Self::over(MemoryJournal::new(), Instant::now())
    }

    fn over(journal: Arc<MemoryJournal>, now: Instant) -> Self {
        let (server, numbers) = Self::without_numbers(journal, now);
        server.commit();
        numbers.wait().unwrap();
        server
    }

    /// A server whose first numbers the journal has not reserved yet.
    fn without_numbers(journal: Arc<MemoryJournal>, start: Instant) -> (Self, FirstNumbers) {
        let limits = RoomLimits {
            resume_within: Duration::from_mins(2),
            keep_users: Duration::from_hours(1),
            away: 4,
            ..RoomLimits::default()
        };
        let shared = Shared::with_journal(1, limits, Some(Arc::clone(&journal) as _));
        let numbers = shared.restore(journal.known(), start);
        let server = Self {
            journal,
            shared,
            start,
        };
        (server, numbers)
    }

    fn commit(&self) {
        self.journal.decide_next(usize::MAX);
    }

    /// The server that starts after this one was killed: what was not committed is gone.
    fn killed(&self) -> Self {
        Self::over(self.journal.restarted(), self.start)
    }

    fn connect(&self) -> ConnectionRef {
        ConnectionRef {
            thread: 0,
            id: self.shared.add_connection(Protocol::V1, Network::LOOPBACK),
        }
    }

    /// Begins a session whose client has the secret.
    fn begin(&self, name: &str) -> Result<Arc<UserSession>, NameError> {
        let session = self.begin_unconfirmed(name)?;
        self.shared.users().confirm(&session);
        Ok(session)
    }

    fn begin_unconfirmed(&self, name: &str) -> Result<Arc<UserSession>, NameError> {
        let connection = self.connect();
        self.shared
            .users()
            .begin_session(connection.id, name, connection)
    }

    fn sign_in(&self, account: &str, token_name: Option<&str>, name: &str) -> Arc<UserSession> {
        let claims = Claims {
            user: account.into(),
            name: token_name.map(Into::into),
            info: Some(r#"{"team":"red"}"#.into()),
            rooms: Vec::new(),
            caps: Vec::new(),
            expires: u64::MAX,
            issued: None,
        };
        let connection = self.connect();
        let users = self.shared.users();
        let signed = users.sign_in(connection.id, &claims, name, connection);
        let session = signed.unwrap().session;
        users.confirm(&session);
        session
    }

    fn resume(
        &self,
        secret: &Secret,
        account: Option<&str>,
    ) -> Option<(Arc<UserSession>, ConnectionRef)> {
        let connection = self.connect();
        let users = self.shared.users();
        let resumed = users.resume(secret, account, RequestId(100), connection, Seq(0));
        resumed.ok().map(|resumed| (resumed.session, connection))
    }
}

fn shown(session: &UserSession) -> (u64, u64, String, String) {
    let (user, name) = (&session.user, session.user.name());
    (
        session.id.0,
        user.id.0,
        name.of(user.id),
        name.info().into(),
    )
}

#[test]
fn users_sessions_and_names_go_on() {
    let server = Server::new();
    let sessions = [
        (server.begin("Ann").unwrap(), None),
        (server.begin("").unwrap(), None),
        (server.sign_in("a-1", Some("Mira"), ""), Some("a-1")),
        (server.sign_in("a-2", Some("Mira"), ""), Some("a-2")),
        (server.sign_in("a-3", None, "Zoe"), Some("a-3")),
        (server.sign_in("a-4", Some("Otto"), ""), Some("a-4")),
        (server.sign_in("a-1", Some("Mira"), ""), Some("a-1")),
    ];
    let otto = &sessions[5].0;
    server.shared.users().rename(&otto.user, "Olga").unwrap();
    server.commit();
    let before: Vec<_> = sessions.iter().map(|(one, _)| shown(one)).collect();
    assert!(before[3].2.starts_with("Mira #"));

    let mut server = server.killed();
    for _ in 0..2 {
        assert_eq!(server.begin("ann").unwrap_err(), NameError::Taken);
        assert_eq!(server.begin("Otto").unwrap_err(), NameError::Taken);
        assert_eq!(server.begin("Mira").unwrap_err(), NameError::Taken);
        assert_eq!(server.shared.users().len(), sessions.len());
        let after = sessions.iter().map(|(session, account)| {
            let resumed = server.resume(&session.secret, *account);
            shown(&resumed.expect("it can be resumed").0)
        });
        assert_eq!(after.collect::<Vec<_>>(), before);
        server = server.killed();
    }
    // The token gives it the name as before, and the user keeps the one that it has chosen.
    let otto = server.sign_in("a-4", Some("Otto"), "");
    assert_eq!(shown(&otto).2, "Olga");
    assert_eq!(server.begin("Otto").unwrap_err(), NameError::Taken);
}

#[test]
fn a_session_of_another_account_is_not_resumed() {
    let server = Server::new();
    let mira = server.sign_in("a-1", Some("Mira"), "");
    server.commit();
    let server = server.killed();
    assert!(server.resume(&mira.secret, None).is_none());
    assert!(server.resume(&mira.secret, Some("a-2")).is_none());
    assert!(server.resume(&mira.secret, Some("a-1")).is_some());
}

#[test]
fn what_was_not_committed_is_gone_and_its_number_is_not_given_again() {
    let server = Server::new();
    let ann = server.begin("Ann").unwrap();
    let server = server.killed();
    assert!(server.resume(&ann.secret, None).is_none());
    let other = server.begin("Ann").unwrap();
    assert!(other.id > ann.id, "{:?} and {:?}", other.id, ann.id);
}

#[test]
fn a_session_whose_welcome_may_be_lost_is_gone_with_its_name_and_its_whispers() {
    let server = Server::new();
    let bob = server.begin("Bob").unwrap();
    let ann = server.begin_unconfirmed("Ann").unwrap();
    assert_eq!(bob.record_waiting(RequestId(2), true), RequestStatus::New);
    server.shared.whisper(KeptWhisper {
        sender: Arc::clone(&bob),
        connection: bob.connection().unwrap(),
        receiver: Arc::clone(&ann.user),
        line: WhisperLine {
            nonce: 2,
            ..WhisperLine::default()
        },
    });
    server.commit();
    let known = server.journal.known();
    assert_eq!((known.sessions.len(), known.orphans.len()), (1, 1));

    let server = server.killed();
    assert!(server.resume(&ann.secret, None).is_none());
    let again = server.begin("Ann").unwrap();
    assert!(again.whispers_after(Seq(0)).frames.is_empty());
    // Its sender is not asked for it again.
    let (bob, _) = server.resume(&bob.secret, None).unwrap();
    let status = bob.record_waiting(RequestId(2), true);
    assert_eq!(status, RequestStatus::Repeated);
    server.commit();
    assert!(server.journal.known().orphans.is_empty());
}

#[test]
fn a_session_that_has_ended_is_not_kept_by_a_late_request() {
    let server = Server::new();
    let ann = server.begin_unconfirmed("Ann").unwrap();
    let (users, connection) = (server.shared.users(), ann.connection().unwrap());
    users.end_session(&ann, connection, server.start);
    users.confirm(&ann);
    server.commit();
    assert!(server.journal.known().sessions.is_empty());
}

#[test]
fn a_session_that_is_not_resumed_in_time_is_gone_for_good() {
    let server = Server::new();
    let ann = server.begin("Ann").unwrap();
    let mira = server.sign_in("a-1", Some("Mira"), "");
    server.commit();
    let server = server.killed();
    let limits = *server.shared.limits();
    // The time counts from the start.
    let late = server.start + limits.resume_within;
    server.shared.sweep(server.start + limits.resume_within / 2);
    assert_eq!(server.shared.users().len(), 2);
    server.shared.sweep(late);
    assert!(server.shared.users().is_empty());
    server.commit();
    let known = server.journal.known();
    assert!(known.sessions.is_empty());
    assert_eq!(known.users.len(), 1, "the user with an account");

    let server = server.killed();
    assert!(server.resume(&ann.secret, None).is_none());
    assert!(server.begin("Ann").is_ok());
    assert_eq!(server.begin("Mira").unwrap_err(), NameError::Taken);
    server.shared.sweep(server.start + limits.keep_users);
    assert!(server.begin("Mira").is_ok(), "it was absent for too long");
    server.commit();
    let users = server.journal.known().users;
    assert!(users.iter().all(|user| user.id != mira.user.id));
}

#[test]
fn a_client_that_said_goodbye_is_gone_from_the_journal() {
    let server = Server::new();
    let connection = server.connect();
    let users = server.shared.users();
    let ann = users.begin_session(connection.id, "Ann", connection);
    users.end_session(&ann.unwrap(), connection, server.start);
    server.commit();
    let known = server.journal.known();
    assert!(known.sessions.is_empty() && known.users.is_empty());
}

#[test]
fn guests_without_a_session_and_sessions_without_a_user_are_forgotten() {
    let server = Server::new();
    let ann = server.begin("Ann").unwrap();
    let bob = server.begin("Bob").unwrap();
    server.commit();
    let mut known = server.journal.known();
    known.users.retain(|user| user.id != ann.user.id);
    known.sessions.retain(|session| session.row.id != bob.id);
    let limits = RoomLimits::default();
    let shared = Shared::with_journal(1, limits, Some(Arc::clone(&server.journal) as _));
    shared.restore(known, server.start);
    server.commit();
    let known = server.journal.known();
    assert!(known.sessions.iter().all(|one| one.row.id != ann.id));
    assert!(known.users.iter().all(|one| one.id != bob.user.id));
}

#[test]
fn sessions_of_before_are_not_ended_by_clients_that_leave_many_behind() {
    let server = Server::new();
    let before: Vec<_> = (0..10).map(|_| server.begin("").unwrap()).collect();
    server.commit();
    let server = server.killed();
    for _ in 0..10 {
        let connection = server.connect();
        let users = server.shared.users();
        let left = users.begin_session(connection.id, "", connection).unwrap();
        users.confirm(&left);
        users.disconnect(&left, connection, Network::LOOPBACK, server.start);
    }
    assert_eq!(server.shared.users().len(), 14);
    let resumed = before.iter().map(|one| server.resume(&one.secret, None));
    assert_eq!(resumed.flatten().count(), 10);
}

#[test]
fn no_number_is_given_before_it_is_reserved() {
    let (server, numbers) = Server::without_numbers(MemoryJournal::new(), Instant::now());
    assert!(!server.shared.has_numbers());
    server.commit();
    numbers.wait().unwrap();
    assert!(server.shared.has_numbers());
    server.journal.fail();
    let mut last = 0;
    while server.shared.has_numbers() {
        last = server.connect().id.0;
        server.commit();
    }
    assert!(last > 1_000, "{last} were reserved");
    server.journal.heal();
    // Whoever asks makes it ask again.
    assert!(!server.shared.has_numbers());
    server.commit();
    assert!(server.shared.has_numbers());
    let next = server.killed().connect().id.0;
    assert!(next > last, "{next} is above {last}");
}

#[test]
fn a_server_whose_journal_keeps_nothing_has_no_numbers() {
    let journal = MemoryJournal::new();
    journal.fail();
    let (server, numbers) = Server::without_numbers(journal, Instant::now());
    server.commit();
    assert_eq!(numbers.wait(), Err(Failure::Full));
    assert!(!server.shared.has_numbers());
}

#[test]
fn numbers_grow_over_many_short_lives() {
    let mut server = Server::new();
    let mut last = 0;
    for life in 0..50 {
        for _ in 0..life * 100 {
            let next = server.connect().id.0;
            assert!(next > last, "{next} is above {last}");
            last = next;
            if life % 2 == 0 {
                server.commit();
            }
        }
        server = server.killed();
    }
    assert!(last < 50 * (1 << 14), "{last}: little is skipped");
}

#[test]
fn whom_users_block_is_known_after_a_restart_and_when_they_come_back() {
    let server = Server::new();
    let mira = server.sign_in("a-1", None, "Mira");
    let (ann, eve) = (
        server.begin("Ann").unwrap(),
        server.sign_in("a-2", None, "Eve"),
    );
    let blocked = BlockedUser {
        author: eve.user.author(),
        id: eve.user.id,
        name: "Eve".into(),
        time: 1,
    };
    let asked = BlocksRequest {
        connection: server.connect(),
        id: RequestId(1),
        mailboxes: server.shared.mailboxes(),
    };
    for owner in [&mira, &ann] {
        let users = server.shared.users();
        for _ in 0..2 {
            assert_eq!(users.block(&owner.user, blocked.clone(), &asked), Ok(()));
        }
    }
    server.commit();
    let server = server.killed();
    let (ann, connection) = server.resume(&ann.secret, None).unwrap();
    assert_eq!(ann.user.blocks(), std::slice::from_ref(&blocked));
    let blocks_eve = |session: &UserSession| {
        let blocked = session.user.blocked();
        blocked.is_some_and(|blocked| blocked.has_user(99, "a-2"))
    };
    assert!(blocks_eve(&ann));
    // Nobody is known after a day without a session. The blocks of an account come back with it.
    server
        .shared
        .users()
        .end_session(&ann, connection, server.start);
    server.shared.sweep(server.start + Duration::from_mins(3));
    server.shared.sweep(server.start + Duration::from_hours(5));
    server.commit();
    assert_eq!(server.journal.known().users, []);
    assert_eq!(server.journal.known().blocks.len(), 1);
    let again = server.sign_in("a-1", None, "Mira");
    assert_ne!(again.user.id, mira.user.id, "with another number");
    assert!(blocks_eve(&again));
    // The same if the server has started again meanwhile.
    server.commit();
    let server = server.killed();
    server.shared.sweep(server.start + Duration::from_hours(5));
    server.shared.sweep(server.start + Duration::from_hours(9));
    let again = server.sign_in("a-1", None, "Mira");
    assert!(blocks_eve(&again));
    let asked = BlocksRequest {
        connection: server.connect(),
        id: RequestId(2),
        mailboxes: server.shared.mailboxes(),
    };
    for _ in 0..2 {
        (server.shared.users()).unblock(&again.user, &blocked.author, &asked);
        assert_eq!(again.user.blocks(), []);
    }
    server.commit();
    assert!(!blocks_eve(&again));
    assert_eq!(server.journal.known().blocks, []);
}

#[test]
fn what_a_user_has_read_is_known_after_a_restart() {
    let server = Server::new();
    let ann = server.begin("Ann").unwrap();
    let red = Arc::from("red");
    let position = |seq| Position {
        epoch: crate::ids::Epoch(7),
        seq: Seq(seq),
    };
    let mark = |seq| {
        let users = server.shared.users();
        users.mark_read(&ann.user, &red, position(seq), server.start)
    };
    assert!(mark(3));
    server.commit();
    assert!(mark(5) && !mark(4));
    assert_eq!(server.journal.waiting(), 0, "it waits for the sweep");
    server.shared.sweep(server.start);
    server.commit();
    let server = server.killed();
    let (ann, _) = server.resume(&ann.secret, None).unwrap();
    assert_eq!(ann.user.read_mark("red"), Some(position(5)));
    assert_eq!(ann.user.read_mark("blue"), None);
    assert_eq!(ann.user.read_marks().len(), 1);
    server.shared.users().sweep(server.start);
    server.commit();
    assert_eq!(server.journal.known().read_marks.len(), 1);
}
