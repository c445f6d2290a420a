//! Rooms that are cleared, and users that are purged.

use super::*;

use guildhall_protocol::{LineRef, React, Search};

/// The lines of a page as they are for whoever comes later: the text, or nothing of a removed line.
fn page(client: &mut V1Client, room: &str) -> Vec<Line> {
    client.fetch(room, 0, 0, 0).lines
}

#[track_caller]
fn check_blank(line: &Line) {
    let blank = Line {
        room: line.room.clone(),
        epoch: line.epoch,
        seq: line.seq,
        time: line.time,
        removed: true,
        ..Line::default()
    };
    assert_eq!(*line, blank);
}

fn found(client: &mut V1Client, text: &str) -> Vec<String> {
    let search = Search {
        text: text.into(),
        ..Search::default()
    };
    match client.ask(RequestBody::Search(search)) {
        Ok(ReplyResult::Found(page)) => page.lines.into_iter().map(|line| line.text).collect(),
        other => panic!("no page: {other:?}"),
    }
}

/// A room is cleared while members are there, and others come later.
fn check_clear(server: &TestServer) {
    let address = server.address();
    let mut moderator = moderator(address, "red");
    moderator.join("red");
    let mut ann = guest(address);
    let joined = ann.join("red");
    let said: Vec<_> = ["one", "two"].map(|text| ann.say("red", text)).into();
    let reaction = RequestBody::React(React {
        room: "red".into(),
        line: Some(LineRef {
            epoch: said[0].epoch,
            seq: said[0].seq,
        }),
        reaction: "hm".into(),
        take_back: false,
    });
    let nonce = ann.send(reaction);
    ann.outcome(nonce).unwrap();
    moderator.texts(3);
    let answer = moderator.ask(clear("Red")).unwrap();
    assert!(matches!(answer, ReplyResult::Cleared(_)), "{answer:?}");
    let cleared = ann.line();
    assert_eq!(swept(&cleared), (ChangeKind::Cleared, 3, 0));
    assert_eq!((cleared.seq, &*cleared.user, cleared.nonce), (4, "mod", 0));
    assert_eq!(moderator.line(), cleared);
    ann.say("red", "three");
    // Later ones see nothing of it, by a join, from a position, and in pages.
    let mut late = guest(address);
    late.join("red");
    let lines: Vec<_> = (0..5).map(|_| late.line()).collect();
    lines[..3].iter().for_each(check_blank);
    assert_eq!((&lines[3], &*lines[4].text), (&cleared, "three"));
    assert_eq!(page(&mut late, "red"), lines);
    let mut resumed = guest(address);
    resumed.join_from("red", joined.epoch, 1).unwrap();
    let lines: Vec<_> = (0..4).map(|_| resumed.line()).collect();
    lines[..2].iter().for_each(check_blank);
    assert_eq!(lines[2], cleared);
    assert_eq!(found(&mut late, "two"), [""; 0]);
    assert_eq!(found(&mut late, "three"), ["three"]);
}

#[test]
fn a_cleared_room_shows_nothing_of_its_lines_to_anybody_who_comes_later() {
    for threads in [1, 2] {
        check_clear(&TestServer::with(on_threads(threads)));
        let data = DataFolder::pick();
        check_clear(&data.server(on_threads(threads)));
        // Nor after a restart.
        let server = data.server(on_threads(threads));
        let mut late = guest(server.address());
        late.join("red");
        let lines = page(&mut late, "red");
        lines[..3].iter().for_each(check_blank);
        assert_eq!(swept(&lines[3]), (ChangeKind::Cleared, 3, 0));
        assert_eq!(lines[4].text, "three");
    }
}

#[test]
fn a_purged_user_is_gone_from_all_rooms_and_the_others_stay() {
    for data in [None, Some(DataFolder::pick())] {
        let server = match &data {
            None => TestServer::with(on_threads(2)),
            Some(data) => data.server(on_threads(2)),
        };
        let address = server.address();
        let mut everywhere = moderator(address, "*");
        everywhere.join("red");
        let mut spammer = guest(address);
        let mut ann = guest(address);
        for room in ["red", "blue"] {
            spammer.join(room);
            ann.join(room);
            spammer.say(room, "spam");
            assert_eq!(ann.line().text, "spam");
            ann.say(room, "hello");
            assert_eq!(spammer.line().text, "hello");
        }
        let id = page(&mut ann, "red")[0].sender;
        everywhere.texts(2);
        let rooms = purged(&mut everywhere, purge("", id, "")).unwrap();
        assert_eq!(rooms, 2);
        for room in ["red", "blue"] {
            let change = ann.line();
            assert_eq!(swept(&change), (ChangeKind::Purged, 2, id), "{room}");
        }
        for room in ["red", "blue"] {
            let lines = page(&mut ann, room);
            check_blank(&lines[0]);
            assert_eq!(lines[1].text, "hello");
        }
        assert_eq!(found(&mut ann, "spam"), [""; 0]);
        assert_eq!(found(&mut ann, "hello").len(), 2);
        // It has said nothing any more.
        assert_eq!(purged(&mut everywhere, purge("", id, "")), Ok(0));
    }
}

#[test]
fn a_user_is_purged_from_rooms_that_are_not_in_memory_and_by_its_account() {
    let data = DataFolder::pick();
    let said = {
        let server = data.server(on_threads(1));
        let address = server.address();
        let (mut mira, _) = sign_in(address, &allowed("mira", "red", &[Right::Say]));
        for room in ["red", "blue"] {
            mira.join(room);
            mira.say(room, "long ago");
        }
        let mut guest = guest(address);
        guest.join("red");
        guest.line();
        guest.say("red", "me, too")
    };
    let server = data.server(on_threads(1));
    let address = server.address();
    let mut everywhere = moderator(address, "*");
    assert_eq!(purged(&mut everywhere, purge("", 0, "mira")), Ok(2));
    // A guest that is gone is known by its number.
    assert_eq!(
        purged(&mut everywhere, purge("red", said.sender, "")),
        Ok(1)
    );
    let mut late = guest(address);
    late.join("red");
    late.join("blue");
    for (room, count) in [("red", 2), ("blue", 1)] {
        let lines = page(&mut late, room);
        lines[..count].iter().for_each(check_blank);
    }
    assert_eq!(found(&mut late, "ago"), [""; 0]);
}

#[test]
fn only_moderators_clear_and_purge() {
    let server = TestServer::with(on_threads(1));
    let address = server.address();
    let mut ann = guest(address);
    ann.join("red");
    let said = ann.say("red", "still here");
    let mut of_red = moderator(address, "red");
    check_forbidden(ann.ask(clear("red")), "red", "moderate");
    check_forbidden(ann.ask(purge("red", said.sender, "")), "red", "moderate");
    check_forbidden(of_red.ask(clear("blue")), "blue", "moderate");
    check_forbidden(of_red.ask(purge("", said.sender, "")), "", "moderate");
    let mut everywhere = moderator(address, "*");
    let missing = everywhere.ask(clear("nowhere")).unwrap_err();
    assert_eq!(missing.code(), ErrorCode::NotInRoom);
    let nobody = everywhere.ask(purge("", 0, "nobody")).unwrap_err();
    assert_eq!(
        (nobody.code(), &*nobody.arguments),
        (ErrorCode::NoSuchUser, &["nobody".to_owned()][..])
    );
    let (mut other, welcome) = sign_in(address, &allowed("other", "red", &[Right::Mod]));
    let peer = everywhere.ask(purge("red", welcome.id, "")).unwrap_err();
    assert_eq!(peer.code(), ErrorCode::IsModerator);
    assert_eq!(purged(&mut other, purge("red", welcome.id, "")), Ok(0));
    let bad = everywhere.ask(clear("a b")).unwrap_err();
    assert_eq!(bad.code(), ErrorCode::BadRoomName);
    assert_eq!(purged(&mut everywhere, purge("", 987_654_321, "")), Ok(0));
    assert_eq!(page(&mut ann, "red")[0].text, "still here");
    ann.expect_quiet();
}
