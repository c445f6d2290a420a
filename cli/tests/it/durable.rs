//! A server that keeps what is said on a disk: what is there after it has stopped, or was killed.

use guildhall_protocol::{ErrorCode, FetchHistory, HistoryPage, ReplyResult, RequestBody};
use guildhall_testing::v1_client::V1Client;
use rustix::process::Signal;

use crate::data_folder::Folder;
use crate::program::{self, Program, command};
use crate::settings_file::File;

fn texts(page: &HistoryPage) -> Vec<&str> {
    page.lines.iter().map(|line| &*line.text).collect()
}

/// A line that is said before the server ends so, is there when it starts again.
fn goes_on_after(end: impl FnOnce(Program)) {
    let folder = Folder::new();
    let server = folder.start(&[]);
    let (mut tutorial, id) = server.join();
    let (mut ann, welcome) = V1Client::in_room(server.address(), "Ann", "lobby");
    tutorial.say("from the tutorial");
    assert_eq!(ann.line().text, "from the tutorial");
    let said = ann.say("lobby", "from v1");
    assert_eq!((said.seq, said.sender), (2, welcome.id));
    tutorial.expect_chat(welcome.id, "from v1");
    let joined = ann.join("hall");
    assert!(joined.durable);
    let in_hall = ann.say("hall", "in the hall");
    end(server);

    let server = folder.start(&[]);
    let (mut ann, resumed) = V1Client::resume(server.address(), &welcome, 100, 0);
    assert!(resumed.resumed && resumed.id == welcome.id && resumed.name == "Ann");
    let lobby = ann.join_from("lobby", said.epoch, 1).unwrap();
    assert!(lobby.resumed && lobby.durable);
    assert_eq!(
        (lobby.epoch, lobby.last_seq, lobby.gap),
        (said.epoch, 2, None)
    );
    assert_eq!(ann.line().text, "from v1", "exactly what was missed");
    let hall = ann.join_from("hall", in_hall.epoch, in_hall.seq).unwrap();
    assert!(hall.resumed);
    assert_eq!((hall.epoch, hall.last_seq), (in_hall.epoch, 1));
    let (mut tutorial, later) = server.join();
    assert!(later > id, "no number is given twice");
    tutorial.say("again");
    let again = ann.line();
    assert_eq!((again.epoch, again.seq), (said.epoch, 3));
    let mut new = V1Client::in_room(server.address(), "Bob", "lobby").0;
    assert_eq!(new.texts(3), ["from the tutorial", "from v1", "again"]);
    new.join("another");
    assert_eq!(new.say("another", "first").seq, 1);
    server.stop();
}

#[test]
fn rooms_go_on_after_a_stop() {
    goes_on_after(|server| drop(server.stop()));
}

#[test]
fn rooms_go_on_after_a_kill() {
    goes_on_after(|server| drop(server.end_by(Signal::KILL)));
}

#[test]
fn what_memory_does_not_have_is_read_from_the_disk() {
    let folder = Folder::new();
    let server = folder.start(&["--history-lines", "5", "--replay-lines", "2"]);
    let (mut ann, _) = V1Client::in_room(server.address(), "Ann", "hall");
    let lines: Vec<_> = (1..=20).map(|n| ann.say("hall", &n.to_string())).collect();
    let epoch = lines[0].epoch;
    // A client that has the third line gets all that follow, from the disk and from memory.
    let (mut bob, _) = V1Client::hello(server.address(), "Bob");
    let joined = bob.join_from("hall", epoch, 3).unwrap();
    assert_eq!(
        (joined.first_seq, joined.gap, joined.resumed),
        (4, None, true)
    );
    let expected: Vec<_> = (4..=20).map(|n| n.to_string()).collect();
    assert_eq!(bob.texts(17), expected);
    // Pages: in memory, over the seam, and beyond it.
    let page = bob.fetch("hall", epoch, 0, 2);
    assert_eq!((texts(&page), page.more), (vec!["19", "20"], true));
    let page = bob.fetch("hall", epoch, 18, 4);
    assert_eq!(
        (texts(&page), page.more),
        (vec!["14", "15", "16", "17"], true)
    );
    let page = bob.fetch("hall", epoch, 3, 9);
    assert_eq!((texts(&page), page.more), (vec!["1", "2"], false));
    // By time, and none of another epoch.
    let mut of_time = |before_time, after_time| {
        let fetch = FetchHistory {
            room: "hall".into(),
            before_time,
            after_time,
            limit: 2,
            ..FetchHistory::default()
        };
        match bob.ask(RequestBody::FetchHistory(fetch)).unwrap() {
            ReplyResult::History(page) => page,
            other => panic!("no page: {other:?}"),
        }
    };
    let page = of_time(0, lines[0].time);
    assert_eq!((texts(&page), page.more), (vec!["1", "2"], true));
    assert!(of_time(lines[0].time, 0).lines.is_empty());
    assert!(bob.fetch("hall", epoch ^ 1, 3, 9).lines.is_empty());
    server.stop();
}

#[test]
fn a_room_that_is_not_durable_begins_anew() {
    let folder = Folder::new();
    let text = "[[rooms]]\nmatch = 'team-*'\nkeep = { durable = false }\n\
                [[rooms]]\nmatch = 'none'\nkeep = 'none'\n";
    let file = File::new(text);
    let start = || folder.start(&["--config", file.path()]);
    let server = start();
    let (mut ann, _) = V1Client::hello(server.address(), "Ann");
    for room in ["team-1", "none"] {
        assert!(!ann.join(room).durable);
        ann.say(room, "gone");
    }
    server.stop();
    let server = start();
    let (mut bob, _) = V1Client::hello(server.address(), "Bob");
    for room in ["team-1", "none"] {
        assert_eq!(bob.join(room).last_seq, 0);
    }
    server.stop();
}

#[test]
fn a_room_that_everybody_has_left_goes_on_from_the_disk() {
    let folder = Folder::new();
    let server = folder.start(&["--keep-empty-rooms", "0", "--max-rooms", "2"]);
    let (mut ann, _) = V1Client::hello(server.address(), "Ann");
    ann.join("hall");
    let said = ann.say("hall", "hi");
    ann.leave("hall");
    // It has to make place for this one.
    ann.join("other");
    ann.leave("other");
    let joined = ann.join("hall");
    assert_eq!((joined.epoch, joined.last_seq), (said.epoch, 1));
    assert_eq!(ann.line().text, "hi");
    assert_eq!(ann.say("hall", "again").seq, 2);
    server.stop();
}

#[test]
fn a_folder_that_cannot_be_used_ends_the_start_with_one_line() {
    let folder = Folder::new();
    let server = folder.start(&[]);
    let refused = |words: &[&str], expected: &str| {
        let output = program::run(command(words));
        let error = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{error}");
        let last = error.lines().last().unwrap_or_default();
        assert!(last.contains(expected), "{error}");
    };
    let start = |data: &str| {
        let words = ["--port", "0", "--log", "off", "--data", data];
        refused(&words, data);
    };
    start(folder.path());
    server.stop();
    let file = File::new("");
    start(file.path());
    refused(&["check", "/nowhere/at/all.toml"], "cannot read");
    let settings = File::new(&format!("data = '{}'\n", file.path()));
    refused(&["check", settings.path()], "cannot keep anything in");
}

#[test]
fn a_durable_room_without_a_folder_is_an_error() {
    let file = File::new("[[rooms]]\nmatch = 'news'\nkeep = { durable = true }\n");
    for words in [["--config", file.path()], ["check", file.path()]] {
        let output = program::run(command(&words));
        let error = String::from_utf8(output.stderr).unwrap();
        assert!(!output.status.success());
        assert_eq!(error.lines().count(), 1, "{error}");
        assert!(
            error.contains("\"news\"") && error.contains("--data"),
            "{error}"
        );
    }
}

#[test]
fn who_may_not_read_history_gets_none_from_the_disk() {
    let folder = Folder::new();
    let file = File::new("history_lines = 2\n[[rooms]]\nmatch = 'hall'\nhistory = 'nobody'\n");
    let server = folder.start(&["--config", file.path()]);
    let (mut ann, _) = V1Client::in_room(server.address(), "Ann", "hall");
    let lines: Vec<_> = (1..=6).map(|n| ann.say("hall", &n.to_string())).collect();
    let (mut bob, _) = V1Client::hello(server.address(), "Bob");
    let joined = bob.join_from("hall", lines[0].epoch, 1).unwrap();
    let gap = joined.gap.unwrap();
    assert_eq!((joined.first_seq, gap.from, gap.to), (7, 2, 6));
    let fetch = RequestBody::FetchHistory(FetchHistory {
        room: "hall".into(),
        ..FetchHistory::default()
    });
    assert_eq!(bob.ask(fetch).unwrap_err().code(), ErrorCode::Forbidden);
    server.stop();
}
