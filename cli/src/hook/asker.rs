//! Asks the game, on a thread of its own: so many questions at a time, and only so many wait. The
//! network threads hand questions over and never wait.

use std::cell::Cell;
use std::fmt;
use std::rc::Rc;
use std::thread;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use anyhow::{Context as _, bail, ensure};
use bytes::Bytes;
use guildhall_server::hook::signature::Secret;
use guildhall_server::hook::{Answer, Asked, Game, HookFailure, Question};
use serde::{Deserialize, Serialize};
use smol::channel::{Receiver, Sender, TrySendError, bounded};
use smol::{LocalExecutor, Timer, future};

use crate::tls::Trust;

use super::post::{Header, HttpUrl, Poster};

/// How many questions may wait for each that is asked.
const WAITING: usize = 16;

/// At most one line about failures is logged in this time.
const LOG_EVERY: Duration = Duration::from_secs(10);

/// How the game is asked.
#[derive(Debug, Clone)]
pub(super) struct HookOptions {
    pub(super) url: HttpUrl,
    pub(super) secrets: Vec<Secret>,
    pub(super) timeout: Duration,
    pub(super) at_once: usize,
}

/// The game, as its server is asked. Its thread ends when this is dropped and all was asked.
pub(super) struct Asker {
    url: HttpUrl,
    timeout: Duration,
    waiting: Sender<Waiting>,
}

/// A question that waits for its turn.
struct Waiting {
    question: Question,
    /// When it has to be answered.
    until: Instant,
    done: Asked,
}

/// The question as the game gets it.
#[derive(Debug, Serialize)]
struct Sent<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    /// When, in milliseconds since 1970.
    time: u64,
    room: &'a str,
    text: &'a str,
    action: bool,
    user: SentUser<'a>,
    session: u64,
    request: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    line: Option<u64>,
}

#[derive(Debug, Serialize)]
struct SentUser<'a> {
    id: u64,
    #[serde(skip_serializing_if = "str::is_empty")]
    account: &'a str,
    name: &'a str,
}

/// The game's answer. An empty one means that the text is said.
#[derive(Debug, Deserialize)]
#[serde(tag = "action", rename_all = "lowercase")]
enum Received {
    Accept,
    Reject {
        #[serde(default)]
        reason: String,
    },
    Replace {
        text: String,
    },
    Hold,
}

impl Asker {
    /// Asks like this from now on, on a thread.
    pub(super) fn start(options: HookOptions) -> Self {
        let (waiting, taken) = bounded(options.at_once * WAITING);
        let (url, timeout) = (options.url.clone(), options.timeout);
        let spawned = thread::Builder::new()
            .name("hook".into())
            .spawn(move || run(&options, &taken));
        if let Err(error) = spawned {
            tracing::error!(%url, %error, "cannot start the thread that asks the game");
        }
        Self {
            url,
            timeout,
            waiting,
        }
    }
}

impl Game for Asker {
    fn ask(&self, question: Question, done: Asked) {
        let waiting = Waiting {
            question,
            until: Instant::now() + self.timeout,
            done,
        };
        match self.waiting.try_send(waiting) {
            Ok(()) => {}
            Err(TrySendError::Full(waiting)) => (waiting.done)(Err(HookFailure::Full)),
            Err(TrySendError::Closed(waiting)) => {
                let failure = HookFailure::Failed("there is no thread that asks".into());
                (waiting.done)(Err(failure));
            }
        }
    }
}

impl fmt::Debug for Asker {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Asker")
            .field("url", &self.url.to_string())
            .finish_non_exhaustive()
    }
}

/// The thread: so many tasks, each of which asks one question after the other.
fn run(options: &HookOptions, taken: &Receiver<Waiting>) {
    let trust = options
        .url
        .is_https()
        .then(|| Trust::new(None, "SSL_CERT_FILE names others"));
    let trust = match trust.transpose() {
        Ok(trust) => trust,
        Err(error) => {
            tracing::error!(url = %options.url, %error, "the game cannot be asked");
            None
        }
    };
    let executor = Rc::new(LocalExecutor::new());
    let poster = Poster::new(options.url.clone(), trust, Rc::clone(&executor));
    let (poster, failures) = (Rc::new(poster), Rc::new(Failures::default()));
    let tasks: Vec<_> = (0..options.at_once)
        .map(|_| {
            let (taken, poster) = (taken.clone(), Rc::clone(&poster));
            executor.spawn(ask_all(
                options.clone(),
                poster,
                taken,
                Rc::clone(&failures),
            ))
        })
        .collect();
    smol::block_on(executor.run(async {
        for task in tasks {
            task.await;
        }
    }));
}

async fn ask_all(
    options: HookOptions,
    poster: Rc<Poster>,
    taken: Receiver<Waiting>,
    failures: Rc<Failures>,
) {
    // It ends when nobody can ask any more, and nothing waits.
    while let Ok(Waiting {
        question,
        until,
        done,
    }) = taken.recv().await
    {
        let asked = async { Some(ask(&options, &poster, &question).await) };
        let out_of_time = async {
            Timer::at(until).await;
            None
        };
        let answer = match future::or(asked, out_of_time).await {
            Some(answer) => answer,
            None => Err(anyhow::anyhow!("no answer within {:?}", options.timeout)),
        };
        done(answer.map_err(|error| {
            let problem = format!("{error:#}");
            failures.log(&options.url, &problem);
            HookFailure::Failed(problem)
        }));
    }
}

/// Asks one question.
async fn ask(
    options: &HookOptions,
    poster: &Poster,
    question: &Question,
) -> anyhow::Result<Answer> {
    let sent = Sent {
        kind: question.kind.word(),
        time: question.time,
        room: &question.room,
        text: &question.text,
        action: question.action,
        user: SentUser {
            id: question.user,
            account: &question.account,
            name: &question.name,
        },
        session: question.session,
        request: question.nonce,
        line: (question.line > 0).then_some(question.line),
    };
    let body = Bytes::from(serde_json::to_vec(&sent)?);
    let headers = headers(options, question, &body)?;
    let (status, body) = poster.post(&headers, &body).await?;
    ensure!(status.is_success(), "the answer is {status}");
    if body.iter().all(u8::is_ascii_whitespace) {
        return Ok(Answer::Accept);
    }
    let received = serde_json::from_slice(&body);
    Ok(
        match received.context("the answer is not what it can be")? {
            Received::Accept => Answer::Accept,
            Received::Reject { reason } => Answer::Reject(reason),
            Received::Replace { text } => Answer::Replace(text),
            Received::Hold => Answer::Hold,
        },
    )
}

/// The headers of Standard Webhooks. A request of a client that is asked again has the same ID.
fn headers(
    options: &HookOptions,
    question: &Question,
    body: &Bytes,
) -> anyhow::Result<Vec<Header>> {
    let id = match question.nonce {
        0 => format!("msg_{:016x}", fastrand::u64(..)),
        nonce => format!("msg_{}_{nonce}", question.session),
    };
    let Ok(now) = SystemTime::now().duration_since(UNIX_EPOCH) else {
        bail!("the clock shows a time before 1970");
    };
    let timestamp = now.as_secs();
    let signatures = (options.secrets.iter()).map(|secret| secret.sign(&id, timestamp, body));
    let signatures = signatures.collect::<Vec<_>>().join(" ");
    Ok(vec![
        ("webhook-id", id),
        ("webhook-timestamp", timestamp.to_string()),
        ("webhook-signature", signatures),
    ])
}

/// The failures, for the log.
#[derive(Debug, Default)]
struct Failures {
    /// How many since the last line.
    count: Cell<u64>,
    logged: Cell<Option<Instant>>,
}

impl Failures {
    /// Logs a failure, and how many came since the last line.
    fn log(&self, url: &HttpUrl, problem: &str) {
        let count = self.count.get() + 1;
        self.count.set(count);
        let now = Instant::now();
        let is_due = |at: Instant| now.saturating_duration_since(at) >= LOG_EVERY;
        if self.logged.get().is_none_or(is_due) {
            self.logged.set(Some(now));
            self.count.set(0);
            tracing::warn!(%url, failures = count, problem, "the game does not answer");
        }
    }
}
