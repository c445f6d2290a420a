//! `guildhall chat` and moderation, at a real server: what moderators do, what players read of it,
//! and what a restart leaves.

use std::fs;
use std::sync::mpsc::Receiver;

use crate::data_folder::Folder;
use crate::piped_chat::{PipedChat, next};
use crate::program::{Program, command, free_address, printed};
use crate::pty::Pty;
use crate::settings_file::File;
use guildhall_testing::api_client::{bearer, request};

const SECRET: &str = "a secret of at least 32 bytes, as it has to be";

/// A server whose users have accounts, or are guests.
struct Game {
    settings: File,
    _secret: File,
    /// The users' tokens.
    tokens: Folder,
}

impl Game {
    fn new() -> Self {
        Self::with("")
    }

    /// With these settings, too.
    fn with(more: &str) -> Self {
        let secret = File::new(SECRET);
        let path = secret.path();
        let settings = File::new(&format!(
            "[accounts]\nguests = 'allow'\nkeys = [{{ secret_file = '{path}' }}]\n\
             [moderation]\nappeal = 'Write to us.'\n{more}"
        ));
        Self {
            settings,
            _secret: secret,
            tokens: Folder::empty(),
        }
    }

    fn start(&self, flags: &[&str]) -> Program {
        Program::start(&[&["--config", self.settings.path()], flags].concat())
    }

    /// The chat of a user with an account, who has these rights.
    fn chat(&self, program: &Program, name: &str, flags: &[&str]) -> PipedChat {
        let mut token = command(&["token", "--config", self.settings.path()]);
        token.arg(format!("--user=u-{name}"));
        token.arg(format!("--name={name}"));
        token.args(flags);
        let file = self.tokens.join(name);
        fs::write(&file, printed(token)).unwrap();
        let file = file.to_str().unwrap();
        let chat = PipedChat::start(&url(program), "", &["--token-file", file]);
        chat.wait_for("-- You joined “lobby”.");
        chat
    }

    fn moderator(&self, program: &Program) -> PipedChat {
        self.chat(program, "Mona", &["--allow=*=mod"])
    }
}

fn url(program: &Program) -> String {
    format!("ws://{}/ws", program.address())
}

fn guest(program: &Program, name: &str) -> PipedChat {
    let chat = PipedChat::start(&url(program), name, &[]);
    chat.wait_for("-- You joined “lobby”.");
    chat
}

/// Waits for a line that begins so. Returns it.
#[track_caller]
fn line(of: &Receiver<String>, beginning: &str) -> String {
    loop {
        let line = next(of);
        if line.starts_with(beginning) {
            return line;
        }
    }
}

#[test]
fn a_player_reads_why_nothing_can_be_said_and_until_when() {
    let game = Game::new();
    let program = game.start(&[]);
    let mut moderator = game.moderator(&program);
    let mut bob = guest(&program, "Bob");
    moderator.say(&["/timeout Bob 10m harassment Be kind"]);
    let told = line(
        &moderator.output,
        "-- Bob is muted in “lobby”. This ends at ",
    );
    let reasons = "Reason: Harassment or threats. Rule: “Be kind”. Its number is 1. ";
    assert!(
        told.contains(reasons) && told.ends_with("By Mona."),
        "{told}"
    );
    let told = line(&bob.output, "-- You are muted in “lobby”");
    assert!(told.contains("This ends in 10 minutes. "), "{told}");
    assert!(told.contains(reasons), "{told}");
    assert!(told.ends_with("You can appeal: Write to us."), "{told}");
    assert!(!told.contains("Mona"), "{told}");
    bob.say(&["hello"]);
    line(&bob.errors, "-- You are muted in “lobby”");
    // In another name, and with a lost connection, it is the same user.
    bob.say(&["/nick Rob"]);
    line(&bob.errors, "-- You keep your name. You are muted");
    moderator.say(&["/sanctions"]);
    line(&moderator.output, "-- Bob is muted in “lobby”.");
    moderator.say(&["/unmute Bob"]);
    moderator.wait_for("-- This does not hold against Bob any more.");
    bob.wait_for("-- You can write in “lobby” again.");
    bob.say(&["sorry"]);
    moderator.wait_for("[lobby] Bob: sorry");
    bob.say(&["/timeout Mona 1m"]);
    line(
        &bob.errors,
        "-- Nothing was imposed on “Mona”. You may not moderate",
    );
    moderator.say(&["/ban Mona"]);
    line(
        &moderator.errors,
        "-- Nothing was imposed on “Mona”. “Mona” is a moderator",
    );
    moderator.say(&["/mods"]);
    moderator.wait_for("-- Moderators of “lobby”: Mona");
}

#[test]
fn a_player_is_taken_out_and_banned_from_a_room_and_from_the_server() {
    let game = Game::new();
    let program = game.start(&[]);
    let mut moderator = game.moderator(&program);
    let mut bob = game.chat(&program, "Bob", &[]);
    moderator.say(&["/kick Bob spam Say it once"]);
    let told = line(&bob.output, "-- A moderator has taken you out of “lobby”.");
    assert!(
        told.contains("Reason: Spam or advertising. Rule: “Say it once”."),
        "{told}"
    );
    bob.say(&["/join lobby"]);
    bob.wait_for("-- You joined “lobby”.");
    moderator.say(&["/ban Bob 1h"]);
    bob.wait_for("-- You are not in “lobby” any more: you are banned from it.");
    bob.say(&["/join lobby"]);
    let told = line(
        &bob.errors,
        "-- “lobby” cannot be joined. You are banned from “lobby”.",
    );
    assert!(
        told.contains(" This ends at ") && told.contains("Its number is "),
        "{told}"
    );
    bob.say(&["/join inn", "hi"]);
    bob.wait_for("[inn] Bob: hi");
    moderator.say(&["/ban -all Bob 7d illegal"]);
    line(&moderator.output, "-- Bob is banned everywhere.");
    let ended = bob.wait_for_end();
    ended.failed_with("You are banned from this chat.");
    let told = ended.output.join("\n");
    assert!(
        told.contains("-- You are banned from this chat. This ends in 7 days."),
        "{told}"
    );
    // It does not come back.
    let file = game.tokens.join("Bob");
    let again = PipedChat::start(
        &url(&program),
        "",
        &["--token-file", file.to_str().unwrap()],
    );
    let ended = again.wait_for_end();
    ended.failed_with("You are banned from this chat.");
    let told = ended.errors.join("\n");
    assert!(told.contains("Something else that is illegal."), "{told}");
    moderator.say(&["/unban -all Bob"]);
    moderator.wait_for("-- This does not hold against Bob any more.");
    let bob = PipedChat::start(
        &url(&program),
        "",
        &["--token-file", file.to_str().unwrap()],
    );
    line(&bob.errors, "-- Welcome, Bob!");
}

#[test]
fn a_player_is_insulted_and_a_restart_loses_nothing_of_what_follows() {
    let game = Game::new();
    let data = Folder::new();
    let port = free_address().port().to_string();
    let flags = ["--data", data.path(), "--port", &port];
    let program = game.start(&flags);
    let mut moderator = game.moderator(&program);
    let mut ann = game.chat(&program, "Ann", &[]);
    let mut bob = game.chat(&program, "Bob", &[]);
    bob.say(&["Ann is a fool"]);
    ann.wait_for("[lobby] Bob: Ann is a fool");
    // Ann knows the number from /numbers: before the three joined, nothing was said.
    ann.say(&[
        "/report 1 harassment He says that all the time",
        "/block Bob",
        "/blocks",
    ]);
    ann.wait_for("-- The moderators have your report. Its number is 1.");
    ann.wait_for("-- You block Bob now: you see nothing of what they say.");
    ann.wait_for("-- You block: Bob");
    ann.say(&["/report 1 harassment"]);
    line(
        &ann.errors,
        "-- Your report was not sent. You have reported this already.",
    );
    bob.say(&["one more"]);
    moderator.wait_for("[lobby] Bob: one more");
    moderator.say(&["/timeout Bob 1h harassment"]);
    line(&bob.output, "-- You are muted in “lobby”");
    program.stop();
    let program = game.start(&flags);
    for chat in [&moderator, &ann, &bob] {
        line(&chat.errors, "-- Connected again.");
    }
    bob.say(&["hello?"]);
    line(&bob.errors, "-- You are muted in “lobby”");
    moderator.say(&["/unmute Bob", "calm down"]);
    bob.wait_for("[lobby] Mona: calm down");
    bob.say(&["fool"]);
    moderator.wait_for("[lobby] Bob: fool");
    ann.say(&["/unblock Bob"]);
    ann.wait_for("-- You do not block Bob any more.");
    bob.say(&["sorry"]);
    ann.wait_for("[lobby] Bob: sorry");
    let heard = ann.end();
    let heard = heard.output.join("\n");
    assert!(
        !heard.contains("one more") && !heard.contains("Bob: fool"),
        "{heard}"
    );
    drop(program);
}

#[test]
fn what_moderators_remove_is_gone_for_those_who_come_later() {
    let game = Game::new();
    let program = game.start(&[]);
    let mut moderator = game.moderator(&program);
    let mut bob = guest(&program, "Bob");
    bob.say(&["one", "two"]);
    moderator.wait_for("[lobby] Bob: two");
    moderator.say(&["/delete 1"]);
    bob.wait_for("-- [lobby] Mona removed message 1.");
    let late = guest(&program, "Late");
    late.wait_for("· [lobby] Bob: two");
    moderator.say(&["/purge Bob"]);
    bob.wait_for("-- [lobby] Mona has removed everything that somebody has said here.");
    moderator.wait_for("-- Everything that Bob has said in one room is removed.");
    moderator.say(&["mine", "/clear"]);
    bob.wait_for("-- [lobby] Mona has removed everything that was said here.");
    moderator.say(&["/topic Be kind", "/slow 1s", "/announce"]);
    bob.wait_for(
        "-- [lobby] Only a few may say something here. You may not say anything here. Topic: Be \
         kind",
    );
    moderator.say(&["/announce off", "/slow off", "/topic", "new"]);
    bob.wait_for("-- [lobby] Everyone may say something here.");
    bob.wait_for("[lobby] Mona: new");
    let mut last = guest(&program, "Last");
    last.say(&["done"]);
    last.wait_for("[lobby] Last: done");
    let seen = last.end().succeeded().join("\n");
    assert!(!seen.contains("Bob:") && !seen.contains("mine"), "{seen}");
    assert!(!seen.contains("removed"), "{seen}");
}

#[test]
fn a_text_that_a_filter_holds_waits_and_one_that_it_refuses_says_why() {
    let game = Game::with(
        "[[filters]]\nact = 'hold'\ncapitals = { percent = 50, least = 5 }\n\
         [[filters]]\nact = 'block'\nlinks = {}\n",
    );
    let program = game.start(&[]);
    let mut bob = guest(&program, "Bob");
    let ann = guest(&program, "Ann");
    bob.say(&["LISTEN TO ME", "look at https://shop.example", "well"]);
    let held = line(&bob.errors, "… [lobby] LISTEN TO ME");
    assert!(
        held.ends_with(" – This message waits for a moderator."),
        "{held}"
    );
    let refused = line(&bob.errors, "!! [lobby] look at https://shop.example");
    let why = "This breaks a rule of the game. Links such as this are not allowed here.";
    assert!(refused.contains(why), "{refused}");
    ann.wait_for("[lobby] Bob: well");
    let heard = ann.end().succeeded().join("\n");
    assert!(
        !heard.contains("LISTEN") && !heard.contains("shop"),
        "{heard}"
    );
    // A line that waits does not keep a script from ending.
    bob.end().failed_with("not everything was done");
}

#[test]
fn the_game_moves_a_player_and_a_reporter_is_told_what_was_decided() {
    let address = free_address();
    let key = "a-key-of-32-bytes-and-more-for-the-api";
    let game = Game::new();
    let listen = format!("--api-listen={address}");
    let program = game.start(&[&listen, &format!("--api-key={key}")]);
    let post = |path: &str, body: &str| request(address, "POST", path, &bearer(key), body).good();
    let mut ann = game.chat(&program, "Ann", &[]);
    let bob = guest(&program, "Bob");
    ann.say(&["/report Bob spam"]);
    ann.wait_for("-- The moderators have your report. Its number is 1.");
    post(
        "/reports/1/decide",
        r#"{"acted": true, "words": "Thank you."}"#,
    );
    ann.wait_for("-- Your report 1 was looked at, and something was done about it. Thank you.");
    let users = r#""users": [{"account": "u-Ann"}]"#;
    post(
        "/moves",
        &format!(r#"{{"from": "lobby", "to": "match", {users}}}"#),
    );
    ann.wait_for("-- The game has put you into “match”.");
    ann.wait_for("-- You joined “match”.");
    ann.say(&["here I am"]);
    ann.wait_for("[match] Ann: here I am");
    post("/rooms/match/removals", &format!("{{{users}}}"));
    ann.wait_for("-- The game has taken you out of “match”.");
    drop(bob);
}

#[test]
fn the_prompt_of_a_muted_user_says_so() {
    let game = Game::new();
    let program = game.start(&[]);
    let mut moderator = game.moderator(&program);
    let mut bob = Pty::start(&url(&program), "Bob");
    bob.wait_for("You joined");
    moderator.say(&["/mute Bob"]);
    bob.wait_for("You are muted in “lobby”");
    bob.press("hello\r");
    bob.wait_for("You are muted in “lobby”");
    bob.wait_for("lobby (muted)> ");
    moderator.say(&["/unmute Bob"]);
    bob.wait_for("You can write in “lobby” again.");
    bob.press("hello\r");
    bob.wait_for("[lobby] Bob: hello");
    moderator.wait_for("[lobby] Bob: hello");
}
