//! How a connection ended, for the log and for the client.

use std::fmt;
use std::io;

use async_tungstenite::tungstenite::Error;
use async_tungstenite::tungstenite::error::{CapacityError, ProtocolError};
use guildhall_protocol::CloseCode;

use crate::outgoing::close::Close;

/// How a connection ended.
#[derive(Debug)]
pub(super) enum End {
    /// The server closed it.
    Closed(Close),
    /// The client closed it, with this code if it gave one.
    Left(Option<u16>),
    /// It broke, with this error.
    Lost(io::Error),
}

impl End {
    pub(super) fn of(error: Error) -> Self {
        let (code, reason) = match error {
            Error::Io(error) => return Self::Lost(error),
            Error::Protocol(ProtocolError::ResetWithoutClosingHandshake) => {
                return Self::Lost(io::ErrorKind::UnexpectedEof.into());
            }
            Error::Capacity(CapacityError::MessageTooLong { size, .. }) => {
                return Self::Closed(Close::too_big(size));
            }
            Error::Utf8(_) => (
                CloseCode::InvalidPayload,
                "a text message that is not UTF-8".to_owned(),
            ),
            error => (CloseCode::ProtocolError, error.to_string()),
        };
        Self::Closed(Close {
            code,
            reason: reason.into(),
        })
    }
}

impl fmt::Display for End {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Closed(close) => close.fmt(f),
            Self::Left(None) => f.write_str("left"),
            Self::Left(Some(code)) => write!(f, "left with {code}"),
            Self::Lost(error) => write!(f, "lost: {error}"),
        }
    }
}
