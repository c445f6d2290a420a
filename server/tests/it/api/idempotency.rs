//! A request that is sent again is carried out once.

use guildhall_testing::api_client::{Answer, request};
use guildhall_testing::test_server::TestServer;
use serde_json::json;

use super::{get, key, server};

/// Mutes an account that was never here, with this idempotency key.
fn mute(server: &TestServer, idempotency: &str, account: &str) -> Answer {
    let headers = format!("{}Idempotency-Key: {idempotency}\r\n", key());
    let body = json!({ "kind": "mute", "user": { "account": account } });
    request(
        server.api(),
        "POST",
        "/sanctions",
        &headers,
        &body.to_string(),
    )
}

#[test]
fn a_request_with_the_same_key_is_carried_out_once() {
    let server = server();
    let first = mute(&server, "k-1", "ann");
    assert_eq!(first.header("idempotency-replayed"), None);
    let again = mute(&server, "k-1", "ann");
    assert_eq!(again.header("idempotency-replayed"), Some("true"));
    assert_eq!((again.status, &again.json), (201, &first.json));
    mute(&server, "k-1", "bob").expect_problem(422, "idempotency_key_reused");
    // Another key, and so another sanction, in place of the first.
    let other = mute(&server, "k-2", "ann").good();
    assert_ne!(other["id"], first.json["id"]);
    let holding = get(&server, "/sanctions").good();
    assert_eq!(holding["sanctions"], json!([other]));
}

#[test]
fn a_request_that_was_refused_can_be_sent_again_with_its_key() {
    let server = server();
    let headers = format!("{}Idempotency-Key: k\r\n", key());
    let lift = || request(server.api(), "DELETE", "/sanctions/1", &headers, "");
    lift().expect_problem(404, "no_such_sanction");
    mute(&server, "other", "ann").good();
    assert_eq!(lift().good()["id"], 1);
    assert_eq!(lift().header("idempotency-replayed"), Some("true"));
}

#[test]
fn a_key_has_a_size_and_a_get_has_no_use_for_one() {
    let server = server();
    let long = "x".repeat(256);
    mute(&server, &long, "ann").expect_problem(400, "bad_request");
    mute(&server, "", "ann").expect_problem(400, "bad_request");
    mute(&server, "a b", "ann").expect_problem(400, "bad_request");
    mute(&server, &long[1..], "ann").good();
    let headers = format!("{}Idempotency-Key: k\r\n", key());
    for _ in 0..2 {
        let answer = request(server.api(), "GET", "/rooms", &headers, "");
        assert_eq!(answer.header("idempotency-replayed"), None);
    }
}
