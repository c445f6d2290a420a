use super::*;
use crate::ids::UserId;
use crate::shared::name::Name;
use crate::shared::user::whispers::KEPT_WHISPERS;
use guildhall_protocol::Gap;

const HERE: ConnectionRef = ConnectionRef {
    thread: 0,
    id: ConnectionId(1),
};

fn session() -> UserSession {
    let user = Arc::new(User::new(UserId(1), Name::GUEST));
    UserSession::new(SessionId(1), Secret::default(), user, HERE)
}

fn whisper(user: &UserSession, text: &str) -> Option<Delivery> {
    let line = WhisperLine {
        text: text.into(),
        ..WhisperLine::default()
    };
    user.whisper(line, &Mailboxes::new(1))
}

#[test]
fn whispers_are_numbered_and_kept_for_a_client_that_is_away() {
    let ann = session();
    let first = whisper(&ann, "one").unwrap();
    assert_eq!(first.connection, HERE);
    ann.disconnect(HERE);
    assert_eq!(whisper(&ann, "two"), None);
    let missed = ann.whispers_after(Seq(1));
    assert_eq!((missed.last.0, missed.frames.len()), (2, 1));
    assert_eq!(missed.gap, None);
    assert_eq!(ann.whispers_after(Seq(0)).frames[0], first.frame);
    assert!(ann.whispers_after(Seq(u64::MAX)).frames.is_empty());
    for _ in 0..KEPT_WHISPERS {
        whisper(&ann, "more");
    }
    let missed = ann.whispers_after(Seq(1));
    assert_eq!((missed.last.0, missed.frames.len()), (102, KEPT_WHISPERS));
    assert_eq!(missed.gap, Some(Gap { from: 2, to: 2 }));
}

#[test]
fn large_whispers_are_kept_up_to_a_number_of_bytes() {
    let ann = session();
    for _ in 0..20 {
        whisper(&ann, &"x".repeat(4_000));
    }
    assert_eq!(ann.whispers_after(Seq(0)).frames.len(), 4);
}
