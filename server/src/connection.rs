//! One WebSocket connection, from its handshake to its end.
//!
//! The connection's task reads. Writing is done by whoever has something to send,
//! straight through the connection's outbox; a task to drain it exists only while
//! something waits. What the WebSocket library writes by itself (pongs, its half of a
//! close) takes the same way, so that frames never interleave.

use std::fmt;
use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use async_tungstenite::WebSocketStream;
use async_tungstenite::tungstenite::error::{CapacityError, ProtocolError};
use async_tungstenite::tungstenite::protocol::{Role, WebSocketConfig};
use async_tungstenite::tungstenite::{Error, Message};
use bytes::Bytes;
use guildhall_protocol::CloseCode;
use guildhall_protocol::limits::MAX_CLIENT_PACKET_BYTES;
use smol::Timer;
use smol::future::{FutureExt as _, yield_now};
use smol::io::{AsyncRead, AsyncWrite};
use smol::stream::StreamExt as _;

use crate::net::socket::Socket;
use crate::net::upgraded::Upgraded;
use crate::outgoing::close::Close;
use crate::outgoing::connection::Connection;
use crate::session::{Handled, Received, Session};
use crate::worker::Worker;

/// How many messages of one client are read before others get their turn.
const MESSAGES_PER_TURN: u32 = 32;

/// Enough for a chat line; the buffer grows with a longer message.
const READ_BUFFER: usize = 512;

/// How often a client that is behind is looked at, whether it has read enough to ask
/// for more.
const CATCH_UP_EVERY: Duration = Duration::from_millis(20);

/// How a connection ended.
#[derive(Debug)]
enum End {
    /// The server closed it.
    Closed(Close),
    /// The client closed it, with this code if it gave one.
    Left(Option<u16>),
    /// It broke.
    Lost(io::Error),
}

/// Runs the chat on an upgraded connection until it ends.
pub(crate) async fn chat(worker: Rc<Worker>, upgraded: Upgraded) {
    let Upgraded {
        stream,
        read_ahead,
        permit,
        protocol,
    } = upgraded;
    let address = stream.peer_address();
    let socket = match stream.into_socket() {
        Ok(socket) => socket,
        Err(error) => {
            tracing::info!(%address, %error, "client lost in the handshake");
            return;
        }
    };
    let (connection, mut session) = worker.connect(socket, protocol);
    let id = connection.id().0;
    tracing::info!(client = id, %address, "client connected");

    let end = {
        let stream = Stream {
            worker: Rc::clone(&worker),
            connection: Rc::clone(&connection),
        };
        let mut web_socket = WebSocketStream::from_partially_read(
            stream,
            read_ahead,
            Role::Server,
            Some(web_socket_config()),
        )
        .await;
        let end = read(&worker, &connection, &mut session, &mut web_socket).await;
        worker.end(&mut session);
        end
    };
    drop(session);
    finish(&worker, &connection, &end).await;
    worker.disconnect(&connection);
    drop(permit);

    // The server's own decision explains what the reader saw of it.
    let end = connection.closed().map_or(end, End::Closed);
    tracing::info!(client = id, %address, reason = %end, "client disconnected");
}

/// Reads until the connection is over, and handles what the client sends.
async fn read(
    worker: &Worker,
    connection: &Rc<Connection<Socket>>,
    session: &mut Session<Socket>,
    web_socket: &mut WebSocketStream<Stream>,
) -> End {
    let mut left = None;
    let mut messages = 0;
    loop {
        let mut next = web_socket.next();
        let message = poll_fn(|context| {
            let poll = next.poll(context);
            if poll.is_pending() {
                // The others get their turn now.
                messages = 0;
            }
            poll
        });
        let message = match message.await {
            Some(Ok(message)) => message,
            Some(Err(error)) => return End::of(error),
            None => return End::Left(left),
        };
        connection.heard(Instant::now());
        match message {
            // What comes behind the server's close frame is too late.
            Message::Binary(_) | Message::Text(_) if connection.is_closed() => {}
            Message::Binary(bytes) => {
                if let Err(close) = receive(worker, connection, session, &bytes).await {
                    return End::Closed(close);
                }
            }
            Message::Text(_) => return End::Closed(Close::TEXT_MESSAGE),
            Message::Close(frame) => {
                // Nothing is to follow the close frame that the library answers with
                // at the next read.
                left = frame.map(|frame| frame.code.into());
                if left == Some(CloseCode::Normal.code()) && !connection.is_closed() {
                    worker.say_goodbye(session);
                } else {
                    worker.end(session);
                }
            }
            Message::Ping(_) | Message::Pong(_) | Message::Frame(_) => {}
        }
        messages += 1;
        if messages == MESSAGES_PER_TURN {
            messages = 0;
            yield_now().await;
        }
    }
}

/// Does what follows from a binary message.
///
/// # Errors
///
/// Why the connection ends.
async fn receive(
    worker: &Worker,
    connection: &Rc<Connection<Socket>>,
    session: &mut Session<Socket>,
    bytes: &[u8],
) -> Result<(), Close> {
    let Some(mut message) = session.decode(bytes)? else {
        return Ok(());
    };
    if matches!(message, Received::Request(_)) && connection.is_behind() {
        // On the heap: every client's task would have its size.
        Box::pin(catch_up(connection)).await;
    }
    // What the client asked for before the server's close frame is too late by now.
    while !connection.is_closed() {
        match worker.handle(session, message) {
            Handled::Done => break,
            Handled::Later(again) => message = again,
        }
        yield_now().await;
    }
    Ok(())
}

/// Waits while much waits for the client: a client that resumes many rooms can ask for
/// more than its outbox may hold, and gets it bit by bit. A client that never reads does
/// not block this loop: the sweep closes it.
async fn catch_up(connection: &Connection<Socket>) {
    while connection.is_behind() {
        // A timer and no wake-up: it is rare, and nobody notices.
        Timer::after(CATCH_UP_EVERY).await;
        // The client is not silent: the server does not listen.
        connection.heard(Instant::now());
    }
}

/// Closes the connection if the server is to close it, and sees to it that the last
/// frames arrive, in bounded time: the sweep cuts what is closed for too long.
async fn finish(worker: &Worker, connection: &Rc<Connection<Socket>>, end: &End) {
    let End::Closed(close) = end else {
        // A client that left or is lost gets nothing more.
        connection.abandon();
        return;
    };
    connection.close(close.clone(), Instant::now());
    if connection.is_drained() {
        connection.wire().end_writing();
    } else {
        worker.drain_if_waiting(connection);
    }
    // A socket that is closed with something unread in it loses what it has sent: read
    // on until the client hangs up.
    // Not on the stack: that would be a part of every connection's task.
    let mut ignored = vec![0; 512];
    while let Ok(1..) = connection.wire().read(&mut ignored).await {}
}

fn web_socket_config() -> WebSocketConfig {
    WebSocketConfig::default()
        .read_buffer_size(READ_BUFFER)
        // Every frame goes to the outbox at once, where it may wait.
        .write_buffer_size(0)
        .max_write_buffer_size(MAX_CLIENT_PACKET_BYTES)
        .max_message_size(Some(MAX_CLIENT_PACKET_BYTES))
        .max_frame_size(Some(MAX_CLIENT_PACKET_BYTES))
}

impl End {
    fn of(error: Error) -> Self {
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

/// What the WebSocket library reads from and writes to.
struct Stream {
    worker: Rc<Worker>,
    connection: Rc<Connection<Socket>>,
}

impl AsyncRead for Stream {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        self.connection.wire().poll_read(context, buffer)
    }
}

impl AsyncWrite for Stream {
    fn poll_write(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let frames = Bytes::copy_from_slice(bytes);
        self.connection.send_all(&frames, Instant::now());
        self.worker.drain_if_waiting(&self.connection);
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_close(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}
