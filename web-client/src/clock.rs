//! Time: a monotonic clock for the session, and the server's timestamps as JavaScript
//! numbers.

use wasm_bindgen::prelude::*;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_namespace = performance, js_name = now)]
    fn performance_now() -> f64;
}

/// Milliseconds since the page or the worker was started.
pub(crate) fn now() -> u64 {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "never negative, and below 2^53 for longer than a page lives"
    )]
    let now = performance_now() as u64;
    now
}

/// Milliseconds since 1970 as a JavaScript number, for `new Date`.
#[cfg(any(feature = "library", feature = "page"))]
pub(crate) fn millis(time: u64) -> JsValue {
    #[expect(clippy::cast_precision_loss, reason = "exact for 285,000 years")]
    let time = time as f64;
    time.into()
}
