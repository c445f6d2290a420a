//! A session with two connections, which two threads serve at the same time. [`tokens`] has
//! the tests of tokens, with a clock that the test sets, [`durable`] those of durable rooms,
//! [`whispers`] those of whispers that are kept, [`read_marks`] what a user has read, and
//! [`changes`] those of lines that change.
//! [`search`] has those of searches, and [`reports`] those of reports.

mod changes;
mod durable;
mod moves;
mod read_marks;
mod reports;
mod sanctions;
mod search;
mod tokens;
mod whispers;

use super::hello::VERSION;
use super::*;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use guildhall_protocol::{Edit, Hello, Join, LineRef, Protocol, Reply, Say, Whisper};

use crate::hub::SharedRoom;
use crate::ids::Seq;
use crate::journal::memory::MemoryJournal;
use crate::outgoing::frame;
use crate::outgoing::test_wire::TestWire;
use crate::shared::join::Position;
use crate::shared::{RoomLimits, Shared};

/// A client, and the hub of the thread that serves only its connection.
struct Client {
    hub: Hub<TestWire>,
    session: V1Session<TestWire>,
    /// Reads what requests need, if there is one.
    journal: Option<Arc<MemoryJournal>>,
}

impl Client {
    fn connect(shared: &Arc<Shared>, thread: usize) -> Self {
        Self::connect_with(shared, thread, 100_000_000)
    }

    /// A client for which at most so many bytes may wait.
    fn connect_with(shared: &Arc<Shared>, thread: usize, max_waiting: usize) -> Self {
        let mut hub = Hub::new(Arc::clone(shared), thread);
        let wire = TestWire::open();
        let connection = hub.connect(Protocol::V1, wire, max_waiting, Instant::now());
        let session = V1Session::new(connection, 25);
        Self {
            hub,
            session,
            journal: None,
        }
    }

    fn request(&mut self, id: u64, body: RequestBody) {
        let request = Request {
            id,
            ask: Some(body),
        };
        let mut handled = self.handle(request);
        while let Handled::Read(read, request) = handled {
            let journal = self.journal.as_ref().expect("there is one that reads");
            let (found, at) = (journal.find(&read), Moment::at(1_000));
            handled = self.session.handle_found(&mut self.hub, request, found, at);
        }
        if let Handled::Act(act, request) = handled {
            let acted = act.carry_out();
            (self.session).handle_acted(&mut self.hub, &request, acted, Instant::now());
            return;
        }
        assert!(matches!(handled, Handled::Done), "nothing is busy");
    }

    fn handle(&mut self, request: Request) -> Handled<Request> {
        self.session
            .handle(&mut self.hub, request, Moment::at(1_000))
    }

    fn welcomed(&self) -> &Welcomed<TestWire> {
        match &self.session.state {
            State::Welcomed(welcomed) => welcomed,
            State::BeforeHello { .. } => panic!("the client has no session"),
        }
    }

    fn hello(&mut self, id: u64, session: &[u8]) -> Vec<u8> {
        let hello = Hello {
            version: VERSION,
            session: session.to_vec(),
            ..Hello::default()
        };
        self.request(id, RequestBody::Hello(hello));
        self.welcomed().session.secret.to_vec()
    }

    fn join(&mut self, id: u64) -> SharedRoom<TestWire> {
        let join = Join {
            room: "red".to_owned(),
            ..Join::default()
        };
        self.request(id, RequestBody::Join(join));
        Rc::clone(&self.welcomed().rooms[0].room)
    }
}

/// Says, whispers and changes that come over two connections at once: a client that lost its
/// connection sends them again over another one.
#[test]
fn a_message_sent_again_over_another_thread_is_stored_once() {
    const ROUNDS: u64 = 2_000;
    let mut limits = RoomLimits::default();
    // So that the line that changes is kept.
    limits.history.lines = 10_000;
    limits.history.bytes = 10_000_000;
    let shared = Shared::new(2, limits);
    let mut old = Client::connect(&shared, 0);
    let secret = old.hello(1, &[]);
    let room = old.join(2);
    let line = LineRef {
        epoch: room
            .borrow()
            .page(Position::default(), 1, 1, Moment::at(1_000))
            .epoch
            .0,
        seq: 1,
    };
    let id = old.session.id().0;
    let ready = AtomicU64::new(0);
    let repeat = |client: &mut Client| {
        for round in 1..=ROUNDS {
            // Not a barrier, because the thread that sleeps there would always be late.
            ready.fetch_add(1, Ordering::SeqCst);
            while ready.load(Ordering::SeqCst) < 2 * round {
                thread::yield_now();
            }
            let text = round.to_string();
            let body = match round % 4 {
                0 => RequestBody::Edit(Edit {
                    room: "red".into(),
                    line: Some(line),
                    text,
                }),
                2 => RequestBody::Say(Say {
                    room: "red".into(),
                    text,
                    action: false,
                    reply_to: None,
                }),
                _ => RequestBody::Whisper(Whisper {
                    to: id,
                    text,
                    ..Whisper::default()
                }),
            };
            client.request(10 + round, body);
            client.hub.fan_out(Instant::now());
        }
    };
    let (whispers, lines) = thread::scope(|scope| {
        scope.spawn(|| {
            let mut new = Client::connect(&shared, 1);
            new.hello(3, &secret);
            new.join(4);
            repeat(&mut new);
        });
        repeat(&mut old);
        let user = Arc::clone(&old.welcomed().session);
        let page = room
            .borrow()
            .handle()
            .page(Position::default(), 1, 999, 1_000);
        let lines = frame::lines(&page.frames);
        (user.whispers_after(Seq(0)).last.0, lines[0].seq)
    });
    assert_eq!((whispers, lines), (ROUNDS / 2, ROUNDS / 2));
}
