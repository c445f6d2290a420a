//! Moderation in a running server: where to appeal, by the settings file, and what holds after a
//! kill.

use std::fs;

use guildhall_protocol::{
    ErrorCode, Hello, Impose, Reason, ReplyResult, RequestBody, RequestError, Sanction,
    SanctionKind,
};
use guildhall_testing::v1_client::{V1Client, hello};
use guildhall_testing::wire::eventually;
use rustix::process::Signal;

use crate::accounts::{sign_in, token};
use crate::data_folder::Folder;
use crate::program::Program;
use crate::settings_file::File;

const SECRET: &str = "a secret of at least 32 bytes, as it has to be";

/// The settings of a server with accounts and guests, and this place for appeals.
fn settings(secret: &File, appeal: &str) -> String {
    let secret = secret.path();
    format!(
        "port = 0\nlog_format = 'json'\n\
         [accounts]\nkeys = [{{ secret_file = '{secret}' }}]\nguests = 'allow'\n\
         [moderation]\nappeal = '{appeal}'\n"
    )
}

/// Bans a user everywhere, for its address, too.
fn ban(moderator: &mut V1Client, user: u64) -> Sanction {
    let impose = Impose {
        kind: SanctionKind::Ban.into(),
        user,
        reason: Reason::Spam.into(),
        rule: "No advertising".into(),
        address: true,
        ..Impose::default()
    };
    match moderator.ask(RequestBody::Impose(impose)) {
        Ok(ReplyResult::Imposed(imposed)) => imposed.sanction.expect("a sanction"),
        other => panic!("not imposed: {other:?}"),
    }
}

/// The refusal of a hello, behind which the connection is closed.
#[track_caller]
fn refusal(program: &Program, hello: Hello) -> RequestError {
    let mut client = V1Client::dial(program.address());
    let refused = client.welcome(hello).expect_err("it is banned");
    assert_eq!(refused.code(), ErrorCode::Banned);
    client.client.expect_close(3503);
    refused
}

#[test]
fn a_ban_survives_a_kill_and_a_hang_up_changes_where_to_appeal() {
    let (secret, folder) = (File::new(SECRET), Folder::new());
    let file = File::new(&settings(&secret, "https://game.example/appeal"));
    let start = || Program::start_with(&["--config", file.path(), "--data", folder.path()], []);
    let program = start();
    let staff = token(&file, &["--user=m", "--name=Mod", "--allow=*=mod"]);
    let (mut moderator, welcome) = sign_in(&program, &staff);
    welcome.unwrap();
    let (mut bob, welcome) = V1Client::in_room(program.address(), "Bob", "lobby");
    let sanction = ban(&mut moderator, welcome.id);
    bob.client.expect_close(3503);
    // An act holds at once, and is kept a moment later.
    let kept = "SELECT count(*) FROM sanction WHERE ended = 0 AND addresses = '127.0.0.1'";
    eventually("it is kept", || (folder.value(kept) == "1").then_some(()));
    program.end_by(Signal::KILL);

    let mut program = start();
    let refused = refusal(&program, hello("Rob"));
    let until = sanction.until.to_string();
    let number = sanction.id.to_string();
    let reason = i32::from(Reason::Spam).to_string();
    let expected = ["", &until, &reason, "No advertising", &number];
    assert_eq!(refused.arguments[..5], expected);
    assert_eq!(refused.arguments[5], "https://game.example/appeal");
    let resumed = Hello {
        session: welcome.session,
        ..hello("Bob")
    };
    assert_eq!(refusal(&program, resumed), refused);

    fs::write(file.path(), settings(&secret, "Write to help@game.example")).unwrap();
    program.signal(Signal::HUP);
    let line = program.wait_for("SIGHUP: reloaded");
    assert_eq!(line["settings"], "moderation");
    eventually("the words are others", || {
        let refused = refusal(&program, hello("Rob"));
        (refused.arguments[5] == "Write to help@game.example").then_some(())
    });
    // Users with an account are not meant by the address.
    let (_, welcome) = sign_in(&program, &token(&file, &["--user=42", "--name=Mira"]));
    assert!(welcome.unwrap().sanctions.is_empty());
    program.stop();
}
