//! The searches of JavaScript callers: `ChatQuery` and `ChatTimes` as values, checked like all
//! arguments.

use js_sys::{BigInt, RangeError, Reflect};
use wasm_bindgen::prelude::*;

use crate::arguments::{self, wrong_type};

/// A `ChatQuery`.
pub(crate) struct Search {
    /// The room; empty: all.
    pub(crate) room: String,
    /// The words; empty: any.
    pub(crate) text: String,
    /// The speaker; `None`: anybody.
    pub(crate) speaker: Option<Speaker>,
    pub(crate) times: Times,
}

/// Whose lines are meant.
pub(crate) enum Speaker {
    /// Those of the user with this name.
    Name(String),
    /// Those of the user with this ID.
    Id(u64),
}

/// A `ChatTimes`, in milliseconds since 1970; 0: any time.
pub(crate) struct Times {
    pub(crate) before: u64,
    pub(crate) after: u64,
}

/// A query.
///
/// # Errors
///
/// A `TypeError` for a value of a wrong type, and a `RangeError` for a number that is no ID and
/// no time.
pub(crate) fn search(query: &JsValue) -> Result<Search, JsValue> {
    let times = times("search", "query", query)?;
    let text = |key: &str| match option(query, key)? {
        Some(value) => arguments::text(&["search: ", key].concat(), value.unchecked_into()),
        None => Ok(String::new()),
    };
    let speaker = match option(query, "speaker")? {
        None => None,
        Some(value) => Some(match value.as_string() {
            Some(name) => Speaker::Name(name),
            None if value.is_bigint() => {
                Speaker::Id(arguments::nonce("search: speaker", value.unchecked_into())?)
            }
            None => {
                let expected = "a name (string) or an ID (bigint)";
                return Err(wrong_type("search: speaker", expected, &value).into());
            }
        }),
    };
    Ok(Search {
        room: text("room")?,
        text: text("text")?,
        speaker,
        times,
    })
}

/// The times of an object, which is this argument of this method.
///
/// # Errors
///
/// As for [`search`].
pub(crate) fn times(method: &str, argument: &str, value: &JsValue) -> Result<Times, JsValue> {
    if !arguments::is_plain(value) {
        return Err(wrong_type(&[method, ": ", argument].concat(), "an object", value).into());
    }
    let time = |key: &str| -> Result<u64, JsValue> {
        let Some(found) = option(value, key)? else {
            return Ok(0);
        };
        let what = [method, ": ", key].concat();
        let Some(millis) = found.as_f64() else {
            return Err(wrong_type(&what, "a number", &found).into());
        };
        // The one way from a number to an integer that refuses fractions, NaN and the infinite.
        let millis = BigInt::new(&found).ok().filter(|_| millis >= 0.0);
        let millis = millis.and_then(|millis| u64::try_from(millis).ok());
        millis.ok_or_else(|| {
            let problem = [&what, " must be whole milliseconds since 1970"].concat();
            RangeError::new(&problem).into()
        })
    };
    Ok(Times {
        before: time("before")?,
        after: time("after")?,
    })
}

/// The value that an object has under this key, unless that is nothing.
pub(crate) fn option(object: &JsValue, key: &str) -> Result<Option<JsValue>, JsValue> {
    let found = Reflect::get(object, &key.into())?;
    Ok((!found.is_null() && !found.is_undefined()).then_some(found))
}
