//! The methods about other users and about rooms: blocks, reports, and what moderators do.

use guildhall_client::session::{Imposition, Reportable, Session};
use js_sys::Array;
use wasm_bindgen::prelude::*;

use super::ChatClient;
use crate::arguments::{self, Receiver, Text};
use crate::chat_event::{member, sanction_value};
use crate::moderation::{self, Fields, Named};

#[wasm_bindgen]
extern "C" {
    /// The subject of a report.
    #[wasm_bindgen(typescript_type = "ChatReport")]
    pub type ChatReport;
    /// A sanction to be imposed.
    #[wasm_bindgen(typescript_type = "ChatImposition")]
    pub type ChatImposition;
    /// A sanction to be ended.
    #[wasm_bindgen(typescript_type = "ChatLift")]
    pub type ChatLift;
    /// The settings of a room that change.
    #[wasm_bindgen(typescript_type = "ChatRoomChange")]
    pub type ChatRoomChange;
    /// A role.
    #[wasm_bindgen(typescript_type = "ChatRole")]
    pub type ChatRole;
    /// A sanction.
    #[wasm_bindgen(typescript_type = "ChatSanction | undefined")]
    pub type MaybeSanction;
    /// Sanctions.
    #[wasm_bindgen(typescript_type = "readonly ChatSanction[]")]
    pub type ChatSanctions;
    /// Members.
    #[wasm_bindgen(typescript_type = "readonly ChatMember[] | undefined")]
    pub type MaybeMembers;
}

#[wasm_bindgen]
impl ChatClient {
    /// Blocks a user, given by name or by ID: nothing that they say reaches this user any
    /// more. The event `done` answers.
    ///
    /// # Errors
    ///
    /// Throws a `SendError`; then nothing is sent.
    pub fn block(&self, user: Receiver) -> Result<(), JsValue> {
        let user = moderation::user("block: user", user)?;
        self.request(|session| session.block(user.recipient(), false))
    }

    /// Blocks a user no longer. Else as `block`.
    ///
    /// # Errors
    ///
    /// Throws a `SendError`; then nothing is sent.
    pub fn unblock(&self, user: Receiver) -> Result<(), JsValue> {
        let user = moderation::user("unblock: user", user)?;
        self.request(|session| session.block(user.recipient(), true))
    }

    /// Asks whom the user blocks; the event `blockList` answers.
    ///
    /// # Errors
    ///
    /// Throws a `SendError` if there is no connection.
    #[wasm_bindgen(js_name = listBlocks)]
    pub fn list_blocks(&self) -> Result<(), JsValue> {
        self.request(Session::list_blocks)
    }

    /// Reports a line, a whisper or a user to the moderators; the event `reported` answers.
    ///
    /// # Errors
    ///
    /// Throws a `SendError`; then nothing is sent.
    pub fn report(&self, report: ChatReport) -> Result<(), JsValue> {
        let report = JsValue::from(report);
        let fields = Fields::of("report", "report", &report)?;
        let (reason, note) = (fields.reason()?, fields.text_or_empty("note")?);
        let room = fields.text_or_empty("room")?;
        let user: Named;
        let what = if let Some(seq) = fields.number("seq")? {
            Reportable::Line { room: &room, seq }
        } else if let Some(seq) = fields.number("whisper")? {
            Reportable::Whisper(seq)
        } else {
            user = fields.user("user")?;
            Reportable::User(user.recipient())
        };
        self.request(|session| session.report(what, reason, &note))
    }

    /// Imposes a sanction on a user; the event `imposed` answers.
    ///
    /// # Errors
    ///
    /// Throws a `SendError`; then nothing is sent.
    pub fn impose(&self, sanction: ChatImposition) -> Result<(), JsValue> {
        let sanction = JsValue::from(sanction);
        let fields = Fields::of("impose", "sanction", &sanction)?;
        let user = fields.user("user")?;
        let room = fields.text_or_empty("room")?;
        let (rule, note) = (fields.text_or_empty("rule")?, fields.text_or_empty("note")?);
        let imposition = Imposition {
            kind: fields.kind()?,
            room: &room,
            user: user.recipient(),
            seconds: fields.whole("seconds")?.unwrap_or(0),
            reason: fields.reason()?,
            rule: &rule,
            note: &note,
            address: fields.flag("address")?.unwrap_or(false),
            report: fields.number("report")?.unwrap_or(0),
        };
        self.request(|session| session.impose(&imposition))
    }

    /// Ends a sanction; the event `done` answers.
    ///
    /// # Errors
    ///
    /// Throws a `SendError`; then nothing is sent.
    pub fn lift(&self, sanction: ChatLift) -> Result<(), JsValue> {
        let sanction = JsValue::from(sanction);
        let fields = Fields::of("lift", "sanction", &sanction)?;
        let (kind, user) = (fields.kind()?, fields.user("user")?);
        let (room, note) = (fields.text_or_empty("room")?, fields.text_or_empty("note")?);
        self.request(|session| session.lift(kind, &room, user.recipient(), &note))
    }

    /// Changes settings of a room; the event `done` answers, and all members get
    /// `roomChanged`.
    ///
    /// # Errors
    ///
    /// Throws a `SendError`; then nothing is sent.
    #[wasm_bindgen(js_name = changeRoom)]
    pub fn change_room(&self, room: Text, change: ChatRoomChange) -> Result<(), JsValue> {
        let room = arguments::text("changeRoom: room", room)?;
        let change = moderation::room_change(&change.into())?;
        self.request(|session| session.change_room(&room, change))
    }

    /// Removes all that was said in a room; the event `done` answers.
    ///
    /// # Errors
    ///
    /// Throws a `SendError` if there is no connection.
    pub fn clear(&self, room: Text) -> Result<(), JsValue> {
        let room = arguments::text("clear: room", room)?;
        self.request(|session| session.clear(&room))
    }

    /// Removes all that a user has said in a room, or in all rooms if there is none; the event
    /// `purged` answers.
    ///
    /// # Errors
    ///
    /// Throws a `SendError`; then nothing is sent.
    pub fn purge(&self, user: Receiver, room: Option<Text>) -> Result<(), JsValue> {
        let user = moderation::user("purge: user", user)?;
        let room = optional_text("purge: room", room)?;
        self.request(|session| session.purge(&room, user.recipient()))
    }

    /// Gives a user a role in a room, or everywhere if there is none; the event `done` answers.
    ///
    /// # Errors
    ///
    /// Throws a `SendError`; then nothing is sent.
    #[wasm_bindgen(js_name = setRole)]
    pub fn set_role(
        &self,
        user: Receiver,
        role: ChatRole,
        room: Option<Text>,
    ) -> Result<(), JsValue> {
        let user = moderation::user("setRole: user", user)?;
        let role = arguments::text("setRole: role", role.unchecked_into())?;
        let role = moderation::role("setRole: role", &role)?;
        let room = optional_text("setRole: room", room)?;
        self.request(|session| session.set_role(user.recipient(), &room, role))
    }

    /// Asks for the moderators of a room that was joined; the event `moderatorList` answers.
    ///
    /// # Errors
    ///
    /// Throws a `SendError`; then nothing is sent.
    #[wasm_bindgen(js_name = listModerators)]
    pub fn list_moderators(&self, room: Text) -> Result<(), JsValue> {
        let room = arguments::text("listModerators: room", room)?;
        self.request(|session| session.list_moderators(&room))
    }

    /// Asks for the sanctions that hold in a room, or in all that the user moderates if there
    /// is none; the event `sanctionList` answers.
    ///
    /// # Errors
    ///
    /// Throws a `SendError` if there is no connection.
    #[wasm_bindgen(js_name = listSanctions)]
    pub fn list_sanctions(&self, room: Option<Text>) -> Result<(), JsValue> {
        let room = optional_text("listSanctions: room", room)?;
        self.request(|session| session.list_sanctions(&room))
    }

    /// The user's role everywhere. `settings.mayModerate` of a room says it for the room.
    #[wasm_bindgen(getter)]
    #[must_use]
    pub fn role(&self) -> ChatRole {
        let role = moderation::role_word(self.client.session().role());
        JsValue::from(role).unchecked_into()
    }

    /// The sanctions that hold against the user now: mutes and bans.
    #[wasm_bindgen(getter)]
    #[must_use]
    pub fn sanctions(&self) -> ChatSanctions {
        let session = self.client.session();
        let all = session.sanctions().iter();
        let all: Array = all
            .map(|it| sanction_value(it, session.ends_at(it)))
            .collect();
        all.unchecked_into()
    }

    /// The mute for which the user cannot say anything in a room, or whisper if there is no
    /// room; `undefined`: the user is not muted.
    ///
    /// # Errors
    ///
    /// Throws a `TypeError` only.
    pub fn muted(&self, room: Option<Text>) -> Result<MaybeSanction, JsValue> {
        let room = optional_text("muted: room", room)?;
        let session = self.client.session();
        let mute = session.muted(&room);
        let mute = mute.map(|it| sanction_value(it, session.ends_at(it)));
        Ok(mute.unwrap_or_default().unchecked_into())
    }

    /// Whom the user blocks; `undefined`: that is not known yet, and `listBlocks` asks.
    #[wasm_bindgen(getter)]
    #[must_use]
    pub fn blocks(&self) -> MaybeMembers {
        let session = self.client.session();
        let blocks = session
            .blocks()
            .map(|all| all.iter().map(member).collect::<Array>());
        blocks
            .map_or(JsValue::UNDEFINED, JsValue::from)
            .unchecked_into()
    }
}

/// A text; empty if it is left out.
fn optional_text(what: &str, value: Option<Text>) -> Result<String, JsValue> {
    match value.map(JsValue::from) {
        None => Ok(String::new()),
        Some(value) => arguments::text(what, value.unchecked_into()),
    }
}
