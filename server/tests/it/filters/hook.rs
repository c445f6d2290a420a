//! The game's hook, with a game that answers when the test says so.

use std::sync::{Arc, Mutex, mpsc};

use guildhall_protocol::{Edit, LineRef, ReplyResult, RequestBody, SanctionKind};
use guildhall_server::Config;
use guildhall_server::filter::FilterAct;
use guildhall_server::hook::{
    Answer, Asked, Game, Hook, HookFailure, OnFailure, Question, QuestionKind,
};
use guildhall_server::policy::Pattern;
use guildhall_testing::test_server::TestServer;
use guildhall_testing::v1_client::{V1Client, say};

use super::{config, refused, words};
use crate::moderation;

/// A game that passes questions on to the test.
#[derive(Debug)]
struct TestGame(Mutex<mpsc::Sender<Waiting>>);

/// A question that the test has to answer.
struct Waiting {
    question: Question,
    done: Asked,
}

impl Game for TestGame {
    fn ask(&self, question: Question, done: Asked) {
        let waiting = Waiting { question, done };
        self.0.lock().unwrap().send(waiting).unwrap();
    }
}

/// The questions of a server that asks about these rooms.
fn asked(config: Config, rooms: &str, on_failure: OnFailure) -> (TestServer, Questions) {
    let (sender, questions) = mpsc::channel();
    let hook = Hook {
        rooms: vec![Pattern::new(rooms)],
        on_failure,
        game: Arc::new(TestGame(Mutex::new(sender))),
    };
    let server = TestServer::with(Config {
        hook: Some(hook),
        ..config
    });
    (server, Questions(questions))
}

struct Questions(mpsc::Receiver<Waiting>);

impl Questions {
    fn next(&self) -> Waiting {
        self.0.recv().expect("a question")
    }

    /// Answers the next question, and returns its text.
    fn answer(&self, answer: Result<Answer, HookFailure>) -> Question {
        let Waiting { question, done } = self.next();
        done(answer);
        question
    }
}

fn failure() -> Result<Answer, HookFailure> {
    Err(HookFailure::Failed("a test".into()))
}

#[test]
fn the_game_accepts_rejects_and_replaces() {
    let filters = config(&[words("rude", FilterAct::Mask)]);
    let (server, questions) = asked(filters, "*", OnFailure::Publish);
    let (mut ann, welcome) = V1Client::in_room(server.address(), "ann", "red");
    let nonce = ann.send_say("red", "hello, rude");
    let question = questions.answer(Ok(Answer::Accept));
    assert_eq!((&*question.room, &*question.text), ("red", "hello, ****"));
    assert_eq!((question.user, &*question.name), (welcome.id, "ann"));
    assert_eq!(
        (question.session, question.nonce),
        (welcome.session_number, nonce)
    );
    assert_eq!(question.kind, QuestionKind::Say);
    let line = ann.line();
    assert_eq!((line.nonce, &*line.text), (nonce, "hello, ****"));

    let nonce = ann.send_say("red", "hello");
    questions.answer(Ok(Answer::Reject("Not here.".into())));
    assert_eq!(refused(ann.outcome(nonce), "game"), "Not here.");
    // Words that no answer has room for are cut, and control characters left out.
    let nonce = ann.send_say("red", "hello");
    let long = format!("\u{7}{}", "ü".repeat(30_000));
    questions.answer(Ok(Answer::Reject(long)));
    assert_eq!(refused(ann.outcome(nonce), "game"), "ü".repeat(250));

    ann.send_say("red", "hello");
    questions.answer(Ok(Answer::Replace("good morning".into())));
    assert_eq!(ann.line().text, "good morning");

    ann.send(RequestBody::Edit(Edit {
        room: "red".into(),
        line: Some(LineRef {
            epoch: line.epoch,
            seq: line.seq,
        }),
        text: "goodbye".into(),
    }));
    let question = questions.answer(Ok(Answer::Replace("bye".into())));
    assert_eq!(
        (question.kind, question.line),
        (QuestionKind::Edit, line.seq)
    );
    assert_eq!(ann.line().text, "bye");
}

#[test]
fn what_follows_without_an_answer_is_what_the_settings_say() {
    let (server, questions) = asked(config(&[]), "*", OnFailure::Publish);
    let (mut ann, _) = V1Client::in_room(server.address(), "ann", "red");
    ann.send_say("red", "hello");
    questions.answer(failure());
    assert_eq!(ann.line().text, "hello");
    // A text that cannot be said is no answer.
    for text in [String::new(), "x".repeat(9_999)] {
        ann.send_say("red", "hello");
        questions.answer(Ok(Answer::Replace(text)));
        assert_eq!(ann.line().text, "hello");
    }
    let (server, questions) = asked(config(&[]), "*", OnFailure::Reject);
    let (mut ann, _) = V1Client::in_room(server.address(), "ann", "red");
    let nonce = ann.send_say("red", "hello");
    questions.answer(Err(HookFailure::Full));
    refused(ann.outcome(nonce), "game");
}

#[test]
fn what_a_client_sends_meanwhile_keeps_its_order_and_nobody_else_waits() {
    let (server, questions) = asked(config(&[]), "slow", OnFailure::Publish);
    let (mut ann, _) = V1Client::in_room(server.address(), "ann", "slow");
    ann.join("red");
    let (mut bob, _) = V1Client::in_room(server.address(), "bob", "red");
    bob.join("slow");
    let sent = [
        ann.send_say("slow", "one"),
        ann.send_say("slow", "two"),
        ann.send_say("red", "three"),
    ];
    let first = questions.next();
    assert_eq!(first.question.text, "one");
    // Bob is in the same rooms, and speaks in one without a hook.
    bob.say("red", "meanwhile");
    assert_eq!(ann.line().text, "meanwhile");
    (first.done)(Ok(Answer::Accept));
    questions.answer(Ok(Answer::Accept));
    let nonces = [ann.line().nonce, ann.line().nonce, ann.line().nonce];
    assert_eq!(nonces, sent);
    assert_eq!(bob.texts(3), ["one", "two", "three"]);
}

#[test]
fn a_client_that_comes_back_is_asked_about_again_with_the_same_id() {
    let (server, questions) = asked(config(&[]), "*", OnFailure::Publish);
    let (mut ann, welcome) = V1Client::in_room(server.address(), "ann", "red");
    let nonce = ann.send_say("red", "hello");
    let first = questions.next();
    drop(ann);
    (first.done)(Ok(Answer::Accept));
    let (mut ann, _) = V1Client::resume(server.address(), &welcome, nonce, 0);
    let joined = ann.join("red");
    ann.send_request(nonce, say("red", "hello"));
    if joined.last_seq == 0 {
        let second = questions.answer(Ok(Answer::Accept));
        assert_eq!(
            (second.session, second.nonce),
            (first.question.session, nonce)
        );
        assert_eq!(ann.line().nonce, nonce);
    } else {
        // It was said before its connection was known to be gone.
        assert!(matches!(ann.reply(nonce), Ok(ReplyResult::Repeated(_))));
    }
    let page = ann.fetch("red", joined.epoch, 0, 9);
    assert_eq!(page.lines.len(), 1);
}

#[test]
fn a_client_of_the_tutorial_is_asked_about_too() {
    let (server, questions) = asked(config(&[]), "lobby", OnFailure::Publish);
    let (mut one, mut two) = server.pair();
    for text in ["one", "two", "three", "four"] {
        one.say(text);
    }
    questions.answer(Ok(Answer::Reject(String::new())));
    questions.answer(Ok(Answer::Hold));
    questions.answer(Ok(Answer::Replace("3".into())));
    questions.answer(Ok(Answer::Accept));
    two.expect_chat(1, "3");
    two.expect_chat(1, "four");
}

#[test]
fn a_client_of_the_tutorial_that_is_muted_meanwhile_is_not_heard() {
    let settings = Config {
        filters: config(&[]).filters,
        ..moderation::config(1)
    };
    let (server, questions) = asked(settings, "lobby", OnFailure::Publish);
    let mut moderator = moderation::moderator(server.address());
    let (mut one, id) = server.join();
    let (mut two, _) = server.join();
    one.say("too late");
    let waiting = questions.next();
    moderation::impose(
        &mut moderator,
        moderation::sanction(SanctionKind::Mute, "lobby", id),
    );
    (waiting.done)(Ok(Answer::Accept));
    two.say("on");
    questions.answer(Ok(Answer::Accept));
    assert_eq!(one.chat().1, "on");
}
