//! Carries out what the session of the `protocol` crate decides, with the
//! browser's sockets and timers. Holds no rules of its own.

use std::cell::{Cell, Ref, RefCell};
use std::rc::Rc;

use guildhall_client::session::{Action, Event, Session};
use js_sys::Math;
use wasm_bindgen::prelude::*;
use web_sys::{EventTarget, Url};

use crate::clock;
use crate::doubt::{Doubt, Next};
use crate::socket::{Heard, Socket};
use crate::timer::Timer;

/// What both ends must agree to speak.
const SUBPROTOCOL: &str = "guildhall.v1";

/// The reason of a session that is closed because the server does not.
pub(crate) const NO_SUBPROTOCOL: &str = "the server does not speak guildhall.v1";

/// A text that is not the address of a chat server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a ws:// or wss:// address")]
pub struct AddressError;

/// A chat client that comes back by itself.
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
    doubt: RefCell<Doubt>,
    /// A connection that only shows whether the server is there.
    probe: RefCell<Option<Socket>>,
    alarm: RefCell<Option<Alarm>>,
    /// Whether a call further up carries out what comes of this one, so that
    /// the order stays.
    busy: Cell<bool>,
}

impl Client {
    /// A client for the server at `url`, not yet connected, that wants to be
    /// called `name`; empty: the server makes a name up. `on_event` is told
    /// everything that happens and may call the client.
    ///
    /// # Errors
    ///
    /// [`AddressError`] for anything but an absolute `ws://` or `wss://` URL.
    pub fn new(
        url: &str,
        name: &str,
        on_event: impl Fn(Event) + 'static,
    ) -> Result<Self, AddressError> {
        let parsed = Url::new(url).map_err(|_| AddressError)?;
        if !matches!(parsed.protocol().as_str(), "ws:" | "wss:") {
            return Err(AddressError);
        }
        // Browsers refuse to open a WebSocket to a URL with a fragment.
        parsed.set_hash("");
        Ok(Self(Rc::new(Inner {
            url: parsed.href(),
            on_event: Box::new(on_event),
            session: RefCell::new(Session::new(name)),
            socket: RefCell::default(),
            doubt: RefCell::default(),
            probe: RefCell::default(),
            alarm: RefCell::default(),
            busy: Cell::new(false),
        })))
    }

    /// Connects; while waiting for the next attempt, makes it now. Does
    /// nothing where an attempt is under way or has succeeded.
    pub fn connect(&self) {
        self.wish(|session| session.connect(clock::now()));
    }

    /// Ends the connection, and reconnects no more.
    pub fn close(&self) {
        drop(self.0.probe.take());
        self.wish(Session::close);
    }

    /// Asks something of the session, and carries out what comes of it.
    pub fn wish<T>(&self, wish: impl FnOnce(&mut Session) -> T) -> T {
        let answer = wish(&mut self.0.session.borrow_mut());
        self.carry_out();
        answer
    }

    /// What the session knows, to be read and let go of before anything else
    /// is asked of this client.
    #[must_use]
    pub fn session(&self) -> Ref<'_, Session> {
        self.0.session.borrow()
    }

    /// The milliseconds until `moment`, which a state of the session names.
    #[must_use]
    pub fn millis_until(moment: u64) -> u32 {
        u32::try_from(moment.saturating_sub(clock::now())).unwrap_or(u32::MAX)
    }

    fn hear(&self, heard: Heard) {
        let now = clock::now();
        match heard {
            Heard::Open(spoken) if spoken == SUBPROTOCOL => {
                self.0.doubt.borrow_mut().spoke();
                self.wish(|session| session.opened(now));
            }
            Heard::Open(_) => self.refused(NO_SUBPROTOCOL),
            Heard::Binary(bytes) => self.wish(|session| session.received(&bytes, now)),
            Heard::Text => {
                let problem = "a text message: packets travel in binary messages";
                (self.0.on_event)(Event::BadMessage(problem));
            }
            Heard::Closed { code, reason } => {
                drop(self.0.socket.take());
                let next = self.0.doubt.borrow_mut().ended();
                match next {
                    Next::GiveUp => return self.refused(NO_SUBPROTOCOL),
                    Next::Probe => self.probe(),
                    Next::Nothing => {}
                }
                self.wish(|session| session.closed(code, &reason, now, Math::random()));
            }
        }
    }

    /// Browsers do not tell a server that does not speak the subprotocol from one
    /// that is not there. A socket that asks for none does.
    fn probe(&self) {
        let client = self.clone();
        let hear = move |heard| {
            let opened = match heard {
                Heard::Open(_) => true,
                Heard::Closed { .. } => false,
                Heard::Binary(_) | Heard::Text => return,
            };
            drop(client.0.probe.take());
            client.0.doubt.borrow_mut().probed(opened);
        };
        // Where the browser opens none, it opens none for the chat either.
        let probe = Socket::open(&self.0.url, None, hear).ok();
        drop(self.0.probe.replace(probe));
    }

    /// There is no point in trying again.
    fn refused(&self, reason: &str) {
        drop(self.0.socket.take());
        self.wish(|session| session.open_failed(reason));
    }

    fn carry_out(&self) {
        if self.0.busy.replace(true) {
            return;
        }
        loop {
            // In statements of their own, which give the session back before
            // it is needed again.
            let action = self.0.session.borrow_mut().next_action();
            if let Some(action) = action {
                self.act(action);
                continue;
            }
            let event = self.0.session.borrow_mut().next_event();
            match event {
                Some(event) => (self.0.on_event)(event),
                None => break,
            }
        }
        self.0.busy.set(false);
        self.set_alarm();
    }

    fn act(&self, action: Action) {
        match action {
            Action::Open => self.open(),
            Action::Send(bytes) => {
                if let Some(socket) = self.0.socket.borrow().as_ref() {
                    socket.send(&bytes);
                }
            }
            Action::Close(code) => {
                self.0.doubt.borrow_mut().forget();
                if let Some(socket) = self.0.socket.take() {
                    socket.hang(code);
                }
            }
        }
    }

    fn open(&self) {
        // An attempt does not wait for a probe, which then says nothing.
        drop(self.0.probe.take());
        let client = self.clone();
        let hear = move |heard| client.hear(heard);
        match Socket::open(&self.0.url, Some(SUBPROTOCOL), hear) {
            Ok(socket) => drop(self.0.socket.replace(Some(socket))),
            Err(error) => {
                let reason = js_sys::Error::from(error).message();
                self.refused(&String::from(reason));
            }
        }
    }

    /// Has the session called when it wants to be. An alarm that rings too
    /// early stays: each message puts the time off, and a new timer for each
    /// would cost more than one call for nothing.
    fn set_alarm(&self) {
        let wanted = self.0.session.borrow().wake_at();
        let mut alarm = self.0.alarm.borrow_mut();
        let Some(at) = wanted else {
            *alarm = None;
            return;
        };
        if alarm.as_ref().is_none_or(|alarm| alarm.at > at) {
            *alarm = Some(Alarm::new(self, at));
        }
    }

    fn ring(&self) {
        drop(self.0.alarm.take());
        self.wish(|session| session.tick(clock::now(), Math::random()));
    }
}

/// One timer, and the browser's word that the network is back, which cuts a
/// wait short.
struct Alarm {
    at: u64,
    _timer: Timer,
    back: Closure<dyn Fn()>,
}

impl Alarm {
    fn new(client: &Client, at: u64) -> Self {
        let rung = client.clone();
        let woken = client.clone();
        let back = Closure::new(move || woken.connect());
        if let Some(target) = global() {
            // Fails only for a listener that is no function.
            let _ = target.add_event_listener_with_callback(ONLINE, back.as_ref().unchecked_ref());
        }
        Self {
            at,
            _timer: Timer::after(Client::millis_until(at), move || rung.ring()),
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
