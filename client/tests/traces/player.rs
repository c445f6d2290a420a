//! Makes the calls of a trace and records what comes of them.

mod moderation;

use std::iter;

use guildhall_client::session::{Claim, MessageKind, Query, Recipient, Session};
use guildhall_client::{RequestId, UserId};
use serde_json::{Value, json};

use crate::json;

pub(crate) struct Player(Session);

impl Player {
    pub(crate) fn new(wanted_name: &str) -> Self {
        Self(Session::new(wanted_name))
    }

    /// Makes one call. Returns the step with all that comes of it.
    pub(crate) fn play(&mut self, call: &Value, at: u64) -> Value {
        let returns = self.call(call, at);
        let session = &mut self.0;
        let actions: Vec<_> = iter::from_fn(|| session.next_action()).collect();
        let events: Vec<_> = iter::from_fn(|| session.next_event()).collect();
        let mut step = json!({
            "at": at,
            "do": call,
            "returns": returns,
            "actions": actions.iter().map(json::action).collect::<Vec<_>>(),
            "events": events.iter().map(|event| json::event(event, session)).collect::<Vec<_>>(),
            "wake_at": session.wake_at(),
        });
        let standing = json::standing(session);
        if standing != json!({}) {
            step["standing"] = standing;
        }
        step
    }

    fn call(&mut self, call: &Value, at: u64) -> Value {
        let session = &mut self.0;
        let text = |key: &str| {
            let value = call[key].as_str();
            value.unwrap_or_else(|| panic!("{key}: {call}"))
        };
        let number = |key: &str| -> u64 { text(key).parse().expect("a number of 64 bits") };
        let kind = || MessageKind::from_action(call["action"].as_bool().expect("an action"));
        let random = || call["random"].as_f64().expect("a random number");
        match text("call") {
            "resume" => {
                let secret = hex::decode(text("secret")).expect("hex");
                session.resume(Claim {
                    token: secret,
                    last_request: RequestId(number("after")),
                    whisper_seq: 0,
                });
            }
            "connect" => session.connect(at),
            "close" => session.close(),
            "refused" => session.open_failed(text("reason")),
            "use_tokens" => session.use_tokens(),
            "set_token" => session.set_token(text("token"), at),
            "no_token" => session.no_token(text("reason"), at, random()),
            "opened" => session.opened(at),
            "received" => session.received(&hex::decode(text("hex")).expect("hex"), at),
            "closed" => {
                let code = call["code"]
                    .as_u64()
                    .and_then(|code| u16::try_from(code).ok());
                session.closed(code.expect("a close code"), text("reason"), at, random());
            }
            "tick" => session.tick(at, random()),
            "check" => session.check(at),
            "forget_before" => session.forget_before(text("room"), number("seq")),
            "join" => session.join(text("room")),
            "leave" => session.leave(text("room")),
            "discard" => session.discard(RequestId(number("nonce"))),
            "say" => {
                let (room, said) = (text("room"), text("text"));
                return json::nonce(match call.get("reply_to") {
                    Some(_) => session.reply_to(room, number("reply_to"), said, kind()),
                    None => session.say(room, said, kind()),
                });
            }
            "edit" => {
                return json::nonce(session.edit(text("room"), number("seq"), text("text")));
            }
            "remove" => return json::nonce(session.remove(text("room"), number("seq"))),
            "react" => {
                let take_back = call["take_back"]
                    .as_bool()
                    .expect("whether to take it back");
                let (room, seq) = (text("room"), number("seq"));
                return json::nonce(session.react(room, seq, text("reaction"), take_back));
            }
            "mark_read" => session.mark_read(text("room"), number("seq")),
            "list_unread" => return json::done(session.list_unread()),
            "search" => {
                let speaker = match (call.get("sender_id"), text("sender_name")) {
                    (Some(_), _) => Some(Recipient::Id(UserId(number("sender_id")))),
                    (None, "") => None,
                    (None, name) => Some(Recipient::Name(name)),
                };
                return json::done(session.search(&Query {
                    room: text("room"),
                    text: text("text"),
                    speaker,
                    before_time: number("before_time"),
                    after_time: number("after_time"),
                }));
            }
            "search_on" => return json::done(session.search_on().map(drop)),
            "fetch_history_of" => {
                let (before, after) = (number("before_time"), number("after_time"));
                return json::done(session.fetch_history_of(text("room"), before, after));
            }
            "whisper" => {
                let to = match call.get("to_id") {
                    Some(_) => Recipient::Id(UserId(number("to_id"))),
                    None => Recipient::Name(text("to_name")),
                };
                return json::nonce(session.whisper(to, text("text"), kind()));
            }
            "retry" => return json::nonce(session.retry(RequestId(number("nonce")))),
            "rename" => return json::done(session.rename(text("name"))),
            "list_rooms" => return json::done(session.list_rooms()),
            "list_members" => return json::done(session.list_members(text("room"))),
            "fetch_history" => return json::done(session.fetch_history(text("room"))),
            _ => return moderation::call(session, call),
        }
        Value::Null
    }
}
