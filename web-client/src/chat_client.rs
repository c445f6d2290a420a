//! The client as a JavaScript class. `chat_types.d.ts` has its types.

mod lines;
mod moderation;

use std::cell::RefCell;
use std::rc::Rc;

use guildhall_client::session::{MessageKind, Recipient, SendError, Session};
use guildhall_client::{RequestId, UserId};
use js_sys::{Array, BigInt, Function};
use wasm_bindgen::prelude::*;

use crate::arguments::{self, EventCallback, Flag, NameOrOptions, Nonce, Receiver, Text};
use crate::chat_event::{self, coded, object, send_error, set};
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
    /// What `onevent` is.
    #[wasm_bindgen(typescript_type = "((event: ChatEvent) => void) | null")]
    pub type CurrentCallback;
    /// What `JSON.stringify` writes.
    #[wasm_bindgen(typescript_type = "object")]
    pub type JsonObject;

    #[wasm_bindgen(js_namespace = console, js_name = error)]
    fn console_error(error: &JsValue);
}

/// A client of a Guildhall server. After a lost connection it reconnects by itself and
/// joins the same rooms again; it receives every line once.
///
/// Set `onevent`, then call `connect`. The callback may call the client.
///
/// Everything that gets arguments throws a `TypeError` if one of them is of another type
/// than declared; then nothing has changed.
#[wasm_bindgen]
pub struct ChatClient {
    client: Client,
    on_event: Rc<RefCell<Option<Function>>>,
}

#[wasm_bindgen]
impl ChatClient {
    /// Creates a client for the server at `url`, such as `wss://example.org/ws`. `options`
    /// are `ChatOptions`, or the name alone that the client asks for. Without a name the
    /// server makes one up.
    ///
    /// # Errors
    ///
    /// Throws an `Error` with the code `invalid-address` if `url` is not a `ws://` or
    /// `wss://` address.
    #[wasm_bindgen(constructor)]
    pub fn new(url: Text, options: Option<NameOrOptions>) -> Result<ChatClient, JsValue> {
        let url = arguments::text("new ChatClient: url", url)?;
        let options = arguments::options(options)?;
        let on_event = Rc::new(RefCell::new(None));
        let callback = Rc::clone(&on_event);
        let client = Client::new(&url, &options.name, move |event| {
            deliver(&callback, &chat_event::event(event));
        })
        .map_err(|error| coded(&error.to_string(), "invalid-address"))?;
        if let Some(get_token) = options.get_token {
            let callback = Rc::clone(&on_event);
            client.use_tokens(get_token, move |problem| {
                deliver(&callback, &chat_event::token_failed(problem));
            });
        }
        if let Some(token) = options.token {
            client.set_token(&token);
        }
        Ok(Self { client, on_event })
    }

    /// Gives the client the user's token, which it uses from now on: on this connection, or
    /// with the next one. With an empty one, the user is a guest on the next connection.
    /// A client with `getToken` asks by itself.
    ///
    /// # Errors
    ///
    /// Throws a `TypeError` only.
    #[wasm_bindgen(js_name = setToken)]
    pub fn set_token(&self, token: Text) -> Result<(), JsValue> {
        let token = arguments::text("setToken: token", token)?;
        self.client.set_token(&token);
        Ok(())
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
    ///
    /// # Errors
    ///
    /// Throws a `TypeError` only.
    pub fn join(&self, room: Text) -> Result<(), JsValue> {
        let room = arguments::text("join: room", room)?;
        self.client.with_session(|session| session.join(&room));
        Ok(())
    }

    /// Leaves a room.
    ///
    /// # Errors
    ///
    /// Throws a `TypeError` only.
    pub fn leave(&self, room: Text) -> Result<(), JsValue> {
        let room = arguments::text("leave: room", room)?;
        self.client.with_session(|session| session.leave(&room));
        Ok(())
    }

    /// Says `text` in a room that was joined, now or as soon as there is a connection.
    /// With `action`, the text tells what the user does. Returns the message's number,
    /// which the events `pending`, `sent`, `failed` and the user's own `line` carry.
    ///
    /// # Errors
    ///
    /// Throws a `SendError`; then nothing is sent.
    pub fn say(&self, room: Text, text: Text, action: Option<Flag>) -> Result<u64, JsValue> {
        let room = arguments::text("say: room", room)?;
        let text = arguments::text("say: text", text)?;
        let kind = MessageKind::from_action(arguments::flag("say: action", action)?);
        let nonce = self.request(|session| session.say(&room, &text, kind))?;
        Ok(nonce.0)
    }

    /// Says `text` to one user alone, given by name or by ID. Returns the message's
    /// number, as `say` does.
    ///
    /// # Errors
    ///
    /// Throws a `SendError`; then nothing is sent.
    pub fn whisper(&self, to: Receiver, text: Text, action: Option<Flag>) -> Result<u64, JsValue> {
        let to = JsValue::from(to);
        let name = to.as_string();
        let recipient = match &name {
            Some(name) => Recipient::Name(name),
            None => Recipient::Id(client_id(to)?),
        };
        let text = arguments::text("whisper: text", text)?;
        let kind = MessageKind::from_action(arguments::flag("whisper: action", action)?);
        let nonce = self.request(|session| session.whisper(recipient, &text, kind))?;
        Ok(nonce.0)
    }

    /// Sends a message that has failed again, under the number that it returns.
    ///
    /// # Errors
    ///
    /// Throws a `SendError`; then nothing is sent.
    pub fn retry(&self, nonce: Nonce) -> Result<u64, JsValue> {
        let nonce = arguments::nonce("retry: nonce", nonce)?;
        let nonce = self.request(|session| session.retry(RequestId(nonce)))?;
        Ok(nonce.0)
    }

    /// Forgets a message that has failed.
    ///
    /// # Errors
    ///
    /// Throws a `TypeError`, or a `RangeError` for a number that no message can have.
    pub fn discard(&self, nonce: Nonce) -> Result<(), JsValue> {
        let nonce = RequestId(arguments::nonce("discard: nonce", nonce)?);
        self.client.with_session(|session| session.discard(nonce));
        Ok(())
    }

    /// Asks for another name.
    ///
    /// # Errors
    ///
    /// Throws a `SendError` if there is no connection.
    pub fn rename(&self, name: Text) -> Result<(), JsValue> {
        let name = arguments::text("rename: name", name)?;
        self.request(|session| session.rename(&name)).map(drop)
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
    pub fn list_members(&self, room: Text) -> Result<(), JsValue> {
        let room = arguments::text("listMembers: room", room)?;
        self.request(|session| session.list_members(&room))
            .map(drop)
    }

    /// Asks for lines before the oldest one that was received; the event `history`
    /// answers.
    ///
    /// # Errors
    ///
    /// Throws a `SendError` if there is no connection.
    #[wasm_bindgen(js_name = fetchHistory)]
    pub fn fetch_history(&self, room: Text) -> Result<(), JsValue> {
        let room = arguments::text("fetchHistory: room", room)?;
        self.request(|session| session.fetch_history(&room))
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

    /// The user's account, which is the token's `sub`; empty: a guest.
    #[wasm_bindgen(getter)]
    #[must_use]
    pub fn user(&self) -> String {
        self.client.session().user().into()
    }

    /// Whether the user may have another name; `false` before the first connection. If not,
    /// the game gives it.
    #[wasm_bindgen(getter, js_name = mayRename)]
    #[must_use]
    pub fn may_rename(&self) -> bool {
        self.client.session().may_rename()
    }

    /// The rooms that the client has joined or wants to join, in the order of joining.
    #[wasm_bindgen(getter)]
    #[must_use]
    pub fn rooms(&self) -> ChatRooms {
        let session = self.client.session();
        let rooms: Array = session.rooms().map(chat_event::room_value).collect();
        rooms.unchecked_into()
    }

    /// Called with every event; `null` at first.
    #[wasm_bindgen(getter)]
    #[must_use]
    pub fn onevent(&self) -> CurrentCallback {
        let callback = self.on_event.borrow().clone();
        callback
            .map_or(JsValue::NULL, JsValue::from)
            .unchecked_into()
    }

    /// Sets what is called with every event.
    ///
    /// # Errors
    ///
    /// Throws a `TypeError` for anything but a function, `null` or `undefined`.
    #[wasm_bindgen(setter)]
    pub fn set_onevent(&self, callback: EventCallback) -> Result<(), JsValue> {
        let callback = arguments::callback("onevent", callback)?;
        self.on_event.replace(callback);
        Ok(())
    }

    /// What `JSON.stringify` writes of a client: its name, ID, state and rooms, with each
    /// `bigint` as a string.
    #[wasm_bindgen(js_name = toJSON)]
    #[must_use]
    pub fn to_json(&self) -> JsonObject {
        let client = object(&[
            ("name", self.name().into()),
            ("state", self.state().into()),
            ("rooms", self.rooms().into()),
        ]);
        if let Some(id) = self.id() {
            set(&client, "id", &id.to_string().into());
        }
        JsValue::from(client).unchecked_into()
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
    const NO_RECEIVER: &str = "no-receiver";
    let id = value.dyn_into::<BigInt>().map_err(|value| {
        let expected = "a name (string) or an ID (bigint)";
        let error = arguments::wrong_type("whisper: to", expected, &value);
        set(&error, "code", &NO_RECEIVER.into());
        error
    })?;
    let id = u64::try_from(id);
    let id = id.map_err(|_| coded("whisper: to is no ID that a user can have", NO_RECEIVER))?;
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
