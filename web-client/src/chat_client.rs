//! The client as a JavaScript class, with its TypeScript types.

use std::cell::RefCell;
use std::rc::Rc;

use js_sys::{BigInt, Error, Function, Object, Reflect};
use wasm_bindgen::prelude::*;

use crate::client::Client;
use crate::event::{Event, ReceiveError};
use crate::state::State;

#[wasm_bindgen(typescript_custom_section)]
const TYPES: &str = r#"
/** Where the connection is. */
export type ChatState =
  /** connect() was not called yet. */
  | { readonly kind: "idle" }
  /** An attempt is under way; it is given up after ten seconds. */
  | { readonly kind: "connecting" }
  /** Texts can be sent. */
  | { readonly kind: "online" }
  /** The connection was lost; the next attempt follows by itself. The code is
   *  the WebSocket close code, 1006 where no server said why. */
  | { readonly kind: "waiting"; readonly seconds: number; readonly code: number; readonly reason: string }
  /** No attempt follows by itself. The code is the WebSocket close code, or 0
   *  where the browser refused to open a connection at all. */
  | { readonly kind: "closed"; readonly code: number; readonly reason: string };

/** What somebody else said. Show the text as text, never as markup. */
export interface ChatMessage {
  /** The speaker's ID, as the server knows it. */
  readonly sender: bigint;
  readonly text: string;
}

/** What goes to `onerror`: a message of the server that was dropped. */
export interface ReceiveError extends Error {
  readonly code: "not-a-packet" | "text-message" | "message-too-big" | "second-id";
}

/** What `send` throws. Nothing was sent. */
export interface SendError extends Error {
  readonly code: "not-online" | "empty-text" | "text-too-long";
}
"#;

#[wasm_bindgen]
extern "C" {
    /// `ChatState` in JavaScript.
    #[wasm_bindgen(typescript_type = "ChatState")]
    pub type ChatState;
    /// What `onstate` may be.
    #[wasm_bindgen(typescript_type = "((state: ChatState) => void) | null | undefined")]
    pub type StateCallback;
    /// What `onmessage` may be.
    #[wasm_bindgen(typescript_type = "((message: ChatMessage) => void) | null | undefined")]
    pub type MessageCallback;
    /// What `onid` may be.
    #[wasm_bindgen(typescript_type = "((id: bigint) => void) | null | undefined")]
    pub type IdCallback;
    /// What `onerror` may be.
    #[wasm_bindgen(typescript_type = "((error: ReceiveError) => void) | null | undefined")]
    pub type ErrorCallback;

    #[wasm_bindgen(js_namespace = console, js_name = error)]
    fn console_error(error: &JsValue);
}

/// A connection to a Guildhall server that comes back by itself.
///
/// Set the callbacks, then call `connect`. All of them may call the client.
#[wasm_bindgen]
pub struct ChatClient {
    client: Client,
    callbacks: Rc<RefCell<Callbacks>>,
}

#[derive(Default)]
struct Callbacks {
    state: Option<Function>,
    message: Option<Function>,
    id: Option<Function>,
    error: Option<Function>,
}

#[wasm_bindgen]
impl ChatClient {
    /// A client for the server at `url`, such as `wss://example.org/ws`.
    ///
    /// # Errors
    ///
    /// Throws where that is not a `ws://` or `wss://` address.
    #[wasm_bindgen(constructor)]
    pub fn new(url: &str) -> Result<ChatClient, JsValue> {
        let callbacks = Rc::new(RefCell::new(Callbacks::default()));
        let told = Rc::clone(&callbacks);
        let client = Client::new(url, move |event| tell(&told, event))
            .map_err(|error| coded(&error.to_string(), "invalid-address"))?;
        Ok(Self { client, callbacks })
    }

    /// Connects. While waiting for the next attempt, makes it now; while
    /// connecting or online, does nothing.
    pub fn connect(&self) {
        self.client.connect();
    }

    /// Says `text` to everyone else in the room. The server sends nothing
    /// back for one's own text.
    ///
    /// # Errors
    ///
    /// Throws a `SendError` where it was not sent.
    pub fn send(&self, text: &str) -> Result<(), JsValue> {
        self.client
            .send(text)
            .map_err(|error| coded(&error.to_string(), error.name()))
    }

    /// Ends the connection. `connect` starts another.
    pub fn close(&self) {
        self.client.close();
    }

    /// Where the connection is.
    #[wasm_bindgen(getter)]
    #[must_use]
    pub fn state(&self) -> ChatState {
        state_value(&self.client.state())
    }

    /// Our ID while online, else undefined. A new connection has a new one.
    #[wasm_bindgen(getter)]
    #[must_use]
    pub fn id(&self) -> Option<u64> {
        self.client.id()
    }

    /// Called when the connection is somewhere else than before.
    #[wasm_bindgen(setter)]
    pub fn set_onstate(&self, callback: StateCallback) {
        self.callbacks.borrow_mut().state = function(callback.into());
    }

    /// Called with what somebody else said.
    #[wasm_bindgen(setter)]
    pub fn set_onmessage(&self, callback: MessageCallback) {
        self.callbacks.borrow_mut().message = function(callback.into());
    }

    /// Called with our ID, just before the state is online.
    #[wasm_bindgen(setter)]
    pub fn set_onid(&self, callback: IdCallback) {
        self.callbacks.borrow_mut().id = function(callback.into());
    }

    /// Called when the server sent something that is not a packet. It was
    /// dropped whole, and the connection lives on.
    #[wasm_bindgen(setter)]
    pub fn set_onerror(&self, callback: ErrorCallback) {
        self.callbacks.borrow_mut().error = function(callback.into());
    }
}

fn function(value: JsValue) -> Option<Function> {
    value.dyn_into().ok()
}

fn tell(callbacks: &RefCell<Callbacks>, event: Event) {
    let callbacks = callbacks.borrow();
    let (callback, value) = match event {
        Event::State(state) => (&callbacks.state, state_value(&state).into()),
        Event::Id(id) => (&callbacks.id, BigInt::from(id).into()),
        Event::Message { sender, text } => {
            let value = object(&[("sender", sender.into()), ("text", text.into())]);
            (&callbacks.message, value)
        }
        Event::Error(error) => (&callbacks.error, error_value(&error)),
    };
    let Some(callback) = callback.clone() else {
        return;
    };
    // The callback may set another one.
    drop(callbacks);
    if let Err(error) = callback.call1(&JsValue::UNDEFINED, &value) {
        // What a callback throws must not stop the client.
        console_error(&error);
    }
}

fn state_value(state: &State) -> ChatState {
    let kind = ("kind", state.kind().into());
    let value = match state {
        State::Waiting {
            millis,
            code,
            reason,
        } => object(&[
            kind,
            ("seconds", (f64::from(*millis) / 1000.0).into()),
            ("code", (*code).into()),
            ("reason", reason.as_str().into()),
        ]),
        State::Closed { code, reason } => object(&[
            kind,
            ("code", (*code).into()),
            ("reason", reason.as_str().into()),
        ]),
        State::Idle | State::Connecting | State::Online => object(&[kind]),
    };
    value.unchecked_into()
}

fn error_value(error: &ReceiveError) -> JsValue {
    coded(&error.to_string(), error.name())
}

fn coded(message: &str, code: &str) -> JsValue {
    let error = Error::new(message);
    set(&error, "code", &code.into());
    error.into()
}

fn object(entries: &[(&str, JsValue)]) -> JsValue {
    let object = Object::new();
    for (key, value) in entries {
        set(&object, key, value);
    }
    object.into()
}

fn set(object: &Object, key: &str, value: &JsValue) {
    // Fails only for a frozen object, and these are new.
    let _ = Reflect::set(object, &key.into(), value);
}
