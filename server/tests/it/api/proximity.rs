//! The game sets over the API who hears whom.

use guildhall_testing::api_client::request;
use guildhall_testing::v1_client::V1Client;
use serde_json::json;

use super::{key, send, server};

#[test]
fn a_player_is_heard_by_those_that_are_near() {
    let server = server();
    let [(mut ann, a), (mut bob, b), (mut cem, c)] =
        ["Ann", "Bob", "Cem"].map(|name| V1Client::in_room(server.address(), name, "field"));
    let cells = |cells: &[(u64, i32)]| {
        let users = cells
            .iter()
            .map(|(id, x)| json!({ "user": { "id": id }, "cell": { "x": x, "y": 0 } }));
        json!({ "users": users.collect::<Vec<_>>() })
    };
    let asked = cells(&[(a.id, 0), (b.id, 1), (c.id, 5), (99, 1)]);
    send(&server, "PUT", "/rooms/field/cells", &asked).expect_problem(409, "no_proximity");
    assert_eq!(
        send(&server, "PUT", "/rooms/field/proximity", &json!({})).status,
        204
    );
    let set = send(&server, "PUT", "/rooms/field/cells", &asked).good();
    assert_eq!(set["unknown"], json!([{ "id": 99 }]));
    ann.say("field", "near");
    assert_eq!(bob.line().text, "near");
    assert!(cem.line().hidden, "it is too far away");
    let hearers = json!({ "speaker": { "id": a.id }, "hearers": [{ "id": c.id }] });
    assert_eq!(
        send(&server, "PUT", "/rooms/field/hearers", &hearers).good()["unknown"],
        json!([])
    );
    ann.say("field", "radio");
    assert_eq!(cem.line().text, "radio");
    let ended = request(server.api(), "DELETE", "/rooms/field/proximity", &key(), "");
    assert_eq!(ended.status, 204);
    ann.say("field", "all");
    assert_eq!(cem.line().text, "all");
    let many = vec![json!({ "user": { "id": 1 }, "cell": null }); 1_001];
    send(
        &server,
        "PUT",
        "/rooms/field/cells",
        &json!({ "users": many }),
    )
    .expect_problem(400, "bad_request");
}

#[test]
fn a_room_that_the_game_opens_behind_its_proximity_has_it() {
    let server = server();
    let done = send(&server, "PUT", "/rooms/field/proximity", &json!({}));
    assert_eq!(done.status, 204);
    // So that it is in memory before somebody joins it.
    send(&server, "PUT", "/rooms/field", &json!({})).good();
    let [(mut ann, a), (mut bob, b)] =
        ["Ann", "Bob"].map(|name| V1Client::in_room(server.address(), name, "field"));
    let at = |id: u64, x: i32| json!({ "user": { "id": id }, "cell": { "x": x, "y": 0 } });
    let asked = json!({ "users": [at(a.id, 0), at(b.id, 5)] });
    send(&server, "PUT", "/rooms/field/cells", &asked).good();
    ann.say("field", "far");
    assert!(bob.line().hidden, "it is too far away");
}
