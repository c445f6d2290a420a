//! What a client may say, and what it gets for saying anything else.

use alloc::string::String;

use crate::limits::{MAX_CLIENT_PACKET_BYTES, MAX_TEXT_BYTES};
use crate::{CloseCode, DecodeError, Packet, PacketBody, decode};

/// Something the server accepts from a client. Who said it is the server's to
/// know: the packet's `sender_id` is dropped here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ClientMessage {
    /// A chat line of 1 to [`MAX_TEXT_BYTES`] bytes.
    Chat(String),
}

/// Why the server does not accept a binary message from a client.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ClientError {
    /// Above [`MAX_CLIENT_PACKET_BYTES`].
    #[error("a message of {0} bytes: at most {MAX_CLIENT_PACKET_BYTES} are allowed")]
    TooBig(usize),
    /// Not one whole packet.
    #[error(transparent)]
    Decode(#[from] DecodeError),
    /// An arm that only a server sends, or none that Guildhall knows.
    #[error("clients may send chat and nothing else")]
    NotAllowed,
    /// A chat line without text: there is nothing to relay.
    #[error("the text is empty")]
    EmptyText,
    /// A chat line above [`MAX_TEXT_BYTES`].
    #[error("a text of {0} bytes: at most {MAX_TEXT_BYTES} are allowed")]
    TextTooLong(usize),
}

impl ClientMessage {
    /// Decodes and validates one binary message of a client.
    ///
    /// # Errors
    ///
    /// [`ClientError`] for everything a client may not say.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, ClientError> {
        if bytes.len() > MAX_CLIENT_PACKET_BYTES {
            return Err(ClientError::TooBig(bytes.len()));
        }
        Self::from_packet(decode(bytes)?)
    }

    fn from_packet(packet: Packet) -> Result<Self, ClientError> {
        match packet.msg {
            Some(PacketBody::Chat(chat)) => match chat.msg.len() {
                0 => Err(ClientError::EmptyText),
                1..=MAX_TEXT_BYTES => Ok(Self::Chat(chat.msg)),
                bytes => Err(ClientError::TextTooLong(bytes)),
            },
            _ => Err(ClientError::NotAllowed),
        }
    }
}

impl ClientError {
    /// The code the connection is closed with, or `None` where it lives on.
    ///
    /// A client without a subprotocol has no message for an error: the close
    /// frame is the only place to say one. An empty line is no reason to lose
    /// the connection, and there is nothing in it that could be lost.
    #[must_use]
    pub const fn close_code(&self) -> Option<CloseCode> {
        match self {
            Self::EmptyText => None,
            Self::TooBig(_) | Self::TextTooLong(_) => Some(CloseCode::MessageTooBig),
            Self::Decode(_) => Some(CloseCode::InvalidPayload),
            Self::NotAllowed => Some(CloseCode::PolicyViolation),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec::Vec;
    use prost::Message as _;

    fn check(bytes: &[u8], expected: Result<ClientMessage, ClientError>) {
        assert_eq!(ClientMessage::from_bytes(bytes), expected);
    }

    fn chat(text: &str) -> Vec<u8> {
        Packet::chat(0, text).encode_to_vec()
    }

    #[test]
    fn chat_is_accepted_and_a_forged_sender_dropped() {
        let accepted = Ok(ClientMessage::Chat("hi".into()));
        check(&chat("hi"), accepted.clone());
        check(&Packet::chat(99, "hi").encode_to_vec(), accepted);
    }

    #[test]
    fn the_longest_text_fills_the_largest_packet() {
        let text = "x".repeat(MAX_TEXT_BYTES);
        let bytes = chat(&text);
        assert_eq!(bytes.len(), MAX_CLIENT_PACKET_BYTES);
        check(&bytes, Ok(ClientMessage::Chat(text)));

        let bytes = chat(&"x".repeat(MAX_TEXT_BYTES + 1));
        check(&bytes, Err(ClientError::TooBig(bytes.len())));
    }

    #[test]
    fn a_text_too_long_is_refused_whatever_the_packet_allows() {
        let text = "x".repeat(MAX_TEXT_BYTES + 1);
        assert_eq!(
            ClientMessage::from_packet(Packet::chat(0, text)),
            Err(ClientError::TextTooLong(MAX_TEXT_BYTES + 1))
        );
    }

    #[test]
    fn only_chat_may_be_sent() {
        check(&Packet::id(5).encode_to_vec(), Err(ClientError::NotAllowed));
        // Only a sender: a packet without an arm.
        check(&[0x08, 0x01], Err(ClientError::NotAllowed));
        // Arm 4, which is another server's login request.
        check(&[0x22, 0x00], Err(ClientError::NotAllowed));
    }

    #[test]
    fn an_empty_text_is_the_only_error_a_connection_survives() {
        check(&[0x12, 0x00], Err(ClientError::EmptyText));
        let errors = [
            ClientError::TooBig(1),
            ClientError::Decode(DecodeError::Empty),
            ClientError::NotAllowed,
            ClientError::TextTooLong(1),
        ];
        assert!(errors.iter().all(|error| error.close_code().is_some()));
        assert_eq!(ClientError::EmptyText.close_code(), None);
    }
}
