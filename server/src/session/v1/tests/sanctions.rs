//! Sanctions that the game imposes from a thread that is no network thread, and what else it asks
//! for then.

use super::*;

use guildhall_protocol::{CloseCode, Reason, SanctionKind};

use crate::moderation::{Actor, UserSnapshot};
use crate::policy::Rank;
use crate::shared::acts::By;
use crate::shared::acts::sanctions::{NewSanction, SanctionError};

/// Whoever the game's server is.
const GAME: By<'static> = By {
    actor: &Actor::Game,
    rank: Rank::Game,
};

fn new(kind: SanctionKind, room: &str) -> NewSanction<'_> {
    NewSanction {
        kind,
        room,
        seconds: 60,
        reason: Reason::Spam,
        rule: "",
        note: "",
        of_address: false,
        report: 0,
        is_automated: true,
    }
}

/// Clients, each on a thread of its own.
struct World {
    shared: Arc<Shared>,
    clients: Vec<Client>,
}

impl World {
    fn new(clients: usize) -> Self {
        let shared = Shared::new(clients, RoomLimits::default());
        let connect = |thread| {
            let mut client = Client::connect(&shared, thread);
            client.hello(1, &[]);
            client
        };
        Self {
            clients: (0..clients).map(connect).collect(),
            shared,
        }
    }

    fn snapshot(&self, client: usize) -> UserSnapshot {
        self.clients[client].welcomed().session.user.snapshot()
    }

    fn fan_out(&mut self) {
        for client in &mut self.clients {
            client.hub.fan_out(Instant::now());
        }
    }

    /// Has the game act on a thread of its own, while the network threads run.
    fn act<T: Send>(&mut self, act: impl FnOnce(&Shared, Moment) -> T + Send) -> T {
        let shared = Arc::clone(&self.shared);
        let acted = thread::scope(|scope| {
            let game = scope.spawn(move || act(&shared, Moment::at(2_000)));
            while !game.is_finished() {
                self.fan_out();
                thread::yield_now();
            }
            game.join().unwrap()
        });
        self.fan_out();
        acted
    }

    /// Whether a client is in this room.
    fn is_in(&self, client: usize, room: &str) -> bool {
        let client = &self.clients[client];
        client.hub.has_member(room, client.session.connection.id())
    }
}

#[test]
fn a_sanction_of_the_game_reaches_every_thread() {
    let mut world = World::new(2);
    for client in &mut world.clients {
        client.join(2);
    }
    let users = [0, 1].map(|client| world.snapshot(client));
    let imposed = world.act(|shared, at| {
        users.map(|user| shared.impose(GAME, &user, &new(SanctionKind::Ban, ""), at))
    });
    for (client, imposed) in world.clients.iter().zip(imposed) {
        let imposed = imposed.unwrap();
        assert!(imposed.is_automated && imposed.by.name.is_empty());
        let close = client.session.connection.closed().expect("it is closed");
        assert_eq!(close.code, CloseCode::Banned);
    }
    assert!(!world.is_in(0, "red") && !world.is_in(1, "red"));
}

#[test]
fn a_user_with_an_account_that_the_server_has_never_seen_can_be_sanctioned() {
    let mut world = World::new(1);
    let user = UserSnapshot {
        id: UserId(0),
        account: "42".into(),
        name: "42".into(),
    };
    let ban = new(SanctionKind::Ban, "");
    (world.act(|shared, at| shared.impose(GAME, &user, &ban, at))).unwrap();
    let meant = world
        .shared
        .user_meant(0, "42")
        .expect("it is known by the ban");
    assert_eq!(meant, user);
    let which = (SanctionKind::Ban, "");
    (world.act(|shared, at| shared.lift(GAME, &meant, which, "", at))).unwrap();
    let again = world.act(|shared, at| shared.lift(GAME, &user, which, "", at));
    assert_eq!(again, Err(SanctionError::NoneHolds));
    assert!(world.shared.user_meant(0, "42").is_none());
}
