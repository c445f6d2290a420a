//! The chat itself: hello, a line to a room of its own and back, and what can be measured of the
//! way.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use anyhow::Context as _;
use async_tungstenite::WebSocketStream;
use async_tungstenite::tungstenite::Message as Frame;
use async_tungstenite::tungstenite::protocol::CloseFrame;
use async_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use guildhall_client::texts::{self, Language};
use guildhall_protocol::limits::MAX_CLIENT_PACKET_BYTES;
use guildhall_protocol::{
    ErrorCode, Hello, Join, Leave, Limits, Message as _, Packet, PacketBody, Pong, Rename,
    ReplyResult, Request, RequestBody, RequestError, Say, decode,
};
use smol::Timer;
use smol::future::FutureExt as _;
use smol::stream::StreamExt as _;

use super::report::Finding;
use super::{DoctorArguments, Socket, Taken};

type WebSocket = WebSocketStream<Socket>;

/// How often the way there and back is measured.
const PINGS: usize = 5;

/// From here on, a chat feels slow.
const SLOW: Duration = Duration::from_millis(400);

/// From here on, the times of messages look wrong.
const CLOCKS_APART: Duration = Duration::from_secs(30);

/// How long the goodbye may take.
const CLOSE_WITHIN: Duration = Duration::from_secs(2);

/// A session of the doctor.
pub(super) struct Visit {
    room: String,
    last_request: u64,
    limits: Limits,
    /// How far the server's clock is ahead of this one's, in milliseconds.
    clock_ahead: i64,
    /// How long the way there and back takes.
    way: Duration,
}

/// The token of the file that the arguments name; empty without one.
///
/// # Errors
///
/// The file cannot be read.
pub(super) fn token(arguments: &DoctorArguments) -> anyhow::Result<String> {
    let Some(file) = &arguments.token_file else {
        return Ok(String::new());
    };
    let cannot = || format!("cannot read a token from {}", file.display());
    let text = std::fs::read_to_string(file).with_context(cannot)?;
    Ok(text.lines().next().unwrap_or_default().trim().to_owned())
}

/// Says hello as a guest, or with a token.
pub(super) async fn say_hello(web_socket: &mut WebSocket, token: String) -> Taken<Visit> {
    let mut visit = Visit {
        room: format!("doctor-{:08x}", fastrand::u32(..)),
        last_request: 0,
        limits: Limits::default(),
        clock_ahead: 0,
        way: Duration::ZERO,
    };
    let has_token = !token.is_empty();
    let hello = RequestBody::Hello(Hello {
        version: 1,
        token,
        ..Hello::default()
    });
    let (sent, asked) = (unix_millis(), Instant::now());
    let welcome = match ask(web_socket, &mut visit, hello).await? {
        Ok(ReplyResult::Welcome(welcome)) => welcome,
        Ok(_) => return Err(other_answer()),
        Err(error) if error.code() == ErrorCode::BadToken && !has_token => {
            return Err(Finding::failed(
                "the server takes no guests, and wants a token",
                "everything up to here is well. The game gives players their tokens: with one in a \
                 file, --token-file FILE tries the rest",
            ));
        }
        Err(error) if error.code() == ErrorCode::BadToken => {
            return Err(Finding::failed(
                in_words(&error),
                "get a new token from the game; `guildhall check --token` says on the server what is \
                 wrong with it",
            ));
        }
        Err(error) => return Err(refused(&error)),
    };
    // The server took its time in the middle of the way.
    let half = i64::try_from(asked.elapsed().as_millis() / 2).unwrap_or(i64::MAX);
    let server = i64::try_from(welcome.time).unwrap_or(i64::MAX);
    visit.clock_ahead = server.saturating_sub(sent.saturating_add(half));
    visit.limits = welcome.limits.unwrap_or_default();
    let found = format!("the server welcomes this computer as {}", welcome.name);
    Ok((visit, Finding::good(found)))
}

/// Joins a room of its own, and says something there.
pub(super) async fn say_something(web_socket: &mut WebSocket, visit: &mut Visit) -> Taken<()> {
    let join = RequestBody::Join(Join {
        room: visit.room.clone(),
        ..Join::default()
    });
    match ask(web_socket, visit, join).await? {
        Ok(ReplyResult::Joined(joined)) => visit.room = joined.room,
        Ok(_) => return Err(other_answer()),
        Err(error) => return Err(refused_room(&error)),
    }
    say(web_socket, visit, "Is anybody there?").await?;
    let found = "a message went to a room of its own and came back";
    Ok(((), Finding::good(found)))
}

/// Measures how long the way there and back takes.
pub(super) async fn measure(web_socket: &mut WebSocket, visit: &mut Visit) -> Taken<()> {
    let mut times = Vec::with_capacity(PINGS);
    for number in 0..PINGS {
        let payload = vec![u8::try_from(number).unwrap_or_default()];
        let begun = Instant::now();
        send(web_socket, Frame::Ping(payload.clone().into())).await?;
        loop {
            match next(web_socket).await? {
                Frame::Pong(answer) if answer[..] == payload[..] => break,
                frame => pass(web_socket, frame).await?,
            }
        }
        times.push(begun.elapsed());
    }
    times.sort_unstable();
    let (median, most) = (times[PINGS / 2], times[PINGS - 1]);
    visit.way = median;
    let shown = |time: Duration| format!("{:.1} ms", time.as_secs_f64() * 1_000.0);
    let found = format!(
        "there and back in {} (of {PINGS} the middle one; the slowest {})",
        shown(median),
        shown(most)
    );
    let finding = if median >= SLOW {
        let advice = "the chat works, but feels slow: a server that is nearer, or another network \
            (Wi-Fi, a VPN), may be faster";
        Finding::warning(found, advice)
    } else {
        Finding::good(found)
    };
    Ok(((), finding))
}

/// Compares this computer's clock with the server's.
pub(super) fn compare_clocks(visit: &Visit) -> Finding {
    let apart = Duration::from_millis(visit.clock_ahead.unsigned_abs());
    let direction = match visit.clock_ahead {
        1.. => "behind",
        _ => "ahead of",
    };
    let found = format!(
        "this computer's clock is {:.1} s {direction} the server's",
        apart.as_secs_f64()
    );
    if apart < CLOCKS_APART {
        return Finding::good(found);
    }
    Finding::warning(
        found,
        "set the clock that is wrong (NTP): the times of messages look odd, and tokens are refused \
         as over or not valid yet",
    )
}

/// Sends the largest messages that the server takes.
pub(super) async fn send_much(web_socket: &mut WebSocket, visit: &mut Visit) -> Taken<()> {
    let length = usize::try_from(visit.limits.text_bytes).unwrap_or_default();
    let text = "0123456789abcdef".repeat(length / 16);
    if text.is_empty() {
        return Err(other_answer());
    }
    say(web_socket, visit, &text).await?;
    // It is refused, and has come all the way.
    let room_for = MAX_CLIENT_PACKET_BYTES - 64;
    let name = "x".repeat(room_for);
    let rename = RequestBody::Rename(Rename { name });
    if let Ok(Ok(_)) = ask(web_socket, visit, rename).await {
        return Err(other_answer());
    }
    let leave = RequestBody::Leave(Leave {
        room: visit.room.clone(),
    });
    if !matches!(
        ask(web_socket, visit, leave).await?,
        Ok(ReplyResult::Left(_))
    ) {
        return Err(other_answer());
    }
    let found = format!(
        "a message of {} bytes came back, and one of {room_for} got there",
        text.len()
    );
    Ok(((), Finding::good(found)))
}

/// Says nothing for a while, but answers the server's pings, as every client does.
pub(super) async fn be_quiet(
    web_socket: &mut WebSocket,
    visit: &mut Visit,
    quiet: Duration,
) -> Taken<()> {
    let begun = Instant::now();
    let over = async {
        Timer::after(quiet).await;
        Ok(())
    };
    let listening = async {
        loop {
            let frame = next(web_socket).await?;
            pass(web_socket, frame).await?;
        }
    };
    let kept: Result<(), Finding> = listening.or(over).await;
    if kept.is_err() {
        let seconds = begun.elapsed().as_secs();
        return Err(Finding::failed(
            format!("the connection was ended after {seconds} quiet seconds"),
            "a proxy on the way ends quiet connections: let it wait longer than a minute (nginx: \
             proxy_read_timeout). The server says something every 25 seconds",
        ));
    }
    send(web_socket, Frame::Ping(vec![7].into())).await?;
    while !matches!(next(web_socket).await?, Frame::Pong(_)) {}
    visit.way = Duration::ZERO;
    let found = format!("still connected after {} quiet seconds", quiet.as_secs());
    Ok(((), Finding::good(found)))
}

/// Says goodbye.
pub(super) async fn leave(mut web_socket: WebSocket) {
    let goodbye = CloseFrame {
        code: CloseCode::Normal,
        reason: "".into(),
    };
    let close = async {
        let _ = web_socket.close(Some(goodbye)).await;
        while let Some(Ok(_)) = web_socket.next().await {}
    };
    let late = async {
        Timer::after(CLOSE_WITHIN).await;
    };
    close.or(late).await;
}

/// Says something in its room, and waits until it comes back.
async fn say(web_socket: &mut WebSocket, visit: &mut Visit, text: &str) -> Result<(), Finding> {
    let say = RequestBody::Say(Say {
        room: visit.room.clone(),
        text: text.to_owned(),
        ..Say::default()
    });
    let id = request(web_socket, visit, say).await?;
    loop {
        match packet(web_socket).await? {
            PacketBody::Line(line) if line.nonce == id && line.text == text => return Ok(()),
            PacketBody::Line(line) if line.nonce == id => {
                return Err(Finding::failed(
                    "the message came back with another text",
                    "a filter of the server may have changed it. If none is set, something on the \
                     way changes what is sent: use wss://",
                ));
            }
            PacketBody::Reply(reply) if reply.id == id => {
                return Err(match reply.result {
                    Some(ReplyResult::Error(error)) => refused_room(&error),
                    Some(ReplyResult::Held(_)) => Finding::failed(
                        "a moderator has to look at the message first",
                        "everything up to here is well: the server's filters hold what is said",
                    ),
                    _ => other_answer(),
                });
            }
            _ => {}
        }
    }
}

/// Asks for something, and waits for the answer.
async fn ask(
    web_socket: &mut WebSocket,
    visit: &mut Visit,
    body: RequestBody,
) -> Result<Result<ReplyResult, RequestError>, Finding> {
    let id = request(web_socket, visit, body).await?;
    loop {
        if let PacketBody::Reply(reply) = packet(web_socket).await?
            && reply.id == id
        {
            return match reply.result {
                Some(ReplyResult::Error(error)) => Ok(Err(error)),
                Some(result) => Ok(Ok(result)),
                None => Err(other_answer()),
            };
        }
    }
}

/// Sends a request. Returns its ID.
async fn request(
    web_socket: &mut WebSocket,
    visit: &mut Visit,
    body: RequestBody,
) -> Result<u64, Finding> {
    visit.last_request += 1;
    let request = Request {
        id: visit.last_request,
        ask: Some(body),
    };
    let packet = Packet::from(PacketBody::Request(request)).encode_to_vec();
    send(web_socket, Frame::Binary(packet.into())).await?;
    Ok(visit.last_request)
}

/// The next packet, which is no ping: those are answered.
async fn packet(web_socket: &mut WebSocket) -> Result<PacketBody, Finding> {
    loop {
        let Frame::Binary(bytes) = next(web_socket).await? else {
            continue;
        };
        let body = decode(&bytes).ok().and_then(|packet| packet.msg);
        match body.ok_or_else(other_answer)? {
            PacketBody::Ping(_) => pong(web_socket).await?,
            body => return Ok(body),
        }
    }
}

/// Answers a frame if it is a ping of the server; any other is of no interest.
async fn pass(web_socket: &mut WebSocket, frame: Frame) -> Result<(), Finding> {
    if let Frame::Binary(bytes) = frame
        && let Ok(packet) = decode(&bytes)
        && let Some(PacketBody::Ping(_)) = packet.msg
    {
        pong(web_socket).await?;
    }
    Ok(())
}

async fn pong(web_socket: &mut WebSocket) -> Result<(), Finding> {
    let pong = Packet::from(PacketBody::Pong(Pong {})).encode_to_vec();
    send(web_socket, Frame::Binary(pong.into())).await
}

async fn send(web_socket: &mut WebSocket, frame: Frame) -> Result<(), Finding> {
    let sent = web_socket.send(frame).await;
    sent.map_err(|error| lost(&error.to_string()))
}

/// The next frame. A close is the end.
async fn next(web_socket: &mut WebSocket) -> Result<Frame, Finding> {
    match web_socket.next().await {
        Some(Ok(Frame::Close(frame))) => {
            let why = frame.map_or_else(String::new, |frame| {
                format!("{}: {}", u16::from(frame.code), frame.reason)
            });
            Err(Finding::failed(
                format!("the connection was closed ({why})"),
                "docs/protocol.md lists what the number means. Without one, a proxy on the way has \
                 ended the connection",
            ))
        }
        Some(Ok(frame)) => Ok(frame),
        Some(Err(error)) => Err(lost(&error.to_string())),
        None => Err(lost("it ended")),
    }
}

fn lost(why: &str) -> Finding {
    Finding::failed(
        format!("the connection was lost: {why}"),
        "a proxy or a firewall on the way has ended it: it opens WebSockets, and does not let \
         through what they carry. Try wss://, or another network",
    )
}

fn other_answer() -> Finding {
    Finding::failed(
        "the answer is not that of a Guildhall server of this version",
        "look at the address, and whether the server is as new as this program (guildhall --version)",
    )
}

fn in_words(error: &RequestError) -> String {
    texts::error(Language::default(), error)
}

fn refused(error: &RequestError) -> Finding {
    let advice = if error.temporary {
        "that is for now: try again in a minute"
    } else {
        "everything up to here is well: ask the server's owner"
    };
    Finding::failed(in_words(error), advice)
}

/// The server's rules of rooms do not let this guest try one.
fn refused_room(error: &RequestError) -> Finding {
    if error.code() != ErrorCode::Forbidden {
        return refused(error);
    }
    Finding::failed(
        in_words(error),
        "everything up to here is well: this server lets this user open no rooms, or say nothing in \
         them. With the token of a player in a file, --token-file FILE tries it",
    )
}

fn unix_millis() -> i64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    let millis = now.unwrap_or_default().as_millis();
    i64::try_from(millis).unwrap_or(i64::MAX)
}
