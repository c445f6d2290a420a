//! Texts that wait for a moderator, with a journal and without one.

use super::*;
use crate::filter::{Filter, FilterAct, Filters, Look, WordList, WordMatch};
use crate::ids::{RequestId, SessionId};
use crate::journal::HeldText;
use crate::moderation::Actor;
use crate::shared::acts::held::HeldError;
use guildhall_protocol::Rejected;

/// The server holds texts with this word.
fn hold_words(shared: &Shared, words: &str) {
    let list = WordList::parse(words, WordMatch::Word).unwrap();
    let filter = Filter {
        look: Look::Words(Arc::new(list)),
        act: FilterAct::Hold,
        rooms: None,
        label: "test".into(),
    };
    shared.set_publication(Filters::new(vec![filter]), None);
}

impl World {
    /// A server that holds texts with the word "odd".
    fn holding(clients: usize) -> Self {
        let world = Self::new(clients);
        hold_words(&world.shared, "odd");
        world
    }

    fn held(&self) -> Vec<Arc<HeldText>> {
        self.shared.held_texts(0, 99, |_| true)
    }

    /// Does what waits for the journal, on another thread.
    fn act<T: Send>(&mut self, act: impl FnOnce(&Shared) -> T + Send) -> T {
        let shared = Arc::clone(&self.shared);
        let done = act_on(&shared, &self.journal, act);
        self.decide();
        done
    }
}

fn act_on<T: Send>(
    shared: &Shared,
    journal: &MemoryJournal,
    act: impl FnOnce(&Shared) -> T + Send,
) -> T {
    thread::scope(|scope| {
        let acting = scope.spawn(|| act(shared));
        while !acting.is_finished() {
            journal.decide_next(usize::MAX);
            journal.answer_next(usize::MAX);
            thread::yield_now();
        }
        acting.join().unwrap()
    })
}

fn at(unix_millis: u64) -> Moment {
    Moment::at(unix_millis)
}

/// The pushes about rejected texts that a client was sent.
fn rejected(client: &mut Client) -> Vec<Rejected> {
    let wire = client.session.connection.wire();
    let sent = frame::packets(&wire.take_written()).into_iter();
    let rejected = sent.filter_map(|body| match body {
        PacketBody::Rejected(rejected) => Some(rejected),
        _ => None,
    });
    rejected.collect()
}

#[test]
fn a_held_text_waits_when_it_is_kept_and_nobody_sees_it() {
    let mut world = World::holding(2);
    world.clients[0].said(3, "so odd");
    world.clients[0].hub.fan_out(Instant::now());
    assert!(world.clients[0].take().is_empty() && world.held().is_empty());
    check_waits(&world.clients[0].say(3, "so odd"));
    world.decide();
    assert_eq!(world.clients[0].take(), ["3 Held(Held)"]);
    assert!(world.clients[1].take().is_empty());
    let held = world.held();
    assert_eq!((held.len(), held[0].id, &*held[0].text), (1, 1, "so odd"));
    // A later line does not wait for it.
    world.clients[0].said(4, "next");
    world.decide();
    assert_eq!(world.clients[1].take(), ["1 next"]);
    world.clients[0].said(3, "so odd");
    world.decide();
    assert_eq!(world.clients[0].take(), ["1 next", "3 Held(Held)"]);
    assert_eq!(world.held().len(), 1);
}

#[test]
fn a_published_text_is_a_line_of_its_author_said_now() {
    let mut world = World::holding(2);
    world.clients[0].said(3, "so odd");
    world.decide();
    world.clients[0].take();
    let published = world.act(|shared| shared.publish_held(&Actor::Game, 1, at(5_000)));
    assert_eq!(published.unwrap().seq, Seq(1));
    let author = world.clients[0].session.id();
    for client in &mut world.clients {
        let lines = frame::lines(&client.session.connection.wire().take_written());
        assert_eq!(lines.len(), 1);
        let line = &lines[0];
        assert_eq!((line.sender, line.nonce, line.time), (author.0, 3, 5_000));
        assert_eq!(line.text, "so odd");
    }
    assert!(world.held().is_empty());
    let again = world.act(|shared| shared.publish_held(&Actor::Game, 1, at(5_000)));
    assert_eq!(again, Err(HeldError::NotHeld(1)));
    world.clients[0].said(3, "so odd");
    world.decide();
    assert_eq!(world.clients[0].take(), ["3 repeated"]);
}

#[test]
fn a_rejected_text_is_told_to_all_clients_of_its_author_and_never_said() {
    let mut world = World::holding(2);
    world.clients[0].said(3, "so odd");
    world.decide();
    world.clients[0].take();
    let done = world.act(|shared| shared.reject_held(&Actor::Game, 1, "Not here.", at(5_000)));
    assert_eq!(done, Ok(()));
    let session = world.clients[0].welcomed().session.id;
    let expected = Rejected {
        room: "red".into(),
        nonce: 3,
        session: session.0,
        words: "Not here.".into(),
    };
    assert_eq!(rejected(&mut world.clients[0]), [expected]);
    assert_eq!(rejected(&mut world.clients[1]), []);
    let again = world.act(|shared| shared.publish_held(&Actor::Game, 1, at(5_000)));
    assert_eq!(again, Err(HeldError::NotHeld(1)));
    world.clients[0].said(3, "so odd");
    assert_eq!(world.clients[0].take(), ["3 RefusedText"]);
    assert!(world.clients[1].take().is_empty());
}

#[test]
fn a_text_that_cannot_be_kept_is_refused_and_is_new_again() {
    let mut world = World::holding(1);
    world.journal.fail();
    world.clients[0].said(3, "so odd");
    world.decide();
    assert_eq!(world.clients[0].take(), ["3 Unavailable"]);
    assert!(world.held().is_empty());
    world.journal.heal();
    world.clients[0].said(3, "so odd");
    world.decide();
    assert_eq!(world.clients[0].take(), ["3 Held(Held)"]);
    // A line that cannot be kept leaves it waiting.
    world.journal.fail();
    let failed = world.act(|shared| shared.publish_held(&Actor::Game, 2, at(5_000)));
    assert!(matches!(failed, Err(HeldError::Room(_))), "{failed:?}");
    world.journal.heal();
    assert_eq!(world.held().len(), 1);
    let published = world.act(|shared| shared.publish_held(&Actor::Game, 2, at(5_000)));
    assert!(published.is_ok(), "{published:?}");
    assert_eq!(world.clients[0].take(), ["1 so odd"]);
}

#[test]
fn a_restart_neither_loses_nor_publishes_what_waits() {
    let mut world = World::holding(1);
    let secret = world.clients[0].welcomed().session.secret.to_vec();
    for (id, text) in [(3, "odd one"), (4, "odd two"), (5, "odd three")] {
        world.clients[0].said(id, text);
    }
    world.decide();
    let published = world.act(|shared| shared.publish_held(&Actor::Game, 2, at(5_000)));
    assert!(published.is_ok());
    world.decide();
    // Killed, and started again.
    let journal = world.journal.restarted();
    let shared = Shared::with_memory_journal(1, RoomLimits::default(), &journal);
    let numbers = shared.restore(journal.known(), Instant::now());
    journal.decide_next(usize::MAX);
    numbers.wait().unwrap();
    hold_words(&shared, "odd");
    let texts = |shared: &Shared| -> Vec<_> {
        let held = shared.held_texts(0, 9, |_| true);
        held.iter().map(|text| text.text.to_string()).collect()
    };
    assert_eq!(texts(&shared), ["odd one", "odd three"]);
    let mut client = Client::connect_with(&shared, 0, MAX_WAITING);
    client.journal = Some(Arc::clone(&journal));
    client.hello(9, &secret);
    client.join(10);
    client.take();
    let mut say = |id, text: &str| {
        client.said(id, text);
        journal.decide_next(usize::MAX);
        client.hub.fan_out(Instant::now());
        client.take()
    };
    assert_eq!(say(3, "odd one"), ["3 Held(Held)"]);
    assert_eq!(say(11, "odd four"), ["11 Held(Held)"]);
    assert_eq!(shared.held_texts(0, 9, |_| true).last().unwrap().id, 4);
    let act = |id| {
        act_on(&shared, &journal, |shared| {
            shared.publish_held(&Actor::Game, id, at(6_000))
        })
    };
    assert!(act(1).is_ok());
    client.hub.fan_out(Instant::now());
    assert_eq!(client.take(), ["2 odd one"]);
}

#[test]
fn a_text_whose_line_is_there_already_is_published_once() {
    let mut world = World::holding(1);
    let session = Arc::clone(&world.clients[0].welcomed().session);
    world.clients[0].said(3, "fine");
    world.decide();
    // As if the server had been killed between its line and the end of its waiting.
    let held = HeldText {
        id: 0,
        time: 1,
        room: "red".into(),
        user: session.user.snapshot(),
        info: "".into(),
        session: session.id,
        nonce: RequestId(3),
        text: "fine".into(),
        action: false,
        about: None,
        is_edit: false,
        filter: crate::filter::FilterKind::Game,
    };
    world
        .shared
        .held()
        .restore(vec![HeldText { id: 7, ..held }], 8);
    let published = world.act(|shared| shared.publish_held(&Actor::Game, 7, at(5_000)));
    assert!(published.is_ok(), "{published:?}");
    assert_eq!(world.clients[0].take(), ["1 fine"]);
    assert!(world.held().is_empty());
}

#[test]
fn without_a_journal_a_text_waits_in_memory() {
    let shared = Shared::new(2, RoomLimits::default());
    hold_words(&shared, "odd");
    let mut clients: Vec<_> = (0..2)
        .map(|thread| {
            let mut client = Client::connect_with(&shared, thread, MAX_WAITING);
            client.hello(1, &[]);
            client.join(2);
            client.take();
            client
        })
        .collect();
    for (id, text) in [(3, "odd one"), (4, "odd two"), (3, "odd one")] {
        clients[0].said(id, text);
    }
    let replies = ["3 Held(Held)", "4 Held(Held)", "3 Held(Held)"];
    assert_eq!(clients[0].take(), replies);
    assert!(shared.publish_held(&Actor::Game, 1, at(5_000)).is_ok());
    assert_eq!(shared.reject_held(&Actor::Game, 2, "", at(5_000)), Ok(()));
    for client in &mut clients {
        client.hub.fan_out(Instant::now());
        assert_eq!(client.take(), ["1 odd one"]);
    }
    assert_eq!(shared.held().state_of(SessionId(1), RequestId(9)), None);
}

#[test]
fn a_held_edit_changes_its_line_when_it_is_published() {
    for journal in [None, Some(MemoryJournal::new())] {
        let shared = match &journal {
            None => Shared::new(1, RoomLimits::default()),
            Some(journal) => Shared::with_memory_journal(1, RoomLimits::default(), journal),
        };
        let decide = || {
            if let Some(journal) = &journal {
                journal.decide_next(usize::MAX);
            }
        };
        let mut client = Client::connect_with(&shared, 0, MAX_WAITING);
        client.journal.clone_from(&journal);
        client.hello(1, &[]);
        client.join(2);
        decide();
        client.said(3, "hello");
        decide();
        client.hub.fan_out(Instant::now());
        assert_eq!(client.take().last().unwrap(), "1 hello");
        hold_words(&shared, "odd");
        let room = Rc::clone(&client.welcomed().rooms[0].room);
        let epoch = room.borrow().newest().epoch.0;
        let edit = |seq| {
            RequestBody::Edit(Edit {
                room: "red".into(),
                line: Some(LineRef { epoch, seq }),
                text: "odd".into(),
            })
        };
        client.request(4, edit(1));
        decide();
        client.hub.fan_out(Instant::now());
        assert_eq!(client.take(), ["4 Held(Held)"]);
        let publish = |id| match &journal {
            None => shared.publish_held(&Actor::Game, id, at(9_000)),
            Some(journal) => act_on(&shared, journal, |shared| {
                shared.publish_held(&Actor::Game, id, at(9_000))
            }),
        };
        assert!(publish(1).is_ok());
        client.hub.fan_out(Instant::now());
        assert_eq!(client.take(), ["2 odd"]);
        let page = room
            .borrow()
            .handle()
            .page(Position::default(), 9, 9_999, 1_000);
        assert_eq!(frame::lines(&page.frames)[0].text, "odd");
        // Of a change, there is nothing to edit.
        client.request(5, edit(2));
        decide();
        client.hub.fan_out(Instant::now());
        assert_eq!(client.take(), ["5 Held(Held)"]);
        assert_eq!(publish(2), Err(HeldError::NoLine));
        assert_eq!(
            shared.held_texts(0, 9, |_| true).len(),
            1,
            "it can be rejected"
        );
    }
}
