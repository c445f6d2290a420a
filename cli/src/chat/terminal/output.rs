//! Where lines go: to standard output and standard error as they are, or to the thread
//! that prints above the line being typed.

use std::io::{self, Write as _, stderr, stdout};
use std::sync::mpsc::Sender;
use std::thread::JoinHandle;

use crate::chat::lines::line::{About, Line};
use crate::chat::terminal::screen::Screen;
use crate::output::OutputError;

/// Where lines go.
#[derive(Debug)]
pub(in crate::chat) enum Output {
    /// The chat goes to standard output, lines about the connection to standard error.
    Plain,
    /// A terminal with a line editor.
    Terminal(Terminal),
}

/// The thread that prints above the line editor. The session's thread must not wait for
/// it: while a user looks through completions, the session has to answer the server.
#[derive(Debug)]
pub(in crate::chat) struct Terminal {
    pub(in crate::chat) lines: Sender<String>,
    pub(in crate::chat) printer: JoinHandle<()>,
    pub(in crate::chat) screen: std::sync::Arc<Screen>,
}

impl Output {
    /// Shows lines.
    ///
    /// # Errors
    ///
    /// The output cannot be written any more.
    pub(in crate::chat) fn show(&self, lines: &[Line]) -> io::Result<()> {
        if lines.is_empty() {
            return Ok(());
        }
        match self {
            Self::Plain => {
                let (mut out, mut err) = (stdout().lock(), stderr().lock());
                for line in lines {
                    match line.about {
                        About::Chat => writeln!(out, "{}", line.text).map_err(to_output)?,
                        // If it takes no more, nobody can be told.
                        About::Connection => drop(writeln!(err, "{}", line.text)),
                    }
                }
                out.flush().map_err(to_output)
            }
            Self::Terminal(terminal) => {
                let mut text = String::new();
                for line in lines {
                    text.push_str(&line.text);
                    text.push('\n');
                }
                let gone = |_| io::Error::from(io::ErrorKind::BrokenPipe);
                terminal.lines.send(text).map_err(gone)
            }
        }
    }

    /// Waits until everything is shown.
    pub(in crate::chat) fn finish(self) {
        if let Self::Terminal(terminal) = self
            && terminal.screen.end()
        {
            drop(terminal.lines);
            let _ = terminal.printer.join();
        }
    }
}

fn to_output(error: io::Error) -> io::Error {
    io::Error::other(OutputError::from(error))
}
