//! `guildhall doctor`: why a chat does not connect, step by step, from the computer on which it
//! does not. The steps go down the way of a connection, and end at the first that fails.
//!
//! - `address`: the address that was typed, and the name in it; `origin`: the page's, likewise.
//! - `reach`: the sockets behind the name.
//! - `secure`: TLS and the certificate.
//! - `upgrade`: HTTP and the WebSocket's handshake, through whatever is on the way; `answer` reads,
//!   and `redirect` says what a redirect means.
//! - `talk`: the protocol: hello, a line to a room of its own and back, the times; `lengths`: long
//!   messages. Both over a `link`; `trouble` says why one ended.

mod address;
mod answer;
mod arguments;
mod lengths;
mod link;
mod origin;
mod reach;
mod redirect;
mod report;
mod secure;
mod talk;
mod trouble;
mod upgrade;

use std::time::{Duration, Instant};

use async_tungstenite::stream::Stream;
use futures_rustls::client::TlsStream;
use smol::Timer;
use smol::future::FutureExt as _;
use smol::net::TcpStream;

use crate::redact::without_secrets;
use crate::server_url::ServerUrl;
use crate::tls::Trust;

pub use self::arguments::DoctorArguments;
pub use self::report::{Outcome, Report, Step};

use self::link::Link;
use self::report::Finding;

/// The path of the chat if it has a host of its own.
const CHAT: &str = "/ws";

/// A connection, with or without TLS.
type Socket = Stream<TcpStream, TlsStream<TcpStream>>;

/// A server, as the steps know it.
struct Patient {
    server: ServerUrl,
    trust: Option<Trust>,
    /// The origin of the page that cannot connect.
    origin: Option<String>,
    /// How long an answer may take.
    patience: Duration,
}

impl Patient {
    /// The chat's address with this scheme.
    fn address(&self, scheme: &str) -> String {
        format!("{scheme}://{}{}", self.server.host, self.server.path)
    }

    /// The path on which the server says that it is well: beside the chat's.
    fn health(&self) -> String {
        let folder = self.path().rsplit_once('/');
        format!("{}/healthz", folder.map_or("", |(folder, _)| folder))
    }

    /// Whether the chat may have only a path of its host, so that another server answers elsewhere.
    fn has_only_a_path(&self) -> bool {
        self.path() != CHAT
    }

    /// The chat's path without the query.
    fn path(&self) -> &str {
        let path = &self.server.path;
        path.split_once('?').map_or(path, |(path, _)| path)
    }
}

/// Examines a server. It waits for the network.
///
/// # Errors
///
/// A sentence: a file that the arguments name is not good, or their origin is none.
pub fn doctor(arguments: &DoctorArguments) -> anyhow::Result<Report> {
    let ca = arguments.ca.as_deref();
    let trust = || Trust::new(ca, "--ca FILE names others");
    let token = talk::token(arguments)?;
    let origin = (arguments.origin.as_deref())
        .map(origin::origin)
        .transpose()?;
    let url = address::completed(&arguments.url);
    // Players send it to others.
    let mut report = Report::new(&without_secrets(&url));
    let trust = if url.starts_with("wss:") {
        Some(trust()?)
    } else {
        None
    };
    smol::block_on(async {
        let mut steps = Steps {
            report: &mut report,
        };
        let patience = Duration::from_secs(arguments.timeout);
        let server = steps.take("dns", address::look_up(url, patience)).await?;
        let patient = Patient {
            server,
            trust,
            origin,
            patience,
        };
        let mut link = steps.open(patient).await?;
        let idle = Duration::from_secs(arguments.idle);
        steps.converse(&mut link, token, idle).await;
        if report.ok {
            link.leave().await;
        }
        Some(())
    });
    Ok(report)
}

/// The result of a step: what the next ones need, with what was found; or why there is no next one.
type Taken<T> = Result<(T, Finding), Finding>;

/// The steps, with their times.
struct Steps<'a> {
    report: &'a mut Report,
}

impl Steps<'_> {
    /// Takes the steps up to a WebSocket.
    async fn open(&mut self, mut patient: Patient) -> Option<Link> {
        let reach = reach::connect(&patient.server.addresses, patient.patience);
        patient.server.addresses = self.take("tcp", reach).await?;
        if patient.trust.is_some() {
            self.take("tls", secure::examine(&patient)).await?;
        }
        (self.take("http", upgrade::ask_for_health(&patient))).await?;
        let web_socket = self.take("websocket", upgrade::open(&patient)).await?;
        Some(Link::new(web_socket, patient.patience))
    }

    /// Takes the steps over the WebSocket.
    async fn converse(&mut self, link: &mut Link, token: String, idle: Duration) -> Option<()> {
        let mut visit = self.take("hello", talk::say_hello(link, token)).await?;
        (self.take("room", talk::say_something(link, &mut visit))).await?;
        self.take("latency", talk::measure(link)).await?;
        let clocks = async { Ok(((), talk::compare_clocks(&visit))) };
        self.take("clock", clocks).await?;
        (self.take("frame", lengths::send_much(link, &visit))).await?;
        if !idle.is_zero() {
            self.take("idle", talk::be_quiet(link, idle)).await?;
        }
        Some(())
    }

    /// Takes a step, which has a limit for all that it waits for. Returns what the next ones need, if
    /// there are to be any.
    async fn take<T>(
        &mut self,
        name: &'static str,
        step: impl Future<Output = Taken<T>>,
    ) -> Option<T> {
        let begun = Instant::now();
        let (value, finding) = match step.await {
            Ok((value, finding)) => (Some(value), finding),
            Err(finding) => (None, finding),
        };
        self.report.add(finding.step(name, begun.elapsed()));
        value
    }
}

/// The future's value, if it comes within this time.
async fn in_time<T>(limit: Duration, future: impl Future<Output = T>) -> Option<T> {
    let late = async {
        Timer::after(limit).await;
        None
    };
    async { Some(future.await) }.or(late).await
}
