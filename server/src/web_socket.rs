//! One WebSocket connection, from its handshake to its end.
//!
//! The connection's task reads. Code that has something to send writes it through the
//! connection's outbox at once; a task that drains the outbox exists only while something
//! is queued. What the WebSocket library writes by itself (pongs, its half of a close) goes
//! through the outbox too, so that frames never interleave.

mod echo;
mod end;
mod finish;
pub(crate) mod messages;
mod stream;

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use async_tungstenite::WebSocketStream;
use async_tungstenite::tungstenite::Message;
use async_tungstenite::tungstenite::protocol::{Role, WebSocketConfig};
use bytes::Bytes;
use guildhall_protocol::limits::MAX_CLIENT_PACKET_BYTES;
use guildhall_protocol::{CloseCode, Protocol};
use smol::Timer;
use smol::future::FutureExt as _;
use smol::io::{AsyncRead, AsyncWrite};
use smol::stream::StreamExt as _;

use crate::hook::Question;
use crate::journal::Read;
use crate::log_limit::LogKind;
use crate::net::socket::Socket;
use crate::net::upgraded::Upgraded;
use crate::outgoing::close::Close;
use crate::outgoing::connection::Connection;
use crate::session::{Act, Handled, Received, Session};
use crate::worker::Worker;

pub(crate) use self::echo::config as echo_config;

use self::end::End;
use self::finish::finish;
use self::stream::Stream;

/// The bytes of a read buffer: enough for a chat line. It grows for a longer message.
const READ_BUFFER: usize = 512;

/// How often the server checks whether a client that is behind has read enough for its next
/// request to be handled.
const CATCH_UP_EVERY: Duration = Duration::from_millis(20);

/// A client that speaks too fast, or has to wait for something, is not read for at most this long
/// without a look at its connection.
const PAUSE_AT_MOST: Duration = Duration::from_secs(1);

/// The purpose of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Purpose {
    /// Its client chats.
    Chat,
    /// Each of its messages is answered with the same one.
    Echo,
}

/// Runs the chat on an upgraded connection until it ends.
pub(crate) fn chat(worker: Rc<Worker>, upgraded: Upgraded) -> impl Future<Output = ()> {
    serve(worker, upgraded, Purpose::Chat)
}

/// Answers each message of an upgraded connection with the same one until it ends. All else is
/// as in a chat, so a suite that tests RFC 6455 tests the code of the chat.
pub(crate) fn echo(worker: Rc<Worker>, upgraded: Upgraded) -> impl Future<Output = ()> {
    serve(worker, echo::prepare(upgraded), Purpose::Echo)
}

async fn serve(worker: Rc<Worker>, upgraded: Upgraded, purpose: Purpose) {
    let Upgraded {
        stream,
        read_ahead,
        client: address,
        permit,
        protocol,
        user_agent,
    } = upgraded;
    if !worker.threads().shared.has_numbers() {
        // They were used up since the handshake. The client comes back, as after a lost
        // connection.
        return;
    }
    let socket = match stream.into_socket(address) {
        Ok(socket) => socket,
        Err(error) => {
            if worker.threads().may_log(LogKind::Lost) {
                tracing::info!(%address, proxy = address.proxy(), %error, "{}", LogKind::Lost.message());
            }
            return;
        }
    };
    // All that comes later is counted where it is read.
    worker.metrics().bytes_in.add(read_ahead.len() as u64);
    let (connection, mut session) = worker.connect(socket, protocol);
    let id = connection.id().0;
    if worker.threads().may_log(LogKind::Connected) {
        let (protocol, user_agent) = (protocol.name(), user_agent.as_deref());
        let message = LogKind::Connected.message();
        tracing::info!(client = id, %address, proxy = address.proxy(), protocol, user_agent, "{message}");
    }
    drop(user_agent);
    if worker.threads().is_closing() {
        // It has begun since the handshake, and the others were told before.
        connection.close(Close::GOING_AWAY, Instant::now());
    }

    // From here on, the socket alone has the address: each client's task would keep another one.
    let end = {
        let stream = Stream {
            worker: Rc::clone(&worker),
            connection: Rc::clone(&connection),
        };
        let mut web_socket = WebSocketStream::from_partially_read(
            stream,
            read_ahead,
            Role::Server,
            Some(web_socket_config(purpose)),
        )
        .await;
        let end = read(&worker, &connection, &mut session, &mut web_socket, purpose).await;
        worker.end(&mut session);
        end
    };
    let (user, name) = session.last_user().unzip();
    drop(session);
    finish(&worker, &connection, &end).await;
    worker.disconnect(&connection);
    drop(permit);

    // If the server closed the connection, that is the reason, and not what was read.
    let end = connection.closed().map_or(end, End::Closed);
    match &end {
        End::Closed(close) => worker.metrics().count_closed(close.code),
        End::Left(code) => worker.metrics().count_left(*code),
        End::Lost(_) => worker.metrics().count_lost(),
    }
    if worker.threads().may_log(LogKind::Disconnected) {
        let message = LogKind::Disconnected.message();
        let address = connection.wire().client_address();
        tracing::info!(client = id, %address, proxy = address.proxy(), user, name, reason = %end, "{message}");
    }
}

/// Reads until the connection ends, and handles what the client sends. Returns how it
/// ended.
async fn read(
    worker: &Worker,
    connection: &Rc<Connection<Socket>>,
    session: &mut Session<Socket>,
    web_socket: &mut WebSocketStream<Stream>,
    purpose: Purpose,
) -> End {
    let mut left = None;
    loop {
        let message = match web_socket.next().await {
            Some(Ok(message)) => message,
            Some(Err(error)) => return End::of(error),
            None => return End::Left(left),
        };
        let now = Instant::now();
        connection.heard(now);
        let length = message.len();
        match message {
            // A message after the server's close frame comes too late.
            Message::Binary(_) | Message::Text(_) if connection.is_closed() => {}
            message @ (Message::Binary(_) | Message::Text(_)) if purpose == Purpose::Echo => {
                echo::answer(worker, connection, message, now);
            }
            // Nobody reads the answers.
            Message::Binary(_) if is_over(connection) => {}
            Message::Binary(bytes) => {
                if let Err(close) = receive(worker, connection, session, &bytes, now).await {
                    return End::Closed(close);
                }
            }
            Message::Text(_) => return End::Closed(Close::TEXT_MESSAGE),
            Message::Close(frame) => {
                // At the next read the library answers with a close frame, and nothing may
                // be sent behind that. So the client leaves its rooms now.
                left = frame.map(|frame| frame.code.into());
                if left == Some(CloseCode::Normal.code()) && !connection.is_closed() {
                    worker.say_goodbye(session);
                } else {
                    worker.end(session);
                }
            }
            Message::Ping(_) | Message::Pong(_) | Message::Frame(_) => {}
        }
        connection.wire().spend(length).await;
    }
}

/// Handles a binary message that was read `now`.
///
/// # Errors
///
/// The [`Close`] that ends the connection.
async fn receive(
    worker: &Worker,
    connection: &Rc<Connection<Socket>>,
    session: &mut Session<Socket>,
    bytes: &[u8],
    now: Instant,
) -> Result<(), Close> {
    let Some(message) = session.decode(bytes)? else {
        return Ok(());
    };
    let handled = if matches!(message, Received::Request(_)) && connection.is_behind() {
        Handled::Later(message)
    } else {
        worker.handle(session, message, now)
    };
    match handled {
        Handled::Done => {}
        Handled::Dropped(reason) => log_dropped(worker, connection, reason),
        // On the heap, because the message would be a part of every client's task.
        unhandled => Box::pin(receive_later(worker, connection, session, unhandled)).await,
    }
    Ok(())
}

/// Handles a message that could not be handled at once.
async fn receive_later(
    worker: &Worker,
    connection: &Rc<Connection<Socket>>,
    session: &mut Session<Socket>,
    mut handled: Handled<Received>,
) {
    loop {
        let message = match handled {
            Handled::Done => return,
            Handled::Dropped(reason) => return log_dropped(worker, connection, reason),
            Handled::Verify(message) => return verify(worker, connection, session, message).await,
            Handled::Read(wanted, message) => {
                match look_up(worker, connection, session, *wanted, message).await {
                    Some(next) => handled = next,
                    None => return,
                }
                continue;
            }
            Handled::Ask(question, message) => {
                match ask(worker, connection, session, *question, message).await {
                    Some(next) => handled = next,
                    None => return,
                }
                continue;
            }
            Handled::Act(act, message) => {
                return carry_out(worker, connection, session, act, message).await;
            }
            Handled::Later(message) => {
                if matches!(message, Received::Request(_)) && connection.is_behind() {
                    catch_up(connection).await;
                } else {
                    connection.wire().end_turn().await;
                }
                message
            }
            Handled::After(wait, message) => {
                pause(connection, wait).await;
                if connection.is_closed() {
                    return;
                }
                message
            }
        };
        // After the server's close frame a request comes too late. A line of the tutorial that
        // had to wait is said all the same, as one that had not.
        let is_line = matches!(message, Received::Chat(_));
        if !is_line && (connection.is_closed() || is_over(connection)) {
            return;
        }
        handled = worker.handle(session, message, Instant::now());
    }
}

fn log_dropped(worker: &Worker, connection: &Connection<Socket>, reason: &'static str) {
    if worker.threads().may_log(LogKind::Silenced) {
        let client = connection.id().0;
        tracing::info!(client, reason, "{}", LogKind::Silenced.message());
    }
}

/// Has the token in a message verified, and handles the message then. The client is not read
/// meanwhile, so what it has sent behind the message waits. Does nothing if the connection is
/// over by then.
async fn verify(
    worker: &Worker,
    connection: &Rc<Connection<Socket>>,
    session: &mut Session<Socket>,
    message: Received,
) {
    let verified = worker.verify(connection.wire(), &message);
    let verified = without_reading(connection, verified).await;
    if !connection.is_closed() && !is_over(connection) {
        worker.handle_verified(session, &message, verified);
    }
}

/// Has something read from the journal for a message, and handles the message then. The client is
/// not read meanwhile, as in [`verify`]. Returns `None` if the connection is over by then.
async fn look_up(
    worker: &Worker,
    connection: &Rc<Connection<Socket>>,
    session: &mut Session<Socket>,
    wanted: Read,
    message: Received,
) -> Option<Handled<Received>> {
    let found = without_reading(connection, worker.read(wanted)).await;
    if connection.is_closed() || is_over(connection) {
        return None;
    }
    Some(worker.handle_found(session, message, found))
}

/// Has the game asked about a message, and handles the message then. The client is not read
/// meanwhile, as in [`verify`], so what it says keeps its order. Returns `None` if the connection
/// is over by then.
async fn ask(
    worker: &Worker,
    connection: &Rc<Connection<Socket>>,
    session: &mut Session<Socket>,
    question: Question,
    message: Received,
) -> Option<Handled<Received>> {
    let answer = without_reading(connection, worker.ask(question)).await;
    let is_request = matches!(message, Received::Request(_));
    if is_request && (connection.is_closed() || is_over(connection)) {
        return None;
    }
    Some(worker.handle_answered(session, message, answer))
}

/// Has an act carried out on another thread, and answers the message then. The client is not read
/// meanwhile, as in [`verify`].
async fn carry_out(
    worker: &Worker,
    connection: &Rc<Connection<Socket>>,
    session: &mut Session<Socket>,
    act: Act,
    message: Received,
) {
    let acted = smol::unblock(move || act.carry_out());
    let acted = without_reading(connection, acted).await;
    if !connection.is_closed() && !is_over(connection) {
        worker.handle_acted(session, &message, acted);
    }
}

/// Waits for something else than the client, which is not read meanwhile. The sweep is told so all
/// the time: the client's pong may lie in the socket.
async fn without_reading<T>(
    connection: &Connection<Socket>,
    awaited: impl Future<Output = T>,
) -> T {
    let telling = async {
        loop {
            Timer::after(PAUSE_AT_MOST).await;
            connection.heard(Instant::now());
        }
    };
    let result = awaited.or(telling).await;
    // The client was not silent: the server was not reading.
    connection.heard(Instant::now());
    result
}

/// Whether the client is gone, so that its requests are not carried out: a client of
/// `guildhall.v1` sends again what was not answered. What a client of the tutorial has
/// said is all that there is of it, and is said.
fn is_over(connection: &Connection<Socket>) -> bool {
    connection.protocol() == Protocol::V1 && connection.wire().is_gone()
}

/// Waits while the client's outbox is more than half full. A client that resumes many rooms
/// can ask for more than its outbox may hold, so it gets the answers bit by bit. A client
/// that never reads does not block this loop: the sweep closes it.
async fn catch_up(connection: &Connection<Socket>) {
    while connection.is_behind() {
        // A timer is enough, because this is rare and a few milliseconds do not matter.
        Timer::after(CATCH_UP_EVERY).await;
        // The client is not silent: the server is not reading.
        connection.heard(Instant::now());
    }
}

/// Waits for this long because the client speaks too fast, or until the connection is
/// closed. The client is not read meanwhile.
async fn pause(connection: &Connection<Socket>, wait: Duration) {
    let until = Instant::now() + wait;
    while !connection.is_closed() {
        let now = Instant::now();
        if now >= until {
            return;
        }
        Timer::after((until - now).min(PAUSE_AT_MOST)).await;
        // The client is not silent: the server is not reading.
        connection.heard(Instant::now());
    }
}

fn web_socket_config(purpose: Purpose) -> WebSocketConfig {
    let max_message = match purpose {
        Purpose::Chat => MAX_CLIENT_PACKET_BYTES,
        Purpose::Echo => echo::MAX_MESSAGE,
    };
    WebSocketConfig::default()
        .read_buffer_size(READ_BUFFER)
        // The outbox is the only queue: it gets every frame at once.
        .write_buffer_size(0)
        .max_write_buffer_size(MAX_CLIENT_PACKET_BYTES)
        .max_message_size(Some(max_message))
        .max_frame_size(Some(max_message))
}
