//! The way of a request: its route, its caller, its body, whether it was carried out before, its
//! handler, and the answer, which `answer` turns into a response.

use std::cell::Cell;
use std::convert::Infallible;
use std::panic::AssertUnwindSafe;
use std::rc::{Rc, Weak};
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use hyper::body::{Body as _, Incoming};
use hyper::header::{CONNECTION, CONTENT_TYPE, HeaderMap, HeaderValue, USER_AGENT};
use hyper::{Request, Response};
use smol::future::FutureExt as _;
use smol::{LocalExecutor, Timer, channel};

use crate::health;
use crate::log_limit::LogKind;
use crate::net::handshakes::NoTls;
use crate::net::shown;
use crate::network::Network;
use crate::sync::moment::Moment;
use crate::sync::notify::Notify;
use crate::threads::Threads;

use super::answer::Answer;
use super::call::{Call, JSON, Reply, ResponseBody};
use super::caller::{Access, Caller};
use super::idempotency::{Begun, Claim, Idempotency, KeptReply, MAX_KEY_BYTES, digest};
use super::problem::{Problem, ProblemKind};
use super::request_id;
use super::router::{Handling, Matched, Routes};
use super::staff;

/// How many characters of a problem's text the log shows, which may have words of the caller in it.
const LOGGED_REASON: usize = 256;

/// The most bytes of a body.
const MAX_BODY: usize = 64 * 1024;

/// How long a caller may take to send a body.
const BODY_WITHIN: Duration = Duration::from_secs(10);

/// The header with the key of a request.
const IDEMPOTENCY_KEY: &str = "idempotency-key";

/// The state that all connections of the API share.
#[derive(Debug)]
pub(crate) struct Service {
    threads: Arc<Threads>,
    routes: Routes,
    idempotency: Arc<Idempotency>,
    /// How many requests are being answered.
    answering: Cell<usize>,
    /// Notified when one was answered.
    answered: Notify,
    /// Weak, because the executor's tasks hold the service.
    executor: Weak<LocalExecutor<'static>>,
}

/// One connection, as its requests know it.
#[derive(Debug)]
pub(crate) struct ConnectionState {
    network: Network,
    has_key: Cell<bool>,
    answering: Cell<bool>,
}

impl ConnectionState {
    /// A new connection from `network`.
    pub(crate) fn new(network: Network) -> Self {
        Self {
            network,
            has_key: Cell::new(false),
            answering: Cell::new(false),
        }
    }

    /// Whether a request had a key or a token that is good.
    pub(crate) fn has_key(&self) -> bool {
        self.has_key.get()
    }

    /// Whether a request is being carried out.
    pub(crate) fn is_answering(&self) -> bool {
        self.answering.get()
    }
}

/// A request is being answered, until this is dropped.
struct Answering<'a>(&'a Service, &'a ConnectionState);

impl<'a> Answering<'a> {
    fn new(service: &'a Service, connection: &'a ConnectionState) -> Self {
        service.answering.update(|count| count + 1);
        connection.answering.set(true);
        Self(service, connection)
    }
}

impl Drop for Answering<'_> {
    fn drop(&mut self) {
        self.1.answering.set(false);
        self.0.answering.update(|count| count - 1);
        self.0.answered.notify();
    }
}

impl Service {
    /// The service of this thread. Its tasks run on `executor`.
    pub(crate) fn new(threads: Arc<Threads>, executor: &Rc<LocalExecutor<'static>>) -> Rc<Self> {
        Rc::new(Self {
            threads,
            routes: Routes::new(),
            idempotency: Arc::default(),
            answering: Cell::new(0),
            answered: Notify::default(),
            executor: Rc::downgrade(executor),
        })
    }

    /// Runs a task on this thread, for as long as it runs.
    pub(crate) fn spawn(&self, task: impl Future<Output = ()> + 'static) {
        if let Some(executor) = self.executor.upgrade() {
            executor.spawn(task).detach();
        }
    }

    /// Waits until no request is being answered.
    pub(crate) async fn idle(&self) {
        self.answered.until(|| self.answering.get() == 0).await;
    }

    /// Answers a request of this connection.
    pub(crate) async fn respond(
        &self,
        request: Request<Incoming>,
        connection: &ConnectionState,
    ) -> Result<Response<ResponseBody>, Infallible> {
        let _answering = Answering::new(self, connection);
        if let Some(page) = staff::get(&request) {
            return Ok(page);
        }
        let id = request_id::of(request.headers());
        let (method, path) = (request.method().clone(), request.uri().path().to_owned());
        let has_body = !request.body().is_end_stream();
        let begun = Instant::now();
        let answer = self.answer(request, connection, &id).await;
        let (answer, is_read) = match answer {
            Ok(answer) => (answer, true),
            Err(problem) => {
                let reply = Err(problem);
                let is_replayed = false;
                (Answer { reply, is_replayed }, !has_body)
            }
        };
        let mut response = answer.response(&id);
        // The unread rest of the body would be taken for the next request.
        if !is_read {
            let close = HeaderValue::from_static("close");
            response.headers_mut().insert(CONNECTION, close);
        }
        let status = response.status().as_u16();
        let millis = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
        let is_rare = || self.threads.may_log(LogKind::Called);
        let message = LogKind::Called.message();
        // The log has the problem that a health check finds, once.
        let is_fault = response.status().is_server_error() && !health::is_check(&path);
        if is_fault && is_rare() {
            tracing::warn!(%method, path, status, millis, request_id = id, "{message}");
        } else if !method.is_safe() && response.status().is_success() && is_rare() {
            tracing::info!(%method, path, status, millis, request_id = id, "{message}");
        } else {
            tracing::debug!(%method, path, status, millis, request_id = id, "{message}");
        }
        Ok(response)
    }

    /// Answers a request, or says why it is not even read.
    async fn answer(
        &self,
        request: Request<Incoming>,
        connection: &ConnectionState,
        id: &str,
    ) -> Result<Answer, Problem> {
        let Matched { route, path } = self.routes.find(request.method(), request.uri().path())?;
        let (network, headers) = (connection.network, request.headers());
        let caller = Caller::of(&self.threads, headers, route.access, network).await;
        let caller =
            caller.inspect_err(|problem| self.log_refusal(network, headers, problem, id))?;
        connection
            .has_key
            .set(!matches!(caller, Caller::Anybody) || connection.has_key());
        let (parts, body) = request.into_parts();
        let body = read_body(&parts.headers, body).await?;
        let query = parts.uri.query().unwrap_or_default().to_owned();
        let key = if parts.method.is_safe() {
            None
        } else {
            idempotency_key(&parts.headers)?
        };
        let mut claim = None;
        if let Some(key) = key {
            let key = digest(&[caller.id().as_bytes(), key.as_bytes()]);
            let (method, path) = (parts.method.as_str(), parts.uri.path());
            let request = [method, path, &query].map(str::as_bytes);
            let request = digest(&[request[0], request[1], request[2], &body]);
            claim = match self.idempotency.begin(key, request, Instant::now()) {
                Begun::New(claim) => Some(claim),
                Begun::Repeated(kept) => {
                    let reply = kept.map(|KeptReply { status, body }| Reply {
                        status,
                        content_type: JSON,
                        body,
                        rest: None,
                    });
                    let is_replayed = true;
                    return Ok(Answer { reply, is_replayed });
                }
                Begun::InProgress => {
                    let detail = "a request with this Idempotency-Key is being carried out";
                    return Err(Problem::new(ProblemKind::InProgress, detail));
                }
                Begun::Reused => {
                    let detail = "this Idempotency-Key was that of another request";
                    return Err(Problem::new(ProblemKind::KeyReused, detail));
                }
            };
        }
        // Behind the reply of before, which still holds.
        let is_watching =
            matches!(route.access, Access::Metrics) || health::is_check(parts.uri.path());
        if !is_watching && self.threads.refuses_requests_since().is_some() {
            return Err(Problem::stopping());
        }
        let is_safe = parts.method.is_safe();
        let handling = (route.handle)(Call {
            threads: Arc::clone(&self.threads),
            caller,
            path,
            query,
            body,
            at: Moment::present(),
        });
        let handling = Box::pin(async move {
            let caught = AssertUnwindSafe(handling).catch_unwind().await;
            // The panic has logged where it was.
            let mistake = Problem::new(ProblemKind::Internal, "a mistake of the server");
            caught.unwrap_or(Err(mistake))
        });
        let reply = if is_safe {
            handling.await
        } else {
            self.carry_out(handling, claim).await
        };
        Ok(Answer {
            reply,
            is_replayed: false,
        })
    }

    /// Carries out a request that changes something. It is carried out to the end, also if the
    /// caller does not wait for it.
    async fn carry_out(&self, handling: Handling, claim: Option<Claim>) -> Result<Reply, Problem> {
        let (done, result) = channel::bounded(1);
        self.spawn(async move {
            let reply = handling.await;
            let kept = match &reply {
                Ok(Reply { status, body, .. }) => Some(Ok(KeptReply {
                    status: *status,
                    body: body.clone(),
                })),
                // It was carried out.
                Err(problem) if problem.kind == ProblemKind::NotKept => Some(Err(problem.clone())),
                Err(_) => None,
            };
            if let (Some(kept), Some(claim)) = (kept, claim) {
                claim.keep(kept, Instant::now());
            }
            // Fails if nobody waits.
            let _ = done.try_send(reply);
        });
        result
            .recv()
            .await
            .unwrap_or_else(|_| Err(Problem::stopping()))
    }

    /// Logs that a connection is dropped which has no TLS.
    pub(crate) fn log_dropped(&self, network: Network, why: &NoTls) {
        if self.threads.may_log(LogKind::Dropped) {
            let message = LogKind::Dropped.message();
            tracing::info!(address = %network, reason = %why, api = true, "{message}");
        }
    }

    /// Logs that somebody was not let in.
    fn log_refusal(&self, network: Network, headers: &HeaderMap, problem: &Problem, id: &str) {
        if self.threads.may_log(LogKind::ApiRefused) {
            tracing::info!(
                address = %network,
                request_id = id,
                status = problem.kind.status().as_u16(),
                reason = shown::cut(&problem.detail, LOGGED_REASON),
                user_agent = shown::header(headers, USER_AGENT),
                "{}",
                LogKind::ApiRefused.message()
            );
        }
    }
}

/// Reads the body of a request.
async fn read_body(headers: &HeaderMap, body: Incoming) -> Result<Bytes, Problem> {
    if body.is_end_stream() {
        return Ok(Bytes::new());
    }
    if body.size_hint().lower() > MAX_BODY as u64 {
        return Err(too_large());
    }
    let read = async { Some(Limited::new(body, MAX_BODY).collect().await) };
    let late = async {
        Timer::after(BODY_WITHIN).await;
        None
    };
    let body = match read.or(late).await {
        None => {
            return Err(Problem::new(
                ProblemKind::Timeout,
                "the body did not come in time",
            ));
        }
        Some(Ok(body)) => body.to_bytes(),
        Some(Err(error)) if error.is::<LengthLimitError>() => {
            return Err(too_large());
        }
        Some(Err(_)) => return Err(Problem::bad_request("the body does not come to its end")),
    };
    let media_type = headers
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok());
    let media_type = media_type.and_then(|value| value.split(';').next());
    let is_json = media_type.is_some_and(|value| value.trim().eq_ignore_ascii_case(JSON));
    if !body.is_empty() && !is_json {
        let detail = "a body is JSON: send it with `Content-Type: application/json`";
        return Err(Problem::new(ProblemKind::UnsupportedMediaType, detail));
    }
    Ok(body)
}

fn too_large() -> Problem {
    let detail = format!("a body has at most {MAX_BODY} bytes");
    Problem::new(ProblemKind::TooLarge, detail)
}

/// The key of a request that changes something, if it has one.
fn idempotency_key(headers: &HeaderMap) -> Result<Option<&str>, Problem> {
    let Some(key) = headers.get(IDEMPOTENCY_KEY) else {
        return Ok(None);
    };
    let key = key.to_str().ok();
    let is_good = |key: &&str| {
        (1..=MAX_KEY_BYTES).contains(&key.len()) && key.bytes().all(|byte| byte.is_ascii_graphic())
    };
    key.filter(is_good).map(Some).ok_or_else(|| {
        Problem::bad_request(format!(
            "an Idempotency-Key is a text of 1 to {MAX_KEY_BYTES} visible ASCII characters"
        ))
    })
}
