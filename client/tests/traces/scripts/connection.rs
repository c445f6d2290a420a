//! Connecting, losing the connection, and what a session makes of nonsense.

use guildhall_protocol::{
    ChatMessage, GoingAway, Limits, Message as _, Packet, PacketBody, Ping, Pong, Repeated, Reply,
    ReplyResult, Welcome,
};
use serde_json::json;

use crate::script::{
    LIMITS, Script, error, joined, joined_message, line, welcome, welcome_message, whispered,
};

pub(crate) fn way_in(script: &mut Script) {
    script.at(0).join("lobby");
    script.note("twice asks for one connection").connect();
    script.connect();
    script.at(50).opened();
    script.note("once is enough").opened();
    script.at(100).note("the room is joined at once");
    script.reply(1, welcome(7, "alice", false));
    script.at(130).reply(2, joined("lobby", 3, 4, false));
    script.line(line("lobby", 3, 9, 3, "old"));
    script.line(line("lobby", 4, 9, 4, "old, too"));
    script.at(900).line(line("lobby", 5, 9, 6, "new"));
    script.at(25_900).receive(PacketBody::Ping(Ping {}));
    script.at(26_000).note("a room while online").join("attic");
    script.note("twice is once").join("attic");
    script.note("nothing was ever said there");
    script.reply(3, joined("attic", 1, 0, false));
    script.line(line("attic", 1, 9, 7, "first"));
}

pub(crate) fn another_run(script: &mut Script) {
    script
        .at(0)
        .note("the IDs of the run before were lower")
        .resume(b"an old secret", 1_000);
    script.join("lobby").say("lobby", "back");
    script.connect().at(50);
    script.note("the secret is in Hello").opened();
    script
        .note("not while there is a socket")
        .resume(b"", 5_000);
    script.at(100).reply(1_002, welcome(7, "alice", true));
    script.at(130).reply(1_003, joined("lobby", 3, 3, false));
    script.line(line("lobby", 3, 9, 3, "old"));
    script.at(200).closed(1006, "", 0.0).at(300).tick(0.0);
    script.note("the secret of the new Welcome").opened();
    script.note("the server has forgotten the session");
    script.reply(1_004, welcome(12, "alice", false));
}

pub(crate) fn overtaken(script: &mut Script) {
    script.at(0).resume(b"an old secret", 1_000).join("lobby");
    script.connect().at(50).opened();
    script
        .note("1: another client has sent later requests of the session, and goes on with it")
        .at(100)
        .reply(1_001, error(1, &["request IDs grow"]));
    script
        .note("the user wants it back")
        .at(200)
        .connect()
        .at(250)
        .opened();
}

pub(crate) fn hello_refused(script: &mut Script) {
    script.at(0).join("lobby").say("lobby", "hello?");
    script.connect().at(50).opened();
    script.note("4: no such version").reply(2, error(4, &["0"]));
    script.note("nothing counts any more");
    script.closed(1006, "", 0.5).tick(0.5);
    script.receive(PacketBody::Ping(Ping {}));
    script.at(900).note("the user tries again").connect();
    script.at(950).opened();
    script.at(1000).reply(3, welcome(7, "alice", false));
}

pub(crate) fn close_codes(script: &mut Script) {
    let codes = [
        1000, 1001, 1002, 1003, 1005, 1006, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 1015,
        3000, 3001, 3499, 3500, 3999, 4000,
    ];
    for (request, code) in (1..).zip(codes) {
        let now = (request - 1) * 100_000;
        script.at(now).connect().at(now + 10).opened();
        script
            .at(now + 20)
            .reply(request, welcome(7, "alice", request > 1));
        script.at(now + 30).closed(code, "why", 0.25);
    }
}

pub(crate) fn waits(script: &mut Script) {
    script.at(0).connect();
    script.note("100 + 0.5 × (500 − 100)").closed(1006, "", 0.5);
    script.at(299).note("not yet").tick(0.5);
    script.at(300).tick(0.5);
    script
        .note("100 + 0.5 × (1,000 − 100)")
        .closed(1006, "", 0.5);
    let mut due = 850;
    for (random, wait) in [
        (0.0, 100),
        (0.999, 3_996),
        (0.25, 2_075),
        (0.25, 4_075),
        (0.75, 15_025),
        (0.75, 15_025),
    ] {
        script.at(due).tick(0.5).closed(1006, "", random);
        due += wait;
    }
    script.at(due).tick(0.5).at(due + 10).opened();
    script.reply(1, welcome(7, "alice", false));
    script.note("online for less than 5 s").at(due + 5_009);
    script.closed(1001, "restart", 0.5);
    script
        .note("the user does not wait")
        .at(due + 6_000)
        .connect();
    script
        .at(due + 6_010)
        .opened()
        .reply(2, welcome(7, "alice", true));
    script
        .note("online for 5 s: failures count anew")
        .at(due + 11_010);
    script.closed(3000, "slow", 0.5);
    script.note("random must be below 1; above, it is as if it were 1");
    script.at(due + 11_310).tick(0.5).closed(1006, "", 7.0);
    script.note("nothing to close").closed(1006, "", 0.5);
}

pub(crate) fn going_away(script: &mut Script) {
    let going = |return_within| PacketBody::GoingAway(GoingAway { return_within });
    script.online();
    script
        .at(6_000)
        .note("spread over 10 s")
        .receive(going(10_000));
    script
        .note("100 + 0.5 × (10,000 − 100)")
        .closed(1001, "stop", 0.5);
    script.at(11_050).tick(0.5);
    script.note("it holds for one wait: 100 + 0.5 × (1,000 − 100)");
    script
        .closed(1006, "", 0.5)
        .at(11_600)
        .tick(0.5)
        .at(11_610)
        .opened();
    script.note("before Welcome, too").receive(going(20_000));
    script
        .at(11_620)
        .closed(1006, "", 0.999)
        .at(31_600)
        .tick(0.5);
    script.at(31_610).opened();
    script.at(31_620).reply(3, welcome(7, "alice", true));
    script
        .note("never less than without it")
        .at(40_000)
        .receive(going(3));
    script
        .closed(1001, "stop", 0.5)
        .at(40_300)
        .tick(0.5)
        .at(40_310)
        .opened();
    script.at(40_320).reply(4, welcome(7, "alice", true));
    script
        .note("at most two minutes")
        .at(50_000)
        .receive(going(u32::MAX));
    script.closed(1001, "stop", 1.0);
    script.note("the user does not wait").at(51_000).connect();
    script
        .at(51_010)
        .opened()
        .at(51_020)
        .reply(5, welcome(7, "alice", true));
    script
        .note("the later one counts")
        .at(60_000)
        .receive(going(60_000));
    script.receive(going(2_100)).closed(3000, "slow", 0.5);
}

pub(crate) fn timeouts(script: &mut Script) {
    script.at(1_000).connect().at(1_100).opened();
    script.at(10_999).tick(0.5);
    script.at(11_000).note("no Welcome").tick(0.5);
    script
        .note("the socket that was given up")
        .closed(1000, "", 0.5);
    script.opened();
    script.at(11_300).tick(0.5).at(11_310).opened();
    script.at(11_320).reply(2, welcome(7, "alice", false));
    script
        .at(40_000)
        .note("anything is a sign of life")
        .receive_bytes(&[0xff]);
    script.at(89_999).tick(0.5);
    script.at(90_000).note("50 s of silence").tick(0.5);
    script.at(90_300).tick(0.5).at(90_310).opened();
    let mut quick = welcome_message(7, "alice", true);
    quick.limits = Some(Limits {
        heartbeat_seconds: 2,
        ..LIMITS
    });
    script
        .at(90_320)
        .note("another heartbeat")
        .reply(3, ReplyResult::Welcome(quick));
    script.at(94_320).tick(0.5);
    script.at(94_620).note("not even a socket").tick(0.5);
    script.at(104_620).tick(0.0);
}

pub(crate) fn goodbye(script: &mut Script) {
    let close = json!({ "call": "close" });
    script
        .at(0)
        .join("lobby")
        .say("lobby", "one")
        .note("idle")
        .call(close.clone());
    script.note("once is enough").call(close.clone());
    script
        .note("closed")
        .say("lobby", "two")
        .whisper("bob", "two");
    script.note("a platform that opens no socket when none is wanted");
    script.call(json!({ "call": "refused", "reason": "no" }));
    script
        .at(100)
        .connect()
        .note("connecting")
        .call(close.clone());
    script.at(200).connect();
    script.call(json!({ "call": "refused", "reason": "a bad address" }));
    script.at(300).connect().at(310).opened();
    script.at(320).reply(2, welcome(7, "alice", false));
    script.reply(3, joined("lobby", 1, 0, false));
    script
        .say("lobby", "three")
        .whisper("bob", "four")
        .say("attic", "five");
    script.join("attic").say("attic", "six");
    script.note("online").call(close.clone());
    script.at(400).note("the session is named again").connect();
    script
        .at(410)
        .opened()
        .at(420)
        .reply(8, welcome(7, "alice", true));
    script.reply(9, joined("lobby", 1, 1, true));
    script.note("it was not lost after all");
    script.line(line("lobby", 1, 7, 4, "three"));
    script
        .note("nor this one")
        .receive(whispered(1, 7, 5, "four"));
    script.at(500).closed(1006, "", 0.5);
    script.note("waiting").call(close);
    script.at(600).note("nothing is due").tick(0.5);
}

pub(crate) fn garbage(script: &mut Script) {
    script
        .note("before anything")
        .receive(PacketBody::Ping(Ping {}));
    script.at(0).connect();
    script
        .note("before the socket is open")
        .receive(PacketBody::Ping(Ping {}));
    script.at(50).opened();
    script
        .note("before Welcome")
        .line(line("lobby", 1, 9, 1, "hi"));
    script.receive(whispered(1, 9, 1, "hi"));
    script
        .note("the wrong answer")
        .reply(1, joined("lobby", 1, 0, false));
    script
        .note("no answer at all")
        .receive(PacketBody::Reply(Reply {
            id: 1,
            result: None,
        }));
    script
        .note("a ping is always answered")
        .receive(PacketBody::Ping(Ping {}));
    script.at(100).reply(1, welcome(7, "alice", false));
    script.join("lobby").reply(2, joined("lobby", 1, 0, false));
    script.at(200).receive_bytes(&[]);
    script.receive_bytes(b"{\"chat\":\"hi\"}");
    let ping = Packet::from(PacketBody::Ping(Ping {})).encode_to_vec();
    script
        .note("two packets")
        .receive_bytes(&[&ping[..], &ping].concat());
    script
        .note("one newline is tolerated")
        .receive_bytes(&[&ping[..], b"\n"].concat());
    script
        .note("an unknown body")
        .receive_bytes(&[0xf2, 0x01, 0x00]);
    script
        .note("a sender and no body")
        .receive_bytes(&[0x08, 0x01]);
    script.note("for clients without the subprotocol");
    script.receive(PacketBody::Chat(ChatMessage { msg: "hi".into() }));
    script.receive_bytes(&Packet::id(3).encode_to_vec());
    script
        .note("what only clients send")
        .receive(PacketBody::Pong(Pong {}));
    script
        .note("replies to no request")
        .reply(1, welcome(8, "eve", false));
    script
        .reply(0, error(1, &["what?"]))
        .reply(99, error(1, &["what?"]));
    script.reply(99, ReplyResult::Repeated(Repeated {}));
    script
        .note("a room that is not wanted")
        .line(line("cellar", 1, 9, 1, "hi"));
    script
        .note("not said yet")
        .line(line("lobby", 0, 9, 1, "hi"));
    script.say("lobby", "hello");
    script
        .note("no answer to a say")
        .reply(3, joined("lobby", 1, 0, false));
    script
        .note("another client's")
        .line(line("lobby", 1, 9, 3, "hello"));
    script.note("its own").line(line("lobby", 2, 7, 3, "hello"));
    script
        .note("its own, again")
        .line(line("lobby", 2, 7, 3, "hello"));
}

pub(crate) fn numbers(script: &mut Script) {
    // The schema's 64 bits are unsigned, but no number of a server has them all.
    const MOST: u64 = i64::MAX.cast_unsigned();
    script.at(0).join("lobby").connect().at(50).opened();
    let greeting = Welcome {
        version: u32::MAX,
        time: MOST,
        whisper_seq: MOST,
        limits: Some(Limits {
            text_bytes: u32::MAX,
            heartbeat_seconds: u32::MAX,
            unanswered: u32::MAX,
            ..LIMITS
        }),
        ..welcome_message(MOST, "alice", false)
    };
    script.at(100).reply(1, ReplyResult::Welcome(greeting));
    script.note("no line before the first");
    script.reply(2, joined("lobby", 0, 0, false));
    script.note("the last number of 63 bits");
    script.receive(whispered(MOST, 9, 1, "hi"));
    script.receive(whispered(MOST, 9, 1, "hi"));
    script
        .note("far ahead")
        .line(line("lobby", MOST, 9, 1, "hi"));
    let mut far = joined_message("lobby", MOST, 0, true);
    far.count = u32::MAX;
    script
        .note("a gap of almost everything")
        .reply(3, ReplyResult::Joined(far));
    script.line(line("lobby", MOST, 9, 1, "hi"));
    script
        .note("the longest silence")
        .at(8_589_934_590_100)
        .tick(0.0);
}
