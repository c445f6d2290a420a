//! Why a connection ends: the number in the WebSocket close frame (RFC 6455
//! section 7.4), and whether a client should connect again.

/// The codes with which a Guildhall server closes a connection.
///
/// They are standard codes if RFC 6455 section 7.4.1 has one. Of our own codes,
/// 3000 to 3499 ask a client to connect again and 3500 to 3999 do not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum CloseCode {
    /// 1000: the client said goodbye.
    Normal,
    /// 1001: the server is shutting down. A client can connect again later.
    GoingAway,
    /// 1002: the bytes break RFC 6455.
    ProtocolError,
    /// 1003: the client sent a text message; packets go in binary messages.
    UnsupportedData,
    /// 1007: the client sent a binary message that is not one whole packet with
    /// UTF-8 text.
    InvalidPayload,
    /// 1008: the client sent a packet that a client may not send.
    PolicyViolation,
    /// 1009: the client sent a message above
    /// [`MAX_CLIENT_PACKET_BYTES`](crate::limits::MAX_CLIENT_PACKET_BYTES).
    MessageTooBig,
    /// 3000: the client read too slowly, and its outbox is full.
    SlowConsumer,
    /// 3001: the client was silent and did not answer a ping.
    HeartbeatTimeout,
    /// 3002: the client's token is over. Another one helps.
    TokenExpired,
    /// 3003: the client went on asking for more than it may.
    Flooded,
    /// 3500: the session continues over another connection.
    Replaced,
    /// 3501: the client's token does not hold, or there is none and one is needed.
    BadToken,
    /// 3502: the server's operator has revoked the client's token.
    TokenRevoked,
    /// 3503: the client's user is banned from the server.
    Banned,
    /// 3504: a moderator, the game or the operator has taken the client off the server. It may
    /// come back when its user wants that.
    Kicked,
}

impl CloseCode {
    /// Every code, in the order of the numbers.
    pub const ALL: [Self; 16] = [
        Self::Normal,
        Self::GoingAway,
        Self::ProtocolError,
        Self::UnsupportedData,
        Self::InvalidPayload,
        Self::PolicyViolation,
        Self::MessageTooBig,
        Self::SlowConsumer,
        Self::HeartbeatTimeout,
        Self::TokenExpired,
        Self::Flooded,
        Self::Replaced,
        Self::BadToken,
        Self::TokenRevoked,
        Self::Banned,
        Self::Kicked,
    ];

    /// The number on the wire.
    #[must_use]
    pub const fn code(self) -> u16 {
        match self {
            Self::Normal => 1000,
            Self::GoingAway => 1001,
            Self::ProtocolError => 1002,
            Self::UnsupportedData => 1003,
            Self::InvalidPayload => 1007,
            Self::PolicyViolation => 1008,
            Self::MessageTooBig => 1009,
            Self::SlowConsumer => 3000,
            Self::HeartbeatTimeout => 3001,
            Self::TokenExpired => 3002,
            Self::Flooded => 3003,
            Self::Replaced => 3500,
            Self::BadToken => 3501,
            Self::TokenRevoked => 3502,
            Self::Banned => 3503,
            Self::Kicked => 3504,
        }
    }

    /// Returns whether a client that sees `code` should connect again by itself.
    ///
    /// True for everything that can pass: a lost connection (1006, which no
    /// server sends), a server that shuts down or restarts (1001, 1011 to 1014),
    /// and 3000 to 3499. False for a goodbye (1000), for mistakes that the client
    /// would only repeat (1002, 1003, 1007 to 1010), for a failed TLS certificate
    /// (1015), and from 3500 up.
    #[must_use]
    pub const fn reconnect(code: u16) -> bool {
        !matches!(code, 1000 | 1002 | 1003 | 1007..=1010 | 1015 | 3500..)
    }
}

#[cfg(test)]
mod tests {
    use super::CloseCode;

    #[test]
    fn every_code_is_on_the_side_its_number_says() {
        for close in CloseCode::ALL {
            let reconnect = matches!(
                close,
                CloseCode::GoingAway
                    | CloseCode::SlowConsumer
                    | CloseCode::HeartbeatTimeout
                    | CloseCode::TokenExpired
                    | CloseCode::Flooded
            );
            assert_eq!(CloseCode::reconnect(close.code()), reconnect, "{close:?}");
        }
        assert!(CloseCode::reconnect(1006));
        assert!(CloseCode::reconnect(3499));
        assert!(!CloseCode::reconnect(3500));
        assert!(!CloseCode::reconnect(4000));
    }
}
