//! The server's WebSocket frames as bytes (RFC 6455 section 5.2).
//!
//! A server's frames are not masked, so the bytes of one frame serve every
//! subscriber of a room. This file encodes them once; the WebSocket library would
//! encode them again for each connection. Rooms, sessions and outboxes call it.

use bytes::{BufMut, Bytes, BytesMut};
use guildhall_protocol::{
    CloseCode, HistoryPage, Line, LongResult, Message, Packet, PacketBody, Protocol, Reply,
    ReplyResult,
};

use crate::ids::RequestId;

const FIN: u8 = 0x80;
const TEXT: u8 = 0x1;
const BINARY: u8 = 0x2;
const CLOSE: u8 = 0x8;
const PING: u8 = 0x9;

/// The most bytes of a frame's header.
const MAX_HEADER: usize = 10;

/// The most bytes of payload in a control frame (RFC 6455 section 5.5).
const MAX_CONTROL_PAYLOAD: usize = 125;

/// Appends `packet` as one binary frame.
pub fn put_packet(buffer: &mut BytesMut, packet: &Packet) {
    let length = packet.encoded_len();
    put_header(buffer, BINARY, length);
    buffer.reserve(length);
    put(buffer, packet);
}

/// The answer to the request with this ID.
pub(crate) fn reply(id: RequestId, result: ReplyResult) -> Packet {
    Packet::from(PacketBody::Reply(Reply {
        id: id.0,
        result: Some(result),
    }))
}

/// Returns `packet` as one binary frame.
#[must_use]
pub fn packet(packet: &Packet) -> Bytes {
    let mut buffer = BytesMut::new();
    put_packet(&mut buffer, packet);
    buffer.freeze()
}

/// Returns a message that is no packet, as one frame.
pub(crate) fn message(is_text: bool, payload: &[u8]) -> Bytes {
    let mut buffer = BytesMut::with_capacity(MAX_HEADER + payload.len());
    put_header(
        &mut buffer,
        if is_text { TEXT } else { BINARY },
        payload.len(),
    );
    buffer.put_slice(payload);
    buffer.freeze()
}

/// Appends a chat message from `sender`, in the tutorial's protocol, as one binary
/// frame.
pub fn put_chat(buffer: &mut BytesMut, sender: u64, text: &str) {
    let length = Packet::chat_len(sender, text);
    put_header(buffer, BINARY, length);
    buffer.reserve(length);
    Packet::encode_chat(sender, text, buffer);
}

/// Appends `line` as one binary frame.
pub fn put_line(buffer: &mut BytesMut, line: &Line) {
    let length = line.packet_len();
    put_header(buffer, BINARY, length);
    buffer.reserve(length);
    line.encode_packet(buffer);
}

/// The length of `line` as one frame.
#[must_use]
pub fn line_length(line: &Line) -> usize {
    let length = line.packet_len();
    header_length_for(length) + length
}

/// Returns the reply to request `id` as one binary frame. Its result is encoded already.
#[must_use]
pub fn long_reply(id: u64, field: LongResult, result: &[u8]) -> Bytes {
    let length = Reply::packet_len(id, field, result.len());
    let mut buffer = BytesMut::with_capacity(length + MAX_HEADER);
    put_header(&mut buffer, BINARY, length);
    Reply::encode_packet_start(id, field, result.len(), &mut buffer);
    buffer.put_slice(result);
    buffer.freeze()
}

/// Returns a page of history that is encoded, as a reply's result is. `page` has all but the
/// lines, which are in `frames`, one frame each.
#[must_use]
pub fn encoded_page(mut page: HistoryPage, mut frames: &[u8]) -> Bytes {
    // No line is longer in the page than as a frame.
    let mut buffer = BytesMut::with_capacity(page.encoded_len() + frames.len());
    let end = HistoryPage {
        more: std::mem::take(&mut page.more),
        ..HistoryPage::default()
    };
    put(&mut buffer, &page);
    while !frames.is_empty() {
        let (frame, rest) = frames.split_at(frame_length(frames));
        HistoryPage::encode_line(&frame[header_length(frame)..], &mut buffer);
        frames = rest;
    }
    put(&mut buffer, &end);
    buffer.freeze()
}

fn put(buffer: &mut BytesMut, message: &impl Message) {
    message
        .encode(buffer)
        .expect("a BytesMut grows as it is written to");
}

/// Returns the lines in `frames`, which holds whole frames. Frames that hold no line
/// are left out.
#[must_use]
pub fn lines(frames: &[u8]) -> Vec<Line> {
    each_line(frames).collect()
}

/// Returns the bodies of the packets in `frames`, which holds whole frames.
#[must_use]
pub(crate) fn packets(mut frames: &[u8]) -> Vec<PacketBody> {
    let mut packets = Vec::new();
    while !frames.is_empty() {
        let (frame, rest) = frames.split_at(frame_length(frames));
        packets.extend(
            Packet::decode(&frame[header_length(frame)..])
                .ok()
                .and_then(|packet| packet.msg),
        );
        frames = rest;
    }
    packets
}

/// Returns the first line in `frames`, which holds whole frames.
#[must_use]
pub fn first_line(frames: &[u8]) -> Option<Line> {
    each_line(frames).next()
}

/// How many chat messages and lines are in `frames`, which holds whole frames. It decodes none.
#[must_use]
pub(crate) fn count_lines(mut frames: &[u8]) -> u64 {
    let mut count = 0;
    while !frames.is_empty() {
        let (frame, rest) = frames.split_at(frame_length(frames));
        let payload = payload(frame);
        let is_line = CHAT_STARTS.iter().any(|start| payload.starts_with(start));
        count += u64::from(is_line);
        frames = rest;
    }
    count
}

/// How a packet begins that holds a chat message, with the sender in front of it, or a line: the
/// tag of its first field.
const CHAT_STARTS: [&[u8]; 3] = [&[0xb2, 0x01], &[0x08], &[0x12]];

fn each_line(mut frames: &[u8]) -> impl Iterator<Item = Line> {
    std::iter::from_fn(move || {
        while !frames.is_empty() {
            let (frame, rest) = frames.split_at(frame_length(frames));
            frames = rest;
            if let Ok(Packet {
                msg: Some(PacketBody::Line(line)),
                ..
            }) = Packet::decode(&frame[header_length(frame)..])
            {
                return Some(line);
            }
        }
        None
    })
}

/// An empty ping.
const PING_FRAME: &[u8] = &[FIN | PING, 0];

/// A binary frame with a packet that holds an empty `Ping`.
const V1_PING_FRAME: &[u8] = &[FIN | BINARY, 3, 0xca, 0x01, 0];

/// Returns the frame that asks a client for a sign of life. `guildhall.v1` has a
/// message for it: a browser tab in the background still handles messages, but its
/// timers do not run.
#[must_use]
pub const fn ping(protocol: Protocol) -> &'static [u8] {
    match protocol {
        Protocol::Tutorial => PING_FRAME,
        Protocol::V1 => V1_PING_FRAME,
    }
}

/// Returns a close frame (RFC 6455 section 5.5.1). A reason that is longer than 123
/// bytes is cut between two characters.
#[must_use]
pub fn close(code: CloseCode, reason: &str) -> Bytes {
    let reason = &reason[..reason.floor_char_boundary(MAX_CONTROL_PAYLOAD - 2)];
    let mut buffer = BytesMut::with_capacity(4 + reason.len());
    put_header(&mut buffer, CLOSE, 2 + reason.len());
    buffer.put_u16(code.code());
    buffer.put_slice(reason.as_bytes());
    buffer.freeze()
}

/// Returns the index behind the frame that the byte at `at` belongs to; `at` itself
/// if a frame begins there. `frames` holds whole frames of a server from its first
/// byte on.
#[must_use]
pub fn end_of_frame(frames: &[u8], at: usize) -> usize {
    let mut end = 0;
    while end < at {
        end += frame_length(&frames[end..]);
    }
    end
}

/// Returns the payload of a frame.
pub(crate) fn payload(frame: &[u8]) -> &[u8] {
    &frame[header_length(frame)..]
}

/// Returns the index behind the first `count` frames of `frames`, which holds whole frames of a
/// server.
#[must_use]
pub(crate) fn behind_frames(frames: &[u8], count: usize) -> usize {
    let mut end = 0;
    for _ in 0..count {
        if end == frames.len() {
            break;
        }
        end += frame_length(&frames[end..]);
    }
    end
}

fn put_header(buffer: &mut BytesMut, opcode: u8, length: usize) {
    buffer.put_u8(FIN | opcode);
    if let Ok(short) = u8::try_from(length)
        && short <= 125
    {
        buffer.put_u8(short);
    } else if let Ok(medium) = u16::try_from(length) {
        buffer.put_u8(126);
        buffer.put_u16(medium);
    } else {
        buffer.put_u8(127);
        buffer.put_u64(length as u64);
    }
}

/// The length of the header of a frame with this many bytes of payload.
fn header_length_for(length: usize) -> usize {
    match length {
        ..=125 => 2,
        126..=0xffff => 4,
        _ => 10,
    }
}

/// The length of the frame at the start of `bytes`, header included.
fn frame_length(bytes: &[u8]) -> usize {
    header_length(bytes) + payload_length(bytes)
}

fn header_length(bytes: &[u8]) -> usize {
    match bytes[1] {
        126 => 4,
        127 => 10,
        _ => 2,
    }
}

fn payload_length(bytes: &[u8]) -> usize {
    match bytes[1] {
        126 => usize::from(u16::from_be_bytes([bytes[2], bytes[3]])),
        127 => bytes[2..10]
            .iter()
            .fold(0, |length, &byte| length << 8 | usize::from(byte)),
        short => usize::from(short),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use guildhall_protocol::Ping;

    #[test]
    fn an_id_packet_is_framed_as_in_the_tutorial() {
        let bytes = packet(&Packet::id(1));
        assert_eq!(&bytes[..], [0x82, 6, 0x08, 0x01, 0x1a, 0x02, 0x08, 0x01]);
    }

    #[test]
    fn each_protocol_has_its_own_ping() {
        let ping = packet(&Packet::from(PacketBody::Ping(Ping {})));
        assert_eq!(super::ping(Protocol::V1), ping);
        assert_eq!(super::ping(Protocol::Tutorial), [0x89, 0]);
    }

    #[test]
    fn lines_are_framed_as_packets_and_read_back() {
        let line = |text: String| Line {
            room: "red".into(),
            text,
            ..Line::default()
        };
        let expected_lines = ["a".to_owned(), "x".repeat(300), "y".repeat(70_000)].map(line);
        let mut buffer = BytesMut::new();
        for line in &expected_lines {
            let start = buffer.len();
            put_line(&mut buffer, line);
            let expected = packet(&Packet::from(PacketBody::Line(line.clone())));
            assert_eq!(buffer[start..], expected);
            assert_eq!(line_length(line), expected.len());
        }
        assert_eq!(lines(&buffer), expected_lines);
    }

    #[test]
    fn lines_and_chat_messages_are_counted_and_nothing_else_is() {
        let mut frames = BytesMut::new();
        put_line(&mut frames, &Line::default());
        put_chat(&mut frames, 0, "");
        put_chat(&mut frames, 7, &"x".repeat(300));
        assert_eq!(count_lines(&frames), 3);
        for body in [
            PacketBody::Reply(Reply::default()),
            PacketBody::Presence(guildhall_protocol::Presence::default()),
            PacketBody::Ping(Ping {}),
        ] {
            put_packet(&mut frames, &Packet::from(body));
        }
        put_line(&mut frames, &Line::default());
        assert_eq!(count_lines(&frames), 4);
    }

    #[test]
    fn a_length_is_written_in_the_fewest_bytes() {
        // Beside the text a packet has 2 bytes for the sender, and a tag and a length
        // for the message and for the text: 2 bytes each up to a length of 127, and 3
        // above.
        for (text, header) in [
            (119, &[0x82, 125][..]),
            (120, &[0x82, 126, 0, 126]),
            (65_525, &[0x82, 126, 0xff, 0xff]),
            (65_526, &[0x82, 127, 0, 0, 0, 0, 0, 1, 0, 0]),
        ] {
            let bytes = packet(&Packet::chat(1, "x".repeat(text)));
            assert_eq!(&bytes[..header.len()], header);
            assert_eq!(frame_length(&bytes), bytes.len());
        }
    }

    #[test]
    fn a_close_frame_holds_a_code_and_a_reason() {
        let bytes = close(CloseCode::GoingAway, "bye");
        assert_eq!(&bytes[..], [0x88, 5, 0x03, 0xe9, b'b', b'y', b'e']);
    }

    #[test]
    fn a_long_reason_is_cut_between_two_characters() {
        let bytes = close(CloseCode::GoingAway, &"é".repeat(100));
        assert_eq!(bytes.len(), 2 + 2 + 122);
        assert!(std::str::from_utf8(&bytes[4..]).is_ok());
    }

    #[test]
    fn the_end_of_a_frame_is_found_from_any_of_its_bytes() {
        let mut frames = BytesMut::new();
        put_packet(&mut frames, &Packet::id(1));
        put_packet(&mut frames, &Packet::chat(1, "x".repeat(300)));
        let second = frames.len();
        put_packet(&mut frames, &Packet::id(2));
        assert_eq!(end_of_frame(&frames, 0), 0);
        assert_eq!(end_of_frame(&frames, 1), 8);
        assert_eq!(end_of_frame(&frames, 8), 8);
        assert_eq!(end_of_frame(&frames, 9), second);
        assert_eq!(end_of_frame(&frames, second - 1), second);
        assert_eq!(end_of_frame(&frames, second + 1), frames.len());
    }
}
