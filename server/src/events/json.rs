//! Events as JSON, for the HTTP API and the webhooks. docs/events.md describes it.

use serde::Serialize;
use utoipa::ToSchema;

use super::{EventKind, NumberedEvent};

/// An event as JSON.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Event)]
pub(crate) struct EventJson<'a> {
    /// Its number in the feed: that of the event before, and one.
    number: u64,
    /// When, in milliseconds since 1970.
    time: u64,
    /// The kind, such as `joined` or `said`.
    kind: &'static str,
    /// The room.
    #[serde(skip_serializing_if = "str::is_empty")]
    #[schema(required = false)]
    room: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    user: Option<UserJson<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    line: Option<LineJson<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    purged: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    report: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sanction: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    count: Option<u64>,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = EventUser)]
struct UserJson<'a> {
    id: u64,
    #[serde(skip_serializing_if = "str::is_empty")]
    #[schema(required = false)]
    account: &'a str,
    name: &'a str,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = EventLine)]
struct LineJson<'a> {
    epoch: u32,
    seq: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    change: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<&'a str>,
}

impl<'a> From<&'a NumberedEvent> for EventJson<'a> {
    fn from(numbered: &'a NumberedEvent) -> Self {
        let NumberedEvent {
            number,
            event,
            text,
        } = numbered;
        let text = text.as_deref();
        let mut json = Self {
            number: *number,
            time: event.time,
            kind: event.kind.name().as_str(),
            room: &event.room,
            user: event.user.as_ref().map(|user| UserJson {
                id: user.id.0,
                account: &user.account,
                name: &user.name,
            }),
            reason: None,
            line: None,
            purged: None,
            report: None,
            sanction: None,
            count: None,
        };
        match event.kind {
            EventKind::UserSeen | EventKind::Joined | EventKind::RoomEmpty => {}
            EventKind::Left(reason) => json.reason = Some(reason.as_str()),
            EventKind::Said { epoch, seq } => {
                json.line = Some(LineJson {
                    epoch: epoch.0,
                    seq: seq.0,
                    change: None,
                    text,
                });
            }
            EventKind::Purged {
                epoch,
                seq,
                line,
                user,
            } => {
                json.purged = Some(user.0);
                json.line = Some(LineJson {
                    epoch: epoch.0,
                    seq: line.0,
                    change: Some(seq.0),
                    text,
                });
            }
            EventKind::Edited { epoch, seq, line }
            | EventKind::Removed { epoch, seq, line }
            | EventKind::Cleared { epoch, seq, line } => {
                json.line = Some(LineJson {
                    epoch: epoch.0,
                    seq: line.0,
                    change: Some(seq.0),
                    text,
                });
            }
            EventKind::Reported(report) => json.report = Some(report),
            EventKind::Sanctioned(sanction) => json.sanction = Some(sanction),
            EventKind::Missed(count) => json.count = Some(count),
        }
        json
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::events::{Event, LeaveReason};
    use crate::ids::{Epoch, Seq, UserId};
    use crate::moderation::UserSnapshot;

    #[track_caller]
    fn check(kind: EventKind, text: Option<&str>, expected: &str) {
        let event = NumberedEvent {
            number: 7,
            event: Event {
                time: 1_700_000_000_000,
                room: "lobby".into(),
                user: Some(UserSnapshot {
                    id: UserId(3),
                    account: "42".into(),
                    name: "Ann".into(),
                }),
                kind,
            },
            text: text.map(Into::into),
        };
        let json = serde_json::to_string(&EventJson::from(&event)).unwrap();
        let start = r#"{"number":7,"time":1700000000000,"kind":""#;
        let user = r#"","room":"lobby","user":{"id":3,"account":"42","name":"Ann"}"#;
        let kind = event.event.kind.name().as_str();
        assert_eq!(json, format!("{start}{kind}{user}{expected}}}"));
    }

    #[test]
    fn an_event_has_what_its_kind_is_about() {
        let (epoch, seq, line) = (Epoch(9), Seq(5), Seq(2));
        check(EventKind::Joined, None, "");
        check(
            EventKind::Left(LeaveReason::Lost),
            None,
            r#","reason":"lost""#,
        );
        check(
            EventKind::Said { epoch, seq },
            Some("hi"),
            r#","line":{"epoch":9,"seq":5,"text":"hi"}"#,
        );
        check(
            EventKind::Removed { epoch, seq, line },
            None,
            r#","line":{"epoch":9,"seq":2,"change":5}"#,
        );
        check(EventKind::Reported(4), None, r#","report":4"#);
    }
}
