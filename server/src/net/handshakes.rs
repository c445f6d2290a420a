//! The handshake of a connection that speaks TLS. The network thread reads and writes; other
//! threads work it out, a few at a time, so that the chat keeps its core. `http` calls it.

use std::io;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::thread::available_parallelism;
use std::time::{Duration, Instant};

use futures_rustls::rustls::{self, ServerConfig};
use smol::Timer;
use smol::future::FutureExt as _;
use smol::io::{AsyncReadExt as _, AsyncWriteExt as _};
use smol::lock::Semaphore;

use crate::net::socket::HttpStream;

use crate::net::tls::ACME;
use crate::net::tls::buffers::MAX_RECORD;
use crate::net::tls::session::Session;

/// How long a client may take for its part of the handshake. What the server takes does not
/// count: many may come at once.
const WITHIN: Duration = Duration::from_secs(5);

/// The bytes of one read: a client's first message has a few hundred bytes, or two thousand.
const READ: usize = 2048;

/// The bytes in front of a record: its kind, its version and its length.
const HEADER: usize = 5;

/// The kind of the first record of a handshake (RFC 8446 section 5.1).
const HANDSHAKE: u8 = 22;

/// The answer to a browser or a client that was not told of TLS.
const SPEAKS_TLS: &[u8] =
    b"HTTP/1.1 400 Bad Request\r\ncontent-type: text/plain; charset=utf-8\r\n\
cache-control: no-store\r\ncontent-length: 66\r\nconnection: close\r\n\r\n\
this port speaks TLS: use https:// (and wss:// for the WebSocket)\n";

/// Works out handshakes, a few at a time.
#[derive(Debug)]
pub(crate) struct Handshakes {
    turns: Semaphore,
}

/// Why a connection has no TLS.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NoTls {
    /// It speaks HTTP without TLS. It was told.
    #[error(
        "it speaks HTTP without TLS on a port with TLS: its address has to begin with https:// or wss://"
    )]
    PlainHttp,
    /// It speaks something else.
    #[error("it does not speak TLS")]
    Other,
    /// The client was too slow.
    #[error("its TLS handshake did not end in time")]
    TooSlow,
    /// The handshake failed.
    #[error("its TLS handshake failed: {}", in_words(.0))]
    Failed(rustls::Error),
    /// It broke, or the client has hung up.
    #[error("it was lost in the TLS handshake: {0}")]
    Lost(#[from] io::Error),
    /// It was an ACME server, that now knows that the host is ours. Nothing is wrong.
    #[error("an ACME server has looked whether the host is ours")]
    Challenge,
}

impl NoTls {
    /// The reason for which a stream that does handshakes itself has failed.
    pub(crate) fn of(error: io::Error) -> Self {
        error.downcast().map_or_else(Self::Lost, Self::Failed)
    }
}

impl Default for Handshakes {
    fn default() -> Self {
        // Half of the cores, so that the network has the others.
        let cores = available_parallelism().map_or(1, NonZeroUsize::get);
        Self {
            turns: Semaphore::new((cores / 2).max(1)),
        }
    }
}

impl Handshakes {
    /// Shakes hands on a connection from which no byte of TLS was read.
    ///
    /// # Errors
    ///
    /// [`NoTls`]: the connection has to be closed.
    pub(crate) async fn shake(
        &self,
        config: Arc<ServerConfig>,
        mut stream: HttpStream,
    ) -> Result<HttpStream, NoTls> {
        let mut until = Instant::now() + WITHIN;
        let mut bytes = Vec::new();
        read(&mut stream, &mut bytes, until).await?;
        if bytes[0] != HANDSHAKE {
            return Err(refuse(stream, &bytes, until).await);
        }
        let mut session = Session::new(config).map_err(NoTls::Failed)?;
        loop {
            while !has_record(&bytes) {
                read(&mut stream, &mut bytes, until).await?;
            }
            let began = Instant::now();
            let worked_out = self.work_out(session, bytes).await;
            until += began.elapsed();
            let (next, result) = worked_out;
            session = next;
            let sent = send(&mut stream, &mut session, until).await;
            result.map_err(NoTls::Failed)?;
            sent?;
            if !session.is_handshaking() {
                break;
            }
            bytes = session.received().to_vec();
            read(&mut stream, &mut bytes, until).await?;
        }
        if session.protocol() == Some(ACME) {
            session.say_end();
            send(&mut stream, &mut session, until).await?;
            return Err(NoTls::Challenge);
        }
        stream.secure(session);
        Ok(stream)
    }

    /// Has what was received worked out on another thread, in its turn.
    async fn work_out(
        &self,
        mut session: Session,
        mut bytes: Vec<u8>,
    ) -> (Session, Result<(), rustls::Error>) {
        let _turn = self.turns.acquire().await;
        smol::unblock(move || {
            // Bytes that a client sends behind its handshake stay in the session.
            let result = session.receive(&mut bytes, &mut []).map(|_| ());
            (session, result)
        })
        .await
    }
}

/// Whether a whole record is there, so that there is something to work out.
fn has_record(bytes: &[u8]) -> bool {
    let [_, _, _, high, low, ..] = bytes else {
        return false;
    };
    let length = HEADER + usize::from(u16::from_be_bytes([*high, *low]));
    // One that is too long is refused when it is looked at.
    bytes.len() >= length.min(MAX_RECORD)
}

/// Reads some bytes, until this time at the latest.
async fn read(stream: &mut HttpStream, bytes: &mut Vec<u8>, until: Instant) -> Result<(), NoTls> {
    let length = bytes.len();
    bytes.resize(length + READ, 0);
    let read = async { stream.read(&mut bytes[length..]).await.map_err(NoTls::Lost) };
    let count = read.or(too_late(until)).await?;
    bytes.truncate(length + count);
    match count {
        0 => Err(NoTls::Lost(io::ErrorKind::UnexpectedEof.into())),
        _ => Ok(()),
    }
}

/// Sends what TLS has to say, until this time at the latest.
async fn send(stream: &mut HttpStream, session: &mut Session, until: Instant) -> Result<(), NoTls> {
    let length = session.held().len();
    let write = async { stream.write_all(session.held()).await.map_err(NoTls::Lost) };
    write.or(too_late(until)).await?;
    session.release(length);
    Ok(())
}

async fn too_late<T>(until: Instant) -> Result<T, NoTls> {
    Timer::at(until).await;
    Err(NoTls::TooSlow)
}

/// Answers a client that does not speak TLS, if it speaks HTTP.
async fn refuse(mut stream: HttpStream, bytes: &[u8], until: Instant) -> NoTls {
    // A method, and behind it a space and a path.
    let method = bytes.iter().take_while(|byte| byte.is_ascii_uppercase());
    let length = method.count();
    if length == 0 || bytes.get(length).is_some_and(|next| *next != b' ') {
        return NoTls::Other;
    }
    let answer = async {
        stream.write_all(SPEAKS_TLS).await?;
        stream.close().await?;
        // If it was closed with unread bytes, the client might not see the answer.
        let mut ignored = [0; 512];
        while let Ok(1..) = stream.read(&mut ignored).await {}
        Ok(())
    };
    match answer.or(too_late(until)).await {
        Ok(()) | Err(NoTls::TooSlow) => NoTls::PlainHttp,
        Err(error) => error,
    }
}

/// Why a handshake failed, for the operator.
fn in_words(error: &rustls::Error) -> String {
    use rustls::{AlertDescription as Alert, Error};
    match error {
        Error::AlertReceived(
            Alert::UnknownCA | Alert::BadCertificate | Alert::CertificateUnknown,
        ) => {
            format!("the client does not trust the certificate ({error})")
        }
        Error::AlertReceived(Alert::CertificateExpired) => {
            "the client says that the certificate is over".to_owned()
        }
        Error::NoApplicationProtocol => "the client speaks no HTTP/1.1 (by its ALPN)".to_owned(),
        Error::InvalidMessage(_) => format!("it is not TLS ({error})"),
        error => error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_answer_without_tls_has_the_length_that_it_says() {
        let text = std::str::from_utf8(SPEAKS_TLS).unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        assert!(head.contains(&format!("content-length: {}", body.len())));
    }

    #[test]
    fn a_record_is_worked_out_when_it_is_whole() {
        assert!(!has_record(&[22, 3, 1, 0]));
        assert!(!has_record(&[22, 3, 1, 0, 2, 1]));
        assert!(has_record(&[22, 3, 1, 0, 2, 1, 1]));
        assert!(!has_record(&[22, 3, 1, 255, 255]));
        assert!(has_record(
            &[[22, 3, 1, 255, 255].as_slice(), &vec![0; MAX_RECORD]].concat()
        ));
    }
}
