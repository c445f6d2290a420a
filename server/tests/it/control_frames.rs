//! Pings and closes between chat messages (RFC 6455 sections 5.5 and 7).

use crate::bystanders::Bystanders;
use guildhall_testing::test_server::TestServer;
use guildhall_testing::wire::{self, BINARY, CLOSE, FIN, Frame, PING, PONG};

#[test]
fn a_ping_is_answered_with_the_same_payload() {
    let server = TestServer::open();
    let others = Bystanders::of(&server);
    let (mut client, _) = server.join();
    for payload in [&b""[..], b"ping", &[0xff; 125]] {
        client.send_frame(PING, payload);
        let pong = loop {
            let frame = client.frame();
            if frame.opcode != BINARY {
                break frame;
            }
        };
        assert_eq!(pong, Frame::whole(PONG, payload));
    }
    others.undisturbed();
}

#[test]
fn pongs_arrive_in_order_with_whole_chats_between_them() {
    const ROUNDS: u32 = 300;
    let server = TestServer::open();
    let (mut one, mut two) = server.pair();
    let mut speaker = two.writer();
    let speaking = std::thread::spawn(move || {
        for n in 0..ROUNDS {
            speaker.say(&format!("{n} {}", "x".repeat(700)));
        }
    });
    let mut pinger = one.writer();
    let pinging = std::thread::spawn(move || {
        for n in 0..ROUNDS {
            pinger.send_frame(PING, n.to_string().as_bytes());
        }
    });
    let (mut pongs, mut chats) = (0, 0);
    while pongs < ROUNDS || chats < ROUNDS {
        let frame = one.frame();
        assert!(frame.fin);
        if frame.opcode == PONG {
            assert_eq!(frame.payload, pongs.to_string().as_bytes());
            pongs += 1;
        } else {
            let (sender, text) = wire::parse_chat(&frame.payload);
            assert_eq!((sender, text), (2, format!("{chats} {}", "x".repeat(700))));
            chats += 1;
        }
    }
    speaking.join().unwrap();
    pinging.join().unwrap();
    // No other client got the pings.
    one.say("done");
    two.expect_chat(1, "done");
}

#[test]
fn a_pong_without_a_ping_is_ignored() {
    let server = TestServer::open();
    let (mut one, mut two) = server.pair();
    one.send_frame(PONG, b"unasked");
    one.say("and now?");
    two.expect_chat(1, "and now?");
    two.say("nothing");
    one.expect_chat(2, "nothing");
}

#[test]
fn a_close_is_answered_with_its_code() {
    let server = TestServer::open();
    let others = Bystanders::of(&server);
    for code in [1000_u16, 1001, 1011, 3000, 3999, 4000, 4999] {
        let (mut client, _) = server.join();
        let payload = [&code.to_be_bytes()[..], b"bye"].concat();
        client.send_frame(CLOSE, &payload);
        assert_eq!(client.read_to_close().0, Some(code));
    }
    let (mut client, _) = server.join();
    client.send_frame(CLOSE, b"");
    assert_eq!(client.read_to_close().0, None);
    others.undisturbed();
}

#[test]
fn an_invalid_close_is_answered_with_a_protocol_error() {
    let server = TestServer::open();
    let others = Bystanders::of(&server);
    for code in [0_u16, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000] {
        let (mut client, _) = server.join();
        client.send_frame(CLOSE, &code.to_be_bytes());
        assert_eq!(client.read_to_close().0, Some(1002), "for {code}");
    }
    // Half a code.
    let (mut client, _) = server.join();
    client.send_frame(CLOSE, &[0x03]);
    assert_eq!(client.read_to_close().0, Some(1002));
    // A reason that is not UTF-8.
    let (mut client, _) = server.join();
    client.send_frame(CLOSE, &[0x03, 0xe8, 0xff]);
    assert_eq!(client.read_to_close().0, Some(1007));
    others.undisturbed();
}

#[test]
fn a_message_before_a_close_is_relayed_and_one_behind_it_is_not() {
    let server = TestServer::open();
    let (mut one, mut two) = server.pair();
    let frames = [
        wire::masked(FIN | BINARY, &wire::chat(0, "my last words")),
        wire::masked(FIN | CLOSE, &1000_u16.to_be_bytes()),
        wire::masked(FIN | BINARY, &wire::chat(0, "a ghost")),
    ];
    one.send(&frames.concat());
    assert_eq!(one.read_to_close().0, Some(1000));
    two.expect_chat(1, "my last words");
    let (mut three, _) = server.join();
    three.say("who was that?");
    two.expect_chat(3, "who was that?");
}
