//! The sockets on which the server listens: those that systemd, or the server before this one, has
//! handed over, and for the rest its own.

use std::net::TcpListener;

use anyhow::{Context as _, bail};
use guildhall_server::Listeners;
use guildhall_server::listen::{self, ListenError};
use listenfd::ListenFd;
use rustix::io::{FdFlags, fcntl_setfd};

use crate::api::arguments::ApiAddress;
use crate::arguments::environment::Parsed;

/// The variable with the number of the sockets that are handed over (`sd_listen_fds(3)`).
pub(crate) const COUNT: &str = "LISTEN_FDS";

/// The variable with their names.
pub(crate) const NAMES: &str = "LISTEN_FDNAMES";

/// The variable with the names of those that the server before this one has opened by itself: the
/// settings say where these listen, as systemd does for the others.
pub(crate) const OWN: &str = "LISTEN_OWN";

/// The variable with the folder in which the server before this one keeps what it keeps; empty: it
/// keeps nothing.
pub(crate) const DATA: &str = "LISTEN_DATA";

/// The name of a socket of the API. One with a name that is not here is the chat's.
pub(crate) const API: &str = "api";

/// The name of a socket that sends browsers on to https.
pub(crate) const REDIRECT: &str = "redirect";

/// The name of a socket of the chat, if this program hands it over.
pub(crate) const CHAT: &str = "chat";

/// The sockets on which the server listens.
#[derive(Debug, Default)]
pub struct Sockets {
    /// The sockets.
    pub listeners: Listeners,
    /// Whether any were handed over.
    pub were_handed_over: bool,
    /// The names of those that the server has opened by itself, or one before it.
    pub own: Vec<&'static str>,
    /// Lines for the log about sockets that were handed over.
    pub notes: Vec<String>,
}

impl Sockets {
    /// Whether those of the chat outlive this server, because systemd has them: whoever connects
    /// while it stops waits there for the next one.
    #[must_use]
    pub fn are_lasting(&self) -> bool {
        !self.own.contains(&CHAT)
    }

    /// Whether those of the API do.
    #[must_use]
    pub fn is_api_lasting(&self) -> bool {
        !self.own.contains(&API)
    }
}

/// Takes the sockets that were handed over, and opens those that were not.
///
/// # Errors
///
/// A sentence for the operator.
pub fn open(parsed: &Parsed) -> anyhow::Result<Sockets> {
    settle(parsed, listen::bind_for)
}

/// Whether sockets were handed over to this process.
pub(crate) fn are_handed_over() -> bool {
    std::env::var_os(COUNT).is_some()
}

/// Checks that [`open`] would open each socket now, beside those that were handed over. Returns the
/// names of those that listen where the settings say.
///
/// # Errors
///
/// A sentence for the operator.
pub(crate) fn check(parsed: &Parsed) -> anyhow::Result<Vec<&'static str>> {
    let try_bind: Bind = |flag, host, port| listen::try_bind(flag, host, port).map(|()| Vec::new());
    Ok(settle(parsed, try_bind)?.own)
}

/// Opens sockets on a host and a port that this flag has set, or tries whether that is possible.
type Bind = fn(&'static str, &str, u16) -> Result<Vec<TcpListener>, ListenError>;

/// A kind of socket.
struct Kind<'a> {
    name: &'static str,
    flag: &'static str,
    /// The place where the settings want the server to listen.
    address: Option<(&'a str, u16)>,
    /// The reason for which the server has no use for one, and what to do.
    unwanted: Option<&'static str>,
}

fn settle(parsed: &Parsed, bind: Bind) -> anyhow::Result<Sockets> {
    fn place(address: &ApiAddress) -> (&str, u16) {
        (&address.host, address.port)
    }
    let serve = &parsed.arguments.serve;
    let api = parsed.api.listen.as_ref();
    let no_api = "there is no API: set api.listen";
    let no_tls = "the server has no TLS: set tls.cert and tls.key, or tls.acme_hosts";
    let kinds = [
        Kind {
            name: CHAT,
            flag: "--port",
            address: Some((&serve.host, serve.port)),
            unwanted: None,
        },
        Kind {
            name: API,
            flag: "--api-listen",
            address: api.map(place),
            unwanted: api.is_none().then_some(no_api),
        },
        Kind {
            name: REDIRECT,
            flag: "--tls-redirect",
            address: parsed.https.redirect().map(place),
            unwanted: (!parsed.https.is_on()).then_some(no_tls),
        },
    ];
    let before = std::env::var(OWN).unwrap_or_default();
    let mut handed_over = handed_over()?;
    let mut sockets = Sockets {
        were_handed_over: !handed_over.is_empty(),
        ..Sockets::default()
    };
    for kind in kinds {
        let of_kind = handed_over.extract_if(.., |(name, _)| match kind.name {
            CHAT => ![API, REDIRECT].contains(&&**name),
            this => name == this,
        });
        let of_kind = of_kind.map(|(_, listener)| listener).collect();
        let was_own = before.split(':').any(|name| name == kind.name);
        let listeners = kind.settle(of_kind, was_own, bind, &mut sockets)?;
        match kind.name {
            CHAT => sockets.listeners.chat = listeners,
            API => sockets.listeners.api = listeners,
            _ => sockets.listeners.redirect = listeners,
        }
    }
    Ok(sockets)
}

impl Kind<'_> {
    /// The sockets of this kind, of which these were handed over. `was_own`: by a server that had
    /// opened them itself.
    fn settle(
        &self,
        mut handed_over: Vec<TcpListener>,
        was_own: bool,
        bind: Bind,
        sockets: &mut Sockets,
    ) -> anyhow::Result<Vec<TcpListener>> {
        let name = self.name;
        if !handed_over.is_empty() && !was_own {
            if let Some(reason) = self.unwanted {
                bail!(
                    "a socket with the name \"{name}\" was handed over, and {reason}, or take the \
                     socket away"
                );
            }
            return Ok(handed_over);
        }
        sockets.own.push(name);
        let Some((host, port)) = self.address else {
            if !handed_over.is_empty() {
                let note = "the settings have none any more: closed";
                sockets.notes.push(format!("the sockets of {name}: {note}"));
            }
            return Ok(Vec::new());
        };
        if !handed_over.is_empty() && listen::are_on(&handed_over, host, port)? {
            self.add_left_out(&mut handed_over, host, bind, &mut sockets.notes)?;
            return Ok(handed_over);
        }
        let bound = bind(self.flag, host, port)?;
        if !handed_over.is_empty() {
            let note = "the settings name another address: listening there";
            sockets.notes.push(format!("the sockets of {name}: {note}"));
        }
        Ok(bound)
    }

    /// Opens sockets on the addresses of `host` that none of these is on: the settings have more
    /// addresses than when these were opened, or its name has.
    fn add_left_out(
        &self,
        listeners: &mut Vec<TcpListener>,
        host: &str,
        bind: Bind,
        notes: &mut Vec<String>,
    ) -> anyhow::Result<()> {
        // All have the same one, also if the system has chosen it.
        let port = listeners[0].local_addr()?.port();
        for address in listen::left_out(listeners, host)? {
            match bind(self.flag, &address.to_string(), port) {
                Ok(bound) => {
                    listeners.extend(bound);
                    let (name, note) = (self.name, "the settings add");
                    notes.push(format!("the sockets of {name}: {note} {address}"));
                }
                // It is left out at any start.
                Err(ListenError::NotOurs(_)) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }
}

/// The sockets that were handed over, with their names.
fn handed_over() -> anyhow::Result<Vec<(String, TcpListener)>> {
    let names = std::env::var(NAMES).unwrap_or_default();
    let mut names = names.split(':');
    let mut handed_over = ListenFd::from_env();
    (0..handed_over.len())
        .map(|index| {
            let name = names.next().unwrap_or_default().to_owned();
            let place = || {
                format!(
                    "socket {} of those that were handed over (LISTEN_FDS) is not one that the \
                     server can listen on: it needs ListenStream= with a port or an address",
                    index + 1
                )
            };
            let listener = handed_over.take_tcp_listener(index);
            let listener = listener.with_context(place)?.with_context(place)?;
            // Programs that this one starts have nothing to do with it.
            fcntl_setfd(&listener, FdFlags::CLOEXEC).with_context(place)?;
            let listener = listen::adopt(listener).with_context(place)?;
            Ok((name, listener))
        })
        .collect()
}
