//! Users that the game puts into rooms, takes out and moves, while their threads run, and what it
//! says there.

use super::*;

use std::sync::atomic::AtomicBool;

use guildhall_protocol::{Leave, Line, Moved, RemovedReason, RoomChanged, RoomSettings};

use crate::ids::ConnectionId;
use crate::moderation::Actor;
use crate::policy::{ChangedSettings, Pattern, Rule, Rules, Who};
use crate::shared::acts::moves::{BadInfo, NotPlaced};
use crate::shared::acts::rooms::RoomActError;
use crate::shared::acts::says::{GameText, NotSaid};
use crate::shared::history::TextKind;
use crate::shared::user::User;
use crate::shared::user::session::UserSession;

use super::super::welcomed::{WelcomeReceipt, Welcomed};

mod game_acts;

const GAME: Actor = Actor::Game;

/// Some clients, each on a thread of its own, as the game sees them.
struct World {
    shared: Arc<Shared>,
    clients: Vec<Client>,
    next: u64,
}

impl World {
    fn new(clients: usize) -> Self {
        Self::of(&Shared::new(clients, RoomLimits::default()), clients)
    }

    fn of(shared: &Arc<Shared>, clients: usize) -> Self {
        let connect = |thread| {
            let mut client = Client::connect(shared, thread);
            client.hello(1, &[]);
            client.take_packets();
            client
        };
        Self {
            shared: Arc::clone(shared),
            clients: (0..clients).map(connect).collect(),
            next: 10,
        }
    }

    fn request(&mut self, client: usize, body: RequestBody) {
        self.next += 1;
        let id = self.next;
        self.clients[client].request(id, body);
        self.fan_out();
    }

    fn join(&mut self, client: usize, room: &str) {
        let room = room.to_owned();
        let join = Join {
            room,
            ..Join::default()
        };
        self.request(client, RequestBody::Join(join));
    }

    fn say(&mut self, client: usize, room: &str, text: &str) {
        let say = Say {
            room: room.into(),
            text: text.into(),
            ..Say::default()
        };
        self.request(client, RequestBody::Say(say));
    }

    fn fan_out(&mut self) {
        for client in &mut self.clients {
            client.hub.fan_out(Instant::now());
        }
    }

    fn user(&self, client: usize) -> Arc<User> {
        Arc::clone(&self.clients[client].welcomed().session.user)
    }

    fn users(&self) -> Vec<Arc<User>> {
        (0..self.clients.len()).map(|one| self.user(one)).collect()
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

    /// The packets that a client got since the last call, but for presence.
    fn take(&self, client: usize) -> Vec<PacketBody> {
        self.clients[client].take_packets()
    }

    fn members(&self, room: &str) -> Vec<u64> {
        let members = self.shared.members_of(room, UserId(0), 99, Moment::at(1));
        let members = members.unwrap_or_default();
        members.iter().map(|member| member.id).collect()
    }
}

impl Client {
    fn take_packets(&self) -> Vec<PacketBody> {
        let mut packets = frame::packets(&self.session.connection.wire().take_written());
        packets.retain(|packet| !matches!(packet, PacketBody::Presence(_)));
        packets
    }
}

fn only<T: std::fmt::Debug>(mut packets: Vec<T>) -> T {
    assert_eq!(packets.len(), 1, "{packets:?}");
    packets.remove(0)
}

fn moved(packet: PacketBody) -> (String, String, Moved) {
    match packet {
        PacketBody::Moved(moved) => {
            let joined = moved.joined.clone().unwrap();
            (moved.from.clone(), joined.room, moved)
        }
        other => panic!("not moved: {other:?}"),
    }
}

fn line(packet: PacketBody) -> Line {
    match packet {
        PacketBody::Line(line) => line,
        other => panic!("no line: {other:?}"),
    }
}

fn error(packet: PacketBody) -> ErrorCode {
    match packet {
        PacketBody::Reply(Reply {
            result: Some(ReplyResult::Error(error)),
            ..
        }) => error.code(),
        other => panic!("no error: {other:?}"),
    }
}

fn text(text: &str) -> GameText<'_> {
    GameText {
        text,
        kind: TextKind::Speech,
    }
}

/// A room that nobody may join by itself.
fn close_to_all(shared: &Shared, room: &str) {
    shared.set_rules(Rules::new(vec![Rule {
        join: Who::Nobody,
        ..Rule::open(Pattern::new(room))
    }]));
}

#[test]
fn a_user_is_put_into_a_room_and_is_in_it_as_if_it_had_joined() {
    let mut world = World::new(2);
    close_to_all(&world.shared, "match-*");
    for client in &mut world.clients {
        client.hub.take_rules();
    }
    world.join(0, "match-1");
    assert_eq!(error(only(world.take(0))), ErrorCode::Forbidden);
    let users = world.users();
    let placed = world.act(|shared, at| shared.put_users(&GAME, "Match-1", &users, at));
    assert_eq!(placed, Ok(vec![Ok(()), Ok(())]));
    for client in 0..2 {
        let (from, to, _) = moved(only(world.take(client)));
        assert_eq!((&*from, &*to), ("", "match-1"));
    }
    world.say(0, "match-1", "hello");
    for client in 0..2 {
        assert_eq!(line(only(world.take(client))).text, "hello");
    }
    // It may come back over a new connection, and leave.
    world.join(1, "match-1");
    assert!(matches!(world.take(1)[0], PacketBody::Reply(_)));
    let leave = Leave {
        room: "match-1".into(),
    };
    world.request(1, RequestBody::Leave(leave));
    world.take(1);
    assert_eq!(world.members("match-1"), [world.user(0).id.0]);
    // A user that is there already stays, and gets nothing.
    let placed = world.act(|shared, at| shared.put_users(&GAME, "match-1", &users[..1], at));
    assert_eq!(placed, Ok(vec![Ok(())]));
    assert_eq!(world.take(0).len(), 0);
}

#[test]
fn a_user_that_is_taken_out_may_not_come_back_by_itself() {
    let mut world = World::new(2);
    close_to_all(&world.shared, "match");
    for client in &mut world.clients {
        client.hub.take_rules();
    }
    let users = world.users();
    let put = world.act(|shared, at| shared.put_users(&GAME, "match", &users, at));
    put.unwrap();
    world.say(0, "match", "the last words");
    world.take(0);
    world.take(1);
    let out = world.act(|shared, at| shared.take_users_out(&GAME, "match", &users[..1], at));
    assert_eq!(out, Ok(vec![Ok(())]));
    match only(world.take(0)) {
        PacketBody::Removed(removed) => {
            assert_eq!(removed.room, "match");
            assert_eq!(removed.reason(), RemovedReason::TakenOut);
        }
        other => panic!("{other:?}"),
    }
    world.say(0, "match", "still here?");
    assert_eq!(error(only(world.take(0))), ErrorCode::NotInRoom);
    world.join(0, "match");
    assert_eq!(error(only(world.take(0))), ErrorCode::Forbidden);
    let again = world.act(|shared, at| shared.take_users_out(&GAME, "match", &users[..1], at));
    assert_eq!(again, Ok(vec![Err(NotPlaced::NotThere)]));
    let missing = world.act(|shared, at| shared.take_users_out(&GAME, "nowhere", &users, at));
    assert_eq!(missing, Err(RoomActError::NoSuchRoom));
    world.say(1, "match", "alone");
    assert_eq!(line(only(world.take(1))).text, "alone");
}

#[test]
fn a_move_is_one_step_with_the_lines_of_the_one_room_before_and_of_the_other_behind() {
    let mut world = World::new(3);
    for client in 0..3 {
        world.join(client, "lobby-a");
    }
    world.join(2, "match");
    world.say(2, "match", "before");
    world.say(0, "lobby-a", "let us go");
    (0..3).for_each(|client| drop(world.take(client)));
    let users = world.users()[..2].to_vec();
    let moved_users =
        world.act(|shared, at| shared.move_users(&GAME, "lobby-a", "match", &users, true, at));
    assert_eq!(moved_users, Ok(vec![Ok(()), Ok(())]));
    for (client, user) in users.iter().enumerate() {
        let mut packets = world.take(client);
        assert_eq!(packets.len(), 2, "{packets:?}");
        assert_eq!(line(packets.remove(1)).text, "before");
        let (from, to, moved) = moved(packets.remove(0));
        assert_eq!((&*from, &*to), ("lobby-a", "match"));
        let joined = moved.joined.unwrap();
        assert_eq!((joined.first_seq, joined.last_seq), (1, 1));
        assert!(joined.members.iter().any(|one| one.id == user.id.0));
    }
    assert_eq!(world.members("lobby-a"), [world.user(2).id.0]);
    assert_eq!(world.members("match").len(), 3);
    world.say(0, "lobby-a", "too late");
    assert_eq!(error(only(world.take(0))), ErrorCode::NotInRoom);
    world.say(1, "match", "here");
    for client in 0..3 {
        assert_eq!(line(only(world.take(client))).text, "here");
    }
}

#[test]
fn a_move_that_cannot_be_made_says_for_whom() {
    let mut world = World::new(3);
    world.shared.set_rules(Rules::new(vec![Rule {
        max_members: Some(1),
        ..Rule::open(Pattern::new("small"))
    }]));
    for client in &mut world.clients {
        client.hub.take_rules();
    }
    world.join(0, "hall");
    world.join(1, "hall");
    (0..3).for_each(|client| drop(world.take(client)));
    let users = world.users();
    let all = world.act(|shared, at| shared.move_users(&GAME, "hall", "small", &users, true, at));
    let not_there = Err(NotPlaced::NotThere);
    assert_eq!(
        all,
        Ok(vec![
            Err(NotPlaced::NotAll),
            Err(NotPlaced::Full(1)),
            not_there
        ])
    );
    assert_eq!(world.members("hall").len(), 2);
    let some = world.act(|shared, at| shared.move_users(&GAME, "hall", "small", &users, false, at));
    assert_eq!(some, Ok(vec![Ok(()), Err(NotPlaced::Full(1)), not_there]));
    assert_eq!(world.members("hall"), [users[1].id.0]);
    assert_eq!(world.members("small"), [users[0].id.0]);
    assert_eq!(world.take(1).len() + world.take(2).len(), 0);
    // A user that is away cannot be put anywhere.
    let mut gone = world.clients.pop().unwrap();
    gone.session.end(&mut gone.hub, Instant::now());
    let placed = world.act(|shared, at| shared.put_users(&GAME, "hall", &users[2..], at));
    assert_eq!(placed, Ok(vec![Err(NotPlaced::Away)]));
    let itself = world.act(|shared, at| shared.move_users(&GAME, "Hall", "hall", &users, true, at));
    assert_eq!(itself, Err(RoomActError::SameRoom));
}

/// Players go to and fro between two rooms, on four threads, while somebody looks.
#[test]
fn nobody_is_in_both_rooms_or_in_neither_while_all_are_moved() {
    const ROUNDS: usize = 200;
    let mut world = World::new(4);
    for client in 0..4 {
        world.join(client, "red");
    }
    let users = world.users();
    let mut ids: Vec<_> = users.iter().map(|user| user.id.0).collect();
    ids.sort_unstable();
    let is_over = AtomicBool::new(false);
    let looker = Arc::clone(&world.shared);
    let looks = thread::scope(|scope| {
        let looks = scope.spawn(|| {
            let mut looks = 0_u32;
            while !is_over.load(Ordering::Relaxed) {
                let mut both = looker.members_of_both("red", "blue");
                both.sort_unstable();
                if !both.is_empty() {
                    assert_eq!(both, ids);
                    looks += 1;
                }
            }
            looks
        });
        for round in 0..ROUNDS {
            let (from, to) = match round % 2 {
                0 => ("red", "blue"),
                _ => ("blue", "red"),
            };
            let placed =
                world.act(|shared, at| shared.move_users(&GAME, from, to, &users, true, at));
            assert_eq!(placed, Ok(vec![Ok(()); 4]));
            world.say(round % 4, to, "here");
            for client in 0..4 {
                let packets = world.take(client);
                let last = packets.last().cloned().unwrap();
                assert_eq!(line(last).text, "here");
            }
        }
        is_over.store(true, Ordering::Relaxed);
        looks.join().unwrap()
    });
    assert!(looks > 0);
    assert_eq!(world.members("red").len(), 4);
    assert_eq!(world.members("blue").len(), 0);
}

/// A second client of the same user, on another thread.
fn second_device(world: &mut World, user: usize) -> usize {
    let device = world.clients.len();
    let mut client = Client::connect(&world.shared, device);
    let session = &world.clients[user].welcomed().session;
    let (secret, reference) = (
        [9; 16],
        client.hub.reference(client.session.connection.id()),
    );
    let id = client.session.connection.id().session_id();
    let other = UserSession::new(id, secret, Arc::clone(&session.user), reference);
    let other = Arc::new(other);
    session.user.add_session(&other);
    let connection = Rc::clone(&client.session.connection);
    let welcomed = Welcomed::new(&client.hub, connection, other, WelcomeReceipt::Confirmed);
    client.session.state = State::Welcomed(welcomed);
    world.clients.push(client);
    device
}

#[test]
fn all_devices_of_a_user_are_moved_and_it_is_one_member() {
    let shared = Shared::new(3, RoomLimits::default());
    let mut world = World::of(&shared, 2);
    let device = second_device(&mut world, 0);
    for client in 0..3 {
        world.join(client, "red");
    }
    (0..3).for_each(|client| drop(world.take(client)));
    let users = vec![world.user(0)];
    let moved_users =
        world.act(|shared, at| shared.move_users(&GAME, "red", "blue", &users, true, at));
    assert_eq!(moved_users, Ok(vec![Ok(())]));
    for client in [0, device] {
        let (from, to, _) = moved(only(world.take(client)));
        assert_eq!((&*from, &*to), ("red", "blue"));
        world.say(client, "red", "too late");
        assert_eq!(error(only(world.take(client))), ErrorCode::NotInRoom);
    }
    assert_eq!(world.members("red"), [world.user(1).id.0]);
    assert_eq!(world.members("blue"), [world.user(0).id.0]);
    world.say(device, "blue", "here");
    assert_eq!(line(only(world.take(0))).text, "here");
}

#[test]
fn a_connection_that_ends_while_its_user_is_moved_is_in_neither_room() {
    let mut world = World::new(2);
    world.join(0, "red");
    world.join(1, "red");
    let users = world.users();
    let shared = Arc::clone(&world.shared);
    let placed = thread::scope(|scope| {
        let game = scope
            .spawn(|| shared.move_users(&GAME, "red", "blue", &users, true, Moment::at(2_000)));
        // Its thread has not heard of the move when its connection ends.
        while !shared.mailboxes().has_messages(1) {
            thread::yield_now();
        }
        let mut gone = world.clients.pop().unwrap();
        gone.session.end(&mut gone.hub, Instant::now());
        while !game.is_finished() {
            gone.hub.fan_out(Instant::now());
            world.fan_out();
            thread::yield_now();
        }
        game.join().unwrap()
    });
    assert_eq!(placed, Ok(vec![Ok(()), Err(NotPlaced::Away)]));
    assert_eq!(world.members("red").len(), 0);
    assert_eq!(world.members("blue"), [users[0].id.0]);
}
