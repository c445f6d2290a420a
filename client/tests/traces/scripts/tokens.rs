//! The user's token: when the session asks for one, and what it does with it.

use guildhall_protocol::{Line, PacketBody, Ping, Refreshed, ReplyResult, Welcome};
use serde_json::json;

use crate::script::{Script, error, joined, later, line, welcome_message};

/// Welcome of user-7, whose token holds for so many seconds.
fn welcomed(ttl: u32, resumed: bool) -> ReplyResult {
    ReplyResult::Welcome(Welcome {
        ttl,
        user: "user-7".into(),
        info: r##"{"color":"#fc0"}"##.into(),
        session_number: 70,
        ..welcome_message(7, "Mira", resumed)
    })
}

/// Brings a token in the first Hello, at 50 ms.
fn opened(script: &mut Script) {
    script.set_token("first").at(0).connect().at(50).opened();
}

/// The server shows that it is there.
fn alive(script: &mut Script) {
    script.receive(PacketBody::Ping(Ping {}));
}

fn refreshed(ttl: u32) -> ReplyResult {
    ReplyResult::Refreshed(Refreshed { ttl })
}

/// The error 19.
fn bad_token() -> ReplyResult {
    error(19, &["the token is over"])
}

pub(crate) fn given(script: &mut Script) {
    script
        .note("a token that the application has anyway")
        .set_token("first");
    script.at(0).join("lobby").connect();
    script.at(50).note("it is in Hello").opened();
    script
        .note("the token names two rooms, one of which is wanted already")
        .at(100)
        .reply(
            1,
            ReplyResult::Welcome(Welcome {
                rooms: vec!["lobby".into(), "guild-42".into()],
                may_rename: true,
                ttl: 600,
                user: "user-7".into(),
                session_number: 70,
                ..welcome_message(7, "Mira", false)
            }),
        );
    script.reply(2, joined("lobby", 1, 0, false));
    script.reply(3, joined("guild-42", 1, 0, false));
    script
        .note("a room of the token can be left")
        .leave("guild-42")
        .reconnect(200, 350);
    script
        .note("and is not joined again; another one is")
        .reply(
            5,
            ReplyResult::Welcome(Welcome {
                rooms: vec!["guild-42".into(), "team-1".into()],
                ttl: 599,
                user: "user-7".into(),
                session_number: 70,
                ..welcome_message(7, "Mira", true)
            }),
        );
    script
        .note("another token while online: it goes out at once")
        .set_token("second")
        .reply(8, refreshed(900));
}

pub(crate) fn asked(script: &mut Script) {
    script.call(json!({ "call": "use_tokens" }));
    script
        .at(0)
        .note("asked before there is a socket")
        .join("lobby")
        .connect();
    script.note("no second question").connect();
    script.at(20_000).note("there is no hurry").tick(0.0);
    script.note("now the attempt begins").set_token("first");
    script.at(20_050).opened().at(20_100);
    script.reply(1, welcomed(600, false));
    script.reply(2, joined("lobby", 1, 0, false));
    alive(script.at(560_000));
    script.at(560_099).note("not yet").tick(0.0);
    script.at(560_100).tick(0.0);
}

pub(crate) fn refresh(script: &mut Script) {
    opened(script);
    script
        .note("a tenth before the end")
        .at(100)
        .reply(1, welcomed(3_600, false));
    alive(script.at(3_240_000));
    script.at(3_240_100).tick(0.0);
    script.note("asked once").at(3_240_200).tick(0.0);
    script.set_token("second");
    script
        .note("of a short time, half a minute before the end")
        .at(3_240_300)
        .reply(2, refreshed(100));
    alive(script.at(3_310_000));
    script.at(3_310_300).tick(0.0).set_token("third");
    script
        .note("of a very short one, in the middle, but not before 5 s")
        .reply(3, refreshed(20));
    script.at(3_320_300).tick(0.0).set_token("fourth");
    script
        .note("5 s, whatever the server says")
        .reply(4, refreshed(1));
    script.at(3_325_300).tick(0.0);
    script
        .note("the application has none now: the session asks again")
        .no_token("no answer", 0.5);
    script
        .note("only one answer counts")
        .no_token("no answer", 0.5);
    script.at(3_325_600).tick(0.0).no_token("no answer", 0.5);
    script.at(3_326_150).tick(0.0).set_token("fifth");
    script
        .note("15: the server has no time for it")
        .reply(5, later(15, &[], 2_000));
    script.at(3_328_150).tick(0.0).reply(6, refreshed(600));
    script
        .note("an error of a server that does not know this")
        .set_token("sixth")
        .reply(7, error(1, &["it asks for nothing"]));
}

pub(crate) fn cut(script: &mut Script) {
    opened(script);
    script.join("lobby").at(100).reply(1, welcomed(100, false));
    script.reply(2, joined("lobby", 1, 0, false));
    alive(script.at(70_000));
    script.at(70_100).tick(0.0);
    script
        .note("lost while the application gets a token: the old one still holds")
        .reconnect(70_200, 70_350);
    script
        .note("the new one comes before Welcome, and follows it")
        .set_token("second");
    script.at(70_400).reply(3, welcomed(29, true));
    script
        .note("lost with the answer: the new one is in Hello")
        .reconnect(70_500, 70_650);
    script.at(70_700).reply(6, welcomed(100, true));
    script.reply(7, joined("lobby", 1, 0, true));
    alive(script.at(140_000));
    script.at(140_700).tick(0.0);
    script
        .note("a long cut: the old one is over, so the attempt waits for the new one")
        .closed(1006, "", 0.0);
    script.say("lobby", "later");
    script.at(171_000).tick(0.0).at(171_500).set_token("third");
    script.at(171_550).opened().reply(9, welcomed(100, true));
    script.reply(10, joined("lobby", 1, 0, true));
    script.line(Line {
        session: 70,
        ..line("lobby", 1, 7, 8, "later")
    });
}

pub(crate) fn expired(script: &mut Script) {
    opened(script);
    script.join("lobby").at(100).reply(1, welcomed(600, false));
    script.reply(2, joined("lobby", 1, 0, false));
    script
        .note("the token is over, by the server's clock")
        .at(9_000)
        .closed(3002, "the token is over", 0.0);
    script
        .note("asked when the attempt is due")
        .at(9_100)
        .tick(0.0);
    script
        .note("the application has none: the session asks again")
        .at(9_200)
        .no_token("the game's server does not answer", 0.5);
    script.at(9_750).tick(0.0).at(9_800).set_token("second");
    script.at(9_850).opened();
    script
        .note("19: the server does not take it; its close says what helps")
        .reply(3, bad_token());
    script.at(9_900).closed(3002, "the token is over", 0.0);
    script.at(10_000).tick(0.0).set_token("third");
    script.at(10_050).opened().reply(4, welcomed(600, true));
    script.reply(5, joined("lobby", 1, 0, true));
    script
        .note("the next one goes out, and the server closes before it reads that")
        .at(20_000)
        .set_token("fourth")
        .closed(3002, "the token is over", 0.0);
    script
        .note("so the fourth is in Hello, and nobody is asked")
        .at(20_100)
        .tick(0.0)
        .at(20_150)
        .opened();
}

pub(crate) fn bad(script: &mut Script) {
    opened(script);
    script.join("lobby").say("lobby", "hello?");
    script.reply(1, bad_token());
    script
        .note("no other token helps")
        .at(100)
        .closed(3501, "the token does not hold", 0.0);
    script.note("never").at(100_000).tick(0.0);
    script
        .note("the user tries again: another token is needed")
        .connect();
    script.set_token("second").at(100_050).opened();
    script.reply(3, welcomed(600, false));
    script
        .note("revoked")
        .at(200_000)
        .closed(3502, "revoked", 0.0);
    script
        .note("the user tries again, and gives up")
        .connect()
        .call(json!({ "call": "close" }));
    script
        .note("a late answer is kept for later")
        .set_token("third")
        .connect()
        .at(200_050)
        .opened();
}

pub(crate) fn guest(script: &mut Script) {
    script.at(0).connect().at(50).opened();
    script
        .note("a server that wants tokens, and an application that has none")
        .reply(1, error(19, &["a token is needed"]))
        .closed(3501, "a token is needed", 0.0);
    script.call(json!({ "call": "use_tokens" }));
    script.at(1_000).connect();
    script.note("an empty one: a guest").set_token("");
    script.at(1_050).opened().reply(2, welcome_of_guest());
    script
        .note("3002 brings a question")
        .at(2_000)
        .closed(3002, "", 0.0)
        .at(2_100)
        .tick(0.0);
    script.set_token("").at(2_150).opened();
    script.reply(3, welcome_of_guest());
    script
        .note("the user signs in: a guest's token goes with Hello, on another connection")
        .at(3_000)
        .set_token("first");
    script.at(3_050).opened().at(3_100);
    script
        .note("17: the server is busy; Hello follows again")
        .reply(4, later(17, &[], 1_000));
    script.at(4_099).tick(0.0).at(4_100).tick(0.0);
    script.reply(5, welcomed(600, false));
}

fn welcome_of_guest() -> ReplyResult {
    ReplyResult::Welcome(welcome_message(7, "Guest 7", false))
}
