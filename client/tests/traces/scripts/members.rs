//! What a session tells of the members of a room, for its user to read.

use guildhall_protocol::{Joined, Member, Presence, ReplyResult};

use super::rooms::{presence, presence_of};
use crate::script::{Script, joined_message, line, member};

fn crowd(ids: std::ops::RangeInclusive<u64>) -> Vec<Member> {
    ids.map(|id| member(id, &format!("guest {id}"))).collect()
}

/// In the lobby with bob, and so many guests that there are `count` members.
fn with_guests(script: &mut Script, count: u32) {
    script.online().join("lobby");
    let mut members = vec![member(7, "alice"), member(9, "bob")];
    members.extend(crowd(20..=17 + u64::from(count)));
    let joined = Joined {
        count,
        members,
        ..joined_message("lobby", 1, 0, false)
    };
    script.reply(2, ReplyResult::Joined(joined));
}

pub(crate) fn notices(script: &mut Script) {
    with_guests(script, 28);
    script.note("one notice for all that the server tells at once");
    presence_of(
        script,
        Presence {
            joined: vec![member(11, "cleo"), member(12, "dan")],
            left: vec![20],
            ..presence("lobby", 29)
        },
    );
    script.note("30 members are few");
    presence_of(
        script,
        Presence {
            joined: vec![member(13, "eve")],
            ..presence("lobby", 30)
        },
    );
    script.note("many come: none");
    presence_of(
        script,
        Presence {
            joined: crowd(100..=159),
            ..presence("lobby", 90)
        },
    );
    script.note("many leave: none, since the number before counts as well");
    presence_of(
        script,
        Presence {
            left: (100..=159).chain(21..=40).collect(),
            ..presence("lobby", 10)
        },
    );
    script.note("a few leave: one");
    presence_of(
        script,
        Presence {
            left: (41..=43).collect(),
            ..presence("lobby", 7)
        },
    );
}

pub(crate) fn no_notice(script: &mut Script) {
    with_guests(script, 2);
    script
        .note("olga speaks before the server lists her")
        .line(line("lobby", 1, 31, 3, "hello"));
    script.note("so only pat's arrival needs a notice");
    presence_of(
        script,
        Presence {
            joined: vec![member(31, "olga"), member(32, "pat")],
            ..presence("lobby", 4)
        },
    );
    script
        .note("a member that speaks, leaves and comes back")
        .line(line("lobby", 2, 31, 4, "bye"));
    presence_of(
        script,
        Presence {
            left: vec![31],
            ..presence("lobby", 3)
        },
    );
    presence_of(
        script,
        Presence {
            joined: vec![member(31, "olga")],
            ..presence("lobby", 4)
        },
    );
    script
        .note("who has spoken and is not listed then has left again")
        .line(line("lobby", 3, 33, 3, "hi"));
    presence_of(script, presence("lobby", 4));
    script.note("and comes back");
    presence_of(
        script,
        Presence {
            joined: vec![member(33, "quin")],
            ..presence("lobby", 5)
        },
    );
    script.note("the user's own name is told as my_name, and others' names here");
    presence_of(
        script,
        Presence {
            joined: vec![member(7, "Alicia"), member(9, "Robert")],
            ..presence("lobby", 5)
        },
    );
    script.note("nothing is left to tell");
    presence_of(
        script,
        Presence {
            joined: vec![member(7, "alice")],
            ..presence("lobby", 5)
        },
    );
}

pub(crate) fn forget(script: &mut Script) {
    use serde_json::json;
    let forget = |seq: &str| json!({ "call": "forget_before", "room": "lobby", "seq": seq });
    let fetch = json!({ "call": "fetch_history", "room": "lobby" });
    script.in_lobby();
    for seq in 2..=6 {
        script.line(line("lobby", seq, 9, seq + 2, "more"));
    }
    script.note("no line of the room").call(forget("7"));
    script.call(forget("5"));
    script.note("it is forgotten already").call(forget("3"));
    script
        .note("no such room")
        .call(json!({ "call": "forget_before", "room": "attic", "seq": "2" }));
    script.note("lines before 5").call(fetch);
}
