//! Clients of the tutorial in a durable lobby.

use super::*;
use crate::journal::memory::MemoryJournal;
use crate::shared::RoomLimits;

/// A hub with a journal that decides when it is told.
fn hub(journal: &Arc<MemoryJournal>) -> Hub<TestWire> {
    Hub::new(
        Shared::with_memory_journal(1, RoomLimits::default(), journal),
        0,
    )
}

fn join_lobby(hub: &mut Hub<TestWire>) -> (Rc<Connection<TestWire>>, SharedRoom<TestWire>) {
    let (connection, lobby) = hub.connect_tutorial(TestWire::open(), 10_000, Moment::at(1));
    connection.wire().take_written();
    (connection, lobby.unwrap())
}

#[test]
fn a_speaker_of_the_tutorial_does_not_get_its_own_line_back_from_the_journal() {
    let journal = MemoryJournal::new();
    let mut hub = hub(&journal);
    let (one, lobby) = join_lobby(&mut hub);
    let (two, _) = join_lobby(&mut hub);
    say(&mut hub, &lobby, 1, "from one");
    say(&mut hub, &lobby, 2, "from two");
    fan_out(&mut hub);
    assert!(one.wire().written().is_empty() && two.wire().written().is_empty());
    journal.decide_next(9);
    assert!(hub.has_pending(), "a single thread is told, too");
    let writes = [&one, &two].map(|connection| connection.wire().writes());
    fan_out(&mut hub);
    assert_eq!(one.wire().written(), chat_frame(2, "from two"));
    assert_eq!(two.wire().written(), chat_frame(1, "from one"));
    let after = [&one, &two].map(|connection| connection.wire().writes());
    assert_eq!(after, writes.map(|writes| writes + 1), "one write for each");
}

#[test]
fn a_client_that_joins_gets_what_is_decided_later_and_not_what_was_before() {
    let journal = MemoryJournal::new();
    let mut hub = hub(&journal);
    let (_one, lobby) = join_lobby(&mut hub);
    say(&mut hub, &lobby, 1, "before");
    say(&mut hub, &lobby, 1, "after");
    journal.decide_next(1);
    let (two, _) = join_lobby(&mut hub);
    journal.decide_next(1);
    fan_out(&mut hub);
    assert_eq!(two.wire().written(), chat_frame(1, "after"));
}

#[test]
fn a_text_that_is_not_kept_is_known_for_the_log() {
    let journal = MemoryJournal::new();
    let mut hub = hub(&journal);
    let (one, lobby) = join_lobby(&mut hub);
    let (two, _) = join_lobby(&mut hub);
    journal.fail();
    say(&mut hub, &lobby, 1, "lost");
    journal.decide_next(1);
    fan_out(&mut hub);
    assert!(one.wire().written().is_empty() && two.wire().written().is_empty());
    assert_eq!(hub.take_unsaid(), [one.id()]);
    assert!(hub.take_unsaid().is_empty());
}

#[test]
fn a_speaker_that_is_gone_is_not_waited_for() {
    let journal = MemoryJournal::new();
    let mut hub = hub(&journal);
    let (one, lobby) = join_lobby(&mut hub);
    let (two, _) = join_lobby(&mut hub);
    say(&mut hub, &lobby, 1, "last words");
    hub.leave(&lobby, &one, Instant::now());
    hub.disconnect(one.id());
    journal.decide_next(1);
    fan_out(&mut hub);
    assert_eq!(two.wire().written(), chat_frame(1, "last words"));
    // The room stays for what its last member has said.
    say(&mut hub, &lobby, 2, "and mine");
    hub.leave(&lobby, &two, Instant::now());
    journal.decide_next(1);
    let three = connect(&mut hub);
    let again = join(&mut hub, LOBBY, &three);
    let page = again
        .borrow()
        .page(Position::default(), 9, 999, Moment::at(1));
    assert_eq!(frame::lines(&page.frames).len(), 2);
}
