//! Lines that were said are found again, and those that were not read are counted: before and
//! after a restart, with and without an index, in durable rooms and beside them.

use std::fs;

use guildhall_protocol::{ErrorCode, Line, RequestBody};
use guildhall_testing::line_log::{edit, react, remove};
use guildhall_testing::v1_client::V1Client;
use guildhall_testing::wire::eventually;
use rustix::process::Signal;

use super::*;
use crate::settings_file::File;

/// Removes the search index of a server that does not run.
fn remove_index(folder: &Folder) {
    for name in ["search.db", "search.db-wal", "search.db-shm"] {
        match fs::remove_file(folder.join(name)) {
            Ok(()) => {}
            Err(error) => assert_eq!(error.kind(), std::io::ErrorKind::NotFound),
        }
    }
    assert!(!folder.join("search.db").exists());
}

#[track_caller]
fn check_words(client: &mut V1Client) {
    for (text, expected) in [
        ("dragon", &["The DRAGON sleeps", "a dragon, edited"][..]),
        ("sleeps the", &["The DRAGON sleeps"]),
        ("drag", &[]),
        ("first", &[]),
        ("brucke", &["Über die Brücke in die Straße"]),
        ("STRASSE", &["Über die Brücke in die Straße"]),
        ("über brücke", &["Über die Brücke in die Straße"]),
        ("公会", &["我们在公会大厅见面"]),
        ("大厅见", &["我们在公会大厅见面"]),
        ("厅大", &[]),
        ("secret", &[]),
        ("!?", &[]),
        ("👍", &[]),
    ] {
        let mut texts = found(client, search("hall", text));
        texts.reverse();
        let mut expected = expected.to_vec();
        expected.sort_by_key(|text| *text != "a dragon, edited");
        assert_eq!(texts, expected, "{text}");
    }
    let by_name = Search {
        name: "bob".into(),
        ..search("", "")
    };
    assert_eq!(
        found(client, by_name.clone()),
        ["我们在公会大厅见面", "Über die Brücke in die Straße"]
    );
    let both = Search {
        text: "die".into(),
        ..by_name
    };
    assert_eq!(found(client, both), ["Über die Brücke in die Straße"]);
}

#[test]
fn words_are_found_whatever_became_of_the_server_and_its_index() {
    let folder = Folder::new();
    let mut server = folder.start(&["--history-lines", "2"]);
    let (mut ann, _) = V1Client::in_room(server.address(), "Ann", "hall");
    let (mut bob, bobs) = V1Client::hello(server.address(), "Bob");
    let edited = ann.say("hall", "the first text");
    ann.say("hall", "The DRAGON sleeps");
    let removed = ann.say("hall", "a secret dragon");
    bob.join("hall");
    bob.line();
    bob.line();
    bob.say("hall", "Über die Brücke in die Straße");
    bob.say("hall", "我们在公会大厅见面");
    ann.texts(2);
    own(&mut ann, edit(&edited, "a dragon, edited"));
    own(&mut ann, remove(&removed));
    own(&mut ann, react(&edited, "👍"));
    check_words(&mut ann);
    let by_id = Search {
        sender: bobs.id,
        ..search("hall", "公会")
    };
    assert_eq!(found(&mut ann, by_id).len(), 1);
    ann.client.say_goodbye();
    bob.client.say_goodbye();
    for (round, (signal, without_index)) in [
        (Signal::TERM, false),
        (Signal::KILL, false),
        (Signal::TERM, true),
        (Signal::KILL, true),
    ]
    .into_iter()
    .enumerate()
    {
        server.end_by(signal);
        if without_index {
            remove_index(&folder);
        }
        server = folder.start(&["--history-lines", "2"]);
        let name = format!("Eve{round}");
        let (mut eve, _) = V1Client::in_room(server.address(), &name, "hall");
        // At once, and so often that the index gets ready meanwhile.
        for _ in 0..5 {
            check_words(&mut eve);
        }
    }
    server.stop();
}

#[test]
fn pages_over_several_rooms_have_each_line_once_also_of_rooms_in_memory() {
    let folder = Folder::new();
    let file = File::new("[[rooms]]\nmatch = 'team'\nkeep = { durable = false }\n");
    let server = folder.start(&["--config", file.path(), "--history-lines", "50"]);
    let (mut ann, _) = V1Client::hello(server.address(), "Ann");
    for (room, durable) in [("hall", true), ("inn", true), ("team", false)] {
        assert_eq!(ann.join(room).durable, durable);
    }
    let mut said = Vec::new();
    for number in 0..45 {
        for room in ["hall", "inn", "team"] {
            said.push(ann.say(room, &format!("orc {number} in {room}")));
            ann.say(room, "something else");
        }
    }
    let in_pages = Search {
        limit: 7,
        ..search("", "orc")
    };
    let sorted = |lines: &[Line]| {
        let mut keys: Vec<_> = lines
            .iter()
            .map(|line| (line.room.clone(), line.seq))
            .collect();
        keys.sort();
        keys
    };
    let lines = all_found(&mut ann, in_pages.clone());
    // The memory has the newest 50 lines of the third room, and half of them are other ones.
    let kept: Vec<_> = said
        .iter()
        .filter(|line| line.room != "team" || line.seq > 40)
        .cloned()
        .collect();
    assert_eq!(sorted(&lines), sorted(&kept));
    let times: Vec<_> = lines.iter().map(|line| line.time).collect();
    assert!(times.is_sorted_by(|a, b| a >= b), "{times:?}");
    for room in ["hall", "inn", "team"] {
        let seqs = lines
            .iter()
            .filter(|line| line.room == room)
            .map(|line| line.seq);
        assert!(seqs.is_sorted_by(|a, b| a > b), "{room}");
    }
    let in_time = Search {
        after_time: said[30].time,
        before_time: said[60].time,
        ..in_pages.clone()
    };
    let expected: Vec<_> = kept
        .iter()
        .filter(|line| (said[30].time..said[60].time).contains(&line.time))
        .cloned()
        .collect();
    assert_eq!(sorted(&all_found(&mut ann, in_time)), sorted(&expected));
    // Lines that come between two pages are not in the next one.
    let first = page(&mut ann, in_pages.clone());
    ann.say("hall", "a new orc");
    ann.say("team", "a new orc");
    let next = page(
        &mut ann,
        Search {
            from: first.next,
            ..in_pages.clone()
        },
    );
    assert_eq!(
        [first.lines, next.lines].concat(),
        lines[..14],
        "the pages go on"
    );
    let bad = RequestBody::Search(Search {
        from: b"no next".to_vec(),
        ..in_pages
    });
    assert_eq!(ann.ask(bad).unwrap_err().code(), ErrorCode::BadRequest);
    server.stop();
}

#[test]
fn rooms_whose_history_nobody_may_read_are_not_searched() {
    let folder = Folder::new();
    let file = File::new("[[rooms]]\nmatch = 'vault'\nhistory = 'nobody'\n");
    for _ in ["before the restart", "after it"] {
        let server = folder.start(&["--config", file.path()]);
        let name = format!("Ann{}", fastrand::u32(..));
        let (mut ann, _) = V1Client::hello(server.address(), &name);
        ann.join("vault");
        ann.join("hall");
        ann.client.say_goodbye();
        let name = format!("Bob{}", fastrand::u32(..));
        let (mut bob, _) = V1Client::in_room(server.address(), &name, "vault");
        bob.say("vault", "a treasure");
        assert_eq!(found(&mut bob, search("", "treasure")), [""; 0]);
        let error = bob
            .ask(RequestBody::Search(search("vault", "treasure")))
            .unwrap_err();
        assert_eq!(error.code(), ErrorCode::Forbidden);
        let error = bob
            .ask(RequestBody::Search(search("elsewhere", "treasure")))
            .unwrap_err();
        assert_eq!(error.code(), ErrorCode::NotInRoom);
        assert_eq!(unread(&mut bob), []);
        bob.client.say_goodbye();
        server.stop();
    }
}

#[test]
fn what_is_not_read_is_counted_over_a_restart() {
    for signal in ENDS {
        let folder = Folder::new();
        let file = File::new("[[rooms]]\nmatch = 'team'\nkeep = { durable = false }\n");
        let arguments = ["--config", file.path(), "--history-lines", "3"];
        let server = folder.start(&arguments);
        let (mut bob, _) = V1Client::hello(server.address(), "Bob");
        let (mut ann, anns) = V1Client::hello(server.address(), "Ann");
        for room in ["hall", "inn", "team"] {
            bob.join(room);
            ann.join(room);
        }
        let read = bob.say("hall", "Ann has read this");
        for text in ["hi @ann!", "Anna is another", "who is ANN", "removed, Ann"] {
            bob.say("hall", text);
        }
        let last = bob.say("hall", "nothing");
        let removed = Line {
            seq: last.seq - 1,
            ..last
        };
        own(&mut bob, remove(&removed));
        own(&mut bob, react(&read, "👍"));
        bob.say("inn", "Ann?");
        bob.say("team", "ann!");
        mark(&mut ann, &read);
        let expected = [
            ("hall".to_owned(), 4, 2),
            ("inn".to_owned(), 1, 1),
            ("team".to_owned(), 1, 1),
        ];
        while ann.line().room != "team" {}
        ann.say("inn", "I am here, Ann");
        assert_eq!(unread_counts(&mut ann), expected);
        let last_request = ann.last_request;
        // A record of later, behind which the mark is on the disk.
        ann.whisper(anns.id, "stored");
        server.end_by(signal);

        let server = folder.start(&arguments);
        let (mut ann, welcome) = V1Client::resume(server.address(), &anns, last_request + 1, 1);
        assert!(welcome.resumed);
        // Only the room that it has marked, until it joins the others.
        assert_eq!(unread_counts(&mut ann), expected[..1]);
        for room in ["hall", "inn", "team"] {
            ann.join(room);
        }
        let after = [
            expected[0].clone(),
            expected[1].clone(),
            ("team".to_owned(), 0, 0),
        ];
        while ann.line().text != "I am here, Ann" {}
        assert_eq!(unread_counts(&mut ann), after, "{signal:?}");
        let marks = unread(&mut ann).into_iter();
        let mark_of_hall = marks
            .filter(|one| one.room == "hall")
            .map(|one| one.read.unwrap());
        let marks: Vec<_> = mark_of_hall.map(|mark| (mark.epoch, mark.seq)).collect();
        assert_eq!(marks, [(read.epoch, read.seq)]);
        server.stop();
    }
}

#[test]
fn an_edited_line_is_found_at_once_by_its_new_words() {
    let folder = Folder::new();
    let server = folder.start(&[]);
    let (mut ann, _) = V1Client::in_room(server.address(), "Ann", "hall");
    let lines: Vec<_> = (0..20)
        .map(|number| ann.say("hall", &format!("old{number}")))
        .collect();
    for (number, line) in lines.iter().enumerate().rev() {
        // The index knows the line as it was.
        let indexed = || {
            let query = "SELECT done FROM room ORDER BY done DESC LIMIT 1";
            let done: u64 = folder.value_of("search.db", query).parse().unwrap_or(0);
            (done >= line.seq).then_some(())
        };
        eventually("an index of all lines", indexed);
        own(&mut ann, edit(line, &format!("new{number}")));
        let new = format!("new{number}");
        assert_eq!(found(&mut ann, search("hall", &new)), [&*new]);
        assert_eq!(
            found(&mut ann, search("", &format!("old{number}"))),
            [""; 0]
        );
    }
    server.stop();
}
