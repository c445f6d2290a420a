//! The events about other users and about what holds against this one, as objects of the library.

use guildhall_client::session::Event;
use guildhall_protocol::{Moderator, Sanction};
use wasm_bindgen::JsValue;

use super::request_name::request_name;
use super::{extended, list, member, object, typed};
use crate::client::Client;
use crate::clock::millis;
use crate::moderation::{kind_word, reason_word, role_word};

/// One of these events; the others are elsewhere.
pub(super) fn event(event: Event) -> JsValue {
    match event {
        Event::Held { nonce } => typed("held", &[("nonce", nonce.0.into())]),
        Event::Rejected { room, words } => typed(
            "rejected",
            &[("room", room.into()), ("words", words.into())],
        ),
        Event::Moved { from, room } => {
            typed("moved", &[("from", from.into()), ("room", room.into())])
        }
        Event::Sanctioned { sanction, left } => typed(
            "sanctioned",
            &[("sanction", value(&sanction, left_value(left)))],
        ),
        Event::SanctionEnded(sanction) => {
            let sanction = value(&sanction, JsValue::from(0));
            typed("sanctionEnded", &[("sanction", sanction)])
        }
        Event::BlocksChanged => typed("blocksChanged", &[]),
        Event::BlockList(users) => typed("blockList", &[("users", list(users, |it| member(&it)))]),
        Event::Reported { id } => typed("reported", &[("id", id.into())]),
        Event::ReportDecided { id, acted, words } => typed(
            "reportDecided",
            &[
                ("id", id.into()),
                ("acted", acted.into()),
                ("words", words.into()),
            ],
        ),
        Event::Imposed(sanction) => typed("imposed", &[("sanction", of_others(&sanction))]),
        Event::Purged { user, rooms } => {
            typed("purged", &[("user", user.into()), ("rooms", rooms.into())])
        }
        Event::ModeratorList { room, moderators } => typed(
            "moderatorList",
            &[
                ("room", room.into()),
                ("moderators", list(moderators, moderator)),
            ],
        ),
        Event::SanctionList {
            room,
            sanctions,
            more,
        } => typed(
            "sanctionList",
            &[
                ("room", room.into()),
                ("sanctions", list(sanctions, |it| of_others(&it))),
                ("more", more.into()),
            ],
        ),
        Event::Done { request, subject } => typed(
            "done",
            &[
                ("request", request_name(request).into()),
                ("subject", subject.into()),
            ],
        ),
        _ => JsValue::UNDEFINED,
    }
}

/// A `ChatSanction` against the user, which ends at this time of the session.
pub(crate) fn sanction_value(sanction: &Sanction, ends_at: Option<u64>) -> JsValue {
    let left = ends_at.map(Client::millis_until);
    value(sanction, left.map_or(JsValue::UNDEFINED, JsValue::from))
}

/// A sanction for which the user is not in a room any more.
pub(super) fn removed_for(sanction: &Sanction) -> JsValue {
    value(sanction, JsValue::UNDEFINED)
}

#[expect(
    clippy::cast_precision_loss,
    reason = "a time in milliseconds, far below 2^53"
)]
fn left_value(left: Option<u64>) -> JsValue {
    left.map_or(JsValue::UNDEFINED, |left| JsValue::from(left as f64))
}

fn value(sanction: &Sanction, left: JsValue) -> JsValue {
    object(&[
        ("id", sanction.id.into()),
        ("kind", kind_word(sanction.kind()).into()),
        ("room", sanction.room.as_str().into()),
        ("since", millis(sanction.since)),
        ("until", millis(sanction.until)),
        ("left", left),
        ("reason", reason_word(sanction.reason()).into()),
        ("rule", sanction.rule.as_str().into()),
        ("automated", sanction.automated.into()),
        ("appeal", sanction.appeal.as_str().into()),
    ])
    .into()
}

/// A sanction against another user, with what only moderators get.
fn of_others(sanction: &Sanction) -> JsValue {
    let object = js_sys::Object::from(value(sanction, JsValue::UNDEFINED));
    let user = sanction.user.as_ref().map_or(JsValue::UNDEFINED, member);
    extended(
        object,
        &[
            ("user", user),
            ("by", sanction.by.as_str().into()),
            ("note", sanction.note.as_str().into()),
        ],
    )
    .into()
}

fn moderator(moderator: Moderator) -> JsValue {
    let role = role_word(moderator.role());
    let value = member(&moderator.member.unwrap_or_default());
    extended(
        js_sys::Object::from(value),
        &[
            ("role", role.into()),
            ("everywhere", moderator.everywhere.into()),
            ("present", moderator.present.into()),
        ],
    )
    .into()
}
