//! The parts of a script: calls, and a server's packets.

use std::fmt::Write as _;

use guildhall_protocol::{
    Change, ChangeKind, Joined, Limits, Line, Member, Message as _, Packet, PacketBody, Reaction,
    Reply, ReplyResult, RequestError, Welcome, WhisperLine,
};
use serde_json::{Value, json};

use crate::json;
use crate::player::Player;

/// The server's clock at the beginning.
pub(crate) const TIME: u64 = 1_767_225_600_000;

/// A trace that is being written.
pub(crate) struct Script {
    wanted_name: String,
    player: Player,
    now: u64,
    note: Option<String>,
    steps: Vec<Value>,
}

impl Script {
    pub(crate) fn new(wanted_name: &str) -> Self {
        Self {
            wanted_name: wanted_name.into(),
            player: Player::new(wanted_name),
            now: 0,
            note: None,
            steps: Vec::new(),
        }
    }

    /// Sets the time of the steps that follow.
    pub(crate) fn at(&mut self, now: u64) -> &mut Self {
        self.now = now;
        self
    }

    /// Adds a note to the next step that says why it is there.
    pub(crate) fn note(&mut self, note: &str) -> &mut Self {
        self.note = Some(note.into());
        self
    }

    pub(crate) fn call(&mut self, call: Value) -> &mut Self {
        let mut step = self.player.play(&call, self.now);
        if let Some(note) = self.note.take() {
            step["note"] = note.into();
        }
        self.steps.push(step);
        self
    }

    pub(crate) fn resume(&mut self, secret: &[u8], after: u64) -> &mut Self {
        let secret = hex::encode(secret);
        self.call(json!({ "call": "resume", "secret": secret, "after": after.to_string() }))
    }

    pub(crate) fn connect(&mut self) -> &mut Self {
        self.call(json!({ "call": "connect" }))
    }

    pub(crate) fn set_token(&mut self, token: &str) -> &mut Self {
        self.call(json!({ "call": "set_token", "token": token }))
    }

    pub(crate) fn no_token(&mut self, reason: &str, random: f64) -> &mut Self {
        self.call(json!({ "call": "no_token", "reason": reason, "random": random }))
    }

    pub(crate) fn opened(&mut self) -> &mut Self {
        self.call(json!({ "call": "opened" }))
    }

    pub(crate) fn closed(&mut self, code: u16, reason: &str, random: f64) -> &mut Self {
        self.call(json!({ "call": "closed", "code": code, "reason": reason, "random": random }))
    }

    pub(crate) fn tick(&mut self, random: f64) -> &mut Self {
        self.call(json!({ "call": "tick", "random": random }))
    }

    /// The connection is lost. After the shortest wait, another one is opened.
    pub(crate) fn reconnect(&mut self, lost: u64, opened: u64) -> &mut Self {
        self.at(lost).closed(1006, "", 0.0);
        self.at(lost + 100).tick(0.0).at(opened).opened()
    }

    pub(crate) fn join(&mut self, room: &str) -> &mut Self {
        self.call(json!({ "call": "join", "room": room }))
    }

    pub(crate) fn leave(&mut self, room: &str) -> &mut Self {
        self.call(json!({ "call": "leave", "room": room }))
    }

    pub(crate) fn say(&mut self, room: &str, text: &str) -> &mut Self {
        self.call(json!({ "call": "say", "room": room, "text": text, "action": false }))
    }

    pub(crate) fn reply_to(&mut self, room: &str, seq: u64, text: &str) -> &mut Self {
        self.call(json!({
            "call": "say", "room": room, "text": text, "action": false,
            "reply_to": seq.to_string(),
        }))
    }

    pub(crate) fn edit(&mut self, room: &str, seq: u64, text: &str) -> &mut Self {
        self.call(json!({ "call": "edit", "room": room, "seq": seq.to_string(), "text": text }))
    }

    pub(crate) fn remove(&mut self, room: &str, seq: u64) -> &mut Self {
        self.call(json!({ "call": "remove", "room": room, "seq": seq.to_string() }))
    }

    pub(crate) fn react(&mut self, room: &str, seq: u64, reaction: &str) -> &mut Self {
        self.call(json!({
            "call": "react", "room": room, "seq": seq.to_string(), "reaction": reaction,
            "take_back": false,
        }))
    }

    pub(crate) fn take_back(&mut self, room: &str, seq: u64, reaction: &str) -> &mut Self {
        self.call(json!({
            "call": "react", "room": room, "seq": seq.to_string(), "reaction": reaction,
            "take_back": true,
        }))
    }

    pub(crate) fn mark_read(&mut self, room: &str, seq: u64) -> &mut Self {
        self.call(json!({ "call": "mark_read", "room": room, "seq": seq.to_string() }))
    }

    pub(crate) fn fetch_history(&mut self, room: &str) -> &mut Self {
        self.call(json!({ "call": "fetch_history", "room": room }))
    }

    pub(crate) fn whisper(&mut self, to_name: &str, text: &str) -> &mut Self {
        self.call(json!({ "call": "whisper", "to_name": to_name, "text": text, "action": false }))
    }

    pub(crate) fn rename(&mut self, name: &str) -> &mut Self {
        self.call(json!({ "call": "rename", "name": name }))
    }

    pub(crate) fn receive_bytes(&mut self, bytes: &[u8]) -> &mut Self {
        let note = json::note(bytes);
        self.call(json!({ "call": "received", "hex": hex::encode(bytes), "note": note }))
    }

    pub(crate) fn receive(&mut self, body: PacketBody) -> &mut Self {
        self.receive_bytes(&Packet::from(body).encode_to_vec())
    }

    pub(crate) fn reply(&mut self, id: u64, result: ReplyResult) -> &mut Self {
        let result = Some(result);
        self.receive(PacketBody::Reply(Reply { id, result }))
    }

    pub(crate) fn line(&mut self, line: Line) -> &mut Self {
        self.receive(PacketBody::Line(line))
    }

    /// Online at 100 ms as client 7, alice; request 1 was Hello.
    pub(crate) fn online(&mut self) -> &mut Self {
        self.at(0).connect().at(50).opened().at(100);
        self.reply(1, welcome(7, "alice", false))
    }

    /// As [`Self::online`], and in the room "lobby", where line 1 was said;
    /// request 2 was Join.
    pub(crate) fn in_lobby(&mut self) -> &mut Self {
        self.online().join("lobby");
        self.reply(2, joined("lobby", 1, 1, false))
            .line(line("lobby", 1, 9, 3, "hi"))
    }

    pub(crate) fn into_text(self, name: &str, about: &str) -> String {
        let mut text = format!(
            "{{\n  \"name\": {},\n  \"about\": {},\n  \"wanted_name\": {},\n  \"steps\": [",
            json!(name),
            json!(about),
            json!(self.wanted_name),
        );
        for (index, step) in self.steps.iter().enumerate() {
            text += if index == 0 { "\n    {" } else { ",\n    {" };
            let keys = [
                "note", "at", "do", "returns", "actions", "events", "wake_at", "standing",
            ];
            let mut separator = "\n";
            for key in keys {
                let Some(value) = step.get(key) else { continue };
                write!(text, "{separator}      \"{key}\": {}", spread(value))
                    .expect("writing to a string does not fail");
                separator = ",\n";
            }
            text += "\n    }";
        }
        text + "\n  ]\n}\n"
    }
}

/// A list with one line for each of its parts.
fn spread(value: &Value) -> String {
    match value.as_array() {
        Some(parts) if !parts.is_empty() => {
            let parts: Vec<_> = parts.iter().map(|part| format!("        {part}")).collect();
            format!("[\n{}\n      ]", parts.join(",\n"))
        }
        _ => value.to_string(),
    }
}

/// The limits of the server in these traces.
pub(crate) const LIMITS: Limits = Limits {
    text_bytes: 4096,
    name_characters: 32,
    room_name_characters: 64,
    rooms: 16,
    history_page: 3,
    resume_seconds: 60,
    heartbeat_seconds: 25,
    unanswered: 64,
    edit_seconds: 0,
    reactions: 0,
    reaction_bytes: 0,
    blocks: 500,
    note_bytes: 500,
};

pub(crate) fn welcome(id: u64, name: &str, resumed: bool) -> ReplyResult {
    ReplyResult::Welcome(welcome_message(id, name, resumed))
}

pub(crate) fn welcome_message(id: u64, name: &str, resumed: bool) -> Welcome {
    Welcome {
        version: 1,
        id,
        name: name.into(),
        session: b"secret".to_vec(),
        resumed,
        limits: Some(LIMITS),
        time: TIME,
        whisper_seq: 0,
        whisper_gap: None,
        ..Welcome::default()
    }
}

/// Joined in epoch 5, with alice (7) and bob (9) in the room.
pub(crate) fn joined(room: &str, first_seq: u64, last_seq: u64, resumed: bool) -> ReplyResult {
    ReplyResult::Joined(joined_message(room, first_seq, last_seq, resumed))
}

pub(crate) fn joined_message(room: &str, first_seq: u64, last_seq: u64, resumed: bool) -> Joined {
    Joined {
        room: room.into(),
        epoch: 5,
        first_seq,
        last_seq,
        resumed,
        gap: None,
        count: 2,
        listed: true,
        members: vec![member(7, "alice"), member(9, "bob")],
        ..Joined::default()
    }
}

pub(crate) fn member(id: u64, name: &str) -> Member {
    let name = name.into();
    Member {
        id,
        name,
        ..Member::default()
    }
}

/// A line of epoch 5, by alice (7) or bob (9).
pub(crate) fn line(room: &str, seq: u64, sender: u64, nonce: u64, text: &str) -> Line {
    Line {
        room: room.into(),
        epoch: 5,
        seq,
        time: TIME + seq % 1_000,
        sender,
        name: name_of(sender),
        nonce,
        text: text.into(),
        action: false,
        ..Line::default()
    }
}

/// A change of epoch 5, by alice (7) or bob (9).
pub(crate) fn change(seq: u64, sender: u64, nonce: u64, kind: ChangeKind, changed: u64) -> Line {
    let change = Change {
        user: 0,
        seq: changed,
        kind: kind.into(),
        reaction: None,
    };
    Line {
        change: Some(change),
        ..line("lobby", seq, sender, nonce, "")
    }
}

/// An edit in the lobby.
pub(crate) fn edited(seq: u64, sender: u64, nonce: u64, changed: u64, text: &str) -> Line {
    Line {
        text: text.into(),
        ..change(seq, sender, nonce, ChangeKind::Edited, changed)
    }
}

/// A reaction in the lobby that was added (or taken back), and how many users have it now.
pub(crate) fn reacted(
    (seq, sender, nonce): (u64, u64, u64),
    kind: ChangeKind,
    changed: u64,
    now: (&str, u32),
) -> Line {
    let mut line = change(seq, sender, nonce, kind, changed);
    if let Some(change) = &mut line.change {
        change.reaction = Some(reaction(now.0, now.1));
    }
    line
}

pub(crate) fn reaction(reaction: &str, count: u32) -> Reaction {
    let reaction = reaction.into();
    Reaction { reaction, count }
}

/// A whisper between alice (7) and bob (9).
pub(crate) fn whispered(seq: u64, sender: u64, nonce: u64, text: &str) -> PacketBody {
    let receiver = 16 - sender;
    PacketBody::Whisper(WhisperLine {
        seq,
        time: TIME + seq % 1_000,
        sender,
        sender_name: name_of(sender),
        receiver,
        receiver_name: name_of(receiver),
        nonce,
        text: text.into(),
        action: false,
        ..WhisperLine::default()
    })
}

fn name_of(id: u64) -> String {
    (if id == 7 { "alice" } else { "bob" }).into()
}

pub(crate) fn error(code: i32, arguments: &[&str]) -> ReplyResult {
    ReplyResult::Error(RequestError {
        code,
        arguments: arguments.iter().map(|&argument| argument.into()).collect(),
        temporary: false,
        retry_after: 0,
    })
}

/// An error that passes: the same request may be sent again after this time.
pub(crate) fn later(code: i32, arguments: &[&str], retry_after: u32) -> ReplyResult {
    let ReplyResult::Error(mut error) = error(code, arguments) else {
        unreachable!("it is an error")
    };
    error.temporary = true;
    error.retry_after = retry_after;
    ReplyResult::Error(error)
}
