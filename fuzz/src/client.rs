//! The target `client`: what a hostile server sends to a client's session, and what its user does
//! meanwhile. Whatever comes, what the session sends is well-formed, and what it keeps is bounded.

use guildhall_client::command::{self, Command};
use guildhall_client::conversations::{Conversation, Conversations, Layout};
use guildhall_client::info::Info;
use guildhall_client::session::{Action, Session, State};
use guildhall_client::texts::{self, Language};
use guildhall_protocol::decode_from_client;
use guildhall_protocol::limits::MAX_CLIENT_PACKET_BYTES;

use crate::input::Input;

/// Plays steps until the bytes are used up. Each begins with its kind.
pub fn run(data: &[u8]) {
    let mut input = Input(data);
    let first = input.byte().unwrap_or_default();
    let layout = match first & 1 {
        1 => Layout::Stream,
        _ => Layout::Tabs,
    };
    let mut session = Session::new("alice");
    if first & 2 != 0 {
        session.use_tokens();
    }
    let mut client = Client {
        session,
        conversations: Conversations::new(layout),
        now: 0,
        events: 0,
    };
    client.session.connect(0);
    client.session.opened(0);
    while let Some(kind) = input.byte() {
        client.step(kind, &mut input);
        client.check();
    }
}

struct Client {
    session: Session,
    conversations: Conversations,
    /// The time in milliseconds.
    now: u64,
    /// How many events may come at most from now on.
    events: usize,
}

impl Client {
    fn step(&mut self, kind: u8, input: &mut Input<'_>) {
        let session = &mut self.session;
        self.events += 8;
        match kind % 16 {
            0..=8 => {
                let bytes = input.bytes();
                self.events += bytes.len();
                session.received(bytes, self.now);
            }
            9..=11 => {
                let text = String::from_utf8_lossy(input.bytes()).into_owned();
                if let Ok(Some(command)) = command::parse(&text) {
                    self.run(command);
                }
            }
            12 => match kind / 16 {
                0 => session.open_failed("no way"),
                1 => session.close(),
                2 => session.set_token("a token", self.now),
                3 => session.set_token("", self.now),
                4 => session.no_token("none is left", self.now, 0.5),
                5 => session
                    .claim()
                    .into_iter()
                    .for_each(|it| session.resume(it)),
                6 => session.opened(self.now),
                _ => {
                    session.connect(self.now);
                    session.opened(self.now);
                }
            },
            13 => {
                let code = match u16::from(input.byte().unwrap_or_default()) {
                    code @ 0..16 => 1000 + code,
                    code @ 16..32 => 3500 - 16 + code,
                    code => 3000 - 32 + code,
                };
                session.closed(code, "closed", self.now, f64::from(kind / 16) / 16.0);
            }
            14 => {
                let wait = input.byte().unwrap_or_default();
                self.now += 50 * u64::from(wait) * u64::from(wait);
                session.tick(self.now, 0.5);
            }
            _ => {
                if let Some(last) = self.conversations.iter().last().map(Conversation::id) {
                    self.conversations.select(last);
                    self.conversations.mark_read(last);
                }
                self.conversations.keep_up(session);
            }
        }
    }

    fn run(&mut self, command: Command) {
        let session = &mut self.session;
        let result = self.conversations.run(session, command, None);
        // The user is told this instead.
        drop(result);
    }

    fn check(&mut self) {
        let session = &mut self.session;
        while let Some(event) = session.next_event() {
            assert!(self.events > 0, "too many events");
            self.events -= 1;
            for language in Language::ALL {
                // All that a server has sent is shown in every language.
                let _ = texts::event(language, &event);
            }
            let update = self.conversations.apply(session, &event, true);
            let known = |id| self.conversations.get(id).is_some();
            assert!(update.conversation.is_none_or(known));
        }
        while let Some(action) = session.next_action() {
            if let Action::Send(bytes) = action {
                assert!(bytes.len() < MAX_CLIENT_PACKET_BYTES);
                let sent = decode_from_client(&bytes);
                assert!(sent.is_ok(), "{sent:?}");
            }
        }
        let is_closed = matches!(session.state(), State::Closed { .. });
        assert!(is_closed || session.awaits_token() || session.wake_at().is_some());
        assert!(session.rooms().count() <= 1_000);
        for room in session.rooms() {
            assert!(room.listed || room.members.is_empty());
            assert!(room.members.len() <= 4_096);
            for member in room.members.values() {
                let _ = Info::read(&member.info);
            }
        }
        for conversation in self.conversations.iter() {
            for line in conversation.lines() {
                assert!(!line.removed || line.text.is_empty());
            }
        }
    }
}
