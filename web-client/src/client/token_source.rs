//! The source of the user's tokens: a function of the game, which is called only when the
//! session needs a token.

use std::cell::RefCell;
use std::rc::Rc;

use js_sys::{Error, Function, Promise};
use wasm_bindgen::prelude::*;

use crate::timer::Timer;

/// For so long the function may think, in milliseconds. The session waits meanwhile.
const PATIENCE_MILLIS: u32 = 30_000;

/// Asks the game for tokens.
pub(crate) struct TokenSource {
    get: Function,
    /// Gets why there is no token.
    on_failure: Rc<dyn Fn(&str)>,
    patience: Rc<RefCell<Option<Timer>>>,
}

impl TokenSource {
    /// Asks `get`, which returns a token or the promise of one. `on_failure` is told why it
    /// gave none; the session asks again by itself.
    pub(crate) fn new(get: Function, on_failure: impl Fn(&str) + 'static) -> Self {
        Self {
            get,
            on_failure: Rc::new(on_failure),
            patience: Rc::default(),
        }
    }

    /// Asks for a token. `answer` gets it, or why there is none.
    pub(crate) fn ask(&self, answer: impl Fn(Result<&str, &str>) + 'static) {
        let (patience, on_failure) = (Rc::clone(&self.patience), Rc::clone(&self.on_failure));
        // An answer that comes too late is as good.
        let settle = Rc::new(move |result: Result<&str, &str>| {
            drop(patience.take());
            if let Err(problem) = result {
                on_failure(problem);
            }
            answer(result);
        });
        let (late, refuse) = (Rc::clone(&settle), Rc::clone(&settle));
        let timer = Timer::after(PATIENCE_MILLIS, move || late(Err(NO_ANSWER)));
        drop(self.patience.replace(Some(timer)));
        let promise = match self.get.call0(&JsValue::UNDEFINED) {
            Ok(given) => Promise::resolve(&given),
            Err(error) => Promise::reject(&error),
        };
        let given = Closure::once_into_js(move |token: JsValue| {
            let token = token.as_string();
            settle(token.as_deref().ok_or(NO_TEXT));
        });
        let refused = Closure::once_into_js(move |error: JsValue| refuse(Err(&problem(error))));
        (promise.unchecked_into::<Thenable>()).then(&given, &refused);
    }
}

const NO_ANSWER: &str = "getToken did not answer for 30 s";
const NO_TEXT: &str = "getToken gave something that is not a string";

/// The message of an exception.
fn problem(error: JsValue) -> String {
    match error.dyn_into::<Error>() {
        Ok(error) => error.message().into(),
        Err(other) => other.as_string().unwrap_or_default(),
    }
}

#[wasm_bindgen]
extern "C" {
    /// A promise whose functions are freed by the browser.
    type Thenable;
    #[wasm_bindgen(method)]
    fn then(this: &Thenable, given: &JsValue, refused: &JsValue);
}
