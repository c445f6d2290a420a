//! A socket of `guildhall.v1` for sessions of the client library that a test drives itself.

use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use guildhall_protocol::SUBPROTOCOL;
use tungstenite::WebSocket;
use tungstenite::client::IntoClientRequest as _;
use tungstenite::http::HeaderValue;

/// Opens one. The handshake may take so long, and each read behind it waits so long. `None`: the
/// server, or the way to it, refuses.
pub(crate) fn open(
    address: SocketAddr,
    handshake_within: Duration,
    read_within: Duration,
) -> Option<WebSocket<TcpStream>> {
    let mut request = format!("ws://{address}/ws").into_client_request().unwrap();
    let subprotocol = HeaderValue::from_static(SUBPROTOCOL);
    (request.headers_mut()).insert("Sec-WebSocket-Protocol", subprotocol);
    let stream = TcpStream::connect(address).ok()?;
    stream.set_read_timeout(Some(handshake_within)).unwrap();
    let (socket, _) = tungstenite::client(request, stream).ok()?;
    (socket.get_ref())
        .set_read_timeout(Some(read_within))
        .unwrap();
    Some(socket)
}
