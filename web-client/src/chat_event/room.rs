//! A room's settings in events, and why a client is not in a room any more.

use guildhall_protocol::{RemovedReason, RoomSettings};
use wasm_bindgen::JsValue;

use super::object;

/// The settings of a room.
pub(super) fn settings_value(settings: &RoomSettings) -> JsValue {
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
