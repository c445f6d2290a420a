//! The doctor's connection to the chat: requests and their answers, each with a limit of its own,
//! so that a slow way is no fault.

use std::time::{Duration, Instant};

use async_tungstenite::WebSocketStream;
use async_tungstenite::tungstenite::Message as Frame;
use async_tungstenite::tungstenite::protocol::CloseFrame;
use async_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use guildhall_protocol::{
    Message as _, Packet, PacketBody, Pong, ReplyResult, Request, RequestBody, RequestError, Say,
    decode,
};
use smol::future::yield_now;
use smol::stream::StreamExt as _;

use super::trouble::Trouble;
use super::{Socket, in_time};

/// How long the goodbye may take.
const CLOSE_WITHIN: Duration = Duration::from_secs(2);

/// How often a request is sent again that the server asks to send later.
const TRIES: usize = 3;

/// The payload of the ping that follows a request without an answer. A proxy that holds each message
/// back until the next one comes then lets the request go, or its answer.
const PUSH: &[u8] = b"push";

/// How long a request is without an answer before that ping follows, or half of its patience. A
/// server waits for a hello for 10 seconds, and says something itself after 25.
const PUSH_AFTER: Duration = Duration::from_secs(5);

/// A connection on which the protocol is spoken.
pub(super) struct Link {
    web_socket: WebSocketStream<Socket>,
    last_request: u64,
    /// How long an answer may take; also how long a request waits if the server asks for that.
    pub(super) patience: Duration,
    /// Whether the pong of the last push has come.
    has_pong: bool,
}

/// The fate of a message to a room.
pub(super) enum Said {
    /// It came back as it was sent.
    Back,
    /// It came back with another text.
    Changed,
    /// A moderator has to look at it first.
    Held,
    /// The server did not take it.
    Refused(RequestError),
}

impl Link {
    pub(super) fn new(web_socket: WebSocketStream<Socket>, patience: Duration) -> Self {
        Self {
            web_socket,
            last_request: 0,
            patience,
            has_pong: false,
        }
    }

    /// Asks for something, and waits for the answer.
    pub(super) async fn ask(
        &mut self,
        body: RequestBody,
    ) -> Result<Result<ReplyResult, RequestError>, Trouble> {
        self.patiently(body, async |link, id| link.answer(id).await)
            .await
    }

    /// Sends a new request, and waits for its answer. If the server asks for a short wait, the same
    /// request follows after that: with another number it would be a later one, and refused.
    async fn patiently<T>(
        &mut self,
        body: RequestBody,
        answer: impl AsyncFn(&mut Self, u64) -> Result<Result<T, RequestError>, Trouble>,
    ) -> Result<Result<T, RequestError>, Trouble> {
        self.last_request += 1;
        let id = self.last_request;
        let mut tries = 1;
        loop {
            match self.ask_once(id, body.clone(), &answer).await? {
                Err(error) if tries < TRIES && self.is_short(&error) => {
                    let wait = Duration::from_millis(error.retry_after.into());
                    self.listen(wait).await?;
                }
                answer => return Ok(answer),
            }
            tries += 1;
        }
    }

    /// Sends a request, and waits for its answer. If none comes for a while, a ping follows. An answer
    /// that comes behind it while its pong does not was held back until there was a next message.
    async fn ask_once<T>(
        &mut self,
        id: u64,
        body: RequestBody,
        answer: &impl AsyncFn(&mut Self, u64) -> Result<T, Trouble>,
    ) -> Result<T, Trouble> {
        let limit = self.patience;
        let begun = Instant::now();
        let asked = async {
            self.request(id, body).await?;
            answer(self, id).await
        };
        if let Some(answer) = in_time(PUSH_AFTER.min(limit / 2), asked).await {
            return answer;
        }
        let pushed = async {
            self.has_pong = false;
            self.send(Frame::Ping(PUSH.into())).await?;
            answer(self, id).await
        };
        let answered = in_time(limit.saturating_sub(begun.elapsed()), pushed).await;
        let found = answered.unwrap_or(Err(Trouble::Silent(limit)))?;
        // On a way that is only slow, the pong takes no longer than the answer has.
        match in_time(begun.elapsed(), self.pong()).await {
            Some(pong) => pong.map(|()| found),
            None => Err(Trouble::HeldBack),
        }
    }

    /// Waits for the pong of the last push.
    async fn pong(&mut self) -> Result<(), Trouble> {
        while !self.has_pong {
            let frame = self.next().await?;
            self.read(frame).await?;
        }
        Ok(())
    }

    /// The answer to this request.
    async fn answer(&mut self, id: u64) -> Result<Result<ReplyResult, RequestError>, Trouble> {
        loop {
            if let PacketBody::Reply(reply) = self.packet().await?
                && reply.id == id
            {
                return match reply.result {
                    Some(ReplyResult::Error(error)) => Ok(Err(error)),
                    Some(result) => Ok(Ok(result)),
                    None => Err(Trouble::OtherAnswer),
                };
            }
        }
    }

    /// Says something in a room, and waits until it comes back. Slow mode and other limits of the
    /// server are waited for, if they are short.
    pub(super) async fn say(&mut self, room: &str, text: &str) -> Result<Said, Trouble> {
        let say = RequestBody::Say(Say {
            room: room.to_owned(),
            text: text.to_owned(),
            ..Say::default()
        });
        let said = self.patiently(say, async |link, id| link.copy(id, text).await);
        Ok(said.await?.unwrap_or_else(Said::Refused))
    }

    /// The copy of what was said with this request.
    async fn copy(&mut self, id: u64, text: &str) -> Result<Result<Said, RequestError>, Trouble> {
        loop {
            match self.packet().await? {
                PacketBody::Line(line) if line.nonce == id => {
                    let is_same = line.text == text;
                    return Ok(Ok(if is_same { Said::Back } else { Said::Changed }));
                }
                PacketBody::Reply(reply) if reply.id == id => {
                    return match reply.result {
                        Some(ReplyResult::Error(error)) => Ok(Err(error)),
                        Some(ReplyResult::Held(_)) => Ok(Ok(Said::Held)),
                        _ => Err(Trouble::OtherAnswer),
                    };
                }
                _ => {}
            }
        }
    }

    /// Whether the server asks for a wait that is no longer than an answer may take.
    fn is_short(&self, error: &RequestError) -> bool {
        let wait = Duration::from_millis(error.retry_after.into());
        error.temporary && !wait.is_zero() && wait <= self.patience
    }

    /// Says nothing for this time, but answers the server's pings, as every client does.
    pub(super) async fn listen(&mut self, time: Duration) -> Result<(), Trouble> {
        let listening = async {
            loop {
                self.packet().await?;
            }
        };
        in_time(time, listening).await.unwrap_or(Ok(()))
    }

    /// Sends a WebSocket's ping with this number, and waits for its pong.
    pub(super) async fn ping(&mut self, number: u8) -> Result<(), Trouble> {
        let limit = self.patience;
        let answered = async {
            self.send(Frame::Ping(vec![number].into())).await?;
            loop {
                match self.next().await? {
                    Frame::Pong(answer) if answer[..] == [number] => return Ok(()),
                    frame => _ = self.read(frame).await?,
                }
            }
        };
        let answered = in_time(limit, answered).await;
        answered.unwrap_or(Err(Trouble::Silent(limit)))
    }

    /// Says goodbye.
    pub(super) async fn leave(mut self) {
        let goodbye = CloseFrame {
            code: CloseCode::Normal,
            reason: "".into(),
        };
        let close = async {
            let _ = self.web_socket.close(Some(goodbye)).await;
            while let Some(Ok(_)) = self.web_socket.next().await {}
        };
        in_time(CLOSE_WITHIN, close).await;
    }

    /// Sends a request.
    async fn request(&mut self, id: u64, body: RequestBody) -> Result<(), Trouble> {
        let request = Request {
            id,
            ask: Some(body),
        };
        let packet = Packet::from(PacketBody::Request(request)).encode_to_vec();
        self.send(Frame::Binary(packet.into())).await
    }

    /// The next packet, which is no ping: those are answered.
    async fn packet(&mut self) -> Result<PacketBody, Trouble> {
        loop {
            let frame = self.next().await?;
            if let Some(body) = self.read(frame).await? {
                return Ok(body);
            }
        }
    }

    /// The packet in a frame; `None` for a ping of the server, which is answered, and for other
    /// frames. The pong of a push is noted.
    async fn read(&mut self, frame: Frame) -> Result<Option<PacketBody>, Trouble> {
        let bytes = match frame {
            Frame::Binary(bytes) => bytes,
            other => {
                self.has_pong |= matches!(other, Frame::Pong(payload) if payload == PUSH);
                return Ok(None);
            }
        };
        let body = decode(&bytes).ok().and_then(|packet| packet.msg);
        match body.ok_or(Trouble::OtherAnswer)? {
            PacketBody::Ping(_) => {
                let pong = Packet::from(PacketBody::Pong(Pong {})).encode_to_vec();
                self.send(Frame::Binary(pong.into())).await?;
                Ok(None)
            }
            body => Ok(Some(body)),
        }
    }

    async fn send(&mut self, frame: Frame) -> Result<(), Trouble> {
        let sent = self.web_socket.send(frame).await;
        let Err(error) = sent else {
            return Ok(());
        };
        // Why it has ended may have come before: a server that closes reads no more.
        loop {
            match in_time(CLOSE_WITHIN, self.next()).await {
                Some(Ok(_)) => {}
                Some(Err(closed @ Trouble::Closed { .. })) => return Err(closed),
                _ => return Err(Trouble::Lost(error.to_string())),
            }
        }
    }

    /// The next frame. A close is the end.
    async fn next(&mut self) -> Result<Frame, Trouble> {
        // A server that sends without a pause would keep the limits from being looked at.
        yield_now().await;
        match self.web_socket.next().await {
            Some(Ok(Frame::Close(Some(frame)))) => Err(Trouble::Closed {
                code: Some(frame.code.into()),
                reason: frame.reason.to_string(),
            }),
            Some(Ok(Frame::Close(None))) => Err(Trouble::Closed {
                code: None,
                reason: String::new(),
            }),
            Some(Ok(frame)) => Ok(frame),
            Some(Err(error)) => Err(Trouble::Lost(error.to_string())),
            None => Err(Trouble::Lost("it ended".to_owned())),
        }
    }
}
