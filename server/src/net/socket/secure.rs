//! Reads and writes of a socket that speaks TLS, in the buffers of its thread.
//!
//! A write becomes one record, and one write to the socket. A record that the socket takes in part is
//! held by the session and goes on before anything else, because it cannot be taken back.

use std::cell::RefCell;
use std::io::{self, IoSlice};
use std::task::{Context, Poll, ready};

use mio::net::TcpStream;

use super::{READ_COST, read_once, write as write_plain};
use crate::net::reactor::{Direction, Registered};
use crate::net::tls::buffers::{self, Buffers, MAX_PLAIN};
use crate::net::tls::session::Session;

/// How many encrypted bytes cost one more of a client's turn, beside the read.
const DECRYPTED_COST: usize = 2048;

/// Reads decrypted bytes into `buffer`, and returns how many; 0 at the end.
pub(super) fn poll_read(
    stream: &Registered<TcpStream>,
    tls: &RefCell<Session>,
    context: &mut Context<'_>,
    buffer: &mut [u8],
) -> Poll<io::Result<usize>> {
    let mut session = tls.borrow_mut();
    loop {
        // Also what was decrypted before is a part of the client's turn.
        ready!(stream.poll_turn(context));
        let taken = session.take(buffer);
        if taken > 0 {
            stream.spend(READ_COST);
            return Poll::Ready(Ok(taken));
        }
        if session.is_ended() {
            return Poll::Ready(Ok(0));
        }
        let read: Poll<io::Result<_>> = buffers::with(|Buffers { received, .. }| {
            let before = session.received().len();
            received[..before].copy_from_slice(session.received());
            let count = ready!(read_once(stream, context, &mut received[before..]))?;
            let cost = u32::try_from(count / DECRYPTED_COST).unwrap_or(u32::MAX);
            stream.spend(READ_COST.saturating_add(cost));
            if count == 0 {
                // The client need not say that it has ended: messages and frames have lengths.
                return Poll::Ready(Ok(None));
            }
            let received = session.receive(&mut received[..before + count], buffer);
            Poll::Ready(Ok(Some(received)))
        });
        let Some(received) = ready!(read)? else {
            return Poll::Ready(Ok(0));
        };
        // The answer of TLS itself, often nothing. If the socket does not take it, it goes on before the
        // next write.
        match write_held(stream, &mut session) {
            Err(error) if error.kind() != io::ErrorKind::WouldBlock => {
                return Poll::Ready(Err(error));
            }
            _ => {}
        }
        match received {
            Ok(0) => {}
            Ok(count) => return Poll::Ready(Ok(count)),
            Err(error) => {
                let error = io::Error::new(io::ErrorKind::InvalidData, error);
                return Poll::Ready(Err(error));
            }
        }
    }
}

/// Encrypts and writes as much of `slices` as the socket takes, and a part of a record more. Returns
/// how many bytes that was, before they were encrypted.
pub(super) fn write(
    stream: &Registered<TcpStream>,
    session: &mut Session,
    slices: &[IoSlice<'_>],
) -> io::Result<usize> {
    flush(stream, session)?;
    let total: usize = slices.iter().map(|slice| slice.len()).sum();
    buffers::with(|Buffers { plain, record, .. }| {
        let mut taken = 0;
        while taken < total {
            let length = if let [bytes] = slices {
                let bytes = &bytes[taken..];
                let bytes = &bytes[..bytes.len().min(MAX_PLAIN)];
                taken += bytes.len();
                session.encrypt(bytes, record)?
            } else {
                gather(slices, taken, plain);
                taken += plain.len();
                session.encrypt(plain, record)?
            };
            let written = match write_plain(stream, &[IoSlice::new(&record[..length])]) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => 0,
                written => written?,
            };
            if written < length {
                session.hold(&record[written..length]);
                break;
            }
        }
        Ok(taken)
    })
}

/// Puts what one record may have of `slices` into `plain`, behind their first `taken` bytes.
fn gather(slices: &[IoSlice<'_>], mut taken: usize, plain: &mut Vec<u8>) {
    plain.clear();
    for slice in slices {
        let skipped = taken.min(slice.len());
        taken -= skipped;
        let rest = &slice[skipped..];
        let fits = rest.len().min(MAX_PLAIN - plain.len());
        plain.extend_from_slice(&rest[..fits]);
    }
}

/// Writes what the session holds, as far as the socket takes it. Returns how many bytes that was.
pub(super) fn write_held(
    stream: &Registered<TcpStream>,
    session: &mut Session,
) -> io::Result<usize> {
    if session.held().is_empty() {
        return Ok(0);
    }
    let written = write_plain(stream, &[IoSlice::new(session.held())])?;
    session.release(written);
    Ok(written)
}

/// Writes all that the session holds.
fn flush(stream: &Registered<TcpStream>, session: &mut Session) -> io::Result<()> {
    while !session.held().is_empty() {
        write_held(stream, session)?;
    }
    Ok(())
}

/// Writes the word that nothing more comes, behind what the session holds.
pub(super) fn say_end(stream: &Registered<TcpStream>, session: &mut Session) -> io::Result<()> {
    session.say_end();
    flush(stream, session)
}

/// Writes as [`write`] does, and waits if the socket takes nothing.
pub(super) fn poll_write(
    stream: &Registered<TcpStream>,
    tls: &RefCell<Session>,
    context: &mut Context<'_>,
    slices: &[IoSlice<'_>],
) -> Poll<io::Result<usize>> {
    let write = |_: &TcpStream| write(stream, &mut tls.borrow_mut(), slices);
    stream.poll(Direction::Write, context, write)
}

/// Waits until the socket has taken all that the session holds.
pub(super) fn poll_flush(
    stream: &Registered<TcpStream>,
    tls: &RefCell<Session>,
    context: &mut Context<'_>,
) -> Poll<io::Result<()>> {
    if tls.borrow().held().is_empty() {
        return Poll::Ready(Ok(()));
    }
    let write = |_: &TcpStream| flush(stream, &mut tls.borrow_mut());
    stream.poll(Direction::Write, context, write)
}
