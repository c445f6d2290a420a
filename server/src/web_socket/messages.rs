//! The messages of a client out of any stream, for tests that need no socket.

use async_tungstenite::WebSocketStream;
use async_tungstenite::tungstenite::Message;
use async_tungstenite::tungstenite::protocol::Role;
use smol::io::{AsyncRead, AsyncWrite};
use smol::stream::StreamExt as _;

use crate::outgoing::close::Close;

use super::end::End;
use super::{Purpose, web_socket_config};

/// Reads the messages of a client as a connection of the chat does, until the connection ends.
/// `read_ahead` was read together with the handshake. Returns the messages, and the end as the log
/// has it.
pub async fn read_messages(
    stream: impl AsyncRead + AsyncWrite + Unpin,
    read_ahead: Vec<u8>,
) -> (Vec<Vec<u8>>, String) {
    let config = web_socket_config(Purpose::Chat);
    let mut web_socket =
        WebSocketStream::from_partially_read(stream, read_ahead, Role::Server, Some(config)).await;
    let mut messages = Vec::new();
    let mut left = None;
    let end = loop {
        match web_socket.next().await {
            Some(Ok(Message::Binary(bytes))) => messages.push(bytes.to_vec()),
            Some(Ok(Message::Text(_))) => break End::Closed(Close::TEXT_MESSAGE),
            Some(Ok(Message::Close(frame))) => left = frame.map(|frame| frame.code.into()),
            Some(Ok(_)) => {}
            Some(Err(error)) => break End::of(error),
            None => break End::Left(left),
        }
    };
    (messages, end.to_string())
}
