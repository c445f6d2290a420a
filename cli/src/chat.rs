//! `guildhall chat`: a client of `guildhall.v1` for a terminal, and for scripts.
//!
//! What is typed goes to the `state`, which holds the client crate's session and
//! conversations; the session's events go through the `view` to the screen. Both do no
//! I/O. The `client` drives them: one thread for the connection and the session, one for
//! the line editor, one that prints above it. It knows
//! nothing of the server but its address.
//!
//! - The connection: `link`, over TLS if its address asks for it.
//! - The user's token: `token_source`.
//! - The session of the last run, which a terminal goes on with: `kept_session`.
//! - What is typed: `terminal` reads it and shows the prompt; then `state` and its
//!   commands, with the `local_command`s that only this client has.
//! - What is shown: `view` chooses the lines for an event, `lines` formats them, with
//!   `sanitize` of this program; `terminal` writes them.

mod arguments;
mod client;
mod kept_session;
mod lines;
mod link;
mod local_command;
mod state;
mod terminal;
#[cfg(test)]
mod test_chat;
mod token_source;
mod view;

use std::time::Duration;

use anyhow::ensure;

use crate::server_url::ServerUrl;
use crate::stop;
use crate::tls::Trust;

pub use arguments::{ChatArguments, TOKEN_VARIABLE};

use client::{Client, Ending};
use kept_session::KeptSession;
use lines::clock::Clock;
use lines::line::Palette;
use link::Server;
use state::ChatState;
use terminal::editor::LineEditor;
use terminal::input;
use terminal::output::Output;
use token_source::TokenSource;
use view::View;

/// Chats until the user, the script or the server ends it.
///
/// # Errors
///
/// A sentence for the user: the address is not valid, the server ended the chat, or
/// (without a terminal) not everything was done.
pub fn chat(arguments: &ChatArguments) -> anyhow::Result<()> {
    // A mistake in the address is reported before anything is set up.
    let target = ServerUrl::of_either_kind(&arguments.url)?;
    ensure!(
        target.secure.is_some() || arguments.ca.is_none(),
        "--ca is for wss:// addresses"
    );
    let trust = match target.secure {
        Some(_) => Some(Trust::new(
            arguments.ca.as_deref(),
            "--ca FILE names others",
        )?),
        None => None,
    };
    let server = Server {
        url: arguments.url.clone(),
        trust,
    };
    let language = arguments.language();
    let editor = LineEditor::open();
    let palette = match &editor {
        Some(_) if no_color() => Palette::Plain,
        Some(_) if has_all_colours() => Palette::AllColours,
        Some(_) => Palette::Colours,
        None => Palette::Piped,
    };
    let clock = (editor.is_some() || arguments.times).then(Clock::of_the_system);
    let view = View::new(language, palette, clock);
    let chat = ChatState::new(
        &arguments.name,
        &arguments.room,
        language,
        view,
        editor.is_some(),
    );
    let (file, command) = (&arguments.token_file, &arguments.token_command);
    let tokens = TokenSource::of(file.as_deref(), command.as_deref());
    let stop = stop::requested()?;
    let patience = Duration::from_secs(arguments.wait);
    let ending = if let Some(editor) = editor {
        let (typed, output, _restored) = editor.start(chat.prompt())?;
        let kept = KeptSession::of(&arguments.url, &arguments.name);
        let client = Client::new(server, chat, output, None)
            .with_tokens(tokens)
            .with_kept_session(kept);
        let stop = smol::future::or(stop, stop::hung_up()?);
        smol::block_on(client.run(typed, stop))?
    } else {
        let client = Client::new(server, chat, Output::Plain, Some(patience)).with_tokens(tokens);
        smol::block_on(client.run(input::lines(), stop))?
    };
    match ending {
        Ending::Goodbye { all_done } => {
            ensure!(all_done, "not everything was done");
            Ok(())
        }
        Ending::Closed(words) => anyhow::bail!("{words}"),
        Ending::Stuck => anyhow::bail!(
            "no answer for {} s (--wait): not everything was sent",
            arguments.wait
        ),
    }
}

/// Whether the user wants no colours: <https://no-color.org>.
fn no_color() -> bool {
    std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty())
}

/// Whether the terminal shows any colour, and says so.
fn has_all_colours() -> bool {
    std::env::var_os("COLORTERM").is_some_and(|value| value == "truecolor" || value == "24bit")
}
