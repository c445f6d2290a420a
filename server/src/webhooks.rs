//! Sends the feed of events to the game's addresses: a thread for each, which reads the feed as
//! any reader does and keeps in the store how far its receiver is.
//!
//! A message has the next events, in their order. Before it is sent the first time, its last
//! number is kept, so that it is the same message after a restart; the next one is sent when this
//! one was acknowledged. So an outage of the receiver, or of this server, loses nothing, and
//! repeats at most what was not acknowledged, with the same ID.

mod message;
mod schedule;

use std::convert::Infallible;
use std::io;
use std::sync::Arc;
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use crate::events::webhook::{WebhookAnswer, WebhookConfig, WebhookMessage, WebhookState};
use crate::events::{EventsRead, WebhookRow};
use crate::journal::Row;
use crate::shared::feed::{EventsError, Feed};
use crate::sync::moment::Moment;

use self::message::{Batch, Gap};
use self::schedule::Schedule;

/// How long a receiver has for its answer.
const ANSWER_WITHIN: Duration = Duration::from_secs(15);

/// How many events are read at a time.
const PAGE: usize = 256;

/// After so many numbers that are not for a receiver, it is kept that they are not.
const KEEP_AFTER: u64 = 1_024;

/// When the store is tried again that could not keep or read something.
const STORE_AGAIN: Duration = Duration::from_secs(1);

/// How often it is logged that a receiver fails.
const LOG_AGAIN: Duration = Duration::from_hours(1);

/// The threads that send.
#[derive(Debug)]
pub(crate) struct Webhooks {
    /// Closed when all have ended.
    running: mpsc::Receiver<Infallible>,
}

impl Webhooks {
    /// Waits this long for the threads to end, once the feed is closed: those that wait for an
    /// answer hand over that they have got it. Blocks. Of an answer that is later, the next
    /// server does not know, and sends the message again.
    pub(crate) fn join_within(self, time: Duration) {
        match self.running.recv_timeout(time) {
            Ok(never) => match never {},
            Err(mpsc::RecvTimeoutError::Disconnected) => {}
            Err(mpsc::RecvTimeoutError::Timeout) => {
                tracing::warn!("a webhook's receiver is slow: it is sent its last message again");
            }
        }
    }
}

/// Starts a thread for each of these webhooks. They end when the feed is closed.
///
/// # Errors
///
/// If the system has no threads.
pub(crate) fn start(feed: &Arc<Feed>, configs: &[WebhookConfig]) -> io::Result<Webhooks> {
    let (runs, running) = mpsc::channel();
    let known = feed.webhooks();
    for row in &known {
        if configs.iter().all(|config| config.url != row.url) {
            let forget = Row::ForgetWebhook(Arc::clone(&row.url));
            feed.keep_webhook(forget, Box::new(|_| ()));
        }
    }
    for config in configs {
        let row = known.iter().find(|row| row.url == config.url).cloned();
        let is_new = row.is_none();
        let row = row.unwrap_or_else(|| WebhookRow {
            url: Arc::clone(&config.url),
            acknowledged: feed.newest().1,
            sending: 0,
            disabled: 0,
        });
        let sender = Sender {
            kept: row.acknowledged,
            state: WebhookState::new(&row),
            row,
            feed: Arc::clone(feed),
            config: config.clone(),
            schedule: Schedule::default(),
            logged: None,
        };
        sender.tell_state();
        let runs = runs.clone();
        thread::Builder::new()
            .name("webhook".into())
            .spawn(move || {
                sender.run(is_new);
                drop(runs);
            })?;
    }
    Ok(Webhooks { running })
}

/// Sends to one address.
struct Sender {
    feed: Arc<Feed>,
    config: WebhookConfig,
    row: WebhookRow,
    /// The number up to which it is kept that the receiver has all.
    kept: u64,
    schedule: Schedule,
    /// When the last failure was logged.
    logged: Option<Instant>,
    state: WebhookState,
}

/// The server stops, or the receiver wants no more.
struct Over;

impl Sender {
    fn run(mut self, is_new: bool) {
        if self.row.disabled > 0 {
            let url = &*self.row.url;
            tracing::error!(
                url,
                "a webhook is sent nothing, because its receiver has answered 410: remove it from \
                 the settings for one start, and then add it again"
            );
            return;
        }
        if is_new && self.keep().is_err() {
            return;
        }
        while let Ok(batch) = self.next_batch() {
            if self.deliver(&batch).is_err() {
                return;
            }
        }
    }

    /// Waits for events that are for the receiver, and returns the next ones.
    fn next_batch(&mut self) -> Result<Batch, Over> {
        let mut batch = Batch::new(
            &self.config.selection,
            self.row.acknowledged,
            self.row.sending,
        );
        loop {
            if self.feed.is_closed() {
                return Err(Over);
            }
            let read = EventsRead {
                after: batch.last(),
                most: PAGE,
            };
            match self.feed.read_until(read, Instant::now()) {
                Ok(page) if page.events.is_empty() => {
                    if batch.is_worth_sending() {
                        return Ok(batch);
                    }
                    self.skip(&mut batch)?;
                    let (newest, hour) = (batch.last(), Duration::from_hours(1));
                    self.feed.wait_after(newest, Instant::now() + hour);
                }
                Ok(page) => {
                    if batch.add(page.events) {
                        return Ok(batch);
                    }
                    if batch.last() >= self.row.acknowledged + KEEP_AFTER {
                        self.skip(&mut batch)?;
                    }
                }
                Err(EventsError::Forgotten { oldest, .. }) => {
                    let gap = Gap {
                        from: batch.last() + 1,
                        to: oldest - 1,
                    };
                    let url = &*self.row.url;
                    let (from, to) = (gap.from, gap.to);
                    tracing::error!(
                        url,
                        from,
                        to,
                        "events were forgotten before a webhook's receiver had them"
                    );
                    batch.skip_gap(gap);
                }
                Err(EventsError::Unknown { newest, .. }) => {
                    // A feed of an older copy of the store: its numbers begin there.
                    self.row.acknowledged = newest;
                    self.row.sending = 0;
                    self.keep()?;
                    batch = Batch::new(&self.config.selection, newest, 0);
                }
                Err(EventsError::Off) => return Err(Over),
                Err(EventsError::Unavailable(_)) => self.rest(STORE_AGAIN)?,
            }
        }
    }

    /// Goes past the events that the batch has read if none of them is for the receiver.
    fn skip(&mut self, batch: &mut Batch) -> Result<(), Over> {
        if batch.is_worth_sending() || batch.last() == self.row.acknowledged {
            return Ok(());
        }
        self.row.acknowledged = batch.last();
        self.row.sending = 0;
        *batch = Batch::new(&self.config.selection, self.row.acknowledged, 0);
        if self.row.acknowledged >= self.kept + KEEP_AFTER {
            self.keep()?;
        }
        Ok(())
    }

    /// Sends a message until its receiver has acknowledged it.
    fn deliver(&mut self, batch: &Batch) -> Result<(), Over> {
        if self.row.sending != batch.last() {
            self.row.sending = batch.last();
            self.keep()?;
        }
        let (feed, _) = self.feed.newest();
        let (id, body) = batch.message(&feed);
        loop {
            let at = Moment::present();
            let seconds = at.unix_millis / 1_000;
            let message =
                WebhookMessage::signed(id.clone(), seconds, body.clone(), &self.config.secrets);
            let answer = self.config.client.post(&message, ANSWER_WITHIN);
            let (problem, retry_after) = match answer {
                Ok(WebhookAnswer {
                    status: 200..=299, ..
                }) => {
                    self.acknowledged(batch.last(), at);
                    return Ok(());
                }
                Ok(WebhookAnswer { status: 410, .. }) => {
                    self.disable(at);
                    return Err(Over);
                }
                Ok(WebhookAnswer {
                    status,
                    retry_after,
                }) => (format!("the answer is {status}"), retry_after),
                Err(problem) => (problem, None),
            };
            let wait = self.schedule.failed(retry_after, fastrand::f64());
            self.failed(problem, wait, at);
            self.rest(wait)?;
        }
    }

    fn acknowledged(&mut self, last: u64, at: Moment) {
        if self.state.failing_since.is_some() && self.logged.take().is_some() {
            tracing::info!(url = &*self.row.url, "a webhook's receiver answers again");
        }
        self.schedule.succeeded();
        self.row.acknowledged = last;
        self.row.sending = 0;
        self.kept = last;
        // It need not be waited for: if it is not kept, the message is sent again. If there are
        // more events, the next one keeps it as well.
        let row = Row::Webhook(self.row.clone());
        self.feed.keep_webhook(row, Box::new(|_| ()));
        self.state.acknowledged = last;
        self.state.last_success = at.unix_millis;
        self.state.failing_since = None;
        self.state.problem = None;
        self.tell_state();
    }

    fn disable(&mut self, at: Moment) {
        let url = &*self.row.url;
        tracing::error!(
            url,
            "a webhook's receiver has answered 410: it is sent nothing any more"
        );
        self.row.disabled = at.unix_millis;
        self.state.disabled = at.unix_millis;
        self.tell_state();
        // The server may stop. Then it answers so again.
        let _ = self.keep();
    }

    fn failed(&mut self, problem: String, wait: Duration, at: Moment) {
        let url = &*self.row.url;
        let is_due = |logged: Instant| at.now.saturating_duration_since(logged) >= LOG_AGAIN;
        if self.logged.is_none_or(is_due) {
            let again_in = wait.as_secs_f32();
            tracing::warn!(url, problem, again_in, "a webhook's receiver has no events");
            self.logged = Some(at.now);
        }
        self.state.failing_since.get_or_insert(at.unix_millis);
        self.state.problem = Some(problem);
        self.tell_state();
    }

    fn tell_state(&self) {
        self.feed.set_webhook_state(self.state.clone());
    }

    /// Keeps how far the receiver is, as soon as the store is well.
    fn keep(&mut self) -> Result<(), Over> {
        loop {
            let (done, kept) = mpsc::channel();
            let done = move |result| {
                // It is waited for, below.
                let _ = done.send(result);
            };
            let row = Row::Webhook(self.row.clone());
            self.feed.keep_webhook(row, Box::new(done));
            if let Ok(Ok(())) = kept.recv() {
                self.kept = self.row.acknowledged;
                return Ok(());
            }
            self.rest(STORE_AGAIN)?;
        }
    }

    /// Does nothing for this time, unless the server stops.
    fn rest(&self, time: Duration) -> Result<(), Over> {
        self.feed.wait_after(u64::MAX, Instant::now() + time);
        if self.feed.is_closed() {
            Err(Over)
        } else {
            Ok(())
        }
    }
}
