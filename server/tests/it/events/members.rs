//! The game is told of members that come and go.

use guildhall_protocol::SanctionKind;
use guildhall_testing::v1_client::V1Client;

use super::*;
use crate::accounts::{of, sign_in};
use crate::moderation::{impose, moderator, sanction};

#[test]
fn a_user_joins_and_leaves_once_and_the_reason_is_told() {
    on_each_server(|fixture| {
        let address = fixture.server().address();
        let (mut ann, _) = V1Client::in_room(address, "Ann", "red");
        ann.join("red");
        ann.join("blue");
        ann.leave("red");
        ann.client.say_goodbye();
        let told = fixture.receiver.until("room_empty blue");
        let expected = [
            "Ann user_seen",
            "Ann joined red",
            "Ann joined blue",
            "Ann left red left",
            "room_empty red",
            "Ann left blue goodbye",
            "room_empty blue",
        ];
        assert_eq!(told, expected);
    });
}

#[test]
fn a_lost_connection_is_a_leaving_only_if_nobody_comes_back() {
    on_each_server(|fixture| {
        let address = fixture.server().address();
        let (ann, anns) = V1Client::in_room(address, "Ann", "red");
        let (bob, _) = V1Client::in_room(address, "Bob", "red");
        let last_request = ann.last_request;
        ann.client.reset();
        let (mut ann, welcome) = V1Client::resume(address, &anns, last_request, 0);
        assert!(welcome.resumed);
        ann.join("red");
        // Its session is over while hers goes on.
        bob.client.reset();
        fixture.receiver.until("Bob left red lost");
        ann.leave("red");
        let told = fixture.receiver.until("room_empty red");
        let expected = [
            "Ann user_seen",
            "Ann joined red",
            "Bob user_seen",
            "Bob joined red",
            "Bob left red lost",
            "Ann left red left",
            "room_empty red",
        ];
        assert_eq!(told, expected);
    });
}

#[test]
fn a_user_with_two_devices_is_one_member() {
    on_each_server(|fixture| {
        let address = fixture.server().address();
        let sign_in = || sign_in(address, &of("42")).0;
        let (mut phone, mut desk) = (sign_in(), sign_in());
        phone.join("red");
        desk.join("red");
        phone.leave("red");
        desk.join("blue");
        desk.leave("red");
        fixture.receiver.until("room_empty red");
        let events = fixture.receiver.events();
        let kinds: Vec<_> = events
            .iter()
            .map(|event| event["kind"].as_str().unwrap())
            .collect();
        let expected = ["user_seen", "joined", "joined", "left", "room_empty"];
        assert_eq!(kinds, expected, "one user, seen once: {events:#?}");
        assert!(
            events[..4]
                .iter()
                .all(|event| event["user"]["account"] == "42")
        );
        assert_eq!(events[3]["room"], "red");
    });
}

#[test]
fn a_member_that_is_kicked_has_been_removed_and_the_game_knows_the_sanction() {
    on_each_server(|fixture| {
        let address = fixture.server().address();
        let mut mira = moderator(address);
        let (mut eve, eves) = V1Client::in_room(address, "Eve", "red");
        let kick = sanction(SanctionKind::Kick, "red", eves.id);
        let imposed = impose(&mut mira, kick);
        eve.next_packet();
        fixture.receiver.until("Eve left red removed");
        let events = fixture.receiver.events();
        let sanctioned = events.iter().find(|event| event["kind"] == "sanctioned");
        let sanctioned = sanctioned.expect("the game is told of it");
        assert_eq!(sanctioned["sanction"], imposed.id);
        assert_eq!(sanctioned["user"]["name"], "Eve");
    });
}

#[test]
fn clients_of_the_tutorial_are_users_of_the_lobby() {
    on_each_server(|fixture| {
        let (client, id) = fixture.server().join();
        drop(client);
        let told = fixture.receiver.until("room_empty lobby");
        let name = format!("Guest {id}");
        let expected = [
            format!("{name} user_seen"),
            format!("{name} joined lobby"),
            format!("{name} left lobby lost"),
            "room_empty lobby".into(),
        ];
        assert_eq!(told, expected);
    });
}

#[test]
fn a_restart_of_the_server_is_a_lost_connection() {
    let mut fixture = Fixture::new(1, true);
    let address = fixture.server().address();
    let (ann, anns) = V1Client::in_room(address, "Ann", "red");
    let (_bob, _) = V1Client::in_room(address, "Bob", "red");
    let (_client, id) = fixture.server().join();
    fixture.restart();
    let address = fixture.server().address();
    let (mut ann, welcome) = V1Client::resume(address, &anns, ann.last_request, 0);
    assert!(welcome.resumed);
    ann.join("red");
    let mut told = fixture.receiver.until("Bob left red lost");
    told.sort();
    let name = format!("Guest {id}");
    let mut expected = [
        "Ann user_seen".to_owned(),
        "Ann joined red".into(),
        "Bob user_seen".into(),
        "Bob joined red".into(),
        format!("{name} user_seen"),
        format!("{name} joined lobby"),
        format!("{name} left lobby lost"),
        "room_empty lobby".into(),
        "Bob left red lost".into(),
    ];
    expected.sort();
    assert_eq!(told, expected);
    ann.leave("red");
    fixture.receiver.until("Ann left red left");
}

#[test]
fn a_message_that_is_being_answered_when_the_server_stops_is_not_sent_again() {
    let receiver = Receiver {
        answers_after: Duration::from_millis(50),
        ..Receiver::default()
    };
    let mut fixture = Fixture::with(1, true, receiver);
    let _ann = V1Client::in_room(fixture.server().address(), "Ann", "red");
    fixture.receiver.until("Ann joined red");
    fixture.restart();
    let _bob = V1Client::in_room(fixture.server().address(), "Bob", "blue");
    let told = fixture.receiver.until("Bob joined blue");
    let joined = told.iter().filter(|event| *event == "Ann joined red");
    assert_eq!(joined.count(), 1, "it was answered: {told:?}");
}
