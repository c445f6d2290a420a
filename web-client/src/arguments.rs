//! The arguments of JavaScript callers. Nothing holds a caller to the types that are
//! declared, and the bindings would read a wrong value as if it were the right one. So
//! `chat_client` and `packet` take any value, and ask here for what they need.

use js_sys::{BigInt, Function, Object, RangeError, Reflect, TypeError, Uint8Array};
use wasm_bindgen::prelude::*;

#[wasm_bindgen]
extern "C" {
    /// A string.
    #[wasm_bindgen(typescript_type = "string")]
    pub type Text;
    /// A boolean.
    #[wasm_bindgen(typescript_type = "boolean")]
    pub type Flag;
    /// The number of a message.
    #[wasm_bindgen(typescript_type = "bigint")]
    pub type Nonce;
    /// A name or an ID.
    #[wasm_bindgen(typescript_type = "string | bigint")]
    pub type Receiver;
    /// What `onevent` may be set to.
    #[wasm_bindgen(typescript_type = "((event: ChatEvent) => void) | null | undefined")]
    pub type EventCallback;
    /// A name, or what `ChatOptions` describes.
    #[wasm_bindgen(typescript_type = "string | ChatOptions")]
    pub type NameOrOptions;
    /// Bytes.
    #[wasm_bindgen(typescript_type = "Uint8Array")]
    pub type Bytes;
}

/// A string. `what` names the argument, as in "say: room".
///
/// # Errors
///
/// A `TypeError` for any other value.
pub(crate) fn text(what: &str, value: Text) -> Result<String, JsValue> {
    let value = JsValue::from(value);
    (value.as_string()).ok_or_else(|| wrong_type(what, "a string", &value).into())
}

/// A boolean, `false` if it is left out.
///
/// # Errors
///
/// A `TypeError` for any other value.
pub(crate) fn flag(what: &str, value: Option<Flag>) -> Result<bool, JsValue> {
    let Some(value) = value.map(JsValue::from) else {
        return Ok(false);
    };
    (value.as_bool()).ok_or_else(|| wrong_type(what, "a boolean", &value).into())
}

/// The number of a message.
///
/// # Errors
///
/// A `TypeError` for anything but a `bigint`, and a `RangeError` for one that no message
/// can have.
pub(crate) fn nonce(what: &str, value: Nonce) -> Result<u64, JsValue> {
    let value = JsValue::from(value);
    let number = value.dyn_into::<BigInt>();
    let number = number.map_err(|value| wrong_type(what, "a bigint", &value))?;
    u64::try_from(number).map_err(|_| {
        let problem = [what, " must be from 0 to 2^64 - 1"].concat();
        RangeError::new(&problem).into()
    })
}

/// A function, or nothing.
///
/// # Errors
///
/// A `TypeError` for any other value.
pub(crate) fn callback(what: &str, value: EventCallback) -> Result<Option<Function>, JsValue> {
    let value = JsValue::from(value);
    if value.is_null() || value.is_undefined() {
        return Ok(None);
    }
    let function = value.dyn_into::<Function>();
    function
        .map(Some)
        .map_err(|value| wrong_type(what, "a function or null", &value).into())
}

/// How a client is created.
#[derive(Default)]
pub(crate) struct Options {
    /// The name that the user wants; empty: any.
    pub(crate) name: String,
    /// The user's first token.
    pub(crate) token: Option<String>,
    /// Gives tokens.
    pub(crate) get_token: Option<Function>,
}

/// Options, or a name alone, or nothing.
///
/// # Errors
///
/// A `TypeError` for any other value, and for an option of a wrong type.
pub(crate) fn options(value: Option<NameOrOptions>) -> Result<Options, JsValue> {
    let mut options = Options::default();
    let Some(value) = value.map(JsValue::from) else {
        return Ok(options);
    };
    if let Some(name) = value.as_string() {
        options.name = name;
        return Ok(options);
    }
    if !is_plain(&value) {
        let expected = "a string or an object of options";
        return Err(wrong_type("new ChatClient: name", expected, &value).into());
    }
    let option = |key: &str| Reflect::get(&value, &key.into());
    let text = |key: &str| {
        let found = option(key)?;
        if found.is_null() || found.is_undefined() {
            return Ok(None);
        }
        let what = ["new ChatClient: ", key].concat();
        text(&what, found.unchecked_into()).map(Some)
    };
    options.name = text("name")?.unwrap_or_default();
    options.token = text("token")?;
    let get_token = option("getToken")?.unchecked_into();
    options.get_token = callback("new ChatClient: getToken", get_token)?;
    Ok(options)
}

/// Whether a value is a plain object, and no array, date or the like.
pub(crate) fn is_plain(value: &JsValue) -> bool {
    let plain = Object::get_prototype_of(&Object::new());
    value.is_object() && Object::get_prototype_of(value) == plain
}

/// Bytes, copied.
///
/// # Errors
///
/// A `TypeError` for anything but a `Uint8Array`.
pub(crate) fn bytes(what: &str, value: Bytes) -> Result<Vec<u8>, JsValue> {
    let value = JsValue::from(value);
    let bytes = value.dyn_into::<Uint8Array>();
    let bytes = bytes.map_err(|value| wrong_type(what, "a Uint8Array", &value))?;
    Ok(bytes.to_vec())
}

/// The error for an argument that is something else than it must be.
pub(crate) fn wrong_type(what: &str, expected: &str, found: &JsValue) -> TypeError {
    let found = if found.is_null() {
        "null".into()
    } else {
        (found.js_typeof().as_string()).unwrap_or_default()
    };
    let article = match found.as_str() {
        "null" | "undefined" => "",
        "object" => "an ",
        _ => "a ",
    };
    TypeError::new(&[what, " must be ", expected, ", and is ", article, &found].concat())
}
