//! Changes of lines: edits, removals and reactions of this user and of others; and replies.

use guildhall_protocol::{
    Change, ChangeKind, Gap, HistoryPage, Joined, Limits, Line, PacketBody, Repeated, ReplyResult,
    RoomSettings, Welcome,
};
use serde_json::json;

use crate::script::{
    LIMITS, Script, TIME, change, edited, error, joined, joined_message, later, line, reacted,
    reaction, welcome, welcome_message,
};

/// Changes by others and by other sessions.
pub(crate) fn told(script: &mut Script) {
    script.in_lobby();
    script
        .note("a line that says what was changed before")
        .at(200)
        .line(Line {
            reply_to: 1,
            edited: TIME + 5,
            reactions: vec![reaction("🎉", 2), reaction("nobody", 0), reaction("", 3)],
            ..line("lobby", 2, 9, 12, "how are you?")
        });
    script
        .note("what was removed has no text and no reactions")
        .line(Line {
            removed: true,
            reactions: vec![reaction("🎉", 2)],
            ..line("lobby", 3, 9, 13, "a server that sends it nevertheless")
        });
    script
        .note("an edit by the speaker")
        .line(edited(4, 9, 14, 1, "hi!"));
    script
        .note("a reaction of this user, in another session")
        .line(Line {
            session: 8,
            user: "u-7".into(),
            ..reacted((5, 7, 99), ChangeKind::Reacted, 1, ("👍", 1))
        });
    script
        .line(reacted((6, 9, 15), ChangeKind::Reacted, 1, ("👍", 2)))
        .line(reacted((7, 9, 16), ChangeKind::TookBack, 1, ("👍", 1)));
    script
        .note("removed")
        .line(change(8, 9, 17, ChangeKind::Removed, 2));
    script
        .note("the numbers have no holes: this is the next line")
        .line(line("lobby", 9, 9, 18, "next"));
    script
        .note("a change that is known already")
        .line(edited(4, 9, 14, 1, "hi!"));
    script
        .note("a change behind a hole: the room is joined again")
        .line(edited(11, 9, 20, 9, "nexto"));
    script.reply(3, joined("lobby", 10, 11, true));
    script
        .note("missed, and told as such")
        .line(line("lobby", 10, 9, 19, "over"))
        .line(edited(11, 9, 20, 9, "nexto"));
    script
        .note("changes that say nothing: of a kind that is not known")
        .line(change(12, 9, 21, ChangeKind::Unspecified, 9));
    script
        .note("of no line, of themselves, of what comes")
        .line(edited(13, 9, 22, 0, "x"))
        .line(edited(14, 9, 23, 14, "x"))
        .line(edited(15, 9, 24, 99, "x"));
    script
        .note("a reaction that is none, and one that is too long")
        .line(change(16, 9, 25, ChangeKind::Reacted, 9))
        .line(reacted(
            (17, 9, 26),
            ChangeKind::Reacted,
            9,
            (&"x".repeat(129), 1),
        ));
    script.line(line("lobby", 18, 9, 27, "still in order"));
}

/// Changes of lines that this client does not have, and of pages that are on their way.
pub(crate) fn of_older_lines(script: &mut Script) {
    script.online().join("lobby");
    script.reply(2, joined("lobby", 10, 10, false));
    script.line(line("lobby", 10, 9, 30, "ten"));
    script
        .note("of a line that this client does not have")
        .at(200)
        .line(edited(11, 9, 31, 9, "nine!"));
    script.at(300).fetch_history("lobby");
    script
        .note("of a line that may be in the page on its way, as it was before")
        .at(310)
        .line(edited(12, 9, 32, 9, "nine!!"))
        .line(change(13, 9, 33, ChangeKind::Removed, 3));
    let page = |lines| {
        ReplyResult::History(HistoryPage {
            room: "lobby".into(),
            epoch: 5,
            lines,
            more: true,
        })
    };
    script
        .note("told behind the page, if it has the line; 8 in it is a change")
        .at(320)
        .reply(
            3,
            page(vec![
                line("lobby", 7, 9, 27, "seven"),
                edited(8, 9, 28, 7, "seven"),
                line("lobby", 9, 9, 29, "nine!"),
            ]),
        );
    script
        .note("of a line that came with the page")
        .line(edited(14, 9, 34, 7, "seven!"));
    script.at(400).fetch_history("lobby");
    script.at(410);
    for number in 0..64 {
        script.line(reacted(
            (15 + number, 9, 35 + number),
            ChangeKind::Reacted,
            6,
            ("👍", 1),
        ));
    }
    script
        .note("too much has changed meanwhile: the page is of no use")
        .reply(4, page(vec![line("lobby", 6, 9, 26, "six")]));
    script.at(500).fetch_history("lobby");
    script
        .note("a page of changes alone")
        .reply(5, page(vec![edited(6, 9, 26, 2, "two!")]));
    script.at(600).fetch_history("lobby");
}

/// Changes by the user: the requests, their answers, and those that do not go out.
pub(crate) fn asked(script: &mut Script) {
    let limits = Limits {
        reaction_bytes: 8,
        edit_seconds: 60,
        reactions: 4,
        ..LIMITS
    };
    script.at(0).connect().at(50).opened().at(100);
    let welcome = Welcome {
        limits: Some(limits),
        ..welcome_message(7, "alice", false)
    };
    script.reply(1, ReplyResult::Welcome(welcome)).join("lobby");
    script
        .note("of a room that was never joined, the numbers are not known")
        .edit("lobby", 1, "hi");
    let room = Joined {
        durable: true,
        settings: Some(RoomSettings {
            text_bytes: 10,
            may_remove: true,
            ..RoomSettings::default()
        }),
        ..joined_message("lobby", 1, 1, false)
    };
    script.reply(2, ReplyResult::Joined(room));
    script.line(line("lobby", 1, 9, 3, "hi"));
    script.at(200).say("lobby", "helo");
    script.line(line("lobby", 2, 7, 3, "helo"));
    script.at(300).edit("lobby", 2, "hello");
    script
        .note("the own copy is the answer")
        .line(edited(3, 7, 4, 2, "hello"));
    script.at(400).react("lobby", 1, "👍");
    script.line(reacted((4, 7, 5), ChangeKind::Reacted, 1, ("👍", 1)));
    script.take_back("lobby", 1, "👍");
    script.note("nobody has it any more").line(reacted(
        (5, 7, 6),
        ChangeKind::TookBack,
        1,
        ("👍", 0),
    ));
    script.at(500).remove("lobby", 1);
    script.line(change(6, 7, 7, ChangeKind::Removed, 1));
    script
        .note("refused for good: it is forgotten")
        .at(600)
        .edit("lobby", 1, "no")
        .reply(8, error(25, &["lobby", "1"]));
    script.call(json!({ "call": "retry", "nonce": "8" }));
    script
        .note("too late")
        .edit("lobby", 2, "late")
        .reply(9, error(26, &["lobby", "60"]));
    script
        .note("the server cannot store it now: again after a second")
        .at(700)
        .remove("lobby", 2)
        .reply(10, later(24, &["lobby"], 1_000));
    script
        .note("a say waits for it, so that all keep their order")
        .say("lobby", "bye");
    script.at(1_700).tick(0.0);
    script
        .at(1_710)
        .line(change(7, 7, 10, ChangeKind::Removed, 2))
        .line(line("lobby", 8, 7, 11, "bye"));
    script
        .note("what fails at once")
        .at(1_800)
        .edit("lobby", 8, " ");
    script
        .edit("lobby", 8, "longer than ten")
        .edit("lobby", 0, "zero")
        .edit("lobby", 9, "of the future")
        .edit("attic", 1, "elsewhere")
        .remove("attic", 1)
        .remove("lobby", 9)
        .react("lobby", 9, "👍")
        .react("lobby", 8, "")
        .react("lobby", 8, "\u{200b}")
        .react("lobby", 8, "too-long-")
        .reply_to("lobby", 9, "to nothing")
        .reply_to("lobby", 0, "to nothing");
    script
        .note("the room is left: what waits fails")
        .react("lobby", 8, "👍")
        .reply(12, later(15, &["bob"], 500));
    script.leave("lobby");
    script.call(json!({ "call": "close" }));
    script.remove("lobby", 8).react("lobby", 8, "👍");
}

/// Changes over lost connections: sent again with the same ID, in the order of all that is said.
pub(crate) fn lost(script: &mut Script) {
    script.in_lobby();
    script.at(200).say("lobby", "one").edit("lobby", 1, "two");
    script.react("lobby", 1, "👍");
    script
        .note("a new connection, the same session")
        .reconnect(300, 410);
    script
        .note("without a connection")
        .at(420)
        .remove("lobby", 1);
    script.at(430).reply(6, welcome(7, "alice", true));
    script
        .note("all again")
        .reply(8, joined("lobby", 2, 3, true));
    script
        .line(line("lobby", 2, 7, 3, "one"))
        .line(edited(3, 7, 4, 1, "two"));
    script
        .note("stored before, and its line is lost")
        .reply(5, ReplyResult::Repeated(Repeated {}));
    script
        .note("a new session: it may have been done or not")
        .reconnect(500, 610);
    script.at(620).reply(9, welcome(8, "alice", false));
    script.reply(10, joined("lobby", 4, 3, true));
    script.note("in another epoch, the number is another line's");
    script
        .at(700)
        .edit("lobby", 3, "queued")
        .reconnect(800, 910);
    script.at(920).reply(12, welcome(8, "alice", true));
    let anew = Joined {
        epoch: 6,
        ..joined_message("lobby", 1, 0, false)
    };
    script.reply(13, ReplyResult::Joined(anew));
    script.reply(11, error(25, &["lobby", "3"]));
    script
        .note("at most as many as may be without an answer")
        .at(1_000);
    for _ in 0..64 {
        script.call(json!({
            "call": "say", "room": "lobby", "text": "x", "action": false,
        }));
    }
    script.line(Line {
        epoch: 6,
        sender: 8,
        ..line("lobby", 1, 8, 14, "x")
    });
    script.react("lobby", 1, "👍").react("lobby", 1, "🎉");
}

pub(crate) fn replies(script: &mut Script) {
    script.in_lobby();
    script.at(200).reply_to("lobby", 1, "hello");
    script.line(Line {
        reply_to: 1,
        ..line("lobby", 2, 7, 3, "hello")
    });
    script
        .note("a reply that fails is sent again as a reply")
        .at(300)
        .reply_to("lobby", 2, "and you?")
        .reply(4, error(25, &["lobby", "2"]));
    script.call(json!({ "call": "retry", "nonce": "4" }));
    script
        .note("what was missed is as it is now: its changes say nothing new")
        .reconnect(400, 510);
    script.at(520).reply(6, welcome(7, "alice", true));
    script.reply(7, joined("lobby", 3, 6, true));
    script
        .line(Line {
            edited: TIME + 5,
            reactions: vec![reaction("👍", 1)],
            ..line("lobby", 3, 9, 12, "newest")
        })
        .line(Line {
            reply_to: 2,
            ..line("lobby", 4, 7, 5, "and you?")
        })
        .line(edited(5, 9, 13, 3, "newest"))
        .line(reacted((6, 9, 14), ChangeKind::Reacted, 3, ("👍", 1)));
    let gap = Joined {
        gap: Some(Gap { from: 7, to: 8 }),
        ..joined_message("lobby", 9, 9, true)
    };
    script
        .note("a change behind a gap")
        .receive(PacketBody::CatchUp(gap));
    let both = Change {
        user: 0,
        seq: 3,
        kind: ChangeKind::Edited.into(),
        reaction: Some(reaction("👍", 7)),
    };
    script.line(Line {
        change: Some(both),
        ..line("lobby", 9, 9, 17, "newer")
    });
}
