//! TLS of one connection: it decrypts what was read and encrypts what is to be written. No I/O and
//! no clock: [`socket`](crate::net::socket) reads and writes.

use std::fmt;
use std::io;
use std::sync::Arc;

use futures_rustls::rustls::server::{ServerConnectionData, UnbufferedServerConnection};
use futures_rustls::rustls::unbuffered::{
    ConnectionState, EncodeError, EncryptError, InsufficientSizeError, UnbufferedStatus,
    WriteTraffic,
};
use futures_rustls::rustls::{Error, ServerConfig};

use super::Tls;
use super::buffers::MAX_RECORD;

/// TLS of one connection.
pub struct Session {
    connection: UnbufferedServerConnection,
    /// The part of a record that has come so far; usually empty.
    received: Vec<u8>,
    /// Decrypted bytes that nobody has read; usually empty.
    plain: Vec<u8>,
    /// How many of them were read.
    taken: usize,
    /// Encrypted bytes that the socket has not taken; usually empty.
    held: Vec<u8>,
    /// How many of them the socket has taken.
    sent: usize,
    /// Whether the client has said that it sends nothing more.
    is_ended: bool,
    /// Whether the client was told the same, or that the connection failed.
    has_said_end: bool,
    /// Whether the connection failed: nothing more is read or written.
    has_failed: bool,
}

impl Session {
    /// A connection that has not shaken hands.
    ///
    /// # Errors
    ///
    /// If the settings are wrong, which they are not.
    pub(crate) fn new(config: Arc<ServerConfig>) -> Result<Self, Error> {
        Ok(Self {
            connection: UnbufferedServerConnection::new(config)?,
            received: Vec::new(),
            plain: Vec::new(),
            taken: 0,
            held: Vec::new(),
            sent: 0,
            is_ended: false,
            has_said_end: false,
            has_failed: false,
        })
    }

    /// A connection of this server that has not shaken hands.
    ///
    /// # Errors
    ///
    /// If the settings are wrong, which they are not.
    pub fn of(tls: &Tls) -> Result<Self, Error> {
        Self::new(tls.current())
    }

    /// Whether the handshake is not over.
    #[must_use]
    pub fn is_handshaking(&self) -> bool {
        self.connection.is_handshaking()
    }

    /// The protocol that was agreed on.
    pub(crate) fn protocol(&self) -> Option<&[u8]> {
        self.connection.alpn_protocol()
    }

    /// Whether the client has said that it sends nothing more.
    pub(crate) fn is_ended(&self) -> bool {
        self.is_ended
    }

    /// The part of a record that came in so far.
    #[must_use]
    pub fn received(&self) -> &[u8] {
        &self.received
    }

    /// Handles what was read: `bytes` begins with [`Session::received`]. Puts decrypted bytes
    /// into `buffer`, and keeps what does not fit for [`Session::take`]. Returns how many are in
    /// it. What TLS has to answer is [held](Session::held).
    ///
    /// # Errors
    ///
    /// [`Error`]: the connection is over. What it says to the client is held.
    pub fn receive(&mut self, bytes: &mut [u8], buffer: &mut [u8]) -> Result<usize, Error> {
        let mut filled = 0;
        let mut at = 0;
        loop {
            let status = self.connection.process_tls_records(&mut bytes[at..]);
            let UnbufferedStatus { mut discard, state } = status;
            match state {
                Ok(ConnectionState::ReadTraffic(mut traffic)) => {
                    while let Some(record) = traffic.next_record() {
                        let record = record?;
                        discard += record.discard;
                        let fits = record.payload.len().min(buffer.len() - filled);
                        let (now, later) = record.payload.split_at(fits);
                        buffer[filled..filled + fits].copy_from_slice(now);
                        filled += fits;
                        self.plain.extend_from_slice(later);
                    }
                }
                Ok(ConnectionState::EncodeTlsData(mut data)) => {
                    extend(&mut self.held, |out| data.encode(out));
                }
                Ok(ConnectionState::TransmitTlsData(data)) => data.done(),
                Ok(ConnectionState::PeerClosed) => self.is_ended = true,
                // Anything else waits for more.
                Ok(_) => {
                    at += discard;
                    break;
                }
                Err(error) => {
                    self.fail(&mut bytes[at + discard..]);
                    return Err(error);
                }
            }
            at += discard;
        }
        self.received = match &bytes[at..] {
            [] => Vec::new(),
            rest if rest.len() > MAX_RECORD => return Err(Error::General(TOO_LONG.into())),
            rest => rest.to_vec(),
        };
        Ok(filled)
    }

    /// Holds the alert that tells the client of a failure. `rest` was not consumed.
    fn fail(&mut self, rest: &mut [u8]) {
        self.has_failed = true;
        self.has_said_end = true;
        while self.connection.wants_write() {
            let status = self.connection.process_tls_records(rest);
            let Ok(ConnectionState::EncodeTlsData(mut data)) = status.state else {
                return;
            };
            extend(&mut self.held, |out| data.encode(out));
        }
    }

    /// Puts decrypted bytes into `buffer` that did not fit before. Returns how many.
    pub fn take(&mut self, buffer: &mut [u8]) -> usize {
        let rest = &self.plain[self.taken..];
        let count = rest.len().min(buffer.len());
        buffer[..count].copy_from_slice(&rest[..count]);
        self.taken += count;
        if self.taken == self.plain.len() {
            self.plain = Vec::new();
            self.taken = 0;
        }
        count
    }

    /// Encrypts these bytes into `record`, as one record, and returns how long it is.
    ///
    /// # Errors
    ///
    /// If the connection is over.
    pub fn encrypt(&mut self, plain: &[u8], record: &mut [u8]) -> io::Result<usize> {
        self.write(record, |traffic, out| traffic.encrypt(plain, out))
    }

    /// Holds the word that nothing more comes (`close_notify`, RFC 8446 section 6.1), if the
    /// client was not told so yet.
    pub fn say_end(&mut self) {
        if self.has_said_end || self.is_handshaking() {
            return;
        }
        let mut alert = [0; 128];
        #[expect(
            clippy::redundant_closure_for_method_calls,
            reason = "the method is of one lifetime, and not of all"
        )]
        let said = self.write(&mut alert, |traffic, out| traffic.queue_close_notify(out));
        self.has_said_end = true;
        // Fails only if the connection is over.
        if let Ok(length) = said {
            self.held.extend_from_slice(&alert[..length]);
        }
    }

    /// Encrypts something by `write`, behind what TLS itself has to say.
    fn write(
        &mut self,
        out: &mut [u8],
        write: impl FnOnce(
            &mut WriteTraffic<'_, ServerConnectionData>,
            &mut [u8],
        ) -> Result<usize, EncryptError>,
    ) -> io::Result<usize> {
        let mut length = 0;
        if self.has_failed || self.has_said_end {
            return Err(io::ErrorKind::NotConnected.into());
        }
        loop {
            // The library wants to see the bytes that it has not consumed.
            let status = self.connection.process_tls_records(&mut self.received);
            match status.state.map_err(io::Error::other)? {
                ConnectionState::WriteTraffic(mut traffic) => {
                    let written = write(&mut traffic, &mut out[length..]);
                    let written = written.map_err(io::Error::other)?;
                    return Ok(length + written);
                }
                ConnectionState::EncodeTlsData(mut data) => {
                    let encoded = data.encode(&mut out[length..]);
                    length += encoded.map_err(io::Error::other)?;
                }
                ConnectionState::TransmitTlsData(data) => data.done(),
                ConnectionState::PeerClosed => self.is_ended = true,
                _ => return Err(io::ErrorKind::NotConnected.into()),
            }
        }
    }

    /// The encrypted bytes that the socket has not taken.
    #[must_use]
    pub fn held(&self) -> &[u8] {
        &self.held[self.sent..]
    }

    /// Holds encrypted bytes that the socket did not take.
    pub(crate) fn hold(&mut self, bytes: &[u8]) {
        self.held.extend_from_slice(bytes);
    }

    /// The socket has taken this many of the bytes that are held.
    pub fn release(&mut self, count: usize) {
        self.sent += count;
        if self.sent == self.held.len() {
            self.held = Vec::new();
            self.sent = 0;
        }
    }
}

/// The reason to end the connection of a client that never finishes what it begins.
const TOO_LONG: &str = "a message of TLS is longer than any that is needed";

impl fmt::Debug for Session {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Session").finish_non_exhaustive()
    }
}

/// Appends what `encode` writes.
fn extend(bytes: &mut Vec<u8>, mut encode: impl FnMut(&mut [u8]) -> Result<usize, EncodeError>) {
    let length = bytes.len();
    let mut room = 0;
    loop {
        bytes.resize(length + room, 0);
        match encode(&mut bytes[length..]) {
            Ok(written) => return bytes.truncate(length + written),
            Err(EncodeError::InsufficientSize(InsufficientSizeError { required_size })) => {
                room = required_size;
            }
            Err(EncodeError::AlreadyEncoded) => return bytes.truncate(length),
        }
    }
}

#[cfg(test)]
mod tests;
