//! The sockets on which the server listens: those that systemd, or the server before this one, has
//! handed over, and for the rest its own.

use std::net::TcpListener;

use anyhow::{Context as _, ensure};
use guildhall_server::{Listeners, listen};
use listenfd::ListenFd;
use rustix::io::{FdFlags, fcntl_setfd};

use crate::arguments::environment::Parsed;

/// The variable with the names of the sockets that are handed over (`sd_listen_fds(3)`).
pub(crate) const NAMES: &str = "LISTEN_FDNAMES";

/// The name of a socket of the API. One with a name that is not here is the chat's.
pub(crate) const API: &str = "api";

/// The name of a socket that sends browsers on to https.
pub(crate) const REDIRECT: &str = "redirect";

/// The name of a socket of the chat, if this program hands it over.
pub(crate) const CHAT: &str = "chat";

/// The sockets on which the server listens.
#[derive(Debug)]
pub struct Sockets {
    /// The sockets.
    pub listeners: Listeners,
    /// Whether those of the chat were handed over. They outlive this server, so that who connects
    /// while it stops waits there for the next one.
    pub are_lasting: bool,
}

/// Takes the sockets that were handed over, and opens those that were not.
///
/// # Errors
///
/// A sentence for the operator.
pub fn open(parsed: &Parsed) -> anyhow::Result<Sockets> {
    let (mut chat, mut api, mut redirect) = (Vec::new(), Vec::new(), Vec::new());
    for (name, listener) in handed_over()? {
        match name.as_str() {
            API => api.push(listener),
            REDIRECT => redirect.push(listener),
            _ => chat.push(listener),
        }
    }
    let are_lasting = !chat.is_empty();
    if chat.is_empty() {
        let arguments = &parsed.arguments.serve;
        chat = listen::bind(&arguments.host, arguments.port)?;
    }
    ensure!(
        api.is_empty() || parsed.api.listen.is_some(),
        "a socket with the name \"{API}\" was handed over, and there is no API: set api.listen, or \
         take the socket away"
    );
    if api.is_empty() {
        api = parsed.api.bind()?;
    }
    if redirect.is_empty() {
        redirect = parsed.https.bind()?;
    }
    Ok(Sockets {
        listeners: Listeners {
            chat,
            api,
            redirect,
        },
        are_lasting,
    })
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
