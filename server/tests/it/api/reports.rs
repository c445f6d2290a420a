//! The queue of reports over the API.

use guildhall_protocol::{LineRef, Reason, ReplyResult, Report, RequestBody};
use guildhall_server::Config;
use guildhall_server::accounts::{Cap, NewToken, Right};
use guildhall_testing::api_client::{Answer, bearer, request};
use guildhall_testing::test_server::TestServer;
use guildhall_testing::v1_client::V1Client;
use serde_json::json;

use super::moderation::moderator;
use super::{get, key, send, server};
use crate::accounts::{accounts, of, sign, sign_in_to};

fn post(server: &TestServer, path: &str) -> Answer {
    request(server.api(), "POST", path, &key(), "")
}

#[test]
fn a_report_is_seen_with_its_evidence_taken_and_decided() {
    let server = server();
    let (mut ann, _) = V1Client::in_room(server.address(), "Ann", "hall");
    let (mut bob, _) = V1Client::in_room(server.address(), "Bob", "hall");
    ann.say("hall", "before");
    let line = ann.say("hall", "an insult");
    bob.texts(2);
    let report = Report {
        room: "hall".into(),
        line: Some(LineRef {
            epoch: line.epoch,
            seq: line.seq,
        }),
        reason: Reason::Harassment.into(),
        note: "again".into(),
        ..Report::default()
    };
    let receipt = bob.ask(RequestBody::Report(report)).unwrap();
    assert!(matches!(receipt, ReplyResult::Reported(_)), "{receipt:?}");
    let listed = get(&server, "/reports").good();
    let first = &listed["reports"][0];
    assert_eq!(
        (&first["state"], &first["reason"]),
        (&json!("open"), &json!("harassment"))
    );
    assert_eq!(
        (&first["user"]["name"], &first["reporter"]["name"]),
        (&json!("Ann"), &json!("Bob"))
    );
    assert_eq!(
        (&first["room"], &first["seq"]),
        (&json!("hall"), &json!(line.seq))
    );
    assert_eq!(listed.get("next"), None);
    let full = get(&server, "/reports/1").good();
    assert_eq!(full["report"], *first);
    assert_eq!(full["message"]["text"], "an insult");
    assert_eq!(full["before"][0]["text"], "before");
    assert_eq!(full["member_count"], 2);
    assert_eq!(
        post(&server, "/reports/1/claim").good()["by"],
        json!({ "kind": "game" })
    );
    assert_eq!(
        get(&server, "/reports?state=open").good()["reports"],
        json!([])
    );
    assert_eq!(post(&server, "/reports/1/release").good()["state"], "open");
    let decide = json!({ "acted": true, "words": "Thank you", "sanction": 3 });
    let decided = send(&server, "POST", "/reports/1/decide", &decide).good();
    assert_eq!(decided["state"], "decided");
    assert_eq!(decided["decision"]["sanction"], 3);
    send(&server, "POST", "/reports/1/decide", &decide).expect_problem(409, "decided");
    post(&server, "/reports/1/claim").expect_problem(409, "decided");
    assert_eq!(
        get(&server, "/reports?state=decided").good()["reports"][0],
        decided
    );
    for path in ["/reports/2", "/reports/0"] {
        get(&server, path).expect_problem(404, "no_such_report");
    }
    get(&server, "/reports/x").expect_problem(400, "bad_request");
}

#[test]
fn a_moderator_does_not_see_who_has_reported_it() {
    let server = TestServer::with_api(Config {
        accounts: accounts(),
        ..Config::default()
    });
    let (_one, one) = sign_in_to(server.address(), &moderator("one"), "hall");
    let (mut bob, _) = sign_in_to(server.address(), &of("bob"), "hall");
    let report = Report {
        user: one.id,
        reason: Reason::Other.into(),
        ..Report::default()
    };
    bob.ask(RequestBody::Report(report)).unwrap();
    let ask = |user: &str, method: &str, path: &str, body: &str| {
        let token = bearer(&sign(&moderator(user)));
        request(server.api(), method, path, &token, body)
    };
    assert_eq!(
        ask("one", "GET", "/reports", "").good()["reports"],
        json!([])
    );
    ask("one", "GET", "/reports/1", "").expect_problem(404, "no_such_report");
    ask("one", "POST", "/reports/1/decide", r#"{"acted":false}"#)
        .expect_problem(404, "no_such_report");
    assert_eq!(
        ask("two", "GET", "/reports", "").good()["reports"][0]["id"],
        1
    );
    ask("two", "POST", "/reports/1/decide", r#"{"acted":true}"#).good();
}

#[test]
fn a_moderator_of_some_rooms_gets_their_reports_whatever_lies_between() {
    let server = TestServer::with_api(Config {
        accounts: accounts(),
        ..Config::default()
    });
    let (mut ann, _) = sign_in_to(server.address(), &of("ann"), "hall");
    ann.join("guild-1");
    let (mut bob, _) = sign_in_to(server.address(), &of("bob"), "hall");
    bob.join("guild-1");
    for room in ["hall", "hall", "hall", "guild-1", "hall", "guild-1", "hall"] {
        let line = ann.say(room, "an insult");
        bob.texts(1);
        let report = Report {
            room: room.into(),
            line: Some(LineRef {
                epoch: line.epoch,
                seq: line.seq,
            }),
            reason: Reason::Other.into(),
            ..Report::default()
        };
        bob.ask(RequestBody::Report(report)).unwrap();
    }
    let token = sign(&NewToken {
        caps: vec![Cap {
            rooms: vec!["guild-*".into()],
            allow: vec![Right::Mod],
        }],
        ..of("mod")
    });
    let page = |query: &str| {
        let path = format!("/reports?limit=1{query}");
        let page = request(server.api(), "GET", &path, &bearer(&token), "").good();
        assert!(page["reports"].as_array().unwrap().len() <= 1, "{page}");
        (page["reports"][0]["id"].as_u64(), page["next"].as_u64())
    };
    let (first, next) = page("");
    assert_eq!(first, Some(4));
    let from = |next: Option<u64>| format!("&from={}", next.expect("there is another one"));
    let (second, next) = page(&from(next));
    assert_eq!(second, Some(6));
    // The rest is of a room that it does not moderate.
    assert_eq!(page(&from(next)), (None, None));
}
