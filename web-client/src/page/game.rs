//! The values that a game gives a page of its own site: `globalThis.guildhall`, which `boot.js`
//! hands on. The README describes it.

use js_sys::{Array, Function, Reflect};
use wasm_bindgen::prelude::*;

/// The values that the game gives.
#[derive(Default)]
pub(super) struct Game {
    /// Returns a token of the user, or the promise of one.
    pub(super) get_token: Option<Function>,
    /// The origins whose pictures of users may be shown.
    pub(super) picture_origins: Vec<String>,
}

impl Game {
    /// Reads it. What is not there, or something else than it must be, is not given.
    pub(super) fn read(value: &JsValue) -> Self {
        // Fails for a value that is no object.
        let get = |key: &str| Reflect::get(value, &key.into()).ok();
        let origins = get("pictureOrigins").and_then(|it| it.dyn_into::<Array>().ok());
        let origins = origins.iter().flat_map(Array::iter);
        Self {
            get_token: get("getToken").and_then(|it| it.dyn_into().ok()),
            picture_origins: origins.filter_map(|it| it.as_string()).collect(),
        }
    }
}
