//! The feed of events over the API.

use std::thread;
use std::time::{Duration, Instant};

use guildhall_protocol::ReplyResult;
use guildhall_server::filter::FilterAct;
use guildhall_server::{Config, EventsConfig};
use guildhall_testing::api_client::request;
use guildhall_testing::data_folder::DataFolder;
use guildhall_testing::line_log::edit;
use guildhall_testing::test_server::TestServer;
use guildhall_testing::v1_client::V1Client;
use guildhall_testing::wire::eventually;
use serde_json::{Value, json};

use super::{get, key};
use crate::filters;

fn with_feed(events: EventsConfig) -> TestServer {
    TestServer::with_api(Config {
        events: Some(events),
        ..Config::default()
    })
}

/// The kinds of the events of a page.
fn kinds(page: &Value) -> Vec<&str> {
    let events = page["events"].as_array().unwrap().iter();
    events
        .map(|event| event["kind"].as_str().unwrap())
        .collect()
}

#[test]
fn what_has_happened_is_read_from_a_number_on() {
    let server = with_feed(EventsConfig::default());
    assert_eq!(get(&server, "/events").good()["events"], json!([]));
    let (mut ann, welcome) = V1Client::in_room(server.address(), "Ann", "hall");
    ann.say("hall", "hello");
    let page = eventually("three events", || {
        let page = get(&server, "/events").good();
        (page["newest"] == 3).then_some(page)
    });
    assert_eq!(kinds(&page), ["user_seen", "joined", "said"]);
    let said = &page["events"][2];
    assert_eq!(
        (&said["number"], &said["room"]),
        (&json!(3), &json!("hall"))
    );
    assert_eq!(said["user"]["id"], welcome.id);
    assert_eq!(said["line"]["seq"], 1);
    let feed = page["feed"].as_str().unwrap();
    let rest = get(&server, &format!("/events?after=1&limit=1&feed={feed}")).good();
    assert_eq!(kinds(&rest), ["joined"]);
    assert_eq!(
        kinds(&get(&server, "/events?after=3").good()),
        Vec::<&str>::new()
    );
    get(&server, "/events?after=9").expect_problem(409, "other_feed");
    get(&server, "/events?feed=another").expect_problem(409, "other_feed");
    get(&server, "/events?wait=61").expect_problem(400, "bad_request");
}

#[test]
fn a_request_waits_for_the_next_event() {
    let server = with_feed(EventsConfig::default());
    let address = server.api();
    let waiting =
        thread::spawn(move || request(address, "GET", "/events?wait=60", &key(), "").good());
    let (ann, _) = V1Client::in_room(server.address(), "Ann", "hall");
    let page = waiting.join().unwrap();
    assert_eq!(page["events"][0]["number"], 1);
    // If nothing happens, it says so when its time is over.
    let newest = eventually("what follows", || {
        let page = get(&server, "/events").good();
        (page["newest"].as_u64() >= Some(2)).then(|| page["newest"].clone())
    });
    let start = Instant::now();
    let page = get(&server, &format!("/events?after={newest}&wait=1")).good();
    assert_eq!(page["events"], json!([]));
    assert!(start.elapsed() >= Duration::from_secs(1));
    drop(ann);
}

#[test]
fn a_reader_that_is_too_late_is_told_so() {
    let server = with_feed(EventsConfig {
        most: 3,
        ..EventsConfig::default()
    });
    let (mut ann, _) = V1Client::in_room(server.address(), "Ann", "hall");
    for text in ["one", "two", "three", "four"] {
        ann.say("hall", text);
    }
    eventually("six events", || {
        (get(&server, "/events?after=6").status == 200).then_some(())
    });
    get(&server, "/events?after=1").expect_problem(410, "forgotten");
    let all = get(&server, "/events").good();
    assert_eq!(kinds(&all), ["said"; 3]);
}

#[test]
fn a_server_without_a_feed_says_so() {
    let server = super::server();
    get(&server, "/events").expect_problem(404, "no_feed");
    get(&server, "/webhooks").expect_problem(404, "no_feed");
    let server = with_feed(EventsConfig::default());
    assert_eq!(get(&server, "/webhooks").good()["webhooks"], json!([]));
}

#[test]
fn an_edit_that_waited_is_told_when_it_is_published() {
    for has_store in [false, true] {
        let data = has_store.then(DataFolder::pick);
        let server = TestServer::with_api(Config {
            data: data.as_ref().map(|data| data.path().to_owned()),
            events: Some(EventsConfig::default()),
            ..filters::config(&[filters::words("odd", FilterAct::Hold)])
        });
        let (mut ann, _) = V1Client::in_room(server.address(), "Ann", "hall");
        let line = ann.say("hall", "hello");
        let nonce = ann.send(edit(&line, "how odd"));
        assert!(matches!(ann.reply(nonce), Ok(ReplyResult::Held(_))));
        let held = eventually("the text waits", || {
            let held = get(&server, "/held?room=hall").good();
            held["held"][0]["id"].as_u64()
        });
        let path = format!("/held/{held}/publish");
        request(server.api(), "POST", &path, &key(), "").good();
        assert_eq!(ann.line().text, "how odd");
        let told = eventually("the edit is told", || {
            let page = get(&server, "/events").good();
            let last = page["events"].as_array().unwrap().last().unwrap().clone();
            (last["kind"] == "edited").then_some(last)
        });
        assert_eq!(
            (&told["line"]["seq"], &told["line"]["change"]),
            (&json!(1), &json!(2))
        );
        drop(server);
    }
}
