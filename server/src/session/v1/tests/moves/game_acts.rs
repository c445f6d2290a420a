//! The acts of the game while the threads run: it speaks in rooms, opens and closes them, and
//! shows users.

use super::*;

#[test]
fn the_game_says_something_as_the_system_and_as_a_user() {
    let mut world = World::new(2);
    world.join(0, "hall");
    world.join(1, "yard");
    (0..2).for_each(|client| drop(world.take(client)));
    let said = world.act(|shared, at| shared.say_for_game(&GAME, "hall", None, text("hi"), at));
    assert_eq!(said.unwrap().seq, Seq(1));
    let system = line(only(world.take(0)));
    assert_eq!(
        (system.sender, &*system.name, &*system.text),
        (0, "Server", "hi")
    );
    assert_eq!((system.seq, system.nonce, system.time), (1, 0, 2_000));
    let user = world.user(1);
    let said =
        world.act(|shared, at| shared.say_for_game(&GAME, "hall", Some(&user), text("yes"), at));
    assert_eq!(said.unwrap().seq, Seq(2));
    assert_eq!(line(only(world.take(0))).sender, user.id.0);
    world.shared.set_system_name("Herald");
    let rooms = world.act(|shared, at| shared.announce(&GAME, text("to all"), at));
    assert_eq!(rooms, Ok(2));
    for client in 0..2 {
        let line = line(only(world.take(client)));
        assert_eq!((&*line.name, &*line.text), ("Herald", "to all"));
    }
    let refused = |room, said| {
        let shared = &world.shared;
        let at = Moment::at(1);
        shared
            .say_for_game(&GAME, room, None, text(said), at)
            .unwrap_err()
    };
    assert_eq!(refused("hall", " \u{200b}"), NotSaid::EmptyText);
    let long = "x".repeat(10_000);
    assert_eq!(refused("hall", &long), NotSaid::LongText(10_000));
    let missing = NotSaid::Room(RoomActError::NoSuchRoom);
    assert_eq!(refused("nowhere", "hi"), missing);
    assert!(matches!(
        refused("no room", "hi"),
        NotSaid::Room(RoomActError::BadName(_))
    ));
}

#[test]
fn a_room_is_kept_open_and_closed_by_the_game() {
    let mut world = World::new(2);
    let settings = ChangedSettings {
        topic: Some("round 1".into()),
        ..ChangedSettings::default()
    };
    let opened = (world.shared)
        .keep_room_open(&GAME, "Match", settings, Moment::at(1))
        .unwrap();
    assert!(opened.is_open && opened.facts.members == 0);
    assert_eq!(&*opened.facts.name, "match");
    for client in &mut world.clients {
        client.hub.take_rules();
    }
    // It stays without members, and counts for nobody's address.
    world
        .shared
        .sweep(Instant::now() + std::time::Duration::from_hours(9));
    world.join(0, "match");
    world.join(1, "match");
    let PacketBody::Reply(Reply {
        result: Some(ReplyResult::Joined(joined)),
        ..
    }) = world.take(0).remove(0)
    else {
        panic!("not joined");
    };
    assert_eq!(joined.settings.unwrap().topic, "round 1");
    world.take(1);
    let (rooms, more) = (world.shared).game_rooms("", 9, |_| true, Moment::at(1));
    assert!(!more);
    let facts: Vec<_> = rooms
        .iter()
        .map(|room| (&*room.facts.name, room.facts.members, room.is_open))
        .collect();
    assert_eq!(facts, [("match", 2, true)]);
    assert_eq!(world.shared.rooms_of(world.user(0).id), ["match".into()]);
    let closed = world.act(|shared, at| shared.close_game_room(&GAME, "match", at));
    assert_eq!(closed, Ok(()));
    for client in 0..2 {
        match only(world.take(client)) {
            PacketBody::Removed(removed) => assert_eq!(removed.reason(), RemovedReason::Closed),
            other => panic!("{other:?}"),
        }
        world.say(client, "match", "anybody?");
        assert_eq!(error(only(world.take(client))), ErrorCode::NotInRoom);
    }
    let (rooms, _) = (world.shared).game_rooms("", 9, |_| true, Moment::at(1));
    assert_eq!(rooms.len(), 0);
    for client in &mut world.clients {
        client.hub.take_rules();
    }
    // Anybody may open it again, as any room.
    world.join(0, "match");
    let PacketBody::Reply(Reply {
        result: Some(ReplyResult::Joined(joined)),
        ..
    }) = world.take(0).remove(0)
    else {
        panic!("not joined");
    };
    assert_eq!(joined.settings, None);
    let lobby = world.shared.close_game_room(&GAME, "lobby", Moment::at(1));
    assert_eq!(lobby, Err(RoomActError::Lobby));
    let missing = world
        .shared
        .close_game_room(&GAME, "nowhere", Moment::at(1));
    assert_eq!(missing, Err(RoomActError::NoSuchRoom));
}

#[test]
fn settings_that_the_game_changes_hold_at_once_for_all_members() {
    let mut world = World::new(2);
    world.join(0, "hall");
    world.join(1, "hall");
    (0..2).for_each(|client| drop(world.take(client)));
    let settings = ChangedSettings {
        announce_only: Some(true),
        ..ChangedSettings::default()
    };
    (world.shared)
        .change_room(&GAME, "hall", settings, Moment::at(1))
        .unwrap();
    for client in &mut world.clients {
        client.hub.take_rules();
        while client.hub.recheck(99, Moment::at(1)) {}
    }
    for client in 0..2 {
        let PacketBody::RoomChanged(RoomChanged { settings, .. }) = only(world.take(client)) else {
            panic!("no change");
        };
        let RoomSettings {
            announce_only,
            read_only,
            ..
        } = settings.unwrap();
        assert!(announce_only && read_only);
    }
    world.say(0, "hall", "psst");
    assert_eq!(error(only(world.take(0))), ErrorCode::Forbidden);
    // The game itself may say something.
    let said = world.act(|shared, at| shared.say_for_game(&GAME, "hall", None, text("hear"), at));
    assert!(said.is_ok());
}

#[test]
fn the_info_of_a_user_is_shown_at_once_and_a_guest_has_none() {
    use crate::accounts::Claims;
    let mut world = World::new(2);
    let (id, reference) = (
        ConnectionId(77),
        world.clients[0].hub.reference(ConnectionId(77)),
    );
    let claims = Claims {
        user: "mira".into(),
        name: None,
        info: None,
        caps: Vec::new(),
        rooms: Vec::new(),
        issued: None,
        expires: u64::MAX,
    };
    let began = world.shared.users().sign_in(id, &claims, "", reference);
    let mira = Arc::clone(&began.unwrap().session.user);
    let set =
        |user: &Arc<User>, info: &str| world.shared.set_info(&GAME, user, info, Moment::at(1));
    assert_eq!(set(&mira, "{\"level\":8}"), Ok(()));
    assert_eq!(mira.name().info(), "{\"level\":8}");
    assert_eq!(set(&mira, &"x".repeat(2_000)), Err(BadInfo::TooLong));
    assert_eq!(set(&world.user(0), "{}"), Err(BadInfo::Guest));
    world.fan_out();
}

#[test]
fn a_durable_room_that_is_not_in_memory_is_read_for_an_act() {
    let journal = MemoryJournal::on_a_thread();
    let shared = Shared::with_journal(2, RoomLimits::default(), Some(journal));
    let mut world = World::of(&shared, 0);
    let opened = |world: &mut World, room: &'static str| {
        world.act(move |shared, at| {
            shared.keep_room_open(&GAME, room, ChangedSettings::default(), at)
        })
    };
    opened(&mut world, "hall").unwrap();
    let said = world.act(|shared, at| shared.say_for_game(&GAME, "hall", None, text("one"), at));
    assert_eq!(said.unwrap().seq, Seq(1));
    world
        .act(|shared, at| shared.close_game_room(&GAME, "hall", at))
        .unwrap();
    // It is not in memory any more then.
    shared.sweep(Instant::now() + std::time::Duration::from_hours(9));
    assert!(shared.room_in_memory("hall").is_none());
    let said = world.act(|shared, at| shared.say_for_game(&GAME, "hall", None, text("two"), at));
    assert_eq!(said.unwrap().seq, Seq(2));
    let cleared = world.act(|shared, at| shared.clear_room(&GAME, "hall", at));
    assert_eq!(cleared.unwrap().seq, Seq(3));
    let user = UserId(0);
    assert_eq!(
        shared
            .room_in_memory("hall")
            .unwrap()
            .numbers_of(user, "")
            .len(),
        0
    );
    let missing = world.act(|shared, at| shared.clear_room(&GAME, "yard", at));
    assert_eq!(missing, Err(RoomActError::NoSuchRoom));
}

#[test]
fn rooms_that_are_kept_open_and_their_settings_are_there_after_a_restart() {
    let journal = MemoryJournal::on_a_thread();
    let limits = RoomLimits::default();
    let as_journal = Arc::clone(&journal) as Arc<dyn crate::journal::Journal>;
    let shared = Shared::with_journal(1, limits, Some(as_journal));
    let settings = ChangedSettings {
        topic: Some("round 1".into()),
        ..ChangedSettings::default()
    };
    (shared.keep_room_open(&GAME, "match", settings, Moment::at(1))).unwrap();
    let said = shared.say_for_game(&GAME, "match", None, text("begin"), Moment::at(1));
    said.unwrap();
    // All that was handed over before is kept then.
    let known = journal.known();
    let journal = journal.restarted_on_a_thread();
    let shared = Shared::with_journal(1, limits, Some(journal));
    let _reserved = shared.restore(known, Instant::now());
    let (rooms, _) = shared.game_rooms("", 9, |_| true, Moment::at(2));
    assert_eq!(rooms.len(), 1);
    let room = &rooms[0];
    assert!(room.is_open && room.facts.is_durable);
    assert_eq!(room.facts.newest.seq, Seq(1));
    assert_eq!(room.facts.rule.topic, "round 1");
    assert_eq!(room.settings.topic.as_deref(), Some("round 1"));
}

#[test]
fn a_user_is_disconnected_over_all_of_its_connections() {
    let mut world = World::new(2);
    let user = world.user(0);
    let count = world.act(|shared, at| shared.disconnect_user(&GAME, &user, at));
    assert_eq!(count, 1);
    let closed = |world: &World, client: usize| world.clients[client].session.connection.closed();
    assert_eq!(closed(&world, 0), Some(Close::KICKED_BY_GAME));
    assert_eq!(closed(&world, 1), None);
}

#[test]
fn who_is_banned_from_a_room_is_not_put_there() {
    use crate::policy::Rank;
    use crate::shared::acts::By;
    use crate::shared::acts::sanctions::NewSanction;
    use guildhall_protocol::{Reason, SanctionKind};
    let mut world = World::new(2);
    world.join(0, "red");
    world.join(1, "red");
    let users = world.users();
    let ban = NewSanction {
        kind: SanctionKind::Ban,
        room: "blue",
        seconds: 0,
        reason: Reason::Other,
        rule: "",
        note: "",
        of_address: false,
        report: 0,
        is_automated: false,
    };
    let by = By {
        actor: &GAME,
        rank: Rank::Game,
    };
    let banned = users[0].snapshot();
    (world.shared)
        .impose(by, &banned, &ban, Moment::at(1_500))
        .unwrap();
    world.fan_out();
    (0..2).for_each(|client| drop(world.take(client)));
    let placed = world.act(|shared, at| shared.put_users(&GAME, "blue", &users[..1], at));
    assert_eq!(placed, Ok(vec![Err(NotPlaced::Banned)]));
    let moved_users =
        world.act(|shared, at| shared.move_users(&GAME, "red", "blue", &users, true, at));
    assert_eq!(
        moved_users,
        Ok(vec![Err(NotPlaced::Banned), Err(NotPlaced::NotAll)])
    );
    assert_eq!(world.members("red").len(), 2);
    assert_eq!(world.take(0).len() + world.take(1).len(), 0);
}

#[test]
fn lines_that_were_read_before_a_room_was_cleared_are_not_sent_behind_it() {
    let journal = MemoryJournal::on_a_thread();
    let mut limits = RoomLimits::default();
    limits.history.lines = 2;
    let as_journal = Arc::clone(&journal) as Arc<dyn crate::journal::Journal>;
    let shared = Shared::with_journal(1, limits, Some(as_journal));
    let mut world = World::of(&shared, 1);
    (shared.keep_room_open(&GAME, "hall", ChangedSettings::default(), Moment::at(1))).unwrap();
    world.join(0, "hall");
    let user = world.user(0);
    for said in ["one", "two", "three", "four"] {
        let said =
            |shared: &Shared, at| shared.say_for_game(&GAME, "hall", Some(&user), text(said), at);
        world.act(said).unwrap();
    }
    world.take(0);
    let fetch = guildhall_protocol::FetchHistory {
        room: "hall".into(),
        epoch: shared.room_in_memory("hall").unwrap().reference().epoch.0,
        before: 3,
        ..Default::default()
    };
    let request = Request {
        id: 99,
        ask: Some(RequestBody::FetchHistory(fetch)),
    };
    let client = &mut world.clients[0];
    let Handled::Read(read, request) = client.handle(request) else {
        panic!("the lines are in memory");
    };
    let found = journal.find(&read);
    let Ok(Found::Lines(lines)) = &found else {
        panic!("no lines");
    };
    assert_eq!(frame::lines(&lines.frames)[0].text, "one");
    world
        .act(|shared, at| shared.clear_room(&GAME, "hall", at))
        .unwrap();
    world.take(0);
    let client = &mut world.clients[0];
    let at = Moment::at(3_000);
    let handled = client
        .session
        .handle_found(&mut client.hub, request, found, at);
    assert!(matches!(handled, Handled::Done));
    let PacketBody::Reply(Reply {
        result: Some(ReplyResult::History(page)),
        ..
    }) = only(world.take(0))
    else {
        panic!("no page");
    };
    assert_eq!(page.lines.len(), 2);
    assert!(
        page.lines
            .iter()
            .all(|line| line.removed && line.text.is_empty())
    );
}

#[test]
fn an_invitation_ends_also_for_a_user_that_is_not_in_the_room() {
    let mut world = World::new(1);
    close_to_all(&world.shared, "match");
    world.clients[0].hub.take_rules();
    let users = world.users();
    let leave = || {
        RequestBody::Leave(Leave {
            room: "match".into(),
        })
    };
    for ending in ["taken out", "closed"] {
        let put = world.act(|shared, at| shared.put_users(&GAME, "match", &users, at));
        assert_eq!(put, Ok(vec![Ok(())]), "{ending}");
        world.request(0, leave());
        world.join(0, "match");
        world.request(0, leave());
        world.take(0);
        world.act(|shared, at| match ending {
            "closed" => drop(shared.close_game_room(&GAME, "match", at)),
            _ => drop(shared.take_users_out(&GAME, "match", &users, at)),
        });
        world.join(0, "match");
        assert_eq!(error(only(world.take(0))), ErrorCode::Forbidden, "{ending}");
    }
}

#[test]
fn a_put_that_fails_does_not_end_an_invitation_of_before() {
    let mut world = World::new(1);
    close_to_all(&world.shared, "match");
    world.clients[0].hub.take_rules();
    let users = world.users();
    world
        .act(|shared, at| shared.put_users(&GAME, "match", &users, at))
        .unwrap();
    let leave = Leave {
        room: "match".into(),
    };
    world.request(0, RequestBody::Leave(leave));
    let away = users[0].sessions()[0].connection().unwrap();
    let network = world.clients[0].session.connection.wire().network();
    world
        .shared
        .users()
        .disconnect(&users[0].sessions()[0], away, network, Instant::now());
    let put = world.act(|shared, at| shared.put_users(&GAME, "match", &users, at));
    assert!(put.unwrap()[0].is_err(), "it is away");
    assert!(users[0].invitations().iter().any(|room| **room == *"match"));
}
