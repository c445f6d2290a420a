//! Clients of one thread and of two, in rooms and out of them.

use super::*;
use crate::test_wire::TestWire;
use guildhall_protocol::{PacketBody, Presence};

fn connect(hub: &mut Hub<TestWire>) -> Rc<Member<TestWire>> {
    hub.connect(TestWire::open(), 10_000, Instant::now(), |_| {
        panic!("an open wire takes everything")
    })
}

fn join(
    hub: &mut Hub<TestWire>,
    name: &str,
    member: &Rc<Member<TestWire>>,
) -> SharedRoom<TestWire> {
    hub.join(name, Rc::clone(member)).unwrap()
}

fn say(hub: &mut Hub<TestWire>, room: &SharedRoom<TestWire>, speaker: u64, text: &str) {
    let saying = Saying::plain(speaker, text, 1);
    hub.say(room, speaker, &saying);
}

fn id_frame(id: u64) -> Vec<u8> {
    frame::packet(&Packet::id(id)).to_vec()
}

fn chat_frame(speaker: u64, text: &str) -> Vec<u8> {
    frame::packet(&Packet::chat(speaker, text)).to_vec()
}

#[test]
fn a_client_hears_its_id_first_and_then_the_others() {
    let mut hub = Hub::default();
    let (one, two) = (connect(&mut hub), connect(&mut hub));
    let room = join(&mut hub, LOBBY, &one);
    join(&mut hub, LOBBY, &two);
    say(&mut hub, &room, 1, "hello");
    assert!(hub.has_pending());
    hub.fan_out(Instant::now(), |_| panic!("nobody waits"));
    assert!(!hub.has_pending());
    assert_eq!(one.wire().written(), id_frame(1));
    let expected = [id_frame(2), chat_frame(1, "hello")].concat();
    assert_eq!(two.wire().written(), expected);
}

#[test]
fn a_peer_gets_what_is_passed_to_it_and_nobody_else_does() {
    let mut hub = Hub::default();
    let clients = [connect(&mut hub), connect(&mut hub), connect(&mut hub)];
    let pass = |peer| hub.pass_to_peer(1, peer, "psst".into(), Instant::now(), |_| {});
    assert_eq!(pass(2), Ok(()));
    assert_eq!(pass(9), Err(NoSuchClient(9)));
    let expected = [id_frame(2), chat_frame(1, "psst")].concat();
    assert_eq!(clients[1].wire().written(), expected);
    assert_eq!(clients[2].wire().written(), id_frame(3));
}

#[test]
fn rooms_do_not_hear_each_other() {
    let mut hub = Hub::default();
    let clients = [connect(&mut hub), connect(&mut hub), connect(&mut hub)];
    let red = join(&mut hub, "red", &clients[0]);
    join(&mut hub, "red", &clients[1]);
    let blue = join(&mut hub, "blue", &clients[2]);
    say(&mut hub, &red, 1, "r");
    say(&mut hub, &blue, 3, "b");
    hub.fan_out(Instant::now(), |_| {});
    let expected = [id_frame(2), chat_frame(1, "r")].concat();
    assert_eq!(clients[1].wire().written(), expected);
    assert_eq!(clients[2].wire().written(), id_frame(3));
}

#[test]
fn an_empty_room_goes_and_a_client_is_forgotten() {
    let mut hub = Hub::default();
    let one = connect(&mut hub);
    let room = join(&mut hub, "red", &one);
    hub.leave(&room, one.id(), &one, Instant::now());
    assert!(hub.rooms.is_empty());
    hub.disconnect(one.id());
    assert!(hub.is_empty());
    assert_eq!((hub.take_most(), hub.take_most()), (1, 0));
    assert_eq!(connect(&mut hub).id(), 2, "IDs are never given twice");
}

#[test]
fn closing_all_delivers_what_was_said_first() {
    let mut hub = Hub::default();
    let (one, two) = (connect(&mut hub), connect(&mut hub));
    let room = join(&mut hub, LOBBY, &one);
    join(&mut hub, LOBBY, &two);
    say(&mut hub, &room, 1, "last words");
    hub.close_all(&Close::GOING_AWAY, Instant::now(), |_| {});
    let goodbye = Close::GOING_AWAY.frame();
    let expected = [id_frame(2), chat_frame(1, "last words"), goodbye.to_vec()].concat();
    assert_eq!(two.wire().written(), expected);
}

/// Fans out on all threads until there is nothing left to do.
fn settle(hubs: &mut [Hub<TestWire>]) {
    while let Some(hub) = hubs.iter_mut().find(|hub| hub.has_pending()) {
        hub.fan_out(Instant::now(), |_| {});
    }
}

#[test]
fn clients_of_all_threads_hear_the_same_in_the_same_order() {
    let exchange = Exchange::new(2, RoomLimits::default());
    let mut hubs = [0, 1].map(|thread| Hub::new(Arc::clone(&exchange), thread));
    let speakers = [0, 1].map(|thread| connect(&mut hubs[thread]));
    let listeners = [0, 1].map(|thread| connect(&mut hubs[thread]));
    let rooms = [0, 1].map(|thread| {
        join(&mut hubs[thread], LOBBY, &listeners[thread]);
        join(&mut hubs[thread], LOBBY, &speakers[thread])
    });
    let mut expected = Vec::new();
    for round in 0..100 {
        let thread = round * 7 % 3 % 2;
        let (speaker, text) = (speakers[thread].id(), round.to_string());
        expected.extend(chat_frame(speaker, &text));
        say(&mut hubs[thread], &rooms[thread], speaker, &text);
        if round % 5 == 0 {
            hubs[round % 2].fan_out(Instant::now(), |_| {});
        }
    }
    settle(&mut hubs);
    for listener in listeners {
        let expected = [id_frame(listener.id()), expected.clone()].concat();
        assert_eq!(listener.wire().written(), expected);
    }
}

#[test]
fn a_newcomer_on_another_thread_hears_only_what_comes_after() {
    let exchange = Exchange::new(2, RoomLimits::default());
    let mut hubs = [0, 1].map(|thread| Hub::new(Arc::clone(&exchange), thread));
    let (one, two) = (connect(&mut hubs[0]), connect(&mut hubs[1]));
    let room = join(&mut hubs[0], LOBBY, &one);
    join(&mut hubs[1], LOBBY, &two);
    say(&mut hubs[0], &room, 1, "before");
    let late = connect(&mut hubs[1]);
    join(&mut hubs[1], LOBBY, &late);
    say(&mut hubs[0], &room, 1, "after");
    settle(&mut hubs);
    let after = chat_frame(1, "after");
    let both = [id_frame(2), chat_frame(1, "before"), after.clone()].concat();
    assert_eq!(two.wire().written(), both);
    assert_eq!(late.wire().written(), [id_frame(3), after].concat());
}

#[test]
fn a_peer_on_another_thread_is_reached() {
    let exchange = Exchange::new(2, RoomLimits::default());
    let mut hubs = [0, 1].map(|thread| Hub::new(Arc::clone(&exchange), thread));
    let (one, two) = (connect(&mut hubs[0]), connect(&mut hubs[1]));
    let passed = hubs[0].pass_to_peer(1, two.id(), "psst".into(), Instant::now(), |_| {});
    assert_eq!(passed, Ok(()));
    settle(&mut hubs);
    let expected = [id_frame(2), chat_frame(one.id(), "psst")].concat();
    assert_eq!(two.wire().written(), expected);
}

/// Puts a new client of `guildhall.v1` into a room.
fn enter(hub: &mut Hub<TestWire>, room: &str) -> (Rc<Member<TestWire>>, SharedRoom<TestWire>) {
    let member = hub.connect_v1(TestWire::open(), 10_000, Instant::now());
    let who = (member.id(), &Name::GUEST);
    let entered = hub.enter(room, Rc::clone(&member), who, Position::default(), 1);
    (member, entered.unwrap().0)
}

#[test]
fn who_leaves_a_thread_last_is_missed_on_the_others() {
    let exchange = Exchange::new(2, RoomLimits::default());
    let mut hubs = [0, 1].map(|thread| Hub::new(Arc::clone(&exchange), thread));
    let members = [0, 1].map(|thread| enter(&mut hubs[thread], "red"));
    hubs.iter_mut().for_each(Hub::tell_news);
    settle(&mut hubs);
    let before = members[1].0.wire().written();
    let (leaver, room) = &members[0];
    hubs[0].leave(room, leaver.id(), leaver, Instant::now());
    settle(&mut hubs);
    // By the thread that has members, and at its pace.
    assert!(hubs[1].has_news() && !hubs[0].has_news());
    hubs[1].tell_news();
    settle(&mut hubs);
    let news = Packet::from(PacketBody::Presence(Presence {
        room: "red".into(),
        count: 1,
        listed: true,
        left: vec![leaver.id()],
        ..Presence::default()
    }));
    let expected = [before, frame::packet(&news).to_vec()].concat();
    assert_eq!(members[1].0.wire().written(), expected);
}

#[test]
fn the_news_of_a_half_that_is_gone_take_nothing_from_its_successor() {
    let exchange = Exchange::new(2, RoomLimits::default());
    let mut hubs = [0, 1].map(|thread| Hub::new(Arc::clone(&exchange), thread));
    let (speaker, here) = enter(&mut hubs[0], "hall");
    let (first, there) = enter(&mut hubs[1], "hall");
    hubs[1].leave(&there, first.id(), &first, Instant::now());
    let (second, _) = enter(&mut hubs[1], "hall");
    say(&mut hubs[0], &here, speaker.id(), "hi");
    hubs[1].tell_news();
    settle(&mut hubs);
    let lines = frame::lines(&second.wire().written());
    assert_eq!(lines.len(), 1, "the line was lost");
}
