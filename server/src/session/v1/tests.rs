//! A session with two connections, which two threads serve at the same time. [`tokens`] has
//! the tests of tokens, with a clock that the test sets.

mod tokens;

use super::hello::VERSION;
use super::*;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use guildhall_protocol::{Hello, Join, Protocol, Say, Whisper};

use crate::hub::SharedRoom;
use crate::ids::Seq;
use crate::outgoing::frame;
use crate::outgoing::test_wire::TestWire;
use crate::shared::join::Position;
use crate::shared::{RoomLimits, Shared};

/// A client, and the hub of the thread that serves only its connection.
struct Client {
    hub: Hub<TestWire>,
    session: V1Session<TestWire>,
}

impl Client {
    fn connect(shared: &Arc<Shared>, thread: usize) -> Self {
        let mut hub = Hub::new(Arc::clone(shared), thread);
        let wire = TestWire::open();
        let connection = hub.connect(Protocol::V1, wire, 100_000_000, Instant::now());
        let session = V1Session::new(connection, 25);
        Self { hub, session }
    }

    fn request(&mut self, id: u64, body: RequestBody) {
        let request = Request {
            id,
            ask: Some(body),
        };
        let handled = self
            .session
            .handle(&mut self.hub, request, Moment::at(1_000));
        assert!(matches!(handled, Handled::Done), "nothing is busy");
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

/// Says and whispers that come over two connections at once: a client that lost its
/// connection sends them again over another one.
#[test]
fn a_message_sent_again_over_another_thread_is_stored_once() {
    const ROUNDS: u64 = 2_000;
    let shared = Shared::new(2, RoomLimits::default());
    let mut old = Client::connect(&shared, 0);
    let secret = old.hello(1, &[]);
    let room = old.join(2);
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
            let body = if round % 2 == 0 {
                RequestBody::Say(Say {
                    room: "red".into(),
                    text,
                    action: false,
                })
            } else {
                RequestBody::Whisper(Whisper {
                    to: id,
                    text,
                    ..Whisper::default()
                })
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
            .page(Position::default(), 1, 999, Moment::at(1_000));
        let lines = frame::lines(&page.frames);
        (user.whispers_after(Seq(0)).last.0, lines[0].seq)
    });
    assert_eq!((whispers, lines), (ROUNDS / 2, ROUNDS / 2));
}
