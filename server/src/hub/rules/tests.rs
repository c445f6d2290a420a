//! Members that are checked by new rules, a few in each turn.

use super::*;
use std::rc::Rc;

use crate::hub::Joining;
use crate::outgoing::connection::Connection;
use crate::outgoing::frame;
use crate::outgoing::test_wire::TestWire;
use crate::policy::{Pattern, Rule, Rules, Who};
use crate::shared::join::Position;
use crate::shared::name::Name;
use crate::shared::{RoomLimits, Shared};
use guildhall_protocol::{PacketBody, Protocol};

type Member = Rc<Connection<TestWire>>;

fn hub() -> Hub<TestWire> {
    Hub::new(Shared::new(1, RoomLimits::default()), 0)
}

fn join(hub: &mut Hub<TestWire>, room: &str) -> (Member, SharedRoom<TestWire>) {
    let at = Moment::at(1_000);
    let connection = hub.connect(Protocol::V1, TestWire::open(), 100_000, at.now);
    let joining = Joining {
        id: connection.id().user_id(),
        name: &Name::GUEST,
        rights: &Rights::default(),
        position: Position::default(),
    };
    let (room, ..) = hub.join(room, &connection, joining, at).unwrap();
    (connection, room)
}

/// The number of packets of this kind that the connection was sent.
fn count(connection: &Member, is_it: impl Fn(&PacketBody) -> bool) -> usize {
    let packets = frame::packets(&connection.wire().written());
    packets.iter().filter(|body| is_it(body)).count()
}

fn changes(connection: &Member) -> usize {
    count(connection, |body| {
        matches!(body, PacketBody::RoomChanged(_))
    })
}

fn removals(connection: &Member) -> usize {
    count(connection, |body| matches!(body, PacketBody::Removed(_)))
}

fn set_rules(hub: &mut Hub<TestWire>, rule: Rule) {
    hub.shared().set_rules(Rules::new(vec![rule]));
    hub.take_rules();
}

fn closed(room: &str) -> Rule {
    Rule {
        join: Who::Nobody,
        ..Rule::open(Pattern::new(room))
    }
}

fn topic(room: &str, topic: &str) -> Rule {
    Rule {
        topic: topic.into(),
        ..Rule::open(Pattern::new(room))
    }
}

#[test]
fn each_turn_checks_a_bounded_number_and_each_member_is_told_once() {
    let mut hub = hub();
    let hall: Vec<_> = (0..250).map(|_| join(&mut hub, "hall").0).collect();
    let rooms: Vec<_> = (0..50)
        .map(|id| join(&mut hub, &format!("{id}")).0)
        .collect();
    set_rules(&mut hub, topic("hall", "Ore"));
    let told = |members: &[Member]| members.iter().map(changes).collect::<Vec<_>>();
    let (mut turns, mut before) = (1, 0);
    loop {
        let more = hub.recheck(60, Moment::at(1_000));
        let sum: usize = told(&hall).iter().sum();
        assert!(sum - before <= 60, "{} in one turn", sum - before);
        before = sum;
        if !more {
            break;
        }
        turns += 1;
    }
    assert!(turns >= 250 / 60, "{turns}");
    assert!(told(&hall).iter().all(|&times| times == 1));
    assert!(told(&rooms).iter().all(|&times| times == 0));
    assert!(!hub.recheck(60, Moment::at(1_000)));
}

#[test]
fn members_that_come_and_go_meanwhile_are_checked_or_need_not_be() {
    let mut hub = hub();
    let mut hall: Vec<_> = (0..100).map(|_| join(&mut hub, "hall")).collect();
    set_rules(&mut hub, topic("hall", "Ore"));
    for step in 0..30 {
        hub.recheck(8, Moment::at(1_000));
        let (gone, room) = hall.remove(step * 7 % hall.len());
        hub.leave(&room, &gone, Moment::at(1_000).now);
        let (new, _) = join(&mut hub, "hall");
        assert_eq!(changes(&new), 0, "its snapshot has the topic");
    }
    while hub.recheck(8, Moment::at(1_000)) {}
    assert!(hall.iter().all(|(member, _)| changes(member) == 1));
}

#[test]
fn a_second_change_in_the_middle_of_the_first_one_holds() {
    let mut hub = hub();
    let hall: Vec<_> = (0..100).map(|_| join(&mut hub, "hall").0).collect();
    set_rules(&mut hub, topic("hall", "Ore"));
    hub.recheck(40, Moment::at(1_000));
    set_rules(&mut hub, topic("hall", "Gold"));
    while hub.recheck(40, Moment::at(1_000)) {}
    for member in &hall {
        let last = frame::packets(&member.wire().written()).pop();
        let Some(PacketBody::RoomChanged(changed)) = last else {
            panic!("{last:?}");
        };
        assert_eq!(changed.settings.unwrap().topic, "Gold");
    }
    let told: usize = hall.iter().map(changes).sum();
    assert!((100..200).contains(&told), "{told}");
}

#[test]
fn a_room_whose_members_are_all_removed_is_closed() {
    let mut hub = hub();
    let hall: Vec<_> = (0..30).map(|_| join(&mut hub, "hall").0).collect();
    set_rules(&mut hub, closed("hall"));
    while hub.recheck(7, Moment::at(1_000)) {}
    assert!(hall.iter().all(|member| removals(member) == 1));
    assert!(hub.rooms.is_empty());
    // A member that has left by itself is not removed.
    let rechecked = {
        let (member, room) = join(&mut hub, "other");
        hub.leave(&room, &member, Moment::at(1_000).now);
        hub.recheck_member(&room, member.id(), &Rights::default(), Moment::at(1_000))
    };
    assert_eq!(rechecked, Rechecked::Gone);
}

#[test]
fn what_a_removed_member_has_said_is_answered_first() {
    let mut hub = hub();
    let (member, room) = join(&mut hub, "hall");
    let (other, _) = join(&mut hub, "hall");
    let message = crate::shared::history::NewMessage {
        nonce: crate::ids::RequestId(7),
        ..crate::shared::history::NewMessage::plain(member.id().user_id(), "goodbye", 1_000)
    };
    hub.say(&room, member.id(), &message);
    set_rules(&mut hub, closed("hall"));
    while hub.recheck(7, Moment::at(1_000)) {}
    for connection in [&member, &other] {
        let packets = frame::packets(&connection.wire().written());
        let [PacketBody::Line(line), PacketBody::Removed(_)] = &packets[..] else {
            panic!("{packets:?}");
        };
        assert_eq!((line.nonce, line.text.as_str()), (7, "goodbye"));
    }
}
