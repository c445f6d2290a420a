use crate::conversations::test_chat::{TestChat, line, own_line};
use crate::conversations::{CommandFailure, Layout, Outcome};
use crate::session::{RequestKind, SendError};
use crate::{RequestId, UserId};
use alloc::vec::Vec;
use guildhall_protocol::{
    Change, ChangeKind, ErrorCode, Line, LineRef, MarkRead, PacketBody, React, Reaction, ReadMark,
    RequestBody, Say, Search, SearchPage, Unread,
};

fn in_lobby() -> TestChat {
    let mut chat = TestChat::online(Layout::Tabs);
    chat.join("lobby");
    chat.joined("lobby");
    chat
}

/// A change of a line of the lobby, by the user or by somebody else.
fn change(seq: u64, own: bool, kind: ChangeKind, line: u64, what: &str) -> PacketBody {
    let reaction = Some(Reaction {
        reaction: what.into(),
        count: 1,
    });
    PacketBody::Line(Line {
        room: "lobby".into(),
        epoch: 1,
        seq,
        time: 77,
        sender: if own { 7 } else { 9 },
        text: what.into(),
        change: Some(Change {
            user: 0,
            seq: line,
            kind: kind.into(),
            reaction,
        }),
        ..Line::default()
    })
}

fn at(seq: u64) -> LineRef {
    LineRef { epoch: 1, seq }
}

#[test]
fn commands_without_a_number_mean_the_newest_line_that_fits() {
    let mut chat = in_lobby();
    assert_eq!(chat.run("/edit hi"), Err(CommandFailure::NothingToChange));
    assert_eq!(chat.run("/react +1"), Err(CommandFailure::NothingToChange));
    chat.receive(line("lobby", 1));
    chat.receive(own_line("lobby", 2, RequestId(0)));
    chat.receive(line("lobby", 3));
    chat.receive(own_line("lobby", 4, RequestId(0)));
    chat.receive(change(5, true, ChangeKind::Removed, 4, ""));
    for typed in [
        "/edit hello",
        "/delete",
        "/react +1",
        "/quote yes",
        "/quote 1 no",
    ] {
        let outcome = chat.run(typed).unwrap();
        let is_said = typed.starts_with("/quote");
        assert_eq!(matches!(outcome, Outcome::Sent(_)), is_said, "{typed}");
    }
    let line_of = |request: &RequestBody| match request {
        RequestBody::Edit(edit) => edit.line,
        RequestBody::Remove(remove) => remove.line,
        RequestBody::React(react) => react.line,
        RequestBody::Say(say) => say.reply_to,
        other => panic!("{other:?}"),
    };
    let lines: Vec<_> = chat.requests.iter().filter_map(line_of).collect();
    assert_eq!(lines, [2, 2, 3, 3, 1].map(at));
}

#[test]
fn a_reaction_is_taken_back_where_the_user_has_it() {
    let mut chat = in_lobby();
    chat.receive(line("lobby", 1));
    chat.receive(line("lobby", 2));
    chat.receive(change(3, true, ChangeKind::Reacted, 1, "+1"));
    chat.receive(change(4, false, ChangeKind::Reacted, 2, "+1"));
    chat.run("/unreact +1").unwrap();
    let expected = RequestBody::React(React {
        room: "lobby".into(),
        line: Some(at(1)),
        reaction: "+1".into(),
        take_back: true,
    });
    assert_eq!(chat.requests, [expected]);
    assert_eq!(chat.run("/unreact x"), Err(CommandFailure::NothingToChange));
}

#[test]
fn a_conversation_knows_its_lines_as_they_are_now() {
    let mut chat = in_lobby();
    chat.receive(line("lobby", 1));
    chat.receive(PacketBody::Line(Line {
        room: "lobby".into(),
        epoch: 1,
        seq: 2,
        sender: 9,
        name: "Bob".into(),
        text: "and you?".into(),
        reply_to: 1,
        ..Line::default()
    }));
    chat.receive(change(3, false, ChangeKind::Edited, 1, "hello"));
    chat.receive(change(4, true, ChangeKind::Reacted, 1, "+1"));
    let lobby = chat.conversations.of_room("lobby").unwrap();
    let (one, two) = (lobby.line(1).unwrap(), lobby.line(2).unwrap());
    assert_eq!((&*one.text, one.edited), ("hello", 77));
    assert!(one.has_own("+1") && one.sender == UserId(9));
    assert_eq!(lobby.line(two.reply_to).unwrap().quote().text, "hello");
    assert!(lobby.line(3).is_none(), "a change is no line");
    assert_eq!(lobby.lines().count(), 2);
    chat.receive(change(5, false, ChangeKind::Removed, 1, ""));
    let lobby = chat.conversations.of_room("lobby").unwrap();
    assert!(lobby.line(1).unwrap().quote().removed);
    assert_eq!(lobby.unread(), 0);
}

#[test]
fn a_change_is_never_unread() {
    let mut chat = in_lobby();
    chat.sees_newest = false;
    chat.receive(line("lobby", 1));
    chat.receive(change(2, false, ChangeKind::Edited, 1, "Ann"));
    let lobby = chat.conversations.of_room("lobby").unwrap();
    assert_eq!((lobby.unread(), lobby.mentions()), (1, 0));
}

#[test]
fn what_the_user_sees_is_marked_as_read() {
    let mut chat = in_lobby();
    chat.receive(line("lobby", 1));
    chat.receive(line("lobby", 2));
    chat.keep_up();
    let mark = |seq| {
        RequestBody::MarkRead(MarkRead {
            room: "lobby".into(),
            line: Some(at(seq)),
        })
    };
    assert_eq!(chat.requests, [mark(2)]);
    chat.keep_up();
    assert_eq!(chat.requests.len(), 1, "once");
    chat.sees_newest = false;
    chat.receive(line("lobby", 3));
    chat.keep_up();
    assert_eq!(chat.session.room("lobby").unwrap().read_seq, 2);
    let id = chat.conversations.current().unwrap().id();
    assert!(chat.conversations.mark_read(id));
    chat.keep_up();
    assert_eq!(chat.session.room("lobby").unwrap().read_seq, 3);
}

#[test]
fn what_was_unread_before_is_known_at_the_start() {
    let mut chat = TestChat::online(Layout::Tabs);
    chat.sees_newest = false;
    chat.join("lobby");
    chat.joined_and_read("lobby", 2, 5);
    chat.keep_up();
    assert!(matches!(chat.requests[..], [RequestBody::ListUnread(_)]));
    let unread = |room: &str, epoch, seq| Unread {
        room: room.into(),
        read: Some(LineRef { epoch, seq }),
        lines: 3,
        mentions: 1,
        more: false,
    };
    chat.unread(&[unread("attic", 1, 2), unread("lobby", 1, 2)]);
    let lobby = chat.conversations.of_room("lobby").unwrap();
    assert_eq!((lobby.unread(), lobby.mentions()), (3, 1));
    assert_eq!(
        (chat.conversations.unread(), chat.conversations.mentions()),
        (3, 1)
    );
    chat.keep_up();
    assert!(chat.requests.is_empty(), "once");

    // Read on another device, up to a line that the user has, too.
    for seq in 1..=5 {
        chat.receive(line("lobby", seq));
    }
    chat.receive(PacketBody::ReadMark(ReadMark {
        room: "lobby".into(),
        line: Some(at(4)),
    }));
    let lobby = chat.conversations.of_room("lobby").unwrap();
    assert_eq!((lobby.unread(), lobby.mentions()), (1, 0));

    // A count that is older than the read mark, or of another epoch, changes nothing.
    chat.run("/unread").unwrap();
    chat.unread(&[unread("lobby", 1, 2), unread("lobby", 9, 9)]);
    assert_eq!(chat.conversations.unread(), 1);
}

#[test]
fn nothing_is_asked_if_all_is_read_or_nothing_was_marked() {
    for read in [0, 5] {
        let mut chat = TestChat::online(Layout::Tabs);
        chat.sees_newest = false;
        chat.join("lobby");
        chat.joined_and_read("lobby", read, 5);
        chat.keep_up();
        assert!(chat.requests.is_empty(), "{:?}", chat.requests);
    }
}

#[test]
fn a_refused_list_is_asked_for_again_with_the_next_room() {
    let mut chat = TestChat::online(Layout::Tabs);
    chat.sees_newest = false;
    chat.join("lobby");
    chat.joined_and_read("lobby", 2, 5);
    chat.keep_up();
    chat.refuse(ErrorCode::TooManyRequests);
    chat.keep_up();
    assert!(chat.requests.is_empty());
    chat.join("inn");
    chat.joined_and_read("inn", 2, 5);
    chat.keep_up();
    assert!(matches!(chat.requests[..], [RequestBody::ListUnread(_)]));
}

#[test]
fn lines_that_name_the_user_are_counted() {
    let mut chat = in_lobby();
    chat.sees_newest = false;
    for (seq, text) in [(1, "hi ann!"), (2, "anna"), (3, "Ann")] {
        chat.receive(PacketBody::Line(Line {
            room: "lobby".into(),
            epoch: 1,
            seq,
            sender: 9,
            text: text.into(),
            ..Line::default()
        }));
    }
    let lobby = chat.conversations.of_room("lobby").unwrap();
    assert_eq!((lobby.unread(), lobby.mentions()), (3, 2));
    let id = lobby.id();
    chat.conversations.mark_read(id);
    assert_eq!(chat.conversations.mentions(), 0);
}

#[test]
fn a_search_goes_on_until_there_is_no_more() {
    let mut chat = in_lobby();
    let requested = Ok(Outcome::Requested(RequestKind::Search));
    assert_eq!(chat.run("/search"), Err(CommandFailure::NothingToSearch));
    assert_eq!(chat.run("/search red dragon"), requested);
    let search = Search {
        text: "red dragon".into(),
        ..Search::default()
    };
    assert_eq!(chat.requests, [RequestBody::Search(search.clone())]);
    let page = |next: &[u8]| SearchPage {
        lines: Vec::new(),
        next: next.into(),
    };
    chat.found(page(b"next"));
    assert_eq!(chat.run("/search"), requested);
    let from = b"next".to_vec();
    let next = Search { from, ..search };
    assert_eq!(chat.requests, [RequestBody::Search(next)]);
    chat.found(page(b""));
    assert_eq!(chat.run("/search"), Err(CommandFailure::NothingToSearch));
}

#[test]
fn a_line_that_is_not_there_cannot_be_changed() {
    let mut chat = in_lobby();
    for typed in ["/edit 9 x", "/delete 9", "/react 9 x", "/quote 9 x"] {
        let refused = Err(CommandFailure::Send(SendError::NoSuchLine));
        assert_eq!(chat.run(typed), refused, "{typed}");
    }
    assert!(chat.requests.is_empty());
}

#[test]
fn another_room_can_be_named() {
    let mut chat = in_lobby();
    chat.receive(line("lobby", 1));
    chat.join("inn");
    chat.joined("inn");
    assert_eq!(chat.run("/quote hi"), Err(CommandFailure::NothingToChange));
    let command = crate::command::parse("/quote hi").unwrap().unwrap();
    let outcome = chat
        .conversations
        .run(&mut chat.session, command, Some("lobby"));
    assert!(outcome.is_ok());
    chat.drain();
    let say = Say {
        room: "lobby".into(),
        text: "hi".into(),
        reply_to: Some(at(1)),
        ..Say::default()
    };
    assert_eq!(chat.requests, [RequestBody::Say(say)]);
}
