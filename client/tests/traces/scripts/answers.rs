//! A server that does not answer.

use guildhall_protocol::{PacketBody, Ping, ReplyResult, RoomList};
use serde_json::json;

use crate::script::{Script, line, welcome};

pub(crate) fn answers(script: &mut Script) {
    let check = json!({ "call": "check" });
    script.in_lobby();
    script
        .note("nothing waits for an answer")
        .at(9_000)
        .tick(0.0);
    script
        .note("the time is not known: a tick is due at once")
        .at(10_000)
        .say("lobby", "hello?");
    script.tick(0.0);
    script.note("not yet").at(14_999).tick(0.0);
    script.note("after 5 s").at(15_000).tick(0.0);
    script.note("told once").at(16_000).tick(0.0);
    script
        .note("whatever comes is a sign of life, and the say still waits")
        .at(17_000)
        .receive(PacketBody::Ping(Ping {}));
    script.at(22_000).tick(0.0);
    script.at(23_000).line(line("lobby", 2, 7, 3, "hello?"));
    script.note("nothing waits any more").at(30_000).tick(0.0);
    script
        .note("a question of the session's own")
        .call(check.clone());
    script.note("one is enough").call(check.clone());
    script.note("its answer is for nobody").at(30_100).reply(
        4,
        ReplyResult::Rooms(RoomList {
            rooms: Vec::new(),
            total: 0,
        }),
    );
    script.call(check.clone());
    script.at(35_100).tick(0.0);
    script
        .note("the loss is told, and nothing of the question")
        .at(80_100)
        .tick(0.0);
    script.note("no connection, no question").call(check);
    script.at(80_200).tick(0.0).at(80_300).opened().at(80_400);
    script
        .note("a new connection answers")
        .reply(6, welcome(7, "alice", true));
}
