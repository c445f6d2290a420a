//! A room's story, who is in it, and leaving it.

use guildhall_protocol::{Gap, HistoryPage, Joined, Left, Line, PacketBody, Presence, ReplyResult};
use serde_json::json;

use crate::script::{Script, error, joined, joined_message, line, member, welcome, whispered};

pub(crate) fn order(script: &mut Script) {
    script.in_lobby();
    script.line(line("lobby", 2, 9, 4, "two"));
    script.note("known").line(line("lobby", 1, 9, 3, "hi"));
    script
        .note("3 is missing")
        .line(line("lobby", 4, 9, 6, "four"));
    script
        .note("dropped until the answer")
        .line(line("lobby", 5, 9, 7, "five"));
    script.line(line("lobby", 3, 9, 5, "three"));
    script
        .note("a say is sent nevertheless")
        .say("lobby", "six");
    script
        .note("its line is dropped, and it is sent")
        .line(line("lobby", 6, 7, 4, "six"));
    script.note("nothing is sent twice").say("lobby", "seven");
    script
        .note("3 to 6 follow")
        .reply(3, joined("lobby", 3, 6, true));
    script.line(line("lobby", 3, 9, 5, "three"));
    script.line(line("lobby", 4, 9, 6, "four"));
    script.line(line("lobby", 5, 9, 7, "five"));
    script.line(line("lobby", 6, 7, 4, "six"));
    script.line(line("lobby", 7, 7, 5, "seven"));
    script.note("a room that is not joined yet").join("attic");
    script.line(line("attic", 1, 9, 9, "hi"));
}

pub(crate) fn gap(script: &mut Script) {
    script.in_lobby();
    script.reconnect(300, 410);
    script.at(420).reply(3, welcome(7, "alice", true));
    let lost = |from, to, first, last| {
        ReplyResult::Joined(Joined {
            gap: Some(Gap { from, to }),
            ..joined_message("lobby", first, last, true)
        })
    };
    script.note("2 to 9 are lost").reply(4, lost(2, 9, 10, 11));
    script
        .line(line("lobby", 10, 9, 12, "ten"))
        .line(line("lobby", 11, 9, 13, "eleven"));
    script.line(line("lobby", 12, 9, 14, "twelve"));
    script.reconnect(500, 610);
    script.at(620).reply(5, welcome(7, "alice", true));
    script
        .note("all that was said is lost")
        .reply(6, lost(13, 20, 21, 20));
    script.line(line("lobby", 21, 9, 30, "twenty-one"));
    script.reconnect(700, 810);
    script.at(820).reply(7, welcome(7, "alice", true));
    script
        .note("what is known comes again")
        .reply(8, joined("lobby", 20, 22, true));
    script
        .line(line("lobby", 20, 9, 29, "twenty"))
        .line(line("lobby", 21, 9, 30, "twenty-one"));
    script.line(line("lobby", 22, 9, 31, "twenty-two"));
}

pub(crate) fn epoch(script: &mut Script) {
    script.in_lobby().say("lobby", "did you get this?");
    script
        .at(300)
        .closed(1001, "restart", 0.0)
        .at(400)
        .tick(0.0)
        .at(410)
        .opened();
    script.at(420).reply(4, welcome(2, "alice", false));
    let anew = |resumed| Joined {
        epoch: 8,
        ..joined_message("lobby", 1, 1, resumed)
    };
    script.reply(5, ReplyResult::Joined(anew(false)));
    let said = |seq, text| Line {
        epoch: 8,
        ..line("lobby", seq, 9, 2, text)
    };
    script.line(said(1, "one"));
    script.line(said(2, "two"));
    script.reconnect(500, 610);
    script.at(620).reply(6, welcome(2, "alice", true));
    script.note("resumed, but in an epoch that is not known");
    script.reply(7, joined("lobby", 4, 4, true));
    script.line(line("lobby", 4, 9, 1, "four"));
}

pub(crate) fn presence(room: &str, count: u32) -> Presence {
    Presence {
        room: room.into(),
        count,
        listed: true,
        ..Presence::default()
    }
}

pub(crate) fn presence_of(script: &mut Script, presence: Presence) {
    script.receive(PacketBody::Presence(presence));
}

pub(crate) fn presence_story(script: &mut Script) {
    script.in_lobby();
    presence_of(
        script,
        Presence {
            joined: vec![member(11, "cleo")],
            ..presence("lobby", 3)
        },
    );
    script.note("left first, then joined");
    presence_of(
        script,
        Presence {
            joined: vec![member(12, "dan"), member(11, "Cleo"), member(7, "alice")],
            left: vec![9, 99],
            ..presence("lobby", 3)
        },
    );
    script.note("nothing but the number");
    presence_of(script, presence("lobby", 4));
    script.note("too many to list");
    presence_of(
        script,
        Presence {
            listed: false,
            ..presence("lobby", 900)
        },
    );
    script.note("no list to change");
    presence_of(
        script,
        Presence {
            joined: vec![member(13, "eve")],
            ..presence("lobby", 901)
        },
    );
    script.note("few enough again: all of them");
    let everybody = vec![member(13, "eve"), member(7, "alice")];
    presence_of(
        script,
        Presence {
            joined: everybody,
            whole: true,
            ..presence("lobby", 2)
        },
    );
    script.note("all of them, one with another name");
    let everybody = vec![member(9, "bob"), member(7, "Alice"), member(13, "eve")];
    presence_of(
        script,
        Presence {
            joined: everybody,
            whole: true,
            ..presence("lobby", 3)
        },
    );
    script.note("a room that is not wanted");
    presence_of(script, presence("attic", 3));
    script.note("a name that is too long is not kept");
    let long = member(14, &"x".repeat(1_025));
    presence_of(
        script,
        Presence {
            joined: vec![long],
            ..presence("lobby", 4)
        },
    );
    script.reconnect(300, 410);
    script.at(420).reply(3, welcome(7, "alice", true));
    script.note("not joined yet");
    presence_of(script, presence("lobby", 5));
    let alone = Joined {
        count: 500,
        listed: false,
        members: Vec::new(),
        ..joined_message("lobby", 2, 1, true)
    };
    script.reply(4, ReplyResult::Joined(alone));
}

pub(crate) fn history(script: &mut Script) {
    let fetch = json!({ "call": "fetch_history", "room": "lobby" });
    let page = |epoch, seqs: &[u64], more| {
        ReplyResult::History(HistoryPage {
            room: "lobby".into(),
            epoch,
            lines: seqs
                .iter()
                .map(|&seq| line("lobby", seq, 9, seq, "old"))
                .collect(),
            more,
        })
    };
    script.note("not online").call(fetch.clone());
    script.online().note("not in the room").call(fetch.clone());
    script
        .join("lobby")
        .note("not joined yet")
        .call(fetch.clone());
    script.reply(2, joined("lobby", 10, 11, false));
    script.note("before the first line").call(fetch.clone());
    script.note("one at a time").call(fetch.clone());
    script
        .line(line("lobby", 10, 9, 10, "ten"))
        .line(line("lobby", 11, 7, 11, "eleven"));
    script.reply(3, page(5, &[7, 8, 9], true));
    script.call(fetch.clone());
    script
        .note("only what is older, and in order")
        .reply(4, page(5, &[5, 4, 6, 6, 7], true));
    script.call(fetch.clone());
    let mut mine = line("", 4, 7, 3, "mine");
    mine.epoch = 0;
    script.note("lines without their room and epoch");
    script.reply(
        5,
        ReplyResult::History(HistoryPage {
            room: "lobby".into(),
            epoch: 5,
            lines: vec![mine],
            more: false,
        }),
    );
    script
        .call(fetch.clone())
        .note("nothing left")
        .reply(6, page(5, &[], false));
    script
        .call(fetch.clone())
        .note("10: not in the room")
        .reply(7, error(10, &["lobby"]));
    script
        .call(fetch.clone())
        .at(300)
        .note("lost")
        .closed(1006, "", 0.0);
    script
        .at(400)
        .tick(0.0)
        .at(410)
        .opened()
        .at(420)
        .reply(9, welcome(7, "alice", true));
    script
        .note("the same position")
        .reply(10, joined("lobby", 12, 11, true));
    script
        .call(fetch.clone())
        .note("another epoch")
        .reply(11, page(6, &[1], true));
    script
        .call(fetch.clone())
        .note("the wrong answer")
        .reply(12, joined("lobby", 1, 1, true));
    script
        .note("a room that was left meanwhile")
        .leave("lobby")
        .reply(12, page(5, &[3], true));
}

pub(crate) fn leave(script: &mut Script) {
    script.note("not wanted").leave("lobby");
    script.in_lobby().say("lobby", "bye");
    script
        .note("said before: it is still answered")
        .leave("lobby");
    script.line(line("lobby", 2, 7, 3, "bye"));
    script
        .note("not a line of a wanted room")
        .line(line("lobby", 3, 9, 4, "bye, alice"));
    script.reply(4, left("lobby"));
    script
        .note("in, out, in")
        .join("lobby")
        .leave("lobby")
        .join("lobby");
    script
        .note("the first Joined counts no more")
        .reply(5, joined("lobby", 2, 3, false));
    script
        .line(line("lobby", 2, 7, 3, "bye"))
        .reply(6, left("lobby"));
    script
        .note("the second does")
        .reply(7, joined("lobby", 2, 3, false));
    script.line(line("lobby", 2, 7, 3, "bye"));
    script.join("attic").say("attic", "anybody?");
    script.note("never sent").leave("attic");
    script
        .say("lobby", "is this on?")
        .at(300)
        .closed(1006, "", 0.0);
    script
        .say("lobby", "it is off")
        .note("offline")
        .leave("lobby");
    script.at(400).tick(0.0).at(410).opened();
    script
        .note("no room is joined")
        .at(420)
        .reply(13, welcome(7, "alice", true));
    script
        .note("the whisper is received")
        .receive(whispered(1, 9, 8, "yes, it is on"));
    script
        .join("attic")
        .say("attic", "hm")
        .note("7: no such room name");
    script.reply(14, error(7, &["attic", "32"]));
    script.note("no longer wanted").say("attic", "hm");
    script
        .join("hall")
        .reply(16, joined("hall", 1, 0, false))
        .say("hall", "on the wire");
    script
        .leave("hall")
        .note("whether it was said is uncertain")
        .closed(1006, "", 0.0);
    script
        .at(600)
        .tick(0.0)
        .at(610)
        .opened()
        .at(620)
        .reply(19, welcome(7, "alice", true));
    script
        .join("hall")
        .note("left before it was joined")
        .leave("hall");
    script
        .note("an error to no request")
        .reply(20, error(8, &["16"]));
    script
        .note("as it is wanted")
        .reply(21, error(10, &["hall"]));
    script.join("hall").reply(22, joined("hall", 1, 0, false));
    script
        .leave("hall")
        .note("another error")
        .reply(23, error(1, &["no"]));
}

fn left(room: &str) -> ReplyResult {
    let room = room.into();
    ReplyResult::Left(Left { room })
}

pub(crate) fn room_names(script: &mut Script) {
    script
        .at(0)
        .join("Lobby ")
        .say("Lobby ", "early")
        .connect()
        .at(50)
        .opened();
    script.at(100).reply(2, welcome(7, "alice", false));
    script
        .note("now its name is lobby")
        .reply(3, joined("lobby", 1, 1, false));
    script.line(line("lobby", 1, 9, 1, "hi"));
    script
        .note("by both names")
        .say("Lobby ", "one")
        .say("lobby", "two");
    script.join("Lobby ").join("lobby");
    script
        .note("a third name")
        .join("LOBBY")
        .say("LOBBY", "three");
    script.note("the server knows that it is the same: lines come again");
    script.reply(6, joined("lobby", 1, 1, false));
    script
        .line(line("lobby", 1, 9, 1, "hi"))
        .line(line("lobby", 2, 7, 1, "early"));
    script
        .line(line("lobby", 3, 7, 4, "one"))
        .line(line("lobby", 4, 7, 5, "two"));
    script.line(line("lobby", 5, 7, 7, "three"));
    script
        .note("joined as lobby")
        .at(300)
        .closed(1006, "", 0.0)
        .at(400)
        .tick(0.0);
    script
        .at(410)
        .opened()
        .at(420)
        .reply(8, welcome(7, "alice", true));
    script.reply(9, joined("lobby", 6, 5, true));
    script.note("a name that is not known to be the same");
    script.join("LOBBY").leave("LOBBY");
    script
        .note("again nothing")
        .reply(10, joined("lobby", 6, 5, false));
    script.note("but lobby is wanted");
    script.reply(11, left("lobby")).say("lobby", "six");
    script.reply(12, joined("lobby", 6, 5, true));
    script.leave("Lobby ").say("lobby", "gone");
    script.reply(14, left("lobby"));
}
