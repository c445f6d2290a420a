//! One WebSocket connection, from its handshake to its end.
//!
//! The connection's task reads. Writing is done by whoever has something to
//! send, straight through the member's outbox; a task to drain it exists only
//! while something waits. What the WebSocket library writes by itself (pongs,
//! its half of a close) takes the same way, so that frames never interleave.

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

use crate::close::Close;
use crate::http::Upgraded;
use crate::hub::SharedRoom;
use crate::member::Member;
use crate::server::Server;
use crate::session::v1::{self, V1Session};
use crate::session::{self, Verdict};
use crate::socket::Socket;

/// How many messages of one client are read before others get their turn.
const MESSAGES_PER_TURN: u32 = 32;

/// Enough for a chat line; the buffer grows with a longer message.
const READ_BUFFER: usize = 512;

/// How often it is looked whether a client has read enough to ask for more.
const CATCH_UP_EVERY: Duration = Duration::from_millis(20);

/// What a connection's client can do.
#[derive(Debug)]
pub(crate) enum Client {
    /// It negotiated no subprotocol, and is in this room.
    Tutorial(SharedRoom<Socket>),
    /// It negotiated `guildhall.v1`.
    V1(Box<V1Session<Socket>>),
}

/// How a connection ended.
#[derive(Debug)]
enum End {
    /// We closed it.
    Closed(Close),
    /// The client closed it, with this code if it gave one.
    Left(Option<u16>),
    /// It broke.
    Lost(io::Error),
}

/// Runs the chat on an upgraded connection until it ends.
pub(crate) async fn chat(server: Rc<Server>, upgraded: Upgraded) {
    let Upgraded {
        stream,
        read_ahead,
        visitor,
        form,
    } = upgraded;
    let address = stream.peer_address();
    let socket = match stream.into_socket() {
        Ok(socket) => socket,
        Err(error) => {
            tracing::info!(%address, %error, "client lost in the handshake");
            return;
        }
    };
    let (member, mut client) = server.connect(socket, form);
    let id = member.id();
    tracing::info!(client = id, %address, "client connected");

    let end = {
        let stream = Stream {
            server: Rc::clone(&server),
            member: Rc::clone(&member),
        };
        let mut web_socket = WebSocketStream::from_partially_read(
            stream,
            read_ahead,
            Role::Server,
            Some(web_socket_config()),
        )
        .await;
        let end = read(&server, &member, &mut client, &mut web_socket).await;
        server.leave(&mut client, &member);
        end
    };
    drop(client);
    finish(&server, &member, &end).await;
    server.disconnect(id);
    drop(visitor);

    // The server's own decision explains what the reader saw of it.
    let end = member.closed().map_or(end, End::Closed);
    tracing::info!(client = id, %address, reason = %end, "client disconnected");
}

/// Reads until the connection is over, and has said what the client says.
async fn read(
    server: &Server,
    member: &Rc<Member<Socket>>,
    client: &mut Client,
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
        member.heard(Instant::now());
        match message {
            // What comes behind our close frame is too late.
            Message::Binary(_) | Message::Text(_) if member.is_closed() => {}
            Message::Binary(bytes) => {
                if let Err(close) = receive(server, member, client, &bytes).await {
                    return End::Closed(close);
                }
            }
            Message::Text(_) => return End::Closed(Close::TEXT_MESSAGE),
            Message::Close(frame) => {
                // Nothing is to follow the close frame that the library
                // answers with at the next read.
                left = frame.map(|frame| frame.code.into());
                if left == Some(CloseCode::Normal.code()) && !member.is_closed() {
                    server.say_goodbye(client, member);
                } else {
                    server.leave(client, member);
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

/// Does what follows from a binary message, or says why the connection ends.
async fn receive(
    server: &Server,
    member: &Rc<Member<Socket>>,
    client: &mut Client,
    bytes: &[u8],
) -> Result<(), Close> {
    match client {
        Client::Tutorial(room) => match session::receive(bytes) {
            Verdict::Say(text) => {
                while room.borrow().is_busy() {
                    yield_now().await;
                }
                server.say(room, member.id(), &text);
            }
            Verdict::Ignore => {}
            Verdict::Close(close) => return Err(close),
        },
        Client::V1(session) => match v1::receive(bytes)? {
            v1::Message::Request(request) => {
                if member.is_behind() {
                    // On the heap: every client's task would have its size.
                    Box::pin(catch_up(member)).await;
                }
                while session.has_to_wait(&server.threads().exchange, &request) {
                    yield_now().await;
                }
                // What it asked for before our close frame is too late by now.
                if !member.is_closed() {
                    server.handle(session, request);
                }
            }
            v1::Message::Pong => {}
        },
    }
    Ok(())
}

/// Waits while much waits for the client. Who comes back to many rooms asks for
/// more at once than may wait for anybody, and gets it bit by bit. Nothing holds
/// who does not read: the sweep closes it.
async fn catch_up(member: &Member<Socket>) {
    while member.is_behind() {
        // A timer and no wake-up: it is rare, and nobody notices.
        Timer::after(CATCH_UP_EVERY).await;
        // It is not silent, we do not listen.
        member.heard(Instant::now());
    }
}

/// Closes the connection where it is ours to close, and sees to it that the
/// last frames arrive, in bounded time: the sweep cuts what is closed for too
/// long.
async fn finish(server: &Server, member: &Rc<Member<Socket>>, end: &End) {
    let End::Closed(close) = end else {
        // Who left or is lost gets nothing more, and nothing waits for them.
        member.left();
        return;
    };
    member.close(close.clone(), Instant::now());
    if member.is_drained() {
        member.wire().end_writing();
    } else {
        server.drain_if_waiting(member);
    }
    // A socket that is closed with something unread in it loses what it has
    // sent: read on until the client hangs up.
    // Not on the stack: that would be a part of every connection's task.
    let mut ignored = vec![0; 512];
    while let Ok(1..) = member.wire().read(&mut ignored).await {}
}

/// Writes what waits for `member` as its socket takes it, until nothing waits.
pub(crate) async fn drain(member: &Member<Socket>) {
    while !member.drain(Instant::now()) {
        member.wire().writable().await;
    }
    if member.is_closed() {
        member.wire().end_writing();
    }
}

fn web_socket_config() -> WebSocketConfig {
    WebSocketConfig::default()
        .read_buffer_size(READ_BUFFER)
        // Every frame goes to the outbox at once; that is where it may wait.
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
    server: Rc<Server>,
    member: Rc<Member<Socket>>,
}

impl AsyncRead for Stream {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        self.member.wire().poll_read(context, buffer)
    }
}

impl AsyncWrite for Stream {
    fn poll_write(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let frames = Bytes::copy_from_slice(bytes);
        self.member.send_all(&frames, Instant::now());
        self.server.drain_if_waiting(&self.member);
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_close(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}
