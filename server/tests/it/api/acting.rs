//! The game acts over the API: it speaks, opens and closes rooms, and moves players.

use guildhall_protocol::ChangeKind;
use guildhall_server::Config;
use guildhall_testing::api_client::request;
use guildhall_testing::data_folder::DataFolder;
use guildhall_testing::test_server::TestServer;
use guildhall_testing::v1_client::V1Client;
use guildhall_testing::wire::eventually;
use serde_json::{Value, json};

use super::{get, key, send, server};
use crate::accounts::{accounts, of, sign_in_to};

/// Sends a request without a body, with the key.
fn bare(server: &TestServer, method: &str, path: &str) -> u16 {
    request(server.api(), method, path, &key(), "").status
}

/// The names of a room's members. A room that everybody has left may be gone.
fn members(server: &TestServer, room: &str) -> Vec<String> {
    let page = get(server, &format!("/rooms/{room}/members"));
    let members = page.json["members"].as_array().into_iter().flatten();
    members
        .map(|member| member["name"].as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn the_game_speaks_as_the_system_and_as_a_user() {
    let server = server();
    let (mut ann, welcome) = V1Client::in_room(server.address(), "Ann", "hall");
    let said = send(
        &server,
        "POST",
        "/rooms/HALL/messages",
        &json!({ "text": "The boss is here" }),
    );
    assert_eq!(said.status, 201);
    let place = said.good();
    assert_eq!((&place["room"], &place["seq"]), (&json!("hall"), &json!(1)));
    let line = ann.line();
    assert_eq!((line.sender, line.text.as_str()), (0, "The boss is here"));
    let asked = json!({ "text": "waves", "user": { "id": welcome.id }, "action": true });
    assert_eq!(
        send(&server, "POST", "/rooms/hall/messages", &asked).good()["seq"],
        2
    );
    let line = ann.line();
    assert_eq!(
        (line.sender, line.name.as_str(), line.action),
        (welcome.id, "Ann", true)
    );
    let announced = send(
        &server,
        "POST",
        "/announcements",
        &json!({ "text": "Restart at 5" }),
    );
    assert_eq!(announced.good()["rooms"], 1);
    assert_eq!(ann.line().text, "Restart at 5");
    for (asked, status, code) in [
        (json!({ "text": "" }), 400, "bad_request"),
        (json!({ "text": "\u{200b}" }), 400, "bad_request"),
        (json!({ "text": "x".repeat(4097) }), 400, "bad_request"),
        (
            json!({ "text": "x", "user": { "id": 99 } }),
            404,
            "no_such_user",
        ),
    ] {
        send(&server, "POST", "/rooms/hall/messages", &asked).expect_problem(status, code);
    }
    let asked = json!({ "text": "anybody?" });
    send(&server, "POST", "/rooms/nowhere/messages", &asked).expect_problem(404, "no_such_room");
}

#[test]
fn a_room_is_opened_changed_and_closed() {
    let server = server();
    let opened = send(
        &server,
        "PUT",
        "/rooms/Match-7",
        &json!({ "topic": "Round 1" }),
    )
    .good();
    assert_eq!(
        (&opened["room"], &opened["open"]),
        (&json!("match-7"), &json!(true))
    );
    assert_eq!(opened["topic"], "Round 1");
    assert_eq!(get(&server, "/rooms").good()["rooms"], json!([opened]));
    let changed = send(
        &server,
        "PATCH",
        "/rooms/match-7",
        &json!({ "slow_mode": 30 }),
    )
    .good();
    assert_eq!(changed, json!({ "topic": "Round 1", "slow_mode": 30 }));
    let room = get(&server, "/rooms/match-7").good();
    assert_eq!(
        (&room["slow_mode"], &room["changed"]),
        (&json!(30), &changed)
    );
    assert_eq!(bare(&server, "DELETE", "/rooms/match-7/settings"), 204);
    assert_eq!(get(&server, "/rooms/match-7").good()["changed"], json!({}));
    for wrong in [
        json!({ "slow_mode": 21_601 }),
        json!({ "topic": "a\u{1}b" }),
        json!({ "name": "x" }),
    ] {
        send(&server, "PATCH", "/rooms/match-7", &wrong).expect_problem(400, "bad_request");
    }
    let (mut ann, _) = V1Client::in_room(server.address(), "Ann", "match-7");
    ann.say("match-7", "hello");
    assert_eq!(bare(&server, "DELETE", "/rooms/match-7"), 204);
    eventually("the room is empty", || {
        members(&server, "match-7").is_empty().then_some(())
    });
    assert_eq!(get(&server, "/rooms/match-7").good()["open"], false);
    assert_eq!(bare(&server, "DELETE", "/rooms/nowhere"), 404);
    assert_eq!(bare(&server, "DELETE", "/rooms/lobby"), 400);
}

#[test]
fn players_are_put_moved_and_taken_out() {
    let server = server();
    let players: Vec<_> = ["Ann", "Bob"]
        .map(|name| V1Client::in_room(server.address(), name, "hall"))
        .into();
    let ids: Vec<_> = players
        .iter()
        .map(|(_, welcome)| json!({ "id": welcome.id }))
        .collect();
    let done = |answer: Value| -> Vec<Value> {
        let users = answer["users"].as_array().unwrap();
        users
            .iter()
            .map(|user| user.get("code").unwrap_or(&user["done"]).clone())
            .collect()
    };
    let put = send(
        &server,
        "POST",
        "/rooms/red/members",
        &json!({ "users": [ids[0]] }),
    )
    .good();
    assert_eq!(done(put), [true]);
    assert_eq!(members(&server, "red"), ["Ann"]);
    // With `all`, nobody is moved if one cannot be.
    let all = json!({ "from": "red", "to": "blue", "users": ids, "all": true });
    let moved = send(&server, "POST", "/moves", &all).good();
    assert_eq!(done(moved), ["not_all", "not_there"]);
    assert_eq!(members(&server, "red"), ["Ann"]);
    let some = json!({ "from": "red", "to": "blue", "users": [ids[0], { "id": 99 }, ids[1]] });
    let moved = send(&server, "POST", "/moves", &some).good();
    assert_eq!(moved["users"][1]["user"], json!({ "id": 99 }));
    assert_eq!(
        done(moved),
        [json!(true), json!("no_such_user"), json!("not_there")]
    );
    assert_eq!(members(&server, "blue"), ["Ann"]);
    let out = send(
        &server,
        "POST",
        "/rooms/blue/removals",
        &json!({ "users": ids }),
    )
    .good();
    assert_eq!(done(out), [json!(true), json!("not_there")]);
    assert_eq!(members(&server, "blue"), Vec::<String>::new());
    for wrong in [
        json!({ "users": [] }),
        json!({ "users": vec![json!({ "id": 1 }); 501] }),
        json!({ "users": [{}] }),
    ] {
        send(&server, "POST", "/rooms/red/members", &wrong).expect_problem(400, "bad_request");
    }
    let onto_itself = json!({ "from": "red", "to": "RED", "users": ids });
    send(&server, "POST", "/moves", &onto_itself).expect_problem(400, "bad_request");
}

#[test]
fn what_a_user_has_said_is_removed_and_a_room_is_cleared() {
    let server = server();
    let (mut ann, welcome) = V1Client::in_room(server.address(), "Ann", "hall");
    let (mut bob, _) = V1Client::in_room(server.address(), "Bob", "hall");
    ann.say("hall", "spam");
    bob.texts(1);
    bob.say("hall", "hello");
    let texts = || -> Vec<String> {
        let page = get(&server, "/rooms/hall/history").good();
        let lines = page["lines"].as_array().unwrap().iter();
        let texts = lines.map(|line| line["text"].as_str().unwrap().to_owned());
        texts.filter(|text| !text.is_empty()).collect()
    };
    let path = format!("/users/{}/purge?by=id", welcome.id);
    assert_eq!(send(&server, "POST", &path, &json!({})).good()["rooms"], 1);
    assert_eq!(texts(), ["hello"]);
    assert_eq!(bare(&server, "POST", "/rooms/hall/clear"), 200);
    assert_eq!(texts(), Vec::<String>::new());
    let log = get(&server, "/audit?newest=true").good();
    let kinds: Vec<_> = log["entries"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| &it["kind"])
        .collect();
    assert_eq!(kinds, ["cleared", "purged"]);
    assert_eq!(log["entries"][0]["by"], json!({ "kind": "game" }));
}

#[test]
fn a_single_line_is_removed_in_memory_and_in_a_store() {
    for has_store in [false, true] {
        let data = has_store.then(DataFolder::pick);
        let server = TestServer::with_api(Config {
            data: data.as_ref().map(|data| data.path().to_owned()),
            ..Config::default()
        });
        let (mut ann, _) = V1Client::in_room(server.address(), "Ann", "hall");
        let line = ann.say("hall", "spam");
        ann.say("hall", "hello");
        let path = |epoch: u32, seq: u64| format!("/rooms/HALL/messages/{epoch}/{seq}");
        for (epoch, seq) in [(line.epoch + 1, 1), (line.epoch, 3), (line.epoch, 0)] {
            let answer = request(server.api(), "DELETE", &path(epoch, seq), &key(), "");
            answer.expect_problem(404, "no_such_line");
        }
        let spam = path(line.epoch, line.seq);
        let removed = request(server.api(), "DELETE", &spam, &key(), "").good();
        assert_eq!(
            (&removed["room"], &removed["seq"]),
            (&json!("hall"), &json!(3))
        );
        let change = ann.line().change.unwrap();
        assert_eq!((change.kind(), change.seq), (ChangeKind::Removed, line.seq));
        let lines = get(&server, "/rooms/hall/history").good();
        assert_eq!(
            (&lines["lines"][0]["text"], &lines["lines"][0]["removed"]),
            (&json!(""), &json!(true))
        );
        assert_eq!(lines["lines"][1]["text"], "hello");
        // It is none any more.
        let again = request(server.api(), "DELETE", &spam, &key(), "");
        again.expect_problem(404, "no_such_line");
        let entry = &get(&server, "/audit?newest=true").good()["entries"][0];
        assert_eq!(entry["kind"], "line_removed");
        assert_eq!(entry["room"], "hall");
        drop(server);
    }
}

#[test]
fn a_user_gets_other_info_and_is_disconnected() {
    let server = TestServer::with_api(Config {
        accounts: accounts(),
        ..Config::default()
    });
    let (mut ann, _) = sign_in_to(server.address(), &of("ann"), "hall");
    let set = send(&server, "PUT", "/users/ann/info", &json!({ "level": 9 }));
    assert_eq!(set.status, 204);
    assert_eq!(
        get(&server, "/users/ann").good()["info"],
        json!({ "level": 9 })
    );
    let long = json!({ "x": "y".repeat(1_024) });
    send(&server, "PUT", "/users/ann/info", &long).expect_problem(400, "bad_request");
    send(&server, "PUT", "/users/ann/info", &json!([])).expect_problem(400, "bad_request");
    let closed = request(server.api(), "POST", "/users/ann/disconnect", &key(), "").good();
    assert_eq!(closed["clients"], 1);
    ann.client.expect_close(3504);
    eventually("she is offline", || {
        (get(&server, "/users/ann").good()["online"] == false).then_some(())
    });
    assert_eq!(bare(&server, "POST", "/users/nobody/disconnect"), 404);
}
