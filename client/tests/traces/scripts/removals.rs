//! Lines that are hidden from the user, and lines that moderators remove.

use guildhall_protocol::{
    Change, ChangeKind, HistoryPage, Line, PacketBody, ReplyResult, SearchPage,
};
use serde_json::json;

use crate::script::{Script, change, edited, joined, line, welcome};

/// A line that the client does not get to see.
fn hidden(seq: u64) -> Line {
    Line {
        room: "lobby".into(),
        epoch: 5,
        seq,
        hidden: true,
        ..Line::default()
    }
}

fn removed(seq: u64, sender: u64) -> Line {
    Line {
        removed: true,
        ..line("lobby", seq, sender, 30 + seq, "")
    }
}

fn purged(seq: u64, up_to: u64, user: u64) -> Line {
    let mut line = change(seq, 9, 50, ChangeKind::Purged, up_to);
    if let Some(change) = &mut line.change {
        change.user = user;
    }
    line
}

fn page(lines: Vec<Line>) -> ReplyResult {
    ReplyResult::History(HistoryPage {
        room: "lobby".into(),
        epoch: 5,
        lines,
        more: true,
    })
}

/// Lines of blocked users, and of users who are too far away.
pub(crate) fn hidden_lines(script: &mut Script) {
    script.in_lobby();
    script
        .note("nothing is shown, and the next line is in order")
        .line(hidden(2))
        .line(line("lobby", 3, 9, 4, "three"));
    script
        .note("they have their numbers when the client comes back")
        .line(hidden(4))
        .reconnect(200, 310);
    script
        .reply(3, welcome(7, "alice", true))
        .reply(4, joined("lobby", 5, 6, true));
    script.line(hidden(5)).line(line("lobby", 6, 9, 6, "six"));
    script
        .note("hidden, whatever else the server sends")
        .line(Line {
            hidden: true,
            ..line("lobby", 7, 9, 7, "seen by nobody")
        })
        .line(Line {
            hidden: true,
            ..edited(8, 9, 8, 6, "seen by nobody")
        });
    script
        .note("one is missing")
        .line(hidden(10))
        .reply(5, joined("lobby", 9, 10, true));
    script.line(hidden(9)).line(hidden(10));
    script
        .note("to read up to a hidden line")
        .call(json!({ "call": "mark_read", "room": "lobby", "seq": "10" }));
    script.reply(
        6,
        ReplyResult::MarkedRead(guildhall_protocol::MarkedRead {}),
    );
    let older = |seq: u64| {
        ReplyResult::Joined(guildhall_protocol::Joined {
            epoch: 6,
            ..crate::script::joined_message("lobby", seq, seq, false)
        })
    };
    script.reconnect(6_000, 6_110);
    script
        .reply(7, welcome(7, "alice", true))
        .reply(8, older(20));
    let of_six = |mut line: Line| {
        line.epoch = 6;
        line
    };
    script.line(of_six(hidden(20))).fetch_history("lobby");
    script.note("in pages, too").reply(
        9,
        ReplyResult::History(HistoryPage {
            room: "lobby".into(),
            epoch: 6,
            lines: vec![
                of_six(hidden(17)),
                of_six(line("lobby", 18, 9, 18, "eighteen")),
                of_six(hidden(19)),
            ],
            more: true,
        }),
    );
    script
        .note("the next page is before the hidden line")
        .fetch_history("lobby");
    script.reply(
        10,
        ReplyResult::History(HistoryPage {
            room: "lobby".into(),
            epoch: 6,
            lines: vec![of_six(hidden(15)), of_six(hidden(16))],
            more: true,
        }),
    );
    script.call(json!({
        "call": "search", "room": "", "text": "x", "sender_name": "", "before_time": "0",
        "after_time": "0",
    }));
    script.reply(
        11,
        ReplyResult::Found(SearchPage {
            lines: vec![
                of_six(hidden(19)),
                of_six(line("lobby", 18, 9, 18, "x")),
                of_six(removed(17, 9)),
            ],
            next: Vec::new(),
        }),
    );
}

/// A line that was removed before the client came leaves no trace; one that it had, a tombstone.
pub(crate) fn removed_lines(script: &mut Script) {
    script.online().join("lobby");
    script.reply(2, joined("lobby", 3, 5, false));
    script
        .line(line("lobby", 3, 9, 33, "three"))
        .note("removed before the client came")
        .line(removed(4, 9))
        .line(line("lobby", 5, 9, 35, "five"));
    script
        .note("the client has this one")
        .line(change(6, 9, 36, ChangeKind::Removed, 3));
    script
        .fetch_history("lobby")
        .reply(3, page(vec![line("lobby", 1, 9, 31, "one"), removed(2, 9)]));
    script
        .note("said, and removed before the client heard of it")
        .say("lobby", "mine")
        .reconnect(200, 310);
    script
        .reply(5, welcome(7, "alice", true))
        .reply(6, joined("lobby", 7, 8, true));
    script
        .line(Line {
            nonce: 4,
            ..removed(7, 7)
        })
        .line(change(8, 9, 38, ChangeKind::Removed, 7));
    script.note("one's own of another session").line(Line {
        session: 8,
        ..removed(9, 7)
    });
}

/// All lines of a room, or of a user, are removed at once.
pub(crate) fn cleared(script: &mut Script) {
    script.in_lobby();
    script
        .line(line("lobby", 2, 7, 3, "two"))
        .line(line("lobby", 3, 9, 4, "three"));
    script.note("all that bob has said").line(purged(4, 3, 9));
    script
        .note("all up to the line before")
        .line(change(5, 9, 50, ChangeKind::Cleared, 4));
    script
        .note("that says nothing: of no line, of what comes")
        .line(change(6, 9, 50, ChangeKind::Cleared, 0))
        .line(change(7, 9, 50, ChangeKind::Cleared, 7))
        .line(purged(8, 99, 9));
    script
        .note("while the client was away: of what it had")
        .line(line("lobby", 9, 9, 9, "nine"))
        .reconnect(200, 310);
    script
        .reply(3, welcome(7, "alice", true))
        .reply(4, joined("lobby", 10, 11, true));
    script
        .line(removed(10, 9))
        .line(change(11, 9, 51, ChangeKind::Cleared, 10));
    script
        .note("of lines that the client got as they are now, nothing is told")
        .reconnect(400, 510);
    script
        .reply(5, welcome(7, "alice", true))
        .reply(6, joined("lobby", 20, 22, false));
    script
        .line(removed(20, 9))
        .line(line("lobby", 21, 7, 1, "twenty-one"))
        .line(purged(22, 21, 9));
    script.note("of older lines alone").line(purged(23, 15, 9));
    script
        .note("of a page on its way: told behind it, if it has such lines")
        .fetch_history("lobby")
        .line(purged(24, 22, 9))
        .line(change(25, 9, 50, ChangeKind::Cleared, 18))
        .line(purged(26, 12, 9));
    script.reply(
        7,
        page(vec![
            line("lobby", 17, 9, 17, "seventeen"),
            line("lobby", 18, 7, 18, "eighteen"),
            line("lobby", 19, 9, 19, "nineteen"),
        ]),
    );
    let both = Change {
        seq: 26,
        kind: ChangeKind::Cleared.into(),
        user: 9,
        reaction: None,
    };
    script
        .note("the user of a clear says nothing")
        .receive(PacketBody::Line(Line {
            change: Some(both),
            ..line("lobby", 27, 9, 27, "no text")
        }));
}
