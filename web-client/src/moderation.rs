//! The values that JavaScript callers give and get about other users and about rooms: reports, sanctions
//! and roles as values, checked like all arguments. The schema's numbers are words there.

use guildhall_client::UserId;
use guildhall_client::command::REASONS;
use guildhall_client::session::{Recipient, RoomChange};
use guildhall_protocol::{Reason, Role, SanctionKind};
use js_sys::{BigInt, RangeError};
use wasm_bindgen::prelude::*;

use crate::arguments::{self, Receiver, wrong_type};
use crate::queries::option;

const KINDS: [(&str, SanctionKind); 3] = [
    ("mute", SanctionKind::Mute),
    ("ban", SanctionKind::Ban),
    ("kick", SanctionKind::Kick),
];

const ROLES: [(&str, Role); 3] = [
    ("player", Role::Unspecified),
    ("moderator", Role::Moderator),
    ("admin", Role::Admin),
];

/// A user, by name or by ID.
pub(crate) enum Named {
    Name(String),
    Id(u64),
}

impl Named {
    pub(crate) fn recipient(&self) -> Recipient<'_> {
        match self {
            Self::Name(name) => Recipient::Name(name),
            Self::Id(id) => Recipient::Id(UserId(*id)),
        }
    }
}

/// The word for a kind of sanctions.
pub(crate) fn kind_word(kind: SanctionKind) -> &'static str {
    word(&KINDS, kind)
}

/// The word for a role.
pub(crate) fn role_word(role: Role) -> &'static str {
    word(&ROLES, role)
}

/// The word for a reason.
pub(crate) fn reason_word(reason: Reason) -> &'static str {
    word(&REASONS, reason)
}

fn word<T: PartialEq>(words: &[(&'static str, T)], value: T) -> &'static str {
    let found = words.iter().find(|(_, other)| *other == value);
    found.map_or("other", |(word, _)| word)
}

/// A user.
///
/// # Errors
///
/// A `TypeError` for anything but a name or an ID, a `RangeError` for no ID.
pub(crate) fn user(what: &str, value: Receiver) -> Result<Named, JsValue> {
    let value = JsValue::from(value);
    if let Some(name) = value.as_string() {
        return Ok(Named::Name(name));
    }
    if value.is_bigint() {
        return arguments::nonce(what, value.unchecked_into()).map(Named::Id);
    }
    let expected = "a name (string) or an ID (bigint)";
    Err(wrong_type(what, expected, &value).into())
}

/// An object that a method gets, whose values are read one by one.
pub(crate) struct Fields<'a> {
    method: &'a str,
    object: &'a JsValue,
}

impl<'a> Fields<'a> {
    /// The object, which is this argument of this method.
    ///
    /// # Errors
    ///
    /// A `TypeError` for anything but a plain object.
    pub(crate) fn of(
        method: &'a str,
        argument: &str,
        object: &'a JsValue,
    ) -> Result<Self, JsValue> {
        if !arguments::is_plain(object) {
            let what = [method, ": ", argument].concat();
            return Err(wrong_type(&what, "an object", object).into());
        }
        Ok(Self { method, object })
    }

    fn what(&self, key: &str) -> String {
        [self.method, ": ", key].concat()
    }

    /// A text; `None`: it is left out.
    pub(crate) fn text(&self, key: &str) -> Result<Option<String>, JsValue> {
        let Some(value) = option(self.object, key)? else {
            return Ok(None);
        };
        arguments::text(&self.what(key), value.unchecked_into()).map(Some)
    }

    /// A text; empty if it is left out.
    pub(crate) fn text_or_empty(&self, key: &str) -> Result<String, JsValue> {
        Ok(self.text(key)?.unwrap_or_default())
    }

    pub(crate) fn flag(&self, key: &str) -> Result<Option<bool>, JsValue> {
        let Some(value) = option(self.object, key)? else {
            return Ok(None);
        };
        arguments::flag(&self.what(key), Some(value.unchecked_into())).map(Some)
    }

    /// A `bigint`.
    pub(crate) fn number(&self, key: &str) -> Result<Option<u64>, JsValue> {
        let Some(value) = option(self.object, key)? else {
            return Ok(None);
        };
        arguments::nonce(&self.what(key), value.unchecked_into()).map(Some)
    }

    /// A whole number of seconds or milliseconds.
    pub(crate) fn whole(&self, key: &str) -> Result<Option<u32>, JsValue> {
        let Some(value) = option(self.object, key)? else {
            return Ok(None);
        };
        if value.as_f64().is_none() {
            return Err(wrong_type(&self.what(key), "a number", &value).into());
        }
        let whole = BigInt::new(&value).ok().map(u64::try_from);
        let whole = whole.and_then(Result::ok).map(u32::try_from);
        whole.and_then(Result::ok).map(Some).ok_or_else(|| {
            let problem = [&self.what(key), " must be a whole number from 0 up"].concat();
            RangeError::new(&problem).into()
        })
    }

    /// The user that something is about.
    pub(crate) fn user(&self, key: &str) -> Result<Named, JsValue> {
        let value = option(self.object, key)?.unwrap_or_default();
        user(&self.what(key), value.unchecked_into())
    }

    /// One of these words.
    fn one_of<T: Copy>(&self, key: &str, words: &[(&str, T)]) -> Result<Option<T>, JsValue> {
        let Some(word) = self.text(key)? else {
            return Ok(None);
        };
        find(&self.what(key), &word, words).map(Some)
    }

    pub(crate) fn kind(&self) -> Result<SanctionKind, JsValue> {
        match self.one_of("kind", &KINDS)? {
            Some(kind) => Ok(kind),
            None => Err(wrong_type(&self.what("kind"), "a string", &JsValue::UNDEFINED).into()),
        }
    }

    pub(crate) fn reason(&self) -> Result<Reason, JsValue> {
        Ok(self.one_of("reason", &REASONS)?.unwrap_or(Reason::Other))
    }
}

/// A role.
///
/// # Errors
///
/// A `RangeError` for any other word.
pub(crate) fn role(what: &str, word: &str) -> Result<Role, JsValue> {
    find(what, word, &ROLES)
}

fn find<T: Copy>(what: &str, word: &str, words: &[(&str, T)]) -> Result<T, JsValue> {
    let found = words.iter().find(|(other, _)| *other == word);
    found.map(|(_, value)| *value).ok_or_else(|| {
        let mut problem = [what, " must be one of"].concat();
        for (word, _) in words {
            problem.push(' ');
            problem.push_str(word);
        }
        RangeError::new(&problem).into()
    })
}

/// The settings of a room that change.
///
/// # Errors
///
/// A `TypeError` or a `RangeError` for a wrong value.
pub(crate) fn room_change(value: &JsValue) -> Result<RoomChange, JsValue> {
    let fields = Fields::of("changeRoom", "change", value)?;
    Ok(RoomChange {
        topic: fields.text("topic")?,
        // The wire has seconds, the settings of a room have milliseconds.
        slow_mode: fields.whole("slowMode")?.map(|wait| wait.div_ceil(1_000)),
        announce_only: fields.flag("announceOnly")?,
    })
}
