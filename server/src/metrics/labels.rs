//! The values of labels: each is a short list that is known beforehand, so that nobody from outside
//! can make more of them.

/// Declares the values of a label, and the word for each.
macro_rules! label {
    ($(#[$about:meta])* $name:ident { $($(#[$of:meta])* $value:ident = $word:literal,)* }) => {
        $(#[$about])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(crate) enum $name {
            $($(#[$of])* $value,)*
        }

        impl $name {
            /// All of them, in the order of their numbers.
            pub(crate) const ALL: [Self; [$(stringify!($value)),*].len()] = [$(Self::$value),*];

            /// How many there are.
            pub(crate) const COUNT: usize = Self::ALL.len();

            /// The word for it in the metrics.
            pub(crate) const fn word(self) -> &'static str {
                match self {
                    $(Self::$value => $word,)*
                }
            }
        }
    };
}

label! {
    /// Why a request for a WebSocket is refused.
    HandshakeRefused {
        /// It is none: it does not ask for one, or not as RFC 6455 wants it.
        NotWebSocket = "not_websocket",
        /// Its method is not GET, it has a body, or its `Host` is not valid.
        BadRequest = "bad_request",
        /// The server does not answer to this name.
        Host = "host",
        /// A page that may not connect has made it.
        Origin = "origin",
        /// The server stops.
        Stopping = "stopping",
        /// The store cannot keep the number that the connection would get.
        Store = "store",
        /// Its address connects too often.
        Rate = "rate",
        /// The server has as many clients as it may have.
        Full = "full",
        /// Its address has as many clients as it may have.
        AddressFull = "address_full",
    }
}

label! {
    /// Why a connection is dropped without an answer, or with one of the HTTP library alone.
    Dropped {
        /// There are too many connections without a client.
        TooMany = "too_many",
        /// It had to make room for one of another address.
        MadeRoom = "made_room",
        /// The header of the PROXY protocol is wrong, or did not come in time.
        ProxyHeader = "proxy_header",
        /// Its TLS handshake has failed, or it speaks no TLS on a port with TLS.
        Tls = "tls",
        /// No whole request has come in time.
        Headers = "headers",
        /// Its bytes are no request of HTTP/1.
        BadRequest = "bad_request",
    }
}

/// Whoever has ended a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ClosedBy {
    /// The server, with a close code.
    Server,
    /// The client, with a close code or none.
    Client,
    /// Nobody: it broke.
    Nobody,
}

impl ClosedBy {
    /// The word for it in the metrics.
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Server => "server",
            Self::Client => "client",
            Self::Nobody => "nobody",
        }
    }
}

label! {
    /// The state of a connection of a client.
    State {
        /// It is about to say hello.
        Hello = "hello",
        /// It may do all that clients may.
        Open = "open",
        /// The server has closed it, and the client has not hung up yet.
        Closing = "closing",
    }
}

label! {
    /// The lines that a client gets when it joins a room.
    Joined {
        /// It is new in this life of the room.
        New = "new",
        /// It has missed nothing that it does not get now.
        Recovered = "recovered",
        /// Some of the lines that it has missed are not kept any more.
        Gap = "gap",
    }
}

label! {
    /// The limit that a client has come to.
    Limited {
        /// Lines, edits and reactions.
        Say = "say",
        /// Whispers.
        Whisper = "whisper",
        /// Joins.
        Join = "join",
        /// Other names.
        Rename = "rename",
        /// Searches.
        Search = "search",
        /// Other requests.
        Request = "request",
        /// Reports.
        Report = "report",
        /// The bytes that one client may say in a second.
        ClientBytes = "client_bytes",
        /// The bytes that may be said in one room in a second.
        RoomBytes = "room_bytes",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_at_the_place_of_its_number() {
        let numbers = Limited::ALL.map(|one| one as usize);
        assert!(numbers.into_iter().eq(0..Limited::COUNT));
        assert_eq!(Limited::ALL[Limited::Report as usize].word(), "report");
    }
}
