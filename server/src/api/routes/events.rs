//! The feed of events: what has happened, each with a number, for whoever asks what follows one.

use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};
use smol::Timer;
use smol::future::FutureExt as _;
use utoipa::{IntoParams, ToSchema};

use crate::events::EventsRead;
use crate::events::json::EventJson;
use crate::journal::Failure;
use crate::shared::feed::{EventsError, Feed};

use super::super::call::{Call, Reply};
use super::super::numbers::exact;
use super::super::problem::{Problem, ProblemKind};
use super::rooms::limit;

/// The most events of one page.
const MOST: u64 = 1_000;

/// The longest time that a request waits for an event, in seconds.
const MOST_WAIT: u64 = 60;

/// The query of the feed.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
pub(crate) struct EventsQuery {
    /// The number of the last event that you have; without it, all that are kept.
    #[param(minimum = 0, maximum = 9_007_199_254_740_991_u64)]
    after: u64,
    /// The `feed` of the page that had that event. If the server has another feed now, the answer
    /// is 409, and not other events under the same numbers.
    feed: Option<String>,
    /// How many seconds to wait if there is no event yet.
    #[param(minimum = 0, maximum = 60, default = 0)]
    wait: u64,
    /// The most events of the page.
    #[param(minimum = 1, maximum = 1000, default = 1000)]
    limit: Option<u64>,
}

/// A page of events.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Events)]
pub(crate) struct EventPage<'a> {
    /// The feed. Another one begins its numbers anew.
    feed: &'a str,
    /// The events, one number behind the other.
    events: Vec<EventJson<'a>>,
    /// The number of the newest event that there is; 0: there was none.
    newest: u64,
}

/// How far the receivers of webhooks are.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Webhooks {
    /// Each webhook of the settings.
    webhooks: Vec<WebhookModel>,
}

/// How far the receiver of a webhook is.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Webhook)]
pub(crate) struct WebhookModel {
    /// Its address.
    url: String,
    /// The number of the last event that it has acknowledged, or that is not for it.
    acknowledged: u64,
    /// When it has acknowledged something the last time, in milliseconds since 1970.
    #[serde(skip_serializing_if = "Option::is_none")]
    last_success: Option<u64>,
    /// Since when all attempts have failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    failing_since: Option<u64>,
    /// Why the last attempt has failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    problem: Option<String>,
    /// When it has said that it wants no more (410).
    #[serde(skip_serializing_if = "Option::is_none")]
    disabled: Option<u64>,
}

/// List events
///
/// The events behind a number, as long as they are kept. With `wait`, the request waits for the
/// next one.
#[utoipa::path(
    get, path = "/api/v1/events", tag = "events", operation_id = "listEvents",
    params(EventsQuery),
    responses(
        (status = 200, description = "A page of events.", body = EventPage),
        (status = 409, description = "The server has another feed now: read it from the beginning.",
            body = super::super::problem::ProblemBody, content_type = "application/problem+json"),
        (status = 410, description = "Events behind this number are forgotten: begin with the oldest.",
            body = super::super::problem::ProblemBody, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn list(call: Call) -> Result<Reply, Problem> {
    let query: EventsQuery = call.query()?;
    let most = limit(query.limit, MOST)?;
    if query.wait > MOST_WAIT {
        let detail = format!("`wait` is at most {MOST_WAIT} seconds");
        return Err(Problem::bad_request(detail));
    }
    let feed = feed(&call)?;
    let (id, newest) = feed.newest();
    if let Some(known) = query.feed.filter(|known| **known != *id) {
        let detail = format!("this is the feed `{id}`, with {newest} events, and not `{known}`");
        return Err(Problem::new(ProblemKind::OtherFeed, detail));
    }
    let until = Instant::now() + Duration::from_secs(query.wait);
    let read = EventsRead {
        after: exact("after", query.after)?,
        most,
    };
    let page = loop {
        let found = call.told(|done| feed.read(read, done)).await;
        let page = found.unwrap_or(Err(EventsError::Unavailable(Failure::Closed)))?;
        let left = until.saturating_duration_since(Instant::now());
        if !page.events.is_empty() || left.is_zero() || feed.is_closed() {
            break page;
        }
        next_event(feed, page.newest.max(read.after), left).await;
    };
    Ok(Reply::json(&EventPage {
        feed: &page.feed,
        events: page.events.iter().map(EventJson::from).collect(),
        newest: page.newest,
    }))
}

/// How far the receivers of webhooks are
#[utoipa::path(
    get, path = "/api/v1/webhooks", tag = "events", operation_id = "listWebhooks",
    responses((status = 200, description = "All webhooks of the settings.", body = Webhooks)),
)]
pub(crate) async fn webhooks(call: Call) -> Result<Reply, Problem> {
    let some = |number: u64| (number != 0).then_some(number);
    let states = feed(&call)?.webhook_states().into_iter();
    let webhooks = states.map(|state| WebhookModel {
        url: state.url.to_string(),
        acknowledged: state.acknowledged,
        last_success: some(state.last_success),
        failing_since: state.failing_since,
        problem: state.problem,
        disabled: some(state.disabled),
    });
    Ok(Reply::json(&Webhooks {
        webhooks: webhooks.collect(),
    }))
}

fn feed(call: &Call) -> Result<&Feed, Problem> {
    let feed = call.shared().feed();
    Ok(feed.ok_or(EventsError::Off)?)
}

/// Waits for an event behind this number, or for the end of the server, but no longer than this.
async fn next_event(feed: &Feed, after: u64, wait: Duration) {
    let (told, next) = smol::channel::bounded(1);
    let call = Box::new(move || {
        // Fails if nobody waits any more.
        let _ = told.try_send(());
    });
    let _registration = feed.call_after(after, call);
    let next = async {
        // Fails only if nobody will call.
        let _ = next.recv().await;
    };
    let late = async {
        Timer::after(wait).await;
    };
    next.or(late).await;
}

impl From<EventsError> for Problem {
    fn from(error: EventsError) -> Self {
        let detail = error.to_string();
        match error {
            EventsError::Off => Self::new(
                ProblemKind::NoFeed,
                "the server keeps no events: its settings have no [events]",
            ),
            EventsError::Forgotten { oldest, .. } => {
                let detail = format!("{detail}: the oldest that is kept is {oldest}");
                Self::new(ProblemKind::Forgotten, detail)
            }
            EventsError::Unknown { newest, .. } => {
                let detail = format!("{detail}: the newest is {newest}");
                Self::new(ProblemKind::OtherFeed, detail)
            }
            EventsError::Unavailable(failure) => failure.into(),
        }
    }
}
