//! The methods about lines that were said: replies, changes, read marks and searches.

use guildhall_client::UserId;
use guildhall_client::session::{MessageKind, Query, Recipient, Session};
use wasm_bindgen::prelude::*;

use super::ChatClient;
use crate::arguments::{self, Flag, Nonce, Text};
use crate::queries::{self, Speaker};

#[wasm_bindgen]
extern "C" {
    /// The lines to look for.
    #[wasm_bindgen(typescript_type = "ChatQuery")]
    pub type ChatQuery;
    /// From when, and until when.
    #[wasm_bindgen(typescript_type = "ChatTimes")]
    pub type ChatTimes;
}

#[wasm_bindgen]
impl ChatClient {
    /// Says `text` in reply to the line of a room that has the number `seq`. Else as `say`.
    ///
    /// # Errors
    ///
    /// Throws a `SendError`; then nothing is sent.
    pub fn reply(
        &self,
        room: Text,
        seq: Nonce,
        text: Text,
        action: Option<Flag>,
    ) -> Result<u64, JsValue> {
        let room = arguments::text("reply: room", room)?;
        let seq = arguments::nonce("reply: seq", seq)?;
        let text = arguments::text("reply: text", text)?;
        let kind = MessageKind::from_action(arguments::flag("reply: action", action)?);
        let nonce = self.request(|session| session.reply_to(&room, seq, &text, kind))?;
        Ok(nonce.0)
    }

    /// Gives an own line another text. Returns the change's number, which the events `sent`,
    /// `changeFailed` and the own `lineEdited` carry.
    ///
    /// # Errors
    ///
    /// Throws a `SendError`; then nothing is sent.
    pub fn edit(&self, room: Text, seq: Nonce, text: Text) -> Result<u64, JsValue> {
        let room = arguments::text("edit: room", room)?;
        let seq = arguments::nonce("edit: seq", seq)?;
        let text = arguments::text("edit: text", text)?;
        let nonce = self.request(|session| session.edit(&room, seq, &text))?;
        Ok(nonce.0)
    }

    /// Removes a line: an own one, or any with the room's setting `mayRemove`. Returns the
    /// change's number, as `edit` does.
    ///
    /// # Errors
    ///
    /// Throws a `SendError`; then nothing is sent.
    pub fn remove(&self, room: Text, seq: Nonce) -> Result<u64, JsValue> {
        let room = arguments::text("remove: room", room)?;
        let seq = arguments::nonce("remove: seq", seq)?;
        let nonce = self.request(|session| session.remove(&room, seq))?;
        Ok(nonce.0)
    }

    /// Adds a reaction to a line, such as an emoji, or takes it back. Returns the change's
    /// number, as `edit` does.
    ///
    /// # Errors
    ///
    /// Throws a `SendError`; then nothing is sent.
    pub fn react(
        &self,
        room: Text,
        seq: Nonce,
        reaction: Text,
        #[wasm_bindgen(js_name = takeBack)] take_back: Option<Flag>,
    ) -> Result<u64, JsValue> {
        let room = arguments::text("react: room", room)?;
        let seq = arguments::nonce("react: seq", seq)?;
        let reaction = arguments::text("react: reaction", reaction)?;
        let take_back = arguments::flag("react: takeBack", take_back)?;
        let nonce = self.request(|session| session.react(&room, seq, &reaction, take_back))?;
        Ok(nonce.0)
    }

    /// The user has read a room up to the line with the number `seq`. The client tells the
    /// server now and then.
    ///
    /// # Errors
    ///
    /// Throws a `TypeError`, or a `RangeError` for a number that no line can have.
    #[wasm_bindgen(js_name = markRead)]
    pub fn mark_read(&self, room: Text, seq: Nonce) -> Result<(), JsValue> {
        let room = arguments::text("markRead: room", room)?;
        let seq = arguments::nonce("markRead: seq", seq)?;
        (self.client).with_session(|session| session.mark_read(&room, seq));
        Ok(())
    }

    /// Asks what the user has not read; the event `unreadList` answers.
    ///
    /// # Errors
    ///
    /// Throws a `SendError` if there is no connection.
    #[wasm_bindgen(js_name = listUnread)]
    pub fn list_unread(&self) -> Result<(), JsValue> {
        self.request(Session::list_unread).map(drop)
    }

    /// Looks for lines, the newest first; the event `searchPage` answers.
    ///
    /// # Errors
    ///
    /// Throws a `SendError`; then nothing is sent.
    pub fn search(&self, query: ChatQuery) -> Result<(), JsValue> {
        let query = queries::search(&query.into())?;
        let speaker = match &query.speaker {
            None => None,
            Some(Speaker::Name(name)) => Some(Recipient::Name(name)),
            Some(Speaker::Id(id)) => Some(Recipient::Id(UserId(*id))),
        };
        self.request(|session| {
            session.search(&Query {
                room: &query.room,
                text: &query.text,
                speaker,
                before_time: query.times.before,
                after_time: query.times.after,
            })
        })
    }

    /// Looks for the lines behind those that were found last. Returns whether an answer
    /// follows: not if there are none.
    ///
    /// # Errors
    ///
    /// Throws a `SendError` if there is no connection.
    #[wasm_bindgen(js_name = searchOn)]
    pub fn search_on(&self) -> Result<bool, JsValue> {
        self.request(Session::search_on)
    }

    /// Asks for the lines of a room that were said at a time; the event `historyOf` answers.
    ///
    /// # Errors
    ///
    /// Throws a `SendError` if there is no connection.
    #[wasm_bindgen(js_name = fetchHistoryOf)]
    pub fn fetch_history_of(&self, room: Text, times: ChatTimes) -> Result<(), JsValue> {
        let room = arguments::text("fetchHistoryOf: room", room)?;
        let times = queries::times("fetchHistoryOf", "times", &times.into())?;
        self.request(|session| session.fetch_history_of(&room, times.before, times.after))
    }
}
