//! A room that begins anew while the client is in it, what the user has read, and what it looks
//! for.

use guildhall_protocol::{
    HistoryPage, Joined, Line, LineRef, MarkedRead, PacketBody, Presence, ReadMark, ReplyResult,
    SearchPage, Unread, UnreadList,
};
use serde_json::json;

use crate::script::{Script, edited, error, joined, joined_message, later, line, member, welcome};

fn of_epoch(epoch: u32, line: Line) -> Line {
    Line { epoch, ..line }
}

fn joined_in(epoch: u32, first_seq: u64, last_seq: u64) -> ReplyResult {
    ReplyResult::Joined(Joined {
        epoch,
        ..joined_message("lobby", first_seq, last_seq, false)
    })
}

pub(crate) fn other_epoch(script: &mut Script) {
    script.in_lobby();
    script
        .note("a line of another epoch: the client joins again, with its position")
        .at(200)
        .line(of_epoch(6, line("lobby", 1, 9, 12, "anew")));
    script
        .note("once: until the answer, all lines are dropped")
        .line(of_epoch(6, line("lobby", 2, 9, 13, "two")))
        .line(line("lobby", 2, 9, 14, "of before"));
    script
        .note("the room began anew")
        .at(250)
        .reply(3, joined_in(6, 1, 2));
    script
        .line(of_epoch(6, line("lobby", 1, 9, 12, "anew")))
        .line(of_epoch(6, line("lobby", 2, 9, 13, "two")));
    script
        .note("a server that goes on with other epochs: not before 5 s have passed")
        .at(300)
        .line(of_epoch(7, line("lobby", 1, 9, 15, "once more")));
    script
        .note("until then, all lines are dropped")
        .at(400)
        .line(of_epoch(8, line("lobby", 1, 9, 16, "and again")))
        .line(of_epoch(6, line("lobby", 3, 9, 17, "three")));
    script.at(5_199).tick(0.0).at(5_200).tick(0.0);
    script
        .note("nothing was lost")
        .at(5_210)
        .reply(
            4,
            ReplyResult::Joined(Joined {
                epoch: 6,
                ..joined_message("lobby", 3, 3, true)
            }),
        )
        .line(of_epoch(6, line("lobby", 3, 9, 17, "three")));
    script
        .note("a change of another epoch is a line, too; 5 s have passed again")
        .at(10_300)
        .line(of_epoch(9, edited(1, 9, 18, 1, "x")));
    script.reply(5, joined_in(9, 1, 1));
    script.line(of_epoch(9, edited(1, 9, 18, 1, "x")));
    script
        .note("catch_up of another epoch")
        .at(20_000)
        .receive(PacketBody::CatchUp(Joined {
            epoch: 10,
            ..joined_message("lobby", 1, 1, true)
        }));
    script
        .note("while the room is being joined")
        .receive(PacketBody::CatchUp(Joined {
            epoch: 11,
            ..joined_message("lobby", 1, 1, true)
        }));
    script
        .note("the room is full: as any join that is refused for now")
        .at(20_010)
        .reply(6, later(21, &["lobby", "2"], 2_000));
    script
        .receive(PacketBody::CatchUp(Joined {
            epoch: 11,
            ..joined_message("lobby", 1, 1, true)
        }))
        .line(of_epoch(10, line("lobby", 1, 9, 19, "ten")));
    script.at(22_010).tick(0.0);
    script.reply(7, joined_in(10, 1, 1));
    script.line(of_epoch(10, line("lobby", 1, 9, 19, "ten")));
    without_another_epoch(script);
}

/// Packets that name no epoch, or belong to no room; and another connection.
fn without_another_epoch(script: &mut Script) {
    script
        .note("no epoch: dropped")
        .at(30_000)
        .line(of_epoch(0, line("lobby", 2, 9, 20, "none")))
        .receive(PacketBody::CatchUp(Joined {
            epoch: 0,
            ..joined_message("lobby", 1, 1, true)
        }));
    script
        .note("members have no epoch")
        .receive(PacketBody::Presence(Presence {
            room: "lobby".into(),
            count: 3,
            listed: true,
            joined: vec![member(11, "carl")],
            ..Presence::default()
        }));
    script
        .note("a room that is left")
        .leave("lobby")
        .line(of_epoch(12, line("lobby", 1, 9, 21, "gone")));
    script.join("lobby").reply(9, joined_in(12, 1, 0));
    script
        .at(30_100)
        .line(of_epoch(13, line("lobby", 1, 9, 22, "x")));
    script.reconnect(30_200, 30_310);
    script.at(30_320).reply(11, welcome(7, "alice", true));
    script
        .reply(12, joined_in(13, 1, 0))
        .note("on another connection, at once")
        .at(30_400)
        .line(of_epoch(14, line("lobby", 1, 9, 23, "y")));
}

fn marked() -> ReplyResult {
    ReplyResult::MarkedRead(MarkedRead {})
}

fn read_elsewhere(room: &str, epoch: u32, seq: u64) -> PacketBody {
    PacketBody::ReadMark(ReadMark {
        room: room.into(),
        line: Some(LineRef { epoch, seq }),
    })
}

pub(crate) fn marks(script: &mut Script) {
    script.online().join("lobby");
    let lobby = |first, last, read_seq| {
        ReplyResult::Joined(Joined {
            read_seq,
            durable: true,
            ..joined_message("lobby", first, last, first > 1)
        })
    };
    script
        .note("where the user has stopped reading")
        .reply(2, lobby(1, 3, 1));
    for seq in 1..=3 {
        script.line(line("lobby", seq, 9, 10 + seq, "hi"));
    }
    script
        .note("known; of the future; of no room")
        .at(200)
        .mark_read("lobby", 1)
        .mark_read("lobby", 4)
        .mark_read("attic", 1);
    script.note("one at a time").mark_read("lobby", 2);
    script.mark_read("lobby", 3);
    script
        .line(line("lobby", 4, 9, 14, "hi"))
        .mark_read("lobby", 4);
    script
        .note("the newest of those that came meanwhile, 5 s later")
        .at(250)
        .reply(3, marked());
    script.at(5_249).tick(0.0).at(5_250).tick(0.0);
    script.at(5_260).reply(4, marked());
    script
        .note("read on another device")
        .line(line("lobby", 5, 9, 15, "hi"))
        .line(line("lobby", 6, 9, 16, "hi"))
        .receive(read_elsewhere("lobby", 5, 5));
    script
        .note("never back; of another epoch; of another room; of nothing")
        .receive(read_elsewhere("lobby", 5, 4))
        .receive(read_elsewhere("lobby", 6, 9))
        .receive(read_elsewhere("attic", 5, 9))
        .receive(PacketBody::ReadMark(ReadMark {
            room: "lobby".into(),
            line: None,
        }));
    script.mark_read("lobby", 5).mark_read("lobby", 6);
    script
        .note("nothing is to be sent but the newest")
        .at(10_260)
        .tick(0.0);
    script
        .note("the server cannot store it now: again, and nobody is told")
        .at(10_300)
        .reply(5, later(24, &["lobby"], 500));
    script.line(line("lobby", 7, 9, 17, "hi"));
    script.at(11_299).tick(0.0).at(11_300).tick(0.0);
    script
        .note("a lost connection: again, unless the server knows it")
        .at(11_350)
        .mark_read("lobby", 7)
        .reconnect(11_400, 11_510);
    script.at(11_520).reply(7, welcome(7, "alice", true));
    script.reply(8, lobby(8, 7, 6));
    script.reply(9, marked());
    script
        .line(line("lobby", 8, 9, 18, "hi"))
        .mark_read("lobby", 8);
    script.reconnect(11_600, 11_710);
    script.at(11_720).reply(10, welcome(7, "alice", true));
    script.note("it does").reply(11, lobby(9, 8, 8));
    script
        .note("without a connection")
        .line(line("lobby", 9, 9, 19, "hi"))
        .at(11_800)
        .closed(1006, "", 0.0);
    script
        .mark_read("lobby", 9)
        .at(11_900)
        .tick(0.0)
        .at(11_910)
        .opened();
    script.at(11_920).reply(12, welcome(7, "alice", true));
    script
        .note("of another epoch: the mark means nothing there")
        .reply(13, joined_in(6, 1, 2));
    script
        .line(of_epoch(6, line("lobby", 1, 9, 20, "hi")))
        .line(of_epoch(6, line("lobby", 2, 9, 21, "hi")))
        .mark_read("lobby", 1);
    script
        .note("refused for good: nobody is told")
        .reply(14, error(10, &["lobby"]));
    script.at(16_920).tick(0.0);
    last_marks(script);
}

/// The read marks that go out when the user leaves a room or closes.
fn last_marks(script: &mut Script) {
    script
        .note("with a mark that is beyond the lines")
        .at(17_000)
        .join("attic");
    let attic = Joined {
        read_seq: u64::MAX,
        ..joined_message("attic", 1, 0, false)
    };
    script.reply(15, ReplyResult::Joined(attic));
    script.mark_read("lobby", 2);
    script.line(of_epoch(6, line("lobby", 3, 9, 22, "hi")));
    script
        .note("the room is left: what was read meanwhile is told at once")
        .mark_read("lobby", 3)
        .leave("lobby");
    script.line(line("attic", 1, 9, 23, "hi"));
    script.mark_read("attic", 1);
    script
        .note("so it is when the user closes")
        .line(line("attic", 2, 9, 24, "hi"))
        .mark_read("attic", 2)
        .call(json!({ "call": "close" }));
}

pub(crate) fn unread(script: &mut Script) {
    let list = json!({ "call": "list_unread" });
    script.note("without a connection").call(list.clone());
    script.in_lobby();
    script.at(200).call(list.clone());
    let unread = |room: &str, seq, lines, mentions, more| Unread {
        room: room.into(),
        read: (seq > 0).then_some(LineRef { epoch: 5, seq }),
        lines,
        mentions,
        more,
    };
    script.at(210).reply(
        3,
        ReplyResult::Unread(UnreadList {
            rooms: vec![
                unread("lobby", 1, 0, 0, false),
                unread("attic", 8, 12, 2, false),
                unread("hall", 0, 1_000, 0, true),
            ],
        }),
    );
    script
        .note("an error")
        .call(list.clone())
        .reply(4, later(17, &[], 1_000));
    script
        .note("lost with its connection")
        .at(300)
        .call(list)
        .closed(1006, "", 0.0);
}

/// A search of this text.
fn search(room: &str, text: &str) -> serde_json::Value {
    json!({
        "call": "search", "room": room, "text": text, "sender_name": "", "before_time": "0",
        "after_time": "0",
    })
}

fn found(lines: Vec<Line>, next: &[u8]) -> ReplyResult {
    let next = next.to_vec();
    ReplyResult::Found(SearchPage { lines, next })
}

pub(crate) fn searches(script: &mut Script) {
    let on = json!({ "call": "search_on" });
    script
        .note("without a connection")
        .call(search("", "dragon"))
        .call(on.clone());
    script.in_lobby();
    script
        .note("nothing was looked for yet")
        .at(200)
        .call(on.clone());
    script.call(search("lobby", "dragon"));
    script.note("an answer is on its way").call(on.clone());
    script.at(210).reply(
        3,
        found(
            vec![
                line("lobby", 9, 9, 30, "a dragon"),
                edited(8, 9, 29, 7, "a dragon"),
                line("lobby", 4, 7, 2, "my dragon"),
            ],
            b"4",
        ),
    );
    script.note("the next page").at(220).call(on.clone());
    script
        .reply(4, found(vec![line("lobby", 2, 9, 11, "dragon?")], b""))
        .note("there are no more")
        .call(on.clone());
    script
        .note("by speaker and time, in all rooms")
        .at(300)
        .call(json!({
            "call": "search", "room": "", "text": "", "sender_id": "9", "sender_name": "",
            "before_time": "1767225600000", "after_time": "1767139200000",
        }));
    script
        .note("another search replaces it: the first answer is not told")
        .call(json!({
            "call": "search", "room": "", "text": "", "sender_name": "bob",
            "before_time": "0", "after_time": "0",
        }));
    script
        .at(310)
        .reply(5, found(vec![line("lobby", 1, 9, 3, "hi")], b"1"))
        .reply(6, found(vec![line("attic", 5, 9, 8, "elsewhere")], b"5"));
    script
        .note("an error ends it")
        .call(on.clone())
        .reply(7, later(17, &[], 1_000))
        .call(on.clone());
    script
        .note("the error of one that was replaced is not told")
        .at(400)
        .call(search("", "one"))
        .call(search("", "two"))
        .reply(8, later(17, &[], 1_000))
        .reply(9, found(Vec::new(), &[7; 1_025]));
    script
        .note("where to go on was too long to be sent back")
        .call(on.clone());
    script
        .note("a room that the user is not in, and a text that is too long")
        .call(search("attic", "x"))
        .call(search("", &"x".repeat(4_097)));
    script
        .note("lost with its connection")
        .at(500)
        .call(search("", "three"))
        .reconnect(600, 710);
    script.at(720).reply(11, welcome(7, "alice", true));
    script.call(on);
}

pub(crate) fn history_of(script: &mut Script) {
    let fetch = |room: &str, before: &str, after: &str| {
        json!({
            "call": "fetch_history_of", "room": room, "before_time": before,
            "after_time": after,
        })
    };
    script.in_lobby();
    script
        .note("the lines of a time")
        .at(200)
        .call(fetch("lobby", "0", "1767139200000"))
        .call(fetch("lobby", "1767139200000", "0"))
        .call(fetch("attic", "0", "0"));
    let page = |lines, more| {
        ReplyResult::History(HistoryPage {
            room: "lobby".into(),
            epoch: 5,
            lines,
            more,
        })
    };
    script.at(210).reply(
        3,
        page(
            vec![
                line("other", 40, 9, 50, "forty"),
                edited(41, 9, 51, 40, "forty"),
                line("lobby", 42, 7, 52, "forty-two"),
            ],
            true,
        ),
    );
    script
        .note("they are not the older lines: those are asked for as before")
        .reply(4, page(Vec::new(), false))
        .fetch_history("lobby");
    script
        .note("an error")
        .call(fetch("lobby", "1", "0"))
        .reply(6, error(20, &["lobby", "history"]));
    script.reply(7, joined("lobby", 1, 1, false));
}
