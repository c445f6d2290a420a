//! Users with several sessions, and what is shown of them.

use guildhall_protocol::{
    HistoryPage, Joined, Line, Member, PacketBody, Presence, ReplyResult, Welcome, WhisperLine,
};
use serde_json::json;

use crate::script::{Script, joined, joined_message, line, welcome_message, whispered};

const INFO: &str = r#"{"badge":"Elder"}"#;

/// Welcome of user-7, in a session of this number.
fn welcomed(session_number: u64) -> ReplyResult {
    ReplyResult::Welcome(Welcome {
        user: "user-7".into(),
        info: INFO.into(),
        session_number,
        ..welcome_message(7, "Mira", false)
    })
}

fn mira() -> Member {
    Member {
        id: 7,
        name: "Mira".into(),
        user: "user-7".into(),
        info: INFO.into(),
    }
}

/// Online as user-7, and in the lobby with nobody else.
fn in_lobby(script: &mut Script) {
    script.at(0).connect().at(50).opened().at(100);
    script.reply(1, welcomed(70));
    let joined = Joined {
        count: 1,
        members: vec![mira()],
        ..joined_message("lobby", 1, 0, false)
    };
    script.join("lobby").reply(2, ReplyResult::Joined(joined));
}

/// A change of the lobby's only member.
fn presence(member: Member) -> PacketBody {
    PacketBody::Presence(Presence {
        room: "lobby".into(),
        count: 1,
        listed: true,
        joined: vec![member],
        left: Vec::new(),
        whole: false,
    })
}

pub(crate) fn two_sessions(script: &mut Script) {
    let of_mira = |session, base: Line| Line {
        session,
        name: "Mira".into(),
        user: "user-7".into(),
        info: INFO.into(),
        ..base
    };
    in_lobby(script);
    script.say("lobby", "from here");
    script
        .note("another session of this user, which counts its own requests")
        .line(of_mira(71, line("lobby", 1, 7, 3, "from the tablet")));
    script
        .note("the one whose number is the ID")
        .line(of_mira(0, line("lobby", 2, 7, 3, "from the phone")));
    script
        .note("this one")
        .line(of_mira(70, line("lobby", 3, 7, 3, "from here")));
    let PacketBody::Whisper(whisper) = whispered(1, 7, 0, "from the phone") else {
        unreachable!("it is a whisper");
    };
    script.whisper("bob", "psst");
    script
        .note("a whisper of another session: a copy without a nonce")
        .receive(PacketBody::Whisper(WhisperLine {
            sender_user: "user-7".into(),
            sender_info: INFO.into(),
            ..whisper
        }));
    script.receive(whispered(2, 7, 4, "psst"));
    script
        .note("a new session: the number is another one")
        .reconnect(200, 350);
    script.reply(5, welcomed(72));
    script.reply(6, joined("lobby", 4, 4, true));
    script
        .note("not this session any more")
        .line(of_mira(70, line("lobby", 4, 7, 7, "from before")));
    script.call(json!({ "call": "fetch_history", "room": "lobby" }));
    script.reply(
        7,
        ReplyResult::History(HistoryPage {
            room: "lobby".into(),
            epoch: 5,
            lines: Vec::new(),
            more: false,
        }),
    );
    script
        .note("only what this session said is an answer")
        .say("lobby", "again");
    script.line(of_mira(70, line("lobby", 5, 7, 8, "from before, too")));
    script.line(of_mira(72, line("lobby", 6, 7, 8, "again")));
}

pub(crate) fn infos(script: &mut Script) {
    in_lobby(script);
    script
        .note("a member with another info has the same name")
        .receive(presence(Member {
            info: r#"{"badge":"Chief"}"#.into(),
            ..mira()
        }));
    script.note("too long to be kept").receive(presence(Member {
        user: "u".repeat(129),
        info: "i".repeat(1_025),
        ..mira()
    }));
    script.note("neither of a line").line(Line {
        user: "u".repeat(129),
        info: "i".repeat(1_025),
        ..line("lobby", 1, 9, 5, "hi")
    });
    script.note("the longest").line(Line {
        user: "u".repeat(128),
        info: "i".repeat(1_024),
        ..line("lobby", 2, 9, 6, "hi")
    });
}
