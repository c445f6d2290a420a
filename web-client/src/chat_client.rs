//! The client as a JavaScript class. `chat_types.d.ts` has its types.

use std::cell::RefCell;
use std::rc::Rc;

use guildhall_client::session::{MessageKind, Recipient, SendError, Session};
use guildhall_client::{RequestId, UserId};
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
    /// A name or an ID.
    #[wasm_bindgen(typescript_type = "string | bigint")]
    pub type Receiver;
    /// The type of `onevent`.
    #[wasm_bindgen(typescript_type = "((event: ChatEvent) => void) | null | undefined")]
    pub type EventCallback;

    #[wasm_bindgen(js_namespace = console, js_name = error)]
    fn console_error(error: &JsValue);
}

/// A client of a Guildhall server. After a lost connection it reconnects by itself and
/// joins the same rooms again; it receives every line once.
///
/// Set `onevent`, then call `connect`. The callback may call the client.
#[wasm_bindgen]
pub struct ChatClient {
    client: Client,
    on_event: Rc<RefCell<Option<Function>>>,
}

#[wasm_bindgen]
impl ChatClient {
    /// Creates a client for the server at `url`, such as `wss://example.org/ws`, that
    /// asks for the name `name`. Without a name the server makes one up.
    ///
    /// # Errors
    ///
    /// Throws if `url` is not a `ws://` or `wss://` address.
    #[wasm_bindgen(constructor)]
    pub fn new(url: &str, name: Option<String>) -> Result<ChatClient, JsValue> {
        let on_event = Rc::new(RefCell::new(None));
        let callback = Rc::clone(&on_event);
        let name = name.unwrap_or_default();
        let client = Client::new(url, &name, move |event| {
            deliver(&callback, &chat_event::event(event));
        })
        .map_err(|error| coded(&error.to_string(), "invalid-address"))?;
        Ok(Self { client, on_event })
    }

    /// Connects. A client that waits for its next attempt makes it now; one that is
    /// connecting or online does nothing.
    pub fn connect(&self) {
        self.client.connect();
    }

    /// Ends the connection. `connect` starts another.
    pub fn close(&self) {
        self.client.close();
    }

    /// Joins a room, now or as soon as there is a connection, and again on each later
    /// connection.
    pub fn join(&self, room: &str) {
        self.client.with_session(|session| session.join(room));
    }

    /// Leaves a room.
    pub fn leave(&self, room: &str) {
        self.client.with_session(|session| session.leave(room));
    }

    /// Says `text` in a room that was joined, now or as soon as there is a connection.
    /// With `action`, the text tells what the user does. Returns the message's number,
    /// which the events `pending`, `sent`, `failed` and the user's own `line` carry.
    ///
    /// # Errors
    ///
    /// Throws a `SendError`; then nothing is sent.
    pub fn say(&self, room: &str, text: &str, action: Option<bool>) -> Result<u64, JsValue> {
        let kind = MessageKind::from_action(action.unwrap_or_default());
        let nonce = self.request(|session| session.say(room, text, kind))?;
        Ok(nonce.0)
    }

    /// Says `text` to one user alone, given by name or by ID. Returns the message's
    /// number, as `say` does.
    ///
    /// # Errors
    ///
    /// Throws a `SendError`; then nothing is sent.
    pub fn whisper(&self, to: Receiver, text: &str, action: Option<bool>) -> Result<u64, JsValue> {
        let to = JsValue::from(to);
        let name = to.as_string();
        let recipient = match &name {
            Some(name) => Recipient::Name(name),
            None => Recipient::Id(client_id(to)?),
        };
        let kind = MessageKind::from_action(action.unwrap_or_default());
        let nonce = self.request(|session| session.whisper(recipient, text, kind))?;
        Ok(nonce.0)
    }

    /// Sends a message that has failed again, under the number that it returns.
    ///
    /// # Errors
    ///
    /// Throws a `SendError`; then nothing is sent.
    pub fn retry(&self, nonce: u64) -> Result<u64, JsValue> {
        let nonce = self.request(|session| session.retry(RequestId(nonce)))?;
        Ok(nonce.0)
    }

    /// Forgets a message that has failed.
    pub fn discard(&self, nonce: u64) {
        let nonce = RequestId(nonce);
        self.client.with_session(|session| session.discard(nonce));
    }

    /// Asks for another name.
    ///
    /// # Errors
    ///
    /// Throws a `SendError` if there is no connection.
    pub fn rename(&self, name: &str) -> Result<(), JsValue> {
        self.request(|session| session.rename(name)).map(drop)
    }

    /// Asks for the list of rooms; the event `roomList` answers.
    ///
    /// # Errors
    ///
    /// Throws a `SendError` if there is no connection.
    #[wasm_bindgen(js_name = listRooms)]
    pub fn list_rooms(&self) -> Result<(), JsValue> {
        self.request(Session::list_rooms).map(drop)
    }

    /// Asks for the members of a room; the event `memberList` answers.
    ///
    /// # Errors
    ///
    /// Throws a `SendError` if there is no connection.
    #[wasm_bindgen(js_name = listMembers)]
    pub fn list_members(&self, room: &str) -> Result<(), JsValue> {
        self.request(|session| session.list_members(room)).map(drop)
    }

    /// Asks for lines before the oldest one that was received; the event `history`
    /// answers.
    ///
    /// # Errors
    ///
    /// Throws a `SendError` if there is no connection.
    #[wasm_bindgen(js_name = fetchHistory)]
    pub fn fetch_history(&self, room: &str) -> Result<(), JsValue> {
        self.request(|session| session.fetch_history(room))
            .map(drop)
    }

    /// The state of the connection.
    #[wasm_bindgen(getter)]
    #[must_use]
    pub fn state(&self) -> ChatState {
        chat_event::state_value(self.client.session().state()).unchecked_into()
    }

    /// The client's ID, once the server has assigned it.
    #[wasm_bindgen(getter)]
    #[must_use]
    pub fn id(&self) -> Option<u64> {
        self.client.session().id().map(|id| id.0)
    }

    /// The client's name, as the server writes it; before the first connection, the
    /// name that the client asks for.
    #[wasm_bindgen(getter)]
    #[must_use]
    pub fn name(&self) -> String {
        self.client.session().name().into()
    }

    /// The rooms that the client has joined or wants to join, in the order of joining.
    #[wasm_bindgen(getter)]
    #[must_use]
    pub fn rooms(&self) -> ChatRooms {
        let session = self.client.session();
        let rooms: Array = session.rooms().map(chat_event::room_value).collect();
        rooms.unchecked_into()
    }

    /// Called with every event.
    #[wasm_bindgen(setter)]
    pub fn set_onevent(&self, callback: EventCallback) {
        *self.on_event.borrow_mut() = JsValue::from(callback).dyn_into().ok();
    }

    fn request<T>(
        &self,
        request: impl FnOnce(&mut Session) -> Result<T, SendError>,
    ) -> Result<T, JsValue> {
        let result = self.client.with_session(request);
        result.map_err(|error| send_error(&error))
    }
}

fn client_id(value: JsValue) -> Result<UserId, JsValue> {
    let id = value.dyn_into::<BigInt>().ok();
    let id = id.and_then(|id| u64::try_from(id).ok());
    let id = id.ok_or_else(|| coded("neither a name nor an ID", "no-receiver"))?;
    Ok(UserId(id))
}

fn deliver(on_event: &RefCell<Option<Function>>, event: &JsValue) {
    // A separate statement ends the borrow: the callback may set another callback.
    let callback = on_event.borrow().clone();
    let Some(callback) = callback else {
        return;
    };
    if let Err(error) = callback.call1(&JsValue::UNDEFINED, event) {
        // An exception of the callback must not stop the client.
        console_error(&error);
    }
}
