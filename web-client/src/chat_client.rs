//! The client as a JavaScript class. `chat_types.d.ts` has its types.

use std::cell::RefCell;
use std::rc::Rc;

use guildhall_client::session::{MessageKind, Recipient, SendError};
use guildhall_client::{ClientId, RequestId};
use js_sys::{Array, BigInt, Function};
use wasm_bindgen::prelude::*;

use crate::chat_event::{self, coded, send_error};
use crate::client::Client;

#[wasm_bindgen(typescript_custom_section)]
const TYPES: &str = include_str!("chat_types.d.ts");

#[wasm_bindgen]
extern "C" {
    /// `ChatState` in JavaScript.
    #[wasm_bindgen(typescript_type = "ChatState")]
    pub type ChatState;
    /// An array of `ChatRoom`.
    #[wasm_bindgen(typescript_type = "readonly ChatRoom[]")]
    pub type ChatRooms;
    /// A name, or an ID.
    #[wasm_bindgen(typescript_type = "string | bigint")]
    pub type Receiver;
    /// What `onevent` may be.
    #[wasm_bindgen(typescript_type = "((event: ChatEvent) => void) | null | undefined")]
    pub type EventCallback;

    #[wasm_bindgen(js_namespace = console, js_name = error)]
    fn console_error(error: &JsValue);
}

/// A connection to a Guildhall server that comes back by itself, in the same
/// rooms and with nothing lost or twice.
///
/// Set `onevent`, then call `connect`. The callback may call the client.
#[wasm_bindgen]
pub struct ChatClient {
    client: Client,
    on_event: Rc<RefCell<Option<Function>>>,
}

#[wasm_bindgen]
impl ChatClient {
    /// A client for the server at `url`, such as `wss://example.org/ws`, that
    /// wants to be called `name`. Without one the server makes it up.
    ///
    /// # Errors
    ///
    /// Throws where that is not a `ws://` or `wss://` address.
    #[wasm_bindgen(constructor)]
    pub fn new(url: &str, name: Option<String>) -> Result<ChatClient, JsValue> {
        let on_event = Rc::new(RefCell::new(None));
        let told = Rc::clone(&on_event);
        let name = name.unwrap_or_default();
        let client = Client::new(url, &name, move |event| {
            tell(&told, &chat_event::event(event));
        })
        .map_err(|error| coded(&error.to_string(), "invalid-address"))?;
        Ok(Self { client, on_event })
    }

    /// Connects. While waiting for the next attempt, makes it now; while
    /// connecting or online, does nothing.
    pub fn connect(&self) {
        self.client.connect();
    }

    /// Ends the connection. `connect` starts another.
    pub fn close(&self) {
        self.client.close();
    }

    /// Enters a room, now or as soon as there is a connection, and again on
    /// each connection after it.
    pub fn join(&self, room: &str) {
        self.client.wish(|session| session.join(room));
    }

    /// Leaves a room.
    pub fn leave(&self, room: &str) {
        self.client.wish(|session| session.leave(room));
    }

    /// Says `text` in a room that was joined, now or as soon as that can be.
    /// With `action` it tells what we do. Returns the number by which the
    /// events `pending`, `sent`, `failed` and our own `line` name it.
    ///
    /// # Errors
    ///
    /// Throws a `SendError`; then nothing is sent.
    pub fn say(&self, room: &str, text: &str, action: Option<bool>) -> Result<u64, JsValue> {
        let kind = MessageKind::from_action(action.unwrap_or_default());
        self.sending(|client| client.wish(|session| session.say(room, text, kind).map(|id| id.0)))
    }

    /// Says `text` to one client alone, whom a name or an ID tells. Returns
    /// its number, as `say`.
    ///
    /// # Errors
    ///
    /// Throws a `SendError`; then nothing is sent.
    pub fn whisper(&self, to: Receiver, text: &str, action: Option<bool>) -> Result<u64, JsValue> {
        let to = JsValue::from(to);
        let kind = MessageKind::from_action(action.unwrap_or_default());
        if let Some(name) = to.as_string() {
            let target = Recipient::Name(&name);
            return self.sending(|client| {
                client.wish(|session| session.whisper(target, text, kind).map(|id| id.0))
            });
        }
        let id = to.dyn_into::<BigInt>().ok();
        let id = id.and_then(|id| u64::try_from(id).ok());
        let id = id.ok_or_else(|| coded("neither a name nor an ID", "no-receiver"))?;
        let target = Recipient::Id(ClientId(id));
        self.sending(|client| {
            client.wish(|session| session.whisper(target, text, kind).map(|id| id.0))
        })
    }

    /// Sends a message that has failed again, under the number it returns.
    ///
    /// # Errors
    ///
    /// Throws a `SendError`; then nothing is sent.
    pub fn retry(&self, nonce: u64) -> Result<u64, JsValue> {
        self.sending(|client| client.wish(|session| session.retry(RequestId(nonce)).map(|id| id.0)))
    }

    /// Forgets a message that has failed.
    pub fn discard(&self, nonce: u64) {
        self.client
            .wish(|session| session.discard(RequestId(nonce)));
    }

    /// Asks for another name.
    ///
    /// # Errors
    ///
    /// Throws a `SendError` where there is no connection.
    pub fn rename(&self, name: &str) -> Result<(), JsValue> {
        self.sending(|client| client.wish(|session| session.rename(name)))
    }

    /// Asks which rooms there are; the event `roomList` answers.
    ///
    /// # Errors
    ///
    /// Throws a `SendError` where there is no connection.
    #[wasm_bindgen(js_name = listRooms)]
    pub fn list_rooms(&self) -> Result<(), JsValue> {
        self.sending(|client| client.wish(guildhall_client::session::Session::list_rooms))
    }

    /// Asks who is in a room; the event `memberList` answers.
    ///
    /// # Errors
    ///
    /// Throws a `SendError` where there is no connection.
    #[wasm_bindgen(js_name = listMembers)]
    pub fn list_members(&self, room: &str) -> Result<(), JsValue> {
        self.sending(|client| client.wish(|session| session.list_members(room)))
    }

    /// Asks for lines before the oldest that was told; the event `history`
    /// answers.
    ///
    /// # Errors
    ///
    /// Throws a `SendError` where there is no connection.
    #[wasm_bindgen(js_name = fetchHistory)]
    pub fn fetch_history(&self, room: &str) -> Result<(), JsValue> {
        self.sending(|client| client.wish(|session| session.fetch_history(room)))
    }

    /// Where the connection is.
    #[wasm_bindgen(getter)]
    #[must_use]
    pub fn state(&self) -> ChatState {
        chat_event::state_value(self.client.session().state()).unchecked_into()
    }

    /// Our ID, once the server has told it.
    #[wasm_bindgen(getter)]
    #[must_use]
    pub fn id(&self) -> Option<u64> {
        self.client.session().id().map(|id| id.0)
    }

    /// Our name, as the server writes it; before the first connection, the
    /// wanted one.
    #[wasm_bindgen(getter)]
    #[must_use]
    pub fn name(&self) -> String {
        self.client.session().name().into()
    }

    /// The rooms that we are in or want to be in, in the order of joining.
    #[wasm_bindgen(getter)]
    #[must_use]
    pub fn rooms(&self) -> ChatRooms {
        let session = self.client.session();
        let rooms: Array = session.rooms().map(chat_event::room_value).collect();
        rooms.unchecked_into()
    }

    /// Called with everything that happens.
    #[wasm_bindgen(setter)]
    pub fn set_onevent(&self, callback: EventCallback) {
        *self.on_event.borrow_mut() = JsValue::from(callback).dyn_into().ok();
    }

    fn sending<T>(&self, send: impl FnOnce(&Client) -> Result<T, SendError>) -> Result<T, JsValue> {
        send(&self.client).map_err(send_error)
    }
}

fn tell(on_event: &RefCell<Option<Function>>, event: &JsValue) {
    // In a statement of its own: the callback may set another one.
    let callback = on_event.borrow().clone();
    let Some(callback) = callback else {
        return;
    };
    if let Err(error) = callback.call1(&JsValue::UNDEFINED, event) {
        // What a callback throws must not stop the client.
        console_error(&error);
    }
}
