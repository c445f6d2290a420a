//! A client's WebSocket frames (RFC 6455 section 5.2): reads the server's frames
//! and masks its own. For the load tool only, because it trusts the server more
//! than a client of users may.

/// The bit of a message's last frame.
pub(super) const FIN: u8 = 0x80;
const MASKED: u8 = 0x80;
/// Lengths that announce the real one, in the next two bytes or eight.
const MEDIUM: u8 = 0x7e;
const LONG: u8 = 0x7f;
/// The opcode of a fragment behind the first.
pub(super) const CONTINUATION: u8 = 0x0;
/// The opcode of a binary message, or of its first fragment.
pub(super) const BINARY: u8 = 0x2;
const CLOSE: u8 = 0x8;
/// The opcode of a ping.
pub(super) const PING: u8 = 0x9;
const PONG: u8 = 0xa;

/// The largest message that a server may send, far above any chat's.
pub(super) const MAX_MESSAGE: usize = 1 << 20;

/// A whole message or control frame from the server.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Incoming<'a> {
    /// A binary message.
    Message(&'a [u8]),
    /// A ping. The answer has the same bytes.
    Ping(&'a [u8]),
    /// A close, with the server's code if it gave one.
    Close(Option<u16>),
}

/// The server broke RFC 6455, or sent a frame that no chat server sends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum FrameError {
    /// A masked frame: only a client masks.
    #[error("a masked frame from the server")]
    Masked,
    /// A text message, a reserved opcode, or a continuation of nothing.
    #[error("an unexpected frame (opcode {0})")]
    Unexpected(u8),
    /// A message above [`MAX_MESSAGE`].
    #[error("a message above {MAX_MESSAGE} bytes")]
    TooBig,
}

/// The parts of frames and messages that one client has received and that are not
/// whole yet. Usually there are none, and then it holds no memory.
#[derive(Debug, Default)]
pub(super) struct Inbox {
    /// The beginning of a frame.
    rest: Vec<u8>,
    /// The payloads of a fragmented message's first frames.
    fragments: Option<Vec<u8>>,
}

impl Inbox {
    /// Moves the beginning of a frame to the beginning of `buffer`, and returns its
    /// length. The next read has to continue there.
    pub(super) fn take_rest(&mut self, buffer: &mut [u8]) -> usize {
        let length = self.rest.len();
        buffer[..length].copy_from_slice(&self.rest);
        self.rest.clear();
        length
    }

    /// Reads all whole frames in `bytes` and keeps the rest.
    #[inline]
    pub(super) fn receive(
        &mut self,
        mut bytes: &[u8],
        mut on_incoming: impl FnMut(Incoming<'_>),
    ) -> Result<(), FrameError> {
        while let Some(Head {
            header,
            length,
            start,
        }) = Head::read(bytes)?
        {
            let Some(payload) = bytes.get(start..start + length) else {
                break;
            };
            bytes = &bytes[start + length..];
            if header == FIN | BINARY {
                on_incoming(Incoming::Message(payload));
            } else {
                self.receive_other(header, payload, &mut on_incoming)?;
            }
        }
        if !bytes.is_empty() {
            self.rest.extend_from_slice(bytes);
        }
        Ok(())
    }

    /// Takes a frame that is not a whole message.
    #[cold]
    fn receive_other(
        &mut self,
        header: u8,
        payload: &[u8],
        on_incoming: &mut impl FnMut(Incoming<'_>),
    ) -> Result<(), FrameError> {
        let is_last = header & FIN != 0;
        match (header & !FIN, &mut self.fragments) {
            (BINARY, None) => self.fragments = Some(payload.to_vec()),
            (CONTINUATION, Some(fragments)) => {
                if fragments.len() + payload.len() > MAX_MESSAGE {
                    return Err(FrameError::TooBig);
                }
                fragments.extend_from_slice(payload);
                if is_last && let Some(message) = self.fragments.take() {
                    on_incoming(Incoming::Message(&message));
                }
            }
            (PING, _) => on_incoming(Incoming::Ping(payload)),
            (PONG, _) => {}
            (CLOSE, _) => {
                let code = payload.first_chunk().copied().map(u16::from_be_bytes);
                on_incoming(Incoming::Close(code));
            }
            (opcode, _) => return Err(FrameError::Unexpected(opcode)),
        }
        Ok(())
    }
}

/// The head of a frame.
struct Head {
    /// The first byte: the last frame's bit and the opcode.
    header: u8,
    /// The length of the payload.
    length: usize,
    /// Where the payload begins.
    start: usize,
}

impl Head {
    /// The head of the frame that `bytes` begins with, if it is whole.
    #[inline]
    fn read(bytes: &[u8]) -> Result<Option<Self>, FrameError> {
        let &[header, length, ref more @ ..] = bytes else {
            return Ok(None);
        };
        let (length, start) = match length {
            MASKED.. => return Err(FrameError::Masked),
            MEDIUM => match more.first_chunk() {
                Some(&length) => (u64::from(u16::from_be_bytes(length)), 4),
                None => return Ok(None),
            },
            LONG => match more.first_chunk() {
                Some(&length) => (u64::from_be_bytes(length), 10),
                None => return Ok(None),
            },
            short => (u64::from(short), 2),
        };
        match usize::try_from(length) {
            Ok(length) if length <= MAX_MESSAGE => Ok(Some(Self {
                header,
                length,
                start,
            })),
            _ => Err(FrameError::TooBig),
        }
    }
}

/// Appends `payload` as one masked binary frame.
pub(super) fn put_message(frames: &mut Vec<u8>, payload: &[u8], mask: [u8; 4]) {
    put_frame(frames, FIN | BINARY, payload, mask);
}

/// Appends the answer to a ping.
pub(super) fn put_pong(frames: &mut Vec<u8>, payload: &[u8], mask: [u8; 4]) {
    put_frame(frames, FIN | PONG, payload, mask);
}

/// Appends a frame whose first byte is `header`.
pub(super) fn put_frame(frames: &mut Vec<u8>, header: u8, payload: &[u8], mask: [u8; 4]) {
    frames.push(header);
    if let Ok(short) = u8::try_from(payload.len())
        && short <= 125
    {
        frames.push(MASKED | short);
    } else if let Ok(medium) = u16::try_from(payload.len()) {
        frames.push(MASKED | MEDIUM);
        frames.extend(medium.to_be_bytes());
    } else {
        frames.push(MASKED | LONG);
        frames.extend((payload.len() as u64).to_be_bytes());
    }
    frames.extend(mask);
    let masked = payload.iter().zip(mask.iter().cycle());
    frames.extend(masked.map(|(byte, mask)| byte ^ mask));
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What an inbox reads from `stream` if it arrives in parts of `size`.
    fn receive(stream: &[u8], size: usize) -> Result<Vec<String>, FrameError> {
        let mut inbox = Inbox::default();
        let mut seen = Vec::new();
        let mut buffer = vec![0; 200_000];
        for part in stream.chunks(size) {
            let held = inbox.take_rest(&mut buffer);
            buffer[held..held + part.len()].copy_from_slice(part);
            inbox.receive(&buffer[..held + part.len()], |incoming| {
                seen.push(match incoming {
                    Incoming::Message(bytes) if bytes.len() > 10 => format!("{}", bytes.len()),
                    other => format!("{other:?}"),
                });
            })?;
        }
        Ok(seen)
    }

    #[test]
    fn frames_are_read_from_parts_of_any_size() {
        let mut stream = vec![0x82, 2, 1, 2, 0x89, 1, 7, 0x8a, 0, 0x82, 126, 1, 0];
        stream.extend([9; 256]);
        stream.extend([0x82, 127, 0, 0, 0, 0, 0, 1, 0, 0]);
        stream.extend(vec![9; 65_536]);
        stream.extend([0x82, 0, 0x88, 2, 0x03, 0xe9, 0x88, 0]);
        let expected = [
            "Message([1, 2])",
            "Ping([7])",
            "256",
            "65536",
            "Message([])",
            "Close(Some(1001))",
            "Close(None)",
        ];
        for size in [1, 2, 3, 7, 100, 100_000] {
            assert_eq!(receive(&stream, size).unwrap(), expected, "{size}");
        }
    }

    #[test]
    fn fragments_are_joined_and_a_ping_may_come_between() {
        let stream = [2, 1, b'a', 0, 1, b'b', 0x89, 0, 0x80, 1, b'c', 0x82, 0];
        for size in [1, 4, 100] {
            let seen = receive(&stream, size).unwrap();
            assert_eq!(seen, ["Ping([])", "Message([97, 98, 99])", "Message([])"]);
        }
    }

    #[test]
    fn a_frame_that_no_server_sends_is_an_error() {
        assert_eq!(receive(&[0x82, 0x80], 9), Err(FrameError::Masked));
        assert_eq!(receive(&[0x81, 0], 9), Err(FrameError::Unexpected(1)));
        assert_eq!(receive(&[0x80, 0], 9), Err(FrameError::Unexpected(0)));
        let nested = [2, 0, 2, 0];
        assert_eq!(receive(&nested, 9), Err(FrameError::Unexpected(2)));
        let huge = [0x82, 127, 0, 0, 0, 0, 0, 0x10, 0, 1];
        assert_eq!(receive(&huge, 99), Err(FrameError::TooBig));
    }

    #[test]
    fn a_clients_frames_are_masked() {
        let mut frames = Vec::new();
        put_message(&mut frames, b"hello", [1, 2, 3, 4]);
        put_pong(&mut frames, b"", [0; 4]);
        let masked = [b'h' ^ 1, b'e' ^ 2, b'l' ^ 3, b'l' ^ 4, b'o' ^ 1];
        assert_eq!(frames[..6], [0x82, 0x85, 1, 2, 3, 4]);
        assert_eq!(frames[6..11], masked);
        assert_eq!(frames[11..], [0x8a, 0x80, 0, 0, 0, 0]);

        for (length, header) in [
            (126, &[0x82, 0xfe, 0, 126][..]),
            (65_536, &[0x82, 0xff, 0, 0, 0, 0, 0, 1, 0, 0]),
        ] {
            let mut frames = Vec::new();
            put_message(&mut frames, &vec![0; length], [0; 4]);
            assert_eq!(&frames[..header.len()], header);
            assert_eq!(frames.len(), header.len() + 4 + length);
        }
    }
}
