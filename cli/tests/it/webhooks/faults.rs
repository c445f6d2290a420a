//! Kills of the server, a receiver that hangs, and a full disk.

use guildhall_testing::v1_client::say;

use super::*;

/// The number of rows that a query of the store counts.
fn count(folder: &Folder, query: &str) -> u64 {
    folder.value(query).parse().unwrap()
}

#[test]
fn kills_lose_no_event_and_invent_none() {
    let receiver = Receiver::start();
    let folder = Folder::empty();
    let file = settings(&receiver, "");
    let mut unanswered = 0;
    for round in 0..5 {
        let server = start(&folder, &file);
        let (mut ann, me) = V1Client::in_room(server.address(), &format!("Ann{round}"), "hall");
        // In some rounds the receiver fails.
        receiver.react(Reaction::Answer(if round % 2 == 0 { 200 } else { 500 }));
        for text in 0..20 {
            let nonce = ann.send_say("hall", &format!("{round}-{text}"));
            // The lines of before come, too, and some have the same ID.
            loop {
                let line = ann.line();
                if (line.sender, line.nonce) == (me.id, nonce) {
                    break;
                }
            }
        }
        // More are on their way when it dies.
        for text in 20..40 {
            ann.send(say("hall", &format!("{round}-{text}")));
        }
        std::thread::sleep(Duration::from_millis(fastrand::u64(0..50)));
        unanswered += 20;
        server.end_by(Signal::KILL);
    }
    receiver.react(Reaction::Answer(200));
    let server = start(&folder, &file);
    // Whoever was there has left, once it cannot come back.
    eventually("the end of all sessions", || {
        (count(&folder, "SELECT count(*) FROM present") == 0).then_some(())
    });
    let newest = eventually("the last events", || {
        let newest = count(&folder, "SELECT max(number) FROM event");
        let has = receiver.events().last().unwrap()["number"].as_u64();
        (has == Some(newest)).then_some(newest)
    });
    let events = receiver.events();
    // Those that were acknowledged in front of a kill may have come twice, with the same ID.
    let mut last = 0;
    let mut told = Vec::new();
    for event in &events {
        let number = event["number"].as_u64().unwrap();
        assert!(number <= last + 1, "{number} comes behind {last}");
        if number == last + 1 {
            told.push(event);
            last = number;
        }
    }
    assert_eq!(last, newest);
    let of_kind = |kind: &str| told.iter().filter(|event| event["kind"] == kind).count() as u64;
    let lines = count(&folder, "SELECT count(*) FROM line");
    assert!((100..=100 + unanswered).contains(&lines), "{lines}");
    assert_eq!(of_kind("said"), lines);
    let orphans = "SELECT count(*) FROM event LEFT JOIN line
                   ON line.id = (SELECT id FROM room WHERE name = 'hall') << 40 | seq
                   WHERE event.kind = 'said' AND line.id IS NULL";
    assert_eq!(count(&folder, orphans), 0);
    // Every user that came has left, for this reason.
    assert_eq!(of_kind("joined"), 5);
    assert_eq!(of_kind("left"), 5);
    let left = told.iter().filter(|event| event["kind"] == "left");
    assert!(left.into_iter().all(|event| event["reason"] == "lost"));
    server.stop();
}

#[test]
fn a_message_that_was_not_acknowledged_comes_again_after_a_kill_with_its_id() {
    let receiver = Receiver::start();
    let folder = Folder::empty();
    let file = settings(&receiver, "kinds = ['said']");
    receiver.react(Reaction::Answer(500));
    let server = start(&folder, &file);
    let (mut ann, _) = V1Client::in_room(server.address(), "Ann", "hall");
    ann.say("hall", "one");
    receiver.wait_for_messages(1);
    // They are not in the first message, before or after.
    ann.say("hall", "two");
    server.end_by(Signal::KILL);
    receiver.react(Reaction::Answer(200));
    let server = start(&folder, &file);
    receiver.wait_for("Ann said hall two");
    let messages = receiver.received();
    let first = &messages[0];
    let again: Vec<_> = messages.iter().filter(|one| one.id == first.id).collect();
    assert!(again.len() >= 2);
    assert!(again.iter().all(|one| one.body == first.body));
    server.stop();
}

#[test]
fn a_receiver_that_hangs_is_given_up_and_the_server_stops_regardless() {
    let receiver = Receiver::start();
    let folder = Folder::empty();
    let file = settings(&receiver, "kinds = ['said']");
    receiver.react(Reaction::Silence);
    let mut server = start(&folder, &file);
    let (mut ann, _) = V1Client::in_room(server.address(), "Ann", "hall");
    ann.say("hall", "one");
    receiver.wait_for_messages(1);
    // Nobody else waits for it.
    ann.say("hall", "two");
    let line = server.wait_for("a webhook's receiver has no events");
    assert!(
        line["problem"].as_str().unwrap().contains("within 15 s"),
        "{line}"
    );
    receiver.wait_for_messages(2);
    // Now one is under way.
    server.stop();
}

#[test]
fn on_a_full_disk_no_event_is_invented_and_those_of_members_come_later() {
    use crate::lasting::full_disk::{Ballast, may_mount};

    if !may_mount() {
        return;
    }
    let receiver = Receiver::start();
    let folder = Folder::empty();
    let file = settings(&receiver, "");
    let mount = format!("mount -t tmpfs -o size=3m tmpfs {}", folder.path());
    let arguments = ["--data", folder.path(), "--config", file.path()];
    let server = Program::start_in_namespace(&mount, &arguments);
    let (mut ann, _) = V1Client::in_room(server.address(), "Ann", "hall");
    ann.say("hall", "before");
    receiver.wait_for("Ann said hall before");
    let ballast = Ballast::new(&folder, &server);
    ballast.fill();
    let mut stored = 1;
    let nonce = loop {
        let nonce = ann.send_say("hall", &"x".repeat(1_000));
        if ann.outcome(nonce).is_err() {
            break nonce;
        }
        stored += 1;
    };
    let (mut bob, _) = V1Client::hello(server.address(), "Bob");
    bob.join("hall");
    bob.leave("hall");
    ballast.remove();
    loop {
        ann.send_request(nonce, say("hall", "after"));
        if ann.outcome(nonce).is_ok() {
            break;
        }
    }
    stored += 1;
    receiver.wait_for("Bob left hall  left");
    let events = receiver.wait_for("Ann said hall after");
    let said = events
        .iter()
        .filter(|event| event["kind"] == "said")
        .count();
    assert_eq!(said, stored);
    assert_eq!(
        numbers(&events),
        (1..=events.len() as u64).collect::<Vec<_>>()
    );
    let bobs: Vec<_> = events
        .iter()
        .map(short)
        .filter(|event| event.starts_with("Bob"))
        .collect();
    assert_eq!(
        bobs,
        ["Bob user_seen", "Bob joined hall", "Bob left hall  left"]
    );
    server.stop();
}
