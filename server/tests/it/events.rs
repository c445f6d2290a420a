//! The events that the game is told of, as a webhook's receiver gets them: the real server, on one
//! thread and on two, in memory and with a store, and a receiver in the place of the HTTP client.

mod lines;
mod members;

use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use guildhall_server::{
    Config, EventsConfig, RoomLimits, Selection, WebhookAnswer, WebhookClient, WebhookConfig,
    WebhookMessage,
};
use guildhall_testing::data_folder::DataFolder;
use guildhall_testing::test_server::TestServer;
use guildhall_testing::wire::eventually;
use serde_json::Value;

use crate::moderation::config;

/// How long a session can be resumed on these servers. A test resumes within it even on a
/// busy machine, and waits for its end.
const RESUME_WITHIN: Duration = Duration::from_secs(3);

/// A receiver that takes everything, and answers after a time.
#[derive(Debug, Clone, Default)]
struct Receiver {
    messages: Arc<Mutex<Vec<WebhookMessage>>>,
    answers_after: Duration,
}

impl WebhookClient for Receiver {
    fn post(&self, message: &WebhookMessage, _: Duration) -> Result<WebhookAnswer, String> {
        self.messages.lock().unwrap().push(message.clone());
        std::thread::sleep(self.answers_after);
        Ok(WebhookAnswer {
            status: 200,
            retry_after: None,
        })
    }
}

impl Receiver {
    /// All events so far.
    fn events(&self) -> Vec<Value> {
        let messages = self.messages.lock().unwrap();
        let events = messages.iter().flat_map(|message| {
            let json: Value = serde_json::from_str(&message.body).unwrap();
            json["data"]["events"].as_array().unwrap().clone()
        });
        events.collect()
    }

    /// Waits for an event that is this in short. Returns all until then, in short.
    #[track_caller]
    fn until(&self, event: &str) -> Vec<String> {
        eventually(event, || {
            let told: Vec<_> = self.events().iter().map(short).collect();
            let index = told.iter().position(|one| one == event)?;
            Some(told[..=index].to_vec())
        })
    }
}

/// An event in short: the user, the kind, the room, and the reason or the text.
fn short(event: &Value) -> String {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let parts = [
        &event["user"]["name"],
        &event["kind"],
        &event["room"],
        &event["reason"],
    ];
    let parts: Vec<_> = parts.into_iter().map(text).collect();
    parts.join(" ").trim().to_owned()
}

/// A server that tells this receiver all events.
struct Fixture {
    server: Option<TestServer>,
    receiver: Receiver,
    /// Goes when the server has ended.
    data: Option<DataFolder>,
    threads: usize,
}

impl Fixture {
    fn new(threads: usize, has_store: bool) -> Self {
        Self::with(threads, has_store, Receiver::default())
    }

    fn with(threads: usize, has_store: bool, receiver: Receiver) -> Self {
        let mut fixture = Self {
            server: None,
            receiver,
            data: has_store.then(DataFolder::pick),
            threads,
        };
        fixture.start();
        fixture
    }

    fn start(&mut self) {
        let webhook = WebhookConfig {
            url: "https://game.example/".into(),
            secrets: vec!["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw".parse().unwrap()],
            selection: Selection::all(),
            client: Arc::new(self.receiver.clone()),
        };
        let base = config(self.threads);
        self.server = Some(TestServer::with(Config {
            threads: NonZeroUsize::new(self.threads).unwrap(),
            data: self.data.as_ref().map(|data| data.path().to_owned()),
            rooms: RoomLimits {
                resume_within: RESUME_WITHIN,
                ..base.rooms
            },
            sweep_every: Duration::from_millis(10),
            events: Some(EventsConfig {
                webhooks: vec![webhook],
                ..EventsConfig::default()
            }),
            ..base
        }));
    }

    /// Ends the server, and starts it again over the same store.
    fn restart(&mut self) {
        self.server = None;
        self.start();
    }

    fn server(&self) -> &TestServer {
        self.server.as_ref().unwrap()
    }
}

/// Runs a test on one thread and on two, in memory and with a store.
fn on_each_server(test: impl Fn(&Fixture)) {
    for threads in 1..=2 {
        for has_store in [false, true] {
            test(&Fixture::new(threads, has_store));
        }
    }
}
