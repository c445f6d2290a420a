//! The request that a message goes out as.

use alloc::string::String;

use super::{Content, Message, To};
use guildhall_protocol::{Edit, React, Remove, RequestBody, Say, Whisper};

impl Message {
    pub(super) fn request(&self) -> RequestBody {
        let room = match &self.to {
            To::Room(room) => room.clone(),
            To::Id(_) | To::Name(_) => String::new(),
        };
        let (text, action, reply_to) = match self.content.clone() {
            Content::Text {
                text,
                kind,
                reply_to,
            } => (text, kind.is_action(), reply_to),
            Content::Edit { line, text } => {
                let line = Some(line);
                return RequestBody::Edit(Edit { room, line, text });
            }
            Content::Remove { line } => {
                let line = Some(line);
                return RequestBody::Remove(Remove { room, line });
            }
            Content::React {
                line,
                reaction,
                take_back,
            } => {
                return RequestBody::React(React {
                    room,
                    line: Some(line),
                    reaction,
                    take_back,
                });
            }
        };
        let (to, name) = match &self.to {
            To::Room(_) => {
                return RequestBody::Say(Say {
                    room,
                    text,
                    action,
                    reply_to,
                });
            }
            To::Id(id) => (id.0, String::new()),
            To::Name(name) => (0, name.clone()),
        };
        RequestBody::Whisper(Whisper {
            to,
            name,
            text,
            action,
        })
    }
}
