//! Commands as JSON.

use guildhall_client::command::{Command, CommandError};
use serde_json::{Value, json};

use super::{moderation, number};

pub(crate) fn parsed(parsed: Result<Option<Command>, CommandError>) -> Value {
    match parsed {
        Ok(None) => Value::Null,
        Ok(Some(command)) => match command {
            Command::Say(text) => json!({ "command": "say", "text": text }),
            Command::Me(text) => json!({ "command": "me", "text": text }),
            Command::Whisper { to, text } => {
                json!({ "command": "whisper", "to": to, "text": text })
            }
            Command::Reply(text) => json!({ "command": "reply", "text": text }),
            Command::Join(room) => json!({ "command": "join", "room": room }),
            Command::Leave(room) => json!({ "command": "leave", "room": room }),
            Command::Who(room) => json!({ "command": "who", "room": room }),
            Command::Nick(name) => json!({ "command": "nick", "name": name }),
            Command::Rooms => json!({ "command": "rooms" }),
            Command::Quote { line, text } => {
                json!({ "command": "quote", "line": line.map(number), "text": text })
            }
            Command::Edit { line, text } => {
                json!({ "command": "edit", "line": line.map(number), "text": text })
            }
            Command::Delete(line) => json!({ "command": "delete", "line": line.map(number) }),
            Command::React {
                line,
                reaction,
                take_back,
            } => json!({
                "command": if take_back { "unreact" } else { "react" }, "line": line.map(number),
                "reaction": reaction,
            }),
            Command::Search(words) => json!({ "command": "search", "text": words }),
            Command::Unread => json!({ "command": "unread" }),
            Command::Help => json!({ "command": "help" }),
            Command::Moderation(command) => moderation::parsed(command),
        },
        Err(CommandError::Unknown(command)) => json!({ "error": "unknown", "command": command }),
        Err(CommandError::Missing { command, .. }) => {
            json!({ "error": "missing", "command": command })
        }
    }
}
