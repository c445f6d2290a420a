//! Users notice nothing of a restart of a server with a store.

use super::*;
use std::time::Instant;

use guildhall_protocol::{Protocol, WhisperLine};

use crate::ids::{ConnectionId, RequestId};
use crate::network::Network;
use crate::shared::join::Position;
use crate::shared::kept_whisper::KeptWhisper;
use crate::shared::request_log::RequestStatus;
use crate::shared::user::session::ConnectionRef;
use crate::shared::{RoomLimits, Shared};

/// A server over this folder, and its store.
fn start(folder: &TestFolder) -> (Arc<Shared>, Arc<Store>) {
    let (store, known) = folder.open_with(&options());
    let journal = Arc::clone(&store);
    let shared = Shared::with_journal(1, RoomLimits::default(), Some(journal));
    shared.restore(known, Instant::now()).wait().unwrap();
    assert!(shared.has_numbers());
    (shared, store)
}

fn connect(shared: &Shared) -> ConnectionRef {
    ConnectionRef {
        thread: 0,
        id: shared.add_connection(Protocol::V1, Network::LOOPBACK),
    }
}

#[test]
fn sessions_whispers_marks_and_numbers_go_on() {
    let folder = TestFolder::new();
    let (shared, store) = start(&folder);
    let (users, connection) = (shared.users(), connect(&shared));
    let ann = users.begin_session(connection.id, "Ann", connection);
    let ann = ann.unwrap();
    users.confirm(&ann);
    let read = Position {
        epoch: Epoch(7),
        seq: Seq(3),
    };
    assert!(users.mark_read(&ann.user, &"red".into(), read, Instant::now()));
    for request in 2..=3 {
        let status = ann.record_waiting(RequestId(request), true);
        assert_eq!(status, RequestStatus::New);
        shared.whisper(KeptWhisper {
            sender: Arc::clone(&ann),
            connection,
            receiver: Arc::clone(&ann.user),
            line: WhisperLine {
                nonce: request,
                ..WhisperLine::default()
            },
        });
    }
    store.close();
    assert_eq!(ann.whispers_after(Seq(0)).frames.len(), 2);
    drop((shared, store));

    let (shared, store) = start(&folder);
    let connection = connect(&shared);
    assert!(connection.id > ConnectionId(ann.id.0));
    let users = shared.users();
    let resumed = users.resume(&ann.secret, None, RequestId(4), connection, Seq(1));
    let resumed = resumed.unwrap();
    let session = resumed.session;
    assert_eq!((session.id, session.user.id), (ann.id, ann.user.id));
    assert_eq!(session.user.name(), ann.user.name());
    assert_eq!(
        (resumed.missed.last, resumed.missed.frames.len()),
        (Seq(2), 1)
    );
    assert_eq!(session.user.read_mark("red"), Some(read));
    for (request, expected) in [
        (2, RequestStatus::Repeated),
        (3, RequestStatus::Repeated),
        (5, RequestStatus::New),
    ] {
        let status = session.record_waiting(RequestId(request), false);
        assert_eq!(status, expected, "{request}");
    }
    users.end_session(&session, connection, Instant::now());
    store.close();
    drop((shared, store));

    assert_eq!(
        ["session", "person", "whisper", "read_mark"].map(|table| folder.count(table)),
        [0; 4]
    );
}
