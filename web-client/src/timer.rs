//! One call after some time, which dropping cancels. Works in a page and in a worker.

use wasm_bindgen::prelude::*;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_name = setTimeout)]
    fn set_timeout(handler: &Closure<dyn Fn()>, millis: u32) -> JsValue;
    #[wasm_bindgen(js_name = clearTimeout)]
    fn clear_timeout(handle: &JsValue);
}

/// A scheduled call. Dropping it cancels the call.
pub(crate) struct Timer {
    handle: JsValue,
    _handler: Closure<dyn Fn()>,
}

impl Timer {
    /// Calls `handler` once, after `millis` or a little later.
    pub(crate) fn after(millis: u32, handler: impl Fn() + 'static) -> Self {
        let handler = Closure::new(handler);
        Self {
            handle: set_timeout(&handler, millis),
            _handler: handler,
        }
    }
}

impl Drop for Timer {
    fn drop(&mut self) {
        clear_timeout(&self.handle);
    }
}
