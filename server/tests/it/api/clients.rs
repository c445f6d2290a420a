//! The clients that are connected, as the operator sees them over the API, and the end of one.

use guildhall_protocol::ErrorCode;
use guildhall_server::Config;
use guildhall_server::accounts::{AccountsConfig, Cap, Guests, NewToken, Right};
use guildhall_testing::api_client::{Answer, bearer, request};
use guildhall_testing::client::Client;
use guildhall_testing::metrics::Metrics;
use guildhall_testing::test_server::{TestServer, unpaced};
use guildhall_testing::v1_client::{V1Client, say};
use guildhall_testing::wire::eventually;
use serde_json::{Value, json};

use super::{get, key, server};
use crate::accounts::{accounts, of, sign, sign_in};

/// The numbers of the clients in a list.
fn ids(list: &Value) -> Vec<u64> {
    let clients = list["clients"].as_array().unwrap().iter();
    clients.map(|it| it["id"].as_u64().unwrap()).collect()
}

fn close(server: &TestServer, id: &Value) -> Answer {
    let path = format!("/clients/{id}");
    request(server.api(), "DELETE", &path, &key(), "")
}

#[test]
fn a_client_shows_its_user_its_address_its_rooms_and_what_it_was_refused() {
    let server = server();
    let (mut ann, welcome) = V1Client::in_room(server.address(), "Ann", "hall");
    ann.join("cellar");
    let refused = |ann: &mut V1Client, room: &str, text: &str| {
        let id = ann.send(say(room, text));
        ann.outcome(id).unwrap_err().code
    };
    for _ in 0..2 {
        assert_eq!(refused(&mut ann, "attic", "x"), ErrorCode::NotInRoom as i32);
    }
    assert_eq!(refused(&mut ann, "hall", " "), ErrorCode::EmptyText as i32);
    let list = get(&server, "/clients").good();
    assert_eq!(list["count"], 1);
    let client = &list["clients"][0];
    assert_eq!(client["protocol"], "v1");
    assert_eq!(client["state"], "open");
    assert_eq!(client["user"], json!({ "id": welcome.id, "name": "Ann" }));
    assert_eq!(client["address"], ann.client.address().to_string());
    assert_eq!(
        (&client["queued"], &client["refused"]),
        (&json!(0), &json!(3))
    );
    assert!(client["most_queued"].as_u64().unwrap() > 0);
    let times = (client["connected"].as_u64(), client["heard"].as_u64());
    assert!(times.0 > Some(1_700_000_000_000) && times.0 <= times.1);

    let one = get(&server, &format!("/clients/{}", client["id"])).good();
    assert_eq!(one["client"]["id"], client["id"]);
    assert_eq!(one["rooms"], json!(["cellar", "hall"]));
    let refusals = json!([
        { "code": "NOT_IN_ROOM", "count": 2 },
        { "code": "EMPTY_TEXT", "count": 1 },
    ]);
    assert_eq!(one["refusals"], refusals);
    assert_eq!(one.get("closed"), None);
}

#[test]
fn clients_are_found_by_address_user_and_room_on_all_threads() {
    let server = TestServer::with_api(Config {
        threads: 3.try_into().unwrap(),
        accounts: AccountsConfig {
            guests: Guests::Allow,
            ..accounts()
        },
        ..Config::default()
    });
    let address = server.address();
    let (_ann, ann) = V1Client::in_room(address, "Ann", "hall");
    let (_bob, bob) = V1Client::in_room(address, "Bob", "hall");
    let _cleo = V1Client::in_room(address, "Cleo", "attic");
    let _dora = sign_in(address, &of("dora"));
    let (_tutorial, guest) = Client::join(address);
    let silent = V1Client::dial(address);

    let found = |query: &str| get(&server, &format!("/clients?{query}")).good();
    eventually("all six are there", || {
        (found("")["count"] == 6).then_some(())
    });
    let names = |query: &str| {
        let list = found(query);
        let clients = list["clients"].as_array().unwrap().iter();
        let names = clients.map(|it| it["user"]["name"].as_str().unwrap_or("").to_owned());
        let mut names: Vec<_> = names.collect();
        names.sort();
        assert_eq!(list["count"], names.len());
        names
    };
    assert_eq!(names("room=hall"), ["Ann", "Bob"]);
    assert_eq!(names("room=hall&user=Bob&by=name"), ["Bob"]);
    assert_eq!(names(&format!("user={}&by=id", ann.id)), ["Ann"]);
    assert_eq!(found("user=dora")["clients"][0]["user"]["account"], "dora");
    assert_eq!(names("room=nowhere"), [""; 0]);
    let here = address.ip();
    assert_eq!(names(&format!("address={here}&room=attic")), ["Cleo"]);
    assert_eq!(found("address=192.0.2.0/24")["count"], 0);
    assert_eq!(found(&format!("address={here}"))["count"], 6);

    // One after the other, in the order of their numbers.
    let mut pages = Vec::new();
    loop {
        let after = pages.last().copied().unwrap_or(0);
        let page = ids(&found(&format!("order=number&limit=4&after={after}")));
        if page.is_empty() {
            break;
        }
        pages.extend(page);
    }
    assert_eq!(pages.len(), 6);
    assert!(pages.is_sorted(), "{pages:?}");
    assert!(pages.contains(&bob.id) && pages.contains(&guest));

    let all = found("");
    let of_protocol = |name: &str, state: &str| {
        let clients = all["clients"].as_array().unwrap().iter();
        clients
            .filter(|it| it["protocol"] == name && it["state"] == state)
            .count()
    };
    assert_eq!(of_protocol("v1", "open"), 4);
    assert_eq!(of_protocol("v1", "hello"), 1);
    assert_eq!(of_protocol("tutorial", "open"), 1);
    drop(silent);
}

#[test]
fn the_client_with_most_refused_requests_comes_first() {
    let server = TestServer::with_api(Config {
        threads: 3.try_into().unwrap(),
        ..Config::default()
    });
    let mut users = ["Ann", "Bob", "Cleo", "Dora"]
        .map(|name| V1Client::in_room(server.address(), name, "hall").0);
    for (user, refused) in users.iter_mut().zip([1, 3, 0, 2]) {
        for _ in 0..refused {
            user.rename("\u{202e}").unwrap_err();
        }
    }
    let list = get(&server, "/clients?order=refused&limit=3").good();
    assert_eq!(list["count"], 4);
    let clients = list["clients"].as_array().unwrap().iter();
    let found: Vec<_> = clients
        .map(|it| (it["user"]["name"].as_str().unwrap(), it["refused"].as_u64()))
        .collect();
    assert_eq!(
        found,
        [("Bob", Some(3)), ("Dora", Some(2)), ("Ann", Some(1))]
    );
}

#[test]
fn the_client_with_the_longest_queue_comes_first() {
    let server = TestServer::with_api(Config {
        rooms: unpaced(),
        ..Config::default()
    });
    let (mut one, _) = Client::join(server.address());
    let (_slow, slow) = Client::dial_narrow(server.address()).joined();
    let text = "x".repeat(16_000);
    let first = eventually("something is queued", || {
        one.say(&text);
        let list = get(&server, "/clients?limit=1").good();
        assert_eq!(list["count"], 2);
        let first = list["clients"][0].clone();
        (first["queued"].as_u64() > Some(0)).then_some(first)
    });
    assert_eq!(first["id"], slow);
    assert!(first["queued"].as_u64() <= first["most_queued"].as_u64());
}

#[test]
fn a_client_is_closed_with_a_code_that_says_why_and_the_audit_log_has_it() {
    let server = server();
    let (mut ann, welcome) = V1Client::in_room(server.address(), "Ann", "hall");
    let (mut guest, id) = Client::join(server.address());
    assert_eq!(close(&server, &json!(welcome.id)).status, 204);
    let (code, reason) = ann.client.read_to_close();
    assert_eq!(code, Some(3504));
    assert!(reason.contains("operator"), "{reason}");
    assert_eq!(close(&server, &json!(id)).status, 204);
    assert_eq!(guest.read_to_close().0, Some(1008));

    let audit = get(&server, "/audit").good();
    let entries = audit["entries"].as_array().unwrap();
    let closed: Vec<_> = entries
        .iter()
        .filter(|it| it["details"]["client"].is_string())
        .map(|it| (&it["kind"], &it["user"]["name"], &it["details"]["client"]))
        .collect();
    assert_eq!(closed.len(), 2, "{audit}");
    assert_eq!(closed[0].0, "user_changed");
    assert_eq!(closed[0].1, "Ann");
    assert_eq!(*closed[0].2, welcome.id.to_string());

    drop((ann, guest));
    eventually("both are gone", || {
        (close(&server, &json!(welcome.id)).status == 404).then_some(())
    });
    close(&server, &json!(welcome.id)).expect_problem(404, "no_such_client");
    get(&server, "/clients/99").expect_problem(404, "no_such_client");
    let counter = "guildhall_clients_closed_total{by=\"server\",code=\"3504\"}";
    assert_eq!(Metrics::read(server.api(), &key()).count(counter), 1);
}

#[test]
fn the_busiest_room_comes_first() {
    let server = server();
    let (mut ann, _) = V1Client::in_room(server.address(), "Ann", "quiet");
    let _bob = V1Client::in_room(server.address(), "Bob", "quiet");
    ann.join("loud");
    for text in ["one", "two"] {
        ann.say("loud", text);
    }
    let rooms = get(&server, "/busiest-rooms").good();
    let expected = json!({ "rooms": [
        { "room": "loud", "members": 1, "minute": 2, "last": 2 },
        { "room": "quiet", "members": 2, "minute": 0, "last": 0 },
    ] });
    assert_eq!(rooms, expected);
    let one = get(&server, "/busiest-rooms?limit=1").good();
    assert_eq!(one["rooms"].as_array().unwrap().len(), 1);
}

#[test]
fn only_the_key_of_the_api_shows_clients_and_settings() {
    let server = TestServer::with_api(Config {
        accounts: accounts(),
        ..Config::default()
    });
    let token = sign(&NewToken {
        caps: vec![Cap {
            rooms: vec!["*".into()],
            allow: vec![Right::Admin],
        }],
        ..of("mod-1")
    });
    for (method, path) in [
        ("GET", "/clients"),
        ("GET", "/clients/1"),
        ("DELETE", "/clients/1"),
        ("GET", "/busiest-rooms"),
        ("GET", "/settings"),
    ] {
        let ask = |headers: &str| request(server.api(), method, path, headers, "");
        ask("").expect_problem(401, "unauthorized");
        ask(&bearer(&token)).expect_problem(403, "forbidden");
    }
    assert_eq!(get(&server, "/settings").good(), json!({ "settings": [] }));
}

#[test]
fn a_query_for_clients_that_is_not_valid_is_refused() {
    let server = server();
    for (path, word) in [
        ("/clients?limit=0", "limit"),
        ("/clients?limit=1001", "limit"),
        ("/clients?after=1", "order=number"),
        ("/clients?order=refused&after=1", "order=number"),
        ("/clients?order=size", "order"),
        ("/clients?address=here", "address"),
        ("/clients?address=192.0.2.0/33", "address"),
        ("/clients?room=a%20b", "room"),
        ("/clients?user=", "user"),
        ("/clients/x", "client"),
        ("/busiest-rooms?limit=101", "limit"),
    ] {
        let refused = get(&server, path);
        refused.expect_problem(400, "bad_request");
        let detail = refused.json["detail"].as_str().unwrap();
        assert!(detail.contains(word), "{path}: {detail}");
    }
    get(&server, "/clients?user=nobody").expect_problem(404, "no_such_user");
}
