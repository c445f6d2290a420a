//! A user's chat and the server's side of it, for tests: what the client asks for, what
//! the server answers, and what the user sees of it.

use guildhall_client::conversations::{Addressee, DeliveryStatus, OwnMessage};
use guildhall_client::session::{Action, ChatLine, MessageKind};
use guildhall_client::texts::Language;
use guildhall_client::{RequestId, UserId};
use guildhall_protocol::{
    ErrorCode, Joined, Limits, Message as _, Packet, PacketBody, Reply, ReplyResult, Request,
    RequestBody, RequestError, Welcome, decode,
};

use crate::chat::lines::line::Palette;
use crate::chat::state::ChatState;
use crate::chat::view::View;

/// A user's chat and the server's side of it.
pub(super) struct TestChat {
    pub(super) state: ChatState,
    /// Requests without an answer.
    pub(super) requests: Vec<Request>,
    /// What the user saw.
    pub(super) shown: Vec<String>,
}

/// A message of another user in the lobby.
pub(super) fn message_by_ann() -> ChatLine {
    ChatLine {
        room: "lobby".into(),
        epoch: 1,
        seq: 1,
        time: 0,
        sender: UserId(7),
        name: "Ann".into(),
        nonce: RequestId(0),
        text: "hi".into(),
        action: false,
        own: false,
        replay: false,
        reply_to: 0,
        edited: 0,
        removed: false,
        reactions: Vec::new(),
        user: String::new(),
        info: String::new(),
    }
}

/// A message of the user's that is on its way.
pub(super) fn own_message(room: Option<&str>, to: &str, text: &str) -> OwnMessage {
    OwnMessage {
        nonce: RequestId(1),
        conversation: None,
        room: room.map(str::to_owned),
        to: to.into(),
        addressee: Addressee::Named,
        text: text.into(),
        kind: MessageKind::Text,
        status: DeliveryStatus::Pending,
    }
}

impl TestChat {
    /// A user at a terminal, or a script, that wants to be in the lobby.
    pub(super) fn new(interactive: bool) -> Self {
        let view = View::new(Language::En, Palette::Plain, None);
        let rooms = ["lobby".to_owned()];
        let state = ChatState::new("Ann", &rooms, Language::En, view, interactive);
        let mut chat = Self {
            state,
            requests: Vec::new(),
            shown: Vec::new(),
        };
        chat.state.session().connect(0);
        chat.drain();
        chat
    }

    /// The same, in the lobby.
    pub(super) fn open(interactive: bool) -> Self {
        let mut chat = Self::new(interactive);
        chat.state.session().opened(0);
        chat.drain();
        chat.welcome();
        chat.join("lobby");
        chat.shown.clear();
        chat
    }

    pub(super) fn typed(&mut self, text: &str) {
        self.state.typed(text, None);
        self.drain();
    }

    pub(super) fn tick(&mut self, now: u64) {
        self.state.tick(now, 0.5);
        self.drain();
    }

    pub(super) fn drain(&mut self) {
        let (actions, lines) = self.state.drain(0);
        self.shown.extend(lines.into_iter().map(|line| line.text));
        for action in actions {
            if let Action::Send(bytes) = action
                && let Some(PacketBody::Request(request)) = decode(&bytes).unwrap().msg
            {
                self.requests.push(request);
            }
        }
    }

    /// The server answers the oldest request.
    pub(super) fn answer(&mut self, result: ReplyResult) -> RequestBody {
        let Request { id, ask } = self.requests.remove(0);
        let result = Some(result);
        self.receive(PacketBody::Reply(Reply { id, result }));
        ask.unwrap()
    }

    pub(super) fn receive(&mut self, body: PacketBody) {
        let bytes = Packet::from(body).encode_to_vec();
        self.state.session().received(&bytes, 0);
        self.drain();
    }

    pub(super) fn welcome(&mut self) {
        let welcome = Welcome {
            version: 1,
            id: 7,
            name: "Ann".into(),
            session: vec![1],
            limits: Some(Limits {
                text_bytes: 100,
                unanswered: 2,
                ..*self.state.session().limits()
            }),
            ..Welcome::default()
        };
        self.answer(ReplyResult::Welcome(welcome));
    }

    /// The server answers that the room is joined, and writes its name like this.
    pub(super) fn join(&mut self, room: &str) {
        let joined = Joined {
            room: room.into(),
            epoch: 1,
            first_seq: 3,
            count: 1,
            ..Joined::default()
        };
        self.answer(ReplyResult::Joined(joined));
    }

    pub(super) fn refuse(&mut self) {
        let error = RequestError {
            code: ErrorCode::NotInRoom.into(),
            arguments: vec!["lobby".into()],
            ..RequestError::default()
        };
        self.answer(ReplyResult::Error(error));
    }

    /// The room and the text of each say that has no answer.
    pub(super) fn says(&self) -> Vec<(&str, &str)> {
        let asks = self.requests.iter().map(|request| request.ask.as_ref());
        asks.filter_map(|ask| match ask {
            Some(RequestBody::Say(say)) => Some((say.room.as_str(), say.text.as_str())),
            _ => None,
        })
        .collect()
    }
}
