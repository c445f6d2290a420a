//! Lines that change, in rooms in memory and in durable rooms. The journal decides when it is
//! told.

use super::*;
use guildhall_protocol::limits::MAX_REACTIONS;
use guildhall_protocol::{Line, LineRef};
use guildhall_testing::line_log::LineLog;

/// Clients in the same room, each on a thread of its own. With a journal, the room is durable.
struct World {
    journal: Option<Arc<MemoryJournal>>,
    clients: Vec<Client>,
    /// The ID of the last request.
    last: u64,
}

/// Something that a client asks for, about a line if it has a number.
#[derive(Debug, Clone, Copy)]
enum Ask<'a> {
    Say(&'a str),
    Edit(u64, &'a str),
    Remove(u64),
    React(u64, &'a str),
    TakeBack(u64, &'a str),
    Reply(u64, &'a str),
}

impl World {
    fn over(journal: Option<Arc<MemoryJournal>>, clients: usize) -> Self {
        let limits = RoomLimits::default();
        let shared = match &journal {
            Some(journal) => Shared::with_memory_journal(clients, limits, journal),
            None => Shared::new(clients, limits),
        };
        let clients = (0..clients).map(|thread| {
            let mut client = Client::connect(&shared, thread);
            client.journal.clone_from(&journal);
            client.hello(1, &[]);
            client.join(2);
            client.received();
            client
        });
        Self {
            clients: clients.collect(),
            journal,
            last: 2,
        }
    }

    fn in_memory(clients: usize) -> Self {
        Self::over(None, clients)
    }

    fn durable(clients: usize) -> Self {
        Self::over(Some(MemoryJournal::new()), clients)
    }

    fn journal(&self) -> &Arc<MemoryJournal> {
        self.journal.as_ref().unwrap()
    }

    /// A client asks for something. Returns the ID of the request.
    fn ask(&mut self, client: usize, ask: Ask<'_>) -> u64 {
        self.last += 1;
        self.ask_again(client, self.last, ask);
        self.last
    }

    fn ask_again(&mut self, client: usize, id: u64, ask: Ask<'_>) {
        let body = self.body(ask);
        self.clients[client].request(id, body);
    }

    fn body(&self, ask: Ask<'_>) -> RequestBody {
        let room = || "red".to_owned();
        let joined = &self.clients[0].welcomed().rooms[0].room;
        let epoch = joined
            .borrow()
            .page(Position::default(), 1, 1, Moment::at(1_000));
        let line = |seq| {
            Some(LineRef {
                epoch: epoch.epoch.0,
                seq,
            })
        };
        let say = |text: &str, reply_to| {
            RequestBody::Say(guildhall_protocol::Say {
                room: room(),
                text: text.into(),
                action: false,
                reply_to,
            })
        };
        let react = |seq, reaction: &str, take_back| {
            RequestBody::React(guildhall_protocol::React {
                room: room(),
                line: line(seq),
                reaction: reaction.into(),
                take_back,
            })
        };
        match ask {
            Ask::Say(text) => say(text, None),
            Ask::Reply(seq, text) => say(text, line(seq)),
            Ask::Edit(seq, text) => RequestBody::Edit(guildhall_protocol::Edit {
                room: room(),
                line: line(seq),
                text: text.into(),
            }),
            Ask::Remove(seq) => RequestBody::Remove(guildhall_protocol::Remove {
                room: room(),
                line: line(seq),
            }),
            Ask::React(seq, reaction) => react(seq, reaction, false),
            Ask::TakeBack(seq, reaction) => react(seq, reaction, true),
        }
    }

    /// Decides what waits, and sends what follows from it.
    fn settle(&mut self) {
        if let Some(journal) = &self.journal {
            journal.decide_next(usize::MAX);
        }
        for client in &mut self.clients {
            client.hub.fan_out(Instant::now());
        }
    }

    /// The lines that the room keeps.
    fn kept(&self) -> Vec<Line> {
        let room = self.clients[0].welcomed().rooms[0].room.borrow();
        let page = room.page(Position::default(), 999, 999_999, Moment::at(1_000));
        frame::lines(&page.frames)
    }
}

impl Client {
    /// Everything that the client was sent since the last call, presence aside.
    fn received(&mut self) -> Vec<PacketBody> {
        let sent = frame::packets(&self.session.connection.wire().take_written());
        let is_told = |body: &PacketBody| !matches!(body, PacketBody::Presence(_));
        sent.into_iter().filter(is_told).collect()
    }

    /// The lines among what it was sent, and nothing else was.
    #[track_caller]
    fn lines(&mut self) -> Vec<Line> {
        let received = self.received().into_iter();
        let line = |body| match body {
            PacketBody::Line(line) => line,
            other => panic!("no line: {other:?}"),
        };
        received.map(line).collect()
    }

    /// The error that it was sent, and nothing else was.
    #[track_caller]
    fn error(&mut self, id: u64) -> RequestError {
        let mut received = self.received();
        assert_eq!(received.len(), 1, "{received:?}");
        match received.pop() {
            Some(PacketBody::Reply(Reply {
                id: to,
                result: Some(ReplyResult::Error(error)),
            })) if to == id => error,
            other => panic!("no error: {other:?}"),
        }
    }
}

/// Everything that clients ask for about lines, in one conversation.
const CONVERSATION: [(usize, Ask<'static>); 22] = [
    (0, Ask::Say("helo")),
    (1, Ask::Say("hi")),
    (1, Ask::Reply(1, "hi, Ann")),
    (0, Ask::Edit(1, "hello")),
    (1, Ask::React(1, "gg")),
    (0, Ask::React(1, "+1")),
    (1, Ask::React(1, "+1")),
    (1, Ask::TakeBack(1, "gg")),
    (1, Ask::React(1, "gg")),
    (1, Ask::React(1, "gg")),
    (0, Ask::TakeBack(1, "gg")),
    // Not one's own.
    (0, Ask::Edit(2, "no")),
    (0, Ask::Remove(2)),
    // Changes, and what is not there.
    (0, Ask::Edit(4, "no")),
    (1, Ask::React(5, "gg")),
    (0, Ask::Edit(1, "hello, all of you")),
    (1, Ask::Remove(2)),
    (1, Ask::Edit(2, "no")),
    (0, Ask::React(2, "gg")),
    (0, Ask::Reply(2, "gone?")),
    (0, Ask::Edit(3, "no")),
    (1, Ask::Edit(3, "hi")),
];

/// Has the conversation. Returns the lines that are kept, and the errors.
fn converse(world: &mut World) -> (Vec<Line>, Vec<RequestError>) {
    let mut logs = [LineLog::default(), LineLog::default()];
    let mut errors = Vec::new();
    for (client, ask) in CONVERSATION {
        world.ask(client, ask);
        world.settle();
        for (log, client) in logs.iter_mut().zip(&mut world.clients) {
            for body in client.received() {
                match body {
                    PacketBody::Line(line) => log.add(line),
                    PacketBody::Reply(Reply {
                        result: Some(ReplyResult::Error(error)),
                        ..
                    }) => errors.push(error),
                    other => panic!("{other:?}"),
                }
            }
        }
    }
    let kept = world.kept();
    assert_eq!(logs[0], logs[1]);
    assert!(logs[0].lines().eq(&kept), "what all have is what is kept");
    (kept, errors)
}

#[test]
fn a_durable_room_and_one_in_memory_change_lines_alike() {
    let [in_memory, durable] = [World::in_memory(2), World::durable(2)].map(|mut world| {
        let (mut lines, errors) = converse(&mut world);
        for line in &mut lines {
            line.epoch = 0;
        }
        (lines, errors)
    });
    assert_eq!(in_memory, durable);
    let codes: Vec<_> = durable.1.iter().map(RequestError::code).collect();
    let (own, missing) = (ErrorCode::Forbidden, ErrorCode::NoSuchLine);
    assert_eq!(codes, [own, own, missing, missing, missing, missing, own]);
    let shown = |line: &Line| (line.text.clone(), line.reactions.len());
    let shown: Vec<_> = durable.0[..3].iter().map(shown).collect();
    let expected = [("hello, all of you", 2), ("", 0), ("hi", 0)];
    assert_eq!(
        shown,
        expected.map(|(text, count)| (text.to_owned(), count))
    );
}

#[test]
fn a_journal_keeps_what_holds_now() {
    let mut world = World::durable(2);
    let (kept, _) = converse(&mut world);
    let mut again = World::over(Some(world.journal().restarted()), 1);
    // The room of the server that starts again is another one here, and what was kept is read.
    let (sender, found) = std::sync::mpsc::channel();
    let read = crate::journal::Read::Room {
        room: "red".into(),
        most: 999,
        bytes: 999_999,
    };
    let journal = Arc::clone(again.journal());
    crate::journal::Journal::read(
        &*journal,
        read,
        Box::new(move |found| sender.send(found).unwrap()),
    );
    journal.answer_next(1);
    let Ok(crate::journal::Found::Room(Some(room))) = found.recv().unwrap() else {
        panic!("no room");
    };
    assert_eq!(room.lines, kept);
    again.settle();
}

#[test]
fn a_change_is_seen_when_it_is_kept_and_not_before() {
    let mut world = World::durable(2);
    world.ask(0, Ask::Say("helo"));
    world.settle();
    let said = world.clients.each_received();
    let id = world.ask(0, Ask::Edit(1, "hello"));
    for client in &mut world.clients {
        client.hub.fan_out(Instant::now());
        assert!(client.received().is_empty());
    }
    assert_eq!(world.kept(), said);
    world.settle();
    let edited = world.clients.each_received();
    assert_eq!((edited[0].seq, edited[0].nonce), (2, id));
    let kept = world.kept();
    assert_eq!((&*kept[0].text, kept[0].edited), ("hello", 1_000));
    assert_eq!(kept[1..], edited);
}

/// The lines that all clients received, which are the same.
trait EachReceived {
    fn each_received(&mut self) -> Vec<Line>;
}

impl EachReceived for Vec<Client> {
    #[track_caller]
    fn each_received(&mut self) -> Vec<Line> {
        let mut all: Vec<_> = self.iter_mut().map(Client::lines).collect();
        let first = all.remove(0);
        assert!(all.iter().all(|lines| *lines == first));
        first
    }
}

#[test]
fn a_change_that_the_journal_refuses_is_refused_and_can_be_asked_for_again() {
    let mut world = World::durable(2);
    world.ask(0, Ask::Say("one"));
    world.ask(1, Ask::Say("two"));
    world.settle();
    world.clients.each_received();
    // In one commit: the later ones find the line removed.
    world.ask(0, Ask::Remove(1));
    let edit = world.ask(0, Ask::Edit(1, "late"));
    let react = world.ask(1, Ask::React(1, "gg"));
    world.settle();
    let [ann, bob] = &mut world.clients[..] else {
        panic!("two clients");
    };
    for (client, id) in [(ann, edit), (bob, react)] {
        let (errors, lines): (Vec<_>, Vec<_>) =
            (client.received().into_iter()).partition(|body| matches!(body, PacketBody::Reply(_)));
        assert_eq!(lines.len(), 1);
        let Some(PacketBody::Reply(reply)) = errors.first() else {
            panic!("no error: {errors:?}");
        };
        let Some(ReplyResult::Error(error)) = &reply.result else {
            panic!("no error: {reply:?}");
        };
        assert_eq!((reply.id, error.code()), (id, ErrorCode::NoSuchLine));
        assert_eq!(error.arguments, ["red", "1"]);
    }
    world.ask_again(0, edit, Ask::Edit(1, "later"));
    world.settle();
    assert_eq!(world.clients[0].error(edit).code(), ErrorCode::NoSuchLine);
    // The next line has the next number.
    world.ask(0, Ask::Say("three"));
    world.settle();
    assert_eq!(world.clients.each_received()[0].seq, 4);
}

#[test]
fn a_journal_says_who_may_change_and_until_when() {
    let mut world = World::durable(2);
    world.journal().set_edit_within(std::time::Duration::ZERO);
    world.ask(0, Ask::Say("one"));
    world.settle();
    world.clients.each_received();
    let id = world.ask(0, Ask::Edit(1, "two"));
    world.settle();
    let error = world.clients[0].error(id);
    // The limit of this server's settings: a journal of a server has the same.
    assert_eq!(error.code(), ErrorCode::TooLate);
    assert_eq!(error.arguments, ["red", "900"]);
    let id = world.ask(1, Ask::Remove(1));
    world.settle();
    let error = world.clients[1].error(id);
    assert_eq!(error.code(), ErrorCode::Forbidden);
    assert_eq!(error.arguments, ["red", "change"]);
    for number in 0..MAX_REACTIONS {
        world.ask(0, Ask::React(1, &number.to_string()));
    }
    world.settle();
    world.clients.each_received();
    let id = world.ask(1, Ask::React(1, "one more"));
    world.settle();
    let error = world.clients[1].error(id);
    assert_eq!(error.code(), ErrorCode::TooManyReactions);
    assert_eq!(error.arguments, ["20"]);
    assert!(!error.temporary);
}

#[test]
fn a_change_that_is_not_kept_is_refused_for_now_and_sent_again() {
    let mut world = World::durable(2);
    world.ask(0, Ask::Say("helo"));
    world.settle();
    world.clients.each_received();
    world.journal().fail();
    let id = world.ask(0, Ask::Edit(1, "hello"));
    world.settle();
    let error = world.clients[0].error(id);
    assert_eq!(
        (error.code(), error.temporary),
        (ErrorCode::Unavailable, true)
    );
    assert_eq!(world.kept()[0].text, "helo");
    world.journal().heal();
    // All that comes behind it waits for it.
    let later = world.ask(0, Ask::React(1, "gg"));
    assert_eq!(world.clients[0].error(later).code(), ErrorCode::RateLimited);
    world.ask_again(0, id, Ask::Edit(1, "hello"));
    world.ask_again(0, later, Ask::React(1, "gg"));
    world.settle();
    let changes = world.clients.each_received();
    assert_eq!([changes[0].nonce, changes[1].nonce], [id, later]);
    let kept = world.kept();
    assert_eq!((&*kept[0].text, kept[0].reactions.len()), ("hello", 1));
}

#[test]
fn a_change_that_is_sent_again_is_made_once() {
    for mut world in [World::in_memory(1), World::durable(1)] {
        world.ask(0, Ask::Say("helo"));
        world.settle();
        let id = world.ask(0, Ask::React(1, "gg"));
        if world.journal.is_some() {
            // While it waits, a repeat waits with it.
            let request = Request {
                id,
                ask: Some(world.body(Ask::React(1, "gg"))),
            };
            let handled = world.clients[0].handle(request);
            assert!(matches!(handled, Handled::After(..)), "{handled:?}");
        }
        world.settle();
        assert_eq!(world.clients[0].lines().len(), 2);
        // Whatever it asks for now.
        world.ask_again(0, id, Ask::Remove(1));
        let received = world.clients[0].received();
        assert!(
            matches!(&received[..], [PacketBody::Reply(Reply { id: of, result: Some(ReplyResult::Repeated(_)) })] if *of == id),
            "{received:?}"
        );
        assert_eq!(world.kept().len(), 2);
    }
}
