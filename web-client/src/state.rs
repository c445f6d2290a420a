//! Where a connection is, as a value that a user interface can show.

/// Where the connection is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    /// Nothing was asked for yet.
    Idle,
    /// An attempt is under way.
    Connecting,
    /// The server said which ID is ours: texts can be sent.
    Online,
    /// The connection was lost or never came about; the next attempt follows
    /// by itself.
    Waiting {
        /// From now to the next attempt.
        millis: u32,
        /// The WebSocket close code; 1006 where no server said why.
        code: u16,
        /// The server's words; may be empty.
        reason: String,
    },
    /// It has ended and no attempt follows by itself.
    Closed {
        /// The WebSocket close code, or 0 where the browser refused to open a
        /// connection at all.
        code: u16,
        /// The server's words, or ours; may be empty.
        reason: String,
    },
}

impl State {
    /// The state in one word, as JavaScript knows it.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Idle => "idle",
            Self::Connecting => "connecting",
            Self::Online => "online",
            Self::Waiting { .. } => "waiting",
            Self::Closed { .. } => "closed",
        }
    }
}
