//! Bytes of the wire, made and read by hand: WebSocket frames (RFC 6455
//! section 5.2) and the two packets.

use std::time::{Duration, Instant};

/// How long a test waits for anything before it fails.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// The opcode of a fragment that is not the first (RFC 6455 section 5.2).
pub const CONTINUATION: u8 = 0x0;
/// The opcode of a text message.
pub const TEXT: u8 = 0x1;
/// The opcode of a binary message.
pub const BINARY: u8 = 0x2;
/// The opcode of a close frame.
pub const CLOSE: u8 = 0x8;
/// The opcode of a ping.
pub const PING: u8 = 0x9;
/// The opcode of a pong.
pub const PONG: u8 = 0xa;

/// The bit of a message's last frame.
pub const FIN: u8 = 0x80;

/// The bit of a frame that is masked, and what stands for longer lengths.
const MASKED: u8 = 0x80;
const MEDIUM: u8 = 0x7e;
const LONG: u8 = 0x7f;

const MASK: [u8; 4] = [0x5a, 0xc3, 0x00, 0x7f];

/// A frame as a server sends it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frame {
    /// Whether the message ends with it.
    pub fin: bool,
    /// One of the opcodes above.
    pub opcode: u8,
    /// The payload, unmasked.
    pub payload: Vec<u8>,
}

impl Frame {
    /// A whole message or control frame.
    pub fn whole(opcode: u8, payload: impl Into<Vec<u8>>) -> Self {
        Self {
            fin: true,
            opcode,
            payload: payload.into(),
        }
    }

    /// Takes the first frame off `bytes`; `None` where it is not all there.
    ///
    /// Fails the test where a server may not send such a frame.
    pub fn take(bytes: &[u8]) -> Option<(Self, usize)> {
        let (&first, rest) = bytes.split_first()?;
        let (&second, rest) = rest.split_first()?;
        assert_eq!(first & 0x70, 0, "reserved bits: {first:02x}");
        assert_eq!(second & MASKED, 0, "a server does not mask");
        let (length, header) = match second {
            MEDIUM => {
                let length = usize::from(u16::from_be_bytes(*rest.first_chunk()?));
                assert!(length > 125, "the shortest form of a length is due");
                (length, 4)
            }
            LONG => {
                let length = u64::from_be_bytes(*rest.first_chunk()?);
                let length = usize::try_from(length).unwrap();
                assert!(length > 65_535, "the shortest form of a length is due");
                (length, 10)
            }
            short => (usize::from(short), 2),
        };
        let payload = bytes.get(header..header + length)?.to_vec();
        let frame = Self {
            fin: first & FIN != 0,
            opcode: first & 0x0f,
            payload,
        };
        Some((frame, header + length))
    }
}

/// A client's frame: masked. `first` is its first byte whole.
pub fn masked(first: u8, payload: &[u8]) -> Vec<u8> {
    let mut bytes = header(first, MASKED, payload.len());
    bytes.extend(MASK);
    let masked = payload.iter().zip(MASK.iter().cycle());
    bytes.extend(masked.map(|(byte, mask)| byte ^ mask));
    bytes
}

/// A frame without a mask, as no client may send it.
pub fn unmasked(first: u8, payload: &[u8]) -> Vec<u8> {
    let mut bytes = header(first, 0, payload.len());
    bytes.extend(payload);
    bytes
}

fn header(first: u8, mask: u8, length: usize) -> Vec<u8> {
    let mut bytes = vec![first];
    if let Ok(short @ 0..=125) = u8::try_from(length) {
        bytes.push(mask | short);
    } else if let Ok(medium) = u16::try_from(length) {
        bytes.push(mask | MEDIUM);
        bytes.extend(medium.to_be_bytes());
    } else {
        bytes.push(mask | LONG);
        bytes.extend((length as u64).to_be_bytes());
    }
    bytes
}

/// A chat packet; 0 for no sender, as a client sends it.
pub fn chat(sender: u64, text: &str) -> Vec<u8> {
    chat_of_bytes(sender, text.as_bytes())
}

/// The same with a text that may be no UTF-8.
pub fn chat_of_bytes(sender: u64, text: &[u8]) -> Vec<u8> {
    let mut inner = Vec::new();
    if !text.is_empty() {
        inner.push(0x0a);
        inner.extend(varint(text.len() as u64));
        inner.extend(text);
    }
    let mut packet = Vec::new();
    if sender != 0 {
        packet.push(0x08);
        packet.extend(varint(sender));
    }
    packet.push(0x12);
    packet.extend(varint(inner.len() as u64));
    packet.extend(inner);
    packet
}

/// The packet that tells a client its ID.
pub fn id(id: u64) -> Vec<u8> {
    let number = varint(id);
    let mut packet = vec![0x08];
    packet.extend(&number);
    packet.extend([0x1a, u8::try_from(1 + number.len()).unwrap(), 0x08]);
    packet.extend(&number);
    packet
}

/// Who says what in a server's chat packet. Fails the test unless it is one
/// to the byte.
pub fn parse_chat(packet: &[u8]) -> (u64, String) {
    let parsed = || {
        let rest = packet.strip_prefix(&[0x08])?;
        let (sender, rest) = take_varint(rest)?;
        let (_, rest) = take_varint(rest.strip_prefix(&[0x12])?)?;
        let (_, text) = take_varint(rest.strip_prefix(&[0x0a])?)?;
        Some((sender, String::from_utf8(text.to_vec()).ok()?))
    };
    let (sender, text) = parsed().unwrap_or_else(|| panic!("no chat: {packet:02x?}"));
    assert_eq!(packet, chat(sender, &text), "not a chat to the byte");
    (sender, text)
}

/// The ID in a server's ID packet. Fails the test unless it is one to the
/// byte.
pub fn parse_id(packet: &[u8]) -> u64 {
    let parsed = packet.strip_prefix(&[0x08]).and_then(take_varint);
    let (number, _) = parsed.unwrap_or_else(|| panic!("no ID: {packet:02x?}"));
    assert_eq!(packet, id(number), "not an ID to the byte");
    number
}

fn varint(mut number: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    loop {
        let [low, ..] = number.to_le_bytes();
        number >>= 7;
        if number == 0 {
            bytes.push(low);
            return bytes;
        }
        bytes.push(low | 0x80);
    }
}

fn take_varint(bytes: &[u8]) -> Option<(u64, &[u8])> {
    let length = 1 + bytes.iter().position(|byte| byte & 0x80 == 0)?;
    let (number, rest) = bytes.split_at(length);
    let bits = number.iter().rev().map(|byte| u64::from(byte & 0x7f));
    Some((bits.fold(0, |number, bits| number << 7 | bits), rest))
}

/// Tries until `attempt` gives something; fails the test when it never does.
#[track_caller]
pub fn eventually<T>(what: &str, mut attempt: impl FnMut() -> Option<T>) -> T {
    let start = Instant::now();
    loop {
        if let Some(result) = attempt() {
            return result;
        }
        assert!(start.elapsed() < PATIENCE, "still not: {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}
