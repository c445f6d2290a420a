//! The vectors of changes and replies: requests of clients, and lines of the server. The Godot
//! addon is held to the same ones.

use guildhall_protocol::{
    Change, Edit, Line, LineRef, Message as _, Packet, PacketBody, React, Reaction, Remove,
    Request, RequestBody, Say, decode, decode_from_client,
};
use serde::Deserialize;

#[derive(Deserialize)]
struct Vector {
    name: String,
    hex: String,
    request: Option<Asked>,
    line: Option<Told>,
}

/// A request. Numbers are texts, because JSON has no 64 bits.
#[derive(Deserialize)]
struct Asked {
    ask: String,
    id: String,
    room: String,
    at: Place,
    #[serde(default)]
    text: String,
    #[serde(default)]
    reaction: String,
    #[serde(default)]
    take_back: bool,
}

#[derive(Deserialize)]
struct Place {
    epoch: String,
    seq: String,
}

#[derive(Deserialize)]
struct Told {
    room: String,
    epoch: String,
    seq: String,
    time: String,
    sender: String,
    name: String,
    nonce: String,
    text: String,
    reply_to: String,
    change: Option<Changed>,
    edited: String,
    removed: bool,
    reactions: Vec<Counted>,
}

#[derive(Deserialize)]
struct Changed {
    seq: String,
    kind: i32,
    reaction: Option<Counted>,
}

#[derive(Deserialize)]
struct Counted {
    reaction: String,
    count: String,
}

fn number<T: std::str::FromStr>(text: &str) -> T {
    text.parse().ok().expect("a decimal number")
}

impl Asked {
    fn packet(self) -> Packet {
        let Self {
            room,
            text,
            reaction,
            take_back,
            ..
        } = self;
        let line = Some(LineRef {
            epoch: number(&self.at.epoch),
            seq: number(&self.at.seq),
        });
        let ask = match &*self.ask {
            "edit" => RequestBody::Edit(Edit { room, line, text }),
            "remove" => RequestBody::Remove(Remove { room, line }),
            "react" => RequestBody::React(React {
                room,
                line,
                reaction,
                take_back,
            }),
            "reply" => RequestBody::Say(Say {
                room,
                text,
                action: false,
                reply_to: line,
            }),
            other => panic!("no request of these vectors: {other}"),
        };
        let id = number(&self.id);
        PacketBody::Request(Request { id, ask: Some(ask) }).into()
    }
}

impl Counted {
    fn reaction(self) -> Reaction {
        Reaction {
            reaction: self.reaction,
            count: number(&self.count),
        }
    }
}

impl Told {
    fn packet(self) -> Packet {
        PacketBody::Line(Line {
            room: self.room,
            epoch: number(&self.epoch),
            seq: number(&self.seq),
            time: number(&self.time),
            sender: number(&self.sender),
            name: self.name,
            nonce: number(&self.nonce),
            text: self.text,
            reply_to: number(&self.reply_to),
            change: self.change.map(|change| Change {
                user: 0,
                seq: number(&change.seq),
                kind: change.kind,
                reaction: change.reaction.map(Counted::reaction),
            }),
            edited: number(&self.edited),
            removed: self.removed,
            reactions: self.reactions.into_iter().map(Counted::reaction).collect(),
            ..Line::default()
        })
        .into()
    }
}

#[test]
fn changes_and_replies_encode_and_decode() {
    let vectors: Vec<Vector> =
        serde_json::from_str(include_str!("../../proto/testdata/changes.json")).unwrap();
    assert!(vectors.len() > 10);
    for vector in vectors {
        let bytes = hex::decode(&vector.hex).unwrap();
        let is_request = vector.request.is_some();
        let packet = match (vector.request, vector.line) {
            (Some(asked), None) => asked.packet(),
            (None, Some(told)) => told.packet(),
            _ => panic!("{}: one body a vector", vector.name),
        };
        let encoded = hex::encode(packet.encode_to_vec());
        assert_eq!(encoded, vector.hex, "{}", vector.name);
        if is_request {
            assert_eq!(
                decode_from_client(&bytes),
                Ok(packet.clone()),
                "{}",
                vector.name
            );
        }
        assert_eq!(decode(&bytes), Ok(packet), "{}", vector.name);
    }
}
