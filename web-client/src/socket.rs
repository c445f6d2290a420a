//! One WebSocket of the browser, hung up when dropped.

use guildhall_protocol::limits::MAX_SERVER_PACKET_BYTES;
use js_sys::{ArrayBuffer, Uint8Array};
use wasm_bindgen::prelude::*;
use web_sys::{BinaryType, CloseEvent, MessageEvent, WebSocket};

/// The close code of a goodbye (RFC 6455 section 7.4.1).
const GOODBYE: u16 = 1000;

/// What a socket has to say.
pub(crate) enum SocketEvent {
    /// The handshake is done. The subprotocol that the server chose; empty
    /// where it chose none.
    Open(String),
    /// A binary message, cut off one byte above the limit.
    Binary(Vec<u8>),
    /// A text message; what it says does not matter.
    Text,
    /// The socket has closed: nothing more will be heard.
    Closed {
        /// As in the close frame, or 1006 where there was none.
        code: u16,
        /// As in the close frame.
        reason: String,
    },
}

/// An open or opening WebSocket.
pub(crate) struct Socket {
    inner: WebSocket,
    code: u16,
    _on_open: Closure<dyn Fn()>,
    _on_message: Closure<dyn Fn(MessageEvent)>,
    _on_close: Closure<dyn Fn(CloseEvent)>,
}

impl Socket {
    /// Opens a socket to `url` that speaks `subprotocol`, or none, and lets `hear`
    /// know what comes.
    ///
    /// # Errors
    ///
    /// The browser's words where it does not even try, such as `ws://` from a
    /// page that came over https.
    pub(crate) fn open(
        url: &str,
        subprotocol: Option<&str>,
        hear: impl Fn(SocketEvent) + Clone + 'static,
    ) -> Result<Self, JsValue> {
        let socket = match subprotocol {
            Some(subprotocol) => WebSocket::new_with_str(url, subprotocol)?,
            None => WebSocket::new(url)?,
        };
        socket.set_binary_type(BinaryType::Arraybuffer);

        let (heard, opened) = (hear.clone(), socket.clone());
        let on_open: Closure<dyn Fn()> =
            Closure::new(move || heard(SocketEvent::Open(opened.protocol())));
        let heard = hear.clone();
        let on_message: Closure<dyn Fn(MessageEvent)> = Closure::new(move |event: MessageEvent| {
            heard(match event.data().dyn_into::<ArrayBuffer>() {
                Ok(buffer) => SocketEvent::Binary(bytes(&buffer)),
                Err(_) => SocketEvent::Text,
            });
        });
        let on_close: Closure<dyn Fn(CloseEvent)> = Closure::new(move |event: CloseEvent| {
            hear(SocketEvent::Closed {
                code: event.code(),
                reason: event.reason(),
            });
        });
        socket.set_onopen(Some(on_open.as_ref().unchecked_ref()));
        socket.set_onmessage(Some(on_message.as_ref().unchecked_ref()));
        socket.set_onclose(Some(on_close.as_ref().unchecked_ref()));
        Ok(Self {
            inner: socket,
            code: GOODBYE,
            _on_open: on_open,
            _on_message: on_message,
            _on_close: on_close,
        })
    }

    /// Hands `bytes` to the browser as one binary message. A closing socket
    /// drops them, and its end is heard of later.
    pub(crate) fn send(&self, bytes: &[u8]) {
        // Fails only while the socket is opening, and nothing is sent then.
        let _ = self.inner.send_with_u8_array(bytes);
    }

    /// Hangs up with `code`, where a browser lets a page say that one.
    pub(crate) fn hang(mut self, code: u16) {
        if matches!(code, 3000..=4999) {
            self.code = code;
        }
    }
}

/// Copies what may be a packet. Of anything bigger only enough to tell, so
/// that a hostile server does not fill our memory.
fn bytes(buffer: &ArrayBuffer) -> Vec<u8> {
    let bytes = Uint8Array::new(buffer);
    let enough = u32::try_from(MAX_SERVER_PACKET_BYTES + 1).unwrap_or(u32::MAX);
    bytes.subarray(0, bytes.length().min(enough)).to_vec()
}

impl Drop for Socket {
    fn drop(&mut self) {
        self.inner.set_onopen(None);
        self.inner.set_onmessage(None);
        self.inner.set_onclose(None);
        // Fails only for codes that may not be sent; these may.
        let _ = self.inner.close_with_code(self.code);
    }
}
