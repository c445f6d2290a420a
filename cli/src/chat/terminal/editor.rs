//! The line editor of a terminal: a prompt with the current room, a history, completion
//! with Tab, Page Up for older lines. New lines are printed above the one being typed.

use std::io::{IsTerminal as _, Write as _, stdin, stdout};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::channel;
use std::thread;
use std::time::Duration;

use rustyline::completion::Completer;
use rustyline::error::ReadlineError;
use rustyline::highlight::Highlighter;
use rustyline::hint::Hinter;
use rustyline::history::MemHistory;
use rustyline::validate::{ValidationContext, ValidationResult, Validator};
use rustyline::{
    Cmd, CompletionType, ConditionalEventHandler, Config, Context, Editor, Event, EventContext,
    EventHandler, Helper, KeyCode, KeyEvent, Modifiers, RepeatCount,
};
use smol::channel::{Receiver, Sender, bounded};
use unicode_segmentation::UnicodeSegmentation as _;
use unicode_width::UnicodeWidthStr as _;

use crate::chat::local_command::LocalCommand;
use crate::chat::sanitize::sanitize;
use crate::chat::terminal::input::Typed;
use crate::chat::terminal::output::{Output, Terminal};
use crate::chat::terminal::prompt::Prompt;
use crate::chat::terminal::screen::Screen;

/// After a print, new lines are gathered for this long and printed together. Nobody
/// reads faster, and a printer without a pause would never leave the screen to the
/// editor.
const FRAME: Duration = Duration::from_millis(30);

/// A terminal with a line editor that has not started.
pub(in crate::chat) struct LineEditor {
    editor: Editor<Help, MemHistory>,
    printer: Box<dyn rustyline::ExternalPrinter + Send>,
}

impl LineEditor {
    /// Opens the terminal of standard input and output. `None` if one of them is no
    /// terminal, or one that cannot edit.
    pub(in crate::chat) fn open() -> Option<Self> {
        if !stdin().is_terminal() || !stdout().is_terminal() {
            return None;
        }
        let config = Config::builder()
            .completion_type(CompletionType::List)
            .auto_add_history(true)
            .build();
        let history = MemHistory::with_config(&config);
        let mut editor = Editor::with_history(config, history).ok()?;
        let printer = editor.create_external_printer().ok()?;
        Some(Self {
            editor,
            printer: Box::new(printer),
        })
    }

    /// Starts the threads that read and print. Returns the typed lines, the output for
    /// lines to show, and a guard that restores the terminal.
    pub(in crate::chat) fn start(
        self,
        prompt: Prompt,
    ) -> std::io::Result<(Receiver<Typed>, Output, Restored)> {
        let Self {
            mut editor,
            mut printer,
        } = self;
        let restored = Restored::later()?;
        let screen = Arc::new(Screen::default());
        let left = Arc::new(AtomicBool::new(true));
        editor.set_helper(Some(Help {
            prompt: prompt.clone(),
            screen: Arc::clone(&screen),
            left: Arc::clone(&left),
        }));
        let (sender, typed) = bounded(1);
        let page_up = PageUp {
            prompt: prompt.clone(),
            typed: sender.clone(),
        };
        editor.bind_sequence(
            KeyEvent(KeyCode::PageUp, Modifiers::NONE),
            EventHandler::Conditional(Box::new(page_up)),
        );
        let editing = Editing {
            prompt,
            screen: Arc::clone(&screen),
            left,
            typed: sender,
        };
        thread::spawn(move || editing.run(editor));

        let (lines, to_print) = channel::<String>();
        let above = Arc::clone(&screen);
        let printer = thread::spawn(move || {
            while let Ok(mut text) = to_print.recv() {
                text.extend(to_print.try_iter());
                above.print(printer.as_mut(), &text);
                thread::sleep(FRAME);
            }
        });
        let output = Output::Terminal(Terminal {
            lines,
            printer,
            screen,
        });
        Ok((typed, output, restored))
    }
}

/// The editor's thread.
struct Editing {
    prompt: Prompt,
    screen: Arc<Screen>,
    /// Whether the screen was left: nothing is printed until the next line is edited.
    left: Arc<AtomicBool>,
    typed: Sender<Typed>,
}

impl Editing {
    /// Passes on line after line until the user ends the input.
    fn run(self, mut editor: Editor<Help, MemHistory>) {
        loop {
            let room = self.prompt.shown();
            let prompt = format!("{}> ", sanitize(&room));
            if self.left.swap(false, Ordering::Relaxed) {
                self.screen.enter();
            }
            let text = match editor.readline(&prompt) {
                Ok(text) => text,
                // The window was resized.
                Err(ReadlineError::Signal(_)) => continue,
                Err(_) => break,
            };
            // A text comes back as a line of its room, so it is removed here: otherwise
            // the screen would show it twice. A command stays.
            if !text.trim_start().starts_with('/') && self.left.load(Ordering::Relaxed) {
                let columns = editor.dimensions().map_or(80, |(columns, _)| columns);
                let rows = rows(&format!("{prompt}{text}"), usize::from(columns));
                let _ = write!(stdout(), "\x1b[{rows}A\r\x1b[J");
                let _ = stdout().flush();
            }
            let (done, processed) = bounded(1);
            let typed = Typed {
                text,
                room: Some(room).filter(|room| !room.is_empty()),
                done: Some(done),
            };
            if self.typed.send_blocking(typed).is_err() {
                break;
            }
            // The line may change the room that the next prompt shows.
            let _ = processed.recv_blocking();
        }
        // A printing thread that waits for the editor is released with it.
        drop(editor);
        self.screen.end();
    }
}

/// How many rows of the screen a line takes after the editor has wrapped it.
fn rows(line: &str, columns: usize) -> usize {
    let (mut rows, mut column) = (1, 0);
    for grapheme in line.graphemes(true) {
        if grapheme == "\n" {
            rows += 1;
            column = 0;
            continue;
        }
        let width = grapheme.width();
        column += width;
        if column > columns {
            rows += 1;
            column = width;
        }
    }
    // A full row puts the cursor on the next one.
    rows + usize::from(column == columns)
}

/// Answers the editor's questions while a line is edited.
struct Help {
    prompt: Prompt,
    screen: Arc<Screen>,
    left: Arc<AtomicBool>,
}

impl Completer for Help {
    type Candidate = String;

    fn complete(
        &self,
        line: &str,
        pos: usize,
        _: &Context<'_>,
    ) -> rustyline::Result<(usize, Vec<String>)> {
        if pos < line.len() {
            return Ok((pos, Vec::new()));
        }
        Ok((0, self.prompt.complete(line)))
    }
}

impl Validator for Help {
    /// Called when the user enters a line, before the editor leaves it.
    fn validate(&self, _: &mut ValidationContext<'_>) -> rustyline::Result<ValidationResult> {
        self.left.store(self.screen.leave(), Ordering::Relaxed);
        Ok(ValidationResult::Valid(None))
    }
}

impl Hinter for Help {
    type Hint = String;
}

impl Highlighter for Help {}

impl Helper for Help {}

/// Page Up: asks for older lines, and leaves the line being typed as it is.
struct PageUp {
    prompt: Prompt,
    typed: Sender<Typed>,
}

impl ConditionalEventHandler for PageUp {
    fn handle(&self, _: &Event, _: RepeatCount, _: bool, _: &EventContext<'_>) -> Option<Cmd> {
        // If the channel is full, a page was asked for already.
        let _ = self.typed.try_send(Typed {
            text: LocalCommand::Older.name().to_owned(),
            room: Some(self.prompt.shown()).filter(|room| !room.is_empty()),
            done: None,
        });
        Some(Cmd::Noop)
    }
}

/// Restores the terminal's modes when it is dropped, even if the editor is in the middle
/// of a line: nothing can interrupt it there.
pub(in crate::chat) struct Restored {
    #[cfg(unix)]
    modes: rustix::termios::Termios,
}

impl Restored {
    #[cfg(unix)]
    fn later() -> std::io::Result<Self> {
        use rustix::termios::{LocalModes, OptionalActions, tcgetattr, tcsetattr};
        let modes = tcgetattr(stdin())?;
        // Keys that are pressed while the editor is busy are not echoed: the editor
        // shows them in its next line.
        let mut silent = modes.clone();
        silent.local_modes.remove(LocalModes::ECHO);
        tcsetattr(stdin(), OptionalActions::Now, &silent)?;
        Ok(Self { modes })
    }

    #[cfg(not(unix))]
    fn later() -> std::io::Result<Self> {
        Ok(Self {})
    }
}

impl Drop for Restored {
    fn drop(&mut self) {
        #[cfg(unix)]
        {
            use rustix::termios::{OptionalActions, tcsetattr};
            let _ = tcsetattr(stdin(), OptionalActions::Now, &self.modes);
        }
        // Switches off bracketed paste, which the editor switched on, and clears the
        // rest of the screen.
        let _ = write!(stdout(), "\x1b[?2004l\r\x1b[J");
        let _ = stdout().flush();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_takes_the_rows_it_is_wrapped_to() {
        assert_eq!(rows("> hi", 10), 1);
        assert_eq!(rows("> 1234567", 10), 1);
        assert_eq!(rows("> 12345678", 10), 2, "the cursor is on the next");
        assert_eq!(rows("> 123456789", 10), 2);
        assert_eq!(rows("> 1234567世", 10), 2, "does not fit");
        assert_eq!(rows("> a\nb", 10), 2);
        assert_eq!(rows("> e\u{301}", 4), 1);
    }
}
