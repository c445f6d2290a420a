//! The API may be called by the game with its key, a moderator with its token, and nobody else.

use guildhall_server::Config;
use guildhall_server::accounts::{Cap, NewToken, Revocation, Right};
use guildhall_testing::api_client::request;
use guildhall_testing::test_server::{API_KEY, TestServer};
use guildhall_testing::v1_client::V1Client;
use guildhall_testing::wire::eventually;

use super::{get, server};
use crate::accounts::{accounts, of, sign};

/// A token of a user that moderates these rooms.
fn moderator(rooms: &[&str], allow: Vec<Right>) -> String {
    let rooms = rooms.iter().map(|room| (*room).to_owned()).collect();
    sign(&NewToken {
        caps: vec![Cap { rooms, allow }],
        ..of("mod-1")
    })
}

#[test]
fn without_a_key_only_the_health_and_the_document_are_there() {
    let server = server();
    let ask = |path: &str, headers: &str| request(server.api(), "GET", path, headers, "");
    assert_eq!(ask("/health", "").good()["status"], "ok");
    assert_eq!(ask("/openapi.json", "").good()["openapi"], "3.1.0");
    for headers in [
        "",
        "Authorization: Bearer\r\n",
        "Authorization: Bearer \r\n",
        "Authorization: Basic Zm9vOmJhcg==\r\n",
        "Authorization: Bearer a-key-of-32-bytes-and-more-for-test\r\n",
        "Authorization: Bearer a.b.c\r\n",
        "X-API-Key: \r\n",
        "X-API-Key: a-key-of-32-bytes-and-more-for-tests0\r\n",
    ] {
        let refused = ask("/rooms", headers);
        refused.expect_problem(401, "unauthorized");
        assert!(
            refused
                .header("www-authenticate")
                .unwrap()
                .starts_with("Bearer")
        );
    }
    assert_eq!(
        ask("/rooms", &format!("X-API-Key: {API_KEY}\r\n")).status,
        200
    );
    assert_eq!(
        ask("/rooms", &format!("authorization: bearer {API_KEY}\r\n")).status,
        200
    );
}

#[test]
fn a_path_or_a_method_that_is_not_there_is_said() {
    let server = server();
    for path in ["", "/", "/nothing", "/rooms/", "/rooms/a/nothing", "/ROOMS"] {
        get(&server, path).expect_problem(404, "not_found");
    }
    for method in ["POST", "PUT", "DELETE", "OPTIONS", "TRACE", "PATCH"] {
        let refused = request(server.api(), method, "/health", "", "");
        refused.expect_problem(405, "method_not_allowed");
        assert_eq!(refused.header("allow"), Some("GET, HEAD"), "{method}");
    }
}

#[test]
fn a_moderators_token_lets_it_see_the_rooms_that_it_moderates() {
    let server = TestServer::with_api(Config {
        accounts: accounts(),
        ..Config::default()
    });
    let ask = |path: &str, token: &str| {
        let headers = format!("Authorization: Bearer {token}\r\n");
        request(server.api(), "GET", path, &headers, "")
    };
    let guild = moderator(&["guild-*"], vec![Right::Join, Right::Mod]);
    let (mut ann, _) = crate::accounts::sign_in(server.address(), &of("ann"));
    ann.join("guild-1");
    ann.join("hall");
    let rooms = ask("/rooms", &guild).good();
    let names: Vec<_> = rooms["rooms"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| &it["room"])
        .collect();
    assert_eq!(names, ["guild-1"]);
    assert_eq!(ask("/rooms/guild-1/members", &guild).good()["count"], 1);
    ask("/rooms/hall/members", &guild).expect_problem(403, "forbidden");
    ask("/search?room=guild-1&room=hall&text=x", &guild).expect_problem(403, "forbidden");
    let seen = ask("/users/ann", &guild).good();
    assert_eq!(seen["rooms"], serde_json::json!(["guild-1"]));
    let everywhere = moderator(&["*"], vec![Right::Mod]);
    assert_eq!(ask("/rooms/hall/members", &everywhere).good()["count"], 1);
    let player = moderator(&["*"], vec![Right::Join, Right::Say]);
    ask("/rooms", &player).expect_problem(403, "forbidden");
    ask("/rooms", &sign(&of("ann"))).expect_problem(403, "forbidden");
    ask("/rooms", &format!("{guild}x")).expect_problem(401, "unauthorized");
    let over = sign(&NewToken {
        expires: 1,
        ..of("mod-1")
    });
    ask("/rooms", &over).expect_problem(401, "unauthorized");
}

#[test]
fn keys_and_revocations_change_while_the_server_runs() {
    let config = Config {
        accounts: accounts(),
        ..Config::default()
    };
    let server = TestServer::with_api(config.clone());
    let token = moderator(&["*"], vec![Right::Mod]);
    let headers = format!("Authorization: Bearer {token}\r\n");
    let ask = || request(server.api(), "GET", "/rooms", &headers, "");
    assert_eq!(ask().status, 200);
    let mut accounts = accounts();
    accounts.revoked = vec![Revocation {
        user: "mod-1".into(),
        before: u64::MAX,
    }];
    server.reload(Config { accounts, ..config });
    eventually("the token is revoked", || {
        (ask().status == 401).then_some(())
    });
    // The new settings have no key.
    get(&server, "/rooms").expect_problem(401, "unauthorized");
}

#[test]
fn a_server_without_the_api_has_none_on_its_other_port() {
    let server = server();
    let (client, _) = V1Client::in_room(server.address(), "Ann", "hall");
    let answer = request(server.address(), "GET", "/rooms", &super::key(), "");
    assert_eq!(answer.status, 404);
    drop(client);
}
