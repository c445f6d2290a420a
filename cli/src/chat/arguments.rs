//! The command line of the terminal client.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use guildhall_client::words::Language;

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
    #[arg(long, value_enum)]
    pub language: Option<LanguageName>,

    /// For wss://: trust the certificates in this PEM file, and no others
    /// [default: those of the system, or of `SSL_CERT_FILE`]
    #[arg(long, value_name = "FILE")]
    pub ca: Option<PathBuf>,

    /// Without a terminal: show the time of each message, as on one
    #[arg(long)]
    pub times: bool,

    /// Without a terminal: for how many seconds a line may wait for the server,
    /// which may be away
    #[arg(long, default_value_t = 30)]
    pub wait: u64,
}

/// A language by its tag.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LanguageName {
    /// English.
    En,
    /// German.
    De,
}

impl ChatArguments {
    /// The language of `--language`, or else that of the environment.
    #[must_use]
    pub fn language(&self) -> Language {
        match self.language {
            Some(LanguageName::En) => Language::English,
            Some(LanguageName::De) => Language::German,
            None => ["LC_ALL", "LC_MESSAGES", "LANG"]
                .into_iter()
                .find_map(|name| std::env::var(name).ok().filter(|tag| !tag.is_empty()))
                .map_or_else(Language::default, |tag| Language::from_tag(&tag)),
        }
    }
}
