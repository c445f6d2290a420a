//! The two protocols that a client can speak, and how it asks for one of them.

/// The WebSocket subprotocol that asks for more than the tutorial's two
/// messages (RFC 6455 section 1.9).
pub const SUBPROTOCOL: &str = "guildhall.v1";

/// What a client and the server say to each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Protocol {
    /// The tutorial's two messages: no subprotocol was negotiated.
    Tutorial = 0,
    /// The messages of `guildhall.v1`.
    V1 = 1,
}

impl Protocol {
    /// How many protocols there are: the length of an array with one value for
    /// each.
    pub const COUNT: usize = 2;

    /// The name, for logs.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Tutorial => "tutorial",
            Self::V1 => SUBPROTOCOL,
        }
    }

    /// The protocol for a client that offers these subprotocols, each the value of
    /// a `Sec-WebSocket-Protocol` header (RFC 6455 section 4.2.2): `guildhall.v1` if
    /// it is among them, else the tutorial's.
    ///
    /// ```
    /// use guildhall_protocol::Protocol;
    ///
    /// assert_eq!(Protocol::negotiate(["chat, guildhall.v1"]), Protocol::V1);
    /// assert_eq!(Protocol::negotiate([]), Protocol::Tutorial);
    /// ```
    #[must_use]
    pub fn negotiate<'a>(offers: impl IntoIterator<Item = &'a str>) -> Self {
        let mut names = offers.into_iter().flat_map(|offer| offer.split(','));
        if names.any(|name| name.trim() == SUBPROTOCOL) {
            Self::V1
        } else {
            Self::Tutorial
        }
    }
}
