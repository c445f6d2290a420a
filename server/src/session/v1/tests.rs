//! A session over two connections that two threads serve at the same moment.

use super::hello::VERSION;
use super::*;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use guildhall_protocol::{Hello, Join, Protocol, Say, Whisper};

use crate::hub::SharedRoom;
use crate::ids::Seq;
use crate::outgoing::test_wire::TestWire;
use crate::shared::join::Position;
use crate::shared::{RoomLimits, Shared};

/// A connection to a thread of its own.
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

    fn ask(&mut self, id: u64, body: RequestBody) {
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
            State::BeforeHello => panic!("it has a session"),
        }
    }

    fn hello(&mut self, id: u64, session: &[u8]) -> Vec<u8> {
        let hello = Hello {
            version: VERSION,
            session: session.to_vec(),
            ..Hello::default()
        };
        self.ask(id, RequestBody::Hello(hello));
        self.welcomed().user.secret.to_vec()
    }

    fn join(&mut self, id: u64) -> SharedRoom<TestWire> {
        let join = Join {
            room: "hall".to_owned(),
            ..Join::default()
        };
        self.ask(id, RequestBody::Join(join));
        Rc::clone(&self.welcomed().rooms[0])
    }
}

/// Says and whispers that come over two connections at once: the client has lost the
/// one and sends again over the other.
#[test]
fn a_message_sent_again_over_another_thread_is_stored_once() {
    const ROUNDS: u64 = 2_000;
    let shared = Shared::new(2, RoomLimits::default());
    let mut old = Client::connect(&shared, 0);
    let secret = old.hello(1, &[]);
    let room = old.join(2);
    let id = old.session.id().0;
    let arrivals = AtomicU64::new(0);
    let repeat = |client: &mut Client| {
        for round in 1..=ROUNDS {
            // Not a barrier: a thread that sleeps there is late.
            arrivals.fetch_add(1, Ordering::SeqCst);
            while arrivals.load(Ordering::SeqCst) < 2 * round {
                thread::yield_now();
            }
            let text = round.to_string();
            let body = if round % 2 == 0 {
                RequestBody::Say(Say {
                    room: "hall".into(),
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
            client.ask(10 + round, body);
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
        let user = Arc::clone(&old.welcomed().user);
        let page = room
            .borrow()
            .page(Position::default(), 1, 999, Moment::at(1_000));
        (user.whispers_after(Seq(0)).last.0, page.lines[0].seq)
    });
    assert_eq!((whispers, lines), (ROUNDS / 2, ROUNDS / 2));
}
