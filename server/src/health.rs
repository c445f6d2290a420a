//! Whether the server turns, and whether it delivers: `/livez` and `/readyz`. `http` and the API
//! ask.
//!
//! A server that answers is not yet one that delivers, so [`ready`] tries it: the store has to
//! keep something, and a line that is said in a room that nobody else knows has to come out of a
//! real socket of each network thread, on the way that every line takes. That is bounded: one check
//! at a time, and its report holds for a moment. Whether it turns costs little, so everybody asks
//! for themselves; but a network thread answers all who wait with one look at its sockets.

use std::convert::Infallible;
use std::future::Future;
use std::io;
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::sync::{Arc, mpsc};
use std::time::{Duration, Instant};

use hyper::StatusCode;
use serde::Serialize;
use smol::channel::{Receiver, Sender, bounded};
use smol::future::FutureExt as _;
use smol::io::AsyncReadExt as _;
use smol::{Async, Timer};

use crate::hub::PROBE_ROOM;
use crate::ids::UserId;
use crate::journal::Row;
use crate::policy::Rules;
use crate::shared::history::NewMessage;
use crate::shared::room_state::RoomState;
use crate::sync::moment::Moment;
use crate::threads::Threads;
use crate::threads::health::{Check, ProbeJoin, Question, Report, Turn};

/// How long each check may take.
const WITHIN: Duration = Duration::from_secs(2);

/// For how long a report holds, so that those who ask often do not make work.
const HOLDS_FOR: Duration = Duration::from_millis(500);

/// The text of the line.
const TEXT: &str = "is this delivered?";

/// Whether a path asks for one of the two.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Asked {
    /// Whether the server turns.
    Live,
    /// Whether it delivers.
    Ready,
}

/// The answer to a health check.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    /// JSON.
    pub(crate) body: String,
}

impl Asked {
    /// The question of this path. `None`: it is none.
    pub(crate) fn of(path: &str) -> Option<Self> {
        match path {
            "/livez" => Some(Self::Live),
            "/readyz" => Some(Self::Ready),
            _ => None,
        }
    }
}

/// Whether a path is that of a health check.
pub(crate) fn is_check(path: &str) -> bool {
    matches!(path, "/healthz" | "/api/v1/health") || Asked::of(path).is_some()
}

/// Answers a health check. If `is_open`, anybody may see the answer, so it names the checks that
/// fail, and says no more of them.
pub(crate) async fn answer(threads: &Arc<Threads>, asked: Asked, is_open: bool) -> Answer {
    match asked {
        Asked::Live => {
            let check = turns(threads).await;
            let word = if check.problem.is_some() {
                "stuck"
            } else {
                "live"
            };
            to_answer(word, &[check], is_open)
        }
        Asked::Ready if threads.health.is_ending() => to_answer("stopping", &[], is_open),
        Asked::Ready => {
            let report = ready(threads).await;
            // It may have begun to stop meanwhile.
            if threads.health.is_ending() {
                return to_answer("stopping", &[], is_open);
            }
            let word = if report.is_ready() {
                "ready"
            } else {
                "not ready"
            };
            to_answer(word, &report.checks, is_open)
        }
    }
}

/// Whether the server is ready: the report of now, or of a moment ago.
async fn ready(threads: &Arc<Threads>) -> Arc<Report> {
    let over = match threads.health.turn(HOLDS_FOR) {
        Turn::Has(report) => return report,
        Turn::Wait(over) => over,
        Turn::Check(end, over) => {
            begin(Arc::clone(threads), end);
            over
        }
    };
    let ended = async {
        let _ = over.recv().await;
        threads.health.last()
    };
    let late = async {
        Timer::after(WITHIN + HOLDS_FOR).await;
        None
    };
    match ended.or(late).await {
        Some((_, report)) => report,
        None => hangs(threads),
    }
}

/// Checks, and keeps the report. Not as a part of whoever asks, who may hang up, and not on a network
/// thread, which may be what hangs.
fn begin(threads: Arc<Threads>, end: Sender<Infallible>) {
    let checks = async move {
        let checks = smol::future::zip(
            smol::future::zip(turns(&threads), store(&threads)),
            delivery(&threads),
        );
        let ((turns, store), delivery) = checks.await;
        let checks = [Some(turns), store, Some(delivery)];
        tell(&threads, checks.into_iter().flatten().collect());
        threads.health.end_checks();
        drop(end);
    };
    smol::unblock(|| smol::block_on(checks)).detach();
}

/// The report if the checks do not end: each of them has a deadline, so the thread that they run on
/// hangs, or there is none.
fn hangs(threads: &Threads) -> Arc<Report> {
    let check = Check {
        name: "threads",
        took: WITHIN,
        problem: Some("the thread that checks does not go on".to_owned()),
    };
    tell(threads, vec![check])
}

/// Keeps a report, and logs it if it says something new.
fn tell(threads: &Threads, checks: Vec<Check>) -> Arc<Report> {
    let report = Arc::new(Report { checks });
    let before = threads.health.set_last(&report);
    log(&report, before.as_deref());
    report
}

/// Logs that the server is not ready any more, or is again.
fn log(report: &Report, before: Option<&Report>) {
    let was_ready = before.is_none_or(Report::is_ready);
    match (was_ready, report.is_ready()) {
        (true, false) => {
            for check in &report.checks {
                if let Some(problem) = &check.problem {
                    tracing::warn!(check = check.name, %problem, "the server is not ready");
                }
            }
        }
        (false, true) => tracing::info!("the server is ready again"),
        _ => {}
    }
}

/// Runs a check, which fails if it takes too long: also if it has succeeded by then, because this
/// thread has hung meanwhile.
async fn check(name: &'static str, run: impl Future<Output = Result<(), String>>) -> Check {
    let began = Instant::now();
    let late = || Err(format!("it takes longer than {} s", WITHIN.as_secs()));
    let deadline = async {
        Timer::after(WITHIN).await;
        late()
    };
    let result = run.or(deadline).await;
    let took = began.elapsed();
    let result = result.and_then(|()| if took > WITHIN { late() } else { Ok(()) });
    Check {
        name,
        took,
        problem: result.err(),
    }
}

/// Whether each network thread turns.
async fn turns(threads: &Threads) -> Check {
    let health = &threads.health;
    let answers: Vec<_> = (0..health.threads())
        .map(|thread| {
            let (answer, answered) = bounded(1);
            health.ask(thread, Question::Turns(answer));
            answered
        })
        .collect();
    let mut in_order = 0;
    let mut check = check("threads", async {
        for (thread, answer) in answers.iter().enumerate() {
            let result = answered(answer).await;
            // One that has ended with its server need not turn.
            if !(threads.is_closing() && threads.is_done(thread)) {
                result?;
            }
            in_order += 1;
        }
        Ok(())
    })
    .await;
    // The first one did not answer, and those behind it may have.
    let rest = answers.iter().enumerate().skip(in_order);
    let stuck: Vec<_> = rest
        .filter(|(_, answer)| answer.is_empty())
        .map(|(thread, _)| format!("network-{thread}"))
        .collect();
    if check.problem.is_some() && !stuck.is_empty() {
        let stuck = stuck.join(", ");
        check.problem = Some(format!("no answer within {WITHIN:?} from {stuck}"));
    }
    check
}

/// Waits for an answer.
async fn answered(answer: &Receiver<()>) -> Result<(), String> {
    let gone = |_| "a network thread has ended".to_owned();
    answer.recv().await.map_err(gone)
}

/// Whether the store keeps something. `None`: there is none.
async fn store(threads: &Threads) -> Option<Check> {
    let shared = &threads.shared;
    shared.journal()?;
    let kept = async {
        let (done, kept) = bounded(1);
        let at = Moment::present().unix_millis;
        let told = move |result| drop(done.try_send(result));
        (shared.records()).try_note(move || vec![Row::HealthCheck(at)], Box::new(told));
        match kept.recv().await {
            Ok(Ok(())) if !shared.has_numbers() => {
                Err("it has no numbers for more connections".into())
            }
            Ok(kept) => kept.map_err(|failure| failure.to_string()),
            Err(_) => Err("it is closed".into()),
        }
    };
    Some(check("store", kept).await)
}

/// Whether a line comes out of a socket of each network thread.
async fn delivery(threads: &Threads) -> Check {
    check("delivery", async {
        deliver(threads).await.map_err(|error| error.to_string())
    })
    .await
}

async fn deliver(threads: &Threads) -> io::Result<()> {
    let (shared, health) = (&threads.shared, &threads.health);
    // No client can say such a name, and no list has the room.
    let name = format!("{PROBE_ROOM}{}", health.next_probe());
    let rule = Rules::default();
    let (limits, mailboxes) = (shared.limits(), shared.mailboxes().clone());
    let room = RoomState::new(&name, mailboxes, limits, rule.of(&name), None);
    let room = Arc::new(room);
    let mut ends = Vec::new();
    for thread in 0..health.threads() {
        let (near, far) = pair().await?;
        let (joined, has_joined) = bounded(1);
        let room = Arc::clone(&room);
        let stream = mio::net::TcpStream::from_std(far);
        let join = ProbeJoin {
            room,
            stream,
            joined,
        };
        health.ask(thread, Question::Join(join));
        ends.push((near, has_joined));
    }
    for (_, has_joined) in &ends {
        let joined = has_joined.recv().await;
        joined.map_err(|_| io::Error::other("a network thread cannot take a connection"))?;
    }
    let at = Moment::present().unix_millis;
    // A room without a journal tells at once.
    let (outcome, _said) = mpsc::channel();
    room.say_outside(&NewMessage::plain(UserId(0), TEXT, at), outcome);
    for (end, _) in &mut ends {
        until_text(end).await?;
    }
    Ok(())
}

/// Reads until the line has come.
async fn until_text(stream: &mut Async<TcpStream>) -> io::Result<()> {
    let mut received = Vec::new();
    let mut buffer = [0; 256];
    loop {
        let count = stream.read(&mut buffer).await?;
        if count == 0 {
            return Err(io::Error::other(
                "the connection ended before the line came",
            ));
        }
        received.extend_from_slice(&buffer[..count]);
        let mut windows = received.windows(TEXT.len());
        if windows.any(|window| window == TEXT.as_bytes()) {
            return Ok(());
        }
    }
}

/// Two ends of a new TCP connection of this process. Where no packet arrives, it takes as long as
/// the caller waits.
async fn pair() -> io::Result<(Async<TcpStream>, TcpStream)> {
    let listener = Async::<TcpListener>::bind((Ipv4Addr::LOCALHOST, 0))?;
    let near = Async::<TcpStream>::connect(listener.get_ref().local_addr()?).await?;
    let own = near.get_ref().local_addr()?;
    // Another program of this machine may have connected as well.
    loop {
        let (far, peer) = listener.accept().await?;
        if peer == own {
            return Ok((near, far.into_inner()?));
        }
    }
}

/// The body of an answer.
#[derive(Debug, Serialize)]
struct Body<'a> {
    status: &'a str,
    checks: Vec<CheckBody<'a>>,
}

#[derive(Debug, Serialize)]
struct CheckBody<'a> {
    name: &'a str,
    ok: bool,
    milliseconds: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    problem: Option<&'a str>,
}

fn to_answer(word: &str, checks: &[Check], is_open: bool) -> Answer {
    let is_good = matches!(word, "live" | "ready");
    let checks = checks.iter().map(|check| CheckBody {
        name: check.name,
        ok: check.problem.is_none(),
        milliseconds: u64::try_from(check.took.as_millis()).unwrap_or(u64::MAX),
        problem: check.problem.as_deref().filter(|_| !is_open),
    });
    let body = Body {
        status: word,
        checks: checks.collect(),
    };
    Answer {
        status: if is_good {
            StatusCode::OK
        } else {
            StatusCode::SERVICE_UNAVAILABLE
        },
        body: serde_json::to_string(&body).expect("texts and numbers can be JSON"),
    }
}

#[cfg(test)]
mod tests;
