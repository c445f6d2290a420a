//! The client for Rust: it carries out what the session of the `client` crate decides,
//! with the browser's sockets and timers, and has no rules of its own.

mod token_source;

use std::cell::{Cell, OnceCell, Ref, RefCell};
use std::rc::Rc;

use guildhall_client::session::{Action, Event, Session, State};
use guildhall_protocol::CloseCode;
use js_sys::{Function, Math, Reflect};
use wasm_bindgen::prelude::*;
use web_sys::{EventTarget, Url};

use crate::clock;
use crate::origin_hint::OriginHint;
use crate::socket::{Socket, SocketEvent};
use crate::subprotocol_probe::{Next, ProbeOutcome, SubprotocolProbe};
use crate::timer::Timer;

use self::token_source::TokenSource;

/// The subprotocol that both ends must agree on.
const SUBPROTOCOL: &str = "guildhall.v1";

/// The reason of a session that is closed because the server does not speak it.
pub(crate) const NO_SUBPROTOCOL: &str = "the server does not speak guildhall.v1";

/// Why there is no token, if nobody can be asked for one.
const NO_TOKEN_SOURCE: &str = "the token is over, and there is no getToken";

/// The code for a connection that ended without a close frame.
const NO_CLOSE_FRAME: u16 = 1006;

/// The given text is not the address of a chat server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a ws:// or wss:// address")]
pub struct AddressError;

/// A chat client that reconnects by itself.
///
/// Clones are the same client. While it is connecting, online or waiting, it lives even
/// if nothing refers to it; [`Client::close`] ends that.
#[derive(Clone)]
pub struct Client(Rc<Inner>);

struct Inner {
    url: String,
    on_event: Box<dyn Fn(Event)>,
    session: RefCell<Session>,
    socket: RefCell<Option<Socket>>,
    subprotocol_probe: RefCell<SubprotocolProbe>,
    origin_hint: RefCell<OriginHint>,
    /// A connection that only shows whether the server can be reached.
    probe_socket: RefCell<Option<Socket>>,
    alarm: RefCell<Option<Alarm>>,
    token_source: OnceCell<TokenSource>,
    /// Whether a caller of this call is already carrying out the session's actions: it
    /// goes on with those that this call adds, so that they keep their order.
    busy: Cell<bool>,
}

impl Client {
    /// Creates a client for the server at `url` that is not yet connected. It asks for
    /// the name `name`; if that is empty, the server makes one up. `on_event` is called
    /// with each event, and may call the client.
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
            subprotocol_probe: RefCell::default(),
            origin_hint: RefCell::default(),
            probe_socket: RefCell::default(),
            alarm: RefCell::default(),
            token_source: OnceCell::new(),
            busy: Cell::new(false),
        })))
    }

    /// The user has an account: `get` is called when a token is needed, and gives one or the
    /// promise of one. `on_failure` is told why it gave none; it is asked again later. Does
    /// nothing if the client asks somebody already.
    pub fn use_tokens(&self, get: Function, on_failure: impl Fn(&str) + 'static) {
        let source = TokenSource::new(get, on_failure);
        if self.0.token_source.set(source).is_ok() {
            self.with_session(Session::use_tokens);
        }
    }

    /// The user's token, from now on.
    pub fn set_token(&self, token: &str) {
        self.with_session(|session| session.set_token(token, clock::now()));
    }

    /// There is no token now, which the session has asked for: it asks again later.
    fn no_token(&self, reason: &str) {
        self.with_session(|session| session.no_token(reason, clock::now(), Math::random()));
    }

    /// Connects. A client that waits for its next attempt makes it now; one that is
    /// connecting or online does nothing.
    pub fn connect(&self) {
        self.with_session(|session| session.connect(clock::now()));
    }

    /// Gives up the connection, if there is one, and connects again at once: the caller
    /// knows that it is of no use any more, as after a change of the network.
    pub fn reconnect(&self) {
        self.0.subprotocol_probe.borrow_mut().reset();
        self.0.origin_hint.borrow_mut().unanswered();
        if let Some(socket) = self.0.socket.take() {
            socket.close(CloseCode::HeartbeatTimeout.code());
        }
        self.with_session(|session| {
            let now = clock::now();
            session.closed(NO_CLOSE_FRAME, "", now, 0.0);
            session.connect(now);
        });
    }

    /// The user looks at the page again. A client that waits for its next attempt makes it
    /// now; one that is online finds out whether the server still answers.
    pub fn wake(&self) {
        self.with_session(|session| match session.state() {
            State::Waiting { .. } => session.connect(clock::now()),
            _ => session.check(clock::now()),
        });
    }

    /// Ends the connection, and does not reconnect.
    pub fn close(&self) {
        drop(self.0.probe_socket.take());
        self.with_session(Session::close);
    }

    /// Calls `change` with the session, then carries out what the session asks for and
    /// delivers its events.
    pub fn with_session<T>(&self, change: impl FnOnce(&mut Session) -> T) -> T {
        let answer = change(&mut self.0.session.borrow_mut());
        self.carry_out();
        answer
    }

    /// The session, to be read. Drop it before you call anything else of this client:
    /// the session cannot change while it is borrowed.
    #[must_use]
    pub fn session(&self) -> Ref<'_, Session> {
        self.0.session.borrow()
    }

    /// The milliseconds until `moment`, a time in the session's state.
    #[must_use]
    pub fn millis_until(moment: u64) -> u32 {
        u32::try_from(moment.saturating_sub(clock::now())).unwrap_or(u32::MAX)
    }

    fn socket_event(&self, event: SocketEvent) {
        let now = clock::now();
        if matches!(event, SocketEvent::Open(_)) {
            self.0.origin_hint.borrow_mut().opened();
        }
        match event {
            SocketEvent::Open(chosen) if chosen == SUBPROTOCOL => {
                self.0.subprotocol_probe.borrow_mut().confirm();
                self.with_session(|session| session.opened(now));
            }
            SocketEvent::Open(_) => self.give_up(NO_SUBPROTOCOL),
            SocketEvent::Binary(bytes) => {
                self.with_session(|session| session.received(&bytes, now));
            }
            SocketEvent::Text => {
                let problem = "a text message: packets travel in binary messages";
                (self.0.on_event)(Event::BadMessage(problem));
            }
            SocketEvent::Closed { code, reason } => {
                drop(self.0.socket.take());
                let next = self.0.subprotocol_probe.borrow_mut().connection_ended();
                match next {
                    Next::GiveUp => return self.give_up(NO_SUBPROTOCOL),
                    Next::Probe => self.probe(),
                    Next::Nothing => {}
                }
                let hint = (self.0.origin_hint.borrow_mut()).closed(&page_origin(), &self.0.url);
                let reason = hint.unwrap_or(reason);
                self.with_session(|session| session.closed(code, &reason, now, Math::random()));
            }
        }
    }

    /// Opens a socket without the subprotocol. For a page, a server that does not speak
    /// the subprotocol looks like one that cannot be reached; this tells them apart.
    fn probe(&self) {
        let client = self.clone();
        let on_event = move |event| {
            let outcome = match event {
                SocketEvent::Open(_) => {
                    client.0.origin_hint.borrow_mut().opened();
                    ProbeOutcome::Opened
                }
                SocketEvent::Closed { .. } => ProbeOutcome::Failed,
                SocketEvent::Binary(_) | SocketEvent::Text => return,
            };
            drop(client.0.probe_socket.take());
            client.0.subprotocol_probe.borrow_mut().probe_ended(outcome);
        };
        // If the browser refuses this one, it refuses the client's sockets as well.
        let probe = Socket::open(&self.0.url, None, on_event).ok();
        drop(self.0.probe_socket.replace(probe));
    }

    /// Closes the session for good: another attempt would fail as well.
    fn give_up(&self, reason: &str) {
        drop(self.0.socket.take());
        self.with_session(|session| session.open_failed(reason));
    }

    fn carry_out(&self) {
        if self.0.busy.replace(true) {
            return;
        }
        loop {
            // Separate statements, so that the borrow of the session ends before `act`
            // or `on_event` needs it.
            let action = self.0.session.borrow_mut().next_action();
            if let Some(action) = action {
                self.act(action);
                continue;
            }
            let event = self.0.session.borrow_mut().next_event();
            let Some(event) = event else {
                break;
            };
            let needs_token = event == Event::TokenNeeded;
            (self.0.on_event)(event);
            if needs_token {
                match self.0.token_source.get() {
                    Some(source) => {
                        let client = self.clone();
                        source.ask(move |answer| match answer {
                            Ok(token) => client.set_token(token),
                            Err(problem) => client.no_token(problem),
                        });
                    }
                    // Unless the callback has set one.
                    None => self.no_token(NO_TOKEN_SOURCE),
                }
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
                self.0.subprotocol_probe.borrow_mut().reset();
                self.0.origin_hint.borrow_mut().unanswered();
                if let Some(socket) = self.0.socket.take() {
                    socket.close(code);
                }
            }
        }
    }

    fn open(&self) {
        // An attempt does not wait for a probe, which has no outcome then.
        drop(self.0.probe_socket.take());
        let client = self.clone();
        let on_event = move |event| client.socket_event(event);
        match Socket::open(&self.0.url, Some(SUBPROTOCOL), on_event) {
            Ok(socket) => drop(self.0.socket.replace(Some(socket))),
            Err(error) => {
                let reason = js_sys::Error::from(error).message();
                self.give_up(&String::from(reason));
            }
        }
    }

    /// Sets the alarm for the time at which the session asks to be called. An alarm
    /// that is too early stays: each message postpones the time, and one needless call
    /// is cheaper than a new timer for each message.
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
        self.with_session(|session| session.tick(clock::now(), Math::random()));
    }
}

/// A timer, and a listener for the browser's event that the network is back: then a wait
/// ends early, and a connection over the old network is of no use any more.
struct Alarm {
    at: u64,
    _timer: Timer,
    on_online: Closure<dyn Fn()>,
}

impl Alarm {
    fn new(client: &Client, at: u64) -> Self {
        let rung = client.clone();
        let woken = client.clone();
        let on_online = Closure::new(move || woken.reconnect());
        if let Some(target) = global() {
            // Fails only if the listener is not a function.
            let _ =
                target.add_event_listener_with_callback(ONLINE, on_online.as_ref().unchecked_ref());
        }
        Self {
            at,
            _timer: Timer::after(Client::millis_until(at), move || rung.ring()),
            on_online,
        }
    }
}

impl Drop for Alarm {
    fn drop(&mut self) {
        if let Some(target) = global() {
            let listener = self.on_online.as_ref().unchecked_ref();
            let _ = target.remove_event_listener_with_callback(ONLINE, listener);
        }
    }
}

const ONLINE: &str = "online";

/// The window or the worker; `None` if there is neither.
fn global() -> Option<EventTarget> {
    js_sys::global().dyn_into().ok()
}

/// The origin that the browser sends with a handshake; empty if there is no page.
fn page_origin() -> String {
    let origin = Reflect::get(&js_sys::global(), &"origin".into());
    let origin = origin.ok().and_then(|origin| origin.as_string());
    origin.unwrap_or_default()
}
