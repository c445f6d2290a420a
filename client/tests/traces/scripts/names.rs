//! The names that a user wants, and those that a server refuses.

use guildhall_protocol::{Renamed, ReplyResult};

use crate::script::{Script, error, welcome};

pub(crate) fn name_refused(script: &mut Script) {
    script
        .at(0)
        .note("the wanted name until Hello")
        .rename("bob");
    script.connect().at(50).opened();
    script.note("6: taken").reply(1, error(6, &["bob"]));
    script.at(100).reply(2, welcome(7, "Guest 7", false));
    script.reconnect(200, 310);
    script.note("a name that the server made up is not wanted");
    script.at(320).reply(3, welcome(7, "Guest 7", true));
    script.at(400).rename(" zoe ");
    script.note("as the server writes it");
    script.reply(4, ReplyResult::Renamed(Renamed { name: "zoe".into() }));
    script.at(500).closed(1006, "", 0.0);
    script.note("wanted offline").rename("Zoë");
    script.at(600).tick(0.0).at(610).opened();
    script.note("the session goes on with its old name: Rename follows");
    script.at(620).reply(5, welcome(7, "zoe", true));
    script.note("5: no name").reply(6, error(5, &["Zoë", "24"]));
    script
        .at(700)
        .closed(1006, "", 0.0)
        .at(800)
        .tick(0.0)
        .at(810);
    script.note("the one before is wanted again").opened();
    script.at(820).reply(7, welcome(12, "zoe", false));
    script.note("an empty name").rename("");
    script.at(900).closed(1006, "", 0.0).rename("bob");
    script.at(1000).tick(0.0).at(1010).opened();
    script
        .note("no more names after this error")
        .reply(8, error(6, &["bob"]));
    script.note("an error to no name is another error");
    script.reply(9, error(6, &[""]));
}

pub(crate) fn hello_lost(script: &mut Script) {
    script.connect().at(50).opened();
    script
        .note("the server may have accepted it")
        .at(200)
        .closed(1006, "", 0.0);
    script.at(300).tick(0.0).at(310).opened();
    script
        .note("6: taken, perhaps by nobody else: it is asked for again")
        .at(320)
        .reply(2, error(6, &["alice"]));
    script.at(2_320).tick(0.0);
    script.at(2_330).reply(3, error(6, &["alice"]));
    script.at(4_330).tick(0.0);
    script
        .note("the server has noticed it")
        .at(4_340)
        .reply(4, welcome(9, "alice", false));
    script.at(5_000).closed(1006, "", 0.0);
    script.at(5_100).tick(0.0).at(5_110).opened();
    script
        .note("no Hello was lost since")
        .at(5_120)
        .reply(5, error(6, &["alice"]));
    script.at(5_130).closed(1006, "", 0.0).rename("bob");
    script.at(5_300).tick(0.0).at(5_310).opened();
    script.at(5_400).closed(1006, "", 0.0).rename("zoe");
    script.at(6_000).tick(0.0).at(6_010).opened();
    script
        .note("another name than that of the lost one")
        .at(6_020)
        .reply(8, error(6, &["zoe"]));
    script.at(6_030).closed(1006, "", 0.0).rename("bob");
    script.at(10_000).tick(0.0).at(10_010).opened();
    script.at(10_020).closed(1006, "", 0.0);
    script.at(20_000).tick(0.0).at(20_010).opened();
    script.at(20_020).reply(11, error(6, &["bob"]));
    script.at(22_020).tick(0.0);
    script
        .note("the attempt has lasted for 10 s")
        .at(30_000)
        .tick(0.0);
    script.at(60_000).tick(0.0).at(60_010).opened();
    script
        .note("it is another user's after all")
        .at(60_020)
        .reply(13, error(6, &["bob"]));
}

pub(crate) fn same_name(script: &mut Script) {
    script.online();
    script
        .at(200)
        .closed(1006, "", 0.0)
        .note("wanted offline")
        .rename("bob");
    script.at(300).tick(0.0).at(310).opened();
    script.note("the session has this name already: no Rename follows");
    script.at(320).reply(2, welcome(7, "bob", true));
    script
        .at(400)
        .closed(1006, "", 0.0)
        .at(500)
        .tick(0.0)
        .at(510);
    script.note("it is what the user wants").opened();
}
