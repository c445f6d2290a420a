//! The command line of the terminal client.

use std::path::PathBuf;

use clap::Args;
use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use guildhall_client::texts::Language;

use crate::number::number;

/// The most seconds of `--wait`: a year.
const LONGEST_WAIT: u64 = 366 * 86_400;

/// The variable that may have the user's token. It is no setting of the server.
pub const TOKEN_VARIABLE: &str = "GUILDHALL_TOKEN";

/// Chat from a terminal, or from a script.
///
/// On a terminal, lines that come are shown above the one that you type. /help
/// lists the commands, Tab completes them, names and rooms, Ctrl-D ends the
/// chat. If input or output is not a terminal, each line of input is a text or a
/// command; the chat goes to standard output and everything about the connection
/// to standard error. At the end of the input all is sent before the program
/// ends. The exit code is 1 if something was not done.
#[derive(Debug, Clone, Args)]
pub struct ChatArguments {
    /// The server, such as <ws://localhost:8080/ws>, or wss:// with TLS
    pub url: String,

    /// The name to be known by; without one the server makes one up
    #[arg(long, default_value = "", hide_default_value = true)]
    pub name: String,

    /// A room to join; may be given more than once. The first is shown
    #[arg(long, default_value = "lobby")]
    pub room: Vec<String>,

    /// The language of what the program says by itself [default: that of the
    /// environment]
    #[arg(long, value_parser = languages())]
    pub language: Option<Language>,

    /// For wss://: trust the certificates in this PEM file, and no others
    /// [default: those of the system, or of `SSL_CERT_FILE`]
    #[arg(long, value_name = "FILE")]
    pub ca: Option<PathBuf>,

    /// The file whose first line is your token, which the game's backend has made
    ///
    /// It is read when the server needs one, and again before that one is over. No flag takes a
    /// token itself: other users of this machine could read it in the list of processes, and
    /// your shell would keep it. A token can also be in the variable `GUILDHALL_TOKEN`. Use
    /// wss:// for a server on another machine: who reads a token is you.
    #[arg(long, value_name = "FILE")]
    pub token_file: Option<PathBuf>,

    /// A command whose first line of output is your token; it is run when one is needed
    #[arg(long, value_name = "COMMAND", conflicts_with = "token_file")]
    pub token_command: Option<String>,

    /// Without a terminal: show the time of each message, as on one
    #[arg(long)]
    pub times: bool,

    /// Without a terminal: for how many seconds a line may wait for the server,
    /// which may be away; at least 1
    #[arg(long, default_value_t = 30, value_parser = number::<u64>(1..=LONGEST_WAIT))]
    pub wait: u64,
}

/// Takes the tag of any language that there is a catalogue of.
fn languages() -> impl TypedValueParser<Value = Language> {
    let tags = Language::ALL.map(|it| PossibleValue::new(it.tag()).help(it.name()));
    PossibleValuesParser::new(tags).map(|tag| Language::from_tag(&tag))
}

impl ChatArguments {
    /// The language of `--language`, or else that of the environment.
    #[must_use]
    pub fn language(&self) -> Language {
        match self.language {
            Some(language) => language,
            None => ["LC_ALL", "LC_MESSAGES", "LANG"]
                .into_iter()
                .find_map(|name| std::env::var(name).ok().filter(|tag| !tag.is_empty()))
                .map_or_else(Language::default, |tag| Language::from_tag(&tag)),
        }
    }
}
