//! Whispers in a server with a journal that decides when it is told, and what is left of them
//! after a restart.

use super::*;
use crate::ids::SessionId;
use crate::journal::memory::MemoryJournal;

/// A server, and what it keeps.
struct World {
    journal: Arc<MemoryJournal>,
    shared: Arc<Shared>,
}

impl World {
    fn new() -> Self {
        Self::over(MemoryJournal::new())
    }

    fn over(journal: Arc<MemoryJournal>) -> Self {
        let shared = Shared::with_memory_journal(1, RoomLimits::default(), &journal);
        let numbers = shared.restore(journal.known(), Instant::now());
        journal.decide_next(usize::MAX);
        numbers.wait().unwrap();
        Self { journal, shared }
    }

    /// The server that starts after this one was killed.
    fn killed(&self) -> Self {
        Self::over(self.journal.restarted())
    }

    fn connect(&self) -> Client {
        Client::connect(&self.shared, 0)
    }

    /// A client with a new session, which is kept.
    fn client(&self) -> Client {
        let mut client = self.connect();
        client.hello(1, &[]);
        // A session is kept from its first request on. The hello's ID is used, so this one is
        // refused, and later IDs are all free.
        client.request(1, RequestBody::ListRooms(guildhall_protocol::ListRooms {}));
        self.journal.decide_next(usize::MAX);
        client.sent();
        client
    }
}

impl Client {
    /// Says hello with request 1,000, as a client that has all whispers up to `seen`.
    fn resume(&mut self, session: &[u8], seen: u64) -> Vec<String> {
        let hello = Hello {
            version: VERSION,
            session: session.to_vec(),
            whisper_seq: seen,
            ..Hello::default()
        };
        self.request(1_000, RequestBody::Hello(hello));
        self.sent()
    }

    fn whisper(&mut self, id: u64, to: u64, text: &str) -> Handled<Request> {
        let whisper = Whisper {
            to,
            text: text.into(),
            ..Whisper::default()
        };
        self.handle(Request {
            id,
            ask: Some(RequestBody::Whisper(whisper)),
        })
    }

    /// Whispers something that is handed to the journal, or answered.
    fn whispered(&mut self, id: u64, to: u64, text: &str) {
        let handled = self.whisper(id, to, text);
        assert!(matches!(handled, Handled::Done), "{handled:?}");
    }

    /// Everything that the client was sent since the last call, in short.
    fn sent(&mut self) -> Vec<String> {
        self.hub.fan_out(Instant::now());
        let sent = frame::packets(&self.session.connection.wire().take_written());
        let shown = sent.into_iter().filter_map(|body| match body {
            PacketBody::Whisper(line) => {
                Some(format!("{} {} for {}", line.seq, line.text, line.nonce))
            }
            PacketBody::Reply(Reply { id, result }) => Some(match result.unwrap() {
                ReplyResult::Error(error) => format!("{id} {:?}", error.code()),
                ReplyResult::Repeated(_) => format!("{id} repeated"),
                ReplyResult::Welcome(welcome) => format!(
                    "{id} welcome, {}, up to {}",
                    welcome.resumed, welcome.whisper_seq
                ),
                other => format!("{id} {other:?}"),
            }),
            _ => None,
        });
        shown.collect()
    }

    fn user(&self) -> u64 {
        self.session.id().0
    }

    fn secret(&self) -> Vec<u8> {
        self.welcomed().session.secret.to_vec()
    }
}

#[test]
fn a_whisper_is_seen_when_it_is_kept_and_not_before() {
    let world = World::new();
    let (mut ann, bob) = (world.client(), world.client());
    let last = |client: &Client| client.welcomed().session.whispers_after(Seq(0)).last;
    ann.whispered(2, bob.user(), "hi");
    assert_eq!((last(&ann), last(&bob)), (Seq(0), Seq(0)));
    assert!(!world.shared.mailboxes().has_messages(0));
    world.journal.decide_next(1);
    assert_eq!((last(&ann), last(&bob)), (Seq(1), Seq(1)));
    assert!(world.shared.mailboxes().has_messages(0));
}

#[test]
fn the_senders_copy_is_the_answer_and_the_others_have_no_request() {
    let world = World::new();
    let mut ann = world.client();
    let id = ann.user();
    ann.whispered(2, id, "to myself");
    assert!(ann.sent().is_empty());
    world.journal.decide_next(1);
    assert_eq!(ann.sent(), ["1 to myself for 2"]);
    ann.whispered(2, id, "to myself");
    assert_eq!(ann.sent(), ["2 repeated"]);
}

#[test]
fn a_repeat_waits_and_what_is_not_kept_is_new_again() {
    let world = World::new();
    let mut ann = world.client();
    let id = ann.user();
    world.journal.fail();
    ann.whispered(2, id, "a");
    ann.whispered(3, id, "b");
    let repeat = ann.whisper(2, id, "a");
    assert!(matches!(repeat, Handled::After(..)), "{repeat:?}");
    // The order of one sender stays: what waits fails with the first.
    world.journal.decide_next(1);
    assert_eq!(ann.sent(), ["2 Unavailable", "3 Unavailable"]);
    world.journal.heal();
    ann.whispered(4, id, "c");
    assert_eq!(ann.sent(), ["4 RateLimited"]);
    for (request, text) in [(2, "a"), (3, "b"), (4, "c")] {
        ann.whispered(request, id, text);
    }
    world.journal.decide_next(3);
    // The numbers have no hole.
    assert_eq!(ann.sent(), ["1 a for 2", "2 b for 3", "3 c for 4"]);
}

#[test]
fn whispers_that_were_not_taken_arrive_once_after_a_restart_and_repeats_are_recognised() {
    let world = World::new();
    let (mut ann, bob) = (world.client(), world.client());
    let (ann_secret, bob_secret, to) = (ann.secret(), bob.secret(), bob.user());
    for (request, text) in [(2, "one"), (3, "two"), (4, "lost")] {
        ann.whispered(request, to, text);
    }
    world.journal.decide_next(2);

    let world = world.killed();
    let mut bob = world.connect();
    let welcome = bob.resume(&bob_secret, 1);
    assert_eq!(welcome, ["1000 welcome, true, up to 2", "2 two for 0"]);
    let mut ann = world.connect();
    let welcome = ann.resume(&ann_secret, 0);
    assert_eq!(
        welcome,
        ["1000 welcome, true, up to 2", "1 one for 2", "2 two for 3"]
    );
    for (request, text) in [(2, "one"), (3, "two"), (4, "lost")] {
        ann.whispered(request, to, text);
    }
    assert_eq!(ann.sent(), ["2 repeated", "3 repeated"]);
    world.journal.decide_next(usize::MAX);
    assert_eq!(
        bob.welcomed().session.whispers_after(Seq(2)).frames.len(),
        1
    );

    // Taken whispers are gone, and the numbers go on.
    let world = world.killed();
    let mut bob = world.connect();
    let welcome = bob.resume(&bob_secret, 3);
    assert_eq!(welcome, ["1000 welcome, true, up to 3"]);
    world.journal.decide_next(usize::MAX);
    let world = world.killed();
    let known = world.journal.known().sessions.into_iter();
    let bobs = known.filter(|one| one.row.id == SessionId(to));
    let kept: Vec<_> = bobs
        .flat_map(|one| one.whispers)
        .map(|one| one.seq)
        .collect();
    assert_eq!(kept, [Seq(3)], "the newest alone, because of its number");
    let mut bob = world.connect();
    bob.resume(&bob_secret, 3);
    let mut ann = world.connect();
    ann.resume(&ann_secret, 3);
    ann.whispered(1_001, to, "more");
    world.journal.decide_next(usize::MAX);
    assert_eq!(bob.welcomed().session.whispers_after(Seq(3)).last, Seq(4));
}

#[test]
fn no_more_whispers_of_a_session_are_kept_than_it_can_get() {
    let world = World::new();
    let mut ann = world.client();
    let id = ann.user();
    for request in 2..152 {
        ann.whispered(request, id, "hi");
        world.journal.decide_next(usize::MAX);
    }
    let known = world.journal.known();
    let kept = &known.sessions[0].whispers;
    assert_eq!(kept.len(), 100);
    let world = world.killed();
    let mut again = world.connect();
    let welcome = again.resume(&ann.secret(), 140);
    assert_eq!(welcome.len(), 11, "{welcome:?}");
}

#[test]
fn a_client_whispers_no_more_than_may_wait_for_the_journal() {
    let world = World::new();
    let mut ann = world.client();
    let id = ann.user();
    for request in 2..66 {
        ann.whispered(request, id, "hi");
    }
    let more = ann.whisper(66, id, "hi");
    assert!(matches!(more, Handled::After(..)), "{more:?}");
    world.journal.decide_next(1);
    ann.whispered(66, id, "hi");
    world.journal.set_full_at(1);
    let full = ann.whisper(67, id, "hi");
    assert!(matches!(full, Handled::After(..)), "{full:?}");
}
