//! Drives a [`ChatState`]: opens and closes connections, keeps the clock, passes on
//! what is typed and shows the lines that come of it.

use std::io;
use std::time::{Duration, Instant, SystemTime};

use guildhall_client::RequestId;
use guildhall_client::session::{Action, Claim, State};
use smol::channel::Receiver;
use smol::{Task, Timer, future};

use crate::chat::kept_session::KeptSession;
use crate::chat::link::{Link, LinkEvent, Server};
use crate::chat::state::ChatState;
use crate::chat::terminal::input::Typed;
use crate::chat::terminal::output::Output;
use crate::chat::token_source::{LastToken, NoToken, TokenSource};

/// A chat and what it is connected to.
pub(super) struct Client {
    server: Server,
    chat: ChatState,
    output: Output,
    /// How long a script's line may wait for the server; `None` on a terminal, whose user
    /// sees that it waits.
    patience: Option<Duration>,
    link: Option<Link>,
    /// The task that closes the last connection, until it has ended.
    leaving: Option<Task<()>>,
    /// The source of the user's tokens; `None`: the user is a guest.
    tokens: Option<TokenSource>,
    last_token: LastToken,
    /// The token that the session waits for.
    next_token: Option<Task<Result<String, NoToken>>>,
    /// The zero of the session's clock.
    start: Instant,
    /// What the next run goes on with; on a terminal alone.
    kept: Option<KeptSession>,
}

/// How the chat ended.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Ending {
    /// The user ended it, or the input is at its end.
    Goodbye {
        /// Whether everything that was typed was done. Always true on a terminal, whose
        /// user has seen what was not.
        all_done: bool,
    },
    /// The session is closed, and not by the user: why.
    Closed(String),
    /// The server did not answer for too long.
    Stuck,
}

/// What happened next.
enum Next {
    Link(LinkEvent),
    Token(Result<String, NoToken>),
    /// A line was typed; `None`: the input is at its end.
    Typed(Option<Typed>),
    Time,
    Stop,
}

impl Client {
    /// A client that is not connected yet.
    pub(super) fn new(
        server: Server,
        chat: ChatState,
        output: Output,
        patience: Option<Duration>,
    ) -> Self {
        Self {
            server,
            chat,
            output,
            patience,
            link: None,
            leaving: None,
            tokens: None,
            last_token: LastToken::default(),
            next_token: None,
            start: Instant::now(),
            kept: None,
        }
    }

    /// Asks this source for the user's tokens.
    pub(super) fn with_tokens(mut self, tokens: Option<TokenSource>) -> Self {
        if tokens.is_some() {
            self.chat.session().use_tokens();
        }
        self.tokens = tokens;
        self
    }

    /// Goes on with the session of the last run, and keeps this one's for the next.
    pub(super) fn with_kept_session(mut self, kept: KeptSession) -> Self {
        if !kept.secret().is_empty() {
            // The IDs of the last run were lower: it began earlier.
            let since = SystemTime::UNIX_EPOCH.elapsed().unwrap_or_default();
            self.chat.session().resume(Claim {
                token: kept.secret().to_vec(),
                last_request: RequestId(u64::try_from(since.as_millis()).unwrap_or(0)),
                // A new screen shows the whispers that the server still has.
                whisper_seq: 0,
            });
        }
        self.kept = Some(kept);
        self
    }

    /// Chats to the end.
    ///
    /// # Errors
    ///
    /// The output cannot be written any more.
    pub(super) async fn run(
        mut self,
        typed: Receiver<Typed>,
        stop: impl Future<Output = ()>,
    ) -> io::Result<Ending> {
        let ending = self.chat(typed, stop).await;
        self.chat.session().close();
        if let Some(mut kept) = self.kept.take() {
            kept.forget();
        }
        let all_done = self.chat.all_done();
        // The goodbye goes out, and the user is told what it made fail.
        let shown = self.proceed();
        if let Some(leaving) = self.leaving.take() {
            leaving.await;
        }
        self.output.finish();
        match ending? {
            Some(ending) => shown.map(|()| ending),
            None => shown.map(|()| Ending::Goodbye {
                all_done: all_done || self.patience.is_none(),
            }),
        }
    }

    /// Chats until there is a reason to end; `None`: the user's, or the input's end.
    async fn chat(
        &mut self,
        typed: Receiver<Typed>,
        stop: impl Future<Output = ()>,
    ) -> io::Result<Option<Ending>> {
        let mut stop = std::pin::pin!(stop);
        // A script's line that waits for its turn.
        let mut held: Option<Typed> = None;
        let mut ended = false;
        let mut answers = 0;
        let mut stuck_at = None;
        let now = self.now();
        self.chat.session().connect(now);
        loop {
            self.proceed()?;
            if let Some(words) = self.chat.closed() {
                return Ok(Some(Ending::Closed(words)));
            }
            if self.chat.has_quit() {
                return Ok(None);
            }
            if let Some(patience) = self.patience {
                if let Some(line) = held.take_if(|line| self.chat.takes(&line.text)) {
                    self.chat.typed(&line.text, line.room.as_deref());
                    stuck_at = None;
                    continue;
                }
                if ended && held.is_none() && self.chat.is_settled() {
                    return Ok(None);
                }
                let waits = held.is_some() || ended;
                if !waits || answers != self.chat.answers() {
                    answers = self.chat.answers();
                    stuck_at = None;
                }
                if waits && *stuck_at.get_or_insert(Instant::now() + patience) <= Instant::now() {
                    return Ok(Some(Ending::Stuck));
                }
            } else if ended {
                return Ok(None);
            }
            let listens = !ended && held.is_none();
            match self
                .next(listens.then_some(&typed), stuck_at, &mut stop)
                .await
            {
                Next::Link(event) => self.link_event(event),
                Next::Token(token) => self.token(token),
                Next::Typed(Some(line)) if self.patience.is_some() => held = Some(line),
                Next::Typed(Some(line)) => {
                    self.chat.typed(&line.text, line.room.as_deref());
                    self.proceed()?;
                    drop(line.done);
                }
                Next::Typed(None) => ended = true,
                Next::Time => {
                    let now = self.now();
                    self.chat.tick(now, fastrand::f64());
                }
                Next::Stop => return Ok(None),
            }
        }
    }

    /// Waits for the next thing to happen.
    async fn next(
        &mut self,
        typed: Option<&Receiver<Typed>>,
        stuck_at: Option<Instant>,
        stop: &mut (impl Future<Output = ()> + Unpin),
    ) -> Next {
        let wake_at = self.chat.wake_at();
        let wake_at = wake_at.map(|millis| self.start + Duration::from_millis(millis));
        let deadline = [wake_at, stuck_at].into_iter().flatten().min();
        let (link, next_token) = (&self.link, &mut self.next_token);
        let event = async {
            match link {
                Some(link) => Next::Link(link.next_event().await),
                None => future::pending().await,
            }
        };
        let token = async {
            match next_token {
                Some(token) => Next::Token(token.await),
                None => future::pending().await,
            }
        };
        let event = future::or(token, event);
        let input = async {
            match typed {
                Some(typed) => Next::Typed(typed.recv().await.ok()),
                None => future::pending().await,
            }
        };
        let time = async {
            match deadline {
                Some(deadline) => {
                    Timer::at(deadline).await;
                    Next::Time
                }
                None => future::pending().await,
            }
        };
        let stopped = async {
            stop.await;
            Next::Stop
        };
        future::or(stopped, future::race(future::race(event, input), time)).await
    }

    /// The answer to a session that needs a token.
    fn token(&mut self, token: Result<String, NoToken>) {
        self.next_token = None;
        let now = self.now();
        let session = self.chat.session();
        match token {
            Ok(token) => {
                self.last_token.set(&token);
                session.set_token(&token, now);
            }
            Err(NoToken::Yet(reason)) => session.no_token(&reason, now, fastrand::f64()),
            Err(NoToken::Ever(reason)) => {
                // If there is a connection, the token that it has still holds.
                session.open_failed(&reason);
                session.no_token(&reason, now, fastrand::f64());
            }
        }
    }

    fn link_event(&mut self, event: LinkEvent) {
        let now = self.now();
        if let LinkEvent::Closed(..) | LinkEvent::Failed(_) = event {
            let link = self.link.take();
            self.leaving = link.map(|link| smol::spawn(link.end()));
        }
        let session = self.chat.session();
        match event {
            LinkEvent::Opened => session.opened(now),
            LinkEvent::Received(bytes) => session.received(&bytes, now),
            LinkEvent::Closed(code, reason) => {
                session.closed(code, &reason, now, fastrand::f64());
            }
            LinkEvent::Failed(reason) => session.open_failed(&reason),
        }
    }

    /// Does the session's actions, and shows new lines.
    fn proceed(&mut self) -> io::Result<()> {
        let (actions, lines) = self.chat.drain(self.now());
        if let Some(kept) = &mut self.kept
            && let Some(claim) = self.chat.session().claim()
        {
            kept.keep(&claim.token);
        }
        if self.chat.session().awaits_token()
            && self.next_token.is_none()
            && let Some(tokens) = self.tokens.clone()
        {
            let last = if *self.chat.session().state() == State::Online {
                self.last_token.clone()
            } else {
                let since = SystemTime::UNIX_EPOCH.elapsed().unwrap_or_default();
                self.last_token.if_over(since.as_secs())
            };
            self.next_token = Some(smol::spawn(tokens.next(last)));
        }
        for action in actions {
            match action {
                Action::Open => self.link = Some(Link::open(self.server.clone())),
                Action::Send(packet) => {
                    if let Some(link) = &self.link {
                        link.send(packet);
                    }
                }
                Action::Close(code) => {
                    if let Some(link) = self.link.take() {
                        self.leaving = Some(smol::spawn(link.close(code)));
                    }
                }
            }
        }
        self.output.show(&lines)
    }

    fn now(&self) -> u64 {
        u64::try_from(self.start.elapsed().as_millis()).unwrap_or(u64::MAX)
    }
}
