//! `guildhall doctor`: why a chat does not connect, step by step, from the computer on which it
//! does not. The steps go down the way of a connection, and end at the first that fails.
//!
//! - `address`: the address, its name, and the sockets behind it.
//! - `secure`: TLS and the certificate.
//! - `upgrade`: HTTP and the WebSocket's handshake, through whatever is on the way.
//! - `talk`: the protocol: hello, a line to a room of its own and back, the times.

mod address;
mod arguments;
mod report;
mod secure;
mod talk;
mod upgrade;

use std::time::{Duration, Instant};

use anyhow::ensure;
use async_tungstenite::stream::Stream;
use futures_rustls::client::TlsStream;
use http::HeaderValue;
use smol::Timer;
use smol::future::FutureExt as _;
use smol::net::TcpStream;

use crate::server_url::ServerUrl;
use crate::tls::Trust;

pub use self::arguments::DoctorArguments;
pub use self::report::{Outcome, Report, Step};

use self::report::Finding;

/// A connection, with or without TLS.
type Socket = Stream<TcpStream, TlsStream<TcpStream>>;

/// A server, as the steps know it.
struct Patient {
    server: ServerUrl,
    trust: Option<Trust>,
    arguments: DoctorArguments,
}

/// Examines a server. It waits for the network.
///
/// # Errors
///
/// A sentence: a file that the arguments name is not good.
pub fn doctor(arguments: &DoctorArguments) -> anyhow::Result<Report> {
    let ca = arguments.ca.as_deref();
    let trust = || Trust::new(ca, "--ca FILE names others");
    let token = talk::token(arguments)?;
    if let Some(origin) = &arguments.origin {
        let is_header = HeaderValue::from_str(origin).is_ok();
        ensure!(
            is_header,
            "'{origin}' is no origin: it looks like https://game.example"
        );
    }
    let url = address::completed(&arguments.url);
    let mut report = Report::new(&url);
    let trust = if url.starts_with("wss:") {
        Some(trust()?)
    } else {
        None
    };
    smol::block_on(examine(&mut report, arguments, trust, token));
    Ok(report)
}

/// Takes all steps, up to the first that fails.
async fn examine(
    report: &mut Report,
    arguments: &DoctorArguments,
    trust: Option<Trust>,
    token: String,
) -> Option<()> {
    let mut steps = Steps {
        report,
        within: Duration::from_secs(arguments.timeout),
    };
    let url = steps.report.url.clone();
    let server = steps.take("dns", address::look_up(url)).await?;
    let patient = Patient {
        server,
        trust,
        arguments: arguments.clone(),
    };
    steps.take("tcp", address::connect(&patient.server)).await?;
    if patient.trust.is_some() {
        steps.take("tls", secure::examine(&patient)).await?;
    }
    steps
        .take("http", upgrade::ask_for_health(&patient))
        .await?;
    let mut web_socket = steps.take("websocket", upgrade::open(&patient)).await?;
    let mut visit = (steps.take("hello", talk::say_hello(&mut web_socket, token))).await?;
    (steps.take("room", talk::say_something(&mut web_socket, &mut visit))).await?;
    (steps.take("latency", talk::measure(&mut web_socket, &mut visit))).await?;
    let measured = talk::compare_clocks(&visit);
    steps.note("clock", measured);
    (steps.take("frame", talk::send_much(&mut web_socket, &mut visit))).await?;
    if arguments.idle > 0 {
        let idle = Duration::from_secs(arguments.idle);
        steps.within += idle;
        (steps.take("idle", talk::be_quiet(&mut web_socket, &mut visit, idle))).await?;
    }
    talk::leave(web_socket).await;
    Some(())
}

/// The result of a step: what the next ones need, with what was found; or what is wrong.
type Taken<T> = Result<(T, Finding), Finding>;

/// The steps, with their times.
struct Steps<'a> {
    report: &'a mut Report,
    within: Duration,
}

impl Steps<'_> {
    /// Takes a step. Returns what the next ones need, if it did not fail.
    async fn take<T>(
        &mut self,
        name: &'static str,
        step: impl Future<Output = Taken<T>>,
    ) -> Option<T> {
        let begun = Instant::now();
        let late = async {
            Timer::after(self.within).await;
            Err(Finding::failed(
                format!("nothing came within {} seconds", self.within.as_secs()),
                "something on the way swallows what is sent, such as a firewall: try another \
                 network, or a longer --timeout",
            ))
        };
        let (value, finding) = match step.or(late).await {
            Ok((value, finding)) => (Some(value), finding),
            Err(finding) => (None, finding),
        };
        self.report.add(finding.step(name, begun.elapsed()));
        value
    }

    /// Adds what is known already.
    fn note(&mut self, name: &'static str, finding: Finding) {
        self.report.add(finding.step(name, Duration::ZERO));
    }
}
