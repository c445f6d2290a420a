//! The messages to a receiver: which events are in which, and their JSON. docs/events.md
//! describes it. Pure.

use jiff::Timestamp;
use serde::Serialize;
use serde_json::value::{RawValue, to_raw_value};

use crate::events::NumberedEvent;
use crate::events::json::EventJson;
use crate::events::selection::Selection;

/// The most bytes of a message's events. The rest of it takes less than 1,000.
const MAX_BYTES: usize = 18_000;

/// The most events of a message.
const MAX_EVENTS: usize = 100;

/// Events that were forgotten before they could be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub(super) struct Gap {
    pub(super) from: u64,
    pub(super) to: u64,
}

/// The next message to a receiver, as it is put together.
#[derive(Debug)]
pub(super) struct Batch {
    selection: Selection,
    /// The number of the last event of the message before.
    after: u64,
    /// The number of the last event that is taken.
    last: u64,
    /// The number at which it has to end, because it was sent before; 0: there is none.
    end: u64,
    events: Vec<Box<RawValue>>,
    bytes: usize,
    /// The time of the newest event in it.
    time: u64,
    gap: Option<Gap>,
}

#[derive(Serialize)]
struct Body<'a> {
    r#type: &'static str,
    timestamp: String,
    data: Data<'a>,
}

#[derive(Serialize)]
struct Data<'a> {
    feed: &'a str,
    after: u64,
    last: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    forgotten: Option<Gap>,
    events: &'a [Box<RawValue>],
}

impl Batch {
    /// The message with the events of this selection behind `after`. It ends at `end`, if that is
    /// not 0.
    pub(super) fn new(selection: &Selection, after: u64, end: u64) -> Self {
        Self {
            selection: selection.clone(),
            after,
            last: after,
            end: if end > after { end } else { 0 },
            events: Vec::new(),
            bytes: 0,
            time: 0,
            gap: None,
        }
    }

    /// The number of the last event that was looked at.
    pub(super) fn last(&self) -> u64 {
        self.last
    }

    /// Whether it tells the receiver anything.
    pub(super) fn is_worth_sending(&self) -> bool {
        !self.events.is_empty() || self.gap.is_some()
    }

    /// Events were forgotten that are next.
    pub(super) fn skip_gap(&mut self, gap: Gap) {
        self.last = self.last.max(gap.to);
        self.gap = Some(gap);
        if self.end > 0 && self.end <= self.last {
            self.end = 0;
        }
    }

    /// Adds the next events. Returns whether the message is complete.
    pub(super) fn add(&mut self, events: Vec<NumberedEvent>) -> bool {
        for mut event in events {
            let number = event.number;
            // All that it had then is forgotten: it is another message.
            if number > self.end {
                self.end = 0;
            }
            let (kind, room) = (event.event.kind.name(), &event.event.room);
            if self.selection.includes(kind, room) {
                let mut json = raw(&event);
                if json.get().len() > MAX_BYTES {
                    event.text = None;
                    json = raw(&event);
                }
                let is_full =
                    self.bytes + json.get().len() > MAX_BYTES || self.events.len() == MAX_EVENTS;
                // One that was sent before has the events that it had then.
                if is_full && self.end == 0 && !self.events.is_empty() {
                    return true;
                }
                if is_full && event.text.take().is_some() {
                    // Another text than it had then.
                    json = raw(&event);
                }
                self.bytes += json.get().len() + 1;
                self.time = event.event.time;
                self.events.push(json);
            }
            self.last = number;
            if number == self.end {
                self.end = 0;
                if self.is_worth_sending() {
                    return true;
                }
            }
        }
        false
    }

    /// The ID and the body of the message, of this feed.
    pub(super) fn message(&self, feed: &str) -> (String, String) {
        let time = i64::try_from(self.time).unwrap_or(i64::MAX);
        let timestamp = Timestamp::from_millisecond(time).unwrap_or_default();
        let body = Body {
            r#type: "events",
            timestamp: timestamp.to_string(),
            data: Data {
                feed,
                after: self.after,
                last: self.last,
                forgotten: self.gap,
                events: &self.events,
            },
        };
        let body = serde_json::to_string(&body).expect("it has only texts and numbers");
        (format!("msg_{feed}_{}", self.last), body)
    }
}

fn raw(event: &NumberedEvent) -> Box<RawValue> {
    to_raw_value(&EventJson::from(event)).expect("it has only texts and numbers")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::events::{Event, EventKind, EventName};
    use crate::ids::{Epoch, Seq};

    fn said(number: u64, text: &str) -> NumberedEvent {
        NumberedEvent {
            number,
            event: Event {
                time: 1_700_000_000_000 + number,
                room: "lobby".into(),
                user: None,
                kind: EventKind::Said {
                    epoch: Epoch(9),
                    seq: Seq(number),
                },
            },
            text: Some(text.into()),
        }
    }

    #[test]
    fn a_message_has_the_events_behind_those_of_the_one_before() {
        let mut batch = Batch::new(&Selection::all(), 2, 0);
        assert!(!batch.is_worth_sending());
        assert!(!batch.add(vec![said(3, "hi"), said(4, "\"there\"")]));
        assert!(batch.is_worth_sending());
        let (id, body) = batch.message("feed");
        assert_eq!(id, "msg_feed_4");
        let expected = r#"{"type":"events","timestamp":"2023-11-14T22:13:20.004Z","data":{"feed":"feed","after":2,"last":4,"events":[{"number":3,"time":1700000000003,"kind":"said","room":"lobby","line":{"epoch":9,"seq":3,"text":"hi"}},{"number":4,"time":1700000000004,"kind":"said","room":"lobby","line":{"epoch":9,"seq":4,"text":"\"there\""}}]}}"#;
        assert_eq!(body, expected);
    }

    #[test]
    fn a_message_is_never_larger_than_a_receiver_has_to_take() {
        for length in [1, 100, 2_000, 30_000] {
            let text = "\u{1}".repeat(length);
            let mut batch = Batch::new(&Selection::all(), 0, 0);
            let events = (1..=1_000).map(|number| said(number, &text)).collect();
            assert!(batch.add(events));
            let (_, body) = batch.message(&"f".repeat(64));
            assert!(body.len() < 20_000, "{}", body.len());
            assert!(batch.last() > 0);
        }
    }

    #[test]
    fn a_message_that_was_sent_before_has_the_same_events_again() {
        let mut batch = Batch::new(&Selection::all(), 0, 3);
        let long = "x".repeat(15_000);
        // They were edited since, and are too long now.
        let events = (1..=9).map(|number| said(number, &long)).collect();
        assert!(batch.add(events));
        assert_eq!(batch.last(), 3);
        let (id, body) = batch.message("feed");
        assert_eq!(id, "msg_feed_3");
        assert!(
            body.len() < 20_000 && body.contains(r#""seq":3}"#),
            "{body}"
        );
    }

    #[test]
    fn a_message_of_which_all_is_forgotten_has_no_more_events_than_others() {
        let mut batch = Batch::new(&Selection::all(), 0, 3);
        let events = (500..1_000).map(|number| said(number, "hi")).collect();
        assert!(batch.add(events));
        assert_eq!(batch.last(), 499 + MAX_EVENTS as u64);
    }

    #[test]
    fn what_is_not_for_the_receiver_is_skipped() {
        let joined = Selection::new(Some(&[EventName::Joined]), None);
        let mut batch = Batch::new(&joined, 0, 0);
        assert!(!batch.add(vec![said(1, "hi"), said(2, "hi")]));
        assert!(!batch.is_worth_sending());
        assert_eq!(batch.last(), 2);
        // The settings had more kinds when it was sent.
        let mut batch = Batch::new(&joined, 0, 1);
        assert!(!batch.add(vec![said(1, "hi"), said(2, "hi")]));
    }

    #[test]
    fn a_receiver_is_told_which_events_it_has_lost() {
        let mut batch = Batch::new(&Selection::all(), 2, 5);
        batch.skip_gap(Gap { from: 3, to: 7 });
        assert!(batch.is_worth_sending());
        assert!(!batch.add(vec![said(8, "hi")]));
        let (_, body) = batch.message("feed");
        let start = r#""after":2,"last":8,"forgotten":{"from":3,"to":7},"#;
        assert!(body.contains(start), "{body}");
    }
}
