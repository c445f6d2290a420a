//! The stories. Alice is client 7, bob is client 9.

use guildhall_protocol::packet_arm;

use crate::script::{Script, joined, line, welcome};

pub(crate) const WANTED_NAME: &str = "alice";

type Tell = fn(&mut Script);

/// Name, what is shown, and the story.
pub(crate) const ALL: &[(&str, &str, Tell)] = &[(
    "way-in",
    "Connecting, saying hello, joining, a line, an answer to a ping.",
    way_in,
)];

fn way_in(script: &mut Script) {
    script.at(0).join("lobby");
    script
        .note("twice asks for one connection")
        .connect()
        .connect();
    script.at(50).opened();
    script
        .at(100)
        .note("the room is joined at once")
        .reply(1, welcome(7, "alice", false));
    script.at(130).reply(2, joined("lobby", 3, 4, false));
    script.line(line("lobby", 3, 9, 3, "old"));
    script.line(line("lobby", 4, 9, 4, "old, too"));
    script.at(900).line(line("lobby", 5, 9, 6, "new"));
    script
        .at(25_900)
        .receive(packet_arm::Ping(guildhall_protocol::Ping {}));
}
