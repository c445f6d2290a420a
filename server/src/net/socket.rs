//! A connection's TCP socket: an [`HttpStream`] up to the handshake, and a client's
//! [`Socket`] afterwards. `http` and `web_socket` read it, and the client's outbox
//! writes to it. Either speaks TLS if it was made [secure](HttpStream::secure).

mod secure;

use std::cell::RefCell;
use std::future::poll_fn;
use std::io::{self, IoSlice, Read as _, Write as _};
use std::net::{Shutdown, SocketAddr};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use mio::net::TcpStream;
use smol::io::{AsyncRead, AsyncWrite};
use socket2::SockRef;

use crate::net::reactor::{Direction, Registered};
use crate::net::tls::session::Session;
use crate::network::{ClientAddress, Network};
use crate::outgoing::outbox::Wire;

/// How many bytes the kernel may buffer for a client that does not read. By default it
/// is megabytes, and the outbox would find out late that a client is slow.
const SEND_BUFFER: usize = 64 * 1024;

/// What a message costs of a client's turn: so a turn has 31 small messages at most.
const MESSAGE_COST: u32 = 2;

/// How many bytes of a message cost one more: what is said in a large room is copied for each
/// member.
const BYTES_COST: usize = 64;

/// The cost of a read beside the attempt.
const READ_COST: u32 = 1;

/// How many bytes that a WebSocket reads cost one more: there may be a hundred frames in it of which the task
/// learns nothing, such as pings, and each of them is answered.
const READ_BYTES_COST: usize = 128;

/// How many written bytes cost one: a response as large as the socket's buffer takes a whole
/// turn.
const WRITTEN_COST: usize = 1024;

/// An accepted socket that HTTP is spoken over.
#[derive(Debug)]
pub(crate) struct HttpStream {
    stream: Registered<TcpStream>,
    peer: SocketAddr,
    tls: Tls,
}

/// A client's socket. It never blocks.
#[derive(Debug)]
pub(crate) struct Socket {
    stream: Registered<TcpStream>,
    address: ClientAddress,
    network: Network,
    tls: Tls,
}

/// TLS of a socket that speaks it; on the heap, so that the others do not pay for it.
type Tls = Option<Box<RefCell<Session>>>;

impl HttpStream {
    /// A socket that was accepted from `peer`.
    pub(crate) fn new(stream: Registered<TcpStream>, peer: SocketAddr) -> Self {
        // Also for HTTP: one write of the page takes no long turn, and a client that does
        // not read it costs the kernel no megabytes. Fails only if the peer is gone.
        let _ = SockRef::from(stream.get()).set_send_buffer_size(SEND_BUFFER);
        Self {
            stream,
            peer,
            tls: None,
        }
    }

    /// From now on the stream speaks TLS, as was agreed in this session's handshake.
    pub(crate) fn secure(&mut self, session: Session) {
        self.tls = Some(Box::new(RefCell::new(session)));
    }

    /// Tells the client that nothing more comes, if it speaks TLS and its socket takes that now.
    pub(crate) fn say_end(&self) {
        if let Some(tls) = &self.tls {
            // If it fails, the client is gone.
            let _ = secure::say_end(&self.stream, &mut tls.borrow_mut());
        }
    }

    /// The address of the other end, which may be a proxy's.
    pub(crate) fn peer_address(&self) -> SocketAddr {
        self.peer
    }

    /// Makes the socket one of a client with this address.
    ///
    /// # Errors
    ///
    /// If the peer has closed it already.
    pub(crate) fn into_socket(self, address: ClientAddress) -> io::Result<Socket> {
        let socket = SockRef::from(self.stream.get());
        // A chat line is sent at once, and does not wait for more to be sent with it.
        socket.set_tcp_nodelay(true)?;
        Ok(Socket {
            stream: self.stream,
            address,
            network: address.network(),
            tls: self.tls,
        })
    }
}

impl Socket {
    /// The client's address.
    pub(crate) fn client_address(&self) -> ClientAddress {
        self.address
    }

    /// Reads bytes into `buffer`, and returns how many; 0 at the end. The task is woken
    /// when there is something to read.
    pub(crate) fn poll_read(
        &self,
        context: &mut Context<'_>,
        buffer: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        let read = read(&self.stream, &self.tls, context, buffer);
        if let Poll::Ready(Ok(count)) = read {
            self.stream.metrics().bytes_in.add(count as u64);
            self.stream.spend(frames_cost(count));
        }
        read
    }

    /// Adds what a message of this many bytes costs to what the client's turn has cost, and
    /// waits until it has another turn if this one is used up.
    pub(crate) async fn spend(&self, bytes: usize) {
        let cost = MESSAGE_COST + u32::try_from(bytes / BYTES_COST).unwrap_or(u32::MAX);
        self.stream.spend(cost);
        poll_fn(|context| self.stream.poll_turn(context)).await;
    }

    /// Ends the client's turn, and waits until it has another one.
    pub(crate) async fn end_turn(&self) {
        self.stream.end_turn();
        poll_fn(|context| self.stream.poll_turn(context)).await;
    }

    /// Whether the client is gone: it reads nothing more.
    pub(crate) fn is_gone(&self) -> bool {
        self.stream.is_gone()
    }

    /// Waits for bytes, reads them into `buffer`, and returns how many; 0 at the end.
    ///
    /// # Errors
    ///
    /// If the socket is broken.
    pub(crate) async fn read(&self, buffer: &mut [u8]) -> io::Result<usize> {
        poll_fn(|context| self.poll_read(context, buffer)).await
    }

    /// Waits until the socket takes bytes again, or is broken.
    pub(crate) async fn writable(&self) {
        poll_fn(|context| self.stream.poll_ready(Direction::Write, context)).await;
    }

    /// Ends the direction to the peer: nothing more will be written. Does nothing if the
    /// peer is gone. With TLS it waits until the socket has taken the word of that.
    pub(crate) async fn end_writing(&self) {
        while let Err(error) = self.say_end()
            && error.kind() == io::ErrorKind::WouldBlock
        {
            self.writable().await;
        }
        let _ = self.stream.get().shutdown(Shutdown::Write);
    }

    /// Tells the client that nothing more comes, if it speaks TLS.
    ///
    /// # Errors
    ///
    /// `WouldBlock` if the socket does not take all of it now; any other if it is broken.
    pub(crate) fn say_end(&self) -> io::Result<()> {
        match &self.tls {
            Some(tls) => secure::say_end(&self.stream, &mut tls.borrow_mut()),
            None => Ok(()),
        }
    }
}

impl Wire for Socket {
    fn write(&self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        let written = match &self.tls {
            Some(tls) => secure::write(&self.stream, &mut tls.borrow_mut(), slices),
            None => write(&self.stream, slices),
        }?;
        self.stream.metrics().bytes_out.add(written as u64);
        Ok(written)
    }

    fn held(&self) -> usize {
        let held = |tls: &RefCell<Session>| tls.borrow().held().len();
        self.tls.as_deref().map_or(0, held)
    }

    fn write_held(&self) -> io::Result<usize> {
        match &self.tls {
            Some(tls) => secure::write_held(&self.stream, &mut tls.borrow_mut()),
            None => Ok(0),
        }
    }

    fn spend(&self, cost: u32) {
        self.stream.spend(cost);
    }

    fn hang_up(&self) {
        // Fails if the peer hung up first, which is just as good.
        let _ = self.stream.get().shutdown(Shutdown::Both);
    }

    fn network(&self) -> Network {
        self.network
    }

    fn address(&self) -> Option<ClientAddress> {
        Some(self.client_address())
    }
}

impl HttpStream {
    /// Adds what written bytes cost to what the connection's turn has cost.
    fn count(&self, written: Poll<io::Result<usize>>) -> Poll<io::Result<usize>> {
        if let Poll::Ready(Ok(bytes)) = written {
            let cost = u32::try_from(bytes / WRITTEN_COST).unwrap_or(u32::MAX);
            self.stream.spend(cost);
        }
        written
    }
}

impl AsyncRead for HttpStream {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        read(&self.stream, &self.tls, context, buffer)
    }
}

impl AsyncWrite for HttpStream {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        if self.tls.is_some() {
            return self.poll_write_vectored(context, &[IoSlice::new(bytes)]);
        }
        let write = |mut stream: &TcpStream| stream.write(bytes);
        self.count(self.stream.poll(Direction::Write, context, write))
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        if let Some(tls) = &self.tls {
            let written = secure::poll_write(&self.stream, tls, context, slices);
            return self.count(written);
        }
        let write = |mut stream: &TcpStream| stream.write_vectored(slices);
        self.count(self.stream.poll(Direction::Write, context, write))
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &self.tls {
            Some(tls) => secure::poll_flush(&self.stream, tls, context),
            None => Poll::Ready(Ok(())),
        }
    }

    fn poll_close(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        if let Some(tls) = &self.tls {
            tls.borrow_mut().say_end();
            ready!(secure::poll_flush(&self.stream, tls, context))?;
        }
        Poll::Ready(self.stream.get().shutdown(Shutdown::Write))
    }
}

fn read(
    stream: &Registered<TcpStream>,
    tls: &Tls,
    context: &mut Context<'_>,
    buffer: &mut [u8],
) -> Poll<io::Result<usize>> {
    if let Some(tls) = tls {
        return secure::poll_read(stream, tls, context, buffer);
    }
    let count = ready!(read_once(stream, context, buffer))?;
    stream.spend(READ_COST);
    Poll::Ready(Ok(count))
}

/// Reads what the kernel has. If it was not all that fits, the next read waits for an event.
fn read_once(
    stream: &Registered<TcpStream>,
    context: &mut Context<'_>,
    buffer: &mut [u8],
) -> Poll<io::Result<usize>> {
    let capacity = buffer.len();
    let count = ready!(stream.poll(Direction::Read, context, |mut stream| stream.read(buffer)))?;
    // There was nothing more to read, which saves an attempt. On other systems only an
    // attempt that would block makes the next event happen.
    if cfg!(unix) && 0 < count && count < capacity {
        stream.would_block(Direction::Read);
    }
    stream.spend(READ_COST);
    Poll::Ready(Ok(count))
}

/// The cost of the frames that may be in so many bytes of a WebSocket.
fn frames_cost(bytes: usize) -> u32 {
    u32::try_from(bytes / READ_BYTES_COST).unwrap_or(u32::MAX)
}

/// Writes what the kernel takes at once.
fn write(registered: &Registered<TcpStream>, slices: &[IoSlice<'_>]) -> io::Result<usize> {
    let mut stream = registered.get();
    loop {
        let result = match slices {
            // `send` costs the kernel less than `writev`.
            [bytes] => stream.write(bytes),
            _ => stream.write_vectored(slices),
        };
        match result {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                registered.would_block(Direction::Write);
                return Err(error);
            }
            result => return result,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::net::turns::TURN;

    #[test]
    fn a_turn_has_a_thousand_pings_and_a_message_costs_what_it_did() {
        assert_eq!(frames_cost(100), 0, "a message that somebody has typed");
        // As the WebSocket reads, and an empty ping with its mask.
        let (buffer, ping) = (512, 6);
        let reads = TURN / (1 + READ_COST + frames_cost(buffer));
        let pings = reads as usize * buffer / ping;
        assert!((500..1_500).contains(&pings), "{pings}");
    }
}
