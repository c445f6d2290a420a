//! The client's side of `guildhall.v1`, for the browser page, the terminal client and the
//! load tool: what to send, what to tell the user and when to reconnect, as docs/client.md
//! says. It does no I/O and has no clock: its owner reports what happened, with the time,
//! then does its [`Action`]s and shows its [`Event`]s.
//!
//! This file has the life of the connection, `requests` what the user asks for, and
//! `receive` what the server sends.

mod action;
mod answers;
mod blocks;
mod changes;
mod claim;
mod delayed;
mod event;
mod failure;
mod limits;
mod line;
mod link;
mod lost_hello;
mod mark;
mod members;
mod message;
mod moderation;
mod moved;
mod pending_requests;
mod presence_notice;
mod pushes;
mod reading;
mod receive;
mod replies;
mod reports;
mod requests;
mod room;
mod sanctions;
mod search;
mod tokens;
mod views;

pub use action::{Action, Recipient, State};
pub use claim::Claim;
pub use event::Event;
pub use failure::{FailReason, RequestKind, SendError};
pub use line::{ChatLine, LineChange, MessageKind};
pub(crate) use message::MOST_FAILED;
pub use moderation::{Imposition, RoomChange};
pub use reports::Reportable;
pub use room::RoomView;
pub use search::Query;

use alloc::collections::VecDeque;
use alloc::string::String;
use alloc::vec::Vec;

use crate::{RequestId, UserId};
use answers::Answers;
use blocks::Blocks;
use guildhall_protocol::{CloseCode, Hello, Limits, Request, RequestBody, Role};
use link::{Link, NO_CLOSE_FRAME};
use lost_hello::LostHello;
use message::Messages;
use pending_requests::{PendingRequest, PendingRequests};
use room::Room;
use sanctions::Sanctions;
use search::Search;
use tokens::Tokens;

/// The protocol's version.
const VERSION: u32 = 1;

/// One user's chat, over as many connections as it takes.
///
/// All times are milliseconds of one clock that never goes back. After each
/// call that takes `&mut self`, drain [`next_action`](Self::next_action) and
/// [`next_event`](Self::next_event).
///
/// # Example
///
/// ```
/// use guildhall_client::session::{Action, Event, Session, State};
///
/// let mut session = Session::new("alice");
/// session.join("lobby");
/// session.connect(0);
/// assert_eq!(session.next_action(), Some(Action::Open));
/// assert_eq!(session.next_event(), Some(Event::State(State::Connecting)));
///
/// // The socket is there: Hello goes out.
/// session.opened(40);
/// assert!(matches!(session.next_action(), Some(Action::Send(_))));
///
/// // Without a Welcome, the attempt has failed after 10 s.
/// assert_eq!(session.wake_at(), Some(10_000));
/// ```
pub struct Session {
    link: Link,
    answers: Answers,
    limits: Limits,
    id: Option<UserId>,
    name: String,
    /// The name that the user chose and a server took; empty: none.
    chosen_name: String,
    /// The name that the next Hello asks for.
    pending_name: Option<String>,
    /// When to send Hello again, which was refused for now.
    hello_at: Option<u64>,
    lost_hello: LostHello,
    /// The name that is asked for again at this time, because it was refused for now.
    delayed_rename: Option<(String, u64)>,
    tokens: Tokens,
    account: Account,
    /// Rooms that the user's tokens have named.
    given_rooms: Vec<String>,
    /// The secret of the last Welcome, to resume the session with.
    secret: Vec<u8>,
    /// The number of the last whisper that was received.
    whisper_seq: u64,
    last_whisperer: Option<(UserId, String)>,
    /// The number of the last whisper of another user; 0: there is none in this session.
    last_heard: u64,
    last_request: RequestId,
    pending_requests: PendingRequests,
    rooms: Vec<Room>,
    messages: Messages,
    search: Search,
    sanctions: Sanctions,
    blocks: Blocks,
    actions: VecDeque<Action>,
    events: VecDeque<Event>,
}

/// The user's account, as the last Welcome describes it.
#[derive(Default)]
struct Account {
    /// Empty: a guest.
    user: String,
    info: String,
    /// The number of this session among those of the user.
    session: u64,
    may_rename: bool,
    /// The user's role everywhere.
    role: Role,
}

impl Session {
    /// A session for a user who wants this name. If it is empty, the server makes one up.
    #[must_use]
    pub fn new(name: impl Into<String>) -> Self {
        let mut name = name.into();
        name.truncate(room::cut(&name).len());
        Self {
            link: Link::new(),
            answers: Answers::new(),
            limits: limits::DEFAULT,
            id: None,
            pending_name: Some(name.clone()).filter(|name| !name.is_empty()),
            name,
            chosen_name: String::new(),
            hello_at: None,
            lost_hello: LostHello::default(),
            delayed_rename: None,
            tokens: Tokens::default(),
            account: Account::default(),
            given_rooms: Vec::new(),
            secret: Vec::new(),
            whisper_seq: 0,
            last_whisperer: None,
            last_heard: 0,
            last_request: RequestId(0),
            pending_requests: PendingRequests::default(),
            rooms: Vec::new(),
            messages: Messages::default(),
            search: Search::default(),
            sanctions: Sanctions::default(),
            blocks: Blocks::default(),
            actions: VecDeque::new(),
            events: VecDeque::new(),
        }
    }

    /// The user wants to be online. Ends a wait for the next attempt.
    pub fn connect(&mut self, now: u64) {
        if !self.link.connect(now) {
            return;
        }
        self.emit_state();
        if self.tokens.is_needed(now) {
            self.link.hold();
            self.ask_for_token();
        } else {
            self.actions.push_back(Action::Open);
        }
    }

    /// The user wants to be offline. What has no answer fails.
    pub fn close(&mut self) {
        if matches!(self.state(), State::Closed { .. }) {
            return;
        }
        for index in 0..self.rooms.len() {
            self.send_last_mark(index);
        }
        let code = CloseCode::Normal.code();
        self.close_socket(code);
        self.link.close(code, "");
        self.disconnected();
    }

    /// The platform did not open a socket, and another attempt would be in vain.
    pub fn open_failed(&mut self, reason: &str) {
        if *self.state() == State::Connecting {
            self.link.close(0, reason);
            self.disconnected();
        }
    }

    /// The socket's handshake is done.
    pub fn opened(&mut self, now: u64) {
        if self.link.opened(now) {
            self.say_hello();
        }
    }

    /// Sends Hello with the name that the user wants.
    fn say_hello(&mut self) {
        let name = self.pending_name.as_ref().unwrap_or(&self.chosen_name);
        self.send_hello(name.clone());
    }

    /// The socket is closed: with the code of a close frame, or 1006 without one.
    /// `random` is at least 0 and below 1.
    pub fn closed(&mut self, code: u16, reason: &str, now: u64, random: f64) {
        if self.link.has_socket() {
            self.tokens.closed(code, self.link.is_online());
            self.link.lost(code, reason, now, random);
            self.disconnected();
        }
    }

    /// Time has passed. Call it at [`wake_at`](Self::wake_at); it may be called at any time.
    /// `random` is at least 0 and below 1.
    pub fn tick(&mut self, now: u64, random: f64) {
        if self.messages.queue_due(now) {
            self.send_unblocked();
        }
        if self.hello_at.take_if(|at| *at <= now).is_some() {
            self.say_hello();
        }
        if self.link.is_online() {
            self.send_delayed(now);
            self.tick_token(now);
            self.end_sanctions(now);
        }
        if self.link.is_online() && self.waits_for_answer() && self.answers.tick(now) {
            self.emit(Event::ServerAnswers(false));
        }
        if self.link_wake_at().is_none_or(|due| now < due) {
            return;
        }
        if self.link.has_socket() {
            self.close_socket(CloseCode::HeartbeatTimeout.code());
            self.link.lost(NO_CLOSE_FRAME, "", now, random);
            self.disconnected();
        } else {
            self.connect(now);
        }
    }

    /// When [`tick`](Self::tick) is due.
    #[must_use]
    pub fn wake_at(&self) -> Option<u64> {
        let link = self.link_wake_at()?;
        if !self.link.is_online() {
            return self.hello_at.into_iter().chain([link]).min();
        }
        let waits = self.waits_for_answer();
        let answers = waits.then(|| self.answers.wake_at(self.link.last_received()));
        let others = [
            answers.flatten(),
            self.messages.wake_at(),
            self.delayed_until(),
            self.tokens.wake_at(),
            self.sanctions.wake_at(),
        ];
        Some(others.into_iter().flatten().fold(link, u64::min))
    }

    /// Whether the server answers. It does not if something waits for its answer and nothing
    /// at all came from it for 5 s: see [`Event::ServerAnswers`].
    #[must_use]
    pub fn server_answers(&self) -> bool {
        !self.answers.are_overdue()
    }

    /// Whether something that was sent on this connection has no answer.
    fn waits_for_answer(&self) -> bool {
        !self.pending_requests.is_empty() || self.messages.wait_for_answer()
    }

    fn link_wake_at(&self) -> Option<u64> {
        self.link.wake_at(limits::silence(&self.limits))
    }

    /// The next thing to do.
    pub fn next_action(&mut self) -> Option<Action> {
        self.actions.pop_front()
    }

    /// The next thing to show to the user.
    pub fn next_event(&mut self) -> Option<Event> {
        self.events.pop_front()
    }

    fn emit(&mut self, event: Event) {
        self.events.push_back(event);
    }

    fn emit_state(&mut self) {
        self.events
            .push_back(Event::State(self.link.state().clone()));
    }

    fn send(&mut self, bytes: Vec<u8>) {
        self.actions.push_back(Action::Send(bytes));
    }

    /// Sends a request that is not a message. Returns its ID.
    fn request(&mut self, body: RequestBody, pending: PendingRequest) -> RequestId {
        self.before_asking();
        let id = self.next_request();
        self.pending_requests.push(id, pending);
        let ask = Some(body);
        self.send(Request { id: id.0, ask }.encode_packet());
        id
    }

    fn next_request(&mut self) -> RequestId {
        self.last_request.0 += 1;
        self.last_request
    }

    fn send_hello(&mut self, name: String) {
        let hello = Hello {
            version: VERSION,
            name: name.clone(),
            session: self.secret.clone(),
            whisper_seq: self.whisper_seq,
            token: self.tokens.for_hello(),
        };
        self.request(RequestBody::Hello(hello), PendingRequest::Hello { name });
    }

    fn request_join(&mut self, index: usize) {
        let join = self.rooms[index].join();
        let pending = PendingRequest::Join(join.room.clone());
        let id = self.request(RequestBody::Join(join), pending);
        self.rooms[index].joining = Some(id);
        self.rooms[index].join_at = None;
    }

    /// Something is sent that the server has to answer. The time is not known here: if
    /// nothing else waits, the next tick tells since when.
    fn before_asking(&mut self) {
        if !self.waits_for_answer() {
            self.answers.asked();
        }
    }

    /// Sends the pending messages of a room, or all pending whispers.
    fn send_messages(&mut self, room: Option<&str>) {
        self.before_asking();
        let actions = &mut self.actions;
        self.messages.send(room, |id, ask| {
            let ask = Some(ask);
            let request = Request { id: id.0, ask };
            actions.push_back(Action::Send(request.encode_packet()));
        });
    }

    /// Sends the messages that nothing keeps from being sent any more.
    fn send_unblocked(&mut self) {
        if !self.link.is_online() {
            return;
        }
        for index in 0..self.rooms.len() {
            if self.rooms[index].view.joined {
                let room = self.rooms[index].view.name.clone();
                self.send_messages(Some(&room));
            }
        }
        self.send_messages(None);
    }

    fn close_socket(&mut self, code: u16) {
        if self.link.has_socket() {
            self.actions.push_back(Action::Close(code));
        }
    }

    /// The connection is lost, as `link` knows already: fails what was lost with it.
    fn disconnected(&mut self) {
        self.answers.reset();
        self.hello_at = None;
        self.search_lost();
        self.emit_state();
        for room in &mut self.rooms {
            room.disconnected();
        }
        for request in self.pending_requests.take_all() {
            if let PendingRequest::Hello { name } = request {
                self.lost_hello.note(name);
            } else if request.is_lost() {
                self.events.push_back(Event::RequestFailed {
                    request: request.kind(),
                    subject: request.into_subject(),
                    reason: FailReason::Disconnected,
                });
            }
        }
        self.messages.disconnected();
        if let Some((name, _)) = self.delayed_rename.take() {
            self.pending_name = Some(name);
        }
        if matches!(self.link.state(), State::Closed { .. }) {
            self.tokens.rest();
            let events = &mut self.events;
            self.messages.fail_all(|event| events.push_back(event));
        } else {
            self.fail_in_unwanted_rooms();
        }
    }

    fn fail_in_unwanted_rooms(&mut self) {
        let (rooms, events) = (&self.rooms, &mut self.events);
        self.messages.fail_in_rooms(
            |name| rooms.iter().any(|room| room.view.name == name),
            |event| events.push_back(event),
        );
    }
}
