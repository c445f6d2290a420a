//! What the user says and whispers, and what becomes of it.

use guildhall_protocol::{Gap, Limits, Repeated, ReplyResult, is_unseen};
use serde_json::json;

use crate::script::{LIMITS, Script, error, joined, line, welcome, welcome_message, whispered};

fn repeated() -> ReplyResult {
    ReplyResult::Repeated(Repeated {})
}

fn retry(nonce: u64) -> serde_json::Value {
    json!({ "call": "retry", "nonce": nonce.to_string() })
}

pub(crate) fn say(script: &mut Script) {
    script
        .at(0)
        .join("lobby")
        .note("before the connection")
        .say("lobby", "early");
    script.connect().at(50).opened();
    script.at(100).reply(2, welcome(7, "alice", false));
    script
        .note("before the room is joined")
        .say("lobby", "soon");
    script
        .at(150)
        .note("both go out, by their IDs")
        .reply(3, joined("lobby", 1, 0, false));
    script.line(line("lobby", 1, 7, 1, "early"));
    script.line(line("lobby", 2, 9, 4, "not mine, the same nonce"));
    script.line(line("lobby", 3, 7, 4, "soon"));
    script.at(200).say("lobby", "now");
    script.call(json!({ "call": "say", "room": "lobby", "text": "waves", "action": true }));
    script.note("stored before").reply(5, repeated());
    script.note("nothing more to tell").reply(5, repeated());
    script
        .note("10: not in the room")
        .reply(6, error(10, &["lobby"]));
    script.note("no failed message").call(retry(5));
    script.note("again, with its action").call(retry(6));
    script.note("the old one is forgotten").call(retry(6));
    script
        .note("an answer to nothing")
        .reply(6, error(10, &["lobby"]));
    script.reply(7, error(11, &[]));
    script
        .call(json!({ "call": "discard", "nonce": "7" }))
        .call(retry(7));
    script.note("only what failed").say("lobby", "stay");
    script.call(json!({ "call": "discard", "nonce": "8" }));
    script.line(line("lobby", 4, 7, 8, "stay"));
}

pub(crate) fn loss(script: &mut Script) {
    script.in_lobby();
    script.at(200).say("lobby", "stored").say("lobby", "lost");
    script.whisper("bob", "psst");
    script.at(300).closed(1006, "", 0.0);
    script.at(350).note("offline").say("lobby", "offline");
    script.whisper("bob", "later");
    script
        .at(400)
        .tick(0.0)
        .at(410)
        .note("with the session")
        .opened();
    script
        .at(420)
        .note("the room with its position, then whispers by their IDs");
    script.reply(8, welcome(7, "alice", true));
    script
        .note("all says again, by their IDs")
        .reply(9, joined("lobby", 2, 3, true));
    script
        .note("replay")
        .line(line("lobby", 2, 9, 4, "while you were away"));
    script.line(line("lobby", 3, 7, 3, "stored"));
    script.note("the line came already").reply(3, repeated());
    script.line(line("lobby", 4, 7, 4, "lost"));
    script.line(line("lobby", 5, 7, 6, "offline"));
    script
        .receive(whispered(1, 7, 5, "psst"))
        .receive(whispered(2, 7, 7, "later"));
    script
        .at(500)
        .note("lost again, before Welcome")
        .say("lobby", "again");
    script.closed(1001, "restart", 0.0).at(600).tick(0.0);
    script.at(610).opened().closed(1006, "", 0.0);
    script.at(710).tick(0.0).at(720).opened();
    script.at(730).reply(12, welcome(7, "alice", true));
    script
        .note("lost before the room was joined")
        .closed(1006, "", 0.0);
    script.at(900).tick(0.0).at(910).opened();
    script.reply(14, welcome(7, "alice", true));
    script.reply(15, joined("lobby", 6, 5, true));
    script.line(line("lobby", 6, 7, 10, "again"));
}

pub(crate) fn uncertain(script: &mut Script) {
    script.in_lobby();
    script
        .join("attic")
        .say("attic", "never sent")
        .say("lobby", "sent");
    script.whisper("bob", "sent, too");
    script.at(300).closed(1006, "", 0.0);
    script.whisper("bob", "not sent");
    script.call(json!({ "call": "whisper", "to_id": "9", "text": "for 9", "action": false }));
    script.at(400).tick(0.0).at(410).opened();
    script.note(
        "a new session: what was sent has failed, and what an ID was to get; the rest goes out",
    );
    script.at(420).reply(9, welcome(12, "alice", false));
    script.note("the room's lines go on nevertheless");
    script.reply(10, joined("lobby", 2, 2, true));
    script.note("said with the ID of the old session, so not known as own");
    script.line(line("lobby", 2, 7, 5, "sent"));
    script.reply(11, joined("attic", 1, 0, false));
    script.note("the user decides").call(retry(5));
    script.call(json!({ "call": "discard", "nonce": "6" }));
}

pub(crate) fn whispers(script: &mut Script) {
    script.online();
    script.receive(whispered(1, 9, 5, "hi"));
    script.note("again").receive(whispered(1, 9, 5, "hi"));
    script.whisper("bob", "hi, bob");
    script.call(json!({ "call": "whisper", "to_id": "9", "text": "waves", "action": true }));
    script.receive(whispered(2, 7, 2, "hi, bob"));
    script
        .note("13: no client of this name")
        .reply(3, error(13, &["9"]));
    script.call(retry(3));
    script.note("missing numbers are not requested");
    script.receive(whispered(5, 9, 6, "still there?"));
    script
        .note("an own one counts even if it is dropped")
        .receive(whispered(4, 7, 4, "waves"));
    script.whisper("bob", "lost");
    script.reconnect(300, 410);
    let mut back = welcome_message(7, "alice", true);
    back.whisper_seq = 12;
    back.whisper_gap = Some(Gap { from: 6, to: 9 });
    script
        .at(420)
        .note("6 to 9 are lost")
        .reply(6, ReplyResult::Welcome(back));
    script.receive(whispered(9, 9, 7, "known to be lost"));
    script
        .receive(whispered(10, 9, 8, "the next"))
        .receive(whispered(11, 7, 5, "lost"));
    script
        .note("the last number goes into Hello")
        .reconnect(500, 610);
    let mut back = welcome_message(7, "alice", true);
    back.whisper_gap = Some(Gap { from: 3, to: 11 });
    script
        .note("a gap that is known already")
        .reply(7, ReplyResult::Welcome(back));
    script.reconnect(700, 810);
    script
        .note("a new session counts anew")
        .reply(8, welcome(7, "alice", false));
    script.receive(whispered(1, 9, 9, "once more"));
}

pub(crate) fn limits(script: &mut Script) {
    script.at(0).note("not wanted").say("lobby", "hi");
    script.join("lobby").note("empty").say("lobby", "");
    script
        .note("before Welcome: 4,096 bytes")
        .say("lobby", &"ä".repeat(2_049));
    script.whisper("bob", "").whisper("", "hi");
    script.call(json!({ "call": "whisper", "to_id": "0", "text": "hi", "action": false }));
    script
        .note("the room comes before the number")
        .say("attic", &"x".repeat(4_097));
    script.connect().at(50).opened();
    let small = Limits {
        text_bytes: 8,
        unanswered: 2,
        ..LIMITS
    };
    let mut first = welcome_message(7, "alice", false);
    first.limits = Some(small);
    script.at(100).reply(1, ReplyResult::Welcome(first));
    script.reply(2, joined("lobby", 1, 0, false));
    script
        .note("9 bytes")
        .say("lobby", "123456789")
        .note("8 bytes")
        .say("lobby", "ääää");
    script
        .whisper("bob", "hi")
        .note("both count")
        .say("lobby", "third");
    script.whisper("bob", "third");
    script
        .line(line("lobby", 1, 7, 3, "ääää"))
        .say("lobby", "third");
    script.reply(4, error(14, &["bob"]));
    script
        .note("failed ones do not count")
        .say("lobby", "fourth");
    script
        .note("a retry does")
        .call(json!({ "call": "retry", "nonce": "4" }));
    script.line(line("lobby", 2, 7, 5, "third"));
    script
        .note("it was kept")
        .call(json!({ "call": "retry", "nonce": "4" }));
    script.reconnect(200, 310);
    let mut second = welcome_message(7, "alice", true);
    second.limits = Some(Limits::default());
    script
        .note("a limit that is 0 stays as it was")
        .reply(8, ReplyResult::Welcome(second));
    script.say("lobby", "123456789");
}

pub(crate) fn blank(script: &mut Script) {
    script.at(0).join("lobby");
    for text in [
        " \n", "\u{200b}", "\u{2800}", "\u{3164}", "\u{ad}", "\u{2060}", "\u{feff}", "\u{301}",
        "\u{200f}",
    ] {
        script.say("lobby", text);
    }
    script.whisper("bob", "\u{200b}\u{200b}");
    script.call(json!({ "call": "say", "room": "lobby", "text": "\u{ad}", "action": true }));
    // Godot's texts have no NUL.
    let characters = || ('\u{1}'..=char::MAX).filter(|&c| is_unseen(c));
    let all: String = characters().filter(|&c| c < '\u{e0000}').collect();
    script.note("all of them but tags").say("lobby", &all);
    let neighbours = characters().flat_map(|c| {
        let code = u32::from(c);
        [code - 1, code + 1].into_iter().filter_map(char::from_u32)
    });
    for character in neighbours.filter(|&c| c != '\0' && !is_unseen(c)) {
        script.say("lobby", &character.to_string());
    }
    script
        .note("a letter among them")
        .say("lobby", "\u{200f}\u{5e9}\u{200f}");
    script.say("lobby", "e\u{301}");
}
