//! The game is told of lines, of their changes, and of reports.

use guildhall_protocol::{Clear, Purge, RequestBody};
use guildhall_testing::line_log::{edit, react, remove};
use guildhall_testing::v1_client::V1Client;

use super::*;
use crate::moderation::moderator;
use crate::reports::{of_line, report};

#[test]
fn lines_edits_and_removals_are_told_with_their_numbers_and_reactions_are_not() {
    on_each_server(|fixture| {
        let address = fixture.server().address();
        let (mut ann, _) = V1Client::in_room(address, "Ann", "red");
        let first = ann.say("red", "hi");
        let second = ann.say("red", "there");
        for ask in [edit(&first, "hello"), react(&second, "+1"), remove(&second)] {
            ann.send(ask);
            ann.line();
        }
        fixture.receiver.until("Ann removed red");
        let events = fixture.receiver.events();
        let lines = events.iter().filter(|event| event["line"].is_object());
        let lines: Vec<_> = lines
            .map(|event| {
                let line = &event["line"];
                assert_eq!(line["epoch"], first.epoch);
                let numbers = ["seq", "change"].map(|key| line[key].as_u64().unwrap_or(0));
                (event["kind"].as_str().unwrap(), numbers)
            })
            .collect();
        let expected = [
            ("said", [1, 0]),
            ("said", [2, 0]),
            ("edited", [1, 3]),
            ("removed", [2, 5]),
        ];
        assert_eq!(lines, expected);
        let numbers: Vec<_> = events
            .iter()
            .map(|event| event["number"].as_u64())
            .collect();
        let expected: Vec<_> = (1..=events.len() as u64).map(Some).collect();
        assert_eq!(numbers, expected);
    });
}

#[test]
fn whispers_are_no_business_of_the_game() {
    on_each_server(|fixture| {
        let address = fixture.server().address();
        let (mut ann, anns) = V1Client::in_room(address, "Ann", "red");
        ann.whisper(anns.id, "to myself");
        ann.say("red", "hi");
        let told = fixture.receiver.until("Ann said red");
        assert_eq!(told, ["Ann user_seen", "Ann joined red", "Ann said red"]);
        let bodies = fixture.receiver.messages.lock().unwrap().clone();
        assert!(
            bodies
                .iter()
                .all(|message| !message.body.contains("to myself"))
        );
    });
}

#[test]
fn the_game_learns_of_reports_and_of_what_is_swept() {
    on_each_server(|fixture| {
        let address = fixture.server().address();
        let mut mira = moderator(address);
        let (mut eve, eves) = V1Client::in_room(address, "Eve", "red");
        let (mut ann, _) = V1Client::in_room(address, "Ann", "red");
        let said = eve.say("red", "you fool");
        assert_eq!(ann.line(), said);
        let id = report(&mut ann, of_line(&said)).unwrap();
        fixture.receiver.until("Eve reported red");
        mira.ask(RequestBody::Purge(Purge {
            room: "red".into(),
            user: eves.id,
            name: String::new(),
        }))
        .unwrap();
        mira.ask(RequestBody::Clear(Clear { room: "red".into() }))
            .unwrap();
        let events = eventually("the end of the room", || {
            let events = fixture.receiver.events();
            events
                .iter()
                .any(|event| event["kind"] == "cleared")
                .then_some(events)
        });
        let of_kind = |kind: &str| {
            let mut events = events.iter().filter(|event| event["kind"] == kind);
            let event = events.next().unwrap();
            assert!(events.next().is_none(), "{kind} twice");
            event
        };
        assert_eq!(of_kind("reported")["report"], id);
        assert_eq!(of_kind("purged")["purged"], eves.id);
        assert_eq!(of_kind("purged")["line"]["seq"], 1);
        assert_eq!(of_kind("cleared")["line"]["seq"], 2);
    });
}
