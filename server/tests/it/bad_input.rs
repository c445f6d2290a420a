//! What a client must not send, and the documented answer to it (docs/protocol.md),
//! while other clients chat undisturbed.

use crate::bystanders::Bystanders;
use guildhall_testing::client::Client;
use guildhall_testing::test_server::TestServer;
use guildhall_testing::wire::{self, BINARY, CLOSE, CONTINUATION, FIN, PING, PONG, TEXT};

/// Has a third client send `bytes`, and checks that it is closed with `code`.
#[track_caller]
fn check_closed(bytes: &[u8], code: u16) {
    check(|culprit| {
        // The server may hang up before it has read all of them.
        culprit.try_send(bytes);
        culprit.expect_close(code);
    });
}

/// Has a third client send a binary message, and checks that it is closed with `code`.
#[track_caller]
fn check_message(packet: &[u8], code: u16) {
    check_closed(&wire::masked(FIN | BINARY, packet), code);
}

#[track_caller]
fn check(misbehave: impl FnOnce(&mut Client)) {
    let server = TestServer::open();
    let others = Bystanders::of(&server);
    let (mut culprit, id) = server.join();
    assert_eq!(id, 3);
    misbehave(&mut culprit);
    others.undisturbed();
}

#[test]
fn an_empty_text_is_ignored_and_the_connection_lives() {
    let server = TestServer::open();
    let (mut one, mut two) = server.pair();
    for empty in [&[0x12, 0x00][..], &[0x12, 0x02, 0x0a, 0x00]] {
        one.send_frame(BINARY, empty);
        one.say("not empty");
        two.expect_chat(1, "not empty");
    }
    two.say("you are still connected");
    one.expect_chat(2, "you are still connected");
}

#[test]
fn bytes_that_are_not_one_whole_packet_are_closed_with_1007() {
    check_message(b"", 1007);
    check_message(b"\n", 1007);
    check_message(b"{\"chat\":\"hello\"}", 1007);
    check_message(&[0xff; 16], 1007);
    // Truncated in the text, and in a tag.
    let packet = wire::chat(0, "hello");
    check_message(&packet[..packet.len() - 1], 1007);
    check_message(&packet[..1], 1007);
    // A text as a number.
    check_message(&[0x10, 0x05], 1007);
    // Two newlines; one is tolerated.
    check_message(&[&packet[..], b"\n\n"].concat(), 1007);
}

#[test]
fn two_packets_in_one_message_are_closed_with_1007() {
    let two = [wire::chat(0, "one"), wire::chat(0, "two")].concat();
    check_message(&two, 1007);
    let two = [wire::chat(0, "one"), wire::id(1)].concat();
    check_message(&two, 1007);
}

#[test]
fn a_text_that_is_not_utf8_is_closed_with_1007() {
    for text in [
        &b"\xff"[..],
        b"half a \xe2\x82",
        b"\xed\xa0\x80",
        b"\xc0\xaf",
    ] {
        check_message(&wire::chat_of_bytes(0, text), 1007);
    }
}

#[test]
fn an_id_message_is_closed_with_1008() {
    check_message(&wire::id(1), 1008);
    check_message(&[0x1a, 0x02, 0x08, 0x05], 1008);
    check_message(&[0x1a, 0x00], 1008);
}

#[test]
fn a_message_of_another_server_is_closed_with_1008() {
    // 4 is a login request, 19 a disconnect.
    check_message(&[0x22, 0x00], 1008);
    check_message(&[0x22, 0x03, 0x0a, 0x01, b'x'], 1008);
    check_message(&[0x9a, 0x01, 0x00], 1008);
}

#[test]
fn a_packet_without_a_known_body_is_closed_with_1008() {
    check_message(&[0x08, 0x01], 1008);
    // Field 20, which the schema does not have.
    check_message(&[0xa2, 0x01, 0x00], 1008);
}

#[test]
fn a_text_message_is_closed_with_1003() {
    check_closed(&wire::masked(FIN | TEXT, b"hello"), 1003);
    check_closed(&wire::masked(FIN | TEXT, b""), 1003);
    check_closed(&wire::masked(FIN | TEXT, &wire::chat(0, "hi")), 1003);
}

#[test]
fn a_text_message_that_is_not_utf8_is_closed_with_1007() {
    check_closed(&wire::masked(FIN | TEXT, b"\xff\xfe"), 1007);
}

#[test]
fn a_message_above_16_kib_is_closed_with_1009() {
    let text = "x".repeat(16 * 1024 - 5);
    let packet = wire::chat(0, &text);
    assert_eq!(packet.len(), 16 * 1024 + 1);
    check_message(&packet, 1009);
    check_message(&vec![0; 1024 * 1024], 1009);
}

#[test]
fn a_length_alone_is_enough_for_1009() {
    // The server does not wait for the terabyte that this header announces.
    let mut header = vec![FIN | BINARY, 0x80 | 127];
    header.extend((1_u64 << 40).to_be_bytes());
    header.extend([0; 4]);
    check_closed(&header, 1009);
}

#[test]
fn a_message_above_16_kib_in_fragments_is_closed_with_1009() {
    let mut frames = wire::masked(BINARY, &[0; 1000]);
    for _ in 0..16 {
        frames.extend(wire::masked(CONTINUATION, &[0; 1000]));
    }
    // Closed before the last fragment, which may never arrive.
    check_closed(&frames, 1009);
}

#[test]
fn an_unmasked_frame_is_closed_with_1002() {
    let packet = wire::chat(0, "hi");
    check_closed(&wire::unmasked(FIN | BINARY, &packet), 1002);
}

#[test]
fn reserved_bits_are_closed_with_1002() {
    for bit in [0x40, 0x20, 0x10] {
        let frame = wire::masked(FIN | bit | BINARY, &wire::chat(0, "hi"));
        check_closed(&frame, 1002);
    }
}

#[test]
fn reserved_opcodes_are_closed_with_1002() {
    for opcode in [0x3, 0x7, 0xb, 0xf] {
        check_closed(&wire::masked(FIN | opcode, b""), 1002);
    }
}

#[test]
fn control_frames_that_are_fragmented_or_long_are_closed_with_1002() {
    check_closed(&wire::masked(PING, b"no end"), 1002);
    check_closed(&wire::masked(PONG, b"no end"), 1002);
    check_closed(&wire::masked(CLOSE, &[0x03, 0xe8]), 1002);
    check_closed(&wire::masked(FIN | PING, &[0; 126]), 1002);
}

#[test]
fn fragments_out_of_order_are_closed_with_1002() {
    // A continuation without a first fragment.
    check_closed(&wire::masked(FIN | CONTINUATION, b"hi"), 1002);
    // A new message before the end of the last one.
    let begun = wire::masked(BINARY, b"begun");
    let other = wire::masked(FIN | BINARY, b"other");
    check_closed(&[begun, other].concat(), 1002);
}

#[test]
fn bytes_that_are_not_frames_are_closed_with_1002() {
    check_closed(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n", 1002);
}

#[test]
fn a_message_behind_a_fault_is_not_relayed() {
    check(|culprit| {
        let bad = wire::masked(FIN | BINARY, &wire::id(1));
        let chat = wire::masked(FIN | BINARY, &wire::chat(0, "too late"));
        // The bystanders fail if they get it: they know each other's lines.
        culprit.try_send(&[bad, chat].concat());
        culprit.expect_close(1008);
    });
}

#[test]
fn a_message_before_a_fault_is_relayed() {
    let server = TestServer::open();
    let (mut one, mut two) = server.pair();
    let chat = wire::masked(FIN | BINARY, &wire::chat(0, "in time"));
    let bad = wire::masked(FIN | TEXT, b"fault");
    one.send(&[chat, bad].concat());
    one.expect_close(1003);
    two.expect_chat(1, "in time");
}

#[test]
fn a_closed_client_that_goes_on_sending_still_gets_the_close() {
    check(|culprit| {
        let mut bytes = wire::masked(FIN | TEXT, b"fault");
        // More than the sockets hold. If the server closed its socket with unread
        // bytes, the socket would be reset and the close frame lost.
        let more = wire::masked(FIN | BINARY, &wire::chat(0, &"x".repeat(16_000)));
        for _ in 0..64 {
            bytes.extend(&more);
        }
        culprit.try_send(&bytes);
        culprit.expect_close(1003);
    });
}

#[test]
fn a_closed_client_that_reads_late_gets_all_lines_and_then_the_close() {
    const LINES: usize = 30;
    let server = TestServer::open();
    let (mut one, mut two) = server.pair();
    let mut culprit = Client::dial_narrow(server.address()).joined().0;
    let line = |n| format!("{n} {}", "x".repeat(16_000));
    for n in 0..LINES {
        one.say(&line(n));
        two.expect_chat(1, &line(n));
    }
    // If the server closed its socket with these bytes unread, the socket would be
    // reset, and the bytes that its kernel has not sent yet would be lost.
    let mut bytes = wire::masked(FIN | TEXT, b"fault");
    bytes.extend([0; 2000]);
    culprit.send(&bytes);
    for n in 0..LINES {
        culprit.expect_chat(1, &line(n));
    }
    culprit.expect_close(1003);
}

#[test]
fn a_forged_sender_is_replaced_and_unknown_fields_are_dropped() {
    let server = TestServer::open();
    let (mut one, mut two) = server.pair();
    for forged in [2, 99, u64::MAX] {
        one.send_frame(BINARY, &wire::chat(forged, "it is me"));
        two.expect_chat(1, "it is me");
    }
    // Field 200 behind the chat, and the newline a Go server would add.
    let mut packet = wire::chat(0, "bare");
    packet.extend([0xc0, 0x0c, 0x96, 0x01]);
    one.send_frame(BINARY, &packet);
    two.expect_chat(1, "bare");
    let mut packet = wire::chat(0, "bare");
    packet.push(b'\n');
    one.send_frame(BINARY, &packet);
    two.expect_chat(1, "bare");
}
