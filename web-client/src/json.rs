//! Lets `JSON.stringify` write objects that contain a `bigint`, for which JSON has no
//! number: it writes a string of digits instead. `chat_event` gives it to each object.

use js_sys::{Function, Object, Reflect};
use wasm_bindgen::prelude::*;

thread_local! {
    /// Gets an object, and returns what `JSON.stringify` writes of it.
    static WRITABLE: Function = {
        let writable: Closure<dyn Fn(Object) -> JsValue> = Closure::new(writable);
        writable.into_js_value().unchecked_into()
    };
}

/// Gives `object` a method `toJSON`. It is not enumerable: such an object can be cloned,
/// compared and posted to a worker as before.
pub(crate) fn enable(object: &Object) {
    let descriptor = Object::new();
    // JavaScript would pass the object as `this`, which no closure gets.
    let method = WRITABLE.with(|writable| writable.bind1(&JsValue::UNDEFINED, object));
    // Fails only for a frozen object, and this one is new.
    let _ = Reflect::set(&descriptor, &"value".into(), &method);
    let _ = Reflect::define_property(object, &"toJSON".into(), &descriptor);
}

/// A copy with each `bigint` as a string. What is nested has a `toJSON` of its own.
fn writable(object: Object) -> JsValue {
    let copy = Object::new();
    for key in Object::keys(&object).iter() {
        let value = Reflect::get(&object, &key).unwrap_or_default();
        let value = match value.dyn_into::<js_sys::BigInt>() {
            Ok(number) => String::from(number.to_string(10).unwrap_or_default()).into(),
            Err(value) => value,
        };
        // Fails only for a frozen object, and this one is new.
        let _ = Reflect::set(&copy, &key, &value);
    }
    copy.into()
}
