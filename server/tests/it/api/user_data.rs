//! The data of a user over the API: given out, and erased, while the server runs.

use std::fs;
use std::path::PathBuf;

use guildhall_server::Config;
use guildhall_server::accounts::NewToken;
use guildhall_testing::api_client::{Answer, request};
use guildhall_testing::data_folder::DataFolder;
use guildhall_testing::test_server::TestServer;
use guildhall_testing::v1_client::V1Client;
use guildhall_testing::wire::eventually;
use serde_json::{Value, json};

use super::{get, key, send};
use crate::accounts::{accounts, of, sign_in_to};

/// Words that stand nowhere else.
const WORDS: &str = "zyxomma-quvlat";

/// The files that have these bytes.
fn files_with(folder: &DataFolder, bytes: &str) -> Vec<PathBuf> {
    let files = fs::read_dir(folder.path()).unwrap();
    let files = files.map(|file| file.unwrap().path());
    let has = |file: &PathBuf| {
        let content = fs::read(file).unwrap_or_default();
        content
            .windows(bytes.len())
            .any(|part| part == bytes.as_bytes())
    };
    files.filter(has).collect()
}

fn with_store(folder: &DataFolder) -> TestServer {
    TestServer::with_api(folder.kept(Config {
        accounts: accounts(),
        ..Config::default()
    }))
}

/// The lines of an export.
fn lines(answer: &Answer) -> Vec<Value> {
    assert_eq!(answer.header("content-type"), Some("application/x-ndjson"));
    let text = answer.response.text();
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

fn kinds(lines: &[Value]) -> Vec<&str> {
    let mut kinds: Vec<_> = lines
        .iter()
        .map(|line| line["kind"].as_str().unwrap())
        .collect();
    kinds.dedup();
    kinds
}

/// Asks without keeping the connection, so that a stream is read to its end.
fn export(server: &TestServer, path: &str) -> Answer {
    request(server.api(), "GET", path, &key(), "")
}

#[test]
fn all_data_of_a_user_are_given_out_with_their_count_and_hash() {
    let folder = DataFolder::pick();
    let server = with_store(&folder);
    let (mut ann, _) = sign_in_to(server.address(), &of("ann"), "hall");
    ann.say("hall", WORDS);
    let answer = export(&server, "/users/ann/export");
    assert_eq!(answer.status, 200);
    let lines = lines(&answer);
    assert_eq!(kinds(&lines), ["user", "session", "line", "end"]);
    assert_eq!(lines[2]["text"], WORDS);
    assert_eq!(lines[3]["lines"], 3);
    assert_eq!(lines[3]["sha256"].as_str().unwrap().len(), 64);
    export(&server, "/users/nobody/export").expect_problem(404, "no_such_user");
    let log = get(&server, "/audit").good();
    assert_eq!(log["entries"][0]["kind"], "exported");
}

#[test]
fn a_user_is_erased_from_memory_and_from_the_disk() {
    let folder = DataFolder::pick();
    let server = with_store(&folder);
    let (mut ann, welcome) = sign_in_to(server.address(), &of("ann"), "hall");
    let (mut bob, _) = sign_in_to(server.address(), &of("bob"), "hall");
    ann.say("hall", WORDS);
    assert_eq!(bob.line().text, WORDS);
    bob.say("hall", "hello");
    assert!(!files_with(&folder, WORDS).is_empty());
    let proof = send(
        &server,
        "POST",
        "/users/ann/erase",
        &json!({ "anew": true }),
    )
    .good();
    assert_eq!(
        (&proof["account"], &proof["id"]),
        (&json!("ann"), &json!(welcome.id))
    );
    assert_eq!(
        (&proof["connections"], &proof["rooms"]),
        (&json!(1), &json!(1))
    );
    assert_eq!(proof["store"]["found_again"], 0);
    assert_eq!(proof["store"]["log_empty"], true);
    ann.client.expect_close(3504);
    // A user that was there, or that comes later, sees nothing of it.
    assert!(bob.line().change.is_some());
    let page = get(&server, "/rooms/hall/history").good();
    let texts: Vec<_> = page["lines"]
        .as_array()
        .unwrap()
        .iter()
        .map(|line| &line["text"])
        .collect();
    assert_eq!(texts, ["", "hello", ""]);
    assert!(!page.to_string().contains("ann"), "{page}");
    get(&server, "/users/ann").expect_problem(404, "no_such_user");
    export(&server, "/users/ann/export").expect_problem(404, "no_such_user");
    // The index is made again a moment later.
    eventually("no file has a byte of it", || {
        files_with(&folder, WORDS).is_empty().then_some(())
    });
    // Once more changes nothing.
    let again = send(&server, "POST", "/users/ann/erase", &json!({})).good();
    assert_eq!(
        (&again["rooms"], &again["store"]["lines"]),
        (&json!(0), &json!(0))
    );
    // Others go on.
    bob.say("hall", "still here");
    assert_eq!(get(&server, "/rooms/hall").good()["last"], 4);
}

#[test]
fn without_a_store_what_is_in_memory_is_given_out_and_erased() {
    let server = super::server();
    let (mut ann, welcome) = V1Client::in_room(server.address(), "Ann", "hall");
    let (mut bob, _) = V1Client::in_room(server.address(), "Bob", "hall");
    ann.say("hall", WORDS);
    bob.texts(1);
    let path = format!("/users/{}", welcome.id);
    let lines = lines(&export(&server, &format!("{path}/export?by=id")));
    assert_eq!(kinds(&lines), ["user", "session", "line", "end"]);
    let proof = send(&server, "POST", &format!("{path}/erase?by=id"), &json!({})).good();
    assert_eq!(proof.get("store"), None);
    assert_eq!(
        (&proof["sessions"], &proof["rooms"]),
        (&json!(1), &json!(1))
    );
    let page = get(&server, "/rooms/hall/history").good();
    assert!(!page.to_string().contains(WORDS), "{page}");
    export(&server, &format!("{path}/export?by=id")).expect_problem(404, "no_such_user");
}

#[test]
fn what_holds_against_an_erased_user_goes_on_without_its_name_and_notes() {
    const NOTE: &str = "an old note about somebody";
    let folder = DataFolder::pick();
    let server = with_store(&folder);
    let token = NewToken {
        name: Some("Annabella".into()),
        ..of("ann")
    };
    let (_ann, _) = sign_in_to(server.address(), &token, "hall");
    let mute = json!({ "kind": "mute", "user": { "account": "ann" }, "note": NOTE });
    let imposed = send(&server, "POST", "/sanctions", &mute).good();
    assert_eq!(imposed["user"]["name"], "Annabella");
    send(&server, "POST", "/users/ann/erase", &json!({})).good();
    let listed = get(&server, "/sanctions?account=ann").good();
    assert_eq!(listed["sanctions"][0]["id"], imposed["id"]);
    assert_eq!(listed["sanctions"][0]["user"]["name"], "");
    assert!(!listed.to_string().contains(NOTE), "{listed}");
    // Its end is kept without them, too.
    let path = format!("/sanctions/{}", imposed["id"]);
    request(server.api(), "DELETE", &path, &super::key(), "").good();
    let kept = rusqlite::Connection::open(folder.path().join("guildhall.db")).unwrap();
    let kept: (String, String, u64) = kept
        .query_row("SELECT name, note, ended FROM sanction", [], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?))
        })
        .unwrap();
    assert_eq!((kept.0, kept.1), (String::new(), String::new()));
    assert!(kept.2 > 0, "it is lifted");
}

#[test]
fn the_number_of_a_sanction_that_is_erased_is_not_given_again() {
    let folder = DataFolder::pick();
    let kick = |server: &TestServer, user: &str| {
        let asked = json!({ "kind": "kick", "user": { "account": user } });
        send(server, "POST", "/sanctions", &asked).good()["id"].clone()
    };
    let server = with_store(&folder);
    let (_ann, _) = sign_in_to(server.address(), &of("ann"), "hall");
    assert_eq!(kick(&server, "ann"), 1);
    send(&server, "POST", "/users/ann/erase", &json!({})).good();
    drop(server);
    assert_eq!(kick(&with_store(&folder), "bob"), 2);
}
