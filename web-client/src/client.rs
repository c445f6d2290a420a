//! Carries out what [`Session`] decides, with the browser's sockets and
//! timers. Holds no rules of its own.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::Rc;

use js_sys::{Date, Math};
use wasm_bindgen::prelude::*;
use web_sys::{EventTarget, Url};

use crate::event::{Event, SendError};
use crate::session::{Action, Session};
use crate::socket::{Heard, Socket};
use crate::state::State;
use crate::timer::Timer;

/// A text that is not the address of a chat server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a ws:// or wss:// address")]
pub struct AddressError;

/// A chat client that reconnects by itself.
///
/// Clones are the same client. While it is connecting, online or waiting it
/// keeps itself alive; [`Client::close`] ends that.
#[derive(Clone)]
pub struct Client(Rc<Inner>);

struct Inner {
    url: String,
    on_event: Box<dyn Fn(Event)>,
    session: RefCell<Session>,
    socket: RefCell<Option<Socket>>,
    alarm: RefCell<Option<Alarm>>,
    /// What is still to be carried out. A user who closes the client from
    /// within an event adds to its end, so that the order stays.
    todo: RefCell<VecDeque<Action>>,
    busy: Cell<bool>,
}

impl Client {
    /// A client for the server at `url`, not yet connected. `on_event` is
    /// told everything that happens and may call the client.
    ///
    /// # Errors
    ///
    /// [`AddressError`] for anything but an absolute `ws://` or `wss://` URL.
    pub fn new(url: &str, on_event: impl Fn(Event) + 'static) -> Result<Self, AddressError> {
        let parsed = Url::new(url).map_err(|_| AddressError)?;
        if !matches!(parsed.protocol().as_str(), "ws:" | "wss:") {
            return Err(AddressError);
        }
        // Browsers refuse to open a WebSocket to a URL with a fragment.
        parsed.set_hash("");
        Ok(Self(Rc::new(Inner {
            url: parsed.href(),
            on_event: Box::new(on_event),
            session: RefCell::new(Session::new()),
            socket: RefCell::default(),
            alarm: RefCell::default(),
            todo: RefCell::default(),
            busy: Cell::new(false),
        })))
    }

    /// Connects; while waiting for the next attempt, makes it now. Does
    /// nothing where an attempt is under way or has succeeded.
    pub fn connect(&self) {
        let actions = self.0.session.borrow_mut().connect();
        self.carry_out(actions);
    }

    /// Ends the connection, and reconnects no more.
    pub fn close(&self) {
        let actions = self.0.session.borrow_mut().close();
        self.carry_out(actions);
    }

    /// Says `text` to everyone else in the room.
    ///
    /// # Errors
    ///
    /// [`SendError`]; then nothing was sent.
    pub fn send(&self, text: &str) -> Result<(), SendError> {
        let packet = self.0.session.borrow().packet(text)?;
        match self.0.socket.borrow().as_ref() {
            Some(socket) if socket.is_open() => {
                socket.send(&packet).map_err(|_| SendError::NotOnline)
            }
            _ => Err(SendError::NotOnline),
        }
    }

    /// Where the connection is.
    #[must_use]
    pub fn state(&self) -> State {
        self.0.session.borrow().state().clone()
    }

    /// Our ID, while online.
    #[must_use]
    pub fn id(&self) -> Option<u64> {
        self.0.session.borrow().id()
    }

    /// The address, as the browser understands it.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.0.url
    }

    fn hear(&self, heard: Heard) {
        let mut session = self.0.session.borrow_mut();
        let actions = match heard {
            Heard::Binary(bytes) => session.received(&bytes, Date::now()),
            Heard::Text => Session::received_text(),
            Heard::Closed { code, reason } => {
                session.closed(code, &reason, Date::now(), Math::random())
            }
        };
        drop(session);
        self.carry_out(actions);
    }

    fn ring(&self) {
        let actions = (self.0.session.borrow_mut()).alarm(Date::now(), Math::random());
        self.carry_out(actions);
    }

    fn carry_out(&self, actions: Vec<Action>) {
        self.0.todo.borrow_mut().extend(actions);
        if self.0.busy.replace(true) {
            // A call further up is at it.
            return;
        }
        while let Some(action) = self.next() {
            self.carry_out_one(action);
        }
        self.0.busy.set(false);
    }

    fn next(&self) -> Option<Action> {
        self.0.todo.borrow_mut().pop_front()
    }

    fn carry_out_one(&self, action: Action) {
        match action {
            Action::Open => self.open(),
            Action::Hang => drop(self.0.socket.take()),
            Action::Alarm(millis) => {
                let alarm = Alarm::new(self, millis);
                drop(self.0.alarm.replace(Some(alarm)));
            }
            Action::NoAlarm => drop(self.0.alarm.take()),
            Action::Emit(event) => (self.0.on_event)(event),
        }
    }

    fn open(&self) {
        let client = self.clone();
        match Socket::open(&self.0.url, move |heard| client.hear(heard)) {
            Ok(socket) => drop(self.0.socket.replace(Some(socket))),
            Err(error) => {
                let reason = js_sys::Error::from(error).message();
                let actions = self.0.session.borrow_mut().refused(&String::from(reason));
                self.carry_out(actions);
            }
        }
    }
}

/// The time of a session's alarm, and the browser's word that the network is
/// back, which cuts a wait short.
struct Alarm {
    _timer: Timer,
    back: Closure<dyn Fn()>,
}

impl Alarm {
    fn new(client: &Client, millis: u32) -> Self {
        let rung = client.clone();
        let woken = client.clone();
        let back = Closure::new(move || woken.connect());
        if let Some(target) = global() {
            // Fails only for a listener that is no function.
            let _ = target.add_event_listener_with_callback(ONLINE, back.as_ref().unchecked_ref());
        }
        Self {
            _timer: Timer::after(millis, move || rung.ring()),
            back,
        }
    }
}

impl Drop for Alarm {
    fn drop(&mut self) {
        if let Some(target) = global() {
            let listener = self.back.as_ref().unchecked_ref();
            let _ = target.remove_event_listener_with_callback(ONLINE, listener);
        }
    }
}

const ONLINE: &str = "online";

/// The window or the worker; `None` where there is neither.
fn global() -> Option<EventTarget> {
    js_sys::global().dyn_into().ok()
}
