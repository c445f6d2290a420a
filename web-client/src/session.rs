//! What a client does next: the rules of a connection, without a browser.
//!
//! [`Session`] is told what happened and answers with [`Action`]s for
//! `client` to carry out, in order. It knows no clock, no random numbers and
//! no socket: `now` and `random` are passed in.

use guildhall_protocol::limits::{MAX_SERVER_PACKET_BYTES, MAX_TEXT_BYTES};
use guildhall_protocol::{CloseCode, Message as _, Packet, decode, packet_arm};

use crate::backoff::Backoff;
use crate::event::{Event, ReceiveError, SendError};
use crate::state::State;

/// An attempt that has not made us online within this time has failed.
const CONNECT_WITHIN_MILLIS: u32 = 10_000;

/// A connection that was online for this long has proved itself: the next
/// loss starts with short waits again. Without it a server that accepts and
/// closes at once would be called twice a second for ever.
const PROVED_AFTER_MILLIS: f64 = 5_000.0;

/// What a connection ends with that no close frame ended (RFC 6455 section
/// 7.4.1).
const ABNORMAL: u16 = 1006;

/// What `client` is to do.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Action {
    /// Open a socket.
    Open,
    /// Say goodbye to the socket and hear nothing more from it.
    Hang,
    /// Call [`Session::alarm`] after this many milliseconds, instead of what
    /// was asked for before.
    Alarm(u32),
    /// Forget the alarm.
    NoAlarm,
    /// Tell the user.
    Emit(Event),
}

/// The rules of one client's connections, one after the other.
#[derive(Debug)]
pub(crate) struct Session {
    state: State,
    id: Option<u64>,
    online_since: f64,
    backoff: Backoff,
}

impl Session {
    pub(crate) fn new() -> Self {
        Self {
            state: State::Idle,
            id: None,
            online_since: 0.0,
            backoff: Backoff::default(),
        }
    }

    pub(crate) fn state(&self) -> &State {
        &self.state
    }

    pub(crate) fn id(&self) -> Option<u64> {
        self.id
    }

    /// The user wants to be connected: starts, or cuts a wait short.
    pub(crate) fn connect(&mut self) -> Vec<Action> {
        match self.state {
            State::Connecting | State::Online => Vec::new(),
            State::Waiting { .. } => self.attempt(),
            State::Idle | State::Closed { .. } => {
                self.backoff.reset();
                self.attempt()
            }
        }
    }

    /// The user wants no connection.
    pub(crate) fn close(&mut self) -> Vec<Action> {
        match self.state {
            State::Idle | State::Closed { .. } => Vec::new(),
            _ => self.end(CloseCode::Normal.code(), "closed by this client"),
        }
    }

    /// The browser refused to open a socket, and would again.
    pub(crate) fn refused(&mut self, reason: &str) -> Vec<Action> {
        self.end(0, reason)
    }

    /// A binary message came.
    pub(crate) fn received(&mut self, bytes: &[u8], now: f64) -> Vec<Action> {
        if bytes.len() > MAX_SERVER_PACKET_BYTES {
            return error(ReceiveError::TooBig);
        }
        let packet = match decode(bytes) {
            Ok(packet) => packet,
            Err(problem) => return error(problem.into()),
        };
        match packet.msg {
            Some(packet_arm::Chat(chat)) => vec![Action::Emit(Event::Message {
                sender: packet.sender_id,
                text: chat.msg,
            })],
            Some(packet_arm::Id(_)) if self.id.is_some() => error(ReceiveError::SecondId),
            Some(packet_arm::Id(id)) => {
                self.id = Some(id.id);
                self.online_since = now;
                let id = Action::Emit(Event::Id(id.id));
                vec![Action::NoAlarm, id, self.enter(State::Online)]
            }
            // An arm of a later server, or of another game's: not for us.
            _ => Vec::new(),
        }
    }

    /// A text message came.
    pub(crate) fn received_text() -> Vec<Action> {
        error(ReceiveError::Text)
    }

    /// The socket has closed by itself.
    pub(crate) fn closed(&mut self, code: u16, reason: &str, now: f64, random: f64) -> Vec<Action> {
        if !CloseCode::reconnect(code) {
            return self.end(code, reason);
        }
        if self.state == State::Online && now - self.online_since >= PROVED_AFTER_MILLIS {
            self.backoff.reset();
        }
        self.id = None;
        let millis = self.backoff.next(random);
        let waiting = State::Waiting {
            millis,
            code,
            reason: reason.into(),
        };
        vec![Action::Hang, Action::Alarm(millis), self.enter(waiting)]
    }

    /// The time asked for with [`Action::Alarm`] is over.
    pub(crate) fn alarm(&mut self, now: f64, random: f64) -> Vec<Action> {
        match self.state {
            State::Connecting => self.closed(ABNORMAL, "", now, random),
            State::Waiting { .. } => self.attempt(),
            State::Idle | State::Online | State::Closed { .. } => Vec::new(),
        }
    }

    /// The bytes to send for `text`.
    pub(crate) fn packet(&self, text: &str) -> Result<Vec<u8>, SendError> {
        match text.len() {
            0 => Err(SendError::Empty),
            bytes if bytes > MAX_TEXT_BYTES => Err(SendError::TooLong(bytes)),
            _ if self.state != State::Online => Err(SendError::NotOnline),
            _ => Ok(Packet::chat(0, text).encode_to_vec()),
        }
    }

    fn attempt(&mut self) -> Vec<Action> {
        vec![
            Action::Alarm(CONNECT_WITHIN_MILLIS),
            self.enter(State::Connecting),
            Action::Open,
        ]
    }

    fn end(&mut self, code: u16, reason: &str) -> Vec<Action> {
        self.id = None;
        let reason = reason.into();
        vec![
            Action::NoAlarm,
            Action::Hang,
            self.enter(State::Closed { code, reason }),
        ]
    }

    fn enter(&mut self, state: State) -> Action {
        self.state = state.clone();
        Action::Emit(Event::State(state))
    }
}

fn error(error: ReceiveError) -> Vec<Action> {
    vec![Action::Emit(Event::Error(error))]
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOST: u16 = ABNORMAL;

    fn id_packet(id: u64) -> Vec<u8> {
        Packet::id(id).encode_to_vec()
    }

    fn state(state: State) -> Action {
        Action::Emit(Event::State(state))
    }

    fn online() -> Session {
        let mut session = Session::new();
        session.connect();
        session.received(&id_packet(7), 0.0);
        assert_eq!(session.state(), &State::Online);
        session
    }

    /// The wait after losing a connection, with the longest jitter.
    fn wait_after_loss(session: &mut Session, now: f64) -> u32 {
        session.closed(LOST, "", now, 1.0);
        match session.state() {
            State::Waiting { millis, .. } => *millis,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_way_in() {
        let mut session = Session::new();
        assert_eq!(session.state(), &State::Idle);
        assert_eq!(
            session.connect(),
            [
                Action::Alarm(CONNECT_WITHIN_MILLIS),
                state(State::Connecting),
                Action::Open
            ]
        );
        // The ID of the largest client: nothing of it is lost.
        let id = i64::MAX.cast_unsigned();
        assert_eq!(
            session.received(&id_packet(id), 0.0),
            [
                Action::NoAlarm,
                Action::Emit(Event::Id(id)),
                state(State::Online)
            ]
        );
        assert_eq!(session.id(), Some(id));
        assert_eq!(session.connect(), [], "it is connected already");
    }

    #[test]
    fn chat_is_told_with_its_speaker() {
        let mut session = online();
        let bytes = Packet::chat(9, "hi\n").encode_to_vec();
        let told = Action::Emit(Event::Message {
            sender: 9,
            text: "hi\n".into(),
        });
        assert_eq!(session.received(&bytes, 0.0), [told]);
    }

    #[test]
    fn the_golden_vectors_are_told() {
        #[derive(serde::Deserialize)]
        struct Vector {
            hex: String,
            sender_id: String,
            chat: Option<String>,
            id: Option<String>,
        }
        let vectors: Vec<Vector> =
            serde_json::from_str(include_str!("../../proto/testdata/golden.json")).unwrap();
        for vector in vectors {
            let mut session = Session::new();
            session.connect();
            let actions = session.received(&hex::decode(&vector.hex).unwrap(), 0.0);
            let expected = match (vector.chat, vector.id) {
                (Some(text), _) => Event::Message {
                    sender: vector.sender_id.parse().unwrap(),
                    text,
                },
                (None, id) => Event::Id(id.unwrap().parse().unwrap()),
            };
            assert!(
                actions.contains(&Action::Emit(expected)),
                "{}: {actions:?}",
                vector.hex
            );
        }
    }

    #[test]
    fn what_is_no_packet_is_reported_and_the_connection_lives() {
        let mut session = online();
        let whole = Packet::chat(9, "hello").encode_to_vec();
        let half = &whole[..whole.len() - 1];
        let too_big = vec![0; MAX_SERVER_PACKET_BYTES + 1];
        let cases: [(&[u8], &str); 4] = [
            (half, "not-a-packet"),
            (b"", "not-a-packet"),
            (&[0x12, 0x03, 0x0a, 0x01, 0xff], "not-a-packet"),
            (&too_big, "message-too-big"),
        ];
        for (bytes, name) in cases {
            match session.received(bytes, 0.0).as_slice() {
                [Action::Emit(Event::Error(error))] => assert_eq!(error.name(), name),
                other => panic!("{other:?}"),
            }
        }
        let text = Action::Emit(Event::Error(ReceiveError::Text));
        assert_eq!(Session::received_text(), [text]);
        assert_eq!(session.state(), &State::Online);
    }

    #[test]
    fn a_peer_cannot_change_our_id() {
        let mut session = online();
        let told = Action::Emit(Event::Error(ReceiveError::SecondId));
        assert_eq!(session.received(&id_packet(8), 0.0), [told]);
        assert_eq!(session.id(), Some(7));
    }

    #[test]
    fn an_arm_of_a_later_server_is_passed_over() {
        assert_eq!(online().received(&[0xa2, 0x01, 0x00], 0.0), []);
    }

    #[test]
    fn a_lost_connection_comes_back_with_a_new_id() {
        let mut session = online();
        let waiting = State::Waiting {
            millis: 300,
            code: 1001,
            reason: "bye".into(),
        };
        assert_eq!(
            session.closed(1001, "bye", 60_000.0, 0.5),
            [Action::Hang, Action::Alarm(300), state(waiting)]
        );
        assert_eq!(session.id(), None);
        session.alarm(0.0, 0.0);
        assert_eq!(session.state(), &State::Connecting);
        session.received(&id_packet(8), 0.0);
        assert_eq!(session.id(), Some(8));
    }

    #[test]
    fn the_close_code_decides_whether_it_comes_back() {
        for code in [1001, 1005, 1006, 1011, 1012, 3000, 3001, 3499] {
            let mut session = online();
            session.closed(code, "", 0.0, 0.0);
            assert_eq!(session.state().kind(), "waiting", "{code}");
        }
        for code in [1000, 1002, 1007, 1008, 1009, 3500, 4000] {
            let mut session = online();
            let actions = session.closed(code, "why", 0.0, 0.0);
            let reason = "why".to_string();
            let closed = State::Closed { code, reason };
            assert_eq!(actions, [Action::NoAlarm, Action::Hang, state(closed)]);
        }
    }

    #[test]
    fn an_attempt_without_an_answer_is_given_up() {
        let mut session = Session::new();
        session.connect();
        let actions = session.alarm(0.0, 1.0);
        assert_eq!(actions[0], Action::Hang);
        let waiting = State::Waiting {
            millis: 500,
            code: LOST,
            reason: String::new(),
        };
        assert_eq!(session.state(), &waiting);
    }

    #[test]
    fn waits_grow_until_a_connection_has_proved_itself() {
        let mut session = online();
        assert_eq!(wait_after_loss(&mut session, 10.0), 500);
        session.alarm(0.0, 0.0);
        session.received(&id_packet(8), 1_000.0);
        let too_soon = 1_000.0 + PROVED_AFTER_MILLIS - 1.0;
        assert_eq!(wait_after_loss(&mut session, too_soon), 1_000);
        session.alarm(0.0, 0.0);
        session.received(&id_packet(9), 1_000.0);
        let proved = 1_000.0 + PROVED_AFTER_MILLIS;
        assert_eq!(wait_after_loss(&mut session, proved), 500);
    }

    #[test]
    fn asking_to_connect_cuts_a_wait_short_and_nothing_else() {
        let mut session = online();
        session.closed(LOST, "", 0.0, 1.0);
        assert!(session.connect().contains(&Action::Open));
        assert_eq!(session.connect(), [], "an attempt is under way");
        // It was no success: the next wait is still a longer one.
        assert_eq!(wait_after_loss(&mut session, 0.0), 1_000);
    }

    #[test]
    fn closing_ends_an_attempt_a_wait_and_a_connection() {
        let mut connecting = Session::new();
        connecting.connect();
        let mut waiting = online();
        waiting.closed(LOST, "", 0.0, 0.0);
        for mut session in [connecting, waiting, online()] {
            let actions = session.close();
            assert_eq!(actions[..2], [Action::NoAlarm, Action::Hang]);
            assert_eq!(session.state().kind(), "closed");
            assert_eq!(session.alarm(0.0, 0.0), [], "an alarm that came too late");
            assert_eq!(session.close(), []);
            assert!(session.connect().contains(&Action::Open));
        }
    }

    #[test]
    fn what_the_browser_refuses_is_not_tried_again() {
        let mut session = Session::new();
        session.connect();
        session.refused("insecure");
        let reason = "insecure".to_string();
        assert_eq!(session.state(), &State::Closed { code: 0, reason });
    }

    #[test]
    fn only_an_online_session_sends_and_says_why_it_does_not() {
        let packet = Packet::chat(0, "hi").encode_to_vec();
        assert_eq!(online().packet("hi"), Ok(packet));
        assert_eq!(Session::new().packet("hi"), Err(SendError::NotOnline));
        assert_eq!(online().packet(""), Err(SendError::Empty));
    }

    #[test]
    fn the_limit_counts_bytes_and_not_letters() {
        let letters = MAX_TEXT_BYTES / 2;
        assert!(online().packet(&"é".repeat(letters)).is_ok());
        let bytes = (letters + 1) * 2;
        assert_eq!(
            online().packet(&"é".repeat(letters + 1)),
            Err(SendError::TooLong(bytes))
        );
    }
}
