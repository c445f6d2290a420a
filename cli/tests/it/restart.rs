//! A server that starts again over the same folder, after SIGTERM and after kill -9. For its
//! clients, it is a lost connection.

use guildhall_protocol::{ErrorCode, MarkRead, ReplyResult, RequestBody};
use guildhall_testing::line_log::place;
use guildhall_testing::v1_client::{V1Client, hello, whisper};
use rustix::process::Signal;

use crate::data_folder::Folder;
use crate::program::Program;

/// Ends the server with this signal, and starts it again over the same folder.
fn restart(program: Program, signal: Signal, folder: &Folder) -> Program {
    program.end_by(signal);
    folder.start(&[])
}

#[test]
fn users_sessions_whispers_and_marks_go_on() {
    for signal in [Signal::TERM, Signal::KILL] {
        let folder = Folder::empty();
        let program = folder.start(&[]);
        let (mut ann, anns) = V1Client::in_room(program.address(), "Ann", "red");
        let (mut bob, bobs) = V1Client::hello(program.address(), "Bob");
        bob.join("red");
        let line = ann.say("red", "hi");
        let later = ann.say("red", "there");
        for line in [&line, &later] {
            let mark = RequestBody::MarkRead(MarkRead {
                room: "red".into(),
                line: place(line),
            });
            assert!(matches!(bob.ask(mark), Ok(ReplyResult::MarkedRead(_))));
        }
        // Its own copy says that it is stored, and so is what was asked before.
        ann.whisper(bobs.id, "psst");
        let (last_ann, last_bob) = (ann.last_request, bob.last_request);

        let program = restart(program, signal, &folder);
        drop((ann, bob));
        let mut thief = V1Client::dial(program.address());
        let refused = thief.welcome(hello("Ann")).unwrap_err();
        assert_eq!(refused.code(), ErrorCode::NameTaken);
        let newcomer = thief.welcome(hello("Cid")).unwrap();
        assert!(newcomer.id > anns.id.max(bobs.id), "{newcomer:?}");

        let (mut ann, welcome) = V1Client::resume(program.address(), &anns, last_ann, 1);
        assert!(welcome.resumed, "{signal:?}");
        assert_eq!((welcome.id, welcome.name), (anns.id, anns.name));
        // It does not know that it was answered.
        ann.send_request(last_ann, whisper(bobs.id, "", "psst"));
        let repeated = ann.reply(last_ann).unwrap();
        assert!(matches!(repeated, ReplyResult::Repeated(_)), "{repeated:?}");

        let (mut bob, welcome) = V1Client::resume(program.address(), &bobs, last_bob, 0);
        assert!(welcome.resumed && welcome.whisper_seq == 1);
        assert_eq!(bob.whisper_line().text, "psst");
        let joined = bob.join("red");
        // The second mark came soon behind the first. A crash may lose it, a stop does not.
        let least = if signal == Signal::TERM {
            &later
        } else {
            &line
        };
        assert!(
            (least.seq..=later.seq).contains(&joined.read_seq),
            "{signal:?}"
        );
        assert_eq!(bob.texts(2), ["hi", "there"]);
        let next = ann.whisper(bobs.id, "again");
        assert_eq!(bob.whisper_line().seq, 2);
        assert_eq!(next.seq, 2);
        bob.expect_quiet();
    }
}

#[test]
fn a_user_that_said_goodbye_is_not_known_after_a_restart() {
    let folder = Folder::empty();
    let program = folder.start(&[]);
    let (mut ann, anns) = V1Client::hello(program.address(), "Ann");
    ann.join("red");
    ann.client.say_goodbye();
    // Its name is free, and that is stored before this.
    let (mut bob, bobs) = V1Client::hello(program.address(), "Bob");
    bob.whisper(bobs.id, "stored");
    let program = restart(program, Signal::KILL, &folder);
    let mut again = V1Client::dial(program.address());
    let mut asked = hello("Ann");
    asked.session = anns.session;
    let welcome = again.welcome(asked).unwrap();
    assert!(!welcome.resumed && welcome.id != anns.id);
    assert_eq!(welcome.name, "Ann");
}

#[test]
fn a_client_whose_welcome_may_be_lost_gets_its_name_after_a_kill() {
    let folder = Folder::empty();
    let program = folder.start(&[]);
    let (mut bob, bobs) = V1Client::hello(program.address(), "Bob");
    let (ann, anns) = V1Client::hello(program.address(), "Ann");
    bob.whisper(anns.id, "Is this your first time here?");
    let program = restart(program, Signal::KILL, &folder);
    drop(ann);
    // It has not got the secret of its session, so it says hello as at first.
    let (mut ann, welcome) = V1Client::hello(program.address(), "Ann");
    assert_eq!(welcome.name, "Ann");
    assert!(welcome.id > anns.id && welcome.whisper_seq == 0);
    let (mut bob, resumed) = V1Client::resume(program.address(), &bobs, bob.last_request, 1);
    assert!(resumed.resumed);
    bob.whisper(welcome.id, "Now?");
    assert_eq!(ann.whisper_line().text, "Now?");
    ann.expect_quiet();
}

#[test]
fn a_server_without_a_folder_knows_nobody_after_a_restart() {
    let program = Program::start(&[]);
    let (_ann, anns) = V1Client::hello(program.address(), "Ann");
    program.stop();
    let program = Program::start(&[]);
    let (_, welcome) = V1Client::resume(program.address(), &anns, 1, 0);
    assert!(!welcome.resumed);
}
