//! Messages that wait for a moderator.

use guildhall_protocol::{Held, Joined, PacketBody, Rejected, ReplyResult, Welcome};

use crate::script::{
    Script, edited, error, joined, joined_message, later, line, welcome, welcome_message, whispered,
};

fn held() -> ReplyResult {
    ReplyResult::Held(Held {})
}

fn rejected(room: &str, nonce: u64, session: u64, words: &str) -> PacketBody {
    PacketBody::Rejected(Rejected {
        room: room.into(),
        nonce,
        session,
        words: words.into(),
    })
}

/// Held, then published or rejected, over lost connections.
pub(crate) fn held_back(script: &mut Script) {
    script.in_lobby();
    script.at(200).say("lobby", "one").reply(3, held());
    script
        .note("others do not wait for it")
        .say("lobby", "two")
        .line(line("lobby", 2, 7, 4, "two"));
    script
        .note("published: its line comes")
        .line(line("lobby", 3, 7, 3, "one"));
    script.say("lobby", "three").reply(5, held());
    script
        .note("rejected")
        .receive(rejected("lobby", 5, 7, "Not here"));
    script
        .note("once")
        .receive(rejected("lobby", 5, 7, "Not here"));
    script.edit("lobby", 3, "ones").reply(6, held());
    script
        .note("an edit is rejected")
        .receive(rejected("lobby", 6, 0, ""));
    script
        .note("another is published")
        .edit("lobby", 3, "ones")
        .reply(7, held())
        .line(edited(4, 7, 7, 3, "ones"));
    script
        .note("a whisper waits as well")
        .whisper("bob", "psst")
        .reply(8, held())
        .receive(whispered(1, 7, 8, "psst"));
    script.say("lobby", "four").reply(9, held());
    script
        .note("one that was refused for now before keeps nobody waiting")
        .say("lobby", "five")
        .reply(10, later(15, &[], 100))
        .at(300)
        .tick(0.0)
        .reply(10, held())
        .say("lobby", "six")
        .line(line("lobby", 5, 7, 11, "six"));
    script
        .note("they are not sent again on the next connection")
        .reconnect(400, 510);
    script
        .reply(12, welcome(7, "alice", true))
        .reply(13, joined("lobby", 6, 5, true));
    script
        .note("and published later")
        .line(line("lobby", 6, 7, 9, "four"));
    script
        .note("what this session does not know was said in another one")
        .receive(rejected("lobby", 99, 70, "No"))
        .receive(rejected("", 1, 7, "No"));
    script
        .note("an answer to what was not sent")
        .reply(99, held());
    script
        .note("a guest in a new session does not hear of it")
        .reconnect(600, 710);
    script.reply(14, welcome(8, "alice", false));
    script.leave("lobby");
    script.join("attic");
    script.reply(17, joined("attic", 1, 0, false));
    script.say("attic", "seven").reply(18, held());
    script
        .note("the room is left: the user does not hear of it")
        .leave("attic");
    script.reply(19, error(10, &["attic"]));
    script
        .note("removed before it came: who said it sees that")
        .join("inn")
        .reply(20, joined("inn", 1, 0, false));
    script.say("inn", "eight").reply(21, held());
    let mut removed = line("inn", 1, 8, 21, "");
    removed.removed = true;
    script.line(removed);
}

/// A user with an account hears of it in another session.
pub(crate) fn held_of_users(script: &mut Script) {
    let welcome = |number: u64| {
        ReplyResult::Welcome(Welcome {
            user: "u-7".into(),
            session_number: number,
            ..welcome_message(7, "alice", false)
        })
    };
    script.at(0).connect().at(50).opened().at(100);
    script.reply(1, welcome(70)).join("lobby");
    script.reply(2, joined("lobby", 1, 0, false));
    script.say("lobby", "one").reply(3, held());
    script.say("lobby", "two").reply(4, held());
    script.say("lobby", "three").reply(5, held());
    script
        .note("a new session of the same user: these wait on")
        .reconnect(200, 310);
    script.reply(6, welcome(71));
    script.reply(
        7,
        ReplyResult::Joined(Joined {
            resumed: true,
            ..joined_message("lobby", 1, 0, false)
        }),
    );
    let mut published = line("lobby", 1, 7, 3, "one");
    published.session = 70;
    script
        .note("the number is of the session before")
        .line(published);
    script.receive(rejected("lobby", 4, 70, ""));
    script
        .note("the same number of this session is another message")
        .receive(rejected("lobby", 5, 71, ""));
    script
        .note("the user closes: nobody waits any more")
        .call(serde_json::json!({ "call": "close" }));
}
