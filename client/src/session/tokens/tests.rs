//! Tokens at the ends of time, and what nobody may see. Traces have the rest.

use super::*;
use crate::session::{Claim, SendError, State};
use alloc::format;
use alloc::vec::Vec;
use guildhall_protocol::{
    Message as _, Packet, PacketBody, Reply, ReplyResult, Request, Welcome, decode,
};

/// The requests that the session sends, and how often it asks for a token.
fn drain(session: &mut Session) -> (Vec<Request>, usize) {
    let mut sent = Vec::new();
    while let Some(action) = session.next_action() {
        if let Action::Send(bytes) = action
            && let Some(PacketBody::Request(request)) = decode(&bytes).unwrap().msg
        {
            sent.push(request);
        }
    }
    let events = core::iter::from_fn(|| session.next_event());
    let asked = events.filter(|event| *event == Event::TokenNeeded).count();
    (sent, asked)
}

/// Connects at a time, with a token that holds for so many seconds.
fn online(ttl: u32, now: u64) -> Session {
    let mut session = Session::new("Ann");
    session.set_token("very secret", now);
    session.connect(now);
    session.opened(now);
    let (sent, _) = drain(&mut session);
    let welcome = Welcome {
        ttl,
        user: "user-7".into(),
        session: b"session secret".to_vec(),
        ..Welcome::default()
    };
    let result = Some(ReplyResult::Welcome(welcome));
    let reply = Packet::from(PacketBody::Reply(Reply {
        id: sent[0].id,
        result,
    }));
    session.received(&reply.encode_to_vec(), now);
    session
}

#[test]
fn no_token_is_in_what_a_debugger_shows() {
    let mut session = Session::new("Ann");
    session.set_token("very secret", 0);
    session.connect(0);
    session.opened(0);
    // The bytes of Hello wait to be sent.
    let all = format!("{session:?}");
    assert_eq!(session.next_action(), Some(Action::Open));
    let hello = session.next_action();
    let shown = format!("{all} {hello:?}");
    let digits: Vec<_> = b"secret".iter().map(|byte| format!("{byte}")).collect();
    assert!(!shown.contains("secret") && !shown.contains(&digits.join(", ")));
    assert!(shown.contains("Ann"), "{shown}");
}

#[test]
fn a_question_comes_in_time_and_never_at_once() {
    for (ttl, after) in [
        (1, 5_000),
        (8, 5_000),
        (12, 6_000),
        (60, 30_000),
        (100, 70_000),
        (600, 540_000),
        (u32::MAX, 3_865_470_565_500),
    ] {
        let mut session = online(ttl, 1_000);
        assert_eq!(session.tokens.wake_at(), Some(1_000 + after), "{ttl} s");
        session.tick_token(999 + after);
        assert!(!session.awaits_token());
        session.tick_token(1_000 + after);
        session.tick_token(1_001 + after);
        assert_eq!(drain(&mut session).1, 1, "asked once");
    }
}

#[test]
fn a_clock_at_its_end_does_not_overflow() {
    let mut session = online(u32::MAX, u64::MAX);
    session.tick(u64::MAX, 0.5);
    session.no_token("", u64::MAX, 0.5);
    session.closed(3002, "", u64::MAX, 0.5);
    session.tick(u64::MAX, 0.5);
    session.no_token("", u64::MAX, 0.5);
    assert!(matches!(session.state(), State::Waiting { .. }));
}

#[test]
fn a_session_that_waits_for_a_token_has_no_socket() {
    let mut session = Session::new("Ann");
    session.use_tokens();
    session.connect(0);
    assert_eq!(drain(&mut session), (Vec::new(), 1));
    // Nothing that a socket would tell counts.
    session.opened(1);
    session.closed(1006, "", 1, 0.5);
    session.tick(100_000, 0.5);
    assert_eq!(*session.state(), State::Connecting);
    assert_eq!(session.list_rooms(), Err(SendError::NotOnline));
    // Another program's session can go on here: Hello has not been said.
    session.resume(Claim {
        token: b"session secret".to_vec(),
        last_request: crate::RequestId(40),
        whisper_seq: 0,
    });
    session.close();
    session.set_token("late", 200_000);
    assert_eq!(session.next_action(), None, "the user has gone");
    session.connect(200_000);
    session.opened(200_001);
    assert_eq!(drain(&mut session).0[0].id, 41);
}

#[test]
fn a_server_cannot_ask_for_tokens_of_a_guest() {
    let mut session = Session::new("Ann");
    session.connect(0);
    session.opened(0);
    let (sent, _) = drain(&mut session);
    let welcome = Welcome {
        ttl: 1,
        ..Welcome::default()
    };
    let result = Some(ReplyResult::Welcome(welcome));
    let id = sent[0].id;
    let reply = Packet::from(PacketBody::Reply(Reply { id, result }));
    session.received(&reply.encode_to_vec(), 0);
    session.tick(40_000, 0.5);
    session.closed(3002, "", 40_000, 0.0);
    session.tick(40_100, 0.0);
    assert_eq!(drain(&mut session).1, 0);
}
