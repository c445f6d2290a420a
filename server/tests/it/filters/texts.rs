//! Filters at work on lines, edits, whispers, names, and clients of the tutorial.

use std::time::Duration;

use guildhall_protocol::{Edit, ErrorCode, LineRef, React, ReplyResult, RequestBody};
use guildhall_server::filter::{AllowedLinks, Capitals, FilterAct, Look, Mentions, Repeats};
use guildhall_testing::test_server::TestServer;
use guildhall_testing::v1_client::{V1Client, hello, whisper};

use super::{config, filter, only_in, refused, words};

fn server() -> TestServer {
    TestServer::with(config(&[
        words("bad", FilterAct::Block),
        words("rude", FilterAct::Mask),
        only_in("strict", words("mild", FilterAct::Block)),
    ]))
}

#[test]
fn a_text_is_refused_or_masked_for_everybody_and_the_next_one_is_said() {
    let server = server();
    let (mut ann, _) = V1Client::in_room(server.address(), "ann", "red");
    let (mut bob, _) = V1Client::in_room(server.address(), "bob", "red");
    for text in ["bad", "so B.A.D!", "b\u{200b}à\u{301}d", "8ad"] {
        let nonce = ann.send_say("red", text);
        assert_eq!(refused(ann.outcome(nonce), "words"), "");
    }
    let nonce = ann.send_say("red", "how rude of badgers");
    let line = ann.line();
    assert_eq!((line.nonce, &*line.text), (nonce, "how **** of badgers"));
    assert_eq!(bob.line(), line);
    assert_eq!(ann.say("red", "mild").text, "mild");
    bob.line();
    assert_eq!(bob.fetch("red", line.epoch, 0, 9).lines.len(), 2);
    bob.expect_quiet();
}

#[test]
fn a_refused_text_can_be_sent_again_and_is_refused_again_with_the_same_id() {
    let server = server();
    let (mut ann, _) = V1Client::in_room(server.address(), "ann", "red");
    let nonce = ann.send_say("red", "bad");
    refused(ann.outcome(nonce), "words");
    ann.send_request(nonce, guildhall_testing::v1_client::say("red", "bad"));
    refused(ann.outcome(nonce), "words");
    // One that was said masked is a repeat.
    let nonce = ann.send_say("red", "rude");
    assert_eq!(ann.line().text, "****");
    ann.send_request(nonce, guildhall_testing::v1_client::say("red", "rude"));
    assert!(matches!(ann.reply(nonce), Ok(ReplyResult::Repeated(_))));
}

#[test]
fn a_filter_of_some_rooms_looks_there_alone() {
    let server = server();
    let (mut ann, _) = V1Client::in_room(server.address(), "ann", "strict");
    let nonce = ann.send_say("strict", "mild");
    refused(ann.outcome(nonce), "words");
    ann.join("red");
    ann.say("red", "mild");
}

#[test]
fn an_edit_is_looked_at_as_a_line_is() {
    let server = server();
    let (mut ann, _) = V1Client::in_room(server.address(), "ann", "red");
    let line = ann.say("red", "hello");
    let edit = |text: &str| {
        RequestBody::Edit(Edit {
            room: "red".into(),
            line: Some(LineRef {
                epoch: line.epoch,
                seq: line.seq,
            }),
            text: text.into(),
        })
    };
    let nonce = ann.send(edit("b a d"));
    refused(ann.outcome(nonce), "words");
    ann.send(edit("so rude"));
    let edited = ann.line();
    assert_eq!(edited.text, "so ****");
    let page = ann.fetch("red", line.epoch, 0, 9);
    assert_eq!(page.lines[0].text, "so ****");
}

#[test]
fn a_reaction_is_looked_at_and_refused_where_a_text_would_be_changed_or_wait() {
    let server = TestServer::with(config(&[
        words("bad", FilterAct::Block),
        words("rude", FilterAct::Mask),
        words("odd", FilterAct::Hold),
    ]));
    let (mut ann, _) = V1Client::in_room(server.address(), "ann", "red");
    let line = ann.say("red", "hello");
    let react = |reaction: &str, take_back| {
        RequestBody::React(React {
            room: "red".into(),
            line: Some(LineRef {
                epoch: line.epoch,
                seq: line.seq,
            }),
            reaction: reaction.into(),
            take_back,
        })
    };
    for reaction in ["b a d", "so rude", "odd"] {
        let nonce = ann.send(react(reaction, false));
        refused(ann.outcome(nonce), "words");
        let nonce = ann.send(react(reaction, true));
        assert!(ann.outcome(nonce).is_ok(), "nobody has it");
    }
    ann.send(react("GG", false));
    let reacted = ann.line().change.unwrap().reaction.unwrap();
    assert_eq!(reacted.reaction, "GG");
}

#[test]
fn a_whisper_is_looked_at_and_one_that_would_wait_is_refused() {
    let server = TestServer::with(config(&[
        words("bad", FilterAct::Block),
        words("rude", FilterAct::Mask),
        words("odd", FilterAct::Hold),
        only_in("*", words("fine", FilterAct::Block)),
    ]));
    let (mut ann, _) = V1Client::hello(server.address(), "ann");
    let (mut bob, welcome) = V1Client::hello(server.address(), "bob");
    for text in ["bad", "odd"] {
        let nonce = ann.send(whisper(welcome.id, "", text));
        refused(ann.outcome(nonce), "words");
    }
    ann.send(whisper(welcome.id, "", "rude, fine"));
    assert_eq!(ann.whisper_line().text, "****, fine");
    assert_eq!(bob.whisper_line().text, "****, fine");
    bob.expect_quiet();
}

#[test]
fn nobody_has_a_refused_word_as_a_name_and_no_room_is_opened_with_it() {
    let server = server();
    let mut ann = V1Client::dial(server.address());
    let error = ann.welcome(hello("B-A-D")).unwrap_err();
    assert_eq!(error.code(), ErrorCode::RefusedText);
    // The part that a name loses does not hide the rest.
    let behind_spaces = format!("{}bad", " ".repeat(200));
    let error = ann.welcome(hello(&behind_spaces)).unwrap_err();
    assert_eq!(error.code(), ErrorCode::RefusedText);
    ann.welcome(hello("Badger")).unwrap();
    let error = ann.rename("so rude").unwrap_err();
    assert_eq!(error.code(), ErrorCode::RefusedText);
    assert_eq!(ann.rename("polite").unwrap(), "polite");
    let error = ann.join_from("bad-room", 0, 0).unwrap_err();
    assert_eq!(error.code(), ErrorCode::RefusedText);
    ann.join("badroom");
}

#[test]
fn links_capitals_mentions_and_repeats_are_refused() {
    let server = TestServer::with(config(&[
        filter(
            Look::Links(AllowedLinks::new(["game.example"]).unwrap()),
            FilterAct::Block,
        ),
        filter(
            Look::Capitals(Capitals {
                percent: 70,
                least: 8,
            }),
            FilterAct::Mask,
        ),
        filter(Look::Mentions(Mentions { most: 2 }), FilterAct::Block),
        filter(
            Look::Repeats(Repeats {
                times: 2,
                within: Duration::from_mins(10),
            }),
            FilterAct::Block,
        ),
    ]));
    let (mut ann, welcome) = V1Client::in_room(server.address(), "ann", "red");
    let nonce = ann.send_say("red", "see https://evil.example");
    refused(ann.outcome(nonce), "links");
    ann.say("red", "see https://game.example");
    let nonce = ann.send_say("red", "@a @b @c");
    refused(ann.outcome(nonce), "mentions");
    ann.send_say("red", "I AM SHOUTING");
    assert_eq!(ann.line().text, "i am shouting");
    ann.say("red", "buy gold");
    ann.say("red", "BUY GOLD!");
    let nonce = ann.send_say("red", "buy  gooold");
    refused(ann.outcome(nonce), "repeats");
    // Over another connection, too.
    let last = ann.last_request;
    drop(ann);
    let (mut ann, _) = V1Client::resume(server.address(), &welcome, last, 0);
    ann.join("red");
    let nonce = ann.send_say("red", "buy gold");
    refused(ann.outcome(nonce), "repeats");
    ann.say("red", "sell gold");
}

#[test]
fn a_client_of_the_tutorial_is_not_told_and_what_it_says_next_is_said() {
    let server = TestServer::with(config(&[
        words("bad", FilterAct::Block),
        words("odd", FilterAct::Hold),
        words("rude", FilterAct::Mask),
    ]));
    let (mut one, mut two) = server.pair();
    for text in ["bad", "odd", "so rude", "fine"] {
        one.say(text);
    }
    two.expect_chat(1, "so ****");
    two.expect_chat(1, "fine");
}

#[test]
fn a_reload_takes_other_filters_over() {
    let server = server();
    let (mut ann, _) = V1Client::in_room(server.address(), "ann", "red");
    let nonce = ann.send_say("red", "bad");
    refused(ann.outcome(nonce), "words");
    server.reload(config(&[words("good", FilterAct::Block)]));
    // The reload comes a moment later.
    loop {
        let nonce = ann.send_say("red", "bad");
        if ann.outcome(nonce).is_ok() {
            break;
        }
    }
    let nonce = ann.send_say("red", "good");
    refused(ann.outcome(nonce), "words");
}
