//! Rooms that the game puts the client into.

use guildhall_protocol::{Joined, Moved, PacketBody, ReplyResult, RoomSettings};

use crate::script::{Script, joined, joined_message, line, welcome};

fn moved(from: &str, joined: Joined) -> PacketBody {
    PacketBody::Moved(Moved {
        from: from.into(),
        joined: Some(joined),
    })
}

pub(crate) fn moved_by_the_game(script: &mut Script) {
    script.in_lobby().say("lobby", "on its way");
    script
        .note("out of one room and into another, whose lines follow")
        .at(200)
        .receive(moved(
            "lobby",
            Joined {
                settings: Some(RoomSettings {
                    topic: "Team red".into(),
                    ..RoomSettings::default()
                }),
                ..joined_message("match-1", 4, 4, false)
            },
        ));
    script
        .line(line("match-1", 4, 9, 8, "go"))
        .note("of a room that the client is not in any more")
        .line(line("lobby", 2, 9, 9, "x"));
    script
        .say("match-1", "ready")
        .line(line("match-1", 5, 7, 4, "ready"));
    script
        .note("into one more")
        .receive(moved("", joined_message("match-2", 1, 0, false)));
    script
        .note("out of a room that the client is not in")
        .receive(moved("lobby", joined_message("match-3", 1, 0, false)));
    script
        .note("into one that it is in")
        .receive(moved("match-3", joined_message("match-1", 3, 5, false)));
    script.line(line("match-1", 3, 9, 7, "again"));
    script
        .note("into one that it joins just now: the answer to that counts")
        .join("match-4")
        .receive(moved("match-2", joined_message("match-4", 1, 0, false)))
        .reply(5, joined("match-4", 1, 0, false));
    script
        .note("nowhere, and where it comes from")
        .receive(moved("match-4", joined_message("", 1, 0, false)))
        .receive(moved("match-4", joined_message("match-4", 1, 0, false)))
        .receive(PacketBody::Moved(Moved::default()));
    script
        .note("the rooms are joined again as all others")
        .reconnect(300, 410);
    script
        .reply(6, welcome(7, "alice", true))
        .reply(7, joined("match-1", 6, 5, true));
    let other = Joined {
        epoch: 6,
        ..joined_message("match-4", 1, 0, false)
    };
    script.reply(8, ReplyResult::Joined(other));
}
