//! A room and its settings in JavaScript, and why a client is not in a room any more.

use guildhall_client::session::RoomView;
use guildhall_protocol::{RemovedReason, RoomSettings};
use js_sys::Array;
use wasm_bindgen::JsValue;

use super::{member, object};
use crate::client::Client;

/// The settings of a room.
fn settings_value(settings: &RoomSettings) -> JsValue {
    object(&[
        ("topic", settings.topic.as_str().into()),
        ("slowMode", settings.slow_mode.into()),
        ("textBytes", settings.text_bytes.into()),
        ("readOnly", settings.read_only.into()),
        ("announceOnly", settings.announce_only.into()),
        ("noHistory", settings.no_history.into()),
        ("noMembers", settings.no_members.into()),
        ("mayRemove", settings.may_remove.into()),
        ("mayModerate", settings.may_moderate.into()),
    ])
    .into()
}

/// Why a client is not in a room any more.
pub(super) fn removed_reason(reason: RemovedReason) -> &'static str {
    match reason {
        RemovedReason::Forbidden => "forbidden",
        RemovedReason::Unspecified => "unspecified",
        RemovedReason::Kicked => "kicked",
        RemovedReason::Banned => "banned",
        RemovedReason::Closed => "closed",
        RemovedReason::TakenOut => "takenOut",
    }
}

/// A `ChatRoom`.
pub(crate) fn room_value(room: &RoomView) -> JsValue {
    let members = room.members.iter();
    let members = members.map(|(_, it)| member(it));
    object(&[
        ("name", room.name.as_str().into()),
        ("joined", room.joined.into()),
        ("epoch", room.epoch.into()),
        ("lastSeq", room.last_seq.into()),
        ("readSeq", room.read_seq.into()),
        ("durable", room.durable.into()),
        ("count", room.count.into()),
        ("listed", room.listed.into()),
        ("members", members.collect::<Array>().into()),
        ("settings", settings_value(&room.settings)),
        ("wait", Client::millis_until(room.may_say_at).into()),
    ])
    .into()
}
