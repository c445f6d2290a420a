//! When a token is over, by clocks that the test sets: the one that never jumps, and the one
//! on the wall, which does.

use super::*;
use std::time::Duration;

use guildhall_protocol::Refresh;

use crate::accounts::{Accounts, AccountsConfig, Cap, Claims, Revocation, Right};
use crate::ids::ConnectionId;
use crate::net::verifier::Unverified;
use crate::outgoing::connection::Deadlines;
use crate::policy::Level;

/// The time on the wall when the tests begin, in milliseconds.
const START: u64 = 1_000_000_000;

const DEADLINES: Deadlines = Deadlines {
    ping_after: Duration::from_hours(9),
    pong_within: Duration::from_hours(9),
    read_within: Duration::from_hours(9),
    close_within: Duration::from_hours(9),
    hello_within: Duration::from_secs(10),
};

/// The claims of a token of user 42 that holds for 60 seconds from the start on.
fn claims() -> Claims {
    Claims {
        user: "42".into(),
        name: Some("Mira".into()),
        info: None,
        rooms: Vec::new(),
        caps: Vec::new(),
        expires: START / 1_000 + 60,
        issued: Some(START / 1_000),
    }
}

/// A client of a server that has keys.
fn client() -> Client {
    let shared = Shared::new(1, RoomLimits::default());
    shared.set_accounts(AccountsConfig::new(Some(Accounts::default())));
    Client::connect(&shared, 0)
}

/// A hello with a token.
fn hello() -> Hello {
    Hello {
        version: VERSION,
        token: "a token".into(),
        ..Hello::default()
    }
}

/// A client, and the two clocks.
struct Clocks {
    client: Client,
    now: Instant,
    wall: u64,
    last: u64,
}

impl Clocks {
    /// A client that has said hello with a token that says this.
    fn sign_in(claims: Claims) -> Self {
        let mut clocks = Self {
            client: client(),
            now: Instant::now(),
            wall: START,
            last: 0,
        };
        clocks.verified(RequestBody::Hello(hello()), Ok(claims));
        clocks
    }

    fn at(&self) -> Moment {
        Moment {
            now: self.now,
            unix_millis: self.wall,
        }
    }

    /// Sends a request whose token was verified with this result.
    fn verified(&mut self, body: RequestBody, verified: Verified) {
        self.last += 1;
        let request = Request {
            id: self.last,
            ask: Some(body),
        };
        let at = self.at();
        let Client { hub, session, .. } = &mut self.client;
        match session.handle(hub, request, at) {
            Handled::Verify(request) => session.handle_verified(hub, &request, verified, at),
            other => panic!("its token is not verified: {other:?}"),
        }
    }

    fn refresh(&mut self, verified: Verified) {
        let token = "another token".into();
        self.verified(RequestBody::Refresh(Refresh { token }), verified);
    }

    /// Lets time pass by both clocks, and sweeps.
    fn pass(&mut self, seconds: u64) {
        self.now += Duration::from_secs(seconds);
        self.wall += seconds * 1_000;
        self.sweep(Duration::ZERO);
    }

    fn sweep(&mut self, excused: Duration) {
        let hub = &mut self.client.hub;
        hub.sweep(ConnectionId(0), 9, &DEADLINES, excused, self.now);
    }

    /// The connection's close a second before this time has passed, and when it has.
    fn closed_around(&mut self, seconds: u64) -> [Option<Close>; 2] {
        [seconds - 1, 1].map(|seconds| {
            self.pass(seconds);
            self.closed()
        })
    }

    fn closed(&self) -> Option<Close> {
        self.client.session.connection.closed()
    }

    /// The last reply.
    fn reply(&self) -> ReplyResult {
        let written = self.client.session.connection.wire().written();
        let mut packets = frame::packets(&written).into_iter().rev();
        let reply = packets.find_map(|packet| match packet {
            PacketBody::Reply(reply) => reply.result,
            _ => None,
        });
        reply.expect("a reply")
    }

    fn ttl(&self) -> u32 {
        match self.reply() {
            ReplyResult::Welcome(welcome) => welcome.ttl,
            ReplyResult::Refreshed(refreshed) => refreshed.ttl,
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn a_connection_is_closed_25_seconds_after_its_token_is_over() {
    let mut clocks = Clocks::sign_in(claims());
    assert_eq!(clocks.ttl(), 60);
    assert_eq!(clocks.closed_around(85), [None, Some(Close::TOKEN_EXPIRED)]);
}

#[test]
fn a_new_token_in_time_keeps_the_connection() {
    let mut clocks = Clocks::sign_in(claims());
    clocks.pass(84);
    clocks.refresh(Ok(Claims {
        expires: START / 1_000 + 144,
        ..claims()
    }));
    assert_eq!(clocks.ttl(), 60);
    assert_eq!(clocks.closed_around(85), [None, Some(Close::TOKEN_EXPIRED)]);
}

#[test]
fn a_clock_on_the_wall_that_jumps_ends_no_token_and_makes_none_longer() {
    for jump in [-3_600_000_i64, 3_600_000, -900_000_000] {
        let mut clocks = Clocks::sign_in(claims());
        clocks.pass(30);
        clocks.wall = clocks.wall.saturating_add_signed(jump);
        let closed = clocks.closed_around(55);
        assert_eq!(closed, [None, Some(Close::TOKEN_EXPIRED)], "{jump}");
    }
}

#[test]
fn a_token_without_an_end_in_sight_is_counted_as_far_as_a_number_goes() {
    let mut clocks = Clocks::sign_in(Claims {
        expires: u64::MAX,
        ..claims()
    });
    assert_eq!(clocks.ttl(), u32::MAX);
    clocks.pass(1_000_000);
    assert_eq!(clocks.closed(), None);
    // One that was over while it was verified: 0 would mean that there is none.
    clocks.refresh(Ok(Claims {
        expires: 0,
        ..claims()
    }));
    assert_eq!(clocks.ttl(), 1);
}

#[test]
fn the_time_in_which_a_server_did_not_serve_is_no_tokens_end() {
    let mut clocks = Clocks::sign_in(claims());
    clocks.now += Duration::from_mins(10);
    clocks.sweep(Duration::from_secs(590));
    assert_eq!(clocks.closed(), None, "another token may lie in the socket");
    clocks.pass(75);
    assert_eq!(clocks.closed(), Some(Close::TOKEN_EXPIRED));
}

#[test]
fn a_token_that_was_revoked_is_closed_by_the_next_sweep() {
    let mut clocks = Clocks::sign_in(claims());
    let mut revoke = |before| {
        clocks.client.hub.shared().set_accounts(AccountsConfig {
            revoked: vec![Revocation {
                user: "42".into(),
                before,
            }],
            ..AccountsConfig::default()
        });
        clocks.sweep(Duration::ZERO);
        clocks.closed()
    };
    assert_eq!(revoke(START / 1_000), None, "it was not issued before");
    assert_eq!(revoke(START / 1_000 + 1), Some(Close::TOKEN_REVOKED));
}

#[test]
fn too_many_tokens_to_verify_refuse_one_for_now() {
    let mut clocks = Clocks::sign_in(claims());
    clocks.refresh(Err(Unverified::Busy));
    match clocks.reply() {
        ReplyResult::Error(error) => {
            assert_eq!(error.code(), ErrorCode::TooManyRequests);
            assert!(error.temporary && error.retry_after > 0);
        }
        other => panic!("{other:?}"),
    }
    assert_eq!(clocks.closed(), None);
    clocks.refresh(Ok(claims()));
    assert_eq!(clocks.ttl(), 60);
}

#[test]
fn the_rights_of_a_connection_are_those_of_its_last_token() {
    let mut clocks = Clocks::sign_in(claims());
    let may_moderate = |clocks: &Clocks| clocks.client.welcomed().rights.may_moderate("guild-7");
    assert_eq!(clocks.client.welcomed().rights.level(), Level::User);
    assert!(!may_moderate(&clocks));
    clocks.refresh(Ok(Claims {
        caps: vec![Cap {
            rooms: vec!["guild-*".into()],
            allow: vec![Right::Mod],
        }],
        ..claims()
    }));
    assert!(may_moderate(&clocks));
    clocks.refresh(Ok(claims()));
    assert!(!may_moderate(&clocks), "at once");
}

#[test]
fn refused_hellos_with_tokens_are_counted_as_others() {
    let mut client = client();
    for id in 1..=8 {
        assert_eq!(client.session.connection.closed(), None);
        let request = Request {
            id,
            ask: Some(RequestBody::Hello(Hello {
                name: "Admin".into(),
                ..hello()
            })),
        };
        let (at, nobody) = (
            Moment::at(START),
            Claims {
                name: None,
                ..claims()
            },
        );
        let Client { hub, session, .. } = &mut client;
        let handled = session.handle(hub, request, at);
        let Handled::Verify(request) = handled else {
            panic!("{handled:?}");
        };
        session.handle_verified(hub, &request, Ok(nobody), at);
    }
    let closed = client.session.connection.closed();
    assert_eq!(closed, Some(Close::REFUSED_TOO_OFTEN));
}

#[test]
fn hellos_for_which_the_server_has_no_time_are_not_counted() {
    let mut client = client();
    let Client { hub, session, .. } = &mut client;
    let at = Moment::at(START);
    let mut say_hello = |id, verified| {
        let request = Request {
            id,
            ask: Some(RequestBody::Hello(hello())),
        };
        session.handle_verified(hub, &request, verified, at);
        assert_eq!(session.connection.closed(), None);
    };
    (1..=20).for_each(|id| say_hello(id, Err(Unverified::Busy)));
    say_hello(21, Ok(claims()));
    assert_eq!(&*client.welcomed().name.of(UserId(1)), "Mira");
}

#[test]
fn a_hello_that_cannot_be_accepted_is_refused_before_its_token_is_verified() {
    let mut client = client();
    let hello = Hello {
        version: VERSION + 1,
        ..hello()
    };
    // Handled at once.
    client.request(1, RequestBody::Hello(hello));
}
