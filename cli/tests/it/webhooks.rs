//! Webhooks: the real program sends events to receivers that answer, fail, hang and come back,
//! while it is killed and started again.

mod faults;
mod receiver;

use std::time::Duration;

use guildhall_server::hook::signature::Secret;
use guildhall_testing::api_client::bearer;
use guildhall_testing::line_log::{edit, remove};
use guildhall_testing::metrics::Metrics;
use guildhall_testing::test_server::API_KEY;
use guildhall_testing::v1_client::V1Client;
use guildhall_testing::wire::eventually;
use rustix::process::Signal;
use serde_json::Value;

use crate::data_folder::Folder;
use crate::program::{Program, command, free_address, run};
use crate::settings_file::File;

use self::receiver::{Reaction, Receiver, numbers};

/// The secrets of the receivers, the new one and the old one.
const SECRETS: [&str; 2] = [
    "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
    "whsec_bmV2ZXIgdXNlIHRoaXMgZm9yIGFueXRoaW5nIHJlYWw=",
];

/// A settings file with a webhook to this receiver, and more about it.
fn settings(receiver: &Receiver, more: &str) -> File {
    let [new, old] = SECRETS;
    let url = receiver.url();
    File::new(&format!(
        "resume_seconds = 1\n[events]\nenabled = true\n\
         [[webhooks]]\nurl = '{url}'\nsecrets = ['{new}', '{old}']\n{more}\n"
    ))
}

fn start(folder: &Folder, file: &File) -> Program {
    folder.start(&["--config", file.path()])
}

/// An event in short: its kind, its user and its room, and the text or the reason.
fn short(event: &Value) -> String {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let parts = [
        &event["user"]["name"],
        &event["kind"],
        &event["room"],
        &event["line"]["text"],
        &event["reason"],
    ];
    let parts: Vec<_> = parts.into_iter().map(text).collect();
    parts.join(" ").trim().to_owned()
}

#[test]
fn a_receiver_gets_every_event_once_and_in_order_and_knows_the_sender() {
    let receiver = Receiver::start();
    let folder = Folder::empty();
    let file = settings(&receiver, "");
    let server = start(&folder, &file);
    let (mut ann, welcome) = V1Client::hello(server.address(), "Ann");
    ann.join("hall");
    let first = ann.say("hall", "hi");
    // Each waits, so that it is told with what holds then.
    receiver.wait_for("Ann said hall hi");
    ann.send(edit(&first, "hello"));
    ann.line();
    receiver.wait_for("Ann edited hall hello");
    ann.send(remove(&first));
    ann.line();
    let (mut bob, _) = V1Client::in_room(server.address(), "Bob", "hall");
    ann.leave("hall");
    receiver.wait_for("Ann left hall  left");
    bob.client.say_goodbye();
    let events = receiver.wait_for("room_empty hall");
    let told: Vec<_> = events.iter().map(short).collect();
    let expected = [
        "Ann user_seen",
        "Ann joined hall",
        "Ann said hall hi",
        "Ann edited hall hello",
        "Ann removed hall",
        "Bob user_seen",
        "Bob joined hall",
        "Ann left hall  left",
        "Bob left hall  goodbye",
        "room_empty hall",
    ];
    assert_eq!(told, expected);
    assert_eq!(numbers(&events), (1..=10).collect::<Vec<_>>());
    assert_eq!(events[2]["line"]["seq"], first.seq);
    assert_eq!(events[2]["user"]["id"], welcome.id);
    assert_eq!(events[2]["time"], first.time);
    for message in receiver.received() {
        let secrets = SECRETS.map(|secret| secret.parse::<Secret>().unwrap());
        let signed =
            secrets.map(|key| key.sign(&message.id, message.timestamp, message.body.as_bytes()));
        assert_eq!(message.signature, signed.join(" "));
        assert!(message.body.len() < 20_000);
        let json = message.json();
        assert_eq!(json["type"], "events");
        assert!(json["timestamp"].as_str().unwrap().ends_with('Z'));
        let feed = json["data"]["feed"].as_str().unwrap();
        let last = &json["data"]["last"];
        assert_eq!(message.id, format!("msg_{feed}_{last}"));
    }
    server.stop();
}

#[test]
fn the_metrics_have_what_waits_for_a_receiver_and_for_how_long_it_fails() {
    let receiver = Receiver::start();
    let folder = Folder::empty();
    let file = settings(&receiver, "kinds = ['said']");
    let api = free_address();
    let listen = format!("--api-listen={api}");
    let key = format!("--api-key={API_KEY}");
    let server = folder.start(&["--config", file.path(), &listen, &key]);
    let wait_until = |what: &str, is_so: fn(u64, f64) -> bool| {
        eventually(what, || {
            let metrics = Metrics::read(api, &bearer(API_KEY));
            let waiting = metrics.count("guildhall_webhook_lag_events{webhook=\"1\"}");
            let failing = metrics.value("guildhall_webhook_failing_seconds{webhook=\"1\"}");
            is_so(waiting, failing).then_some(())
        });
    };
    receiver.react(Reaction::Answer(503));
    let (mut ann, _) = V1Client::in_room(server.address(), "Ann", "hall");
    for text in ["one", "two", "three"] {
        ann.say("hall", text);
    }
    wait_until("three events wait for the receiver", |waiting, failing| {
        waiting >= 3 && failing > 0.0
    });
    receiver.react(Reaction::Answer(200));
    receiver.wait_for("Ann said hall three");
    wait_until("nothing waits", |waiting, failing| {
        waiting == 0 && failing == 0.0
    });
    server.stop();
}

#[test]
fn a_webhook_is_sent_only_what_it_has_asked_for() {
    let receiver = Receiver::start();
    let folder = Folder::empty();
    let more = "kinds = ['joined', 'said']\nrooms = ['guild-*']";
    let file = settings(&receiver, more);
    let server = start(&folder, &file);
    let (mut ann, _) = V1Client::hello(server.address(), "Ann");
    for room in ["lobby", "guild-red"] {
        ann.join(room);
        ann.say(room, "hi");
    }
    let events = receiver.wait_for("Ann said guild-red hi");
    let told: Vec<_> = events.iter().map(short).collect();
    assert_eq!(told, ["Ann joined guild-red", "Ann said guild-red hi"]);
    server.stop();
}

#[test]
fn an_outage_of_the_receiver_loses_nothing_and_changes_no_order() {
    let receiver = Receiver::start();
    let folder = Folder::empty();
    let file = settings(&receiver, "kinds = ['said']");
    let server = start(&folder, &file);
    let (mut ann, _) = V1Client::in_room(server.address(), "Ann", "hall");
    for (reaction, texts) in [
        (Reaction::Answer(200), 0..3),
        (Reaction::Answer(503), 3..6),
        (Reaction::HangUp, 6..9),
        (Reaction::RetryAfter(1), 9..12),
        (Reaction::Answer(301), 12..15),
        (Reaction::Answer(204), 15..18),
    ] {
        let before = receiver.received().len();
        receiver.react(reaction);
        for text in texts {
            ann.say("hall", &text.to_string());
        }
        receiver.wait_for_messages(before + 1);
    }
    let events = receiver.wait_for("Ann said hall 17");
    let texts: Vec<_> = events
        .iter()
        .map(|event| event["line"]["text"].clone())
        .collect();
    let expected: Vec<_> = (0..18).map(|text| text.to_string()).collect();
    assert_eq!(texts, expected);
    receiver.check_repeats();
    let log = server.stop();
    let count = |text: &str| {
        let lines = log.iter();
        lines
            .filter(|line| line["message"].as_str().unwrap().contains(text))
            .count()
    };
    assert_eq!(count("has no events"), 1, "an outage is one line: {log:#?}");
    assert_eq!(count("answers again"), 1);
}

#[test]
fn a_receiver_that_answers_410_is_sent_nothing_any_more() {
    let receiver = Receiver::start();
    let folder = Folder::empty();
    let file = settings(&receiver, "kinds = ['said']");
    let mut server = start(&folder, &file);
    receiver.react(Reaction::Answer(410));
    let (mut ann, _) = V1Client::in_room(server.address(), "Ann", "hall");
    ann.say("hall", "one");
    server.wait_for("a webhook's receiver has answered 410: it is sent nothing any more");
    ann.say("hall", "two");
    let log = server.stop();
    let url = receiver.url();
    assert!(log.iter().any(|line| line["url"] == *url), "{log:#?}");
    let checked = run({
        let mut check = command(&["check", file.path()]);
        check.env("GUILDHALL_DATA", folder.path());
        check
    });
    let printed = String::from_utf8(checked.stdout).unwrap();
    let warning = format!("Warning: the webhook {url} is sent nothing any more");
    assert!(printed.contains(&warning), "{printed}");
    assert!(printed.contains("whsec_…") && !printed.contains(SECRETS[0]));

    receiver.react(Reaction::Answer(200));
    let server = start(&folder, &file);
    let (mut ann, _) = V1Client::in_room(server.address(), "Anna", "hall");
    assert_eq!(ann.texts(2), ["one", "two"]);
    ann.say("hall", "three");
    // It may be told before the server says where it listens.
    let told = "a webhook is sent nothing, because its receiver has answered 410: remove it from the \
                settings for one start, and then add it again";
    let log = server.stop();
    assert!(log.iter().any(|line| line["message"] == told), "{log:#?}");
    assert_eq!(receiver.received().len(), 1);
    // Begun anew, it is sent what happens from then on.
    let without = File::new("[events]\nenabled = true\n");
    start(&folder, &without).stop();
    let server = start(&folder, &file);
    let (mut ann, _) = V1Client::in_room(server.address(), "Annabel", "hall");
    assert_eq!(ann.texts(3), ["one", "two", "three"]);
    ann.say("hall", "four");
    let events = receiver.wait_for("Annabel said hall four");
    assert_eq!(events.len(), 1);
    server.stop();
}

#[test]
fn a_settings_file_with_a_wrong_webhook_is_refused_without_telling_the_secret() {
    let on = "[events]\nenabled = true\n";
    let secret = format!("secrets = ['{}']", SECRETS[0]);
    for (text, problem) in [
        (
            format!("[[webhooks]]\nurl = 'https://a.example'\n{secret}"),
            "enabled = true",
        ),
        (
            format!("{on}[[webhooks]]\nurl = 'ftp://a.example'\n{secret}"),
            "https://",
        ),
        (
            format!("{on}[[webhooks]]\nurl = 'https://a.example'"),
            "`secrets`",
        ),
        (
            format!("{on}[[webhooks]]\nurl = 'https://a.example'\nsecrets = ['whsec_c2hvcnQ=']"),
            "24 to 64 random bytes",
        ),
        (
            format!("{on}[[webhooks]]\nurl = 'https://a.example'\nsecrets = ['hunter2hunter2']"),
            "24 to 64 random bytes",
        ),
        (
            "[events]\nenabled = true\nkeep = '7 weeks'".to_owned(),
            "\"7d\"",
        ),
        (
            "[events]\nkinds = ['shouted']".to_owned(),
            "user_seen, joined",
        ),
    ] {
        let file = File::new(&text);
        let output = run(command(&["check", file.path()]));
        let error = String::from_utf8(output.stderr).unwrap();
        assert!(!output.status.success(), "{text}");
        assert!(error.contains(problem), "{error}");
        assert!(
            !error.contains("hunter2") && !error.contains("c2hvcnQ"),
            "{error}"
        );
    }
}
