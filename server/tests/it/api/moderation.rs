//! Sanctions and roles over the API.

use guildhall_protocol::{ErrorCode, ReplyResult};
use guildhall_server::Config;
use guildhall_server::accounts::{Cap, NewToken, Right};
use guildhall_server::filter::FilterAct;
use guildhall_testing::api_client::{Answer, bearer, request};
use guildhall_testing::test_server::TestServer;
use guildhall_testing::v1_client::{V1Client, say};
use guildhall_testing::wire::eventually;
use serde_json::{Value, json};

use super::{get, send, server};
use crate::accounts::{accounts, of, sign, sign_in_to};
use crate::filters;

/// A server with accounts and the API.
fn with_accounts() -> TestServer {
    TestServer::with_api(Config {
        accounts: accounts(),
        ..Config::default()
    })
}

#[test]
fn a_mute_holds_at_once_until_it_is_lifted() {
    let server = server();
    let (mut ann, welcome) = V1Client::in_room(server.address(), "Ann", "hall");
    ann.say("hall", "hello");
    let asked = json!({
        "kind": "mute", "user": { "id": welcome.id }, "room": "HALL", "seconds": 600,
        "reason": "harassment", "rule": "Be kind", "note": "twice\ntoday",
    });
    let answer = send(&server, "POST", "/sanctions", &asked);
    assert_eq!(answer.status, 201);
    let sanction = answer.good();
    assert_eq!(sanction["room"], "hall");
    assert_eq!(sanction["user"], json!({ "id": welcome.id, "name": "Ann" }));
    assert_eq!(sanction["reason"], "harassment");
    assert_eq!(sanction.get("by"), None, "the game has done it");
    let lasts = sanction["until"].as_u64().unwrap() - sanction["since"].as_u64().unwrap();
    assert_eq!(lasts, 600_000);
    let refused = ann.ask(say("hall", "again")).unwrap_err();
    assert_eq!(refused.code(), ErrorCode::Muted);
    assert_eq!(
        get(&server, "/sanctions?room=hall").good()["sanctions"],
        json!([sanction])
    );
    assert_eq!(
        get(&server, "/sanctions?room=other").good()["sanctions"],
        json!([])
    );
    let path = format!("/sanctions/{}?note=a%20mistake", sanction["id"]);
    let lifted = request(server.api(), "DELETE", &path, &super::key(), "").good();
    assert_eq!(lifted, sanction);
    let id = ann.send(say("hall", "again"));
    ann.outcome(id).expect("it may speak again");
    request(server.api(), "DELETE", &path, &super::key(), "")
        .expect_problem(404, "no_such_sanction");
}

#[test]
fn an_account_that_was_never_here_can_be_banned() {
    let server = with_accounts();
    let asked = json!({ "kind": "ban", "user": { "account": "eve" } });
    let sanction = send(&server, "POST", "/sanctions", &asked).good();
    assert_eq!(sanction["user"]["account"], "eve");
    assert_eq!(sanction.get("until"), None);
    let mut eve = V1Client::dial(server.address());
    let hello = guildhall_protocol::Hello {
        token: sign(&of("eve")),
        ..guildhall_testing::v1_client::hello("")
    };
    assert_eq!(eve.welcome(hello).unwrap_err().code(), ErrorCode::Banned);
    // A guest that the server does not know is nobody.
    let asked = json!({ "kind": "ban", "user": { "id": 99 } });
    send(&server, "POST", "/sanctions", &asked).expect_problem(404, "no_such_user");
}

#[test]
fn a_sanction_that_makes_no_sense_is_refused() {
    let server = server();
    let ann = || json!({ "account": "ann" });
    for (asked, word) in [
        (json!({}), "kind"),
        (json!({ "kind": "mute" }), "user"),
        (json!({ "kind": "hang", "user": ann() }), "kind"),
        (
            json!({ "kind": "mute", "user": ann(), "seconds": 0 }),
            "seconds",
        ),
        (
            json!({ "kind": "mute", "user": ann(), "seconds": -1 }),
            "seconds",
        ),
        (
            json!({ "kind": "kick", "user": ann(), "seconds": 5 }),
            "kick",
        ),
        (json!({ "kind": "mute", "user": ann(), "secs": 5 }), "secs"),
        (json!({ "kind": "mute", "user": {} }), "one of"),
        (
            json!({ "kind": "mute", "user": { "id": 1, "name": "Ann" } }),
            "one of",
        ),
        (
            json!({ "kind": "mute", "user": { "account": "" } }),
            "account",
        ),
        (
            json!({ "kind": "mute", "user": ann(), "room": "a b" }),
            "room",
        ),
        (
            json!({ "kind": "mute", "user": ann(), "rule": "x".repeat(501) }),
            "rule",
        ),
        (
            json!({ "kind": "mute", "user": ann(), "note": "\u{7}" }),
            "note",
        ),
        (json!([]), "body"),
    ] {
        let refused = send(&server, "POST", "/sanctions", &asked);
        refused.expect_problem(400, "bad_request");
        let detail = refused.json["detail"].as_str().unwrap();
        assert!(detail.contains(word), "{asked}: {detail}");
    }
    let headers = format!(
        "{}Content-Type: text/plain\r\nContent-Length: 2\r\n\r\n{{}}",
        super::key()
    );
    let mut client = guildhall_testing::client::Client::dial(server.api());
    client.send(format!("POST /api/v1/sanctions HTTP/1.1\r\nHost: x\r\n{headers}").as_bytes());
    Answer::of(client.response()).expect_problem(415, "unsupported_media_type");
    assert_eq!(get(&server, "/sanctions").good()["sanctions"], json!([]));
}

#[test]
fn a_moderator_acts_in_its_rooms_and_not_against_its_like() {
    let server = with_accounts();
    let token = |user: &str, allow: Vec<Right>, rooms: &str| {
        sign(&NewToken {
            caps: vec![Cap {
                rooms: vec![rooms.into()],
                allow,
            }],
            ..of(user)
        })
    };
    let (_ann, _) = sign_in_to(server.address(), &of("ann"), "guild-1");
    let moderator = token("mod", vec![Right::Mod], "guild-*");
    let ask = |token: &str, method: &str, path: &str, body: &Value| {
        request(
            server.api(),
            method,
            path,
            &bearer(token),
            &body.to_string(),
        )
    };
    let mute = |token: &str, user: &str, room: Option<&str>| {
        let mut asked = json!({ "kind": "mute", "user": { "account": user } });
        if let Some(room) = room {
            asked["room"] = room.into();
        }
        ask(token, "POST", "/sanctions", &asked)
    };
    let imposed = mute(&moderator, "ann", Some("guild-1")).good();
    assert_eq!(imposed["by"], json!({ "account": "mod", "name": "mod" }));
    mute(&moderator, "ann", Some("hall")).expect_problem(403, "forbidden");
    mute(&moderator, "ann", None).expect_problem(403, "forbidden");
    mute(&moderator, "nobody", Some("guild-1")).expect_problem(404, "no_such_user");
    // A name is no account: the act would be done to somebody else.
    let eve = NewToken {
        name: Some("eve".into()),
        ..of("x")
    };
    let (_eve, _) = sign_in_to(server.address(), &eve, "guild-1");
    mute(&moderator, "eve", Some("guild-1")).expect_problem(404, "no_such_user");
    // Only an admin gives roles, and the game may do everything.
    let role = |user: &str, role: &str| json!({ "user": { "account": user }, "room": "guild-1", "role": role });
    ask(&moderator, "PUT", "/roles", &role("ann", "moderator")).expect_problem(403, "forbidden");
    assert_eq!(
        send(&server, "PUT", "/roles", &role("ann", "moderator")).status,
        204
    );
    mute(&moderator, "ann", Some("guild-1")).expect_problem(403, "is_moderator");
    let listed = get(&server, "/rooms/guild-1/moderators").good();
    assert_eq!(listed["moderators"][0]["user"]["account"], "ann");
    assert_eq!(listed["moderators"][0]["role"], "moderator");
    // The role counts over the API as well.
    let plain = sign(&of("ann"));
    let rooms = request(server.api(), "GET", "/rooms", &bearer(&plain), "").good();
    assert_eq!(rooms["rooms"][0]["room"], "guild-1");
    assert_eq!(
        send(&server, "PUT", "/roles", &role("ann", "player")).status,
        204
    );
    eventually("the role is gone", || {
        let answer = request(server.api(), "GET", "/rooms", &bearer(&plain), "");
        (answer.status == 403).then_some(())
    });
}

/// A token of a moderator of all rooms.
pub(super) fn moderator(user: &str) -> NewToken {
    NewToken {
        caps: vec![Cap {
            rooms: vec!["*".into()],
            allow: vec![Right::Mod],
        }],
        ..of(user)
    }
}

fn post(server: &TestServer, token: &str, path: &str, body: &Value) -> Answer {
    request(
        server.api(),
        "POST",
        path,
        &bearer(token),
        &body.to_string(),
    )
}

#[test]
fn a_moderator_purges_its_own_lines_and_not_those_of_its_like() {
    let server = with_accounts();
    let [one, two] = ["one", "two"].map(|user| sign(&moderator(user)));
    let (mut other, _) = sign_in_to(server.address(), &moderator("two"), "hall");
    let (mut ann, _) = sign_in_to(server.address(), &of("ann"), "hall");
    other.say("hall", "as a moderator");
    ann.line();
    ann.say("hall", "as a player");
    let purge = |by: &str, user: &str| {
        let path = format!("/users/{user}/purge");
        post(&server, by, &path, &json!({ "room": "hall" }))
    };
    purge(&one, "two").expect_problem(403, "is_moderator");
    assert_eq!(purge(&one, "ann").good()["rooms"], 1);
    assert_eq!(purge(&two, "two").good()["rooms"], 1);
}

#[test]
fn a_moderator_that_is_banned_moderates_no_more() {
    let server = with_accounts();
    let token = sign(&moderator("mod"));
    let ban = |room: Option<&str>| {
        let mut asked = json!({ "kind": "ban", "user": { "account": "mod" } });
        if let Some(room) = room {
            asked["room"] = room.into();
        }
        send(&server, "POST", "/sanctions", &asked).good()
    };
    let (_ann, _) = sign_in_to(server.address(), &of("ann"), "hall");
    let mute = |room: &str| {
        let asked = json!({ "kind": "mute", "user": { "account": "ann" }, "room": room });
        post(&server, &token, "/sanctions", &asked)
    };
    ban(Some("hall"));
    mute("hall").expect_problem(403, "forbidden");
    mute("other").good();
    let everywhere = ban(None);
    mute("other").expect_problem(403, "forbidden");
    let lift = format!("/sanctions/{}", everywhere["id"]);
    request(server.api(), "DELETE", &lift, &super::key(), "").good();
    mute("other").good();
}

#[test]
fn a_moderator_that_never_connected_is_not_taken_for_another_account() {
    let server = with_accounts();
    let asked = json!({ "kind": "ban", "user": { "account": "eve" } });
    let sanction = send(&server, "POST", "/sanctions", &asked).good();
    let path = format!("/sanctions/{}", sanction["id"]);
    request(
        server.api(),
        "DELETE",
        &path,
        &bearer(&sign(&moderator("mod"))),
        "",
    )
    .good();
}

#[test]
fn a_moderator_does_not_publish_its_own_text() {
    let server = TestServer::with_api(Config {
        accounts: accounts(),
        ..filters::config(&[filters::words("odd", FilterAct::Hold)])
    });
    let (mut one, _) = sign_in_to(server.address(), &moderator("one"), "hall");
    let nonce = one.send(say("hall", "how odd"));
    assert!(matches!(one.reply(nonce), Ok(ReplyResult::Held(_))));
    let held = eventually("the text waits", || {
        get(&server, "/held").good()["held"][0]["id"].as_u64()
    });
    let path = format!("/held/{held}/publish");
    let publish = |user: &str| post(&server, &sign(&moderator(user)), &path, &json!({}));
    publish("one").expect_problem(403, "is_moderator");
    publish("two").good();
    assert_eq!(one.line().text, "how odd");
}
