use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;

use super::super::test_chat::{TestChat, line, own_line, whisper};
use super::super::{Conversation, ConversationId, DeliveryStatus, Layout};
use crate::RequestId;
use crate::session::Event;
use guildhall_protocol::{
    Blocks, Change, ChangeKind, Held, Joined, Line, Member, Moved, PacketBody, Rejected, Removed,
    RemovedReason, Reply, ReplyResult, Sanction,
};

/// A user in a room, who does not look at it.
fn in_inn(layout: Layout) -> TestChat {
    let mut chat = TestChat::online(layout);
    for room in ["inn", "attic"] {
        chat.join(room);
        chat.joined(room);
    }
    chat
}

fn said(seq: u64, sender: u64, text: &str) -> PacketBody {
    PacketBody::Line(Line {
        room: "inn".into(),
        epoch: 1,
        seq,
        sender,
        user: if sender == 10 {
            "u-10".into()
        } else {
            String::new()
        },
        text: text.into(),
        ..Line::default()
    })
}

fn change(seq: u64, kind: ChangeKind, user: u64) -> PacketBody {
    let change = Change {
        seq: seq - 1,
        kind: kind.into(),
        user,
        reaction: None,
    };
    PacketBody::Line(Line {
        room: "inn".into(),
        epoch: 1,
        seq,
        sender: 11,
        change: Some(change),
        ..Line::default()
    })
}

fn blocks(users: &[(u64, &str)]) -> PacketBody {
    let users = users.iter().map(|&(id, user)| Member {
        id,
        user: user.into(),
        ..Member::default()
    });
    PacketBody::Blocks(Blocks {
        users: users.collect(),
    })
}

fn inn(chat: &TestChat) -> &Conversation {
    chat.conversations.of_room("inn").unwrap()
}

/// The numbers of the lines that are there, and how many lines and mentions are unread.
fn seen(chat: &TestChat) -> (Vec<u64>, usize, usize) {
    let inn = inn(chat);
    let lines = inn.lines().map(|line| line.seq).collect();
    (lines, inn.unread(), inn.mentions())
}

#[test]
fn lines_of_a_blocked_user_are_gone_and_come_back() {
    let mut chat = in_inn(Layout::Tabs);
    chat.receive(said(1, 9, "hi"));
    chat.receive(said(2, 10, "Ann?"));
    chat.receive(said(3, 9, "hi Ann"));
    chat.receive(own_line("inn", 4, RequestId(99)));
    assert_eq!(seen(&chat), (vec![1, 2, 3, 4], 3, 2));
    chat.receive(blocks(&[(9, "")]));
    assert_eq!(seen(&chat), (vec![2, 4], 1, 1));
    assert_eq!(inn(&chat).line(1), None, "nothing can be done with it");
    chat.receive(blocks(&[]));
    assert_eq!(seen(&chat).0, [1, 2, 3, 4]);
    // By account: the number is another one.
    chat.receive(blocks(&[(77, "u-10")]));
    assert_eq!(seen(&chat).0, [1, 3, 4]);
    // Guests have no account, and are not all the same one; nobody blocks themselves.
    chat.receive(blocks(&[(78, ""), (7, "")]));
    assert_eq!(seen(&chat).0, [1, 2, 3, 4]);
}

#[test]
fn only_what_is_unread_of_a_blocked_user_does_not_count_any_more() {
    let mut chat = in_inn(Layout::Tabs);
    chat.receive(said(1, 9, "Ann!"));
    chat.conversations.mark_read(ConversationId(1));
    chat.receive(said(2, 10, "Ann, come"));
    chat.receive(said(3, 9, "hi"));
    assert_eq!(seen(&chat), (vec![1, 2, 3], 2, 1));
    chat.receive(blocks(&[(9, "")]));
    assert_eq!(seen(&chat), (vec![2], 1, 1));
}

#[test]
fn whispers_with_a_blocked_user_are_not_to_be_shown() {
    let mut chat = in_inn(Layout::Tabs);
    chat.receive(whisper(9, "Bob"));
    let whispers = |chat: &TestChat| {
        let all = chat.conversations.iter();
        let mut whispers = all.filter(|it| it.partner().is_some());
        whispers.next().map(|it| (it.is_blocked(), it.unread()))
    };
    assert_eq!(whispers(&chat), Some((false, 1)));
    chat.receive(blocks(&[(9, "")]));
    assert_eq!(whispers(&chat), Some((true, 0)));
    chat.receive(blocks(&[]));
    assert_eq!(whispers(&chat), Some((false, 0)));
}

#[test]
fn what_moderators_remove_at_once_leaves_no_trace_and_is_not_unread() {
    let mut chat = in_inn(Layout::Tabs);
    chat.receive(said(1, 9, "Ann"));
    chat.receive(said(2, 10, "Ann"));
    chat.receive(change(3, ChangeKind::Purged, 9));
    assert_eq!(seen(&chat), (vec![2], 1, 1));
    chat.receive(said(4, 9, "again"));
    chat.receive(change(5, ChangeKind::Cleared, 0));
    assert_eq!(seen(&chat), (vec![], 0, 0));
    chat.receive(said(6, 9, "and again"));
    assert_eq!(seen(&chat), (vec![6], 1, 0));
    chat.receive(PacketBody::Line(Line {
        room: "inn".into(),
        epoch: 1,
        seq: 7,
        hidden: true,
        ..Line::default()
    }));
    assert_eq!(seen(&chat), (vec![6], 1, 0), "a hidden line is none");
}

#[test]
fn a_message_that_waits_is_told_apart() {
    for layout in [Layout::Tabs, Layout::Stream] {
        let mut chat = in_inn(layout);
        chat.run("hello").unwrap();
        let status = |chat: &TestChat| {
            let mut own = chat.conversations.own_messages();
            own.next().map(|it| it.status.clone())
        };
        assert_eq!(status(&chat), Some(DeliveryStatus::Pending));
        let nonce = chat.conversations.own_messages().next().unwrap().nonce;
        chat.receive(PacketBody::Reply(Reply {
            id: nonce.0,
            result: Some(ReplyResult::Held(Held {})),
        }));
        assert_eq!(status(&chat), Some(DeliveryStatus::Held));
        chat.receive(PacketBody::Rejected(Rejected {
            room: "attic".into(),
            nonce: nonce.0,
            session: 7,
            words: "no".into(),
        }));
        let failed = status(&chat).unwrap();
        assert!(matches!(failed, DeliveryStatus::Failed(_)), "{failed:?}");
    }
}

#[test]
fn a_user_whom_the_game_moves_goes_on_in_the_other_room() {
    for layout in [Layout::Tabs, Layout::Stream] {
        let mut chat = in_inn(layout);
        let moved = |from: &str, room: &str| {
            PacketBody::Moved(Moved {
                from: from.into(),
                joined: Some(Joined {
                    room: room.into(),
                    epoch: 1,
                    first_seq: 1,
                    ..Joined::default()
                }),
            })
        };
        assert_eq!(chat.current(), "attic");
        chat.receive(moved("inn", "match-1"));
        assert_eq!(chat.current(), "attic", "the user looks at something else");
        chat.receive(moved("attic", "match-2"));
        assert_eq!(chat.current(), "match-2");
        let names: Vec<_> = chat.conversations.iter().map(Conversation::name).collect();
        assert_eq!(names, ["match-1", "match-2"]);
        chat.receive(line("match-2", 1));
        assert_eq!(chat.conversations.current().unwrap().lines().count(), 1);
    }
}

#[test]
fn a_tab_knows_for_what_the_user_was_taken_out() {
    let mut chat = in_inn(Layout::Tabs);
    chat.receive(PacketBody::Removed(Removed {
        room: "inn".into(),
        reason: RemovedReason::Kicked.into(),
        sanction: Some(Sanction {
            id: 5,
            ..Sanction::default()
        }),
    }));
    assert_eq!(inn(&chat).removed(), Some(RemovedReason::Kicked));
    let Some(Event::Removed { room, sanction, .. }) = inn(&chat).removal() else {
        panic!("{:?}", inn(&chat).removal());
    };
    assert_eq!((&*room, sanction.unwrap().id), ("inn", 5));
}
