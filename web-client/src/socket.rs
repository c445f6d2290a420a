//! One WebSocket of the browser, which is closed when it is dropped.

use guildhall_protocol::limits::MAX_SERVER_PACKET_BYTES;
use js_sys::{ArrayBuffer, Uint8Array};
use wasm_bindgen::prelude::*;
use web_sys::{BinaryType, CloseEvent, MessageEvent, WebSocket};

/// The close code of a normal closure (RFC 6455 section 7.4.1).
const NORMAL: u16 = 1000;

/// What happens to a socket.
pub(crate) enum SocketEvent {
    /// The handshake has succeeded. Contains the subprotocol that the server chose, or
    /// nothing if it chose none.
    Open(String),
    /// A binary message, cut off one byte above the limit.
    Binary(Vec<u8>),
    /// A text message. Its content does not matter.
    Text,
    /// The socket has closed; no event follows.
    Closed {
        /// From the close frame, or 1006 without one.
        code: u16,
        /// From the close frame.
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
    /// Opens a socket to `url` that offers `subprotocol`, if any, and calls `on_event`
    /// with each event.
    ///
    /// # Errors
    ///
    /// The browser's exception if it does not even try, as for `ws://` on a page that
    /// was loaded over https.
    pub(crate) fn open(
        url: &str,
        subprotocol: Option<&str>,
        on_event: impl Fn(SocketEvent) + Clone + 'static,
    ) -> Result<Self, JsValue> {
        let socket = match subprotocol {
            Some(subprotocol) => WebSocket::new_with_str(url, subprotocol)?,
            None => WebSocket::new(url)?,
        };
        socket.set_binary_type(BinaryType::Arraybuffer);

        let (tell, opened) = (on_event.clone(), socket.clone());
        let on_open: Closure<dyn Fn()> =
            Closure::new(move || tell(SocketEvent::Open(opened.protocol())));
        let tell = on_event.clone();
        let on_message: Closure<dyn Fn(MessageEvent)> = Closure::new(move |event: MessageEvent| {
            tell(match event.data().dyn_into::<ArrayBuffer>() {
                Ok(buffer) => SocketEvent::Binary(bytes(&buffer)),
                Err(_) => SocketEvent::Text,
            });
        });
        let on_close: Closure<dyn Fn(CloseEvent)> = Closure::new(move |event: CloseEvent| {
            on_event(SocketEvent::Closed {
                code: event.code(),
                reason: event.reason(),
            });
        });
        socket.set_onopen(Some(on_open.as_ref().unchecked_ref()));
        socket.set_onmessage(Some(on_message.as_ref().unchecked_ref()));
        socket.set_onclose(Some(on_close.as_ref().unchecked_ref()));
        Ok(Self {
            inner: socket,
            code: NORMAL,
            _on_open: on_open,
            _on_message: on_message,
            _on_close: on_close,
        })
    }

    /// Sends `bytes` as one binary message. A closing socket drops them; its close event
    /// follows.
    pub(crate) fn send(&self, bytes: &[u8]) {
        // Fails only while the socket is opening, and nothing is sent then.
        let _ = self.inner.send_with_u8_array(bytes);
    }

    /// Closes the socket, with `code` if browsers allow a page to send it.
    pub(crate) fn close(mut self, code: u16) {
        if matches!(code, 3000..=4999) {
            self.code = code;
        }
    }
}

/// Copies what may be a packet. Of anything larger it copies one byte more than the
/// limit, enough to be refused: a hostile server must not fill the memory.
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
        // Fails only for codes that a page must not send, and these are allowed.
        let _ = self.inner.close_with_code(self.code);
    }
}
