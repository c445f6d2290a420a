//! The API tells of rooms and users.

use guildhall_testing::test_server::TestServer;
use guildhall_testing::v1_client::V1Client;
use serde_json::{Value, json};

use super::{get, server};

/// The values of a field in a list.
#[track_caller]
fn each<'a>(list: &'a Value, field: &str) -> Vec<&'a Value> {
    let list = list.as_array().expect("a list");
    list.iter().map(|item| &item[field]).collect()
}

/// A server on which Ann has said these texts in a room, in which she still is.
fn spoken(texts: &[&str]) -> (TestServer, V1Client) {
    let server = server();
    let (mut ann, _) = V1Client::in_room(server.address(), "Ann", "hall");
    for text in texts {
        ann.say("hall", text);
    }
    (server, ann)
}

#[test]
fn rooms_are_listed_by_name_and_page() {
    let server = server();
    let (mut ann, _) = V1Client::in_room(server.address(), "Ann", "guild-2");
    for room in ["guild-10", "hall", "guild-1"] {
        ann.join(room);
    }
    let page = get(&server, "/rooms?prefix=guild-&limit=2").good();
    assert_eq!(each(&page["rooms"], "room"), ["guild-1", "guild-10"]);
    assert_eq!(page["more"], true);
    let page = get(&server, "/rooms?prefix=guild-&limit=2&after=guild-10").good();
    assert_eq!(each(&page["rooms"], "room"), ["guild-2"]);
    assert_eq!(page["more"], false);
    let hall = get(&server, "/rooms/HALL").good();
    assert_eq!(hall["room"], "hall");
    assert_eq!(
        (&hall["members"], &hall["durable"], &hall["last"]),
        (&json!(1), &json!(false), &json!(0))
    );
    get(&server, "/rooms/nowhere").expect_problem(404, "no_such_room");
}

#[test]
fn members_are_listed_by_number_and_page() {
    let (server, _ann) = spoken(&[]);
    let others: Vec<_> = ["Bob", "Cem", "Dee"]
        .map(|name| V1Client::in_room(server.address(), name, "hall"))
        .into();
    let page = get(&server, "/rooms/hall/members?limit=3").good();
    assert_eq!(page["count"], 4);
    assert_eq!(each(&page["members"], "name"), ["Ann", "Bob", "Cem"]);
    let last = &page["members"][2]["id"];
    let page = get(&server, &format!("/rooms/hall/members?after={last}")).good();
    assert_eq!(each(&page["members"], "name"), ["Dee"]);
    drop(others);
    get(&server, "/rooms/nowhere/members").expect_problem(404, "no_such_room");
}

#[test]
fn a_history_is_read_by_number_in_both_directions() {
    let (server, _ann) = spoken(&["one", "two", "three", "four"]);
    let check = |query: &str, expected: &[&str], more: bool| {
        let page = get(&server, &format!("/rooms/hall/history{query}")).good();
        assert_eq!(each(&page["lines"], "text"), expected, "{query}");
        assert_eq!(page["more"], more, "{query}");
    };
    check("", &["one", "two", "three", "four"], false);
    check("?limit=2", &["three", "four"], true);
    check("?limit=2&before=3", &["one", "two"], false);
    check("?limit=2&after=0", &["one", "two"], true);
    check("?limit=2&after=2", &["three", "four"], false);
    check("?after=4", &[], false);
    check("?after=9007199254740991", &[], false);
    get(&server, "/rooms/nowhere/history").expect_problem(404, "no_such_room");
}

#[test]
fn a_history_is_read_by_time() {
    let (server, _ann) = spoken(&["one", "two", "three"]);
    let all = get(&server, "/rooms/hall/history").good();
    let times: Vec<_> = each(&all["lines"], "time")
        .iter()
        .map(|it| it.as_u64().unwrap())
        .collect();
    let (first, last) = (times[0], times[2]);
    let count = |query: String| {
        let page = get(&server, &format!("/rooms/hall/history?{query}")).good();
        page["lines"].as_array().unwrap().len()
    };
    assert_eq!(count(format!("after_time={first}")), 3);
    assert_eq!(count(format!("after_time={}", last + 1)), 0);
    assert_eq!(count(format!("before_time={first}")), 0);
    assert_eq!(count(format!("before_time={}", last + 1)), 3);
}

#[test]
fn a_line_says_who_has_said_it_and_when() {
    let (server, mut ann) = spoken(&["hello"]);
    let page = get(&server, "/rooms/hall/history").good();
    let line = &page["lines"][0];
    assert_eq!(
        (&line["room"], &line["seq"], &line["text"]),
        (&json!("hall"), &json!(1), &json!("hello"))
    );
    assert_eq!(line["sender"]["name"], "Ann");
    assert_eq!(line["sender"].get("account"), None, "a guest");
    assert!(line["time"].as_u64().unwrap() > 1_700_000_000_000);
    assert_eq!(page["epoch"], line["epoch"]);
    ann.say("hall", "again");
    let found = get(&server, "/search?room=hall&text=AGAIN").good();
    assert_eq!(each(&found["lines"], "seq"), [2]);
    assert_eq!(found.get("next"), None);
    let found = get(&server, "/search?room=hall&room=nowhere&name=Bob").good();
    assert_eq!(found["lines"], json!([]));
}

#[test]
fn a_search_goes_on_at_its_next_page() {
    let (server, _ann) = spoken(&["an apple", "a pear", "another apple", "the apple"]);
    let first = get(&server, "/search?room=hall&text=apple&limit=2").good();
    assert_eq!(each(&first["lines"], "seq"), [4, 3]);
    let next = first["next"].as_str().expect("there is more");
    let path = format!("/search?room=hall&text=apple&limit=2&from={next}");
    let second = get(&server, &path).good();
    assert_eq!(each(&second["lines"], "seq"), [1]);
    assert_eq!(second.get("next"), None);
}

#[test]
fn a_user_is_found_by_number_and_name_and_is_online_while_it_is_there() {
    let (server, mut ann) = spoken(&[]);
    ann.join("annex");
    let by_name = get(&server, "/users/ann?by=name").good();
    assert_eq!(by_name["name"], "Ann");
    assert_eq!(by_name["online"], true);
    assert_eq!(by_name["clients"], 1);
    assert_eq!(by_name["rooms"], json!(["annex", "hall"]));
    let id = &by_name["id"];
    assert_eq!(get(&server, &format!("/users/{id}?by=id")).good(), by_name);
    get(&server, "/users/Ann").expect_problem(404, "no_such_user");
    get(&server, "/users/99?by=id").expect_problem(404, "no_such_user");
}
