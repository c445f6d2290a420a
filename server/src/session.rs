//! What a client may do, and what follows from what it sends. No I/O. Here for
//! clients without a subprotocol; [`v1`] has those of `guildhall.v1`.

pub mod v1;

use guildhall_protocol::ClientMessage;

use crate::close::Close;

/// What follows from a client's binary message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// The text is said in the client's room.
    Say(String),
    /// Nothing: there is nothing in it to relay.
    Ignore,
    /// The connection ends.
    Close(Close),
}

/// Judges a binary message of a client without a subprotocol. Such a client is
/// in the default room, may send chat there and nothing else, and has no
/// message for an error but the close frame.
#[must_use]
pub fn receive(bytes: &[u8]) -> Verdict {
    match ClientMessage::from_bytes(bytes) {
        Ok(ClientMessage::Chat(text)) => Verdict::Say(text),
        Err(error) => Close::for_error(&error).map_or(Verdict::Ignore, Verdict::Close),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use guildhall_protocol::CloseCode;

    #[track_caller]
    fn check_close(bytes: &[u8], code: CloseCode) {
        match receive(bytes) {
            Verdict::Close(close) => assert_eq!(close.code, code),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn each_message_has_its_verdict() {
        assert_eq!(
            receive(&[0x12, 0x04, 0x0a, 0x02, b'h', b'i']),
            Verdict::Say("hi".into())
        );
        assert_eq!(receive(&[0x12, 0x00]), Verdict::Ignore);
        check_close(&[], CloseCode::InvalidPayload);
        check_close(b"garbage", CloseCode::InvalidPayload);
        check_close(&[0x1a, 0x02, 0x08, 0x01], CloseCode::PolicyViolation);
        check_close(&vec![0; 20_000], CloseCode::MessageTooBig);
    }
}
