//! The pages for staff on the listener of the API, and what they ask it for.

use guildhall_protocol::{Reason, ReplyResult, Report, RequestBody};
use guildhall_server::Config;
use guildhall_server::accounts::{Cap, NewToken, Right};
use guildhall_testing::api_client::{bearer, request};
use guildhall_testing::client::{Client, Response};
use guildhall_testing::test_server::TestServer;
use guildhall_testing::v1_client::V1Client;
use serde_json::json;

use super::{get, key, send, server};
use crate::accounts::{accounts, of, sign};

/// Gets a path of the listener that is none of the API.
fn file(server: &TestServer, path: &str) -> Response {
    let mut client = Client::dial(server.api());
    client.send(format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n").as_bytes());
    client.response()
}

#[test]
fn the_pages_come_without_a_key_and_with_strict_headers() {
    let server = server();
    for (path, media_type) in [
        ("/moderate", "text/html; charset=utf-8"),
        ("/operate", "text/html; charset=utf-8"),
        ("/staff/moderate/main.js", "text/javascript; charset=utf-8"),
        ("/staff/shared/style.css", "text/css; charset=utf-8"),
        ("/staff/icon.svg", "image/svg+xml"),
    ] {
        let response = file(&server, path);
        assert_eq!(response.status, 200, "{path}");
        for (name, value) in [
            ("content-type", media_type),
            ("x-content-type-options", "nosniff"),
            ("referrer-policy", "no-referrer"),
            ("x-frame-options", "DENY"),
            ("cache-control", "no-cache"),
        ] {
            assert_eq!(response.header(name), Some(value), "{path}");
        }
        let policy = response.header("content-security-policy").unwrap();
        assert!(policy.contains("script-src 'self';"), "{policy}");
        assert!(!policy.contains("unsafe"), "{policy}");
    }
    assert_eq!(file(&server, "/staff/nothing.js").status, 404);
    assert_eq!(file(&server, "/staff/../Cargo.toml").status, 404);
    // The listener of the chat, which players reach, has none of it.
    let mut client = Client::dial(server.address());
    client.send(b"GET /moderate HTTP/1.1\r\nHost: localhost\r\n\r\n");
    assert_eq!(client.response().status, 404);
}

#[test]
fn all_files_that_the_pages_name_are_there() {
    let server = server();
    let pages = ["moderate", "operate"];
    let mut names: Vec<_> = (pages.iter())
        .map(|page| format!("/staff/{page}/main.js"))
        .collect();
    let mut at = 0;
    while let Some(name) = names.get(at).cloned() {
        let response = file(&server, &name);
        assert_eq!(response.status, 200, "{name}");
        let folder = name.rsplit_once('/').unwrap().0;
        let script = String::from_utf8(response.body).unwrap();
        let imports = script.lines().filter_map(|line| {
            let path = line.strip_prefix("import ")?.rsplit_once(" from '")?.1;
            path.strip_suffix("';")
        });
        for import in imports {
            let name = match import.strip_prefix("../") {
                Some(path) => format!("/staff/{path}"),
                None => format!("{folder}/{}", import.strip_prefix("./").unwrap()),
            };
            if !names.contains(&name) {
                names.push(name);
            }
        }
        at += 1;
    }
    assert!(names.len() > 20, "{names:?}");
}

#[test]
fn a_response_of_the_api_shows_nothing_in_a_browser() {
    let server = server();
    let response = request(server.api(), "GET", "/rooms", &key(), "");
    let policy = response.header("content-security-policy");
    assert_eq!(policy, Some("default-src 'none'; frame-ancestors 'none'"));
    assert_eq!(
        response.header("cross-origin-resource-policy"),
        Some("same-origin")
    );
}

#[test]
fn a_caller_is_told_who_it_is_and_what_it_may_do() {
    let server = TestServer::with_api(Config {
        accounts: accounts(),
        ..Config::default()
    });
    let game = get(&server, "/me").good();
    assert_eq!(
        game,
        json!({ "caller": { "kind": "game" }, "role": "admin" })
    );
    let me = |rooms: &str, right: Right| {
        let token = sign(&NewToken {
            name: Some("Mona".into()),
            caps: vec![Cap {
                rooms: vec![rooms.into()],
                allow: vec![right],
            }],
            ..of("mod-1")
        });
        request(server.api(), "GET", "/me", &bearer(&token), "")
    };
    let moderator = me("*", Right::Mod).good();
    assert_eq!(moderator["caller"]["user"]["account"], "mod-1");
    assert_eq!(moderator["caller"]["user"]["name"], "Mona");
    assert_eq!(moderator["role"], "moderator");
    assert!(moderator["until"].as_u64().unwrap() > 1_700_000_000_000);
    assert_eq!(me("*", Right::Admin).good()["role"], "admin");
    assert_eq!(me("guild-*", Right::Admin).good()["role"], "player");
    me("*", Right::Say).expect_problem(403, "forbidden");
    request(server.api(), "GET", "/me", "", "").expect_problem(401, "unauthorized");
}

#[test]
fn reports_and_sanctions_of_one_user_are_found() {
    let server = server();
    let _ann = V1Client::in_room(server.address(), "Ann", "hall");
    let _bob = V1Client::in_room(server.address(), "Bob", "hall");
    let (mut eve, _) = V1Client::in_room(server.address(), "Eve", "hall");
    for user in ["Ann", "Bob"] {
        let report = Report {
            name: user.into(),
            reason: Reason::Name.into(),
            ..Report::default()
        };
        let receipt = eve.ask(RequestBody::Report(report)).unwrap();
        assert!(matches!(receipt, ReplyResult::Reported(_)), "{receipt:?}");
        let mute = json!({ "kind": "mute", "user": { "name": user } });
        send(&server, "POST", "/sanctions", &mute).good();
    }
    for (name, number) in [("Ann", 1), ("Bob", 2)] {
        let user = get(&server, &format!("/users/{name}?by=name")).good();
        assert_eq!(
            (&user["role"], &user["roles"]),
            (&json!("player"), &json!([]))
        );
        for list in ["reports", "sanctions"] {
            let path = format!("/{list}?user={}", user["id"]);
            let found = get(&server, &path).good();
            let ids: Vec<_> = found[list]
                .as_array()
                .unwrap()
                .iter()
                .map(|it| &it["id"])
                .collect();
            assert_eq!(ids, [&json!(number)], "{path}");
        }
    }
    assert_eq!(
        get(&server, "/reports?account=ann").good()["reports"],
        json!([])
    );
    for path in [
        "/reports?user=0",
        "/sanctions?user=0",
        "/reports?user=1&account=x",
        "/reports?account=",
    ] {
        get(&server, path).expect_problem(400, "bad_request");
    }
}
