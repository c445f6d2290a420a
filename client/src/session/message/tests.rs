use super::*;

/// Messages to the room "hall", with these nonces.
fn messages(nonces: impl Iterator<Item = u64>) -> Messages {
    let mut messages = Messages::default();
    for nonce in nonces {
        let to = To::Room("hall".into());
        messages.push(message(nonce, to));
    }
    messages
}

fn message(nonce: u64, to: To) -> Message {
    let content = Content::Text {
        text: "hi".into(),
        kind: MessageKind::Text,
        reply_to: None,
    };
    Message::new(RequestId(nonce), to, content)
}

fn sent(messages: &mut Messages, room: Option<&str>) -> Vec<u64> {
    let mut nonces = Vec::new();
    messages.send(room, |nonce, _| nonces.push(nonce.0));
    nonces
}

fn refused(messages: &mut Messages, nonce: u64) -> bool {
    let error = RequestError::default();
    messages.refused(RequestId(nonce), error).is_ok()
}

fn failed(fail: impl FnOnce(&mut dyn FnMut(Event))) -> Vec<(u64, FailReason)> {
    let mut failed = Vec::new();
    fail(&mut |event| match event {
        Event::Failed { nonce, reason } => failed.push((nonce.0, reason)),
        other => panic!("{other:?}"),
    });
    failed
}

#[test]
fn a_message_is_sent_once_on_each_connection() {
    let mut messages = messages(1..=2);
    messages.push(message(3, To::Id(UserId(9))));
    assert_eq!(sent(&mut messages, Some("attic")), []);
    assert_eq!(sent(&mut messages, Some("hall")), [1, 2]);
    assert_eq!(sent(&mut messages, Some("hall")), []);
    assert_eq!(sent(&mut messages, None), [3]);
    messages.disconnected();
    assert!(messages.stored(RequestId(1)));
    assert_eq!(sent(&mut messages, Some("hall")), [2]);
}

#[test]
fn a_message_that_was_not_sent_has_no_answer() {
    let mut messages = messages(1..=1);
    assert!(!messages.stored(RequestId(1)) && !refused(&mut messages, 1));
    sent(&mut messages, Some("hall"));
    assert!(!messages.stored(RequestId(2)) && !refused(&mut messages, 2));
    assert!(refused(&mut messages, 1) && !refused(&mut messages, 1));
    assert_eq!(messages.pending(), 0);
    // Stored after all.
    assert!(messages.stored(RequestId(1)) && !messages.stored(RequestId(1)));
}

#[test]
fn messages_wait_behind_one_that_was_delayed() {
    let mut messages = messages(1..=3);
    sent(&mut messages, Some("hall"));
    messages.push(message(4, To::Room("hall".into())));
    messages.push(message(5, To::Room("attic".into())));
    assert!(messages.delayed(RequestId(1), 1_000, 0));
    assert!(messages.delayed(RequestId(2), 500, 0));
    assert!(!messages.delayed(RequestId(1), 1, 0) && !messages.delayed(RequestId(4), 1, 0));
    assert_eq!(sent(&mut messages, Some("hall")), []);
    assert_eq!(sent(&mut messages, Some("attic")), [5]);
    assert_eq!(messages.wake_at(), Some(500));
    assert!(messages.queue_due(500) && !messages.queue_due(500));
    assert_eq!(sent(&mut messages, Some("hall")), []);
    assert!(messages.queue_due(1_000));
    assert_eq!(sent(&mut messages, Some("hall")), [1]);
    assert!(messages.stored(RequestId(1)));
    assert_eq!(sent(&mut messages, Some("hall")), [2]);
    assert!(refused(&mut messages, 2));
    assert_eq!(sent(&mut messages, Some("hall")), [4]);
    assert_eq!(messages.wake_at(), None);
    assert!(messages.delayed(RequestId(4), u32::MAX, 7));
    assert_eq!(messages.wake_at(), Some(60_007));
    messages.disconnected();
    assert_eq!(messages.wake_at(), None);
    assert_eq!(sent(&mut messages, Some("hall")), [3, 4]);
}

#[test]
fn a_message_that_was_sent_is_uncertain() {
    let mut messages = messages(1..=1);
    sent(&mut messages, Some("hall"));
    messages.push(message(2, To::Room("hall".into())));
    messages.push(message(3, To::Name("bob".into())));
    messages.disconnected();
    let in_rooms = failed(|mut tell| messages.fail_in_rooms(|_| false, &mut tell));
    let reasons = [(1, FailReason::Uncertain), (2, FailReason::NotInRoom)];
    assert_eq!(in_rooms, reasons);
    let all = failed(|mut tell| messages.fail_all(&mut tell));
    assert_eq!(all, [(3, FailReason::Disconnected)]);
}

#[test]
fn messages_go_to_the_new_name_of_their_room() {
    let mut messages = messages(1..=1);
    messages.room_renamed("hall", "Hall");
    assert_eq!(sent(&mut messages, Some("Hall")), [1]);
}

#[test]
fn the_oldest_failed_messages_are_forgotten() {
    let mut messages = messages(1..=300);
    failed(|mut tell| messages.fail_all(&mut tell));
    assert!(messages.failed(RequestId(44)).is_none() && messages.failed(RequestId(45)).is_some());
    messages.discard(RequestId(45));
    assert!(messages.failed(RequestId(45)).is_none());
}

#[test]
fn a_change_waits_with_the_messages_and_is_not_kept_when_it_fails() {
    let mut messages = messages(1..=1);
    let line = LineRef { epoch: 5, seq: 1 };
    let remove = |nonce| {
        let to = To::Room("hall".into());
        Message::new(RequestId(nonce), to, Content::Remove { line })
    };
    messages.push(remove(2));
    sent(&mut messages, Some("hall"));
    assert!(messages.delayed(RequestId(1), 100, 0) && messages.delayed(RequestId(2), 100, 0));
    assert!(messages.queue_due(100));
    assert_eq!(sent(&mut messages, Some("hall")), [1]);
    assert!(messages.stored(RequestId(1)));
    assert_eq!(sent(&mut messages, Some("hall")), [2]);
    messages.push(remove(3));
    let mut told = Vec::new();
    messages.disconnected();
    messages.fail_all(|event| told.push(event));
    let failure = |nonce, reason| Event::ChangeFailed {
        nonce: RequestId(nonce),
        room: "hall".into(),
        line: 1,
        reason,
    };
    let expected = [
        failure(2, FailReason::Uncertain),
        failure(3, FailReason::Disconnected),
    ];
    assert_eq!(told, expected);
    assert!(messages.0.is_empty());
}
