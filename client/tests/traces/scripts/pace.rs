//! What a client does if it says too much at once, or reads too slowly.

use guildhall_protocol::{Gap, Joined, PacketBody, Ping};
use serde_json::json;

use crate::script::{
    Script, error, joined, joined_message, later, line, member, welcome, whispered,
};

pub(crate) fn too_fast(script: &mut Script) {
    script.in_lobby().join("attic");
    script.reply(3, joined("attic", 1, 0, false));
    script.at(200).say("lobby", "one").say("lobby", "two");
    script.say("attic", "elsewhere").whisper("bob", "psst");
    script
        .note("refused for now: the user is not told")
        .at(250)
        .reply(4, later(15, &["bob"], 500));
    script
        .note("so is the next, which was on its way")
        .reply(5, later(15, &["bob"], 500));
    script
        .note("refused twice")
        .reply(5, later(15, &["bob"], 9));
    script
        .note("behind the others")
        .at(300)
        .say("lobby", "three");
    script
        .note("another room does not wait")
        .say("attic", "at once");
    script.line(line("attic", 1, 7, 6, "elsewhere"));
    script
        .note("16: bob reads too slowly; at least 100 ms")
        .reply(7, later(16, &["bob"], 1));
    script.note("too early").at(399).tick(0.0);
    script.note("the whisper again").at(400).tick(0.0);
    script.at(410).receive(whispered(1, 7, 7, "psst"));
    script.note("the first one alone").at(750).tick(0.0);
    script
        .note("its line lets the next go")
        .at(760)
        .line(line("lobby", 2, 7, 4, "one"));
    script
        .note("still too fast; at most a minute")
        .at(770)
        .reply(5, later(15, &["bob"], u32::MAX));
    script.at(40_000).receive(PacketBody::Ping(Ping {}));
    script.at(60_769).tick(0.0).at(60_770).tick(0.0);
    script
        .note("refused for good: the next goes out")
        .at(60_780)
        .reply(5, error(11, &[]));
    script.line(line("lobby", 3, 7, 8, "three"));
    script.at(60_800).say("lobby", "four").say("lobby", "five");
    script
        .reply(10, later(15, &["bob"], 300))
        .reply(11, later(15, &["bob"], 300));
    script
        .note("a new connection: all again, in their order")
        .reconnect(60_900, 61_010);
    script.at(61_020).reply(12, welcome(7, "alice", true));
    script.reply(13, joined("lobby", 4, 3, true));
    script.at(61_100).reply(10, later(15, &["bob"], 300));
    script
        .note("a room that is left: nothing was stored")
        .leave("lobby");
    script.at(61_400).tick(0.0);
    script
        .note("was on its way, and is not sent again")
        .reply(11, later(15, &["bob"], 300));
    script.at(61_700).tick(0.0);
    script.call(json!({ "call": "retry", "nonce": "10" }));
}

pub(crate) fn catch_up(script: &mut Script) {
    let missed = |first, last, gap: Option<(u64, u64)>| {
        PacketBody::CatchUp(Joined {
            gap: gap.map(|(from, to)| Gap { from, to }),
            count: 3,
            members: vec![member(7, "alice"), member(9, "bob"), member(11, "carl")],
            ..joined_message("lobby", first, last, true)
        })
    };
    script
        .note("a room that is not joined")
        .receive(missed(2, 1, None));
    script.in_lobby();
    script
        .note("2 to 9 are lost; members have changed, too")
        .receive(missed(10, 11, Some((2, 9))));
    script
        .note("missed")
        .line(line("lobby", 10, 9, 12, "ten"))
        .line(line("lobby", 11, 9, 13, "eleven"));
    script.note("live").line(line("lobby", 12, 9, 14, "twelve"));
    script
        .note("nothing is lost")
        .receive(missed(13, 13, None))
        .line(line("lobby", 13, 9, 15, "thirteen"));
    script
        .note("only members have changed")
        .receive(missed(14, 13, None));
    script
        .note("all that was said is lost")
        .receive(missed(21, 20, Some((14, 20))));
    script.line(line("lobby", 21, 9, 30, "twenty-one"));
    script
        .note("never back")
        .receive(missed(3, 4, None))
        .line(line("lobby", 3, 9, 31, "three"));
    script
        .note("a line is missing, so the room is joined again")
        .line(line("lobby", 23, 9, 33, "twenty-three"));
    script
        .note("the answer to that says the same")
        .receive(missed(24, 23, Some((22, 23))));
    script.reply(3, joined("lobby", 22, 23, true));
    script
        .line(line("lobby", 22, 9, 32, "twenty-two"))
        .line(line("lobby", 23, 9, 33, "twenty-three"));
}
