//! What a client without a subprotocol may send, and how the server answers
//! anything else.

use alloc::string::String;

use crate::close_code::CloseCode;
use crate::decode::{DecodeError, decode_from_client};
use crate::limits::{MAX_CLIENT_PACKET_BYTES, MAX_TEXT_BYTES};
use crate::packet::{Packet, PacketBody};

/// A message that the server accepts from a client. It has no sender: the server
/// knows the client, so decoding drops the packet's `sender_id`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ClientMessage {
    /// A chat line of 1 to [`MAX_TEXT_BYTES`] bytes.
    Chat(String),
}

/// Why the server does not accept a binary message from a client.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ClientError {
    /// The message is above [`MAX_CLIENT_PACKET_BYTES`].
    #[error("a message of {0} bytes: at most {MAX_CLIENT_PACKET_BYTES} are allowed")]
    TooBig(usize),
    /// The bytes are not one whole packet.
    #[error(transparent)]
    Decode(#[from] DecodeError),
    /// The body is one that only a server sends, or one that Guildhall does not know.
    #[error("clients may send chat and nothing else")]
    NotAllowed,
    /// The chat line has no text, so there is nothing to relay.
    #[error("the text is empty")]
    EmptyText,
    /// The text of the chat line is above [`MAX_TEXT_BYTES`].
    #[error("a text of {0} bytes: at most {MAX_TEXT_BYTES} are allowed")]
    TextTooLong(usize),
}

impl ClientMessage {
    /// Decodes and validates one binary message of a client.
    ///
    /// # Errors
    ///
    /// Returns a [`ClientError`] for everything that a client may not send.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, ClientError> {
        if bytes.len() > MAX_CLIENT_PACKET_BYTES {
            return Err(ClientError::TooBig(bytes.len()));
        }
        match decode_from_client(bytes) {
            Err(DecodeError::SeveralAsks { .. }) => Err(ClientError::NotAllowed),
            decoded => Self::from_packet(decoded?),
        }
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
    /// Returns the code with which the server closes the connection, or `None` if
    /// the connection stays open.
    ///
    /// A client without a subprotocol knows no message for an error, so the close
    /// frame is the only place for one. An empty line is not worth a connection,
    /// and the server can drop it without losing anything.
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
        // Only a sender: a packet without a body.
        check(&[0x08, 0x01], Err(ClientError::NotAllowed));
        // Field 4, which is another server's login request.
        check(&[0x22, 0x00], Err(ClientError::NotAllowed));
        // A request of guildhall.v1, for two things.
        let request = [0xa2, 0x01, 4, 0x32, 0, 0x42, 0];
        check(&request, Err(ClientError::NotAllowed));
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
