//! The chat of the tutorial's clients without any fault, byte for byte.

use async_tungstenite::tungstenite::{self, Message};
use std::net::TcpStream;

use guildhall_testing::client::Client;
use guildhall_testing::test_server::TestServer;
use guildhall_testing::wire::{self, BINARY, CONTINUATION, FIN, Frame, PATIENCE, PING, PONG};

/// The length of the longest text: 16 KiB less the packet's own six bytes.
const LONGEST: usize = 16 * 1024 - 6;

#[test]
fn the_first_frame_is_the_id() {
    let server = TestServer::open();
    let mut one = Client::dial(server.address());
    one.send(guildhall_testing::client::handshake("").as_bytes());
    one.expect_upgrade();
    let expected = [0x08, 0x01, 0x1a, 0x02, 0x08, 0x01];
    assert_eq!(one.frame(), Frame::whole(BINARY, expected));
}

#[test]
fn a_chat_reaches_the_others_as_the_tutorials_bytes() {
    let server = TestServer::open();
    let (mut one, mut two) = server.pair();
    let (mut three, _) = server.join();
    // "hi", as a client of the tutorial sends it.
    one.send_frame(BINARY, &[0x12, 0x04, 0x0a, 0x02, 0x68, 0x69]);
    let expected = [0x08, 0x01, 0x12, 0x04, 0x0a, 0x02, 0x68, 0x69];
    for listener in [&mut two, &mut three] {
        assert_eq!(listener.frame(), Frame::whole(BINARY, expected));
    }
}

#[test]
fn a_speaker_does_not_get_its_own_message() {
    let server = TestServer::open();
    let (mut one, mut two) = server.pair();
    for text in ["a", "b", "c"] {
        one.say(text);
        two.expect_chat(1, text);
    }
    // A message that came back would arrive before the answer.
    two.say("answer");
    one.expect_chat(2, "answer");
}

#[test]
fn ids_count_up_and_are_never_used_again() {
    let server = TestServer::open();
    let (one, mut two) = server.pair();
    drop(one);
    let (three, id) = server.join();
    assert_eq!(id, 3);
    three.reset();
    let (mut four, id) = server.join();
    assert_eq!(id, 4);
    four.say("still 4");
    two.expect_chat(4, "still 4");
}

#[test]
fn ids_above_one_byte_have_exact_packets_too() {
    let server = TestServer::open();
    let (mut one, _) = server.join();
    for expected in 2..=300 {
        let (mut client, id) = server.join();
        assert_eq!(id, expected);
        if id % 100 == 0 {
            client.say("hundred");
            one.expect_chat(id, "hundred");
        }
    }
}

#[test]
fn sizes_up_to_16_kib_arrive_in_one_frame() {
    let server = TestServer::open();
    let (mut one, mut two) = server.pair();
    for length in [1, 117, 118, 119, 125, 126, 127, 128, 1024, 4096, 16_000] {
        let text = "x".repeat(length);
        one.say(&text);
        // One frame with the bit of the last frame: the message is not fragmented.
        two.expect_chat(1, &text);
    }
    let text = "y".repeat(LONGEST);
    let packet = wire::chat(0, &text);
    assert_eq!(packet.len(), 16 * 1024);
    one.send_frame(BINARY, &packet);
    let frame = two.frame();
    assert_eq!(frame.payload.len(), 16 * 1024 + 2);
    assert_eq!(frame, Frame::whole(BINARY, wire::chat(1, &text)));
    // No frame follows it.
    one.say("next");
    two.expect_chat(1, "next");
}

#[test]
fn any_text_arrives_unchanged() {
    #[derive(Debug)]
    struct Hostile(String);
    let file = include_str!("../../../proto/testdata/hostile.json");
    let texts: Vec<serde_json::Value> = serde_json::from_str(file).unwrap();
    let texts = texts.iter().map(|text| {
        let repeated = text["repeat"].as_str().unwrap_or_default();
        let times = usize::try_from(text["times"].as_u64().unwrap_or_default()).unwrap();
        Hostile(text["text"].as_str().unwrap().to_owned() + &repeated.repeat(times))
    });
    let server = TestServer::open();
    let (mut one, mut two) = server.pair();
    let mut count = 0;
    // A client of the tutorial may say what shows nothing: its wire stays as it is.
    let unseen = ["\n", "line\n", "\0", " ", "\u{200b}", "\u{301}"];
    for Hostile(text) in texts.chain(unseen.map(|text| Hostile(text.into()))) {
        one.say(&text);
        two.expect_chat(1, &text);
        count += 1;
    }
    assert!(count > 4, "the file has hostile texts");
}

#[test]
fn a_fragmented_chat_is_accepted_and_relayed_whole() {
    let server = TestServer::open();
    let (mut one, mut two) = server.pair();
    let packet = wire::chat(0, "in three pieces");
    one.send(&wire::masked(BINARY, &packet[..1]));
    one.send(&wire::masked(CONTINUATION, &packet[1..9]));
    // A control frame may come between.
    one.send_frame(PING, b"between");
    assert_eq!(one.frame(), Frame::whole(PONG, *b"between"));
    one.send(&wire::masked(CONTINUATION, &[]));
    one.send(&wire::masked(FIN | CONTINUATION, &packet[9..]));
    two.expect_chat(1, "in three pieces");
}

#[test]
fn frames_that_arrive_byte_by_byte_are_read() {
    let server = TestServer::open();
    let (mut one, mut two) = server.pair();
    let frame = wire::masked(FIN | BINARY, &wire::chat(0, "slowly"));
    for byte in frame {
        one.send(&[byte]);
    }
    two.expect_chat(1, "slowly");
}

#[test]
fn many_frames_in_one_segment_are_all_relayed() {
    let server = TestServer::open();
    let (mut one, mut two) = server.pair();
    let texts: Vec<_> = (0..500).map(|n| format!("line {n}")).collect();
    let frames = texts
        .iter()
        .map(|text| wire::masked(FIN | BINARY, &wire::chat(0, text)));
    one.send(&frames.collect::<Vec<_>>().concat());
    for text in &texts {
        two.expect_chat(1, text);
    }
}

#[test]
fn a_client_gets_the_messages_after_its_id() {
    let server = TestServer::open();
    let (mut one, mut two) = server.pair();
    one.say("before");
    two.expect_chat(1, "before");
    let (mut three, _) = server.join();
    one.say("after");
    three.expect_chat(1, "after");
    two.expect_chat(1, "after");
}

#[test]
fn a_websocket_library_can_chat() {
    let server = TestServer::open();
    let (mut one, _) = server.join();
    let stream = TcpStream::connect(server.address()).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    let url = format!("ws://localhost:{}/ws", server.address().port());
    let (mut two, _) = tungstenite::client::client(url, stream).expect("a handshake");
    let id = two.read().expect("an ID");
    assert_eq!(id, Message::binary(wire::id(2)));
    one.say("hello");
    assert_eq!(
        two.read().expect("chat"),
        Message::binary(wire::chat(1, "hello"))
    );
    two.send(Message::binary(wire::chat(0, "hello to you")))
        .unwrap();
    one.expect_chat(2, "hello to you");
    two.close(None).unwrap();
    assert!(matches!(two.read(), Ok(Message::Close(None))));
}
