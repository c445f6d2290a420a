//! A durable room, as several threads and a journal share it.

use super::*;
use crate::journal::memory::MemoryJournal;
use crate::journal::{Found, KeptRoom, Read};
use crate::shared::room_state::durable::Speaking;
use std::sync::mpsc;

/// A room of this journal, which begins with what the journal has kept.
fn room<const N: usize>(journal: &Arc<MemoryJournal>) -> ([Half; N], Arc<RoomState>, Mailboxes) {
    let mailboxes = Mailboxes::beside_a_journal(N);
    let durable = Durable {
        journal: Arc::clone(journal) as Arc<dyn Journal>,
        kept: kept_room(journal),
    };
    let state = state(&mailboxes, Some(durable));
    (halves_of(&state), state, mailboxes)
}

fn kept_room(journal: &MemoryJournal) -> Option<KeptRoom> {
    let (sender, found) = mpsc::channel();
    let read = Read::Room {
        room: "red".into(),
        most: 2,
        bytes: 10_000,
    };
    journal.read(read, Box::new(move |found| sender.send(found).unwrap()));
    journal.answer_next(1);
    match found.recv().unwrap() {
        Ok(Found::Room(room)) => room,
        other => panic!("no room: {other:?}"),
    }
}

impl Half {
    /// Says something over the connection of a client of the tutorial.
    fn hand_over(&self, speaker: u64, text: &str) {
        let speaking = Speaking {
            connection: ConnectionId(speaker),
            session: None,
            changing: None,
        };
        let message = NewMessage::plain(UserId(speaker), text, 1_000);
        self.handle.hand_over(speaking, &message);
    }

    fn last(&self) -> Seq {
        self.handle.lock().history.last()
    }
}

#[test]
fn every_thread_gets_what_was_decided_in_the_same_order_and_is_told_once() {
    let journal = MemoryJournal::new();
    let ([mut a, mut b], _, mailboxes) = room(&journal);
    for (id, half) in (1..).zip([&mut a, &mut b]) {
        half.join(id, Protocol::Tutorial);
        half.join(10 + id, Protocol::V1);
    }
    a.hand_over(1, "a");
    b.hand_over(2, "b");
    assert!(!mailboxes.has_messages(0) && a.last() == Seq(0));
    journal.decide_next(9);
    assert_eq!([0, 1].map(|thread| mailboxes.take(thread).len()), [1, 1]);
    let (of_a, of_b) = (a.received(), b.received());
    assert_eq!(of_a, of_b);
    assert_eq!(texts(&of_a[1]), ["a", "b"]);
    // Each thread knows which of them its own connections have said.
    let own = |half: &Half| {
        let own = half.handle.take_own();
        let lines = own.into_iter().map(|line| (line.connection.0, line.bytes));
        lines.collect::<Vec<_>>()
    };
    let end = of_a[0].len();
    assert_eq!(own(&a), [(1, 0..end / 2)]);
    assert_eq!(own(&b), [(2, end / 2..end)]);
}

#[test]
fn own_lines_are_found_behind_what_is_pending_and_what_is_in_the_inbox() {
    let journal = MemoryJournal::new();
    let ([mut a], ..) = room(&journal);
    a.join(1, Protocol::Tutorial);
    a.frames[0].extend_from_slice(b"pending");
    for text in ["one", "two"] {
        a.hand_over(1, text);
        journal.decide_next(1);
    }
    a.handle.take_inbox(a.frames.each_mut());
    let own = a.handle.take_own();
    for (line, text) in own.into_iter().zip(["one", "two"]) {
        let mut expected = BytesMut::new();
        frame::put_chat(&mut expected, 1, text);
        assert_eq!(a.frames[0][line.bytes], expected);
    }
}

#[test]
fn epoch_numbers_and_newest_lines_go_on_when_the_room_is_made_again() {
    let journal = MemoryJournal::new();
    let ([before], state, _) = room(&journal);
    for text in ["a", "b", "c"] {
        before.hand_over(1, text);
    }
    journal.decide_next(3);
    before.hand_over(1, "lost");
    let epoch = crate::journal::Ordered::epoch(&*state);
    let journal = journal.restarted();
    let ([mut after], state, _) = room(&journal);
    assert_eq!(crate::journal::Ordered::epoch(&*state), epoch);
    let snapshot = after.join(1, Protocol::V1);
    assert_eq!(
        (snapshot.epoch, snapshot.first, snapshot.last),
        (epoch, Seq(2), Seq(3))
    );
    assert_eq!(texts(&snapshot.lines), ["b", "c"]);
    after.hand_over(1, "d");
    journal.decide_next(1);
    assert_eq!(after.last(), Seq(4));
    assert_eq!(texts(&after.received()[1]), ["d"]);
}

#[test]
fn a_room_with_lines_that_wait_has_lines() {
    let journal = MemoryJournal::new();
    let ([half], state, _) = room(&journal);
    half.hand_over(1, "hi");
    assert!(state.has_undecided());
    assert_eq!(half.handle.close(), Remaining::Lines);
    journal.fail();
    journal.decide_next(1);
    assert!(!state.has_undecided());
    let ([half], ..) = room(&journal);
    assert_eq!(half.handle.close(), Remaining::Nothing);
}

#[test]
fn a_text_of_a_tutorial_client_that_is_not_kept_is_known_on_its_thread() {
    let journal = MemoryJournal::new();
    let ([mut a, mut b], _, mailboxes) = room(&journal);
    a.join(1, Protocol::Tutorial);
    b.join(2, Protocol::Tutorial);
    journal.fail();
    b.hand_over(2, "lost");
    journal.decide_next(1);
    assert!(a.received()[0].is_empty() && b.received()[0].is_empty());
    let messages = mailboxes.take(1);
    assert!(matches!(
        messages[..],
        [ThreadMessage::Unsaid(ConnectionId(2))]
    ));
    assert!(!mailboxes.has_messages(0));
}
