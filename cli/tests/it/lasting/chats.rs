//! `guildhall chat` against a server with a store: the commands about lines, and a chat that stays
//! open while its server is killed.

use crate::piped_chat::PipedChat;
use crate::program::free_address;
use crate::pty::Pty;

use super::*;

#[test]
fn the_commands_about_lines_work_against_the_real_server() {
    let folder = Folder::new();
    let server = folder.start(&[]);
    let url = format!("ws://{}/ws", server.address());
    let mut ann = PipedChat::start(&url, "Ann", &[]);
    ann.say(&["who is there, Bob?", "a mistake", "gone soon"]);
    ann.wait_for("[lobby] Ann: gone soon");
    ann.say(&["/edit 2 a right text", "/delete"]);
    ann.wait_for("-- [lobby] Ann edited message 2: a right text");
    ann.wait_for("-- [lobby] Ann removed message 3.");

    let mut bob = PipedChat::start(&url, "Bob", &[]);
    bob.wait_for("· [lobby] Ann: who is there, Bob?");
    // A line that was removed before shows nothing.
    bob.expect("· [lobby] Ann: a right text (edited)");
    bob.say(&["/quote 1 me", "/react 1 👍", "/search RIGHT"]);
    for chat in [&ann, &bob] {
        chat.wait_for("-- [lobby] Reply to Ann: who is there, Bob?");
        chat.expect("[lobby] Bob: me");
        chat.expect("-- [lobby] Bob reacted with 👍 to message 1 (Ann: who is there, Bob?)");
    }
    bob.wait_for("-- 1 message found:");
    bob.say(&["/search mistake", "/search gone", "/join #inn", "/unread"]);
    bob.wait_for("-- Nothing was found.");
    bob.expect("-- Nothing was found.");
    bob.wait_for("-- “lobby”: 2 new messages, 1 names you");
    ann.end().succeeded();
    bob.end().succeeded();
    server.stop();
}

#[test]
fn a_chat_stays_open_while_its_server_is_killed() {
    let folder = Folder::new();
    let address = free_address();
    let port = address.port().to_string();
    let mut server = folder.start(&["--port", &port]);
    let url = format!("ws://{address}/ws");
    let mut piped = PipedChat::start(&url, "Ann", &[]);
    piped.say(&["line 0 of Ann"]);
    piped.wait_for("[lobby] Ann: line 0 of Ann");
    let mut typed = Pty::start(&url, "Bob");
    typed.wait_for("line 0 of Ann");
    for round in 1..=3 {
        server.end_by(Signal::KILL);
        // They wait for a server.
        piped.say(&[&format!("line {round} of Ann")]);
        server = folder.start(&["--port", &port]);
        piped.wait_for(&format!("[lobby] Ann: line {round} of Ann"));
        piped.say(&[&format!("/edit line {round} of Ann, edited")]);
        typed.wait_for(&format!("line {round} of Ann, edited"));
        typed.press(&format!("line {round} of Bob\r"));
        piped.wait_for(&format!("[lobby] Bob: line {round} of Bob"));
    }
    piped.end().succeeded();
    typed.press("/quit\r");
    assert!(typed.wait_for_end().success());
    assert_eq!(
        folder.value("SELECT count(*), count(DISTINCT session) FROM line WHERE kind = 0"),
        "7|2"
    );
    server.stop();
}
