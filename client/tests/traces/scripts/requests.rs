//! Requests that are no messages.

use guildhall_protocol::{MemberList, Renamed, ReplyResult, RoomInfo, RoomList};
use serde_json::json;

use crate::script::{Script, error, joined, member, welcome};

pub(crate) fn requests(script: &mut Script) {
    let rooms = json!({ "call": "list_rooms" });
    let members = json!({ "call": "list_members", "room": "lobby" });
    script
        .note("not online")
        .call(rooms.clone())
        .call(members.clone());
    script
        .online()
        .note("not in the room")
        .call(members.clone());
    script
        .join("lobby")
        .note("not joined yet")
        .call(members.clone());
    script.reply(2, joined("lobby", 1, 0, false));
    script
        .call(rooms.clone())
        .call(members.clone())
        .rename("Alice");
    let info = |room: &str, count| RoomInfo {
        room: room.into(),
        count,
    };
    script.note("in any order").reply(
        5,
        ReplyResult::Renamed(Renamed {
            name: "Alice".into(),
        }),
    );
    script.reply(
        3,
        ReplyResult::Rooms(RoomList {
            rooms: vec![info("lobby", 2), info("attic", 1)],
            total: 300,
        }),
    );
    let list = |listed, members| {
        ReplyResult::Members(MemberList {
            room: "lobby".into(),
            count: 2,
            listed,
            members,
        })
    };
    script.reply(4, list(true, vec![member(9, "bob"), member(7, "Alice")]));
    script
        .call(members.clone())
        .note("too many to list")
        .reply(6, list(false, Vec::new()));
    script
        .call(members.clone())
        .note("10: not in the room")
        .reply(7, error(10, &["lobby"]));
    script
        .rename("bob")
        .note("6: taken")
        .reply(8, error(6, &["bob"]));
    script
        .call(rooms.clone())
        .note("an error of a later server")
        .reply(9, error(999, &["?"]));
    script
        .call(members.clone())
        .note("left meanwhile")
        .leave("lobby");
    script.reply(10, list(true, vec![member(9, "bob")]));
    script.join("lobby").reply(12, joined("lobby", 1, 0, false));
    script
        .call(rooms.clone())
        .call(members)
        .rename("zoe")
        .leave("lobby")
        .join("attic");
    script.note("lost, except for leaving and joining");
    script.at(300).closed(1006, "", 0.0).call(rooms);
    script.at(400).tick(0.0).at(410).opened();
    script.at(420).reply(18, welcome(7, "Alice", true));
    script.note("a rename of the lost connection is not repeated");
    script.reply(19, joined("attic", 1, 0, false));
}

pub(crate) fn too_many(script: &mut Script) {
    script.online();
    for _ in 0..257 {
        script.call(json!({ "call": "list_rooms" }));
    }
    script.note("so does this").rename("bob");
    script.reply(200, error(1, &["enough"])).rename("bob");
    script
        .note("messages count by themselves")
        .whisper("bob", "hi");
}

pub(crate) fn long_names(script: &mut Script) {
    // 3 bytes a character: 341 characters are 1,023 bytes.
    let long = "語".repeat(400);
    script.at(0).join(&long).say(&long, "hi").connect();
    script.at(50).opened().reply(2, welcome(7, "alice", false));
    script.reply(3, error(7, &["語", "32"]));
    script.rename(&long).whisper(&long, "hi").leave(&long);
}
