//! The chat page: `startPage` brings the markup of `page/index.html` to life.
//!
//! What people and tests find on the page, and what therefore stays:
//!
//! - the textbox named "Message" (`#message`); Enter sends, Up recalls;
//! - the button named "Send" (`#send`);
//! - the log named "Messages" (`#log`) with the list `#messages` in it;
//! - each message: `li.message` with `data-sender` (the speaker's ID, for an
//!   own message the ID we had) and, if it is ours, `data-own`; in it
//!   `.speaker`, `.text` and `time[datetime]`;
//! - each remark of the page itself: `li.note`;
//! - the status (`#status`, role `status`): "Connected", "Connecting…",
//!   "Reconnecting in N s" or "Disconnected";
//! - below it `#trouble` with what is wrong (`#reason`) and the button `#now`
//!   named "Try now" or "Connect again";
//! - the button `#newest` whose name begins with "Jump to newest";
//! - under the textbox `#hint` (role `alert`), why a text was not sent, and
//!   `#counter`, how many bytes are left when they are few.

mod address;
mod composer;
mod elements;
mod message_log;
mod status;

use std::cell::Cell;
use std::rc::Rc;

use js_sys::Date;
use wasm_bindgen::prelude::*;

use crate::client::Client;
use crate::event::{Event, SendError};
use crate::scrollback::{Kind, Line};
use crate::speaker;
use crate::state::State;
use composer::Composer;
use elements::Elements;
use message_log::MessageLog;
use status::Status;

/// The parts of the page. Lives as long as the document.
struct Page {
    log: Rc<MessageLog>,
    composer: Rc<Composer>,
    status: Rc<Status>,
    elements: Elements,
    /// Whether this page was online before, so that coming back is told.
    was_online: Cell<bool>,
}

/// Starts the chat page in this document and connects to the server that
/// served it, or to the one named by `?server=`.
///
/// # Errors
///
/// Where the markup is not that of `index.html`.
#[wasm_bindgen(js_name = startPage)]
pub fn start() -> Result<(), JsValue> {
    console_error_panic_hook::set_once();
    let elements = Elements::find()?;
    let page = Rc::new(Page {
        log: MessageLog::start(&elements)?,
        composer: Composer::new(&elements),
        status: Status::new(&elements),
        was_online: Cell::new(false),
        elements,
    });
    page.elements.loaded();

    let told = Rc::clone(&page);
    let location = page.elements.window.location();
    let client = address::server(&location)?
        .and_then(|url| Client::new(&url, move |event| told.tell(event)).map_err(|_| url));
    match client {
        Ok(client) => {
            let again = client.clone();
            page.status.on_now(&page.elements, move || again.connect());
            let said = Rc::clone(&page);
            let speaking = client.clone();
            (page.composer).start(move |text| said.say(&speaking, text));
            client.connect();
        }
        Err(url) => {
            page.elements.empty.set_hidden(true);
            page.status.unusable(&url);
            (page.composer).start(|_| Err(SendError::NotOnline));
        }
    }
    Ok(())
}

impl Page {
    fn tell(&self, event: Event) {
        match event {
            Event::State(state) => self.moved(&state),
            Event::Id(id) => self.named(id),
            Event::Message { sender, text } => self.add(Kind::Peer(sender), text),
            Event::Error(error) => {
                let text = ["A message could not be read: ", &error.to_string(), "."].concat();
                self.add(Kind::Note, text);
            }
        }
    }

    fn moved(&self, state: &State) {
        if *state == State::Online {
            self.composer.clear_hint();
        } else {
            self.elements.hide_own();
        }
        self.status.show(state);
    }

    fn named(&self, id: u64) {
        self.elements.show_own(id);
        if self.was_online.replace(true) {
            // Honest about the gap: the tutorial's wire cannot fill it.
            let text = [
                "Connected again. You are now ",
                &speaker::name(id),
                ". What was said meanwhile is not shown.",
            ];
            self.add(Kind::Note, text.concat());
        }
    }

    /// Sends what was typed. The server sends nothing back for it, so the
    /// page shows it itself.
    fn say(&self, client: &Client, text: &str) -> Result<(), SendError> {
        client.send(text)?;
        self.log.jump();
        self.add(Kind::Own(client.id().unwrap_or_default()), text.into());
        Ok(())
    }

    fn add(&self, kind: Kind, text: String) {
        let at = Date::now();
        self.log.add(Line { kind, text, at });
    }
}
