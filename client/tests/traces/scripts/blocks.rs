//! Whom the user blocks, and what the user reports.

use guildhall_protocol::{
    Blocks, Limits, Member, PacketBody, ReplyResult, ReportDecided, Reported, Welcome,
};
use serde_json::json;

use crate::script::{LIMITS, Script, error, later, member, welcome, welcome_message, whispered};

fn block(script: &mut Script, user: &str, take_back: bool) {
    script.call(json!({ "call": "block", "user_name": user, "take_back": take_back }));
}

fn list(users: &[(u64, &str)]) -> Blocks {
    let users = users.iter().map(|(id, name)| member(*id, name)).collect();
    Blocks { users }
}

pub(crate) fn blocks(script: &mut Script) {
    script.note("without a connection");
    block(script, "bob", false);
    script.online();
    block(script, "bob", false);
    script.reply(2, ReplyResult::Blocks(list(&[(9, "bob")])));
    script
        .note("by ID; the newest first")
        .call(json!({ "call": "block", "user_id": "11", "take_back": false }));
    script.reply(3, ReplyResult::Blocks(list(&[(11, "cid"), (9, "bob")])));
    script.note("blocked already: that is no news");
    block(script, "cid", false);
    script.reply(4, ReplyResult::Blocks(list(&[(11, "cid"), (9, "bob")])));
    block(script, "bob", true);
    script.reply(5, ReplyResult::Blocks(list(&[(11, "cid")])));
    script
        .note("over another connection")
        .receive(PacketBody::Blocks(list(&[(12, "dora"), (11, "cid")])));
    script
        .call(json!({ "call": "list_blocks" }))
        .reply(6, ReplyResult::Blocks(list(&[(12, "dora"), (11, "cid")])));
    script.note("31: nobody is called so");
    block(script, "eve", false);
    script.reply(7, error(31, &["eve"]));
    script.note("33: as many as the user may block");
    block(script, "eve", false);
    script.reply(8, error(33, &["500"]));
    script.note("17: not now");
    block(script, "eve", false);
    script.reply(9, later(17, &[], 1_000));
    script.note("nobody");
    block(script, "", false);
    script.note("an answer to something else");
    block(script, "eve", true);
    script
        .reply(10, ReplyResult::Reported(Reported { id: 1 }))
        .reply(10, ReplyResult::Blocks(list(&[(11, "cid")])));
    script.note("lost with the connection");
    block(script, "fay", false);
    script
        .note("on the next connection the list is not known yet")
        .reconnect(200, 310);
    script.reply(12, welcome(7, "alice", true));
    script
        .note("what is far too long of a user is cut or dropped")
        .call(json!({ "call": "list_blocks" }))
        .reply(
            13,
            ReplyResult::Blocks(Blocks {
                users: vec![Member {
                    id: 9,
                    name: "語".repeat(400),
                    user: "x".repeat(129),
                    info: "x".repeat(1_025),
                }],
            }),
        );
}

pub(crate) fn reports(script: &mut Script) {
    let of = |extra: serde_json::Value| {
        let mut call = json!({ "call": "report", "reason": 2, "note": "rude" });
        for (key, value) in extra.as_object().expect("an object") {
            call[key] = value.clone();
        }
        call
    };
    script.in_lobby();
    script
        .call(of(json!({ "room": "lobby", "seq": "1" })))
        .note("a receipt")
        .reply(3, ReplyResult::Reported(Reported { id: 41 }));
    script
        .note("32: once is enough")
        .call(of(json!({ "room": "lobby", "seq": "1" })))
        .reply(4, error(32, &[]));
    script
        .receive(whispered(1, 9, 3, "psst"))
        .call(of(json!({ "whisper": "1" })))
        .reply(5, ReplyResult::Reported(Reported { id: 42 }));
    script
        .call(of(json!({ "user_name": "bob" })))
        .reply(6, error(31, &["bob"]));
    script
        .call(of(json!({ "user_id": "9", "note": "" })))
        .reply(7, ReplyResult::Reported(Reported { id: u64::MAX }));
    script
        .note("what fails at once")
        .call(of(json!({ "room": "lobby", "seq": "2" })))
        .call(of(json!({ "room": "attic", "seq": "1" })))
        .call(of(json!({ "whisper": "0" })))
        .call(of(json!({ "whisper": "2" })))
        .call(of(json!({ "user_name": "" })))
        .call(of(json!({ "user_id": "0" })))
        .call(of(json!({ "user_name": "bob", "note": "x".repeat(501) })));
    script
        .note("a note as long as may be")
        .call(of(json!({ "user_name": "bob", "note": "x".repeat(500) })));
    script
        .note("what was decided; it may come at any time")
        .receive(PacketBody::ReportDecided(ReportDecided {
            id: 41,
            acted: true,
            words: "Thank you".into(),
        }))
        .receive(PacketBody::ReportDecided(ReportDecided {
            id: 42,
            ..ReportDecided::default()
        }));
    script
        .note("a server that allows longer notes than a packet holds")
        .reconnect(200, 310);
    script.reply(
        9,
        ReplyResult::Welcome(Welcome {
            limits: Some(Limits {
                note_bytes: u32::MAX,
                ..LIMITS
            }),
            ..welcome_message(7, "alice", true)
        }),
    );
    script.call(of(json!({ "user_name": "bob", "note": "x".repeat(4_097) })));
}
